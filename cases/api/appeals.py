"""Appeals over HTTP: lodge, accept and decide, by the services of the pages."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.penalty_serializers import SpecSerializer, person
from cases.enums_penalties import AppealKind, AppealState
from cases.ladder import MeasureSpec
from cases.models import Appeal, Penalty
from cases.services.penalty_appeals import accept_appeal, decide_appeal, lodge_appeal
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, check_version, create_once, etag
from casework.core import clock

_OUTCOMES = [AppealState.UPHELD, AppealState.AMENDED, AppealState.REVOKED, AppealState.REJECTED]


class AppealSerializer(serializers.ModelSerializer[Appeal]):
    class Meta:
        model = Appeal
        fields = (
            "id", "version", "penalty", "kind", "state", "received_on", "request", "handled_by", "second_handler",
            "decided_by", "decided_on", "document", "outcome", "at",
        )  # fmt: skip
        read_only_fields = fields


class NewAppealSerializer(serializers.Serializer[Any]):
    penalty = serializers.PrimaryKeyRelatedField(queryset=Penalty.objects.none())
    kind = serializers.ChoiceField(choices=AppealKind.choices)
    received_on = serializers.DateField()
    request = serializers.CharField()


class HandlersSerializer(serializers.Serializer[Any]):
    """The two people who review it; neither may have had a part in the case."""

    handler = person()
    second_handler = person()


class AppealDecisionSerializer(serializers.Serializer[Any]):
    """What was decided; ``measures`` only when it amends, and lighter than before."""

    outcome = serializers.ChoiceField(choices=[(row.value, row.label) for row in _OUTCOMES])
    reason = serializers.CharField()
    document = serializers.CharField(max_length=80)
    measures = SpecSerializer(many=True, required=False)


class AppealViewSet(mixins.ListModelMixin, VisibleViewSet):
    """申诉, 复审 and 复核 of penalties."""

    model = Appeal
    serializer_class = AppealSerializer
    filterset_fields = ("penalty", "kind", "state")

    def _answer(self, appeal: Appeal, code: int = status.HTTP_200_OK) -> Response:
        return Response(AppealSerializer(appeal).data, status=code, headers=etag(appeal))

    def retrieve(self, request: Request, pk: str = "") -> Response:
        """Return one appeal."""
        return self._answer(self.get_object())

    @extend_schema(request=NewAppealSerializer, responses={201: AppealSerializer})
    def create(self, request: Request) -> Response:
        """Register an appeal; a late one is refused with the last day and the article."""

        def create() -> Response:
            serializer = NewAppealSerializer(data=request.data)
            serializer.fields["penalty"].queryset = Penalty.objects.visible_to(reader(request))  # type: ignore[attr-defined]
            serializer.is_valid(raise_exception=True)
            given = serializer.validated_data
            appeal = lodge_appeal(given.pop("penalty"), **given, actor=reader(request), at=clock.now())
            return self._answer(appeal, status.HTTP_201_CREATED)

        return create_once(request, create)

    @extend_schema(request=HandlersSerializer, responses=AppealSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str = "") -> Response:
        """Accept the appeal and name who reviews it; the clock of the decision starts."""
        appeal = self.get_object()
        check_version(request, appeal)
        given = HandlersSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        handlers = (given.validated_data["handler"], given.validated_data["second_handler"])
        return self._answer(accept_appeal(appeal, handlers=handlers, actor=reader(request), at=clock.now()))

    @extend_schema(request=AppealDecisionSerializer, responses=AppealSerializer)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str = "") -> Response:
        """Uphold, amend, revoke or reject."""
        appeal = self.get_object()
        check_version(request, appeal)
        serializer = AppealDecisionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        measures = [MeasureSpec(**spec) for spec in given.pop("measures", [])] or None
        return self._answer(decide_appeal(appeal, **given, measures=measures, actor=reader(request), at=clock.now()))
