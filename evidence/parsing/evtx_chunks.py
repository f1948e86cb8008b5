"""The bones of an .evtx file: where each record lies, what the headers say, and records hidden inside others."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

CHUNK = 65536
_RECORD, _WHOLE = struct.Struct("<4sIQ"), struct.Struct("<4sIQQ")
_FILE = struct.Struct("<8sQQQIHHHH76xII")
_MAGIC = b"\x2a\x2a\x00\x00"
_FIND = re.compile(re.escape(_MAGIC))


#: One record: its number in the header (not the one in its text), where it begins, how long it is.
Place = tuple[int, int, int]


@dataclass
class Bones:
    """What the headers say about the whole file."""

    dirty: bool = False
    next_record: int = 0
    chunks: int = 0
    broken_chunks: int = 0
    header_min: int | None = None
    header_max: int | None = None
    records: int = 0
    header_holes: list[tuple[int, int]] = field(default_factory=list)
    hidden: list[dict[str, Any]] = field(default_factory=list)


def walk(stream: IO[bytes], bones: Bones) -> Iterator[list[Place]]:
    """Yield the places of the records of every chunk, and fill in the bones."""
    head = stream.read(4096)
    if len(head) >= 128 and head[:8] == b"ElfFile\0":
        parts = _FILE.unpack_from(head)
        bones.next_record, bones.dirty = parts[3], bool(parts[-2] & 1)
    base = 4096
    while True:
        chunk = stream.read(CHUNK)
        if len(chunk) < 512:
            return
        if chunk[:8] == b"ElfChnk\0":
            bones.chunks += 1
            places = _chunk(chunk, base, bones)
            bones.records += len(places)
            yield places
        elif any(chunk[:512]):
            bones.broken_chunks += 1
        base += CHUNK


def _chunk(chunk: bytes, base: int, bones: Bones) -> list[Place]:
    at = 512
    free = int.from_bytes(chunk[48:52], "little")
    end = min(free, len(chunk)) if 512 <= free <= CHUNK else len(chunk)
    places: list[Place] = []
    unpack, whole, last, take = _RECORD.unpack_from, len(chunk), end - 24, places.append
    due = -1 if bones.header_max is None else bones.header_max + 1
    while at <= last:
        magic, size, number = unpack(chunk, at)
        if magic != _MAGIC or size < 28 or at + size > whole:
            break
        if number == due:
            due += 1
        else:
            due = _other(bones, number, due - 1)
        take((number, base + at, size))
        at += size
    if bones.header_max is not None:
        bones.header_max = due - 1
    if chunk.count(_MAGIC, 512, end) > len(places):
        _hidden(chunk, base, end, {place[1] - base for place in places}, bones)
    return places


def _other(bones: Bones, number: int, previous: int) -> int:
    """Note a number that does not follow the one before; return the one that is due next."""
    if bones.header_min is None:
        bones.header_min = bones.header_max = number
        return number + 1
    if number > previous + 1 and len(bones.header_holes) < 1000:
        bones.header_holes.append((previous + 1, number - 1))
    bones.header_min = min(bones.header_min, number)
    return max(previous, number) + 1


def _hidden(chunk: bytes, base: int, end: int, starts: set[int], bones: Bones) -> None:
    """Note records that lie within others."""
    for found in _FIND.finditer(chunk, 512, end):
        inner = found.start()
        if inner in starts or inner + 28 > end:
            continue
        _magic, size, number, written = _WHOLE.unpack_from(chunk, inner)
        whole = size >= 28 and inner + size <= end and chunk[inner + size - 4 : inner + size] == struct.pack("<I", size)
        if whole and 0x01B0000000000000 < written < 0x0300000000000000:
            bones.hidden.append({"offset": base + inner, "length": size, "number": number, "written": written})
