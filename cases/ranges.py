"""The lawful range for a person's conducts, with articles and reasons. Pure: no Django, no database, no clock.

``propose`` takes conducts with their circumstances of weight (情节), mitigating and aggravating circumstances and the
standing, and returns for every row of the catalogue whether it fits, is open, or is closed, and why.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from cases.catalogue import Basis, Circumstance, Conduct, Measure, Range, basis_words, catalogue, laws_on
from cases.ladder import (
    Decider,
    MeasureSpec,
    Refusal,
    Standing,
    applicable_laws,
    combination,
    measure_basis,
    particulars,
    rule,
    why_not,
)
from cases.periods import GOV, PARTY, party_at


class Severity(StrEnum):
    """情节: how grave a conduct is, as the officer finds it."""

    LIGHT = "light"
    SERIOUS = "serious"
    GRAVE = "grave"


SEVERITY_NAMES: Final = {Severity.LIGHT: "情节较轻", Severity.SERIOUS: "情节较重", Severity.GRAVE: "情节严重"}
#: The words that the articles use, by severity; a range without the word does not reach that conduct.
_WORDS: Final[Mapping[Severity, tuple[str, ...]]] = {
    Severity.LIGHT: ("情节较轻", "基本", "造成较大损失", "造成严重损害或者严重不良影响"),
    Severity.SERIOUS: ("情节较重", "造成重大损失", "涉嫌犯罪"),
    Severity.GRAVE: ("情节严重", "造成重大损失", "涉嫌犯罪"),
}
_ANY: Final = ("视具体情节", "根据情节轻重")


@dataclass(frozen=True)
class Finding:
    """One conduct that is held to be proved, with its severity."""

    code: str
    severity: Severity = Severity.LIGHT


@dataclass(frozen=True)
class TrackRange:
    """The lawful range of one track. ``codes`` None = no range was read for it; () = no sanction is due."""

    codes: tuple[str, ...] | None
    basis: tuple[Basis, ...] = ()
    law: str = ""
    reasons: tuple[str, ...] = ()
    exempt: bool = False
    most_months: int | None = None

    @property
    def words(self) -> str:
        """The range as a text."""
        if self.codes is None:
            return "幅度未核，由人对照原文"
        if not self.codes:
            return "不给予处分"
        return "、".join(catalogue().measures[code].title for code in self.codes)


@dataclass(frozen=True)
class Option:
    """One row of the catalogue for this person: ``fit`` in the range, ``open`` lawful, ``off`` with the reason."""

    measure: Measure
    state: str
    why: str
    basis: tuple[Basis, ...] = ()
    standing_allows: bool = True

    @property
    def article(self) -> str:
        """The basis in words."""
        return basis_words(self.basis)


@dataclass(frozen=True)
class Proposal:
    """What the law leaves open. A person decides."""

    laws: Mapping[str, str]
    party: TrackRange
    gov: TrackRange
    options: tuple[Option, ...]
    notes: tuple[str, ...] = ()

    @property
    def open_to(self) -> dict[str, bool]:
        """Whether the standing allows any measure of a family at all."""
        found = dict.fromkeys(catalogue().families, False)
        for option in self.options:
            found[option.measure.family.code] |= option.standing_allows
        return found

    def option(self, code: str) -> Option:
        """Return the row of a measure."""
        return next(option for option in self.options if option.measure.code == code)


def _range_in(ranges: Sequence[Range], law: str) -> Range | None:
    return next((row for row in ranges if row.basis.law.code == law), None)


def range_for(row: Range, severity: Severity) -> tuple[str, ...] | None:
    """Return the grades that a conduct's article gives at that severity; None when no range was read."""
    if not row.by_severity:
        return None
    for word in (*_WORDS[severity], *_ANY):
        if word in row.by_severity:
            return row.by_severity[word]
    return ()


def _weights(codes: Iterable[str]) -> list[int]:
    return sorted(catalogue().measures[code].weight for code in codes)


def _party_steps(low: int, high: int, standing: Standing) -> tuple[str, ...]:
    return tuple(
        code for weight in range(low, high + 1) for code in party_at(weight, has_party_post=standing.party_post)
    )


def _circumstances(codes: Iterable[str], track: str) -> tuple[list[Circumstance], list[Circumstance]]:
    known = [catalogue().circumstances[code] for code in codes]
    mine = [row for row in known if row.track == track]
    return [row for row in mine if row.effect == "lighten"], [row for row in mine if row.effect == "aggravate"]


def _read_party(conducts: Sequence[tuple[Conduct, Severity]], law: str) -> list[tuple[str, ...] | None]:
    rows = [(_range_in(conduct.party, law), severity) for conduct, severity in conducts]
    return [range_for(row, severity) if row else None for row, severity in rows]


def party_range(
    findings: Sequence[Finding],
    standing: Standing,
    circumstances: Iterable[str],
    laws: Mapping[str, str],
    decided_on: date,
) -> TrackRange:
    """Return the party range: of each conduct, combined, then widened by the circumstances, under the milder law."""
    conducts = [(catalogue().conducts[finding.code], finding.severity) for finding in findings]
    old = laws.get("CDR", "")
    new = laws_on(decided_on)["CDR"].code if "CDR" in laws_on(decided_on) else old
    chosen = _party_range(conducts, standing, circumstances, old)
    if new == old:
        return chosen
    later = _party_range(conducts, standing, circumstances, new)
    if chosen.codes is None or later.codes is None or not chosen.codes:
        return chosen
    milder = not later.codes or (_weights(later.codes)[-1], _weights(later.codes)[0]) < (
        _weights(chosen.codes)[-1],
        _weights(chosen.codes)[0],
    )
    if milder:
        words = basis_words(rule("party_old_law", {"CDR": new}))
        return replace(later, reasons=(*later.reasons, f"新规定处理较轻，适用新规定（从旧兼从轻，{words}）"))
    return replace(chosen, reasons=(*chosen.reasons, "行为发生时的规定仍适用（从旧兼从轻）"))


def _party_range(
    conducts: Sequence[tuple[Conduct, Severity]], standing: Standing, circumstances: Iterable[str], law: str
) -> TrackRange:
    laws = {"CDR": law}
    basis = tuple(row.basis for conduct, _ in conducts if (row := _range_in(conduct.party, law)))
    read = _read_party(conducts, law)
    reasons = [
        f"{conduct.name}，{SEVERITY_NAMES[severity]}：{_names(codes)}"
        for (conduct, severity), codes in zip(conducts, read, strict=True)
    ]
    if not conducts or None in read:
        return TrackRange(None, basis, law, tuple(reasons))
    given = [codes for codes in read if codes]
    if not given:
        return TrackRange((), basis, law, tuple(reasons))
    low = max(_weights(codes)[0] for codes in given)
    high = max(_weights(codes)[-1] for codes in given)
    only_expulsion = low == 5
    if len(given) > 1 and not only_expulsion:
        low, high = min(low + 1, 5), min(high + 1, 5)
        reasons.append(f"数个违纪行为合并处理，按最高处分加重一档（{_words('party_combine', laws)}）")
    lighten, aggravate = _circumstances(circumstances, "party")
    exempt = False
    if lighten and only_expulsion:
        reasons.append("只有开除党籍一个档次的违纪行为，不适用减轻处分")
    elif lighten:
        exempt = low <= 2
        low = max(low - 1, 1)
        reasons.append(f"{_joined(lighten)}：可以从轻或者减轻一档（{_words('party_mitigate', laws)}）")
    if aggravate:
        high = min(high + 1, 5)
        reasons.append(f"{_joined(aggravate)}：应当从重或者加重一档（{_words('party_aggravate', laws)}）")
    return TrackRange(_party_steps(low, high, standing), basis, law, tuple(reasons), exempt)


def _joined(rows: Iterable[Circumstance]) -> str:
    return "、".join(row.name for row in rows)


def _words(name: str, laws: Mapping[str, str]) -> str:
    return basis_words(rule(name, laws))


def _names(codes: tuple[str, ...] | None) -> str:
    if codes is None:
        return "幅度未核"
    return "、".join(catalogue().measures[code].name for code in codes) if codes else "不给予处分"


def gov_range(findings: Sequence[Finding], circumstances: Iterable[str], laws: Mapping[str, str]) -> TrackRange:
    """Return the administrative range: the heaviest of the conducts; several equal ones may lengthen the period."""
    law = laws.get("ASL", "")
    given, reasons, basis = [], [], []
    aggravated = []
    for finding in findings:
        conduct = catalogue().conducts[finding.code]
        row = _range_in(conduct.gov, law)
        if row is None:
            return TrackRange(None, (), law, ("行为时或者决定时的政务处分规定未收录",))
        basis.append(row.basis)
        if row.aggravates:
            aggravated.append(conduct.name)
            continue
        codes = range_for(row, finding.severity)
        reasons.append(f"{conduct.name}，{SEVERITY_NAMES[finding.severity]}：{_names(codes)}")
        if codes is None:
            return TrackRange(None, tuple(basis), law, tuple(reasons))
        if codes:
            given.append(codes)
    if not given:
        return TrackRange(None if not findings else (), tuple(basis), law, tuple(reasons))
    steps = [[catalogue().measures[code].step for code in codes] for codes in given]
    low, high = max(min(row) for row in steps), max(max(row) for row in steps)
    lighten, aggravate = _circumstances(circumstances, "gov")
    exempt = bool(lighten) and low == 1
    if lighten:
        low = max(low - 1, 1)
        reasons.append(f"{_joined(lighten)}：可以从轻或者减轻（{_words('gov_mitigate', laws)}）")
    if aggravate or aggravated:
        names = "、".join([*(row.name for row in aggravate), *aggravated])
        reasons.append(f"{names}：应当在幅度内从重（{_words('gov_aggravate', laws)}）")
    codes = tuple(m.code for m in catalogue().family(GOV) if low <= m.step <= high)
    most = None
    if len(given) > 1:
        most = 48
        words = _words("gov_combine", laws)
        reasons.append(f"数个违法行为分别确定，执行最重的；数个相同的可以延长处分期，最长 48 个月（{words}）")
    return TrackRange(codes, tuple(basis), law, tuple(reasons), exempt, most)


def _option(measure: Measure, standing: Standing, proposal: "Proposal", decider: Decider) -> Option:
    refusal = why_not(measure.code, standing, proposal.laws, decider)
    if refusal is not None:
        return Option(measure, "off", refusal.why, refusal.basis, standing_allows=False)
    track = {PARTY: proposal.party, GOV: proposal.gov}.get(measure.family.code)
    basis = measure_basis(
        measure, {**proposal.laws, **({"CDR": track.law} if track and track.law[:3] == "CDR" else {})}
    )
    if track is None or track.codes is None:
        return Option(measure, "open", _open_words(measure), basis)
    if measure.code in track.codes:
        return Option(measure, "fit", "在幅度内", basis)
    if measure.code == "PD_SERIOUS_WARNING_IN_LIEU":
        return Option(measure, "off", "只在应当撤销党内职务而没有党内职务时适用", basis)
    if not track.codes:
        return Option(measure, "off", "按认定的情节不给予这一类处分", track.basis)
    heavier = measure.weight > max(_weights(track.codes))
    top = catalogue().measures[track.codes[-1]].name
    why = f"幅度只到{top}，没有加重的依据" if heavier else "低于幅度，没有减轻的依据"
    return Option(measure, "off", why, track.basis)


def _open_words(measure: Measure) -> str:
    if measure.family.decider == "employer":
        return "由所在单位作出，本机关只能建议"
    if measure.family.decider == "party_committee":
        return "由党委（党组）按干部管理权限作出，本机关只能建议"
    return "可以采用"


def propose(
    findings: Sequence[Finding],
    standing: Standing,
    *,
    acts_until: date,
    decided_on: date,
    circumstances: Iterable[str] = (),
    decider: Decider = Decider.COMMISSION,
) -> Proposal:
    """Return the lawful range with articles and reasons, and every row of the catalogue with why it is open or not."""
    laws = applicable_laws(acts_until, decided_on)
    marks = tuple(circumstances)
    party = party_range(findings, standing, marks, laws, decided_on)
    laws = {**laws, **({"CDR": party.law} if party.law else {})}
    gov = gov_range(findings, marks, laws)
    notes = []
    if laws_on(acts_until).get("ASL") is None:
        notes.append("行为发生时公职人员政务处分法尚未施行，行为时的规定须由人核对（从旧兼从轻）")
    bare = Proposal(laws, party, gov, ())
    options = tuple(_option(measure, standing, bare, decider) for measure in catalogue().measures.values())
    return replace(bare, options=options, notes=tuple(notes))


def refusals(
    specs: Sequence[MeasureSpec],
    proposal: Proposal,
    standing: Standing,
    decider: Decider = Decider.COMMISSION,
) -> list[Refusal]:
    """Return everything that forbids these measures for this person: standing, range, combination, particulars."""
    wrong: list[Refusal] = []
    for spec in specs:
        measure = catalogue().measures[spec.code]
        refusal = why_not(spec.code, standing, proposal.laws, decider)
        if refusal is None and (option := proposal.option(spec.code)).state == "off":
            track = proposal.party if measure.family.code == PARTY else proposal.gov
            instead = tuple(catalogue().measures[code].title for code in (track.codes or ())) or ("批评教育", "诫勉")
            refusal = Refusal(spec.code, measure.title, option.why, option.basis, instead)
        if refusal is not None:
            wrong.append(refusal)
        elif measure.family.code == GOV and (spec.months or 0) > (measure.months or 0) and not proposal.gov.most_months:
            why = "处分期只在数个违法行为应当给予相同处分时可以延长"
            wrong.append(Refusal(spec.code, measure.title, why, rule("gov_combine", proposal.laws)))
    return wrong + combination(specs, proposal.laws) + particulars(specs)


def across(
    specs: Sequence[MeasureSpec], findings: Sequence[Finding], *, acts_from: date, acts_until: date
) -> list[Refusal]:
    """Return the refusal of one party sanction for several conducts on both sides of a change of the party rules.

    One conduct that went on over the change counts by its last day; several are each judged by the rules of their own
    time, so that one range for all of them would be nobody's law.
    """
    before, after = laws_on(acts_from).get("CDR"), laws_on(acts_until).get("CDR")
    grades = [spec for spec in specs if catalogue().measures[spec.code].family.code == PARTY]
    if not grades or len(findings) < 2 or before == after:
        return []
    measure = catalogue().measures[grades[0].code]
    years = "、".join(f"{law.year}年" for law in (before, after) if law is not None)
    why = (
        f"几个行为跨越纪律处分条例的新旧规定（{years}），须各按行为时的规定认定，不能合成一个幅度；可以分案，分别拟建议"
    )
    return [Refusal(measure.code, measure.title, why, rule("party_old_law", {"CDR": after.code} if after else {}))]


def form_of(codes: Iterable[str]) -> int:
    """Return the form (四种形态, 1–4) of a handling: that of its gravest measure; 0 when nothing counts.

    A measure that counts in two forms (开除党籍) counts in the lower: the fourth needs a transfer to the procuratorate.
    """
    found = [forms[0] for code in codes if (forms := catalogue().measures[code].forms)]
    return max(found, default=0)
