"""The chain of an act: session, network, credential, presence, put together from what the logs and registers say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from evidence.attribution import tables
from evidence.attribution.epochs import Told, credential_links, epoch_of
from evidence.attribution.facts import SECOND, Fact, near
from evidence.attribution.links import Chain, Link, Option, Path, Rule, State, merged
from evidence.attribution.origin import HOUR, Holding, Network, network_links, network_of
from evidence.attribution.sessions import Session, sessions_of, trace

CLIMBS: Final = frozenset({"sudo", "su", "pkexec", "runas"})
CHANGES: Final = frozenset({"password_changed", "password_reset"})
#: So many refused logins in a day before the login are a guessing of passwords.
GUESSES: Final = 20
DAY: Final = 24 * HOUR
#: What tells several results of a step apart; asked for wherever the step has not asked for something of its own.
TELLS_APART: Final = {
    **dict.fromkeys(
        (Rule.AUDIT_SESSION, Rule.LOGON_ID, Rule.TERMINAL, Rule.CLIMB, Rule.OPEN_SESSIONS), "which_session"
    ),
    Rule.LOGIN: "login_record",
    Rule.NAT: "nat_ports",
    Rule.LEASE: "which_lease",
    Rule.MACHINE: "which_lease",
    Rule.CUSTODIAN: "which_custodian",
    Rule.EPOCH: "password_actor",
    Rule.ACCOUNT_HOLDER: "who_knows",
}
#: A job that clears logs this near the act may be the act itself.
JOB_NEAR: Final = 600 * SECOND


@dataclass(frozen=True)
class Sign:
    """Something in the logs that makes a possibility more or less likely."""

    code: str
    facts: tuple[int, ...] = ()
    number: int = 0


@dataclass
class Given:
    """All that the rules work on."""

    act: Fact
    facts: Sequence[Fact]
    holdings: Sequence[Holding] = ()
    told: Sequence[Told] = ()
    #: Refused logins in the day before, by address; counted where the events lie.
    refused: dict[str, int] = field(default_factory=dict)


@dataclass
class Traced:
    """A chain with the signs beside it."""

    chain: Chain
    signs: list[Sign]
    sessions: list[Session]


def build(given: Given) -> Traced:
    """Return the chain of the act."""
    act = given.act
    climbs, changes, rows = [], [], []
    for fact in given.facts:
        if fact.action in CLIMBS or (fact.action == "command" and fact.labels and fact.user):
            climbs.append(fact)
        if fact.action in CHANGES:
            changes.append(fact)
        if fact.action == "table_row":
            rows.append(fact)
    changes += [change for row in rows if (change := tables.password_change(row)) is not None]
    holders: dict[str, list[Option]] = {}
    for row in rows:
        known = tables.account_holder(row)
        if known is not None:
            holders.setdefault(known[0], []).append(known[1])
    sessions = sessions_of(given.facts)
    root = trace(act, sessions, climbs)
    signs = _signs(act, root.sessions, given)
    if root.automatic:
        return Traced(Chain(root.links, automatic=True), signs, root.sessions)
    links = list(root.links)
    if root.sessions:
        held = [one for row in rows if (one := tables.holding(row)) is not None]
        network = network_of(given.facts, [*given.holdings, *held])
        links += _joined([network_links(one, network) for one in root.sessions])
        links += _joined([_credential(one, changes, climbs, sessions, holders, given.told) for one in root.sessions])
    chain = Chain(links)
    people = {person for path in (Path.NETWORK, Path.CREDENTIAL) for person in chain.people(path)}
    chain.links += _presence(act, sorted(people), rows)
    for link in chain.links:
        if link.state == State.AMBIGUOUS and not link.ask:
            link.ask = TELLS_APART.get(link.rule, "")
    return Traced(chain, signs, root.sessions)


def _credential(
    one: Session,
    changes: Sequence[Fact],
    climbs: Sequence[Fact],
    sessions: Sequence[Session],
    holders: dict[str, list[Option]],
    told: Sequence[Told],
) -> list[Link]:
    if one.login is None:
        return credential_links(one, epoch_of(one.host, (), (), ()), holders, told, sessions)
    return credential_links(one, epoch_of(one.login, changes, climbs, sessions), holders, told, sessions)


def _joined(ways: Sequence[list[Link]]) -> list[Link]:
    """Put the steps of several possible sessions together: what differs between them stays side by side."""
    if len(ways) == 1:
        return ways[0]
    order: list[Rule] = []
    for way in ways:
        order += [link.rule for link in way if link.rule not in order]
    found: list[Link] = []
    for rule in order:
        same = [link for way in ways for link in way if link.rule == rule]
        one = Link(rule, same[0].path, merged([option for link in same for option in link.options]), dict(same[0].said))
        one.notes = list(dict.fromkeys(note for link in same for note in link.notes))
        if len(same) < len(ways):
            one.notes.append("not_for_all")
        one.ask = next((link.ask for link in same if link.ask), "")
        one.aside = same[0].aside
        found.append(one)
    return found


def _presence(act: Fact, people: Sequence[str], rows: Sequence[Fact]) -> list[Link]:
    """Return where each of the people was, by the last passage of a door before the act and the first after it."""
    links = []
    for person in people:
        seen = [
            (row, passed[1])
            for row in rows
            if (passed := tables.passage(row)) is not None and passed[0] == person and row.ts is not None and act.ts is not None
            and abs(row.ts - act.ts) <= DAY
        ]  # fmt: skip
        before = [pair for pair in seen if (pair[0].ts or 0) <= (act.ts or 0)]
        after = [pair for pair in seen if (pair[0].ts or 0) > (act.ts or 0)]
        said = {"person": person, "at": act.ts}
        if not seen:
            links.append(Link(Rule.PRESENCE, Path.PRESENCE, [], said, ask="door_record", aside=True))
            continue
        last, following = (before[-1] if before else None), (after[0] if after else None)
        inside = last is not None and last[1] is not False and not (following is not None and following[1] is True)
        outside = last is not None and last[1] is False
        records = tuple(pair[0].key for pair in (last, following) if pair is not None)
        place = next(pair[0].tty for pair in (last, following) if pair is not None)
        link = Link(Rule.PRESENCE, Path.PRESENCE, [Option(place, records, person if inside else "")], said)
        edges = [pair[0] for pair in (last, following) if pair is not None]
        if any(near(edge, act) for edge in edges):
            link.notes.append("at_the_edge")
        link.notes.append("inside" if inside else "outside" if outside else "unclear")
        link.aside = not inside
        links.append(link)
    return links


def _signs(act: Fact, sessions: Sequence[Session], given: Given) -> list[Sign]:
    signs = []
    jobs = [
        fact for fact in given.facts
        if fact.action == "job_started" and "log-clearing" in fact.labels and fact.key != act.key and near(fact, act, JOB_NEAR)
    ]  # fmt: skip
    if jobs:
        signs.append(Sign("job_near", tuple(fact.key for fact in jobs[:5]), len(jobs)))
    if act.tty or any(one.tty for one in sessions):
        signs.append(Sign("terminal", (act.key,)))
    for ip in dict.fromkeys(one.ip for one in sessions if one.ip):
        number = given.refused.get(ip)
        if number is not None:
            signs.append(Sign("guessing" if number >= GUESSES else "no_guessing", (), number))
    return signs


def edges(chain: Chain) -> Iterable[Link]:
    """Return the steps that are not asides and came to nothing or to several."""
    return (link for link in chain.links if not link.aside and link.state != State.SINGLE)


__all__ = ["CHANGES", "CLIMBS", "DAY", "Given", "Network", "Sign", "Traced", "build", "edges"]
