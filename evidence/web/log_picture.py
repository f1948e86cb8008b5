"""The timeline as a picture: lanes of bars, stretches where lines are missing, drawn on the server."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log1p
from urllib.parse import urlencode

from django.utils import timezone

from casework.core.moments import cn_datetime
from evidence.log_words import check_words, verdict_words
from evidence.models.logs import EventMark, LogFinding
from evidence.selectors.logs import Asked, LaneBars

#: To the left stand the name of a lane and a count of millions, side by side in either language.
WIDTH, LEFT, LANE, TOP = 1000, 208, 30, 22


@dataclass(frozen=True)
class Box:
    """A rectangle with a link and what it says."""

    x: float
    y: float
    width: float
    height: float
    url: str
    title: str
    cls: str


@dataclass(frozen=True)
class Tick:
    """A mark of the time axis."""

    x: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Pin:
    """A starred event: where it lies, its key, what it says."""

    x: float
    event: int
    title: str


@dataclass
class Row:
    """A lane: where it lies, its name, how many events."""

    y: int
    label: str
    events: int
    url: str
    on: bool
    boxes: list[Box] = field(default_factory=list)


@dataclass
class Picture:
    """All that the template draws."""

    height: int
    rows: list[Row]
    ticks: list[Tick]
    gaps: list[Box]
    events: int
    pins: list[Pin]
    left: int = LEFT


STEPS = (
    timedelta(seconds=1),
    timedelta(seconds=5),
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=7),
    timedelta(days=14),
    timedelta(days=30),
    timedelta(days=91),
    timedelta(days=365),
)


def query(given: dict[str, str | list[str]], **changed: object) -> str:
    """Return the address' query with changes; an empty value takes a part away."""
    parts = {**given, **{key: value for key, value in changed.items() if value is not None}}
    parts = {key: value for key, value in parts.items() if value != ""}
    return "?" + urlencode(parts, doseq=True)


def stamp(moment: datetime) -> str:
    """Return a moment as the address writes it."""
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M:%S")


def draw(
    lanes: list[LaneBars],
    findings: list[LogFinding],
    asked: Asked,
    given: dict[str, str | list[str]],
    starred: list[tuple[datetime, EventMark]],
) -> Picture:
    """Lay out lanes, axis, gaps and starred events of a window."""
    span = (asked.until - asked.since).total_seconds() or 1.0
    inner = WIDTH - LEFT

    def place(moment: datetime) -> float:
        return round(LEFT + inner * max(0.0, min(1.0, (moment - asked.since).total_seconds() / span)), 1)

    rows: list[Row] = []
    for number, lane in enumerate(lanes):
        y = TOP + number * LANE
        most = max((bar.events for bar in lane.bars), default=0)
        row = Row(
            y=y,
            label=str(lane.lane.label),
            events=lane.events,
            url=query(given, lane="" if asked.lanes == (lane.lane,) else lane.lane.value, after=""),
            on=not asked.lanes or lane.lane in asked.lanes,
        )
        for bar in lane.bars:
            height = round(3 + (LANE - 9) * log1p(bar.events) / log1p(most), 1)
            left, right = place(bar.since), place(bar.until)
            row.boxes.append(
                Box(
                    left,
                    round(y + LANE - 4 - height, 1),
                    round(max(1.5, right - left - 1), 1),
                    height,
                    query(given, since=stamp(bar.since), until=stamp(bar.until + timedelta(seconds=1)), after=""),
                    f"{_short(bar.since)} – {_short(bar.until)}：{bar.events}",
                    "tl-m" if bar.marked else "tl-b",
                )
            )
        rows.append(row)
    height = TOP + len(lanes) * LANE + 6
    gaps = _gaps(findings, place, height - TOP)
    pins = [Pin(place(at), mark.event_id, f"{_short(at)} ★ {mark.comment}".strip()) for at, mark in starred]
    return Picture(height, rows, _ticks(asked, place), gaps, sum(row.events for row in rows), pins)


def _gaps(findings: list[LogFinding], place: Callable[[datetime], float], height: int) -> list[Box]:
    """Return the stretches where something is missing: those of one verdict that overlap are one, or they would hide the bars."""
    drawn: list[tuple[str, float, float, list[LogFinding]]] = []
    spans = [(place(one.before_at), place(one.after_at), one) for one in findings if one.before_at and one.after_at]
    for left, right, one in sorted(spans, key=lambda span: (span[2].verdict, span[:2])):
        if drawn and drawn[-1][0] == one.verdict and left < drawn[-1][2]:
            verdict, begin, end, together = drawn.pop()
            drawn.append((verdict, begin, max(end, right), [*together, one]))
        else:
            drawn.append((one.verdict, left, right, [one]))
    return [
        Box(
            left,
            TOP - 6,
            round(max(3.0, right - left), 1),
            height,
            f"#finding-{together[0].pk}",
            f"{verdict_words(verdict)}："
            + "；".join(dict.fromkeys(str(check_words(one.check_name)) for one in together)),
            f"tl-g tl-{verdict}",
        )
        for verdict, left, right, together in drawn
    ]


def _short(moment: datetime) -> str:
    return cn_datetime(moment, seconds=True)


def _ticks(asked: Asked, place: Callable[[datetime], float]) -> list[Tick]:
    span = asked.until - asked.since
    step = next((one for one in STEPS if span / one <= 9), STEPS[-1])
    zero = timezone.localtime(asked.since).replace(hour=0, minute=0, second=0, microsecond=0)
    count = int((asked.since - zero) / step) + 1
    ticks: list[Tick] = []
    while (moment := zero + step * count) < asked.until and len(ticks) < 12:
        local = timezone.localtime(moment)
        midnight = not (local.hour or local.minute or local.second)
        form = (
            "%Y-%m-%d"
            if step >= timedelta(days=30)
            else "%m-%d"
            if step >= timedelta(days=1) or midnight
            else "%H:%M"
            if step >= timedelta(minutes=1)
            else "%H:%M:%S"
        )
        x = place(moment)
        ticks.append(Tick(x, local.strftime(form), "end" if x > WIDTH - 40 else "middle"))
        count += 1
    return ticks
