"""Lookup requests: the list with clocks, the letter with its receipt and answer, and sending one from a list."""

from django import forms
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.moments import cn_datetime
from casework.files.responses import download
from casework.web.forms import add_refusal
from casework.web.guards import commission_only, officials_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import status
from casework.web.toast import toast
from units.enums_exchange import LookupState
from units.models import LookupRequest, MonitorList, Sighting
from units.services.lookups import (
    addresses_to_ask,
    answer_lookup,
    close_lookup,
    missing_to_close,
    read_answer,
    receive_lookup,
    send_lookup,
)
from units.services.reading import note_letter_read, note_list_export
from units.web.letters import (
    AgencyField,
    addresses_csv,
    agency_choices,
    attach_chips,
    chip_column,
    stored,
)
from units.web.posted import posted

SHOWN = 50


def _late(value: str) -> Q:
    late = Q(due_on__lt=clock.today(), answered_at__isnull=True)
    return late if value == "1" else ~late


LOOKUPS = ListPage(
    title=gettext_lazy("查询函"),
    queryset=lambda user: LookupRequest.objects.visible_to(user)
    .select_related("agency", "sent_by")
    .annotate(asked=Count("addresses")),
    columns=(
        Column(
            "deadline", gettext_lazy("期限"), chip_column, sort="due_on", export=lambda row: row.due_on
        ),
        Column("number", gettext_lazy("文号"), "number", sort="number", link=True, nowrap=True),
        Column("agency", gettext_lazy("协查机关"), "agency.name", sort="agency__name"),
        Column("asked", gettext_lazy("地址"), lambda row: row.asked, align="num"),
        Column(
            "state", gettext_lazy("状态"), lambda row: status("letter", row.state),
            export=lambda row: row.get_state_display(),
        ),
        Column("sent", gettext_lazy("发出"), lambda row: cn_datetime(row.sent_at), sort="-sent_at", export=lambda row: row.sent_at),
    ),
    filters=(
        Filter("state", gettext_lazy("状态"), "state", LookupState.choices),
        Filter("late", gettext_lazy("逾期未答复"), _late, kind="bool"),
        Filter("agency", gettext_lazy("协查机关"), "agency", agency_choices),
        Filter("sent", gettext_lazy("发出日期"), "sent_at", kind="date", facet=False),
    ),
    search=("number__icontains", "addresses__ip"),
    order=("due_on", "pk"),
    row_url=address_of("units:lookup"),
    export_name="查询函",
    on_export=lambda user, count: note_list_export("lookups", count, actor=user, at=clock.now()),
    unit=gettext_lazy("件"),
    prepare=lambda request, rows: attach_chips(rows, reader(request)),
    empty_text=gettext_lazy("还没有查询函"),
    empty_why=gettext_lazy("在监测清单的页面，对归属不明的地址发查询函。"),
)  # fmt: skip


@require_safe
@officials_only
def lookups(request: HttpRequest) -> HttpResponseBase:
    """Every lookup request the reader may know of, by clock."""
    return render_list(request, LOOKUPS)


class AnswerForm(forms.Form):
    """What the agency answers."""

    text = forms.CharField(label=gettext_lazy("答复"), required=False, max_length=4000, widget=forms.Textarea)
    file = forms.FileField(label=gettext_lazy("归属表"), required=False)


@require_safe
@officials_only
def lookup(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: what is asked, receipt, answer, and what is still to be done."""
    return _page(request, _found(request, pk))


def _found(request: HttpRequest, pk: int) -> LookupRequest:
    rows = LookupRequest.objects.select_related(
        "agency", "sent_by", "received_by", "answered_by", "closed_by", "answer_file", "run", "compartment"
    )
    found: LookupRequest = get_visible(rows, reader(request), pk=pk)
    return found


def _page(request: HttpRequest, row: LookupRequest, form: AnswerForm | None = None, refused: str = "") -> HttpResponse:
    user = reader(request)
    attach_chips([row], user)
    may_close = can(user, "lookup.close", row) and row.state != LookupState.CLOSED
    inside = user.is_commission
    context = {
        "letter": row,
        "addresses": row.addresses.order_by("ip", "port", "pk")[:SHOWN],
        "asked": row.addresses.count(),
        "may_receive": can(user, "lookup.receive", row) and row.received_at is None,
        "may_answer": can(user, "lookup.answer", row) and row.state in {LookupState.RECEIVED, LookupState.ANSWERED},
        "may_read": can(user, "lookup.take_in", row)
        and row.state == LookupState.ANSWERED
        and row.answer_file is not None,
        "may_close": may_close,
        "missing": missing_to_close(row) if may_close else [],
        "inside": inside,
        "lists": MonitorList.objects.visible_to(user).filter(pk__in=row.addresses.values("monitor_list"))
        if inside
        else [],
        "still": _still(row, user) if inside and row.state == LookupState.CLOSED else None,
        "form": form or AnswerForm(initial={"text": row.answer}),
        "refused": refused,
    }
    return render(request, "units/lookup.html", context, status=409 if form is not None or refused else 200)


def _still(row: LookupRequest, user: User) -> int:
    """Return how many of the addresses asked about are nobody's still."""
    asked = row.addresses.values("ip")
    seen = Sighting.objects.visible_to(user).filter(monitor_list__in=row.addresses.values("monitor_list"), ip__in=asked)
    return int(seen.filter(match_state="unmatched").values("ip").distinct().count())


@require_POST
@officials_only
def receive(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign for the request."""
    row = receive_lookup(_found(request, pk), actor=reader(request), at=clock.now())
    toast(request, _("已签收查询函 %(number)s。") % {"number": row.number})
    return redirect("units:lookup", pk)


@require_POST
@officials_only
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer in words, with a file, or both."""
    user, row = reader(request), _found(request, pk)
    require(user, "lookup.answer", row)
    form = AnswerForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, row, form)
    try:
        blob, name = stored(request, "file", user)
        if blob is None and row.answer_file is not None:
            blob, name = row.answer_file, row.answer_name
        answer_lookup(row, text=form.cleaned_data["text"], file=blob, file_name=name, actor=user, at=clock.now())
    except CaseworkError as error:
        add_refusal(form, error)
        return _page(request, row, form)
    toast(request, _("已答复查询函 %(number)s。") % {"number": row.number})
    return redirect("units:lookup", pk)


@require_POST
@commission_only
def take_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the answer's file into a preview of address blocks, and show it."""
    user, row = reader(request), _found(request, pk)
    require(user, "lookup.take_in", row)
    try:
        run = read_answer(row, actor=user, at=clock.now())
    except CaseworkError as error:
        return _page(request, row, refused=error.message)
    toast(
        request,
        ngettext("已读入 %(n)d 行，核对后再导入。", "已读入 %(n)d 行，核对后再导入。", run.rows) % {"n": run.rows},
    )
    return redirect("imports:run", run.pk)


@require_POST
@commission_only
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the request; its sightings are matched anew."""
    user, row = reader(request), _found(request, pk)
    require(user, "lookup.close", row)
    try:
        close_lookup(row, actor=user, at=clock.now())
    except CaseworkError as error:
        return _page(request, row, refused=error.message)
    toast(request, _("已办结查询函 %(number)s，监测记录已重新匹配。") % {"number": row.number})
    return redirect("units:lookup", pk)


@require_safe
@officials_only
def lookup_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file that came with the answer."""
    row = _found(request, pk)
    if row.answer_file is None:
        raise Http404
    note_letter_read("lookup.file_read", row.ref, actor=reader(request), at=clock.now())
    return download(row.answer_file, row.answer_name)


@require_safe
@officials_only
def lookup_addresses(request: HttpRequest, pk: int) -> HttpResponse:
    """The addresses asked about, as a table to fill in and send back."""
    row = _found(request, pk)
    note_letter_read("lookup.addresses_read", row.ref, actor=reader(request), at=clock.now())
    return addresses_csv(row.addresses.order_by("ip", "port", "pk"), row.number, to_fill=True)


class SendForm(forms.Form):
    """To whom, what, and until when."""

    agency = AgencyField(label=gettext_lazy("协查机关"))
    text = forms.CharField(label=gettext_lazy("请查询的事项"), max_length=2000, widget=forms.Textarea)
    days = forms.IntegerField(label=gettext_lazy("答复期限"), min_value=1, max_value=60, initial=10)
    ambiguous = forms.BooleanField(label=gettext_lazy("有争议的地址也一并查"), required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def lookup_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask an agency about the addresses of the list that are nobody's on record."""
    user = reader(request)
    found: MonitorList = get_visible(MonitorList.objects.select_related("compartment"), user, pk=pk)
    require(user, "lookup.send", found)
    usual = _("请查明附表所列地址在所列时间由哪家单位使用，并提供网段、启用日期和依据。")
    form = SendForm(posted(request), initial={"text": usual, "days": 10})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            sent = send_lookup(
                found,
                data["agency"],
                text=data["text"],
                days=data["days"],
                ambiguous=data["ambiguous"],
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已发出查询函 %(number)s。") % {"number": sent.number})
            return redirect("units:lookup", sent.pk)
    waiting = addresses_to_ask([found]).values("ip").distinct().count()
    both = addresses_to_ask([found], ambiguous=True).values("ip").distinct().count()
    context = {"list": found, "form": form, "waiting": waiting, "ambiguous": both - waiting}
    return render(request, "units/lookup_new.html", context, status=409 if form.errors else 200)
