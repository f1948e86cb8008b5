"""Sessions of real logs, traced to their origin: as an independent look at the lines does, and nothing invented."""

import re
from pathlib import Path

import pytest

from casework.local.paths import CHECKOUT
from evidence.attribution.facts import SECOND, Fact
from evidence.attribution.links import State
from evidence.attribution.sessions import sessions_of, trace
from evidence.parsing.events import Event
from evidence.parsing.run import start
from evidence.parsing.source import file_source

SAMPLES = CHECKOUT.parent / "shared" / "data" / "logs" / "linux_auth"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared auth logs are not there")
_LOGIN = re.compile(rb"^.{15,40}? sshd\[(\d+)\]: Accepted \S+ for (\S+) from (\S+) port (\d+)")
_CLOSED = re.compile(rb"^.{15,40}? sshd\[(\d+)\]: pam_unix\(sshd:session\): session closed for user (\S+)")
_SUDO = re.compile(rb"^.{15,40}? sudo: +(\S+) : .*TTY=(\S+)")


def fact_of(event: Event, key: int) -> Fact:
    get = event.get
    return Fact(
        key, 1, 1, get("ts"), SECOND, event["event_action"], get("event_outcome", ""), get("user_name", ""), get("user_effective_name", ""),
        get("user_target_name", ""), get("session_key", ""), get("host", ""), get("source_ip", ""), get("source_port"), "", "", None,
        get("tty", ""), get("process_pid"), get("process_executable", ""), get("process_command_line", ""), tuple(get("rule_labels", ())),
        get("attrs", {}),
    )  # fmt: skip


def read(path: Path) -> list[Fact]:
    events = [event for batch in start(file_source(path)).batches() for event in batch]
    return [fact_of(event, number) for number, event in enumerate(events, 1)]


def origins_by_hand(data: bytes) -> list[tuple[str, set[str]]]:
    """Return for each sudo, in order, its account and the addresses of that account's logins open at that line."""
    is_open: dict[bytes, tuple[bytes, bytes]] = {}
    found = []
    for line in data.splitlines():
        if login := _LOGIN.match(line):
            is_open[login[1]] = (login[2], login[3])
        elif closed := _CLOSED.match(line):
            is_open.pop(closed[1], None)
        elif sudo := _SUDO.match(line):
            found.append((sudo[1].decode(), {ip.decode() for user, ip in is_open.values() if user == sudo[1]}))
    return found


@pytest.mark.parametrize("name", ["cseanburns_auth.log", "misec_auth.log", "elastic_examples_auth.log"])
def test_every_sudo_goes_back_to_the_logins_that_were_open(name: str) -> None:
    path = SAMPLES / name
    facts = read(path)
    sessions = sessions_of(facts)
    climbs = [fact for fact in facts if fact.action in {"sudo", "su"}]
    acts = [fact for fact in climbs if fact.action == "sudo" and fact.user not in {"", "root"} and fact.tty]
    by_hand = [pair for pair in origins_by_hand(path.read_bytes()) if pair[0] != "root"]

    single = invented = 0
    for act in acts:
        root = trace(act, sessions, climbs)
        for one in root.sessions:
            invented += one.account != act.user.lower() or not one.open_at(act)
        single += root.links[-1].state == State.SINGLE
        if root.links[-1].state == State.MISSING:
            assert root.links[-1].ask == "session_start"
    assert invented == 0
    if len(acts) == len(by_hand):
        for act, (user, ips) in zip(acts, by_hand, strict=True):
            traced = {one.ip for one in trace(act, sessions, climbs).sessions if one.ip}
            assert act.user == user
            assert traced >= ips, act  # what was open is never left out
            assert len(ips) != 1 or traced == ips or len(traced) > 1


def test_the_one_login_among_guesses_has_its_origin() -> None:
    (session,) = [one for one in sessions_of(read(SAMPLES / "OpenSSH_2k.log")) if one.login is not None]

    assert (session.account, session.ip) == ("fztu", "119.137.62.142")
