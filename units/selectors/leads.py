"""Reading leads: what a row of the triage list and its detail say, for many leads in a few queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import CharField, Count, Max, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from casework.accounts.models import User
from casework.deadlines.enums import LIVE
from casework.deadlines.models import Deadline
from units.enums import Classification, QuestionKind, Stance
from units.models import (
    AddressBlock,
    Lead,
    Question,
    QuestionEvidence,
    Registration,
    SealedDevice,
    Sighting,
)

#: How many earlier leads and sightings a page names.
SHOWN = 5


def with_due(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    """Add ``due_on``: when the clock that runs on the lead is due, None without one."""
    clocks = Deadline.objects.filter(
        ref=Concat(Value("lead:"), Cast(OuterRef("pk"), CharField())), state__in=LIVE
    ).order_by("due_on")
    return leads.annotate(due_on=Subquery(clocks.values("due_on")[:1]))


@dataclass
class LeadFacts:
    """What is known of one lead besides its own row."""

    addresses: int = 0
    times: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    currencies: list[str] = field(default_factory=list)
    remote_ports: int = 0
    open_questions: int = 0
    tendency: str = ""
    relapsed: bool = False
    earlier: int = 0


def facts_for(leads: Sequence[Lead]) -> dict[int, LeadFacts]:
    """Return pk → facts of the leads; two queries whatever their number."""
    facts = {lead.pk: LeadFacts(relapsed=lead.earlier_id is not None) for lead in leads}
    seen = Sighting.objects.filter(lead__in=facts).values("lead")
    for row in seen.annotate(
        n=Count("pk"),
        ips=Count("ip", distinct=True),
        first=Min("observed_at"),
        last=Max("observed_at"),
        ports=Count("remote_port", distinct=True),
        coins=ArrayAgg("currency", distinct=True, filter=~Q(currency=""), default=Value([])),
    ):
        one = facts[row["lead"]]
        one.addresses, one.times, one.first_at, one.last_at = row["ips"], row["n"], row["first"], row["last"]
        one.remote_ports, one.currencies = row["ports"], row["coins"]
    asked = Question.objects.filter(lead__in=facts).order_by("pk", "evidence__pk")
    known: set[int] = set()
    weights: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for question, pk, kind, answer, candidate, stance in asked.values_list(
        "pk", "lead", "kind", "answer", "evidence__candidate", "evidence__stance"
    ):
        nature = kind == QuestionKind.NATURE
        if question not in known:
            known.add(question)
            facts[pk].open_questions += not answer
            facts[pk].tendency = answer if nature and answer else facts[pk].tendency
        if nature and candidate:
            weights[pk][candidate] += 1 if stance == Stance.FOR else -1
    for pk, found in weights.items():
        best = max(found, key=lambda word: found[word])
        if found[best] > 0 and not facts[pk].tendency and best in Classification.values:
            facts[pk].tendency = best
    return facts


@dataclass(frozen=True)
class Candidate:
    """One possible answer with what speaks for and against it."""

    text: str
    words: str
    for_: list[QuestionEvidence]
    against: list[QuestionEvidence]


@dataclass(frozen=True)
class QuestionCard:
    """A question as its card shows it."""

    question: Question
    candidates: list[Candidate]


def question_cards(lead: Lead) -> list[QuestionCard]:
    """Return the three questions in their order, each with its candidates."""
    questions = {
        question.kind: question
        for question in lead.questions.select_related("settled_by").prefetch_related("evidence__added_by")
    }
    cards = []
    for kind in QuestionKind.values:
        if kind not in questions:
            continue
        question = questions[kind]
        by_text: dict[str, list[QuestionEvidence]] = defaultdict(list)
        for row in sorted(question.evidence.all(), key=lambda row: row.pk):
            by_text[row.candidate].append(row)
        candidates = [
            Candidate(
                text,
                str(Classification(text).label) if text in Classification.values else text,
                [row for row in rows if row.stance == Stance.FOR],
                [row for row in rows if row.stance == Stance.AGAINST],
            )
            for text, rows in by_text.items()
        ]
        cards.append(QuestionCard(question, candidates))
    return cards


@dataclass(frozen=True)
class Dealings:
    """What the system already knows around a lead, as far as this reader may know it."""

    earlier: list[Lead]
    same_address: list[Lead]
    same_leader: list[Lead]
    registrations: list[Registration]
    blocks: list[AddressBlock]
    same_person: list[Lead]
    same_serial: list[SealedDevice]

    @property
    def none(self) -> bool:
        """Nothing earlier is known."""
        return not (self.earlier or self.same_address or self.same_leader or self.same_person or self.same_serial)


def dealings(lead: Lead, user: User, today: date) -> Dealings:
    """Return earlier leads of the unit, other leads with its addresses or its leader, registrations and blocks."""
    visible = Lead.objects.visible_to(user).exclude(pk=lead.pk).select_related("unit").order_by("-received_on", "-pk")
    others = visible.exclude(unit=lead.unit_id)
    leaders = lead.unit.leaders.filter(Q(until__isnull=True) | Q(until__gte=today)).values("name")
    blocks = AddressBlock.objects.visible_to(user).filter(
        pk__in=Sighting.objects.filter(lead=lead, block__isnull=False).values("block")
    )
    return Dealings(
        earlier=list(visible.filter(unit=lead.unit_id)[:SHOWN]),
        same_address=list(others.filter(addresses__ip__in=lead.addresses.values("ip")).distinct()[:SHOWN]),
        same_leader=list(
            others.filter(unit__leaders__name__in=leaders, unit__parent=lead.unit.parent_id).distinct()[:SHOWN]
        )
        if lead.unit.parent_id
        else [],
        registrations=list(
            Registration.objects.visible_to(user).filter(unit=lead.unit_id).order_by("-from_on")[:SHOWN]
        ),
        blocks=list(blocks.order_by("network")[:SHOWN]),
        same_person=_same_person(lead, visible),
        same_serial=list(
            SealedDevice.objects.visible_to(user)
            .filter(serial__in=SealedDevice.objects.filter(inspection__unit=lead.unit_id).values("serial"))
            .exclude(inspection__unit=lead.unit_id)
            .select_related("inspection__unit")
            .order_by("serial", "pk")[:SHOWN]
        ),
    )


def _same_person(lead: Lead, visible: QuerySet[Lead]) -> list[Lead]:
    """Return other leads about the same person: the very row, or one with the same identity number elsewhere."""
    person = lead.person
    if person is None:
        return []
    same = Q(person=person)
    if person.id_index:
        same |= Q(person__id_index=person.id_index)
    return list(visible.filter(same)[:SHOWN])


@dataclass(frozen=True)
class Research:
    """Sightings of the unit against its registrations: how many they explain, how many lie outside."""

    registered: bool
    inside: int
    outside: int


def research_of(lead: Lead) -> Research:
    """Return how what was seen of the unit in the lead's compartment stands to its registrations."""
    seen = Sighting.objects.filter(unit=lead.unit_id, compartment=lead.compartment_id)
    found = seen.aggregate(inside=Count("pk", filter=Q(registration__isnull=False)), all=Count("pk"))
    return Research(
        Registration.objects.filter(unit=lead.unit_id).exists(), found["inside"], found["all"] - found["inside"]
    )
