"""Attributions over HTTP: the list, and a card with its steps, records, possibilities and caps, and the acts on it."""

from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, create_once, etag
from casework.api.inputs import taken, within
from evidence.attribution.weight import Fit
from evidence.attribution_enums import AddedKind, ReviewVerdict
from evidence.attribution_reading import attribution_facts
from evidence.models import Attribution, AttributionEdition
from evidence.models.logs import LogEvent, LogFinding
from evidence.services.attributions import (
    add_attribution_evidence,
    open_attribution,
    review_attribution,
    submit_attribution,
    work_out_again,
)


class RecordSerializer(serializers.Serializer[Any]):
    """A record that a step stands on, with the bytes and the file they are in."""

    item = serializers.IntegerField()
    number = serializers.CharField()
    file = serializers.IntegerField()
    name = serializers.CharField()
    sha256 = serializers.CharField()
    member = serializers.IntegerField()
    offset = serializers.IntegerField()
    length = serializers.IntegerField()
    text = serializers.CharField()
    keeper = serializers.CharField()
    at = serializers.CharField()


class StepSerializer(serializers.Serializer[Any]):
    """One step of the chain."""

    rule = serializers.CharField()
    path = serializers.CharField()
    # Named apart from the states of other rows: single, ambiguous or missing.
    step_state = serializers.CharField(source="state")
    aside = serializers.BooleanField()
    say = serializers.CharField()
    notes = serializers.ListField(child=serializers.CharField())
    ask = serializers.CharField()
    records = RecordSerializer(many=True)


class HypothesisSerializer(serializers.Serializer[Any]):
    """One of the five possibilities, in words."""

    code = serializers.CharField()
    name = serializers.CharField()
    word = serializers.CharField()
    fits = serializers.ListField(child=serializers.CharField())
    contradicts = serializers.ListField(child=serializers.CharField())


class CardSerializer(serializers.Serializer[Any]):
    """An edition in words; no number speaks of guilt, ``digest`` is that of the ledger's entry."""

    act = serializers.CharField()
    person = serializers.CharField()
    strength = serializers.CharField()
    caps = serializers.ListField(child=serializers.CharField())
    asks = serializers.ListField(child=serializers.CharField())
    refutes = serializers.ListField(child=serializers.CharField())
    cut = RecordSerializer(many=True)
    steps = StepSerializer(many=True)
    hypotheses = HypothesisSerializer(many=True)


class AttributionSerializer(serializers.ModelSerializer[Attribution]):
    edition = serializers.SerializerMethodField()
    digest = serializers.SerializerMethodField()

    class Meta:
        model = Attribution
        fields = (
            "id", "version", "number", "item", "event", "finding", "since", "until", "state", "outcome", "edition", "digest", "opened_at",
            "opened_by", "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_edition(self, row: Attribution) -> int:
        """Return the serial of the newest edition."""
        return _newest(row).serial

    def get_digest(self, row: Attribution) -> str:
        """Return its digest."""
        return _newest(row).digest


class AttributionDetailSerializer(AttributionSerializer):
    card = serializers.SerializerMethodField()

    class Meta:
        model = Attribution
        fields = [*AttributionSerializer.Meta.fields, "card"]
        read_only_fields = fields

    @extend_schema_field(CardSerializer)
    def get_card(self, row: Attribution) -> Any:
        """Return the newest edition in words."""
        return CardSerializer(attribution_facts(row, _newest(row))).data


def _newest(row: Any) -> AttributionEdition:
    found: AttributionEdition = row.newest[0]
    return found


class NewAttributionInput(serializers.Serializer[Any]):
    """Of one event, or of the stretch of a finding."""

    event = serializers.PrimaryKeyRelatedField(queryset=LogEvent.objects.none(), required=False)
    finding = serializers.PrimaryKeyRelatedField(queryset=LogFinding.objects.none(), required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the two."""
        if len(given) != 1:
            raise serializers.ValidationError({"event": _("与 finding 填写一项")})
        return given


class AddedInput(serializers.Serializer[Any]):
    """What a person said or a paper shows, rated under every possibility from -2 to 2."""

    kind = serializers.ChoiceField(choices=AddedKind.choices)
    person = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    account = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    since = serializers.DateTimeField(required=False, allow_null=True, default=None)
    text = serializers.CharField(max_length=4000)
    source: Any = serializers.CharField(max_length=200)
    fits = serializers.DictField(child=serializers.ChoiceField(choices=[int(fit) for fit in Fit]))


class AttributionReviewInput(serializers.Serializer[Any]):
    """The second officer's opinion."""

    verdict = serializers.ChoiceField(choices=ReviewVerdict.choices)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class AttributionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Who did it: attributions with their chains."""

    model = Attribution
    serializer_class = AttributionSerializer
    filterset_fields = ("state", "outcome", "item")
    updated_field = "updated_at"

    def get_serializer_class(self) -> Any:
        """Return the card for one attribution, a line for many."""
        return AttributionDetailSerializer if self.action == "retrieve" else AttributionSerializer

    def rows(self) -> Any:
        """Return the reader's attributions with their newest edition."""
        newest = AttributionEdition.objects.select_related("made_by").order_by("attribution_id", "-serial")
        newest = newest.distinct("attribution_id")
        rows = super().rows().select_related("event", "finding")
        return rows.prefetch_related(Prefetch("editions", queryset=newest, to_attr="newest"))

    def _card(self, request: Request, pk: int, code: int = 200) -> Response:
        row = get_object_or_404(self.rows(), pk=pk)
        data = AttributionDetailSerializer(row, context=self.get_serializer_context()).data
        return Response(data, status=code, headers=etag(row))

    @extend_schema(request=NewAttributionInput, responses={201: AttributionDetailSerializer})
    def create(self, request: Request) -> Response:
        """Ask who did it; the chain is worked out at once."""
        user = reader(request)
        rows = {"event": LogEvent.objects.visible_to(user), "finding": LogFinding.objects.visible_to(user)}
        given = taken(within(NewAttributionInput(data=request.data), **rows))
        return create_once(request, lambda: self._card(request, open_attribution(**given, **self.by()).pk, 201))

    @extend_schema(request=None, responses=AttributionDetailSerializer)
    @action(detail=True, methods=["post"])
    def rework(self, request: Request, pk: str = "") -> Response:
        """Work the chain out anew from all readings of now; what comes to the same makes no new edition."""
        row = self.get_object()
        work_out_again(row, **self.by())
        return self._card(request, row.pk)

    @extend_schema(request=AddedInput, responses=AttributionDetailSerializer)
    @action(detail=True, methods=["post"])
    def evidence(self, request: Request, pk: str = "") -> Response:
        """Add what a person said or a paper shows; the chain is weighed anew."""
        row = self.get_object()
        given = taken(AddedInput(data=request.data))
        add_attribution_evidence(row, **{**given, "kind": AddedKind(given["kind"])}, **self.by())
        return self._card(request, row.pk)

    @extend_schema(request=None, responses=AttributionDetailSerializer)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str = "") -> Response:
        """Hand the newest edition to a second officer."""
        row = self.get_object()
        submit_attribution(row, **self.by())
        return self._card(request, row.pk)

    @extend_schema(request=AttributionReviewInput, responses=AttributionDetailSerializer)
    @action(detail=True, methods=["post"])
    def review(self, request: Request, pk: str = "") -> Response:
        """Say whether the steps hold; never by anybody who had a hand in it."""
        row = self.get_object()
        given = taken(AttributionReviewInput(data=request.data))
        review_attribution(row, verdict=ReviewVerdict(given["verdict"]), note=given["note"], **self.by())
        return self._card(request, row.pk)
