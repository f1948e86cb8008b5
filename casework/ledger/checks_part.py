"""Checking a range of entries quickly. Without Django, so that a process of its own is at work at once."""

import secrets
from binascii import hexlify
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from operator import itemgetter
from struct import iter_unpack
from typing import Any, NamedTuple

import orjson

Row = tuple[Any, ...]
#: How the next entry of a stream must name the one before, and that one's number.
Last = tuple[bytes, int]

#: What a row has; text as bytes, the moment in universal time without saying so.
COLUMNS = "id, header, leaf_hash, stream, stream_seq, kind, ref, actor_id, at"
_said = itemgetter("stream", "seq", "kind", "ref", "by", "prev", "at")
_leaf = sha256(b"\0").copy
_FIRST: Last = (b"", 0)
_MOMENT = b"0000-00-00T00:00:00.000000Z"
_LONG = len(_MOMENT)
_MOMENTS = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
#: What a column has otherwise than JSON.
_ESCAPED = b'"\\' + bytes(range(32))
_SEALED, _ACTORS, _AT, _WRITTEN = b'{"_sd":', b'"actors":[', b'],"at":"', b',"rec_at":"'


class _Opening(NamedTuple):
    """What is the same for many entries of an actor: up to the moment, and from there up to the data."""

    actors: bytes
    by: bytes


_NONE = _Opening(b"-", b"-")  # as no entry begins


class Part:
    """The streams as they stand after the entries so far.

    ``whole`` tells that nothing stands before the entries; of a later part it is kept what must have stood there, for
    ``join``. Memory grows with the number of objects only.
    """

    def __init__(self, *, whole: bool) -> None:
        self.last: dict[bytes, Last] = {}
        # The same before this part, of the streams that it goes on with.
        self.open: dict[bytes, Last] | None = None if whole else {}
        self._openings: dict[int | None, _Opening] = {}
        # Texts of columns that stand in JSON as they are.
        self._plain: set[bytes] = set()
        # A number that nobody else knows.
        self._between = secrets.randbits(60) | 1 << 60

    def hashes(self, rows: Sequence[Row]) -> list[bytes]:
        """Return the hashes of the next entries; none when one has another, belies its columns or does not follow."""
        hashes = []
        for row in rows:
            leaf = _leaf()
            leaf.update(row[1])
            hashes.append(leaf.digest())
        try:
            return hashes if self._follow(rows, hashes) else []
        except (ValueError, KeyError, TypeError):  # no JSON, or not an entry's
            return []

    def _follow(self, rows: Sequence[Row], hashes: Sequence[bytes]) -> bool:
        """Tell whether the entries are those of the hashes, follow in their streams and say what their columns say.

        How an entry must read as entries are written today is put together from its columns and compared with its
        bytes; one of another form is read as JSON.
        """
        names, moments = iter_unpack("64s", hexlify(b"".join(hashes))), _texts([row[8] for row in rows])
        last, plain, openings = self.last, self._plain, self._openings
        free: list[bytes] = []
        written: list[bytes] = []
        for row, hashed, (name,), at in zip(rows, hashes, names, moments, strict=True):
            _pk, header, kept, stream, number, kind, ref, actor, _at = row
            before, count = last.get(stream) or self._begin(row)
            if kept != hashed or number != count + 1:
                return False
            last[stream] = name, number
            actors, by = openings.get(actor, _NONE)
            opening = actors + at + by
            tail = b'","ref":"%b","seq":%d,"stream":"%b","v":1}' % (ref, number, stream)
            middle = b',"kind":"%b","prev":"%b","rec_at":"' % (kind, before)
            data, rec_at = len(opening), len(header) - len(tail) - _LONG
            end = rec_at - len(middle)
            if not header.startswith(opening):
                data = self._open(header, actor, at, free)
            if not header.startswith(middle, end):
                end = _end_before_reason(header, kind, before, rec_at, free)
            if (
                0 < data < end
                and header.endswith(tail)
                and (kind in plain or self._is_plain(kind))
                and (ref == stream or ref in plain or self._is_plain(ref))
            ):
                free.append(header[data:end])
                written.append(header[rec_at : rec_at + _LONG])
            elif not _agrees(row, before, at):
                return False
        return b"".join(written).translate(_DIGITS) == _MOMENT * len(written) and self._are_values(free)

    def _begin(self, row: Row) -> Last:
        """Return what the first entry of a stream here must name; raises ValueError for no name of a stream."""
        if not self._is_plain(row[3]):
            raise ValueError(row[3])
        if row[4] == 1 or self.open is None:
            return _FIRST
        self.open[row[3]] = found = orjson.loads(row[1])["prev"].encode(), row[4] - 1
        return found

    def _open(self, header: bytes, actor: int | None, at: bytes, free: list[bytes]) -> int:
        """Return where the data of an entry begin that begins otherwise than the actor's last; keep that beginning.

        What was committed to goes to ``free``. 0 when the entry has another form, or another moment.
        """
        start = 1
        if header.startswith(_SEALED):
            start = header.find(b"}," + _ACTORS) + 2
            free.append(header[len(_SEALED) : start - 1])
        elif not header.startswith(b"{"):
            return 0
        known = self._openings.get(actor, _NONE)
        if known is _NONE or not header.startswith(known.actors[1:], start):
            end = header.find(_AT, start) + 1
            begun = b"{%b}" % header[start:end]
            found = orjson.loads(begun) if end and header.startswith(_ACTORS, start) else {}
            if list(found) != ["actors"] or orjson.dumps(found) != begun:
                return 0
            by = b'","by":%b,"data":' % (b"null" if actor is None else b"%d" % actor)
            known = self._openings[actor] = _Opening(b'%b,"at":"' % begun[:-1], by)
        opening = known.actors[1:] + at + known.by
        return start + len(opening) if header.startswith(opening, start) else 0

    def _is_plain(self, text: bytes) -> bool:
        """Tell whether a text stands in JSON as it is; raises ValueError when it is no text."""
        if text.translate(None, _ESCAPED) != text:
            return False
        text.decode()
        self._plain.add(text)
        return True

    def _are_values(self, free: Sequence[bytes]) -> bool:
        """Tell whether each is one JSON value in which no key stands twice; raises ValueError when one is no JSON.

        They are read all at once, the number between them: where that stands at the top, the value before it has ended.
        """
        if not free:
            return True
        between = b",%d," % self._between
        text = b"[%b%b]" % (between[1:], between.join(free))
        found = orjson.loads(text)
        # Written again it also tells that no key stands twice: of two, one would be missing.
        return len(found) == 2 * len(free) and set(found[::2]) == {self._between} and orjson.dumps(found) == text

    def join(self, later: "Part") -> bool:
        """Tell whether the part that comes next goes on where this ends, and take it over."""
        opened = later.open or {}
        if any(self.last.get(stream) != opened.get(stream) for stream in later.last):
            return False
        self.last.update(later.last)
        return True


def _end_before_reason(header: bytes, kind: bytes, before: bytes, rec_at: int, free: list[bytes]) -> int:
    """Return where the data of an entry ends that has a reason, which goes to ``free``; 0 when it has none."""
    middle = b',"kind":"%b","prev":"%b","reason":' % (kind, before)
    end, behind = header.rfind(middle, 0, rec_at), rec_at - len(_WRITTEN)
    if end < 0 or not header.startswith(_WRITTEN, behind):
        return 0
    free.append(header[end + len(middle) : behind])
    return end


def _agrees(row: Row, before: bytes, at: bytes) -> bool:
    """Tell whether an entry, read as JSON, says what its columns say; raises ValueError, KeyError or TypeError."""
    _pk, header, _kept, stream, number, kind, ref, actor, _at = row
    body = orjson.loads(header)
    said = (stream.decode(), number, kind.decode(), ref.decode(), actor, before.decode(), at.decode())
    return _said(body) == said and bool(orjson.dumps(body) == header)


def _texts(moments: Sequence[datetime]) -> list[bytes]:
    """Return the moments, in universal time, as entries write them."""
    texts = orjson.dumps(moments, option=_MOMENTS)[2:-2].split(b'","')
    if {_LONG}.issuperset(map(len, texts)):
        return texts
    return [f"{at.isoformat(timespec='microseconds')}Z".encode() for at in moments]  # of a whole second it is silent
