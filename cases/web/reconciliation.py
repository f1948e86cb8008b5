"""Reconciliation of what is due over a campaign: by unit, by person, by coin; every number opens its rows."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cases.models import Case
from cases.selectors.reconciliation import BY, Line, dues, groups, named_lines, total
from cases.services.surcharges import note_reconciliation_export, register_surcharge
from cases.surcharge import tariffs
from cases.web.recovery_forms import SurchargeForm
from casework.access.policy import get_visible, require
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web import list_export
from casework.web.formats import coin
from casework.web.forms import add_refusal
from casework.web.guards import commission_only
from casework.web.lists import Column
from casework.web.toast import toast
from units.models import Campaign

PAGE_SIZE: Final = 50
TABS: Final = (("unit", gettext_lazy("按单位")), ("person", gettext_lazy("按人")), ("coin", gettext_lazy("按币种")))


def _link(line: Line, by: str, campaign: Campaign | None, **more: str) -> str:
    """Return the list of the rows behind a number."""
    query = {"campaign": str(campaign.pk)} if campaign else {}
    if by == "coin":
        code, _colon, basis = line.key.partition(":")
        query |= {"coin": code} if code else {}
        query["basis"] = basis
    else:
        query[by] = line.key or "none"
    return f"{reverse('cases:recoveries')}?{urlencode({**query, **more})}"


@require_safe
@commission_only
def page(request: HttpRequest) -> HttpResponseBase:
    """What is due, paid, left and late, with the sums that must agree."""
    user: Any = request.user
    asked = request.GET.get("campaign", "")
    campaign = None
    if asked:
        campaign = get_visible(Campaign.objects, user, pk=int(asked) if asked.isdecimal() else 0)
    by = request.GET.get("by", "unit")
    if by not in BY:
        raise Http404
    day = clock.today()
    rows = dues(user, campaign)
    found = groups(rows, by, day)
    if (kind := request.GET.get("export", "")) in {"csv", "xlsx"}:
        return _export(request, kind, by, found)
    paginator = Paginator(found, PAGE_SIZE)
    part = paginator.get_page(request.GET.get("page"))
    shown = named_lines(list(part.object_list), by)
    sums = total(rows, day)
    return render(
        request,
        "cases/reconciliation.html",
        {
            "campaign": campaign,
            "campaigns": list(Campaign.objects.visible_to(user).order_by("-starts_on", "pk")[:50]),
            "by": by,
            "tabs": TABS,
            "part": part,
            "rows": [
                (line, _shown(line, by), _link(line, by, campaign), _link(line, by, campaign, late="1"),
                 _link(line, by, campaign, open="1"))
                for line in shown
            ],
            "sums": sums,
            "count": paginator.count,
            "query": urlencode({"campaign": campaign.pk} if campaign else {}),
        },
    )  # fmt: skip


def _shown(line: Line, by: str) -> str:
    if by == "coin":
        return line.label or _("人民币")
    return line.label or (_("没有登记单位") if by == "unit" else _("没有对应的人"))


def _export(request: HttpRequest, kind: str, by: str, found: Any) -> HttpResponseBase:
    user: Any = request.user
    heads = {"unit": _("单位"), "person": _("对象"), "coin": _("币种")}
    labels = (
        heads[by], _("说明"), _("数量"), _("笔数"), _("折合（元）"), _("应缴（元）"), _("已缴（元）"), _("未缴（元）"),
        _("其中逾期（元）"),
    )  # fmt: skip
    columns = [Column(str(n), label, "") for n, label in enumerate(labels)]
    note_reconciliation_export(by, found.count(), actor=user, at=clock.now())

    def cells() -> Iterator[list[Any]]:
        made = list(found)
        for start in range(0, len(made), 1000):
            for line in named_lines(made[start : start + 1000], by):
                quantity = coin(line.quantity, line.label) if line.quantity is not None else ""
                yield [
                    _shown(line, by), line.note, quantity, line.count, line.value, line.due, line.paid, line.rest,
                    line.late,
                ]  # fmt: skip

    make = list_export.xlsx_response if kind == "xlsx" else list_export.csv_response
    return make(_("追缴对账"), columns, cells())


@require_http_methods(["GET", "HEAD", "POST"])
def surcharge(request: HttpRequest, case_pk: int) -> HttpResponse:
    """Register the surcharge on the power that a unit of the case used for mining."""
    user: Any = request.user
    case = get_visible(Case.objects.select_related("unit"), user, pk=case_pk)
    require(user, "recovery.register", case)
    form = SurchargeForm(case, request.POST if request.method == "POST" else None, initial={"unit": case.unit_id})
    if request.method == "POST" and form.is_valid():
        try:
            row = register_surcharge(case, **form.cleaned_data, actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已登记%(label)s。") % {"label": row.label})
            return redirect("cases:recovery", pk=row.pk)
    return render(
        request,
        "cases/surcharge_form.html",
        {"form": form, "case": case, "tariffs": tariffs()},
        status=400 if request.method == "POST" else 200,
    )
