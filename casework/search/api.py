"""The search over the API."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from casework.access.models import Compartment, compartments_of
from casework.access.policy import require
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, create_once, expected_version
from casework.api.inputs import taken, within
from casework.search.models import SavedFilter
from casework.search.registry import search
from casework.search.services.filters import drop_filter, save_filter, set_alert


class HitSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.CharField()
    second = serializers.CharField()


class GroupSerializer(serializers.Serializer[Any]):
    """The hits of one kind; ``more`` says that there are more than ``count``."""

    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField()
    more = serializers.BooleanField()
    hits = HitSerializer(many=True)


class SearchViewSet(ViewSet):
    """Find people, units, addresses, numbers among what the caller may see."""

    @extend_schema(parameters=[OpenApiParameter("q", str, required=True)], responses=GroupSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Hits by kind."""
        text = request.query_params.get("q", "")[:100]
        return Response(GroupSerializer(search(reader(request), text), many=True).data)


class SavedFilterSerializer(serializers.ModelSerializer[SavedFilter]):
    """A list, or a search, with its conditions under a name."""

    class Meta:
        model = SavedFilter
        fields = ("id", "owner", "name", "path", "query", "shared_in", "alert", "saved_at", "version")
        read_only_fields = fields


class SavedFilterInput(serializers.Serializer[Any]):
    """Which list under which conditions, its name, and with whom it is shared."""

    at = serializers.CharField(max_length=1400, help_text="for example /leads/?state=new")
    name = serializers.CharField(max_length=60)
    shared_in = serializers.PrimaryKeyRelatedField(
        queryset=Compartment.objects.none(), required=False, allow_null=True, default=None
    )
    alert = serializers.BooleanField(required=False, default=False)


class AlertInput(serializers.Serializer[Any]):
    """Whether what comes later is told."""

    on = serializers.BooleanField()


class SavedFilterViewSet(mixins.ListModelMixin, VisibleViewSet):
    """常用筛选: one's own, and those shared with the caller; changes name the version by ``If-Match``."""

    model = SavedFilter
    serializer_class = SavedFilterSerializer
    filterset_fields = ("alert",)

    def retrieve(self, request: Request, pk: str = "") -> Response:
        """Return one filter."""
        return self.shown(self.get_object())

    @extend_schema(request=SavedFilterInput, responses={201: SavedFilterSerializer})
    def create(self, request: Request) -> Response:
        """Keep a list or a search with its conditions."""
        user = reader(request)
        require(user, "filter.save")
        circles = Compartment.objects.filter(pk__in=compartments_of(user), closed_at=None)
        given = taken(within(SavedFilterInput(data=request.data), shared_in=circles))
        return create_once(request, lambda: self.shown(save_filter(given.pop("at"), **given, **self.by()), 201))

    @extend_schema(request=AlertInput, responses=SavedFilterSerializer)
    @action(detail=True, methods=["post"])
    def alert(self, request: Request, pk: str = "") -> Response:
        """Switch the alert of one's own filter."""
        row, on = self.get_object(), taken(AlertInput(data=request.data))["on"]
        return self.shown(set_alert(row, on, expected_version=expected_version(request), **self.by()))

    @extend_schema(request=None, responses=SavedFilterSerializer)
    @action(detail=True, methods=["post"])
    def drop(self, request: Request, pk: str = "") -> Response:
        """Take one's own filter out of use."""
        row = self.get_object()
        return self.shown(drop_filter(row, expected_version=expected_version(request), **self.by()))


routes: list[tuple[str, Any, str]] = [
    ("search", SearchViewSet, "search"),
    ("saved-filters", SavedFilterViewSet, "saved-filter"),
]
