"""Logs of one machine held against each other, and rotated sets read as one log."""

import gzip
import json
import random
import struct
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.parsing.findings import CONTRADICTED, EXPLAINED, HINT, PROVED, UNKNOWN
from evidence.parsing.joined import Judgement, heard, judge
from evidence.parsing.rotated import rotation
from evidence.parsing.run import Run, start
from tests.parsing.reading import REFERENCE, lines, source_of
from tests.parsing.test_deletions import audit

BEGAN = datetime(2021, 9, 6, tzinfo=timezone(timedelta(hours=8)))
HOURS = 30


def at(hour: float) -> datetime:
    return BEGAN + timedelta(hours=hour)


def stamp(moment: datetime) -> str:
    return f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S}"


def secure(hours: list[int], *, host: str = "rig", more: tuple[str, ...] = (), terminal: bool = False) -> bytes:
    """Return an auth log of the first and last minute of the time, with a login at each of the hours."""
    said = [(-1.0, f"{stamp(at(-1))} {host} sudo: pam_unix(sudo:session): session closed for user root")]
    for hour in hours:
        head = f"{stamp(at(hour))} {host} sshd[{hour + 10}]: "
        said.append((hour, f"{head}Accepted password for huang from 10.3.7.{hour} port 50022 ssh2"))
        if terminal:
            said.append((hour, f"{head}Starting session: shell on pts/0 for huang from 10.3.7.{hour} port 50022 id 0"))
    said.append(
        (HOURS + 1.0, f"{stamp(at(HOURS + 1))} {host} sudo: pam_unix(sudo:session): session closed for user root")
    )
    return lines(*(line for _, line in sorted(said)), *more)


def record(kind: int, hour: float, *, user: bytes = b"huang", line: bytes = b"pts/0", ip: str = "") -> bytes:
    place = bytes(int(part) for part in ip.split(".")) if ip else b""
    return struct.pack(
        "<h2xi32s4s32s256shhiii16s20x",
        kind,
        99,
        line,
        b"ts/0",
        user,
        ip.encode(),
        0,
        0,
        1,
        int(at(hour).timestamp()) + 1,
        0,
        place,
    )


def wtmp(hours: list[int], *, ahead: float = 0) -> bytes:
    """Return login records of the hours, between a start of the machine and its end; ``ahead`` hours too late."""
    records = [record(7, hour + ahead, ip=f"10.3.7.{hour}") for hour in hours]
    return (
        record(2, -1, user=b"reboot", line=b"~") + b"".join(records) + record(1, HOURS + 1, user=b"shutdown", line=b"~")
    )


def held(**files: bytes) -> Judgement:
    """Read the files, named with ``_`` for ``.``, and hold them against each other."""
    return judge([heard(run_of(data, name.replace("__", "-").replace("_", "."))) for name, data in files.items()])


def run_of(data: bytes, name: str) -> Run:
    run = start(source_of(data, name), reference=REFERENCE)
    for _ in run.batches():
        pass
    return run


def told(judgement: Judgement) -> list[tuple[str, str, str]]:
    return [(one.finding.check, one.finding.verdict, one.about.part.name) for one in judgement.found]


@settings(max_examples=15, deadline=None)
@given(st.sets(st.integers(0, HOURS - 1), max_size=HOURS - 4))
def test_every_login_taken_from_the_auth_log_is_told_by_wtmp(gone: set[int]) -> None:
    left = [hour for hour in range(HOURS) if hour not in gone]

    judgement = held(secure=secure(left), wtmp=wtmp(list(range(HOURS))))

    assert {one.finding.facts["source_ip"] for one in judgement.found} == {f"10.3.7.{hour}" for hour in gone}
    assert {one.finding.verdict for one in judgement.found} <= {CONTRADICTED}
    assert all(one.about.part.name == "secure" and one.witness is not None for one in judgement.found)


def test_both_sides_are_quoted_with_their_bytes() -> None:
    data = secure([hour for hour in range(HOURS) if hour != 17])

    (one,) = held(secure=data, wtmp=wtmp(list(range(HOURS)))).found

    finding = one.finding
    assert finding.before is not None
    assert finding.after is not None
    assert finding.witness is not None
    assert "from 10.3.7.16 port" in finding.before.text
    assert "from 10.3.7.18 port" in finding.after.text
    assert data[finding.before.offset :][: finding.before.length].decode() == finding.before.text
    assert (finding.witness.offset, finding.witness.length) == (18 * 384, 384)
    assert finding.witness.text == "huang 10.3.7.17"
    assert finding.shown()["witness"]["raw_offset"] == 18 * 384


def test_a_record_taken_from_wtmp_is_told_by_the_auth_log() -> None:
    some = [hour for hour in range(HOURS) if hour != 17]

    certain = held(secure=secure(list(range(HOURS)), terminal=True), wtmp=wtmp(some))
    possible = held(secure=secure(list(range(HOURS))), wtmp=wtmp(some))

    assert told(certain) == [("login_contradicted", CONTRADICTED, "wtmp")]
    assert told(possible) == [("login_contradicted", HINT, "wtmp")]  # a copy leaves no record there


QUIET: tuple[tuple[str, dict[str, bytes]], ...] = (
    ("both whole", {"secure": secure(list(range(HOURS))), "wtmp": wtmp(list(range(HOURS)))}),
    ("mostly commands without a terminal", {"secure": secure(list(range(HOURS))), "wtmp": wtmp([1, 2, 3, 4])}),
    ("utmp holds who is in now", {"secure": secure(list(range(HOURS)), terminal=True), "utmp": wtmp([26, 27, 28])}),
    ("another machine", {"secure": secure([1, 2, 3, 4]), "auth_log": secure([1, 2, 3, 4, 5, 6], host="other")}),
    ("no logins at all on one side", {"secure": secure([]), "wtmp": wtmp([1, 2, 3])}),
    (
        "before the log begins",
        {"secure": lines(*secure(list(range(HOURS))).decode().splitlines()[10:]), "wtmp": wtmp(list(range(HOURS)))},
    ),
)


@pytest.mark.parametrize("files", [files for _, files in QUIET], ids=[name for name, _ in QUIET])
def test_what_was_not_touched_raises_nothing(files: dict[str, bytes]) -> None:
    assert told(held(**files)) == []


def test_a_clock_that_was_set_and_dropped_lines_are_weighed() -> None:
    whole = wtmp(list(range(HOURS)))
    some = [hour for hour in range(HOURS) if hour != 17]
    dropped = f"{stamp(at(17.2))} rig rsyslogd[1]: imuxsock lost 40 messages from pid 12 due to rate-limiting"
    clock = f"{stamp(at(17.2))} rig systemd[1]: Time has been changed"

    limited = held(secure=secure(some, more=(dropped,)), wtmp=whole)
    jumped = held(secure=secure(some, more=(clock,)), wtmp=whole)

    assert told(limited) == [("login_contradicted", EXPLAINED, "secure")]
    assert told(jumped) == [("login_contradicted", UNKNOWN, "secure")]


def test_sources_that_have_next_to_nothing_in_common_are_said_to_be_unclear_once() -> None:
    judgement = held(secure=secure([3, 4]), wtmp=wtmp(list(range(5, 25))))

    assert told(judgement) == [("login_contradicted", UNKNOWN, "secure")]
    assert judgement.found[0].finding.benign["few_matches"] is True


def test_a_log_too_large_to_be_kept_is_heard_only_as_far_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evidence.parsing.witness.KEPT", 20)

    judgement = held(secure=secure([hour for hour in range(HOURS) if hour != 7]), wtmp=wtmp(list(range(HOURS))))

    assert [one.finding.facts["source_ip"] for one in judgement.found] == ["10.3.7.7"]


def numbers(hours: list[int], said: str) -> bytes:
    return lines(
        f"{stamp(at(-1))} rig sudo: pam_unix(sudo:session): session closed for user root",
        *(f"{stamp(at(hour))} rig {said.format(number=hour + 40)}" for hour in hours),
        f"{stamp(at(HOURS + 1))} rig sudo: pam_unix(sudo:session): session closed for user root",
    )


def test_syslog_keeps_the_sessions_that_were_taken_from_the_auth_log() -> None:
    some = [hour for hour in range(HOURS) if hour not in {9, 10}]

    judgement = held(
        auth_log=numbers(some, "systemd-logind[4]: New session {number} of user huang."),
        syslog=numbers(list(range(HOURS)), "systemd[1]: Started Session {number} of user huang."),
    )

    assert told(judgement) == [("session_contradicted", CONTRADICTED, "auth.log")] * 2
    assert [one.finding.facts["session"] for one in judgement.found] == ["49", "50"]
    assert judgement.found[0].finding.witness is not None
    assert judgement.found[0].finding.witness.text.endswith("Started Session 49 of user huang.")


def test_the_journal_keeps_what_was_taken_from_the_auth_log() -> None:
    entries = [
        {
            "__CURSOR": f"s=ab;i={number:x};b=cd", "__REALTIME_TIMESTAMP": str(int(at(hour).timestamp() * 1_000_000)), "_BOOT_ID": "cd",
            "_HOSTNAME": "rig", "SYSLOG_IDENTIFIER": "sshd", "MESSAGE": f"Accepted password for huang from 10.3.7.{hour} port 50022 ssh2",
        }
        for number, hour in enumerate(range(HOURS), 1)
    ]  # fmt: skip
    journal = lines(*(json.dumps(entry) for entry in entries))

    judgement = held(auth_log=secure([hour for hour in range(HOURS) if hour != 17]), journal_json=journal)

    assert told(judgement) == [("login_contradicted", CONTRADICTED, "auth.log")]


def test_the_audit_log_keeps_what_was_taken_from_the_auth_log() -> None:
    records = [
        f'type=USER_LOGIN msg=audit({int(at(hour).timestamp())}.000:{hour + 1}): pid=1 uid=0 auid=0 ses=1 msg=\'op=login acct="huang" '
        f'exe="/usr/sbin/sshd" hostname=? addr=10.3.7.{hour} terminal=ssh res=success\''
        for hour in range(HOURS)
    ]

    judgement = held(secure=secure([hour for hour in range(HOURS) if hour != 17]), audit_log=lines(*records))

    assert told(judgement) == [("login_contradicted", CONTRADICTED, "secure")]
    assert judgement.found[0].finding.witness is not None
    assert "addr=10.3.7.17" in judgement.found[0].finding.witness.text


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (("auth.log", "auth.log.1", "auth.log.2.gz"), ("auth.log.2.gz", "auth.log.1", "auth.log")),
        (("secure", "secure-20211205", "secure-20211128"), ("secure-20211128", "secure-20211205", "secure")),
    ],
)
def test_the_order_of_a_rotated_set(names: tuple[str, ...], order: tuple[str, ...]) -> None:
    assert tuple(sorted(names, key=rotation)) == order
    assert len({rotation(name)[0] for name in names}) == 1


def logind(hours: range, gone: frozenset[int] = frozenset()) -> bytes:
    """Return a log with two sessions an hour and the number of the second of them."""
    out = []
    for hour in hours:
        if hour in gone:
            continue
        out += [
            f"{stamp(at(hour))} rig CRON[1]: pam_unix(cron:session): session opened for user root by (uid=0)",
            f"{stamp(at(hour + 0.2))} rig sshd[2]: pam_unix(sshd:session): session opened for user huang by (uid=0)",
            f"{stamp(at(hour + 0.2))} rig systemd-logind[3]: New session {2 * hour + 2} of user huang.",
        ]
    return lines(*out)


@pytest.mark.parametrize(("lost", "expected"), [(0, 0), (3, 6)])
def test_sessions_lost_between_two_files_of_a_set_are_counted(lost: int, expected: int) -> None:
    judgement = held(
        auth_log_2=logind(range(40)),
        auth_log_1=logind(range(40 + lost, 80)),
        auth_log=logind(range(80, 120)),
    )

    (one,) = judgement.sets
    assert one.shown() == {
        "name": "auth.log", "files": ["auth.log.2", "auth.log.1", "auth.log"], "lines": 360 - 3 * lost, "parsed": 360 - 3 * lost,
        "unparsed": 0, "events": 360 - 3 * lost,
    }  # fmt: skip
    counted = [found for found in judgement.found if found.finding.check == "logind_sessions"]
    assert sum(found.finding.missing or 0 for found in counted) == expected
    beats = [found.finding for found in judgement.found if found.finding.check == "heartbeat"]
    assert [(one.verdict, one.expected) for one in beats] == ([(UNKNOWN, lost)] if lost else [])
    for found in counted:
        assert found.finding.verdict == PROVED
        assert found.finding.before is not None
        assert "New session 80 " in found.finding.before.text


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(30, 200), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_serials_go_on_from_file_to_file(sizes: list[int], chance: random.Random) -> None:
    files: dict[str, bytes] = {}
    serial, lost = 1, 0
    for number, size in enumerate(sizes):
        left = len(sizes) - 1 - number
        files[f"audit_log_{left}" if left else "audit_log"] = audit(list(range(serial, serial + size)))
        gap = chance.choice([0, 0, chance.randint(1, 50)]) if left else 0
        serial, lost = serial + size + gap, lost + gap

    judgement = held(**files)

    assert sum(found.finding.missing or 0 for found in judgement.found) == lost


def test_a_file_of_the_set_that_was_not_handed_in_is_named_and_nothing_is_called_deleted() -> None:
    judgement = held(auth_log_3=logind(range(40)), auth_log_1=logind(range(60, 100)))

    assert [(check, verdict) for check, verdict, _ in told(judgement)] == [
        ("rotated_file_missing", UNKNOWN),
        ("logind_sessions", UNKNOWN),
        ("heartbeat", UNKNOWN),
    ]


@pytest.mark.parametrize(
    ("between", "verdict", "benign"),
    [
        ("", UNKNOWN, "rotation"),
        ("kernel: Linux version 3.10.0-1160.el7.x86_64 (mockbuild@kbuilder)", EXPLAINED, "machine_off"),
    ],
)
def test_hours_between_two_files_of_a_set_in_which_what_comes_every_hour_did_not(
    between: str, verdict: str, benign: str
) -> None:
    begins = lines(f"{stamp(at(47.9))} rig {between}") if between else b""
    judgement = held(auth_log_1=logind(range(40)), auth_log=begins + logind(range(48, 90)))

    (beat,) = [found.finding for found in judgement.found if found.finding.check == "heartbeat"]
    assert (beat.verdict, beat.expected, beat.facts["set"]) == (verdict, 8, "auth.log")
    assert beat.benign[benign] is (verdict == EXPLAINED)
    assert beat.before is not None
    assert beat.after is not None
    assert "CRON" in beat.before.text
    assert stamp(at(48)) in beat.after.text


#: What another piece of evidence says of which machine → the verdict on the log of the first that lacks one login.
ELSEWHERE: tuple[tuple[dict[str, str], range, list[str]], ...] = (
    ({"host": "rig"}, range(HOURS), [CONTRADICTED]),
    ({"host": "other"}, range(HOURS), []),
    ({"host": "rig"}, range(14, 20), [CONTRADICTED]),  # a copy of a part still has it
)


@pytest.mark.parametrize(("given", "hours", "verdicts"), ELSEWHERE)
def test_logs_of_two_pieces_of_evidence_are_held_against_each_other_where_both_name_the_machine(
    given: dict[str, str], hours: range, verdicts: list[str]
) -> None:
    lacking = heard(run_of(secure([hour for hour in range(HOURS) if hour != 17]), "secure"), origin=1)
    copy = heard(run_of(secure(list(hours), **given), "secure-copy.log"), origin=2)  # type: ignore[arg-type]

    found = judge([lacking, copy]).found

    about = [one.finding for one in found if one.about is lacking]
    assert [one.verdict for one in about] == verdicts
    assert all("10.3.7.17" in one.witness.text for one in about if one.witness)
    # The copy that lacks much more than it has may have been handed in in part: nothing is proved by what it lacks.
    against = {one.finding.verdict for one in found if one.about is copy}
    assert against == (set() if len(hours) == HOURS or not verdicts else {UNKNOWN})
    assert all(one.finding.benign["filtered_export"] for one in found if one.about is copy)


def test_files_of_two_pieces_of_evidence_are_no_set_and_a_nameless_log_follows_the_others_of_its_own() -> None:
    whole = list(range(HOURS))
    parts = [
        heard(run_of(logind(range(40)), "auth.log.1"), origin=1),
        heard(run_of(logind(range(60, 100)), "auth.log"), origin=2),
    ]
    assert judge(parts).sets == []
    assert not [one for one in judge(parts).found if "set" in one.finding.facts]

    lacking = heard(run_of(secure([hour for hour in whole if hour != 17]), "secure"), origin=1)
    records = heard(run_of(wtmp(whole), "wtmp"), origin=2)  # names no machine, and nothing of its own does
    assert judge([lacking, records]).found == []
    beside = heard(run_of(secure([]), "messages"), origin=2)  # names it
    (found,) = [one for one in judge([lacking, records, beside]).found if one.about is lacking]
    assert (found.finding.verdict, found.witness) == (CONTRADICTED, records)


def test_the_command_takes_the_logs_of_a_machine_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secure").write_bytes(secure([hour for hour in range(HOURS) if hour != 17]))
    (tmp_path / "secure.1.gz").write_bytes(gzip.compress(lines(f"{stamp(at(-3))} rig su: x")))
    (tmp_path / "wtmp").write_bytes(wtmp(list(range(HOURS))))

    call_command(
        "parse-log",
        str(tmp_path / "wtmp"),
        str(tmp_path / "secure"),
        str(tmp_path / "secure.1.gz"),
        "--json",
        "--as-of",
        "2021-12-16",
    )

    summary: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])["summary"]
    assert summary["sets"][0]["files"] == ["secure.1.gz", "secure"]
    (gap,) = [gap for gap in summary["gaps"] if gap["check"] == "login_contradicted"]
    assert (gap["file"], gap["facts"]["has"], gap["verdict"]) == ("secure", "wtmp", CONTRADICTED)
    assert summary["lines"] == summary["parsed"] + summary["unparsed"]
    assert datetime.fromisoformat(gap["witness"]["ts"]).astimezone(UTC) == at(17).astimezone(UTC) + timedelta(seconds=1)
