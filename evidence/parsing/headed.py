"""Logs whose own heading names the columns: W3C (IIS, Windows Firewall), Zeek TSV and JSON, nfdump CSV."""

import re
from typing import Any

import orjson

from evidence.parsing.context import Context
from evidence.parsing.events import EXACT, Class, Event
from evidence.parsing.lines import Lines, port
from evidence.parsing.source import cells, decoded
from evidence.parsing.stamps import epoch


class W3c(Lines):
    """Reads W3C extended logs. IIS writes UTC; Windows Firewall says itself that it writes local time."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.fields: list[str] = []
        self.local = False

    def line(self, line: str) -> Event | str:
        """Read one line."""
        if line[:1] == "#":
            if line.startswith("#Fields:"):
                self.fields = line[8:].split()
            elif line.startswith("#Time Format:"):
                self.local = "local" in line.lower()
            return "heading"
        if not line.strip():
            return "blank"
        parts = line.split(" ")
        if not self.fields or len(parts) < 3:
            return "no_columns"
        row = {key: value for key, value in zip(self.fields, parts, strict=False) if value != "-"}
        get = row.get
        stamp = self.clock.read(f"{get('date', '')}T{get('time', '')}{'' if self.local else 'Z'}")
        if stamp is None:
            return "no_time"
        event: Event = {"ts": stamp[0], "ts_raw": f"{get('date')} {get('time')}", "ts_quality": stamp[1]}
        if "cs-method" in self.fields or "cs-uri-stem" in self.fields:
            self._web(event, row)
        else:
            action = get("action", "").lower()
            event["class_uid"], event["activity"] = int(Class.NETWORK), "traffic"
            event["event_action"] = "firewall_events_lost" if "lost" in action else f"firewall_{action}"
            event["attrs"] = {
                key: value
                for key, value in row.items()
                if key not in {"date", "time", "src-ip", "dst-ip", "src-port", "dst-port"}
            }
            self._ends(event, get("src-ip"), get("src-port"), get("dst-ip"), get("dst-port"))
        return event

    def _web(self, event: Event, row: dict[str, str]) -> None:
        get = row.get
        event["class_uid"], event["activity"], event["event_action"] = int(Class.HTTP), "request", "http_request"
        status = get("sc-status", "")
        if status.isdecimal():
            event["event_outcome"] = "success" if int(status[:4]) < 400 else "failure"
        if get("cs-username"):
            event["user_name"] = decoded(row["cs-username"])
        if get("cs-host"):
            event["destination_domain"] = row["cs-host"].lower()
        query = f"?{row['cs-uri-query']}" if get("cs-uri-query") else ""
        event["attrs"] = {
            "method": get("cs-method", ""),
            "path": decoded(get("cs-uri-stem", "") + query),
            "status": status,
            "agent": decoded(get("cs(User-Agent)", "")),
        }
        self._ends(event, get("c-ip"), get("c-port"), get("s-ip"), get("s-port"))

    @staticmethod
    def _ends(event: Event, sip: str | None, sport: str | None, dip: str | None, dport: str | None) -> None:
        if sip:
            event["source_ip"] = sip
        if dip:
            event["destination_ip"] = dip
        number = port(sport)
        if number is not None:
            event["source_port"] = number
        number = port(dport)
        if number is not None:
            event["destination_port"] = number


_ZEEK: dict[str, tuple[int, str, str]] = {
    "conn": (Class.NETWORK, "traffic", "connection"),
    "dns": (Class.DNS, "query", "dns_query"),
    "http": (Class.HTTP, "request", "http_request"),
    "dhcp": (Class.DHCP, "lease", "lease_given"),
    "ssh": (Class.AUTHENTICATION, "logon", "login"),
    "rdp": (Class.AUTHENTICATION, "logon", "rdp_connection"),
    "ntlm": (Class.AUTHENTICATION, "logon", "ntlm"),
    "kerberos": (Class.AUTHENTICATION, "ticket", "kerberos"),
    "ftp": (Class.FILE, "command", "ftp_command"),
    "ssl": (Class.NETWORK, "traffic", "tls"),
    "syslog": (Class.OTHER, "message", "syslog_seen"),
    "known_hosts": (Class.NETWORK, "seen", "host_seen"),
    "software": (Class.NETWORK, "seen", "software_seen"),
}
_ENDS = {"id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "id_orig_h", "id_orig_p", "id_resp_h", "id_resp_p", "ts"}
_QUERY_FIELDS = {"uid", "proto", "qtype_name", "rcode_name", "answers", "rtt", "rejected"}


def _separator(written: str) -> str:
    r"""The character that Zeek writes as ``\x09``; what is not so written stands for itself, nothing for a tab."""
    code = re.fullmatch(r"\\x([0-9a-fA-F]{2})", written.strip())
    return chr(int(code[1], 16)) if code else written or "\t"


class Zeek(Lines):
    """Reads Zeek's logs by their heading, never by position; JSON lines by their keys."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.fields: list[str] = []
        self.path = ""
        self.separator = "\t"
        self.kept: list[tuple[int, str]] = []
        self.at: dict[str, int] = {}
        self.said = self._said("")

    def line(self, line: str) -> Event | str:
        """Read one line."""
        first = line[:1]
        if first == "#":
            return self._heading(line)
        if first == "{":
            return self._json(line)
        if not self.fields or not line:
            return "blank" if not line.strip() else "no_columns"
        values = line.split(self.separator)
        if len(values) != len(self.fields):
            return "wrong_columns"
        at = self.at
        moment = epoch(values[at["ts"]]) if "ts" in at else None
        if moment is None:
            return "no_time"
        class_uid, activity, action = self.said
        event: Event = {
            "ts": moment, "ts_raw": values[at["ts"]], "ts_quality": EXACT, "class_uid": class_uid, "activity": activity,
            "event_action": action,
            "attrs": {name: values[number] for number, name in self.kept if values[number] not in ("-", "(empty)")},
        }  # fmt: skip
        row = {name: values[number] for name, number in at.items() if values[number] not in ("-", "(empty)")}
        self._fill(event, row)
        if not line.isascii():
            event["attrs"] = {key: decoded(value) for key, value in event["attrs"].items()}
        return event

    def _heading(self, line: str) -> str:
        word, _, rest = line[1:].partition(" ") if line.startswith("#separator") else line[1:].partition(self.separator)
        if word == "separator":
            self.separator = _separator(rest)
        elif word == "path":
            self.path = rest
            self.said = self._said(rest)
        elif word == "fields":
            self.fields = rest.split(self.separator)
            self.at = {name: number for number, name in enumerate(self.fields)}
            keep = {name for name in self.fields if name not in _ENDS}
            if self.path == "dns":
                keep &= _QUERY_FIELDS
            self.kept = [(number, name) for number, name in enumerate(self.fields) if name in keep]
        return "heading"

    @staticmethod
    def _said(path: str) -> tuple[int, str, str]:
        class_uid, activity, action = _ZEEK.get(path, (Class.OTHER, "", f"zeek_{path[:30] or 'log'}"))
        return int(class_uid), activity, action

    def _json(self, line: str) -> Event | str:
        try:
            row = orjson.loads(line.encode("latin-1"))
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            return "no_json"
        if not isinstance(row, dict) or "ts" not in row:
            return "no_time"
        stamp = row["ts"]
        quality: tuple[str, ...] = EXACT
        if isinstance(stamp, (int, float)) and not isinstance(stamp, bool):
            moment = int(stamp * 1_000_000) if abs(stamp) < 253_402_300_800 else None
        else:
            read = self.clock.read(str(stamp))
            moment, quality = read or (None, ())
        if moment is None:
            return "no_time"
        path = str(row.get("@stream") or row.get("_path") or self.path)
        class_uid, activity, action = self._said(path)
        event: Event = {
            "ts": moment, "ts_raw": str(stamp), "ts_quality": quality, "class_uid": class_uid, "activity": activity,
            "event_action": action,
            "attrs": {key: value for key, value in row.items() if key not in _ENDS and key[:1] != "@" and isinstance(value, (str, int, float, bool))},
        }  # fmt: skip
        if row.get("@system"):
            event["host"] = str(row["@system"])
        self._fill(
            event, {key.replace("id_", "id.", 1) if key.startswith("id_") else key: value for key, value in row.items()}
        )
        return event

    @staticmethod
    def _fill(event: Event, row: dict[str, Any]) -> None:
        get = row.get
        for key, name in (("source_ip", "id.orig_h"), ("destination_ip", "id.resp_h")):
            value = get(name)
            if value:
                event[key] = str(value)  # type: ignore[literal-required]
        for key, name in (("source_port", "id.orig_p"), ("destination_port", "id.resp_p")):
            number = port(str(get(name, "")))
            if number is not None:
                event[key] = number  # type: ignore[literal-required]
        action = event["event_action"]
        if action == "dns_query" and get("query"):
            event["destination_domain"] = str(get("query")).lower().rstrip(".")
        elif action in {"http_request", "tls"} and (get("host") or get("server_name")):
            event["destination_domain"] = str(get("host") or get("server_name")).lower()
        elif action == "lease_given":
            event["source_ip"] = str(
                get("assigned_ip") or get("assigned_addr") or get("client_addr") or event.get("source_ip", "")
            )
            if get("mac"):
                event["source_mac"] = str(get("mac")).lower()
        elif action == "login":
            good = str(get("auth_success", "")).lower()
            event["event_outcome"] = {"t": "success", "true": "success", "f": "failure", "false": "failure"}.get(
                good, "unknown"
            )
        elif action in {"host_seen", "software_seen"} and get("host"):
            event["source_ip"] = str(get("host"))
        user = get("username") or get("user") or get("cookie") or get("client")
        if user and action in {"ntlm", "rdp_connection", "kerberos", "ftp_command"}:
            event["user_name"] = str(user)
        mac = get("orig_l2_addr")
        if mac:
            event["source_mac"] = str(mac).lower()


class Nfdump(Lines):
    """Reads ``nfdump -o csv``; the time is that of the collector's zone."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.at: dict[str, int] = {}

    def line(self, line: str) -> Event | str:
        """Read one line."""
        values = line.split(",") if '"' not in line else cells(line)
        if "sa" in values and "da" in values:
            self.at = {name.strip(): number for number, name in enumerate(values)}
            return "heading"
        at = self.at
        if len(values) < 9 or not at or len(values) <= at["da"]:
            return "blank" if not line.strip() else "summary" if line[:3].isalpha() else "no_columns"
        stamp = self.clock.read(values[at["ts"]]) if "ts" in at else None
        if stamp is None:
            return "no_time"
        event: Event = {
            "ts": stamp[0], "ts_raw": values[at["ts"]], "ts_quality": stamp[1], "class_uid": int(Class.NETWORK), "activity": "traffic",
            "event_action": "flow", "source_ip": values[at["sa"]].strip(), "destination_ip": values[at["da"]].strip(),
            "attrs": {name: values[at[name]].strip() for name in ("te", "td", "pr", "flg", "ipkt", "ibyt", "opkt", "obyt") if name in at and at[name] < len(values)},
        }  # fmt: skip
        for key, name in (("source_port", "sp"), ("destination_port", "dp")):
            number = port(values[at[name]].strip()) if name in at and at[name] < len(values) else None
            if number is not None:
                event[key] = number  # type: ignore[literal-required]
        return event
