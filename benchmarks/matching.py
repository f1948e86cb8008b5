"""Importing and matching a monitoring list set by set, against one row at a time and against numpy in memory."""

import csv
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange

from benchmarks import matching_edges, matching_rivals
from benchmarks.database import fresh, owner_does
from benchmarks.matching_rivals import PLAIN_TABLE, Answer
from casework.core import clock
from casework.imports.models import ImportRun
from casework.imports.services import apply_run, read_file
from units.enums import UnitKind
from units.models import AddressBlock, MonitorList, Region, Sighting, Unit
from units.selectors.holders import HOLDERS
from units.services.imports_sightings import default_compartment
from units.services.matching import match_sightings

SIGHTINGS, BLOCKS, UNITS = 10_000, 5_000, 500
#: So many rows of the list are enough to know the rate of a way that takes them one by one.
BY_MODELS = 500
#: The list that opened the campaign of 2021.
CAMPAIGN, ADDRESSES = 4_699, 183
SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2021, 7, 1, tzinfo=SHANGHAI)
INDEX = "on block_network"
#: What the ways that take one row at a time look addresses up with; the product has no such index (decision 0029).
RIVALS_INDEX = ("create index rivals on units_addressblock using spgist (network)", "analyze units_addressblock")

Network = IPv4Network | IPv6Network
Result = TypeVar("Result")


def run(scale: float) -> None:
    """Measure every way on the same list, compare every answer, and look at the plan and at the memory."""
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
        owner_does("analyze", *(statement.format(role=role) for statement in PLAIN_TABLE))
        print(f"  {sightings:,} sightings × {len(networks):,} blocks (IPv4 and IPv6, nested, dated, some by NAT port)")
        _edges(chance)
        expected = _rivals_and_ours(path, sightings)
        _alone(expected)
        _next_list(path, sightings)
        _campaign(Path(folder) / "campaign.csv", networks, chance)
        _memory(Path(folder), networks, sightings)


def _rivals_and_ours(path: Path, sightings: int) -> dict[str, Answer]:
    own = _a_list()
    first = min(BY_MODELS, sightings)
    owner_does(*RIVALS_INDEX)
    _done, by_models = _timed(lambda: matching_rivals.by_models(path, first, own))
    _clear()
    by_row, by_statements = _timed(lambda: matching_rivals.by_statements(path))
    numpy_plain = numpy_bound = 0.0
    if importlib.util.find_spec("numpy"):
        owner_does("truncate row_by_row")
        by_numpy, numpy_plain = _timed(lambda: matching_rivals.by_numpy(path, "row_by_row"))
        _compare("numpy", by_row, by_numpy)
        own = _a_list()
        _same, numpy_bound = _timed(lambda: matching_rivals.by_numpy(path, "units_sighting", own))
        _clear()
    owner_does("truncate row_by_row", "drop index rivals", "vacuum analyze units_sighting")

    # As the command does it: read, check, keep as written, judge and write in one transaction.
    def at_once() -> ImportRun:
        with transaction.atomic():
            return apply_run(
                read_file(path, "sightings", actor=None, at=clock.now()), actor=None, at=clock.now(), fresh=True
            )

    _run, whole = _timed(at_once)
    _compare("the import", by_row, _stored_answers())
    _clear()
    # As people do it on the page: first the preview, then everything judged again and written.
    read, reading = _timed(lambda: read_file(path, "sightings", actor=None, at=clock.now()))
    _run, writing = _timed(lambda: apply_run(read, actor=None, at=clock.now()))
    states = Counter(state for state, _unit, _block in by_row.values())
    print(f"  answers: {dict(states)}; differing: 0")
    for what, seconds in (("file to matched rows", whole), ("the same with a preview first", reading + writing)):
        print(f"  {what}: {seconds:.2f} s = {sightings / seconds:,.0f} rows/s")
        _line("one row at a time by models, a transaction each", seconds, by_models * sightings / first)
        _line("one row at a time by bare statements, one transaction, unchecked", seconds, by_statements)
        if numpy_plain:
            _line("numpy and COPY into the same tables", seconds, numpy_bound)
            _line("numpy and COPY into a plain table", seconds, numpy_plain)
    print(f"    preview {reading:.2f} s, judging again and writing {writing:.2f} s", flush=True)
    return by_row


def _line(against: str, ours: float, theirs: float) -> None:
    print(f"    {theirs / ours:6.2f} × {against} ({theirs:.2f} s)", flush=True)


def _compare(what: str, right: dict[str, Answer], found: dict[str, Answer]) -> None:
    wrong = sum(found.get(key) != answer for key, answer in right.items()) + len(found.keys() - right.keys())
    if wrong:
        raise SystemExit(f"{what} gives {wrong} other answers than one row at a time")


def _alone(expected: dict[str, Answer]) -> None:
    seen = MonitorList.objects.get()
    owner_does("analyze units_sighting")
    owner_does(*RIVALS_INDEX)
    _one, single = _timed(lambda: list(matching_rivals.one_by_one(seen)))
    owner_does("drop index rivals")
    counts, rematch = _timed(lambda: match_sightings([seen], actor=None, at=clock.now()))
    if counts["changed"]:
        raise SystemExit(f"matching again changed {counts['changed']} answers")
    print(f"  matching alone: {len(expected) / rematch:,.0f} rows/s")
    _line("one SELECT a row", rematch, single)
    _assert_index(seen)


def _next_list(path: Path, sightings: int) -> None:
    """The list of the next week: the same addresses seven days on, one in ten of them gone, as many new."""
    later = path.with_name("later.csv")
    with path.open(encoding="utf-8", newline="") as old, later.open("w", encoding="utf-8", newline="") as new:
        rows, out = csv.DictReader(old), csv.writer(new)
        out.writerow(rows.fieldnames or ())
        for number, row in enumerate(rows):
            row["observed_at"] = str(datetime.fromisoformat(row["observed_at"]) + timedelta(days=28))
            if number % 10 == 0:
                row["ip"] = f"11.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
            out.writerow(row.values())
    found, seconds = _timed(lambda: read_file(later, "sightings", actor=None, at=clock.now()))
    _run, writing = _timed(lambda: apply_run(found, actor=None, at=clock.now()))
    print(
        f"  the next list of {sightings:,} rows, delta {found.figures['delta']}: preview {seconds:.1f} s, apply {writing:.1f} s",
        flush=True,
    )


def _campaign(path: Path, networks: list[Network], chance: random.Random) -> None:
    """The first list of the campaign: 4,699 sightings of 183 addresses."""
    _clear()
    addresses = [net[0] for net in chance.sample(networks, ADDRESSES)]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["监测时间", "IP地址", "端口", "远端主机", "远端端口", "协议", "币种", "监测点"])
        for number in range(CAMPAIGN):
            at = FIRST + timedelta(seconds=number * 500)
            out.writerow(
                [
                    f"{at:%Y-%m-%d %H:%M:%S}",
                    addresses[number % ADDRESSES],
                    1024 + number,
                    "203.0.113.24",
                    3333,
                    "stratum",
                    "ETH",
                    "出口一",
                ]
            )
    read, reading = _timed(lambda: read_file(path, "sightings", actor=None, at=clock.now()))
    _run, writing = _timed(lambda: apply_run(read, actor=None, at=clock.now()))
    print(
        f"  {CAMPAIGN:,} sightings of {ADDRESSES} addresses: preview {reading:.2f} s, apply {writing:.2f} s", flush=True
    )


def _memory(folder: Path, networks: list[Network], sightings: int) -> None:
    """The largest memory of ``manage.py import`` for ten times as many lines."""
    peaks = []
    for lines in (sightings, 10 * sightings):
        path = folder / f"lines-{lines}.csv"
        _write_list(path, lines, networks, random.Random(7))
        settings = connection.settings_dict
        environment = os.environ | {"BENCH_DATABASE": str(settings["NAME"]), "BENCH_USER": str(settings["USER"])}
        command = [sys.executable, "-m", "benchmarks.importer", str(path)]
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        peaks.append(int(done.stdout.split()[-1]))
        path.unlink()
    print(
        f"  memory of the importer: {peaks[0] / 1024:.0f} MiB for {sightings:,} lines,"
        f" {peaks[1] / 1024:.0f} MiB for {10 * sightings:,}: {peaks[1] / peaks[0]:.2f} ×",
        flush=True,
    )


def _edges(chance: random.Random) -> None:
    points, wrong = matching_edges.differing(list(Unit.objects.all()[:60]), chance)
    print(f"  {points:,} points at the edges of networks, days and ports, IPv4 and IPv6: {wrong} wrong", flush=True)
    if wrong:
        raise SystemExit("an answer at an edge is wrong")


def _a_list() -> MonitorList:
    at = clock.now()
    with transaction.atomic():
        circle = default_compartment(at)
    own = ImportRun.objects.create(kind="sightings", file_name="bench", sha256="0" * 64, size=0, read_at=at)
    return MonitorList.objects.create(sensor="出口一", sampled_at=at, compartment=circle, import_run=own)


def _clear() -> None:
    """Take away what was imported; the blocks stay."""
    owner_does(
        "truncate units_candidate, units_listedaddress, units_sighting, units_monitorlist, imports_importrow cascade",
        "delete from imports_importrun where id not in (select import_run_id from units_addressblock"
        " where import_run_id is not null)",
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


def _stored_answers() -> dict[str, Answer]:
    rows = Sighting.objects.values_list("reference", "match_state", "unit_id", "block_id")
    return {reference: (state, unit, block) for reference, state, unit, block in rows}


def _assert_index(seen: MonitorList) -> None:
    """End the run unless the planner takes the index over networks; the exclusion's makes matching ten times as slow."""
    with connection.cursor() as cursor:
        cursor.execute(
            "explain select holder.units from (select ip, port, (observed_at at time zone 'Asia/Shanghai')::date as day"
            f" from units_sighting where monitor_list_id = %s) q {HOLDERS}",
            [seen.pk],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    if INDEX not in plan:
        raise SystemExit(f"the plan does not look up {INDEX}:\n{plan}")
    print(f"  plan: looks up {INDEX}")
