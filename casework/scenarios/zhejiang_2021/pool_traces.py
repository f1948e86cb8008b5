"""What a mirror port and a name server saw of mining, made byte by byte; wallets, names and addresses are reserved or invented."""

import json
import struct
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
BEGAN: Final = datetime(2021, 9, 3, 22, 30, tzinfo=SHANGHAI)
#: The pools of the scenario, as a regulator's circular would list them.
PLACES: Final[Sequence[tuple[str, str, str, str, str, str, str]]] = (
    ("示例矿池", "ETH", "eth.pool.example", "8008", "2020-01-01", "", "专项行动通报附表1"),
    ("示例矿池", "BTC", "btc.pool.example", "3333", "2020-01-01", "", "专项行动通报附表1"),
    ("示例矿池", "XMR", "xmr.pool.example", "5555", "2020-01-01", "", "专项行动通报附表1"),
    ("示例矿池", "RVN", "rvn.pool.example", "3838", "2020-01-01", "", "专项行动通报附表1"),
    ("示例矿池", "LTC", "ltc.pool.example", "3334", "2020-01-01", "2021-09-30", "专项行动通报附表1"),
    ("示例矿池", "ETH、BTC", "203.0.113.24", "", "2020-01-01", "", "专项行动通报附表1"),
)
WALLET: Final = "0x" + "00" * 18 + "2021"
_MINER, _OTHER, _NAMES = "10.20.8.31", "10.20.40.9", "10.20.0.53"
_POOL, _MONERO, _NODE, _WEB = "203.0.113.24", "203.0.113.25", "203.0.113.40", "203.0.113.80"


def catalogue_rows() -> Iterable[Sequence[str]]:
    """Return the circular's list of pools as it is imported."""
    yield ("矿池", "币种", "域名或地址", "端口", "启用日期", "停用日期", "来源")
    yield from PLACES


def capture() -> bytes:
    """Return a capture: a dialogue of each kind with a pool, two nodes of a coin, a page of the web; the same bytes always."""
    talk = _Capture(BEGAN)
    talk.asks(_MINER, _NAMES, "eth.pool.example")
    talk.speaks(_MINER, 52031, _POOL, 8008, (
        (True, {"id": 1, "method": "eth_submitLogin", "params": [f"{WALLET}.xy-pc-017", "x"]}),
        (False, {"id": 1, "result": True}),
        (True, {"id": 2, "method": "eth_getWork", "params": []}),
        (False, {"id": 2, "result": ["0x" + "ab" * 32, "0x" + "cd" * 32, "0x" + "00" * 4 + "ff" * 28]}),
        (True, {"id": 3, "method": "eth_submitHashrate", "params": ["0x5f5e100", "0x" + "11" * 32]}),
        (True, {"id": 4, "method": "eth_submitWork", "params": ["0x" + "22" * 8, "0x" + "ab" * 32, "0x" + "33" * 32]}),
    ))  # fmt: skip
    talk.asks(_MINER, _NAMES, "btc.pool.example")
    talk.speaks(_MINER, 52044, _POOL, 3333, (
        (True, {"id": 1, "method": "mining.subscribe", "params": ["cgminer/4.10.0"]}),
        (False, {"id": 1, "result": [[["mining.notify", "ae68"]], "08000002", 4]}),
        (True, {"id": 2, "method": "mining.authorize", "params": ["lianxi.xy-pc-017", "x"]}),
        (False, {"id": None, "method": "mining.set_difficulty", "params": [512]}),
        (False, {"id": None, "method": "mining.notify", "params": ["bf", "4d" * 8, "01", "02", [], "2", "1c2ac4af", "504e86b9", False]}),
        (True, {"id": 4, "method": "mining.submit", "params": ["lianxi.xy-pc-017", "bf", "00000001", "504e86ed", "b2957c02"]}),
    ))  # fmt: skip
    talk.asks(_MINER, _NAMES, "xmr.pool.example")
    talk.speaks(_MINER, 52090, _MONERO, 5555, (
        (True, {"id": 1, "method": "login", "params": {"login": "4" + "A" * 94, "pass": "x", "agent": "XMRig/6.12.1"}}),
        (False, {"id": 1, "result": {"id": "a1", "job": {"blob": "0e0e" * 20, "job_id": "q7", "target": "b88d0600"}}}),
        (True, {"id": 2, "method": "keepalived", "params": {"id": "a1"}}),
    ))  # fmt: skip
    talk.says(_OTHER, 50211, _NODE, 8333, b"\xf9\xbe\xb4\xd9version\0\0\0\0\0" + struct.pack("<I", 0) + bytes(8))
    talk.says(_OTHER, 50212, _WEB, 80, b"GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n")
    return bytes(talk.data)


def names_asked() -> bytes:
    """Return the name server's log of the nights before: the miner's machine asks for its pool every two hours."""
    out = []
    for number in range(36):
        at = BEGAN - timedelta(days=3) + timedelta(hours=2 * number)
        name, who = ("eth.pool.example", _MINER) if number % 3 else ("www.example.org", _OTHER)
        out.append(
            f"{at:%d-%b-%Y %H:%M:%S}.000 queries: info: client @0x7f {who}#{50_000 + number} ({name}): query: {name} IN A +E(0)K ({_NAMES})\n"
        )
    return "".join(out).encode()


class _Capture:
    """A capture (pcap) that grows packet by packet, ten milliseconds apart."""

    def __init__(self, at: datetime) -> None:
        self.data = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        self.micros = int(at.timestamp()) * 1_000_000

    def speaks(self, who: str, port: int, whom: str, their: int, said: Sequence[tuple[bool, object]]) -> None:
        """A whole conversation: opened, lines of JSON to and fro, closed."""
        mine, theirs = 1_000_000, 5_000_000
        self._tcp(who, port, whom, their, mine, 0x02)
        self._tcp(whom, their, who, port, theirs, 0x12)
        mine, theirs = mine + 1, theirs + 1
        for forward, line in said:
            body = json.dumps(line, separators=(",", ":")).encode() + b"\n"
            if forward:
                self._tcp(who, port, whom, their, mine, 0x18, body)
                mine += len(body)
            else:
                self._tcp(whom, their, who, port, theirs, 0x18, body)
                theirs += len(body)
            self.micros += 4_000_000
        self._tcp(who, port, whom, their, mine, 0x11)

    def says(self, who: str, port: int, whom: str, their: int, body: bytes) -> None:
        """One thing that is said and not answered."""
        self._tcp(who, port, whom, their, 1_000_000, 0x02)
        self._tcp(who, port, whom, their, 1_000_001, 0x18, body)

    def asks(self, who: str, server: str, name: str) -> None:
        """A question to a name server."""
        labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
        body = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + struct.pack(">HH", 1, 1)
        self._ip(17, who, server, struct.pack(">HHHH", 40_053, 53, 8 + len(body), 0) + body)

    def _tcp(self, who: str, port: int, whom: str, their: int, sequence: int, flags: int, body: bytes = b"") -> None:
        self._ip(6, who, whom, struct.pack(">HHIIBBHHH", port, their, sequence, 0, 0x50, flags, 64240, 0, 0) + body)

    def _ip(self, protocol: int, who: str, whom: str, body: bytes) -> None:
        ends = b"".join(bytes(int(part) for part in one.split(".")) for one in (who, whom))
        packet = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0) + ends + body
        frame = bytes(12) + b"\x08\x00" + packet
        self.micros += 10_000
        seconds, micro = divmod(self.micros, 1_000_000)
        self.data += struct.pack("<IIII", seconds, micro, len(frame), len(frame)) + frame
