"""Binary flow logs of H3C devices: fixtures of our own after the maker's tables, every value against the bytes that say it."""

import struct
from ipaddress import ip_address
from typing import Any

import pytest

from evidence.parsing.events import iso
from tests.parsing.reading import read

SENT = 1_631_154_120
START, END = SENT - 20, SENT - 12
SOURCE, TARGET, NAT = (ip_address(text).packed for text in ("10.3.7.21", "203.0.113.9", "198.51.100.7"))
SIX = [ip_address(text).packed for text in ("2001:db8::21", "2001:db8::9")]


def four(operator: int = 1, *, end: int = END, target_nat: bytes = TARGET, ip: int = 4) -> bytes:
    return (
        struct.pack(">BBBB", 6, operator, ip, 0) + SOURCE + NAT + TARGET + target_nat
        + struct.pack(">HHHHIIIIIIBBHII", 50_022, 2050, 3333, 3333, START, end, 8, 800, 9, 900, 0, 0, 0, 17, 0)
    )  # fmt: skip


def six() -> bytes:
    return (
        struct.pack(">BBBB", 17, 2, 6, 0) + SIX[0] + SIX[1]
        + struct.pack(">HHIIIIIIHHII", 50_022, 3333, START, END, 8, 800, 9, 900, 0, 0, 0, 0)
    )  # fmt: skip


def packet(*flows: bytes, version: int = 3, kind: int = 4, sent: int = SENT) -> bytes:
    return struct.pack(">BBHIIHBB", version, kind, len(flows), sent, 7, 1, 2, 0) + b"".join(flows)


H3C_FLOW = packet(four(), four(8, end=0)) + packet(six(), kind=5) + packet(four(6, end=0))
EVERY: dict[str, Any] = {"source_port": 50_022, "destination_port": 3333, "class_uid": 4001}


def test_flows_are_read_with_their_translation_and_their_own_times() -> None:
    events, said, run = read(H3C_FLOW)

    assert (said["format"], run.why and run.why.detail, said["unparsed"]) == ("h3c-flow", "Flow 3.0/4", 0)
    assert [(event["event_action"], iso(event["ts"])) for event in events] == [
        ("session_ended", "2021-09-09T02:21:48Z"),
        ("session_built", "2021-09-09T02:21:40Z"),
        ("session_ended", "2021-09-09T02:21:48Z"),
        ("nat_session", "2021-09-09T02:22:00Z"),
    ]
    for event in events:
        assert {key: event[key] for key in EVERY} == EVERY  # type: ignore[literal-required]
        assert event["attrs"]["begin_us"] == START * 1_000_000
        assert H3C_FLOW[event["raw_offset"] + 4 :].startswith((SOURCE, SIX[0]))
    ended, _built, other, _active = events
    assert (ended["source_ip"], ended["destination_ip"]) == ("10.3.7.21", "203.0.113.9")
    assert (ended["source_nat_ip"], ended["source_nat_port"], ended["raw_length"]) == ("198.51.100.7", 2050, 64)
    told = {"Protocol": "TCP", "operator": "ended", "ibyt": 800, "opkt": 9, "chassis": 1, "slot": 2, "flow_sequence": 7}
    assert told.items() <= ended["attrs"].items()
    assert (other["source_ip"], other["destination_ip"], other["raw_length"]) == ("2001:db8::21", "2001:db8::9", 76)
    assert "source_nat_ip" not in other


def test_a_changed_target_is_told_and_an_impossible_time_is_that_of_the_packet() -> None:
    (event,), _, _ = read(packet(four(end=0, target_nat=NAT)))

    assert event["attrs"]["destination_nat"] == "198.51.100.7:3333"
    assert event["ts"] == SENT * 1_000_000


@pytest.mark.parametrize(("version", "kind"), [(1, 4), (5, 4), (7, 4), (3, 7), (3, 15)])
def test_versions_and_kinds_without_a_published_length_are_recognised_and_named_as_unread(
    version: int, kind: int
) -> None:
    strange = packet(four(), version=version, kind=kind)
    for data, flows in ((strange, 0), (packet(four()) + strange, 1)):
        events, said, _ = read(data)

        assert (said["format"], len(events)) == ("h3c-flow", flows)
        assert said["unparsed_reasons"] == {"h3c_flow_kind": 1}
        assert said["unparsed_places"] == [[len(data) - len(strange), len(strange), "h3c_flow_kind"]]


@pytest.mark.parametrize(
    "data", [packet(four(ip=9)), packet(four(), sent=1), packet(four()) + b"x", packet(kind=4), b"\3\4"]
)
def test_what_only_looks_so_is_no_flow_log(data: bytes) -> None:
    assert read(data)[1]["format"] != "h3c-flow"


def test_one_spoilt_flow_does_not_take_the_others_with_it() -> None:
    events, said, _ = read(packet(four(), four(ip=0), four()))

    assert (len(events), said["lines"], said["unparsed_reasons"]) == (2, 3, {"no_record": 1})


def test_packets_cut_anywhere_never_fail() -> None:
    for cut in range(0, len(H3C_FLOW), 3):
        events, said, _ = read(H3C_FLOW[:cut], name="h3c-flow")
        assert all(event["raw_offset"] + event["raw_length"] <= cut for event in events)
        assert said["lines"] >= (cut > 0)
