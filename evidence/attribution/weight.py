"""How far a chain carries: five standing possibilities, evidence rated in words, and caps that nobody can argue away.

No number of guilt exists here. The words say how the evidence fits a possibility, never how likely the possibility is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from evidence.attribution.chain import Traced
from evidence.attribution.facts import Fact
from evidence.attribution.links import Chain, Link, Path, Rule, State


class Hypothesis(StrEnum):
    """The standing possibilities; none is ever left out."""

    NAMED = "H1"
    OTHER_HOLDER = "H2"
    INTRUDER = "H3"
    AUTOMATIC = "H4"
    ARTEFACT = "H5"


class Fit(IntEnum):
    """How a piece of evidence fits a possibility."""

    STRONGLY_AGAINST = -2
    AGAINST = -1
    NEUTRAL = 0
    FOR = 1
    STRONGLY_FOR = 2


class Word(IntEnum):
    """How far the evidence supports a possibility."""

    NONE = 0
    LIMITED = 1
    MODERATE = 2
    STRONG = 3


class Outcome(StrEnum):
    """What the chain comes to."""

    BROKEN = "broken"
    AUTOMATIC = "automatic"
    SESSION = "session"
    CONTESTED = "contested"
    NAMED = "named"


H1, H2, H3, H4, H5 = Hypothesis
#: What a finding of the chain says of each possibility. Not named: 无关.
FITS: Final[Mapping[str, Mapping[Hypothesis, int]]] = {
    "path_network": {H1: 1, H3: -1},
    "path_credential": {H1: 1, H2: -1, H3: -1, H4: -1},
    "path_presence": {H1: 1, H3: -1},
    "other_network": {H1: -1, H2: 1},
    "other_credential": {H1: -1, H2: 1},
    "ways_differ": {H1: -1, H2: 1, H5: 1},
    "several_network": {H2: 1, H5: 1},
    "several_credential": {H2: 1},
    "several_session": {H2: 1, H5: 1},
    "shared_account": {H2: 1, H5: 1},
    "disclosed": {H2: 1},
    "outside": {H1: -2, H2: 1, H3: 1},
    "other_outside": {H2: -1},
    "scheduler": {H1: -2, H2: -1, H3: -1, H4: 2, H5: -1},
    "job_near": {H1: -1, H4: 1},
    "terminal": {H4: -1},
    "guessing": {H2: -1, H3: 1},
    "no_guessing": {H3: -1},
    "clock_hours": {H5: 1},
    "epoch_blurred": {H5: 1},
    "clocks_stated": {H5: -1},
    "lease_end_unknown": {H5: 1},
}


#: Ways that lead to a person. A door is asked only about people whom these lead to, and lets in everybody else of the house
#: as well: it bears a way out and counts as a further source, but never as one of the two that name.
LEADING: Final = (Path.NETWORK, Path.CREDENTIAL)


@dataclass(frozen=True)
class Source:
    """Who keeps a log, and who had the rights to change it. ``name`` groups logs that one keeper has."""

    name: str
    administrators: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Exhibit:
    """A piece of evidence with its fit to each possibility. ``kind`` names where it comes from."""

    code: str
    kind: str
    fits: Mapping[Hypothesis, int]
    facts: tuple[int, ...] = ()
    person: str = ""
    key: int = 0


@dataclass
class Judgement:
    """What may be said, and what caps it."""

    outcome: Outcome
    person: str = ""
    strength: Word = Word.NONE
    caps: list[str] = field(default_factory=list)
    exhibits: list[Exhibit] = field(default_factory=list)
    #: Ways to the person that count, and those that do not because he could have written them himself.
    counted: list[Path] = field(default_factory=list)
    controlled: list[int] = field(default_factory=list)
    #: The smallest set of records that, if wrong, leave the outcome without ground: one inner list per record of a source.
    cut: list[int] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)
    refutes: list[str] = field(default_factory=list)
    order: list[Hypothesis] = field(default_factory=list)
    words: dict[Hypothesis, Word] = field(default_factory=dict)


def judge(
    traced: Traced,
    facts: Mapping[int, Fact],
    sources: Mapping[int, Source],
    added: Sequence[Exhibit] = (),
) -> Judgement:
    """Weigh a chain with what people added to it."""
    chain = traced.chain
    weigher = _Weigher(chain, facts, sources)
    result = weigher.outcome()
    result.exhibits = [*weigher.exhibits(result.person), *_of_signs(traced), *added]
    _cap(result, weigher, added)
    result.asks = _asks(chain, result)
    result.refutes = _refutes(result)
    result.cut = weigher.cut(result)
    _words(result)
    return result


class _Weigher:
    """Reads a chain against its sources."""

    def __init__(self, chain: Chain, facts: Mapping[int, Fact], sources: Mapping[int, Source]) -> None:
        self.chain, self.facts, self.sources = chain, facts, sources

    def source(self, key: int) -> str:
        """Return the source of a record: its keeper where one is stated, else the reading itself."""
        run = self.facts[key].run if key in self.facts else 0
        known = self.sources.get(run)
        return known.name if known is not None and known.name else f"#{run}"

    def groups(self, link: Link) -> set[str]:
        return {self.source(key) for key in link.facts if key in self.facts}

    def tainted(self, link: Link, person: str) -> bool:
        """Tell whether everything that a step stands on could have been written by the person himself."""
        keys = [key for key in link.facts if key in self.facts]
        return bool(keys) and all(self._administers(key, person) for key in keys)

    def _administers(self, key: int, person: str) -> bool:
        known = self.sources.get(self.facts[key].run)
        return known is not None and person in known.administrators

    def outcome(self) -> Judgement:
        """Return outcome, person and the ways that count."""
        chain = self.chain
        if chain.automatic:
            return Judgement(Outcome.AUTOMATIC, caps=["automatic"])
        way = chain.of(Path.SESSION)
        if not way or way[-1].state == State.MISSING:
            return Judgement(Outcome.BROKEN, caps=["no_session"])
        people = {path: chain.people(path) for path in (*LEADING, Path.PRESENCE)}
        single = {path: found[0] for path, found in people.items() if self._single(path)}
        told = {person for path, person in single.items() if path != Path.PRESENCE}
        if len(told) > 1:
            return Judgement(Outcome.CONTESTED, caps=["contradiction"])
        if way[-1].state == State.AMBIGUOUS:
            return Judgement(Outcome.SESSION, caps=["session_ambiguous"])
        if not told:
            return Judgement(Outcome.SESSION, caps=["no_person_link"])
        (person,) = told
        excluded = [path for path, found in people.items() if found and person not in found and path != Path.PRESENCE]
        if excluded:
            return Judgement(Outcome.CONTESTED, caps=["contradiction"])
        paths = [path for path, found in single.items() if found == person]
        apart = self._independent(paths)
        leading = [path for path in apart if path in LEADING]
        clean = [path for path in leading if not any(self.tainted(link, person) for link in chain.of(path))]
        controlled = sorted(
            {self.facts[key].run for key in chain.fact_keys() if key in self.facts and self._administers(key, person)}
        )
        if {"disclosed", "shared_account"} & {note for link in chain.links for note in link.notes}:
            return Judgement(Outcome.SESSION, caps=["others_know"], counted=apart, controlled=controlled)
        if len(leading) < 2 or not clean:
            caps = ["one_source"] if len(apart) < 2 else ["presence_only"] if len(leading) < 2 else ["controlled_only"]
            return Judgement(Outcome.SESSION, caps=caps, counted=apart, controlled=controlled)
        return Judgement(Outcome.NAMED, person, Word.STRONG, counted=apart, controlled=controlled)

    def _unsure(self, path: Path) -> bool:
        """Tell whether a step before the last is ambiguous so that the single person at the end is one of several ways."""
        return self.chain.of(path)[-1].state != State.SINGLE

    def _single(self, path: Path) -> bool:
        return len(self.chain.people(path)) == 1 and not self._unsure(path)

    def _independent(self, paths: Iterable[Path]) -> list[Path]:
        """Return ways that share no source: what one keeper wrote is one source, however many files it fills."""
        chosen: list[Path] = []
        used: set[str] = set()
        for path in paths:
            own: set[str] = set()
            for link in self.chain.of(path):
                if link.rule != Rule.LOGIN:
                    own |= self.groups(link)
            if own and not own & used:
                chosen.append(path)
                used |= own
        return chosen

    def exhibits(self, person: str) -> list[Exhibit]:
        """Return what the chain itself says of the possibilities."""
        found: list[Exhibit] = []
        chain = self.chain

        def add(code: str, links: Sequence[Link], who: str = "") -> None:
            keys = tuple(dict.fromkeys(key for link in links for key in link.facts))
            found.append(Exhibit(code, "chain", FITS[code], keys, who))

        if chain.automatic:
            add("scheduler", chain.of(Path.SESSION))
        session = chain.of(Path.SESSION)
        if session and session[-1].state == State.AMBIGUOUS:
            add("several_session", session[-1:])
        ends = {path: chain.people(path)[0] for path in LEADING if self._single(path)}
        differ = not person and len(set(ends.values())) > 1  # neither bears out "the person", for there is none
        if differ:
            add("ways_differ", [chain.of(path)[-1] for path in ends], "、".join(sorted(set(ends.values()))))
        for path in () if differ else LEADING:
            people = chain.people(path)
            way = chain.of(path)
            if self._single(path):
                same = not person or people[0] == person
                add(f"path_{path.value}" if same else f"other_{path.value}", way, people[0])
            elif way and any(link.state == State.AMBIGUOUS for link in way):
                add(f"several_{path.value}", way)
        notes = {note: link for link in chain.links for note in link.notes}
        for code in ("shared_account", "disclosed", "epoch_blurred", "lease_end_unknown"):
            if code in notes:
                add(code, [notes[code]])
        for link in chain.links:
            if "outside" in link.notes:
                who = str(link.said.get("person", ""))
                add("outside" if who == person else "other_outside", [link], who)
        # Being there tells nothing where several may have done it and all were, nor of another than the one led to.
        led = {person} if person else set(ends.values())
        inside = [one for one in chain.links if "inside" in one.notes and (not led or one.said.get("person") in led)]
        if len(inside) == 1 and not differ:
            add("path_presence", inside, str(inside[0].said.get("person", "")))
        if any(note.startswith("hours:") for note in notes):
            add("clock_hours", [link for link in chain.links if any(n.startswith("hours:") for n in link.notes)])
        used = [self.facts[key] for key in chain.fact_keys() if key in self.facts and self.facts[key].ts is not None]
        if used and not self.clocks_unset():
            found.append(Exhibit("clocks_stated", "chain", FITS["clocks_stated"]))
        return found

    def clocks_unset(self) -> bool:
        """Tell whether a clock of the chain was never compared with a true one."""
        return any(
            not self.facts[key].stated
            for link in self.chain.links
            if not link.aside and link.path != Path.PRESENCE
            for key in link.facts
            if key in self.facts and self.facts[key].ts is not None
        )

    def cut(self, result: Judgement) -> list[int]:
        """Return the smallest set of records, one for each source, without which the outcome falls.

        A step falls when all sources of it are wrong, a way when one of its steps falls. Whoever is named is named by at
        least two ways, so all but one of them must fall, or the session that they have in common.
        """
        session = self._weakest(self.chain.of(Path.SESSION))
        if result.outcome != Outcome.NAMED:
            return session
        ways = sorted((self._weakest(self.chain.of(path)) for path in result.counted if path in LEADING), key=len)
        without_two = [key for way in ways[: len(ways) - 1] for key in way]
        return min((keys for keys in (session, without_two) if keys), key=len, default=[])

    def _weakest(self, links: Sequence[Link]) -> list[int]:
        best: list[int] = []
        for link in links:
            by_source: dict[str, int] = {}
            for key in link.facts:
                if key in self.facts:
                    by_source.setdefault(self.source(key), key)
            keys = sorted(by_source.values())
            if keys and (not best or len(keys) < len(best)):
                best = keys
        return best


def _of_signs(traced: Traced) -> list[Exhibit]:
    return [Exhibit(sign.code, "chain", FITS[sign.code], sign.facts, key=sign.number) for sign in traced.signs]


def _lower(result: Judgement, cap: str, to: Word) -> None:
    result.caps.append(cap)
    result.strength = min(result.strength, to)


def _cap(result: Judgement, weigher: _Weigher, added: Sequence[Exhibit]) -> None:
    """Lower the strength to what the hard caps allow; each cap that holds is told, whether it lowers anything or not."""
    if result.outcome != Outcome.NAMED:
        result.strength = Word.LIMITED if result.counted else Word.NONE
        return
    chain, person = weigher.chain, result.person
    against = [one for one in added if one.fits.get(H1, 0) < 0]
    favouring = [one for one in added if one.fits.get(H1, 0) > 0]
    if any(one.fits.get(H1, 0) <= Fit.STRONGLY_AGAINST for one in result.exhibits):
        # Somebody at another place, or an act that cannot be his: the chain does not name him while that stands.
        result.outcome, result.strength, result.person = Outcome.CONTESTED, Word.NONE, ""
        result.caps.append("refuted")
        return
    if len(result.counted) < 3:
        _lower(result, "two_sources", Word.MODERATE)
    if any(link.state == State.AMBIGUOUS for link in chain.links if not link.aside):
        _lower(result, "ambiguous", Word.MODERATE)
    notes = {note for link in chain.links for note in link.notes}
    if any(weigher.tainted(link, person) for link in chain.links if not link.aside):
        _lower(result, "suspect_controlled", Word.MODERATE)
    if "epoch_blurred" in notes:
        _lower(result, "epoch_blurred", Word.MODERATE)
    if weigher.clocks_unset():
        _lower(result, "clocks_unset", Word.MODERATE)
    if against and favouring:
        _lower(result, "testimony_contradicts", Word.LIMITED)
    elif against:
        _lower(result, "explained_otherwise", Word.MODERATE)
    inconsistent = {one: _against(result.exhibits, one) for one in Hypothesis}
    if any(inconsistent[one] < inconsistent[H1] and _for(result.exhibits, one) for one in (H2, H3, H4, H5)):
        _lower(result, "other_fits_better", Word.LIMITED)


def _against(exhibits: Sequence[Exhibit], one: Hypothesis) -> int:
    return -sum(min(0, exhibit.fits.get(one, 0)) for exhibit in exhibits)


def _for(exhibits: Sequence[Exhibit], one: Hypothesis) -> int:
    return sum(1 for exhibit in exhibits if exhibit.fits.get(one, 0) > 0)


def _words(result: Judgement) -> None:
    """Say for each possibility how far the evidence supports it, and put the least contradicted first."""
    exhibits = result.exhibits
    for one in Hypothesis:
        if one == H1:
            result.words[one] = result.strength
            continue
        supports, against = _for(exhibits, one), _against(exhibits, one)
        if not supports or against > supports:
            result.words[one] = Word.NONE
        elif one == H4 and result.outcome == Outcome.AUTOMATIC:
            result.words[one] = Word.MODERATE
        else:
            result.words[one] = Word.LIMITED if supports == 1 or against else Word.MODERATE
    order = list(Hypothesis)
    result.order = sorted(order, key=lambda one: (_against(exhibits, one), -_for(exhibits, one), order.index(one)))


#: What a cap asks for next. The other caps follow from a step, which asks itself.
ASKED_BY_CAP: Final[Mapping[str, str]] = {
    "one_source": "second_source",
    "presence_only": "second_way",
    "two_sources": "third_source",
    "controlled_only": "unaltered_copy",
    "suspect_controlled": "unaltered_copy",
    "contradiction": "both_people",
    "refuted": "check_statements",
    "testimony_contradicts": "check_statements",
    "explained_otherwise": "check_statements",
    "others_know": "who_knows",
    "clocks_unset": "compare_clocks",
    "epoch_blurred": "compare_clocks",
    "automatic": "job_origin",
}


def _asks(chain: Chain, result: Judgement) -> list[str]:
    """Return what to ask for next: what steps lack, then what would lift the caps."""
    asks = [link.ask for link in chain.links if link.ask]
    if any(note.startswith("hours:") for link in chain.links for note in link.notes):
        asks.append("compare_clocks")
    asks += [ASKED_BY_CAP[cap] for cap in result.caps if cap in ASKED_BY_CAP]
    return list(dict.fromkeys(asks))


def _refutes(result: Judgement) -> list[str]:
    """Return what would overturn the outcome, as codes."""
    if result.outcome == Outcome.AUTOMATIC:
        return ["job_not_installed", "job_made_for_it"]
    if result.outcome == Outcome.BROKEN:
        return ["session_record"]
    found = ["elsewhere", "secret_disclosed", "remote_control", "clock_wrong"]
    if Path.NETWORK in result.counted or result.outcome != Outcome.NAMED:
        found.append("address_copied")
    return found
