"""Rows of a self-inspection's sheets from a spreadsheet or from pasted cells: the good ones in, the others named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from casework.accounts.models import User
from casework.core.errors import Invalid
from casework.core.text import normalise
from casework.imports.tables import Line, Unusable, open_sheets
from units.models import SelfInspection
from units.questionnaire import Column, Sheet
from units.services.self_inspections import MOST_ROWS, checked_rows, note_rows, sheet_of, store_rows, writable

#: The header is looked for among the first rows: people put titles above their tables.
HEADER_WITHIN = 10


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not taken: its line in the file, its cells, and by field what is wrong."""

    line: int
    cells: Mapping[str, str]
    wrong: Mapping[str, str]


@dataclass(frozen=True)
class SheetResult:
    """What became of the file: rows taken, rows that were there already, rows refused, columns nobody knows."""

    taken: int
    unchanged: int
    refused: tuple[RefusedRow, ...]
    unknown: tuple[str, ...]


def import_rows(inspection: SelfInspection, sheet_code: str, path: Path, *, actor: User, at: datetime) -> SheetResult:
    """Take the rows of the file into the sheet in one act and say what became of each.

    Raises ``Unusable`` when the file is no table or a needed column is missing; then nothing is written.
    """
    sheet = sheet_of(sheet_code)
    with open_sheets(path) as tables:
        table = next(tables, None)
        if table is None:
            raise Unusable(_("不能导入：文件里没有工作表。可以另存一份后再选择。"))
        columns, unknown, lines = _header(sheet, table.lines)
        raw = [(line.number, _fields(columns, line)) for line in lines]
    with transaction.atomic():
        row = writable(inspection, actor, at)
        built, wrong = checked_rows(row, sheet, [fields for _line, fields in raw])
        same = {key for key, texts in wrong.items() if texts.get("") == "same"}
        refused = tuple(
            RefusedRow(raw[int(key) - 1][0], raw[int(key) - 1][1], texts)
            for key, texts in wrong.items()
            if key not in same
        )
        if built:
            note_rows(row, sheet, "added", store_rows(row, sheet, built), actor, at, refused=len(refused))
    return SheetResult(len(built), len(same), refused, unknown)


def _header(sheet: Sheet, lines: Iterator[Line]) -> tuple[dict[int, Column], tuple[str, ...], list[Line]]:
    kept = list(islice(lines, MOST_ROWS + HEADER_WITHIN + 1))
    if len(kept) > MOST_ROWS + HEADER_WITHIN:
        raise Invalid(_("一份清单最多 %(most)s 行。可以分单位填报。") % {"most": MOST_ROWS})
    known = {_key(name): column for column in sheet.columns for name in _names(column)}
    for place, line in enumerate(kept[:HEADER_WITHIN]):
        columns = {number: known[_key(cell)] for number, cell in enumerate(line.cells) if _key(cell) in known}
        if len({column.field for column in columns.values()}) >= 2 or (columns and len(sheet.columns) == 1):
            _need_columns(sheet, columns)
            unknown = tuple(cell.strip() for cell in line.cells if cell.strip() and _key(cell) not in known)
            return columns, unknown, kept[place + 1 :]
    _need_columns(sheet, {})
    raise AssertionError("a sheet without columns")  # pragma: no cover


def _names(column: Column) -> tuple[str, ...]:
    return (str(column.label), column.field, *column.aliases)


def _key(name: str) -> str:
    return normalise(name).strip("*：: ").replace(" ", "").casefold()


def _need_columns(sheet: Sheet, columns: Mapping[int, Column]) -> None:
    there = {column.field for column in columns.values()}
    lacking = [str(column.label) for column in sheet.columns if column.required and column.field not in there]
    if lacking:
        raise Unusable(
            _("不能导入：缺少列 %(lacking)s。第一行应当是列名，可以用：%(all)s。")
            % {"lacking": "、".join(lacking), "all": "、".join(str(column.label) for column in sheet.columns)},
            details={"columns": lacking},
        )


def _fields(columns: Mapping[int, Column], line: Line) -> dict[str, str]:
    return {column.field: line.cells[number] for number, column in columns.items() if number < len(line.cells)}


def template_rows(sheet: Sheet) -> Sequence[Sequence[Any]]:
    """Return the header of an empty table for the sheet, needed columns marked."""
    return [[f"{column.label}{'*' if column.required else ''}" for column in sheet.columns]]
