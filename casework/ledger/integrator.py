"""The ledger's own process: gives entries their place, signs, keeps the files, and checks the whole log once a day."""

import logging
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from casework.ledger import tree
from casework.ledger.chores import Chores
from casework.ledger.publication import DiffersError, write_log
from casework.ledger.signer import LedgerSigner, RefusedError
from casework.ledger.waiting import CHANNEL, PROCESS_LOCK

#: Seconds between two looks at the queue, unless somebody who waits for a proof asks sooner (NOTIFY).
TICK = 0.2
RETRY = 5.0

log = logging.getLogger(__name__)


def log_folder() -> Path:
    """Return where the log is kept as static files."""
    return Path(settings.CASEWORK_HOME) / "ledger"


def drain(signer: LedgerSigner) -> int:
    """Give all waiting entries their place, sign, and return how many there were.

    Raises:
        RefusedError: the signer refused; the entries have their place all the same.
    """
    taken = 0
    while True:
        batch = tree.integrate_batch()
        taken += batch.taken
        for pk in batch.vanished:
            alarm("integrate", f"第 {pk} 条：入账前不见了 / entry {pk} vanished before it got its place")
        if not batch.more:
            break
    if not batch.busy:
        signer.sign()
    return taken


def alarm(kind: str, what: str) -> None:
    """Tell the log and keep the finding for the auditor's page."""
    log.error("%s: %s", kind, what)
    now = timezone.now()
    last = tree.last_check(kind)
    if last is None or last.faults != [what]:
        tree.note_check(kind, now, now, tree.head().size, [what])


class Integrator:
    """Runs until it is told to end."""

    def __init__(self, signer: LedgerSigner, say: Callable[[str], None], folder: Path | None = None) -> None:
        self.signer = signer
        self.folder = folder or log_folder()
        self.ending = False
        self._say = say
        self._written = 0
        self._kept = ""
        self._refused = True  # until the first signature says otherwise
        self.chores = Chores(say)

    def handle_signals(self) -> None:
        """End politely at Ctrl-C and SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.ending = True

    def run(self) -> None:
        """Work in ticks; a database that is away is waited for."""
        self._say("账本：开始入账 / ledger: integrating")
        while not self.ending:
            try:
                if not self._alone():
                    self._sleep(RETRY)
                    continue
                self.chores.start()
                while not self.ending:
                    self.turn()
                    self._wait()
            except (DatabaseError, psycopg.Error, OSError) as error:  # waiting asks the driver itself
                self._say(f"账本：{RETRY:.0f} 秒后再试 / trying again: {error}")
                connection.close()
                self._sleep(RETRY)
        self.chores.end()
        connection.close()

    def once(self) -> bool:
        """Do one turn and tell whether it was this process's to do: with another integrator at work, it is not."""
        if not self._alone():
            return False
        drain(self.signer)
        connection.close()
        return True

    def turn(self) -> None:
        """Do what is due: the queue, the signature, the files."""
        try:
            drain(self.signer)
        except RefusedError as error:
            self._refused = True
            alarm("sign", str(error))
        else:
            self._clear()
        self._files()

    def _clear(self) -> None:
        """Note that signing works again after a refusal, also one of an earlier run."""
        if not self._refused:
            return
        self._refused = False
        last = tree.last_check("sign")
        if last is not None and last.faults:
            now = timezone.now()
            tree.note_check("sign", now, now, tree.head().size, [])

    def _files(self) -> None:
        """Write what was signed out at once: a restore never goes below what these files hold."""
        newest = tree.newest()
        if newest is not None and newest.note != self._kept:
            try:
                write_log(self.folder, newest, self._written)
                self._written, self._kept = newest.size, newest.note
            except DiffersError as error:
                alarm("sign", str(error))

    def _alone(self) -> bool:
        """Become the one integrator of this database, for as long as the connection lasts."""
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(%s)", [PROCESS_LOCK])
            if not cursor.fetchone()[0]:
                self._say("账本：另一个入账进程在工作，等它结束 / another integrator is at work, waiting")
                return False
            cursor.execute(f"listen {CHANNEL}")
        return True

    def _wait(self) -> None:
        """Wait for the next tick, or for somebody who asks for a proof, also one who asked while the queue was drained."""
        for _notice in connection.connection.notifies(timeout=TICK, stop_after=1):
            pass

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.ending and time.monotonic() < until:
            time.sleep(0.1)
