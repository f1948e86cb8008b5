"""Other ways from a monitoring list to matched rows: one row at a time, and everything in memory with numpy."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from units.models import AddressBlock, MonitorList, Sighting

SHANGHAI = ZoneInfo("Asia/Shanghai")
Answer = tuple[str, int | None, int | None]

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
#: What the lean ways write: the indexes of the real table, without its foreign keys and checks.
PLAIN_TABLE = (
    "create table row_by_row (id bigint generated always as identity primary key, reference text, observed_at timestamptz,"
    " ip inet, port int, remote_host text, remote_port int, currency text, sensor text, match_state text,"
    " unit_id bigint, block_id bigint)",
    "create unique index on row_by_row (sensor, observed_at, ip, port, remote_host, remote_port) nulls not distinct",
    "create index on row_by_row (observed_at desc, id desc)",
    "create index on row_by_row (ip, observed_at)",
    "create index on row_by_row (unit_id, observed_at desc) where unit_id is not null",
    "grant select, insert on row_by_row to {role}",
)


def by_models(path: Path, count: int, seen: MonitorList) -> int:
    """Read the first rows, ask the models for each and save it, each in its own transaction: what most programs do."""
    done = 0
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if done == count:
                break
            seen_at = datetime.fromisoformat(row["observed_at"]).replace(tzinfo=SHANGHAI)
            day, port = seen_at.date(), int(row["port"])
            found = (
                AddressBlock.objects.filter(valid__contains=day)
                .exclude(state="withdrawn")
                .extra(where=["network >>= %s"], params=[row["ip"]])
            )
            fits = [
                (block.pk, block.unit_id, block.network.prefixlen, block.nat_ports is not None)
                for block in found
                if block.nat_ports is None or block.nat_ports.lower <= port < block.nat_ports.upper
            ]
            state, unit, holder = choose(fits)
            Sighting.objects.create(
                monitor_list=seen, compartment_id=seen.compartment_id, sensor=row["sensor"], observed_at=seen_at,
                ip=row["ip"], port=port, remote_host=row["remote_host"], remote_port=int(row["remote_port"]),
                currency=row["currency"], reference=row["reference"], match_state=state, unit_id=unit, block_id=holder,
            )  # fmt: skip
            done += 1
    return done


def by_statements(path: Path) -> dict[str, Answer]:
    """Ask and write for each row with bare statements, all in one transaction, nothing checked: as lean as it goes."""
    answers: dict[str, Answer] = {}
    with path.open(encoding="utf-8", newline="") as file, transaction.atomic(), connection.cursor() as cursor:
        for row in csv.DictReader(file):
            seen_at = datetime.fromisoformat(row["observed_at"]).replace(tzinfo=SHANGHAI)
            answer = ask(cursor, row["ip"], seen_at.date(), int(row["port"]))
            answers[row["reference"]] = answer
            cursor.execute(
                _INSERT,
                [
                    row["reference"], seen_at.astimezone(UTC), row["ip"], int(row["port"]), row["remote_host"],
                    int(row["remote_port"]), row["currency"], row["sensor"], *answer,
                ],
            )  # fmt: skip
    return answers


def ask(cursor: Any, ip: str, day: date, port: int | None) -> Answer:
    """Answer for one address, the choice among the blocks found made here and not in SQL."""
    cursor.execute(_SELECT, [ip, day, port])
    return choose(cursor.fetchall())


def choose(found: list[tuple[int, int, int, bool]]) -> Answer:
    """Return state, unit and block of the most specific of the blocks (id, unit, length, by port)."""
    if not found:
        return "unmatched", None, None
    best = max((length, by_port) for _block, _unit, length, by_port in found)
    standing = sorted((block, unit) for block, unit, length, by_port in found if (length, by_port) == best)
    if len({unit for _block, unit in standing}) > 1:
        return "ambiguous", None, None
    return "matched", standing[0][1], standing[0][0]


def one_by_one(seen: MonitorList) -> Iterator[Answer]:
    """Ask for each stored sighting of the list."""
    stored = list(Sighting.objects.filter(monitor_list=seen).values_list("ip", "observed_at", "port"))
    with connection.cursor() as cursor:
        for ip, seen_at, port in stored:
            yield ask(cursor, ip, seen_at.astimezone(SHANGHAI).date(), port)


class Segments:
    """All blocks as elementary segments, each with the blocks that cover it, for both families of addresses."""

    def __init__(self) -> None:
        import numpy  # noqa: PLC0415  only this rival needs it, and it may not be there

        self.np = numpy
        rows = AddressBlock.objects.exclude(state="withdrawn").order_by("pk")
        self.blocks = list(rows.values_list("pk", "unit", "network", "valid", "nat_ports"))
        self.rank = numpy.array([2 * net.prefixlen + (ports is not None) for _b, _u, net, _v, ports in self.blocks])
        self.unit = numpy.array([unit for _b, unit, *_more in self.blocks])
        self.pk = numpy.array([pk for pk, *_more in self.blocks])
        self.first = numpy.array([v.lower.toordinal() if v.lower else 0 for *_m, v, _p in self.blocks])
        self.beyond = numpy.array([v.upper.toordinal() if v.upper else 9**8 for *_m, v, _p in self.blocks])
        self.low = numpy.array([p.lower if p else 0 for *_m, p in self.blocks])
        self.high = numpy.array([p.upper if p else 65536 for *_m, p in self.blocks])
        self.families = {version: self._family(version) for version in (4, 6)}

    def _family(self, version: int) -> tuple[Any, Any, Any]:
        """Return starts of the segments, and for each where its blocks begin in a list of block numbers."""
        np = self.np
        spans = sorted(
            (int(net.network_address), -int(net.broadcast_address), number)
            for number, (_pk, _unit, net, _valid, _ports) in enumerate(self.blocks)
            if net.version == version
        )
        starts: list[int] = []
        covering: list[list[int]] = []
        open_ends: list[tuple[int, int]] = []

        def cut(at: int) -> None:
            numbers = [number for _end, number in open_ends]
            if starts and starts[-1] == at:
                covering[-1] = numbers
            else:
                starts.append(at)
                covering.append(numbers)

        for start, minus_end, number in spans:
            while open_ends and open_ends[-1][0] < start:
                end, _closed = open_ends.pop()
                while open_ends and open_ends[-1][0] == end:
                    open_ends.pop()
                cut(end + 1)
            open_ends.append((-minus_end, number))
            cut(start)
        while open_ends:
            end, _closed = open_ends.pop()
            while open_ends and open_ends[-1][0] == end:
                open_ends.pop()
            cut(end + 1)
        offsets = np.zeros(len(covering) + 1, dtype=np.int64)
        np.cumsum([len(numbers) for numbers in covering], out=offsets[1:])
        flat = np.array([number for numbers in covering for number in numbers], dtype=np.int64)
        return np.array(starts, dtype=np.uint32 if version == 4 else object), offsets, flat

    def match(self, version: int, addresses: list[int], days: Any, ports: Any) -> tuple[Any, Any, Any]:
        """Return for each address: how many units are most specific, the first of them, its first block."""
        np = self.np
        starts, offsets, flat = self.families[version]
        count = len(addresses)
        units, unit, block = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
        if not count or not len(starts):
            return units, unit, block
        segment = np.searchsorted(starts, np.array(addresses, dtype=starts.dtype), side="right") - 1
        begin = np.where(segment >= 0, offsets[segment], 0)
        length = np.where(segment >= 0, offsets[segment + 1] - begin, 0)
        row = np.repeat(np.arange(count), length)
        place = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length) + np.repeat(begin, length)
        found = flat[place]
        fits = (
            (self.first[found] <= days[row])
            & (days[row] < self.beyond[found])
            & (self.low[found] <= ports[row])
            & (ports[row] < self.high[found])
        )
        row, found = row[fits], found[fits]
        best = np.full(count, -1)
        np.maximum.at(best, row, self.rank[found])
        keep = self.rank[found] == best[row]
        row, found = row[keep], found[keep]
        order = np.lexsort((self.pk[found], self.unit[found], row))
        row, found = row[order], found[order]
        new_unit = np.ones(len(row), bool)
        new_unit[1:] = (row[1:] != row[:-1]) | (self.unit[found][1:] != self.unit[found][:-1])
        np.add.at(units, row[new_unit], 1)
        firsts = np.ones(len(row), bool)
        firsts[1:] = row[1:] != row[:-1]
        unit[row[firsts]], block[row[firsts]] = self.unit[found][firsts], self.pk[found][firsts]
        return units, unit, block


def by_numpy(path: Path, into: str, seen: MonitorList | None = None) -> dict[str, Answer]:
    """Read the whole list into memory, match it with numpy, COPY the result.

    ``into``  ``row_by_row`` (no constraint but the index) or ``units_sighting`` (all constraints; ``seen`` is its list).
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    segments = Segments()
    np = segments.np
    moments = [datetime.fromisoformat(row["observed_at"]).replace(tzinfo=SHANGHAI) for row in rows]
    days = np.array([moment.toordinal() for moment in moments])
    ports = np.array([int(row["port"]) for row in rows])
    addresses = [ip_address(row["ip"]) for row in rows]
    answers: list[Answer] = [("unmatched", None, None)] * len(rows)
    for version in (4, 6):
        numbers = [number for number, address in enumerate(addresses) if address.version == version]
        found = segments.match(version, [int(addresses[n]) for n in numbers], days[numbers], ports[numbers])
        for number, units, unit, block in zip(numbers, *(part.tolist() for part in found), strict=True):
            if units:
                answers[number] = ("matched", unit, block) if units == 1 else ("ambiguous", None, None)
    shared = (
        "observed_at, ip, port, remote_host, remote_port, currency, sensor, reference, match_state, unit_id, block_id"
    )
    more = ", monitor_list_id, compartment_id, protocol" if seen else ""
    tail: tuple[Any, ...] = (seen.pk, seen.compartment_id, "") if seen else ()
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy(f"copy {into} ({shared}{more}) from stdin") as copy,
    ):
        for row, moment, answer in zip(rows, moments, answers, strict=True):
            copy.write_row(
                (
                    moment, row["ip"], int(row["port"]), row["remote_host"], int(row["remote_port"]), row["currency"],
                    row["sensor"], row["reference"], *answer, *tail,
                )
            )  # fmt: skip
    return {row["reference"]: answer for row, answer in zip(rows, answers, strict=True)}
