"""Penalties, their steps, tasks and recoveries over HTTP: the same services, the same refusals."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api import penalty_serializers as s
from cases.models import Case, Execution, Penalty, Recovery, Suspect
from cases.penalty_route import legs
from cases.selectors.penalties import proposal_of, with_measures
from cases.selectors.preparation import candidates
from cases.selectors.reconciliation import BY, dues, groups, named_lines, total
from cases.services.penalties import advance_penalty, draft_penalty, read_draft, revise_penalty
from cases.services.penalty_execution import finish_task
from cases.services.preparation import prepare_penalties
from cases.services.recovery import register_gain, register_payment
from cases.services.surcharges import register_surcharge
from casework.access.policy import get_visible, require
from casework.accounts.models import User
from casework.api.base import VisibleViewSet, check_version, create_once, etag
from casework.api.filters import KeyFilterSet
from casework.core import clock
from casework.core.errors import Invalid
from units.models import Campaign, Unit

_STEP = OpenApiParameter("step", str, OpenApiParameter.PATH, enum=sorted(s.STEP_INPUT))


def _taken(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _user(request: Request) -> User:
    """Return the caller; every route asks for one (``IsAuthenticated``)."""
    user: Any = request.user
    return user  # type: ignore[no-any-return]


def _within(serializer: Any, **rows: Any) -> Any:
    """Let the named fields choose among the given rows only, so that no other row can be told from none."""
    for name, queryset in rows.items():
        serializer.fields[name].queryset = queryset
    return serializer


class PenaltyFilter(KeyFilterSet):
    """``?state=&track=&form=&case=&suspect=&measure=&number=``"""

    case = filters.NumberFilter(field_name="suspect__case")
    measure = filters.CharFilter(field_name="measures__code", distinct=True)

    class Meta:
        model = Penalty
        fields = ("state", "track", "form", "suspect", "number")


class PenaltyViewSet(mixins.ListModelMixin, VisibleViewSet):
    """Penalties and other handling. ``actions`` names the steps the reader may take, and what each still lacks."""

    model = Penalty
    serializer_class = s.PenaltySerializer
    filterset_class = PenaltyFilter
    updated_field = "updated_at"

    def rows(self) -> Any:
        return with_measures(Penalty.objects.visible_to(_user(self.request))).order_by("pk")

    def _answer(self, penalty: Penalty, code: int = 200) -> Response:
        row = self.rows().prefetch_related("tasks").get(pk=penalty.pk)
        data = s.PenaltyDetailSerializer(row, context={"request": self.request}).data
        return Response(data, status=code, headers=etag(row))

    @extend_schema(responses=s.PenaltyDetailSerializer)
    def retrieve(self, request: Request, pk: str = "") -> Response:
        """Return one penalty with its tasks and actions."""
        return self._answer(self.get_object())

    @extend_schema(request=s.NewPenaltySerializer, responses={201: s.PenaltyDetailSerializer})
    def create(self, request: Request) -> Response:
        """Draft the handling of a suspect; what the law forbids is refused with the article."""

        def create() -> Response:
            suspects = Suspect.objects.visible_to(_user(request))
            serializer = _within(s.NewPenaltySerializer(data=request.data), suspect=suspects)
            given = _taken(serializer)
            penalty = draft_penalty(
                given["suspect"],
                **serializer.content(),
                decided_by=given["decided_by"],
                actor=_user(request),
                at=clock.now(),
            )
            return self._answer(penalty, status.HTTP_201_CREATED)

        return create_once(request, create)

    @extend_schema(request=s.PrepareSerializer, responses=s.PreparedSerializer)
    @action(detail=False, methods=["post"], pagination_class=None)
    def prepare(self, request: Request) -> Response:
        """Draft the same measures for many people whose facts are settled; those without a draft come back with why."""
        require(_user(request), "penalty.draft", None)
        serializer = s.PrepareSerializer(data=request.data)
        serializer.fields["suspects"].child_relation.queryset = candidates(_user(request))  # type: ignore[attr-defined]
        given = _taken(serializer)
        done = prepare_penalties(given["suspects"], **serializer.shared(), **self.by())
        refused = [{"suspect": suspect.pk, "why": why} for suspect, why in done.refused]
        return Response({"drafted": [row.pk for row in done.drafted], "refused": refused})

    @extend_schema(request=s.RevisionSerializer, responses=s.PenaltyDetailSerializer)
    def update(self, request: Request, pk: str = "") -> Response:
        """Change a draft as a whole."""
        penalty = self.get_object()
        check_version(request, penalty)
        serializer = s.RevisionSerializer(data=request.data)
        given = _taken(serializer)
        revised = revise_penalty(
            penalty,
            **serializer.content(),
            new_facts=given["new_facts"],
            expected_version=penalty.version,
            actor=_user(request),
            at=clock.now(),
        )
        return self._answer(revised)

    @extend_schema(parameters=[_STEP], request=OpenApiTypes.OBJECT, responses=s.PenaltyDetailSerializer)
    @action(detail=True, methods=["post"], url_path=r"steps/(?P<step>[a-z]+)")
    def steps(self, request: Request, pk: str = "", step: str = "") -> Response:
        """Take one step of the procedure; the body holds what the step asks for."""
        penalty = self.get_object()
        check_version(request, penalty)
        asked = s.STEP_INPUT.get(step)
        if asked is None:
            raise Invalid(f"没有“{step}”这个环节。可以用：{'、'.join(s.STEP_INPUT)}。", details={"step": "换一个环节"})
        given = _taken(asked(data=request.data))
        moved = advance_penalty(
            penalty, step, actor=_user(request), at=clock.now(), expected_version=penalty.version, **given
        )
        return self._answer(moved)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str = "") -> Response:
        """Note that the caller has read the present draft."""
        read_draft(self.get_object(), actor=_user(request), at=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=s.RangeSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def range(self, request: Request, pk: str = "") -> Response:
        """Return every row of the catalogue for this person: in the range, open or closed, with the article."""
        penalty = self.get_object()
        proposal = proposal_of(penalty, penalty.effective_on or clock.today())
        return Response(s.RangeSerializer(list(proposal.options), many=True).data)

    @extend_schema(responses=s.LegSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def route(self, request: Request, pk: str = "") -> Response:
        """Return through which bodies and levels the draft has to go, with what was passed and the rules."""
        return Response(s.LegSerializer(legs(self.get_object(), clock.today()), many=True).data)


class PenaltyTaskViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Tasks of carrying a decision out."""

    model = Execution
    serializer_class = s.TaskSerializer
    filterset_fields = ("penalty", "kind")

    @extend_schema(request=s.TaskDoneSerializer, responses=s.TaskSerializer)
    @action(detail=True, methods=["post"])
    def done(self, request: Request, pk: str = "") -> Response:
        """Register that the task is done, with its proof, or why it is not carried out."""
        given = _taken(s.TaskDoneSerializer(data=request.data))
        row = finish_task(self.get_object(), **given, actor=_user(request), at=clock.now())
        return Response(s.TaskSerializer(row).data)


class RecoveryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Gains, what is due and what was paid."""

    model = Recovery
    serializer_class = s.RecoverySerializer
    filterset_fields = ("case", "suspect", "unit", "kind", "coin", "basis")

    def rows(self) -> Any:
        return Recovery.objects.visible_to(_user(self.request)).prefetch_related("payments").order_by("pk")

    @extend_schema(request=s.NewGainSerializer, responses={201: s.RecoverySerializer})
    def create(self, request: Request) -> Response:
        """Register a gain in coin or yuan."""

        def create() -> Response:
            user = _user(request)
            serializer = _within(
                s.NewGainSerializer(data=request.data),
                case=Case.objects.visible_to(user),
                suspect=Suspect.objects.visible_to(user),
            )
            given = _taken(serializer)
            row = register_gain(given.pop("case"), **given, actor=user, at=clock.now())
            return Response(s.RecoverySerializer(row).data, status=status.HTTP_201_CREATED, headers=etag(row))

        return create_once(request, create)

    @extend_schema(request=s.NewSurchargeSerializer, responses={201: s.RecoverySerializer})
    @action(detail=False, methods=["post"])
    def surcharges(self, request: Request) -> Response:
        """Register the surcharge on power that a unit owes; refused where none applied, with the notice."""

        def create() -> Response:
            user = _user(request)
            cases = Case.objects.visible_to(user)
            serializer = _within(s.NewSurchargeSerializer(data=request.data), case=cases, unit=Unit.objects.all())
            given = _taken(serializer)
            row = register_surcharge(given.pop("case"), **given, actor=user, at=clock.now())
            return Response(s.RecoverySerializer(row).data, status=status.HTTP_201_CREATED, headers=etag(row))

        return create_once(request, create)

    @extend_schema(
        parameters=[
            OpenApiParameter("by", str, enum=list(BY)),
            OpenApiParameter("campaign", int),
        ],
        responses=s.DueTotalSerializer,
    )
    @action(detail=False, methods=["get"], pagination_class=None, filterset_fields=None)
    def reconciliation(self, request: Request) -> Response:
        """Return what is due, paid, left and late by unit, person or coin, with the sums over all."""
        user, day = _user(request), clock.today()
        by, asked = request.query_params.get("by", "unit"), request.query_params.get("campaign", "")
        if by not in BY:
            raise Invalid(f"不能按“{by}”对账。可以用：{'、'.join(BY)}。", details={"by": "换一种"})
        campaign = None
        if asked:
            campaign = get_visible(Campaign.objects, user, pk=int(asked) if asked.isdecimal() else 0)
        rows = dues(user, campaign)
        found = list(groups(rows, by, day)[:500])
        data = {**vars(sums := total(rows, day)), "rest": sums.rest, "receipts_agree": sums.receipts_agree}
        return Response(s.DueTotalSerializer({**data, "lines": named_lines(found, by)}).data)

    @extend_schema(request=s.NewPaymentSerializer, responses={201: s.PaymentSerializer})
    @action(detail=True, methods=["post"])
    def payments(self, request: Request, pk: str = "") -> Response:
        """Register a payment with its receipt."""
        row = self.get_object()

        def create() -> Response:
            given = _taken(s.NewPaymentSerializer(data=request.data))
            payment = register_payment(row, **given, actor=_user(request), at=clock.now())
            return Response(s.PaymentSerializer(payment).data, status=status.HTTP_201_CREATED)

        return create_once(request, create)


routes: list[tuple[str, Any, str]] = [
    ("penalties", PenaltyViewSet, "penalty"),
    ("penalty-tasks", PenaltyTaskViewSet, "penalty-task"),
    ("recoveries", RecoveryViewSet, "recovery"),
]
