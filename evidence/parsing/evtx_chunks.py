"""The bones of an .evtx file: where each record lies, what the headers say, and records hidden inside others."""

import io
import re
import struct
from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import IO, Any

from evidence.parsing.evtx_numbers import Places

CHUNK = 65536
#: The head of a chunk, and where in it the tables of names and templates begin.
HEAD, TABLES = 512, 128
_TABLES, _NEXT = struct.Struct("<96I"), struct.Struct("<I").unpack_from
_RECORD, _WHOLE = struct.Struct("<4sIQ"), struct.Struct("<4sIQQ")
_FILE = struct.Struct("<8sQQQIHHHH76xII")
_MAGIC = b"\x2a\x2a\x00\x00"
_FIND = re.compile(re.escape(_MAGIC))


#: Records within records, and holes in the headers, that are kept one by one.
KEPT = 20_000


@dataclass
class Bones:
    """What the headers say about the whole file."""

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
    #: Where chunks begin whose tables of names run in circles: the library would follow them for ever.
    knotted: "array[int]" = field(default_factory=lambda: array("Q"))
    #: Bytes that the last chunk lacks, and the record that ends with the file: where it begins, and how much of it is there.
    lacking: int = 0
    cut: tuple[int, int] | None = None


def walk(stream: IO[bytes], bones: Bones) -> Places:
    """Return the places of the records of all chunks, and fill in the bones."""
    places = Places()
    head = stream.read(4096)
    if len(head) >= 128 and head[:8] == b"ElfFile\0":
        parts = _FILE.unpack_from(head)
        bones.next_record, bones.dirty = parts[3], bool(parts[-2] & 1)
    base = 4096
    while True:
        chunk = stream.read(CHUNK)
        if len(chunk) < HEAD:
            return places
        if _knotted(chunk):
            bones.knotted.append(base)
        if chunk[:8] == b"ElfChnk\0":
            bones.chunks += 1
            bones.lacking = CHUNK - len(chunk)
            bones.records += _chunk(chunk, base, bones, places)
        elif any(chunk[:512]):
            bones.broken_chunks += 1
        base += CHUNK


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


class Untied(io.RawIOBase):
    """A log without the tables of knotted chunks. Names are found without them, at their place, only less quickly."""

    def __init__(self, stream: IO[bytes], knotted: "array[int]") -> None:
        self.stream, self.knotted = stream, knotted

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.stream.seek(offset, whence)

    def tell(self) -> int:
        return self.stream.tell()

    def read(self, size: int = -1) -> bytes:
        begin = self.stream.tell()
        data = self.stream.read(size)
        first = bisect_left(self.knotted, max(0, begin - HEAD))
        for index in range(first, bisect_left(self.knotted, begin + len(data))):
            low, high = self.knotted[index] + TABLES - begin, self.knotted[index] + HEAD - begin
            low, high = max(0, low), min(len(data), high)
            if low < high:
                data = data[:low] + bytes(high - low) + data[high:]
        return data

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Padded(io.RawIOBase):
    """A log whose last chunk goes on with nothing where the file ends: what lies whole in that chunk is read, too."""

    def __init__(self, stream: IO[bytes], lacking: int) -> None:
        self.stream, self.at = stream, 0
        self.size = stream.seek(0, 2)
        self.whole = self.size + lacking

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = max(0, offset + (0, self.at, self.whole)[whence])
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int = -1) -> bytes:
        end = self.whole if size < 0 else min(self.at + size, self.whole)
        data = b""
        if self.at < self.size:
            self.stream.seek(self.at)
            data = self.stream.read(min(end, self.size) - self.at)
        data += bytes(max(0, end - max(self.at + len(data), self.size)))
        self.at += len(data)
        return data

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _chunk(chunk: bytes, base: int, bones: Bones, places: Places) -> int:
    """Note the records of a chunk; return how many they are."""
    at, before = 512, len(places.numbers)
    free = int.from_bytes(chunk[48:52], "little")
    end = min(free, len(chunk)) if 512 <= free <= CHUNK else len(chunk)
    unpack, whole, last = _RECORD.unpack_from, len(chunk), end - 24
    numbers, offsets, sizes = places.numbers.append, places.offsets.append, places.sizes.append
    due = bones.header_due
    while at <= last:
        magic, size, number = unpack(chunk, at)
        if magic != _MAGIC or size < 28 or at + size > whole:
            if magic == _MAGIC and 28 <= size <= CHUNK - at and whole < CHUNK:
                bones.cut = (base + at, whole - at)
            break
        if number == due:
            due += 1
        else:
            _other(bones, number, due - 1)
            due = number + 1
        numbers(number)
        offsets(base + at)
        sizes(size)
        at += size
    bones.header_due = due
    if bones.header_max is not None:
        bones.header_max = max(bones.header_max, due - 1)
    count = len(places.numbers) - before
    # Two stars begin a record: where there are no others, which is seen ten times as fast, nothing is hidden.
    stars, star, find = 0, chunk.find(b"*", 512, end), chunk.find
    while star >= 0 and stars <= 2 * count:
        stars += 1
        star = find(b"*", star + 1, end)
    if stars != 2 * count and chunk.count(_MAGIC, 512, end) > count:
        _hidden(chunk, base, end, {offset - base for offset in places.offsets[before:]}, bones)
    return count


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
    for found in _FIND.finditer(chunk, 512, end):
        inner = found.start()
        if inner in starts or inner + 28 > end:
            continue
        _magic, size, number, written = _WHOLE.unpack_from(chunk, inner)
        whole = size >= 28 and inner + size <= end and chunk[inner + size - 4 : inner + size] == struct.pack("<I", size)
        if whole and len(bones.hidden) < KEPT and 0x01B0000000000000 < written < 0x0300000000000000:
            bones.hidden.append({"offset": base + inner, "length": size, "number": number, "written": written})
