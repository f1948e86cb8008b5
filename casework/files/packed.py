"""What an archive is: a document of Office or of the open format, or nothing but an archive. Nothing is unpacked."""

import os
import re
from collections.abc import Iterator
from struct import Struct
from typing import BinaryIO, Final

#: How an archive begins.
BEGIN: Final = b"PK\x03\x04"
_ZIP: Final = "application/zip"
#: The end of the list of contents (PKWARE APPNOTE 4.3.16), and one entry of the list (4.3.12).
_END, _ENTRY = Struct("<4s4x2x2xII2x"), Struct("<4s24xHHH12x")
#: The end may be followed by a remark of so many bytes; longer lists are of no document.
_REMARK, _LIST = 65_535, 4 << 20
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_WITH_MACROS: Final = "application/vnd.ms-"
#: The part that every document of a kind has (ECMA-376) → its type, and that with macros.
_PARTS: Final = {
    b"word/document.xml": (f"{_OFFICE}wordprocessingml.document", f"{_WITH_MACROS}word.document.macroEnabled.12"),
    b"xl/workbook.xml": (f"{_OFFICE}spreadsheetml.sheet", f"{_WITH_MACROS}excel.sheet.macroEnabled.12"),
    b"xl/workbook.bin": (f"{_WITH_MACROS}excel.sheet.binary.macroEnabled.12",) * 2,
    b"ppt/presentation.xml": (
        f"{_OFFICE}presentationml.presentation",
        f"{_WITH_MACROS}powerpoint.presentation.macroEnabled.12",
    ),
}
#: A document of the open format says what it is in its first bytes (ODF 1.2, part 3, 3.3), as a book does.
_OPEN: Final = re.compile(
    rb"PK\x03\x04.{22}\x08\x00\x00\x00mimetype"
    rb"(application/(?:vnd\.oasis\.opendocument\.(?:text|spreadsheet|presentation|graphics)|epub\+zip))(?=PK)",
    re.DOTALL,
)


def type_of_packed(stream: BinaryIO) -> str:
    """Return the media type of a file that begins as an archive, by the names of what is in it; little of it is read."""
    stream.seek(0)
    if said := _OPEN.match(stream.read(128)):
        return said[1].decode()
    names = frozenset(_names(stream))
    if b"[Content_Types].xml" in names:
        for part, (plain, macros) in _PARTS.items():
            if part in names:
                program = part.partition(b"/")[0] + b"/vbaProject.bin"
                return macros if program in names else plain
    return _ZIP


def _names(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the names of the list of contents, as far as it is one."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _REMARK - _END.size))
    tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        return
    _mark, length, _offset = _END.unpack_from(tail, at)
    begin = size - len(tail) + at - length
    if length > _LIST or begin < 0:
        return
    stream.seek(begin)
    listed = stream.read(length)
    at = 0
    while at + _ENTRY.size <= len(listed):
        mark, name, extra, remark = _ENTRY.unpack_from(listed, at)
        if mark != b"PK\x01\x02":
            return
        at += _ENTRY.size
        yield listed[at : at + name]
        at += name + extra + remark
