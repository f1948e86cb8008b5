"""Sheets of an Excel workbook as tables: each is read as the CSV that it says, so the officer's mapping of columns holds.

A workbook is packed XML whose texts lie apart from its rows, so no stretch of the file says a row. Places of events are
therefore places in this CSV, which is made from the same file in the same way every time: one row a line, from the first
row of the sheet on, UTF-8, commas.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, TYPE_CHECKING

from casework.core.later import later
from evidence.parsing.source import Broken, Source

if TYPE_CHECKING:
    import python_calamine
else:
    python_calamine = later("python_calamine")

#: A workbook that is larger, packed or unpacked, is no list that a person made; it is read as CSV instead.
PACKED, UNPACKED, SHEETS = 32 << 20, 128 << 20, 100
Cell = int | float | str | bool | time | date | datetime | timedelta


def sheets(source: Source) -> Iterator[Source]:
    """Yield the sheets that hold anything.

    Raises:
        Broken: it is no workbook, or a damaged, locked or oversized one.
    """
    with source.open() as stream:
        data = stream.read(PACKED + 1)
    if len(data) > PACKED:
        raise Broken("workbook")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > UNPACKED:
                raise Broken("workbook")
        book = python_calamine.load_workbook(io.BytesIO(data))
        for name in book.sheet_names[:SHEETS]:
            text = _csv(book.get_sheet_by_name(name))
            if text:
                yield Source(f"{name}.csv", _opener(text), len(text), source.modified)
    except (
        python_calamine.CalamineError,
        python_calamine.PasswordError,
        zipfile.BadZipFile,
        OSError,
        ValueError,
    ) as error:
        raise Broken("workbook") from error


def _opener(text: bytes) -> Callable[[], IO[bytes]]:
    return lambda: io.BytesIO(text)


def _csv(sheet: python_calamine.CalamineSheet) -> bytes:
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    empty = True
    for row in sheet.to_python(skip_empty_area=False):
        cells = [_text(cell) for cell in row]
        empty = empty and not any(cells)
        write(cells)
    return b"" if empty else out.getvalue().encode("utf-8", "replace")


def _text(cell: Cell) -> str:
    """Return a cell as a line of CSV can hold it: times as ISO 8601, whole numbers without a fraction, one line."""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())
