"""The lists of penalties: all that the reader may know of, and what waits for a leader."""

from typing import Any

from django.db.models import CharField, DateField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.catalogue import catalogue
from cases.enums import Side
from cases.enums_penalties import PenaltyState, Track
from cases.models import Penalty, PenaltyMeasure
from cases.models.cases import NEVER
from cases.selectors.penalties import with_measures
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.english import said
from casework.deadlines.enums import State
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import calendar_for, deadline_facts, with_stops
from casework.deadlines.web.words import chip
from casework.search.lists import entries, found_by, indexed
from casework.web.lists import Column, Filter, ListPage, address_of
from casework.web.templatetags.cw import deadline as deadline_chip
from casework.web.templatetags.cw import status

FORMS = ((1, gettext_lazy("第一种形态")), (2, gettext_lazy("第二种形态")), (3, gettext_lazy("第三种形态")))


def _rows(user: User) -> QuerySet[Any]:
    ref = Concat(Value("penalty:"), Cast(OuterRef("pk"), CharField()))
    running = Deadline.objects.filter(ref=ref, state=State.OPEN).order_by("due_on", "pk")
    rows: QuerySet[Any] = with_measures(Penalty.objects.visible_to(user)).annotate(
        next_due=Coalesce(
            Subquery(running.values("due_on")[:1], output_field=DateField()), Value(NEVER, output_field=DateField())
        )
    )
    return rows


def _prepare(request: HttpRequest, rows: list[Any]) -> None:
    refs = {f"penalty:{row.pk}": row for row in rows}
    found = with_stops(Deadline.objects.filter(ref__in=refs).live())
    calendar, now, today = calendar_for(reader(request)), clock.now(), clock.today()
    for deadline in found.order_by("-due_on", "-pk"):
        refs[deadline.ref].clock = chip(deadline_facts(deadline, today, calendar), now)


def _measures(row: Any) -> str:
    return _("、").join(measure.words for measure in row.measures.all()) or _("不予处理")


def _state(row: Any) -> Any:
    return status("work", "returned") if row.returned else status("penalty", row.state)


COLUMNS = (
    Column("deadline", gettext_lazy("期限"), lambda row: deadline_chip(getattr(row, "clock", None)), sort="next_due"),
    Column("name", gettext_lazy("对象"), "suspect.name", nowrap=True, sort="suspect__name", link=True),
    Column("measures", gettext_lazy("处理"), _measures),
    Column("state", gettext_lazy("状态"), _state, sort="state", export=lambda row: row.get_state_display()),
    Column("case", gettext_lazy("案件"), "suspect.case.title", sort="suspect__case__title"),
    Column("unit", gettext_lazy("单位"), "suspect.unit.name", sort="suspect__unit__name"),
    Column("number", gettext_lazy("文号"), "number", sort="number", nowrap=True),
    Column("effective", gettext_lazy("生效日期"), "effective_on", sort="effective_on", default=False),
    Column("until", gettext_lazy("影响期止"), "period_until", sort="period_until", default=False),
    Column("drafted", gettext_lazy("起草"), "drafted_by.name", default=False),
)


def _grades(user: User) -> list[tuple[str, str]]:
    used = set(PenaltyMeasure.objects.visible_to(user).order_by().values_list("code", flat=True).distinct())
    return [(row.code, said(row.title)) for row in catalogue().measures.values() if row.code in used]


def _of_cases(user: User, word: str) -> QuerySet[Any, Any]:
    known = entries(user, "case", word, by_circle=True)
    return Penalty.objects.filter(suspect__case__in=known).order_by().values_list("pk", flat=True)


def _of_units(user: User, word: str) -> QuerySet[Any, Any]:
    return Penalty.objects.filter(suspect__unit__in=entries(user, "unit", word)).order_by().values_list("pk", flat=True)


PAGE = ListPage(
    title=gettext_lazy("处分、处理"),
    queryset=_rows,
    columns=COLUMNS,
    filters=(
        Filter("state", gettext_lazy("状态"), "state", PenaltyState.choices),
        Filter("track", gettext_lazy("类别"), "track", Track.choices),
        Filter("form", gettext_lazy("形态"), "form", FORMS),
        Filter("measure", gettext_lazy("措施"), "measures__code", _grades),
        Filter("returned", gettext_lazy("退回修改"), "returned", kind="bool"),
        Filter("effective", gettext_lazy("生效日期"), "effective_on", kind="date"),
        Filter("case", gettext_lazy("案号"), "suspect__case__number", kind="text"),
    ),
    find=found_by(indexed("penalty", by_circle=True), _of_cases, _of_units),
    order=("next_due", "pk"),
    row_url=address_of("cases:penalty"),
    key="penalties",
    export_name=gettext_lazy("处分"),  # type: ignore[arg-type]
    unit=gettext_lazy("份"),
    prepare=_prepare,
    empty_text=gettext_lazy("您的知悉范围内没有处分、处理"),
    empty_why=gettext_lazy("处分建议从案件的被审查调查人拟起。"),
    search_hint=gettext_lazy("姓名、文号、案由、单位"),
)


def waiting_for(user: User) -> QuerySet[Any]:
    """Return the drafts that wait for this leader's word: deliberated sanctions, and other handling once told."""
    mine = Penalty.objects.visible_to(user).filter(
        suspect__case__members__user=user,
        suspect__case__members__side=Side.DECIDE,
        suspect__case__members__until__isnull=True,
    )
    return mine.exclude(drafted_by=user).filter(state=PenaltyState.DELIBERATED) | mine.exclude(drafted_by=user).filter(
        track=Track.HANDLING, state__in=[PenaltyState.INFORMED, PenaltyState.CONSULTED]
    )


WAITING = ListPage(
    title=gettext_lazy("待我审批的处分"),
    queryset=lambda user: with_measures(waiting_for(user)).annotate(since=F("state_since")),
    columns=(
        Column("name", gettext_lazy("对象"), "suspect.name", nowrap=True, link=True),
        COLUMNS[2],
        COLUMNS[5],
        Column("drafted", gettext_lazy("起草"), "drafted_by.name"),
        Column("since", gettext_lazy("送审时间"), "state_since", sort="state_since"),
    ),
    order=("state_since", "pk"),
    row_url=address_of("cases:penalty-approval"),
    key="penalty-approvals",
    unit=gettext_lazy("份"),
    facets=False,
    empty_text=gettext_lazy("没有等您审批的处分"),
    empty_why=gettext_lazy("轮到您这一级时，会通知您，并列在这里。"),
)
