"""The list of items and the list of takings."""

from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from casework.access.models import Compartment, compartments_of
from casework.access.policy import can
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import clock
from casework.ledger.record import record
from casework.search.lists import found_by, indexed
from casework.web.guards import officials_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import status
from evidence.enums import Kind, Measure, State
from evidence.models import Item
from evidence.selectors.items import visible_collections, visible_items
from evidence.web.people import reader


def _badges(item: Any) -> SafeString:
    marks = [status("item", item.state)]
    if item.has_seal and item.state != State.SEALED:
        marks.append(status("evidence", "sealed"))
    if item.has_discrepancy:
        marks.append(status("evidence", "discrepancy"))
    return SafeString(" ".join(marks))


def _holder(item: Any) -> str:
    return item.holder.name if item.holder else "—"


def _serial(item: Any) -> str:
    device = getattr(item, "device", None)
    return device.serial if device is not None else ""


def _title(item: Any) -> SafeString:
    return format_html('<span class="mono">{}</span> {}', item.number, item.title)


def _on_export(user: User, count: int) -> None:
    with transaction.atomic():
        record("items.exported", ref=f"user:{user.pk}", actor=user, at=clock.now(), data={"count": count})


def circles(user: User) -> list[tuple[str, str]]:
    """Return the matters the reader belongs to, by the number that tells outsiders nothing."""
    rows = Compartment.objects.order_by("name", "pk")
    if not user.has_role(Role.AUDITOR):
        rows = rows.filter(pk__in=compartments_of(user))
    return list(rows.values_list("public_id", "name"))


ITEMS = ListPage(
    title=_("证据与保管"),
    queryset=visible_items,
    columns=(
        Column("title", _("证物"), _title, sort="number", link=True, export=lambda item: item.title),
        Column("number", _("证物编号"), "number", default=False, mono=True, nowrap=True, filed=True),
        Column("kind", _("种类"), lambda item: item.get_kind_display(), sort="kind"),
        Column("state", _("状态"), _badges, sort="state", export=lambda item: item.get_state_display()),
        Column("holder", _("现由谁持有"), _holder, sort="holder__name"),
        Column("place", _("存放位置"), "place", sort="place"),
        Column("unit", _("单位"), "collection.unit.name"),
        Column("seal", _("封条号码"), lambda item: item.seal_now or "", default=False, mono=True, filed=True),
        Column("serial", _("序列号"), _serial, default=False, mono=True, filed=True),
        Column("verified", _("上次盘点"), "verified_at", default=False, filed=True),
        Column("list", _("清单"), "collection.number", default=False, filed=True),
        Column(
            "quantity",
            _("数量"),
            lambda item: f"{item.quantity} {item.quantity_unit}",
            align="num",
            default=False,
            filed=True,
        ),
    ),
    filters=(
        Filter("circle", _("事项"), "compartment__public_id", circles, facet=False),
        Filter("state", _("状态"), "state", State.choices),
        Filter("kind", _("种类"), "kind", Kind.choices),
        Filter("sealed", _("封存"), lambda value: Q(has_seal=value == "1"), kind="bool"),
        Filter("unfit", _("账实不符"), lambda value: Q(has_discrepancy=value == "1"), kind="bool"),
        Filter("parts", _("部件"), lambda value: Q(parent__isnull=value != "1"), kind="bool"),
        Filter("list", _("清单"), "collection__number", kind="text", facet=False),
        Filter("holder", _("持有人"), "holder__name", kind="text"),
    ),
    find=found_by(indexed("item", by_circle=True)),
    order=("-created_at", "number", "pk"),
    row_url=lambda item: reverse("evidence:item", args=[item.pk]),
    export_name="证物",
    on_export=_on_export,
    unit=_("件"),
    default_query="parts=0",
    empty_text=_("这里没有您可以知悉的证物"),
    empty_why=_("提取时逐件登记的、移交给您的证物列在这里。"),
)

#: How many items lie in a taking, parts not counted; asked for the rows of a page alone.
_wholes = Subquery(
    Item.objects.filter(collection=OuterRef("pk"), parent=None)
    .order_by()
    .values("collection")
    .annotate(n=Count("pk"))
    .values("n")
)

COLLECTIONS = ListPage(
    title=_("提取清单"),
    queryset=lambda user: visible_collections(user).annotate(wholes=_wholes),
    columns=(
        Column("number", _("清单文号"), "number", link=True, sort="serial", nowrap=True),
        Column("measure", _("措施"), lambda row: row.get_measure_display()),
        Column("place", _("地点"), "place"),
        Column("unit", _("单位"), "unit.name"),
        Column("began", _("开始"), "began_at", sort="began_at"),
        Column("items", _("证物"), lambda row: row.wholes or 0, align="num"),
    ),
    filters=(
        Filter("measure", _("措施"), "measure", Measure.choices),
        Filter("open", _("已结束"), lambda value: Q(ended_at__isnull=value != "1"), kind="bool"),
    ),
    search=("number__icontains", "place__icontains"),
    order=("-began_at", "-pk"),
    row_url=address_of("evidence:collection"),
    unit=_("份"),
    empty_text=_("这里没有您可以知悉的清单"),
    empty_why=_("每次提取开一份清单，再逐件登记证物。"),
)


@officials_only
def items(request: HttpRequest) -> HttpResponseBase:
    """The items that the reader may know of."""
    user = reader(request)
    return render_list(
        request,
        ITEMS,
        {
            "may_collect": can(user, "evidence.collect"),
            "may_scan": user.has_role(Role.CUSTODIAN, Role.CASE_OFFICER, Role.INSPECTOR),
            "sees_lists": not user.has_role(Role.CUSTODIAN, Role.LIAISON) or user.has_role(Role.CASE_OFFICER),
        },
        template="evidence/items.html",
    )


@officials_only
def collections(request: HttpRequest) -> HttpResponseBase:
    """The takings that the reader may know of."""
    user = reader(request)
    extra = {"may_collect": can(user, "evidence.collect")}
    return render_list(request, COLLECTIONS, extra, template="evidence/collections.html")
