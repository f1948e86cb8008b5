"""Pages of those who hold and decide: hand-overs, what is overdue, what does not fit; the scan page; the sheet."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.moments import cn_date
from casework.web.forms import add_refusal
from casework.web.guards import officials_only
from casework.web.toast import toast
from evidence.custody_workflow import STEPS, blocks
from evidence.enums import ENDS, Act, Outcome
from evidence.models import CheckOut, Discrepancy, Disposal, Item
from evidence.rules import seal_number
from evidence.selectors import desk
from evidence.selectors.items import approved_disposal, changes_of_hands
from evidence.services import (
    approve_check_out,
    approve_disposal,
    decline_check_out,
    decline_disposal,
    resolve_discrepancy,
)
from evidence.web.chain import chain_links
from evidence.web.matter_forms import TAKERS
from evidence.web.people import reader
from evidence.web.takings import qr


@require_safe
@officials_only
def custody(request: HttpRequest) -> HttpResponse:
    """What waits for the reader: hand-overs to confirm, to hand out, overdue, in hand, not fitting."""
    user = reader(request)
    today = clock.today()
    return render(
        request,
        "evidence/custody.html",
        {
            "may_keep": can(user, "evidence.keep"),
            "may_capture": can(user, "evidence.collect"),
            "to_confirm": desk.offers_to_confirm(user),
            "confirmable": desk.acts_to_confirm(user).count(),
            "to_hand_out": desk.check_outs_to_hand_out(user),
            "to_dispose": desk.disposals_to_carry_out(user),
            "overdue": _overdue(user, today),
            "out": desk.check_outs_out(user).filter(due_on__gte=today),
            "waiting": desk.offers_waiting(user),
            "refused": desk.offers_refused(user),
            "discrepancies": desk.discrepancies_open(user),
            "in_hand": desk.items_in_hand(user)[:200],
            "in_hand_count": desk.items_in_hand(user).count(),
        },
    )


def _overdue(user: User, today: date) -> list[Any]:
    """Return what is out after its day, each with the natural days since then."""
    rows = list(desk.check_outs_overdue(user, today)[:200])
    for row in rows:
        row.late = (today - row.due_on).days
    return rows


@require_safe
@officials_only
def decisions(request: HttpRequest) -> HttpResponse:
    """Requests, disposals and discrepancies that wait for a decision, and what was let out and did not come back."""
    user = reader(request)
    require(user, "evidence.approve")
    return render(
        request,
        "evidence/decisions.html",
        {
            "check_outs": desk.check_outs_to_decide(user),
            "disposals": desk.disposals_to_decide(user),
            "overdue": _overdue(user, clock.today()),
            "discrepancies": desk.discrepancies_open(user),
        },
    )


class OpinionForm(forms.Form):
    """An opinion; needed for declining and settling."""

    opinion = forms.CharField(
        label=_l("意见"), required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 3})
    )


@require_http_methods(["GET", "HEAD", "POST"])
def check_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide on a request."""
    user = reader(request)
    row: CheckOut = get_visible(CheckOut.objects.select_related("item", "requested_by"), user, pk=pk)
    require(user, "evidence.approve", row.item)
    form = OpinionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        opinion, at = form.cleaned_data["opinion"], clock.now()
        try:
            if "decline" in request.POST:
                decline_check_out(row, opinion=opinion, actor=user, at=at)
                said = _("未批准调取证物 %(number)s。")
            else:
                approve_check_out(row, opinion=opinion, actor=user, at=at)
                said = _("已批准调取证物 %(number)s。")
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, said % {"number": row.item.number})
            return redirect("evidence:decisions")
    facts = [
        (_("申请人"), row.requested_by.name),
        (_("用途"), row.purpose),
        (_("约定归还"), cn_date(row.due_on)),
        (_("委托文书"), row.document),
    ]
    context = {"item": row.item, "form": form, "facts": facts, "yes": _("批准调取"), "no": _("不批准")}
    return render(request, "evidence/decide.html", context, status=409 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def disposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide on a disposal."""
    user = reader(request)
    row: Disposal = get_visible(Disposal.objects.select_related("item__keeper", "proposed_by"), user, pk=pk)
    require(user, "evidence.approve", row.item)
    form = OpinionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        opinion, at = form.cleaned_data["opinion"], clock.now()
        try:
            if "decline" in request.POST:
                decline_disposal(row, opinion=opinion, actor=user, at=at)
                said = _("未批准处置证物 %(number)s。")
            else:
                approve_disposal(row, opinion=opinion, actor=user, at=at)
                said = _("已批准处置证物 %(number)s。")
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, said % {"number": row.item.number})
            return redirect("evidence:decisions")
    facts = [
        (_("处置"), row.get_outcome_display()),
        (_("提出人"), row.proposed_by.name),
        (_("理由"), row.reason),
        (_("批准文书"), row.document),
        (_("保管"), row.item.keeper.name if row.item.keeper else "—"),
    ]
    context = {
        "item": row.item,
        "form": form,
        "facts": facts,
        "yes": _("批准处置"),
        "no": _("不批准"),
        "missing": blocks(STEPS[Act.DISPOSAL_APPROVED], row.item) if row.open else [],
        "decided": "" if row.open else row.standing,
    }
    return render(request, "evidence/decide.html", context, status=409 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def discrepancy(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle what did not fit."""
    user = reader(request)
    row: Discrepancy = get_visible(Discrepancy.objects.select_related("item", "opened_by"), user, pk=pk)
    require(user, "evidence.approve", row.item)
    form = OpinionForm(request.POST or None)
    form.fields["opinion"].label, form.fields["opinion"].required = _("查清的情况"), True
    if request.method == "POST" and form.is_valid():
        try:
            resolve_discrepancy(row, resolution=form.cleaned_data["opinion"], actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
            for text in error.details.values():
                form.add_error("opinion", str(text))
        else:
            toast(request, _("已登记证物 %(number)s 账实不符查清。") % {"number": row.item.number})
            return redirect("evidence:decisions")
    facts = [
        (_("类别"), row.get_kind_display()),
        (_("应为"), row.expected),
        (_("实为"), row.found),
        (_("登记人"), row.opened_by.name if row.opened_by else _("定期复核")),
        (_("说明"), row.note),
    ]
    context = {"item": row.item, "form": form, "facts": facts, "yes": _("登记查清"), "no": ""}
    return render(request, "evidence/decide.html", context, status=409 if request.method == "POST" else 200)


@require_safe
@officials_only
def scan(request: HttpRequest) -> HttpResponse:
    """Find an item by what is on its label or seal; the camera fills the field where the browser can."""
    given = request.GET.get("number", "").strip()
    if given:
        number = seal_number(given)
        found = (
            Item.objects.visible_to(reader(request))
            .filter(Q(number__iexact=number) | Q(seals__number=number) | Q(device__serial__iexact=given))
            .order_by("pk")
            .first()
        )
        if found is not None:
            return redirect("evidence:item", pk=found.pk)
    return render(request, "evidence/scan.html", {"given": given}, status=404 if given else 200)


@require_safe
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet in three copies: of the last change of hands, or of the end that was approved for the item."""
    item: Item = get_visible(Item.objects.select_related("collection", "holder"), reader(request), pk=pk)
    if "hands" not in request.GET and (disposal := approved_disposal(item)) is not None:
        return _disposal_sheet(request, item, disposal)
    last = changes_of_hands(item).select_related("giver__organisation", "receiver__organisation", "seal").first()
    if last is None:
        raise Http404
    context = {
        "item": item,
        "last": last,
        "links": chain_links(item),
        "qr": qr(item.number),
        "parts": item.parts.filter(apart=False),
        "copies": [_("一联 交出人"), _("二联 接收人"), _("三联 附卷")],
    }
    return render(request, "evidence/sheet.html", context)


def _disposal_sheet(request: HttpRequest, item: Item, disposal: Disposal) -> HttpResponse:
    """The paper of the end: printed and signed before it is noted, because the keepers do not see the item after."""
    end = item.chain.filter(act=ENDS[Outcome(disposal.outcome)]).select_related("actor", "second").last()
    seal = item.seals.order_by("-pk").first()
    context = {
        "item": item,
        "disposal": disposal,
        "taker": TAKERS[disposal.outcome],
        "keepers": [end.actor.name, end.second.name if end.second else ""] if end else ["", ""],
        "seal": seal,
        "qr": qr(item.number),
        "parts": item.parts.filter(apart=False),
        "copies": [_("一联 保管部门"), _("二联 接收人"), _("三联 附卷")],
    }
    return render(request, "evidence/disposal_sheet.html", context)
