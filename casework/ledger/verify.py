#!/usr/bin/env python3
"""Verify a ledger offline, without the system that wrote it.

    python verify.py LOG [--vkey VKEY] [--since CHECKPOINT]...
    python verify.py --proof FILE.tlog-proof --entry ENTRY [--vkey VKEY]

LOG is a folder in the C2SP tlog-tiles layout, as `manage.py ledger export` writes it: `checkpoint`, `tile/…`,
`tile/entries/…` and `vkey`. It is checked that

- the checkpoint is signed by the key (an Ed25519 signed note). Give the key with --vkey, from paper or from an earlier
  export: the one inside the folder came by the same way as the log and proves nothing about who made it;
- every entry has the hash that the tree holds, every tile follows from the tiles below, and the tiles give the root that
  was signed;
- every object's entries are numbered without a gap and each names the one before;
- the log begins with every older checkpoint given by --since: nothing signed then was changed or removed since.

Exit code: 0 intact, 1 altered (what and where is said), 2 not a ledger. This one file needs Python 3.9 or newer and
nothing else; with the package `cryptography` signatures are checked by it, else by the code below.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

WIDTH = 256
HASH = 32
DASH = "\u2014"


class NotALedgerError(Exception):
    """What was given is no ledger at all."""


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


def fold(data: bytes) -> bytes:
    """Return the root over a full tile."""
    row = [data[i : i + HASH] for i in range(0, len(data), HASH)]
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


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


def read_vkey(text: str) -> tuple[str, bytes, bytes]:
    """Return (name, key id, public key) of a verifier key."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise NotALedgerError(f"不是公钥 / not a verifier key: {text[:80]!r}") from error
    expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if len(raw) != 33 or raw[0] != 1 or expected.hex() != key_id:
        raise NotALedgerError(f"不是公钥 / not a verifier key: {text[:80]!r}")
    return name, expected, raw[1:]


def read_checkpoint(note: str, vkey: str) -> tuple[str, int, bytes]:
    """Return (origin, size, root) of a checkpoint signed by the key; raises ``AlteredError``."""
    name, key_id, key = read_vkey(vkey)
    text, blank, signatures = note.rpartition("\n\n")
    text += "\n"
    if not blank:
        raise AlteredError("checkpoint: 不是签名文本 / not a signed note")
    signed = False
    for line in signatures.removesuffix("\n").split("\n"):
        parts = line.split(" ")
        try:
            dash, signer, blob = parts[0], parts[1], base64.b64decode(parts[2], validate=True)
        except (IndexError, ValueError) as error:
            raise AlteredError("checkpoint: 签名行格式不对 / malformed signature line") from error
        if dash == DASH and signer == name and blob[:4] == key_id:
            if not ed25519_holds(key, text.encode(), blob[4:]):
                raise AlteredError(f"checkpoint: {name} 的签名不成立 / the signature does not hold")
            signed = True
    if not signed:
        raise AlteredError(f"checkpoint: 没有 {name}（{key_id.hex()}）的签名 / not signed by this key")
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError) as error:
        raise AlteredError("checkpoint: 格式不对 / malformed") from error
    if origin != name or str(size) != lines[1] or size < 0 or len(root) != HASH:
        raise AlteredError("checkpoint: 格式不对 / malformed")
    return origin, size, root


def check_proof(text: str, entry: bytes, vkey: str) -> tuple[int, int]:
    """Return (index, size) when the tlog-proof holds for the entry; raises ``AlteredError``."""
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
    _origin, size, root = read_checkpoint(note, vkey)
    leaf = hashlib.sha256(b"\0" + entry).digest()
    if word != "index" or str(index) != index_text or not inclusion_holds(leaf, index, size, hashes, root):
        raise AlteredError(f"证明：推不出检查点的根 / the proof does not lead from entry {index_text} to the root")
    return index, size


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


def read_tile(log: Path, level: str, n: int, width: int) -> bytes:
    """Return a tile of that width, from a partial or the full one."""
    for path in (log / "tile" / tile_path(level, n, width), log / "tile" / tile_path(level, n)):
        if path.is_file():
            return path.read_bytes()
    raise AlteredError(f"tile/{tile_path(level, n, width)}: 缺少 / missing")


def entries_of(data: bytes, name: str) -> Iterator[bytes]:
    """Yield the entries of a bundle."""
    place = 0
    while place < len(data):
        if place + 2 > len(data):
            raise AlteredError(f"{name}: 中途断了 / cut off")
        (length,) = struct.unpack_from(">H", data, place)
        entry = data[place + 2 : place + 2 + length]
        if len(entry) < length:
            raise AlteredError(f"{name}: 中途断了 / cut off")
        yield entry
        place += 2 + length


class Streams:
    """Number and hash of the last entry of every object."""

    def __init__(self) -> None:
        self.last: dict[str, tuple[int, str]] = {}

    def fault(self, index: int, entry: bytes, hashed: bytes) -> str:
        """Return what is wrong with the place of an entry in its object's sequence, or ""."""
        try:
            body = json.loads(entry)
            stream, seq, prev = body["stream"], body["seq"], body["prev"]
        except (ValueError, KeyError, TypeError):
            return f"第 {index} 条：不是账本条目 / entry {index}: not an entry"
        before = self.last.get(stream, (0, ""))
        self.last[stream] = (seq, hashed.hex())
        if seq != before[0] + 1:
            return f"第 {index} 条：{stream} 缺第 {before[0] + 1} 号 / entry {index}: a number of {stream} is missing"
        if prev != before[1]:
            return f"第 {index} 条：与 {stream} 前一条不相接 / entry {index}: does not follow its predecessor"
        return ""


def check_log(log: Path, vkey: str, since: Sequence[str] = ()) -> tuple[int, list[str]]:
    """Return (size, what is wrong) of a whole log; memory grows with the number of objects only."""
    path = log / "checkpoint"
    if not path.is_file():
        raise NotALedgerError(f"{log}: 没有 checkpoint / no checkpoint")
    try:
        origin, size, root = read_checkpoint(path.read_text(encoding="utf-8"), vkey)
        older: dict[int, bytes] = {}
        for note in since:
            _origin, old_size, old_root = read_checkpoint(note, vkey)
            if old_size > size:
                return size, [f"checkpoint: 只有 {size} 条，早先已签过 {old_size} 条 / rolled back from {old_size}"]
            if older.setdefault(old_size, old_root) != old_root:
                return size, [f"checkpoint: 同为 {old_size} 条有两个根 / two roots for {old_size} entries"]
    except AlteredError as error:
        return 0, [str(error)]
    problems: list[str] = []
    frontier, streams, above = Frontier(), Streams(), b""
    try:
        for n in range((size + WIDTH - 1) // WIDTH):
            width = min(WIDTH, size - n * WIDTH)
            data = check_tile(log, n, width, streams, problems)
            for old_size in [one for one in older if n * WIDTH < one < n * WIDTH + width]:
                part = frontier.copy()
                for i in range(old_size - n * WIDTH):
                    part.append(data[i * HASH : (i + 1) * HASH])
                if part.root() != older.pop(old_size):
                    problems.append(f"前 {old_size} 条：与早先的检查点不符 / differs from the checkpoint of {old_size}")
            if width == WIDTH:
                hashed = fold(data)
                frontier.append(hashed, WIDTH)
                above += hashed
            else:
                for i in range(width):
                    frontier.append(data[i * HASH : (i + 1) * HASH])
            if frontier.size in older and frontier.root() != older.pop(frontier.size):
                problems.append(f"前 {frontier.size} 条：与早先的检查点不符 / differs from an older checkpoint")
        check_upper(log, above, problems)
    except AlteredError as error:
        return size, [*problems, str(error)]
    if frontier.root() != root:
        problems.append(f"{origin}: 条目推出的根不是签过的根 / the entries do not give the signed root")
    return size, problems


def check_tile(log: Path, n: int, width: int, streams: Streams, problems: list[str]) -> bytes:
    """Check one bundle against its tile and return the tile."""
    data = read_tile(log, "0", n, width)[: width * HASH]
    name = f"tile/{tile_path('entries', n, width)}"
    if len(data) < width * HASH:
        raise AlteredError(f"tile/{tile_path('0', n, width)}: 中途断了 / cut off")
    count = 0
    for entry in entries_of(read_tile(log, "entries", n, width), name):
        if count == width:
            break
        index = n * WIDTH + count
        hashed = hashlib.sha256(b"\0" + entry).digest()
        if hashed != data[count * HASH : (count + 1) * HASH]:
            problems.append(f"第 {index} 条：与树中的摘要不符 / entry {index}: differs from its hash in the tree")
        fault = streams.fault(index, entry, hashed)
        if fault:
            problems.append(fault)
        count += 1
    if count < width:
        problems.append(f"{name}: 缺少条目，只有 {count} 条 / entries missing, only {count} of {width}")
    return data


def check_upper(log: Path, hashes: bytes, problems: list[str]) -> None:
    """Check the tiles above the lowest; their hashes are the roots of the full tiles below."""
    level = 1
    while hashes:
        above = b""
        for n in range((len(hashes) // HASH + WIDTH - 1) // WIDTH):
            expected = hashes[n * WIDTH * HASH : (n + 1) * WIDTH * HASH]
            if read_tile(log, str(level), n, len(expected) // HASH)[: len(expected)] != expected:
                name = tile_path(str(level), n, len(expected) // HASH)
                problems.append(f"tile/{name}: 不是下层推出的 / does not follow from the tiles below")
            if len(expected) == WIDTH * HASH:
                above += fold(expected)
        hashes, level = above, level + 1


# The command --------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """Print in Chinese and English whatever the terminal's encoding."""
    sys.stdout.buffer.write(text.encode() + b"\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", nargs="?", type=Path)
    parser.add_argument("--vkey", help="the verifier key, as text or as a file")
    parser.add_argument("--since", action="append", default=[], type=Path, metavar="CHECKPOINT")
    parser.add_argument("--proof", type=Path)
    parser.add_argument("--entry", type=Path)
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except NotALedgerError as error:
        say(f"不是账本 / not a ledger: {error}")
        return 2
    except AlteredError as error:
        say(f"已改动 / ALTERED: {error}")
        return 1
    except (OSError, UnicodeDecodeError) as error:
        say(f"读不了 / unreadable: {error}")
        return 2


def _run(options: argparse.Namespace) -> int:
    vkey = options.vkey or ""
    if vkey and "+" not in vkey:
        vkey = Path(vkey).read_text(encoding="utf-8")
    inside = options.log / "vkey" if options.log else None
    if not vkey and inside and inside.is_file():
        vkey = inside.read_text(encoding="utf-8")
        say("注意：公钥取自账本文件夹本身，只能说明前后一致，不能说明是谁签的 / the key came with the log: it shows"
            " that the log agrees with itself, not who signed it")  # fmt: skip
    if not vkey:
        raise NotALedgerError("没有公钥，可以用 --vkey 给出 / no key, give one with --vkey")
    if options.proof:
        if not options.entry:
            raise NotALedgerError("核验证明还要 --entry / a proof needs --entry")
        index, size = check_proof(options.proof.read_text(encoding="utf-8"), options.entry.read_bytes(), vkey)
        say(f"完好 / INTACT: 第 {index} 条在 {size} 条的检查点内 / entry {index} is in the checkpoint of {size}")
        return 0
    if not options.log or not options.log.is_dir():
        raise NotALedgerError(f"没有这个文件夹 / no such folder: {options.log}")
    size, problems = check_log(options.log, vkey, [path.read_text(encoding="utf-8") for path in options.since])
    for problem in problems:
        say(f"已改动 / ALTERED: {problem}")
    if problems:
        return 1
    say(f"完好 / INTACT: {size} 条，逐条相接，与签名一致 / {size} entries, complete and as signed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
