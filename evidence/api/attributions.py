"""Attributions over HTTP: the list, and a card with its steps, records, possibilities and caps; read only."""

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers

from casework.api.base import VisibleViewSet
from evidence.attribution_reading import attribution_facts
from evidence.models import Attribution, AttributionEdition


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
