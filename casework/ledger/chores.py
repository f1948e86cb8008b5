"""What the ledger's process does beside ordering entries, in a thread of its own: checking, witnesses, timestamps."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

from casework.ledger import tree
from casework.ledger.checks import count_entries
from casework.ledger.checks_tree import whole_log
from casework.ledger.timestamps import TimestampError, authority, stamp, stamped
from casework.ledger.witnessing import feed

CHECK_EVERY = timedelta(days=1)
STAMP_EVERY = timedelta(days=1)
#: Seconds between two rounds: how old a witness's view gets while the log grows.
ROUND = 10.0
#: How far a clock may be out before it is told.
CLOCK_SLACK = timedelta(minutes=1)

log = logging.getLogger(__name__)


def check_all() -> list[str]:
    """Check the whole log now and keep the outcome."""
    begun = timezone.now()
    faults = list(whole_log())
    tree.note_check("verify", begun, timezone.now(), count_entries(), faults)
    for fault in faults:
        log.error("verify: %s", fault)
    return faults


def note_faults(kind: str, faults: list[str]) -> None:
    """Keep what is wrong with the work of that kind when it is news, and that it is over when it is over."""
    last = tree.last_check(kind)
    if (last.faults if last else []) == faults:
        return
    for fault in faults:
        log.error("%s: %s", kind, fault)
    now = timezone.now()
    tree.note_check(kind, now, now, tree.head().size, faults)


def feed_witnesses() -> None:
    """Ask the witnesses for their cosignatures; a contradiction and a witness out of reach are both told."""
    note_faults("witness", [str(error) for error in feed()])


def stamp_daily() -> None:
    """Have the newest checkpoint stamped once a day when it is not yet, and there is an authority."""
    newest, last = tree.newest(), stamped()
    if (
        not authority()
        or newest is None
        or (last and (last[0] == newest.size or timezone.now() - last[1] < STAMP_EVERY))
    ):
        return
    try:
        stamp(newest)
    except TimestampError as error:
        note_faults("timestamp", [str(error)])
    else:
        note_faults("timestamp", [])


def check_daily() -> None:
    """Check the whole log when the last check is older than a day."""
    last = tree.last_check("verify")
    if last is None or timezone.now() - last.ended_at > CHECK_EVERY:
        check_all()


def clock_faults(now: datetime) -> list[str]:
    """Tell what is wrong with this machine's clock, ``now``: behind what the log has published, or apart from the database's.

    Nothing in the record orders by the clock, so nothing is lost; but times written meanwhile are wrong, and an
    insider who sets a clock back wants them so.
    """
    faults = []
    newest = tree.newest()
    if newest is not None and now < newest.published_at - CLOCK_SLACK:
        faults.append(
            f"时钟倒退：现在 {now:%Y-%m-%d %H:%M:%S}，最近一次签名在 {newest.published_at:%Y-%m-%d %H:%M:%S}（UTC）。"
            f"校准时钟，并查明期间记录的时间 / the clock went back: now {now:%Y-%m-%d %H:%M:%S},"
            f" signed last at {newest.published_at:%Y-%m-%d %H:%M:%S} UTC"
        )
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        (elsewhere,) = cursor.fetchone()
    if abs(elsewhere - now) > CLOCK_SLACK:
        apart = round((elsewhere - now).total_seconds() / 60)
        faults.append(
            f"时钟不一致：数据库与账本进程相差约 {apart} 分钟。校准两边的时钟"
            f" / the clocks of database and ledger differ by some {apart} minutes"
        )
    return faults


def watch_clock() -> None:
    """Tell when the clock was set back or runs apart, and when it is right again."""
    note_faults("clock", clock_faults(timezone.now()))


class Chores:
    """Runs the rounds until it is told to end; a database that is away is left to the process to complain about."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it runs."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="ledger-chores", daemon=True)
            self._thread.start()

    def end(self, seconds: float = 5.0) -> None:
        """Stop after the round that runs, waiting so long at most."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(timeout=seconds)

    def _run(self) -> None:
        while not self._ending.is_set():
            for chore in (watch_clock, check_daily, feed_witnesses, stamp_daily):
                try:
                    chore()
                except DatabaseError as error:
                    self._say(f"账本：没有做完 / not finished: {chore.__name__}: {error}")
                finally:
                    connection.close()
            self._ending.wait(ROUND)
