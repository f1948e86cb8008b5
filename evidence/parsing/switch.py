"""Tables that switches print: ARP and MAC addresses of Huawei, H3C, Ruijie and Cisco. A table is a snapshot: its lines carry no time."""

import re

from evidence.parsing.dhcp import mac_of
from evidence.parsing.events import Class, Event
from evidence.parsing.lines import LONGER, Held

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
#: A line with an address that is no row was not understood; all else is a heading or the count below the table.
_ADDRESS = re.compile(
    r"[0-9a-fA-F]{4}[-.][0-9a-fA-F]{4}[-.][0-9a-fA-F]{4}|(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}|\d+\.\d+\.\d+\.\d+"
)
_MORE = re.compile(r"^\s+(?P<vlan>\d+)/\S*(?:\s+\S+)?\s*$")


class Switch(Held):
    """Reads them. A row may go on in a second line that names the VLAN."""

    def piece(self, line: str) -> Event | object:
        """Read one line."""
        for action, pattern in _ROWS:
            found = pattern.match(line)
            if found is None:
                continue
            parts = found.groupdict()
            event: Event = {
                "ts": None, "ts_raw": "", "ts_quality": ("snapshot",), "class_uid": int(Class.NETWORK), "activity": "table",
                "event_action": action,
                "attrs": {key: value for key, value in parts.items() if value and key not in {"ip", "mac"}},
            }  # fmt: skip
            if parts["mac"] != "Incomplete":
                event["source_mac"] = mac_of(parts["mac"])
            if parts.get("ip"):
                event["source_ip"] = parts["ip"]
            return event
        more = _MORE.match(line)
        if more is not None and self.held is not None:
            self.held["attrs"]["vlan"] = more["vlan"]
            return LONGER
        if not line.strip():
            return "blank"
        return "no_columns" if _ADDRESS.search(line) else "heading"
