"""DHCP: leases of ISC dhcpd and Kea, and the audit log of the Windows server."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from evidence.parsing.context import Context, batches
from evidence.parsing.events import EXACT, Class, Event
from evidence.parsing.lines import Lines
from evidence.parsing.source import Source, blocks, cells, decoded
from evidence.parsing.stamps import epoch, micros

_START = re.compile(r"lease (\d+\.\d+\.\d+\.\d+) \{")
_TIME = re.compile(
    r"(starts|ends|tstp|cltt|atsfp|tsfp) (?:epoch (\d+)|(\d) (\d{4})/(\d\d?)/(\d\d?) (\d\d?):(\d\d):(\d\d)|never)"
)
_WORD = re.compile(r"(hardware ethernet|binding state|client-hostname|uid) (.*?);?$")


class IscLeases:
    """Reads dhcpd.leases. A lease's time is in UTC, as dhcpd writes it. All lines of a lease belong to one event."""

    def __init__(self, context: Context) -> None:
        self.tally = context.tally

    def read(self, source: Source) -> Iterator[list[Event]]:
        """Yield the events in lists."""
        yield from batches(self._events(source))

    def _events(self, source: Source) -> Iterator[Event]:
        lease: dict[str, Any] | None = None
        start = seq = held = 0
        for block in blocks(source):
            offset = block.offset
            for line in block.lines:
                size = len(line) * block.stride
                self.tally.lines += 1
                text = line.strip()
                begun = _START.match(text)
                if begun is not None:
                    if lease is not None:
                        self._lost(start, offset - start, held)
                    lease, start, held = {"ip": begun[1]}, offset, 1
                elif lease is None:
                    reason = "blank" if not text else "comment" if text[0] == "#" else "no_lease"
                    self.tally.refuse(offset, size, reason)
                elif text == "}":
                    seq += 1
                    yield _lease(lease, start, offset + size - start, seq)
                    lease = None
                else:
                    held += 1
                    _take(lease, text)
                offset += size + block.stride
        if lease is not None:
            self._lost(start, 0, held)

    def _lost(self, start: int, length: int, lines: int) -> None:
        for _ in range(lines):
            self.tally.refuse(start, length, "lease_cut_short")


def _utc(year: int, month: int, day: int, hour: int, minute: int, second: int) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _take(lease: dict[str, Any], text: str) -> None:
    time = _TIME.match(text)
    if time is not None:
        if time[2]:
            lease[time[1]] = epoch(time[2])
        elif time[4]:
            try:
                lease[time[1]] = micros(_utc(*(int(time[part]) for part in range(4, 10))))
            except ValueError:
                lease["bad_time"] = text
        return
    word = _WORD.match(text)
    if word is not None:
        lease[word[1]] = decoded(word[2].rstrip(";").strip('"'))


def _lease(lease: dict[str, Any], start: int, size: int, seq: int) -> Event:
    state = lease.get("binding state", "")
    event: Event = {
        "seq": seq, "raw_offset": start, "raw_length": size, "ts": lease.get("starts"), "ts_raw": "", "ts_quality": EXACT,
        "class_uid": int(Class.DHCP), "activity": "lease", "event_action": "lease_abandoned" if state == "abandoned" else "lease",
        "source_ip": lease["ip"], "attrs": {"state": state, "ends_us": lease.get("ends")},
    }  # fmt: skip
    if lease.get("hardware ethernet"):
        event["source_mac"] = str(lease["hardware ethernet"]).lower()
    if lease.get("client-hostname"):
        event["attrs"]["hostname"] = lease["client-hostname"]
    if "bad_time" in lease:
        event["attrs"]["bad_time"] = lease["bad_time"]
    return event


_WINDOWS = {
    "10": "lease_given", "11": "lease_given", "12": "lease_released", "13": "lease_conflict", "14": "lease_none_left",
    "15": "lease_refused", "16": "lease_deleted", "17": "lease_expired", "18": "lease_expired", "20": "lease_given",
    "00": "logging_started", "01": "logging_stopped", "02": "logging_stopped",
}  # fmt: skip


def mac_of(text: str) -> str:
    """Return a hardware address in lower case with colons, or the text where it is none."""
    digits = re.sub(r"[^0-9a-fA-F]", "", text).lower()
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2)) if len(digits) == 12 else text


class WindowsDhcp(Lines):
    """Reads DhcpSrvLog-*.log: a page about its own numbers, then ID,Date,Time,Description,IP Address,Host Name,MAC Address,…"""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.begun = False

    def line(self, line: str) -> Event | str:
        """Read one line."""
        parts = decoded(line).split(",")
        if len(parts) < 7 or not parts[0].isdecimal() or len(parts[0]) > 5:
            if not line.strip():
                return "blank"
            heading = line.startswith("ID,Date") or not self.begun
            self.begun = self.begun or line.startswith("ID,Date")
            return "heading" if heading else "no_columns"
        self.begun = True
        day = parts[1].split("/")
        stamp = self.clock.read(f"20{day[2][-2:]}-{day[0]}-{day[1]} {parts[2]}") if len(day) == 3 else None
        if stamp is None:
            return "no_time"
        event: Event = {
            "ts": stamp[0], "ts_raw": f"{parts[1]} {parts[2]}", "ts_quality": stamp[1], "class_uid": int(Class.DHCP),
            "activity": "lease", "event_action": _WINDOWS.get(parts[0].zfill(2), "dhcp_other"),
            "attrs": {"id": parts[0], "description": parts[3], "hostname": parts[5]},
        }  # fmt: skip
        if parts[4]:
            event["source_ip"] = parts[4]
        if parts[6]:
            event["source_mac"] = mac_of(parts[6])
        return event


class KeaLeases(Lines):
    """Reads Kea's kea-leases4.csv: ``address,hwaddr,client_id,valid_lifetime,expire,…,hostname,state,…``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.columns: list[str] = []

    def line(self, line: str) -> Event | str:
        """Read one line."""
        row = cells(decoded(line))
        if "address" in row and "expire" in row:
            self.columns = row
            return "heading"
        fields = dict(zip(self.columns, row, strict=False))
        ends = epoch(fields.get("expire", ""))
        lifetime = fields.get("valid_lifetime", "")
        if ends is None or not lifetime.isdecimal() or len(lifetime) > 10:
            return "no_lease" if line.strip() else "blank"
        return {
            "ts": ends - int(lifetime) * 1_000_000, "ts_raw": fields["expire"], "ts_quality": EXACT, "class_uid": int(Class.DHCP),
            "activity": "lease", "event_action": "lease", "source_ip": fields.get("address", ""),
            "source_mac": mac_of(fields.get("hwaddr", "")),
            "attrs": {"ends_us": ends, "hostname": fields.get("hostname", ""), "state": fields.get("state", "")},
        }  # fmt: skip
