"""What sshd says again and again, read in one go: the words of `said_ssh` and `said_accounts`, by a stricter expression.

Nine of ten lines of an attacked machine's log are of these few kinds. Each is a copy of an event that is made already, with
room for what its line says of itself (place, time, host, program), which costs half of putting a new one together. What does
not fit the stricter expression (another method, an address of IPv6, a name that imitates a line) is read the longer way.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from evidence.parsing.events import Event
from evidence.parsing.said_accounts import PLAIN_REFUSAL, shared
from evidence.parsing.said_ssh import BEFORE, CLOSED_PLAIN, KNOWN, STRANGER

_FAILED = re.compile(r"Failed password for (invalid user )?([^\s=]+) from ([\d.]+) port (\d{1,5}) ssh2$").match
_INVALID = re.compile(r"Invalid user ([^\s=]+) from ([\d.]+)(?: port (\d{1,5}))?$").match
_REFUSED, _CLOSED = PLAIN_REFUSAL.match, CLOSED_PLAIN.match


def _made(**said: Any) -> Event:
    """Return an event with room for what every line says; whoever copies it fills in all of it."""
    return cast(
        "Event",
        {
            "seq": 0, "raw_offset": 0, "raw_length": 0, "ts": None, "ts_quality": (), "ts_raw": "", "host": "",
            "process_executable": "", "class_uid": 3002, **said,
        },
    )  # fmt: skip


_FAILURE = _made(
    activity="logon", event_action="login", event_outcome="failure", user_name="", source_ip="", source_port=0, attrs=KNOWN
)  # fmt: skip
_UNKNOWN = _made(activity="preauth", event_action="unknown_user", event_outcome="failure", user_name="", source_ip="")
_REFUSAL = _made(
    activity="logon", event_action="pam_refused", event_outcome="failure", user_name="", tty="", attrs=KNOWN
)
_LEFT = _made(activity="logoff", event_action="disconnect", source_ip="")


def _failed(text: str) -> Event | None:
    found = _FAILED(text)
    if found is None:
        return None
    event = _FAILURE.copy()
    invalid, event["user_name"], event["source_ip"], port = found.groups()
    event["source_port"] = int(port)
    if invalid:
        event["attrs"] = STRANGER
    return event


def _invalid(text: str) -> Event | None:
    found = _INVALID(text)
    if found is None:
        return None
    event = _UNKNOWN.copy()
    event["user_name"], event["source_ip"], port = found.groups()
    if port:
        event["source_port"] = int(port)
    return event


def _refused(text: str) -> Event | None:
    found = _REFUSED(text)
    if found is None:
        return None
    event = _REFUSAL.copy()
    service, logname, uid, event["tty"], rhost, user = found.groups()
    event["user_name"] = user or logname
    event["attrs"] = shared(service, uid)
    if rhost:
        event["source_ip"] = rhost
    return event


def _closed(text: str) -> Event | None:
    found = _CLOSED(text)
    if found is None:
        return None
    event = _LEFT.copy()
    event["source_ip"], port, before = found.groups()
    if port:
        event["source_port"] = int(port)
    if before:
        event["attrs"] = BEFORE
    return event


#: First word of a message -> its reader, for programs under which sshd writes.
OFTEN: Mapping[str, Callable[[str], Event | None]] = {
    "Failed": _failed,
    "Invalid": _invalid,
    "Connection": _closed,
    "Disconnected": _closed,
    "pam_unix(sshd:auth):": _refused,
}
