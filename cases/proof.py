"""The proof matrix: facts against evidence, and how well each fact is proved."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from cases.enums import Stance, Verdict
from cases.models import Case, Exhibit, Fact

#: Columns up to which the page draws a cell for each item.
WIDE: Final = 16


@dataclass(frozen=True)
class Column:
    """One item of evidence as a column; ``source`` names the same person's records once."""

    item_id: int
    label: str
    source: str


@dataclass(frozen=True)
class Cell:
    """What one item says of one fact; ``stance`` is "" where it says nothing."""

    item_id: int
    label: str
    stance: str
    exhibit_id: int = 0

    @property
    def words(self) -> str:
        """The stance in words."""
        return str(Stance(self.stance).label) if self.stance else _("无关")


@dataclass(frozen=True)
class Row:
    """One fact with its cells, its verdict and the number of independent sources for it."""

    fact: Fact
    cells: tuple[Cell, ...]
    verdict: Verdict
    sources: int

    @property
    def supporting(self) -> int:
        """How many items speak for the fact."""
        return sum(1 for cell in self.cells if cell.stance == Stance.FOR)

    @property
    def opposing(self) -> int:
        """How many items speak against it."""
        return sum(1 for cell in self.cells if cell.stance == Stance.AGAINST)


@dataclass(frozen=True)
class Matrix:
    """Facts × evidence."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def wide(self) -> bool:
        """Whether there are more columns than anybody reads across: the page counts them instead."""
        return len(self.columns) > WIDE


def verdict_of(fact: Fact, supporting: Iterable[str], opposing: int) -> Verdict:
    """Return the verdict: the sources for the fact (the same one counts once) and how many items oppose it.

    Evidence must corroborate each other (监察法第四十三条): what one person said twice is one source. Evidence against
    a fact comes first, because a number of sources does not outvote it.
    """
    sources = len(set(supporting))
    if sources == 0:
        return Verdict.UNPROVED
    if opposing:
        return Verdict.CONTRADICTION_EXPLAINED if fact.contradiction_note else Verdict.CONTRADICTED
    if sources == 1:
        return Verdict.LONE_EXPLAINED if fact.lone_reason else Verdict.LONE
    return Verdict.PROVED


def matrix(case: Case) -> Matrix:
    """Return the matrix of the case in three queries, whatever its size."""
    facts = list(case.facts.filter(dropped_at__isnull=True).order_by("number", "pk"))
    exhibits = list(
        Exhibit.objects.filter(case=case, fact__dropped_at__isnull=True)
        .select_related("item__interview")
        .order_by("item_id", "pk")
    )
    columns: dict[int, Column] = {}
    for exhibit in exhibits:
        columns.setdefault(exhibit.item_id, Column(exhibit.item_id, exhibit.label, source_of(exhibit)))
    by_place = {(exhibit.fact_id, exhibit.item_id): exhibit for exhibit in exhibits}
    rows = []
    for fact in facts:
        found = [by_place.get((fact.pk, item_id)) for item_id in columns]
        cells = tuple(
            Cell(column.item_id, column.label, exhibit.stance if exhibit else "", exhibit.pk if exhibit else 0)
            for column, exhibit in zip(columns.values(), found, strict=True)
        )
        supporting = [
            column.source
            for column, exhibit in zip(columns.values(), found, strict=True)
            if exhibit and exhibit.stance == Stance.FOR
        ]
        opposing = sum(1 for exhibit in found if exhibit and exhibit.stance == Stance.AGAINST)
        rows.append(Row(fact, cells, verdict_of(fact, supporting, opposing), len(set(supporting))))
    return Matrix(tuple(columns.values()), tuple(rows))


def source_of(exhibit: Exhibit) -> str:
    """Return what makes the source one: the person who speaks, or the taking it came from by itself."""
    interview = getattr(exhibit.item, "interview", None)
    return f"person:{interview.person_name}" if interview else f"item:{exhibit.item.parent_id or exhibit.item_id}"
