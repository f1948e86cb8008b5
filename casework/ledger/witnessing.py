"""Feeding witnesses: which there are, what each is asked, and taking in what it cosigned (C2SP tlog-witness)."""

import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from casework.ledger import merkle, tree
from casework.ledger.signer import signing
from casework.ledger.tiles import Tiles
from casework.ledger.verify import COSIGNATURE, AlteredError, NotALedgerError, Policy, cosigned_at, read_note, read_vkey

TIMEOUT = 10.0
_WORDS = ("witness", "group", "quorum")


class WitnessError(Exception):
    """A witness did not cosign; the text says why. ``contradicts`` when it has seen another history than ours."""

    def __init__(self, text: str, *, contradicts: bool = False) -> None:
        super().__init__(text)
        self.contradicts = contradicts


@dataclass(frozen=True)
class Witness:
    """One witness: its name in the policy, its verifier key, and where it answers; no address, when it is fed by hand."""

    name: str
    vkey: str
    url: str = ""

    @property
    def key_name(self) -> str:
        """The name with which it signs."""
        return read_vkey(self.vkey, COSIGNATURE)[0]


def policy_path() -> Path:
    """Return the file with the lines ``witness``, ``group`` and ``quorum`` of this deployment's policy."""
    return Path(settings.CASEWORK_WITNESSES)


def _lines() -> list[str]:
    try:
        text = policy_path().read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [line.strip() for line in text.splitlines() if line.partition(" ")[0] in _WORDS]


def policy_text() -> str:
    """Return the published C2SP tlog-policy: the keys of this log, its witnesses, and how many must have cosigned."""
    url = f"{settings.CASEWORK_BASE_URL.rstrip('/')}/ledger/"
    lines = [f"log {vkey} {url}" for vkey in tree.vkeys()] + _lines()
    if not any(line.startswith("quorum") for line in lines):
        lines.append("quorum none")
    return "".join(f"{line}\n" for line in lines)


def witnesses() -> list[Witness]:
    """Return the witnesses of the policy.

    Raises:
        NotALedgerError: the file is not a policy.
    """
    lines = _lines()
    Policy("\n".join(lines))
    rows = (line.split() for line in lines)
    return [Witness(row[1], row[2], row[3] if len(row) > 3 else "") for row in rows if row[0] == "witness"]


def cosigned_size(witness: Witness) -> int:
    """Return the size up to which the witness has cosigned."""
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(size), 0) from ledger.cosignature where name = %s", [witness.key_name])
        (size,) = cursor.fetchone()
    return int(size)


def request_for(old: int, checkpoint: tree.Published) -> bytes:
    """Return the request that asks to cosign the checkpoint after ``old`` entries."""
    proof = merkle.consistency_proof(old, checkpoint.size, Tiles(tree.load_tile).node) if old else []
    lines = "".join(f"{b64encode(one).decode()}\n" for one in proof)
    return f"old {old}\n{lines}\n{checkpoint.own_note}".encode()


def take(witness: Witness, checkpoint: tree.Published, answer: str) -> bool:
    """Keep the cosignature of the witness among the answer's lines; tell whether it is a new one.

    Raises:
        WitnessError: none of the lines is its cosignature of this checkpoint, or it does not hold.
    """
    try:
        at = cosigned_at(checkpoint.own_note + answer, witness.vkey)
        signatures = read_note(checkpoint.own_note + answer)[1]
    except AlteredError as error:
        raise WitnessError(f"{witness.name}: {error}") from error
    if not at:
        raise WitnessError(f"{witness.name}: 回答里没有它的签名 / its cosignature is not in the answer")
    key_id = read_vkey(witness.vkey, COSIGNATURE)[1]
    blob = next(blob for name, blob in signatures if name == witness.key_name and blob[:4] == key_id)
    with signing() as cursor:
        cursor.execute(
            "insert into ledger.cosignature (size, name, line, at) values (%s, %s, %s, %s)"
            " on conflict (size, name) do nothing",
            [
                checkpoint.size,
                witness.key_name,
                f"\u2014 {witness.key_name} {b64encode(blob).decode()}\n",
                datetime.fromtimestamp(at, UTC),
            ],
        )
        return bool(cursor.rowcount)


def ask(witness: Witness, checkpoint: tree.Published) -> bool:
    """Ask the witness over the network to cosign the checkpoint; tell whether there is a new cosignature.

    Raises:
        WitnessError: it is out of reach, refuses, or has seen another history.
    """
    old = cosigned_size(witness)
    for _again in range(2):
        if old > checkpoint.size:
            break
        status, answer = _post(witness, request_for(old, checkpoint))
        if status == 200:
            return take(witness, checkpoint, answer)
        if status == 422:
            raise WitnessError(
                f"{witness.name}: 见证方不认：前 {old} 条与它见过的不同 / the first {old} entries are not those it saw",
                contradicts=True,
            )
        if status != 409 or not answer.strip().isdecimal() or int(answer) == old:
            break
        old = int(answer)
    else:
        status = 409
    if old > checkpoint.size:
        raise WitnessError(
            f"{witness.name}: 见证方见过 {old} 条，本账本只有 {checkpoint.size} 条，退回过旧的状态"
            f" / it saw {old} entries, this log has {checkpoint.size}: rolled back",
            contradicts=True,
        )
    if status == 409:
        raise WitnessError(
            f"{witness.name}: 见证方不认：同为 {old} 条，根不同 / it saw another root for {old} entries",
            contradicts=True,
        )
    raise WitnessError(f"{witness.name}: HTTP {status} {answer.strip()[:200]}")


def _post(witness: Witness, body: bytes) -> tuple[int, str]:
    if not witness.url.startswith(("http://", "https://")):
        raise WitnessError(f"{witness.name}: {witness.url or '没有网址 / has no address'}")
    request = urllib.request.Request(  # noqa: S310 (the scheme was checked)
        f"{witness.url.rstrip('/')}/add-checkpoint", body, {"Content-Type": "text/plain; charset=utf-8"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            return int(response.status), response.read(64 * 1024).decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(64 * 1024).decode(errors="replace")
    except OSError as error:
        raise WitnessError(f"{witness.name}: {witness.url}: {error}") from error


def feed() -> Iterator[WitnessError]:
    """Ask every witness with an address that has not cosigned the newest checkpoint; yield what went wrong."""
    newest = tree.newest()
    if newest is None:
        return
    try:
        known = witnesses()
    except NotALedgerError as error:
        yield WitnessError(f"{policy_path()}: {error}")
        return
    for witness in known:
        if witness.url and cosigned_size(witness) < newest.size:
            try:
                ask(witness, newest)
            except WitnessError as error:
                yield error
