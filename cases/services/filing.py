"""Filing a case together with the people it is about, as the form does it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from cases.models import Case
from cases.services.cases import file_case
from cases.services.suspects import add_suspect
from casework.accounts.models import User
from units.models import Lead, Person, Unit


def file_with_suspects(
    lead: Lead | None,
    *,
    people: Sequence[tuple[str, str]],
    standing_on: date,
    unit: Unit | None,
    actor: User,
    at: datetime,
    **case_data: Any,
) -> Case:
    """File the case and list its people (name, post); all of it or nothing.

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
    return case


def _registered(name: str, unit: Unit | None) -> Person | None:
    if unit is None:
        return None
    found = list(Person.objects.filter(unit=unit, name=name)[:2])
    return found[0] if len(found) == 1 else None
