"""Logs of Sangfor gateways: ``日志类型:…, 用户:…, 源IP:…`` after a syslog head, in UTF-8 or GBK."""

import re

from evidence.parsing.context import Context
from evidence.parsing.events import Class, Event
from evidence.parsing.lines import Lines, port
from evidence.parsing.source import decoded
from evidence.parsing.stamps import Yearless

_HEAD = re.compile(
    r"(?:<\d{1,3}>)?(?:(?P<old>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)|(?P<new>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*))?\s*"
    r"(?:(?P<host>[^\s:]+) )?(?:(?P<program>\w+)(?:\[\d+\])?: ?)?(?=(?:日志类型|\[?log type|Log Type)[:：])"
)
_PAIR = re.compile(r"([^,，:：]{1,40})[:：]\s?([^,，]*)(?:[,，] ?|$)")
_NAMES = {
    "日志类型": "type", "用户": "user", "用户名": "user", "用户名/主机": "user", "源IP": "sip", "源ip": "sip", "源端口": "sport",
    "目的IP": "dip", "目的ip": "dip", "目的端口": "dport", "应用类型": "app_type", "应用名称": "app", "系统动作": "action", "动作": "action",
    "协议": "protocol", "上行流量(KB)": "up_kb", "下行流量(KB)": "down_kb", "总流量(KB)": "total_kb", "策略名称": "policy", "域名": "domain",
    "URL": "url", "域名/URL": "url", "源MAC": "mac", "转换后源IP": "nip", "转换后源端口": "nport",
    "Log Type": "type", "User": "user", "Source IP": "sip", "Source Port": "sport", "Destination IP": "dip",
    "Destination Port": "dport", "Application": "app", "Application Type": "app_type", "Action": "action",
}  # fmt: skip
_BLOCKED = re.compile(r"拒绝|阻断|拦截|den|drop|block", re.IGNORECASE)


class Sangfor(Lines):
    """Reads them."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.yearless = Yearless(context.year or context.reference.year, context.zone)

    def line(self, line: str) -> Event | str:
        """Read one line."""
        text = decoded(line)
        found = _HEAD.match(text)
        if found is None:
            return "blank" if not text.strip() else "no_head"
        old, new, host, program = found.groups()
        stamp = self.yearless.read(old) if old else self.clock.read(new) if new else None
        fields: dict[str, str] = {}
        rest: dict[str, str] = {}
        for key, value in _PAIR.findall(text[found.end() :]):
            name = _NAMES.get(key.strip())
            (fields if name else rest)[name or key.strip()] = value.strip()
        get = fields.get
        is_session = "sip" in fields and "dip" in fields
        event: Event = {
            "ts": stamp[0] if stamp else None, "ts_raw": old or new or "", "ts_quality": stamp[1] if stamp else (),
            "class_uid": int(Class.NETWORK if is_session else Class.OTHER), "activity": "traffic",
            "event_action": "session" if is_session else "traffic_volume" if "up_kb" in fields else "gateway_log",
            "attrs": {key: value for key, value in fields.items() if key not in {"sip", "sport", "dip", "dport", "user"}} | rest,
        }  # fmt: skip
        if get("action"):
            event["event_outcome"] = "failure" if _BLOCKED.search(fields["action"]) else "success"
        user = get("user")
        if user and user not in {"(null)", "null", "-"}:
            event["user_name"] = user
        for key, name in (
            ("source_ip", "sip"),
            ("destination_ip", "dip"),
            ("source_nat_ip", "nip"),
            ("source_mac", "mac"),
            ("destination_domain", "domain"),
        ):
            if get(name):
                event[key] = fields[name]  # type: ignore[literal-required]
        for key, name in (("source_port", "sport"), ("destination_port", "dport"), ("source_nat_port", "nport")):
            number = port(get(name))
            if number is not None:
                event[key] = number  # type: ignore[literal-required]
        if host:
            event["host"] = host
        if program:
            event["process_executable"] = program
        return event
