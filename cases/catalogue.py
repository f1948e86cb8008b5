"""The catalogue of law versions, measures, conducts and circumstances, read once from ``cases/data``.

Plain Python and YAML: no Django, no database, no clock. Every row carries its article, version and confidence
(A read in the text, B quoted, C one weak source, M memory); only A and B are ever printed as a number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from casework.core.data import read_yaml

DATA: Final = Path(__file__).resolve().parent / "data"
_DIGITS: Final = "零一二三四五六七八九"


def numeral(number: int) -> str:
    """Return 1 … 999 in Chinese numerals as articles are written: 12 十二, 105 一百零五, 112 一百一十二."""
    if not 0 < number < 1000:
        raise ValueError(f"article numbers run from 1 to 999, not {number}")
    hundreds, rest = divmod(number, 100)
    tens, units = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += "十" if tens == 1 and not hundreds else f"{_DIGITS[tens]}十"
    elif units and hundreds:
        text += "零"
    return text + (_DIGITS[units] if units else "")


def article_words(at: str) -> str:
    """Return ``112(2)`` as 第一百一十二条第二款, ``33(1)[2]`` as 第三十三条第一款第（二）项."""
    head, _, item = at.rstrip("]").partition("[")
    number, _, paragraph = head.rstrip(")").partition("(")
    text = f"第{numeral(int(number))}条"
    if paragraph:
        text += f"第{numeral(int(paragraph))}款"
    return f"{text}第（{numeral(int(item))}）项" if item else text


@dataclass(frozen=True)
class Law:
    """One version of a rule and the days on which it applies (both included)."""

    code: str
    family: str
    name: str
    valid_from: date
    valid_until: date | None
    year: int | None
    confidence: str

    def in_force(self, day: date) -> bool:
        """Tell whether the version applies on that day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True)
class Basis:
    """Articles of one version of a law, with how surely they are known."""

    law: Law
    articles: tuple[str, ...]
    confidence: str

    @property
    def verified(self) -> bool:
        """Whether its numbers may be printed."""
        return self.confidence in {"A", "B"}

    @property
    def words(self) -> str:
        """The basis as a text: 《中国共产党纪律处分条例》（2018年）第八条、第十条, or with 条文号待核."""
        year = f"（{self.law.year}年）" if self.law.year and self.law.family in {"CDR", "SL", "IR"} else ""
        if self.confidence in {"A", "B"}:
            return f"《{self.law.name}》{year}" + "、".join(article_words(at) for at in self.articles)
        return f"《{self.law.name}》{year}（条文号待核）"


def basis_words(bases: Sequence[Basis]) -> str:
    """Return several bases as one text, or 依据待核 when there is none."""
    return "；".join(basis.words for basis in bases) or "依据待核"


@dataclass(frozen=True)
class Family:
    """A family of measures: who decides it, and how its period is called."""

    code: str
    name: str
    en: str
    period: str
    decider: str


@dataclass(frozen=True)
class Measure:
    """One grade or measure of the catalogue; ``step`` is its 档 inside the family."""

    code: str
    name: str
    title: str
    en: str
    family: Family
    step: int
    receivers: frozenset[str]
    confidence: str
    basis: tuple[Basis, ...] = ()
    band: str = ""
    forms: tuple[int, ...] = ()
    months: int | None = None
    probation_months: int | None = None
    max_months: int | None = None
    permanent: bool = False
    starts: str = "effective"
    combine_step: int = 0
    effect: str = ""

    @property
    def weight(self) -> int:
        """The 档 that counts when several are combined."""
        return self.combine_step or self.step

    def basis_on(self, laws: Iterable[str]) -> tuple[Basis, ...]:
        """Return the basis in the chosen law versions, and that in other families' versions in force."""
        return applicable(self.basis, laws)


@dataclass(frozen=True)
class Range:
    """The range that one law version gives for a conduct, by circumstance (情节)."""

    basis: Basis
    by_severity: Mapping[str, tuple[str, ...]]
    aggravates: bool = False


@dataclass(frozen=True)
class Conduct:
    """A conduct with its ranges, one for each law version."""

    code: str
    name: str
    hint: str
    en: str
    discipline: str
    mining: bool
    elements: str
    party: tuple[Range, ...]
    gov: tuple[Range, ...]


@dataclass(frozen=True)
class Circumstance:
    """A mitigating (``lighten``) or aggravating (``aggravate``) circumstance of one track."""

    code: str
    track: str
    effect: str
    name: str
    basis: tuple[Basis, ...]
    hint: str = ""


@dataclass(frozen=True)
class Coin:
    """A currency known to the system; ``note`` says what is unsure about it."""

    code: str
    name: str
    places: int
    aliases: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Catalogue:
    """Everything read from ``cases/data``, by code."""

    laws: Mapping[str, Law]
    families: Mapping[str, Family]
    measures: Mapping[str, Measure]
    conducts: Mapping[str, Conduct]
    circumstances: Mapping[str, Circumstance]
    rules: Mapping[str, tuple[Basis, ...]]
    coins: Mapping[str, Coin] = field(default_factory=dict)

    def family(self, code: str) -> list[Measure]:
        """Return the measures of a family, in ascending weight."""
        return [measure for measure in self.measures.values() if measure.family.code == code]


def _read(name: str) -> Any:
    return read_yaml(DATA / name)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue; a mistake in the data raises here, at the first use, with the place."""
    laws = {
        row["code"]: Law(
            row["code"],
            row["family"],
            row["name"],
            row["from"],
            row.get("until"),
            row.get("year"),
            row["confidence"],
        )
        for row in _read("laws.yaml")["laws"]
    }

    def bases(rows: Sequence[Mapping[str, Any]]) -> tuple[Basis, ...]:
        return tuple(
            Basis(laws[row["law"]], tuple(str(at) for at in row["at"] if at), row["confidence"]) for row in rows
        )

    def ranges(rows: Sequence[Mapping[str, Any]]) -> tuple[Range, ...]:
        return tuple(
            Range(
                bases([row])[0],
                {word: tuple(codes) for word, codes in row["ranges"].items()},
                row.get("effect") == "aggravate",
            )
            for row in rows
        )

    given = _read("measures.yaml")
    families = {row["code"]: Family(**row) for row in given["families"]}
    measures = {}
    for row in given["measures"]:
        values = {**row, "family": families[row["family"]], "basis": bases(row["basis"])}
        values["receivers"] = frozenset(row["receivers"])
        values["forms"] = tuple(row.get("forms", ()))
        measures[row["code"]] = Measure(**values)
    conducts = {
        row["code"]: Conduct(
            row["code"],
            row["name"],
            row.get("hint", ""),
            row["en"],
            row["discipline"],
            row["mining"],
            row.get("elements", ""),
            ranges(row["party"]),
            ranges(row["gov"]),
        )
        for row in _read("conducts.yaml")["conducts"]
    }
    circumstances = {
        row["code"]: Circumstance(**{**row, "basis": bases(row["basis"])})
        for row in _read("circumstances.yaml")["circumstances"]
    }
    rules = {name: bases(rows) for name, rows in _read("rules.yaml")["rules"].items()}
    coins = {
        row["code"]: Coin(**{**row, "aliases": tuple(row.get("aliases", ()))}) for row in _read("coins.yaml")["coins"]
    }
    return Catalogue(laws, families, measures, conducts, circumstances, rules, coins)


def applicable(bases: Iterable[Basis], laws: Iterable[str]) -> tuple[Basis, ...]:
    """Keep the bases whose law version is among ``laws``."""
    chosen = frozenset(laws)
    return tuple(basis for basis in bases if basis.law.code in chosen)


def laws_on(day: date) -> dict[str, Law]:
    """Return the version of each law in force on that day, by family."""
    return {law.family: law for law in catalogue().laws.values() if law.in_force(day)}


def find_coin(word: str) -> Coin | None:
    """Return the coin by code, name or alias (case does not matter), or None when nobody knows it."""
    sought = word.strip().casefold()
    for coin in catalogue().coins.values():
        if sought in {coin.code.casefold(), coin.name.casefold(), *(alias.casefold() for alias in coin.aliases)}:
            return coin
    return None
