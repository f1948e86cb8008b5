"""Handing the log over to a new signing key: an act of its own, and a checkpoint that both keys sign."""

import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from casework.ledger import tree
from casework.ledger.notes import Signer
from casework.ledger.record import record
from casework.ledger.services.exports import WHOLE
from casework.ledger.signer import LedgerSigner, RefusedError, signing_secret, write_for_good
from casework.ledger.waiting import PROCESS_LOCK


def rotate_key(*, at: datetime, secret: str = "", reason: str) -> str:
    """Record the change of keys, sign it with both, and return the new vkey; the old one stays known for ever.

    Without a given ``secret`` a new one is made and put in the place of ``secrets/signing_key``, the old one is kept
    beside it. With the key given by the environment the new one must be given too, and be set there afterwards.

    Raises:
        RefusedError: an integrator runs, the signer refuses, or the environment gives the key and no new one was given.
    """
    if settings.CASEWORK_SIGNING_KEY and not secret:
        raise RefusedError(
            "签名钥匙由环境变量给出：可以用 --key-file 给出新的 / the environment gives the key: --key-file"
        )
    new = secret or secrets.token_urlsafe(48)
    signer = LedgerSigner()
    newest = tree.newest()
    if newest is None:
        raise RefusedError("还没有检查点 / no checkpoint yet")
    origin = newest.note.partition("\n")[0]
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [PROCESS_LOCK])
        if not cursor.fetchone()[0]:
            raise RefusedError("入账进程在工作：可以先停止实例 / an integrator is at work: stop the instance first")
    try:
        path = _put_aside(new) if not settings.CASEWORK_SIGNING_KEY else None
        facts = {
            "old": str(Signer(origin, signing_secret()).verifier),
            "new": str(Signer(origin, new).verifier),
            "size": newest.size,
        }
        with transaction.atomic():
            record("key.rotated", ref=WHOLE, actor=None, at=at, data=facts, reason=reason)
        while tree.integrate_batch().more:
            pass
        vkey = signer.rotate(new)
        if path is not None:
            _take_over(path, newest.size)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [PROCESS_LOCK])
    return vkey


def _put_aside(secret: str) -> Path:
    """Write the new secret beside the present one, for good, before anything is signed with it."""
    path = Path(settings.CASEWORK_HOME) / "secrets" / "signing_key.next"
    write_for_good(path, secret)
    return path


def _take_over(path: Path, size: int) -> None:
    present = path.with_name("signing_key")
    present.rename(path.with_name(f"signing_key.until-{size}"))
    path.rename(present)
