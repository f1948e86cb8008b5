"""Web proxies and servers: Squid's own format, and the common and combined formats of nginx, Apache and lighttpd."""

import re
from datetime import datetime

from evidence.parsing.events import EXACT, Class, Event
from evidence.parsing.lines import Lines, port
from evidence.parsing.source import decoded
from evidence.parsing.stamps import epoch, micros

_SQUID = re.compile(
    r"(?P<ts>\d{9,11}\.\d{3}) +(?P<ms>-?\d+) (?P<ip>\S+) (?P<result>[A-Z_]+)/(?P<status>\d{3}) (?P<bytes>\d+) (?P<method>\S+) "
    r"(?P<url>.*) (?P<user>\S+) (?P<peer>[A-Z_]+)/(?P<via>\S+) (?P<type>\S+)"
)
_URL = re.compile(r"(?:[a-z]+://)?(?:[^/@]*@)?(\[[^\]]+\]|[^/:?#\s]+)(?::(\d+))?")


class Squid(Lines):
    """Reads squid's access.log. ``CONNECT host:port`` is what shows a pool behind TLS."""

    def line(self, line: str) -> Event | str:
        """Read one line."""
        found = _SQUID.match(line)
        if found is None:
            return "blank" if not line.strip() else "comment" if line[0] == "#" else "no_request"
        moment = epoch(found["ts"])
        if moment is None:
            return "no_time"
        refused = "DENIED" in found["result"] or found["status"][0] in "45"
        event: Event = {
            "ts": moment, "ts_raw": found["ts"], "ts_quality": EXACT, "class_uid": int(Class.HTTP), "activity": "request",
            "event_action": "proxy_connect" if found["method"] == "CONNECT" else "proxy_request",
            "event_outcome": "failure" if refused else "success", "source_ip": found["ip"],
            "attrs": {
                "method": found["method"], "url": decoded(found["url"]), "status": found["status"], "bytes": int(found["bytes"][:15]),
                "result": found["result"], "milliseconds": int(found["ms"][:12]),
            },
        }  # fmt: skip
        if found["user"] != "-":
            event["user_name"] = decoded(found["user"])
        where = _URL.match(found["url"])
        if where and "." in where[1]:
            event["destination_domain"] = where[1].lower().rstrip(".")
            number = port(where[2])
            if number is not None:
                event["destination_port"] = number
        if re.fullmatch(r"[\d.]+", found["via"]):
            event["destination_ip"] = found["via"]
        return event


_COMBINED = re.compile(
    r"(?:(?P<vhost>[\w.-]+(?::\d+)?) )?(?P<ip>[0-9a-fA-F.:]+|[\w.-]+) \S+ (?P<user>.+?) \[(?P<ts>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}|-) (?P<bytes>\d+|-)(?: "(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)
_REQUEST = re.compile(r"([A-Z]+) (\S+)(?: HTTP/[\d.]+)?$")


class Combined(Lines):
    """Reads the common and combined formats."""

    def line(self, line: str) -> Event | str:
        """Read one line."""
        found = _COMBINED.match(line)
        if found is None:
            return "blank" if not line.strip() else "no_request"
        try:
            moment = micros(datetime.strptime(found["ts"], "%d/%b/%Y:%H:%M:%S %z"))
        except ValueError:
            return "no_time"
        status = found["status"]
        event: Event = {
            "ts": moment, "ts_raw": found["ts"], "ts_quality": EXACT, "class_uid": int(Class.HTTP), "activity": "request",
            "event_action": "http_request", "event_outcome": "success" if status[0] in "123" else "failure",
            "source_ip": found["ip"],
            "attrs": {"request": decoded(found["request"]), "status": status, "bytes": found["bytes"]},
        }  # fmt: skip
        request = _REQUEST.match(found["request"])
        if request:
            event["attrs"]["method"], event["attrs"]["path"] = request[1], decoded(request[2])
        if found["user"] != "-":
            event["user_name"] = decoded(found["user"])
        if found["vhost"]:
            event["destination_domain"] = found["vhost"].partition(":")[0].lower()
        if found["agent"] and found["agent"] != "-":
            event["attrs"]["agent"] = decoded(found["agent"])
        return event
