"""Reading a table from a file: CSV in UTF-8 or GB18030, or XLSX; row by row, never the whole CSV in memory."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import itertools
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from casework.core.errors import Invalid
from casework.core.later import later

if TYPE_CHECKING:
    import python_calamine
else:
    python_calamine = later("python_calamine")

CHUNK = 1024 * 1024
MAX_BYTES = 1024**3
MAX_CELL = 32_768
#: An XLSX that unpacks to more than this, or to more than this many times its size, is no list.
_UNPACKED = 512 * 1024**2
_RATIO = 200
_SMALL = 32 * 1024**2
_ENTRIES = 2000
_OTHER_FILES = {
    b"%PDF": "PDF",
    b"\xd0\xcf\x11\xe0": "XLS",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
    b"\x1f\x8b": "gzip",
}


class Unusable(Invalid):
    """The whole file cannot be used; nothing of it is written."""

    code = "unusable_file"


class Line(NamedTuple):
    """One row as it stands in the file; ``fault`` says why its text could not even be read."""

    number: int
    cells: list[str]
    fault: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table of the file: its name ("" for CSV) and its rows, the header among the first of them."""

    name: str
    lines: Iterator[Line]


def digest(path: Path) -> tuple[str, int]:
    """Return SHA-256 and size of the file."""
    found, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            found.update(chunk)
            size += len(chunk)
    return found.hexdigest(), size


@contextmanager
def open_sheets(path: Path) -> Iterator[Iterator[Sheet]]:
    """Open the file and give its tables, one for CSV, each sheet for XLSX; raise ``Unusable`` for anything else."""
    try:
        stream = path.open("rb")
    except OSError as error:
        raise Unusable(_("不能读取 %(name)s：%(why)s。") % {"name": path.name, "why": error.strerror}) from error
    with stream:
        head = stream.read(8)
        size = path.stat().st_size
        if size == 0:
            raise Unusable(_("不能导入：文件是空的。可以重新导出后再选择。"))
        if size > MAX_BYTES:
            raise Unusable(_("不能导入：文件超过 1 GB。可以按时间分成几个文件。"))
        stream.seek(0)
        if head.startswith(b"PK"):
            yield _workbook(stream)
        else:
            _refuse_other(head)
            with io.TextIOWrapper(stream, encoding=_encoding(stream), newline="") as text:
                yield iter([_csv_sheet(text)])


def _refuse_other(head: bytes) -> None:
    for magic, name in _OTHER_FILES.items():
        if head.startswith(magic):
            raise Unusable(_("不能导入：这是 %(kind)s 文件。可以另存为 XLSX 或 CSV 后再导入。") % {"kind": name})


# --- CSV -----------------------------------------------------------------------------------------------------------


def _encoding(stream: BinaryIO) -> str:
    head = stream.read(4)
    stream.seek(0)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for name in ("utf-8", "gb18030"):
        if _decodes(stream, name):
            return name
    raise Unusable(_("不能导入：文字编码既不是 UTF-8 也不是 GB18030。可以另存为“CSV UTF-8”后再导入。"))


def _decodes(stream: BinaryIO, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    stream.seek(0)
    try:
        while chunk := stream.read(CHUNK):
            if b"\x00" in chunk:
                raise Unusable(_("不能导入：这不是文本文件。可以另存为 XLSX 或 CSV 后再导入。"))
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        stream.seek(0)
    return True


def _csv_sheet(text: io.TextIOWrapper) -> Sheet:
    start = text.read(64 * 1024)
    text.seek(0)
    top = "\n".join(start.splitlines()[:10])
    return Sheet("", _csv_lines(text, max(",\t;", key=top.count)))


def _csv_lines(text: Iterable[str], delimiter: str) -> Iterator[Line]:
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(text, delimiter=delimiter)
    while True:
        before = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Line(before + 1, [], _("有一格超过 %(limit)d 个字；核对引号是否成对") % {"limit": MAX_CELL})
            continue
        if any(cell.strip() for cell in cells):
            yield Line(before + 1, cells)


# --- XLSX ----------------------------------------------------------------------------------------------------------


def _workbook(stream: BinaryIO) -> Iterator[Sheet]:
    _refuse_bomb(stream)
    stream.seek(0)
    try:
        book = python_calamine.load_workbook(stream)
    except python_calamine.PasswordError as error:
        raise Unusable(_("不能导入：工作簿有密码。可以去掉密码后再导入。")) from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise Unusable(_("不能导入：这不是 XLSX 工作簿，或已损坏。可以用表格软件另存一份。")) from error
    return _sheets(book)


def _refuse_bomb(stream: BinaryIO) -> None:
    """Unpack once in passing, so that neither the claimed nor the true size can surprise the reader below."""
    packed = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    too_large = Unusable(_("不能导入：压缩包展开后过大，不像一份名单。可以另存为 CSV 后再导入。"))
    broken = Unusable(_("不能导入：这不是 XLSX 工作簿，或已损坏。可以用表格软件另存一份。"))
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            if len(entries) > _ENTRIES:
                raise too_large
            if not any(entry.filename.startswith("xl/") for entry in entries):
                raise broken
            limit = _UNPACKED if packed * _RATIO > _UNPACKED else max(packed * _RATIO, _SMALL)
            if sum(entry.file_size for entry in entries) > limit:
                raise too_large
            _unpack_all(archive, entries)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise broken from error


def _unpack_all(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    for entry in entries:
        with archive.open(entry) as member:  # raises BadZipFile where size or checksum are forged
            while member.read(CHUNK):
                pass


def _sheets(book: python_calamine.CalamineWorkbook) -> Iterator[Sheet]:
    for name in book.sheet_names:
        try:
            rows = book.get_sheet_by_name(name)
        except python_calamine.CalamineError as error:
            raise Unusable(_("不能导入：工作表“%(name)s”已损坏。可以用表格软件另存一份。") % {"name": name}) from error
        yield Sheet(name, _sheet_lines(rows.iter_rows()))


def _sheet_lines(rows: Iterable[list[Any]]) -> Iterator[Line]:
    for number, row in enumerate(rows, 1):
        cells = [_cell_text(value) for value in row]
        if any(cell.strip() for cell in cells):
            yield Line(number, cells)


def _cell_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value.total_seconds())
    return str(value)


def peek(lines: Iterator[Line], count: int) -> tuple[list[Line], Iterator[Line]]:
    """Return the first rows and the whole sequence again."""
    first = list(itertools.islice(lines, count))
    return first, itertools.chain(first, lines)
