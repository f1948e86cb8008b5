"""The catalogue of pools, and what an event says of mining: graded, told apart from nodes of coins, never an answer.

A: what miner and pool said to each other, or what the miner wrote itself. B: the place of a pool in the catalogue, valid on
that day, in a query, a proxy, a flow or a translation. C: shape of flows, load or power alone. A place that was a pool's
before or after that day is told as lapsed and has no grade.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

OWN: Final = Path(__file__).with_name("pools.csv")
HEADINGS: Final = ("矿池", "币种", "域名或地址", "端口", "启用日期", "停用日期", "来源", "说明")
#: Actions that are graded by what they are.
SAID: Final = frozenset({"mining_dialogue", "miner_pool", "miner_share", "miner_rate", "miner_started"})
SHAPES: Final = frozenset({"gpu_load", "gpu_process", "meter_reading"})
NODE: Final = "coin_p2p"
#: Stands where a grade would: the place is in the catalogue, not on that day.
LAPSED: Final = "lapsed"


@dataclass(frozen=True)
class Place:
    """A place of a pool: a domain with all below it, or an address; both days are included."""

    pool: str
    coin: str
    place: str
    port: int | None
    since: date | None
    until: date | None
    source: str
    note: str = ""

    def holds(self, on: date | None) -> bool:
        """Tell whether the place was a pool's on that day; where no day is known, nothing rules it out."""
        if on is None:
            return True
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


class Catalogue:
    """Places by name. A host is looked up by its own name and those above it, so by suffix at whole labels."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._by_name: dict[str, list[Place]] = {}
        for one in places:
            self._by_name.setdefault(one.place.lower().rstrip("."), []).append(one)

    def __len__(self) -> int:
        return sum(len(rows) for rows in self._by_name.values())

    def find(self, host: str, port: int | None = None, on: date | None = None) -> Place | None:
        """Return the most specific place that the host is, on that day; one with another port is none."""
        return self._first(host, port, lambda one: one.holds(on))

    def lapsed(self, host: str, port: int | None = None, on: date | None = None) -> Place | None:
        """Return the place that the host was before or after that day, where it is none on the day itself."""
        if on is None or self.find(host, port, on) is not None:
            return None
        return self._first(host, port, lambda one: not one.holds(on))

    def _first(self, host: str, port: int | None, fits: Callable[[Place], bool]) -> Place | None:
        for name in names_of(host):
            rows = [one for one in self._by_name.get(name, ()) if fits(one)]
            exact = [one for one in rows if one.port is not None and one.port == port]
            rows = exact or [one for one in rows if one.port is None or port is None]
            if rows:
                return rows[0]
        return None


def names_of(host: str) -> Iterator[str]:
    """Yield the names under which a host may stand in the catalogue: its own first, then those above it."""
    name = host.strip().lower().rstrip(".")
    yield name
    if name.replace(".", "").isdecimal() or ":" in name:
        return
    labels = name.split(".")
    for cut in range(1, len(labels) - 1):
        yield ".".join(labels[cut:])


@lru_cache(maxsize=1)
def own_places() -> tuple[Place, ...]:
    """Return the places that come with the product."""
    with OWN.open(encoding="utf-8", newline="") as stream:
        return tuple(
            Place(
                row["矿池"], row["币种"], row["域名或地址"], int(row["端口"]) if row["端口"] else None, _day(row["启用日期"]), _day(row["停用日期"]),
                row["来源"], row["说明"],
            )
            for row in csv.DictReader(stream)
        )  # fmt: skip


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@dataclass(frozen=True)
class Sign:
    """What an event says of mining: the grade, that it is a node of a coin, or that its place had lapsed."""

    grade: str
    node: bool = False
    place: Place | None = None
    workers: tuple[str, ...] = ()


def sign_of(
    action: str,
    *,
    hosts: Sequence[str] = (),
    port: int | None = None,
    on: date | None = None,
    labels: Sequence[str] = (),
    attrs: Mapping[str, Any] | None = None,
    catalogue: Catalogue,
) -> Sign | None:
    """Return what an event says of mining, or None. ``hosts`` are the names and addresses at its far end."""
    place = next((found for host in hosts if host and (found := catalogue.find(host, port, on)) is not None), None)
    given = attrs or {}
    if action == NODE:  # nodes speak among themselves: cryptocurrency, but no pool
        return Sign("", node=True)
    if action in SAID or "mining-A" in labels or "mining-command" in labels:
        said = given.get("workers") or [given[key] for key in ("login", "wallet") if given.get(key)]
        return Sign("A", place=place, workers=tuple(str(one) for one in said))
    if place is not None:
        return Sign("B", place=place)
    if action in SHAPES:
        return Sign("C")
    gone = next((found for host in hosts if host and (found := catalogue.lapsed(host, port, on)) is not None), None)
    return Sign(LAPSED, place=gone) if gone is not None else None
