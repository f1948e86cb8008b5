"""What PAM, the password and account tools, sudo, su and login say."""

import re
from collections.abc import Callable

from evidence.parsing.commands import labels_of
from evidence.parsing.events import Class, Meaning
from evidence.parsing.said_ssh import INJECTION, address

_HEAD = re.compile(r"\(?(?P<module>pam_[a-z0-9_]+)\)?(?:\((?P<service>[^:)]*)(?::(?P<phase>\w+))?\))?:? (?P<said>.*)$")
_OPENED = re.compile(
    r"session opened for user (?P<user>[^\s(]+)(?:\(uid=(?P<uid>\d+)\))?(?: by (?P<by>[^(]*)\((?:uid=)?(?P<by_uid>\d+)\))?"
)
_CLOSED = re.compile(r"session closed for user (?P<user>\S+)")
_FAILED = re.compile(
    r"(?:\d+ more )?authentication failures?; logname=(?P<logname>.*?) uid=(?P<uid>\S*) euid=\S* tty=(?P<tty>.*?) "
    r"ruser=(?P<ruser>\S*) rhost=(?P<rhost>\S*)(?: {1,2}user=(?P<user>.*))?\s*$"
)
_FAILED_LOOSE = re.compile(
    r"(?:\d+ more )?authentication failures?; logname=(?P<logname>.*?) uid=(?P<uid>\S*) euid=\S* tty=(?P<tty>.*?) "
    r"ruser=(?P<ruser>.*) rhost=(?P<rhost>\S*)(?: {1,2}user=(?P<user>.*))?\s*$"
)
_CHANGED = re.compile(r"password changed for (?P<user>.+?)\s*$")
_UNKNOWN = re.compile(r'user "(?P<user>.*)" does not exist in /etc/passwd')
_LOCKED = re.compile(
    r"(?:Consecutive login failures for user|user) (?P<user>\S+?)(?: \(\d+\))? (?:account temporarily locked|has? .*locked)"
)
_MORE = re.compile(r"(?:PAM )?(\d+) more authentication failures?;")
IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}$|[0-9a-fA-F:]*:[0-9a-fA-F:.]+$")


PLAIN_REFUSAL = re.compile(
    r"pam_unix\((\w+):auth\): authentication failure; logname=(\S*) uid=(\d+) euid=\d+ tty=(\S*) ruser= "
    r"rhost=([\d.]*)(?:  user=([^\s=]+))? ?$"
)
#: What is said again and again is said with one dictionary; nobody may change it.
_SHARED: dict[tuple[str, str], dict[str, object]] = {}


def shared(service: str, uid: str) -> dict[str, object]:
    """Return the one dictionary that says so; nobody may change it."""
    known = _SHARED.get((service, uid))
    if known is None:
        if len(_SHARED) > 1000:
            _SHARED.clear()
        known = _SHARED[service, uid] = {"service": service, "uid": uid}
    return known


def pam(text: str) -> Meaning | None:
    """Read a message that PAM writes in the name of a service; None if it is none."""
    if text[-12:] == "user unknown":
        return None
    plain = PLAIN_REFUSAL.match(text)
    if plain is not None:
        service, logname, uid, tty, rhost, user = plain.groups()
        meaning: Meaning = {
            "class_uid": 3002, "activity": "logon", "event_action": "pam_refused", "event_outcome": "failure",
            "user_name": user or logname, "tty": tty, "attrs": shared(service, uid),
        }  # fmt: skip
        if rhost:
            meaning["source_ip"] = rhost
        return meaning
    head = _HEAD.match(text)
    if head is None:
        return None
    said, service = head["said"], head["service"] or ""
    if said.startswith("session opened"):
        return _opened(said, service)
    if said.startswith("session closed"):
        closed = _CLOSED.match(said)
        if closed is None:
            return None
        return {
            "class_uid": 3002, "activity": "logoff", "event_action": "session_closed",
            "user_name": closed["user"], "attrs": shared(service, ""),
        }  # fmt: skip
    if said.startswith("authentication failure"):
        return refused(said, service)
    if said.startswith("password changed for"):
        changed = _CHANGED.match(said)
        return _password(changed["user"], "success", {"service": service}) if changed else None
    unknown = _UNKNOWN.match(said)
    if unknown and head["phase"] == "chauthtok":
        return _password(unknown["user"], "failure", {"service": service, "why": "no such user"})
    locked = _LOCKED.match(said)
    if locked:
        return {
            "class_uid": Class.ACCOUNT,
            "activity": "lock",
            "event_action": "account_locked_out",
            "user_target_name": locked["user"],
            "attrs": {"service": service},
        }
    return None


def _opened(said: str, service: str) -> Meaning | None:
    found = _OPENED.match(said)
    if found is None:
        return None
    by = (found["by"] or "").strip()
    attrs: dict[str, object] = {"service": service}
    if found["by_uid"]:
        attrs["by_uid"] = found["by_uid"]
    meaning: Meaning = {
        "class_uid": 3002, "activity": "logon", "event_action": "session_opened", "event_outcome": "success",
        "user_name": by or found["user"], "attrs": attrs,
    }  # fmt: skip
    if by and by != found["user"]:
        meaning["user_effective_name"] = found["user"]
    if found["uid"]:
        meaning["user_id"] = found["uid"]
    return meaning


def refused(said: str, service: str) -> Meaning | None:
    """Read PAM's ``authentication failure; …``: a name may imitate the fields behind it."""
    found = _FAILED.match(said)
    injected = False
    if found is None:
        found = _FAILED_LOOSE.match(said)
        injected = found is not None
    if found is None:
        return None
    user = found["user"] or found["ruser"] or found["logname"]
    meaning: Meaning = {
        "class_uid": 3002, "activity": "logon", "event_action": "pam_refused", "event_outcome": "failure",
        "user_name": user, "tty": found["tty"], "attrs": {"service": service, "uid": found["uid"]},
    }  # fmt: skip
    if found["ruser"] and found["user"]:
        meaning["user_name"], meaning["user_target_name"] = found["ruser"], found["user"]
    host = found["rhost"]
    if host:
        meaning["source_ip" if IP.match(host) else "source_domain"] = address(host)
    if "source_domain" in meaning:
        meaning["attrs"]["source_domain"] = meaning.pop("source_domain")
    if injected or "rhost=" in user:
        meaning["rule_labels"] = (INJECTION,)
    return meaning


def more_refused(text: str) -> Meaning | None:
    """Read ``PAM 4 more authentication failures; …``: that many happenings in one line."""
    found = _MORE.match(text)
    if found is None:
        return None
    meaning = refused(text.removeprefix("PAM "), "")
    if meaning is not None:
        meaning["event_action"] = "pam_refused_more"
        meaning["attrs"]["count"] = int(found[1][:9])
    return meaning


def _password(user: str, outcome: str, attrs: dict[str, object]) -> Meaning:
    return {
        "class_uid": Class.ACCOUNT, "activity": "password_change", "event_action": "password_changed",
        "event_outcome": outcome, "user_target_name": user, "attrs": attrs,
    }  # fmt: skip


_ACCOUNT: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern), action, activity)
    for pattern, action, activity in (
        (r"new user: name=(?P<target>[^,]+), UID=(?P<uid>\d+)", "account_created", "create"),
        (r"new group: name=(?P<target>[^,]+)", "group_created", "create"),
        (r"failed adding user '(?P<target>.*?)'", "account_created", "failed"),
        (r"add '(?P<target>[^']+)' to (?:shadow )?group '(?P<group>[^']+)'", "group_member_added", "change"),
        (r"delete '(?P<target>[^']+)' from (?:shadow )?group '(?P<group>[^']+)'", "group_member_removed", "change"),
        (r"delete user '(?P<target>[^']+)'", "account_deleted", "delete"),
        (r"removed (?:shadow )?group '(?P<target>[^']+)'", "group_deleted", "delete"),
        (r"group '(?P<target>[^']+)' removed", "group_deleted", "delete"),
        (r"(?:group|new group): name=(?P<target>[^,]+)", "group_created", "create"),
        (r"change user '(?P<target>[^']+)' password$", "password_changed", "password_change"),
        (r"password for '(?P<target>[^']+)' changed by '(?P<by>[^']+)'", "password_changed", "password_change"),
        (r"password changed - account=(?P<target>[^,]+)", "password_changed", "password_change"),
        (r"change user '(?P<target>[^']+)' (?P<what>.*)$", "account_changed", "change"),
        (r"changed user '(?P<target>[^']+)' (?P<what>.*)$", "account_changed", "change"),
        (r"changed password expiry for (?P<target>\S+)", "password_expiry_changed", "change"),
        (r"lock user '(?P<target>[^']+)' password", "account_locked", "lock"),
        (r"unlock user '(?P<target>[^']+)' password", "account_unlocked", "unlock"),
        (r"user (?P<target>\S+) added by (?P<by>\S+) to group (?P<group>\S+)", "group_member_added", "change"),
        (r"user (?P<target>\S+) removed by (?P<by>\S+) from group (?P<group>\S+)", "group_member_removed", "change"),
        (r"password for '?(?P<target>[^' ]+)'? (?:was )?changed", "password_changed", "password_change"),
    )
)


def account_tool(text: str) -> Meaning | None:
    """Read a message of useradd, usermod, userdel, groupadd, gpasswd, chage, passwd, chfn and chsh."""
    for pattern, action, activity in _ACCOUNT:
        found = pattern.match(text)
        if found is None:
            continue
        meaning: Meaning = {
            "class_uid": Class.ACCOUNT, "activity": "create" if activity == "failed" else activity, "event_action": action,
            "event_outcome": "failure" if activity == "failed" else "success", "user_target_name": found["target"],
        }  # fmt: skip
        parts = found.groupdict()
        if parts.get("by"):
            meaning["user_name"] = parts["by"]
        extra = {key: parts[key] for key in ("group", "uid", "what") if parts.get(key)}
        if extra:
            meaning["attrs"] = extra
        return meaning
    return None


_SUDO = re.compile(
    r"\s*(?P<user>\S.*?) : (?:(?P<why>[^=;]*?) ; )?(?:HOST=\S+ ; )?TTY=(?P<tty>.*?) ; (?:CHROOT=.*? ; )?PWD=(?P<pwd>.*?) ; "
    r"USER=(?P<as>\S*?) ; (?:(?:GROUP|TSID|ENV)=.*? ; )*COMMAND=(?P<command>.*)$"
)
_ATTEMPTS = re.compile(r"(\d+) incorrect password attempt")


def sudo(text: str) -> Meaning | None:
    """Read a message of sudo: who called it, as whom, and the command."""
    found = _SUDO.match(text)
    if found is None:
        return None
    why = found["why"] or ""
    command = found["command"]
    meaning: Meaning = {
        "class_uid": Class.PROCESS, "activity": "launch", "event_action": "sudo",
        "event_outcome": "failure" if why else "success", "user_name": found["user"],
        "user_effective_name": found["as"], "tty": found["tty"], "process_command_line": command,
        "attrs": {"pwd": found["pwd"]},
    }  # fmt: skip
    if why:
        meaning["attrs"]["why"] = why
        attempts = _ATTEMPTS.match(why)
        if attempts:
            meaning["attrs"]["attempts"] = int(attempts[1][:6])
    labels = labels_of(command)
    if labels:
        meaning["rule_labels"] = labels
    return meaning


_SU: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), outcome)
    for pattern, outcome in (
        (r"\(to (?P<as>[^)]+)\) (?P<user>\S+) on (?P<tty>\S+)", "success"),
        (r"FAILED SU \(to (?P<as>[^)]+)\) (?P<user>\S+) on (?P<tty>\S+)", "failure"),
        (r"Successful su for (?P<as>\S+) by (?P<user>\S+)", "success"),
        (r"FAILED su for (?P<as>\S+) by (?P<user>\S+)", "failure"),
        (r"BAD SU (?P<user>\S+) to (?P<as>\S+) on (?P<tty>\S+)", "failure"),
        (r"failed: (?P<tty>\S+) changing from (?P<user>\S+) to (?P<as>\S+)", "failure"),
        (r"(?P<user>\S+) to (?P<as>\S+) on (?P<tty>/dev/\S+)", "success"),
    )
)
_SU_MARK = re.compile(r"(?P<mark>[+-]) (?P<tty>\S+) (?P<user>[^\s:]+)[:-](?P<as>\S+)$")


def su(text: str) -> Meaning | None:
    """Read a message of su: from whom to whom. Its second line (``+ pts/0 a:b``) says the same and is no second event."""
    for pattern, outcome in _SU:
        found = pattern.match(text)
        if found is not None:
            meaning: Meaning = {
                "class_uid": Class.AUTHENTICATION, "activity": "logon", "event_action": "su", "event_outcome": outcome,
                "user_name": found["user"], "user_effective_name": found["as"],
            }  # fmt: skip
            if "tty" in found.re.groupindex and found["tty"]:
                meaning["tty"] = found["tty"].removeprefix("/dev/")
            return meaning
    found = _SU_MARK.match(text)
    if found is None:
        return None
    return {
        "class_uid": Class.AUTHENTICATION, "activity": "logon", "event_action": "su_mark",
        "event_outcome": "success" if found["mark"] == "+" else "failure", "tty": found["tty"].removeprefix("/dev/"),
        "user_name": found["user"], "user_effective_name": found["as"],
    }  # fmt: skip


_LOGIN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), outcome)
    for pattern, outcome in (
        (r"(?:ROOT|DIALUP AT)? ?LOGIN ON (?P<tty>\S+)(?: BY (?P<user>\S+))?(?: FROM (?P<host>\S+))?", "success"),
        (
            r"FAILED LOGIN (?:SESSION )?(?:\(?\d+\)? )?(?:on '(?P<tty>[^']+)' )?(?:FROM '?(?P<host>[^' ]*)'? )?FOR [`'](?P<user>.*?)'",
            "failure",
        ),
        (r"FAILED LOGIN \(?\d+\)? FROM (?P<host>\S+) FOR (?P<user>[^,]+),", "failure"),
    )
)


def login(text: str) -> Meaning | None:
    """Read a message of login(1): somebody at a console."""
    for pattern, outcome in _LOGIN:
        found = pattern.match(text)
        if found is not None:
            parts = found.groupdict()
            meaning: Meaning = {
                "class_uid": Class.AUTHENTICATION, "activity": "logon", "event_action": "login", "event_outcome": outcome,
                "user_name": parts.get("user") or "root", "attrs": {"service": "login", "method": "password"},
            }  # fmt: skip
            if parts.get("tty"):
                meaning["tty"] = parts["tty"]
            host = parts.get("host")
            if host and IP.match(host):
                meaning["source_ip"] = host
            return meaning
    return None


_PKEXEC = re.compile(
    r"(?P<user>\S+): (?P<what>Executing command|Error executing command.*?|The value.*?) \[USER=(?P<as>[^\]]*)\] \[TTY=(?P<tty>[^\]]*)\] \[CWD=(?P<pwd>.*?)\] \[COMMAND=(?P<command>.*)\]$"
)


def pkexec(text: str) -> Meaning | None:
    """Read a message of pkexec: who ran what as whom."""
    found = _PKEXEC.match(text)
    if found is None:
        return None
    meaning: Meaning = {
        "class_uid": Class.PROCESS, "activity": "launch", "event_action": "pkexec",
        "event_outcome": "success" if found["what"] == "Executing command" else "failure", "user_name": found["user"],
        "user_effective_name": found["as"], "tty": found["tty"], "process_command_line": found["command"],
        "attrs": {"pwd": found["pwd"]},
    }  # fmt: skip
    labels = labels_of(found["command"])
    if labels:
        meaning["rule_labels"] = labels
    return meaning


ACCOUNTS: dict[str, Callable[[str], Meaning | None]] = {
    "sudo": sudo,
    "su": su,
    "login": login,
    "pkexec": pkexec,
    **dict.fromkeys(
        ("useradd", "usermod", "userdel", "groupadd", "groupdel", "groupmod", "gpasswd", "chage", "passwd", "chpasswd", "chfn", "chsh", "adduser", "deluser", "newusers"),
        account_tool,
    ),
}  # fmt: skip
