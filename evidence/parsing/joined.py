"""Several sources held together: a rotated set as one log, and the logs of one machine against each other."""

from dataclasses import dataclass
from typing import Any

from evidence.parsing.contradiction import SLACK, contradictions
from evidence.parsing.findings import Bound, Finding
from evidence.parsing.formats import by_name
from evidence.parsing.rotated import Part, Rotated, between, sets_of
from evidence.parsing.run import Run, quote
from evidence.parsing.source import Source
from evidence.parsing.witness import LOGIN, NUMBER, Testimony, Voice

#: How a contradiction is called, by what it is about.
CHECKS = {LOGIN: "login_contradicted", NUMBER: "session_contradicted"}


@dataclass
class Heard:
    """A source that was read: its account, and what it says of sessions."""

    part: Part
    testimony: Testimony
    source: Source | None
    #: Which piece of evidence it belongs to: rotated sets are within one, contradictions also between two.
    origin: Any = None


@dataclass(frozen=True)
class Found:
    """A finding about one source that another brought to light; ``witness`` is None where a set itself tells."""

    about: Heard
    finding: Finding
    witness: Heard | None = None


@dataclass(frozen=True)
class Judgement:
    """What several sources are and say together."""

    sets: list[Rotated]
    found: list[Found]


def heard(run: Run, key: Any = None, origin: Any = None) -> Heard:
    """Return a run that was read to its end as a witness; ``origin`` is the piece of evidence that it belongs to."""
    tally = run.context.tally
    part = Part(
        key if key is not None else run, run.source.name, run.format.name, tally.lines, tally.unparsed, run.events,
        run.first, run.last, run.ends(),
    )  # fmt: skip
    return Heard(part, run.testimony, run.source, origin)


def judge(sources: list[Heard], slack: int = SLACK) -> Judgement:
    """Return the rotated sets among the sources and what the sources prove about each other, with the lines quoted."""
    by_part = {id(one.part): one for one in sources}
    origins = dict.fromkeys(one.origin for one in sources)
    sets = [
        one for origin in origins for one in sets_of([source.part for source in sources if source.origin == origin])
    ]
    quotes = _Quotes()
    found: list[Found] = []
    for joint in (joint for one in sets for joint in between(one)):
        about = by_part[id(joint.later)]
        quotes.ask(by_part[id(joint.earlier)], joint.finding.before)
        quotes.ask(about, joint.finding.after)
        found.append(Found(about, joint.finding))
    groups = [[by_part[id(part)] for part in one.parts] for one in sets]
    grouped = {id(one) for group in groups for one in group}
    groups += [[one] for one in sources if id(one) not in grouped]
    voices = [_voice(group) for group in groups]
    _settle_hosts(voices)
    speakers = [{(said.ts, said.offset): one for one in group for said in one.testimony.voice.said} for group in groups]
    for told in contradictions(voices, slack):
        about = _covering(groups[told.lacking], told.said.ts)
        witness = speakers[told.has][told.said.ts, told.said.offset]
        before, after = about.testimony.around(told.said.ts)
        line = Bound(told.said.offset, told.said.length, told.said.ts, told.said.words())
        facts = {"lacking": about.part.name, "has": witness.part.name}
        said = {"user_name": told.said.user, "source_ip": told.said.ip, "session": told.said.number}
        facts |= {key: value for key, value in said.items() if value}
        finding = Finding(
            CHECKS[told.kind], told.verdict, expected=told.expected, found=told.found, before=before, after=after,
            benign=told.benign, facts=facts, witness=line,
        )  # fmt: skip
        for one, bound in ((about, before), (about, after), (witness, line)):
            quotes.ask(one, bound)
        found.append(Found(about, finding, witness))
    quotes.fill()
    return Judgement(sets, found)


def _voice(group: list[Heard]) -> Voice:
    whole = Voice(group[-1].part.name, group[-1].part.format, origin=group[-1].origin)
    for one in group:
        voice = one.testimony.voice
        if one.part.first is not None and one.part.last is not None:
            last = one.part.last if voice.until is None else min(one.part.last, voice.until)
            whole.spans.append((one.part.first, last))
        whole.said += voice.said
        whole.hosts |= voice.hosts
        whole.limited += voice.limited
        whole.clock += voice.clock
    return whole


def _settle_hosts(voices: list[Voice]) -> None:
    """A source that names no machine is of the one machine that the others of its piece of evidence name, if it is one."""
    for voice in voices:
        if not voice.hosts:
            named = {host for other in voices if other.origin == voice.origin for host in other.hosts}
            if len(named) == 1:
                voice.hosts |= named


def _covering(group: list[Heard], ts: int) -> Heard:
    """Return the file of a set that covers a moment."""
    return next((one for one in group if (one.part.first or 0) <= ts <= (one.part.last or 0)), group[-1])


class _Quotes:
    """Which lines of which source are to be quoted: each source is read once for all of them."""

    def __init__(self) -> None:
        self.wanted: dict[int, tuple[Heard, list[Bound]]] = {}

    def ask(self, one: Heard, bound: Bound | None) -> None:
        if bound is not None and one.source is not None and not by_name(one.part.format).binary:
            self.wanted.setdefault(id(one), (one, []))[1].append(bound)

    def fill(self) -> None:
        for one, bounds in self.wanted.values():
            if one.source is not None:
                quote(one.source, bounds)
