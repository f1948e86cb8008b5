"""From a file to rows of a run: header, cells, refusals. Rows go in by COPY, so memory stays flat.

A list says the same things over and over (one sensor, a few pools, the same addresses). Every distinct text of a column
is read, checked and encoded once and remembered; a row is then put together from pieces that are ready for COPY.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, NamedTuple

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
#: So many distinct texts of a column are remembered; then the memory starts anew, so that it stays flat.
_REMEMBERED = 5_000
#: So many characters are handed to the database at a time.
_CHUNK = 128 * 1024


@dataclass(frozen=True)
class Header:
    """Which cell of a row is which column."""

    line: int
    sheet: str
    texts: list[str]
    columns: dict[int, Column]
    unknown: list[str]


class Piece(NamedTuple):
    """What a cell comes to: as kept (JSON), its pair for the values (JSON, or ""), its value, its fault."""

    kept: str
    pair: str
    value: Any
    fault: str


class CellReader:
    """Reads the cells of one column, or of a column nobody knows (``None``)."""

    def __init__(self, column: Column | None) -> None:
        self.column = column
        self.name = column.name if column else ""
        self._read = self._read_known if column else _read_unknown
        self._forgetful = column is not None and column.personal
        self._remembered: dict[str, Piece] = {}

    def read(self, text: str) -> Piece:
        """Return what the text comes to. Personal texts are encrypted anew each time, so equal ones look different."""
        piece = self._remembered.get(text)
        if piece is None:
            piece = self._read(text)
            if not self._forgetful:
                if len(self._remembered) >= _REMEMBERED:
                    self._remembered.clear()
                self._remembered[text] = piece
        return piece

    def _read_known(self, written: str) -> Piece:
        column: Any = self.column
        text = as_written(written.replace("\x00", ""))
        if not text.strip():
            fault = _("“%(column)s”是空的；这一列必填") % {"column": column.label} if column.required else ""
            return Piece(_quoted(text), "", None, fault)
        kept = _quoted(seal(text) if column.personal else text)
        try:
            value = column.parse(text)
        except BadCell as fault:
            shown = "…" if column.personal else text.strip()[:60]
            words = _("“%(column)s”的“%(value)s”%(remedy)s")
            return Piece(kept, "", None, words % {"column": column.label, "value": shown, "remedy": fault})
        if value == "":
            return Piece(kept, "", None, "")
        sealed = seal(value) if column.personal else value
        return Piece(kept, f"{_quoted(column.name)}:{_encoded(sealed)}", value, "")


def _read_unknown(written: str) -> Piece:
    text = as_written(written.replace("\x00", ""))
    return Piece(_quoted(text), "", None, "")


def _quoted(text: str) -> str:
    """Return the text as a JSON string for COPY, whose backslashes are doubled."""
    return encode_basestring(text).replace("\\", "\\\\")


def _encoded(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False).replace("\\", "\\\\")


def stage(run: ImportRun, path: Path, kind: Kind, context: Context, mapping: dict[str, str] | None = None) -> None:
    """Read the file into rows of the run; raise ``Unusable`` when nothing of it can be used.

    ``mapping``  header → column name, as somebody assigned them by hand; "" leaves a column out.
    """
    with open_sheets(path) as sheets:
        header, lines = find_header(sheets, kind, mapping or {})
        run.header = {
            "line": header.line,
            "sheet": header.sheet,
            "texts": header.texts,
            "columns": {str(at): column.name for at, column in header.columns.items()},
            "unknown": header.unknown,
        }
        run.rows = _copy(run.pk, _rows(lines, header, kind, context))
    if run.rows == 0:
        raise Unusable(_("不能导入：表头下面没有数据行。可以核对选的是不是这个文件、这张工作表。"))


def find_header(sheets: Iterator[Sheet], kind: Kind, mapping: dict[str, str]) -> tuple[Header, Iterator[Line]]:
    """Return the header among the first rows of the first sheet that has one, and the rows below it."""
    best: tuple[int, list[str], str] = (-1, [column.label for column in kind.columns if column.required], "")
    for sheet in sheets:
        top, lines = peek(sheet.lines, HEADER_WITHIN + 1)
        for line, below in zip(top[:HEADER_WITHIN], [*top[1:], None], strict=False):
            header = _as_header(_over_two_rows(line, below, kind, mapping), sheet.name, kind, mapping)
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


def _over_two_rows(line: Line, below: Line | None, kind: Kind, mapping: dict[str, str]) -> Line:
    """Return the header with merged cells resolved: where the row below names columns, those names hold.

    “远端” over “远端主机” and “远端端口”, beside “监测时间” over both rows. A row of data never consists of column names.
    """
    if below is None or not any(cell.strip() for cell in line.cells):
        return line
    named = [(at, cell) for at, cell in enumerate(below.cells) if cell.strip()]
    known = {word for column in kind.columns for word in column.headers} | {key for key, name in mapping.items() if name}
    if not named or any(header_key(cell) not in known for _at, cell in named):
        return line
    width = max(len(line.cells), len(below.cells))
    cells = line.cells + [""] * (width - len(line.cells))
    for at, cell in named:
        cells[at] = cell
    return Line(below.number, cells, line.fault)


def _as_header(line: Line, sheet: str, kind: Kind, mapping: dict[str, str]) -> Header:
    by_word = {word: column for column in kind.columns for word in column.headers}
    by_name = {column.name: column for column in kind.columns}
    columns: dict[int, Column] = {}
    unknown: list[str] = []
    for at, text in enumerate(line.cells):
        key = header_key(text)
        column = by_name.get(mapping[key]) if key in mapping else by_word.get(key)
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


def _rows(lines: Iterable[Line], header: Header, kind: Kind, context: Context) -> Iterator[str]:
    """Yield each row as the end of a COPY line: line, cells, values, outcome, message."""
    width = len(header.texts)
    readers = [CellReader(header.columns.get(at)) for at in range(width)]
    beyond = CellReader(None)
    for number, cells, unreadable in lines:
        kept, pairs, faults, values = [], [], [], {}
        for at, text in enumerate(cells):
            reader = readers[at] if at < width else beyond
            piece = reader.read(text)
            kept.append(piece.kept)
            if piece.pair:
                pairs.append(piece.pair)
                values[reader.name] = piece.value
            elif piece.fault:
                faults.append(piece.fault)
        if unreadable:
            faults = [unreadable]
        else:
            faults += [fault for reader in readers[len(cells) :] if (fault := reader.read("").fault)]
            if len(cells) > width and (extra := sum(1 for text in cells[width:] if text.strip())):
                faults.append(_("比表头多出 %(count)d 格；核对分隔符和引号") % {"count": extra})
            if not faults and (fault := kind.check(values, context)):
                faults = [fault]
        if faults:
            yield f"{number}\t[{','.join(kept)}]\t\\N\t{_REFUSED}\t{_plain('；'.join(faults))}\n"
        else:
            yield f"{number}\t[{','.join(kept)}]\t{{{','.join(pairs)}}}\t{_CREATED}\t\n"


_CREATED, _REFUSED = Outcome.CREATED.value, Outcome.REFUSED.value


def _plain(text: str) -> str:
    """Return text for COPY."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _copy(run: int, rows: Iterator[str]) -> int:
    count, waiting, size = 0, [], 0
    with (
        connection.cursor() as cursor,
        cursor.copy("copy imports_importrow (run_id, line, cells, data, outcome, message) from stdin") as copy,
    ):
        for row in rows:
            count += 1
            waiting.append(row)
            size += len(row)
            if size > _CHUNK:
                copy.write(_block(run, waiting))
                waiting, size = [], 0
        if waiting:
            copy.write(_block(run, waiting))
    return count


def _block(run: int, rows: list[str]) -> bytes:
    start = f"{run}\t"
    return (start + start.join(rows)).encode()


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
