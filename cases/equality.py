"""Like cases alike: how heavy a handling is, and whether two people of one case are treated unequally. Pure.

A warning asks for a reason; it never forbids. Differences that follow from standing (no party sanction for somebody who
is no party member) are explained by it and warn of nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from cases.catalogue import catalogue
from cases.ladder import Standing, why_not
from cases.periods import EMPLOYER, GOV, PARTY

#: From this ratio of gains on, the same treatment of two people has to be explained too.
RATIO: Final = Decimal(5)
NONE, EDUCATION, LIGHT, HEAVY, EXPELLED = range(5)


def tier(codes: Iterable[str]) -> int:
    """Return how heavy it is: 0 none, 1 education and deductions, 2 light or dismissal, 3 heavy, 4 expulsion."""
    found = NONE
    for code in codes:
        measure = catalogue().measures[code]
        if measure.family.code in {PARTY, GOV, EMPLOYER}:
            expelled = code.endswith("_EXPULSION")
            found = max(found, EXPELLED if expelled else HEAVY if measure.band == "heavy" else LIGHT)
        elif code in {"HR_TERMINATE", "HR_RETURN_DISPATCH"} or measure.family.code == "org_handling":
            found = max(found, LIGHT)
        elif measure.family.code != "property":
            found = max(found, EDUCATION)
    return found


@dataclass(frozen=True)
class Treatment:
    """How one person was or is to be treated, and for what."""

    name: str
    codes: tuple[str, ...]
    standing: Standing
    gains: Decimal = Decimal(0)
    gains_words: str = ""
    same_case: bool = True


def _only_standing(mine: Treatment, other: Treatment, laws: dict[str, str]) -> bool:
    heavier, lighter = (mine, other) if tier(mine.codes) > tier(other.codes) else (other, mine)
    grades = [c for c in heavier.codes if catalogue().measures[c].family.code in {PARTY, GOV, EMPLOYER}]
    return bool(grades) and all(why_not(code, lighter.standing, laws) is not None for code in grades)


def times(mine: Decimal, other: Decimal) -> Decimal | None:
    """Return how many times the larger sum is the smaller, one decimal; None when one of them is nothing."""
    low, high = sorted((mine, other))
    return (high / low).quantize(Decimal("0.1"), ROUND_HALF_UP) if low > 0 else None


def warnings(mine: Treatment, others: Sequence[Treatment], laws: dict[str, str] | None = None) -> list[str]:
    """Return one sentence for each person of the same case who is treated unequally, largest difference first."""
    chosen = laws or {}
    found = []
    for other in others:
        if not other.same_case or not other.codes:
            continue
        difference = tier(mine.codes) - tier(other.codes)
        ratio = times(mine.gains, other.gains)
        if difference == 0 and (ratio is None or ratio < RATIO):
            continue
        if difference and _only_standing(mine, other, chosen):
            continue
        found.append((abs(difference), ratio or Decimal(0), _words(mine, other, difference, ratio)))
    return [words for _difference, _ratio, words in sorted(found, key=lambda row: row[:2], reverse=True)]


def _words(mine: Treatment, other: Treatment, difference: int, ratio: Decimal | None) -> str:
    gains = ""
    if ratio is not None:
        larger, smaller = (mine, other) if mine.gains >= other.gains else (other, mine)
        size = f"{ratio.normalize():f} 倍"
        gains = f"{larger.name}所得 {larger.gains_words}，约为{smaller.name} {smaller.gains_words} 的 {size}；"
    if difference == 0:
        return f"{gains}两人处理轻重相同，须写明理由。"
    step = "重" if difference > 0 else "轻"
    return f"{gains}拟处理比{other.name}{step} {abs(difference)} 个层次，须写明理由。"
