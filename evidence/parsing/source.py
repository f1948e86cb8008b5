"""Where bytes come from: plain files, compressed files, members of archives; read in blocks, never held whole."""

import bz2
import csv
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

#: So little at once that the events of a block are still in the processor's memory when they are counted and let go.
BLOCK = 1 << 15
#: A line longer than this is counted and skipped, not held in memory.
LONGEST_LINE = 1 << 20
#: How much of a source is shown to the readers' recognition.
HEAD = 1 << 16
#: A compressed file may grow this much, and never beyond the limit below: a bomb is a finding, not a crash.
RATIO = 300
LIMIT = 64 << 30


#: The steps from a file down to what lies packed in it: each a word, and numbers that tell where and how long.
Way = tuple[tuple[str | int, ...], ...]


class Broken(Exception):
    """The bytes end or contradict themselves in the middle: what was read before stays."""


class Block(NamedTuple):
    """Whole lines. Characters are bytes (Latin-1), or UTF-16 units when ``stride`` is 2."""

    offset: int
    lines: list[str]
    stride: int
    #: Nothing but ASCII, and no carriage return: known of the whole at once, and not to be asked of every line.
    simple: bool = False


@dataclass
class Source:
    """One thing to be read. ``open`` gives a fresh stream every time; ``modified`` is the file's own time, if known."""

    name: str
    open: Callable[[], IO[bytes]]
    size: int | None = None
    modified: float | None = None
    #: What happened while reading that the reader of the result must know of.
    notes: list[tuple[str, dict[str, int | str]]] = field(default_factory=list)
    #: How to come to it from the file that was handed in (`ways`); None where it can only be found by walking the file.
    way: Way | None = None

    def head(self) -> bytes:
        """Return the first bytes."""
        try:
            with self.open() as stream:
                return stream.read(HEAD)
        except (OSError, EOFError, zlib.error, lzma.LZMAError, Broken):
            return b""


def file_source(path: Path) -> Source:
    """Return the source of a file on disk, unpacked if it is a single compressed file."""
    stat = path.stat()
    with path.open("rb") as stream:
        magic = stream.read(6)
    source = Source(path.name, lambda: path.open("rb"), stat.st_size, stat.st_mtime)
    return unpacked(source, magic)


def unpacked(source: Source, magic: bytes) -> Source:
    """Return the source below a compression, or the source itself."""
    unpack: Callable[[IO[bytes]], Any]
    way: Way | None = None
    if magic[:2] == b"\x1f\x8b":
        unpack = _gzip
        way = below(source.way, "gzip")
    elif magic[:3] == b"BZh":
        unpack = bz2.BZ2File
    elif magic[:6] == b"\xfd7zXZ\x00":
        unpack = lzma.LZMAFile
    else:
        return source

    def opened() -> IO[bytes]:
        packed = source.open()
        return cast("IO[bytes]", Bounded(unpack(packed), source.size, packed))

    return Source(source.name, opened, None, source.modified, source.notes, way)


def below(way: Way | None, *step: str | int) -> Way | None:
    """Return the way one step further down; None where it was not known so far."""
    return None if way is None else (*way, step)


def most_of(packed: int | None) -> int:
    """Return how many bytes may come out of so many packed ones."""
    return min(LIMIT, max(64 << 20, (packed or 1 << 20) * RATIO))


def _gzip(stream: IO[bytes]) -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=stream)


class Bounded(io.RawIOBase):
    """A decompressing stream that stops a bomb: it ends with `Broken` when it grows beyond all reason."""

    def __init__(self, stream: Any, packed: int | None, *below: Any) -> None:
        self.stream = stream
        self.below = below
        self.given = 0
        self.most = most_of(packed)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        try:
            data: bytes = self.stream.read(size if size >= 0 else self.most)
        except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, ValueError) as error:
            raise Broken("compressed") from error
        self.given += len(data)
        if self.given > self.most:
            raise Broken("bomb")
        return data

    def close(self) -> None:
        self.stream.close()
        for one in self.below:
            one.close()
        super().close()


def blocks(source: Source) -> Iterator[Block]:
    """Yield the lines of a text in blocks. What is cut short by damage is noted at the source."""
    with source.open() as stream:
        head = stream.read(4)
        if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            yield from _wide(source, stream, head)
            return
        start = 3 if head[:3] == b"\xef\xbb\xbf" else 0
        yield from _narrow(source, stream, head[start:], start)


def _narrow(source: Source, stream: IO[bytes], first: bytes, start: int) -> Iterator[Block]:
    tail, offset = first, start
    skipped = 0
    while True:
        data = _more(source, stream)
        if not data:
            break
        if skipped:
            end = data.find(b"\n")
            if end < 0:
                skipped += len(data)
                continue
            skipped += end + 1
            _note_long(source, offset, skipped)
            offset, skipped, data = offset + skipped, 0, data[end + 1 :]
        data = tail + data
        cut = data.rfind(b"\n")
        if cut < 0:
            tail = data
            if len(tail) > LONGEST_LINE:
                skipped, tail = len(tail), b""
            continue
        tail = data[cut + 1 :]
        if len(tail) > LONGEST_LINE:
            yield _block(offset, data[:cut])
            offset += cut + 1
            skipped, tail = len(tail), b""
            continue
        yield _block(offset, data[:cut])
        offset += cut + 1
    if skipped:
        _note_long(source, offset, skipped)
    elif tail:  # of a very short text all was read as its first bytes, and its lines are still one behind the other
        yield _block(offset, tail.removesuffix(b"\n"))


def _block(offset: int, data: bytes) -> Block:
    return Block(offset, data.decode("latin-1").split("\n"), 1, data.isascii() and b"\r" not in data)


def _wide(source: Source, stream: IO[bytes], head: bytes) -> Iterator[Block]:
    codec = "utf-16-le" if head[:2] == b"\xff\xfe" else "utf-16-be"
    newline = "\n".encode(codec)
    tail, offset = head[2:], 2
    while True:
        data = _more(source, stream)
        whole = tail + data
        if not data:
            break
        cut = whole.rfind(newline)
        while cut >= 0 and cut % 2:
            cut = whole.rfind(newline, 0, cut + 1)
        if cut < 0:
            tail = whole
            if len(whole) > LONGEST_LINE:
                long = len(whole) // 2 * 2
                _note_long(source, offset, long)
                offset, tail = offset + long, whole[long:]
            continue
        yield Block(offset, _units(whole[:cut], codec).split("\n"), 2)
        offset += cut + 2
        tail = whole[cut + 2 :]
    if len(tail) % 2:  # the file ends in the middle of a letter, which is none of the line
        source.notes.append(("broken_stream", {}))
    if len(tail) > 1:
        yield Block(offset, [_units(tail[: len(tail) // 2 * 2], codec).removesuffix("\n")], 2)


def _units(data: bytes, codec: str) -> str:
    text = data.decode(codec, "replace")
    if text and max(text) > "\uffff":
        text = "".join(char if char <= "\uffff" else "\ufffd\ufffd" for char in text)
    return text


def _more(source: Source, stream: IO[bytes]) -> bytes:
    try:
        return stream.read(BLOCK)
    except (OSError, EOFError, zlib.error, Broken) as error:
        source.notes.append(("bomb" if str(error) == "bomb" else "broken_stream", {}))
        return b""


def _note_long(source: Source, offset: int, length: int) -> None:
    source.notes.append(("long_line", {"offset": offset, "length": length}))


def decoded(text: str) -> str:
    """Return the words behind Latin-1 characters: UTF-8 if they are, else GB18030, else escaped bytes."""
    if text.isascii():
        return text
    try:
        data = text.encode("latin-1")
    except UnicodeEncodeError:
        return text
    for codec in ("utf-8", "gb18030"):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "backslashreplace")


def cells(text: str, delimiter: str = ",") -> list[str]:
    """Return the cells of one line of CSV; none when it is no such line (a bare carriage return, an open quote)."""
    try:
        return next(csv.reader([text.replace("\0", "")], delimiter=delimiter), [])
    except csv.Error:
        return []
