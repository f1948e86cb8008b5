"""The bones of an .evtx file: where each record lies, what the headers say, and records hidden inside others."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple

CHUNK, FILE_HEAD = 65_536, 4_096
#: The head of a chunk, and where in it the tables of names and templates begin.
HEAD, TABLES = 512, 128
_TABLES, _NEXT = struct.Struct("<96I"), struct.Struct("<I").unpack_from
#: Magic, length and number of a record; then the head of its fragment with the token of its template, and where that is defined.
_RECORD, _WHOLE = struct.Struct("<4sIQ8x6s4xI"), struct.Struct("<4sIQQ")
_FILE = struct.Struct("<8sQQQIHHHH76xII")
_MAGIC = b"\x2a\x2a\x00\x00"
_FIND = re.compile(re.escape(_MAGIC))


#: Records within records, and holes in the headers, that are kept one by one.
KEPT = 20_000
#: Place in the chunk, length, number, what its text begins with, and where its template is defined.
Record = tuple[int, int, int, bytes, int]


@dataclass
class Bones:
    """What the headers say about the whole file."""

    #: The head of the file.
    head: bytes = b""
    dirty: bool = False
    next_record: int = 0
    chunks: int = 0
    broken_chunks: int = 0
    header_min: int | None = None
    header_max: int | None = None
    #: The number that follows the one before.
    header_due: int = -1
    records: int = 0
    header_holes: list[tuple[int, int]] = field(default_factory=list)
    hidden: list[dict[str, Any]] = field(default_factory=list)
    #: The record that ends with the file: where it begins, and how much of it is there.
    cut: tuple[int, int] | None = None


class Chunk(NamedTuple):
    """A piece of the file with its records."""

    base: int
    data: bytes
    #: Bytes that the file lacks to its end; `data` goes on with nothing for so long.
    lacking: int
    records: list[Record]
    #: Whether the records end where, and with the number with which, the head of the chunk says.
    whole: bool


def chunks(stream: IO[bytes], bones: Bones) -> Iterator[Chunk]:
    """Yield the chunks of a file with the places of their records, and fill in the bones."""
    head = bones.head = stream.read(FILE_HEAD)
    if len(head) >= 128 and head[:8] == b"ElfFile\0":
        parts = _FILE.unpack_from(head)
        bones.next_record, bones.dirty = parts[3], bool(parts[-2] & 1)
    base = FILE_HEAD
    while True:
        data = stream.read(CHUNK)
        if len(data) < HEAD:
            return
        if data[:8] == b"ElfChnk\0":
            bones.chunks += 1
            yield _chunk(data, base, bones)
        elif any(data[:512]):
            bones.broken_chunks += 1
        base += CHUNK


def untied(chunk: bytes) -> bytes:
    """Return a chunk without its tables, where they run in circles: a reader that follows them would do so for ever.

    Names are found without the tables, at their place, only less quickly.
    """
    return chunk[:TABLES] + bytes(HEAD - TABLES) + chunk[HEAD:] if _knotted(chunk) else chunk


def _knotted(chunk: bytes) -> bool:
    """Tell whether the names or templates of a chunk do not lead from each to an earlier one, as the system writes them."""
    last = len(chunk) - 4
    for begin in _TABLES.unpack_from(chunk, TABLES):
        at = begin
        while at:
            if at > last:
                return True
            (following,) = _NEXT(chunk, at)
            if following >= at:
                return True
            at = following
    return False


def _chunk(chunk: bytes, base: int, bones: Bones) -> Chunk:
    """Note the records of a chunk."""
    size_of_all = len(chunk)
    lacking = CHUNK - size_of_all
    free = int.from_bytes(chunk[48:52], "little")
    end = min(free, size_of_all) if 512 <= free <= CHUNK else size_of_all
    # What is read of a record at the very end may lie behind it.
    padded = chunk + bytes(lacking + _RECORD.size) if lacking or end > CHUNK - _RECORD.size else chunk
    records: list[Record] = []
    at, last, unpack, append = HEAD, end - 24, _RECORD.unpack_from, records.append
    due = bones.header_due
    while at <= last:
        magic, size, number, begins, template = unpack(padded, at)
        if magic != _MAGIC or size < 28 or at + size > size_of_all:
            if magic == _MAGIC and 28 <= size <= CHUNK - at and lacking:
                bones.cut = (base + at, size_of_all - at)
            break
        if number == due:
            due += 1
        else:
            _other(bones, number, due - 1)
            due = number + 1
        append((at, size, number, begins, template))
        at += size
    bones.header_due = due
    if bones.header_max is not None:
        bones.header_max = max(bones.header_max, due - 1)
    bones.records += len(records)
    # Two stars begin a record: where there are no others, which is seen sooner, nothing is hidden.
    if chunk.count(b"**", HEAD, end) != len(records) and chunk.count(_MAGIC, HEAD, end) > len(records):
        _hidden(chunk, base, end, {record[0] for record in records}, bones)
    whole = bool(records) and not lacking and at == free and chunk[32:40] == records[-1][2].to_bytes(8, "little")
    return Chunk(base, padded[:CHUNK] if lacking else chunk, lacking, records, whole)


def _other(bones: Bones, number: int, previous: int) -> None:
    """Note a number that does not follow the one before."""
    if bones.header_min is None or bones.header_max is None:
        bones.header_min = bones.header_max = number
        return
    highest = max(bones.header_max, previous)
    if number > highest + 1 and len(bones.header_holes) < KEPT:
        bones.header_holes.append((highest + 1, number - 1))
    bones.header_min, bones.header_max = min(bones.header_min, number), max(highest, number)


def _hidden(chunk: bytes, base: int, end: int, starts: set[int], bones: Bones) -> None:
    """Note records that lie within others."""
    for found in _FIND.finditer(chunk, HEAD, end):
        inner = found.start()
        if inner in starts or inner + 28 > end:
            continue
        _magic, size, number, written = _WHOLE.unpack_from(chunk, inner)
        whole = size >= 28 and inner + size <= end and chunk[inner + size - 4 : inner + size] == struct.pack("<I", size)
        if whole and len(bones.hidden) < KEPT and 0x01B0000000000000 < written < 0x0300000000000000:
            bones.hidden.append({"offset": base + inner, "length": size, "number": number, "written": written})
