"""Through which bodies and levels a handling has to go before it is approved, and on what rule. Pure.

No Django, no database, no clock. The rules of law are ``data/approval.yaml``; what is C or M there is shown as unverified.
The house itself is a commission at or above the county; whoever manages a plain member's case here has raised it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from cases.catalogue import catalogue
from cases.periods import EMPLOYER, GOV, PARTY
from casework.core.data import read_yaml

_FILE: Final = Path(__file__).resolve().parent / "data" / "approval.yaml"
#: Confidence marks that may not be taken for law.
UNVERIFIED: Final = frozenset({"C", "M"})

#: What a station asks for before it counts as passed.
DOCUMENT, HALF, TWO_THIRDS, HOUSE, COMMITTEE, NOTE = "document", "half", "two_thirds", "house", "committee", "note"
#: Registered as a row of its own; the others are the deliberation, the committee's document, or a note.
REGISTERED: Final = frozenset({DOCUMENT, HALF, TWO_THIRDS})
REMOVED_FIRST: Final = frozenset({"GS_DISMISSAL_POST", "GS_EXPULSION"})


@dataclass(frozen=True)
class LawRule:
    """One rule of law behind the approvals, with its mark."""

    id: str
    subject: str
    rule: str
    basis: str
    confidence: str

    @property
    def unverified(self) -> bool:
        """Whether its article may not be printed as certain."""
        return self.confidence in UNVERIFIED


@cache
def law_rules() -> tuple[LawRule, ...]:
    """Return the rules of law behind the approvals."""
    return tuple(LawRule(**row) for row in read_yaml(_FILE)["rules"])


def rule_of(number: str) -> LawRule:
    """Return the rule with this number."""
    return next(rule for rule in law_rules() if rule.id == number)


@dataclass(frozen=True)
class Stop:
    """One body or act on the way: what it is called, what it asks for, and the rule behind it."""

    code: str
    title: str
    asks: str
    rule: LawRule

    @property
    def registered(self) -> bool:
        """Whether it is registered as a row of its own before the approval."""
        return self.asks in REGISTERED


@dataclass(frozen=True)
class Route:
    """The stops in their order, and what has to be told or ratified afterwards (kind of task, text)."""

    stops: tuple[Stop, ...]
    after: tuple[tuple[str, str], ...] = ()

    @property
    def committee(self) -> str:
        """What the Party committee that has to approve is called, or an empty text."""
        return next((stop.title for stop in self.stops if stop.asks == COMMITTEE), "")

    def stop(self, code: str) -> Stop | None:
        """Return the stop of that code, if the way leads there."""
        return next((stop for stop in self.stops if stop.code == code), None)


def _stop(code: str, title: str, asks: str, rule: str) -> Stop:
    return Stop(code, title, asks, rule_of(rule))


def route_of(
    codes: Sequence[str],
    *,
    offices: Collection[str] = (),
    branch: str = "raised",
    cadre: bool = False,
    deputy: bool = False,
    by_employer: bool = False,
) -> Route:
    """Return the way of these measures for a person with these offices.

    ``offices``      values of ``enums_penalties.Office``.
    ``branch``       value of ``enums_penalties.BranchWay``; counts for plain members only.
    ``cadre``        managed by a Party committee (leading cadre, or a rank at or above 乡科级).
    ``deputy``       deputy of a people's congress or member of a political consultative conference.
    """
    measures = [catalogue().measures[code] for code in codes]
    families = {measure.family.code for measure in measures}
    held = frozenset(offices)
    stops: list[Stop] = []
    after: list[tuple[str, str]] = []
    if GOV in families and not by_employer:
        stops += _removal(frozenset(codes), held)
    if PARTY in families:
        heavy = any(measure.family.code == PARTY and measure.band == "heavy" for measure in measures)
        more, later = _party(frozenset(codes), held, heavy=heavy, branch=branch, cadre=cadre)
        stops += more
        after += later
    elif families & {GOV, EMPLOYER}:
        stops.append(_house("AG06" if by_employer or GOV not in families else "AG01"))
    if families & {"org_handling", "accountability_leader"}:
        stops.append(_stop("advice", "党委（党组）按干部管理权限作出，本机关只提出建议", NOTE, "AO01"))
    if GOV in families and deputy:
        after.append(("notify", "向有关人大常委会、乡镇人大主席团或者政协常委会通报"))
    return Route(tuple(stops), tuple(after))


def _house(rule: str) -> Stop:
    return _stop("house", "本机关集体审议", HOUSE, rule)


def _removal(codes: frozenset[str], held: frozenset[str]) -> list[Stop]:
    if not codes & REMOVED_FIRST:
        return []
    if "by_congress" in held:
        return [_stop("removal", "先由人大依法罢免、撤销或者免去职务", DOCUMENT, "AG03")]
    if "by_cppcc" in held:
        return [_stop("removal", "先由政协依章程免去职务", DOCUMENT, "AG04")]
    return []


def _party(
    codes: frozenset[str], held: frozenset[str], *, heavy: bool, branch: str, cadre: bool
) -> tuple[list[Stop], list[tuple[str, str]]]:
    """Return stops and later tasks of a party sanction; of several offices the highest decides (第七条)."""
    if "local_committee" in held:
        if not heavy:
            stops = [_house("AP07"), _stop("upper", "上一级纪委批准", DOCUMENT, "AP07")]
            return stops, [("notify", "报上一级纪委的同级党委备案")]
        return [
            _stop("plenum", "本人所在党委全体会议", TWO_THIRDS, "AP08"),
            _house("AP08"),
            _stop("upper", "上级纪委常委会审议", DOCUMENT, "AP08"),
            _stop("committee", "上级党委", COMMITTEE, "AP08"),
        ], []
    if "discipline_committee" in held and heavy:
        return [
            _stop("plenum", "地方纪委全体会议", TWO_THIRDS, "AP10"),
            _house("AP10"),
            _stop("committee", "本级党委常委会", COMMITTEE, "AP10"),
        ], []
    if "party_group" in held:
        return [_house("AP17"), _stop("group", "党组（党委）集体讨论决定", DOCUMENT, "AP17")], []
    stops = []
    town = "town_committee" in held
    if town:
        stops.append(_stop("town", "乡镇党委委员不适用三分之二规则", NOTE, "AP09"))
    elif not cadre and not held:
        stops.append(
            _stop("branch", "支部大会讨论决定", HALF, "AP12")
            if branch == "meeting"
            else _stop("branch_skipped", "不经支部大会", NOTE, "AP16")
        )
    ordinary = not (town or cadre or held)
    stops.append(_house("AP13" if ordinary else "AP04" if heavy else "AP03"))
    if heavy:
        lieu = "PD_SERIOUS_WARNING_IN_LIEU" in codes
        stops.append(_stop("committee", "同级党委", COMMITTEE, "AP05" if lieu else "AP04"))
    return stops, []
