"""Ties and standing back, emergency access, and who signs on which level, over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.enums import ApprovalLevel, TieKind
from cases.models import Delegation, RankRule, Seat, Tie
from cases.services.approval import delegate, revoke_delegation, set_rank, set_seat
from cases.services.integrity import MOST_HOURS, break_glass, declare_tie, end_break_glass, end_tie
from casework.access.models import Grant
from casework.access.policy import can, require
from casework.access.selectors import emergencies
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, create_once
from casework.api.inputs import StatedReasonInput, person, taken
from casework.core import clock
from units.models import Unit


class TieSerializer(serializers.ModelSerializer[Tie]):
    """A tie to a person or a unit."""

    class Meta:
        model = Tie
        fields = ("id", "user", "kind", "person_name", "unit", "note", "from_on", "until", "declared_by", "declared_at")
        read_only_fields = fields


class TieInput(serializers.Serializer[Any]):
    """To whom; ``user`` only when a leader registers somebody else's tie."""

    user = person(required=False)
    kind = serializers.ChoiceField(choices=TieKind.choices)
    person_name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    unit = serializers.PrimaryKeyRelatedField(
        queryset=Unit.objects.all(), required=False, allow_null=True, default=None
    )
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class TieViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """The caller's own declared ties; leaders read nobody's but their own."""

    model = Tie
    serializer_class = TieSerializer
    filterset_fields = ("kind",)

    def rows(self) -> Any:
        return Tie.objects.filter(user=reader(self.request)).order_by("pk")

    @extend_schema(request=TieInput, responses={201: TieSerializer})
    def create(self, request: Request) -> Response:
        """Declare a tie; cases about the person or the unit shut one out from this moment."""
        user = reader(request)
        if not can(user, "tie.declare"):
            require(user, "tie.register")
        given = taken(TieInput(data=request.data))
        whose = given.pop("user", user)
        return create_once(
            request, lambda: self.shown(declare_tie(whose, **given, **self.by()), status.HTTP_201_CREATED)
        )

    @extend_schema(request=StatedReasonInput, responses=TieSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str = "") -> Response:
        """Say that a tie of one's own no longer holds."""
        row = self.get_object()
        return self.shown(end_tie(row, **taken(StatedReasonInput(data=request.data)), **self.by()))


class EmergencySerializer(serializers.ModelSerializer[Grant]):
    """Access that was taken in an emergency."""

    case = serializers.CharField(source="compartment.case.number", read_only=True)

    class Meta:
        model = Grant
        fields = ("id", "case", "reason", "from_on", "until_at")
        read_only_fields = fields


class EmergencyInput(serializers.Serializer[Any]):
    """Which case, for how long, and why it cannot wait."""

    number = serializers.CharField(max_length=40)
    hours = serializers.IntegerField(min_value=1, max_value=MOST_HOURS)
    reason = serializers.CharField()


class EmergencyOpenedSerializer(serializers.Serializer[Any]):
    """The case that is open now."""

    case = serializers.IntegerField(source="pk")
    number = serializers.CharField()


class EmergencyViewSet(mixins.ListModelMixin, VisibleViewSet):
    """应急调阅: the caller's own, each with its end."""

    model = Grant
    serializer_class = EmergencySerializer
    filterset_fields = ()

    def rows(self) -> Any:
        rows = Grant.objects.filter(user=reader(self.request), emergency=True, compartment__case__isnull=False)
        return rows.select_related("compartment__case").order_by("pk")

    @extend_schema(request=EmergencyInput, responses={201: EmergencyOpenedSerializer})
    def create(self, request: Request) -> Response:
        """Open a case for some hours; the security administrators learn of it in the same moment."""
        require(reader(request), "case.break_glass")
        given = taken(EmergencyInput(data=request.data))
        case = break_glass(**given, **self.by())
        return Response(EmergencyOpenedSerializer(case).data, status=status.HTTP_201_CREATED)


class EmergencyOpeningSerializer(serializers.ModelSerializer[Grant]):
    """Who opened what in an emergency, and until when: what it is about, and why, is content and stands nowhere here."""

    compartment = serializers.CharField(source="compartment.public_id", read_only=True)
    kind = serializers.CharField(source="compartment.kind", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)

    class Meta:
        model = Grant
        fields = ("id", "compartment", "kind", "user", "name", "from_on", "until_at")
        read_only_fields = fields


class EmergencyOpeningViewSet(mixins.ListModelMixin, VisibleViewSet):
    """应急调阅 of everybody, for the security administrator, who may end each before its hour."""

    model = Grant
    serializer_class = EmergencyOpeningSerializer
    filterset_fields = ()

    def rows(self) -> Any:
        if not can(reader(self.request), "case.end_emergency"):
            return Grant.objects.none()
        return emergencies().order_by("pk")

    @extend_schema(request=StatedReasonInput, responses=EmergencyOpeningSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str = "") -> Response:
        """End it now; whoever had it is told why."""
        row = self.get_object()
        return self.shown(end_break_glass(row, **taken(StatedReasonInput(data=request.data)), **self.by()))


class RankSerializer(serializers.ModelSerializer[RankRule]):
    """What a rank asks for."""

    class Meta:
        model = RankRule
        fields = ("id", "rank", "words", "organ", "levels", "basis", "confidence", "from_on", "until", "set_by")
        read_only_fields = fields


class RankInput(serializers.Serializer[Any]):
    """The house's own row for a rank from today."""

    rank = serializers.CharField(max_length=40)
    words = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    organ = serializers.CharField(max_length=80)
    levels = serializers.ListField(child=serializers.ChoiceField(choices=ApprovalLevel.choices), min_length=1)
    basis = serializers.CharField(max_length=200)


class SeatSerializer(serializers.ModelSerializer[Seat]):
    """On which level a leader signs."""

    class Meta:
        model = Seat
        fields = ("id", "user", "level", "from_on", "until", "document", "set_by")
        read_only_fields = fields


class SeatInput(serializers.Serializer[Any]):
    """Who signs on which level from today."""

    user = person()
    level = serializers.ChoiceField(choices=ApprovalLevel.choices)
    until = serializers.DateField(required=False, allow_null=True, default=None)
    document = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class DelegationSerializer(serializers.ModelSerializer[Delegation]):
    """A leader lets another one sign for him."""

    class Meta:
        model = Delegation
        fields = ("id", "principal", "delegate", "from_on", "until", "reason", "made_at", "revoked_at")
        read_only_fields = fields


class DelegationInput(serializers.Serializer[Any]):
    """Who signs in the caller's place, and how long."""

    to = person()
    from_on = serializers.DateField()
    until = serializers.DateField()
    reason = serializers.CharField(max_length=200)


class _Levels(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Rows of the page of levels: for whoever may read it, and for nobody else."""

    def rows(self) -> Any:
        rows = self.model.objects.order_by("pk")
        return rows if can(reader(self.request), "approval.read") else rows.none()


class RankViewSet(_Levels):
    """The house's table of ranks; a change is a new row, the old one ends."""

    model = RankRule
    serializer_class = RankSerializer
    filterset_fields = ("rank",)

    @extend_schema(request=RankInput, responses={201: RankSerializer})
    def create(self, request: Request) -> Response:
        """Set the row for a rank from today."""
        require(reader(request), "approval.set")
        given = taken(RankInput(data=request.data))
        return self.shown(set_rank(given.pop("rank"), **given, **self.by()), status.HTTP_201_CREATED)


class SeatViewSet(_Levels):
    """Seats of leaders on the levels of approval."""

    model = Seat
    serializer_class = SeatSerializer
    filterset_fields = ("user", "level")

    @extend_schema(request=SeatInput, responses={201: SeatSerializer})
    def create(self, request: Request) -> Response:
        """Say on which level a leader signs from today; an earlier seat ends."""
        require(reader(request), "approval.set")
        given = taken(SeatInput(data=request.data))
        row = set_seat(given.pop("user"), given.pop("level"), **given, **self.by())
        return self.shown(row, status.HTTP_201_CREATED)


class DelegationViewSet(_Levels):
    """代行签批 that stand now; each ends by itself."""

    model = Delegation
    serializer_class = DelegationSerializer
    filterset_fields = ("principal", "delegate")

    def rows(self) -> Any:
        return super().rows().filter(until__gte=clock.today(), revoked_at__isnull=True)

    @extend_schema(request=DelegationInput, responses={201: DelegationSerializer})
    def create(self, request: Request) -> Response:
        """Let another leader sign in the caller's place for a period."""
        require(reader(request), "approval.delegate")
        given = taken(DelegationInput(data=request.data))
        return self.shown(delegate(given.pop("to"), **given, **self.by()), status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=DelegationSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str = "") -> Response:
        """Take back a delegation of one's own, at once."""
        require(reader(request), "approval.delegate")
        row = self.one_of(Delegation.objects.filter(principal=reader(request)), pk)
        return self.shown(revoke_delegation(row, **self.by()))


routes: list[tuple[str, Any, str]] = [
    ("ties", TieViewSet, "tie"),
    ("emergency-accesses", EmergencyViewSet, "emergency-access"),
    ("emergency-openings", EmergencyOpeningViewSet, "emergency-opening"),
    ("approval-ranks", RankViewSet, "approval-rank"),
    ("approval-seats", SeatViewSet, "approval-seat"),
    ("approval-delegations", DelegationViewSet, "approval-delegation"),
]
