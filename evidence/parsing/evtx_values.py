"""Values of Windows records, from their bytes, in the words of the library that reads what is not read here."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from evidence.parsing.evtx_shapes import Unknown, decoded

NULL, STRING, BINARY, BINXML, STRINGS, HEX32, HEX64, FILETIME = 0, 1, 14, 33, 129, 20, 21, 17
UINT16, UINT64, SID = 6, 10, 19
EPOCH = 11_644_473_600_000_000
#: From 1970 to 2100, in units of a tenth of a microsecond: beyond, the library is asked.
FIRST, LAST = EPOCH * 10, 157_469_184_000_000_000
MINUTE = 60_000_000
#: So many minutes, and so many texts, are remembered.
_MINUTES, _KEPT = 4_096, 20_000


def _text(raw: bytes) -> str:
    text = decoded(raw).rstrip("\0")
    if "\0" in text:
        raise Unknown
    return text


def _number(form: str) -> Callable[[bytes], Any]:
    unpack = struct.Struct(form).unpack
    return lambda raw: unpack(raw)[0]


def _guid(raw: bytes) -> str:
    first, second, third = struct.unpack("<IHH", raw[:8])
    return f"{first:08X}-{second:04X}-{third:04X}-{raw[8:10].hex().upper()}-{raw[10:].hex().upper()}"


def _sid(raw: bytes) -> str:
    count = raw[1]
    if len(raw) != 8 + 4 * count:
        raise Unknown
    parts = struct.unpack_from(f"<{count}I", raw, 8)
    return "-".join(["S", str(raw[0]), str(int.from_bytes(raw[2:8], "big")), *map(str, parts)])


def sid_length(raw: bytes) -> None:
    """Check the length of an identifier that nobody asks for: it stands twice.

    Raises:
        Unknown, IndexError: it is another.
    """
    if len(raw) != 8 + 4 * raw[1]:
        raise Unknown


def _filetime(raw: bytes) -> str:
    (ticks,) = struct.unpack("<Q", raw)
    if not FIRST <= ticks < LAST:
        raise Unknown
    return f"{datetime.fromtimestamp(0, UTC) + timedelta(microseconds=ticks // 10 - EPOCH):%Y-%m-%dT%H:%M:%S.%fZ}"


#: Type of a value -> (length; 0: any, how it is read).
_READ: dict[int, tuple[int, Callable[[bytes], Any]]] = {
    STRING: (0, _text),
    3: (1, _number("<b")),
    4: (1, _number("<B")),
    5: (2, _number("<h")),
    UINT16: (2, _number("<H")),
    7: (4, _number("<i")),
    8: (4, _number("<I")),
    9: (8, _number("<q")),
    UINT64: (8, _number("<Q")),
    15: (16, _guid),
    FILETIME: (8, _filetime),
    SID: (0, _sid),
    HEX32: (4, lambda raw: f"0x{int.from_bytes(raw, 'little'):x}"),
    HEX64: (8, lambda raw: f"0x{int.from_bytes(raw, 'little'):x}"),
}


#: Type of a value -> its length, or less than nothing where it is a multiple of that; other types are unusual.
LENGTHS = {kind: length for kind, (length, _) in _READ.items()} | {
    NULL: -1, STRING: -2, 11: 4, 12: 8, 13: 4, BINARY: -1, 16: -4, 18: 16, SID: -4, BINXML: -1, STRINGS: -1,
}  # fmt: skip


class _Texts(dict[bytes, str]):
    """Texts by their bytes: users, machines and programs come again and again."""

    def __missing__(self, raw: bytes) -> str:
        if len(self) >= _KEPT:
            self.clear()
        text = self[raw] = _text(raw)
        return text


class Readers:
    """How values of each type are read."""

    def __init__(self) -> None:
        self.by_kind = {kind: read for kind, (_, read) in _READ.items()} | {STRING: _Texts().__getitem__}

    def of(self, kind: int) -> Callable[[bytes], Any]:
        """Return how a value of a type is read.

        Raises:
            KeyError: no field that is looked for has that type.
        """
        return self.by_kind[kind]


class Minutes(dict[int, str]):
    """What the text of a time begins with, by minutes since 1970."""

    def __missing__(self, minute: int) -> str:
        if len(self) >= _MINUTES:
            self.clear()
        begin = self[minute] = f"{datetime.fromtimestamp(minute * 60, UTC):%Y-%m-%dT%H:%M:}"
        return begin
