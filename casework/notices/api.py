"""Notices over the API: the owner's own, and their receipt."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet
from casework.core import clock
from casework.notices import selectors
from casework.notices.models import Notice
from casework.notices.services.receipts import acknowledge


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    """A notice as its recipient reads it."""

    class Meta:
        model = Notice
        fields = ("id", "kind", "level", "title", "body", "ref", "url", "due_on", "owed_at", "acknowledged_at")
        read_only_fields = fields


class NoticeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """The reader's own notices, the newest first."""

    model = Notice
    serializer_class = NoticeSerializer
    updated_field = "owed_at"

    def rows(self) -> Any:
        return selectors.inbox(reader(self.request))

    @extend_schema(request=None, responses=NoticeSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str = "") -> Response:
        """Sign for a notice; a second time changes nothing."""
        notice = acknowledge(self.get_object(), actor=reader(request), at=clock.now())
        return Response(NoticeSerializer(notice).data)


routes = [("notices", NoticeViewSet, "notice")]
