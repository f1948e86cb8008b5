"""What the page of one case is drawn from."""

from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cases.enums import OPEN_TO_INVESTIGATION, CaseState, Side, Verdict
from cases.models import Case, Interview
from cases.proof import matrix
from cases.selectors.cases import next_deadlines, next_step, officers_of, steps_for
from cases.workflow import BY_NAME, LINE
from casework.access.policy import can
from casework.accounts.models import User
from casework.deadlines.enums import LIVE
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import current_calendar, deadline_facts
from casework.deadlines.web.words import chip
from casework.deadlines.web.words import line as deadline_line
from casework.ledger.selectors import trail
from casework.web.components import Step as LineStep
from casework.web.formats import cn_date
from evidence.models import Item


def state_line(case: Case, today: date) -> list[LineStep]:
    """Return the columns of the state line with the day each was reached."""
    reached: dict[str, date] = {}
    for taken in case.steps_taken.order_by("at", "pk"):
        if taken.to_state != taken.from_state:
            reached[taken.from_state] = taken.at.date()
    here = next((place for place, (_label, states) in enumerate(LINE) if case.state in states), 0)
    columns = []
    for place, (label, states) in enumerate(LINE):
        if place < here or case.state == CaseState.ARCHIVED:
            days = [reached[state] for state in states if state in reached]
            columns.append(LineStep(label, "done", cn_date(max(days), today) if days else ""))
        elif place == here:
            same = str(case.get_state_display()).startswith(str(label))
            columns.append(LineStep(label, "now", _("进行中") if same else case.get_state_display()))
        else:
            columns.append(LineStep(label))
    return columns


def clocks_of(case: Case, user: User, today: date, now: datetime) -> list[dict[str, Any]]:
    """Return every live clock of the case for the deadline card, the nearest first."""
    calendar = current_calendar()
    rows = (
        Deadline.objects.visible_to(user)
        .filter(ref=f"case:{case.pk}", state__in=LIVE)
        .prefetch_related("suspensions", "extensions")
        .order_by("due_on", "pk")
    )
    clocks = []
    for place, row in enumerate(rows):
        facts = deadline_facts(row, today, calendar)
        clocks.append({"row": row, "chip": chip(facts, now), "line": deadline_line(row, facts, opened=place == 0)})
    return clocks


def case_page(case: Case, user: User, *, today: date, now: datetime) -> dict[str, Any]:
    """Return the context of the case page."""
    ahead = next_step(case, user)
    found = matrix(case)
    suspects = list(
        case.suspects.select_related("unit").prefetch_related("facts_shown", "penalties__measures").order_by("pk")
    )
    others = [step for step in steps_for(case, user) if ahead is None or step.name != ahead.step.name]
    records = Interview.objects.filter(case=case)
    history = case.steps_taken.select_related("actor").order_by("-at", "-pk")
    return {
        "case": case,
        "line": state_line(case, today),
        "next": ahead,
        "next_url": _step_url(case, ahead.step.name) if ahead else "",
        "next_asks": bool(ahead and (ahead.step.decides or ahead.step.needs_reason or ahead.step.needs_document)),
        "others": [(step, _step_url(case, step.name)) for step in others],
        "clocks": clocks_of(case, user, today, now),
        "has_clock": bool(next_deadlines([case])),
        "suspects": suspects,
        "matrix": found,
        "settled": [Verdict.PROVED],
        "investigators": "、".join(member.user.name for member in officers_of(case) if member.side == Side.INVESTIGATE),
        "officers": officers_of(case),
        "known_to": case.compartment.grants.filter(until__isnull=True).count(),
        "recent": [(row, BY_NAME[row.step]) for row in history[:6]],
        "last_return": history.filter(step="return_paper").first() if case.returned else None,
        "item_count": Item.objects.visible_to(user).filter(compartment=case.compartment_id).count(),
        "record_count": records.count(),
        "entry_count": trail(f"case:{case.pk}").count(),
        "step_count": history.count(),
        "may_write": case.state in OPEN_TO_INVESTIGATION and can(user, "case.investigate", case),
        "may_hear": can(user, "case.write_hearing", case),
        "may_staff": can(user, "case.staff", case),
        "may_draft": can(user, "penalty.draft", case),
    }


def _step_url(case: Case, name: str) -> str:
    return reverse("cases:step", args=[case.pk, name])
