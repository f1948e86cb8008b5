"""Archives walked without unpacking: no member is written anywhere, no link is followed, no bomb is let off."""

import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, cast

from evidence.parsing.rotated import rotation
from evidence.parsing.sheets import sheets
from evidence.parsing.source import Bounded, Broken, Source, unpacked

MEMBERS = 20_000
DEPTH = 3
#: An archive inside an archive is held in memory, so it must be small.
NESTED = 256 << 20


def members(source: Source, depth: int = 0) -> Iterator[Source]:
    """Yield the sources in an archive, oldest of a rotated set first; a file that is no archive yields itself.

    What is not read (links, devices, encrypted members, absolute or climbing names) is noted at the first source.
    """
    head = source.head()
    kind = _kind(source, head)
    if not kind or depth >= DEPTH:
        yield source
        return
    found: list[Source] = []
    notes: list[tuple[str, dict[str, int | str]]] = []
    try:
        for one in _WALKS[kind](source, notes):
            if len(found) >= MEMBERS:
                notes.append(("too_many_members", {"most": MEMBERS}))
                break
            found.append(one)
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        Broken,
        RuntimeError,
        NotImplementedError,
        ValueError,
    ):
        notes.append(("broken_archive", {"kind": kind}))
    if not found:
        source.notes.extend(notes)
        yield source
        return
    if kind != "book":
        found.sort(key=lambda one: rotation(one.name))
    found[0].notes.extend(notes)
    for one in found:
        inner = unpacked(one, one.head()[:6]) if one.size is None or one.size else one
        yield from members(inner, depth + 1)


def _kind(source: Source, head: bytes) -> str:
    if head[:4] not in {b"PK\x03\x04", b"PK\x05\x06"}:
        return "tar" if _is_tar(head) else ""
    try:
        with source.open() as stream, zipfile.ZipFile(_seekable(stream)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, EOFError, OSError, Broken, RuntimeError, NotImplementedError, ValueError):
        return "" if b"[Content_Types].xml" in head[:4096] else "zip"
    if "[Content_Types].xml" not in names:
        return "zip"
    return "book" if "xl/workbook.xml" in names else ""


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _unsafe(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or bool(re.match(r"[A-Za-z]:", name))


def _zip(source: Source, notes: list[tuple[str, dict[str, int | str]]]) -> Iterator[Source]:
    with source.open() as stream, zipfile.ZipFile(_seekable(stream)) as archive:
        infos = archive.infolist()
    for info in infos:
        if info.is_dir():
            continue
        if info.external_attr >> 28 == 0xA or info.flag_bits & 1:
            notes.append(
                (
                    "member_skipped",
                    {"name": info.filename, "why": "link" if info.external_attr >> 28 == 0xA else "encrypted"},
                )
            )
            continue
        if _unsafe(info.filename):
            notes.append(("unsafe_name", {"name": info.filename}))
        yield Source(
            info.filename, _zip_opener(source, info.filename, info.compress_size), info.file_size, source.modified
        )


def _zip_opener(source: Source, name: str, packed: int) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        stream = source.open()
        try:
            archive = zipfile.ZipFile(_seekable(stream))
            return cast("IO[bytes]", Bounded(archive.open(name), packed, archive, stream))
        except (RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError) as error:
            stream.close()
            raise Broken("archive") from error

    return opened


def _tar(source: Source, notes: list[tuple[str, dict[str, int | str]]]) -> Iterator[Source]:
    with source.open() as stream, tarfile.open(fileobj=_seekable(stream), mode="r:") as archive:
        for info in archive:
            if info.isdir():
                continue
            if not info.isreg():
                notes.append(
                    (
                        "member_skipped",
                        {"name": info.name, "why": "link" if info.issym() or info.islnk() else "special"},
                    )
                )
                continue
            if _unsafe(info.name):
                notes.append(("unsafe_name", {"name": info.name}))
            yield Source(info.name, _part(source, info.offset_data, info.size), info.size, float(info.mtime))


def _part(source: Source, offset: int, size: int) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        stream = _seekable(source.open())
        stream.seek(offset)
        return cast("IO[bytes]", Part(stream, offset, size))

    return opened


def _book(source: Source, _notes: list[tuple[str, dict[str, int | str]]]) -> Iterator[Source]:
    yield from sheets(source)


_WALKS = {"zip": _zip, "tar": _tar, "book": _book}


class Part(io.RawIOBase):
    """A stretch of a stream as a stream of its own."""

    def __init__(self, stream: IO[bytes], offset: int, size: int) -> None:
        self.stream, self.start, self.size, self.at = stream, offset, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset if whence == 0 else self.at + offset if whence == 1 else self.size + offset
        self.stream.seek(self.start + self.at)
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int = -1) -> bytes:
        left = max(0, self.size - self.at)
        data = self.stream.read(left if size < 0 else min(size, left))
        self.at += len(data)
        return data

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self.stream.close()
        super().close()


def _seekable(stream: IO[bytes]) -> IO[bytes]:
    """Return the stream, or a copy in memory of a small one that cannot be moved about in."""
    if stream.seekable():
        return stream
    data = stream.read(NESTED + 1)
    if len(data) > NESTED:
        raise Broken("nested")
    return io.BytesIO(data)
