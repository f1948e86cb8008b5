"""The ledger: appending, ordering, proving, verifying, and the page of a thing with a long past."""

import contextlib
import hashlib
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import count as counting
from pathlib import Path

from django.db import connection, transaction
from django.test import Client

from benchmarks.database import as_owner, fresh, owner_does
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Appointment, Organisation, User
from casework.core import clock
from casework.ledger import merkle, tiles, tree, verify
from casework.ledger.canonical import encode
from casework.ledger.checks_tree import whole_log
from casework.ledger.models import Entry
from casework.ledger.notes import Verifier
from casework.ledger.publication import proof_of_entry, write_log
from casework.ledger.record import record
from casework.ledger.signer import LedgerSigner

APPENDS, ROUNDS = 5_000, 5
#: Appends of a connection before those that count: afterwards its statement has its lasting plan.
WARM = 10
THREADS = (1, 8, 32)
VERIFIED, PROVEN, TRAIL = 300_000, 1_000_000, 5_000
INTERVAL = 0.2
_serial = counting(1)
# The same transaction around it, the same driver; no index but the key, no digest, no queue.
_BARE = (
    "create table bare (id bigint generated always as identity primary key, header bytea not null)",
    "grant select, insert on bare to public",
)


def run(scale: float) -> None:
    """Measure each part in a database of its own, so that none pays for another's rows."""
    with fresh("ledger"):
        owner_does(*_BARE)
        actor = _somebody()
        appends = max(320, round(APPENDS * scale))
        for threads in THREADS:
            each = max(1, appends // threads // ROUNDS)
            _tell(threads, each * threads, _rounds(threads, each, actor))
        _latency(actor, max(40, round(400 * scale)))
        _trail(actor, max(200, round(TRAIL * min(scale, 1.0))))
    with fresh("ledger_verify"), tempfile.TemporaryDirectory(prefix="cw-bench-log-") as folder:
        _verification(max(3_000, round(VERIFIED * min(scale, 1.0))), Path(folder))
    with fresh("ledger_proofs"):
        _proofs(max(3_000, round(PROVEN * min(scale, 1.0))))


# Appending ----------------------------------------------------------------------------------------------------------


def _rounds(threads: int, each: int, actor: User) -> list[tuple[float, float, float]]:
    """Return for each round the seconds of our side, of the bare side on the same bytes, and the bytes of one entry.

    Both sides, in turns, through the same connections, which have done either work before: a server's live for long,
    and what the first statements of a connection cost is not the question.
    """
    headers: list[list[bytes]] = [[] for _ in range(threads)]

    def ours(client: int) -> None:
        headers[client] = []
        _append(each, actor, headers[client])

    def bare(client: int) -> None:
        _insert_bare(headers[client])

    def warm(client: int) -> None:
        _append(WARM, actor, headers[client])
        _insert_bare(headers[client])

    sizes: list[float] = []

    def measure(client: int) -> None:
        if client == 0:
            sizes.append(statistics.mean(len(one) for rows in headers for one in rows))

    _warming, *seconds = _clients(threads, warm, *(ours, bare, measure) * ROUNDS)
    return list(zip(seconds[::3], seconds[1::3], sizes, strict=True))


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
    for role in (Role.CASE_OFFICER, Role.AUDITOR):
        Appointment.objects.create(user=user, role=role, from_on=date(2020, 1, 1))
    return user


def _clients(threads: int, *works: Callable[[int], None]) -> list[float]:
    """Let as many threads, each connected, do one work after the other; return the seconds that each work took.

    All begin a work together, and it lasts until the last of them is done.
    """
    gate = threading.Barrier(threads + 1)
    failures: list[BaseException] = []

    def client(at: int) -> None:
        try:
            connection.ensure_connection()
            for work in works:
                gate.wait()
                work(at)
                gate.wait()
        except BaseException as error:  # noqa: BLE001  told by the main thread
            failures.append(error)
            gate.abort()
        finally:
            connection.close()

    running = [threading.Thread(target=client, args=(at,)) for at in range(threads)]
    for one in running:
        one.start()
    seconds = []
    with contextlib.suppress(threading.BrokenBarrierError):
        for _work in works:
            gate.wait()
            start = time.perf_counter()
            gate.wait()
            seconds.append(time.perf_counter() - start)
    for one in running:
        one.join()
    if failures:
        raise failures[0]
    return seconds


def _append(count: int, actor: User, headers: list[bytes], ref: str = "") -> None:
    """Record acts on as many objects, as services do: each its own stream, transaction and commit."""
    for _ in range(count):
        now = clock.now()
        with transaction.atomic():
            entry = record(
                "lead.assigned",
                ref=ref or f"lead:{next(_serial)}",
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


# From the append to its place ---------------------------------------------------------------------------------------


class _Integrating:
    """The integrator's loop, ticking in a thread with the owner's rights."""

    def __init__(self) -> None:
        self.ending = False
        self.thread = threading.Thread(target=self._run)

    def __enter__(self) -> "_Integrating":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending = True
        self.thread.join()

    def _run(self) -> None:
        with _owner_rights():
            while not self.ending:
                tree.integrate_batch()
                time.sleep(INTERVAL)
            connection.close()


class _owner_rights:  # noqa: N801 (reads as a statement)
    """Let the connection of this thread be the owner's for the length of the block."""

    def __enter__(self) -> None:
        connection.close()
        self.kept = dict(connection.settings_dict)
        with as_owner(connection.settings_dict["NAME"]) as link:
            user = link.info.user
        connection.settings_dict = {**connection.settings_dict, "USER": user, "OPTIONS": {}}

    def __exit__(self, *_: object) -> None:
        connection.close()
        connection.settings_dict = self.kept


def _latency(actor: User, appends: int) -> None:
    """Tell how long an entry waits for its place while eight write."""
    with _owner_rights():
        while tree.integrate_batch().more:
            pass
    waits: list[float] = []

    def client(_at: int) -> None:
        for _ in range(appends // 8):
            with transaction.atomic():
                entry = record("thing.moved", ref=f"thing:{next(_serial)}", actor=actor, at=clock.now(), data={"n": 1})
            start = time.perf_counter()
            while not tree.places([entry.pk]):
                time.sleep(0.01)
            waits.append(time.perf_counter() - start)

    with _Integrating():
        _clients(8, client)
    waits.sort()
    p99 = waits[min(len(waits) - 1, round(len(waits) * 0.99))]
    print(
        f"  append → place, 8 writers, interval {INTERVAL * 1000:.0f} ms: p50 {statistics.median(waits) * 1000:.0f} ms,"
        f" p99 interval {(p99 - INTERVAL) * 1000:+.0f} ms of {len(waits)}",
        flush=True,
    )


def _trail(actor: User, entries: int) -> None:
    """Tell how long the trail page of a thing with a long past takes."""
    with transaction.atomic():
        _append(entries, actor, [], ref="lead:999999999")
    with _owner_rights():
        while tree.integrate_batch().more:
            pass
        with tempfile.TemporaryDirectory(prefix="cw-bench-signer-") as folder:
            LedgerSigner(Path(folder) / "state.json", key="bench").sign()
    owner_does("analyze ledger.entry")
    client = Client(SERVER_NAME="localhost")
    client.force_login(actor, backend="casework.accounts.backends.AccountBackend")
    address = "/trail/lead:999999999/"
    times = []
    for turn in range(11):
        start = time.perf_counter()
        response = client.get(address)
        if response.status_code != 200:
            raise RuntimeError(f"{address}: {response.status_code}")
        if turn:
            times.append(time.perf_counter() - start)
    print(
        f"  trail page of {entries:,} entries: median {statistics.median(times) * 1000:.0f} ms of {len(times)}",
        flush=True,
    )


# Verifying ----------------------------------------------------------------------------------------------------------


def _entries(entries: int, streams: int = 5_000) -> Iterator[tuple[bytes, str, int, datetime]]:
    """Yield bytes, stream, number and moment of so many entries with correct sequences."""
    last: dict[str, tuple[int, str]] = {}
    begun = clock.now() - timedelta(days=30)
    who = [{"id": 1, "name": "承办人甲", "post": "主任科员", "organisation": "省纪委监委", "roles": ["case_officer"]}]
    for number in range(entries):
        stream, at = f"thing:{number % streams}", begun + timedelta(milliseconds=number)
        seq, prev = last.get(stream, (0, ""))
        header = encode(
            {
                "v": 1, "kind": "thing.moved", "ref": stream, "stream": stream, "seq": seq + 1, "prev": prev,
                "at": at, "rec_at": at, "by": 1, "actors": who, "data": {"step": number, "place": "第三审查调查室"},
            }
        )  # fmt: skip
        last[stream] = (seq + 1, hashlib.sha256(b"\0" + header).hexdigest())
        yield header, stream, seq + 1, at


_COPY = "copy ledger.entry (header, stream, stream_seq, kind, ref, actor_id, at) from stdin (format binary)"
_TYPES = ["bytea", "text", "int4", "text", "text", "int8", "timestamptz"]


def _fill(entries: int) -> list[bytes]:
    """Write so many entries, all at once, and return their bytes."""
    headers = []
    owner = as_owner(connection.settings_dict["NAME"])
    with owner as link, link.transaction(), link.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES)
        for header, stream, seq, at in _entries(entries):
            headers.append(header)
            copy.write_row((header, stream, seq, "thing.moved", stream, 1, at))
    return headers


def _bare_hashing(headers: Sequence[bytes]) -> tuple[float, float]:
    """Return the seconds, by the clock and of the processor, of hashing the same leaves and nodes by bare calls."""
    sha256 = hashlib.sha256
    wall, cpu = time.perf_counter(), time.process_time()
    row = [sha256(b"\0" + header).digest() for header in headers]
    while len(row) > 1:
        row = [sha256(b"\1" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
    return time.perf_counter() - wall, time.process_time() - cpu


def _verification(entries: int, folder: Path) -> None:
    """Tell how fast queued entries get their place, and how long verifying takes against bare hashing."""
    headers = _fill(entries)
    with _owner_rights():
        start, cpu = time.perf_counter(), time.thread_time()
        while tree.integrate_batch().more:
            pass
        seconds, cpu = time.perf_counter() - start, time.thread_time() - cpu
        print(
            f"  integrator: {entries / seconds:,.0f} entries/s, {cpu / entries * 1e6:.1f} µs of its own CPU an entry",
            flush=True,
        )
        LedgerSigner(folder / "state.json", key="bench").sign()
        newest = tree.newest()
        if newest is None:
            raise RuntimeError("nothing was signed")
        write_log(folder / "log", newest)
        vkey = tree.vkeys()[-1]
    found = []
    for _turn in range(5):
        bare = _bare_hashing(headers)
        begun = _Clock()
        size, problems = verify.check_log(folder / "log", vkey)
        found.append(begun.against(bare))
        if problems or size != entries:
            raise RuntimeError(f"{size}: {problems[:3]}")
    _tell_verified(headers, "offline", "processor time of all its processes", found)
    _verify_inside(headers, 5)


def _verify_inside(headers: Sequence[bytes], turns: int) -> None:
    """Tell how long verifying in the database takes against bare hashing of the same bytes, in turns."""
    found = []
    for _turn in range(turns):
        bare = _bare_hashing(headers)
        start = _Clock()
        faults = [fault for fault in whole_log() if "签名器" not in fault]
        found.append(start.against(bare))
        if faults:
            raise RuntimeError(faults[:3])
    _tell_verified(headers, "in the database", "processor time without the database's own", found)


def _tell_verified(headers: Sequence[bytes], name: str, note: str, found: Sequence[tuple[float, ...]]) -> None:
    clock_ratio, cpu_ratio, seconds, cpu, plain = sorted(found)[len(found) // 2]
    print(
        f"  verify {len(headers):,} entries of {statistics.mean(map(len, headers)):.0f} bytes {name}: by the clock"
        f" {clock_ratio:.2f} × bare hashing (best {min(found)[0]:.2f}; {seconds:.2f} s against {plain:.2f} s); {note}"
        f" {cpu_ratio:.2f} × ({cpu:.2f} s; best {min(one[1] for one in found):.2f})",
        flush=True,
    )


class _Clock:
    """Seconds that pass from now on, by the clock and of the processor: of this process and of those it has ended."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), self._used()

    def _used(self) -> float:
        used = os.times()
        return used.user + used.system + used.children_user + used.children_system

    def against(self, bare: tuple[float, float]) -> tuple[float, float, float, float, float]:
        """Return both as ratios to the bare side's (clock, processor), both in seconds, and the bare side's clock."""
        wall, cpu = time.perf_counter() - self._wall, self._used() - self._cpu
        return wall / bare[0], cpu / bare[1], wall, cpu, bare[0]


# Proving ------------------------------------------------------------------------------------------------------------


def _fill_whole(entries: int) -> list[bytes]:
    """Write a log of so many entries with its tree and return their bytes; without the indexes that no proof reads."""
    headers: list[bytes] = []
    with as_owner(connection.settings_dict["NAME"]) as link, link.transaction(), link.cursor() as cursor:
        cursor.execute("alter table ledger.entry disable trigger entry_enqueue")
        cursor.execute("drop index ledger.entry_ref, ledger.entry_kind, ledger.entry_actor, ledger.entry_at")
        with cursor.copy(_COPY.replace("(header", "(id, header", 1)) as copy:
            copy.set_types(["int8", *_TYPES])
            for number, (header, stream, seq, at) in enumerate(_entries(entries), 1):
                headers.append(header)
                copy.write_row((number, header, stream, seq, "thing.moved", stream, 1, at))
        hashes = [merkle.leaf_hash(header) for header in headers]
        with cursor.copy("copy ledger.leaf (idx, entry_id, leaf_hash) from stdin (format binary)") as copy:
            copy.set_types(["int8", "int8", "bytea"])
            for index, hashed in enumerate(hashes):
                copy.write_row((index, index + 1, hashed))
        made = tiles.extend(0, hashes, lambda _level, _n: b"")
        with cursor.copy("copy ledger.tile (level, n, data) from stdin (format binary)") as copy:
            copy.set_types(["int2", "int8", "bytea"])
            for (level, n), data in made.items():
                copy.write_row((level, n, data))
        root = merkle.root(entries, tiles.Tiles(lambda level, n: made[level, n]).node)
        cursor.execute("update ledger.state set size = %s, root = %s", [entries, root])
        cursor.execute("alter table ledger.entry enable always trigger entry_enqueue")
    return headers


def _proofs(entries: int) -> None:
    """Tell what a proof costs in a large log, and how long it takes to verify it."""
    headers = _fill_whole(entries)
    with _owner_rights(), tempfile.TemporaryDirectory(prefix="cw-bench-signer-") as folder:
        LedgerSigner(Path(folder) / "state.json", key="bench").sign()
    owner_does("analyze ledger.entry", "analyze ledger.leaf", "analyze ledger.tile")
    newest = tree.newest()
    if newest is None:
        raise RuntimeError("nothing was signed")
    key = Verifier.parse(tree.vkeys()[-1])
    made, checked, sizes = [], [], []
    step = max(1, entries // 211)
    for row in Entry.objects.filter(pk__in=range(1, entries, step)):
        start, cpu = time.perf_counter(), time.thread_time()
        text = proof_of_entry(row)
        made.append((time.perf_counter() - start, time.thread_time() - cpu))
        if text is None:
            raise RuntimeError(f"no proof of {row.pk}")
        index = tree.places([row.pk])[row.pk]
        path = merkle.inclusion_proof(index, newest.size, tree.tiles_with(tiles.tiles_for(index, newest.size)).node)
        leaf = merkle.leaf_hash(bytes(row.header))
        start = time.perf_counter()
        holds = verify.inclusion_holds(leaf, index, newest.size, path, newest.root)
        checked.append(time.perf_counter() - start)
        if not holds or verify.check_proof(text, bytes(row.header), str(key))[0] != index:
            raise RuntimeError(f"the proof of {row.pk} does not hold")
        sizes.append(len(text.encode()))
    wall, cpu = (statistics.median(column) for column in zip(*made, strict=True))
    print(
        f"  proof at {newest.size:,} entries: made in {wall * 1000:.2f} ms ({cpu * 1000:.2f} ms of CPU here), checked in"
        f" {statistics.median(checked) * 1e6:.0f} µs, {max(sizes):,} bytes at most; medians of {len(sizes)}",
        flush=True,
    )
    _verify_inside(headers, 3)
