"""NAT and flow logs of H3C and 3Com devices, in both of their text shapes, and their admin commands."""

import re

from evidence.parsing.commands import labels_of
from evidence.parsing.context import Context
from evidence.parsing.events import YEAR_INFERRED, Class, Event
from evidence.parsing.lines import Lines, port
from evidence.parsing.source import decoded
from evidence.parsing.stamps import Stamp, Yearless, epoch

_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_HEAD = re.compile(
    r"(?:<\d{1,3}>)?(?:(?P<stamp>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?::\d+)?(?: \d{4})?|%?@?\d*%?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?::\d+)? \d{4}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*) )?"
    r"(?:(?P<host>\S+) )?(?:%%\d\d)?(?P<module>[A-Z][A-Z0-9_]*)/(?P<level>\d)/(?P<event>\w+)(?:\(\w\))?: ?(?P<body>.*)$",
    re.DOTALL,
)
_OLD = re.compile(
    r"(?P<protocol>\w+); (?P<sip>[\d.]+)(?::(?P<sport>\d+))?--->(?P<nip>[\d.]+)(?::(?P<nport>\d+))?; ?(?P<dip>[\d.]+)(?::(?P<dport>\d+))?; ?"
    r"\[(?P<start>[^\]]*?)(?: ?- ?(?P<end>\d{4}[^\]]*|\d*))?\](?:; ?Operator (?P<op>\d+): ?(?P<what>.*))?"
)
_PAIR = re.compile(r"(\w+)\((\d+)\)=([^;]*)")
_ASKED = frozenset({
    "EndTime_e", "EndTime", "SrcIPAddr", "DstIPAddr", "NatSrcIPAddr", "NATSrcIPAddr", "SrcPort", "DstPort", "NatSrcPort", "UserName",
    "Protocol", "BeginTime_e", "Event", "RcvVPNInstance",
})  # fmt: skip
#: Heads that are remembered, and fields of a line that is read in one go.
HEADS, MOST_FIELDS = 256, 60
#: Time, as it is read and as it stands there, host, module, level, event.
_Head = tuple[Stamp | None, str | None, str | None, str, str, str]
_OPERATOR = {"1": "ended", "2": "aged", "3": "cleared", "4": "interrupted", "5": "static", "6": "active", "8": "built"}


class H3c(Lines):
    """Reads them."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.yearless = Yearless(context.year or context.reference.year, context.zone)
        self.heads: dict[str, _Head] = {}
        self.names: tuple[str, ...] = ()
        self.layout: re.Pattern[str] | None = None

    def _stamp(self, text: str) -> Stamp | None:
        if text[0].isdecimal():
            return self.clock.read(text)
        text = text.lstrip("%@0123456789")
        year = re.search(r" (\d{4})$", text)
        if year is None:
            return self.yearless.read(text[:15])
        month = _MONTHS.find(text[:3]) // 3 + 1
        return self.clock.read(f"{year[1]}-{month:02d}-{text[4:6].strip().zfill(2)} {text[7:15]}")

    def _head(self, line: str) -> tuple[_Head, str] | None:
        """Return what stands before a message, remembered for all lines of a second, and the message."""
        at = line.find(": ")
        known = self.heads.get(line[:at]) if at > 0 else None
        if known is not None:
            return known, line[at + 2 :]
        found = _HEAD.match(line)
        if found is None:
            return None
        text, host, module, level, name, body = found.groups()
        head = (self._stamp(text) if text else None, text, host, module, level, name)
        dated = head[0] is None or YEAR_INFERRED not in head[0][1]
        if dated and at > 0 and found.start("body") == at + 2:
            if len(self.heads) >= HEADS:
                self.heads.clear()
            self.heads[line[:at]] = head
        return head, body

    def _pairs(self, body: str) -> dict[str, str]:
        """Return the fields that are asked for: in one go where the line before had the same ones in the same order."""
        found = self.layout.match(body) if self.layout is not None else None
        if found is not None:
            return dict(zip(self.names, found.groups(), strict=True))
        pairs = _PAIR.findall(body)
        keys = [key for key, _number, _value in pairs]
        if len(set(keys)) == len(keys) <= MOST_FIELDS:
            self.names = tuple(key for key in keys if key in _ASKED)
            self.layout = re.compile(
                ";".join(
                    rf"{key}\({number}\)=" + ("([^;]*+)" if key in _ASKED else "[^;]*+") for key, number, _ in pairs
                )
                + ";?$"
            )
        return {key: value for key, _number, value in pairs if key in _ASKED}

    def line(self, line: str) -> Event | str:
        """Read one line."""
        parted = self._head(line)
        if parted is None:
            return "blank" if not line.strip() else "no_head"
        (stamp, text, host, module, level, name), body = parted
        event: Event = {
            "class_uid": 0, "event_action": name.lower(), "attrs": {"module": module, "level": int(level), "event": name},
        }  # fmt: skip
        if host:
            event["host"] = host
        if not body.isascii():
            body = decoded(body)
        if "(1003)=" in body or "SrcIPAddr(" in body:
            self._keyed(event, self._pairs(body))
        elif "--->" in body:
            if not self._arrow(event, body):
                return "no_flow"
        else:
            self._other(event, body)
        if stamp is not None:
            event["ts"], event["ts_quality"] = stamp
            event["ts_raw"] = text or ""
        else:
            begun = self.clock.read(str(event["attrs"].get("begin", "")))
            event["ts"], event["ts_quality"] = begun or (None, ())
            event["ts_raw"] = str(event["attrs"].get("begin", ""))
        return event

    @staticmethod
    def _keyed(event: Event, pairs: dict[str, str]) -> None:
        get = pairs.get
        event["class_uid"], event["activity"] = 4001, "traffic"
        event["event_action"] = "session_ended" if (get("EndTime_e") or get("EndTime")) else "nat_session"
        event["source_ip"] = get("SrcIPAddr", "")
        event["destination_ip"] = get("DstIPAddr", "")
        nat = get("NatSrcIPAddr") or get("NATSrcIPAddr")
        if nat:
            event["source_nat_ip"] = nat
        for key, name in (
            ("source_port", "SrcPort"),
            ("destination_port", "DstPort"),
            ("source_nat_port", "NatSrcPort"),
        ):
            value = port(get(name))
            if value is not None:
                event[key] = value  # type: ignore[literal-required]
        user = get("UserName")
        if user and user not in {"-", ""}:
            event["user_name"] = user
        attrs = event["attrs"]
        attrs["Protocol"] = get("Protocol", "")
        for key, shown in (
            ("BeginTime_e", "begin"),
            ("EndTime_e", "end"),
            ("Event", "what"),
            ("RcvVPNInstance", "vpn"),
        ):
            if get(key):
                attrs[shown] = pairs[key]
        if attrs.get("begin", "").isdecimal():
            attrs["begin_us"] = epoch(attrs["begin"])

    @staticmethod
    def _arrow(event: Event, body: str) -> bool:
        found = _OLD.search(body)
        if found is None:
            return False
        event["class_uid"], event["activity"] = 4001, "traffic"
        operator = found["op"] or ""
        event["event_action"] = "session_built" if operator == "8" else "session_ended" if operator else "nat_session"
        event["source_ip"], event["destination_ip"] = found["sip"], found["dip"]
        if found["nip"] != found["sip"]:
            event["source_nat_ip"] = found["nip"]
        for key, name in (("source_port", "sport"), ("destination_port", "dport"), ("source_nat_port", "nport")):
            value = port(found[name])
            if value is not None:
                event[key] = value  # type: ignore[literal-required]
        attrs = event["attrs"]
        attrs["Protocol"] = found["protocol"]
        attrs["operator"] = _OPERATOR.get(operator, operator)
        attrs["begin"], attrs["end"] = (found["start"] or "").replace("/", "-"), found["end"] or ""
        return True

    @staticmethod
    def _other(event: Event, body: str) -> None:
        name = event["attrs"]["event"].upper()
        event["attrs"]["message"] = body[:2000]
        command = re.search(r"Command(?: is|=)?[: ]\s*(.*)$", body)
        user = re.search(r"(?:User(?:Name)?|user)[= ](\S+?)[,; ]", body)
        where = re.search(r"(?:IPAddr|IP|ip)[= ](\d+\.\d+\.\d+\.\d+)", body)
        if command and "CMD" in name:
            event["class_uid"], event["activity"], event["event_action"] = (
                int(Class.PROCESS),
                "launch",
                "device_command",
            )
            event["process_command_line"] = command[1]
            labels = labels_of(command[1])
            if labels:
                event["rule_labels"] = labels
        elif "LOGIN" in name:
            event["class_uid"], event["activity"], event["event_action"] = int(Class.AUTHENTICATION), "logon", "login"
            event["event_outcome"] = "failure" if "FAIL" in name else "success"
        elif "LOGOUT" in name:
            event["class_uid"], event["activity"], event["event_action"] = int(Class.AUTHENTICATION), "logoff", "logout"
        if user:
            event["user_name"] = user[1].strip("-=")
        if where:
            event["source_ip"] = where[1]
