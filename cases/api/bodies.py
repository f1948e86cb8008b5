"""Decisions on party organisations and units over HTTP: the services of the pages, the same refusals."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.penalty_serializers import StepOutSerializer, person
from cases.body_rules import FAMILIES
from cases.body_workflow import BODY_STEP, body_readiness, body_steps_from
from cases.catalogue import catalogue
from cases.enums_bodies import BodyOutcome, Receiver
from cases.models import BodyAct, BodyDecision, BodyMeasure, Case
from cases.selectors.bodies import body_decisions
from cases.services.bodies import advance_body, draft_body, revise_body
from casework.access.policy import can
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, check_version, create_once, etag
from casework.core import clock
from units.models import Unit

_STEP = OpenApiParameter("step", str, OpenApiParameter.PATH, enum=sorted(BODY_STEP))
_CODES = sorted(row.code for family in FAMILIES.values() for one in family for row in catalogue().family(one))


class BodyMeasureSerializer(serializers.ModelSerializer[BodyMeasure]):
    class Meta:
        model = BodyMeasure
        fields = ("code", "title", "family", "article", "verified")


class BodyActSerializer(serializers.ModelSerializer[BodyAct]):
    class Meta:
        model = BodyAct
        fields = (
            "kind", "draft", "digest", "on", "text", "document", "who", "members", "present", "votes_for", "actor",
            "second_officer", "at",
        )  # fmt: skip


class BodyDecisionSerializer(serializers.ModelSerializer[BodyDecision]):
    measures = BodyMeasureSerializer(many=True, read_only=True)

    class Meta:
        model = BodyDecision
        fields = (
            "id", "version", "case", "unit", "receiver", "body", "state", "state_since", "returned", "grounds",
            "evidence", "demand", "rectify_by", "feedback", "objection", "laws", "draft", "digest", "effective_on",
            "number", "issued_at", "document_digest", "outcome", "updated_at", "measures",
        )  # fmt: skip
        read_only_fields = fields


class BodyDecisionDetailSerializer(BodyDecisionSerializer):
    """A decision with its acts and the steps that the reader may take."""

    acts = BodyActSerializer(many=True, read_only=True)
    actions = serializers.SerializerMethodField()

    class Meta(BodyDecisionSerializer.Meta):
        fields = (*BodyDecisionSerializer.Meta.fields, "acts", "actions")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field(StepOutSerializer(many=True))
    def get_actions(self, decision: BodyDecision) -> list[dict[str, Any]]:
        """The steps by name, each with everything that is missing."""
        user = self.context["request"].user
        return [
            {
                "step": step.name,
                "label": str(step.label),
                "missing": [str(row.text) for row in body_readiness(decision, step)[0]],
            }
            for step in body_steps_from(decision)
            if can(user, f"body.{step.name}", decision)
        ]


class BodyContentSerializer(serializers.Serializer[Any]):
    """What a draft says as a whole."""

    measures = serializers.ListField(child=serializers.ChoiceField(choices=_CODES), allow_empty=False, max_length=8)
    body = serializers.CharField(max_length=120, required=False, allow_blank=True)
    grounds = serializers.CharField()
    evidence = serializers.CharField(required=False, allow_blank=True)
    demand = serializers.CharField(required=False, allow_blank=True)
    rectify_by = serializers.DateField(required=False, allow_null=True)
    feedback = serializers.CharField(required=False, allow_blank=True)
    objection = serializers.CharField(required=False, allow_blank=True)


class NewBodyDecisionSerializer(BodyContentSerializer):
    """A draft on a party organisation or a unit of a case that the caller may know of."""

    case = serializers.PrimaryKeyRelatedField(queryset=Case.objects.none())
    unit = serializers.PrimaryKeyRelatedField(queryset=Unit.objects.all())
    receiver = serializers.ChoiceField(choices=Receiver.choices)


class BodyStepSerializer(serializers.Serializer[Any]):
    """What a step asks for; each uses its own part."""

    on = serializers.DateField(required=False)
    text = serializers.CharField(required=False, allow_blank=True)
    document = serializers.CharField(required=False, allow_blank=True, max_length=80)
    who = serializers.CharField(required=False, allow_blank=True, max_length=200)
    second_officer = person(required=False)
    members = serializers.IntegerField(required=False, min_value=2, max_value=200)
    present = serializers.IntegerField(required=False, min_value=0, max_value=200)
    votes_for = serializers.IntegerField(required=False, min_value=0, max_value=200)
    digest = serializers.CharField(required=False, max_length=64)
    outcome = serializers.ChoiceField(
        choices=[(row.value, row.label) for row in BodyOutcome if row.value], required=False
    )


class BodyDecisionViewSet(mixins.ListModelMixin, VisibleViewSet):
    """Decisions on party organisations and units. ``actions`` names the steps that the reader may take."""

    model = BodyDecision
    serializer_class = BodyDecisionSerializer
    filterset_fields = ("case", "unit", "receiver", "state")
    updated_field = "updated_at"

    def rows(self) -> Any:
        return body_decisions(reader(self.request)).order_by("pk")

    def _answer(self, decision: BodyDecision, code: int = status.HTTP_200_OK) -> Response:
        row = self.rows().prefetch_related("acts").get(pk=decision.pk)
        data = BodyDecisionDetailSerializer(row, context={"request": self.request}).data
        return Response(data, status=code, headers=etag(row))

    @extend_schema(responses=BodyDecisionDetailSerializer)
    def retrieve(self, request: Request, pk: str = "") -> Response:
        """Return one decision with its acts and actions."""
        return self._answer(self.get_object())

    @extend_schema(request=NewBodyDecisionSerializer, responses={201: BodyDecisionDetailSerializer})
    def create(self, request: Request) -> Response:
        """Draft a decision; what the law forbids is refused with the article."""

        def create() -> Response:
            serializer = NewBodyDecisionSerializer(data=request.data)
            serializer.fields["case"].queryset = Case.objects.visible_to(reader(request))  # type: ignore[attr-defined]
            serializer.is_valid(raise_exception=True)
            given = dict(serializer.validated_data)
            decision = draft_body(given.pop("case"), **given, actor=reader(request), at=clock.now())
            return self._answer(decision, status.HTTP_201_CREATED)

        return create_once(request, create)

    @extend_schema(request=BodyContentSerializer, responses=BodyDecisionDetailSerializer)
    def update(self, request: Request, pk: str = "") -> Response:
        """Change a draft as a whole."""
        decision = self.get_object()
        check_version(request, decision)
        serializer = BodyContentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        revised = revise_body(
            decision, **serializer.validated_data, expected_version=decision.version, actor=reader(request),
            at=clock.now(),
        )  # fmt: skip
        return self._answer(revised)

    @extend_schema(parameters=[_STEP], request=BodyStepSerializer, responses=BodyDecisionDetailSerializer)
    @action(detail=True, methods=["post"], url_path=r"steps/(?P<step>[a-z]+)")
    def steps(self, request: Request, pk: str = "", step: str = "") -> Response:
        """Take one step of the procedure; the body holds what the step asks for."""
        decision = self.get_object()
        check_version(request, decision)
        serializer = BodyStepSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        moved = advance_body(
            decision, step, **serializer.validated_data, expected_version=decision.version, actor=reader(request),
            at=clock.now(),
        )  # fmt: skip
        return self._answer(moved)
