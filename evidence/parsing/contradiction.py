"""Two logs of one machine held against each other: a session that one tells of and the other should, and does not.

Nothing is said of a log that does not cover the moment, that was never seen to record such a thing, or that belongs to
another machine. A rotated set counts as one log. Logs of two pieces of evidence are compared where both name the machine;
one that lacks more than it has may have been handed in in part, so nothing is proved by it.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace

from evidence.parsing.findings import CONTRADICTED, EXPLAINED, HINT, UNKNOWN
from evidence.parsing.witness import LOGIN, NUMBER, Said, Voice

SECOND = 1_000_000
#: How far apart two logs may put the same happening.
SLACK = 60 * SECOND
#: So many matches show that both logs record such things, and the same machine's.
LEAST = 3
#: Contradictions of a pair that are told one by one.
TOLD = 500
#: A clock that was set, or lines that were dropped, so near explain what is missing.
NEAR = 3600 * SECOND


@dataclass(frozen=True)
class Contradiction:
    """What one voice says and another does not: ``lacking`` and ``has`` are numbers of voices."""

    kind: str
    verdict: str
    lacking: int
    has: int
    said: Said
    expected: int
    found: int
    benign: dict[str, bool]


def contradictions(voices: list[Voice], slack: int = SLACK) -> list[Contradiction]:
    """Return what the voices contradict each other in, pair by pair, in the order of time."""
    out: list[Contradiction] = []
    for has, one in enumerate(voices):
        for lacking, other in enumerate(voices):
            if has == lacking or not _same_machine(one, other):
                continue
            for kind in (LOGIN, NUMBER):
                out.extend(_pair(voices, has, lacking, kind, slack))
    return sorted(out, key=lambda one: (one.said.ts, one.lacking, one.has))


def _same_machine(one: Voice, other: Voice) -> bool:
    if one.origin != other.origin:
        return bool(one.hosts & other.hosts)
    return not (one.hosts and other.hosts) or bool(one.hosts & other.hosts)


def _pair(voices: list[Voice], has: int, lacking: int, kind: str, slack: int) -> list[Contradiction]:
    one, other = voices[has], voices[lacking]
    if other.format == "utmp" and other.name.rpartition("/")[2].startswith("utmp"):
        return []  # utmp holds who is in now; who has left is rightly not there
    mine = _statements(one, kind)
    theirs = _statements(other, kind)
    matched, missing = _matched([said for said in mine if other.covers(said.ts, slack)], theirs, slack)
    if not missing or not theirs:
        return []
    bare = [said for said in missing if kind == LOGIN and other.format == "utmp" and not said.terminal]
    if len(bare) > matched:
        missing = [said for said in missing if said.terminal]
    if not missing:
        return []
    if matched < LEAST:
        return [
            Contradiction(
                kind, UNKNOWN, lacking, has, missing[0], matched + len(missing), matched, {"few_matches": True}
            )
        ]
    part = one.origin != other.origin and len(missing) > matched
    return [_told(one, other, lacking, has, said, part) for said in missing[:TOLD]]


def _told(one: Voice, other: Voice, lacking: int, has: int, said: Said, part: bool) -> Contradiction:
    benign = {
        "rate_limit": any(abs(said.ts - moment) <= NEAR for moment in other.limited),
        "clock_changed": any(abs(said.ts - moment) <= NEAR for moment in (*one.clock, *other.clock)),
        "few_matches": False,
    }
    if one.origin != other.origin:
        benign["filtered_export"] = part
    verdict = EXPLAINED if benign["rate_limit"] else UNKNOWN if benign["clock_changed"] or part else CONTRADICTED
    if verdict == CONTRADICTED and said.kind == LOGIN and other.format == "utmp" and not said.terminal:
        verdict = HINT  # a copy or a single command leaves no record there
    return Contradiction(said.kind, verdict, lacking, has, said, 1, 0, benign)


def _statements(voice: Voice, kind: str) -> list[Said]:
    """Return the statements of a kind, each once: a number that two programs tell of, a login with and without terminal."""
    out: list[Said] = []
    for said in sorted((said for said in voice.said if said.kind == kind), key=lambda said: said.ts):
        key = (said.number, said.user, said.ip)
        at = next((at for at in range(len(out) - 1, max(-1, len(out) - 9), -1) if _key(out[at]) == key), None)
        last = out[at] if at is not None else None
        if last is None or at is None or said.ts - last.ts > 5 * SECOND:
            out.append(said)
        elif kind == LOGIN and said.terminal and not last.terminal:
            out[at] = replace(last, terminal=True)
        elif kind == LOGIN:
            out.append(said)
    return out


def _key(said: Said) -> tuple[str, str, str]:
    return said.number, said.user, said.ip


def _matched(mine: list[Said], theirs: list[Said], slack: int) -> tuple[int, list[Said]]:
    """Return how many statements the other has too, and those it has not; each of the other's answers for one."""
    by_key: dict[tuple[str, str], list[Said]] = {}
    for said in theirs:
        by_key.setdefault((said.number, said.user), []).append(said)
    times = {key: [said.ts for said in rows] for key, rows in by_key.items()}
    used: set[int] = set()
    missing: list[Said] = []
    for said in mine:
        key = (said.number, said.user)
        rows, at = by_key.get(key, []), times.get(key, [])
        near = [
            one
            for one in rows[bisect_left(at, said.ts - slack) : bisect_right(at, said.ts + slack)]
            if id(one) not in used and not (one.ip and said.ip and one.ip != said.ip)
        ]
        if near:
            used.add(id(min(near, key=lambda one: abs(one.ts - said.ts))))
        else:
            missing.append(said)
    return len(mine) - len(missing), missing
