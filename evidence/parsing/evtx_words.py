"""What the numbers of Windows events mean, and which of their fields say who, whom, from where and how."""

from functools import lru_cache
from typing import Any, NamedTuple

from evidence.parsing.commands import CLEARED, SILENCED, labels_of
from evidence.parsing.events import Class, Event
from evidence.parsing.said_ssh import address

Said = tuple[int, str, str, str]

_AUTH, _ACC, _LOG, _PROC, _SCHED = (
    int(Class.AUTHENTICATION), int(Class.ACCOUNT), int(Class.LOG), int(Class.PROCESS), int(Class.SCHEDULED),
)  # fmt: skip
#: Of the Security channel. 1102, 517 and 104 are told apart by their provider.
SAID: dict[int, Said] = {
    517: (_LOG, "clear", "log_cleared", "success"),
    1102: (_LOG, "clear", "log_cleared", "success"),
    1100: (_LOG, "stop", "logging_stopped", ""),
    1101: (_LOG, "drop", "log_events_dropped", ""),
    1104: (_LOG, "full", "log_full", ""),
    1105: (_LOG, "rotate", "log_rotated", ""),
    4608: (0, "start", "machine_started", ""),
    4609: (0, "stop", "machine_stopping", ""),
    4616: (0, "change", "clock_changed", ""),
    4624: (_AUTH, "logon", "login", "success"),
    4625: (_AUTH, "logon", "login", "failure"),
    4634: (_AUTH, "logoff", "session_closed", ""),
    4647: (_AUTH, "logoff", "logout", ""),
    4648: (_AUTH, "logon", "runas", ""),
    4672: (_AUTH, "logon", "special_privileges", ""),
    4688: (_PROC, "launch", "command", ""),
    4689: (_PROC, "end", "command_ended", ""),
    4697: (_SCHED, "create", "service_installed", ""),
    4698: (_SCHED, "create", "job_created", ""),
    4699: (_SCHED, "delete", "job_deleted", ""),
    4702: (_SCHED, "change", "job_changed", ""),
    4719: (_LOG, "change", "audit_policy_changed", ""),
    4720: (_ACC, "create", "account_created", "success"),
    4722: (_ACC, "enable", "account_enabled", "success"),
    4723: (_ACC, "password_change", "password_changed", "success"),
    4724: (_ACC, "password_reset", "password_reset", "success"),
    4725: (_ACC, "disable", "account_disabled", "success"),
    4726: (_ACC, "delete", "account_deleted", "success"),
    4728: (_ACC, "change", "group_member_added", "success"),
    4729: (_ACC, "change", "group_member_removed", "success"),
    4731: (_ACC, "create", "group_created", "success"),
    4732: (_ACC, "change", "group_member_added", "success"),
    4733: (_ACC, "change", "group_member_removed", "success"),
    4735: (_ACC, "change", "group_changed", "success"),
    4738: (_ACC, "change", "account_changed", "success"),
    4740: (_ACC, "lock", "account_locked_out", ""),
    4742: (_ACC, "change", "computer_account_changed", "success"),
    4756: (_ACC, "change", "group_member_added", "success"),
    4767: (_ACC, "unlock", "account_unlocked", "success"),
    4768: (_AUTH, "ticket", "ticket_asked", ""),
    4769: (_AUTH, "ticket", "service_ticket", ""),
    4771: (_AUTH, "ticket", "ticket_refused", "failure"),
    4776: (_AUTH, "preauth", "password_checked", ""),
    4778: (_AUTH, "logon", "session_reconnected", ""),
    4779: (_AUTH, "logoff", "session_disconnected", ""),
    4781: (_ACC, "change", "account_renamed", "success"),
    4794: (_ACC, "password_reset", "password_reset", "success"),
    4906: (_LOG, "change", "audit_policy_changed", ""),
    4907: (_LOG, "change", "audit_policy_changed", ""),
    5140: (int(Class.FILE), "open", "share_opened", ""),
    5145: (int(Class.FILE), "open", "share_checked", ""),
}
PROVIDED: dict[tuple[str, int], Said] = {
    ("Microsoft-Windows-Eventlog", 104): (_LOG, "clear", "log_cleared", "success"),
    ("Microsoft-Windows-Eventlog", 1102): (_LOG, "clear", "log_cleared", "success"),
    ("EventLog", 6005): (_LOG, "start", "logging_started", ""),
    ("EventLog", 6006): (_LOG, "stop", "logging_stopped", ""),
    ("EventLog", 6008): (0, "stop", "machine_crashed", ""),
    ("Microsoft-Windows-Kernel-General", 12): (0, "start", "machine_started", ""),
    ("Microsoft-Windows-Kernel-General", 13): (0, "stop", "machine_stopping", ""),
    ("Microsoft-Windows-Kernel-General", 1): (0, "change", "clock_changed", ""),
    ("Service Control Manager", 7045): (_SCHED, "create", "service_installed", ""),
    ("Service Control Manager", 7036): (0, "change", "service_state", ""),
    ("Service Control Manager", 7040): (0, "change", "service_start_type", ""),
    ("Microsoft-Windows-TerminalServices-LocalSessionManager", 21): (_AUTH, "logon", "session_opened", "success"),
    ("Microsoft-Windows-TerminalServices-LocalSessionManager", 23): (_AUTH, "logoff", "session_closed", ""),
    ("Microsoft-Windows-TerminalServices-LocalSessionManager", 24): (_AUTH, "logoff", "session_disconnected", ""),
    ("Microsoft-Windows-TerminalServices-LocalSessionManager", 25): (_AUTH, "logon", "session_reconnected", ""),
    ("Microsoft-Windows-TerminalServices-RemoteConnectionManager", 1149): (
        _AUTH,
        "logon",
        "rdp_authenticated",
        "success",
    ),
    ("Microsoft-Windows-Sysmon", 1): (_PROC, "launch", "command", ""),
    ("Microsoft-Windows-Sysmon", 3): (int(Class.NETWORK), "open", "connect", ""),
    ("Microsoft-Windows-Sysmon", 22): (int(Class.DNS), "query", "dns_query", ""),
    ("Microsoft-Windows-PowerShell", 4104): (_PROC, "launch", "script", ""),
    ("Microsoft-Windows-DHCP-Server", 10): (int(Class.DHCP), "ack", "lease_given", ""),
}
#: Said instead of nothing; compared one by one, because a field may also be a nest of fields.
_NONE = ("-", "", "::")
#: A change of an account with a date here is a change of the password.
_NO_DATE = ("-", "", None, "%%1794")

#: Fields that are kept as they are.
_KEPT = frozenset(
    {
        "LogonType",
        "PasswordLastSet",
        "Channel",
        "BackupPath",
        "ServiceName",
        "TaskName",
        "Status",
        "SubStatus",
        "OldTargetUserName",
        "NewTargetUserName",
        "MemberName",
        "MemberSid",
        "PreviousTime",
        "NewTime",
    }
)


_ABOUT_TARGET = frozenset(
    {
        "login",
        "session_closed",
        "logout",
        "ticket_asked",
        "ticket_refused",
        "service_ticket",
        "password_checked",
    }
)
#: Of these more is said than the fields that all may have.
_SPECIAL = frozenset({"account_changed", "account_renamed", "log_cleared", "audit_policy_changed"})
#: What is looked for, under which names, the first that says something counting.
_WHERE = ("IpAddress", "Address", "ClientAddress", "SourceIp", "Param3")
_PORT = ("IpPort", "SourcePort")
_SESSION = ("TargetLogonId", "SubjectLogonId", "SessionID")
_COMMAND = ("CommandLine", "ProcessCommandLine", "ScriptBlockText", "ImagePath")
_IMAGE = ("NewProcessName", "Image", "ProcessName")
_STATION = ("WorkstationName", "Workstation")
_GROUPS = (_WHERE, _PORT, _SESSION, _COMMAND, _IMAGE, _STATION)


class _Shape(NamedTuple):
    """Which of the names that are looked for a kind of record has: records of a kind have the same fields."""

    where: tuple[str, ...]
    port: tuple[str, ...]
    session: tuple[str, ...]
    command: tuple[str, ...]
    image: tuple[str, ...]
    station: tuple[str, ...]
    kept: tuple[str, ...]
    #: Whether there is anything about the network.
    network: bool


@lru_cache(maxsize=2048)
def _shape(names: tuple[str, ...]) -> _Shape:
    present = [tuple(name for name in group if name in names) for group in _GROUPS]
    network = bool(present[0] or present[1] or {"DestinationIp", "QueryName"}.intersection(names))
    return _Shape._make([*present, tuple(sorted(_KEPT.intersection(names))), network])


def _first(data: dict[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        value = data[name]
        if value:
            return value
    return None


def fill(event: Event, number: int, data: dict[str, Any]) -> None:
    """Put the fields of a record where they belong."""
    if len(data) <= 2:
        for inner in ("LogFileCleared", "EventXML", "AuditEventsDropped"):
            if isinstance(data.get(inner), dict):
                data = data[inner]
                break
    get = data.get
    attrs = event["attrs"]
    shape = _shape(tuple(data))
    subject, target = get("SubjectUserName"), get("TargetUserName")
    action = event["event_action"]
    command = image = None
    if action in _ABOUT_TARGET:
        name, domain = target or get("User"), get("TargetDomainName")
        if subject is not None and subject not in _NONE and subject != name:
            attrs["asked_by"] = str(subject)
    else:
        name, domain = subject or get("User") or get("AccountName"), get("SubjectDomainName") or get("DomainName")
        if target is not None and target not in _NONE:
            event["user_target_name"] = str(target)
    if name is not None and name not in _NONE:
        event["user_name"] = str(name)
    if domain is not None and domain not in _NONE:
        event["user_domain"] = str(domain)
    if shape.session:
        session = _first(data, shape.session)
        if session is not None and session not in _NONE:
            event["session_key"] = str(session).lower()
        if "TargetLogonId" in shape.session:
            asking, given = get("SubjectLogonId"), data["TargetLogonId"]
            if asking is not None and asking not in _NONE and given is not None and given not in _NONE:
                attrs["subject_logon_id"] = str(asking).lower()
    if shape.network:
        _network(event, data, shape)
    if shape.command:
        command = _first(data, shape.command)
        if command is not None and command not in _NONE:
            event["process_command_line"] = str(command)
    if shape.image:
        image = _first(data, shape.image)
        if image is not None and image not in _NONE:
            event["process_executable"] = str(image)
    if shape.station:
        workstation = _first(data, shape.station)
        if workstation is not None and workstation not in _NONE:
            attrs["workstation"] = str(workstation)
    for field in shape.kept:
        value = data[field]
        if value is not None and value not in _NONE:
            attrs["cleared_channel" if field == "Channel" else field] = value
    if action not in _SPECIAL and not command and not image:
        return
    if action == "account_changed" and get("PasswordLastSet", "-") not in _NO_DATE:
        event["event_action"], event["activity"] = "password_changed", "password_change"
    if action == "account_renamed" and get("OldTargetUserName"):
        event["user_target_name"] = str(get("OldTargetUserName"))
    if action == "log_cleared":
        event["rule_labels"] = (CLEARED,)
        if number in {1102, 517}:
            attrs["cleared_channel"] = "Security"
    elif action == "audit_policy_changed" and "%%844" in str(get("AuditPolicyChanges", "")):
        event["rule_labels"] = (SILENCED,)
    if command or image:
        command = event.get("process_command_line")
        labels = labels_of(f"{image or ''} {command or ''}")
        if labels:
            event["rule_labels"] = labels


def _network(event: Event, data: dict[str, Any], shape: _Shape) -> None:
    """Put addresses and ports where they belong."""
    where = _first(data, shape.where)
    if where is not None and where not in _NONE and str(where) not in {"LOCAL", "本地"}:
        text = str(where)
        if text[:1].isdecimal() or ":" in text:
            event["source_ip"] = address(text)
    port = str(_first(data, shape.port))
    if port.isdecimal() and int(port) > 0:
        event["source_port"] = int(port[:5])
    if data.get("DestinationIp"):
        event["destination_ip"] = str(data["DestinationIp"])
        if str(data.get("DestinationPort")).isdecimal():
            event["destination_port"] = int(str(data.get("DestinationPort"))[:5])
    if data.get("QueryName"):
        event["destination_domain"] = str(data["QueryName"]).lower()
