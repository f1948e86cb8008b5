"""From a file to rows of a run: header, cells, refusals. Rows go in by COPY, so memory stays flat."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from casework.imports.cells import as_written, seal
from casework.imports.enums import Outcome
from casework.imports.models import ImportRun
from casework.imports.registry import Column, Context, Kind, Verdict, header_key
from casework.imports.rules import BadCell
from casework.imports.tables import Line, Sheet, Unusable, open_sheets, peek

#: The header stands among the first rows: titles and notes above it are skipped.
HEADER_WITHIN = 15
_BATCH = 2000


@dataclass(frozen=True)
class Header:
    """Which cell of a row is which column."""

    line: int
    sheet: str
    texts: list[str]
    columns: dict[int, Column]
    unknown: list[str]

    @property
    def personal(self) -> frozenset[int]:
        """The cells that hold personal numbers; they are stored encrypted."""
        return frozenset(at for at, column in self.columns.items() if column.personal)


def stage(run: ImportRun, path: Path, kind: Kind, context: Context) -> None:
    """Read the file into rows of the run; raise ``Unusable`` when nothing of it can be used."""
    with open_sheets(path) as sheets:
        header, lines = _find_header(sheets, kind)
        run.header = {
            "line": header.line,
            "sheet": header.sheet,
            "texts": header.texts,
            "columns": {str(at): column.name for at, column in header.columns.items()},
            "unknown": header.unknown,
        }
        run.rows = _copy(run, (_row(line, header, kind, context) for line in lines))
    if run.rows == 0:
        raise Unusable(_("不能导入：表头下面没有数据行。可以核对选的是不是这个文件、这张工作表。"))


def _find_header(sheets: Iterator[Sheet], kind: Kind) -> tuple[Header, Iterator[Line]]:
    best: tuple[int, list[str], str] = (-1, [column.label for column in kind.columns if column.required], "")
    for sheet in sheets:
        top, lines = peek(sheet.lines, HEADER_WITHIN)
        for line in top:
            header = _as_header(line, sheet.name, kind)
            missing = [
                column.label
                for column in kind.columns
                if column.required and column.name not in {found.name for found in header.columns.values()}
            ]
            if not missing:
                _refuse_doubles(header)
                return header, _after(lines, header.line)
            if len(header.columns) > best[0]:
                best = (len(header.columns), missing, "、".join(cell for cell in header.texts if cell)[:200])
    count, missing, seen = best
    if count <= 0:
        raise Unusable(
            _("不能导入：前 %(rows)d 行里没有“%(kind)s”的表头。必填的列是：%(columns)s。可以核对导入种类，或补上表头。")
            % {"rows": HEADER_WITHIN, "kind": kind.label, "columns": "、".join(str(word) for word in missing)},
            details={"missing": [str(word) for word in missing]},
        )
    raise Unusable(
        _("不能导入：表头里缺少必填的列：%(columns)s。现有的列是：%(seen)s。可以补上这些列，或核对导入种类。")
        % {"columns": "、".join(str(word) for word in missing), "seen": seen},
        details={"missing": [str(word) for word in missing]},
    )


def _as_header(line: Line, sheet: str, kind: Kind) -> Header:
    by_word = {word: column for column in kind.columns for word in column.headers}
    columns: dict[int, Column] = {}
    unknown: list[str] = []
    for at, text in enumerate(line.cells):
        column = by_word.get(header_key(text))
        if column is not None:
            columns[at] = column
        elif text.strip():
            unknown.append(text.strip())
    return Header(line.number, sheet, [text.strip() for text in line.cells], columns, unknown)


def _refuse_doubles(header: Header) -> None:
    seen: dict[str, str] = {}
    for at, column in header.columns.items():
        if column.name in seen:
            raise Unusable(
                _("不能导入：“%(first)s”和“%(second)s”是同一列。可以删去其中一列。")
                % {"first": seen[column.name], "second": header.texts[at]}
            )
        seen[column.name] = header.texts[at]


def _after(lines: Iterator[Line], number: int) -> Iterator[Line]:
    return (line for line in lines if line.number > number)


def _row(line: Line, header: Header, kind: Kind, context: Context) -> tuple[int, str, str | None, str, str]:
    cells = [as_written(text.replace("\x00", "")) for text in line.cells]
    stored = [seal(text) if at in header.personal and text.strip() else text for at, text in enumerate(cells)]
    values, faults = ({}, [line.fault]) if line.fault else _values(cells, header)
    if not faults:
        fault = kind.check(values, context)
        faults = [fault] if fault else []
    text = json.dumps(stored, ensure_ascii=False)
    if faults:
        return line.number, text, None, Outcome.REFUSED, "；".join(faults)
    for column in header.columns.values():
        if column.personal and values.get(column.name):
            values[column.name] = seal(values[column.name])
    return line.number, text, json.dumps(values, ensure_ascii=False), Outcome.CREATED, ""


def _values(cells: list[str], header: Header) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    faults: list[str] = []
    for at, column in header.columns.items():
        text = cells[at] if at < len(cells) else ""
        if not text.strip():
            if column.required:
                faults.append(_("“%(column)s”是空的；这一列必填") % {"column": column.label})
            continue
        try:
            value = column.parse(text)
        except BadCell as fault:
            shown = "…" if column.personal else text.strip()[:60]
            faults.append(
                _("“%(column)s”的“%(value)s”%(remedy)s") % {"column": column.label, "value": shown, "remedy": fault}
            )
            continue
        if value != "":
            values[column.name] = value
    beyond = [text for text in cells[len(header.texts) :] if text.strip()]
    if beyond:
        faults.append(_("比表头多出 %(count)d 格；核对分隔符和引号") % {"count": len(beyond)})
    return values, faults


def _copy(run: ImportRun, rows: Iterable[tuple[int, str, str | None, str, str]]) -> int:
    count = 0
    with (
        connection.cursor() as cursor,
        cursor.copy("copy imports_importrow (run_id, line, cells, data, outcome, message) from stdin") as copy,
    ):
        for line, cells, data, outcome, message in rows:
            copy.write_row((run.pk, line, cells, data, outcome, message))
            count += 1
    return count


def store_verdicts(run: ImportRun, verdicts: Iterable[Verdict]) -> None:
    """Write what a kind found back to the rows, some thousands at a time."""
    every = iter(verdicts)
    while batch := list(islice(every, _BATCH)):
        with connection.cursor() as cursor:
            cursor.execute(
                "update imports_importrow r set outcome = v.outcome, message = v.message,"
                " changes = v.changes::jsonb, target = v.target"
                " from unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::bigint[])"
                " as v(line, outcome, message, changes, target)"
                " where r.run_id = %s and r.line = v.line",
                [
                    [one.line for one in batch],
                    [str(one.outcome) for one in batch],
                    [one.message for one in batch],
                    [None if one.changes is None else json.dumps(one.changes, ensure_ascii=False) for one in batch],
                    [one.target for one in batch],
                    run.pk,
                ],
            )
