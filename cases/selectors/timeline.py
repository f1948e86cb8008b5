"""One timeline of a case: what monitors saw, the field, evidence, conduct, approvals and limits, in lanes.

Everything is read for one reader: what he may not know of is not there and moves nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final, NamedTuple

from django.db.models import Count, Max, Min
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import ApprovalLevel, Lane, MeasureState, Precision
from cases.models import Case, Site
from cases.workflow import BY_NAME
from casework.accounts.models import User
from casework.core.moments import cn_datetime
from casework.deadlines.enums import State
from casework.deadlines.models import Deadline
from evidence.models import Item
from units.models import Lead

#: How many events a page draws; earlier ones are one link away.
MOST: Final = 200
_MOMENT: Final = "%Y%m%dT%H%M%S%f"


class Event(NamedTuple):
    """Something at a moment, or from a moment to another; thousands of them are put in order for one page."""

    at: datetime
    lane: str
    title: str
    detail: str = ""
    url: str = ""
    until: datetime | None = None
    precision: str = Precision.EXACT
    pinned: bool = False
    moment_id: int = 0


@dataclass(frozen=True)
class Band:
    """One limit: from its first day to its last, with its pauses."""

    title: str
    start: date
    due: date
    stops: tuple[tuple[date, date | None], ...]
    live: bool
    url: str
    ended: date | None = None


def _day(day: date, hour: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def events_of(case: Case, user: User) -> list[Event]:
    """Return everything on the timeline of the case that this reader may know of, newest first."""
    found = [
        *_monitoring(case, user),
        *_field(case, user),
        *_evidence(case, user),
        *_conduct(case),
        *_approvals(case),
        *_own(case),
    ]
    return sorted(found, key=place_of, reverse=True)


#: Where an event stands in the order; what is told apart by nothing else is told apart by all of it.
place_of: Final = attrgetter("at", "title", "lane", "detail", "url", "moment_id")


def mark_of(event: Event) -> str:
    """Return the mark that names an event in an address: its moment, and what stands at that moment."""
    words = "\x1f".join(str(part) for part in place_of(event)[1:])
    return f"{event.at.astimezone(UTC):{_MOMENT}}-{sha256(words.encode()).hexdigest()[:12]}"


def _monitoring(case: Case, user: User) -> Iterable[Event]:
    lead = Lead.objects.visible_to(user).filter(pk=case.lead_id).first() if case.lead_id else None
    if lead is None:
        return
    days = (
        lead.sightings.annotate(day=TruncDate("observed_at"))
        .values("day")
        .annotate(times=Count("pk"), first=Min("observed_at"), last=Max("observed_at"))
        .order_by("day")
    )
    url = reverse("units:lead", args=[lead.pk])
    for row in days:
        yield Event(
            row["first"], Lane.MONITORING, _("监测到 %(n)d 次") % {"n": row["times"]}, lead.number, url,
            row["last"] if row["last"] != row["first"] else None,
        )  # fmt: skip


def _field(case: Case, user: User) -> Iterable[Event]:
    if case.lead_id:
        sites = Site.objects.visible_to(user).filter(lead=case.lead_id, arrived_at__isnull=False).select_related("unit")
        for site in sites:
            url = reverse("cases:site", args=[site.pk])
            yield Event(site.arrived_at, Lane.FIELD, _("现场检查"), site.unit.name, url, site.reported_at)
    for row in case.interviews.only("pk", "person_name", "kind", "number", "began_at", "ended_at", "case_id"):
        yield Event(
            row.began_at, Lane.FIELD, str(row), "", reverse("cases:interview", args=[case.pk, row.pk]), row.ended_at
        )
    for row in case.measures.exclude(began_at__isnull=True):
        open_ = row.state == MeasureState.IN_FORCE
        yield Event(
            row.began_at, Lane.FIELD, str(row), row.get_state_display(), reverse("cases:measures", args=[case.pk]),
            None if open_ else row.ended_at,
        )  # fmt: skip


def _evidence(case: Case, user: User) -> Iterable[Event]:
    items = Item.objects.visible_to(user).filter(compartment=case.compartment_id, parent__isnull=True)
    for pk, number, title, at in items.values_list("pk", "number", "title", "created_at"):
        yield Event(at, Lane.EVIDENCE, title, number, reverse("evidence:item", args=[pk]))


def _conduct(case: Case) -> Iterable[Event]:
    for row in case.suspects.all():
        if row.conduct_from:
            yield Event(
                _day(row.conduct_from), Lane.CONDUCT, _("%(name)s的行为") % {"name": row.name}, row.post,
                reverse("cases:suspect", args=[case.pk, row.pk]),
                _day(row.conduct_until, 23) if row.conduct_until else None, Precision.DAY,
            )  # fmt: skip


def _approvals(case: Case) -> Iterable[Event]:
    history = reverse("cases:history", args=[case.pk])
    yield Event(case.proposed_at, Lane.APPROVALS, _("报请立案"), case.drafted_by.name, history)
    for step, name, at, document in case.steps_taken.values_list("step", "actor__name", "at", "document"):
        words = f"{name} {document}".strip()
        yield Event(at, Lane.APPROVALS, str(BY_NAME[step].label), words, history)
    for level, name, at, voided in case.signatures.values_list("level", "user__name", "at", "voided_at"):
        words = _("%(level)s签批") % {"level": ApprovalLevel(level).label}
        yield Event(at, Lane.APPROVALS, words, f"{name}{_('，已失效') if voided else ''}", history)
    for row in case.measures.filter(decided_at__isnull=False).select_related("decided_by"):
        words = _("批准措施") if row.state != MeasureState.REFUSED else _("不批准措施")
        yield Event(row.decided_at, Lane.APPROVALS, words, str(row), reverse("cases:measures", args=[case.pk]))
    for row in case.corrections.all():
        yield Event(row.at, Lane.APPROVALS, _("结案后更正"), row.field_words, history)


def _own(case: Case) -> Iterable[Event]:
    rows = case.moments.filter(withdrawn_at__isnull=True)
    for at, lane, title, source, until, precision, pinned, pk in rows.values_list(
        "at", "lane", "title", "source", "until", "precision", "pinned", "pk"
    ):
        yield Event(at, lane, title, source, "", until, precision, pinned, moment_id=pk)


def bands_of(case: Case, user: User) -> list[Band]:
    """Return the limits of the case and of its measures as bands, the first to begin first."""
    refs = [f"case:{case.pk}", *(f"measure:{pk}" for pk in case.measures.values_list("pk", flat=True))]
    rows = (
        Deadline.objects.visible_to(user)
        .filter(ref__in=refs)
        .exclude(state=State.CANCELLED)
        .prefetch_related("suspensions")
        .order_by("start_on", "pk")
    )
    return [
        Band(
            row.title, row.start_on, row.due_on,
            tuple((stop.from_on, stop.to_on) for stop in row.suspensions.all()),
            row.state in {State.OPEN, State.STOPPED}, reverse("deadlines:detail", args=[row.pk]), row.met_on,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Window:
    """What a page shows: its events, the pinned ones besides, how many later and earlier ones there are."""

    events: list[Event]
    elsewhere: list[Event]  # the pinned ones that stand on other pages or in other days
    later: int
    earlier: int
    total: int


def window(events: list[Event], *, lanes: set[str], first: date | None, last: date | None, before: str = "") -> Window:
    """Choose by lane and day; at most ``MOST``, the latest, and the pinned ones always.

    ``before`` is the mark of the last event of another page: what is earlier than it, were they a thousand on one day.
    An event that is gone since is looked for by its moment alone, so that nothing is left out.
    """
    chosen = [
        event
        for event in events
        if (not lanes or event.lane in lanes)
        and (first is None or timezone.localdate(event.until or event.at) >= first)
        and (last is None or timezone.localdate(event.at) <= last)
    ]
    skipped = _place_after(chosen, before)
    shown = chosen[skipped : skipped + MOST]
    here = {event.moment_id for event in shown}
    elsewhere = [
        event for event in events if event.pinned and event.moment_id not in here and (not lanes or event.lane in lanes)
    ]
    return Window(shown, elsewhere, skipped, len(chosen) - skipped - len(shown), len(chosen))


def _place_after(chosen: list[Event], before: str) -> int:
    try:
        moment = datetime.strptime(before.partition("-")[0], _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return 0
    later = sum(event.at > moment for event in chosen)
    for place in range(later, len(chosen)):
        if chosen[place].at != moment:
            break
        if mark_of(chosen[place]) == before:
            return place + 1
    return later


LEFT, RIGHT, ROW, TOP = 116.0, 984.0, 36, 30


def picture(shown: Window, bands: list[Band], today: date) -> dict[str, Any] | None:
    """Return the numbers of the picture on a canvas 1,000 wide: a lane a row, the limits drawn into theirs."""
    events = [*shown.events, *shown.elsewhere]
    days = [timezone.localdate(event.at) for event in events]
    days += [timezone.localdate(event.until) for event in events if event.until]
    if not days and not bands:
        return None
    for band in bands:
        days += [band.start, band.due]
    first, last = min(days), max(*days, today)
    span = max((last - first).days, 1)

    def x(moment: datetime | date) -> float:
        if isinstance(moment, datetime):
            local = timezone.localtime(moment)
            offset = (local.date() - first).days + local.hour / 24 + local.minute / 1440
        else:
            offset = float((moment - first).days)
        return round(LEFT + (RIGHT - LEFT) * min(max(offset / span, 0.0), 1.0), 1)

    lanes: list[dict[str, Any]] = []
    for lane in Lane:
        y = TOP + len(lanes) * ROW
        marks = [
            {
                "x": f"{x(event.at):.1f}",
                "width": f"{max(x(event.until) - x(event.at), 3.0):.1f}" if event.until else "",
                "cls": f"f-{_COLOURS[lane]}" if event.precision == Precision.EXACT else f"f-open s-{_COLOURS[lane]} f-dash",
                "pinned": event.pinned, "words": f"{cn_datetime(event.at)} {event.title}",
            }
            for event in reversed(events)
            if event.lane == lane
        ]  # fmt: skip
        if marks or lane != Lane.DEADLINES:
            lanes.append(
                {
                    "label": lane.label,
                    "y": y,
                    "middle": y + ROW // 2,
                    "bar": y + ROW // 2 - 5,
                    "text": y + ROW // 2 + 4,
                    "marks": marks,
                }
            )
    rows = _band_rows(bands, x, today, TOP + len(lanes) * ROW)
    return {
        "lanes": lanes,
        "bands": rows,
        "height": TOP + len(lanes) * ROW + len(rows) * 22 + 24,
        "today": x(today),
        "months": _months(first, last, x),
        "bottom": TOP + len(lanes) * ROW + len(rows) * 22,
    }


_COLOURS: Final = {
    Lane.MONITORING: "violet", Lane.FIELD: "blue", Lane.EVIDENCE: "green", Lane.CONDUCT: "red",
    Lane.APPROVALS: "grey", Lane.DEADLINES: "amber",
}  # fmt: skip


def _band_rows(bands: list[Band], x: Any, today: date, top: int) -> list[dict[str, Any]]:
    rows = []
    for place, band in enumerate(bands):
        until = today if band.live else band.ended or band.due
        start, due, now = x(band.start), x(band.due), x(min(max(until, band.start), band.due))
        rows.append(
            {
                "y": top + place * 22 + 4, "text": top + place * 22 + 15, "title": band.title, "start": start,
                "passed": round(now - start, 1), "now": now, "left": round(due - now, 1), "due": due,
                "stops": [(x(a), max(round(x(b or today) - x(a), 1), 2.0)) for a, b in band.stops],
            }
        )  # fmt: skip
    return rows


def _months(first: date, last: date, x: Any) -> list[tuple[float, str]]:
    marks, day = [], date(first.year, first.month, 1)
    while day <= last:
        if day >= first:
            marks.append((x(day), f"{day.year}-{day.month:02}"))
        day = (day + timedelta(days=32)).replace(day=1)
    step = 1 + len(marks) // 12
    return marks[::step]
