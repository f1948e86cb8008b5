"""Taking stock on a screen or a phone: scan, count, close."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST

from casework.access.policy import can, get_visible, require
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.moments import cn_datetime
from casework.web.forms import add_refusal
from casework.web.guards import officials_only
from casework.web.toast import toast
from evidence.custody_workflow import intact_seal
from evidence.enums import StockResult
from evidence.models import Item, StockLine, StockTake
from evidence.selectors.stock import item_named, lies_with, line_named
from evidence.services.stock import begin_stock_take, close_stock_take, count_item, move_counted
from evidence.web.act_form import ask_again
from evidence.web.people import reader

#: What was found of what the books put with the keeper.
_COUNTED = (StockResult.PRESENT, StockResult.DIFFERS, StockResult.MISPLACED)
#: What closes with a discrepancy, where the books know the thing.
_UNFIT = (StockResult.MISSING, StockResult.DIFFERS, StockResult.MISPLACED, StockResult.EXTRA)


class BeginForm(forms.Form):
    """Which shelves."""

    place = forms.CharField(
        label=_l("范围"), required=False, max_length=120, help_text=_l("存放位置的开头，例如 B 库；不填为全部")
    )


class CountForm(forms.Form):
    """What was read off one thing."""

    number = forms.CharField(
        label=_l("编号"),
        max_length=120,
        help_text=_l("证物编号、封条号码或设备序列号"),
        # After each piece the field waits for the next: a hand scanner types and sends.
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off", "autocapitalize": "characters"}),
    )
    seal = forms.CharField(label=_l("封条上的号码"), required=False, max_length=40)
    place = forms.CharField(label=_l("实际位置"), required=False, max_length=120, help_text=_l("与账上相同的不填"))
    sure = forms.CharField(widget=forms.HiddenInput, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@officials_only
def sessions(request: HttpRequest) -> HttpResponse:
    """The stock-takes so far, and beginning one."""
    user = reader(request)
    if not user.has_role(Role.AUDITOR) or request.method == "POST":
        require(user, "evidence.keep")
    form = BeginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            take = begin_stock_take(place=form.cleaned_data["place"], actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            return redirect("evidence:stock-take", pk=take.pk)
    rows: Any = StockTake.objects.visible_to(user).select_related("keeper")
    counts = {result.value: Count("lines", filter=Q(lines__result=result)) for result in StockResult}
    context = {
        "form": form,
        "may_begin": can(user, "evidence.keep"),
        "takes": rows.annotate(**counts).order_by("-began_at", "-pk")[:100],
        "open": rows.filter(keeper=user, ended_at=None).first(),
    }
    return render(request, "evidence/stock.html", context, status=409 if request.method == "POST" else 200)


@dataclass(frozen=True)
class Doubted:
    """What was scanned and is not expected here: the item, where the books put it, or nothing that the reader knows.

    ``own`` is on another shelf of the same keeper: it lies wrong, and the books need no one else to be put right.
    """

    text: str
    item: Item | None
    own: bool = False


def _doubted(take: StockTake, text: str, user: User) -> Doubted | None:
    """Ask before something is noted as too much: a label read wrong, or of another shelf, leaves no discrepancy."""
    if take.keeper_id != user.pk or take.ended_at is not None or line_named(take, text) is not None:
        return None
    item = item_named(text, user)
    own = item is not None and lies_with(item, user)
    if item is not None and own and item.place.startswith(take.place):
        return None  # it came in since the session began
    return Doubted(text.strip(), item, own)


def _look_again(form: CountForm, item: Item | None) -> None:
    """Ask once more before a number that is not that of the seal opens a discrepancy."""
    if item is not None and (seal := intact_seal(item)) is not None:
        ask_again(form, "seal", seal, form.cleaned_data)


def _told(line: StockLine, *, new: bool) -> str:
    number = line.item.number if line.item else line.scanned
    if not new and line.at is not None:
        return _("%(number)s 在 %(at)s 已经清点，没有重复记。") % {"number": number, "at": cn_datetime(line.at)}
    return _("%(number)s：%(result)s。") % {"number": number, "result": line.get_result_display()}


@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """One session: count by scanning, see what is still to be found."""
    user = reader(request)
    take = get_visible(StockTake.objects.select_related("keeper"), user, pk=pk)
    # What was carried back is counted again: its number and its shelf are filled in.
    back = {name: request.GET[name] for name in ("number", "place") if name in request.GET}
    form = CountForm(request.POST or None, initial=back)
    if request.method == "POST":
        require(user, "evidence.keep")
    doubted, ask = None, False
    if request.method == "POST" and form.is_valid():
        doubted = _doubted(take, form.cleaned_data["number"], user)
        ask = doubted is not None and "extra" not in request.POST
    if request.method == "POST" and form.is_valid() and not ask:
        line_of = line_named(take, form.cleaned_data["number"])
        _look_again(form, line_of.item if line_of else doubted.item if doubted and doubted.own else None)
    if request.method == "POST" and form.is_valid() and not ask:
        at = clock.now()
        try:
            line = count_item(
                take,
                form.cleaned_data["number"],
                seal=form.cleaned_data["seal"],
                place=form.cleaned_data["place"],
                actor=user,
                at=at,
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _told(line, new=line.at == at))
            return redirect("evidence:stock-take", pk=take.pk)
    lines = list(take.lines.select_related("item").order_by("item__place", "item__number", "pk"))
    groups = [
        (result, StockResult(result).label, [line for line in lines if line.result == result])
        for result in (
            StockResult.MISPLACED,
            StockResult.MISSING,
            StockResult.EXTRA,
            StockResult.DIFFERS,
            StockResult.WAITING,
            StockResult.PRESENT,
        )
    ]
    context = {
        "take": take,
        "form": form,
        "doubted": doubted,
        "mine": take.keeper_id == user.pk and take.ended_at is None,
        "groups": [group for group in groups if group[2]],
        "waiting": sum(1 for line in lines if line.result == StockResult.WAITING),
        "unfit": sum(1 for line in lines if line.item_id and line.result in _UNFIT),
        "misplaced": sum(1 for line in lines if line.result == StockResult.MISPLACED),
        "counted": sum(1 for line in lines if line.result in _COUNTED),
        "expected": sum(1 for line in lines if line.result != StockResult.EXTRA),
    }
    return render(request, "evidence/stock_take.html", context, status=409 if request.method == "POST" else 200)


@require_POST
def move(request: HttpRequest, pk: int, line_pk: int) -> HttpResponse:
    """Put what lies on another shelf there in the record as well."""
    user = reader(request)
    take = get_visible(StockTake.objects, user, pk=pk)
    require(user, "evidence.keep")
    line = get_object_or_404(take.lines, pk=line_pk)
    place = line.place
    move_counted(line, actor=user, at=clock.now())
    number = line.item.number if line.item else ""
    toast(request, _("%(number)s 的账上位置已改为 %(place)s。") % {"number": number, "place": place})
    return redirect("evidence:stock-take", pk=take.pk)


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the session."""
    user = reader(request)
    take = get_visible(StockTake.objects, user, pk=pk)
    require(user, "evidence.keep")
    row = close_stock_take(take, actor=user, at=clock.now())
    missing = row.lines.filter(result=StockResult.MISSING).count()
    toast(request, _("盘点已结束，实物不在 %(n)s 件。") % {"n": missing})
    return redirect("evidence:stock-take", pk=row.pk)
