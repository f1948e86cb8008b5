"""A list as a file: CSV for any tool, XLSX for people. Cells that a spreadsheet would run as a formula are defused."""

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any, Final

from django.db import transaction
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.html import strip_tags
from django.utils.http import content_disposition_header

from casework.accounts.models import User
from casework.core.moments import SHANGHAI
from casework.ledger.record import record
from casework.web.listing import Column

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
#: What the name of a sheet must not hold.
_NO_SHEET_NAME: Final = re.compile(r"[\[\]:*?/\\]")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def note_export(what: str, count: int, *, actor: User, at: datetime) -> None:
    """Record that somebody took a list out as a file; committed before its first byte leaves."""
    with transaction.atomic():
        record("list.exported", ref="list:0", actor=actor, at=at, data={"list": what, "rows": count})


def safe_cell(value: Any) -> Any:
    """Return a value for a cell: numbers stay numbers, text that starts like a formula gets an apostrophe in front."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float, Decimal)):
        return value
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def plain(value: Any) -> Any:
    """Return what a column shows without its markup."""
    if isinstance(value, Promise) or hasattr(value, "__html__"):
        return " ".join(strip_tags(str(value)).split())
    return value


class _Echo:
    """A file that hands every written line straight on."""

    def write(self, line: str) -> str:
        return line


def _text(value: Any) -> Any:
    cell = safe_cell(value)
    return cell.isoformat(sep=" ", timespec="seconds") if isinstance(cell, datetime) else cell


def csv_response(name: str, columns: Sequence[Column], rows: Iterator[Sequence[Any]]) -> HttpResponseBase:
    """Return the rows as a streamed CSV file (UTF-8 with BOM, as spreadsheet programs expect)."""
    language = translation.get_language()

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo())
        with translation.override(language):
            yield "\ufeff" + writer.writerow([_text(str(column.label)) for column in columns])
            for row in rows:
                yield writer.writerow([_text(value) for value in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.csv") or ""
    return response


def xlsx_response(name: str, columns: Sequence[Column], rows: Iterator[Sequence[Any]]) -> HttpResponseBase:
    """Return the rows as an XLSX file, written row by row."""
    from openpyxl import Workbook  # noqa: PLC0415 (slow to load, and only this needs it)
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_NO_SHEET_NAME.sub(" ", name)[:31])
    sheet.freeze_panes = "A2"

    def cells(values: Sequence[Any]) -> list[Any]:
        result = []
        for value in values:
            cell = WriteOnlyCell(sheet, safe_cell(value))
            if isinstance(cell.value, str):
                cell.data_type = "s"  # never a formula, whatever it starts with
            result.append(cell)
        return result

    sheet.append(cells([str(column.label) for column in columns]))
    for row in rows:
        sheet.append(cells(row))
    target = TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(target)
    target.seek(0)
    return FileResponse(target, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
