"""The holiday table: what each year's notice says, what it still lacks, and one day put right by hand."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from casework.access.policy import can
from casework.accounts.enums import COMMISSION, Role
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.calendar import Kind
from casework.core.errors import CaseworkError
from casework.core.moments import cn_date
from casework.deadlines.models import Deadline, Holiday
from casework.deadlines.selectors import missing_days
from casework.deadlines.services.calendar import HolidayRow, apply_holiday_rows, remove_holiday
from casework.deadlines.web.forms import HolidayForm, HolidayRemovalForm
from casework.web.forms import add_refusal
from casework.web.toast import toast

READERS = frozenset({*COMMISSION, Role.AUDITOR, Role.SYSTEM_ADMIN})


@dataclass(frozen=True)
class Year:
    """One year of the table; ``missing`` are fixed holidays that no row closes yet; this year and
    the next stand open."""

    year: int
    days: tuple[Holiday, ...]
    missing: tuple[date, ...]
    opened: bool

    @property
    def sources(self) -> list[str]:
        """The notices that the rows name."""
        return list(dict.fromkeys(day.source for day in self.days if day.source))


@require_safe
def holidays(request: HttpRequest) -> HttpResponse:
    """All years, the newest first, with next year's when its notice is not in yet."""
    user = reader(request)
    if user.roles.isdisjoint(READERS):
        raise Http404
    waiting = Deadline.objects.visible_to(user).live().filter(provisional=True).count()
    shown = {
        "years": _years(Holiday.objects.order_by("date"), clock.today()),
        "may_change": can(user, "holidays.change"),
        "waiting": waiting,
    }
    return render(request, "deadlines/holidays.html", shown)


def _years(rows: Iterable[Holiday], today: date) -> list[Year]:
    by_year: dict[int, list[Holiday]] = defaultdict(list)
    for row in rows:
        by_year[row.date.year].append(row)
    wanted = sorted({*by_year, today.year, today.year + 1}, reverse=True)
    return [
        Year(
            year,
            tuple(by_year[year]),
            tuple(missing_days({row.date: Kind(row.kind) for row in by_year[year]}, year)),
            year in {today.year, today.year + 1},
        )
        for year in wanted
    ]


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    """Enter or correct one day; every running clock is computed anew."""
    user = reader(request)
    if not can(user, "holidays.change"):
        raise Http404
    form = HolidayForm(request.POST or None, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        row = HolidayRow(given["on"], Kind(given["kind"]), given["name"], given["source"])
        try:
            applied = apply_holiday_rows([row], actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            words = {"day": cn_date(row.on), "n": applied.moved}
            toast(request, _("已保存%(day)s的安排，%(n)s 项期限的到期日随之变动。") % words)
            return redirect("deadlines:holidays")
    return render(request, "deadlines/holiday_edit.html", {"form": form}, status=409 if form.errors else 200)


def _initial(request: HttpRequest) -> dict[str, object]:
    given = request.GET.get("on", "")
    try:
        day = date.fromisoformat(given)
    except ValueError:
        return {"kind": Kind.HOLIDAY.value}
    known = Holiday.objects.filter(date=day).first()
    if known is None:
        return {"on": day, "kind": Kind.HOLIDAY.value}
    return {"on": day, "kind": known.kind, "name": known.name, "source": known.source}


@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest) -> HttpResponse:
    """Take out a day that no notice names."""
    user = reader(request)
    if not can(user, "holidays.change"):
        raise Http404
    form = HolidayRemovalForm(request.POST or None, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            moved = remove_holiday(**form.cleaned_data, actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            words = {"day": cn_date(form.cleaned_data["on"]), "n": moved}
            toast(request, _("已删除%(day)s的安排，%(n)s 项期限的到期日随之变动。") % words)
            return redirect("deadlines:holidays")
    return render(request, "deadlines/holiday_remove.html", {"form": form}, status=409 if form.errors else 200)
