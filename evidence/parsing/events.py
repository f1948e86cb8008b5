"""What one happening in a log looks like: field names after ECS, class codes after OCSF."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, TypedDict


#: The key of an event is left out where the log says nothing. Times are microseconds since 1970 in UTC.
class Event(TypedDict, total=False):
    seq: int
    raw_offset: int
    raw_length: int
    ts: int | None
    ts_raw: str
    ts_quality: tuple[str, ...]
    ts_err_ms: int
    repeat: int
    class_uid: int
    activity: str
    event_action: str
    event_outcome: str
    user_name: str
    user_domain: str
    user_id: str
    user_target_name: str
    user_effective_name: str
    session_key: str
    source_ip: str
    source_port: int
    source_mac: str
    source_nat_ip: str
    source_nat_port: int
    destination_ip: str
    destination_port: int
    destination_domain: str
    host: str
    process_pid: int
    process_executable: str
    process_command_line: str
    tty: str
    rule_labels: tuple[str, ...]
    attrs: dict[str, Any]


#: What a reader of one line hands back: the meaning, to be laid over time, place and host.
Meaning = dict[str, Any]


class Class(IntEnum):
    """Classes of OCSF that occur here; 0 is what has no class of its own."""

    OTHER = 0
    FILE = 1001
    LOG = 1008
    KERNEL = 1003
    PROCESS = 1007
    SCHEDULED = 1006
    ACCOUNT = 3001
    AUTHENTICATION = 3002
    NETWORK = 4001
    HTTP = 4002
    DNS = 4003
    DHCP = 4004
    DEVICE = 5001


EXACT: tuple[str, ...] = ("exact",)
YEAR_INFERRED = "year_inferred"
TZ_INFERRED = "tz_inferred"
CLOCK_SUSPECT = "clock_suspect"

#: Actions that carry no meaning of their own: a line whose head was read, nothing more.
PLAIN = "message"


def kind_of(event: Event) -> str:
    """Return the kind under which an event is counted: its action, and its outcome where there is one."""
    outcome = event.get("event_outcome")
    return f"{event['event_action']}.{outcome}" if outcome else event["event_action"]


def iso(us: int | None) -> str | None:
    """Return microseconds since 1970 as ISO 8601 in UTC; None where the time is unknown or outside the calendar."""
    if us is None:
        return None
    seconds, micro = divmod(us, 1_000_000)
    try:
        text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return None
    return f"{text.rjust(19, '0')}.{micro:06d}Z" if micro else f"{text.rjust(19, '0')}Z"


def printable(event: Event) -> dict[str, Any]:
    """Return the event with its time as text, ready for JSON."""
    shown: dict[str, Any] = dict(event)
    shown["ts"] = iso(event.get("ts"))
    if "ts_quality" in shown:
        shown["ts_quality"] = list(shown["ts_quality"])
    if "rule_labels" in shown:
        shown["rule_labels"] = list(shown["rule_labels"])
    return shown


def add_labels(event: Event, labels: Iterable[str]) -> None:
    """Add labels that are not there yet."""
    known = event.get("rule_labels", ())
    event["rule_labels"] = known + tuple(label for label in labels if label not in known)
