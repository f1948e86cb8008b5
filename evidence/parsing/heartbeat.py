"""What comes every hour at the same minute is missed when it does not come: cron's hourly run, MARK lines, renewals."""

from itertools import pairwise
from typing import Any

from evidence.parsing.events import Event
from evidence.parsing.findings import EXPLAINED, UNKNOWN, Bound, Finding

HOUR = 3_600_000_000
LEAST_HOURS = 24
SHARE = 0.95
_MINUTES_KEPT = 20_000


class Heartbeat:
    """Learns at which minute something comes every hour, and reports the hours in which it did not."""

    actions: frozenset[str] | None = frozenset(
        {
            "session_opened",
            "job_started",
            "heartbeat",
            "machine_started",
            "machine_stopping",
            "service_started",
            "clock_changed",
        }
    )

    def __init__(self) -> None:
        self.beats: dict[tuple[str, int], dict[int, tuple[int, int, int]]] = {}
        self.starts: list[int] = []
        self.clock: list[int] = []
        self.first: int | None = None
        self.last: int | None = None
        #: What comes every hour, once the whole log was seen.
        self.told: dict[str, Any] = {}

    def see(self, event: Event) -> None:
        """Note a beat, or a start of the machine."""
        ts = event.get("ts")
        if ts is None:
            return
        action = event["event_action"]
        if action == "clock_changed":
            self.clock.append(ts)
            return
        if action in {"machine_started", "machine_stopping", "service_started"}:
            self.starts.append(ts)
            return
        if action == "session_opened" and event["attrs"].get("service") not in {"cron", "crond"}:
            return
        self.first = ts if self.first is None else min(self.first, ts)
        self.last = ts if self.last is None else max(self.last, ts)
        hour, rest = divmod(ts, HOUR)
        key = (action, rest // 60_000_000)
        hours = self.beats.get(key)
        if hours is None:
            hours = self.beats[key] = {}
        if len(hours) < _MINUTES_KEPT and hour not in hours:
            hours[hour] = (event["raw_offset"], event["raw_length"], ts)

    def finish(self) -> list[Finding]:
        """Return the stretches of hours without the beat that otherwise comes every hour."""
        if self.first is None or self.last is None:
            return []
        best = max(self.beats.items(), key=lambda item: len(item[1]), default=None)
        if best is None:
            return []
        (action, minute), hours = best
        low, high = min(hours), max(hours)
        running = high - low + 1 - self._off(low, high, hours)
        if len(hours) < LEAST_HOURS or len(hours) < running * SHARE:
            return []
        self.told = {
            "beat": [action, minute],
            "first": hours[low],
            "last": hours[high],
            "restarted_before": any(start <= hours[low][2] for start in self.starts),
            "restarted_after": any(start > hours[high][2] for start in self.starts),
            "clock": any(moment <= hours[low][2] or moment > hours[high][2] for moment in self.clock),
        }
        out: list[Finding] = []
        previous = low
        for hour in sorted(hours):
            if hour > previous + 1:
                out.append(self._finding(action, minute, hours, previous, hour))
            previous = hour
        return out

    def ends(self) -> dict[str, Any]:
        """Return the first and the last beat of a log that has one every hour, for the files before and after it."""
        return {"heartbeat": self.told} if self.told else {}

    def _off(self, low: int, high: int, hours: dict[int, tuple[int, int, int]]) -> int:
        """Return the hours in holes that end with a start of the machine."""
        known = sorted(hours)
        off = 0
        for before, after in pairwise(known):
            if after > before + 1 and any(hours[before][2] < start <= hours[after][2] for start in self.starts):
                off += after - before - 1
        return off

    def _finding(
        self, action: str, minute: int, hours: dict[int, tuple[int, int, int]], before: int, after: int
    ) -> Finding:
        one, other = hours[before], hours[after]
        restarted = any(one[2] < start <= other[2] for start in self.starts)
        jumped = any(one[2] < moment <= other[2] for moment in self.clock)
        return Finding(
            "heartbeat",
            EXPLAINED if restarted or jumped else UNKNOWN,
            expected=after - before - 1,
            found=0,
            before=Bound(*one),
            after=Bound(*other),
            benign={"machine_off": restarted, "clock_changed": jumped},
            facts={"beat": action, "minute": minute},
        )
