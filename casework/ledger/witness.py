#!/usr/bin/env python3
"""见证方 / A witness: it remembers what each log showed it and cosigns only what continues that (C2SP tlog-witness).

    python witness.py init  FOLDER NAME              makes a key; prints the verifier key to hand to the log
    python witness.py trust FOLDER VKEY              follows the log with this verifier key
    python witness.py serve FOLDER [--port 8100]     answers POST /add-checkpoint, for logs that can reach it
    python witness.py add   FOLDER REQUEST           answers one request from a file, e.g. on a laptop without network
    python witness.py show  FOLDER                   what it has seen of each log, for comparing with paper

For a superior commission's server or an auditor's laptop. It needs Python 3.9 or newer, this file and `verify.py` beside
it; with the package `cryptography` signatures are checked by it. FOLDER holds the witness's key and memory: nobody who
administers the log may have access to it, else it witnesses nothing.

Exit code of `add`: 0 cosigned (the line is on standard output), 1 refused (the log rolled back, forked or changed what it
showed before), 2 not a request.
"""

from __future__ import annotations

import argparse
import base64
import fcntl
import hashlib
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

try:
    from casework.ledger import verify
except ImportError:  # alone on another machine
    import verify  # type: ignore[import-not-found, no-redef]

MAX_REQUEST = 64 * 1024
MAX_PROOF = 63
TEXT, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"
Answer = tuple[int, str, str]


# Signing (RFC 8032) -------------------------------------------------------------------------------------------------


def _packed(point: verify.Point) -> bytes:
    x, y, z, _t = point
    inverse = pow(z, verify._P - 2, verify._P)
    x, y = x * inverse % verify._P, y * inverse % verify._P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _expanded(seed: bytes) -> tuple[int, bytes]:
    digest = hashlib.sha512(seed).digest()
    number = int.from_bytes(digest[:32], "little")
    return (number & ((1 << 254) - 8)) | (1 << 254), digest[32:]


def public_key(seed: bytes) -> bytes:
    """Return the Ed25519 public key of a seed."""
    return _packed(verify._times(_expanded(seed)[0], verify._base()))


def ed25519_sign(seed: bytes, message: bytes) -> bytes:
    """Return the Ed25519 signature of the message."""
    number, prefix = _expanded(seed)
    key = public_key(seed)
    nonce = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % verify._L
    point = _packed(verify._times(nonce, verify._base()))
    challenge = int.from_bytes(hashlib.sha512(point + key + message).digest(), "little") % verify._L
    return point + ((nonce + challenge * number) % verify._L).to_bytes(32, "little")


# The witness --------------------------------------------------------------------------------------------------------


class Witness:
    """A key, and for each log followed the size and root last cosigned; kept in a folder, written before answering."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = json.loads((folder / "key.json").read_text(encoding="utf-8"))
        self.name, self._seed = str(kept["name"]), bytes.fromhex(kept["seed"])
        raw = bytes([verify.COSIGNATURE]) + public_key(self._seed)
        self.key_id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        self.vkey = f"{self.name}+{self.key_id.hex()}+{base64.b64encode(raw).decode()}"

    @classmethod
    def make(cls, folder: Path, name: str) -> Witness:
        """Make the key of a new witness; a key that is there stays."""
        if not name or any(character.isspace() or character == "+" for character in name):
            raise verify.NotALedgerError(f"名称不能有空格和加号 / no spaces and no plus in the name: {name!r}")
        if (folder / "key.json").exists():
            raise verify.NotALedgerError(f"{folder}: 已有钥匙 / has a key already")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(folder / "key.json", {"name": name, "seed": secrets.token_hex(32)})
        return cls(folder)

    def trust(self, vkey: str) -> None:
        """Follow the log of this verifier key; for a log followed already, also accept this key."""
        origin, _key_id, _key = verify.read_vkey(vkey)
        with self._locked():
            kept = self._log(origin) or {"origin": origin, "vkeys": [], "size": 0, "root": ""}
            kept["vkeys"] = list(dict.fromkeys([*kept["vkeys"], vkey.strip()]))
            _write(self._path(origin), kept)

    def logs(self) -> list[dict[str, Any]]:
        """Return what was seen of each log."""
        return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(self.folder.glob("log-*.json"))]

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer a request of C2SP tlog-witness: (status, content type, text)."""
        try:
            old, proof, note = read_request(body)
            text, _signatures = verify.read_note(note)
            origin, size, root = verify.read_head(text)
        except (verify.AlteredError, ValueError) as error:
            return 400, TEXT, f"malformed: {error}\n"
        with self._locked():
            kept = self._log(origin)
            if kept is None:
                return 404, TEXT, f"unknown log: {origin}\n"
            try:
                verify.read_checkpoint(note, "\n".join(kept["vkeys"]))
            except verify.AlteredError as error:
                return 403, TEXT, f"{error}\n"
            if old > size:
                return 400, TEXT, f"old size {old} is larger than the checkpoint's {size}\n"
            if old != kept["size"]:
                return 409, SIZE, f"{kept['size']}\n"
            if old == size and size and root.hex() != kept["root"]:
                return 409, SIZE, f"{kept['size']}\n"
            if not (not proof if old in (0, size) else self._continues(kept, size, root, proof)):
                return 422, TEXT, f"the tree of {size} does not begin with the tree of {old} that was cosigned\n"
            kept.update(size=size, root=root.hex(), seen_at=int(time.time()))
            _write(self._path(origin), kept)  # for good, before anything is released
            return 200, TEXT, self._cosign(text)

    def _continues(self, kept: dict[str, Any], size: int, root: bytes, proof: Sequence[bytes]) -> bool:
        before = bytes.fromhex(str(kept["root"]))
        return verify.consistency_holds(int(str(kept["size"])), size, before, root, proof)

    def _cosign(self, text: str) -> str:
        now = int(time.time())
        signature = ed25519_sign(self._seed, verify.cosignature_text(now, text))
        blob = base64.b64encode(self.key_id + now.to_bytes(8, "big") + signature).decode()
        return f"{verify.DASH} {self.name} {blob}\n"

    def _path(self, origin: str) -> Path:
        return self.folder / f"log-{hashlib.sha256(origin.encode()).hexdigest()[:32]}.json"

    def _log(self, origin: str) -> dict[str, Any] | None:
        path = self._path(origin)
        if not path.exists():
            return None
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one request after the other in, whatever process it comes to."""
        with (self.folder / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def read_request(body: bytes) -> tuple[int, list[bytes], str]:
    """Return (old size, consistency proof, checkpoint) of a request; raises ValueError."""
    head, blank, note = body.decode().partition("\n\n")
    lines = head.split("\n")
    word, _space, number = lines[0].partition(" ")
    if not blank or word != "old" or not number.isdecimal() or str(int(number)) != number:
        raise ValueError("old SIZE, the proof, an empty line and the checkpoint are needed")
    proof = [base64.b64decode(line, validate=True) for line in lines[1:]]
    if len(proof) > MAX_PROOF or any(len(one) != verify.HASH for one in proof):
        raise ValueError("not a consistency proof")
    return int(number), proof, note


def _write(path: Path, value: object) -> None:
    """Write a private file and wait until the disk has it."""
    draft = path.with_name(f".{path.name}.new")
    handle = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(value, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def server(witness: Witness, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server that answers POST …/add-checkpoint."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not self.path.endswith("/add-checkpoint"):
                self._say(404, TEXT, "add-checkpoint\n")
            elif not length.isdecimal() or int(length) > MAX_REQUEST:
                self._say(400, TEXT, "Content-Length\n")
            else:
                self._say(*witness.add_checkpoint(self.rfile.read(int(length))))

        def _say(self, status: int, kind: str, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, form: str, *values: object) -> None:
            sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {form % values}\n")

    return ThreadingHTTPServer((host, port), Handler)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("act", choices=["init", "trust", "serve", "add", "show"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("what", nargs="?", default="")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except (verify.NotALedgerError, OSError, ValueError, KeyError) as error:
        verify.say(f"不能进行 / cannot: {error}")
        return 2


def _run(options: argparse.Namespace) -> int:
    if options.act == "init":
        verify.say(Witness.make(options.folder, options.what).vkey)
        return 0
    witness = Witness(options.folder)
    if options.act == "trust":
        text = options.what if "+" in options.what else Path(options.what).read_text(encoding="utf-8")
        for vkey in text.split():
            witness.trust(vkey)
    elif options.act == "show":
        verify.say(witness.vkey)
        for log in witness.logs():
            verify.say(f"{log['origin']}  {log['size']}  {log['root'] or '-'}")
    elif options.act == "add":
        status, _kind, text = witness.add_checkpoint(Path(options.what).read_bytes())
        if status != 200:
            sys.stderr.buffer.write(f"拒绝见证 / refused: {status} {text}".encode())
            return 2 if status == 400 else 1
        verify.say(text.rstrip("\n"))
    else:
        with server(witness, options.host, options.port) as running:
            verify.say(f"{witness.vkey}  http://{options.host}:{running.server_port}/add-checkpoint")
            try:
                running.serve_forever()
            except KeyboardInterrupt:
                return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
