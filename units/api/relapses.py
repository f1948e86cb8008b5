"""Relapses (死灰复燃) over the API: the talk with the leader, what is decided of him, and the duty laid anew."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.policy import require
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, check_version, etag
from casework.api.inputs import taken
from units.models import LiabilityItem, RelapsedAddress
from units.services.relapse import decide_liability, note_talk, reopen_duty


class RelapsedAddressSerializer(serializers.ModelSerializer[RelapsedAddress]):
    """An address that is back."""

    class Meta:
        model = RelapsedAddress
        fields = ("ip", "before_at", "again_at")
        read_only_fields = fields


class LiabilitySerializer(serializers.ModelSerializer[LiabilityItem]):
    """A relapse, and whether the unit's leader answers for it."""

    unit = serializers.CharField(source="unit.code", read_only=True)
    lead = serializers.CharField(source="lead.number", read_only=True)
    leader = serializers.CharField(source="leader.name", default=None, read_only=True)
    addresses = RelapsedAddressSerializer(many=True, read_only=True)

    class Meta:
        model = LiabilityItem
        fields = (
            "id", "unit", "leader", "lead", "monitor_list", "kind", "state", "report", "rectification", "noted_at",
            "talked_on", "statement", "decided_at", "reason", "addresses", "version",
        )  # fmt: skip
        read_only_fields = fields


class TalkSerializer(serializers.Serializer[Any]):
    talked_on = serializers.DateField()
    statement = serializers.CharField(max_length=4000)


class DecideSerializer(serializers.Serializer[Any]):
    held = serializers.BooleanField()
    reason = serializers.CharField(max_length=2000)


class ReopenSerializer(serializers.Serializer[Any]):
    due_on = serializers.DateField(required=False, allow_null=True, default=None)


class LiabilityViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """死灰复燃: items that the reader may know of."""

    model = LiabilityItem
    serializer_class = LiabilitySerializer
    filterset_fields = ("state", "kind")

    def rows(self) -> Any:
        return super().rows().select_related("unit", "lead", "leader").prefetch_related("addresses")

    def _answer(self, row: LiabilityItem) -> Response:
        found = self.rows().get(pk=row.pk)
        return Response(LiabilitySerializer(found).data, headers=etag(found))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One relapse."""
        return self._answer(self.get_object())

    @extend_schema(request=TalkSerializer, responses=LiabilitySerializer)
    @action(detail=True, methods=["post"])
    def talk(self, request: Request, pk: str) -> Response:
        """登记约谈."""
        row = self.get_object()
        check_version(request, row)
        return self._answer(note_talk(row, **taken(TalkSerializer(data=request.data)), **self.by()))

    @extend_schema(request=DecideSerializer, responses=LiabilitySerializer)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """认定领导责任."""
        row = self.get_object()
        check_version(request, row)
        return self._answer(decide_liability(row, **taken(DecideSerializer(data=request.data)), **self.by()))

    @extend_schema(request=ReopenSerializer, responses=LiabilitySerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """重启整改: lay the duty on the unit anew, by default for ten working days."""
        row = self.get_object()
        check_version(request, row)
        require(reader(request), "rectification.order", row.report or row)
        return self._answer(reopen_duty(row, **taken(ReopenSerializer(data=request.data)), **self.by()))


routes = [("relapses", LiabilityViewSet, "relapse")]
