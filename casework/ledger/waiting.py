"""Waiting, for a bounded time, until entries are under a signed checkpoint."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable

from django.conf import settings
from django.db import connection

from casework.ledger import tree

#: Whoever waits for a proof wakes the integrator by a notice on this channel.
CHANNEL = "ledger_wake"
#: Held by the one integrator for as long as it runs.
PROCESS_LOCK = tree.LOCK + 1
POLL = 0.03


def integrator_runs() -> bool:
    """Tell whether some process gives entries their place now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from pg_locks where locktype = 'advisory' and granted and objsubid = 1"
            " and database = (select oid from pg_database where datname = current_database())"
            " and classid = %s and objid = %s)",
            [PROCESS_LOCK >> 32, PROCESS_LOCK & 0xFFFFFFFF],
        )
        (runs,) = cursor.fetchone()
    return bool(runs)


def signed_size() -> int:
    """Return how many entries the newest published checkpoint covers."""
    newest = tree.newest()
    return newest.size if newest else 0


def wait_signed(entry_ids: Iterable[int], *, seconds: float, integrate: bool = False) -> bool:
    """Wait until all of the committed entries are under a signed checkpoint; tell whether they are.

    Returns at once inside a transaction, whose entries nobody else can see yet, and when no integrator runs.
    ``integrate`` lets a command, which may run alone, start one for a single turn.
    """
    numbers = set(entry_ids)
    if connection.in_atomic_block or not numbers:
        return False
    if _covered(numbers):
        return True
    if not integrator_runs():
        if not integrate:
            return False
        _integrate_once()
        return _covered(numbers)
    until = time.monotonic() + seconds
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"notify {CHANNEL}")
        time.sleep(POLL)
        if _covered(numbers):
            return True
        if time.monotonic() > until:
            return False


def _covered(numbers: set[int]) -> bool:
    places, size = tree.places(numbers), signed_size()
    return len(places) == len(numbers) and max(places.values()) < size


def _integrate_once() -> None:
    """Run the integrator for one turn, with its own role: this process may not order entries."""
    subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "ledger", "integrate", "--once"],
        env={**os.environ, "CASEWORK_DB_ROLE": "ledger"},
        stdout=subprocess.DEVNULL,
        check=False,
    )
