"""Pages of deadlines: the list of running clocks, and how one came about."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from casework.access.policy import get_visible
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.english import said
from casework.deadlines.enums import State
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import (
    calendar_for,
    counted_days,
    current_calendar,
    deadline_facts,
    facts_of,
    with_bars,
    with_stops,
)
from casework.deadlines.titles import titled
from casework.deadlines.web.acts import acts_for
from casework.deadlines.web.holidays import READERS as HOLIDAY_READERS
from casework.deadlines.web.words import chip, line
from casework.ledger.refs import resolve
from casework.web.lists import Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import deadline as deadline_chip


def _rows(user: User) -> QuerySet[Any]:
    return with_stops(Deadline.objects.visible_to(user)).select_related("holder").defer("facts", "explanation")


def _prepare(request: HttpRequest, rows: list[Any]) -> None:
    facts, now = facts_of(rows, clock.today(), calendar_for(reader(request))), clock.now()
    for row in rows:
        row.chip = chip(facts[row.pk], now)


def _overdue(value: str) -> Q:
    late = Q(state=State.OPEN, due_on__lt=clock.today())
    return late if value == "1" else ~late


PAGE = ListPage(
    title=pgettext_lazy("places", "期限"),
    queryset=_rows,
    columns=(
        Column(
            "deadline", _("期限"), lambda row: deadline_chip(row.chip), sort="due_on", export=lambda row: row.due_on
        ),
        Column("title", _("事项"), lambda row: said(row.title), link=True),
        Column(
            "rule",
            _("期限规则"),
            lambda row: f"{row.kind} {said(row.rule.get('source', '') + row.rule.get('article', ''))}",
        ),
        Column("holder", _("责任人"), "holder.name"),
        Column("start", _("起算日"), "start_on", default=False),
    ),
    filters=(
        Filter("state", _("状态"), "state", State.choices),
        Filter("late", _("逾期"), _overdue, kind="bool"),
        Filter("provisional", _("日期暂定"), lambda value: Q(provisional=value == "1"), kind="bool"),
        Filter("due", _("到期日"), "due_on", kind="date"),
    ),
    find=titled,
    order=("due_on", "pk"),
    row_url=address_of("deadlines:detail"),
    export_name="期限",
    unit=_("项"),
    prepare=_prepare,
    default_query="state=open&state=stopped",
    empty_text=_("现在没有期限"),
    empty_why=_("收到线索、立案、下发自查任务时，期限自动起算，列在这里。"),
)


@require_safe
def deadlines(request: HttpRequest) -> HttpResponseBase:
    """The clocks that the reader may know of."""
    reads = not reader(request).roles.isdisjoint(HOLIDAY_READERS)
    return render_list(request, PAGE, template="deadlines/list.html" if reads else "web/list.html")


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How one due date came about."""
    user = reader(request)
    found: Deadline = get_visible(with_bars(Deadline.objects.all()), user, pk=pk)
    calendar, now = current_calendar(), clock.now()
    facts = deadline_facts(found, clock.today(), calendar)
    days = counted_days(found, calendar)
    return render(
        request,
        "deadlines/detail.html",
        {
            "deadline_row": found,
            "chip": chip(facts, now),
            "facts": facts,
            "line": line(found, facts, opened=True),
            "days": days,
            "acts": acts_for(user, found),
            "commission": user.is_commission or user.has_role(Role.AUDITOR),
            "thing": resolve(found.ref, user) if found.ref.partition(":")[0] != "deadline" else None,
        },
    )
