"""Query logs of name servers: BIND's own file, dnsmasq's, and the debug log of Windows DNS."""

import re

from evidence.parsing.context import Context
from evidence.parsing.events import Class, Event
from evidence.parsing.lines import Lines
from evidence.parsing.said_system import dnsmasq, named
from evidence.parsing.stamps import Yearless

_BIND = re.compile(
    r"(?P<day>\d\d)-(?P<month>[A-Z][a-z]{2})-(?P<year>\d{4}) (?P<time>\d\d:\d\d:\d\d(?:\.\d+)?) (?P<rest>.*)$"
)
_DNSMASQ = re.compile(
    r"(?P<stamp>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (?:\S+ )?dnsmasq(?:-dhcp)?\[\d+\]: (?P<rest>.*)$"
)
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


class Bind(Lines):
    """Reads BIND's query log."""

    def line(self, line: str) -> Event | str:
        """Read one line."""
        found = _BIND.match(line)
        if found is None:
            return "blank" if not line.strip() else "no_query"
        month = _MONTHS.find(found["month"]) // 3 + 1
        stamp = self.clock.read(f"{found['year']}-{month:02d}-{found['day']} {found['time']}")
        if stamp is None:
            return "no_time"
        said = named(found["rest"]) or {"class_uid": 0, "event_action": "message", "attrs": {"message": found["rest"]}}
        said |= {"ts": stamp[0], "ts_quality": stamp[1], "ts_raw": line[:24]}
        return said  # type: ignore[return-value]


class Dnsmasq(Lines):
    """Reads dnsmasq's own log file."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.yearless = Yearless(context.year or context.reference.year, context.zone)

    def line(self, line: str) -> Event | str:
        """Read one line."""
        found = _DNSMASQ.match(line)
        stamp = self.yearless.read(found["stamp"]) if found else None
        if found is None or stamp is None:
            return "blank" if not line.strip() else "no_query"
        said = dnsmasq(found["rest"]) or {
            "class_uid": 0,
            "event_action": "message",
            "attrs": {"message": found["rest"]},
        }
        said |= {"ts": stamp[0], "ts_quality": stamp[1], "ts_raw": found["stamp"]}
        return said  # type: ignore[return-value]


_WINDOWS = re.compile(
    r"(?P<stamp>\d{1,4}[/-]\d{1,2}[/-]\d{1,4} \d{1,2}:\d\d:\d\d(?: [AP]M)?) +(?P<thread>[0-9A-F]+) PACKET +[0-9A-F]+ (?P<protocol>UDP|TCP) "
    r"(?P<way>Rcv|Snd) (?P<ip>\S+) +[0-9a-f]+ (?P<reply>R?) *Q \[[^\]]*\] +(?P<type>\S+) +(?P<name>\S+)"
)
_LABEL = re.compile(r"\((\d+)\)([^(]*)")


class WindowsDns(Lines):
    """Reads the debug log of Windows DNS: ``(4)pool(7)example(3)com(0)``."""

    def line(self, line: str) -> Event | str:
        """Read one line."""
        found = _WINDOWS.match(line)
        if found is None:
            return "blank" if not line.strip() else "heading"
        text = found["stamp"].replace("/", "-")
        parts = text.partition(" ")[0].split("-")
        clock = re.match(r"(\d+):(\d\d:\d\d)(?: ([AP])M)?", text.partition(" ")[2])
        if clock is None:
            return "no_time"
        hour = int(clock[1]) % 12 + (12 if clock[3] == "P" else 0) if clock[3] else int(clock[1])
        day = "-".join(parts) if len(parts[0]) == 4 else f"{parts[2]}-{parts[0]}-{parts[1]}"
        stamp = self.clock.read(f"{day} {hour:02d}:{clock[2]}")
        if stamp is None:
            return "no_time"
        name = ".".join(label for _, label in _LABEL.findall(found["name"]) if label)
        answer = found["reply"] == "R" or found["way"] == "Snd"
        return {
            "ts": stamp[0], "ts_raw": found["stamp"], "ts_quality": stamp[1], "class_uid": int(Class.DNS),
            "activity": "response" if answer else "query", "event_action": "dns_answer" if answer else "dns_query",
            "source_ip": found["ip"], "destination_domain": name.lower(), "attrs": {"type": found["type"]},
        }  # fmt: skip
