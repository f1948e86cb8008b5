"""Geometry of the server-drawn pictures: pure functions from facts to SVG numbers. Colour comes from CSS classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.core.moments import cn_date
from casework.web.components import DeadlineLine, Share

LEFT, RIGHT, TOP_ROW, LOW_ROW = 16.0, 744.0, 14, 112
LABEL = 104.0  # what "今天 10月27日" needs at 12 px, with air


@dataclass(frozen=True)
class Bar:
    """A rectangle with a class and perhaps a word over its middle."""

    x: float
    width: float
    cls: str
    label: str = ""

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Mark:
    """An upright line with a word; ``anchor`` as SVG's text-anchor."""

    x: float
    label: str
    anchor: str = "middle"
    y: int = TOP_ROW


@dataclass(frozen=True)
class DeadlinePicture:
    bars: Sequence[Bar]
    stops: Sequence[Bar]
    months: Sequence[Mark]
    start: Mark
    now: Mark
    due: Mark
    first_due: Mark | None
    added: Bar | None
    sentence: str


def _months(first: date, last: date) -> list[date]:
    days = []
    year, month = first.year, first.month
    while True:
        month += 1
        if month == 13:
            year, month = year + 1, 1
        day = date(year, month, 1)
        if day >= last:
            break
        days.append(day)
    step = 1 + len(days) // 9
    return days[::step]


def deadline_picture(line: DeadlineLine) -> DeadlinePicture:
    """Return the numbers of a deadline line on a canvas of 760 × 124."""
    last = max(line.due, line.today, line.first_due or line.due)
    span = max((last - line.start).days, 1)

    def x(day: date) -> float:
        return round(LEFT + (RIGHT - LEFT) * min(max((day - line.start).days, 0), span) / span, 1)

    start_x, now_x, due_x = x(line.start), x(line.today), x(line.due)
    bars = [Bar(start_x, round(min(now_x, due_x) - start_x, 1), "f-done")]
    if line.today < line.due:
        bars.append(Bar(now_x, round(due_x - now_x, 1), "f-rest"))
    elif line.today > line.due:
        bars.append(Bar(due_x, round(now_x - due_x, 1), "f-late"))
    stops = [
        Bar(
            x(stop.from_on),
            round(max(x(stop.until or line.today) - x(stop.from_on), 4), 1),
            "f-stop",
            ngettext("停 %(n)s 天", "停 %(n)s 天", stop.days) % {"n": stop.days},
        )
        for stop in line.stops
    ]
    crowded = min(now_x - start_x, abs(due_x - now_x)) < LABEL * 1.5
    words = {
        "start": f"{line.start_label or _('开始')} {cn_date(line.start, line.today)}",
        "now": f"{_('今天')} {cn_date(line.today, line.today)}",
        "due": f"{_('到期')} {cn_date(line.due, line.today)}",
    }
    anchor = "start" if now_x < LEFT + LABEL / 2 else "end" if now_x > RIGHT - LABEL / 2 else "middle"
    now = Mark(now_x, words["now"], anchor, LOW_ROW if crowded else TOP_ROW)
    due = Mark(due_x, words["due"], "end" if due_x > RIGHT - LABEL / 2 else "middle")
    first = None
    added = None
    sentence = [words["start"]]
    if line.first_due and line.first_due != line.due:
        first_x = x(line.first_due)
        first = Mark(
            first_x,
            f"{_('原到期')} {cn_date(line.first_due, line.today)}",
            "end" if first_x > RIGHT - LABEL / 2 else "middle",
            96,
        )
        moved = (line.due - line.first_due).days
        low, high = sorted((first_x, due_x))
        sign = "＋" if moved > 0 else "－"
        added = Bar(low, round(high - low, 1), "f-due", _("%(sign)s%(n)s 天") % {"sign": sign, "n": abs(moved)})
        sentence.append(first.label)
    if line.stops:
        sentence.append(
            ngettext(
                "暂停 %(times)s 次共 %(n)s 天", "暂停 %(times)s 次共 %(n)s 天", sum(stop.days for stop in line.stops)
            )
            % {"times": len(line.stops), "n": sum(stop.days for stop in line.stops)}
        )
    sentence += [words["due"], words["now"]]
    months = [Mark(x(day), cn_date(day, line.today)) for day in _months(line.start, last) if abs(x(day) - RIGHT) > 30]
    return DeadlinePicture(
        bars, stops, months, Mark(start_x, words["start"], "start"), now, due, first, added, _("，").join(sentence)
    )


@dataclass(frozen=True)
class RingPicture:
    done: int
    total: int
    length: float
    rest: float


def ring_picture(done: int, total: int) -> RingPicture:
    """Return the dash lengths of a ring of radius 50; nothing done draws nothing, over-full is full."""
    around = 314.16
    share = min(max(done / total, 0), 1) if total else 0
    return RingPicture(done, total, round(around * share, 1), round(around, 1))


def share_bars(parts: Sequence[Share], width: float = 240) -> list[Bar]:
    """Return the bars of a share bar; a part that counts is at least 2 wide, parts of zero are left out."""
    counted = [part for part in parts if part.count > 0]
    total = sum(part.count for part in counted)
    if not total:
        return [Bar(0, width, "g-grey")]
    gap = 1.5
    room = width - gap * (len(counted) - 1)
    widths = [max(room * part.count / total, 2.0) for part in counted]
    scale = room / sum(widths)
    bars = []
    left = 0.0
    for part, wide in zip(counted, widths, strict=True):
        bars.append(Bar(round(left, 1), round(wide * scale, 1), f"g-{part.colour}", str(part.label)))
        left += wide * scale + gap
    return bars
