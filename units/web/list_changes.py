"""The addresses of one monitoring list against the list before: every count opens its rows."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from casework.access.policy import get_visible
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.moments import cn_datetime
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, render_list
from casework.web.templatetags.cw import status
from casework.web.vocabulary import register_status
from units.enums import AddressStatus, MatchState
from units.models import MonitorList
from units.selectors.list_changes import CLEARED, changes_of, where_to
from units.services.reading import note_list_export

register_status("address", CLEARED, gettext_lazy("已消失"), "green", "circle-check")
CHANGES = [*AddressStatus.choices, (CLEARED, gettext_lazy("已消失"))]


def _sightings_of(row: Any) -> str:
    return f"{reverse('units:sightings')}?list={row.monitor_list_id}&q={row.ip}"


ADDRESSES = ListPage(
    title=gettext_lazy("清单地址"),
    queryset=lambda user: MonitorList.objects.none(),
    columns=(
        Column("ip", gettext_lazy("IP地址"), "ip", mono=True, sort="ip", link=True, nowrap=True),
        Column("change", gettext_lazy("变化"), lambda row: status("address", row.change), export=lambda row: row.change),
        Column("holder", gettext_lazy("单位"), lambda row: row.holder or "", sort="holder"),
        Column("match", gettext_lazy("归属"), lambda row: status("match", row.match) if row.match else "",
               export=lambda row: row.match or ""),
        Column("seen", gettext_lazy("最近监测"), lambda row: cn_datetime(row.seen_at) if row.seen_at else "", sort="-seen_at",
               nowrap=True, export=lambda row: row.seen_at),
    ),
    filters=(
        Filter("change", gettext_lazy("变化"), "change", CHANGES),
        Filter("match", gettext_lazy("归属"), "match", MatchState.choices),
        Filter("holder", gettext_lazy("单位"), "holder", kind="text", facet=False),
    ),
    search=("ip",),
    order=("ip", "pk"),
    row_url=_sightings_of,
    export_name="清单地址",
    on_export=lambda user, count: note_list_export("listed_addresses", count, actor=user, at=clock.now()),
    unit=gettext_lazy("个"),
    key="listed-addresses",
    empty_text=gettext_lazy("这份清单里没有地址"),
)  # fmt: skip


@require_safe
@commission_only
def addresses(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The addresses of the list and those gone since the list before."""
    found: MonitorList = get_visible(MonitorList.objects, reader(request), pk=pk)
    page = replace(
        ADDRESSES,
        title=_("%(sensor)s 的地址") % {"sensor": found.sensor or _("监测清单")},
        queryset=lambda user: changes_of(found, user),
    )
    return render_list(request, page, {"list": found}, "units/listed_addresses.html")


#: What became of an address: words, and the conditions of the sightings it opens.
_PLACES = {
    "lead": (gettext_lazy("已归并成线索"), "match=matched&public=1"),
    "handed": (gettext_lazy("已移送"), "match=matched&public=0"),
    "asked": (gettext_lazy("正在查询"), "match=unmatched"),
    "registered": (gettext_lazy("备案之内"), "explained=1"),
    "waiting": (gettext_lazy("待归并"), "match=matched&public=1"),
    "other": (gettext_lazy("其他单位，待移送"), "match=matched&public=0"),
    "ambiguous": (gettext_lazy("归属有争议"), "match=ambiguous"),
    "unmatched": (gettext_lazy("归属不明，待查询"), "match=unmatched"),
}


def places_of(monitor_list: MonitorList, user: User) -> list[dict[str, Any]]:
    """Return where the addresses of the list went, as rows that add up to all of them, each with its list."""
    base = f"{reverse('units:sightings')}?list={monitor_list.pk}"
    return [
        {"key": key, "label": _PLACES[key][0], "count": count, "url": f"{base}&{_PLACES[key][1]}"}
        for key, count in where_to(monitor_list)
    ]
