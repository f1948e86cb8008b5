"""Whose address it was at every edge: networks, days and ports, IPv4 and IPv6, against looking at every claim."""

import random
from datetime import date, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange

from units.models import AddressBlock, Unit
from units.selectors.holders import HOLDERS, STATE

CLAIMS, POINTS = 900, 36_000
DAY = date(2021, 7, 1)
Claim = tuple[int, int, int, int, int, int, int, bool, int]  # version, length, ends, days, ports, by port, unit
Point = tuple[int, int, int, int | None]  # version, address, day, port


def differing(units: list[Unit], chance: random.Random) -> tuple[int, int]:
    """Return how many answers were asked for and how many differ from looking at every claim."""
    with transaction.atomic():
        AddressBlock.objects.bulk_create(_blocks(units, chance), ignore_conflicts=True)
        written = list(AddressBlock.objects.filter(reference="edge"))
        claims = [_claim(block) for block in written]
        points = _points(claims)
        answers = _ask(points)
        wrong = sum(answer != _look(claims, point) for answer, point in zip(answers, points, strict=True))
        transaction.set_rollback(True)
    return len(points), wrong


def _blocks(units: list[Unit], chance: random.Random) -> list[AddressBlock]:
    found = []
    for number in range(CLAIMS):
        network: IPv4Network | IPv6Network
        if number % 2:
            value = 0xFD << 120 | chance.getrandbits(8) << 72 | chance.getrandbits(12)
            network = ip_network((value, chance.choice((48, 56, 64, 120, 127, 128))), strict=False)
        else:
            value = 172 << 24 | 16 << 16 | chance.getrandbits(12)
            network = ip_network((value, chance.choice((16, 20, 24, 28, 30, 31, 32))), strict=False)
        first = DAY + timedelta(days=chance.randrange(8))
        low = chance.randrange(0, 60_000, 4000)
        found.append(
            AddressBlock(
                network=network,
                unit=chance.choice(units),
                valid=DateRange(first, first + timedelta(days=chance.randrange(1, 9)), "[)"),
                nat_ports=NumericRange(low, low + 4000, "[)") if chance.random() < 0.4 else None,
                reference="edge",
            )
        )
    return found


def _claim(block: AddressBlock) -> Claim:
    net, ports, days = block.network, block.nat_ports, block.valid
    return (
        net.version, net.prefixlen, int(net.network_address), int(net.broadcast_address),
        days.lower.toordinal(), days.upper.toordinal(),
        ports.lower * 65536 + ports.upper - 1 if ports else 65535, ports is not None, block.unit_id,
    )  # fmt: skip


def _points(claims: list[Claim]) -> list[Point]:
    points: list[Point] = []
    for version, _length, first, last, begin, beyond, ports, by_port, _unit in claims:
        low, high = divmod(ports, 65536)
        for address in (first - 1, first, last, last + 1):
            for day in (begin - 1, begin, beyond - 1, beyond):
                ports_there = (None, low - 1, low, high, high + 1) if by_port else (None, 0, 1023, 40_000, 65_535)
                points += [(version, address, day, port) for port in ports_there if port is None or 0 <= port <= 65_535]
    return points[:POINTS]


def _look(claims: list[Claim], point: Point) -> tuple[str, int | None]:
    version, address, day, port = point
    best, units = (-1, False), set[int]()
    for family, length, first, last, begin, beyond, ports, by_port, unit in claims:
        if family != version or not first <= address <= last or not begin <= day < beyond or (length, by_port) < best:
            continue
        if by_port and (port is None or not ports // 65536 <= port <= ports % 65536):
            continue
        if (length, by_port) > best:
            best, units = (length, by_port), set()
        units.add(unit)
    if not units:
        return "unmatched", None
    return ("matched", units.pop()) if len(units) == 1 else ("ambiguous", None)


def _ask(points: list[Point]) -> list[tuple[str, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {STATE}, case when holder.units = 1 then holder.unit_id end"
            " from unnest(%s::inet[], %s::date[], %s::int[]) with ordinality as q(ip, day, port, place)"
            f" {HOLDERS} order by q.place",
            [
                [str(_address(version, address)) for version, address, _day, _port in points],
                [date.fromordinal(day) for _version, _address, day, _port in points],
                [port for *_rest, port in points],
            ],
        )
        return [(state, unit) for state, unit in cursor.fetchall()]


def _address(version: int, value: int) -> object:
    return ip_address(value) if version == 4 else ip_address(value.to_bytes(16, "big"))
