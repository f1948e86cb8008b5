"""Templates of campaigns, and papers to units, over the API: the same services and refusals as on the pages."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.policy import get_visible, require
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, check_version, create_once, etag, expected_version
from casework.api.inputs import StatedReasonInput, taken
from casework.core import clock
from units.enums_campaign import PaperKind, StageCode
from units.models import CampaignTemplate, CampaignUnit, Rectification, UnitPaper
from units.rules.stage_plans import StagePlan
from units.selectors.templates import newest
from units.services.campaign_templates import make_template, revise_template
from units.services.papers import (
    PaperText,
    close_paper,
    draft_paper,
    redraft_paper,
    return_answer,
    send_paper,
    void_paper,
)


class CampaignTemplateSerializer(serializers.ModelSerializer[CampaignTemplate]):
    """A template with its present version: stages by days, and the questions added to the questionnaire."""

    number = serializers.SerializerMethodField()
    stages = serializers.SerializerMethodField()
    questions = serializers.SerializerMethodField()

    class Meta:
        model = CampaignTemplate
        fields = ("id", "code", "name", "number", "stages", "questions", "version")
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.INT)
    def get_number(self, row: CampaignTemplate) -> int:
        return newest(row.pk).number

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_stages(self, row: CampaignTemplate) -> Any:
        return newest(row.pk).stages

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_questions(self, row: CampaignTemplate) -> Any:
        return newest(row.pk).questions


class StagePlanInput(serializers.Serializer[Any]):
    """A stage by days, the first day of the campaign being 1."""

    code = serializers.ChoiceField(choices=StageCode.choices)
    name = serializers.CharField(max_length=60)
    first_day = serializers.IntegerField(min_value=1)
    days = serializers.IntegerField(min_value=1)


class TemplateTextInput(serializers.Serializer[Any]):
    """The stages, and the questions added to the questionnaire."""

    stages = StagePlanInput(many=True)
    questions = serializers.ListField(child=serializers.DictField(), required=False, default=list)


class NewTemplateInput(TemplateTextInput):
    """A template with its first version."""

    code = serializers.SlugField(max_length=40)
    name = serializers.CharField(max_length=120)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class TemplateVersionInput(TemplateTextInput):
    """A new version; ``after`` is the number of the version that was read."""

    after = serializers.IntegerField(min_value=1)
    note = serializers.CharField(max_length=300)


def _template_text(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "stages": [StagePlan(**stage) for stage in given["stages"]]}


class CampaignTemplateViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Templates from which campaigns begin."""

    model = CampaignTemplate
    serializer_class = CampaignTemplateSerializer
    lookup_field = "code"
    lookup_value_regex = "[-a-zA-Z0-9_]+"

    @extend_schema(request=NewTemplateInput, responses={201: CampaignTemplateSerializer})
    def create(self, request: Request) -> Response:
        """Make a template with its first version."""
        require(reader(request), "template.make")
        given = _template_text(taken(NewTemplateInput(data=request.data)))
        return create_once(request, lambda: self.shown(make_template(**given, **self.by()), status.HTTP_201_CREATED))

    @extend_schema(request=TemplateVersionInput, responses={201: CampaignTemplateSerializer})
    @action(detail=True, methods=["post"])
    def versions(self, request: Request, code: str) -> Response:
        """Make a new version; campaigns that have begun keep theirs."""
        row = self.get_object()
        require(reader(request), "template.make")
        revise_template(row, **_template_text(taken(TemplateVersionInput(data=request.data))), **self.by())
        return self.shown(self.get_object(), status.HTTP_201_CREATED)


class UnitPaperSerializer(serializers.ModelSerializer[UnitPaper]):
    """A paper as the commission sees it."""

    unit = serializers.CharField(source="campaign_unit.unit.code", read_only=True)

    class Meta:
        model = UnitPaper
        fields = (
            "id", "campaign_unit", "unit", "rectification", "kind", "number", "state", "title", "facts", "causes",
            "advice", "feedback", "objection", "reply_by", "sent_at", "sha256", "answer", "answered_at", "late",
            "remark", "closed_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class PaperInput(serializers.Serializer[Any]):
    """A paper to be drafted; the unit reads all of its text once it is issued."""

    campaign_unit = serializers.IntegerField()
    rectification = serializers.IntegerField(required=False, allow_null=True, default=None)
    kind = serializers.ChoiceField(choices=PaperKind.choices)
    title = serializers.CharField(max_length=200)
    facts = serializers.CharField(max_length=8000)
    causes = serializers.CharField(max_length=8000, required=False, default="")
    advice = serializers.CharField(max_length=8000)
    feedback = serializers.CharField(max_length=2000)
    objection = serializers.CharField(max_length=500, required=False, default="")
    reply_by = serializers.DateField()


class PaperTextInput(serializers.Serializer[Any]):
    """The whole text of a draft."""

    title = serializers.CharField(max_length=200)
    facts = serializers.CharField(max_length=8000)
    causes = serializers.CharField(max_length=8000, required=False, allow_blank=True, default="")
    advice = serializers.CharField(max_length=8000)
    feedback = serializers.CharField(max_length=2000)
    objection = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    reply_by = serializers.DateField()


class ReturnAnswerInput(serializers.Serializer[Any]):
    """What is still missing, and by when."""

    remark = serializers.CharField(max_length=2000)
    reply_by = serializers.DateField()


class UnitPaperViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """整改通知书 and 监察建议书; the version goes into ``If-Match``."""

    model = UnitPaper
    serializer_class = UnitPaperSerializer

    def rows(self) -> Any:
        return super().rows().select_related("campaign_unit__unit", "campaign_unit__campaign", "rectification")

    @extend_schema(request=PaperInput, responses={201: UnitPaperSerializer})
    def create(self, request: Request) -> Response:
        """Draft a paper."""
        given = PaperInput(data=request.data)
        given.is_valid(raise_exception=True)
        data, user = dict(given.validated_data), reader(request)
        unit = get_visible(CampaignUnit.objects.select_related("unit"), user, pk=data.pop("campaign_unit"))
        wanted, kind = data.pop("rectification"), data.pop("kind")
        duty = get_visible(Rectification.objects, user, pk=wanted, campaign_unit=unit) if wanted else None

        def make() -> Response:
            made = draft_paper(unit, kind, PaperText(**data), rectification=duty, actor=user, at=clock.now())
            return Response(UnitPaperSerializer(made).data, status=status.HTTP_201_CREATED)

        return create_once(request, make)

    @extend_schema(request=None, responses={200: UnitPaperSerializer})
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str) -> Response:
        """Issue the draft that was read: it gets its number and reaches the unit."""
        row = self.get_object()
        check_version(request, row)
        return self._answer(send_paper(row, version=row.version, actor=reader(request), at=clock.now()))

    @extend_schema(request=ReturnAnswerInput, responses={200: UnitPaperSerializer})
    @action(detail=True, methods=["post"], url_path="return")
    def send_back(self, request: Request, pk: str) -> Response:
        """Return the unit's answer with a new day."""
        row = self.get_object()
        check_version(request, row)
        given = ReturnAnswerInput(data=request.data)
        given.is_valid(raise_exception=True)
        return self._answer(return_answer(row, actor=reader(request), at=clock.now(), **given.validated_data))

    @extend_schema(request=None, responses={200: UnitPaperSerializer})
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Close the paper out."""
        row = self.get_object()
        check_version(request, row)
        return self._answer(close_paper(row, actor=reader(request), at=clock.now()))

    @extend_schema(request=PaperTextInput, responses={200: UnitPaperSerializer})
    def update(self, request: Request, pk: str) -> Response:
        """Change a draft from the version that was read."""
        row, version = self.get_object(), expected_version(request)
        text = PaperText(**taken(PaperTextInput(data=request.data)))
        return self._answer(redraft_paper(row, text, version=version, **self.by()))

    @extend_schema(request=StatedReasonInput, responses={200: UnitPaperSerializer})
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str) -> Response:
        """Void a draft; a paper that was issued stays."""
        row = self.get_object()
        check_version(request, row)
        return self._answer(void_paper(row, **taken(StatedReasonInput(data=request.data)), **self.by()))

    def _answer(self, row: UnitPaper) -> Response:
        return Response(UnitPaperSerializer(row).data, headers=etag(row))


routes = [
    ("campaign-templates", CampaignTemplateViewSet, "campaign-template"),
    ("unit-papers", UnitPaperViewSet, "unit-paper"),
]
