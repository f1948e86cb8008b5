"""Any CSV with a heading: lists of monitors, meters, door logs, exports. Columns are mapped to fields by name or by hand."""

import re
from typing import Any

from evidence.parsing.context import Context
from evidence.parsing.dhcp import mac_of
from evidence.parsing.events import Class, Event
from evidence.parsing.lines import Lines, port
from evidence.parsing.source import cells, decoded
from evidence.parsing.stamps import Stamp, epoch

#: Field of an event -> headings under which it is found, in lower case.
NAMES: dict[str, tuple[str, ...]] = {
    "ts": (
        "ts",
        "time",
        "timestamp",
        "date",
        "datetime",
        "date_time",
        "时间",
        "日期",
        "监测时间",
        "发现时间",
        "记录时间",
        "采集时间",
        "开始时间",
        "刷卡时间",
        "告警时间",
        "observed_at",
        "start",
    ),
    "source_ip": ("ip", "ip地址", "源ip", "源地址", "src_ip", "source_ip", "srcip", "源ip地址", "内网ip", "受害ip"),
    "source_port": ("端口", "源端口", "port", "src_port", "source_port"),
    "source_mac": ("mac", "mac地址", "mac_address", "源mac"),
    "destination_ip": ("目的ip", "远端ip", "dst_ip", "destination_ip", "remote_ip", "矿池ip", "目的地址"),
    "destination_port": ("目的端口", "远端端口", "dst_port", "destination_port", "remote_port", "矿池端口"),
    "destination_domain": ("域名", "矿池", "矿池域名", "远端主机", "remote_host", "domain", "pool", "host_name"),
    "user_name": ("用户", "用户名", "姓名", "人员", "user", "username", "account", "账号", "持卡人"),
    "host": ("主机", "主机名", "host", "hostname", "设备", "device"),
    "tty": ("门", "门禁点", "地点", "door", "location"),
}
METER = (
    "kwh",
    "电量",
    "电量(kwh)",
    "用电量",
    "用电量(kwh)",
    "w",
    "功率",
    "功率(w)",
    "power",
    "power_w",
    "kw",
    "功率(kw)",
    "有功功率",
    "energy",
    "电能",
)
_PURE = re.compile(r"-?\d+(?:\.\d+)?$")


def mapped(heading: list[str]) -> dict[str, int]:
    """Return field -> column for the headings that are known; the dialog of the page lets the officer change it."""
    found: dict[str, int] = {}
    for number, title in enumerate(heading):
        name = title.strip().strip("\ufeff").lower()
        for field, names in NAMES.items():
            if name in names and field not in found:
                found[field] = number
        if name in METER and "value" not in found:
            found["value"] = number
    titles = [title.strip().strip("\ufeff").lower() for title in heading]
    for day, clock in (("日期", "时间"), ("date", "time")):
        if day in titles and clock in titles and found.get("ts") in {titles.index(day), titles.index(clock)}:
            found["date"], found["ts"] = titles.index(day), titles.index(clock)
    return found


def columns_of(given: Any) -> dict[str, str]:
    """Return a mapping (field -> heading) that was handed in, checked.

    Raises:
        ValueError: it is no mapping, or names a field that does not exist, or one heading twice.
    """
    if not isinstance(given, dict) or not given:
        raise ValueError("mapping")
    for field, title in given.items():
        if field not in FIELDS:
            raise ValueError(str(field))
        if not isinstance(title, str) or not title.strip() or len(title) > 200:
            raise ValueError(str(field))
    columns = {str(field): str(title).strip() for field, title in given.items()}
    if len(set(columns.values())) < len(columns):
        raise ValueError("mapping")
    return columns


#: What a column can be, in the order in which a person is asked; ``date`` stands beside ``ts`` where day and time are apart.
FIELDS = (
    "ts", "date", "user_name", "source_ip", "source_port", "source_mac", "destination_ip", "destination_port",
    "destination_domain", "host", "tty", "session_key", "process_command_line", "value",
)  # fmt: skip


def split(text: str) -> tuple[str, list[str]]:
    """Return the delimiter of a line, and its cells."""
    delimiter = max(",;\t|", key=text.count)
    return delimiter, [cell.strip().strip("\ufeff") for cell in cells(text, delimiter)]


class Table(Lines):
    """Reads lines of a CSV. The columns that the context names override what is found by name."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.mapping: dict[str, int] = {}
        self.heading: list[str] = []
        self.delimiter = ","

    def _head(self, text: str) -> str:
        """Take a line as the heading, unless the columns that were named are not in it: titles may stand above."""
        delimiter, heading = split(text)
        columns = self.context.columns
        if any(title not in heading for title in columns.values()):
            return "above_heading"
        self.delimiter, self.heading = delimiter, heading
        self.mapping = {field: heading.index(title) for field, title in columns.items()} or mapped(heading)
        return "heading"

    def line(self, line: str) -> Event | str:
        """Read one line."""
        text = decoded(line).replace("\0", "")
        if not text.strip():
            return "blank"
        if not self.heading:
            return self._head(text)
        row = cells(text, self.delimiter)
        if not row:
            return "no_columns"
        at = self.mapping
        moment = " ".join(row[at[field]].strip() for field in ("date", "ts") if field in at and at[field] < len(row))
        stamp = self._stamp(moment) if moment else None
        if not at or (stamp is None and ("ts" in at or "date" in at)):
            return "no_time"
        value = row[at["value"]].strip() if "value" in at and at["value"] < len(row) else ""
        event: Event = {
            "ts": stamp[0] if stamp else None, "ts_raw": moment if stamp else "", "ts_quality": stamp[1] if stamp else (),
            "class_uid": int(Class.DEVICE if value else Class.OTHER), "event_action": "meter_reading" if value else "table_row",
            "attrs": {self.heading[number]: cell for number, cell in enumerate(row) if number < len(self.heading) and number not in at.values() and cell},
        }  # fmt: skip
        if value:
            event["attrs"]["value"], event["attrs"]["unit"] = value, self.heading[at["value"]]
        for field, number in at.items():
            if field in {"ts", "date", "value"} or number >= len(row):
                continue
            cell = row[number].strip()
            if field.endswith("_port"):
                parsed = port(cell)
                if parsed is not None:
                    event[field] = parsed  # type: ignore[literal-required]
            elif cell:
                event[field] = mac_of(cell) if field == "source_mac" else cell  # type: ignore[literal-required]
        return event

    def _stamp(self, text: str) -> Stamp | None:
        text = text.strip()
        if _PURE.match(text):
            seconds = text if len(text.partition(".")[0]) <= 11 else str(int(float(text)) // 1000)
            moment = epoch(seconds)
            return (moment, ("exact",)) if moment is not None else None
        chinese = re.sub(r"[年月]", "-", text).replace("日", " ").replace("  ", " ")
        if re.fullmatch(r"\d{4}[-/.]\d\d?[-/.]\d\d?", chinese.strip()):
            chinese = chinese.strip() + " 00:00"
        return self.clock.read(chinese)
