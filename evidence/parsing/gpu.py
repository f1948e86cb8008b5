"""What nvidia-smi prints: its table, ``-q``, and the CSV of its queries."""

import re
from datetime import datetime
from typing import Any

from evidence.parsing.commands import labels_of
from evidence.parsing.context import Context
from evidence.parsing.events import Class, Event
from evidence.parsing.lines import Lines
from evidence.parsing.stamps import NO_ZONE, micros

_ROW = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d+, ")
_PROCESS = re.compile(
    r"\|\s+(?P<gpu>\d+)\s+\S+\s+\S+\s+(?P<pid>\d+)\s+(?P<type>C|G|C\+G)\s+(?P<name>.*?)\s+(?P<memory>\d+)MiB\s+\|"
)
_LOAD = re.compile(
    r"\|\s*(?:\S+\s+)?(?P<temp>\d+)C\s+(?P<state>P\d+)\s+(?P<power>\d+)W\s*/\s*(?P<cap>\d+)W\s*\|\s*(?P<used>\d+)MiB\s*/\s*(?P<total>\d+)MiB\s*\|\s*(?P<load>\d+)%"
)
_DATE = re.compile(r"(?:Timestamp\s+: )?([A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4})$")


class NvidiaSmi(Lines):
    """Reads them; help texts and the like in the same capture stay unread."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.columns: list[str] = []
        self.moment: tuple[int, str] | None = None

    def line(self, line: str) -> Event | str:
        """Read one line."""
        if _ROW.match(line):
            return self._row(line)
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
