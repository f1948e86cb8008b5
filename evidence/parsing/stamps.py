"""Times as logs write them. What a log leaves out (year, zone) is inferred and marked; leaps of a clock are marked."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import groupby
from zoneinfo import ZoneInfo

from evidence.parsing.events import CLOCK_SUSPECT, EXACT, TZ_INFERRED, YEAR_INFERRED

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
MICRO = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

INFERRED = (YEAR_INFERRED, TZ_INFERRED)
NO_ZONE = (TZ_INFERRED,)
SUSPECT = (YEAR_INFERRED, TZ_INFERRED, CLOCK_SUSPECT)

Stamp = tuple[int, tuple[str, ...]]
#: ``06:55`` -> microseconds since the hour.
WITHIN = {f"{minute:02d}:{second:02d}": (minute * 60 + second) * MICRO for minute in range(60) for second in range(60)}


def micros(moment: datetime) -> int:
    """Return an aware moment as microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


class Yearless:
    """Reads ``Dec 10 06:55:46``. The year follows from the last line's year and the turns of the year before it."""

    def __init__(self, year: int, zone: tzinfo) -> None:
        self.year = year
        self.zone = zone
        self.month = 0
        self.last = ""
        self.value: Stamp | None = None
        self.hours: dict[tuple[int, str], int] = {}
        self.reset_from = 0
        self.turns = 0
        #: The hour of the last line, with which none begins before there was one; and its microseconds.
        self.hour = "\n"
        self.begun = 0
        self.quality: tuple[str, ...] = INFERRED

    def read(self, text: str) -> Stamp | None:
        """Return (microseconds, quality), or None where this is no time."""
        if text == self.last:
            return self.value
        self.last = text
        if text[:10] == self.hour:
            within = WITHIN.get(text[10:15])
            if within is not None:
                self.value = (self.begun + within, self.quality)
                return self.value
        self.value = None
        month = MONTHS.get(text[:3])
        if month is None or text[9:10] != ":":
            return None
        try:
            second = int(text[10:12]) * 60 + int(text[13:15])
        except ValueError:
            return None
        suspect = False
        if month != self.month:
            suspect = self._turn(month, text)
        elif self.reset_from:
            suspect = True
        base = self.hours.get((self.year, text[:9]))
        if base is None:
            base = self._hour(month, text)
            if base is None:
                return None
        if second >= 3660:
            return None
        self.hour, self.begun = text[:10], base
        self.quality = SUSPECT if suspect or self.reset_from else INFERRED
        self.value = (base + second * MICRO, self.quality)
        return self.value

    def _turn(self, month: int, text: str) -> bool:
        """Follow the calendar over a month's end; a fall to 1 January in mid-year is a clock reset, not a new year."""
        step = month - self.month
        if self.reset_from:
            if month >= self.reset_from:
                self.reset_from = 0
        elif self.month and step <= -6:
            if self.month < 11 and text[:6] == "Jan  1":
                self.reset_from = self.month
                self.month = month
                return True
            self.year += 1
            self.turns += 1
        elif self.month and step >= 6:
            self.year -= 1
            self.turns -= 1
        self.month = month
        return bool(self.reset_from)

    def _hour(self, month: int, text: str) -> int | None:
        year = self.year
        try:
            day, hour = int(text[4:6]), int(text[7:9])
            if month == 2 and day == 29:
                while year % 4 or (year % 100 == 0 and year % 400):
                    year -= 1
            base = micros(datetime(year, month, day, hour, tzinfo=self.zone))
        except (ValueError, OverflowError):
            return None
        if len(self.hours) > 4096:
            self.hours.clear()
        self.hours[(self.year, text[:9])] = base
        return base


_ISO = re.compile(
    r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)[T ](\d\d?):(\d\d)(?::(\d\d))?(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?"
)


class Full:
    """Reads ``2021-12-10T06:55:46.123+08:00`` and its sisters; without an offset the zone is inferred."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.hours: dict[tuple[str, str, str, str, str | None], int] = {}
        self.exact: dict[str, int] = {}

    def read(self, text: str) -> Stamp | None:
        """Return (microseconds, quality), or None where this is no time."""
        if len(text) == 27 and text[-1] == "Z" and text[19] == "." and text[10] == "T":
            known, within = self.exact.get(text[:13]), WITHIN.get(text[14:19])
            if known is not None and within is not None and text[20:26].isdecimal():
                return known + within + int(text[20:26]), EXACT
        found = _ISO.match(text)
        if found is None:
            return None
        year, month, day, hour, minute, second, fraction, offset = found.groups()
        key = (year, month, day, hour, offset)
        base = self.hours.get(key)
        if base is None:
            try:
                zone = zone_of(offset) if offset else self.zone
                base = micros(datetime(int(year), int(month), int(day), int(hour), tzinfo=zone))
            except (ValueError, OverflowError):
                return None
            if len(self.hours) > 4096:
                self.hours.clear()
            self.hours[key] = base
            if offset == "Z":
                if len(self.exact) > 4096:
                    self.exact.clear()
                self.exact[text[:13]] = base
        micro = int(fraction[:6].ljust(6, "0")) if fraction else 0
        whole = base + (int(minute) * 60 + int(second or 0)) * MICRO + micro
        return whole, (EXACT if offset else NO_ZONE)


def zone_of(offset: str) -> tzinfo:
    """Return the zone of ``Z`` or ``+08:00``."""
    if offset == "Z":
        return UTC
    sign = -1 if offset[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:])))


def epoch(text: str, *, scale: int = MICRO) -> int | None:
    """Return seconds since 1970 (with a fraction) as microseconds; None where this is no such number."""
    whole, _, fraction = text.partition(".")
    try:
        value = int(whole) * scale
        if fraction and scale == MICRO:
            value += int(fraction[:6].ljust(6, "0"))
    except ValueError:
        return None
    return value if -62_135_596_800 * MICRO <= value <= 253_402_300_799 * MICRO else None


_HEADED = re.compile(rb"^(?:<\d{1,3}>)?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:", re.MULTILINE)


def _months(data: bytes) -> list[bytes]:
    """Return the months of the stamps in ``data``, in order; one stands for many where all lines are of it."""
    first = _HEADED.match(data) or _HEADED.match(data, data.find(b"\n") + 1)
    # Looking for a line that begins otherwise is quicker than looking at every line. Before the first stamp stands at most the
    # rest of a line.
    if first is not None and re.search(rb"\n(?!" + first[1] + rb"|\Z)", data) is None:
        return [first[1]]
    return _HEADED.findall(data)


def turns_of_year(data: bytes, month: int = 0) -> tuple[int, int]:
    """Return (turns of the year, last month) over the stamps without a year in ``data``, going on from ``month``."""
    turns = 0
    for name, _same in groupby(_months(data)):
        now = MONTHS[name.decode()]
        if month and now - month <= -6 and month >= 11:
            turns += 1
        elif month and now - month >= 6 and turns:
            turns -= 1
        month = now
    return turns, month


def last_stamp(data: bytes) -> str:
    """Return the last stamp without a year in ``data``, such as ``Dec 10 06:55:46``."""
    size = 4096
    while True:
        tail = data[-size:]
        starts = [found.start(1) for found in _HEADED.finditer(tail)]
        # The first stamp of a piece may be one that only looks so, in the middle of a cut line.
        if len(starts) > 1 or (starts and size >= len(data)):
            return tail[starts[-1] : starts[-1] + 15].decode("latin-1")
        if size >= len(data):
            return ""
        size *= 8


def year_of_last(stamp: str, reference: datetime, zone: tzinfo) -> int:
    """Return the latest year in which ``stamp`` is not after the reference (a day's grace for clocks ahead)."""
    year = reference.astimezone(zone).year
    for candidate in (year + 1, year, year - 1):
        try:
            moment = datetime(
                candidate, MONTHS[stamp[:3]], int(stamp[4:6]), int(stamp[7:9]), int(stamp[10:12]), tzinfo=zone
            )
        except (ValueError, KeyError):
            continue
        if moment <= reference + timedelta(days=1):
            return candidate
    return year
