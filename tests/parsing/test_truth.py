"""The readers against the truth files of the shared samples: every count exact, or the difference told here."""

import json
from collections import Counter
from typing import Any

import pytest

from evidence.parsing.events import iso
from tests.parsing.reading import SAMPLES, needs_samples, read

pytestmark = needs_samples


def truth(folder: str) -> dict[str, Any]:
    """Return the truth file of a folder."""
    found: dict[str, Any] = (
        json.loads((SAMPLES / folder / "truth.json").read_text(encoding="utf-8")) if SAMPLES.is_dir() else {}
    )
    return found


def lines_of(folder: str, name: str, breaks: int) -> int:
    """Return the lines of a file: the truth counts line breaks, and a last line without one is a line, too."""
    data = (SAMPLES / folder / name).read_bytes()
    assert data.count(b"\n") == breaks
    return breaks + (not data.endswith(b"\n"))


AUTH = ("OpenSSH_2k.log", "cseanburns_auth.log", "elastic_examples_auth.log", "misec_auth.log")


@pytest.mark.parametrize("name", AUTH)
def test_auth_logs(name: str) -> None:
    expected = truth("linux_auth")["files"][name]

    events, said, _ = read(SAMPLES / "linux_auth" / name)

    kinds = said["kinds"]
    assert (said["lines"], said["unparsed"]) == (expected["lines"], 0)
    failed = [event for event in events if event["event_action"] == "login" and event["event_outcome"] == "failure"]
    passwords = [event for event in failed if event["attrs"]["method"] == "password"]
    assert sum(event.get("repeat", 1) for event in passwords) == expected["ssh_failed_password_events_expanded"]
    assert len(passwords) == expected["ssh_failed_password_lines_incl_repeated_wrapper"]
    assert sum("repeat" not in event for event in failed) == expected["ssh_failed_lines"]
    assert [event["repeat"] for event in passwords if "repeat" in event] == expected["message_repeated_failed_password"]
    accepted = [event for event in events if event["event_action"] == "login" and event["event_outcome"] == "success"]
    assert Counter(event["attrs"]["method"] for event in accepted) == Counter(
        password=expected["ssh_accepted_password"], publickey=expected["ssh_accepted_publickey"]
    )
    assert kinds.get("unknown_user.failure", 0) == expected["invalid_user_lines"]
    sudo = [event for event in events if event["event_action"] == "sudo"]
    assert len(sudo) == expected["sudo_command_lines"]
    assert Counter(event["user_name"] for event in sudo) == expected["sudo_by_invoker"]
    numbered = [event for event in events if event["event_action"] == "logind_new" and event["session_key"].isdecimal()]
    assert len(numbered) == expected["logind_new_sessions"]
    opened = Counter(event["attrs"]["service"] for event in events if event["event_action"] == "session_opened")
    assert opened == expected["pam_sessions_opened"]
    assert kinds.get("account_created.success", 0) == expected["account_changes"]["new_user"]
    changes = [event for event in events if event["event_action"] == "password_changed"]
    assert len(changes) == len(expected["password_changed"])
    starts = [event for event in events if event["event_action"] == "service_started"]
    # Every start is told twice, for IPv4 and for IPv6, which the truth counts as one.
    assert len(starts) == 2 * expected["boot_markers_Server_listening"]
    addresses = {event["source_ip"] for event in passwords}
    assert len(addresses) == expected["distinct_failed_ipv4"]
    assert (events[0]["ts_raw"], events[-1]["ts_raw"]) == (expected["first_stamp"], expected["last_stamp"])


ANNOTATED = ("fail2ban_dropbear", "fail2ban_pam-generic", "fail2ban_xrdp", "fail2ban_selinux-ssh")


@pytest.mark.parametrize("name", ANNOTATED)
def test_annotated_lines_name_the_true_address_and_user(name: str) -> None:
    rows = truth("linux_auth")["files"][name]["rows"]
    events, _, _ = read(SAMPLES / "linux_auth" / name)
    data = (SAMPLES / "linux_auth" / name).read_bytes()
    by_line: dict[str, Any] = {}
    for event in events:
        raw = data[event["raw_offset"] : event["raw_offset"] + event["raw_length"]].decode()
        by_line.setdefault(raw.partition("\x1d")[0].strip(), event)

    assert len(rows) == truth("linux_auth")["files"][name]["upstream_annotated"]
    for row in rows:
        event = by_line[row["line"].strip()]
        host = row["expect"].get("host")
        if host:
            assert host in {event.get("source_ip"), event.get("attrs", {}).get("source_domain")}, row
        if row["expect"].get("user"):
            assert event["user_name"] == row["expect"]["user"]


@pytest.mark.parametrize("name", ["ossec_sudo.ini", "ossec_su.ini"])
def test_lines_within_another_tools_fixtures(name: str) -> None:
    text = (SAMPLES / "linux_auth" / name).read_text(encoding="utf-8")
    logged = [line.partition(" = ")[2] for line in text.splitlines() if line.startswith("log ")]

    events, said, _ = read("\n".join(logged).encode())

    assert said["events"] == truth("linux_auth")["files"][name]["log_lines"] == len(logged)
    assert {event["event_action"] for event in events} <= {"sudo", "su", "pam_refused"}
    assert all(event.get("user_name") for event in events)


@pytest.mark.parametrize(
    "name", ["audit-rhel7.log", "auditd-logs.log", "auditd-postexploit-rm.log", "lost_messages.log", "normal.log"]
)
def test_audit_logs(name: str) -> None:
    expected = truth("auditd")["files"][name]

    events, said, run = read(SAMPLES / "auditd" / name)

    assert said["events"] == expected["events"]
    # One line of audit-rhel7.log (type=UNKNOWN[1329] msg=?) carries neither time nor serial.
    assert said["lines"] == lines_of("auditd", name, expected["lines"])
    assert said["parsed"] - sum(said["without_event"].values()) == expected["msgs"]
    kinds: Counter[str] = Counter()
    for event in events:
        kinds.update(record[0] for record in event["attrs"].get("records", [[event["attrs"]["type"]]]))
    for kind, number in expected["types"].items():
        assert kinds[kind] == number, kind
    missing = sum(finding.missing or 0 for finding in run.findings if finding.check == "audit_serial")
    if name == "audit-rhel7.log":
        # Lines of several machines in one file: the truth takes DAEMON_* for the kernel's count, which it is not.
        assert [finding.verdict for finding in run.findings if finding.check == "audit_serial"] == ["coverage-unknown"]
    else:
        assert missing == expected["missing_serials_between"]


def test_journal() -> None:
    expected = truth("journald")["files"]["aminer_journal.json"]

    events, said, run = read(SAMPLES / "journald" / "aminer_journal.json")

    assert (said["lines"], said["unparsed"], said["events"]) == (expected["entries"], 0, expected["entries"])
    assert (events[0]["attrs"]["cursor"], max(event["attrs"]["cursor"] for event in events)) == (
        1,
        expected["cursor_seq_max"],
    )
    assert [finding for finding in run.findings if finding.gap] == []
    names = Counter(event.get("process_executable", "") for event in events)
    assert {name: names[name] for name in expected["identifiers"]} == expected["identifiers"]
    assert (min(event["ts"] or 0 for event in events), max(event["ts"] or 0 for event in events)) == (
        expected["first_us"],
        expected["last_us"],
    )


@pytest.mark.parametrize("name", ["utmp", "utmp_x86_64"])
def test_utmp(name: str) -> None:
    rows = truth("utmp")["files"][name]["utmpdump_x86_64"]

    events, said, _ = read(SAMPLES / "utmp" / name)

    assert (said["format"], said["lines"], said["unparsed"]) == ("utmp", len(rows), 0)
    for event, row in zip(events, rows, strict=True):
        parts = [part.strip("[] ") for part in row.split("] [")]
        assert str(event["attrs"]["type"]) == parts[0]
        assert event.get("process_pid", 0) == int(parts[1])
        assert event.get("user_name", "") == parts[3]
        assert event.get("tty", "") == parts[4]
        moment = iso(event["ts"]) or ""
        assert moment.rstrip("Z").partition(".")[0] == parts[7].partition(",")[0]


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (SAMPLES / "evtx").glob("*.evtx")) if SAMPLES.is_dir() else []
)
def test_windows_logs(name: str) -> None:
    expected = truth("evtx")["files"][name]

    events, said, run = read(SAMPLES / "evtx" / name)

    if name == "plaso_System2_truncated.evtx":
        # The file ends within a chunk: 89 records lie in it whole, which no library reads, and one that is cut.
        assert [event["attrs"]["record_id"] for event in events[expected["records"] :]] == list(range(195, 284))
        assert said["unparsed_places"] == [[199_640, 360, "cut_short"]]
        assert (said["lines"], said["unparsed"]) == (expected["records"] + 90, 1)
        events = events[: expected["records"]]
    else:
        assert (said["lines"], said["unparsed"]) == (expected["records"], expected["unreadable"])
    assert len(events) == expected["records"]
    counted = Counter(f"{event['attrs']['channel']}|{event['attrs']['event_id']}" for event in events)
    assert counted == expected["event_ids"]
    assert sorted({event["host"] for event in events}) == expected["computers"]
    cleared = [event for event in events if event["event_action"] == "log_cleared"]
    assert [
        (event["attrs"]["event_id"], event.get("user_name"), event["attrs"]["cleared_channel"]) for event in cleared
    ] == [(row["event_id"], row["subject"], row["cleared_channel"]) for row in expected["log_cleared"]]
    changed = {4720, 4722, 4723, 4724, 4725, 4726, 4738, 4740, 4767, 4781, 4794}
    mine = [event for event in events if event["attrs"]["event_id"] in changed]
    assert [(event["attrs"]["event_id"], event.get("user_target_name"), event.get("user_name")) for event in mine] == [
        (row["event_id"], row["target"], row["subject"]) for row in expected["account_or_password_changes"]
    ]
    checks = {finding.check for finding in run.findings}
    assert ("evtx_renumbered_export" in checks) == expected["looks_like_wevtutil_export"]
    assert ("evtx_hidden_record" in checks) == bool(expected["records_hidden_in_slack_eventlogedit_style"])
    for channel, numbers in expected["event_record_id"].items():
        holes = [
            [finding.facts["from"], finding.facts["to"]]
            for finding in run.findings
            if finding.check == "evtx_record_id" and finding.facts["channel"] == channel
        ]
        assert holes == numbers["missing_ranges"]
    data = (SAMPLES / "evtx" / name).read_bytes()
    for event in events:
        assert data[event["raw_offset"] : event["raw_offset"] + 4] == b"**\0\0"


@pytest.mark.parametrize("name", ["bash_history", "fish_history"])
def test_histories(name: str) -> None:
    expected = truth("history")["files"][name]

    _, said, _ = read(SAMPLES / "history" / name)

    assert said["lines"] == lines_of("history", name, expected["lines"])
    assert said["unparsed"] == 0
    assert said["events"] == {"bash_history": expected["epoch_marks"], "fish_history": 10}[name]


@pytest.mark.parametrize("name", ["debian7.leases", "epoch.leases", "static.leases"])
def test_leases(name: str) -> None:
    expected = truth("dhcp")["files"][name]

    events, said, _ = read(SAMPLES / "dhcp" / name)

    assert said["unparsed"] == 0
    assert [
        (event["source_ip"], event.get("source_mac"), event["attrs"]["state"], (iso(event["ts"]) or "")[:10])
        for event in events
    ] == [(row["ip"], row["mac"], row["state"], row["start"][:10]) for row in expected["items"]]
    assert [(iso(event["attrs"]["ends_us"]) or "None")[:10] for event in events] == [
        row["end"][:10] for row in expected["items"]
    ]


@pytest.mark.parametrize("name", sorted(truth("switch")["rows"]) if SAMPLES.is_dir() else [])
def test_switch_tables(name: str) -> None:
    _, said, _ = read(SAMPLES / "switch" / name)

    assert (said["format"], said["events"], said["unparsed"]) == ("switch-table", truth("switch")["rows"][name], 0)


@pytest.mark.parametrize("name", sorted(truth("zeek")["files"]) if SAMPLES.is_dir() else [])
def test_zeek(name: str) -> None:
    expected = truth("zeek")["files"][name]

    events, said, _ = read(SAMPLES / "zeek" / name)

    assert (said["format"], said["events"], said["unparsed"]) == ("zeek", expected["records"], 0)
    times = [event["ts"] for event in events if event["ts"] is not None]
    assert min(times) == pytest.approx(expected["ts_min"] * 1e6, abs=1)
    assert max(times) == pytest.approx(expected["ts_max"] * 1e6, abs=1)


def test_firewalls_and_proxy() -> None:
    for name, events in (("iptables-scan-multi-port.log", 49), ("windows_firewall.log", 15)):
        _, said, _ = read(SAMPLES / "firewall" / name)
        assert (said["lines"], said["unparsed"], said["events"]) == (truth("firewall")[name]["lines"], 0, events)
    _, said, _ = read(SAMPLES / "proxy" / "fail2ban_squid")
    assert (said["lines"], said["unparsed"], said["events"]) == (truth("proxy")["lines"], 0, truth("proxy")["failJSON"])


@pytest.mark.parametrize("name", ["syslog", "syslog_rsyslog", "syslog_rsyslog_traditional"])
def test_syslogs(name: str) -> None:
    _, said, _ = read(SAMPLES / "syslog" / name)

    # A month named MMM and a line broken at random stay unread.
    assert said["lines"] == lines_of("syslog", name, truth("syslog")["files"][name]["lines"])
    assert said["unparsed"] == {"syslog": 1, "syslog_rsyslog": 0, "syslog_rsyslog_traditional": 1}[name]


MINING = (
    "cgminer.s0.pcapng",
    "eth-eu1.nanopool.org.pcapng",
    "ndpi_mining.pcapng",
    "xmr.suprnova.cc.pcapng",
    "zec-eu1.nanopool.org.pcapng",
)


@pytest.mark.parametrize("name", MINING)
def test_every_mining_dialogue_is_found(name: str) -> None:
    expected = truth("mining")["files"][name]

    events, _, _ = read(SAMPLES / "mining" / name)

    dialogues = sorted(
        (event for event in events if event["event_action"] == "mining_dialogue"),
        key=lambda event: event["source_port"],
    )
    assert len(dialogues) == expected["stratum_or_getwork_flows"]
    assert sum(event["attrs"].get("protocol") == "tcp" for event in events) == expected["tcp_flows"]
    for event, row in zip(dialogues, sorted(expected["flows"], key=lambda row: row["sport"]), strict=True):
        assert (event["source_ip"], event["source_port"], event["destination_ip"], event["destination_port"]) == (
            row["src"],
            row["sport"],
            row["dst"],
            row["dport"],
        )
        # The truth counts packets, so that a segment sent again counts twice.
        sent = Counter(event["attrs"]["methods"]) + Counter(event["attrs"].get("sent_again", {}))
        assert sent == row["stratum_methods"]
        assert event["attrs"]["packets"] == row["packets"]
        assert set(row["worker_logins"]) <= set(event["attrs"]["workers"])
        assert set(row["agents"]) <= set(event["attrs"]["agents"])
        assert event["attrs"]["seconds"] == pytest.approx(row["seconds"], abs=0.02)


@pytest.mark.parametrize("name", sorted(truth("mining_negatives")["files"]) if SAMPLES.is_dir() else [])
def test_no_pool_is_invented(name: str) -> None:
    events, said, _ = read(SAMPLES / "mining_negatives" / name)

    assert said["format"] == "pcap"
    assert [event for event in events if event["event_action"] in {"mining_dialogue", "coin_p2p"}] == []


def test_graphics_card() -> None:
    events, _, _ = read(next((SAMPLES / "gpu").glob("*.txt")))

    shown = [
        event for event in events if event["event_action"] == "gpu_process" and event["process_executable"] == "ffmpeg"
    ]
    assert len(shown) >= 2
    assert {"gpu_load", "gpu_process", "gpu_listing"} == {event["event_action"] for event in events}


TAMPERED = (
    ("auth_control.log.gz", []),
    ("auth_w30m.log.gz", [("logind_sessions", "deleted-proved", 4), ("heartbeat", "coverage-unknown", 1)]),
    ("auth_w5m.log.gz", [("logind_sessions", "deleted-proved", 1), ("heartbeat", "coverage-unknown", 1)]),
    ("journal_1.json.gz", [("journal_cursor", "deleted-proved", 3)]),
)


@pytest.mark.parametrize(("name", "found"), TAMPERED)
def test_what_was_deleted_is_found_with_its_exact_count(name: str, found: list[tuple[str, str, int]]) -> None:
    expected = truth("tampered")["files"][name]

    _, _, run = read(SAMPLES / "tampered" / name)

    gaps = [finding for finding in run.findings if finding.gap]
    assert [(finding.check, finding.verdict, finding.missing) for finding in gaps] == found
    removed = expected.get("session_opens_removed") or len(expected.get("cursor_seq", ()))
    assert removed == (gaps[0].missing if gaps else 0)
    for finding in gaps:
        assert finding.before is not None
        assert finding.after is not None
        assert finding.before.text
        assert finding.after.text
