"""Appending to the ledger, against a bare INSERT of the same bytes."""

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date
from itertools import count as counting

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks.database import fresh, owner_does
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Appointment, Organisation, User
from casework.core import clock
from casework.ledger.record import record

APPENDS, ROUNDS = 1_000, 5
THREADS = (1, 8)
_serial = counting(1)
# The same transaction around it, the same driver; no index but the key, no digest, no queue.
_BARE = (
    "create table bare (id bigint generated always as identity primary key, header bytea not null)",
    "grant select, insert on bare to public",
)


def run(scale: float) -> None:
    """Take rounds of both sides in turns for each number of threads, every append in a transaction of its own."""
    with fresh("ledger"):
        owner_does(*_BARE)
        actor = _somebody()
        appends = max(80, round(APPENDS * scale))
        print(f"  statements of one append, BEGIN and COMMIT included: {_statements(actor)}; of a bare INSERT: 3")
        for threads in THREADS:
            each = appends // threads // ROUNDS
            _tell(threads, each * threads, [_round(threads, each, actor) for _ in range(ROUNDS)])


def _round(threads: int, each: int, actor: User) -> tuple[float, float, float]:
    """Return the seconds of our side, of the bare side on the same bytes, and the bytes of one entry."""
    headers: list[list[bytes]] = [[] for _ in range(threads)]
    ours = _clients(threads, lambda client: _append(each, actor, headers[client]))
    bare = _clients(threads, lambda client: _insert_bare(headers[client]))
    return ours, bare, statistics.mean(len(one) for rows in headers for one in rows)


def _statements(actor: User) -> int:
    with CaptureQueriesContext(connection) as captured:
        _append(1, actor, [])
    return len(captured)


def _tell(threads: int, appends: int, rounds: Sequence[tuple[float, float, float]]) -> None:
    ratios = sorted(bare / ours for ours, bare, _size in rounds)
    ours, bare, size = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(
        f"  {threads} thread{'s' if threads > 1 else ''}: {statistics.median(ratios):.2f} × bare INSERT"
        f" (rounds {ratios[0]:.2f}…{ratios[-1]:.2f}; {appends / ours:,.0f}/s against {appends / bare:,.0f}/s;"
        f" {ROUNDS} rounds of {appends} appends of {size:.0f} bytes)",
        flush=True,
    )


def _somebody() -> User:
    office = Organisation.objects.create(code="O1", name="省纪委监委", kind=OrganisationKind.COMMISSION)
    user = User(username="bench", name="承办人甲", organisation=office, email="bench@example.invalid")
    user.set_unusable_password()
    user.save()
    Appointment.objects.create(user=user, role=Role.CASE_OFFICER, from_on=date(2020, 1, 1))
    return user


def _clients(threads: int, work: Callable[[int], None]) -> float:
    """Return the seconds from letting all threads go, each connected, until the last is done."""
    gate = threading.Barrier(threads + 1)
    failures: list[BaseException] = []

    def client(at: int) -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            work(at)
        except BaseException as error:  # noqa: BLE001  told by the main thread
            failures.append(error)
            gate.abort()
        finally:
            connection.close()

    running = [threading.Thread(target=client, args=(at,)) for at in range(threads)]
    for one in running:
        one.start()
    gate.wait()
    start = time.perf_counter()
    for one in running:
        one.join()
    seconds = time.perf_counter() - start
    if failures:
        raise failures[0]
    return seconds


def _append(count: int, actor: User, headers: list[bytes]) -> None:
    """Record acts on as many objects, as services do: each its own stream, transaction and commit."""
    for _ in range(count):
        now = clock.now()
        with transaction.atomic():
            entry = record(
                "lead.assigned",
                ref=f"lead:{next(_serial)}",
                actor=actor,
                at=now,
                data={"handler": {"old": None, "new": 17}, "due_on": now.date(), "room": "第三审查调查室"},
                reason="属本室联系单位",
            )
        headers.append(bytes(entry.header))


def _insert_bare(headers: Sequence[bytes]) -> None:
    for header in headers:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("insert into bare (header) values (%s) returning id", [header])
            cursor.fetchone()
