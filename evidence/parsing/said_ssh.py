"""What sshd, dropbear and xrdp say.

A user name is whatever the other side typed, so it may imitate the rest of a line. The address is therefore read from
the end of the line, where only the server writes; a name that holds such an imitation is labelled as log injection.
"""

import re
from collections.abc import Callable

from evidence.parsing.events import Class, Meaning

INJECTION = "log-injection"

_AT_END = r"(?P<user>.*) from (?P<ip>\S+) port (?P<port>\d{1,5})"
_FAILED = re.compile(
    r"Failed (?P<method>\S+) for (?P<invalid>(?:invalid|illegal) user )?" + _AT_END + r"(?: ssh\d?)?(?:: [^\"]*)?$"
)
_FAILED_PLAIN = re.compile(r"Failed (\S+) for (invalid user )?(\S+) from (\S+) port (\d+) ssh2$")
_ACCEPTED = re.compile(
    r"Accepted (?P<method>\S+) for (?P<user>\S+) from (?P<ip>\S+) port (?P<port>\d+)(?: ssh\d?)?(?:: (?P<key>.*))?$"
)
_INVALID = re.compile(r"(?:Invalid|Illegal) user (?P<user>.*) from (?P<ip>\S+)(?: port (?P<port>\d+))?$")
_CLOSED = re.compile(
    r"(?P<what>Connection (?:closed|reset) by|Disconnected from|Disconnecting)"
    r"(?: (?P<how>authenticating|invalid) user (?P<user>.*?)| user (?P<known>\S+))? (?P<ip>[0-9a-fA-F.:%]+)"
    r"(?: port (?P<port>\d+))?(?:: (?P<why>.*?))?(?P<pre> \[preauth\])?$"
)
_RECEIVED = re.compile(
    r"Received disconnect from (?P<ip>\S+?)(?: port (?P<port>\d+))?:\s?(?P<code>\d+)?:? ?(?P<why>.*)$"
)
_EXCEEDED = re.compile(
    r"(?:error: )?maximum authentication attempts exceeded for (?P<invalid>invalid user )?"
    + _AT_END
    + r"(?: ssh\d?)?(?: \[preauth\])?$"
)
_REFUSED = re.compile(r"User (?P<user>.*) from (?P<ip>\S+) not allowed because (?P<why>.*)$")
_LISTENING = re.compile(r"Server listening on (?P<ip>\S+) port (?P<port>\d+)\.?$")
_REVERSE = re.compile(r"reverse mapping checking getaddrinfo for (?P<name>\S+) \[(?P<ip>[^\]]+)\] failed")
_MAPS = re.compile(r"Address (?P<ip>\S+) maps to (?P<name>\S+), but this does not map back")
_FROM = re.compile(r"(?:from|with|by) (?P<ip>[0-9a-fA-F.:]+)(?: port (?P<port>\d+))?")
_STARTING = re.compile(
    r"Starting session: (?P<what>.*?) (?:on (?P<tty>\S+) )?for (?P<user>\S+) from (?P<ip>\S+) port (?P<port>\d+)"
)
_CLOSE_SESSION = re.compile(r"Close session: user (?P<user>\S+) from (?P<ip>\S+) port (?P<port>\d+)")
_PAM_ERROR = re.compile(r"error: PAM: (?P<why>.*?) for (?P<invalid>illegal user )?(?P<user>.*) from (?P<ip>\S+)$")


def address(text: str) -> str:
    """Return an address without the dress of IPv4 in IPv6."""
    return text[7:] if text.startswith("::ffff:") and "." in text else text


#: Said thousands of times with the same words: shared, and nobody may change it.
KNOWN = {"method": "password", "service": "sshd"}
STRANGER = {"method": "password", "service": "sshd", "user_known": False}


def _failed(text: str) -> Meaning | None:
    plain = _FAILED_PLAIN.match(text)
    if plain is not None:
        method, invalid, user, ip, port = plain.groups()
        return {
            "class_uid": 3002, "activity": "logon", "event_action": "login", "event_outcome": "failure",
            "user_name": user, "source_ip": address(ip), "source_port": int(port),
            "attrs": (STRANGER if invalid else KNOWN) if method == "password" else {"method": method, "service": "sshd"},
        }  # fmt: skip
    found = _FAILED.match(text)
    if found is None:
        return None
    attrs = {"method": found["method"], "service": "sshd"}
    if found["invalid"]:
        attrs["user_known"] = False
    said: Meaning = {
        "class_uid": Class.AUTHENTICATION, "activity": "logon", "event_action": "login", "event_outcome": "failure",
        "user_name": found["user"], "source_ip": address(found["ip"]), "source_port": int(found["port"]), "attrs": attrs,
    }  # fmt: skip
    return _suspicious(said)


def _suspicious(said: Meaning) -> Meaning:
    name = said.get("user_name", "")
    if " from " in name or " port " in name or "rhost=" in name:
        said["rule_labels"] = (INJECTION,)
    return said


def _accepted(text: str) -> Meaning | None:
    found = _ACCEPTED.match(text)
    if found is None:
        return None
    attrs = {"method": found["method"], "service": "sshd"}
    if found["key"]:
        attrs["key"] = found["key"]
    return {
        "class_uid": 3002, "activity": "logon", "event_action": "login", "event_outcome": "success",
        "user_name": found["user"], "source_ip": address(found["ip"]), "source_port": int(found["port"]), "attrs": attrs,
    }  # fmt: skip


def _invalid(text: str) -> Meaning | None:
    found = _INVALID.match(text)
    if found is None:
        return None
    said: Meaning = {
        "class_uid": 3002, "activity": "preauth", "event_action": "unknown_user", "event_outcome": "failure",
        "user_name": found["user"], "source_ip": address(found["ip"]),
    }  # fmt: skip
    if found["port"]:
        said["source_port"] = int(found["port"])
    return _suspicious(said)


CLOSED_PLAIN = re.compile(
    r"(?:Connection (?:closed|reset) by|Disconnected from) ([\d.]+)(?: port (\d+))?( \[preauth\])?$"
)
BEFORE = {"before_login": True}


def _closed(text: str) -> Meaning | None:
    plain = CLOSED_PLAIN.match(text)
    if plain is not None:
        ip, port, before = plain.groups()
        said: Meaning = {"class_uid": 3002, "activity": "logoff", "event_action": "disconnect", "source_ip": ip}
        if port:
            said["source_port"] = int(port)
        if before:
            said["attrs"] = BEFORE
        return said
    found = _CLOSED.match(text)
    if found is None:
        return None
    said = {
        "class_uid": 3002, "activity": "logoff", "event_action": "disconnect", "source_ip": address(found["ip"]),
    }  # fmt: skip
    user = found["known"] or found["user"]
    if user:
        said["user_name"] = user
    if found["port"]:
        said["source_port"] = int(found["port"])
    if found["pre"]:
        said["attrs"] = {"before_login": True}
    return said


def _received(text: str) -> Meaning | None:
    found = _RECEIVED.match(text)
    if found is None:
        return None
    said: Meaning = {
        "class_uid": 3002, "activity": "logoff", "event_action": "disconnect", "source_ip": address(found["ip"]),
        "attrs": {"why": found["why"]},
    }  # fmt: skip
    if found["port"]:
        said["source_port"] = int(found["port"])
    return said


def _exceeded(text: str) -> Meaning | None:
    found = _EXCEEDED.match(text)
    if found is not None:
        return _suspicious({
            "class_uid": 3002, "activity": "logon", "event_action": "login_attempts_exceeded", "event_outcome": "failure",
            "user_name": found["user"], "source_ip": address(found["ip"]), "source_port": int(found["port"]),
        })  # fmt: skip
    found = _PAM_ERROR.match(text)
    if found is not None:
        return _suspicious({
            "class_uid": 3002, "activity": "logon", "event_action": "pam_refused", "event_outcome": "failure",
            "user_name": found["user"], "source_ip": address(found["ip"]), "attrs": {"why": found["why"]},
        })  # fmt: skip
    return _contact(text)


def _refused(text: str) -> Meaning | None:
    found = _REFUSED.match(text)
    if found is None:
        return None
    return _suspicious({
        "class_uid": 3002, "activity": "logon", "event_action": "login_not_allowed", "event_outcome": "failure",
        "user_name": found["user"], "source_ip": address(found["ip"]), "attrs": {"why": found["why"]},
    })  # fmt: skip


def _server(text: str) -> Meaning | None:
    found = _LISTENING.match(text)
    if found is None:
        return None
    return {
        "class_uid": 0,
        "event_action": "service_started",
        "destination_port": int(found["port"]),
        "attrs": {"service": "sshd"},
    }


def _stopped(text: str) -> Meaning | None:
    if text.startswith("Received signal 15"):
        return {"class_uid": 0, "event_action": "service_stopped", "attrs": {"service": "sshd"}}
    if text.startswith("Received SIGHUP"):
        return {"class_uid": 0, "event_action": "service_reloaded", "attrs": {"service": "sshd"}}
    return _received(text)


def _named(text: str) -> Meaning | None:
    found = _REVERSE.match(text) or _MAPS.match(text)
    if found is None:
        return None
    return {
        "class_uid": 3002,
        "activity": "preauth",
        "event_action": "name_mismatch",
        "source_ip": address(found["ip"]),
        "attrs": {"name": found["name"]},
    }


def _contact(text: str) -> Meaning | None:
    found = _FROM.search(text)
    if found is None:
        return None
    said: Meaning = {
        "class_uid": 3002,
        "activity": "preauth",
        "event_action": "contact",
        "source_ip": address(found["ip"]),
    }
    if found["port"]:
        said["source_port"] = int(found["port"])
    return said


def _starting(text: str) -> Meaning | None:
    found = _STARTING.match(text)
    if found is None:
        return None
    said: Meaning = {
        "class_uid": 3002, "activity": "logon", "event_action": "session_kind", "user_name": found["user"],
        "source_ip": address(found["ip"]), "source_port": int(found["port"]), "attrs": {"what": found["what"]},
    }  # fmt: skip
    if found["tty"]:
        said["tty"] = found["tty"]
    return said


def _close_session(text: str) -> Meaning | None:
    found = _CLOSE_SESSION.match(text)
    if found is None:
        return None
    return {
        "class_uid": 3002, "activity": "logoff", "event_action": "disconnect", "user_name": found["user"],
        "source_ip": address(found["ip"]), "source_port": int(found["port"]),
    }  # fmt: skip


_FIRST: dict[str, Callable[[str], Meaning | None]] = {
    "Failed": _failed,
    "Accepted": _accepted,
    "Invalid": _invalid,
    "Illegal": _invalid,
    "Connection": _closed,
    "Disconnected": _closed,
    "Disconnecting": _closed,
    "Received": _stopped,
    "error:": _exceeded,
    "maximum": _exceeded,
    "User": _refused,
    "Server": _server,
    "reverse": _named,
    "Address": _named,
    "Did": _contact,
    "Bad": _contact,
    "Unable": _contact,
    "fatal:": _contact,
    "Starting": _starting,
    "Close": _close_session,
}


def sshd(text: str) -> Meaning | None:
    """Read a message of sshd."""
    handler = _FIRST.get(text[: text.find(" ")])
    return handler(text) if handler else None


_DROP_BAD = re.compile(
    r"(?:\[\d+\] \w{3} +\d+ [\d:]+ )?(?:(?P<bad>[Bb]ad (?:PAM )?password attempt for) '(?P<user>.*)'|(?P<none>[Ll]ogin attempt for nonexistent user))"
    r"(?: '.*')? from (?P<ip>[0-9a-fA-F.:]+):(?P<port>\d+)$"
)
_DROP_GOOD = re.compile(
    r"(?P<method>Password|PAM password|Pubkey) auth succeeded for '(?P<user>[^']*)'.* from (?P<ip>[0-9a-fA-F.:]+):(?P<port>\d+)$"
)
_DROP_EXIT = re.compile(
    r"(?:\[\d+\] \w{3} +\d+ [\d:]+ )?[Ee]xit before auth(?: from <(?P<ip>[0-9a-fA-F.:]+):(?P<port>\d+)>:)?"
    r"(?: \(user '(?P<user>.*?)', \d+ fails\))?:? ?(?P<why>.*)$"
)
_DROP_TAIL = re.compile(r" from (?P<ip>[0-9a-fA-F.:]+):(?P<port>\d+)$")


def dropbear(text: str) -> Meaning | None:
    """Read a message of dropbear."""
    found = _DROP_BAD.match(text) or _DROP_GOOD.match(text)
    if found is not None:
        good = "method" in found.re.groupindex
        said: Meaning = {
            "class_uid": Class.AUTHENTICATION, "activity": "logon", "event_action": "login",
            "event_outcome": "success" if good else "failure",
            "source_ip": address(found["ip"]), "source_port": int(found["port"]), "attrs": {"service": "dropbear"},
        }  # fmt: skip
        if found["user"] is not None:
            said["user_name"] = found["user"]
        return _suspicious(said)
    found = _DROP_EXIT.match(text)
    if found is None:
        return None
    place = found if found["ip"] else _DROP_TAIL.search(text)
    said = {
        "class_uid": 3002,
        "activity": "logon",
        "event_action": "login_attempts_exceeded",
        "event_outcome": "failure",
    }
    if place:
        said |= {"source_ip": address(place["ip"]), "source_port": int(place["port"])}
    if found["user"]:
        said["user_name"] = found["user"]
    return said


_XRDP_FAIL = re.compile(r"\[INFO ?\] AUTHFAIL: user=(?P<user>.*) ip=(?P<ip>\S+) time=(?P<time>\d+)$")
_XRDP_GOOD = re.compile(
    r"\[INFO ?\] (?:\+\+ )?(?:created session \(access granted\)|.*access granted).*?(?:username|user) (?P<user>\S+?),? ip (?P<ip>[0-9a-fA-F.:]+?):(?P<port>\d+)"
)


def xrdp(text: str) -> Meaning | None:
    """Read a message of xrdp-sesman."""
    found = _XRDP_FAIL.match(text)
    if found is not None:
        said: Meaning = {
            "class_uid": Class.AUTHENTICATION, "activity": "logon", "event_action": "login", "event_outcome": "failure",
            "user_name": found["user"], "source_ip": address(found["ip"]), "attrs": {"service": "xrdp"},
        }  # fmt: skip
        if " ip=" in found["user"]:
            said["rule_labels"] = (INJECTION,)
        return said
    found = _XRDP_GOOD.match(text)
    if found is None:
        return None
    return {
        "class_uid": Class.AUTHENTICATION, "activity": "logon", "event_action": "login", "event_outcome": "success",
        "user_name": found["user"], "source_ip": address(found["ip"]), "attrs": {"service": "xrdp"},
    }  # fmt: skip
