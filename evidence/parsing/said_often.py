"""What sshd says again and again, read in one go: the words of `said_ssh` and `said_accounts`, by a stricter expression.

Nine of ten lines of an attacked machine's log are of these few kinds. Each is a copy of an event that is made already, with
room for what its line says of itself (place, time, host, program), which costs half of putting a new one together. What does
not fit the stricter expression (another method, an address of IPv6, a name that imitates a line) is read the longer way.

Whatever was said in the very same words before is not read again but copied: an attacker comes back, and cron says the
same every minute. Lines with a port seldom repeat, and of PAM's refusals one in three does not, so those are read at
once, where they stand in the line: a piece cut out of it costs more than the place. Letters are named one by one, for
``\\d`` and ``\\s`` also ask for those of other scripts.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from evidence.parsing.events import Event
from evidence.parsing.said_accounts import PLAIN_REFUSAL, shared
from evidence.parsing.said_ssh import BEFORE, KNOWN, STRANGER

_NAME, _ADDRESS, _PORT = "([!-<>-~]+)", "([0-9.]+)", "([0-9]{1,5})"
_FAILED = re.compile(rf"Failed password for (invalid user )?{_NAME} from {_ADDRESS} port {_PORT} ssh2$").match
_INVALID = re.compile(rf"Invalid user {_NAME} from {_ADDRESS}(?: port {_PORT})?$").match
_CLOSED = re.compile(
    rf"(?:Connection (?:closed|reset) by|Disconnected from) {_ADDRESS}(?: port {_PORT})?( \[preauth\])?$"
).match
_REFUSED = PLAIN_REFUSAL.match
#: How PAM refuses for sshd on nearly every machine, up to the address.
_USUAL = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost="
_USUAL_END = len(_USUAL)
_REFUSED_FROM = re.compile(rf"([0-9.]*)(?:  user={_NAME})? ?$").match
#: So many messages of a reader are remembered, and none longer than this.
_REMEMBERED, _LONGEST = 128, 250
#: Room for what every line says of itself; whoever copies it fills in all of it.
_ROOM: dict[str, Any] = {
    "seq": 0, "raw_offset": 0, "raw_length": 0, "ts": None, "ts_quality": (), "ts_raw": "", "host": "", "process_executable": "",
    "process_pid": 0,
}  # fmt: skip


def _made(**said: Any) -> Event:
    """Return an event with room for what its line says of itself."""
    return cast("Event", {**_ROOM, "class_uid": 3002, **said})


_FAILURE = _made(
    activity="logon", event_action="login", event_outcome="failure", user_name="", source_ip="", source_port=0, attrs=KNOWN
)  # fmt: skip
_UNKNOWN = _made(activity="preauth", event_action="unknown_user", event_outcome="failure", user_name="", source_ip="")
_REFUSAL = _made(
    activity="logon", event_action="pam_refused", event_outcome="failure", user_name="", tty="", attrs=KNOWN
)
_USUAL_REFUSAL = cast("Event", {**_REFUSAL, "tty": "ssh", "attrs": shared("sshd", "0")})
_LEFT = _made(activity="logoff", event_action="disconnect", source_ip="")


def _failed(line: str, at: int) -> Event | None:
    found = _FAILED(line, at)
    if found is None:
        return None
    event = _FAILURE.copy()
    invalid, event["user_name"], event["source_ip"], port = found.groups()
    event["source_port"] = int(port)
    if invalid:
        event["attrs"] = STRANGER
    return event


def _invalid(line: str, at: int) -> Event | None:
    found = _INVALID(line, at)
    if found is None:
        return None
    event = _UNKNOWN.copy()
    event["user_name"], event["source_ip"], port = found.groups()
    if port:
        event["source_port"] = int(port)
    return event


def _usual(line: str, at: int) -> Event | None:
    found = _REFUSED_FROM(line, at + _USUAL_END) if line.startswith(_USUAL, at) else None
    if found is None:
        return None
    event = _USUAL_REFUSAL.copy()
    rhost, user = found.groups()
    event["user_name"] = user or ""
    if rhost:
        event["source_ip"] = rhost
    return event


def refused(text: str) -> Event | None:
    """Read PAM's refusal in the name of sshd where it is not quite the usual one."""
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


def _closed(line: str, at: int) -> Event | None:
    found = _CLOSED(line, at)
    if found is None:
        return None
    event = _LEFT.copy()
    event["source_ip"], port, before = found.groups()
    if port:
        event["source_port"] = int(port)
    if before:
        event["attrs"] = BEFORE
    return event


#: First letter of a message -> its reader, for programs under which sshd writes.
OFTEN: Mapping[str, Callable[[str, int], Event | None]] = {
    "F": _failed,
    "I": _invalid,
    "C": _closed,
    "D": _closed,
    "p": _usual,
}


def keep(known: dict[str, Event], text: str, said: Event) -> Event:
    """Remember what a message means; return the event to be filled in, whose ``attrs`` are shared and not to be changed."""
    if len(text) > _LONGEST:
        return said
    if len(known) >= _REMEMBERED:
        known.clear()
    made = known[text] = said if "seq" in said else cast("Event", {**_ROOM, **said})
    return made.copy()
