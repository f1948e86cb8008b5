"""Importing and matching a monitoring list set by set, against a SELECT and an INSERT for every row."""

import csv
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange

from benchmarks.database import fresh, owner_does
from casework.core import clock
from casework.imports.services import apply_run, read_file
from units.enums import UnitKind
from units.models import AddressBlock, MonitorList, Region, Sighting, Unit
from units.services.matching import HOLDERS, match_sightings

SIGHTINGS, BLOCKS, UNITS = 10_000, 5_000, 500
SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2021, 7, 1, tzinfo=SHANGHAI)
SPGIST = "block_network_spgist"

Answer = tuple[str, int | None, int | None]
Network = IPv4Network | IPv6Network
Result = TypeVar("Result")

_SELECT = """
select id, unit_id, masklen(network), nat_ports is not null
from units_addressblock
where network >>= %s and state <> 'withdrawn' and valid @> %s and (nat_ports is null or nat_ports @> %s)
"""
_INSERT = """
insert into row_by_row (reference, observed_at, ip, port, remote_host, remote_port, currency, sensor,
    match_state, unit_id, block_id)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
# What the way row by row writes, with the indexes of the real table but without its foreign keys and checks.
_TABLE = (
    "create table row_by_row (id bigint generated always as identity primary key, reference text, observed_at timestamptz,"
    " ip inet, port int, remote_host text, remote_port int, currency text, sensor text, match_state text,"
    " unit_id bigint, block_id bigint)",
    "create unique index on row_by_row (sensor, observed_at, ip, port, remote_host, remote_port) nulls not distinct",
    "create index on row_by_row (observed_at desc, id desc)",
    "create index on row_by_row (ip, observed_at)",
    "create index on row_by_row (unit_id, observed_at desc) where unit_id is not null",
    "grant select, insert on row_by_row to {role}",
)


def run(scale: float) -> None:
    """Measure both ways on the same list, compare every answer, and look at the plan."""
    sightings, blocks = (
        max(200, round(SIGHTINGS * scale)),
        max(500, round(BLOCKS * scale)),
    )  # fewer are read without an index
    chance = random.Random(2021)
    with fresh("matching"), tempfile.TemporaryDirectory() as folder:
        networks = _claim_blocks(blocks, chance)
        path = Path(folder) / "list.csv"
        _write_list(path, sightings, networks, chance)
        role = connection.settings_dict["USER"] if not connection.settings_dict["OPTIONS"] else "public"
        owner_does("analyze", *(statement.format(role=role) for statement in _TABLE))
        print(f"  {sightings:,} sightings × {len(networks):,} blocks (IPv4 and IPv6, nested, dated, some by NAT port)")

        by_row, slow = _timed(lambda: _row_by_row(path))
        # As people do: read, check and preview every row, then write and match them.
        read, reading = _timed(lambda: read_file(path, "sightings", actor=None, at=clock.now()))
        _run, writing = _timed(lambda: apply_run(read, actor=None, at=clock.now()))
        seen = MonitorList.objects.get()
        owner_does("analyze units_sighting")
        by_set = _stored_answers()
        _one, select_only = _timed(lambda: _answers_one_by_one(seen))
        counts, rematch = _timed(lambda: match_sightings([seen], actor=None, at=clock.now()))

        differing = sum(by_set.get(key) != answer for key, answer in by_row.items()) + len(
            by_set.keys() - by_row.keys()
        )
        states = Counter(state for state, _unit, _block in by_row.values())
        print(f"  answers: {dict(states)}; differing: {differing}")
        _line("file to matched rows", sightings, reading + writing, slow, "SELECT + INSERT per row")
        print(
            f"    of which reading, checking and previewing {reading:.2f} s, judging again and writing {writing:.2f} s"
        )
        _line("matching alone", sightings, rematch, select_only, "SELECT per row")
        if differing or len(by_row) != sightings or counts["changed"]:
            raise SystemExit(f"the two ways differ: {differing} answers, {counts['changed']} changed by matching again")
        _assert_index(seen)


def _line(what: str, rows: int, fast: float, slow: float, against: str) -> None:
    print(
        f"  {what}: {slow / fast:.1f} × {against}  "
        f"({fast:.2f} s = {rows / fast:,.0f} rows/s against {slow:.2f} s = {rows / slow:,.0f} rows/s)",
        flush=True,
    )


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def _claim_blocks(count: int, chance: random.Random) -> list[Network]:
    """Write the blocks: nested networks, one in ten for some ports, one in ten ended, a few claimed by two units."""
    region = Region.objects.create(code="330604", name="上虞区")
    units = Unit.objects.bulk_create(
        Unit(code=f"B{n:05d}", name=f"第{n}单位", name_key=f"{n}", kind=UnitKind.SCHOOL, region=region)
        for n in range(UNITS)
    )
    day = FIRST.date()
    claims = []
    for n in range(count):
        network = _network(chance)
        ports = None
        if n % 10 == 3:
            low = chance.randrange(1024, 60_000)
            ports = NumericRange(low, low + 4000, "[)")
        until = day + timedelta(days=chance.randrange(1, 28)) if n % 10 == 7 else None
        valid = DateRange(date(2020, 1, 1), until, "[)")
        # Every fiftieth is claimed by a second unit: its sightings are ambiguous.
        for unit in chance.sample(units, 2 if n % 50 == 0 else 1):
            claims.append(AddressBlock(network=network, unit=unit, valid=valid, nat_ports=ports))  # noqa: PERF401
    # One unit's overlapping claims are refused by the database; those few are left out.
    AddressBlock.objects.bulk_create(claims, ignore_conflicts=True, batch_size=2000)
    return list(AddressBlock.objects.order_by("pk").values_list("network", flat=True))


def _network(chance: random.Random) -> Network:
    if chance.random() < 0.05:
        return ip_network((0x20010DB8 << 96 | chance.getrandbits(24) << 72, chance.choice((48, 56, 64))), strict=False)
    prefix = chance.choices(range(20, 33), weights=(1, 1, 2, 2, 10, 6, 6, 6, 8, 8, 6, 2, 8))[0]
    return ip_network((10 << 24 | chance.randrange(320) << 16 | chance.getrandbits(16), prefix), strict=False)


def _write_list(path: Path, count: int, networks: list[Network], chance: random.Random) -> None:
    """Write the list: four in five from within a block, the rest from anywhere near."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["observed_at", "ip", "port", "remote_host", "remote_port", "currency", "sensor", "reference"])
        for n in range(count):
            network = chance.choice(networks) if chance.random() < 0.8 else _network(chance)
            address = network[chance.randrange(min(network.num_addresses, 1 << 20))]
            seen_at = FIRST + timedelta(seconds=chance.randrange(28 * 86_400))
            rows.writerow(
                [f"{seen_at:%Y-%m-%d %H:%M:%S}", address, 1024 + n % 64_000, "203.0.113.24", 3333, "ETH", "出口一", n]
            )


def _row_by_row(path: Path) -> dict[str, Answer]:
    """Read the same file and ask and write for each row, in one transaction; nothing is previewed or checked."""
    answers: dict[str, Answer] = {}
    with path.open(encoding="utf-8", newline="") as file, transaction.atomic(), connection.cursor() as cursor:
        for row in csv.DictReader(file):
            seen_at = datetime.fromisoformat(row["observed_at"]).replace(tzinfo=SHANGHAI)
            answer = _ask(cursor, row["ip"], seen_at.date(), int(row["port"]))
            answers[row["reference"]] = answer
            cursor.execute(
                _INSERT,
                [
                    row["reference"], seen_at.astimezone(UTC), row["ip"], int(row["port"]), row["remote_host"],
                    int(row["remote_port"]), row["currency"], row["sensor"], *answer,
                ],
            )  # fmt: skip
    return answers


def _ask(cursor: Any, ip: str, day: date, port: int | None) -> Answer:
    """Answer for one address, the choice among the blocks found made here and not in SQL."""
    cursor.execute(_SELECT, [ip, day, port])
    found = cursor.fetchall()
    if not found:
        return "unmatched", None, None
    best = max((length, by_port) for _block, _unit, length, by_port in found)
    standing = sorted((block, unit) for block, unit, length, by_port in found if (length, by_port) == best)
    if len({unit for _block, unit in standing}) > 1:
        return "ambiguous", None, None
    return "matched", standing[0][1], standing[0][0]


def _answers_one_by_one(seen: MonitorList) -> list[Answer]:
    return list(_each_answer(seen))


def _each_answer(seen: MonitorList) -> Iterator[Answer]:
    stored = list(Sighting.objects.filter(monitor_list=seen).values_list("ip", "observed_at", "port"))
    with connection.cursor() as cursor:
        for ip, seen_at, port in stored:
            yield _ask(cursor, ip, seen_at.astimezone(SHANGHAI).date(), port)


def _stored_answers() -> dict[str, Answer]:
    rows = Sighting.objects.values_list("reference", "match_state", "unit_id", "block_id")
    return {reference: (state, unit, block) for reference, state, unit, block in rows}


def _assert_index(seen: MonitorList) -> None:
    """End the run unless the planner takes the SP-GiST index; the GiST one makes matching ten times as slow."""
    with connection.cursor() as cursor:
        cursor.execute(
            "explain select holder.units from (select ip, port, (observed_at at time zone 'Asia/Shanghai')::date as day"
            f" from units_sighting where monitor_list_id = %s) q {HOLDERS}",
            [seen.pk],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    if SPGIST not in plan:
        raise SystemExit(f"the plan does not use {SPGIST}:\n{plan}")
    print(f"  plan: {SPGIST} is used")
