"""The steps of a chain, and what a step may come to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Rule(StrEnum):
    """The rules. A code never changes its meaning: cards of old refer to it."""

    AUDIT_SESSION = "S1"  # same audit session number on one machine
    LOGON_ID = "S2"  # same logon id on one machine
    TERMINAL = "S3"  # invoking account and terminal of sudo and su, session open at that moment
    CLIMB = "S4"  # su, sudo, runas: whose session became the other account's
    JOB = "S5"  # the session was opened by the scheduler
    OPEN_SESSIONS = "S6"  # sessions that were open in the stretch; nothing tells them apart
    LOGIN = "L1"  # a successful login opened the session
    EPOCH = "C1"  # between two changes a password login implies knowledge of the secret
    KEY_LOGIN = "C2"  # login without password: epochs say nothing
    ACCOUNT_HOLDER = "C3"  # whose account set the secret, by the register of accounts
    NAT = "N1"  # translated address and port at that moment
    LEASE = "N2"  # lease of the address at that moment
    PORT = "N3"  # port of the switch at which the hardware address was seen
    MACHINE = "N4"  # machine that has the hardware address
    CUSTODIAN = "N5"  # who had the machine on that day
    CONSOLE = "N6"  # login at the machine itself
    PRESENCE = "P1"  # where the person was


class State(StrEnum):
    """What came of a step."""

    SINGLE = "single"
    AMBIGUOUS = "ambiguous"
    MISSING = "missing"


class Path(StrEnum):
    """Which way to the person a step belongs to. ``SESSION`` is the part that all have in common."""

    SESSION = "session"
    NETWORK = "network"
    CREDENTIAL = "credential"
    PRESENCE = "presence"


@dataclass(frozen=True)
class Option:
    """One thing that a step may come to, with the records that say so. ``person`` is set where the step reaches one."""

    value: str
    facts: tuple[int, ...] = ()
    person: str = ""


@dataclass
class Link:
    """One step: its rule, what it was asked, what it may come to, and what to ask for where it comes to nothing."""

    rule: Rule
    path: Path
    options: list[Option] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    ask: str = ""
    #: Of no help on the way to the person: it only makes a step more or less likely.
    aside: bool = False

    @property
    def state(self) -> State:
        if not self.options:
            return State.MISSING
        return State.SINGLE if len(self.options) == 1 else State.AMBIGUOUS

    @property
    def facts(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(key for option in self.options for key in option.facts))


@dataclass
class Chain:
    """All steps, and whom each way comes to."""

    links: list[Link]
    #: The act came from the scheduler, not from a person at a keyboard.
    automatic: bool = False

    def of(self, path: Path) -> list[Link]:
        return [link for link in self.links if link.path == path and not link.aside]

    def people(self, path: Path) -> tuple[str, ...]:
        """Return the people to whom a way leads; nobody where a step of it is missing."""
        way = self.of(path)
        if not way or any(link.state == State.MISSING for link in way):
            return ()
        return tuple(dict.fromkeys(option.person for option in way[-1].options if option.person))

    def fact_keys(self) -> list[int]:
        return list(dict.fromkeys(key for link in self.links for key in link.facts))


def merged(options: Sequence[Option]) -> list[Option]:
    """Return the options with those of one value put together: two records that say the same are no ambiguity."""
    found: dict[tuple[str, str], list[int]] = {}
    for option in options:
        found.setdefault((option.value, option.person), []).extend(option.facts)
    return [Option(value, tuple(dict.fromkeys(keys)), person) for (value, person), keys in found.items()]
