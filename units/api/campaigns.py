"""Campaigns and self-inspections over the API, for the commission: the same services, steps and refusals."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.policy import get_visible
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, check_version, create_once, etag
from casework.api.inputs import taken, within
from casework.core import clock
from casework.core.errors import Invalid
from casework.core.wake import wake
from units.enums_campaign import Outcome
from units.models import (
    Campaign,
    CampaignTemplate,
    CampaignUnit,
    Finding,
    Lead,
    Rectification,
    SelfInspection,
    SpotCheckDraw,
    Stage,
    Unit,
)
from units.selectors.campaigns import contradictions, matrix, outcome_counts
from units.selectors.templates import newest
from units.services.campaign_templates import planned_stages
from units.services.campaigns import StageSpec, add_units, close_campaign, open_campaign, record_finding, set_outcome
from units.services.issue_runs import AT_ONCE, begin_issue
from units.services.issuing import issue_self_inspections, ready_members, remind_overdue
from units.services.rectification import order_rectification
from units.services.reviews import draw_spot_checks


class StageSerializer(serializers.ModelSerializer[Stage]):
    """A stage of a campaign."""

    class Meta:
        model = Stage
        fields = ("order", "code", "name", "starts_on", "due_on")
        read_only_fields = fields


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    """A campaign with its stages."""

    stages = StageSerializer(many=True, read_only=True)

    class Meta:
        model = Campaign
        fields = (
            "id", "code", "name", "public_name", "state", "starts_on", "contact", "questionnaire", "stages", "version",
        )  # fmt: skip
        read_only_fields = fields


class StageInput(serializers.Serializer[Any]):
    """A stage to be made."""

    code = serializers.SlugField(max_length=40)
    name = serializers.CharField(max_length=60)
    starts_on = serializers.DateField()
    due_on = serializers.DateField()


class CampaignInput(serializers.Serializer[Any]):
    """A campaign to be opened; its compartment is opened with it."""

    code = serializers.SlugField(max_length=60)
    name = serializers.CharField(max_length=200)
    public_name = serializers.CharField(max_length=200, required=False, default="")
    contact = serializers.CharField(max_length=200, required=False, default="")
    template = serializers.SlugField(required=False, default="")
    begin = serializers.DateField(required=False, allow_null=True, default=None)
    stages = StageInput(many=True, required=False, default=list)


class UnitsInput(serializers.Serializer[Any]):
    """Units by their codes."""

    units = serializers.ListField(child=serializers.CharField(max_length=40), max_length=10_000)
    basis = serializers.CharField(max_length=200, required=False, default="")


class IssueInput(serializers.Serializer[Any]):
    """A self-inspection to be issued: the stage, the day, and the units (by default all that have none)."""

    stage = serializers.SlugField()
    due_on = serializers.DateField()
    units = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=10_000)


class StageName(serializers.Serializer[Any]):
    """A stage by its code."""

    stage = serializers.SlugField()


class CountAnswer(serializers.Serializer[Any]):
    """How many were touched."""

    count = serializers.IntegerField()


def _units(codes: list[str]) -> list[Unit]:
    found = {unit.code: unit for unit in Unit._base_manager.filter(code__in=codes)}
    unknown = [code for code in codes if code not in found]
    if unknown:
        words = _("登记册里没有单位 %(codes)s。") % {"codes": "、".join(unknown[:20])}
        raise Invalid(words, details={"units": unknown})
    return [found[code] for code in codes]


class CloseCampaignInput(serializers.Serializer[Any]):
    """Why, where there is something to say."""

    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class DrawInput(serializers.Serializer[Any]):
    """How many reports of which stage; a seed of one's own can be given, and ``again`` adds those who reported falsely."""

    stage = serializers.SlugField(max_length=40)
    size = serializers.IntegerField(min_value=1, max_value=100_000)
    seed = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    again = serializers.BooleanField(required=False, default=False)


class DrawSerializer(serializers.ModelSerializer[SpotCheckDraw]):
    """A draw with what makes it repeatable."""

    class Meta:
        model = SpotCheckDraw
        fields = ("id", "seed", "population", "size", "always", "drawn_at", "drawn_by", "checks")
        read_only_fields = fields


class CampaignViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Campaigns that the caller may know of."""

    model = Campaign
    serializer_class = CampaignSerializer
    lookup_field = "code"
    lookup_value_regex = "[-a-zA-Z0-9_]+"

    def rows(self) -> Any:
        return super().rows().prefetch_related("stages")

    @extend_schema(request=CampaignInput, responses={201: CampaignSerializer})
    def create(self, request: Request) -> Response:
        """Open a campaign with its stages, or with those of a template from its first day on."""
        given = CampaignInput(data=request.data)
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        stages = [StageSpec(**stage) for stage in data.pop("stages")]
        code, name, begin = data.pop("code"), data.pop("name"), data.pop("begin") or clock.today()
        wanted, version = data.pop("template"), None
        if wanted:
            version = newest(get_visible(CampaignTemplate.objects, reader(request), code=wanted).pk)
            stages = stages or planned_stages(version, begin)
        data["template"] = version

        def make() -> Response:
            made = open_campaign(code, name, stages=stages, actor=reader(request), at=clock.now(), **data)
            return Response(CampaignSerializer(made).data, status=status.HTTP_201_CREATED)

        return create_once(request, make)

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["get"])
    def matrix(self, request: Request, code: str) -> Response:
        """Every unit in every stage, the outcomes, and the sums that do not add up."""
        campaign = self.get_object()
        user = reader(request)
        table = matrix(campaign, user, clock.today())
        return Response(
            {
                "stages": StageSerializer(table.stages, many=True).data,
                "rows": [
                    {
                        "campaign_unit": row.campaign_unit.pk,
                        "unit": row.campaign_unit.unit.name,
                        "cells": [{"key": cell.key, "word": cell.word, "number": cell.number} for cell in row.cells],
                    }
                    for row in table.rows
                ],
                "outcomes": {key or "unexplained": count for key, count in outcome_counts(campaign).items()},
                "contradictions": [{"sum": one.sum, "text": one.text} for one in contradictions(campaign, user, "")],
            }
        )

    @extend_schema(request=UnitsInput, responses={200: CountAnswer})
    @action(detail=True, methods=["post"])
    def units(self, request: Request, code: str) -> Response:
        """Take units in; those already in it stay as they are."""
        given = UnitsInput(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        added = add_units(
            self.get_object(), _units(data["units"]), basis=data["basis"], actor=reader(request), at=clock.now()
        )
        return Response({"count": len(added)})

    @extend_schema(request=IssueInput, responses={200: CountAnswer, 202: CountAnswer})
    @action(detail=True, methods=["post"])
    def issue(self, request: Request, code: str) -> Response:
        """Issue the self-inspection of a stage; a second time reaches only those that have none.

        Thousands of units are issued to in the background: 202, and ``count`` says to how many.
        """
        given = IssueInput(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        chosen = _units(data["units"]) if "units" in data else None
        stage = self._stage(data["stage"])
        at, user = clock.now(), reader(request)
        if chosen is None and ready_members(stage, clock.today()).count() > AT_ONCE:
            run = begin_issue(stage, due_on=data["due_on"], actor=user, at=at)
            wake("campaigns.issue", run.pk)
            return Response({"count": run.total}, status=status.HTTP_202_ACCEPTED)
        rows = issue_self_inspections(stage, chosen, due_on=data["due_on"], actor=user, at=at)
        return Response({"count": len(rows)})

    @extend_schema(request=StageName, responses={200: CountAnswer})
    @action(detail=True, methods=["post"])
    def urge(self, request: Request, code: str) -> Response:
        """Remind every leader whose report is still owed, once a day."""
        given = StageName(data=request.data)
        given.is_valid(raise_exception=True)
        stage = self._stage(given.validated_data["stage"])
        return Response({"count": remind_overdue(stage, actor=reader(request), at=clock.now())})

    @extend_schema(request=DrawInput, responses={201: DrawSerializer})
    @action(detail=True, methods=["post"])
    def draws(self, request: Request, code: str) -> Response:
        """Draw reports under review for spot checks; seed and population are kept, so that anybody can repeat it."""
        given = taken(DrawInput(data=request.data))
        stage = self._stage(given.pop("stage"))
        made = draw_spot_checks(stage, given.pop("size"), **given, **self.by())
        return Response(DrawSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=CloseCampaignInput, responses={200: CampaignSerializer})
    @action(detail=True, methods=["post"])
    def close(self, request: Request, code: str) -> Response:
        """End the campaign; refused while a unit has no outcome."""
        row = self.get_object()
        check_version(request, row)
        return self.shown(close_campaign(row, **taken(CloseCampaignInput(data=request.data)), **self.by()))

    def _stage(self, code: str) -> Stage:
        found: Stage = get_visible(
            Stage.objects.select_related("campaign"), reader(self.request), campaign=self.get_object(), code=code
        )
        return found


class CampaignUnitSerializer(serializers.ModelSerializer[CampaignUnit]):
    """A unit in a campaign with its outcome; an empty outcome is 未说明."""

    campaign = serializers.CharField(source="campaign.code", read_only=True)
    unit = serializers.CharField(source="unit.code", read_only=True)
    unit_name = serializers.CharField(source="unit.name", read_only=True)

    class Meta:
        model = CampaignUnit
        fields = (
            "id", "campaign", "unit", "unit_name", "basis", "outcome", "outcome_basis", "outcome_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class OutcomeInput(serializers.Serializer[Any]):
    """What the campaign found about a unit."""

    outcome = serializers.ChoiceField(choices=Outcome.choices)
    basis_ref = serializers.CharField(max_length=200)
    reason = serializers.CharField(max_length=1000, required=False, default="")


class RectificationSerializer(serializers.ModelSerializer[Rectification]):
    """A rectification duty as the commission sees it."""

    unit = serializers.CharField(source="campaign_unit.unit.code", read_only=True)

    class Meta:
        model = Rectification
        fields = (
            "id", "campaign_unit", "unit", "inspection", "title", "measures", "state", "due_on", "done", "reported_at",
            "remark", "checked", "closed_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class CampaignFindingSerializer(serializers.ModelSerializer[Finding]):
    """Something found about a unit, and the record it rests on."""

    class Meta:
        model = Finding
        fields = ("id", "campaign_unit", "lead", "kind", "ip", "summary", "source_ref", "found_at", "recorded_by")
        read_only_fields = fields


class CampaignFindingInput(serializers.Serializer[Any]):
    """What was found, on which record, and from which lead."""

    kind = serializers.ChoiceField(choices=Outcome.choices)
    summary = serializers.CharField(max_length=1000)
    source_ref = serializers.CharField(max_length=80)
    lead = serializers.PrimaryKeyRelatedField(
        queryset=Lead.objects.none(), required=False, allow_null=True, default=None
    )
    ip = serializers.IPAddressField(required=False, allow_null=True, default=None)
    found_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class OrderInput(serializers.Serializer[Any]):
    """A duty laid on a unit; the unit reads both texts."""

    title = serializers.CharField(max_length=200)
    measures = serializers.CharField(max_length=4000)
    due_on = serializers.DateField()
    inspection = serializers.IntegerField(required=False, allow_null=True, default=None)


class CampaignUnitViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Units of campaigns: ``?campaign=`` and ``?outcome=`` (``none`` for 未说明) narrow the list."""

    model = CampaignUnit
    serializer_class = CampaignUnitSerializer

    def rows(self) -> Any:
        rows = super().rows().select_related("campaign", "unit")
        given = self.request.query_params
        if given.get("campaign"):
            rows = rows.filter(campaign__code=given["campaign"])
        if given.get("outcome"):
            rows = rows.filter(outcome="" if given["outcome"] == "none" else given["outcome"])
        return rows

    @extend_schema(request=OutcomeInput, responses={200: CampaignUnitSerializer})
    @action(detail=True, methods=["post"])
    def outcome(self, request: Request, pk: str) -> Response:
        """Say what was found; the version goes into ``If-Match``."""
        row = self.get_object()
        check_version(request, row)
        given = OutcomeInput(data=request.data)
        given.is_valid(raise_exception=True)
        changed = set_outcome(row, actor=reader(request), at=clock.now(), **given.validated_data)
        return Response(CampaignUnitSerializer(changed).data, headers=etag(changed))

    @extend_schema(request=CampaignFindingInput, responses={201: CampaignFindingSerializer})
    @action(detail=True, methods=["post"])
    def findings(self, request: Request, pk: str) -> Response:
        """Record what was found about the unit and on which record it rests."""
        row = self.get_object()
        leads = Lead.objects.visible_to(reader(request))
        given = taken(within(CampaignFindingInput(data=request.data), lead=leads))

        def make() -> Response:
            found = record_finding(row, **given, **self.by())
            return Response(CampaignFindingSerializer(found).data, status=status.HTTP_201_CREATED)

        return create_once(request, make)

    @extend_schema(request=OrderInput, responses={201: RectificationSerializer})
    @action(detail=True, methods=["post"])
    def rectifications(self, request: Request, pk: str) -> Response:
        """Lay a rectification duty on the unit."""
        row = self.get_object()
        given = OrderInput(data=request.data)
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        wanted = data.pop("inspection")
        user = reader(request)
        report = get_visible(SelfInspection.objects, user, pk=wanted, campaign_unit=row) if wanted else None

        def make() -> Response:
            duty = order_rectification(row, inspection=report, actor=user, at=clock.now(), **data)
            return Response(RectificationSerializer(duty).data, status=status.HTTP_201_CREATED)

        return create_once(request, make)


routes = [
    ("campaigns", CampaignViewSet, "campaign"),
    ("campaign-units", CampaignUnitViewSet, "campaign-unit"),
]
