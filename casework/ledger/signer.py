"""The signer: it remembers outside the database what it has signed, and signs nothing that does not continue it.

Its state is one small file. Rewriting the past, going back to an old copy or forking needs this file as well as the
database; whoever has only the database gets no further signature, and the refusal is kept for the auditor.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction

from casework.core.roles import SIGNER
from casework.ledger import tree
from casework.ledger.checks import stream_rows
from casework.ledger.merkle import Frontier, leaf_hash
from casework.ledger.notes import BadNote, Checkpoint, Signer, Verifier, read_checkpoint


class RefusedError(Exception):
    """The signer will not sign; the text says why, what is safe and what helps."""


@dataclass
class State:
    """What the signer remembers: the name of the log, the last signed note, and the right edge of the tree."""

    origin: str
    note: str
    frontier: Frontier

    def text(self) -> str:
        """Return the state as it is kept in the file."""
        edge = [one.hex() for one in self.frontier.hashes]
        kept = {"origin": self.origin, "note": self.note, "size": self.frontier.size, "frontier": edge}
        return json.dumps(kept, indent=1) + "\n"

    @classmethod
    def read(cls, path: Path) -> "State":
        """Return the state of a file; raises ``RefusedError``."""
        content = path.read_bytes()
        try:
            kept = json.loads(content)
            frontier = Frontier(kept["size"], [bytes.fromhex(one) for one in kept["frontier"]])
            return cls(str(kept["origin"]), str(kept["note"]), frontier)
        except (ValueError, KeyError, TypeError) as error:
            raise RefusedError(f"签名器的状态文件读不懂 / the signer's state file is unreadable: {error}") from error


def state_path() -> Path:
    """Return where the signer keeps its state: outside the database, below the state directory."""
    return Path(settings.CASEWORK_HOME) / "signer" / "state.json"


def signing_secret() -> str:
    """Return the secret that the signing key is made from: the given one, else one made once for this instance."""
    given = str(settings.CASEWORK_SIGNING_KEY)
    if given:
        return given
    path = Path(settings.CASEWORK_HOME) / "secrets" / "signing_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        write_for_good(draft, secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another process of this instance was first
            os.link(draft, path)
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()


def write_for_good(path: Path, text: str) -> None:
    """Write a private file and wait until the disk has it."""
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def signing() -> Iterator[Any]:
    """Give a cursor in a transaction of the signer's own role: the one that orders entries may not publish."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select set_config('role', %s, true)", [SIGNER])
        yield cursor


class LedgerSigner:
    """Signs the heads of one log. ``path`` and ``key`` are those of the instance unless given."""

    def __init__(self, path: Path | None = None, key: str = "") -> None:
        self.path = path or state_path()
        self._secret = key or signing_secret()

    def sign(self) -> str | None:
        """Sign the tree as it stands when it has grown, publish the checkpoint and return it; None when nothing is new.

        Raises:
            RefusedError: the tree does not continue what was signed before.
        """
        state = self._state()
        signer = Signer(state.origin, self._secret)
        now, published = tree.head(), tree.newest()
        self._same_past(state, now, published, signer.verifier)
        if now.size == state.frontier.size:
            if state.note and (published is None or published.size < now.size):
                self._publish(state, now.root, signer.verifier)  # it ended between signing and publishing
                return state.note
            return None
        self._extend(state, now)
        state.note = signer.sign(Checkpoint(state.origin, now.size, now.root).text())
        self._keep(state)
        self._publish(state, now.root, signer.verifier)
        return state.note

    def rotate(self, secret: str) -> str:
        """Sign the grown tree with the present key and with the new one, publish both, and return the new vkey.

        The checkpoint with both signatures is where one key hands over to the other; from then on a signer with the
        new secret continues.

        Raises:
            RefusedError: as ``sign``; or the tree has not grown, so that nothing could be signed.
        """
        state = self._state()
        signer, successor = Signer(state.origin, self._secret), Signer(state.origin, secret)
        now = tree.head()
        self._same_past(state, now, tree.newest(), signer.verifier)
        if now.size == state.frontier.size or signer.verifier == successor.verifier:
            raise RefusedError("不能换钥匙：没有新的条目，或者是同一把钥匙 / nothing new to sign, or the same key")
        self._extend(state, now)
        text = Checkpoint(state.origin, now.size, now.root).text()
        state.note = signer.sign(text) + successor.sign(text).removeprefix(f"{text}\n")
        self._keep(state)
        self._publish(state, now.root, successor.verifier)
        self._secret = secret
        return str(successor.verifier)

    def trust(self, note: str) -> Checkpoint:
        """Take a checkpoint from paper or an export as the last one signed, after a lost state file.

        The checkpoint must be signed by this key, and the log must begin with it.

        Raises:
            RefusedError: it is not, or it does not.
        """
        origin = note.partition("\n")[0]
        signer = Signer(origin, self._secret)
        try:
            found = read_checkpoint(note, signer.verifier)
        except BadNote as error:
            raise RefusedError(f"检查点不是本签名器签的 / not signed by this key: {error}") from error
        state = State(origin, note, Frontier())
        published = tree.newest()
        if published and published.size > found.size:
            raise RefusedError(
                f"这个检查点有 {found.size} 条，已公布到 {published.size} 条。可以用最新的一份。"
                f" / {published.size} entries were published, give the newest checkpoint"
            )
        self._extend(state, tree.Head(found.size, found.root))
        self._keep(state)
        return found

    # the parts -------------------------------------------------------------------------------------------------

    def _state(self) -> State:
        try:
            return State.read(self.path)
        except FileNotFoundError:
            pass
        if tree.newest() is not None:
            raise RefusedError(
                f"不能签名：已公布过检查点，但签名器的状态文件 {self.path} 不在了。可以把最近的检查点交给"
                " ledger trust。 / checkpoints were published, but the signer's state is gone: ledger trust CHECKPOINT"
            )
        host = urlsplit(settings.CASEWORK_BASE_URL).netloc or "localhost"
        return State(f"{host}/ledger/{uuid4().hex[:16]}", "", Frontier())

    def _same_past(self, state: State, now: tree.Head, published: tree.Published | None, verifier: Verifier) -> None:
        """Refuse unless the database still says what was signed."""
        size = state.frontier.size
        if size:
            try:
                last = read_checkpoint(state.note, verifier)
            except BadNote as error:
                raise RefusedError(
                    f"不能签名：签名钥匙或状态文件换过了 / the key or the state file was replaced: {error}"
                ) from error
            if (last.size, last.root) != (size, state.frontier.root()):
                raise RefusedError("不能签名：状态文件前后矛盾 / the state file contradicts itself")
        if now.size < size:
            raise RefusedError(
                f"不能签名：账本只有 {now.size} 条，已签过 {size} 条，数据库退回过旧的状态"
                f" / rolled back: {now.size} entries, {size} were signed"
            )
        if now.size == size and now.root != state.frontier.root():
            raise RefusedError(f"不能签名：同为 {size} 条，根与签过的不同 / forked: another root for {size} entries")
        if published and published.size > size:
            raise RefusedError(
                f"不能签名：已公布 {published.size} 条的检查点，状态文件只到 {size} 条，是旧的"
                f" / the state file is older ({size}) than what was published ({published.size})"
            )

    def _extend(self, state: State, to: tree.Head) -> None:
        """Append the new entries from their own bytes; the database's tiles are believed in nothing."""
        start = state.frontier.size
        rows = stream_rows(
            "select leaf.idx, leaf.leaf_hash, entry.header from ledger.leaf"  # noqa: S608 (numbers)
            " left join ledger.entry on entry.id = leaf.entry_id"
            f" where leaf.idx >= {start:d} and leaf.idx < {to.size:d} order by leaf.idx"
        )
        with closing(rows):  # also when it refuses midway
            for index, hashed, header in rows:
                if index != state.frontier.size:
                    raise RefusedError(
                        f"不能签名：缺第 {state.frontier.size} 条 / leaf {state.frontier.size} is missing"
                    )
                if header is None or leaf_hash(bytes(header)) != bytes(hashed):
                    raise RefusedError(f"不能签名：第 {index} 条的内容与摘要不符 / leaf {index} differs from its entry")
                state.frontier.append(bytes(hashed))
        if (state.frontier.size, state.frontier.root()) != (to.size, to.root):
            raise RefusedError(
                f"不能签名：从条目推出的根与树不同（{start} → {to.size} 条）"
                f" / the entries do not give the tree's root ({start} → {to.size})"
            )

    def _keep(self, state: State) -> None:
        """Write the state to disk for good before anything is released."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self.path.with_suffix(".new")
        write_for_good(draft, state.text())
        draft.replace(self.path)
        with suppress(OSError):  # some file systems cannot sync a folder
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _publish(self, state: State, root: bytes, verifier: Verifier) -> None:
        values: list[Any] = [state.frontier.size, root, state.note]
        with signing() as cursor:
            cursor.execute(
                "insert into ledger.signing_key (vkey, since_size) values (%s, %s) on conflict (vkey) do nothing",
                [str(verifier), state.frontier.size],
            )
            cursor.execute(
                "insert into ledger.checkpoint (size, root, note) values (%s, %s, %s) on conflict (size) do nothing",
                values,
            )


def fingerprint(vkey: str) -> str:
    """Return a short form of a key for people to compare: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(vkey.encode()).hexdigest()[:16]
