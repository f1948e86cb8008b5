"""Consoles and configurations of mining programs: pools, wallets, shares, rates."""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from evidence.parsing.context import Context
from evidence.parsing.events import Class, Event
from evidence.parsing.lines import Lines
from evidence.parsing.source import Source, decoded
from evidence.parsing.stamps import NO_ZONE, Stamp

MINING = ("mining-A",)
_HEADS = (
    re.compile(r"\s*\[(?P<stamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)\]\s+(?P<said>.*)$"),
    re.compile(r"(?P<stamp>\d{4}[.-]\d\d[.-]\d\d[: ]\d\d:\d\d:\d\d(?:\.\d+)?)[: ]\s*(?P<said>.*)$"),
    re.compile(r"(?P<stamp>\d{8} \d\d:\d\d:\d\d)\s+(?P<said>.*)$"),
    re.compile(r"\s*(?P<kind>[a-zXi!*])\s+(?P<stamp>\d\d:\d\d:\d\d)\s+(?P<said>(?:ethminer|\S+).*)$"),
)
_URL = re.compile(
    r"(?:(?P<scheme>stratum\d?(?:\+\w+)?|http|https|tcp|ssl)://)?(?:(?P<user>[^\s@/]+)@)?(?P<host>(?:[\w-]+\.)+[A-Za-z]{2,}|\d+\.\d+\.\d+\.\d+):(?P<port>\d{2,5})\b"
)
_ACCEPTED = re.compile(r"\baccepted\b|\*\*Accepted|share accepted|\[ OK \]", re.IGNORECASE)
_REJECTED = re.compile(r"\brejected\b|\[FAIL\]", re.IGNORECASE)
_RATE = re.compile(r"([\d.,]+)\s?([kKMGT]?)(?:H/s|hash/s|h/s|Sol/s|H\b)")
_START = re.compile(
    r"Started (?P<program>cgminer|bfgminer|sgminer)\S* ?(?P<version>\S+)|\* ABOUT +(?P<about>XMRig\S*)|(?P<other>PhoenixMiner|T-Rex|ethminer|NBMiner|lolMiner|GMiner)\s+v?[\d.]+",
    re.IGNORECASE,
)
_WALLET = re.compile(
    r"\b(0x[0-9a-fA-F]{40}|4[0-9AB][1-9A-HJ-NP-Za-km-z]{93}|t1[1-9A-HJ-NP-Za-km-z]{33}|(?:bc1|[13])[a-zA-HJ-NP-Z0-9]{25,59})(?:[./]([\w-]{1,40}))?"
)


def _finish(event: Event, said: str) -> None:
    attrs = event["attrs"]
    where = _URL.search(said)
    if where is not None:
        host = where["host"].lower()
        event["destination_ip" if host[-1].isdecimal() else "destination_domain"] = host
        event["destination_port"] = int(where["port"])
        event["event_action"] = "miner_pool"
        if where["user"]:
            attrs["login"] = where["user"]
    wallet = _WALLET.search(said)
    if wallet is not None:
        attrs["wallet"] = wallet[1]
        if wallet[2]:
            attrs["worker"] = wallet[2]
    if _ACCEPTED.search(said):
        event["event_action"], event["event_outcome"] = "miner_share", "success"
    elif _REJECTED.search(said) and "pool" not in said[:6].lower():
        event["event_action"], event["event_outcome"] = "miner_share", "failure"
    started = _START.search(said)
    if started is not None and event["event_action"] == "miner_message":
        event["event_action"] = "miner_started"
        attrs["program"] = next(part for part in started.groups() if part)
    rate = _RATE.search(said)
    if rate is not None:
        attrs["rate"] = f"{rate[1]} {rate[2]}H/s"
        if event["event_action"] == "miner_message":
            event["event_action"] = "miner_rate"


class Miner(Lines):
    """Reads the console of cgminer, xmrig, ethminer, PhoenixMiner, T-Rex and their kin."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.day = ""

    def line(self, line: str) -> Event | str:
        """Read one line."""
        if not line.strip():
            return "blank"
        for pattern in _HEADS:
            found = pattern.match(line)
            if found is None:
                continue
            stamp = self._stamp(found["stamp"])
            said = decoded(re.sub(r"\x1b\[[\d;]*m", "", found["said"]))
            event: Event = {
                "ts": stamp[0] if stamp else None, "ts_raw": found["stamp"], "ts_quality": NO_ZONE if stamp else (),
                "class_uid": int(Class.PROCESS), "event_action": "miner_message", "rule_labels": MINING,
                "attrs": {"message": said[:500]},
            }  # fmt: skip
            _finish(event, said)
            return event
        return "no_head"

    def _stamp(self, text: str) -> Stamp | None:
        if re.match(r"\d{8} ", text):
            return self.clock.read(f"{text[:4]}-{text[4:6]}-{text[6:8]} {text[9:]}")
        if text[4:5] in "-." and len(text) > 18:
            return self.clock.read(text[:10].replace(".", "-") + " " + text[11:])
        return None


class MinerConfig:
    """Reads the JSON configuration of xmrig, cgminer and their kin; ``lines`` counts pools."""

    def __init__(self, context: Context) -> None:
        self.tally = context.tally

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield the pools as events."""
        with source.open() as stream:
            data = stream.read(4 << 20)
        try:
            body = orjson.loads(data)
        except orjson.JSONDecodeError:
            body = None
        pools = body.get("pools") if isinstance(body, dict) else None
        if not isinstance(pools, list):
            self.tally.lines += 1
            self.tally.refuse(0, len(data), "no_json")
            return
        out: list[Event] = []
        at = 0
        for seq, pool in enumerate(pools, 1):
            self.tally.lines += 1
            url = str(pool.get("url") or "") if isinstance(pool, dict) else ""
            found = data.find(url.encode(), at) if url else -1
            if found < 0:
                self.tally.refuse(0, len(data), "no_pool")
                continue
            at = found + len(url)
            attrs: dict[str, Any] = {
                "login": str(pool.get("user") or ""),
                "coin": str(pool.get("coin") or ""),
                "url": url,
            }
            event: Event = {
                "seq": seq, "raw_offset": found, "raw_length": len(url.encode()), "ts": None, "ts_raw": "", "ts_quality": (),
                "class_uid": int(Class.PROCESS), "event_action": "miner_pool", "rule_labels": MINING, "attrs": attrs,
            }  # fmt: skip
            _finish(event, url)
            event["event_action"] = "miner_pool"
            out.append(event)
        yield out
