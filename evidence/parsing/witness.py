"""What a log can testify to about sessions, so that two logs of one machine can be held against each other."""

from array import array
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from evidence.parsing.findings import Bound, Finding

LOGIN, NUMBER = "login", "number"
#: So many statements of one source are kept; from the first that is not, it is no longer heard.
KEPT = 100_000
#: So many places of lines are kept, 24 bytes each.
PLACES = 1_000_000
#: What is told about sessions, and what explains that something is not told.
SEEN = frozenset(
    {
        "session_opened",
        "session_closed",
        "session_kind",
        "login",
        "logind_new",
        "logind_removed",
        "systemd_session",
        "sudo",
        "log_rate_limited",
        "clock_changed",
    }
)
#: Of these kinds, by action and outcome, none is told by any watch: nobody came in.
UNHEARD = frozenset({("login", "failure")})


@dataclass(frozen=True, slots=True)
class Said:
    """One statement: somebody came in, or a session number was given out."""

    kind: str
    ts: int
    user: str
    ip: str
    number: str
    #: Whether the login had a terminal, which alone leaves a record in wtmp; False also where the log does not say.
    terminal: bool
    offset: int
    length: int

    def words(self) -> str:
        """Return the statement in plain letters, for records that are no text."""
        return " ".join(part for part in (self.number, self.user, self.ip) if part)


def said_of(event: Mapping[str, Any], format_name: str) -> Said | None:
    """Return what an event testifies to, or None."""
    ts = event.get("ts")
    if ts is None:
        return None
    action, attrs = event["event_action"], event.get("attrs") or {}
    user, ip = event.get("user_name") or "", event.get("source_ip") or ""
    place = (event["raw_offset"], event["raw_length"])
    if action in {"logind_new", "systemd_session"}:
        number = event.get("session_key") or ""
        return Said(NUMBER, ts, user, "", number, False, *place) if number.isdecimal() else None
    if format_name == "utmp":
        remote = ip or str(attrs.get("from") or "")
        if action != "session_opened" or not (event.get("tty") or "").startswith("pts/") or remote[:1] in {"", ":"}:
            return None
        return Said(LOGIN, ts, user, ip, "", True, *place)
    if action == "session_kind":
        return Said(LOGIN, ts, user, ip, "", True, *place) if event.get("tty") else None
    if action == "login" and event.get("event_outcome") == "success":
        remote_login = attrs.get("service") == "sshd" or "sshd" in (event.get("process_executable") or "")
        return Said(LOGIN, ts, user, ip, "", False, *place) if remote_login and user and ip else None
    return None


@dataclass
class Voice:
    """A source as a witness. A rotated set speaks with one voice: ``spans`` are the stretches that its files cover."""

    name: str
    format: str
    spans: list[tuple[int, int]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    #: Moments at which the source says that lines were dropped, or that the clock was set.
    limited: list[int] = field(default_factory=list)
    clock: list[int] = field(default_factory=list)
    #: From here on the statements were too many to be kept.
    until: int | None = None
    #: Which piece of evidence the source belongs to; the sources of one are of one machine unless they say otherwise.
    origin: Any = None

    def covers(self, ts: int, slack: int) -> bool:
        """Tell whether a moment lies well within what the source covers."""
        return any(first + slack <= ts <= last - slack for first, last in self.spans)


class Testimony:
    """Keeps what a source says about sessions, and where its lines about them lie. Finds nothing by itself."""

    actions: frozenset[str] | None = SEEN

    def __init__(self, format_name: str) -> None:
        self.voice = Voice("", format_name)
        self.times, self.offsets, self.lengths = array("q"), array("q"), array("q")

    def see(self, event: Any) -> None:
        """Note an event."""
        ts, action = event.get("ts"), event["event_action"]
        if ts is None or (action == "login" and event.get("event_outcome") != "success"):
            return
        voice = self.voice
        if action == "log_rate_limited":
            voice.limited.append(ts)
        elif action == "clock_changed":
            voice.clock.append(ts)
        if event.get("host"):
            voice.hosts.add(event["host"].lower().partition(".")[0])
        if len(self.times) < PLACES:
            self.times.append(ts)
            self.offsets.append(event["raw_offset"])
            self.lengths.append(event["raw_length"])
        said = said_of(event, voice.format)
        if said is None:
            return
        if len(voice.said) < KEPT:
            voice.said.append(said)
        elif voice.until is None or ts < voice.until:
            voice.until = ts

    def _place(self, at: int) -> Bound | None:
        if not 0 <= at < len(self.times):
            return None
        return Bound(self.offsets[at], self.lengths[at], self.times[at])

    def around(self, ts: int) -> tuple[Bound | None, Bound | None]:
        """Return the last line about sessions before a moment, and the first one after it."""
        at = bisect_right(self.times, ts)
        return self._place(at - 1), self._place(at)

    def edges(self) -> list[tuple[int, int, int | None]]:
        """Return the places of the first and the last line about sessions; none where there is no such line."""
        found = (self._place(0), self._place(len(self.times) - 1))
        return [bound.place() for bound in found if bound is not None]

    def finish(self) -> list[Finding]:
        """Put the places into the order of time; what they contradict is found once another source speaks."""
        times = self.times
        if any(one > other for one, other in pairwise(times)):
            order = sorted(range(len(times)), key=times.__getitem__)
            for name in ("times", "offsets", "lengths"):
                setattr(self, name, array("q", [getattr(self, name)[at] for at in order]))
        self.voice.said.sort(key=lambda one: one.ts)
        return []

    def move(self, by: int) -> None:
        """Take microseconds from every time: what the clock of the source was ahead."""
        voice = self.voice
        voice.said = [replace(said, ts=said.ts - by) for said in voice.said]
        voice.limited = [moment - by for moment in voice.limited]
        voice.clock = [moment - by for moment in voice.clock]
        voice.until = voice.until - by if voice.until is not None else None
        self.times = array("q", [ts - by for ts in self.times])
