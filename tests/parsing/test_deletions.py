"""What is taken out of a log is found, with its exact count; what was never touched raises nothing."""

import gzip
import json
import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.parsing.findings import PROVED
from evidence.parsing.run import Run
from tests.parsing.reading import SAMPLES, lines, needs_samples, read


def missing(run: Run, check: str) -> int:
    """Return how many numbers a check proves missing."""
    return sum(finding.missing or 0 for finding in run.findings if finding.check == check and finding.verdict == PROVED)


def audit(serials: list[int]) -> bytes:
    return lines(
        *(
            f"type=USER_LOGIN msg=audit(1631154{serial % 1000:03d}.000:{serial}): pid=1 uid=0 auid=0 ses=1 msg='op=login acct=\"root\" res=success'"
            for serial in serials
        )
    )


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 1_000_000),
    st.integers(120, 400),
    st.lists(st.tuples(st.integers(1, 380), st.integers(1, 40)), min_size=0, max_size=4),
    st.randoms(use_true_random=False),
)
def test_every_deletion_from_an_audit_log_is_counted(
    first: int, size: int, cuts: list[tuple[int, int]], chance: random.Random
) -> None:
    serials = list(range(first, first + size))
    gone = {serial for at, length in cuts for serial in serials[at : at + length]} - {serials[0], serials[-1]}
    left = [serial for serial in serials if serial not in gone]
    for at in range(1, len(left) - 1, 37):  # the kernel's records come out of order now and then
        if chance.random() < 0.5 and at + 1 < len(left) - 1:
            left[at], left[at + 1] = left[at + 1], left[at]

    _, _, run = read(audit(left))

    assert missing(run, "audit_serial") == len(gone)


@settings(max_examples=15, deadline=None)
@given(st.integers(30, 200), st.lists(st.tuples(st.integers(1, 190), st.integers(1, 20)), max_size=3))
def test_every_deletion_from_a_journal_is_counted(size: int, cuts: list[tuple[int, int]]) -> None:
    numbers = list(range(1, size + 1))
    gone = {number for at, length in cuts for number in numbers[at : at + length]} - {1, size}
    left = [number for number in numbers if number not in gone]
    data = lines(
        *(
            json.dumps(
                {
                    "__CURSOR": f"s=ab;i={number:x};b=cd",
                    "__REALTIME_TIMESTAMP": str(1_631_154_000_000_000 + number),
                    "_BOOT_ID": "cd",
                    "MESSAGE": "x",
                }
            )
            for number in left
        )
    )

    _, _, run = read(data)

    assert missing(run, "journal_cursor") == len(gone)


def test_an_export_in_part_is_not_called_a_deletion() -> None:
    _, _, run = read(audit(list(range(1, 2000, 7))))

    (finding,) = [finding for finding in run.findings if finding.check == "audit_serial"]
    assert (finding.verdict, finding.benign["filtered_export"]) == ("coverage-unknown", True)


def test_a_serial_that_begins_anew_is_a_restart_and_no_deletion() -> None:
    _, _, run = read(audit([*range(90_000, 90_100), *range(1, 100)]))

    assert missing(run, "audit_serial") == 0


def test_a_path_record_taken_from_an_event_is_counted() -> None:
    whole = [
        'type=SYSCALL msg=audit(1631154000.000:7): arch=c000003e syscall=59 success=yes exit=0 items=2 ppid=1 pid=2 auid=0 uid=0 comm="rm" exe="/bin/rm"',
        'type=EXECVE msg=audit(1631154000.000:7): argc=2 a0="rm" a1=2F7661722F6C6F672F77746D70',
        'type=PATH msg=audit(1631154000.000:7): item=0 name="/bin/rm"',
        'type=PATH msg=audit(1631154000.000:7): item=1 name="/var/log/wtmp"',
    ]
    filler = [line.replace(":7)", f":{number})") for number in (8, 9) for line in whole]
    _, _, untouched = read(lines(*whole, *filler))
    events, _, run = read(lines(*whole[:3], *filler))

    assert [finding.check for finding in untouched.findings if finding.gap] == []
    assert missing(run, "audit_record") == 1
    assert events[0]["process_command_line"] == "rm /var/log/wtmp"
    assert events[0]["rule_labels"] == ("log-clearing",)


def session_log(days: int, *, gone: range = range(0), off: range = range(0)) -> bytes:
    """Return a log with an hourly job and a login every hour; hours in ``gone`` are cut out, in ``off`` the machine was off."""
    out, number = [], 0
    for hour in range(days * 24):
        at = f"Sep {1 + hour // 24:2d} {hour % 24:02d}"
        if hour in off:
            continue
        if off and hour == off.stop:
            out.append(f"{at}:00:01 rig kernel: [    0.000000] Linux version 5.4.0")
            number = 0
        number += 2
        if hour in gone:
            continue
        out += [
            f"{at}:17:01 rig CRON[1]: pam_unix(cron:session): session opened for user root by (uid=0)",
            f"{at}:30:00 rig sshd[2]: pam_unix(sshd:session): session opened for user huang by (uid=0)",
            f"{at}:30:01 rig systemd-logind[3]: New session {number} of user huang.",
        ]
    return lines(*out)


def test_hours_cut_out_are_found_twice_over() -> None:
    _, _, run = read(session_log(4, gone=range(40, 43)))

    assert missing(run, "logind_sessions") == 6
    (beat,) = [finding for finding in run.findings if finding.check == "heartbeat"]
    assert (beat.verdict, beat.missing) == ("coverage-unknown", 3)


def test_a_machine_that_was_off_is_explained() -> None:
    _, _, run = read(session_log(4, off=range(40, 43)))

    assert missing(run, "logind_sessions") == 0
    (beat,) = [finding for finding in run.findings if finding.check == "heartbeat"]
    assert (beat.verdict, beat.benign["machine_off"]) == ("explained", True)


def test_an_untouched_log_raises_nothing() -> None:
    _, _, run = read(session_log(4))

    assert [finding.check for finding in run.findings if finding.gap] == []


def test_zeroed_and_cut_login_records() -> None:
    record = struct.pack(
        "<h2xi32s4s32s256shhiii16s20x",
        7,
        99,
        b"pts/0",
        b"ts/0",
        b"huang",
        b"10.3.7.21",
        0,
        0,
        1,
        1_631_154_000,
        0,
        bytes([10, 3, 7, 21]),
    )
    assert len(record) == 384
    events, said, run = read(record + bytes(384) + record + record[:100], file="wtmp")

    assert (said["events"], said["unparsed"], said["lines"]) == (2, 2, 4)
    assert events[0]["source_ip"] == "10.3.7.21"
    checks = {finding.check: finding.facts for finding in run.findings}
    assert checks["utmp_zeroed"]["records"] == 1
    assert checks["utmp_cut_short"]["length"] == 100


def test_device_serials_conserve() -> None:
    rows = [
        f"2021-09-09 10:{number // 60:02d}:{number % 60:02d} FW %%01SECLOG/6/SESSION_BUILT(l)[{100 + number}]:IPVer=4,SourceIP=10.0.0.1,DestinationIP=10.0.0.2"
        for number in range(60)
    ]
    _, _, untouched = read(lines(*rows))
    _, _, run = read(lines(*rows[:30], *rows[35:]))

    assert missing(untouched, "vendor_serial") == 0
    assert missing(run, "vendor_serial") == 5


@needs_samples
@pytest.mark.parametrize("seed", range(4))
def test_random_deletions_from_a_real_log_are_found(seed: int) -> None:
    whole = gzip.decompress((SAMPLES / "tampered" / "auth_control.log.gz").read_bytes()).split(b"\n")
    chance = random.Random(seed)
    numbered = [at for at, line in enumerate(whole) if b"New session" in line]
    start = chance.choice(numbered[20:-20]) + chance.randint(1, 3)
    cut = whole[start : start + chance.randint(1, 60)]
    opened = sum(
        line.count(b"(sshd:session): session opened") + line.count(b"(cron:session): session opened") for line in cut
    )

    _, _, run = read(b"\n".join(whole[:start] + whole[start + len(cut) :]))

    # A cut that takes a number together with its sessions, or none at all, leaves nothing to count.
    assert missing(run, "logind_sessions") == opened
