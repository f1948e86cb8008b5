"""Papers to units: the list, drafting, issuing, reading the answer, and the page to print."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError, NotAllowed, NotReady
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import deadline_facts, with_bars
from casework.deadlines.web.words import chip, line
from casework.files.responses import download
from casework.web.forms import DayField, add_refusal
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import deadline as deadline_chip
from casework.web.templatetags.cw import status
from casework.web.toast import toast
from units.enums_campaign import PaperKind, PaperState
from units.models import Campaign, CampaignUnit, Rectification, UnitPaper
from units.services.papers import (
    PaperText,
    close_paper,
    draft_paper,
    missing_for_sending,
    redraft_paper,
    return_answer,
    send_paper,
    void_paper,
)
from units.services.reading import note_paper_proof_read
from units.web.campaigns import campaign_of
from units.web.portal import clocks
from units.web.posted import posted


def _campaigns(user: User) -> list[tuple[str, str]]:
    return [(one.code, one.name) for one in Campaign.objects.visible_to(user).order_by("-starts_on", "pk")]


def _prepare(request: HttpRequest, rows: list[Any]) -> None:
    chips = clocks([row.ref for row in rows], clock.today())
    for row in rows:
        row.chip = chips.get(row.ref)


PAPERS = ListPage(
    title=gettext_lazy("整改通知和监察建议"),
    queryset=lambda user: UnitPaper.objects.visible_to(user).select_related(
        "campaign_unit__unit", "campaign_unit__campaign", "drafted_by", "sent_by"
    ),
    columns=(
        Column(
            "deadline",
            gettext_lazy("反馈期限"),
            lambda row: deadline_chip(row.chip) if row.chip else "",
            sort="reply_by",
            export=lambda row: row.reply_by,
        ),
        Column("number", gettext_lazy("文号"), lambda row: row.number or _("未编号"), sort="number"),
        Column("title", gettext_lazy("标题"), "title", sort="title", link=True),
        Column("kind", gettext_lazy("文种"), lambda row: row.get_kind_display()),
        Column("unit", gettext_lazy("单位"), "campaign_unit.unit.name", sort="campaign_unit__unit__name"),
        Column(
            "state",
            gettext_lazy("状态"),
            lambda row: status("paper", row.state),
            export=lambda row: row.get_state_display(),
        ),
        Column("sent", gettext_lazy("发出"), lambda row: row.sent_at, sort="sent_at", default=False),
    ),
    filters=(
        Filter("state", gettext_lazy("状态"), "state", PaperState.choices),
        Filter("kind", gettext_lazy("文种"), "kind", PaperKind.choices),
        Filter("campaign", gettext_lazy("专项行动"), "campaign_unit__campaign__code", _campaigns),
        Filter("late", gettext_lazy("超期反馈"), "late", kind="bool"),
        Filter("due", gettext_lazy("期限日"), "reply_by", kind="date"),
    ),
    search=("title__icontains", "number__icontains", "campaign_unit__unit__name__icontains"),
    order=("reply_by", "pk"),
    row_url=address_of("units:paper"),
    prepare=_prepare,
    unit=gettext_lazy("件"),
    empty_text=gettext_lazy("还没有整改通知书、监察建议书"),
    empty_why=gettext_lazy("在专项行动的单位页或整改页上拟写。"),
)


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def papers(request: HttpRequest) -> HttpResponseBase:
    """All papers that the reader may know of."""
    return render_list(request, PAPERS)


class PaperForm(forms.Form):
    """What the paper says; the unit reads all of it."""

    title = forms.CharField(label=gettext_lazy("标题"), max_length=200)
    facts = forms.CharField(label=gettext_lazy("存在的问题"), max_length=8000, widget=forms.Textarea)
    causes = forms.CharField(label=gettext_lazy("原因分析"), max_length=8000, required=False, widget=forms.Textarea)
    advice = forms.CharField(label=gettext_lazy("整改要求或建议"), max_length=8000, widget=forms.Textarea)
    feedback = forms.CharField(label=gettext_lazy("反馈要求"), max_length=2000, widget=forms.Textarea)
    objection = forms.CharField(label=gettext_lazy("提出异议的期限和方式"), max_length=500, required=False)
    reply_by = DayField(label=gettext_lazy("反馈期限"))

    def text(self) -> PaperText:
        """Return what was given."""
        return PaperText(**self.cleaned_data)


class KindForm(PaperForm):
    """With the kind, for a new paper."""

    kind = forms.ChoiceField(label=gettext_lazy("文种"), choices=PaperKind.choices)
    field_order = ("kind", "title", "facts", "causes", "advice", "feedback", "objection", "reply_by")


def paper_of(request: HttpRequest, pk: int) -> UnitPaper:
    """Return the paper that the reader may know of, or 404."""
    rows = UnitPaper.objects.select_related(
        "campaign_unit__unit", "campaign_unit__campaign", "rectification", "drafted_by", "sent_by", "closed_by", "proof"
    )
    found: UnitPaper = get_visible(rows, reader(request), pk=pk)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def new_paper(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Draft a paper to a unit of the campaign, by itself or on a rectification."""
    user = reader(request)
    campaign = campaign_of(request, code)
    row = get_visible(CampaignUnit.objects.select_related("unit", "campaign"), user, pk=pk, campaign=campaign)
    require(user, "paper.draft", row)
    given = request.GET.get("duty", request.POST.get("duty", ""))
    duty = None
    if given.isdecimal():
        duty = get_visible(Rectification.objects, user, pk=int(given), campaign_unit=row)
    form = KindForm(posted(request), initial=_start(row, duty, request.GET.get("kind", "")))
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        kind = data.pop("kind")
        try:
            paper = draft_paper(row, kind, PaperText(**data), rectification=duty, actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已拟好%(kind)s，等领导签发。") % {"kind": paper.get_kind_display()})
            return redirect("units:paper", pk=paper.pk)
    context = {"campaign": campaign, "row": row, "duty": duty, "form": form, "paper": None}
    return render(request, "units/paper_edit.html", context, status=400 if form.errors else 200)


def _start(row: CampaignUnit, duty: Rectification | None, kind: str) -> dict[str, Any]:
    start: dict[str, Any] = {
        "kind": kind if kind in PaperKind.values else PaperKind.RECTIFICATION_NOTICE,
        "feedback": _("请在期限前书面反馈整改情况，附证明材料，由单位负责人签名，并在本系统上报。"),
        "objection": _("对本建议书有异议的，请自收到之日起 10 日内书面向制发机关提出。"),
    }
    if duty is not None:
        start |= {"title": duty.title, "advice": duty.measures, "reply_by": duty.due_on}
    return start


@require_http_methods(["GET", "HEAD", "POST"])
def edit_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    user = reader(request)
    paper = paper_of(request, pk)
    if paper.state != PaperState.DRAFT or not can(user, "paper.draft", paper):
        raise Http404
    names = list(PaperForm.base_fields)
    form = PaperForm(posted(request), initial={name: getattr(paper, name) for name in names})
    if request.method == "POST" and form.is_valid():
        given = request.POST.get("version", "")
        version = int(given) if given.isdecimal() and len(given) < 9 else 0
        try:
            redraft_paper(paper, form.text(), version=version, actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已改好文书。"))
            return redirect("units:paper", pk=pk)
    context = {
        "campaign": paper.campaign_unit.campaign,
        "row": paper.campaign_unit,
        "duty": paper.rectification,
        "form": form,
        "paper": paper,
    }
    return render(request, "units/paper_edit.html", context, status=400 if form.errors else 200)


class AnswerForm(forms.Form):
    """What is still missing from an answer, or why a draft is voided."""

    remark = forms.CharField(label=gettext_lazy("还缺什么"), max_length=2000, required=False, widget=forms.Textarea)
    reply_by = DayField(label=gettext_lazy("新的反馈期限"), required=False)
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=300, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """A paper: what it says, its clock, the unit's answer, and the acts that are open."""
    user = reader(request)
    row = paper_of(request, pk)
    form = AnswerForm(posted(request))
    missing: Any = ()
    if request.method == "POST" and form.is_valid():
        try:
            words = _act(request, row, form, user)
        except NotReady as error:
            missing = error.missing
        except NotAllowed:
            raise
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, words)
            return redirect("units:paper", pk=pk)
        row.refresh_from_db()
    today = clock.today()
    newest = with_bars(Deadline.objects.filter(ref=row.ref)).order_by("-opened_at", "-pk").first()
    facts = deadline_facts(newest, today) if newest else None
    draft = row.state == PaperState.DRAFT
    may_send = draft and can(user, "paper.send", row)
    context = {
        "paper": row,
        "form": form,
        "missing": missing or (missing_for_sending(row, user, today) if may_send else ()),
        "draft": draft,
        "may_edit": draft and can(user, "paper.draft", row),
        "may_send": may_send,
        "may_return": row.state == PaperState.ANSWERED and can(user, "paper.return", row),
        "may_close": row.state == PaperState.ANSWERED and can(user, "paper.close", row),
        "chip": chip(facts, clock.now()) if facts else None,
        "line": line(newest, facts) if newest and facts else None,
    }
    status_code = 409 if missing else 400 if form.errors else 200
    return render(request, "units/paper.html", context, status=status_code)


def _act(request: HttpRequest, row: UnitPaper, form: AnswerForm, user: User) -> str:
    act, at, data = request.POST.get("act", ""), clock.now(), form.cleaned_data
    if act == "send":
        given = request.POST.get("version", "")
        version = int(given) if given.isdecimal() and len(given) < 9 else 0
        return _("已签发 %(number)s。") % {"number": send_paper(row, version=version, actor=user, at=at).number}
    if act == "void":
        void_paper(row, actor=user, at=at, reason=data["reason"])
        return _("已作废这件拟稿。")
    if act == "return":
        return_answer(row, remark=data["remark"], reply_by=data["reply_by"] or clock.today(), actor=user, at=at)
        return _("已退回 %(number)s 的反馈。") % {"number": row.number}
    if act == "close":
        close_paper(row, actor=user, at=at, reason=data["reason"])
        return _("%(number)s 已销号。") % {"number": row.number}
    raise Http404


@require_safe
def print_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper as it is printed and signed."""
    return render(request, "units/paper_print.html", {"paper": paper_of(request, pk)})


@require_safe
def paper_proof(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand an official the proof that the unit sent with its answer."""
    row = paper_of(request, pk)
    if row.proof is None:
        raise Http404
    note_paper_proof_read(row, actor=reader(request), at=clock.now())
    return download(row.proof, row.proof_name or _("证明材料"))
