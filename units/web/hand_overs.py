"""Hand-overs with other agencies: the list with clocks, the letter with receipt and result, and writing one."""

from typing import Any

from django import forms
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.moments import cn_datetime
from casework.files.responses import download
from casework.web.forms import DayField, add_refusal
from casework.web.guards import commission_only, officials_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import status
from casework.web.toast import toast
from units.enums_exchange import HandOverPurpose, HandOverState, HandOverWay
from units.models import HandOver, Lead, MonitorList, Unit
from units.services.hand_overs import (
    addresses_to_pass_on,
    answer_hand_over,
    bring_lead,
    close_hand_over,
    hand_over_addresses,
    hand_over_lead,
    raise_from_hand_over,
    receive_hand_over,
    return_hand_over,
)
from units.services.reading import note_letter_read, note_list_export
from units.web.letters import AgencyField, addresses_csv, agencies, agency_choices, attach_chips, chip_column, stored
from units.web.posted import posted

SHOWN = 50
OPEN = (HandOverState.SENT, HandOverState.RECEIVED)


def _late(value: str) -> Q:
    late = Q(due_on__lt=clock.today(), state__in=OPEN)
    return late if value == "1" else ~late


HAND_OVERS = ListPage(
    title=pgettext_lazy("places", "移送函"),
    queryset=lambda user: HandOver.objects.visible_to(user).select_related("agency", "unit", "lead"),
    columns=(
        Column("deadline", gettext_lazy("期限"), chip_column, sort="due_on", export=lambda row: row.due_on),
        Column("title", gettext_lazy("标题"), "title", link=True),
        Column("number", gettext_lazy("文号"), "number", sort="number", nowrap=True),
        Column("way", gettext_lazy("方向"), lambda row: row.get_way_display()),
        Column("purpose", gettext_lazy("事由"), lambda row: row.get_purpose_display()),
        Column("agency", gettext_lazy("对方机关"), "agency.name", sort="agency__name"),
        Column(
            "state", gettext_lazy("状态"), lambda row: status("letter", row.state),
            export=lambda row: row.get_state_display(),
        ),
        Column("sent", gettext_lazy("发出"), lambda row: cn_datetime(row.sent_at), sort="-sent_at", export=lambda row: row.sent_at),
        Column("result", gettext_lazy("结果日期"), "result_on", sort="-result_on", default=False),
    ),
    filters=(
        Filter("way", gettext_lazy("方向"), "way", HandOverWay.choices),
        Filter("state", gettext_lazy("状态"), "state", HandOverState.choices),
        Filter("late", gettext_lazy("逾期"), _late, kind="bool"),
        Filter("agency", gettext_lazy("对方机关"), "agency", agency_choices),
        Filter("purpose", gettext_lazy("事由"), "purpose", HandOverPurpose.choices),
        Filter("sent", gettext_lazy("发出日期"), "sent_at", kind="date", facet=False),
    ),
    search=("number__icontains", "title__icontains", "addresses__ip"),
    order=("due_on", "pk"),
    row_url=address_of("units:hand-over"),
    export_name="移送函",
    on_export=lambda user, count: note_list_export("hand_overs", count, actor=user, at=clock.now()),
    unit=gettext_lazy("件"),
    prepare=lambda request, rows: attach_chips(rows, reader(request)),
    empty_text=gettext_lazy("还没有移送函"),
    empty_why=gettext_lazy("决定移送的线索、监测清单里其他单位的地址，从各自的页面移送。"),
)  # fmt: skip


@require_safe
@officials_only
def hand_overs(request: HttpRequest) -> HttpResponseBase:
    """Every hand-over the reader may know of, by clock."""
    return render_list(
        request, HAND_OVERS, {"may_bring": can(reader(request), "handover.bring")}, "units/hand_overs.html"
    )


class ResultForm(forms.Form):
    """What came of it."""

    result = forms.CharField(label=gettext_lazy("办理结果"), max_length=4000, widget=forms.Textarea)
    result_on = DayField(label=gettext_lazy("结果日期"))


class ReturnForm(forms.Form):
    """Why it goes back."""

    remark = forms.CharField(label=gettext_lazy("退回理由"), max_length=1000, widget=forms.Textarea)


class RaiseForm(forms.Form):
    """About which unit the lead is."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=gettext_lazy("涉及单位"), widget=forms.Select(attrs={"data-choose": ""})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.visible_to(user).order_by("name_key", "pk")  # type: ignore[attr-defined]


def _found(request: HttpRequest, pk: int) -> HandOver:
    rows = HandOver.objects.select_related(
        "agency", "lead", "unit", "sent_by", "received_by", "result_by", "closed_by", "file", "compartment"
    )
    found: HandOver = get_visible(rows, reader(request), pk=pk)
    return found


@require_safe
@officials_only
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter: what it says, receipt, result."""
    return _page(request, _found(request, pk))


def _page(
    request: HttpRequest, row: HandOver, *, forms_: dict[str, forms.Form] | None = None, refused: str = ""
) -> HttpResponse:
    user = reader(request)
    attach_chips([row], user)
    out = row.way == HandOverWay.OUT
    inside = user.is_commission
    receiving = inside or out
    sending = inside or not out
    given = forms_ or {}
    context = {
        "letter": row,
        "out": out,
        "inside": inside,
        "addresses": row.addresses.order_by("ip", "pk")[:SHOWN],
        "passed": row.addresses.count(),
        "may_receive": receiving and can(user, "handover.receive", row) and row.state == HandOverState.SENT,
        "may_return": receiving and can(user, "handover.return", row) and row.state in OPEN,
        "may_answer": receiving
        and can(user, "handover.answer", row)
        and row.purpose != HandOverPurpose.INFORM
        and row.state in {HandOverState.RECEIVED, HandOverState.ANSWERED},
        "may_close": sending
        and can(user, "handover.close", row)
        and (
            row.state == HandOverState.ANSWERED
            or (row.purpose == HandOverPurpose.INFORM and row.state == HandOverState.RECEIVED)
        ),
        "may_raise": inside
        and not out
        and row.lead is None
        and row.state == HandOverState.RECEIVED
        and can(user, "handover.raise_lead", row),
        "lead": row.lead
        if inside and row.lead and Lead.objects.visible_to(user).filter(pk=row.lead_id).exists()
        else None,
        "result_form": given.get("result")
        or ResultForm(initial={"result": row.result, "result_on": row.result_on or clock.today()}),
        "return_form": given.get("return") or ReturnForm(),
        "raise_form": given.get("raise") or (RaiseForm(user=user, initial={"unit": row.unit_id}) if inside else None),
        "refused": refused,
    }
    return render(request, "units/hand_over.html", context, status=409 if given or refused else 200)


@require_POST
@officials_only
def receive(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign for it."""
    row = receive_hand_over(_found(request, pk), actor=reader(request), at=clock.now())
    toast(request, _("已签收 %(number)s。") % {"number": row.number})
    return redirect("units:hand-over", pk)


@require_POST
@officials_only
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it back with the reason."""
    user, row = reader(request), _found(request, pk)
    require(user, "handover.return", row)
    form = ReturnForm(request.POST)
    if form.is_valid():
        try:
            return_hand_over(row, remark=form.cleaned_data["remark"], actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已退回 %(number)s。") % {"number": row.number})
            return redirect("units:hand-over", pk)
    return _page(request, row, forms_={"return": form})


@require_POST
@officials_only
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Report the result."""
    user, row = reader(request), _found(request, pk)
    require(user, "handover.answer", row)
    form = ResultForm(request.POST)
    if form.is_valid():
        try:
            answer_hand_over(row, actor=user, at=clock.now(), **form.cleaned_data)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已反馈 %(number)s 的办理结果。") % {"number": row.number})
            return redirect("units:hand-over", pk)
    return _page(request, row, forms_={"result": form})


@require_POST
@officials_only
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Take note of the result and close."""
    user, row = reader(request), _found(request, pk)
    require(user, "handover.close", row)
    try:
        close_hand_over(row, actor=user, at=clock.now())
    except CaseworkError as error:
        return _page(request, row, refused=error.message)
    toast(request, _("已办结 %(number)s。") % {"number": row.number})
    return redirect("units:hand-over", pk)


@require_POST
@commission_only
def raise_lead(request: HttpRequest, pk: int) -> HttpResponse:
    """Register what was brought as a lead."""
    user, row = reader(request), _found(request, pk)
    require(user, "handover.raise_lead", row)
    form = RaiseForm(request.POST, user=user)
    if form.is_valid():
        try:
            lead = raise_from_hand_over(row, form.cleaned_data["unit"], actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已登记为线索 %(number)s。") % {"number": lead.number})
            return redirect("units:lead", lead.pk)
    return _page(request, row, forms_={"raise": form})


@require_safe
@officials_only
def hand_over_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file that came with it."""
    row = _found(request, pk)
    if row.file is None:
        raise Http404
    note_letter_read("handover.file_read", row.ref, actor=reader(request), at=clock.now())
    return download(row.file, row.file_name)


@require_safe
@officials_only
def hand_over_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The addresses that were handed over, as a table."""
    row = _found(request, pk)
    note_letter_read("handover.addresses_read", row.ref, actor=reader(request), at=clock.now())
    return addresses_csv(row.addresses.order_by("ip", "pk"), row.number, to_fill=False)


class LetterForm(forms.Form):
    """What the other side reads."""

    agency = AgencyField(label=gettext_lazy("对方机关"))
    purpose = forms.ChoiceField(label=gettext_lazy("事由"), choices=HandOverPurpose.choices, widget=forms.RadioSelect)
    title = forms.CharField(label=gettext_lazy("标题"), max_length=200)
    text = forms.CharField(label=gettext_lazy("内容"), max_length=4000, widget=forms.Textarea)
    file = forms.FileField(label=gettext_lazy("附件"), required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def hand_over_lead_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the letter with which a lead goes to another agency, or asks it for help."""
    user = reader(request)
    lead: Lead = get_visible(Lead.objects.select_related("unit", "transferred_to", "compartment"), user, pk=pk)
    require(user, "handover.send", lead)
    decided = lead.state == "transferred"
    form = LetterForm(
        posted(request),
        request.FILES if request.method == "POST" else None,
        initial={
            "agency": lead.transferred_to_id,
            "purpose": HandOverPurpose.TRANSFER if decided else HandOverPurpose.ASSIST,
            "title": _("关于%(unit)s有关问题线索") % {"unit": lead.unit.name},
        },
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            blob, name = stored(request, "file", user)
            sent = hand_over_lead(
                lead, data["agency"], title=data["title"], text=data["text"], purpose=data["purpose"],
                file=blob, file_name=name, actor=user, at=clock.now(),
            )  # fmt: skip
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已发出移送函 %(number)s。") % {"number": sent.number})
            return redirect("units:hand-over", sent.pk)
    context = {"form": form, "lead": lead, "decided": decided, "back": reverse("units:lead", args=[pk])}
    return render(request, "units/hand_over_new.html", context, status=409 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def hand_over_list_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Pass on the addresses of a list whose holders are no public units."""
    user = reader(request)
    found: MonitorList = get_visible(MonitorList.objects.select_related("compartment"), user, pk=pk)
    require(user, "handover.send", found)
    form = LetterForm(
        posted(request),
        initial={
            "purpose": HandOverPurpose.TRANSFER,
            "title": _("关于移送疑似“挖矿”地址的函"),
            "text": _("附表所列地址监测到疑似“挖矿”流量，使用单位不是公共机构，请依职责核查处置并反馈结果。"),
        },
    )
    del form.fields["file"], form.fields["purpose"]
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            sent = hand_over_addresses(
                found, data["agency"], title=data["title"], text=data["text"], actor=user, at=clock.now()
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已发出移送函 %(number)s。") % {"number": sent.number})
            return redirect("units:hand-over", sent.pk)
    waiting = addresses_to_pass_on([found])
    context = {
        "form": form,
        "list": found,
        "waiting": waiting.values("ip").distinct().count(),
        "holders": waiting.values("unit").distinct().count(),
        "back": reverse("units:monitor-list", args=[pk]),
    }
    return render(request, "units/hand_over_new.html", context, status=409 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@officials_only
def bring(request: HttpRequest) -> HttpResponse:
    """Bring something to the commission: the liaison for the own agency, an official from paper."""
    user = reader(request)
    require(user, "handover.bring")
    own = not user.is_commission
    if own and not agencies().filter(pk=user.organisation_id).exists():
        raise Http404
    form = LetterForm(posted(request), request.FILES if request.method == "POST" else None)
    del form.fields["purpose"]
    if own:
        del form.fields["agency"]
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            blob, name = stored(request, "file", user)
            sent = bring_lead(
                title=data["title"], text=data["text"], agency=data.get("agency"),
                file=blob, file_name=name, actor=user, at=clock.now(),
            )  # fmt: skip
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(
                request,
                _("已送出 %(number)s。") % {"number": sent.number}
                if own
                else _("已登记来函 %(number)s。") % {"number": sent.number},
            )
            return redirect("units:hand-over", sent.pk)
    context = {"form": form, "bringing": True, "own": own, "back": reverse("units:hand-overs")}
    return render(request, "units/hand_over_new.html", context, status=409 if form.errors else 200)
