"""Raw packets of flows: fixtures of our own after RFC 3954 and 7011, every value against the bytes that say it."""

import struct
from ipaddress import ip_address

import pytest

from evidence.parsing.events import iso
from tests.parsing.reading import read

SENT = 1_631_154_108
SOURCE, TARGET, NAT = (ip_address(text).packed for text in ("10.3.7.21", "203.0.113.9", "198.51.100.7"))


def five(*, sent: int = SENT, flows: int = 2) -> bytes:
    flow = struct.pack(
        ">4s4s4sHHIIIIHHxBBBHHBBxx",
        SOURCE,
        TARGET,
        bytes(4),
        1,
        2,
        9,
        900,
        92_000,
        100_000,
        50_022,
        3333,
        24,
        6,
        0,
        0,
        0,
        0,
        0,
    )
    return struct.pack(">HHIIIIBBH", 5, flows, 100_000, sent, 500_000_000, 7, 0, 0, 0) + flow * flows


def a_set(number: int, body: bytes) -> bytes:
    return struct.pack(">HH", number, 4 + len(body)) + body


def template(number: int, *fields: tuple[int, int]) -> bytes:
    return struct.pack(">HH", number, len(fields)) + b"".join(struct.pack(">HH", *field) for field in fields)


NINE_FIELDS = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (2, 4), (1, 4), (22, 4), (21, 4), (225, 4), (227, 2))
NINE_FLOW = (
    SOURCE + TARGET + struct.pack(">HHBIIII", 50_022, 3333, 6, 9, 900, 92_000, 100_000) + NAT + struct.pack(">H", 2050)
)


def nine(*sets: bytes) -> bytes:
    return struct.pack(">HHIIII", 9, len(sets), 100_000, SENT, 1, 5) + b"".join(sets)


def ten(*sets: bytes) -> bytes:
    return struct.pack(">HHIII", 10, 16 + sum(map(len, sets)), SENT, 1, 5) + b"".join(sets)


TEN_TEMPLATE = struct.pack(">HH", 300, 5) + struct.pack(
    ">HHHHHHIHHHH", 27, 16, 28, 16, 0x8000 | 77, 65_535, 29_305, 152, 8, 153, 8
)
SIX = (ip_address("2001:db8::21").packed, ip_address("2001:db8::9").packed)
TEN_FLOW = SIX[0] + SIX[1] + b"\x05stuff" + struct.pack(">QQ", SENT * 1000 - 8000, SENT * 1000)

NETFLOW5 = five() * 2
NETFLOW9 = nine(a_set(0, template(256, *NINE_FIELDS)), a_set(256, NINE_FLOW * 2 + b"\0")) + nine(a_set(256, NINE_FLOW))
IPFIX = ten(a_set(2, TEN_TEMPLATE)) + ten(a_set(300, TEN_FLOW * 2))
ENDS = {"source_ip": "10.3.7.21", "destination_ip": "203.0.113.9", "source_port": 50_022, "destination_port": 3333}


@pytest.mark.parametrize(
    ("data", "flows", "headings", "detail", "expected", "begin"),
    [
        (NETFLOW5, 4, 0, "NetFlow 5", ENDS, "2021-09-09T02:21:40.500000Z"),
        (NETFLOW9, 3, 1, "NetFlow 9", {**ENDS, "source_nat_ip": "198.51.100.7", "source_nat_port": 2050}, "2021-09-09T02:21:40Z"),
        (IPFIX, 2, 1, "IPFIX", {"source_ip": "2001:db8::21", "destination_ip": "2001:db8::9"}, "2021-09-09T02:21:40Z"),
    ],
    ids=["5", "9", "ipfix"],
)  # fmt: skip
def test_packets_are_read_flow_by_flow(
    data: bytes, flows: int, headings: int, detail: str, expected: dict[str, object], begin: str
) -> None:
    events, said, run = read(data)

    assert (said["format"], run.why and run.why.detail) == ("netflow", detail)
    assert (len(events), said["unparsed"], said["without_event"]) == (
        flows,
        0,
        {"heading": headings} if headings else {},
    )
    for event in events:
        assert {key: event.get(key) for key in expected} == expected
        assert (iso(event["ts"]), event["attrs"]["td"]) == (begin, "8.000")
        raw = data[event["raw_offset"] : event["raw_offset"] + event["raw_length"]]
        assert raw[: len(SOURCE)] in {SOURCE, SIX[0][:4]}
    assert len({event["raw_offset"] for event in events}) == flows


def test_flows_without_their_template_are_named_as_unread() -> None:
    events, said, _ = read(nine(a_set(256, NINE_FLOW)) + NETFLOW9)

    assert (len(events), said["unparsed_reasons"]) == (3, {"no_template": 1})


@pytest.mark.parametrize("whole", [NETFLOW5, NETFLOW9, IPFIX], ids=["5", "9", "ipfix"])
def test_packets_cut_anywhere_never_fail(whole: bytes) -> None:
    for cut in range(24, len(whole)):
        events, said, _ = read(whole[:cut], name="netflow")
        assert all(event["raw_offset"] + event["raw_length"] <= cut for event in events)
        assert said["lines"] >= 1
