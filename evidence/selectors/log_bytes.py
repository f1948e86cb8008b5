"""The bytes that readings were made of: what lies in a stored file, and what stands around an event."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.conf import settings

from casework.files import storage
from evidence.models import ItemFile
from evidence.models.logs import LogRun
from evidence.parsing.archives import members
from evidence.parsing.places import KEPT
from evidence.parsing.room import Room
from evidence.parsing.source import Broken, Source, decoded, unpacked
from evidence.parsing.ways import source_at, way_of

#: Bytes that are shown around an event.
CONTEXT: Final = 2_000


def stored(file: ItemFile) -> Source:
    """Return the source of a stored file as it was handed in, under its own name."""
    blob = file.blob
    opened = partial(storage.open_blob, blob.sha256)
    return Source(file.name, opened, blob.size, blob.stored_at.timestamp(), way=())


def kept_source(file: ItemFile) -> Source:
    """Return the source of a stored file under its own name, unpacked if it is a single compressed file.

    Raises:
        OSError: the file is gone.
    """
    source = stored(file)
    with source.open() as stream:
        magic = stream.read(6)
    return unpacked(source, magic)


def members_of(file: ItemFile) -> Iterator[Source]:
    """Yield the members of a stored file; what must be copied to be read lies beside what is being received.

    Raises:
        OSError: the file is gone.
    """
    return members(kept_source(file), room=Room(storage.incoming(), spare=settings.CASEWORK_FREE_BYTES))


def sources_of(run: LogRun) -> Iterator[Source]:
    """Return, one after the other, the sources that a reading read, in its order; they can be moved about in where the reading kept the ways.

    Raises:
        OSError: the file is gone.
    """
    with stored(run.file).open():
        pass  # a file that is gone is not one in which nothing is found
    if run.members and all("way" in member for member in run.members):
        return (_at(run, member) for member in run.members)
    return members_of(run.file)


def source_of(run: LogRun, member: int) -> Source | None:
    """Return the source that a member of a reading was read from; None where the file has no such member.

    Raises:
        OSError: the file is gone.
    """
    if member < len(run.members) and "way" in run.members[member]:
        return _at(run, run.members[member])
    for number, one in enumerate(members_of(run.file)):
        if number == member:
            return one
    return None


def _at(run: LogRun, member: dict[str, Any]) -> Source:
    """Return a member by its way. Places in it are kept for the file of this item alone, whoever else has the same bytes."""
    file = run.file
    return source_at(stored(file), member["name"], way_of(member["way"]), (file.pk, file.blob.sha256), KEPT)


@dataclass(frozen=True)
class Bytes:
    """Bytes of a source around an event: text before, the event's own, text after."""

    start: int
    before: str
    own: str
    after: str
    hexed: tuple[tuple[str, str, str], ...]


def bytes_of(run: LogRun, member: int, offset: int, length: int) -> Bytes | None:
    """Return the bytes from which an event was read, with what stands around them; None where the file is gone."""
    try:
        source = source_of(run, member)
        if source is None:
            return None
        start = max(0, offset - CONTEXT)
        with source.open() as stream:
            if stream.seekable():
                stream.seek(start)
            else:
                left = start
                while left:
                    skipped = len(stream.read(min(left, 1 << 20)))
                    if not skipped:
                        return None
                    left -= skipped
            data = _full(stream, offset - start + min(length, 64_000) + CONTEXT)
    except (OSError, EOFError, Broken):
        return None
    own = data[offset - start : offset - start + length]
    if length and not own:
        return None
    before, after = data[: offset - start], data[offset - start + length :]
    if start:
        before = before.partition(b"\n")[2]
    after = after[: after.rfind(b"\n") + 1]
    return Bytes(start, said(before), said(own), said(after), _hexed(own[:512], offset))


def _full(stream: Any, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def said(data: bytes) -> str:
    """Return bytes of a log as text that can be shown."""
    text = decoded(data.decode("latin-1"))
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "·", text)


def _hexed(data: bytes, offset: int) -> tuple[tuple[str, str, str], ...]:
    rows = []
    for at in range(0, len(data), 16):
        part = data[at : at + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        rows.append((f"{offset + at:08x}", part.hex(" "), shown))
    return tuple(rows)
