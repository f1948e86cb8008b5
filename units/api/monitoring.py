"""Monitoring lists and sightings over the API."""

from typing import Any

from django.db.models import Count, Q
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.policy import get_visible
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, create_once
from casework.api.filters import KeyFilterSet
from casework.core import clock
from units.api.leads import LeadSerializer
from units.enums import AddressStatus
from units.models import Campaign, Lead, MonitorList, Sighting
from units.selectors.leads import with_due
from units.services.leads import raise_leads
from units.services.matching import match_sightings


class MonitorListSerializer(serializers.ModelSerializer[MonitorList]):
    """One list of one sensor, with its addresses against the list before."""

    new = serializers.IntegerField(read_only=True)
    persisting = serializers.IntegerField(read_only=True)
    relapsed = serializers.IntegerField(read_only=True)

    class Meta:
        model = MonitorList
        fields = ("id", "sensor", "sampled_at", "import_run", "new", "persisting", "relapsed")
        read_only_fields = fields


class MatchedSerializer(serializers.Serializer[Any]):
    changed = serializers.IntegerField()
    matched = serializers.IntegerField()
    ambiguous = serializers.IntegerField()
    unmatched = serializers.IntegerField()
    units = serializers.IntegerField()


class RaiseSerializer(serializers.Serializer[Any]):
    campaign = serializers.CharField(required=False, allow_blank=True, help_text="code of the campaign")


class MonitorListViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Monitoring lists that the reader may know of."""

    model = MonitorList
    serializer_class = MonitorListSerializer

    def rows(self) -> Any:
        counts = {status: Count("addresses", filter=Q(addresses__status=status)) for status in AddressStatus.values}
        return super().rows().annotate(**counts)

    @extend_schema(request=None, responses=MatchedSerializer)
    @action(detail=True, methods=["post"])
    def match(self, request: Request, pk: str) -> Response:
        """重新匹配."""
        return Response(match_sightings([self.get_object()], actor=reader(request), at=clock.now()))

    @extend_schema(request=RaiseSerializer, responses=LeadSerializer(many=True))
    @action(detail=True, methods=["post"], url_path="leads", pagination_class=None)
    def raise_leads(self, request: Request, pk: str) -> Response:
        """归并线索: one for each public unit that has none open."""
        found: MonitorList = self.get_object()
        given = RaiseSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        code = given.validated_data.get("campaign", "")
        campaign = get_visible(Campaign.objects, reader(request), code=code) if code else None

        def create() -> Response:
            leads = raise_leads(found, campaign=campaign, actor=reader(request), at=clock.now())
            rows = with_due(Lead.objects.filter(pk__in=[lead.pk for lead in leads])).order_by("pk")
            return Response(LeadSerializer(rows, many=True, context=self.get_serializer_context()).data, status=201)

        return create_once(request, create)


class SightingSerializer(serializers.ModelSerializer[Sighting]):
    """One connection a monitor saw, and whose address it was."""

    unit = serializers.CharField(source="unit.code", default=None, read_only=True)
    lead = serializers.CharField(source="lead.number", default=None, read_only=True)
    network = serializers.SerializerMethodField()
    candidates = serializers.SerializerMethodField()

    class Meta:
        model = Sighting
        fields = (
            "id", "monitor_list", "sensor", "observed_at", "ip", "port", "remote_host", "remote_port", "protocol",
            "currency", "reference", "match_state", "unit", "network", "registration", "lead", "candidates",
        )  # fmt: skip
        read_only_fields = fields

    def get_network(self, sighting: Sighting) -> str | None:
        """The block it was matched by."""
        return str(sighting.block.network) if sighting.block else None

    def get_candidates(self, sighting: Sighting) -> list[str]:
        """Codes of the units that are equally specific, where it is ambiguous."""
        return sorted({candidate.block.unit.code for candidate in sighting.candidates.all()})


class SightingFilter(KeyFilterSet):
    """``?match_state=&ip=&unit=CODE&lead=NUMBER&monitor_list=&currency=&observed_after=&observed_before=``"""

    unit = filters.CharFilter(field_name="unit__code")
    lead = filters.CharFilter(field_name="lead__number")
    observed_after = filters.IsoDateTimeFilter(field_name="observed_at", lookup_expr="gte")
    observed_before = filters.IsoDateTimeFilter(field_name="observed_at", lookup_expr="lt")

    class Meta:
        model = Sighting
        fields = ("match_state", "ip", "monitor_list", "currency")


class SightingViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Sightings that the reader may know of."""

    model = Sighting
    serializer_class = SightingSerializer
    filterset_class = SightingFilter

    def rows(self) -> Any:
        rows = super().rows().select_related("unit", "lead", "block")
        return rows.prefetch_related("candidates__block__unit")


routes = [
    ("monitor-lists", MonitorListViewSet, "monitor-list"),
    ("sightings", SightingViewSet, "sighting"),
]
