"""Archives walked without unpacking: no member is written under a name, no link is followed, no bomb is let off.

An archive that is compressed, or lies in a compressed one, is copied once into a file without a name (`Room`).
"""

import io
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, cast

from evidence.parsing.room import NoRoom, Room, can_be_moved_about_in
from evidence.parsing.rotated import rotation
from evidence.parsing.sheets import sheets
from evidence.parsing.source import Bounded, Broken, Source, below, unpacked

MEMBERS = 20_000
DEPTH = 3


def members(source: Source, depth: int = 0, room: Room | None = None) -> Iterator[Source]:
    """Yield the sources in an archive, oldest of a rotated set first; a file that is no archive yields itself.

    What is not read (links, devices, encrypted members, absolute or climbing names) is noted at the first source.
    """
    head = source.head()
    if not (_is_zip(head) or _is_tar(head)) or depth >= DEPTH:
        yield source
        return
    room = room or Room()
    rested = source if can_be_moved_about_in(source.open) else room.at_rest(source)
    kind = _kind(rested, head)
    if not kind:
        yield source
        return
    found: list[Source] = []
    notes: list[tuple[str, dict[str, int | str]]] = []
    try:
        for one in _WALKS[kind](rested, notes):
            if len(found) >= MEMBERS:
                notes.append(("too_many_members", {"most": MEMBERS}))
                break
            found.append(one)
    except NoRoom:
        notes.append(("archive_too_large", {"kind": kind}))
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
    if rested is not source:
        notes.extend(rested.notes)
    if not found:
        source.notes.extend(notes)
        yield source
        return
    if kind != "book":
        found.sort(key=lambda one: rotation(one.name))
    found[0].notes.extend(notes)
    for one in found:
        inner = unpacked(one, one.head()[:6]) if one.size is None or one.size else one
        yield from members(inner, depth + 1, room)


def _kind(source: Source, head: bytes) -> str:
    if not _is_zip(head):
        return "tar"
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, EOFError, OSError, Broken, RuntimeError, NotImplementedError, ValueError):
        return "" if b"[Content_Types].xml" in head[:4096] else "zip"
    if "[Content_Types].xml" not in names:
        return "zip"
    return "book" if "xl/workbook.xml" in names else ""


def _is_zip(head: bytes) -> bool:
    return head[:4] in {b"PK\x03\x04", b"PK\x05\x06"}


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _unsafe(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or bool(re.match(r"[A-Za-z]:", name))


def _zip(source: Source, notes: list[tuple[str, dict[str, int | str]]]) -> Iterator[Source]:
    with source.open() as stream, zipfile.ZipFile(stream) as archive:
        infos = archive.infolist()
        starts = {info.header_offset: _start(archive, stream, info) for info in infos if source.way is not None}
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
        opened, start = _zip_opener(source, info), starts.get(info.header_offset)
        packed = (start or 0, info.compress_size, info.file_size, info.CRC, info.compress_type)
        way = None if start is None else below(source.way, "zip", *packed)
        yield Source(info.filename, opened, info.file_size, source.modified, way=way)


def _start(archive: zipfile.ZipFile, stream: IO[bytes], info: zipfile.ZipInfo) -> int | None:
    """Return where the packed bytes of a member begin; None where the library is to read or refuse it in its own way."""
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return None
    try:
        archive.open(info).close()  # what the library would refuse to open has no way
        stream.seek(info.header_offset + 26)
        name, extra = struct.unpack("<HH", stream.read(4))
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError, EOFError, ValueError, struct.error, Broken):
        return None
    return info.header_offset + 30 + int(name) + int(extra)


def _zip_opener(source: Source, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        stream = source.open()
        try:
            archive = zipfile.ZipFile(stream)
            return cast("IO[bytes]", Bounded(archive.open(info), info.compress_size, archive, stream))
        except (RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError, ValueError) as error:
            stream.close()
            raise Broken("archive") from error

    return opened


def _tar(source: Source, notes: list[tuple[str, dict[str, int | str]]]) -> Iterator[Source]:
    with source.open() as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
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
            opened = _part(source, info.offset_data, info.size)
            way = below(source.way, "part", info.offset_data, info.size)
            yield Source(info.name, opened, info.size, float(info.mtime), way=way)


def _part(source: Source, offset: int, size: int) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        stream = source.open()
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
