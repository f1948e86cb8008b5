"""What the page of one case is drawn from."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.enums import OPEN_TO_INVESTIGATION, CaseState, LinkKind, Side, Verdict
from cases.models import Case, CaseLink, CaseTask, Interview, Measure, PaperRemark, Signature, StepTaken
from cases.policy_penalties import sides_of
from cases.proof import matrix
from cases.selectors.cases import knowing_of, next_step, officers_of, steps_for
from cases.services.relations import DIVISIBLE
from cases.workflow import BY_NAME, LINE
from casework.access.models import Recusal
from casework.access.policy import can
from casework.accounts.models import User
from casework.core.moments import cn_date
from casework.deadlines.enums import LIVE
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import calendar_for, deadline_facts
from casework.deadlines.web.words import chip
from casework.deadlines.web.words import line as deadline_line
from casework.web.components import Step as LineStep
from evidence.models import Item


def state_line(case: Case, steps: Iterable[StepTaken], today: date) -> list[LineStep]:
    """Return the columns of the state line with the day each was reached; ``steps`` from the first to the last."""
    reached: dict[str, date] = {}
    for taken in steps:
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
    calendar = calendar_for(user)
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


def _looked_up(case: Case, user: User) -> None:
    """Look once for what the acts and gates of the page would each look for by themselves."""
    case.recused_known = {
        user.pk: Recusal.objects.standing().filter(compartment=case.compartment_id, user=user).exists()
    }
    case.sides_known = {user.pk: frozenset(sides_of(user, case.pk))}
    case.matrix_known = matrix(case)


def _counts(case: Case) -> dict[str, int]:
    """Return how much lies in the case, in one query."""
    rows: dict[str, Any] = {
        "record_count": Interview.objects.filter(case=OuterRef("pk")),
        "measure_count": Measure.objects.filter(case=OuterRef("pk")),
        "task_count": CaseTask.objects.filter(case=OuterRef("pk"), done_at__isnull=True),
    }
    wanted = {
        name: Coalesce(Subquery(found.order_by().values("case").annotate(n=Count("pk")).values("n")), 0)
        for name, found in rows.items()
    }
    counts: dict[str, int] = Case.objects.filter(pk=case.pk).values(**wanted).get()
    return counts


def case_page(case: Case, user: User, *, today: date, now: datetime) -> dict[str, Any]:
    """Return the context of the case page."""
    _looked_up(case, user)
    ahead = next_step(case, user)
    suspects = list(
        case.suspects.select_related("unit").prefetch_related("facts_shown", "penalties__measures").order_by("pk")
    )
    others = [step for step in steps_for(case, user) if ahead is None or step.name != ahead.step.name]
    steps = list(case.steps_taken.select_related("actor").order_by("at", "pk"))
    officers = officers_of(case)
    knowing = list(knowing_of(case, now).values_list("user_id", "until_at"))
    returns = [row for row in steps if row.step == "return_paper"]
    return {
        "case": case,
        "line": state_line(case, steps, today),
        "next": ahead,
        "next_url": _step_url(case, ahead.step.name) if ahead else "",
        "next_asks": bool(ahead and (ahead.step.decides or ahead.step.needs_reason or ahead.step.needs_document)),
        "others": [(step, _step_url(case, step.name)) for step in others],
        "clocks": clocks_of(case, user, today, now),
        "suspects": suspects,
        "matrix": case.matrix_known,
        "settled": [Verdict.PROVED],
        "investigators": _("、").join(member.user.name for member in officers if member.side == Side.INVESTIGATE),
        "officers": officers,
        "known_to": len(knowing),
        "emergency_until": next((until for pk, until in knowing if pk == user.pk and until), None),
        "recent": [(row, BY_NAME[row.step]) for row in reversed(steps[-6:])],
        "last_return": returns[-1] if case.returned and returns else None,
        "may_bundle": can(user, "evidence.bundle", case),
        "item_count": Item.objects.visible_to(user).filter(compartment=case.compartment_id).count(),
        "step_count": len(steps),
        "may_write": case.state in OPEN_TO_INVESTIGATION and can(user, "case.investigate", case),
        "may_body": can(user, "body.draft", case),
        "may_hear": can(user, "case.write_hearing", case),
        "may_staff": can(user, "case.staff", case),
        "may_draft": can(user, "penalty.draft", case),
        "may_split": case.state in DIVISIBLE and len(suspects) > 1 and can(user, "case.split", case),
        "may_correct": can(user, "case.correct", case),
        "may_settle": can(user, "case.amend", case) or can(user, "case.write_hearing", case),
        "remarks": remarks_of(case),
        "links": links_of(case, user),
        **_counts(case),
    }


#: Part of the draft → what it is called and the part of the page or the text where it is put right.
_PARTS = {
    "title": (gettext_lazy("案由"), "title"),
    "grounds": (gettext_lazy("主要问题"), "grounds"),
    "plan": (gettext_lazy("审查调查方案"), "plan"),
    "report": (gettext_lazy("审查调查报告"), "report"),
    "hearing_report": (gettext_lazy("审理报告"), "hearing_report"),
    "suspects": (gettext_lazy("被审查调查人"), ""),
    "facts": (gettext_lazy("事实与证据"), ""),
    "penalties": (gettext_lazy("处分建议"), ""),
}


def open_remarks(case: Case, part: str = "") -> list[PaperRemark]:
    """Return the leader's remarks that are not settled, at one part or at all of them."""
    rows = case.remarks.filter(settled_at__isnull=True).select_related("by").order_by("pk")
    return list(rows.filter(part=part) if part else rows)


def standing_signatures(case: Case) -> list[Signature]:
    """Return what is signed for a step that still waits: an edit makes it void."""
    rows = Signature.objects.filter(case=case, voided_at__isnull=True).select_related("user", "paper").order_by("pk")
    return [row for row in rows if (step := BY_NAME.get(row.step)) is not None and step.offered(case)]


def remarks_of(case: Case) -> list[tuple[PaperRemark, Any, str]]:
    """Return the leader's remarks that are not settled, each with its part and where the part is put right."""
    found = []
    for row in open_remarks(case):
        label, text = _PARTS[row.part]
        found.append((row, label, reverse("cases:write", args=[case.pk, text]) if text else f"#{_ANCHOR[row.part]}"))
    return found


_ANCHOR = {"suspects": "suspects", "facts": "matrix", "penalties": "suspects"}


def links_of(case: Case, user: User) -> list[tuple[CaseLink, Case, str, list[tuple[Any, list[str]]]]]:
    """Return the cases joined with this one or taken out of it, as far as the reader knows of them, with what went along."""
    rows = CaseLink.objects.filter(Q(case=case) | Q(other=case)).order_by("at", "pk")
    pks = {pk for row in rows for pk in (row.case_id, row.other_id)}
    known = {one.pk: one for one in Case.objects.visible_to(user).filter(pk__in=pks)}
    words = {
        (LinkKind.MERGED, True): _("本案并入"),
        (LinkKind.MERGED, False): _("并入本案"),
        (LinkKind.SPLIT, True): _("从本案分出"),
        (LinkKind.SPLIT, False): _("本案由此分出"),
    }
    found = []
    for row in rows:
        away = row.case_id == case.pk
        other = known.get(row.other_id if away else row.case_id)
        if other is not None:
            went = [(label, row.carried[part]) for part, label in _CARRIED if row.carried.get(part)]
            found.append((row, other, words[LinkKind(row.kind), away], went))
    return found


#: What goes along when cases are joined or taken apart.
_CARRIED = (
    ("suspects", gettext_lazy("人员")),
    ("facts", gettext_lazy("事实")),
    ("records", gettext_lazy("笔录")),
    ("measures", gettext_lazy("措施")),
    ("items", gettext_lazy("证物")),
)


def _step_url(case: Case, name: str) -> str:
    own = BY_NAME[name].page
    if own:
        return reverse(own, args=[case.pk])
    return reverse("cases:step", args=[case.pk, name])
