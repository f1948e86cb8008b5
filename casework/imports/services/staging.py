"""From a file to rows of a run: header, cells, refusals. Rows go in by COPY, so memory stays flat.

A list says the same things over and over (one sensor, a few pools, the same addresses). Every distinct text of a column
is read, checked and encoded once and remembered; a row is then put together from pieces that are ready for COPY.
"""

import hashlib
import json
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.imports.cells import as_written, seal, unseal
from casework.imports.enums import Outcome
from casework.imports.models import ColumnMapping, ImportRow, ImportRun
from casework.imports.registry import Column, Context, Kind, Verdict, header_key
from casework.imports.rules import BadCell, fold
from casework.imports.tables import Line, Sheet, Unusable, open_sheets, peek

#: The header stands among the first rows: titles and notes above it are skipped.
HEADER_WITHIN = 15
_BATCH = 2000
#: So many distinct texts of a column are remembered; then the memory starts anew, so that it stays flat.
_REMEMBERED = 5_000
#: So many characters are handed to the database at a time.
_CHUNK = 128 * 1024
#: What looks like an identity number is kept encrypted whatever column it stands in.
_PERSONAL = re.compile(r"\d{17}[\dXx]", re.ASCII)


@dataclass(frozen=True)
class Header:
    """Which cell of a row is which column."""

    line: int
    sheet: str
    texts: list[str]
    columns: dict[int, Column]
    unknown: list[str]
    source: str = ""  # whose columns were assigned by hand


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
    return Piece(_quoted(seal(text) if _PERSONAL.fullmatch(fold(text)) else text), "", None, "")


def _quoted(text: str) -> str:
    """Return the text as a JSON string for COPY, whose backslashes are doubled."""
    return encode_basestring(text).replace("\\", "\\\\")


def _encoded(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False).replace("\\", "\\\\")


class NoHeader(Unusable):
    """No row among the first names the columns that are required; somebody may assign them by hand."""


def stage(run: ImportRun, path: Path, kind: Kind, context: Context, *, by_hand: bool = False) -> bool:
    """Read the file into rows of the run; raise ``Unusable`` when nothing of it can be used.

    ``by_hand``  where the header is not understood, keep the rows all the same and return False: the columns are then
    assigned with ``mapping.map_columns``.
    """
    count = 0
    for count in stage_parts(run, path, kind, context, by_hand=by_hand):  # noqa: B007  the last counts
        pass
    run.rows = count
    return bool(run.header["columns"])


def stage_parts(
    run: ImportRun, path: Path, kind: Kind, context: Context, *, by_hand: bool = False, part: int = 0
) -> Generator[int, None, None]:
    """Stage some rows at a time (``part``; 0: all at once) and yield how many are there; the header is set first."""
    try:
        with open_sheets(path) as sheets:
            header, lines = find_header(sheets, kind)
            run.header = header_facts(header)
            rows = _rows(lines, header, kind, context)
            yield from _in_parts(run.pk, rows, part)
            return
    except NoHeader:
        if not by_hand:
            raise
    with open_sheets(path) as sheets:
        header, lines = _guess_header(sheets)
        run.header = header_facts(header)
        yield from _in_parts(run.pk, _unmapped_rows(lines), part)


def _in_parts(run: int, rows: Iterator[str], part: int) -> Iterator[int]:
    count = 0
    while more := _copy(run, islice(rows, part) if part else rows):
        count += more
        yield count
        if not part:
            return
    if count == 0:
        raise Unusable(_("不能导入：表头下面没有数据行。可以核对选的是不是这个文件、这张工作表。"))


def header_facts(header: Header) -> dict[str, Any]:
    """Return the header as a run keeps it."""
    return {
        "line": header.line,
        "sheet": header.sheet,
        "texts": header.texts,
        "columns": {str(at): column.name for at, column in header.columns.items()},
        "unknown": header.unknown,
        **({"source": header.source} if header.source else {}),
    }


def layout_of(texts: Iterable[str]) -> str:
    """Return by what the headers of a source are known again: their words in their order."""
    return hashlib.sha256("\n".join(header_key(text) for text in texts).encode()).hexdigest()


def restage(run: ImportRun, kind: Kind, context: Context, columns: dict[int, Column], source: str) -> None:
    """Read the rows that the run kept once more, with other columns; memory stays flat."""
    texts: list[str] = run.header["texts"]
    unknown = [text for at, text in enumerate(texts) if text and at not in columns]
    header = Header(run.header["line"], run.header["sheet"], texts, columns, unknown, source)
    last, rows = -1, ImportRow.objects.filter(run=run)
    while True:
        batch = list(rows.filter(line__gt=last).order_by("line").values_list("line", "cells", "message")[:_BATCH])
        if not batch:
            break
        rows.filter(line__range=(batch[0][0], batch[-1][0]))._raw_delete(rows.db)
        lines = (
            Line(line, [unseal(cell) for cell in cells], "" if cells else message) for line, cells, message in batch
        )
        _copy(run.pk, _rows(lines, header, kind, context))
        last = batch[-1][0]
    run.header = header_facts(header)


def _guess_header(sheets: Iterator[Sheet]) -> tuple[Header, Iterator[Line]]:
    """Return the first of the fullest rows at the top of the first sheet as header, with no column known."""
    for sheet in sheets:
        top, lines = peek(sheet.lines, HEADER_WITHIN)
        if not top:
            continue
        line = max(top, key=lambda one: sum(1 for cell in one.cells if cell.strip()))
        texts = [text.strip() for text in line.cells]
        return Header(line.number, sheet.name, texts, {}, [text for text in texts if text]), _after(lines, line.number)
    raise Unusable(_("不能导入：文件里没有表格。可以核对选的是不是这个文件。"))


def _unmapped_rows(lines: Iterable[Line]) -> Iterator[str]:
    reader, why = CellReader(None), _plain(_("还没有指定各列是什么"))
    for number, cells, unreadable in lines:
        kept = ",".join(reader.read(text).kept for text in cells)
        yield f"{number}\t[{kept}]\t\\N\t{_REFUSED}\t{_plain(unreadable) or why}\n"


def find_header(sheets: Iterator[Sheet], kind: Kind) -> tuple[Header, Iterator[Line]]:
    """Return the header among the first rows of the first sheet that has one, and the rows below it."""
    by_hand = {one.layout: one for one in ColumnMapping.objects.filter(kind=kind.name)}
    best: tuple[int, list[str], str] = (-1, [column.label for column in kind.columns if column.required], "")
    for sheet in sheets:
        top, lines = peek(sheet.lines, HEADER_WITHIN + 1)
        for line, below in zip(top[:HEADER_WITHIN], [*top[1:], None], strict=False):
            whole = _over_two_rows(line, below, kind)
            header = _as_header(whole, sheet.name, kind, by_hand.get(layout_of(whole.cells)) if by_hand else None)
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
        raise NoHeader(
            _("不能导入：前 %(rows)d 行里没有“%(kind)s”的表头。必填的列是：%(columns)s。可以核对导入种类，或补上表头。")
            % {"rows": HEADER_WITHIN, "kind": kind.label, "columns": "、".join(str(word) for word in missing)},
            details={"missing": [str(word) for word in missing]},
        )
    raise NoHeader(
        _("不能导入：表头里缺少必填的列：%(columns)s。现有的列是：%(seen)s。可以补上这些列，或核对导入种类。")
        % {"columns": "、".join(str(word) for word in missing), "seen": seen},
        details={"missing": [str(word) for word in missing]},
    )


def _over_two_rows(line: Line, below: Line | None, kind: Kind) -> Line:
    """Return the header with merged cells resolved: where the row below names columns, those names hold.

    “远端” over “远端主机” and “远端端口”, beside “监测时间” over both rows. A row of data never consists of column names.
    """
    if below is None or not any(cell.strip() for cell in line.cells):
        return line
    named = [(at, cell) for at, cell in enumerate(below.cells) if cell.strip()]
    known = {word for column in kind.columns for word in column.headers}
    if not named or any(header_key(cell) not in known for _at, cell in named):
        return line
    width = max(len(line.cells), len(below.cells))
    cells = line.cells + [""] * (width - len(line.cells))
    for at, cell in named:
        cells[at] = cell
    return Line(below.number, cells, line.fault)


def _as_header(line: Line, sheet: str, kind: Kind, by_hand: ColumnMapping | None) -> Header:
    by_word = {word: column for column in kind.columns for word in column.headers}
    by_name = {column.name: column for column in kind.columns}
    columns: dict[int, Column] = {}
    unknown: list[str] = []
    for at, text in enumerate(line.cells):
        name = by_hand.columns.get(str(at), "") if by_hand else ""
        column = by_name.get(name) if by_hand else by_word.get(header_key(text))
        if column is not None:
            columns[at] = column
        elif text.strip():
            unknown.append(text.strip())
    texts = [text.strip() for text in line.cells]
    return Header(line.number, sheet, texts, columns, unknown, by_hand.source if by_hand else "")


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
                faults.append(
                    ngettext(
                        "比表头多出 %(count)d 格；核对分隔符和引号", "比表头多出 %(count)d 格；核对分隔符和引号", extra
                    )
                    % {"count": extra}
                )
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
