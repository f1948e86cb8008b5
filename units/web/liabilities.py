"""Relapses: the list, and the item of the unit's leader with the earlier report beside the new sighting."""

from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from casework.access.policy import can, get_visible, require
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.moments import cn_date
from casework.web.forms import DayField, add_refusal
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import status
from casework.web.toast import toast
from casework.web.vocabulary import register_status
from units.enums_exchange import LiabilityState, RelapseKind
from units.models import LiabilityItem
from units.selectors.relapse import beside
from units.services.reading import note_list_export
from units.services.relapse import can_reopen, decide_liability, default_due, note_talk, reopen_duty

for _value, _word, _colour, _icon in (
    ("open", gettext_lazy("待约谈"), "amber", "message-circle"),
    ("talked", gettext_lazy("已约谈"), "blue", "message-2"),
    ("held", gettext_lazy("予以问责"), "red", "gavel"),
    ("spared", gettext_lazy("不予问责"), "", "circle-check"),
):
    register_status("liability", _value, _word, _colour, _icon)

LIABILITIES = ListPage(
    title=gettext_lazy("死灰复燃"),
    queryset=lambda user: LiabilityItem.objects.visible_to(user).select_related(
        "unit__region", "leader", "lead", "rectification"
    ),
    columns=(
        Column("unit", gettext_lazy("单位"), "unit.name", sort="unit__name_key", link=True),
        Column("state", gettext_lazy("状态"), lambda row: status("liability", row.state),
               export=lambda row: row.get_state_display()),
        Column("kind", gettext_lazy("情形"), lambda row: row.get_kind_display()),
        Column("leader", gettext_lazy("负责人"), "leader.name"),
        Column("lead", gettext_lazy("线索"), "lead.number", nowrap=True),
        Column("duty", gettext_lazy("整改"), lambda row: status("rectification", row.rectification.state)
               if row.rectification else _("没有重启"),
               export=lambda row: row.rectification.get_state_display() if row.rectification else ""),
        Column("noted", gettext_lazy("发现"), lambda row: cn_date(row.noted_at), sort="-noted_at", nowrap=True,
               export=lambda row: row.noted_at),
    ),
    filters=(
        Filter("state", gettext_lazy("状态"), "state", LiabilityState.choices),
        Filter("kind", gettext_lazy("情形"), "kind", RelapseKind.choices),
        Filter("reopened", gettext_lazy("已重启整改"), lambda value: Q(rectification__isnull=value == "0"), kind="bool"),
        Filter("noted", gettext_lazy("发现日期"), "noted_at", kind="date", facet=False),
    ),
    search=("unit__name__icontains", "lead__number__icontains", "addresses__ip"),
    order=("-noted_at", "-pk"),
    row_url=address_of("units:liability"),
    export_name="死灰复燃",
    on_export=lambda user, count: note_list_export("liabilities", count, actor=user, at=clock.now()),
    unit=gettext_lazy("件"),
    empty_text=gettext_lazy("没有死灰复燃"),
    empty_why=gettext_lazy("归并监测清单时，已消失又出现的地址、办结后又监测到的单位会列在这里。"),
)  # fmt: skip


@require_safe
@commission_only
def liabilities(request: HttpRequest) -> HttpResponseBase:
    """Every relapse the reader may know of."""
    return render_list(request, LIABILITIES)


class TalkForm(forms.Form):
    """What the leader said."""

    talked_on = DayField(label=gettext_lazy("约谈日期"))
    statement = forms.CharField(label=gettext_lazy("负责人说明"), max_length=4000, widget=forms.Textarea)


class DecideForm(forms.Form):
    """Whether the leader answers for it."""

    held = forms.ChoiceField(
        label=gettext_lazy("认定"),
        choices=[("1", gettext_lazy("予以问责")), ("0", gettext_lazy("不予问责"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=gettext_lazy("认定理由"), max_length=2000, widget=forms.Textarea)


class ReopenForm(forms.Form):
    """By when the unit reports again."""

    due_on = DayField(label=gettext_lazy("整改期限"))


def _found(request: HttpRequest, pk: int) -> LiabilityItem:
    rows = LiabilityItem.objects.select_related(
        "unit__region", "leader", "lead__handler", "monitor_list", "rectification", "noted_by", "talked_by",
        "decided_by", "report__stage", "report__campaign_unit__campaign", "compartment",
    )  # fmt: skip
    found: LiabilityItem = get_visible(rows, reader(request), pk=pk)
    return found


@require_safe
@commission_only
def liability(request: HttpRequest, pk: int) -> HttpResponse:
    """One relapse."""
    return _page(request, _found(request, pk))


def _page(
    request: HttpRequest, row: LiabilityItem, given: dict[str, forms.Form] | None = None, refused: str = ""
) -> HttpResponse:
    user, made = reader(request), given or {}
    undecided = row.decided_at is None
    context: dict[str, Any] = {
        "item": row,
        "beside": beside(row, user),
        "may_talk": undecided and can(user, "liability.talk", row),
        "may_decide": undecided and row.state == LiabilityState.TALKED and can(user, "liability.decide", row),
        "waits_for_talk": row.state == LiabilityState.OPEN and can(user, "liability.decide", row),
        "may_reopen": can_reopen(row) and row.report is not None and can(user, "rectification.order", row.report),
        "talk_form": made.get("talk")
        or TalkForm(initial={"talked_on": row.talked_on or clock.today(), "statement": row.statement}),
        "decide_form": made.get("decide") or DecideForm(),
        "reopen_form": made.get("reopen") or ReopenForm(initial={"due_on": default_due(clock.now())}),
        "refused": refused,
    }
    return render(request, "units/liability.html", context, status=409 if made or refused else 200)


@require_POST
@commission_only
def talk(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what the leader said."""
    user, row = reader(request), _found(request, pk)
    require(user, "liability.talk", row)
    form = TalkForm(request.POST)
    if form.is_valid():
        try:
            note_talk(row, actor=user, at=clock.now(), **form.cleaned_data)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已登记约谈。"))
            return redirect("units:liability", pk)
    return _page(request, row, {"talk": form})


@require_POST
@commission_only
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide on the leader's liability."""
    user, row = reader(request), _found(request, pk)
    require(user, "liability.decide", row)
    form = DecideForm(request.POST)
    if form.is_valid():
        try:
            decide_liability(
                row,
                held=form.cleaned_data["held"] == "1",
                reason=form.cleaned_data["reason"],
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已认定%(unit)s的领导责任。") % {"unit": row.unit.name})
            return redirect("units:liability", pk)
    return _page(request, row, {"decide": form})


@require_POST
@commission_only
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Lay the duty on the unit anew."""
    user, row = reader(request), _found(request, pk)
    require(user, "rectification.order", row.report or row)
    form = ReopenForm(request.POST)
    if form.is_valid():
        try:
            reopen_duty(row, due_on=form.cleaned_data["due_on"], actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已重启%(unit)s的整改，负责人会收到通知。") % {"unit": row.unit.name})
            return redirect("units:liability", pk)
    return _page(request, row, {"reopen": form})
