"""The proof matrix: facts against evidence, and how well each fact is proved."""

from collections.abc import Iterable, Mapping
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
    """One fact, the items that say something of it, its verdict and the number of independent sources for it."""

    fact: Fact
    said: Mapping[int, Cell]  # by item
    columns: tuple[Column, ...]
    verdict: Verdict
    sources: int

    @property
    def cells(self) -> tuple[Cell, ...]:
        """A cell for each column of the matrix, also where the item says nothing of the fact."""
        return tuple(self.said.get(one.item_id) or Cell(one.item_id, one.label, "") for one in self.columns)

    @property
    def supporting(self) -> int:
        """How many items speak for the fact."""
        return sum(1 for cell in self.said.values() if cell.stance == Stance.FOR)

    @property
    def opposing(self) -> int:
        """How many items speak against it."""
        return sum(1 for cell in self.said.values() if cell.stance == Stance.AGAINST)


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
    a fact comes first, because a number of sources does not outvote it; once it is explained, what is left
    of the proof must still be more than one source, or be explained too.
    """
    sources = len(set(supporting))
    if sources == 0:
        return Verdict.UNPROVED
    if opposing and not fact.contradiction_note:
        return Verdict.CONTRADICTED
    if sources == 1 and not fact.lone_reason:
        return Verdict.LONE
    if opposing:
        return Verdict.CONTRADICTION_EXPLAINED
    if sources == 1:
        return Verdict.LONE_EXPLAINED
    return Verdict.PROVED


def matrix(case: Case) -> Matrix:
    """Return the matrix of the case in two queries, whatever its size."""
    facts = list(case.facts.filter(dropped_at__isnull=True).order_by("number", "pk"))
    exhibits = Exhibit.objects.filter(case=case, fact__dropped_at__isnull=True).order_by("item_id", "pk")
    columns: dict[int, Column] = {}
    said: dict[int, dict[int, Cell]] = {fact.pk: {} for fact in facts}
    for pk, fact_id, item_id, label, stance, parent, person in exhibits.values_list(
        "pk", "fact_id", "item_id", "label", "stance", "item__parent_id", "item__interview__person_name"
    ):
        column = columns.get(item_id)
        if column is None:
            column = columns[item_id] = Column(item_id, label, _source(person, parent or item_id))
        said.setdefault(fact_id, {})[item_id] = Cell(item_id, column.label, stance, pk)
    every = tuple(columns.values())
    return Matrix(every, tuple(_row(fact, said[fact.pk], columns, every) for fact in facts))


def _row(fact: Fact, said: Mapping[int, Cell], columns: Mapping[int, Column], every: tuple[Column, ...]) -> Row:
    supporting = [columns[cell.item_id].source for cell in said.values() if cell.stance == Stance.FOR]
    opposing = sum(1 for cell in said.values() if cell.stance == Stance.AGAINST)
    return Row(fact, said, every, verdict_of(fact, supporting, opposing), len(set(supporting)))


def source_of(exhibit: Exhibit) -> str:
    """Return what makes the source one: the person who speaks, or the taking it came from by itself."""
    interview = getattr(exhibit.item, "interview", None)
    return _source(interview.person_name if interview else None, exhibit.item.parent_id or exhibit.item_id)


def _source(person: str | None, item: int) -> str:
    return f"item:{item}" if person is None else f"person:{person}"
