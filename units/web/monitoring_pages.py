"""Monitoring lists and sightings: what was seen, whose it was, and raising leads from it."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from casework.access.policy import can, get_visible
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.moments import cn_datetime
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import status
from casework.web.toast import toast
from units.enums import AddressStatus, MatchState
from units.models import Campaign, LiabilityItem, ListedAddress, MonitorList, Sighting
from units.selectors.far_ends import far_ends_of_rows, spoke_to_pools
from units.selectors.list_changes import change_counts
from units.services.leads import raise_leads
from units.services.matching import count_states, match_sightings
from units.services.reading import note_list_export
from units.web.finding import find_sightings
from units.web.list_changes import places_of


def _prepare_lists(_request: HttpRequest, rows: list[Any]) -> None:
    ids = [row.pk for row in rows]
    addresses = ListedAddress.objects.filter(monitor_list__in=ids).values_list("monitor_list", "status")
    counts: dict[tuple[int, str], int] = {(pk, word): n for pk, word, n in addresses.annotate(n=Count("pk")).order_by()}
    sightings = dict(
        Sighting.objects.filter(monitor_list__in=ids).values_list("monitor_list").annotate(n=Count("pk")).order_by()
    )
    for row in rows:
        row.by_status = {word: counts.get((row.pk, word), 0) for word in AddressStatus.values}
        row.addresses_listed = sum(row.by_status.values())
        row.sightings_listed = sightings.get(row.pk, 0)


LISTS = ListPage(
    title=pgettext_lazy("places", "监测清单"),
    queryset=lambda user: MonitorList.objects.visible_to(user).select_related("import_run"),
    columns=(
        Column("sampled", gettext_lazy("采样时间"), lambda row: cn_datetime(row.sampled_at), sort="-sampled_at", link=True,
               export=lambda row: row.sampled_at),
        Column("sensor", gettext_lazy("监测点"), lambda row: row.sensor or _("未写明"), sort="sensor"),
        Column("addresses", gettext_lazy("地址"), lambda row: row.addresses_listed, align="num", export=lambda row: ""),
        Column("sightings", gettext_lazy("监测记录"), lambda row: row.sightings_listed, align="num", export=lambda row: ""),
        Column("new", gettext_lazy("新增"), lambda row: row.by_status["new"], align="num", export=lambda row: ""),
        Column("persisting", gettext_lazy("仍在"), lambda row: row.by_status["persisting"], align="num",
               export=lambda row: ""),
        Column("relapsed", gettext_lazy("死灰复燃"), lambda row: row.by_status["relapsed"] or "", align="num",
               export=lambda row: ""),
        Column("file", gettext_lazy("来源文件"), "import_run.file_name"),
    ),
    filters=(Filter("sampled", gettext_lazy("采样日期"), "sampled_at", kind="date"),),
    search=("sensor__icontains", "import_run__file_name__icontains"),
    order=("-sampled_at", "-pk"),
    row_url=address_of("units:monitor-list"),
    unit=gettext_lazy("份"),
    prepare=_prepare_lists,
    empty_text=gettext_lazy("还没有监测清单"),
    empty_why=gettext_lazy("由受理人员或专项行动办从“导入”导入。"),
)  # fmt: skip


def _lists(user: User) -> list[tuple[str, str]]:
    rows = MonitorList.objects.visible_to(user).order_by("-sampled_at", "-pk")[:12]
    return [(str(row.pk), f"{row.sensor} {cn_datetime(row.sampled_at)}".strip()) for row in rows]


def _change(value: str) -> Q:
    return Q(
        Exists(ListedAddress.objects.filter(monitor_list=OuterRef("monitor_list"), ip=OuterRef("ip"), status=value))
    )


def remote(row: Sighting) -> str:
    """Return the far end as host:port."""
    if row.remote_port is None:
        return row.remote_host
    return (
        f"[{row.remote_host}]:{row.remote_port}" if ":" in row.remote_host else f"{row.remote_host}:{row.remote_port}"
    )


def _prepare_sightings(_request: HttpRequest, rows: list[Any]) -> None:
    pools = far_ends_of_rows(rows)
    for row in rows:
        row.pool = pools.get(row.pk)


def _pool(row: Any) -> SafeString | str:
    return status("mining", row.pool.grade, row.pool.name) if row.pool else ""


SIGHTINGS = ListPage(
    title=gettext_lazy("监测记录"),
    queryset=lambda user: Sighting.objects.visible_to(user).select_related("unit", "lead", "registration"),
    columns=(
        Column("observed", gettext_lazy("监测时间"), lambda row: cn_datetime(row.observed_at, seconds=True), sort="-observed_at",
               nowrap=True, link=True, export=lambda row: row.observed_at),
        Column("ip", gettext_lazy("IP地址"), lambda row: f"{row.ip}:{row.port}" if row.port is not None else row.ip, mono=True,
               sort="ip"),
        Column("remote", gettext_lazy("远端"), remote, mono=True),
        Column("pool", gettext_lazy("目录里的矿池"), _pool, export=lambda row: ""),
        Column("currency", gettext_lazy("币种"), "currency"),
        Column("protocol", gettext_lazy("协议"), "protocol", default=False),
        Column("match", gettext_lazy("归属"), lambda row: status("match", row.match_state),
               export=lambda row: row.get_match_state_display()),
        Column("unit", gettext_lazy("单位"), "unit.name"),
        Column("lead", gettext_lazy("线索"), "lead.number", nowrap=True),
        Column("registration", gettext_lazy("科研备案"), "registration.device", default=False),
        Column("sensor", gettext_lazy("监测点"), "sensor", default=False),
        Column("reference", gettext_lazy("来源"), "reference", default=False),
    ),
    filters=(
        Filter("match", gettext_lazy("归属"), "match_state", MatchState.choices),
        Filter("public", gettext_lazy("公共机构"), lambda value: Q(unit__is_public=value == "1"), kind="bool"),
        Filter("explained", gettext_lazy("备案内"), lambda value: Q(registration__isnull=value == "0"), kind="bool"),
        Filter("list", gettext_lazy("监测清单"), "monitor_list", _lists),
        Filter("change", gettext_lazy("变化"), _change, AddressStatus.choices, facet=False),
        Filter("pool", gettext_lazy("矿池目录内"), lambda value: spoke_to_pools() if value == "1" else ~spoke_to_pools(),
               kind="bool", facet=False),
        Filter("currency", gettext_lazy("币种"), "currency", kind="text"),
        Filter("unit", gettext_lazy("单位"), "unit__name", kind="text"),
        Filter("lead", gettext_lazy("线索"), "lead__number", kind="text"),
        Filter("observed", gettext_lazy("监测日期"), "observed_at", kind="date"),
    ),
    find=find_sightings,
    order=("-observed_at", "-pk"),
    row_url=address_of("units:sighting"),
    prepare=_prepare_sightings,
    export_name="监测记录",
    on_export=lambda user, count: note_list_export("sightings", count, actor=user, at=clock.now()),
    empty_text=gettext_lazy("还没有监测记录"),
    empty_why=gettext_lazy("监测清单由受理人员或专项行动办从“导入”导入。"),
)  # fmt: skip


@require_safe
@commission_only
def lists(request: HttpRequest) -> HttpResponseBase:
    """Every monitoring list the reader may know of."""
    user = reader(request)
    return render_list(request, LISTS, {"may_import": can(user, "sightings.import")}, "units/monitor_lists.html")


@require_safe
@commission_only
def sightings(request: HttpRequest) -> HttpResponseBase:
    """Every sighting the reader may know of."""
    return render_list(request, SIGHTINGS, template="units/units.html")


@require_safe
@commission_only
def sighting(request: HttpRequest, pk: int) -> HttpResponse:
    """One sighting: what was seen, whose it was and why, and the candidates where nobody knows yet."""
    user = reader(request)
    rows = Sighting.objects.select_related("unit__region", "block__import_run", "lead", "registration", "monitor_list")
    found: Sighting = get_visible(rows, user, pk=pk)
    return render(
        request,
        "units/sighting.html",
        {
            "sighting": found,
            "remote": remote(found),
            "pool": far_ends_of_rows([found]).get(found.pk),
            "candidates": found.candidates.select_related("block__unit").order_by("pk"),
            "same": Sighting.objects.visible_to(user).filter(ip=found.ip).exclude(pk=pk).count(),
        },
    )


@require_safe
@commission_only
def monitor_list(request: HttpRequest, pk: int) -> HttpResponse:
    """One list: counts against the one before, matching, and raising leads from it."""
    user = reader(request)
    found: MonitorList = get_visible(MonitorList.objects.select_related("import_run"), user, pk=pk)
    _prepare_lists(request, [found])
    waiting = Sighting.objects.filter(
        monitor_list=found,
        match_state=MatchState.MATCHED,
        lead__isnull=True,
        registration__isnull=True,
        unit__is_public=True,
    )
    return render(
        request,
        "units/monitor_list.html",
        {
            "list": found,
            "states": count_states([found.pk]),
            "cleared": change_counts(found, user)["cleared"],
            "waiting_units": waiting.values("unit").distinct().count(),
            "waiting_addresses": waiting.values("ip").distinct().count(),
            "campaigns": Campaign.objects.visible_to(user).order_by("-pk"),
            "may_raise": can(user, "leads.raise", found),
            "may_match": can(user, "sightings.match", found),
            "places": places_of(found, user),
            "may_ask": can(user, "lookup.send", found),
            "may_pass_on": can(user, "handover.send", found),
            "relapses": LiabilityItem.objects.visible_to(user).filter(monitor_list=found).count(),
        },
    )


@require_POST
@commission_only
def raise_from(request: HttpRequest, pk: int) -> HttpResponse:
    """Group the list's matched sightings into leads."""
    user = reader(request)
    found: MonitorList = get_visible(MonitorList.objects, user, pk=pk)
    chosen = request.POST.get("campaign", "")
    campaign = get_visible(Campaign.objects, user, pk=int(chosen)) if chosen.isdecimal() else None
    reopen = request.POST.get("reopen") == "1"
    leads = raise_leads(found, campaign=campaign, actor=user, at=clock.now(), reopen=reopen)
    toast(request, ngettext("已归并成 %(n)d 条线索。", "已归并成 %(n)d 条线索。", len(leads)) % {"n": len(leads)})
    return redirect("units:lead-table")


@require_POST
@commission_only
def match(request: HttpRequest, pk: int) -> HttpResponse:
    """Match the list's sightings anew."""
    user = reader(request)
    found: MonitorList = get_visible(MonitorList.objects, user, pk=pk)
    counts = match_sightings([found], actor=user, at=clock.now())
    toast(
        request,
        ngettext(
            "已重新匹配，%(n)d 条监测记录的归属有变化。",
            "已重新匹配，%(n)d 条监测记录的归属有变化。",
            counts["changed"],
        )
        % {"n": counts["changed"]},
    )
    return redirect("units:monitor-list", pk)
