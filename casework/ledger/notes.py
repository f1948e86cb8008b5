"""C2SP signed notes and checkpoints with Ed25519. Plain Python with ``cryptography``; no Django."""

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.core.later import later

if TYPE_CHECKING:
    from cryptography import exceptions
    from cryptography.hazmat.primitives.asymmetric import ed25519
else:
    exceptions = later("cryptography.exceptions")
    ed25519 = later("cryptography.hazmat.primitives.asymmetric.ed25519")

ED25519 = b"\x01"
DASH = "\u2014"
_DOMAIN = b"casework ledger signing key\n"


class BadNote(ValueError):
    """A note that is malformed, or whose signature does not hold."""


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: whose, how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class Verifier:
    """A public key with its name; ``str()`` is the vkey that is handed out."""

    name: str
    key: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of the hash that names the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.key).decode()}"

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """Read a vkey; raises ``BadNote``."""
        name, _, rest = vkey.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise BadNote(f"not a vkey: {vkey[:80]}") from error
        found = cls(name, raw[1:])
        if raw[:1] != ED25519 or len(raw) != 33 or found.key_id.hex() != key_id:
            raise BadNote(f"not a vkey: {vkey[:80]}")
        return found


class Signer:
    """A private key with its name."""

    def __init__(self, name: str, secret: str) -> None:
        seed = hashlib.sha256(_DOMAIN + secret.encode()).digest()
        self.name = name
        self._key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes_raw()
        self.verifier = Verifier(name, public)

    def sign(self, text: str) -> str:
        """Return the signed note over the text."""
        blob = base64.b64encode(self.verifier.key_id + self._key.sign(text.encode())).decode()
        return f"{text}\n{DASH} {self.name} {blob}\n"


def read_checkpoint(note: str, *verifiers: Verifier) -> Checkpoint:
    """Return the checkpoint of a note that one of the keys has signed.

    Raises:
        BadNote: malformed, signed by none of the keys, or a signature of one of them does not hold.
    """
    text, blank, signatures = note.rpartition("\n\n")
    text += "\n"
    if not blank or any(ord(character) < 32 and character != "\n" for character in note):
        raise BadNote("not a signed note")
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signed = False
    for line in signatures.removesuffix("\n").split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != DASH:
            raise BadNote("not a signature line")
        try:
            blob = base64.b64decode(parts[2], validate=True)
        except ValueError as error:
            raise BadNote("not a signature line") from error
        verifier = known.get((parts[1], blob[:4]))
        if verifier is not None:
            try:
                ed25519.Ed25519PublicKey.from_public_bytes(verifier.key).verify(blob[4:], text.encode())
            except exceptions.InvalidSignature as error:
                raise BadNote(f"the signature of {verifier.name} does not hold") from error
            signed = True
    if not signed:
        raise BadNote("signed by no known key")
    return _checkpoint(text)


def _checkpoint(text: str) -> Checkpoint:
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], lines[1], base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError) as error:
        raise BadNote("not a checkpoint") from error
    if not origin or not size.isdecimal() or str(int(size)) != size or len(root) != 32:
        raise BadNote("not a checkpoint")
    return Checkpoint(origin, int(size), root)


def proof_text(index: int, hashes: list[bytes], note: str) -> str:
    """Return a C2SP tlog-proof: the index, the inclusion proof and the checkpoint."""
    lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in hashes)
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{lines}\n{note}"
