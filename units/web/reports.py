"""Pages of the reviewing office: the list of reports, one report with flags and acts, returns, spot checks, duties."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.access.policy import can, get_visible
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, NotReady
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import calendar_for, deadline_facts, facts_of, with_bars, with_stops
from casework.deadlines.web.acts import acts_for
from casework.deadlines.web.words import chip, line
from casework.notices.selectors import told_of
from casework.web.forms import DayField, add_refusal
from casework.web.guards import commission_only
from casework.web.lists import Bulk, Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import badge, deadline, status
from casework.web.toast import toast
from units.enums_campaign import OWED, InspectionState, Outcome, SpotCheckResult
from units.inspection_workflow import BY_NAME, offers
from units.models import Campaign, Rectification, Report, SelfInspection, SpotCheck, Stage
from units.questionnaire import SHEETS
from units.selectors.self_inspections import flagged, flags, rows_of, template_of
from units.selectors.versions import changes, contents
from units.services import reviews
from units.services.issuing import remind_overdue
from units.services.reading import note_export
from units.web.portal import said
from units.web.posted import posted

S = InspectionState
#: The groups of the matrix as conditions of the list, by the same keys.
GROUPS = {
    "issued": (S.ISSUED,),
    "drafting": (S.ACKNOWLEDGED, S.DRAFTING),
    "returned": (S.RETURNED,),
    "submitted": (S.SUBMITTED,),
    "review": (S.UNDER_REVIEW, S.SPOT_CHECK, S.VERIFIED, S.RECTIFIED),
    "rectifying": (S.RECTIFYING,),
    "done": (S.ACCEPTED, S.CLOSED),
    "withdrawn": (S.WITHDRAWN,),
}


def _campaigns(user: User) -> list[tuple[str, str]]:
    return [(one.code, one.name) for one in Campaign.objects.visible_to(user).order_by("-starts_on", "pk")]


def _group_q(value: str) -> Q:
    today = clock.today()
    if value == "late":
        return Q(state__in=OWED, due_on__lt=today)
    found = Q(state__in=GROUPS[value])
    return found & ~Q(state__in=OWED, due_on__lt=today)


def _prepare(request: HttpRequest, rows: list[Any]) -> None:
    today = clock.today()
    refs = [row.ref for row in rows]
    user = reader(request)
    newest = {one.ref: one for one in with_stops(Deadline.objects.filter(ref__in=refs)).order_by("opened_at", "pk")}
    facts = facts_of(newest.values(), today, calendar_for(user))
    suspect = set(
        flagged(SelfInspection.objects.filter(pk__in=[row.pk for row in rows]), user).values_list("pk", flat=True)
    )
    for row in rows:
        clock_row = newest.get(row.ref)
        row.chip = chip(facts[clock_row.pk]) if clock_row else None
        row.flagged = row.pk in suspect


def _sent_back(request: HttpRequest, queryset: Any) -> str:
    """Urge the leaders of the chosen reports that are still owed."""
    user = reader(request)
    new = 0
    for stage in Stage.objects.visible_to(user).filter(self_inspections__in=queryset).distinct():
        new += remind_overdue(stage, actor=user, at=clock.now(), inspections=list(queryset.filter(stage=stage)))
    return (
        ngettext("已催报 %(n)s 家。", "已催报 %(n)s 家。", new) % {"n": new} if new else _("今天都已催过，没有再发。")
    )


def _accept_all(request: HttpRequest, queryset: Any) -> str:
    """Accept the chosen verified reports, each under its own gates."""
    return _each(request, queryset, reviews.accept_report, _("已通过 %(n)s 份报告。"))


def _start_all(request: HttpRequest, queryset: Any) -> str:
    """Take the chosen reports into review."""
    return _each(request, queryset, reviews.start_review, _("已开始审核 %(n)s 份报告。"))


def _each(request: HttpRequest, queryset: Any, act: Callable[..., Any], words: str) -> str:
    user = reader(request)
    done, refused = 0, 0
    for row in queryset:
        try:
            act(row, actor=user, at=clock.now())
            done += 1
        except CaseworkError:
            refused += 1
    left = _("另有 %(n)s 份现在不能办，打开后看缺什么。") % {"n": refused} if refused else ""
    return words % {"n": done} + left


REPORTS = ListPage(
    title=pgettext_lazy("places", "自查报告"),
    queryset=lambda user: SelfInspection.objects.visible_to(user).select_related(
        "unit__region", "stage__campaign", "campaign_unit", "leader", "reviewer"
    ),
    columns=(
        Column(
            "deadline",
            gettext_lazy("期限"),
            lambda row: deadline(row.chip),
            sort="due_on",
            export=lambda row: row.due_on,
        ),
        Column("unit", gettext_lazy("单位"), "unit.name", sort="unit__name", link=True),
        Column("region", gettext_lazy("地区"), "unit.region.name", sort="unit__region__name", default=False),
        Column("leader", gettext_lazy("负责人"), "leader.name", default=False),
        Column(
            "answered",
            gettext_lazy("已答"),
            lambda row: f"{row.answered}/{template_of(row).total}",
            align="num",
            sort="answered",
        ),
        Column(
            "state",
            gettext_lazy("状态"),
            lambda row: status("selfinspection", row.state),
            export=lambda row: row.get_state_display(),
        ),
        Column(
            "flags",
            gettext_lazy("核对"),
            lambda row: badge("amber", "git-compare", _("与监测不符")) if row.flagged else "",
            export=lambda row: "",
        ),
        Column(
            "outcome",
            gettext_lazy("结论"),
            lambda row: row.campaign_unit.get_outcome_display(),
            sort="campaign_unit__outcome",
            default=False,
        ),
        Column(
            "sent",
            gettext_lazy("首次上报"),
            lambda row: row.first_submitted_at,
            sort="first_submitted_at",
            default=False,
        ),
        Column("reviewer", gettext_lazy("审核人"), lambda row: row.reviewer, sort="reviewer__name"),
    ),
    filters=(
        Filter(
            "group",
            gettext_lazy("进度"),
            _group_q,
            [
                ("late", gettext_lazy("逾期")),
                ("returned", gettext_lazy("退回")),
                ("issued", gettext_lazy("未签收")),
                ("drafting", gettext_lazy("填报中")),
                ("submitted", gettext_lazy("待审核")),
                ("review", gettext_lazy("审核办理中")),
                ("rectifying", gettext_lazy("整改中")),
                ("done", gettext_lazy("完成")),
                ("withdrawn", gettext_lazy("已撤回")),
            ],
        ),
        Filter("campaign", gettext_lazy("专项行动"), "stage__campaign__code", _campaigns),
        Filter("late", gettext_lazy("超期上报"), "late", kind="bool"),
        Filter("false", gettext_lazy("上报不实"), "false_report", kind="bool"),
        Filter("sent", gettext_lazy("已上报过"), lambda value: Q(first_submitted_at__isnull=value != "1"), kind="bool"),
        Filter(
            "outcome",
            gettext_lazy("结论"),
            lambda value: Q(campaign_unit__outcome="" if value == "none" else value),
            [*Outcome.choices, ("none", gettext_lazy("未说明"))],
        ),
        Filter("state", gettext_lazy("状态"), "state", InspectionState.choices, facet=False),
        Filter("due", gettext_lazy("期限日"), "due_on", kind="date"),
    ),
    search=("unit__name__icontains", "unit__code__istartswith"),
    order=("due_on", "pk"),
    row_url=address_of("units:self-inspection"),
    unit=gettext_lazy("份"),
    export_name="自查报告",
    on_export=lambda user, count: note_export("self-inspections", count, actor=user, at=clock.now()),
    prepare=_prepare,
    bulk=(
        Bulk("urge", gettext_lazy("催报"), _sent_back, act="campaign.remind", icon="send"),
        Bulk("start", gettext_lazy("开始审核"), _start_all, act="selfinspection.start_review", icon="eye-check"),
        Bulk(
            "accept",
            gettext_lazy("通过"),
            _accept_all,
            act="selfinspection.accept",
            icon="circle-check",
            confirm=lambda n: ngettext("通过 %(n)s 份已核验的报告？", "通过 %(n)s 份已核验的报告？", n) % {"n": n},
            confirm_text=gettext_lazy("只有已核验、没有问题的报告会通过，其余保持不动。"),
            confirm_verb=gettext_lazy("通过"),
        ),
    ),
    empty_text=gettext_lazy("还没有自查报告"),
    empty_why=gettext_lazy("向单位下发自查任务后，各单位的报告列在这里。"),
)


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def reports(request: HttpRequest) -> HttpResponseBase:
    """All self-inspections that the reader may know of."""
    return render_list(request, REPORTS)


def inspection_of(request: HttpRequest, pk: int) -> SelfInspection:
    """Return the inspection that the reader may know of, or 404."""
    user = reader(request)
    rows = SelfInspection.objects.select_related(
        "unit__region", "stage", "campaign_unit__campaign", "leader__user", "reviewer", "acknowledged_by"
    )
    found: SelfInspection = get_visible(rows, user, pk=pk)
    return found


@require_safe
def inspection(request: HttpRequest, pk: int) -> HttpResponse:
    """One report for the reviewer: state, what contradicts the monitor, answers, sheets, versions, acts."""
    return _page(request, inspection_of(request, pk))


def _page(request: HttpRequest, row: SelfInspection, *, status_code: int = 200, **extra: Any) -> HttpResponse:
    user = reader(request)
    today = clock.today()
    deadlines = list(with_bars(Deadline.objects.visible_to(user).filter(ref=row.ref)).order_by("-opened_at", "-pk"))
    newest = deadlines[0] if deadlines else None
    facts = deadline_facts(newest, today) if newest else None
    template = template_of(row)
    sheets = [(SHEETS[question.sheet], question) for question in template.questions if question.sheet]
    context = {
        "inspection": row,
        "campaign": row.campaign_unit.campaign,
        "template": template,
        "offers": sorted(offers(row, user), key=lambda offer: not offer.ready),
        "flags": flags(row, user),
        "said": said(row),
        "sheets": [(sheet, question, rows_of(row, sheet)[:200]) for sheet, question in sheets],
        "attachments": row.attachments.filter(removed_at=None).select_related("blob"),
        "reports": list(row.reports.prefetch_related("remarks").order_by("-number")),
        "remarks": row.remarks.select_related("by").order_by("-pk"),
        "duties": Rectification.objects.visible_to(user).filter(inspection=row).order_by("pk"),
        "spot_checks": SpotCheck.objects.visible_to(user).filter(inspection=row).order_by("-pk"),
        "results": SpotCheckResult.choices,
        "outcomes": Outcome.choices,
        "may_set": can(user, "campaign.set_outcome", row),
        "may_check": can(user, "selfinspection.record_spot_check", row),
        "may_order": can(user, "rectification.order", row) and row.state in {S.VERIFIED, S.RECTIFYING, S.RECTIFIED},
        "chip": chip(facts, clock.now()) if facts else None,
        "line": line(newest, facts) if newest and facts else None,
        "clock": newest,
        "may_extend": newest is not None and "extend" in dict(acts_for(user, newest)),
        "told": told_of(row.ref),
        **extra,
    }
    return render(request, "units/self_inspection.html", context, status=status_code)


_ACTS: dict[str, Callable[..., Any]] = {
    "start_review": reviews.start_review,
    "verify": reviews.verify_report,
    "accept": reviews.accept_report,
    "close": reviews.close_report,
    "spot_check": reviews.start_spot_check,
    "withdraw": reviews.withdraw_report,
}
_WITH_REASON = {"verify", "accept", "close", "withdraw"}


@require_POST
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Take a step of the table that needs no page of its own."""
    user = reader(request)
    row = inspection_of(request, pk)
    act = _ACTS.get(name)
    if act is None:
        raise Http404
    reason = request.POST.get("reason", "")
    given = {"reason": reason} if name in _WITH_REASON else {}
    try:
        act(row, actor=user, at=clock.now(), **given)
    except CaseworkError as error:
        missing = error.missing if isinstance(error, NotReady) else ()
        return _page(
            request, row, status_code=error.status, refusal=error, refused=missing, typed=reason, refused_step=name
        )
    words = {
        "start_review": _("已开始审核%(unit)s的报告。"),
        "verify": _("已核验%(unit)s的报告。"),
        "accept": _("已通过%(unit)s的报告。"),
        "close": _("%(unit)s的自查已销号。"),
        "spot_check": _("已把%(unit)s列入抽查，单位看到的仍是审核中。"),
        "withdraw": _("已撤回%(unit)s的自查。"),
    }[name]
    toast(request, words % {"unit": row.unit})
    return redirect("units:self-inspection", pk=pk)


class ReturnForm(forms.Form):
    """Remarks at the questions that must be changed."""

    def __init__(self, row: SelfInspection, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, question in enumerate(template_of(row).questions, 1):
            self.fields[f"q_{question.code}"] = forms.CharField(
                label=f"{number}. {question.title}", max_length=1000, required=False
            )
        self.fields["whole"] = forms.CharField(label=_("整份报告"), max_length=1000, required=False)
        self.fields["due_on"] = DayField(
            label=_("补正期限"), required=False, help_text=_("原期限没过按原期限，过了给 5 个工作日")
        )

    def remarks(self) -> dict[str, str]:
        """Return the remarks by question code; an empty code is the whole report."""
        data = self.cleaned_data
        found = {name[2:]: text for name, text in data.items() if name.startswith("q_") and text}
        return {**found, **({"": data["whole"]} if data["whole"] else {})}


@require_http_methods(["GET", "HEAD", "POST"])
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the report with remarks at its questions."""
    user = reader(request)
    row = inspection_of(request, pk)
    if not can(user, "selfinspection.return", row):
        raise Http404
    form = ReturnForm(row, posted(request))
    if request.method == "POST" and form.is_valid():
        due_on: date | None = form.cleaned_data["due_on"]
        try:
            reviews.return_report(row, form.remarks(), due_on=due_on, actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已把%(unit)s的报告退回补正。") % {"unit": row.unit})
            return redirect("units:self-inspection", pk=pk)
    answers = {one.question.code: one for one in said(row)}
    fields = [(form[f"q_{code}"], answers[code]) for code in answers]
    context = {
        "inspection": row,
        "form": form,
        "fields": fields,
        "open": row.state in BY_NAME["return"].sources,
    }
    return render(request, "units/self_inspection_return.html", context, status=400 if form.errors else 200)


@require_safe
def version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A submitted version for the reviewer, with the difference to the one before."""
    row = inspection_of(request, pk)
    found: dict[int, Report] = {one.number: one for one in row.reports.prefetch_related("remarks")}
    if number not in found:
        raise Http404
    earlier = found.get(number - 1)
    context = {
        "inspection": row,
        "report": found[number],
        "earlier": earlier,
        "content": contents(found[number]),
        "changes": changes(earlier, found[number]) if earlier else [],
    }
    return render(request, "units/self_inspection_version.html", context)
