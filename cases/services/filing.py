"""Filing a case together with the people it is about, as the form does it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import Lane, Precision
from cases.models import Case
from cases.services.cases import file_case
from cases.services.facts import state_fact
from cases.services.suspects import add_suspect
from cases.services.work import add_moment
from casework.accounts.models import User
from casework.deadlines.models import Deadline
from casework.deadlines.services.lifecycle import meet_deadline
from units.enums import Classification
from units.models import Lead, Person, Unit


def file_with_suspects(
    lead: Lead | None,
    *,
    people: Sequence[tuple[str, str]],
    standing_on: date,
    unit: Unit | None,
    actor: User,
    at: datetime,
    carry: Collection[str] = (),
    **case_data: Any,
) -> Case:
    """File the case and list its people (name, post); all of it or nothing.

    ``carry`` says what of the lead goes along: ``answers`` become facts to be proved, ``sightings`` and ``clocks``
    moments of the timeline. The lead's own clocks end with its disposal.

    Somebody of that name in the register of the unit is taken with the standing that the register holds.
    """
    with transaction.atomic():
        case = file_case(lead, unit=unit, actor=actor, at=at, **case_data)
        for name, post in people:
            person = _registered(name, case.unit)
            standing = {"post": post} if post else {}
            if person is None and case.unit is not None:
                standing["unit"] = case.unit  # type: ignore[assignment]
            add_suspect(case, name=name, person=person, standing_on=standing_on, actor=actor, at=at, **standing)
        if lead is not None:
            _take_along(case, lead, carry, actor=actor, at=at)
            case.refresh_from_db()
    return case


def _take_along(case: Case, lead: Lead, carry: Collection[str], *, actor: User, at: datetime) -> None:
    clocks = list(Deadline.objects.live().filter(ref=f"lead:{lead.pk}").order_by("due_on", "pk"))
    if "answers" in carry:
        for question in lead.questions.exclude(answer="").order_by("pk"):
            text = f"{question.get_kind_display()}{_('：')}{_answer(question.answer)}"
            state_fact(case, text[:300], actor=actor, at=at)
    if "sightings" in carry:
        seen = lead.sightings.aggregate(first=Min("observed_at"), last=Max("observed_at"), times=Count("pk"))
        if seen["times"]:
            add_moment(
                case, lane=Lane.MONITORING, title=_("监测到 %(n)d 次") % {"n": seen["times"]}, moment=seen["first"],
                until=seen["last"], source=lead.number, pinned=True, actor=actor, at=at,
            )  # fmt: skip
    for clock in clocks:
        if "clocks" in carry:
            add_moment(
                case, lane=Lane.DEADLINES, title=_("线索期限：%(title)s") % {"title": clock.title},
                moment=timezone.make_aware(datetime.combine(clock.due_on, time(18))), source=lead.number,
                precision=Precision.DAY, actor=actor, at=at,
            )  # fmt: skip
        meet_deadline(clock, actor=actor, at=at)


def _answer(answer: str) -> str:
    """Return the answer of an open question in words."""
    return str(dict(Classification.choices).get(answer, answer))


def _registered(name: str, unit: Unit | None) -> Person | None:
    if unit is None:
        return None
    found = list(Person.objects.filter(unit=unit, name=name)[:2])
    return found[0] if len(found) == 1 else None
