"""Any CSV with a heading: lists of monitors, meters, door logs, exports. Columns are mapped to fields by name or by hand."""

import re

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
    return found


class Table(Lines):
    """Reads lines of a CSV; ``mapping`` overrides what is found by name."""

    def __init__(self, context: Context, mapping: dict[str, int] | None = None) -> None:
        super().__init__(context)
        self.mapping = mapping or {}
        self.heading: list[str] = []
        self.delimiter = ","

    def line(self, line: str) -> Event | str:
        """Read one line."""
        text = decoded(line).replace("\0", "")
        if not text.strip():
            return "blank"
        if not self.heading:
            self.delimiter = max(",;\t|", key=text.count)
            self.heading = cells(text, self.delimiter)
            self.mapping = self.mapping or mapped(self.heading)
            return "heading"
        row = cells(text, self.delimiter)
        if not row:
            return "no_columns"
        at = self.mapping
        stamp = self._stamp(row[at["ts"]]) if "ts" in at and at["ts"] < len(row) else None
        if not at or (stamp is None and "ts" in at):
            return "no_time"
        value = row[at["value"]].strip() if "value" in at and at["value"] < len(row) else ""
        event: Event = {
            "ts": stamp[0] if stamp else None, "ts_raw": row[at["ts"]] if stamp else "", "ts_quality": stamp[1] if stamp else (),
            "class_uid": int(Class.DEVICE if value else Class.OTHER), "event_action": "meter_reading" if value else "table_row",
            "attrs": {self.heading[number]: cell for number, cell in enumerate(row) if number < len(self.heading) and number not in at.values() and cell},
        }  # fmt: skip
        if value:
            event["attrs"]["value"], event["attrs"]["unit"] = value, self.heading[at["value"]]
        for field, number in at.items():
            if field in {"ts", "value"} or number >= len(row):
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
