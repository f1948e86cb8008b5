"""Deflated streams (gzip, members of zip) that can be moved about in: what lies far in is read from a place near by.

The bytes and the refusals are those of Python's own `gzip` and `zipfile`: heads are read, check sums tested at the end and
lengths believed as there. Only right before a damage some bytes more may be given.
"""

import io
import struct
import zlib
from collections.abc import Hashable
from typing import IO, Any, Final

from evidence.parsing.places import Kept, Place
from evidence.parsing.source import Broken

#: Packed bytes that are taken at once; what is left of them is kept with a place.
TAKEN: Final = 4096
#: Plain bytes that are unpacked at once, however many are asked for.
UNPACKED: Final = 1 << 17
#: What a decompressor, or what lies below it, says of a damage.
_DAMAGES = (OSError, EOFError, zlib.error, ValueError)


class Inflated(io.RawIOBase):
    """The plain bytes of a deflated stream; the packed one must be able to be moved about in, and is closed with it.

    ``most`` is where a bomb begins. A ``quiet`` stream ends where it is damaged instead of saying so.
    """

    def __init__(
        self, packed: IO[bytes], start: int, most: int, kept: Kept, key: Hashable, *, quiet: bool = False
    ) -> None:
        self.packed, self.start, self.most, self.kept, self.key, self.quiet = packed, start, most, kept, key, quiet
        self.wanted = 0
        self._go_on_from(None)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.wanted

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            raise io.UnsupportedOperation("where it ends is not known")
        at = offset + (self.wanted if whence == io.SEEK_CUR else 0)
        if at < 0:
            raise ValueError(at)
        self.wanted = at
        return at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, or fewer at the end or before a damage, which the next reading tells.

        Raises:
            Broken: what is packed is damaged, or a bomb.
        """
        parts: list[bytes] = []
        left = size if size >= 0 else self.most + 1
        try:
            self._reach(self.wanted)
            while left and self.at == self.wanted and (data := self._next(min(left, UNPACKED))):
                parts.append(data)
                left -= len(data)
                self.wanted = self.at
        except Broken:
            if not parts and not self.quiet:
                raise
        return b"".join(parts)

    def close(self) -> None:
        if not self.closed:
            if self.engine is not None and self.failed is None:
                self.kept.stop(self.key, self._place())
            self.packed.close()
        super().close()

    def _reach(self, at: int) -> None:
        """Go to where is wanted: to the nearest place, which may be one that another thread has come to meanwhile, and on."""
        while self.at != at:
            near = self.kept.before(self.key, at)
            if self.at > at or (near is not None and near.at > self.at):
                self._go_on_from(near)
            elif not self._next(min(at - self.at, UNPACKED)):
                return

    def _go_on_from(self, place: Place | None) -> None:
        self.failed: Exception | None = None
        self.dry = False
        if place is None:
            self.at, self.taken, self.tail, self.crc, self.begun = 0, 0, b"", 0, 0
            self.engine: Any = None
        else:
            self.at, self.taken, self.tail, self.crc, self.begun = (
                place.at, place.taken, place.tail, place.crc, place.begun,
            )  # fmt: skip
            self.engine = place.engine.copy()
        self.packed.seek(self.start + self.taken)

    def _place(self) -> Place:
        return Place(self.at, self.taken, self.tail, self.engine.copy(), self.crc, self.begun)

    def _next(self, most: int) -> bytes:
        """Return the next plain bytes, of which there may be fewer than asked for; none at the end."""
        if self.failed is not None:
            raise Broken("compressed") from self.failed
        try:
            data = self._unpacked(most)
        except _DAMAGES as error:
            data = self._up_to(error, most)
        self.at += len(data)
        if self.at > self.most:
            raise Broken("bomb")
        if self.engine is not None and self.failed is None and self.kept.wanted(self.key, self.at):
            self.kept.keep(self.key, self._place())
        return data

    def _up_to(self, error: Exception, most: int) -> bytes:
        """Return what lies before a damage, one byte after the other: what comes with it from `zlib` is lost at once."""
        at, found = self.at, bytearray()
        if isinstance(error, zlib.error):
            try:
                self._go_on_from(self.kept.before(self.key, at))
                while self.at < at and (data := self._unpacked(min(at - self.at, UNPACKED))):
                    self.at += len(data)
                while len(found) < most and (data := self._unpacked(1)):
                    self.at += 1
                    found += data
            except _DAMAGES:
                pass
        self.at, self.failed = at, error
        if not found:
            raise Broken("compressed") from error
        return bytes(found)

    def _unpacked(self, most: int) -> bytes:
        """Return up to so many plain bytes, none at the end; raises what `zlib` and its like raise."""
        raise NotImplementedError

    def _step(self, most: int) -> bytes:
        """Unpack some of what was taken, or take more; ``dry`` tells that there was nothing to take."""
        piece = self.tail or self._take(TAKEN)
        self.dry = not piece
        data: bytes = self.engine.decompress(piece, most)
        self.tail = self.engine.unused_data if self.engine.eof else self.engine.unconsumed_tail
        return data

    def _take(self, size: int) -> bytes:
        data = self.packed.read(size)
        self.taken += len(data)
        return data


class Gunzipped(Inflated):
    """What a gzip file holds: one part behind the other, each with a head and a check sum."""

    def _unpacked(self, most: int) -> bytes:
        while True:
            if self.engine is not None and self.engine.eof:
                self._test()
                self.engine = None
            if self.engine is None:
                if not self._head():
                    return b""
                self.engine, self.crc, self.begun = zlib.decompressobj(-zlib.MAX_WBITS), 0, self.at
            data = self._step(most)
            if data:
                self.crc = zlib.crc32(data, self.crc)
                return data
            if self.dry and not self.engine.eof:
                raise EOFError

    def _head(self) -> bool:
        """Pass over the head of a part (RFC 1952); False where there is none more."""
        magic = self._up_to_so_many(2)
        if not magic:
            return False
        method, flags = self._exactly(8)[:2] if magic == b"\x1f\x8b" else (0, 0)
        if method != 8:
            raise OSError("no gzip")
        if flags & 4:
            self._exactly(*struct.unpack("<H", self._exactly(2)))
        for named in (8, 16):
            while flags & named and self._up_to_so_many(1) not in {b"", b"\0"}:
                pass
        if flags & 2:
            self._exactly(2)
        return True

    def _test(self) -> None:
        """Test check sum and length of a part, and pass over the zeros that may stand behind it."""
        crc, size = struct.unpack("<II", self._exactly(8))
        if crc != self.crc or size != (self.at - self.begun) & 0xFFFFFFFF:
            raise OSError("check sum")
        self.tail = self.tail.lstrip(b"\0")
        while not self.tail and (data := self._take(TAKEN)):
            self.tail = data.lstrip(b"\0")

    def _up_to_so_many(self, size: int) -> bytes:
        while len(self.tail) < size and (data := self._take(max(size, TAKEN))):
            self.tail += data
        found, self.tail = self.tail[:size], self.tail[size:]
        return found

    def _exactly(self, size: int) -> bytes:
        found = self._up_to_so_many(size)
        if len(found) < size:
            raise EOFError
        return found


class Unzipped(Inflated):
    """What a member of a zip file holds, deflated or as it is: so many packed bytes, so many plain ones, one check sum."""

    def __init__(
        self, packed: IO[bytes], start: int, size: int, length: int, tested: int, method: int, most: int, kept: Kept,
        key: Hashable, *, quiet: bool = False,
    ) -> None:  # fmt: skip
        self.size, self.length, self.tested, self.method = size, length, tested, method
        self.over = False
        super().__init__(packed, start, most, kept, key, quiet=quiet)

    def _go_on_from(self, place: Place | None) -> None:
        self.over = False
        super()._go_on_from(place)

    def _unpacked(self, most: int) -> bytes:
        if self.engine is None:
            self.engine = zlib.decompressobj(-zlib.MAX_WBITS) if self.method else _Plain()
        data = b""
        while not data and not self.over:
            data = self._step(most)[: self.length - self.at]
            self.crc = zlib.crc32(data, self.crc)
            self.over = self.engine.eof or self.at + len(data) >= self.length or (self.dry and not data)
            if self.over and self.crc != self.tested:
                raise OSError("check sum")
        return data

    def _take(self, size: int) -> bytes:
        left = self.size - self.taken
        data = super()._take(min(size, left))
        if left and not data:
            raise EOFError
        return data


class _Plain:
    """What is not packed, in the place of a decompressor."""

    eof = False
    unused_data = b""
    unconsumed_tail = b""

    def decompress(self, data: bytes, most: int) -> bytes:
        self.unconsumed_tail = data[most:]
        return data[:most]

    def copy(self) -> "_Plain":
        return _Plain()
