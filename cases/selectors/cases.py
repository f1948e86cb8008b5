"""Reading cases: lists with the next deadline, whose turn it is, and what the page of a case shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from cases.enums import AWAITS_DECISION, CaseState, LinkKind, Side
from cases.models import Case, CaseLink, CaseMember, Paper, PaperReading
from cases.papers import changes, content_of, digest_of
from cases.policy import on_side
from cases.workflow import STEPS, Readiness, Step, readiness, steps_from
from casework.access.models import Recusal, compartments_of
from casework.access.policy import can, why_not
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import with_stops
from evidence.models import Item


def ref_of(case: Case) -> str:
    """Return the text reference of the case in ledger, deadlines and notices."""
    return f"case:{case.pk}"


def joined_into(case: Case) -> list[Case]:
    """Return the cases that were joined into this one, and those joined into them: its matter is theirs too."""
    found: dict[int, Case] = {}
    last = [case.pk]
    while last:
        links = CaseLink.objects.filter(kind=LinkKind.MERGED, other__in=last).exclude(case__in=[case.pk, *found])
        new = {link.case_id: link.case for link in links.select_related("case__compartment").order_by("pk")}
        found |= new
        last = list(new)
    return list(found.values())


def people_on(case: Case, side: Side) -> list[User]:
    """Return who works on this side of the case now, those who stand back left out."""
    recused = Recusal.objects.standing().filter(compartment=case.compartment_id).values("user_id")
    rows = case.members.filter(side=side, until__isnull=True).exclude(user__in=recused).select_related("user")
    return [row.user for row in rows.order_by("duty", "pk")]


def next_deadlines(cases: Iterable[Case]) -> dict[int, Deadline]:
    """Return the nearest live clock by case, in one query."""
    refs = {f"case:{case.pk}": case.pk for case in cases}
    rows = with_stops(Deadline.objects.filter(ref__in=refs).live()).select_related("holder").order_by("-due_on", "-pk")
    return {refs[row.ref]: row for row in rows}


def _turns() -> dict[tuple[str, bool], Side]:
    """Return whose turn it is by state and by whether the paper was sent back, read from the table."""
    turns: dict[tuple[str, bool], Side] = {}
    for state in CaseState:
        for returned in (False, True):
            steps = [step for step in STEPS if state in step.froms and step.when_returned in (None, returned)]
            forward = sorted(steps, key=lambda step: (step.when_returned is not True, step.back))
            if forward:
                turns[state, returned] = forward[0].who.side
    return turns


TURNS: Final = _turns()


def waiting_for(user: User) -> QuerySet[Any]:
    """Return the cases in which it is this person's turn, the nearest deadline first."""
    # From his own memberships it is one step to each of his cases, however many cases there are.
    mine = CaseMember.objects.filter(user=user, until__isnull=True).filter(_at_turn()).order_by().values("case")
    return Case.objects.visible_to(user).filter(pk__in=mine).select_related("unit").order_by("next_due", "pk")


def _at_turn() -> Q:
    """Return the memberships whose side has the turn in their case."""
    wanted = Q(pk__in=[])
    for side in Side:
        for returned in (False, True):
            states = [state for (state, back), turn in TURNS.items() if turn == side and back == returned]
            if states:
                wanted |= Q(side=side, case__returned=returned, case__state__in=states)
    return wanted


def decisions_for(user: User) -> QuerySet[Any]:
    """Return the papers that wait for this leader's decision, the nearest deadline first."""
    if not user.has_role(Role.APPROVER):
        return waiting_for(user).none()
    return waiting_for(user).filter(state__in=AWAITS_DECISION, returned=False)


def steps_for(case: Case, user: User) -> list[Step]:
    """Return the steps that this person may take now, forward ones first: the buttons and the API's ``actions``."""
    return [step for step in steps_from(case) if can(user, f"case.{step.name}", case)]


@dataclass(frozen=True)
class NextStep:
    """The step at the top of the page: what it needs, and whether this reader is the one who takes it."""

    step: Step
    readiness: Readiness
    mine: bool
    why_not: str


def next_step(case: Case, user: User) -> NextStep | None:
    """Return the first forward step from here, with all that is missing for it."""
    steps = sorted(steps_from(case), key=lambda step: (step.when_returned is not True, step.back))
    forward = [step for step in steps if not step.back]
    if not forward:
        return None
    mine = next((step for step in forward if can(user, f"case.{step.name}", case)), None)
    step = mine or forward[0]
    # Whoever does not take the step is not shown what its taker has read.
    ready = readiness(case, step, user)
    if mine is None:
        missing = tuple(found for gate in step.gates if gate.name != "paper_read" for found in gate.find(case, user))
        met = tuple(word for word in ready.met if not _is_reading(step, word))
        ready = Readiness(step, missing, met)
    return NextStep(step, ready, mine is not None, "" if mine else why_not(user, f"case.{step.name}", case))


def _is_reading(step: Step, word: Any) -> bool:
    return any(gate.name == "paper_read" and gate.met == word for gate in step.gates)


@dataclass(frozen=True)
class PaperView:
    """The draft before a reader: what changed since he last read one, and what he signed before."""

    content: dict[str, Any]
    digest: str
    number: int
    last_read: PaperReading | None
    changed: list[tuple[str, str, str]]


def paper_view(case: Case, user: User) -> PaperView:
    """Return the present draft and its differences from the one this person read last. Reads only."""
    content = content_of(case)
    digest = digest_of(content)
    present = Paper.objects.filter(case=case, digest=digest).first()
    last = Paper.objects.filter(case=case).order_by("-number").first()
    reading = (
        PaperReading.objects.filter(paper__case=case, user=user)
        .exclude(paper__digest=digest)
        .select_related("paper")
        .order_by("-at", "-pk")
        .first()
    )
    number = present.number if present else (last.number if last else 0) + 1
    changed = changes(reading.paper.content, content) if reading else []
    return PaperView(content, digest, number, reading, changed)


def belongs(user: User, case: Case) -> bool:
    """Tell whether the user is one of those let into the case; auditors read it and are not."""
    return compartments_of(user).filter(compartment_id=case.compartment_id).exists()


def items_of(case: Case, user: User) -> QuerySet[Any]:
    """Return the whole items in the circle of the case that the reader may know of (the first 500)."""
    rows = Item.objects.visible_to(user).filter(compartment=case.compartment_id, parent__isnull=True)
    return rows.filter(pk__in=rows.order_by("pk").values("pk")[:500]).order_by("number", "pk")


def officers_of(case: Case) -> list[CaseMember]:
    """Return who works on the case now, investigators first."""
    rows = case.members.filter(until__isnull=True).select_related("user")
    order = [Side.INVESTIGATE, Side.HEAR, Side.DECIDE, Side.KEEP]
    return sorted(rows, key=lambda row: (order.index(Side(row.side)), row.duty, row.pk))


def knowing_of(case: Case, now: datetime) -> QuerySet[Any]:
    """Return the grants of those who may know of the case now, access in an emergency until its hour included."""
    return case.compartment.grants.filter(Q(until__isnull=True) | Q(until_at__gt=now))


def recused_of(case: Case) -> list[Recusal]:
    """Return who stands back from the case, and why."""
    return list(Recusal.objects.standing().filter(compartment=case.compartment_id).select_related("user", "decided_by"))


def may_hear(case: Case, user: User) -> bool:
    """Tell whether this hearing officer may hear the case: a member of its hearing group who never investigated it."""
    return on_side(user, case, Side.HEAR)
