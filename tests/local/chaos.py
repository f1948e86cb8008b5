"""Workers without Celery and without a broker: nothing but the database is there.

``python -m tests.local.chaos KILLS PACE``: three workers that owe and send, killed -9 at random moments and replaced. The
clock runs fast, so that the lease of a dead worker ends within the test. Goes on until a line comes on standard input,
then prints how many were killed.

``python -m tests.local.chaos looks``: for each day on standard input, a worker that looks once on that day and prints
what it owed and sent.
"""

import os
import random
import select
import signal
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

WORKERS = 3
#: Seconds of the workers' clock for each real one.
SPEED = 240
BEGIN = datetime.fromisoformat("2021-10-12T08:00:00+08:00")


def main() -> None:
    import django

    django.setup()
    from django.db.backends.signals import connection_created
    from django.urls import get_resolver

    connection_created.connect(_durable)
    assert get_resolver().url_patterns  # read once here, not in every worker
    if sys.argv[1] == "looks":
        _looks()
        return
    kills, pace = int(sys.argv[1]), int(sys.argv[2])
    chance, begun = random.Random(20211012), time.monotonic()
    workers = [_fork(lambda: _work(begun)) for _ in range(WORKERS)]
    killed = 0
    while not _closed(pace * chance.uniform(0.05, 0.3)):
        if killed == kills:
            continue
        place = chance.randrange(WORKERS)
        os.kill(workers[place], signal.SIGKILL)
        os.waitpid(workers[place], 0)
        workers[place], killed = _fork(lambda: _work(begun)), killed + 1
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
    print(killed)


def _closed(seconds: float) -> bool:
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def _durable(connection: Any, **_: Any) -> None:
    """Commit as in production: the tests' server does not wait for its log otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = on")


def _fork(work: Callable[[], None]) -> int:
    worker = os.fork()
    if worker == 0:
        try:
            work()
        finally:
            os._exit(1)
    return worker


def _looks() -> None:
    for line in sys.stdin:
        day = date.fromisoformat(line.strip())
        os.waitpid(_fork(lambda day=day: _look(day)), 0)  # type: ignore[misc]


def _look(day: date) -> None:
    from casework.notices.services.reminders import owe_reminders
    from casework.notices.services.sending import send_due

    at = datetime.fromisoformat(f"{day}T09:00:00+08:00")
    print(owe_reminders(day, at), send_due(at), flush=True)


def _work(begun: float) -> None:
    from django.db import Error, connection

    from casework.notices.services.reminders import owe_reminders
    from casework.notices.services.sending import send_due

    while True:
        at = BEGIN + timedelta(seconds=SPEED * (time.monotonic() - begun))
        try:
            owe_reminders(BEGIN.date(), at, batch=10)
            sent = send_due(at, 3)
        except Error:  # the database is away
            connection.close()
            sent = 0
        time.sleep(0 if sent else 0.05)


if __name__ == "__main__":
    main()
