"""What the API of penalties says and takes. Input and output are different classes; fields are listed."""

from typing import Any

from rest_framework import serializers

from cases.catalogue import catalogue
from cases.enums_penalties import (
    BonusUnit,
    BranchWay,
    DecidedBy,
    DefenceOutcome,
    Office,
    PaymentKind,
    Situation,
    Station,
)
from cases.ladder import MeasureSpec
from cases.models import Case, Execution, Penalty, PenaltyMeasure, Recovery, RecoveryPayment, Suspect
from cases.penalty_workflow import readiness, steps_from
from cases.ranges import Finding, Severity
from casework.access.policy import can
from casework.accounts.models import User
from casework.core import clock
from units.models import Unit


def person(**kwargs: Any) -> serializers.PrimaryKeyRelatedField[User]:
    """Return a field that names a person by id."""
    return serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True), **kwargs)


class MeasureSerializer(serializers.ModelSerializer[PenaltyMeasure]):
    class Meta:
        model = PenaltyMeasure
        fields = (
            "code",
            "title",
            "family",
            "band",
            "months",
            "quantity",
            "unit",
            "amount",
            "note",
            "article",
            "verified",
        )


class TaskSerializer(serializers.ModelSerializer[Execution]):
    class Meta:
        model = Execution
        fields = (
            "id", "penalty", "seq", "kind", "text", "responsible", "due_on", "done_on", "proof", "document",
            "waived_reason",
        )  # fmt: skip


class StepOutSerializer(serializers.Serializer[Any]):
    """One step that the reader may take now, with all that it still needs."""

    step = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    missing = serializers.ListField(child=serializers.CharField())


class PenaltySerializer(serializers.ModelSerializer[Penalty]):
    measures = MeasureSerializer(many=True, read_only=True)
    name = serializers.CharField(source="suspect.name", read_only=True)
    case = serializers.IntegerField(source="suspect.case_id", read_only=True)

    class Meta:
        model = Penalty
        fields = (
            "id", "version", "case", "suspect", "name", "state", "state_since", "returned", "track", "form",
            "decided_by", "situation", "grounds", "evidence", "findings", "circumstances", "reason", "offices", "branch",
            "acts_from", "acts_until", "standing", "laws", "draft", "digest", "effective_on", "number", "issued_at",
            "document_digest", "executed_on", "period_until", "probation_until", "probation_extended_on", "restored_on", "updated_at",
            "measures",
        )  # fmt: skip


class PenaltyDetailSerializer(PenaltySerializer):
    """A penalty with its tasks and the steps that the reader may take."""

    tasks = TaskSerializer(many=True, read_only=True)
    actions = serializers.SerializerMethodField()

    class Meta(PenaltySerializer.Meta):
        fields = (*PenaltySerializer.Meta.fields, "tasks", "actions")  # type: ignore[assignment]

    def get_actions(self, penalty: Penalty) -> list[dict[str, Any]]:
        """The steps by name, each with everything that is missing."""
        user, day = self.context["request"].user, clock.today()
        return [
            {
                "step": step.name,
                "label": str(step.label),
                "missing": [str(row.text) for row in readiness(penalty, step, day)[0]],
            }
            for step in steps_from(penalty)
            if can(user, f"penalty.{step.name}", penalty)
        ]


class SpecSerializer(serializers.Serializer[Any]):
    """One measure with its particulars."""

    code = serializers.ChoiceField(choices=sorted(catalogue().measures))
    months = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=48)
    quantity = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=36)
    unit = serializers.ChoiceField(choices=BonusUnit.choices, required=False, allow_blank=True)
    amount = serializers.DecimalField(max_digits=16, decimal_places=2, required=False, allow_null=True)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class FindingSerializer(serializers.Serializer[Any]):
    """A conduct held to be proved, with its severity."""

    code = serializers.ChoiceField(choices=sorted(catalogue().conducts))
    severity = serializers.ChoiceField(
        choices=[(row.value, row.value) for row in Severity], default=Severity.LIGHT.value
    )


class DraftSerializer(serializers.Serializer[Any]):
    """The content of a proposal."""

    measures = SpecSerializer(many=True)
    grounds = serializers.CharField()
    acts_from = serializers.DateField()
    acts_until = serializers.DateField()
    evidence = serializers.CharField(required=False, allow_blank=True, default="")
    findings = FindingSerializer(many=True, required=False, default=list)
    circumstances = serializers.ListField(child=serializers.CharField(max_length=6), required=False, default=list)
    reason = serializers.CharField(required=False, allow_blank=True, default="")
    situation = serializers.ChoiceField(choices=Situation.choices, default=Situation.IN_POST)
    offices = serializers.ListField(
        child=serializers.ChoiceField(choices=Office.choices), required=False, default=list, max_length=6
    )
    branch = serializers.ChoiceField(choices=BranchWay.choices, default=BranchWay.RAISED)

    def content(self) -> dict[str, Any]:
        """Return what the services take."""
        given = dict(self.validated_data)
        return {
            "measures": [MeasureSpec(**row) for row in given["measures"]],
            "grounds": given["grounds"],
            "acts_on": (given["acts_from"], given["acts_until"]),
            "evidence": given["evidence"],
            "findings": [Finding(row["code"], Severity(row["severity"])) for row in given["findings"]],
            "circumstances": given["circumstances"],
            "reason": given["reason"],
            "situation": given["situation"],
            "offices": given["offices"],
            "branch": given["branch"],
        }


class NewPenaltySerializer(DraftSerializer):
    suspect = serializers.PrimaryKeyRelatedField(queryset=Suspect.objects.none())
    decided_by = serializers.ChoiceField(choices=DecidedBy.choices, default=DecidedBy.COMMISSION)


class PrepareSerializer(serializers.Serializer[Any]):
    """What many drafts share; grounds, evidence and days come from each person's own case."""

    suspects = serializers.PrimaryKeyRelatedField(queryset=Suspect.objects.none(), many=True)
    measures = SpecSerializer(many=True)
    findings = FindingSerializer(many=True, required=False, default=list)
    circumstances = serializers.ListField(child=serializers.CharField(max_length=6), required=False, default=list)
    reason = serializers.CharField(required=False, allow_blank=True, default="")
    decided_by = serializers.ChoiceField(choices=DecidedBy.choices, default=DecidedBy.COMMISSION)

    def shared(self) -> dict[str, Any]:
        """Return what every draft takes."""
        given = dict(self.validated_data)
        return {
            "measures": [MeasureSpec(**row) for row in given["measures"]],
            "findings": [Finding(row["code"], Severity(row["severity"])) for row in given["findings"]],
            "circumstances": given["circumstances"],
            "reason": given["reason"],
            "decided_by": given["decided_by"],
        }


class PreparationRefusedSerializer(serializers.Serializer[Any]):
    """Somebody who got no draft, and why."""

    suspect = serializers.IntegerField()
    why = serializers.CharField()


class PreparedSerializer(serializers.Serializer[Any]):
    """The drafts that were made, and who got none."""

    drafted = serializers.ListField(child=serializers.IntegerField())
    refused = PreparationRefusedSerializer(many=True)


class RevisionSerializer(DraftSerializer):
    new_facts = serializers.CharField(required=False, allow_blank=True, default="")


class InformSerializer(serializers.Serializer[Any]):
    second_officer = person()
    place = serializers.CharField(required=False, allow_blank=True)
    statement = serializers.CharField(required=False, allow_blank=True)
    outcome = serializers.ChoiceField(choices=DefenceOutcome.choices, required=False)
    answer = serializers.CharField(required=False, allow_blank=True)
    signed = serializers.BooleanField(required=False, default=True)
    refusal = serializers.CharField(required=False, allow_blank=True)


class ConsultSerializer(serializers.Serializer[Any]):
    organ = serializers.CharField(max_length=120)
    opinion = serializers.CharField()
    document = serializers.CharField(required=False, allow_blank=True, max_length=80)
    replied_on = serializers.DateField(required=False)


class DeliberateSerializer(serializers.Serializer[Any]):
    body = serializers.CharField(max_length=120)
    held_on = serializers.DateField()
    members = serializers.IntegerField(min_value=2, max_value=200)
    votes_for = serializers.IntegerField(min_value=0, max_value=200)
    votes_against = serializers.IntegerField(min_value=0, max_value=200, required=False)
    abstentions = serializers.IntegerField(min_value=0, max_value=200, required=False)
    minutes = serializers.CharField(required=False, allow_blank=True, max_length=80)


class ApproveSerializer(serializers.Serializer[Any]):
    digest = serializers.RegexField("^[0-9a-f]{64}$")
    opinion = serializers.CharField(required=False, allow_blank=True)
    committee_document = serializers.CharField(required=False, allow_blank=True, max_length=80)
    committee_on = serializers.DateField(required=False)


class PenaltyReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField()


class IssueSerializer(serializers.Serializer[Any]):
    sealed = serializers.BooleanField()


class ServeSerializer(serializers.Serializer[Any]):
    served_on = serializers.DateField()
    receiver = serializers.CharField(max_length=200)
    second_officer = person()
    receipt = serializers.CharField(required=False, allow_blank=True, max_length=80)
    refusal = serializers.CharField(required=False, allow_blank=True, max_length=200)
    place = serializers.CharField(required=False, allow_blank=True, max_length=200)


class AnnounceSerializer(serializers.Serializer[Any]):
    announced_on = serializers.DateField()
    place = serializers.CharField(max_length=200)
    second_officer = person()
    opinion = serializers.CharField(required=False, allow_blank=True)
    refusal = serializers.CharField(required=False, allow_blank=True, max_length=200)


class NothingSerializer(serializers.Serializer[Any]):
    """A step that asks for nothing."""


class FinishSerializer(serializers.Serializer[Any]):
    executed_on = serializers.DateField(required=False)


class RestoreSerializer(PenaltyReasonSerializer):
    restored_on = serializers.DateField()
    document = serializers.CharField(required=False, allow_blank=True, max_length=80)


class ExtendSerializer(PenaltyReasonSerializer):
    document = serializers.CharField(max_length=80)


class StationSerializer(serializers.Serializer[Any]):
    """What a body on the way to the approval decided; votes where a meeting voted."""

    station = serializers.ChoiceField(choices=Station.choices)
    body = serializers.CharField(max_length=120)
    document = serializers.CharField(max_length=80)
    on = serializers.DateField()
    members = serializers.IntegerField(required=False, min_value=1, max_value=2000)
    present = serializers.IntegerField(required=False, min_value=0, max_value=2000)
    votes_for = serializers.IntegerField(required=False, min_value=0, max_value=2000)
    ahead = serializers.BooleanField(required=False)


class SignSerializer(serializers.Serializer[Any]):
    digest = serializers.RegexField("^[0-9a-f]{64}$")
    opinion = serializers.CharField(required=False, allow_blank=True)


class LegSerializer(serializers.Serializer[Any]):
    """One stop on the way to the approval."""

    title = serializers.CharField()
    state = serializers.CharField()
    note = serializers.CharField()
    rule = serializers.SerializerMethodField()

    def get_rule(self, leg: Any) -> str:
        """The rule behind it; an unverified one says so."""
        return "" if leg.stop is None else "依据待核" if leg.stop.rule.unverified else leg.stop.rule.basis


STEP_INPUT: dict[str, type[serializers.Serializer[Any]]] = {
    "inform": InformSerializer,
    "consult": ConsultSerializer,
    "deliberate": DeliberateSerializer,
    "approve": ApproveSerializer,
    "return": PenaltyReasonSerializer,
    "decline": PenaltyReasonSerializer,
    "issue": IssueSerializer,
    "serve": ServeSerializer,
    "announce": AnnounceSerializer,
    "execute": NothingSerializer,
    "finish": FinishSerializer,
    "restore": RestoreSerializer,
    "extend": ExtendSerializer,
    "station": StationSerializer,
    "sign": SignSerializer,
    "expire": NothingSerializer,
    "void": PenaltyReasonSerializer,
}


class TaskDoneSerializer(serializers.Serializer[Any]):
    done_on = serializers.DateField()
    proof = serializers.CharField(required=False, allow_blank=True, default="")
    document = serializers.CharField(required=False, allow_blank=True, max_length=80, default="")
    waived_reason = serializers.CharField(required=False, allow_blank=True, default="")


class RangeSerializer(serializers.Serializer[Any]):
    """One row of the catalogue for a person: whether it fits, is open or closed, and why."""

    code = serializers.CharField(source="measure.code")
    title = serializers.CharField(source="measure.title")
    state = serializers.CharField()
    why = serializers.CharField()
    article = serializers.CharField()


class PaymentSerializer(serializers.ModelSerializer[RecoveryPayment]):
    class Meta:
        model = RecoveryPayment
        fields = ("id", "kind", "amount", "paid_on", "receipt", "at")


class RecoverySerializer(serializers.ModelSerializer[Recovery]):
    payments = PaymentSerializer(many=True, read_only=True)
    remainder = serializers.DecimalField(max_digits=18, decimal_places=2, read_only=True)
    implied_price = serializers.DecimalField(max_digits=18, decimal_places=2, read_only=True, allow_null=True)

    class Meta:
        model = Recovery
        fields = (
            "id", "version", "case", "suspect", "unit", "kind", "label", "basis", "coin", "quantity", "price", "priced_at",
            "price_source", "value", "approximate", "implied_price", "amount_due", "amount_paid", "remainder",
            "due_on", "kwh", "rate", "used_from", "used_until",
            "payments",
        )  # fmt: skip


class NewGainSerializer(serializers.Serializer[Any]):
    case = serializers.PrimaryKeyRelatedField(queryset=Case.objects.none())
    suspect = serializers.PrimaryKeyRelatedField(queryset=Suspect.objects.none(), required=False, allow_null=True)
    label = serializers.CharField(max_length=120)  # type: ignore[assignment]
    coin = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    quantity = serializers.DecimalField(max_digits=38, decimal_places=18, required=False, allow_null=True)
    price = serializers.DecimalField(max_digits=24, decimal_places=8, required=False, allow_null=True)
    value = serializers.DecimalField(max_digits=18, decimal_places=2, required=False, allow_null=True)
    priced_at = serializers.DateTimeField(required=False, allow_null=True)
    price_source = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    approximate = serializers.BooleanField(required=False, default=False)
    amount_due = serializers.DecimalField(max_digits=18, decimal_places=2, required=False, allow_null=True)
    due_on = serializers.DateField(required=False, allow_null=True)


class NewSurchargeSerializer(serializers.Serializer[Any]):
    """What a meter counted and on which days of it was mined; rate and value follow from province and day."""

    case = serializers.PrimaryKeyRelatedField(queryset=Case.objects.none())
    unit = serializers.PrimaryKeyRelatedField(queryset=Unit.objects.none())
    kwh = serializers.DecimalField(max_digits=16, decimal_places=2)
    metered_from = serializers.DateField()
    metered_until = serializers.DateField()
    used_from = serializers.DateField()
    used_until = serializers.DateField()
    due_on = serializers.DateField(required=False, allow_null=True)


class DueLineSerializer(serializers.Serializer[Any]):
    """One unit, person or coin of the reconciliation; yuan."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    note = serializers.CharField()
    count = serializers.IntegerField()
    quantity = serializers.DecimalField(max_digits=38, decimal_places=18, allow_null=True)
    value = serializers.DecimalField(max_digits=24, decimal_places=2)
    due = serializers.DecimalField(max_digits=24, decimal_places=2)
    paid = serializers.DecimalField(max_digits=24, decimal_places=2)
    rest = serializers.DecimalField(max_digits=24, decimal_places=2)
    late = serializers.DecimalField(max_digits=24, decimal_places=2)


class DueTotalSerializer(serializers.Serializer[Any]):
    """The sums over all, what the receipts add up to, and the lines (the first 500)."""

    count = serializers.IntegerField()
    value = serializers.DecimalField(max_digits=24, decimal_places=2)
    due = serializers.DecimalField(max_digits=24, decimal_places=2)
    paid = serializers.DecimalField(max_digits=24, decimal_places=2)
    rest = serializers.DecimalField(max_digits=24, decimal_places=2)
    late = serializers.DecimalField(max_digits=24, decimal_places=2)
    receipts = serializers.DecimalField(max_digits=24, decimal_places=2)
    receipts_agree = serializers.BooleanField()
    lines = DueLineSerializer(many=True)


class NewPaymentSerializer(serializers.Serializer[Any]):
    amount = serializers.DecimalField(max_digits=18, decimal_places=2)
    paid_on = serializers.DateField()
    receipt = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=PaymentKind.choices, default=PaymentKind.PAID)
