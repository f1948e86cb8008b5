"""Tables of leases that a switch or a firewall prints: Huawei, H3C and FortiGate. A snapshot: only the end of a lease has a time."""

import re
from datetime import datetime

from evidence.parsing.dhcp import mac_of
from evidence.parsing.events import Class, Event
from evidence.parsing.lines import Lines
from evidence.parsing.stamps import MONTHS, micros

_IP = r"(?P<ip>\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})"
_MAC = r"(?P<mac>[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}|(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})"
_ENDS = r"(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d) (?P<year>\d{4})"
_ROWS = tuple(
    re.compile(pattern)
    for pattern in (
        # H3C, display dhcp server ip-in-use: address, card or identifier of the client, end, kind
        rf"^\s*{_IP}\s+(?:{_MAC}|(?P<client>[0-9a-fA-F]{{2,4}}(?:-[0-9a-fA-F]{{1,4}})+-?))\s+(?:{_ENDS}|Not used|Unlimited|After 2100)\s+(?P<state>[A-Z]\S*)\s*$",
        # Huawei, display ip pool … used: number, address, card, seconds, state
        rf"^\s*\d+\s+{_IP}\s+{_MAC}\s+(?:DHCP\s+)?(?P<seconds>\d{{1,10}}|-)\s+(?P<state>Used|Expired|Static-bind|Static bind|Conflict)\S*\s*$",
        # FortiGate, execute dhcp lease-list: address, card, name, …, end
        rf"^\s*{_IP}\s+{_MAC}\s+(?P<host>\S+)?.*\s(?:[A-Z][a-z]{{2}} )?{_ENDS}\s*$",
    )
)
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+\s+\S*[-:]")


class LeaseTable(Lines):
    """Reads them; when the table was taken, the collector has to say."""

    def line(self, line: str) -> Event | str:
        """Read one line."""
        if not line.strip():
            return "blank"
        found = next((found for row in _ROWS if (found := row.match(line)) is not None), None)
        if found is None:
            return "no_columns" if _ADDRESS.search(line) else "heading"
        parts = found.groupdict()
        event: Event = {
            "ts": None, "ts_raw": "", "ts_quality": ("snapshot",), "class_uid": int(Class.DHCP), "activity": "table", "event_action": "lease",
            "source_ip": parts["ip"],
            "attrs": {name: parts[name] for name in ("client", "state", "seconds") if parts.get(name) not in {None, "-"}},
        }  # fmt: skip
        if parts["mac"]:
            event["source_mac"] = mac_of(parts["mac"])
        if parts.get("host"):
            event["attrs"]["hostname"] = parts["host"]
        if parts.get("year"):
            ends = self._ends(parts)
            if ends is None:
                return "no_time"
            event["attrs"]["ends_us"] = ends
        return event

    def _ends(self, parts: dict[str, str]) -> int | None:
        try:
            hour, minute, second = (int(part) for part in parts["clock"].split(":"))
            return micros(
                datetime(
                    int(parts["year"]),
                    MONTHS[parts["month"]],
                    int(parts["day"]),
                    hour,
                    minute,
                    second,
                    tzinfo=self.context.zone,
                )
            )
        except (ValueError, KeyError, OverflowError):
            return None
