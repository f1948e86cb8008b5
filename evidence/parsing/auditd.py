"""The Linux audit log: the records of one event are put together by time and serial number."""

import re
from collections import OrderedDict
from functools import lru_cache
from typing import Any

from evidence.parsing.commands import CLOCK, SILENCED, labels_of
from evidence.parsing.context import Context
from evidence.parsing.events import EXACT, Class, Event, Meaning
from evidence.parsing.said_ssh import address
from evidence.parsing.source import Block, decoded

_LINE = re.compile(r"(?:node=(\S+) )?type=(\S+) msg=audit\((\d{1,11}\.\d{3}):(\d{1,20})\):? ?")
_PAIR = re.compile(r"""([A-Za-z0-9_-]+)=("[^"]*"|'[^']*'|[^\s"']\S*|)""")
_INNER = re.compile(r"""([A-Za-z0-9_-]+)=("[^"]*"|\S*)""")
_HEX = re.compile(r"(?:[0-9A-F]{2})+$")
#: Events whose records may still come: kept open at most so many at a time.
OPEN = 512
_UNSET = {"?", "(none)", "(null)", "", "4294967295", "unset"}

_ACTIONS: dict[str, tuple[int, str, str]] = {
    "USER_LOGIN": (Class.AUTHENTICATION, "logon", "login"),
    "USER_AUTH": (Class.AUTHENTICATION, "preauth", "authentication"),
    "USER_ACCT": (Class.AUTHENTICATION, "preauth", "account_check"),
    "USER_ERR": (Class.AUTHENTICATION, "preauth", "authentication"),
    "USER_START": (Class.AUTHENTICATION, "logon", "session_opened"),
    "USER_END": (Class.AUTHENTICATION, "logoff", "session_closed"),
    "USER_LOGOUT": (Class.AUTHENTICATION, "logoff", "logout"),
    "LOGIN": (Class.AUTHENTICATION, "logon", "audit_login"),
    "CRED_ACQ": (Class.AUTHENTICATION, "preauth", "credential"),
    "CRED_DISP": (Class.AUTHENTICATION, "logoff", "credential"),
    "CRED_REFR": (Class.AUTHENTICATION, "preauth", "credential"),
    "USER_CHAUTHTOK": (Class.ACCOUNT, "change", "password_changed"),
    "ADD_USER": (Class.ACCOUNT, "create", "account_created"),
    "DEL_USER": (Class.ACCOUNT, "delete", "account_deleted"),
    "ADD_GROUP": (Class.ACCOUNT, "create", "group_created"),
    "DEL_GROUP": (Class.ACCOUNT, "delete", "group_deleted"),
    "USER_MGMT": (Class.ACCOUNT, "change", "account_changed"),
    "GRP_MGMT": (Class.ACCOUNT, "change", "group_changed"),
    "ACCT_LOCK": (Class.ACCOUNT, "lock", "account_locked"),
    "ACCT_UNLOCK": (Class.ACCOUNT, "unlock", "account_unlocked"),
    "USER_CMD": (Class.PROCESS, "launch", "sudo"),
    "USER_TTY": (Class.PROCESS, "input", "typed"),
    "TTY": (Class.PROCESS, "input", "typed"),
    "CONFIG_CHANGE": (Class.LOG, "change", "audit_rules_changed"),
    "DAEMON_START": (Class.LOG, "start", "logging_started"),
    "DAEMON_END": (Class.LOG, "stop", "logging_stopped"),
    "DAEMON_ABORT": (Class.LOG, "stop", "logging_stopped"),
    "DAEMON_ROTATE": (Class.LOG, "rotate", "log_rotated"),
    "DAEMON_CONFIG": (Class.LOG, "change", "audit_daemon_changed"),
    "SERVICE_START": (Class.OTHER, "start", "service_started"),
    "SERVICE_STOP": (Class.OTHER, "stop", "service_stopped"),
    "SYSTEM_BOOT": (Class.OTHER, "start", "machine_started"),
    "SYSTEM_SHUTDOWN": (Class.OTHER, "stop", "machine_stopping"),
    "USYS_CONFIG": (Class.OTHER, "change", "system_changed"),
}


def unquoted(value: str) -> str:
    """Return what a field says: quoted text as it is, hexadecimal text decoded."""
    if value[:1] in {'"', "'"}:
        return value[1:-1]
    if len(value) > 1 and len(value) % 2 == 0 and _HEX.match(value):
        return decoded(bytes.fromhex(value).decode("latin-1")).replace("\x00", " ").strip()
    return value


class _Open:
    """An event whose records are still coming in."""

    __slots__ = ("host", "records", "serial", "ts", "ts_raw")

    def __init__(self, ts: int, ts_raw: str, serial: int, host: str) -> None:
        self.ts, self.ts_raw, self.serial, self.host = ts, ts_raw, serial, host
        self.records: list[tuple[str, str, int, int]] = []


class Auditd:
    """Reads audit records."""

    def __init__(self, context: Context) -> None:
        self.tally = context.tally
        self.open: OrderedDict[tuple[str, str], _Open] = OrderedDict()
        self.seq = 0

    def feed(self, block: Block) -> list[Event]:
        """Return the events that are complete."""
        out: list[Event] = []
        offset, lines, stride, _simple = block
        waiting, match, usual = self.open, _LINE.match, _USUAL.match
        self.tally.lines += len(lines)
        seq, last, ts = self.seq, "", 0
        for line in lines:
            start = offset
            size = len(line) * stride
            offset += size + stride
            found = usual(line)
            if found is not None:
                kind, ts_raw, serial, pid, audit_id, session = found.groups()
                told = told_of(kind, line[found.end() :])
                if told is not None and (not waiting or (ts_raw, serial) not in waiting):
                    if ts_raw != last:
                        last, ts = ts_raw, _micros(ts_raw)
                    seq += 1
                    event: Event = told[0].copy()  # type: ignore[assignment]
                    event["process_pid"] = int(pid)
                    if audit_id not in _UNSET:
                        event["user_id"] = audit_id
                    if session not in _UNSET:
                        event["session_key"] = session
                    event["ts"], event["ts_raw"], event["ts_quality"] = ts, ts_raw, EXACT
                    event["seq"], event["raw_offset"], event["raw_length"] = seq, start, size
                    event["attrs"] = {"op": told[1], "serial": int(serial), "type": kind}
                    out.append(event)
                    continue
            found = match(line)
            if found is None:
                reason = "blank" if not line.strip() else "comment" if line[0] == "#" else "no_head"
                self.tally.refuse(start, size, reason)
                continue
            host, kind, ts_raw, serial = found.groups()
            key = (ts_raw, serial)
            held = waiting.get(key)
            if held is None:
                held = waiting[key] = _Open(_micros(ts_raw), ts_raw, int(serial), host or "")
                if len(waiting) > OPEN:
                    seq += 1
                    out.append(_closed(waiting.popitem(last=False)[1], seq))
            if kind == "EOE":
                held.records.append((kind, "", start, size))
                seq += 1
                out.append(_closed(waiting.pop(key), seq))
                continue
            held.records.append((kind, line[found.end() :], start, size))
        self.seq = seq
        return out

    def close(self) -> list[Event]:
        """Return the events still open."""
        rest = [_closed(event, self.seq + number) for number, event in enumerate(self.open.values(), 1)]
        self.seq += len(rest)
        self.open.clear()
        return rest


def _micros(text: str) -> int:
    return int(text[:-4]) * 1_000_000 + int(text[-3:]) * 1000


def _closed(event: _Open, seq: int) -> Event:
    said = _meaning(event.records)
    first = event.records[0]
    said["seq"] = seq
    said["raw_offset"], said["raw_length"] = first[2], first[3]
    said["ts"], said["ts_raw"], said["ts_quality"] = event.ts, event.ts_raw, EXACT
    if event.host:
        said["host"] = event.host
    attrs = said["attrs"]
    attrs["serial"] = event.serial
    attrs["type"] = first[0]
    if len(event.records) > 1:
        attrs["records"] = [[kind, start, size] for kind, _, start, size in event.records]
    return said  # type: ignore[return-value]


def _fields(text: str) -> dict[str, str]:
    fields = dict(_PAIR.findall(text))
    message = fields.get("msg", "")
    if message[:1] == "'":
        del fields["msg"]
        fields.update(_INNER.findall(message[1:-1]))
    return fields


#: How a record of user space usually begins, and what the program then says of itself: the same again and again.
_BEGINS = r"(?:user )?pid=(\d{1,10}) uid=\d+ auid=(\d+) ses=(\d+) (?:subj=\S+ )?msg='"
_SAYS = re.compile(
    r"op=([^\s']+) (?:grantors=\S+ )?acct=(\"[^\"]*\"|[0-9A-F?]+) exe=\"([^\"]*)\" hostname=\S+ addr=(\S+) terminal=(\S+) res=(success|failed)'"
)
_BODY = re.compile(_BEGINS)
#: The whole line of such a record: it is one event by itself, unless others with its number wait.
_USUAL = re.compile(r"type=((?:USER|CRED)_\w+) msg=audit\((\d{1,11}\.\d{3}):(\d{1,20})\): " + _BEGINS)
#: What programs say is remembered up to this length.
REMEMBERED = 400
Told = tuple[Meaning, str]


def told_of(kind: str, text: str) -> Told | None:
    """Return what a program says of a login, to be copied, with its ``op``; None where it is not of the usual kind."""
    return _remembered(kind, text) if len(text) <= REMEMBERED else _told(kind, text)


def _told(kind: str, text: str) -> Told | None:
    known = _ACTIONS.get(kind)
    found = _SAYS.match(text) if known is not None and known[0] == Class.AUTHENTICATION else None
    if known is None or found is None:
        return None
    operation, account, executable, where, terminal, result = found.groups()
    said: Meaning = {
        "class_uid": 3002, "activity": known[1], "event_action": known[2],
        "event_outcome": "success" if result == "success" else "failure", "process_executable": executable,
    }  # fmt: skip
    name = account[1:-1] if account[0] == '"' else unquoted(account)
    if name not in _UNSET:
        said["user_name"] = name
    if where not in _UNSET:
        said["source_ip"] = address(where)
    if terminal not in _UNSET:
        said["tty"] = terminal.removeprefix("/dev/")
    return said, operation


_remembered = lru_cache(maxsize=2048)(_told)


def _usual(kind: str, text: str) -> Meaning | None:
    """Return what a record of the usual kind says, without its head."""
    found = _BODY.match(text)
    told = told_of(kind, text[found.end() :]) if found is not None else None
    if found is None or told is None:
        return None
    pid, audit_id, session = found.groups()
    said = told[0] | {"process_pid": int(pid), "attrs": {"op": told[1]}}
    if audit_id not in _UNSET:
        said["user_id"] = audit_id
    if session not in _UNSET:
        said["session_key"] = session
    return said


def _meaning(records: list[tuple[str, str, int, int]]) -> Meaning:
    kind, text, _, _ = records[0]
    if kind in {"SYSCALL", "EXECVE", "PATH", "CWD", "SOCKADDR", "PROCTITLE"} or len(records) > 1:
        return _syscall(records)
    usual = _usual(kind, text)
    if usual is not None:
        return usual
    fields = _fields(text)
    class_uid, activity, action = _ACTIONS.get(kind, (Class.OTHER, "", "audit_" + kind.lower()[:40]))
    said: Meaning = {"class_uid": int(class_uid), "activity": activity, "event_action": action}
    attrs: dict[str, Any] = {}
    said["attrs"] = attrs
    result = fields.get("res", "").rstrip("'")
    if result:
        said["event_outcome"] = "success" if result in {"success", "yes", "1"} else "failure"
    _who(said, fields)
    if kind in {"USER_TTY", "TTY"}:
        said["process_command_line"] = unquoted(fields.get("data", "")).replace("\r", "\n")
        _label(said)
    elif kind == "USER_CMD":
        said["process_command_line"] = unquoted(fields.get("cmd", ""))
        attrs["pwd"] = unquoted(fields.get("cwd", ""))
        _label(said)
    elif kind == "CONFIG_CHANGE":
        operation = unquoted(fields.get("op", ""))
        attrs["op"] = operation
        if operation == "remove_rule" or fields.get("audit_enabled") == "0":
            said["rule_labels"] = (SILENCED,)
    elif kind in {"SERVICE_START", "SERVICE_STOP"}:
        unit = fields.get("unit", "") or unquoted(fields.get("comm", ""))
        attrs["service"] = unit
        if unit in {"auditd", "rsyslog", "systemd-journald", "syslog"}:
            said["class_uid"] = int(Class.LOG)
            said["event_action"] = "logging_started" if kind == "SERVICE_START" else "logging_stopped"
    elif kind == "USYS_CONFIG" and "time" in text:
        said["event_action"], said["rule_labels"] = "clock_changed", (CLOCK,)
    elif kind == "USER_CHAUTHTOK":
        operation = fields.get("op", "")
        attrs["op"] = operation
        said["user_target_name"] = said.pop("user_name", "") or said.get("user_id", "")
        rest = text.lower()
        said["activity"] = "password_change" if "passw" in rest or "chauthtok" in rest else "change"
        if said["activity"] == "change":
            said["event_action"] = "account_changed"
    elif class_uid == Class.ACCOUNT:
        said["user_target_name"] = said.pop("user_name", "") or f"id={fields.get('id', '')}"
        attrs["op"] = fields.get("op", "")
    elif fields.get("op"):
        attrs["op"] = fields["op"]
    return said


def _who(said: Meaning, fields: dict[str, str]) -> None:
    account = unquoted(fields.get("acct", ""))
    if account and account not in _UNSET:
        said["user_name"] = account
    audit_id = fields.get("auid", "")
    if audit_id not in _UNSET:
        said["user_id"] = audit_id
    session = fields.get("ses", "")
    if session not in _UNSET:
        said["session_key"] = session
    if fields.get("addr", "?") not in _UNSET:
        said["source_ip"] = address(fields["addr"])
    if fields.get("rport", "").isdecimal():
        said["source_port"] = int(fields["rport"][:5])
    terminal = unquoted(fields.get("terminal") or fields.get("tty") or "")
    if terminal not in _UNSET:
        said["tty"] = terminal.removeprefix("/dev/")
    if fields.get("pid", "").isdecimal():
        said["process_pid"] = int(fields["pid"][:10])
    executable = unquoted(fields.get("exe", ""))
    if executable:
        said["process_executable"] = executable


def _label(said: Meaning) -> None:
    labels = labels_of(said.get("process_command_line", ""))
    if labels:
        said["rule_labels"] = labels


_ARGUMENT = re.compile(r"\ba(\d+)(?:\[\d+\])?=(\"[^\"]*\"|\S+)")
_ITEMS = re.compile(r"\bitems=(\d+)")
_NUMBER = re.compile(r"\bsyscall=(\d+|\w+)")


def _syscall(records: list[tuple[str, str, int, int]]) -> Meaning:
    by_kind: dict[str, str] = {}
    paths: list[str] = []
    arguments: list[str] = []
    for kind, text, _, _ in records:
        if kind == "PATH":
            paths.append(text)
        elif kind == "EXECVE":
            arguments.extend(unquoted(value) for _, value in _ARGUMENT.findall(text))
        by_kind.setdefault(kind, text)
    main = by_kind.get("SYSCALL", "")
    attrs: dict[str, Any] = {}
    said: Meaning = {
        "class_uid": int(Class.PROCESS if arguments else Class.KERNEL), "activity": "launch" if arguments else "syscall",
        "event_action": "command" if arguments else "syscall", "attrs": attrs,
    }  # fmt: skip
    if main:
        fields = dict(_PAIR.findall(main))
        _who(said, fields)
        said["event_outcome"] = "success" if fields.get("success") == "yes" else "failure"
        attrs["syscall"] = fields.get("syscall", "")
        for name in ("uid", "euid", "comm"):
            if name in fields:
                attrs[name] = unquoted(fields[name]) if name == "comm" else fields[name]
        items = _ITEMS.search(main)
        if items and paths and int(items[1][:6]) != len(paths):
            attrs["paths_expected"], attrs["paths_found"] = int(items[1][:6]), len(paths)
        if fields.get("key", "") not in {"", "(null)"}:
            attrs["key"] = unquoted(fields["key"])
    elif {"PATH", "CWD", "EXECVE"} & set(by_kind):
        attrs["syscall_missing"] = True
    if arguments:
        said["process_command_line"] = " ".join(arguments)
    elif "PROCTITLE" in by_kind:
        title = dict(_PAIR.findall(by_kind["PROCTITLE"])).get("proctitle", "")
        said["process_command_line"] = unquoted(title)
    elif by_kind.get("USER_CMD"):
        return _meaning([record for record in records if record[0] == "USER_CMD"])
    elif not main and len(records) > 1 and not paths:
        return _meaning(records[:1])
    if paths:
        attrs["paths"] = [unquoted(dict(_PAIR.findall(path)).get("name", "")) for path in paths[:20]]
    if "CWD" in by_kind:
        attrs["pwd"] = unquoted(dict(_PAIR.findall(by_kind["CWD"])).get("cwd", ""))
    target = _socket(by_kind.get("SOCKADDR", ""))
    if target:
        said["destination_ip"], said["destination_port"] = target
        if not arguments:
            said["class_uid"], said["event_action"] = int(Class.NETWORK), "connect"
    _label(said)
    return said


def _socket(text: str) -> tuple[str, int] | None:
    found = re.search(r"saddr=([0-9A-Fa-f]+)", text)
    if found is None or len(found[1]) % 2:
        return None
    data = bytes.fromhex(found[1])
    if data[:2] == b"\x02\x00" and len(data) >= 8:
        return ".".join(str(part) for part in data[4:8]), int.from_bytes(data[2:4], "big")
    if data[:2] == b"\x0a\x00" and len(data) >= 24:
        text = ":".join(data[8 + at : 10 + at].hex() for at in range(0, 16, 2))
        return text, int.from_bytes(data[2:4], "big")
    return None
