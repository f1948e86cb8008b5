"""A rotated set is one log: ``auth.log.2.gz``, ``auth.log.1`` and ``auth.log`` continue each other, and what is counted goes on.

Every file tells where its counts begin and end (``ends``, plain JSON); between the end of one and the beginning of the
next nothing may be missing either.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from evidence.parsing.findings import EXPLAINED, PROVED, UNKNOWN, Bound, Finding
from evidence.parsing.heartbeat import HOUR
from evidence.parsing.sessions import LEAST, SETS, SHARE
from evidence.parsing.watches import RESET

_PACKED = re.compile(r"\.(?:gz|bz2|xz)$")
_NUMBERED = re.compile(r"(.*?)[.-](\d{1,3})$")
_DATED = re.compile(r"(.*?)[.-](\d{8})$")


def rotation(name: str) -> tuple[str, int]:
    """Return the name of the set and the order in it, oldest first: ``auth.log.2.gz``, ``auth.log.1``, ``auth.log``; or by date."""
    base = _PACKED.sub("", name)
    found = _DATED.match(base)
    if found and "19700101" <= found[2] < "21000101":
        return found[1], int(found[2]) - 1_000_000_000
    found = _NUMBERED.match(base)
    return (found[1], -int(found[2])) if found else (base, 0)


@dataclass
class Part:
    """A file that was read, as a part of a set. ``key`` is the caller's own name for it."""

    key: Any
    name: str
    format: str
    lines: int
    unparsed: int
    events: int
    first: int | None
    last: int | None
    ends: dict[str, Any]


@dataclass
class Rotated:
    """Parts that continue each other, oldest first."""

    name: str
    parts: list[Part] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """Return the set's account: its files as one source."""
        unparsed = sum(part.unparsed for part in self.parts)
        lines = sum(part.lines for part in self.parts)
        return {
            "name": self.name,
            "files": [part.name for part in self.parts],
            "lines": lines,
            "parsed": lines - unparsed,
            "unparsed": unparsed,
            "events": sum(part.events for part in self.parts),
        }


@dataclass(frozen=True)
class Joint:
    """A finding between two parts: it is told at the later one."""

    earlier: Part
    later: Part
    finding: Finding


def sets_of(parts: list[Part]) -> list[Rotated]:
    """Return the rotated sets of two and more files among the parts."""
    found: dict[tuple[str, str], Rotated] = {}
    for part in parts:
        name = rotation(part.name)[0]
        found.setdefault((name, part.format), Rotated(name)).parts.append(part)
    sets = [one for one in found.values() if len({rotation(part.name)[1] for part in one.parts}) == len(one.parts) > 1]
    for one in sets:
        one.parts.sort(key=lambda part: rotation(part.name)[1])
    return sets


def between(one: Rotated) -> list[Joint]:
    """Return what is missing between the files of a set."""
    out: list[Joint] = []
    for earlier, later in zip(one.parts, one.parts[1:], strict=False):
        number, following = -rotation(earlier.name)[1], -rotation(later.name)[1]
        absent = number - following - 1 if number < 1000 else 0
        if absent > 0:
            facts = {"set": one.name, "earlier": earlier.name, "files": absent}
            finding = Finding(
                "rotated_file_missing", UNKNOWN, expected=absent, found=0, before=_edge(earlier, 1), after=_edge(later, 0),
                benign={"retention": False}, facts=facts,
            )  # fmt: skip
            out.append(Joint(earlier, later, finding))
        found = [
            finding for check in (_numbers, _sessions, _beats) for finding in check(earlier, later, absent=absent > 0)
        ]
        for finding in found:
            finding.facts |= {"set": one.name, "earlier": earlier.name}
            out.append(Joint(earlier, later, finding))
    return out


def _edge(part: Part, at: int) -> Bound | None:
    known = part.ends.get("edges")
    return Bound(*known[at]) if known else None


def _numbers(earlier: Part, later: Part, *, absent: bool) -> list[Finding]:
    out: list[Finding] = []
    for check in ("audit_serial", "journal_cursor", "vendor_serial"):
        before, after = earlier.ends.get(check, {}), later.ends.get(check, {})
        for name in sorted(set(before) & set(after)):
            (last, *edge), (first, *begin) = before[name][1], after[name][0]
            if last + 1 < first < last + RESET * 256:
                out.append(
                    Finding(
                        check,
                        UNKNOWN if absent else PROVED,
                        expected=first - last - 1,
                        found=0,
                        before=Bound(*edge),
                        after=Bound(*begin),
                        benign={"rotation": absent, "restart": False},
                        facts={"sequence": name, "from": last + 1, "to": first - 1},
                    )
                )
    return out


def _sessions(earlier: Part, later: Part, *, absent: bool) -> list[Finding]:
    before, after = earlier.ends.get("logind_sessions"), later.ends.get("logind_sessions")
    if not before or not after or before["restarted_after"] or after["restarted_before"]:
        return []
    kept = [before["kept"][number] + after["kept"][number] for number in range(len(SETS))]
    intervals = before["intervals"] + after["intervals"]
    best = max(range(len(SETS)), key=lambda number: kept[number])
    (last, *edge), (first, *begin) = before["last"], after["first"]
    step, found = first - last, before["after"][best] + after["before"][best]
    if intervals < LEAST or kept[best] < intervals * SHARE or step <= 0 or found >= step:
        return []
    return [
        Finding(
            "logind_sessions",
            UNKNOWN if absent else PROVED,
            expected=step,
            found=found,
            before=Bound(*edge),
            after=Bound(*begin),
            benign={"rotation": absent, "restart": False},
            facts={"conserving": kept[best], "intervals": intervals, "services": sorted(SETS[best])},
        )
    ]


def _beats(earlier: Part, later: Part, *, absent: bool) -> list[Finding]:
    """Return the hours between two files in which what otherwise comes every hour did not."""
    before, after = earlier.ends.get("heartbeat"), later.ends.get("heartbeat")
    if not before or not after or before["beat"] != after["beat"]:
        return []
    hours = after["first"][2] // HOUR - before["last"][2] // HOUR - 1
    if hours <= 0:
        return []
    restarted = before["restarted_after"] or after["restarted_before"]
    jumped = before["clock"] or after["clock"]
    action, minute = before["beat"]
    return [
        Finding(
            "heartbeat",
            EXPLAINED if restarted or jumped else UNKNOWN,
            expected=hours,
            found=0,
            before=Bound(*before["last"]),
            after=Bound(*after["first"]),
            benign={"machine_off": restarted, "clock_changed": jumped, "rotation": absent},
            facts={"beat": action, "minute": minute},
        )
    ]
