"""What the rules read: events with their true time and the error of the clock that wrote it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any, Final

SECOND: Final = 1_000_000
#: Error of a clock for which no offset was established.
UNSET_ERROR: Final = 5 * SECOND
EMPTY: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Fact:
    """One event. ``ts`` is the true time in microseconds since 1970 (the stated offset is taken off), ``err`` the error to
    either side; ``run`` is the reading it stands in, ``item`` the piece of evidence.
    """

    key: int
    run: int = 0
    item: int = 0
    ts: int | None = None
    err: int = UNSET_ERROR
    action: str = ""
    outcome: str = ""
    user: str = ""
    effective: str = ""
    target: str = ""
    session: str = ""
    host: str = ""
    ip: str = ""
    port: int | None = None
    mac: str = ""
    dest: str = ""
    dest_port: int | None = None
    tty: str = ""
    pid: int | None = None
    exe: str = ""
    command: str = ""
    labels: tuple[str, ...] = ()
    attrs: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    #: Somebody compared the clock with a true one and said so.
    stated: bool = False

    @property
    def nat_ip(self) -> str:
        return str(self.attrs.get("source_nat_ip", ""))

    @property
    def nat_port(self) -> int | None:
        value = self.attrs.get("source_nat_port")
        return int(value) if value is not None else None


def same_host(first: Fact, second: Fact) -> bool:
    """Tell whether two records are of one machine: by short name, or, where one names none, by the piece of evidence."""
    if first.host and second.host:
        return _short(first.host) == _short(second.host)
    return first.item == second.item


def _short(host: str) -> str:
    name = host.lower()
    return name if name.replace(".", "").isdecimal() else name.partition(".")[0]


def near(first: Fact, second: Fact, slack: int = 0) -> bool:
    """Tell whether two moments may be one, by the errors of both clocks and ``slack`` microseconds."""
    if first.ts is None or second.ts is None:
        return False
    return abs(first.ts - second.ts) <= first.err + second.err + slack


def not_after(first: Fact, second: Fact) -> bool:
    """Tell whether the first may have happened before the second or with it."""
    if first.ts is None or second.ts is None:
        return False
    return first.ts - first.err <= second.ts + second.err


def account_of(name: str) -> str:
    """Return an account as it is compared: without domain, in lower case."""
    return name.rpartition("\\")[2].partition("@")[0].strip().lower()


def is_inside(address: str) -> bool:
    """Tell whether an address belongs to no public network, so that no translation need be looked for."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    shared = found.version == 4 and int(ip_address("100.64.0.0")) <= int(found) < int(ip_address("100.128.0.0"))
    return any(found in network for network in _INSIDE[found.version]) or shared


def _networks() -> dict[int, tuple[Any, ...]]:
    return {
        4: tuple(ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")),
        6: tuple(ip_network(text) for text in ("fc00::/7", "fe80::/10", "::1/128")),
    }


_INSIDE = _networks()


def grouped(facts: Iterable[Fact], key: Callable[[Fact], str]) -> dict[str, list[Fact]]:
    """Return the facts by a key, those without one left out, each group in order of time."""
    found: dict[str, list[Fact]] = {}
    for fact in facts:
        name = key(fact)
        if name:
            found.setdefault(name, []).append(fact)
    for group in found.values():
        group.sort(key=lambda fact: (fact.ts or 0, fact.key))
    return found
