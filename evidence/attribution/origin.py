"""From the address of a login to a machine and who had it: translation, lease, port of the switch, register of machines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evidence.attribution.facts import SECOND, Fact, grouped, is_inside
from evidence.attribution.links import Link, Option, Path, Rule, merged
from evidence.attribution.sessions import Session
from evidence.attribution.spans import OPEN, Span, Spans

HOUR: Final = 3600 * SECOND
#: Clocks that stand in another zone, or in summer time, are off by whole hours.
WHOLE_HOURS: Final = (1, -1, 8, -8)
#: A translation without an end is looked at this long.
UNENDED: Final = 12 * HOUR
_TAKEN = frozenset({"lease_given", "lease", "lease_asked"})
_GIVEN_UP = frozenset({"lease_released", "lease_expired", "lease_deleted", "lease_abandoned"})


@dataclass(frozen=True)
class Holding:
    """Who had a machine from a moment until another (None: open), and the record that says so."""

    mac: str
    machine: str
    person: str
    since: int | None
    until: int | None
    fact: int = 0


@dataclass
class Network:
    """What the machine room wrote down, as intervals that can be asked for a moment."""

    nat: Spans
    nat_any: Spans
    leases: Spans
    ports: dict[str, list[Fact]]
    holdings: dict[str, list[Holding]]


def network_of(facts: Iterable[Fact], holdings: Iterable[Holding]) -> Network:
    """Put records of translations, leases and tables in order."""
    rows = list(facts)
    nat = [span for fact in rows if fact.nat_ip for span in _nat_span(fact)]
    by_mac = grouped((fact for fact in rows if fact.action in {"mac_entry", "arp_entry"}), lambda fact: fact.mac)
    held: dict[str, list[Holding]] = {}
    for one in holdings:
        held.setdefault(one.mac.lower(), []).append(one)
    return Network(
        Spans(nat),
        Spans(
            Span(span.key.rpartition("#")[0], span.since, span.until, span.value, span.fact, span.err) for span in nat
        ),
        Spans(lease_spans(fact for fact in rows if fact.action in _TAKEN | _GIVEN_UP)),
        by_mac,
        held,
    )


def _nat_span(fact: Fact) -> Iterable[Span]:
    begin = fact.attrs.get("begin_us") or _epoch(fact.attrs.get("BeginTime"))
    end = _epoch(fact.attrs.get("EndTime"))
    moment = fact.ts
    # The device's own seconds carry the same offset as its line.
    ended = fact.action == "session_ended"
    since = moment if begin is None or moment is None or not ended else min(moment, begin)
    if since is None:
        since = begin
    if since is None:
        return
    until = (moment if ended and moment is not None else None) or (end if end and end > since else None)
    yield Span(
        f"{fact.nat_ip}#{fact.nat_port if fact.nat_port is not None else ''}",
        since, until if until is not None else since + UNENDED, f"{fact.ip}|{fact.port or ''}", fact.key, fact.err, until is None,
    )  # fmt: skip


def _epoch(value: Any) -> int | None:
    text = str(value or "")
    return int(text) * SECOND if text.isdecimal() and 8 < len(text) < 12 else None


def lease_spans(facts: Iterable[Fact]) -> list[Span]:
    """Return who had which address when. A lease without a written end lasts until something else is said of the address."""
    spans: list[Span] = []
    for ip, rows in grouped(facts, lambda fact: fact.ip).items():
        for number, fact in enumerate(rows):
            if fact.action in _GIVEN_UP or fact.ts is None or not fact.mac:
                continue
            ends = fact.attrs.get("ends_us")
            if isinstance(ends, int):
                spans.append(Span(ip, fact.ts, ends, fact.mac.lower(), fact.key, fact.err))
                continue
            later = (other for other in rows[number + 1 :] if other.run == fact.run and other.ts is not None)
            following = next((other for other in later if other.action in _GIVEN_UP or other.mac != fact.mac), None)
            until = following.ts if following is not None and following.ts is not None else fact.ts + 8 * 24 * HOUR
            spans.append(Span(ip, fact.ts, until, fact.mac.lower(), fact.key, fact.err, following is None))
    return spans


def network_links(session: Session, network: Network) -> list[Link]:
    """Return the steps from the session's address to the people who had the machine."""
    if session.console:
        return [
            Link(
                Rule.CONSOLE, Path.NETWORK, [], {"tty": session.tty, "account": session.account}, ask="console_presence"
            )
        ]
    if not session.ip:
        return [Link(Rule.LOGIN, Path.NETWORK, [], {"account": session.account}, ask="login_record")]
    login = Option(_where(session.ip, session.port), tuple(session.records[:4]))
    links = [
        Link(
            Rule.LOGIN,
            Path.NETWORK,
            [login],
            {"account": session.account, "method": session.method, "at": session.began},
        )
    ]
    inner, nat = _translated(session, network)
    if nat is not None:
        links.append(nat)
        if not inner:
            return links
    macs = _leased(inner or [Option(session.ip)], session, network, links)
    if not macs:
        return links
    _ports(macs, session, network, links)
    _held(macs, session, network, links)
    return links


def _where(ip: str, port: int | None) -> str:
    return f"{ip}:{port}" if port is not None else ip


def _translated(session: Session, network: Network) -> tuple[list[Option], Link | None]:
    """Return the addresses behind a translated one; no link where none was translated."""
    key = f"{session.ip}#{session.port if session.port is not None else ''}"
    said = {"ip": session.ip, "port": session.port, "at": session.began}
    known = network.nat_any.has(session.ip)
    if not known and (is_inside(session.ip) or network.leases.has(session.ip)):
        return [], None
    spans = network.nat if session.port is not None else network.nat_any
    name = key if session.port is not None else session.ip
    hits = list(spans.at(name, session.began, session.err))
    options = merged([Option(span.value.partition("|")[0], (span.fact,)) for span in hits])
    link = Link(Rule.NAT, Path.NETWORK, options, said)
    if not options:
        link.ask = "nat_log"
        link.notes += _off_by_hours(spans, name, session)
    return options, link


def _off_by_hours(spans: Spans, key: str, session: Session) -> list[str]:
    """Return by how many whole hours a clock would have to be off for a record to fit: something to look into, no link."""
    return [
        f"hours:{hours}"
        for hours in WHOLE_HOURS
        if any(True for _span in spans.at(key, session.began + hours * HOUR, session.err))
    ][:1]


def _leased(inner: Sequence[Option], session: Session, network: Network, links: list[Link]) -> list[Option]:
    options: list[Option] = []
    notes: list[str] = []
    for address in inner:
        hits = list(network.leases.at(address.value, session.began, session.err))
        options += [Option(span.value, (span.fact,)) for span in hits]
        notes += ["lease_end_unknown"] if any(span.inferred for span in hits) else []
        if not hits and len(inner) > 1:  # one of several addresses that nobody leased: that leaves it open
            options.append(Option(f"?{address.value}"))
        if not hits:
            notes += _off_by_hours(network.leases, address.value, session)
    said = {"ip": "、".join(option.value for option in inner), "at": session.began}
    link = Link(Rule.LEASE, Path.NETWORK, merged(options), said, list(dict.fromkeys(notes)))
    if not any(not option.value.startswith("?") for option in link.options):
        link.options = []
    if not link.options or any(option.value.startswith("?") for option in link.options):
        link.ask = "dhcp_log"
    links.append(link)
    return link.options


def _ports(macs: Sequence[Option], session: Session, network: Network, links: list[Link]) -> None:
    options, notes = [], []
    for mac in macs:
        for fact in network.ports.get(mac.value, []):
            where = str(fact.attrs.get("port", ""))
            if where:
                options.append(Option(where, (fact.key,)))
            if fact.ts is None:
                notes.append("snapshot_undated")
    if options:  # where the cable ends tells of the place; the way to the person goes by the machine
        said = {"mac": "、".join(mac.value for mac in macs)}
        links.append(Link(Rule.PORT, Path.NETWORK, merged(options), said, list(dict.fromkeys(notes)), aside=True))


def _held(macs: Sequence[Option], session: Session, network: Network, links: list[Link]) -> None:
    machines: list[Option] = []
    people: list[Option] = []
    for mac in macs:
        known = network.holdings.get(mac.value, [])
        now = [one for one in known if _holds(one, session)]
        machines += [Option(one.machine or mac.value, (one.fact,) if one.fact else ()) for one in now or known]
        named = [one for one in now if one.person]
        people += [Option(one.person, (one.fact,) if one.fact else (), one.person) for one in named]
        if not named and len(macs) > 1:  # one of several machines had nobody on record: that leaves it open
            people.append(Option(f"?{mac.value}"))
    unknown = [mac for mac in macs if mac.value not in network.holdings]
    said = {"mac": "、".join(mac.value for mac in macs)}
    if unknown:
        links.append(Link(Rule.MACHINE, Path.NETWORK, [], said, ask="machine_register"))
        return
    links.append(Link(Rule.MACHINE, Path.NETWORK, merged(machines), said))
    names = "、".join(option.value for option in links[-1].options)
    if not any(option.person for option in people):
        people = []
    custody = Link(Rule.CUSTODIAN, Path.NETWORK, merged(people), {"machine": names, "at": session.began})
    if not custody.options:
        custody.ask = "custody_register"
    links.append(custody)


def _holds(one: Holding, session: Session) -> bool:
    reach = session.err
    since = one.since if one.since is not None else -OPEN
    until = one.until if one.until is not None else OPEN
    return since - reach <= session.began <= until + reach
