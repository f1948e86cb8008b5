"""Reviews and rectification over the API, for the commission: the same steps and refusals as on the pages."""

from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, check_version, etag
from casework.api.inputs import taken
from casework.core import clock
from casework.core.errors import Invalid
from units.api.campaigns import RectificationSerializer
from units.enums_campaign import CheckKind, CheckResult, InspectionState, SpotCheckResult
from units.inspection_workflow import offers
from units.models import Rectification, RectificationCheck, SelfInspection, SpotCheck
from units.questionnaire import SHEETS
from units.selectors.self_inspections import flags, rows_of
from units.services import reviews
from units.services.rectification import close_rectification, return_rectification
from units.services.rectification_checks import record_check


class OfferSerializer(serializers.Serializer[Any]):
    """A step that the caller may take, and all that it still needs."""

    step = serializers.CharField()
    word = serializers.CharField()
    missing = serializers.ListField(child=serializers.DictField())


class SelfInspectionSerializer(serializers.ModelSerializer[SelfInspection]):
    """A self-inspection in lists."""

    campaign = serializers.CharField(source="stage.campaign.code", read_only=True)
    stage = serializers.CharField(source="stage.code", read_only=True)
    unit = serializers.CharField(source="unit.code", read_only=True)
    unit_name = serializers.CharField(source="unit.name", read_only=True)
    leader = serializers.CharField(source="leader.name", read_only=True)

    class Meta:
        model = SelfInspection
        fields: tuple[str, ...] = (
            "id", "campaign", "stage", "campaign_unit", "unit", "unit_name", "leader", "state", "issued_on", "due_on",
            "answered", "first_submitted_at", "submitted_at", "late", "false_report", "version",
        )  # fmt: skip
        read_only_fields = fields


class SelfInspectionDetailSerializer(SelfInspectionSerializer):
    """A self-inspection with answers, sheets, what contradicts the monitor, and the caller's steps."""

    answers = serializers.SerializerMethodField()
    sheets = serializers.SerializerMethodField()
    flags = serializers.SerializerMethodField()
    reports = serializers.SerializerMethodField()
    actions = serializers.SerializerMethodField()

    class Meta(SelfInspectionSerializer.Meta):
        fields: tuple[str, ...] = (
            *SelfInspectionSerializer.Meta.fields,
            "answers",
            "sheets",
            "flags",
            "reports",
            "actions",
        )

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_answers(self, row: SelfInspection) -> Any:
        return dict(row.answers.values_list("code", "value"))

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_sheets(self, row: SelfInspection) -> Any:
        return {code: list(rows_of(row, sheet).values("id", *sheet.fields)) for code, sheet in SHEETS.items()}

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_flags(self, row: SelfInspection) -> Any:
        user = reader(self.context["request"])
        return [{"kind": one.kind, "code": one.code, "text": one.text, "ip": one.ip} for one in flags(row, user)]

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_reports(self, row: SelfInspection) -> Any:
        return list(row.reports.order_by("number").values("number", "sha256", "submitted_at", "signed_name", "late"))

    @extend_schema_field(OfferSerializer(many=True))
    def get_actions(self, row: SelfInspection) -> Any:
        return [
            {
                "step": offer.step.name,
                "word": str(offer.step.label),
                "missing": [{"text": str(one.text), "url": one.url} for one in offer.missing],
            }
            for offer in offers(row, reader(self.context["request"]))
        ]


class StepInput(serializers.Serializer[Any]):
    """A step to be taken."""

    step = serializers.ChoiceField(choices=["start_review", "spot_check", "verify", "accept", "close", "withdraw"])
    reason = serializers.CharField(max_length=4000, required=False, default="")


class ReturnInput(serializers.Serializer[Any]):
    """Remarks by question code; an empty code is the whole report."""

    remarks = serializers.DictField(child=serializers.CharField(max_length=1000))
    due_on = serializers.DateField(required=False, allow_null=True, default=None)


_STEPS: dict[str, Callable[..., Any]] = {
    "start_review": reviews.start_review,
    "spot_check": reviews.start_spot_check,
    "verify": reviews.verify_report,
    "accept": reviews.accept_report,
    "close": reviews.close_report,
    "withdraw": reviews.withdraw_report,
}
_WITH_REASON = {"verify", "accept", "close", "withdraw"}


class SelfInspectionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Self-inspections: ``?campaign=``, ``?state=`` and ``?unit=`` narrow the list."""

    model = SelfInspection

    def get_serializer_class(self) -> Any:
        return SelfInspectionSerializer if self.action == "list" else SelfInspectionDetailSerializer

    def rows(self) -> Any:
        rows = super().rows()
        rows = rows.select_related("stage__campaign", "unit__merged_into", "leader", "campaign_unit__campaign")
        given = self.request.query_params
        if given.get("campaign"):
            rows = rows.filter(stage__campaign__code=given["campaign"])
        if given.get("unit"):
            rows = rows.filter(unit__code=given["unit"])
        if given.get("state"):
            if given["state"] not in InspectionState.values:
                raise Invalid(_("没有状态“%(state)s”。") % {"state": given["state"]})
            rows = rows.filter(state=given["state"])
        return rows

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        return Response(self.get_serializer(row).data, headers=etag(row))

    @extend_schema(request=StepInput, responses={200: SelfInspectionDetailSerializer})
    @action(detail=True, methods=["post"])
    def steps(self, request: Request, pk: str) -> Response:
        """Take a step of the table; the version goes into ``If-Match``."""
        row = self.get_object()
        check_version(request, row)
        given = StepInput(data=request.data)
        given.is_valid(raise_exception=True)
        name = given.validated_data["step"]
        reason = {"reason": given.validated_data["reason"]} if name in _WITH_REASON else {}
        _STEPS[name](row, actor=reader(request), at=clock.now(), **reason)
        return self._again(row)

    @extend_schema(request=ReturnInput, responses={200: SelfInspectionDetailSerializer})
    @action(detail=True, methods=["post"], url_path="return")
    def send_back(self, request: Request, pk: str) -> Response:
        """Return the report with remarks at its questions; the version goes into ``If-Match``."""
        row = self.get_object()
        check_version(request, row)
        given = ReturnInput(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        reviews.return_report(row, data["remarks"], due_on=data["due_on"], actor=reader(request), at=clock.now())
        return self._again(row)

    def _again(self, row: SelfInspection) -> Response:
        fresh = self.rows().filter(pk=row.pk).first()
        if fresh is None:
            raise Http404
        shown = SelfInspectionDetailSerializer(fresh, context=self.get_serializer_context())
        return Response(shown.data, headers=etag(fresh))


class CloseInput(serializers.Serializer[Any]):
    """How the result was checked; never shown to the unit."""

    checked = serializers.CharField(max_length=4000)


class SendBackInput(serializers.Serializer[Any]):
    """What is still to be done, and by when."""

    remark = serializers.CharField(max_length=4000)
    due_on = serializers.DateField()


class CheckInput(serializers.Serializer[Any]):
    """How the reported result was looked into, on which day, and what came of it; the unit never sees it."""

    kind = serializers.ChoiceField(choices=CheckKind.choices)
    result = serializers.ChoiceField(choices=CheckResult.choices)
    checked_on = serializers.DateField()
    note = serializers.CharField(max_length=2000)


class CheckSerializer(serializers.ModelSerializer[RectificationCheck]):
    """One check of a reported result; ``seen`` counts what the monitor saw after the report."""

    class Meta:
        model = RectificationCheck
        fields = ("id", "kind", "result", "checked_on", "note", "seen", "recorded_at", "recorded_by")
        read_only_fields = fields


class SpotCheckSerializer(serializers.ModelSerializer[SpotCheck]):
    """A report that is checked on the spot, drawn or chosen."""

    class Meta:
        model = SpotCheck
        fields = ("id", "draw", "inspection", "started_at", "started_by", "result", "note", "ended_at")
        read_only_fields = fields


class SpotCheckInput(serializers.Serializer[Any]):
    """What was found."""

    result = serializers.ChoiceField(choices=SpotCheckResult.choices)
    note = serializers.CharField(max_length=1000)


class SpotCheckViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """抽查 that the caller may know of."""

    model = SpotCheck
    serializer_class = SpotCheckSerializer
    filterset_fields = ("inspection", "draw", "result")

    @extend_schema(request=SpotCheckInput, responses={200: SpotCheckSerializer})
    @action(detail=True, methods=["post"])
    def record(self, request: Request, pk: str) -> Response:
        """Record what the spot check found; a false report is marked for good."""
        row = self.get_object()
        given = taken(SpotCheckInput(data=request.data))
        return self.shown(reviews.record_spot_check(row, given["result"], note=given["note"], **self.by()))


class RectificationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Rectification duties."""

    model = Rectification
    serializer_class = RectificationSerializer

    def rows(self) -> Any:
        return super().rows().select_related("campaign_unit__unit", "campaign_unit__campaign", "inspection")

    @extend_schema(request=CloseInput, responses={200: RectificationSerializer})
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Close the duty out; the version goes into ``If-Match``."""
        duty = self.get_object()
        check_version(request, duty)
        given = CloseInput(data=request.data)
        given.is_valid(raise_exception=True)
        closed = close_rectification(duty, actor=reader(request), at=clock.now(), **given.validated_data)
        return Response(RectificationSerializer(closed).data, headers=etag(closed))

    @extend_schema(request=SendBackInput, responses={200: RectificationSerializer})
    @action(detail=True, methods=["post"], url_path="return")
    def send_back(self, request: Request, pk: str) -> Response:
        """Send the result back with a new day; the version goes into ``If-Match``."""
        duty = self.get_object()
        check_version(request, duty)
        given = SendBackInput(data=request.data)
        given.is_valid(raise_exception=True)
        changed = return_rectification(duty, actor=reader(request), at=clock.now(), **given.validated_data)
        return Response(RectificationSerializer(changed).data, headers=etag(changed))

    @extend_schema(request=CheckInput, responses={201: CheckSerializer})
    @action(detail=True, methods=["post"])
    def checks(self, request: Request, pk: str) -> Response:
        """Record how a reported result was looked into."""
        duty = self.get_object()
        row = record_check(duty, **taken(CheckInput(data=request.data)), **self.by())
        return Response(CheckSerializer(row).data, status=status.HTTP_201_CREATED)


routes = [
    ("spot-checks", SpotCheckViewSet, "spot-check"),
    ("self-inspections", SelfInspectionViewSet, "self-inspection"),
    ("rectifications", RectificationViewSet, "rectification"),
]
