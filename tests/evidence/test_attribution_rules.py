"""Each rule of attribution as a table: what the logs say, and what the step comes to. No database."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.attribution.chain import Given, Traced, build
from evidence.attribution.epochs import Told
from evidence.attribution.facts import SECOND, Fact
from evidence.attribution.links import Link, Path
from evidence.attribution.origin import HOUR, Holding
from evidence.attribution.spans import Span, Spans
from evidence.attribution.weight import Exhibit, Fit, Hypothesis, Judgement, Outcome, Source, Word, judge

T0 = 1_630_856_478 * SECOND
MAC, MAC2, IP, OUT = "00:00:5e:00:53:1f", "00:00:5e:00:53:2a", "10.20.8.31", "198.51.100.61"
NETWORK, DIRECTORY, DOOR, OWN = 2, 3, 4, 9
_keys = count(1)


def fact(action: str, at: int | None = 0, run: int = 1, **values: Any) -> Fact:
    """Return a record ``at`` seconds after the login."""
    values.setdefault("host", "srv" if run in {1, OWN} else "")
    return Fact(
        next(_keys), run, run, T0 + at * SECOND if at is not None else None, 2 * SECOND, action, stated=True, **values
    )


def login(
    at: int = 0, ip: str = IP, port: int | None = 51822, user: str = "itadmin", pid: int = 41, **values: Any
) -> Fact:
    values.setdefault("attrs", {"method": "password", "service": "sshd"})
    return fact("login", at, outcome="success", user=user, ip=ip, port=port, pid=pid, exe="sshd", **values)


def lease(mac: str = MAC, ip: str = IP, since: int = -3600, until: int = 3600, **values: Any) -> Fact:
    return fact(
        "lease", since, NETWORK, ip=ip, mac=mac, attrs={"ends_us": T0 + until * SECOND, "state": "active"}, **values
    )


def nat(inner: str = IP, at: int = -1, outer_port: int = 40012) -> Fact:
    attrs = {"source_nat_ip": OUT, "source_nat_port": outer_port}
    return fact("session_built", at, NETWORK, ip=inner, port=51822, attrs=attrs)


def changed(at: int = -190, by: str = "huangmm", account: str = "itadmin") -> Fact:
    return fact("table_row", at, DIRECTORY, user=account, attrs={"操作": "修改密码", "操作人": by})


def held_by(account: str = "huangmm", person: str = "黄某某") -> Fact:
    return fact("table_row", -10_000_000, DIRECTORY, user=account, attrs={"姓名": person})


def passed(at: int, way: str, person: str = "黄某某") -> Fact:
    return fact("table_row", at, DOOR, user=person, tty="北门", attrs={"方向": way})


def machine(person: str = "黄某某", mac: str = MAC, since: int | None = None, until: int | None = None) -> Holding:
    return Holding(
        mac,
        "PC-17",
        person,
        None if since is None else T0 + since * SECOND,
        None if until is None else T0 + until * SECOND,
    )


ACT = fact(
    "sudo", 107, user="itadmin", effective="root", tty="pts/1", command="rm /var/log/secure", labels=("log-clearing",)
)
WHOLE: tuple[Fact, ...] = (login(), lease(), changed(), held_by(), passed(-9000, "进"), passed(1800, "出"))
SOURCES = {1: Source("日志服务器"), NETWORK: Source("网络中心"), DIRECTORY: Source("认证平台"), DOOR: Source("保卫处")}


def work(
    *facts: Fact,
    act: Fact = ACT,
    holdings: Sequence[Holding] = (machine(),),
    told: Sequence[Told] = (),
    refused: int = 0,
) -> Traced:
    return build(Given(act, [*facts, act], holdings, told, {IP: refused, OUT: refused}))


def weigh(
    traced: Traced, *facts: Fact, act: Fact = ACT, added: Sequence[Exhibit] = (), sources: Any = SOURCES
) -> Judgement:
    return judge(traced, {one.key: one for one in (*facts, act)}, sources, added)


def step(traced: Traced, rule: str) -> Link:
    return next(link for link in traced.chain.links if link.rule == rule)


def values(link: Link) -> list[str]:
    return [one.value for one in link.options]


# --- sessions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "act", "rules", "state", "number"),
    [
        ([login()], ACT, ["S3"], "single", 1),
        ([login(), login(5, ip="10.9.9.9", pid=42)], ACT, ["S3"], "ambiguous", 2),
        ([login(), login(5, ip="10.9.9.9", pid=42, tty="pts/1")], ACT, ["S3"], "single", 1),
        ([login(), fact("session_closed", 60, user="itadmin", pid=41)], ACT, ["S3"], "missing", 0),
        ([login(user="other")], ACT, ["S3"], "missing", 0),
        ([login(host="elsewhere")], ACT, ["S3"], "missing", 0),
        ([login(600)], ACT, ["S3"], "missing", 0),
        # su: root acts, itadmin logged in
        ([login(), fact("su", 30, user="itadmin", effective="root", tty="pts/1")], replace(ACT, user="root"), ["S4", "S3"], "single", 1),
        # two became root; one of them is gone: only who was still there can have acted
        (
            [login(), login(1, user="b", pid=44), fact("su", 30, user="itadmin", effective="root"), fact("su", 31, user="b", effective="root"),
             fact("session_closed", 60, user="b", pid=44)],
            replace(ACT, user="root", tty=""), ["S4", "S3"], "single", 1,
        ),
        (
            [login(), login(1, user="b", pid=44), fact("su", 30, user="itadmin", effective="root"), fact("su", 31, user="b", effective="root")],
            replace(ACT, user="root", tty=""), ["S4", "S3"], "ambiguous", 2,
        ),
        # audit and Windows sessions by their number; the number of an earlier boot is not taken
        ([login(-900_000, session="118"), login(session="118", pid=45)], replace(ACT, session="118"), ["S1"], "single", 1),
        ([login(session="0x3e7a1")], replace(ACT, session="0x3e7a1"), ["S2"], "single", 1),
        ([], replace(ACT, session="0x3e7a1"), ["S2"], "missing", 0),
        # nothing names an account: everybody who was there
        ([login(), login(2, user="b", pid=43)], replace(ACT, user="", tty=""), ["S6"], "ambiguous", 2),
    ],
)  # fmt: skip
def test_an_act_is_traced_to_its_session(
    facts: list[Fact], act: Fact, rules: list[str], state: str, number: int
) -> None:
    traced = work(*facts, act=act)

    way = traced.chain.of(Path.SESSION)
    assert ([link.rule for link in way], way[-1].state, len(traced.sessions)) == (rules, state, number)
    assert way[-1].ask == {"single": "", "missing": "session_start", "ambiguous": "which_session"}[state]


def cron(at: int) -> Fact:
    return fact("session_opened", at, outcome="success", user="root", pid=77, exe="CRON", attrs={"service": "cron"})


@pytest.mark.parametrize(
    ("facts", "act", "automatic"),
    [
        ([cron(107)], replace(ACT, action="job_started", user="root", tty=""), True),
        ([cron(107)], replace(ACT, user="root", tty="", action="command"), True),
        ([cron(100), login(), fact("su", 30, user="itadmin", effective="root")], replace(ACT, user="root", tty=""), False),
        ([cron(107), login()], ACT, False),
        ([replace(login(session="7"), exe="/usr/sbin/crond")], replace(ACT, session="7"), True),
        ([replace(login(session="0x9", ip=""), attrs={"LogonType": 4})], replace(ACT, session="0x9"), True),
    ],
)  # fmt: skip
def test_what_a_job_does_points_to_nobody(facts: list[Fact], act: Fact, automatic: bool) -> None:
    traced = work(*facts, *WHOLE[1:], act=act)
    judged = weigh(traced, *facts, *WHOLE[1:], act=act)

    assert traced.chain.automatic is automatic
    assert (judged.outcome == Outcome.AUTOMATIC) is automatic
    if automatic:
        assert (judged.person, judged.strength, judged.order[0]) == ("", Word.NONE, Hypothesis.AUTOMATIC)


# --- network ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "holdings", "rule", "state", "found", "ask"),
    [
        ([lease()], [machine()], "N5", "single", ["黄某某"], ""),
        ([lease(), lease()], [machine()], "N2", "single", [MAC], ""),  # renewed: the same machine twice is one
        ([lease(), lease(MAC2)], [machine(), machine("王某某", MAC2)], "N2", "ambiguous", [MAC, MAC2], "which_lease"),
        ([lease(), lease(MAC2)], [machine(), machine("王某某", MAC2)], "N5", "ambiguous", ["黄某某", "王某某"], "which_custodian"),
        ([lease(until=-60)], [machine()], "N2", "missing", [], "dhcp_log"),
        ([lease(until=-1)], [machine()], "N2", "single", [MAC], ""),  # within the error of both clocks
        ([], [machine()], "N2", "missing", [], "dhcp_log"),
        ([lease()], [], "N4", "missing", [], "machine_register"),
        ([lease()], [machine(until=-86_400), machine("李某某", since=-86_400)], "N5", "single", ["李某某"], ""),  # changed hands
        ([lease()], [machine(until=-86_400)], "N5", "missing", [], "custody_register"),
        ([lease()], [machine(), machine("王某某")], "N5", "ambiguous", ["黄某某", "王某某"], "which_custodian"),
        ([lease(), lease(MAC2)], [machine(), machine("", MAC2)], "N5", "ambiguous", ["黄某某", "?" + MAC2], "which_custodian"),
        ([lease(), fact("mac_entry", None, NETWORK, mac=MAC, attrs={"port": "GE1/0/17"})], [machine()], "N3", "single", ["GE1/0/17"], ""),
    ],
)  # fmt: skip
def test_an_address_is_followed_to_a_machine_and_its_keeper(
    facts: list[Fact], holdings: list[Holding], rule: str, state: str, found: list[str], ask: str
) -> None:
    link = step(work(login(), *facts, holdings=holdings), rule)

    assert (link.state, sorted(values(link)), link.ask) == (state, sorted(found), ask)


@pytest.mark.parametrize(
    ("translations", "state", "found", "notes"),
    [
        ([nat()], "single", [IP], []),
        ([nat(), nat("10.9.9.9")], "ambiguous", [IP, "10.9.9.9"], []),
        ([nat(outer_port=40013)], "missing", [], []),
        ([], "missing", [], []),
        ([nat(at=-48 * 3600)], "missing", [], []),
        ([nat(at=3600)], "missing", [], ["hours:1"]),  # a clock off by an hour is told, and no link is made of it
        ([nat(at=8 * 3600)], "missing", [], ["hours:8"]),
    ],
)
def test_a_translated_address_is_turned_back(
    translations: list[Fact], state: str, found: list[str], notes: list[str]
) -> None:
    traced = work(login(ip=OUT, port=40012), lease(), *translations)
    link = step(traced, "N1")

    assert (link.state, values(link), link.notes) == (state, found, notes)
    assert link.ask == {"single": "", "missing": "nat_log", "ambiguous": "nat_ports"}[state]
    assert bool(traced.chain.people(Path.NETWORK)) is (state == "single")


def test_leases_that_were_given_end_where_the_next_begins() -> None:
    rows = [
        fact("lease_given", -7200, NETWORK, ip=IP, mac=MAC2),
        fact("lease_given", -600, NETWORK, ip=IP, mac=MAC),
        fact("lease_released", 600, NETWORK, ip=IP, mac=MAC),
    ]
    assert values(step(work(login(), *rows), "N2")) == [MAC]
    assert step(work(login(900), *rows, act=replace(ACT, ts=T0 + 1000 * SECOND)), "N2").state == "missing"


# --- credentials ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "told", "people", "notes", "ask"),
    [
        ([changed(), held_by()], (), ["黄某某"], [], ""),
        ([changed(-9000, "wang"), changed(), held_by(), held_by("wang", "王某某")], (), ["黄某某"], [], ""),  # the last before
        ([changed(60), held_by()], (), [], [], "password_changes"),  # changed only afterwards
        ([held_by()], (), [], [], "password_changes"),
        ([changed()], (), [], [], "account_register"),
        ([changed(), held_by()], (Told("itadmin", "王某某"),), ["黄某某", "王某某"], ["disclosed"], "who_knows"),
        ([changed(), held_by()], (Told("itadmin", "王某某", T0 + HOUR),), ["黄某某"], [], ""),  # told only afterwards
        ([changed(), held_by()], (Told("other", "王某某"),), ["黄某某"], [], ""),
        ([changed(), held_by(), held_by("huangmm", "王某某")], (), ["黄某某", "王某某"], [], "who_knows"),
        ([changed(), held_by(), login(-60, ip="10.9.9.9", pid=90)], (), ["黄某某"], ["shared_account"], "who_knows"),
    ],
)  # fmt: skip
def test_who_logs_in_with_a_secret_knows_it(
    facts: list[Fact], told: Sequence[Told], people: list[str], notes: list[str], ask: str
) -> None:
    traced = work(login(tty="pts/1"), *facts, told=told)
    way = traced.chain.of(Path.CREDENTIAL)

    assert list(traced.chain.people(Path.CREDENTIAL)) == people
    assert [note for link in way for note in link.notes] == notes
    assert (way[-1].ask, way[-1].state == "ambiguous") == (ask, len(people) > 1 or "shared_account" in notes)


@pytest.mark.parametrize("method", ["publickey", "gssapi-with-mic"])
def test_a_login_without_password_says_nothing_of_passwords(method: str) -> None:
    link = step(work(login(attrs={"method": method}), changed(), held_by()), "C2")

    assert (link.state, link.ask) == ("missing", "authorized_keys")


def test_a_change_on_the_host_is_the_one_who_ran_the_command() -> None:
    command = fact("sudo", -200, user="wang", effective="root", command="passwd itadmin", labels=("password-command",))
    change = fact("password_changed", -190, outcome="success", target="itadmin")
    refused = fact("password_changed", -100, outcome="failure", target="itadmin")

    traced = work(login(), command, change, refused, held_by("wang", "王某某"))

    assert values(step(traced, "C1")) == ["wang"]
    assert traced.chain.people(Path.CREDENTIAL) == ("王某某",)


# --- presence, weight and caps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "note", "aside"),
    [
        ([passed(-900, "进"), passed(900, "出")], "inside", False),
        ([passed(-900, "出")], "outside", True),
        ([passed(900, "进")], "unclear", True),
        ([passed(-900, "进"), passed(900, "进")], "unclear", True),
        ([passed(-900, "进", "王某某")], "", True),
        ([passed(-900_000, "进")], "", True),
    ],
)
def test_a_door_tells_where_the_person_was(rows: list[Fact], note: str, aside: bool) -> None:
    link = step(work(login(), lease(), *rows), "P1")

    assert (link.notes[-1:], link.aside) == ([note] if note else [], aside)
    assert (link.ask == "door_record") is (not note)


def explanation(h1: int, code: str = "added_explanation") -> Exhibit:
    return Exhibit(code, "added", {Hypothesis.NAMED: h1, Hypothesis.OTHER_HOLDER: -h1})


def better() -> Exhibit:
    """Something that does not fit the named person, and fits another."""
    return Exhibit("added_other", "added", {Hypothesis.NAMED: -1, Hypothesis.OTHER_HOLDER: 2})


OWNED = {**SOURCES, NETWORK: Source("网络中心", frozenset({"黄某某"}))}
ALL_OWNED = {key: Source(f"k{key}", frozenset({"黄某某"})) for key in (1, NETWORK, DIRECTORY, DOOR)}
ONE_KEEPER = {key: Source("网络中心") for key in (1, NETWORK, DIRECTORY, DOOR)}


#: Records, what is changed about them → outcome, strength, caps: every state that a card can be in.
STATES: tuple[tuple[tuple[Fact, ...], dict[str, Any], str, int, list[str]], ...] = (
        (WHOLE, {}, "named", 3, []),
        (WHOLE[:4], {}, "named", 2, ["two_sources"]),
        (WHOLE[:2], {}, "session", 1, ["one_source"]),
        ((login(), changed(), held_by()), {"holdings": ()}, "session", 1, ["one_source"]),
        # A door bears out one way to a person; it is not the second.
        ((login(), lease(), *WHOLE[4:]), {}, "session", 1, ["presence_only"]),
        ((login(), *WHOLE[2:]), {"holdings": ()}, "session", 1, ["presence_only"]),
        (WHOLE, {"sources": {**ALL_OWNED, DOOR: SOURCES[DOOR]}}, "session", 1, ["controlled_only"]),
        ((login(),), {}, "session", 0, ["no_person_link"]),
        ((), {}, "broken", 0, ["no_session"]),
        (WHOLE, {"holdings": (machine("王某某"),)}, "contested", 0, ["contradiction"]),
        ((*WHOLE, login(5, ip="10.9.9.9", pid=43)), {}, "session", 0, ["session_ambiguous"]),
        ((*WHOLE, lease(MAC2)), {"holdings": (machine(), machine(mac=MAC2))}, "named", 2, ["ambiguous"]),
        (WHOLE, {"told": (Told("itadmin", "黄某某"),)}, "named", 3, []),
        (WHOLE, {"told": (Told("itadmin", "王某某"),)}, "session", 1, ["others_know"]),
        (WHOLE, {"sources": OWNED}, "named", 2, ["suspect_controlled"]),
        (WHOLE, {"sources": ALL_OWNED}, "session", 1, ["controlled_only"]),
        (WHOLE, {"sources": ONE_KEEPER}, "session", 1, ["one_source"]),
        (WHOLE, {"added": (explanation(-1),)}, "named", 2, ["explained_otherwise"]),
        (WHOLE, {"added": (explanation(-1), explanation(1, "added_testimony"))}, "named", 1, ["testimony_contradicts"]),
        (WHOLE, {"added": (explanation(-2),)}, "contested", 0, ["refuted"]),
        ((*WHOLE[:4], passed(-900, "出")), {}, "contested", 0, ["refuted"]),
        (tuple(replace(one, stated=False) for one in WHOLE), {}, "named", 2, ["clocks_unset"]),
        ((*WHOLE[:2], changed(-3), held_by(), *WHOLE[4:]), {}, "named", 2, ["epoch_blurred"]),
        ((*WHOLE[:4], passed(-900, "进")), {"added": (better(), better())}, "named", 1, ["other_fits_better"]),
)  # fmt: skip


def judged_in(facts: tuple[Fact, ...], changes: dict[str, Any]) -> Judgement:
    """Return the judgement of a state."""
    given = {name: changes[name] for name in ("holdings", "told") if name in changes}
    weighed = {name: changes[name] for name in ("sources", "added") if name in changes}
    return weigh(work(*facts, **given), *facts, **weighed)


@pytest.mark.parametrize(("facts", "changes", "outcome", "strength", "caps"), STATES)
def test_the_caps_hold_in_every_state(
    facts: tuple[Fact, ...], changes: dict[str, Any], outcome: str, strength: int, caps: list[str]
) -> None:
    judged = judged_in(facts, changes)

    assert (judged.outcome.value, int(judged.strength)) == (outcome, strength)
    assert set(caps) <= set(judged.caps)
    assert (judged.person == "黄某某") is (outcome == "named")
    assert judged.words[Hypothesis.NAMED] == judged.strength
    assert set(judged.words) == set(Hypothesis) == set(judged.order)


def test_only_the_logs_of_the_suspect_himself_are_marked() -> None:
    judged = weigh(work(*WHOLE), *WHOLE, sources=OWNED)

    assert judged.controlled == [NETWORK]


def test_the_smallest_set_of_records_breaks_the_chain() -> None:
    second = login(run=OWN)  # another log tells of the same login
    facts = (*WHOLE, second)
    sources = {**SOURCES, OWN: Source("服务器")}

    judged = weigh(work(*facts), *facts, sources=sources)

    assert judged.outcome == Outcome.NAMED
    assert 1 <= len(judged.cut) <= 2
    left = tuple(one for one in facts if one.key not in judged.cut)
    act = ACT if ACT.key not in judged.cut else None
    if act is not None:
        again = weigh(work(*left), *left, sources=sources)
        assert again.outcome != Outcome.NAMED


# --- properties -------------------------------------------------------------------------------------------------------

SPAN = st.tuples(st.integers(0, 60), st.integers(0, 30), st.integers(0, 3), st.sampled_from("ab"))


@given(st.lists(SPAN, max_size=25), st.integers(-5, 95), st.integers(0, 4))
def test_intervals_answer_as_a_look_at_every_one_does(rows: list[tuple[int, int, int, str]], at: int, err: int) -> None:
    spans = [
        Span(key, since, since + length, "v", number, own) for number, (since, length, own, key) in enumerate(rows)
    ]
    found = {one.fact for one in Spans(spans).at("a", at, err)}

    expected = {
        one.fact
        for one in spans
        if one.key == "a" and one.since - one.err <= at + err and at - err <= one.until + one.err
    }
    assert found == expected


@given(st.sets(st.sampled_from(range(len(WHOLE)))), st.sampled_from(list(Fit)))
def test_fewer_records_never_say_more(kept: set[int], fit: Fit) -> None:
    whole = weigh(work(*WHOLE), *WHOLE)
    some = tuple(one for number, one in enumerate(WHOLE) if number in kept)

    judged = weigh(work(*some), *some, added=(explanation(int(fit)),))

    assert judged.strength <= whole.strength
    assert judged.person in {"", whole.person}
    assert judged.outcome == Outcome.NAMED or judged.strength <= Word.LIMITED
