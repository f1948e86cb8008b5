"""The unit's portal: what is due, the questions, signing. Only what is the unit's own, through ``for_leader``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, NotReady
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import deadline_facts, with_bars
from casework.deadlines.web.words import chip
from casework.web.deadline_words import DeadlineFacts
from casework.web.toast import toast
from units.enums_campaign import OWED, WRITABLE, RectificationState
from units.models import Rectification, Report, SelfInspection, UnitLeader, UnitPaper
from units.panels import received_by
from units.questionnaire import Question
from units.rules.answers import Gap
from units.selectors.self_inspections import filled, gaps_of, question_url, template_of
from units.services.self_inspections import acknowledge, submit_report
from units.web.former import keeps_what_was_typed


def own_inspection(request: HttpRequest, pk: int) -> SelfInspection:
    """Return the reader's own inspection, or the same 404 for absent, another's and not yet issued."""
    user = reader(request)
    found: SelfInspection | None = (
        SelfInspection.objects.for_leader(user)
        .select_related("unit", "stage", "campaign_unit__campaign", "leader")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def clocks(refs: Sequence[str], today: date) -> dict[str, DeadlineFacts]:
    """Return the chip of the newest clock on each of the things."""
    rows = with_bars(Deadline.objects.filter(ref__in=refs)).order_by("opened_at", "pk")
    return {row.ref: chip(deadline_facts(row, today), clock.now()) for row in rows}


@dataclass(frozen=True)
class IndexEntry:
    """A question in the side index."""

    number: int
    code: str
    title: Any
    state: str  # done, returned, open
    current: bool
    url: str


def index_of(inspection: SelfInspection, gaps: Sequence[Gap], current: str = "") -> list[IndexEntry]:
    """Return all questions with their state."""
    kinds: dict[str, set[str]] = {}
    for gap in gaps:
        kinds.setdefault(gap.code, set()).add(gap.kind)
    return [
        IndexEntry(
            number,
            question.code,
            question.title,
            "returned"
            if kinds.get(question.code, set()) & {"returned", "contradiction"}
            else "open"
            if question.code in kinds
            else "done",
            question.code == current,
            question_url(inspection, question.code),
        )
        for number, question in enumerate(template_of(inspection).questions, 1)
    ]


@dataclass(frozen=True)
class Todo:
    """A line of what is missing on the card: one question, or several neighbouring ones that nobody has answered."""

    numbers: str
    text: str
    returned: bool
    url: str
    verb: str


def todos(inspection: SelfInspection, gaps: Sequence[Gap]) -> list[Todo]:
    """Return what is missing, returned questions first; neighbouring unanswered questions share a line."""
    template = template_of(inspection)
    urgent = [gap for gap in gaps if gap.kind in {"returned", "contradiction"}]
    rest = [gap for gap in gaps if gap not in urgent]
    lines = [
        Todo(
            _("第 %(n)s 题") % {"n": gap.number} if gap.number else _("整份报告"),
            _("%(title)s：%(text)s") % {"title": template.by_code[gap.code].title, "text": gap.text}
            if gap.code
            else gap.text,
            True,
            question_url(inspection, gap.code or template.questions[0].code),
            _("去修改"),
        )
        for gap in urgent
    ]
    run: list[Gap] = []
    for gap in [*rest, None]:
        if run and (gap is None or gap.number != run[-1].number + 1 or gap.kind != "empty" or run[-1].kind != "empty"):
            lines.append(_todo(inspection, run))
            run = []
        if gap is not None:
            run.append(gap)
    return lines


def _todo(inspection: SelfInspection, run: Sequence[Gap]) -> Todo:
    template = template_of(inspection)
    first = run[0]
    url = question_url(inspection, first.code)
    if len(run) == 1:
        verb = _("去补") if first.kind == "attachment" else _("去答")
        return Todo(_("第 %(n)s 题") % {"n": first.number}, first.text, False, url, verb)
    numbers = _("第 %(a)s—%(b)s 题") % {"a": first.number, "b": run[-1].number}
    titles = _("、").join(str(template.by_code[gap.code].title) for gap in run)
    return Todo(numbers, titles, False, url, _("去答"))


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The leader's home: one card with what is due, other duties, sent papers."""
    user = reader(request)
    today = clock.today()
    led = UnitLeader.objects.filter(user=user).select_related("unit").order_by("-from_on")
    if not led:
        raise Http404
    inspections = list(
        SelfInspection.objects.for_leader(user)
        .select_related("unit", "stage", "campaign_unit__campaign")
        .order_by("due_on", "pk")
    )
    owed = [one for one in inspections if one.state in OWED]
    first = owed[0] if owed else None
    duties = list(
        Rectification.objects.for_leader(user)
        .select_related("campaign_unit__unit", "campaign_unit__campaign")
        .order_by("state", "due_on", "pk")
    )
    reports = list(
        Report._base_manager.filter(inspection__in=inspections)
        .select_related("inspection__unit")
        .prefetch_related(Prefetch("remarks"))
        .order_by("-submitted_at")
    )
    papers = list(UnitPaper.objects.for_leader(user).select_related("campaign_unit__unit").order_by("-sent_at", "pk"))
    received = received_by(user)
    refs = [one.ref for one in (*inspections, *papers)] + [f"rectification:{duty.pk}" for duty in duties]
    chips = clocks(refs, today)
    return render(
        request,
        "units/portal/home.html",
        {
            "first": first,
            "card": card_of(first, chips) if first else None,
            "others": [(one, chips.get(one.ref)) for one in inspections if one is not first],
            "duties": [(duty, chips.get(f"rectification:{duty.pk}")) for duty in duties],
            "duties_open": sum(duty.state == RectificationState.OPEN for duty in duties),
            "papers": [(one, chips.get(one.ref)) for one in papers],
            "received": received,
            "received_total": len(papers) + len(received),
            "reports": reports,
            "led": led,
            "leads_now": any((one.until is None or one.until >= today) for one in led),
            "contact": next((one.campaign_unit.campaign.contact for one in inspections), ""),
        },
    )


def card_of(inspection: SelfInspection, chips: dict[str, DeadlineFacts]) -> dict[str, Any]:
    """Return what the duty card shows."""
    gaps = gaps_of(inspection)
    template = template_of(inspection)
    lines = todos(inspection, gaps)
    missing = len({gap.code for gap in gaps})
    returned = len({gap.code for gap in gaps if gap.kind == "returned"})
    order = [gap.code for gap in gaps if gap.kind in {"returned", "contradiction"} and gap.code]
    order += [gap.code for gap in gaps if gap.code]
    following = order[0] if order else ""
    return {
        "inspection": inspection,
        "chip": chips.get(inspection.ref),
        "done": template.total - len({gap.code for gap in gaps if gap.code}),
        "total": template.total,
        "missing": missing,
        "returned": returned,
        "todos": lines,
        "next": question_url(inspection, following) if following else "",
        "next_number": template.numbers.get(following, 0),
        "writable": inspection.state in WRITABLE,
        "begun": inspection.saved_at is not None,
    }


@require_safe
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """One self-inspection: the card, all questions, versions."""
    inspection = own_inspection(request, pk)
    today = clock.today()
    chips = clocks([inspection.ref], today)
    reports = inspection.reports.prefetch_related("remarks").order_by("-number")
    return render(
        request,
        "units/portal/report.html",
        {
            "inspection": inspection,
            "card": card_of(inspection, chips),
            "index": index_of(inspection, gaps_of(inspection)),
            "reports": reports,
            "owed": inspection.state in OWED,
            "contact": inspection.campaign_unit.campaign.contact,
        },
    )


@require_POST
@keeps_what_was_typed
def sign_for(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign for the task (签收)."""
    user = reader(request)
    inspection = own_inspection(request, pk)
    acknowledge(inspection, actor=user, at=clock.now())
    toast(request, _("已签收自查任务。"))
    return redirect("units:portal-report", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@keeps_what_was_typed
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Look everything over, sign and submit; with something missing, all of it is listed with links."""
    user = reader(request)
    inspection = own_inspection(request, pk)
    error: CaseworkError | None = None
    if request.method == "POST":
        try:
            sent = submit_report(
                inspection, signed_name=request.POST.get("signed_name", ""), actor=user, at=clock.now()
            )
        except CaseworkError as refusal:
            error = refusal
        else:
            words = _("已签名上报自查自纠报告第 %(n)s 次。") % {"n": sent.number}
            toast(request, words)
            return redirect("units:portal-version", pk=pk, number=sent.number)
    gaps = gaps_of(inspection)
    leader = UnitLeader.objects.filter(user=user, unit=inspection.unit).order_by("-from_on").first()
    return render(
        request,
        "units/portal/sign.html",
        {
            "inspection": inspection,
            "gaps": gaps,
            "todos": todos(inspection, gaps),
            "missing": len({gap.code for gap in gaps}),
            "writable": inspection.state in WRITABLE,
            "error": error,
            "lacking": [one for one in error.missing if not one.url] if isinstance(error, NotReady) else (),
            "typed": request.POST.get("signed_name", ""),
            "leader": leader,
            "chip": clocks([inspection.ref], clock.today()).get(inspection.ref),
            "said": said(inspection),
            "total": template_of(inspection).total,
        },
        status=error.status if error else 200,
    )


@dataclass(frozen=True)
class Said:
    """An answer as it reads on a page."""

    number: int
    question: Question
    value: Any
    rows: int | None


def said(inspection: SelfInspection) -> list[Said]:
    """Return every question with its answer in words."""
    values = dict(inspection.answers.values_list("code", "value"))
    counts = filled(inspection).rows
    return [
        Said(number, question, in_words(question, values.get(question.code)), counts.get(question.sheet))
        for number, question in enumerate(template_of(inspection).questions, 1)
    ]


def in_words(question: Question, value: Any) -> Any:
    """Return the stored answer as people read it; None when there is none."""
    if value is None:
        return None
    if question.kind == "choice":
        return dict(question.choices).get(value, value)
    if question.kind == "date":
        return date.fromisoformat(value)
    return value
