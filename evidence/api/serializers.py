"""What the API of evidence says and takes. Input and output are different classes; fields are listed."""

from typing import Any

from rest_framework import serializers

from casework.access.models import Compartment
from casework.accounts.models import User
from evidence.enums import DeviceKind, DiscrepancyKind, Kind, Measure, Outcome, Precision, Signature, Strength
from evidence.models import (
    CheckOut,
    Collection,
    Custody,
    Device,
    Discrepancy,
    Disposal,
    Event,
    EvidenceLink,
    Item,
    ItemFile,
)
from evidence.selectors.acts import acts_for
from evidence.selectors.items import knows_content
from units.models import Unit


def person() -> serializers.PrimaryKeyRelatedField[User]:
    """Return a field that names a person by id."""
    return serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True))


class ActSerializer(serializers.Serializer[Any]):
    """One act the reader may take, with all that keeps it from being taken now."""

    act = serializers.CharField(source="page")
    label: Any = serializers.CharField(source="verb")
    missing = serializers.SerializerMethodField()

    def get_missing(self, act: Any) -> list[str]:
        """Sentences; empty when the act can be taken."""
        return [str(one.text) for one in act.missing]


class DeviceSerializer(serializers.ModelSerializer[Device]):
    class Meta:
        model = Device
        fields = ("device_kind", "make", "model", "serial", "mac", "hash_rate", "watts", "software")


class ItemSerializer(serializers.ModelSerializer[Item]):
    """An item as whoever holds it may know it: number, label, state, holder."""

    holder_name = serializers.CharField(source="holder.name", default=None, allow_null=True)
    sealed = serializers.BooleanField(source="has_seal", default=False)
    unfit = serializers.BooleanField(source="has_discrepancy", default=False)

    class Meta:
        model = Item
        fields: Any = (
            "id", "number", "kind", "title", "quantity", "quantity_unit", "state", "holder", "holder_name", "keeper",
            "place", "parent", "apart", "collection", "sealed", "unfit", "version", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields


class CustodySerializer(serializers.ModelSerializer[Custody]):
    """One link of the chain."""

    seal = serializers.CharField(source="seal.number", default=None, allow_null=True)
    actor_name = serializers.CharField(source="actor.name")
    second_name = serializers.CharField(source="second.name", default=None, allow_null=True)
    confirmed: Any = serializers.BooleanField(source="confirmation.agreed", default=None, allow_null=True)

    class Meta:
        model = Custody
        fields = (
            "seq", "act", "at", "state", "actor", "actor_name", "second", "second_name", "confirmed", "giver", "receiver", "place",
            "seal", "document", "note", "whole", "entry_id",
        )  # fmt: skip
        read_only_fields = fields


class ItemFileSerializer(serializers.ModelSerializer[ItemFile]):
    """A file with both digests."""

    sha256 = serializers.CharField(source="blob.sha256")
    sm3 = serializers.CharField(source="blob.sm3")
    size = serializers.IntegerField(source="blob.size")
    media_type = serializers.CharField(source="blob.media_type")
    said_type = serializers.CharField(
        source="blob.said_type", help_text="what the record said at first, where that was wrong"
    )

    class Meta:
        model = ItemFile
        fields = (
            "id", "name", "original", "derived_from", "note", "added_at", "sha256", "sm3", "size", "media_type",
            "said_type",
        )  # fmt: skip
        read_only_fields = fields


class EventSerializer(serializers.ModelSerializer[Event]):
    class Meta:
        model = Event
        fields = ("id", "at", "precision", "kind", "text", "raw", "file", "byte_offset")
        read_only_fields = fields


class EvidenceLinkSerializer(serializers.ModelSerializer[EvidenceLink]):
    class Meta:
        model = EvidenceLink
        fields = ("id", "event", "person", "relation", "note", "limits", "strength")
        read_only_fields = fields


class ItemDetailSerializer(ItemSerializer):
    """One item with its chain, and, for those of the matter, what it holds and shows."""

    chain = CustodySerializer(many=True)
    content = serializers.SerializerMethodField()
    actions = serializers.SerializerMethodField()

    class Meta(ItemSerializer.Meta):
        fields: Any = (*ItemSerializer.Meta.fields, "chain", "content", "actions")
        read_only_fields = fields

    def get_content(self, item: Item) -> dict[str, Any] | None:
        """Device, files, events and links; null for whoever only keeps or carries the item."""
        if not knows_content(item, self.context["request"].user):
            return None
        device = getattr(item, "device", None)
        return {
            "features": item.features,
            "source": item.source,
            "found_where": item.found_where,
            "hidden_how": item.hidden_how,
            "device": DeviceSerializer(device).data if device else None,
            "files": ItemFileSerializer(item.files.select_related("blob"), many=True).data,
            "events": EventSerializer(item.events.all(), many=True).data,
            "links": EvidenceLinkSerializer(item.links.all(), many=True).data,
        }

    def get_actions(self, item: Item) -> list[dict[str, Any]]:
        """The acts the reader may take."""
        return list(ActSerializer(acts_for(item, self.context["request"].user), many=True).data)


class CollectionSerializer(serializers.ModelSerializer[Collection]):
    """A list; the holder's name is shown to those of the matter, who alone see it."""

    officers = serializers.SerializerMethodField()

    class Meta:
        model = Collection
        fields = (
            "id", "number", "measure", "basis", "place", "unit", "began_at", "ended_at", "holder_name",
            "holder_signature", "signature_note", "witness_name", "witness_note", "recording_ref", "note", "officers",
            "version",
        )  # fmt: skip
        read_only_fields = fields

    def get_officers(self, collection: Collection) -> list[str]:
        """Names of those who took it."""
        return [row.user.name for row in collection.officers.all()]


class CheckOutSerializer(serializers.ModelSerializer[CheckOut]):
    class Meta:
        model = CheckOut
        fields = (
            "id", "item", "state", "purpose", "document", "due_on", "requested_by", "requested_at", "decided_by",
            "decided_at", "opinion", "receiver", "out_at", "back_at",
        )  # fmt: skip
        read_only_fields = fields


class DisposalSerializer(serializers.ModelSerializer[Disposal]):
    class Meta:
        model = Disposal
        fields = (
            "id", "item", "outcome", "document", "reason", "proposed_by", "proposed_at", "approved_by", "approved_at",
            "declined_at", "opinion", "done_by", "done_at", "receipt",
        )  # fmt: skip
        read_only_fields = fields


class DiscrepancySerializer(serializers.ModelSerializer[Discrepancy]):
    class Meta:
        model = Discrepancy
        fields = (
            "id", "item", "kind", "expected", "found", "note", "opened_at", "opened_by", "resolved_at", "resolved_by",
            "resolution",
        )  # fmt: skip
        read_only_fields = fields


class OpenCollection(serializers.Serializer[Any]):
    compartment: Any = serializers.PrimaryKeyRelatedField(queryset=Compartment.objects.none())
    measure = serializers.ChoiceField(Measure.choices, default=Measure.SEIZURE)
    basis = serializers.CharField(max_length=120, default="", allow_blank=True)
    place = serializers.CharField(max_length=200)
    unit: Any = serializers.PrimaryKeyRelatedField(queryset=Unit.objects.all(), default=None, allow_null=True)
    second: Any = person()
    holder_name = serializers.CharField(max_length=80, default="", allow_blank=True)
    witness_name = serializers.CharField(max_length=80, default="", allow_blank=True)
    witness_note = serializers.CharField(max_length=200, default="", allow_blank=True)
    recording_ref = serializers.CharField(max_length=120, default="", allow_blank=True)
    note = serializers.CharField(default="", allow_blank=True)


class CloseCollection(serializers.Serializer[Any]):
    holder_signature = serializers.ChoiceField(Signature.choices)
    signature_note = serializers.CharField(max_length=200, default="", allow_blank=True)


class DeviceInput(serializers.Serializer[Any]):
    device_kind = serializers.ChoiceField(DeviceKind.choices)
    make = serializers.CharField(max_length=80, default="", allow_blank=True)
    model = serializers.CharField(max_length=120, default="", allow_blank=True)
    serial = serializers.CharField(max_length=120, default="", allow_blank=True)
    mac = serializers.CharField(max_length=40, default="", allow_blank=True)
    hash_rate = serializers.CharField(max_length=60, default="", allow_blank=True)
    watts = serializers.IntegerField(min_value=0, default=None, allow_null=True)
    software = serializers.CharField(max_length=120, default="", allow_blank=True)
    pool = serializers.CharField(max_length=200, default="", allow_blank=True)


class TakeItem(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(Kind.choices)
    title = serializers.CharField(max_length=200)
    features = serializers.CharField(default="", allow_blank=True)
    quantity = serializers.IntegerField(min_value=1, default=1)
    quantity_unit = serializers.CharField(max_length=10, default="件")
    source: Any = serializers.CharField(max_length=200, default="", allow_blank=True)
    found_where = serializers.CharField(max_length=200, default="", allow_blank=True)
    hidden_how = serializers.CharField(max_length=200, default="", allow_blank=True)
    device = DeviceInput(default=None, allow_null=True)
    second: Any = person()


class AddPart(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=200)
    features = serializers.CharField(default="", allow_blank=True)
    quantity = serializers.IntegerField(min_value=1, default=1)
    device = DeviceInput(default=None, allow_null=True)
    second: Any = person()


class SealInput(serializers.Serializer[Any]):
    number = serializers.CharField(max_length=40)
    second: Any = person()
    note = serializers.CharField(max_length=500, default="", allow_blank=True)


class UnsealInput(serializers.Serializer[Any]):
    number = serializers.CharField(max_length=40)
    reason = serializers.CharField(max_length=200)
    second: Any = person()


class OfferInput(serializers.Serializer[Any]):
    receiver: Any = person()
    place = serializers.CharField(max_length=200, default="", allow_blank=True)
    note = serializers.CharField(max_length=500, default="", allow_blank=True)


class AcceptInput(serializers.Serializer[Any]):
    seal = serializers.CharField(max_length=40, default="", allow_blank=True)
    quantity = serializers.IntegerField(min_value=0, default=None, allow_null=True)
    condition = serializers.CharField(max_length=200, default="", allow_blank=True)
    place = serializers.CharField(max_length=120, default="", allow_blank=True)
    note = serializers.CharField(max_length=500, default="", allow_blank=True)


class ReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class StoreInput(serializers.Serializer[Any]):
    place = serializers.CharField(max_length=120)
    note = serializers.CharField(max_length=500, default="", allow_blank=True)


class RequestInput(serializers.Serializer[Any]):
    purpose = serializers.CharField(max_length=200)
    due_on = serializers.DateField()
    document = serializers.CharField(max_length=120, default="", allow_blank=True)


class HandOutInput(serializers.Serializer[Any]):
    receiver: Any = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(is_active=True), default=None, allow_null=True
    )
    place = serializers.CharField(max_length=200, default="", allow_blank=True)
    note = serializers.CharField(max_length=500, default="", allow_blank=True)


class ExamineInput(serializers.Serializer[Any]):
    method = serializers.CharField(max_length=200)
    document = serializers.CharField(max_length=120)
    expert = serializers.CharField(max_length=120, default="", allow_blank=True)
    tool = serializers.CharField(max_length=120, default="", allow_blank=True)
    note = serializers.CharField(max_length=500, default="", allow_blank=True)
    second: Any = person()


class DetachInput(serializers.Serializer[Any]):
    second: Any = person()
    note = serializers.CharField(max_length=500, default="", allow_blank=True)


class NoteInput(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=500, default="", allow_blank=True)


class VerifyInput(serializers.Serializer[Any]):
    present = serializers.BooleanField(default=True)
    seal = serializers.CharField(max_length=40, default="", allow_blank=True)
    place = serializers.CharField(max_length=120, default="", allow_blank=True)
    note = serializers.CharField(max_length=500, default="", allow_blank=True)


class DiscrepancyInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(DiscrepancyKind.choices)
    expected = serializers.CharField(max_length=200, default="", allow_blank=True)
    found = serializers.CharField(max_length=200, default="", allow_blank=True)
    note = serializers.CharField(max_length=500, default="", allow_blank=True)


class ProposeInput(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(Outcome.choices)
    document = serializers.CharField(max_length=120)
    reason = serializers.CharField(max_length=300)


class DisposeInput(serializers.Serializer[Any]):
    receipt = serializers.CharField(max_length=120)
    receiver_name = serializers.CharField(max_length=120, default="", allow_blank=True)
    note = serializers.CharField(max_length=500, default="", allow_blank=True)
    second: Any = person()


class ArchiveInput(serializers.Serializer[Any]):
    document = serializers.CharField(max_length=120)


class ConfirmInput(serializers.Serializer[Any]):
    link = serializers.IntegerField(min_value=1)
    agreed = serializers.BooleanField(default=True)
    note = serializers.CharField(max_length=200, default="", allow_blank=True)


class LossInput(serializers.Serializer[Any]):
    document = serializers.CharField(max_length=120)
    reason = serializers.CharField(max_length=500)
    second: Any = person()


class OpinionInput(serializers.Serializer[Any]):
    opinion = serializers.CharField(max_length=200, default="", allow_blank=True)


class ResolutionInput(serializers.Serializer[Any]):
    resolution = serializers.CharField(max_length=500)


class FileInput(serializers.Serializer[Any]):
    file = serializers.FileField()
    derived_from: Any = serializers.PrimaryKeyRelatedField(
        queryset=ItemFile.objects.none(), default=None, allow_null=True
    )
    note = serializers.CharField(max_length=200, default="", allow_blank=True)


class EventInput(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=60)
    text = serializers.CharField(max_length=300)
    happened_at = serializers.DateTimeField(default=None, allow_null=True)
    precision = serializers.ChoiceField(Precision.choices, default=Precision.SECOND)
    raw = serializers.CharField(default="", allow_blank=True)
    file: Any = serializers.PrimaryKeyRelatedField(queryset=ItemFile.objects.none(), default=None, allow_null=True)
    byte_offset = serializers.IntegerField(min_value=0, default=None, allow_null=True)


class LinkInput(serializers.Serializer[Any]):
    person = serializers.CharField(max_length=200)
    relation = serializers.CharField(max_length=120)
    strength = serializers.ChoiceField(Strength.choices)
    event: Any = serializers.PrimaryKeyRelatedField(queryset=Event.objects.none(), default=None, allow_null=True)
    note = serializers.CharField(max_length=500, default="", allow_blank=True)
    limits = serializers.CharField(max_length=300, default="", allow_blank=True)


class ReceiveBundleInput(serializers.Serializer[Any]):
    """The archive as it came, the other officer, and the other house's key as it was copied from paper."""

    file = serializers.FileField()
    second = person()
    vkey = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    source: Any = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
