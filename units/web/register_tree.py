"""The tree of supervision, and the research registrations with what was seen inside and outside of them."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from casework.access.policy import get_visible
from casework.accounts.requests import reader
from casework.core import clock
from casework.web.guards import commission_only
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from units.enums import UnitState
from units.models import Registration, Sighting, Unit
from units.services.reading import note_list_export

#: So many units of a level are shown.
LEVEL = 300
FEW = 20


@require_safe
@commission_only
def tree(request: HttpRequest) -> HttpResponse:
    """Who is under whom: the way up from one unit, and the level below it."""
    user = reader(request)
    rows = Unit.objects.visible_to(user)
    given = request.GET.get("under", "")
    at: Unit | None = get_visible(Unit.objects, user, pk=int(given)) if given.isdecimal() else None
    below = (
        rows.filter(Q(parent=at) | Q(supervisor=at, parent__isnull=True))
        if at
        else rows.filter(parent__isnull=True, supervisor__isnull=True)
    )
    if request.GET.get("all") != "1":
        below = below.filter(state=UnitState.ACTIVE)
    level = list(below.select_related("region").order_by("name_key", "pk")[: LEVEL + 1])
    counted = _counts([one.pk for one in level])
    context = {
        "at": at,
        "way": _way_up(at),
        "level": [(one, counted.get(one.pk, 0)) for one in level[:LEVEL]],
        "more": len(level) > LEVEL,
        "all": request.GET.get("all") == "1",
    }
    return render(request, "units/tree.html", context)


def _counts(ids: list[int]) -> dict[int, int]:
    """Return unit id → how many units stand right below it."""
    found: dict[int, int] = {}
    for field, more in (("parent", Q()), ("supervisor", Q(parent__isnull=True))):
        rows = Unit.objects.filter(more, **{f"{field}__in": ids}, state=UnitState.ACTIVE)
        for pk, count in rows.values_list(field).annotate(n=Count("pk")).order_by():
            found[pk] = found.get(pk, 0) + count
    return found


def _way_up(unit: Unit | None) -> list[Unit]:
    way: list[Unit] = []
    while unit is not None and (above := unit.parent or unit.supervisor) and above not in way and len(way) < FEW:
        way.append(above)
        unit = above
    return way[::-1]


def _prepare(request: HttpRequest, rows: list[Any]) -> None:
    seen = Sighting.objects.visible_to(reader(request)).filter(registration__in=[row.pk for row in rows])
    counted = dict(seen.values_list("registration").annotate(n=Count("pk")).order_by())
    for row in rows:
        row.explained = counted.get(row.pk, 0)


def _running(value: str) -> Q:
    today = clock.today()
    found = Q(from_on__lte=today) & (Q(until__isnull=True) | Q(until__gte=today))
    return found if value == "1" else ~found


REGISTRATIONS = ListPage(
    title=gettext_lazy("科研备案"),
    queryset=lambda user: Registration.objects.visible_to(user).select_related("unit"),
    columns=(
        Column("device", gettext_lazy("设备"), "device", link=True),
        Column("unit", gettext_lazy("单位"), "unit.name", sort="unit__name_key"),
        Column("purpose", gettext_lazy("用途"), "purpose"),
        Column("from", gettext_lazy("起"), "from_on", sort="-from_on"),
        Column("until", gettext_lazy("止"), "until"),
        Column("network", gettext_lazy("网段"), lambda row: str(row.network or ""), mono=True),
        Column("explained", gettext_lazy("备案内监测"), lambda row: row.explained or "", align="num",
               export=lambda row: ""),
        Column("approved", gettext_lazy("批准人"), "approved_by", default=False),
        Column("reference", gettext_lazy("备案号"), "reference"),
    ),
    filters=(
        Filter("running", gettext_lazy("在有效期内"), _running, kind="bool"),
        Filter("unit", gettext_lazy("单位"), "unit__name", kind="text"),
    ),
    search=("device__icontains", "unit__name__icontains", "reference__istartswith", "purpose__icontains"),
    order=("-from_on", "-pk"),
    row_url=address_of("units:registration"),
    export_name="科研备案",
    on_export=lambda user, count: note_list_export("registrations", count, actor=user, at=clock.now()),
    unit=gettext_lazy("项"),
    prepare=_prepare,
    empty_text=gettext_lazy("还没有登记科研备案"),
    empty_why=gettext_lazy("由受理人员或专项行动办从“导入”导入。"),
)  # fmt: skip


@require_safe
@commission_only
def registrations(request: HttpRequest) -> HttpResponseBase:
    """Devices registered for research."""
    return render_list(request, REGISTRATIONS, template="units/units.html")


@require_safe
@commission_only
def registration(request: HttpRequest, pk: int) -> HttpResponse:
    """One registration: what it explains, and what was seen of the same unit that it does not."""
    user = reader(request)
    found: Registration = get_visible(Registration.objects.select_related("unit", "import_run"), user, pk=pk)
    seen = Sighting.objects.visible_to(user).order_by("-observed_at", "-pk")
    inside = seen.filter(registration=found)
    outside = seen.filter(unit=found.unit, registration__isnull=True)
    today = clock.today()
    context = {
        "registration": found,
        "running": found.from_on <= today and (found.until is None or found.until >= today),
        "inside": inside[:FEW],
        "inside_count": inside.count(),
        "outside": outside[:FEW],
        "outside_count": outside.count(),
    }
    return render(request, "units/registration.html", context)
