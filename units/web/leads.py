"""Leads as a list: what a row says, how the list is narrowed, what is done with many rows."""

from collections.abc import Iterable
from functools import lru_cache
from time import monotonic
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from casework.access.policy import require
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.calendar import Calendar
from casework.core.errors import Invalid
from casework.deadlines.selectors import current_calendar
from casework.web.deadline_words import RUNNING, DeadlineFacts
from casework.web.guards import commission_only
from casework.web.lists import Bulk, Column, Filter, ListPage, address_of, render_list
from casework.web.templatetags.cw import deadline as deadline_chip
from casework.web.templatetags.cw import status
from casework.web.toast import toast
from units.enums import Classification, Disposition, LeadState, UnitKind
from units.models import Lead, Sighting
from units.rules.regions import city_name
from units.selectors.leads import facts_for, with_due
from units.services.change_sets import handle_leads, undo_change_set
from units.services.leads import assign_lead
from units.services.reading import note_list_export
from units.web.finding import find_leads

CHANGE_SET = "lead_change_set"
S = LeadState
#: What the facet 状态 of the triage page groups.
PHASES = {
    "waiting": (gettext_lazy("待提处置意见"), (S.REGISTERED, S.ASSIGNED)),
    "study": (gettext_lazy("分析研判"), (S.UNDER_STUDY,)),
    "pending": (gettext_lazy("待批"), (S.OPINION_PENDING,)),
    "running": (gettext_lazy("办理中"), (S.APPROPRIATE_ENQUIRY, S.INQUIRY, S.VERIFICATION)),
    "ended": (gettext_lazy("已处置"), (S.SHELVED, S.CLOSED, S.TRANSFERRED, S.FILED, S.MERGED)),
}


def _phase(value: str) -> Q:
    return Q(state__in=PHASES[value][1])


@lru_cache(maxsize=2)
def _calendar_of(_minute: int) -> Calendar:
    return current_calendar()


def calendar_now() -> Calendar:
    """Return the working-day calendar, read at most once a minute: the list asks for it once for every value."""
    return _calendar_of(int(monotonic() // 60))


def _due(value: str) -> Q:
    today = clock.today()
    if value in {"over", "today"}:
        return Q(due_on__lt=today) if value == "over" else Q(due_on=today)
    soon = calendar_now().add_working_days(today, 5)
    return Q(due_on__gt=today, due_on__lte=soon) if value == "soon" else Q(due_on__gt=soon)


#: The coins to choose from are those of so many sightings of the newest leads.
LOOKED_AT = 5000


def _choices(user: User) -> dict[str, list[tuple[str, str]]]:
    """Return the cities and the coins of the reader's leads, by one query."""
    leads = Lead.objects.visible_to(user).order_by()
    newest = Sighting.objects.visible_to(user).filter(lead__isnull=False).order_by("-lead", "observed_at")
    coins = Sighting.objects.filter(pk__in=newest.values("pk")[:LOOKED_AT]).exclude(currency="").order_by()
    found = leads.values_list(Value("city"), "unit__region").distinct()
    seen: dict[str, set[str]] = {"city": set(), "coin": set()}
    for key, word in found.union(coins.values_list(Value("coin"), "currency").distinct()):
        seen[key].add(word)
    return {
        "city": sorted({(f"{code[:4]}00", city_name(code)) for code in seen["city"]}),
        "currency": [(word, word) for word in sorted(seen["coin"])[:12]],
    }


def _has_currency(value: str) -> Q:
    return Q(pk__in=Sighting.objects.filter(lead__isnull=False, currency=value).values("lead"))


FILTERS = (
    Filter("phase", gettext_lazy("状态"), _phase, [(key, label) for key, (label, _states) in PHASES.items()]),
    Filter(
        "due",
        gettext_lazy("剩余时间"),
        _due,
        [
            ("over", gettext_lazy("已逾期")),
            ("today", gettext_lazy("今天")),
            ("soon", gettext_lazy("5 个工作日内")),
            ("later", gettext_lazy("更久")),
        ],
    ),
    Filter("kind", gettext_lazy("单位类别"), "unit__kind", UnitKind.choices[:-1]),
    Filter("city", gettext_lazy("地区"), lambda value: Q(unit__region__code__startswith=value[:4])),
    Filter("currency", gettext_lazy("币种"), _has_currency),
    Filter("nature", gettext_lazy("定性"), "classification", [*Classification.choices]),
    Filter("old", gettext_lazy("有旧线索"), lambda value: Q(earlier__isnull=value == "0"), kind="bool"),
    Filter("received", gettext_lazy("收到日期"), "received_on", kind="date", facet=False),
)


def rows_of(user: User) -> QuerySet[Any]:
    """Return the leads the reader may know of, with what a row shows."""
    return with_due(Lead.objects.visible_to(user)).select_related("unit", "unit__region", "handler")


def prepare(_request: HttpRequest, rows: list[Any]) -> None:
    """Attach deadline and facts to the rows of one page."""
    today, calendar, facts = clock.today(), calendar_now(), facts_for(rows)
    for row in rows:
        row.facts = facts[row.pk]
        row.chip = (
            DeadlineFacts(
                RUNNING,
                row.due_on,
                today,
                abs(calendar.working_days_between(*sorted((today, row.due_on)))),
                unit="natural",
            )
            if row.due_on
            else None
        )


def _decide(way: str) -> Any:
    def handler(request: HttpRequest, leads: Iterable[Lead]) -> str:
        user = reader(request)
        chosen = list(leads)
        request.session[CHANGE_SET] = handle_leads(chosen, way, actor=user, at=clock.now())
        return ngettext("已对 %(n)d 条线索%(way)s。", "已对 %(n)d 条线索%(way)s。", len(chosen)) % {
            "n": len(chosen),
            "way": Disposition(way).label,
        }

    return handler


def _take(request: HttpRequest, leads: Iterable[Lead]) -> str:
    user, count = reader(request), 0
    for lead in leads:
        assign_lead(lead, user, actor=user, at=clock.now())
        count += 1
    return ngettext("已把 %(n)d 条线索分给您。", "已把 %(n)d 条线索分给您。", count) % {"n": count}


def _bulk(way: str) -> Bulk:
    label = Disposition(way).label
    return Bulk(
        way,
        label,
        _decide(way),
        act="lead.note",
        confirm=lambda n: _("对 %(n)d 条线索%(way)s？") % {"n": n, "way": label},
        confirm_text=gettext_lazy(
            "承办人办理的成为处置意见，等分管领导审批；分管领导办理的就是处置决定。后面的事没有依据它之前可以撤销。"
        ),
        confirm_verb=label,
        undo_url="/leads/undo/",
    )


TABLE = ListPage(
    title=pgettext_lazy("places", "线索"),
    queryset=rows_of,
    columns=(
        Column(
            "deadline", gettext_lazy("期限"), lambda row: deadline_chip(row.chip), sort="due_on",
            export=lambda row: row.due_on,
        ),
        Column("unit", gettext_lazy("单位"), "unit.name", sort="unit__name_key", link=True),
        Column("number", gettext_lazy("线索编号"), "number", sort="number", nowrap=True),
        Column("region", gettext_lazy("地区"), "unit.region.name", default=False),
        Column("addresses", gettext_lazy("地址"), lambda row: row.facts.addresses, align="num", export=lambda row: ""),
        Column("times", gettext_lazy("次数"), lambda row: row.facts.times, align="num", export=lambda row: ""),
        Column(
            "state", gettext_lazy("状态"), lambda row: status("lead", row.state),
            export=lambda row: row.get_state_display(),
        ),
        Column("open", gettext_lazy("未定"), lambda row: row.facts.open_questions or "", align="num", export=lambda row: ""),
        Column(
            "nature", gettext_lazy("定性"),
            lambda row: status("finding", row.classification) if row.classification else "",
            export=lambda row: row.get_classification_display(),
        ),
        Column("handler", gettext_lazy("承办人"), "handler.name"),
        Column("received", gettext_lazy("收到日期"), "received_on", sort="-received_on", default=False),
    ),
    filters=FILTERS,
    choices=_choices,
    find=find_leads,
    order=("due_on", "pk"),
    row_url=address_of("units:lead"),
    export_name="线索",
    on_export=lambda user, count: note_list_export("leads", count, actor=user, at=clock.now()),
    prepare=prepare,
    bulk=(
        *(_bulk(way) for way in ("inquiry", "verification", "shelved", "closed")),
        Bulk("take", gettext_lazy("分给我"), _take, act="lead.assign", icon="user-check"),
    ),
    empty_text=gettext_lazy("还没有线索"),
    empty_why=gettext_lazy("导入监测清单并匹配后，从清单归并。"),
)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def table(request: HttpRequest) -> HttpResponseBase:
    """All leads the reader may know of, as a table."""
    if request.method == "POST":
        require(reader(request), "lead.note")
    return render_list(request, TABLE, template="units/leads.html")


@require_POST
@commission_only
def undo_many(request: HttpRequest) -> HttpResponse:
    """Take back the reader's last change set."""
    name = request.session.pop(CHANGE_SET, "")
    if not name:
        raise Invalid(_("没有可以撤销的批量处置。"))
    count = undo_change_set(name, actor=reader(request), at=clock.now())
    toast(request, ngettext("已撤销对 %(n)d 条线索的处置。", "已撤销对 %(n)d 条线索的处置。", count) % {"n": count})
    return redirect("units:lead-table")
