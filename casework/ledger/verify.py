#!/usr/bin/env python3
"""核验取证包或账本 / Verify an evidence bundle or a ledger, offline, without the system that wrote it.

    python verify.py [BUNDLE] [--vkey VKEY] [--policy POLICY]
    python verify.py LOG [--vkey VKEY] [--policy POLICY] [--since CHECKPOINT]...
    python verify.py --proof FILE.tlog-proof --entry ENTRY [--vkey VKEY]

BUNDLE is a BagIt bag (RFC 8493) as `manage.py bundle` writes it; without one, the folder this file lies in. Checked are

- the bag: every file named by a manifest is there, unchanged, and nothing lies beside them;
- every ledger entry: its bytes lead by its proof to the root of the signed checkpoint, numbers run without a gap, and
  each names the one before;
- every disclosed value: it is the one that the entry committed to (salted SHA-256, as in RFC 9901);
- every evidence file: its SHA-256 and SM3 are those that the ledger recorded when it was taken in.

LOG is a folder in the C2SP tlog-tiles layout, as `manage.py ledger export` writes it: `checkpoint`, `tile/…`,
`tile/entries/…` and `vkey`. Checked are

- the checkpoint: it is signed by the key (an Ed25519 signed note);
- every entry has the hash that the tree holds, every tile follows from the tiles below, and the tiles give the root that
  was signed;
- every object's entries are numbered without a gap and each names the one before;
- the log begins with every older checkpoint given by --since: nothing signed then was changed or removed since.

Give the key with --vkey, from paper or from an earlier export: the one inside the folder came by the same way as what is
checked and proves nothing about who made it. With --policy (C2SP tlog-policy) the checkpoint must also carry the
cosignatures of as many witnesses as the policy asks for.

Exit code: 0 intact, 1 altered (what and where is said), 2 neither a bundle nor a ledger. This one file needs Python 3.9
or newer and nothing else; with the package `cryptography` signatures are checked by it, else by the code below.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import gc
import hashlib
import json
import marshal
import os
import re
import signal
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote

WIDTH = 256
HASH = 32
DASH = "\u2014"


class NotALedgerError(Exception):
    """What was given is neither a bundle nor a ledger."""


class AlteredError(Exception):
    """Something does not fit; the text says what and where."""


# Ed25519 (RFC 8032), for machines that have nothing but Python -------------------------------------------------------

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
Point = tuple[int, int, int, int]


def _add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, point)
        point = _add(point, point)
        number >>= 1
    return result


def _point(data: bytes) -> Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    x2 = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(x2, (_P + 3) // 8, _P)
    if (x * x - x2) % _P:
        x = x * _ROOT % _P
    if (x * x - x2) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _base() -> Point:
    y = 4 * pow(5, _P - 2, _P) % _P
    found = _point(y.to_bytes(32, "little"))
    assert found is not None  # noqa: S101 (the base point of the curve)
    return found


def ed25519_holds_plain(key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether the signature is the key's over the message, in plain Python."""
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r = _point(key), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= _L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _L
    left, right = _times(s, _base()), _add(r, _times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


def ed25519_holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether the signature is the key's over the message."""
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    except ImportError:
        return ed25519_holds_plain(key, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# The tree (RFC 9162) ------------------------------------------------------------------------------------------------


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


def inclusion_holds(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Tell whether the proof leads from the leaf's hash to the root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    number, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            result = node_hash(sibling, result)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and result == root


def consistency_holds(old: int, new: int, before: bytes, after: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether the tree ``after`` of ``new`` leaves begins with the tree ``before`` of ``old`` (RFC 9162 §2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and before == after
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, before)
    if not path:
        return False
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and first == before and second == after


_PAIRS = struct.Struct("64s").iter_unpack
# A copy of a hash that has begun costs less than a new one.
_NODE, _LEAF = hashlib.sha256(b"\1").copy, hashlib.sha256(b"\0").copy


def fold(data: bytes) -> bytes:
    """Return the root over hashes, one behind the other, whose number is a power of two, e.g. a full tile."""
    while len(data) > HASH:
        row = []
        for (pair,) in _PAIRS(data):
            node = _NODE()
            node.update(pair)
            row.append(node.digest())
        data = b"".join(row)
    return data


def split(data: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    return [data[place : place + HASH] for place in range(0, len(data), HASH)]


class Frontier:
    """The right edge of a growing tree."""

    def __init__(self) -> None:
        self.size = 0
        self.hashes: list[bytes] = []

    def append(self, hashed: bytes, leaves: int = 1) -> None:
        """Add a leaf, or a full tile of leaves by its root when the tree is a number of full tiles."""
        size = self.size // leaves
        while size & 1:
            hashed = node_hash(self.hashes.pop(), hashed)
            size >>= 1
        self.hashes.append(hashed)
        self.size += leaves

    def root(self) -> bytes:
        """Return the root so far."""
        if not self.hashes:
            return hashlib.sha256(b"").digest()
        result = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            result = node_hash(left, result)
        return result

    def copy(self) -> Frontier:
        """Return the same edge, to try further leaves on."""
        other = Frontier()
        other.size, other.hashes = self.size, list(self.hashes)
        return other


# Signed notes (C2SP) ------------------------------------------------------------------------------------------------


ED25519, COSIGNATURE = 1, 4


def read_vkey(text: str, kind: int = ED25519) -> tuple[str, bytes, bytes]:
    """Return (name, key id, public key) of a verifier key; ``kind`` 4 is a witness's."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise NotALedgerError(f"不是公钥 / not a verifier key: {text[:80]!r}") from error
    expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if not name or len(raw) != 33 or raw[0] != kind or expected.hex() != key_id:
        raise NotALedgerError(f"不是公钥 / not a verifier key: {text[:80]!r}")
    return name, expected, raw[1:]


def read_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the signed text of a note and its signatures as (name, bytes); raises ``AlteredError``."""
    text, blank, tail = note.rpartition("\n\n")
    if not blank or any(ord(character) < 32 and character != "\n" for character in note):
        raise AlteredError("checkpoint: 不是签名文本 / not a signed note")
    signatures = []
    for line in tail.removesuffix("\n").split("\n"):
        parts = line.split(" ")
        try:
            dash, name, blob = parts
            signatures.append((name, base64.b64decode(blob, validate=True)))
        except ValueError as error:
            raise AlteredError("checkpoint: 签名行格式不对 / malformed signature line") from error
        if dash != DASH:
            raise AlteredError("checkpoint: 签名行格式不对 / malformed signature line")
    return text + "\n", signatures


def read_head(text: str) -> tuple[str, int, bytes]:
    """Return (origin, size, root) of a checkpoint's text; raises ``AlteredError``."""
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError) as error:
        raise AlteredError("checkpoint: 格式不对 / malformed") from error
    if not origin or str(size) != lines[1] or size < 0 or len(root) != HASH or "" in lines[3:-1]:
        raise AlteredError("checkpoint: 格式不对 / malformed")
    return origin, size, root


def read_checkpoint(note: str, vkeys: str) -> tuple[str, int, bytes]:
    """Return (origin, size, root) of a checkpoint signed by one of the keys (one a line); raises ``AlteredError``."""
    text, signatures = read_note(note)
    signed, names, known = False, set(), []
    for vkey in vkeys.split():
        name, key_id, key = read_vkey(vkey)
        names.add(name)
        known.append(f"{name}（{key_id.hex()}）")
        for signer, blob in signatures:
            if signer == name and blob[:4] == key_id:
                if not ed25519_holds(key, text.encode(), blob[4:]):
                    raise AlteredError(f"checkpoint: {name} 的签名不成立 / the signature does not hold")
                signed = True
    if not signed:
        raise AlteredError(f"checkpoint: 没有 {'、'.join(known)} 的签名 / not signed by this key")
    origin, size, root = read_head(text)
    if origin not in names:
        raise AlteredError(f"checkpoint: 是另一个账本 {origin} 的 / of another log")
    return origin, size, root


# Witnesses (C2SP tlog-cosignature, tlog-policy) ---------------------------------------------------------------------


def cosignature_text(time: int, text: str) -> bytes:
    """Return what a witness signs: that at the time (seconds since 1970) it saw this head follow what it saw before."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def cosigned_at(note: str, witness: str) -> int:
    """Return when the witness (its vkey) cosigned the checkpoint, in seconds since 1970; 0 when it did not.

    Raises:
        AlteredError: there is a cosignature in its name that does not hold.
    """
    text, signatures = read_note(note)
    name, key_id, key = read_vkey(witness, COSIGNATURE)
    for signer, blob in signatures:
        if signer == name and blob[:4] == key_id:
            time = int.from_bytes(blob[4:12], "big")
            if len(blob) != 76 or not ed25519_holds(key, cosignature_text(time, text), blob[12:]):
                raise AlteredError(f"checkpoint: 见证方 {name} 的签名不成立 / the cosignature does not hold")
            return time
    return 0


class Policy:
    """Which log, which witnesses, and how many of them must have cosigned."""

    def __init__(self, text: str) -> None:
        self.logs: list[str] = []
        self.witnesses: dict[str, str] = {}
        self.groups: dict[str, tuple[int, list[str]]] = {}
        self.quorum = "none"
        for line in text.splitlines():
            words = line.partition("#")[0].split()
            if words:
                self._line(words, line)

    def _line(self, words: list[str], line: str) -> None:
        word, rest = words[0], words[1:]
        known = {**self.witnesses, **self.groups}
        if word == "log" and len(rest) in (1, 2):
            read_vkey(rest[0])
            self.logs.append(rest[0])
        elif word == "witness" and len(rest) in (2, 3) and rest[0] not in known:
            read_vkey(rest[1], COSIGNATURE)
            self.witnesses[rest[0]] = rest[1]
        elif word == "group" and len(rest) > 2 and rest[0] not in known and all(one in known for one in rest[2:]):
            counts = {"any": 1, "all": len(rest) - 2}
            needed = counts.get(rest[1]) or (int(rest[1]) if rest[1].isdecimal() else 0)
            if not 1 <= needed <= len(rest) - 2:
                raise NotALedgerError(f"policy: {line}")
            self.groups[rest[0]] = (needed, rest[2:])
        elif word == "quorum" and len(rest) == 1 and (rest[0] in known or rest[0] == "none"):
            self.quorum = rest[0]
        else:
            raise NotALedgerError(f"policy: {line}")

    def cosigned(self, note: str) -> list[str]:
        """Return the names of the witnesses that cosigned; raises ``AlteredError``."""
        return [name for name, vkey in self.witnesses.items() if cosigned_at(note, vkey)]

    def met(self, names: Sequence[str], what: str = "") -> bool:
        """Tell whether these witnesses are as many as the policy asks for."""
        what = what or self.quorum
        if what in self.groups:
            needed, members = self.groups[what]
            return sum(self.met(names, member) for member in members) >= needed
        return what == "none" or what in names


def check_proof(text: str, entry: bytes, vkeys: str) -> tuple[int, int, bytes]:
    """Return (index, size, root) when the tlog-proof holds for the entry; raises ``AlteredError``."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise NotALedgerError("不是证明文件 / not a tlog-proof")
    if lines and lines[0].startswith("extra "):
        lines.pop(0)
    try:
        word, index_text = lines.pop(0).split(" ")
        index, hashes = int(index_text), [base64.b64decode(line, validate=True) for line in lines]
    except (IndexError, ValueError) as error:
        raise AlteredError("证明：格式不对 / proof: malformed") from error
    _origin, size, root = read_checkpoint(note, vkeys)
    leaf = hashlib.sha256(b"\0" + entry).digest()
    if word != "index" or str(index) != index_text or not inclusion_holds(leaf, index, size, hashes, root):
        raise AlteredError(f"证明：推不出检查点的根 / the proof does not lead from entry {index_text} to the root")
    return index, size, root


def disclosure_holds(digest: str, name: str, value: str, salt: str) -> bool:
    """Tell whether a personal value is the one that an entry committed to."""
    shown = json.dumps({"name": name, "salt": salt, "value": value}, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(shown.encode()).hexdigest() == digest


# A whole log --------------------------------------------------------------------------------------------------------


def tile_path(level: str, n: int, width: int = WIDTH) -> str:
    """Return where a tile lies below ``tile/``."""
    parts = [f"{n % 1000:03d}"]
    while n >= 1000:
        n //= 1000
        parts.insert(0, f"x{n % 1000:03d}")
    return f"{level}/{'/'.join(parts)}{f'.p/{width}' if width < WIDTH else ''}"


_BINARY = getattr(os, "O_BINARY", 0)  # Windows


def read_tile(log: Path, level: str, n: int, width: int) -> bytes:
    """Return a tile of that width, from a partial or the full one."""
    for name in dict.fromkeys((tile_path(level, n, width), tile_path(level, n))):
        try:
            handle = os.open(f"{log}/tile/{name}", os.O_RDONLY | _BINARY)
            try:
                data = os.read(handle, os.fstat(handle).st_size + 1)
                while more := os.read(handle, 1 << 16):
                    data += more
                return data
            finally:
                os.close(handle)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue
    raise AlteredError(f"tile/{tile_path(level, n, width)}: 缺少 / missing")


def entries_of(data: bytes, name: str) -> list[bytes]:
    """Return the entries of a bundle."""
    found: list[bytes] = []
    place, end, add = 0, len(data), found.append
    try:
        while place < end:
            start = place + 2
            place = start + (data[place] << 8) + data[place + 1]
            add(data[start:place])
    except IndexError:
        place = end + 1
    if place > end:
        raise AlteredError(f"{name}: 中途断了 / cut off")
    return found


def place_of(entry: bytes) -> tuple[bytes, int, bytes]:
    """Return (stream, number, hash of the one before) of an entry; raises ValueError, KeyError or TypeError.

    Entries are canonical JSON with sorted keys, so the three stand near the end: they are cut out without reading the
    rest. What looks different is read as JSON.
    """
    stream = entry.rfind(b',"stream":"')
    seq = entry.rfind(b',"seq":', 0, stream)
    prev = entry.rfind(_PREV, 0, seq)
    if prev > 0 and entry.endswith(b'","v":1}') and entry[seq + 7 : stream].isdigit():
        before = entry[prev + 9 : prev + 73]
        return entry[stream + 11 : -8], int(entry[seq + 7 : stream]), b"" if before[:1] == b'"' else before
    body = json.loads(entry)
    quoted = json.dumps(body["stream"], ensure_ascii=False)[1:-1]
    return quoted.encode(), int(body["seq"]), str(body["prev"]).encode()


_PREV, _MEMBER = b',"prev":"', b',"'
#: An object as an entry's member, without the mark before it: no quotation mark within its name that is not escaped.
_OBJECT = re.compile(rb'stream":"(?:[^"\\]|\\.)*"', re.DOTALL)
#: How a first entry names the one before, and numbers that most entries have; how long any number may be.
_FIRST, _SHORT, _DIGITS = b'prev":""', 1_000, 10
_NUMBERS = [b'seq":%d' % number for number in range(_SHORT)]
#: First letter of rec_at and third letter of ref: two members between prev and seq that are not prev once more.
_R, _F = b"rf"
#: How the next entry of an object must name the one before, and its number.
Next = tuple[bytes, int]


def _names(entry: bytes, before: bytes) -> bool:
    """Tell whether the entry names the one before as it must, wherever that member stands."""
    return entry.startswith(before, entry.rfind(_PREV) + 2)


class _Unfit(Exception):
    """An entry does not begin an object's sequence."""


class Chains:
    """How the next entry of every object must read, for entries as they are written today.

    It only says that all fits. What does not, or has another form, is left to ``Streams``, which reads more slowly and
    says what is wrong. ``whole`` tells that nothing stands before the entries; of a later part of the log it is kept
    what must have stood there, for ``join``.
    """

    def __init__(self, *, whole: bool = True) -> None:
        self.next: dict[bytes, Next] = {}
        # The same before this part, of every object that it goes on with.
        self.open: dict[bytes, Next] | None = None if whole else {}

    def fit(self, entries: Sequence[bytes], hashes: bytes) -> bool:
        """Tell whether each of the entries follows the one before it; after a no this is of no more use."""
        following, known, count = self.next, self.next.get, len(entries)
        try:
            # Each hash as the entry behind it must have it.
            digits = struct.unpack("64s" * count, binascii.hexlify(hashes))
            names = struct.unpack("72s" * count, b'prev":"%b"' % b'"prev":"'.join(digits))
            for entry, name in zip(entries, names):  # noqa: B905 (Python 3.9)
                # The last members, but that a reason may stand behind "prev".
                _head, prev, rec_at, ref, seq, stream, version = entry.rsplit(_MEMBER, 6)
                before, number = known(stream) or self._begin(entry, seq, stream)
                if seq != (_NUMBERS[number] if number < _SHORT else b'seq":%d' % number) or version != b'v":1}':
                    return False
                if (prev != before or rec_at[0] != _R or ref[2] != _F) and not _names(entry, before):
                    return False
                following[stream] = name, number + 1
        except (struct.error, ValueError, IndexError, _Unfit):  # not as many hashes, other members, no beginning
            return False
        return True

    def _begin(self, entry: bytes, seq: bytes, stream: bytes) -> Next:
        """Return what an object's first entry here must read; raises ``_Unfit`` when it cannot be that."""
        digits = seq[len(b'seq":') :]
        if not _OBJECT.fullmatch(stream) or not digits.isdigit() or len(digits) > _DIGITS:
            raise _Unfit
        if digits == b"1" or self.open is None:
            return _FIRST, 1
        place = entry.rfind(_PREV) + 2
        self.open[stream] = entry[place : place + 72], int(digits)
        return self.open[stream]

    def join(self, later: Chains) -> bool:
        """Tell whether the part that comes next in the log goes on where this ends, and take it over."""
        opened = later.open or {}
        if any(self.next.get(stream) != opened.get(stream) for stream in later.next):
            return False
        self.next.update(later.next)
        return True


class Streams:
    """Number and hash of the last entry of every object."""

    def __init__(self) -> None:
        self.last: dict[bytes, tuple[int, bytes]] = {}

    def fault(self, index: int, entry: bytes) -> str:
        """Return what is wrong with the place of an entry in its object's sequence, or ""."""
        try:
            stream, seq, prev = place_of(entry)
        except (ValueError, KeyError, TypeError):
            return f"第 {index} 条：不是账本条目 / entry {index}: not an entry"
        number, before = self.last.get(stream, (0, b""))
        self.last[stream] = (seq, hashlib.sha256(b"\0" + entry).hexdigest().encode())
        if seq != number + 1:
            name = stream.decode(errors="replace")
            return f"第 {index} 条：{name} 缺第 {number + 1} 号 / entry {index}: a number of {name} is missing"
        if prev != before:
            name = stream.decode(errors="replace")
            return f"第 {index} 条：与 {name} 前一条不相接 / entry {index}: does not follow its predecessor"
        return ""


def sequence_faults(log: Path, size: int) -> Iterator[str]:
    """Yield what is wrong with the sequences of a log, as far as its bundles can be read."""
    streams = Streams()
    try:
        for n in range((size + WIDTH - 1) // WIDTH):
            width = min(WIDTH, size - n * WIDTH)
            for count, entry in enumerate(entries_of(read_tile(log, "entries", n, width), "")[:width]):
                fault = streams.fault(n * WIDTH + count, entry)
                if fault:
                    yield fault
    except AlteredError:
        return  # told by whoever checks the tiles


def check_log(log: Path, vkeys: str, since: Sequence[str] = ()) -> tuple[int, list[str]]:
    """Return (size, what is wrong) of a whole log; memory grows with the number of objects only."""
    path = log / "checkpoint"
    if not path.is_file():
        raise NotALedgerError(f"{log}: 没有 checkpoint / no checkpoint")
    try:
        origin, size, root = read_checkpoint(path.read_text(encoding="utf-8"), vkeys)
        older: dict[int, bytes] = {}
        for note in since:
            _origin, old_size, old_root = read_checkpoint(note, vkeys)
            if old_size > size:
                return size, [f"checkpoint: 只有 {size} 条，早先已签过 {old_size} 条 / rolled back from {old_size}"]
            if older.setdefault(old_size, old_root) != old_root:
                return size, [f"checkpoint: 同为 {old_size} 条有两个根 / two roots for {old_size} entries"]
    except AlteredError as error:
        return 0, [str(error)]
    problems: list[str] = []
    roots, known_chains = walk_together(log, size // WIDTH) or ([], None)
    frontier, chains, above = Frontier(), known_chains or Chains(), []
    fitting = True
    try:
        for n in range((size + WIDTH - 1) // WIDTH):
            width = min(WIDTH, size - n * WIDTH)
            tile = b""
            if n >= len(roots):
                entries, tile = check_tile(log, n, width, problems)
                fitting = fitting and chains.fit(entries, tile)
            for old_size in [one for one in older if n * WIDTH < one < n * WIDTH + width]:
                part = frontier.copy()
                for hashed in split(tile or read_tile(log, "0", n, width))[: old_size - n * WIDTH]:
                    part.append(hashed)
                if part.root() != older.pop(old_size):
                    problems.append(f"前 {old_size} 条：与早先的检查点不符 / differs from the checkpoint of {old_size}")
            if width == WIDTH:
                above.append(roots[n] if n < len(roots) else fold(tile))
                frontier.append(above[-1], WIDTH)
            else:
                for hashed in split(tile):
                    frontier.append(hashed)
            if frontier.size in older and frontier.root() != older.pop(frontier.size):
                problems.append(f"前 {frontier.size} 条：与早先的检查点不符 / differs from an older checkpoint")
        check_upper(log, above, problems)
    except AlteredError as error:
        problems.append(str(error))
    else:
        if frontier.root() != root:
            problems.append(f"{origin}: 条目推出的根不是签过的根 / the entries do not give the signed root")
    if not fitting:
        problems = [*sequence_faults(log, size), *problems]
    return size, problems


#: Full bundles that are worth a process of their own.
MANY = 64


def walk(log: Path, first: int, last: int) -> tuple[list[bytes], Chains] | None:
    """Return the roots of full bundles and the sequences of their entries; None when anything does not fit."""
    roots: list[bytes] = []
    problems: list[str] = []
    chains = Chains(whole=first == 0)
    try:
        for n in range(first, last):
            entries, tile = check_tile(log, n, WIDTH, problems)
            if problems or not chains.fit(entries, tile):
                return None
            roots.append(fold(tile))
    except AlteredError:
        return None
    return roots, chains


def walk_together(log: Path, bundles: int) -> tuple[list[bytes], Chains] | None:
    """Return what ``walk`` does for all full bundles, with the help of all processors.

    None when something does not fit, when there are too few bundles, or when no further processes can be had: then the
    bundles are to be checked one after the other, which also says what is wrong.
    """
    parts = min(copies(), bundles // MANY)
    if parts <= 1:
        return None
    edges = [bundles * part // parts for part in range(parts + 1)]
    helpers = []
    try:
        for part in range(1, parts):
            helpers.append(_Helper(log, edges[part], edges[part + 1]))  # noqa: PERF401 (the earlier are ended if one fails)
        found = walk(log, 0, edges[1])
        for helper in helpers:
            more = helper.found() if found else None
            if not found or not more or not found[1].join(more[1]):
                return None
            found[0].extend(more[0])
    except OSError:
        return None
    else:
        return found
    finally:
        for helper in helpers:
            helper.end()


class _Helper:
    """A copy of this process that walks through a range of bundles."""

    def __init__(self, log: Path, first: int, last: int) -> None:
        self._end, end = os.pipe()
        try:
            self._pid = os.fork()
        except OSError:
            os.close(self._end)
            os.close(end)
            raise
        if not self._pid:
            self._be(end, log, first, last)
        os.close(end)

    def _be(self, end: int, log: Path, first: int, last: int) -> NoReturn:
        try:
            gc.disable()  # it would touch, and so copy, all that there is
            found = walk(log, first, last)
            if found:
                roots, chains = found
                with open(end, "wb") as pipe:
                    marshal.dump((roots, chains.next, chains.open), pipe)
        finally:
            os._exit(0)

    def found(self) -> tuple[list[bytes], Chains] | None:
        """Return what the range's walk gave, as soon as it ends."""
        chains = Chains(whole=False)
        with open(self._end, "rb", closefd=False) as pipe:
            told = pipe.read()
        try:
            roots, chains.next, chains.open = marshal.loads(told)  # noqa: S302 (told by ourselves)
        except (EOFError, ValueError, TypeError):  # nothing, or cut off
            return None
        return roots, chains

    def end(self) -> None:
        """Let it go."""
        os.close(self._end)
        os.kill(self._pid, signal.SIGKILL)  # it has told all, or nobody asks any more
        os.waitpid(self._pid, 0)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def copies() -> int:
    """Return how many copies of this process can work at a time; one where it cannot be copied or has threads."""
    threads = sys.modules.get("threading")
    return 1 if not hasattr(os, "fork") or (threads and threads.active_count() > 1) else processors()


def check_tile(log: Path, n: int, width: int, problems: list[str]) -> tuple[list[bytes], bytes]:
    """Check one bundle of entries against its tile and return the entries and the tile."""
    data = read_tile(log, "0", n, width)[: width * HASH]
    name = f"tile/{tile_path('entries', n, width)}"
    if len(data) < width * HASH:
        raise AlteredError(f"tile/{tile_path('0', n, width)}: 中途断了 / cut off")
    entries = entries_of(read_tile(log, "entries", n, width), name)[:width]
    hashes = []
    for entry in entries:
        leaf = _LEAF()
        leaf.update(entry)
        hashes.append(leaf.digest())
    if b"".join(hashes) == data:
        return entries, data
    for count, (hashed, kept) in enumerate(zip(hashes, split(data))):  # noqa: B905 (Python 3.9)
        if hashed != kept:
            index = n * WIDTH + count
            problems.append(f"第 {index} 条：与树中的摘要不符 / entry {index}: differs from its hash in the tree")
    if len(entries) < width:
        problems.append(f"{name}: 缺少条目，只有 {len(entries)} 条 / entries missing, only {len(entries)} of {width}")
    return entries, data


def check_upper(log: Path, hashes: list[bytes], problems: list[str]) -> None:
    """Check the tiles above the lowest; their hashes are the roots of the full tiles below."""
    level = 1
    while hashes:
        above = []
        for n in range((len(hashes) + WIDTH - 1) // WIDTH):
            part = hashes[n * WIDTH : (n + 1) * WIDTH]
            expected = b"".join(part)
            if read_tile(log, str(level), n, len(part))[: len(expected)] != expected:
                name = tile_path(str(level), n, len(part))
                problems.append(f"tile/{name}: 不是下层推出的 / does not follow from the tiles below")
            if len(part) == WIDTH:
                above.append(fold(expected))
        hashes, level = above, level + 1


# An evidence bundle -------------------------------------------------------------------------------------------------

CHUNK = 1 << 20
_MANIFEST = re.compile(r"^(tag)?manifest-([a-z0-9]+)\.txt$")
_LINE = re.compile(r"^([0-9a-fA-F]+)[ \t]+\*?(.+)$")


def digests(path: Path, names: set[str]) -> dict[str, str]:
    """Return the digests of a file, read once."""
    running = {name: hashlib.new(name) for name in names}
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            for one in running.values():
                one.update(chunk)
    return {name: one.hexdigest() for name, one in running.items()}


def known(name: str) -> bool:
    """Tell whether this Python can compute the digest; SM3 needs an OpenSSL that has it."""
    try:
        hashlib.new(name)
    except ValueError:
        return False
    return True


def manifest(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (file name, digest) of a manifest."""
    for line in path.read_text(encoding="utf-8").splitlines():
        found = _LINE.match(line)
        if found:
            name = re.sub(r"%0[aAdD]|%25", lambda code: unquote(code[0]), found[2])
            yield name, found[1].lower()


def inside(root: Path, name: str) -> Path | None:
    """Return the path of a named file, or None when the name leads out of the bag or through a link."""
    if name.startswith(("/", "~")) or "\\" in name or ".." in name.split("/") or re.match(r"^[A-Za-z]:", name):
        return None
    path = root
    for part in name.split("/"):
        path = path / part
        if path.is_symlink():
            return None
    return path


def check_bag(root: Path) -> tuple[list[str], dict[str, str]]:
    """Return what is wrong with the bag, and the SHA-256 of its payload."""
    declaration = root / "bagit.txt"
    if not declaration.is_file() or not declaration.read_text(encoding="utf-8").startswith("BagIt-Version:"):
        raise NotALedgerError(f"{root}: 没有 bagit.txt / no bagit.txt")
    problems: list[str] = []
    wanted: dict[str, dict[str, str]] = {}
    payload_lists: dict[str, set[str]] = {}
    for path in sorted(root.iterdir()):
        found = _MANIFEST.match(path.name)
        if not found or not path.is_file():
            continue
        if not known(found[2]):
            say(f"未核 / not checked: {path.name}，这台机器的 Python 没有 {found[2]}")
            continue
        names = set()
        for name, digest in manifest(path):
            names.add(name)
            wanted.setdefault(name, {})[found[2]] = digest
        if not found[1]:
            payload_lists[found[2]] = names
    if not payload_lists:
        raise NotALedgerError(f"{root}: 没有清单 manifest-*.txt / no payload manifest")
    for name, listed in sorted(wanted.items()):
        target = inside(root, name)
        if target is None:
            problems.append(f"{name}: 清单中的路径指向包外或经过链接 / leads out of the bag")
        elif not target.is_file():
            problems.append(f"{name}: 缺失 / missing")
        else:
            for algorithm, digest in digests(target, set(listed)).items():
                if digest != listed[algorithm]:
                    problems.append(f"{name}: {algorithm} 不符 / differs: {digest}，应为 {listed[algorithm]}")
    problems += _unlisted(root, payload_lists)
    problems += _oxum(root)
    return problems, {name: listed["sha256"] for name, listed in wanted.items() if "sha256" in listed}


def _unlisted(root: Path, payload_lists: dict[str, set[str]]) -> list[str]:
    problems = []
    payload = set()
    data = root / "data"
    for path in data.rglob("*") if data.is_dir() else ():
        if path.is_symlink():
            problems.append(f"{path.relative_to(root).as_posix()}: 符号链接 / symbolic link")
        elif path.is_file():
            payload.add(path.relative_to(root).as_posix())
    for algorithm, names in payload_lists.items():
        problems += [f"{name}: 不在 {algorithm} 清单里 / not in the manifest" for name in sorted(payload - names)]
    return problems


def _oxum(root: Path) -> list[str]:
    info = root / "bag-info.txt"
    found = (
        re.search(r"^Payload-Oxum:\s*(\d+)\.(\d+)\s*$", info.read_text(encoding="utf-8"), re.MULTILINE)
        if info.is_file()
        else None
    )
    if found is None:
        return []
    files = [path for path in (root / "data").rglob("*") if path.is_file()]
    size, number = sum(path.stat().st_size for path in files), len(files)
    if (size, number) == (int(found[1]), int(found[2])):
        return []
    return [f"bag-info.txt: Payload-Oxum 不符 / differs: {size}.{number}，应为 {found[1]}.{found[2]}"]


def check_entries(root: Path) -> tuple[list[str], list[dict[str, object]]]:
    """Return what is wrong with the entries, and their contents in the order of their numbers."""
    folder = root / "ledger" / "entries"
    problems: list[str] = []
    streams: dict[str, list[tuple[int, str, str, str]]] = {}
    bodies: list[dict[str, object]] = []
    for path in sorted(folder.glob("*.json"), key=lambda one: int(one.stem)) if folder.is_dir() else ():
        raw = path.read_bytes()
        leaf = hashlib.sha256(b"\0" + raw).hexdigest()
        try:
            body = json.loads(raw)
            streams.setdefault(body["stream"], []).append((int(body["seq"]), leaf, body["prev"], path.name))
        except (ValueError, KeyError, TypeError) as error:
            problems.append(f"ledger/entries/{path.name}: 不是账本条目 / not an entry: {error}")
            continue
        bodies.append({"_entry": path.stem, **body})
        problems += _disclosure_faults(root, path.stem, body)
    problems += _stream_faults(streams, _heads(root))
    return problems, bodies


def _stream_faults(
    streams: dict[str, list[tuple[int, str, str, str]]], heads: dict[str, tuple[int, str]]
) -> Iterator[str]:
    for stream, rows in sorted(streams.items()):
        before, expected = "", 1
        for seq, leaf, prev, name in sorted(rows):
            if seq != expected:
                yield f"{stream}: 缺第 {expected} 条 / entry {expected} is missing (before {name})"
            elif prev != before:
                yield f"ledger/entries/{name}: 与上一条不相接 / does not follow its predecessor"
            before, expected = leaf, seq + 1
        if stream in heads and heads[stream] != (expected - 1, before):
            yield f"{stream}: 末条不符 / the last entry differs from ledger/heads.json"
    for stream in sorted(set(heads) - set(streams)):
        yield f"{stream}: 账本条目缺失 / its entries are missing"


def _heads(root: Path) -> dict[str, tuple[int, str]]:
    path = root / "ledger" / "heads.json"
    if not path.is_file():
        return {}
    return {row["stream"]: (row["seq"], row["leaf"]) for row in json.loads(path.read_text(encoding="utf-8"))}


def _disclosure_faults(root: Path, number: str, body: dict[str, object]) -> Iterator[str]:
    path = root / "ledger" / "disclosures" / f"{number}.json"
    committed = body.get("_sd")
    if path.is_file() and isinstance(committed, dict):
        for row in json.loads(path.read_text(encoding="utf-8")):
            if not disclosure_holds(str(committed.get(row["name"])), row["name"], row["value"], row["salt"]):
                yield f"ledger/disclosures/{number}.json: “{row['name']}”不是当时登记的内容 / was changed"


class Proven:
    """What the proofs of a bundle's entries show."""

    def __init__(self, root: Path, vkeys: str) -> None:
        self.problems: list[str] = []
        self.size = self.count = 0
        self.waiting: list[str] = []
        self._root = root / "ledger"
        self.note = self._text("checkpoint")
        entries = self._root / "entries"
        self._numbers = {path.stem: path for path in entries.glob("*.json")} if entries.is_dir() else {}
        try:
            self._check(vkeys)
        except (AlteredError, NotALedgerError) as error:
            self.problems.append(f"ledger/: {error}")

    def _text(self, name: str) -> str:
        path = self._root / name
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def _check(self, vkeys: str) -> None:
        pending = set(json.loads(self._text("pending.json") or "[]"))
        head = None
        if self.note:
            head = read_checkpoint(self.note, vkeys)
            self.size = head[1]
        for number, path in sorted(self._numbers.items(), key=lambda one: int(one[0])):
            proof = self._text(f"proofs/{number}.tlog-proof")
            if proof and head:
                try:
                    _index, size, root = check_proof(proof, path.read_bytes(), vkeys)
                except (AlteredError, NotALedgerError) as error:
                    self.problems.append(f"ledger/entries/{number}.json: {error}")
                    continue
                self.count += 1
                if (size, root) != head[1:]:
                    self.problems.append(
                        f"ledger/proofs/{number}.tlog-proof: 不是包内检查点的证明 / of another checkpoint"
                    )
            elif int(number) in pending:
                self.waiting.append(number)
            else:
                self.problems.append(f"ledger/entries/{number}.json: 没有证明 / has no proof")


def check_files(root: Path, payload: dict[str, str], bodies: list[dict[str, object]]) -> list[str]:
    """Return which evidence files are not those that the ledger recorded."""
    path = root / "metadata" / "files.json"
    if not path.is_file():
        return []
    recorded = {}
    for body in bodies:
        data = body.get("data")
        if body.get("kind") == "item.file_added" and isinstance(data, dict):
            recorded[(str(data["number"]), data["file"])] = data
    problems = []
    for row in json.loads(path.read_text(encoding="utf-8")):
        entry = recorded.get((row["item"], row["file"]))
        name = row["path"]
        if entry is None:
            problems.append(f"{name}: 账本没有登记 / the ledger does not know it")
        elif not (root / name).is_file():
            continue  # the bag has already said that it is missing
        elif payload.get(name) != entry["sha256"]:
            problems.append(f"{name}: 不是账本登记的文件 / not the file that was recorded")
        elif known("sm3") and digests(root / name, {"sm3"})["sm3"] != entry["sm3"]:
            problems.append(f"{name}: SM3 与账本不符 / SM3 differs from the ledger")
    return problems


def check_bundle(root: Path, vkeys: str, policy: Policy | None) -> int:
    """Check a bundle, say what was found, and return the exit code. ``vkeys`` is empty when none was given."""
    try:
        problems, payload = check_bag(root)
        more, bodies = check_entries(root)
        problems += more + check_files(root, payload, bodies)
        inside = root / "ledger" / "vkey"
        found = Proven(root, vkeys or (inside.read_text(encoding="utf-8") if inside.is_file() else ""))
        problems += found.problems
        if vkeys and found.waiting:  # who brings a key wants proofs under it
            problems.append(f"没有证明的条目 / entries without a proof: {', '.join(found.waiting)}")
        cosigned = _cosigned(found.note, policy, problems)
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        problems, cosigned = [f"读不懂 / unreadable: {error}"], ""
    for problem in problems:
        say(f"已改动 / ALTERED: {problem}")
    if problems:
        return 1
    if not vkeys and found.count:
        say(INSIDE)
    if found.waiting:
        say(f"注意：{len(found.waiting)} 条还没有证明 / note: no proof yet for entries {', '.join(found.waiting)}")
    say(f"完好 / INTACT: {len(payload)} 个文件，账本条目 {len(bodies)} 条，逐条相接，其中 {found.count} 条证明在"
        f" {found.size} 条的已签名检查点内{cosigned} / files and entries as recorded, proven under the signed checkpoint")  # fmt: skip
    return 0


def _cosigned(note: str, policy: Policy | None, problems: list[str]) -> str:
    """Return in words who witnessed the checkpoint; add a problem when the policy asks for more."""
    if policy is None:
        return ""
    try:
        names = policy.cosigned(note)
    except AlteredError as error:
        problems.append(str(error))
        return ""
    if not policy.met(names):
        problems.append(f"checkpoint: 见证不够 / not enough witnesses: {', '.join(names) or '0'}，{policy.quorum}")
    return f"，见证 / witnessed by: {', '.join(names)}" if names else "，没有外部见证 / unwitnessed"


# The command --------------------------------------------------------------------------------------------------------


def say(text: object) -> None:
    """Print in Chinese and English whatever the terminal's encoding."""
    sys.stdout.buffer.write(f"{text}\n".encode())
    sys.stdout.buffer.flush()


INSIDE = (
    "注意：公钥取自文件夹本身，只能说明前后一致，不能说明是谁签的；可以用 --vkey 给出另外得到的公钥"
    " / the key came with the folder: it shows that all agrees with itself, not who signed it; give one with --vkey"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, metavar="BUNDLE|LOG")
    parser.add_argument("--vkey", help="the verifier key, as text or as a file")
    parser.add_argument("--policy", type=Path, help="a C2SP tlog-policy: the log's key and its witnesses")
    parser.add_argument("--since", action="append", default=[], type=Path, metavar="CHECKPOINT")
    parser.add_argument("--proof", type=Path)
    parser.add_argument("--entry", type=Path)
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except NotALedgerError as error:
        say(f"不是取证包，也不是账本 / neither a bundle nor a ledger: {error}")
        return 2
    except AlteredError as error:
        say(f"已改动 / ALTERED: {error}")
        return 1
    except (OSError, UnicodeDecodeError) as error:
        say(f"读不了 / unreadable: {error}")
        return 2


def _run(options: argparse.Namespace) -> int:
    policy = Policy(options.policy.read_text(encoding="utf-8")) if options.policy else None
    vkeys = options.vkey or "\n".join(policy.logs if policy else ())
    if vkeys and "+" not in vkeys:
        vkeys = Path(vkeys).read_text(encoding="utf-8")
    for vkey in vkeys.split():
        read_vkey(vkey)
    if options.proof:
        return _run_proof(options, vkeys)
    folder = options.folder or Path(__file__).resolve().parent
    if not folder.is_dir():
        raise NotALedgerError(f"没有这个文件夹 / no such folder: {folder}")
    if (folder / "bagit.txt").is_file() or not (folder / "checkpoint").is_file():
        return check_bundle(folder, vkeys, policy)
    if not vkeys and (folder / "vkey").is_file():
        vkeys = (folder / "vkey").read_text(encoding="utf-8")
        say(INSIDE)
    if not vkeys:
        raise NotALedgerError("没有公钥，可以用 --vkey 给出 / no key, give one with --vkey")
    size, problems = check_log(folder, vkeys, [path.read_text(encoding="utf-8") for path in options.since])
    cosigned = _cosigned((folder / "checkpoint").read_text(encoding="utf-8"), policy, problems)
    for problem in problems:
        say(f"已改动 / ALTERED: {problem}")
    if problems:
        return 1
    say(f"完好 / INTACT: {size} 条，逐条相接，与签名一致{cosigned} / {size} entries, complete and as signed")
    return 0


def _run_proof(options: argparse.Namespace, vkeys: str) -> int:
    if not options.entry or not vkeys:
        raise NotALedgerError("核验证明还要 --entry 和 --vkey / a proof needs --entry and --vkey")
    text, entry = options.proof.read_text(encoding="utf-8"), options.entry.read_bytes()
    index, size, _root = check_proof(text, entry, vkeys)
    say(f"完好 / INTACT: 第 {index} 条在 {size} 条的检查点内 / entry {index} is in the checkpoint of {size}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
