"""Room for what can only be read from its beginning: copied to disk once, so that it can be moved about in."""

import contextlib
import io
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

from evidence.parsing.source import Broken, Source

#: Bytes of all archives of one walk together.
MOST = 64 << 30
#: What stays free on the disk unless told otherwise.
SPARE = 1 << 30
#: So little at once that not much is lost before a damage.
_PIECE = 1 << 16
#: Pieces after which the disk is asked how much is free.
_ASKED = 1024


class NoRoom(Broken):
    """The archives of a walk need more than they may have, or than the disk has."""


class Room:
    """One file without a name for all archives of a walk: whatever ends the walk, the disk has its room back.

    It lives as long as something that was opened from it, or may be.
    """

    def __init__(self, folder: Path | None = None, *, spare: int = SPARE, most: int | None = None) -> None:
        self.folder, self.spare, self.most = (
            folder or Path(tempfile.gettempdir()),
            spare,
            MOST if most is None else most,
        )
        self.handle = -1
        self.end = 0

    def at_rest(self, source: Source) -> Source:
        """Return the source so that its streams can be moved about in; it is copied when it is first opened.

        What is damaged is kept up to the damage, which is noted at the source that is returned.
        """
        held = _Held(self, source)
        rested = Source(source.name, held.open, None, source.modified, way=source.way)
        held.notes = rested.notes
        return rested

    def keep(self, stream: IO[bytes], notes: list[tuple[str, dict[str, int | str]]]) -> tuple[int, int]:
        """Copy a stream; return where it lies and how long it is.

        Raises:
            NoRoom: it is too long; nothing of it is kept.
        """
        if self.handle < 0:
            with tempfile.TemporaryFile(dir=self.folder) as file:
                self.handle = os.dup(file.fileno())
            weakref.finalize(self, os.close, self.handle)
        start, pieces = self.end, 0
        while True:
            try:
                data = stream.read(_PIECE)
            except NoRoom:
                raise
            except (Broken, EOFError, OSError) as error:
                notes.append(("bomb" if str(error) == "bomb" else "broken_stream", {}))
                break
            if not data:
                break
            if self.end + len(data) > self.most or not (pieces % _ASKED or self._free()):
                os.ftruncate(self.handle, start)
                self.end = start
                raise NoRoom("nested")
            pieces += 1
            self.end += self._written(data)
        return start, self.end - start

    def _free(self) -> bool:
        return shutil.disk_usage(self.folder).free > self.spare

    def _written(self, data: bytes) -> int:
        done = 0
        while done < len(data):
            try:
                done += os.pwrite(self.handle, memoryview(data)[done:], self.end + done)
            except OSError as error:
                raise NoRoom("nested") from error
        return done


class _Held:
    """A source that is copied into the room when it is first opened."""

    def __init__(self, room: Room, source: Source) -> None:
        self.room, self.source = room, source
        self.notes: list[tuple[str, dict[str, int | str]]] = []
        self.place: tuple[int, int] | None = None
        self.refused = False

    def open(self) -> IO[bytes]:
        if self.refused:
            raise NoRoom("nested")
        if self.place is None:
            try:
                with self.source.open() as stream:
                    self.place = self.room.keep(stream, self.notes)
            except NoRoom:
                self.refused = True
                raise
        return cast("IO[bytes]", io.BufferedReader(_Stretch(self.room, *self.place)))


class _Stretch(io.RawIOBase):
    """A stretch of the room's file as a stream with a place of its own."""

    def __init__(self, room: Room, start: int, size: int) -> None:
        self.room, self.start, self.size, self.at = room, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        at = offset + (0, self.at, self.size)[whence]
        if at < 0:
            raise ValueError(at)
        self.at = at
        return at

    def tell(self) -> int:
        return self.at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        wanted = max(0, min(len(buffer), self.size - self.at))
        data = os.pread(self.room.handle, wanted, self.start + self.at)
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)


def can_be_moved_about_in(open_it: Callable[[], IO[bytes]]) -> bool:
    """Tell whether a stream can be moved about in; what cannot be opened can, and fails where it is read."""
    with contextlib.suppress(OSError, EOFError, Broken), open_it() as stream:
        return stream.seekable()
    return True
