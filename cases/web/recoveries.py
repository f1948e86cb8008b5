"""Pages of gains and their recovery: the list with its sums, one gain with its payments."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db.models import ExpressionWrapper, F, Q, QuerySet
from django.db.models.fields import DecimalField
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cases.enums_penalties import DueKind, PriceBasis
from cases.models import Case, Recovery, Suspect
from cases.selectors.reconciliation import dues, late
from cases.selectors.recoveries import coins_in, reconciliation
from cases.services.recovery import register_gain, register_payment
from cases.web.recovery_forms import GainForm, PaymentForm
from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.moments import cn_date
from casework.web.formats import cny, coin
from casework.web.forms import add_refusal
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.toast import toast
from units.models import Campaign, Unit


def _rows(user: User) -> QuerySet[Any]:
    rest = ExpressionWrapper(
        F("amount_due") - F("amount_paid"), output_field=DecimalField(max_digits=18, decimal_places=2)
    )
    rows: QuerySet[Any] = dues(user).select_related("case", "suspect", "unit").annotate(rest=rest)
    return rows


def _quantity(row: Any) -> str:
    if row.kwh is not None:
        return f"{row.kwh.normalize():,f} kWh"
    return coin(row.quantity, row.coin) if row.coin else ""


def _whom(row: Any) -> str:
    return str(row.suspect.name if row.suspect else row.unit.name if row.unit else "")


def _key(name: str) -> Callable[[str], Q]:
    """Return the condition of a key in the address; ``none`` = there is no such one."""

    def find(value: str) -> Q:
        return Q(**{f"{name}__isnull": True}) if value == "none" else Q(**{name: int(value)})

    return find


def _narrowed(request: HttpRequest) -> ListPage:
    """Return the list with the conditions that the reconciliation links by: their one choice is named in words."""
    user: Any = request.user
    nobody = ("none", _("没有"))

    def one(key: str, rows: Any) -> list[tuple[str, Any]]:
        value = request.GET.get(key, "")
        if value == "none":
            return [nobody]
        row = rows.filter(pk=int(value)).first() if value.isdecimal() and len(value) < 19 else None
        return [(value, row.name)] if row else []

    seen = Suspect.objects.visible_to(user)
    extra = (
        Filter("unit", _("单位"), _key("of_unit"), one("unit", Unit.objects.all()), facet=False),
        Filter("person", _("对象"), _key("suspect"), one("person", seen), facet=False),
        Filter(
            "campaign", _("专项行动"), _key("case__lead__campaign"),
            one("campaign", Campaign.objects.visible_to(user)), facet=False,
        ),
    )  # fmt: skip
    return replace(PAGE, filters=(*PAGE.filters, *extra))


def _flag(found: Q, value: str) -> Q:
    return found if value == "1" else ~found


PAGE = ListPage(
    title=gettext_lazy("所得与追缴"),
    queryset=_rows,
    columns=(
        Column("label", gettext_lazy("说明"), "label", link=True),
        Column("suspect", gettext_lazy("对象"), _whom, sort="suspect__name"),
        Column("quantity", gettext_lazy("数量"), _quantity, align="num", sort="quantity", nowrap=True),
        Column("price", gettext_lazy("单价"), lambda row: cny(row.price) if row.price else "", align="num"),
        Column("value", gettext_lazy("折合"), lambda row: cny(row.value), align="num", sort="value"),
        Column("due", gettext_lazy("应缴"), lambda row: cny(row.amount_due), align="num", sort="amount_due"),
        Column("paid", gettext_lazy("已缴"), lambda row: cny(row.amount_paid), align="num", sort="amount_paid"),
        Column("rest", gettext_lazy("未缴"), lambda row: cny(row.rest), align="num", sort="rest"),
        Column("due_on", gettext_lazy("期限"), lambda row: cn_date(row.due_on) if row.due_on else "", sort="due_on"),
        Column("case", gettext_lazy("案件"), "case.title", default=False),
    ),
    filters=(
        Filter("coin", gettext_lazy("币种"), "coin", coins_in),
        Filter("basis", gettext_lazy("计价方式"), "basis", PriceBasis.choices),
        Filter("kind", gettext_lazy("款项"), "kind", DueKind.choices),
        Filter("open", gettext_lazy("未缴清"), lambda value: _flag(Q(rest__gt=0), value), kind="bool"),
        Filter("late", gettext_lazy("逾期未缴"), lambda value: _flag(late(clock.today()), value), kind="bool"),
        Filter("case", gettext_lazy("案号"), "case__number", kind="text"),
    ),
    search=("label__icontains", "suspect__name__icontains", "case__number__icontains"),
    order=("-rest", "pk"),
    row_url=address_of("cases:recovery"),
    key="recoveries",
    export_name=gettext_lazy("所得与追缴"),  # type: ignore[arg-type]
    unit=gettext_lazy("笔"),
    empty_text=gettext_lazy("您的知悉范围内没有登记所得"),
    empty_why=gettext_lazy("所得从案件登记。"),
)


@commission_only
def listing(request: HttpRequest) -> HttpResponseBase:
    """Gains and what was paid, with the sums by price basis."""
    user: Any = request.user
    return render_list(
        request,
        _narrowed(request),
        {"sums": reconciliation(Recovery.objects.visible_to(user))},
        "cases/recovery_list.html",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, case_pk: int) -> HttpResponse:
    """Register a gain of the case."""
    user: Any = request.user
    case = get_visible(Case.objects, user, pk=case_pk)
    require(user, "recovery.register", case)
    form = GainForm(
        case, request.POST if request.method == "POST" else None, initial={"suspect": request.GET.get("suspect")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = register_gain(case, **form.cleaned_data, actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已登记所得：%(label)s。") % {"label": row.label})
            return redirect("cases:recovery", pk=row.pk)
    return render(
        request,
        "cases/recovery_form.html",
        {"form": form, "case": case},
        status=400 if request.method == "POST" else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One gain: how it was priced, what is due and paid; registering a payment."""
    user: Any = request.user
    row = get_visible(Recovery.objects.select_related("case", "suspect", "unit", "registered_by"), user, pk=pk)
    may_pay = can(user, "recovery.pay", row)
    form = PaymentForm(
        request.POST if request.method == "POST" else None, initial={"paid_on": clock.today(), "amount": row.remainder}
    )
    if request.method == "POST":
        require(user, "recovery.pay", row)
        if form.is_valid():
            try:
                payment = register_payment(row, **form.cleaned_data, actor=user, at=clock.now())
            except CaseworkError as error:
                add_refusal(form, error)
            else:
                toast(request, _("已登记缴款 %(sum)s 元。") % {"sum": f"{payment.amount:,.2f}"})
                return redirect("cases:recovery", pk=row.pk)
    return render(
        request,
        "cases/recovery.html",
        {
            "row": row,
            "case": row.case,
            "payments": list(row.payments.select_related("by")),
            "form": form,
            "may_pay": may_pay,
            "late": row.late_on(clock.today()),
        },
        status=400 if request.method == "POST" else 200,
    )
