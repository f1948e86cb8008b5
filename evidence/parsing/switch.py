"""Tables that switches print: ARP and MAC addresses of Huawei, H3C, Ruijie and Cisco. A table is a snapshot: its lines carry no time."""

import re

from evidence.parsing.context import Context
from evidence.parsing.dhcp import mac_of
from evidence.parsing.events import Class, Event
from evidence.parsing.source import Block

_MAC = r"(?P<mac>[0-9a-fA-F]{4}[-.][0-9a-fA-F]{4}[-.][0-9a-fA-F]{4}|(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}|Incomplete)"
_IP = r"(?P<ip>\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})"
_ROWS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (action, re.compile(pattern))
    for action, pattern in (
        (
            "arp_entry",
            rf"^{_IP}\s+{_MAC}\s+(?P<expire>\d+)?\s+(?P<type>[IDSOR](?:\s?-|--|-\S*)\S*)\s+(?P<port>\S+)(?:\s+(?P<vpn>\S+))?\s*$",
        ),
        (
            "arp_entry",
            rf"^{_IP}\s+{_MAC}\s+(?P<vlan>\d+|--|N/A)\s+(?P<port>[A-Za-z]\S*)\s+(?P<expire>\S+)\s+(?P<type>[A-Z])\s*$",
        ),
        ("arp_entry", rf"^Internet\s+{_IP}\s+(?P<expire>\S+)\s+{_MAC}\s+(?P<type>ARPA|arpa)\s+(?P<port>\S+)\s*$"),
        (
            "mac_entry",
            rf"^\s*{_MAC}\s+(?P<vlan>\d+)(?:/\S*)?\s+(?P<port>[A-Za-z]\S*)\s+(?P<type>dynamic|static|security|sticky|blackhole|snooping|authen|sec-config|mux|-)\S*.*$",
        ),
        (
            "mac_entry",
            rf"^\s*{_MAC}\s+(?P<vlan>\d+)\s+(?P<type>[Ll]earned|[Cc]onfig\S*|[Ss]tatic|Blackhole|Security)\s+(?P<port>[A-Za-z]\S*)\s+(?P<expire>\S+)\s*$",
        ),
        ("mac_entry", rf"^\s*(?P<vlan>\d+)\s+{_MAC}\s+(?P<type>DYNAMIC|STATIC|dynamic|static)\s+(?P<port>\S+).*$"),
    )
)
_MORE = re.compile(r"^\s+(?P<vlan>\d+)/\S*(?:\s+\S+)?\s*$")


class Switch:
    """Reads them. A row may go on in a second line that names the VLAN."""

    def __init__(self, context: Context) -> None:
        self.tally = context.tally
        self.seq = 0
        self.held: Event | None = None

    def feed(self, block: Block) -> list[Event]:
        """Return the rows that are complete."""
        out: list[Event] = []
        offset, lines, stride = block
        self.tally.lines += len(lines)
        for line in lines:
            start, size = offset, len(line) * stride
            offset += size + stride
            self._line(line.rstrip("\r"), start, size, out)
        return out

    def _line(self, line: str, start: int, size: int, out: list[Event]) -> None:
        for action, pattern in _ROWS:
            found = pattern.match(line)
            if found is None:
                continue
            parts = found.groupdict()
            self.seq += 1
            event: Event = {
                "seq": self.seq, "raw_offset": start, "raw_length": size, "ts": None, "ts_raw": "", "ts_quality": ("snapshot",),
                "class_uid": int(Class.NETWORK), "activity": "table", "event_action": action,
                "attrs": {key: value for key, value in parts.items() if value and key not in {"ip", "mac"}},
            }  # fmt: skip
            if parts["mac"] != "Incomplete":
                event["source_mac"] = mac_of(parts["mac"])
            if parts.get("ip"):
                event["source_ip"] = parts["ip"]
            if self.held is not None:
                out.append(self.held)
            self.held = event
            return
        more = _MORE.match(line)
        if more is not None and self.held is not None:
            self.held["attrs"]["vlan"] = more["vlan"]
            self.held["raw_length"] = start + size - self.held["raw_offset"]
            return
        self.tally.refuse(start, size, "blank" if not line.strip() else "heading")

    def close(self) -> list[Event]:
        """Return the last row."""
        held, self.held = self.held, None
        return [held] if held is not None else []
