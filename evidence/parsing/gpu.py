"""What nvidia-smi prints: its table, ``-q``, ``pmon``, and the CSV of its queries."""

import re
from datetime import datetime
from typing import Any

from evidence.parsing.commands import labels_of
from evidence.parsing.context import Context
from evidence.parsing.events import Class, Event
from evidence.parsing.gpu_xml import NOTHING
from evidence.parsing.lines import ANNOUNCES, LONGER, Held
from evidence.parsing.stamps import NO_ZONE, micros

_ROW = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d+, ")
_PROCESS = re.compile(
    r"\|\s+(?P<gpu>\d+)\s+\S+\s+\S+\s+(?P<pid>\d+)\s+(?P<type>C|G|C\+G)\s+(?P<name>.*?)\s+(?P<memory>\d+)MiB\s+\|"
)
_LOAD = re.compile(
    r"\|\s*(?:\S+\s+)?(?P<temp>\d+)C\s+(?P<state>P\d+)\s+(?P<power>\d+)W\s*/\s*(?P<cap>\d+)W\s*\|\s*(?P<used>\d+)MiB\s*/\s*(?P<total>\d+)MiB\s*\|\s*(?P<load>\d+)%"
)
_DATE = re.compile(r"(?:Timestamp\s+: )?([A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4})$")
#: ``-q``: a card, what is told of it below headings, and its processes, each by its depth.
_CARD = re.compile(r"GPU ([0-9A-Fa-f]{8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.\d)$")
_TOLD = re.compile(r"(?P<room> *)(?P<name>\S.*?) *(?: : (?P<value>.*))?$")
_OF_CARD = {
    "Product Name": "name", "GPU UUID": "uuid", "Performance State": "state", "FB Memory Usage/Used": "used",
    "FB Memory Usage/Total": "total", "Utilization/Gpu": "load", "Utilization/GPU": "load",
    "Temperature/GPU Current Temp": "temp", "Power Readings/Power Draw": "power", "Power Readings/Power Limit": "cap",
    "GPU Power Readings/Average Power Draw": "power", "GPU Power Readings/Instantaneous Power Draw": "power",
    "GPU Power Readings/Power Draw": "power", "GPU Power Readings/Current Power Limit": "cap",
}  # fmt: skip
_DRIVER = re.compile(r"Driver Version +: (\S+)")
LONGEST = 200
_OF_PROCESS = {"Type": "type", "Name": "name", "Process name": "name", "Used GPU Memory": "memory"}
_MONITORED = re.compile(r" +(?P<gpu>\d+) +(?P<pid>\d+) +(?P<type>C|G|C\+G) .*? (?P<name>\S+) *$")


class NvidiaSmi(Held):
    """Reads them; help texts and the like in the same capture stay unread."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.columns: list[str] = []
        self.moment: tuple[int, str] | None = None
        #: What ``-q`` tells of: a card by its place on the bus, and the heading.
        self.card = self.heading = ""
        self.begins = -1  # where what is told of a process begins
        self.monitored = False

    def piece(self, line: str) -> Event | object:
        """Read one line."""
        if self.card and line.startswith("    "):
            return self._told(line)
        self.card = ""
        found = _CARD.match(line)
        if found is not None:
            self.card, self.heading, self.begins = found[1], "", -1
            return self._event("gpu_load", {"gpu": self.card})
        if self.held is not None and self.held["event_action"] == "gpu_listing":
            driver = _DRIVER.match(line)
            if driver is not None:
                self.held["attrs"] = {"driver": driver[1]}
                return LONGER
        return self._line(line)

    def _told(self, line: str) -> Event | object:
        """Read one line of what ``-q`` tells of a card."""
        told = _TOLD.match(line)
        if told is None or self.held is None:
            return "other"
        deep, name, value = len(told["room"]), told["name"], (told["value"] or "").strip()
        if deep == 4:
            self.heading = "" if told["value"] is not None else name
        attrs, of_card = self.held["attrs"], self.held["event_action"] == "gpu_load"
        if self.heading != "Processes":
            if not of_card:
                return "other"  # what comes behind the processes
            key = _OF_CARD.get(name if deep == 4 else f"{self.heading}/{name}")
            if key and value not in NOTHING:
                attrs.setdefault(key, value[:LONGEST])
            return LONGER
        if name == "Process ID" and value.isdecimal():
            event = self._event("gpu_process", {"gpu": self.card, "pid": value[:LONGEST]})
            if self.begins >= 0:
                event["raw_offset"], self.begins = self.begins, -1
            return event
        if deep > 8 and not of_card:
            key = _OF_PROCESS.get(name)
            if key and value not in NOTHING:
                attrs[key] = value[:LONGEST]
                self.held.update(self._event("gpu_process", attrs))
            return LONGER
        if deep > 4 and self.begins < 0:
            self.begins = self.at
        return ANNOUNCES

    def _line(self, line: str) -> Event | str:
        if _ROW.match(line):
            return self._row(line)
        if line.startswith("# gpu "):
            self.monitored = " pid " in line
            return "heading"
        if line.startswith(("# Idx ", "====")):
            return "heading"
        self.monitored &= line[:1] in " #"
        process = _MONITORED.match(line) if self.monitored else None
        if process is not None:
            return self._event("gpu_process", process.groupdict())
        if line.startswith("timestamp, "):
            self.columns = [part.strip() for part in line.split(",")]
            return "heading"
        date = _DATE.match(line.strip())
        if date is not None:
            try:
                moment = datetime.strptime(date[1], "%a %b %d %H:%M:%S %Y").replace(tzinfo=self.context.zone)
            except ValueError:
                return "no_time"
            self.moment = (micros(moment), date[1])
            return {
                "ts": self.moment[0], "ts_raw": date[1], "ts_quality": NO_ZONE, "class_uid": int(Class.DEVICE),
                "event_action": "gpu_listing", "attrs": {},
            }  # fmt: skip
        for pattern, action in ((_PROCESS, "gpu_process"), (_LOAD, "gpu_load")):
            found = pattern.match(line)
            if found is not None:
                return self._event(action, found.groupdict())
        return "blank" if not line.strip() else "other"

    def _event(self, action: str, attrs: dict[str, Any]) -> Event:
        moment = self.moment
        event: Event = {
            "ts": moment[0] if moment else None, "ts_raw": moment[1] if moment else "", "ts_quality": NO_ZONE if moment else (),
            "class_uid": int(Class.DEVICE), "event_action": action, "attrs": attrs,
        }  # fmt: skip
        name = attrs.get("name")
        if action == "gpu_process" and name:
            event["process_executable"] = name
            if str(attrs.get("pid", "")).isdecimal():
                event["process_pid"] = int(str(attrs["pid"])[:10])
            labels = labels_of(name)
            if labels:
                event["rule_labels"] = labels
        return event

    def _row(self, line: str) -> Event | str:
        values = [part.strip() for part in line.split(",")]
        row = dict(zip(self.columns, values, strict=False))
        stamp = self.clock.read(values[0])
        if stamp is None or not row:
            return "no_columns"
        attrs = {
            key: value
            for key, value in row.items()
            if value not in {"[N/A]", "N/A", "[Not Supported]"} and key != "timestamp"
        }
        if len(attrs) > 24:
            wanted = (
                "name",
                "uuid",
                "pci.bus_id",
                "index",
                "pstate",
                "utilization.gpu",
                "utilization.gpu [%]",
                "memory.used",
                "memory.used [MiB]",
                "power.draw",
                "power.draw [W]",
                "temperature.gpu",
                "driver_version",
                "hostname",
            )
            attrs = {key: attrs[key] for key in wanted if key in attrs}
        process = row.get("process_name")
        if process:
            attrs = {
                "name": process,
                "pid": row.get("pid", ""),
                "gpu": row.get("gpu_uuid", ""),
                "memory": row.get("used_gpu_memory [MiB]", ""),
            }
        event = self._event("gpu_process" if process else "gpu_load", attrs)
        event["ts"], event["ts_quality"] = stamp
        event["ts_raw"] = values[0]
        return event
