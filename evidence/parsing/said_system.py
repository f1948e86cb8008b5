"""What cron, logind, systemd, the kernel, the log daemons, clock daemons, DHCP and DNS servers say in a system log."""

import re
from collections.abc import Callable

from evidence.parsing.commands import labels_of
from evidence.parsing.events import Class, Meaning

_CRON = re.compile(
    r"\((?P<user>[^)]*)\) (?P<what>CMD|RELOAD|REPLACE|DELETE|LIST|BEGIN EDIT|END EDIT|EDIT) \((?P<said>.*)\)$"
)


def cron(text: str) -> Meaning | None:
    """Read a message of cron or crontab."""
    found = _CRON.match(text)
    if found is None:
        return None
    if found["what"] == "CMD":
        said: Meaning = {
            "class_uid": 1006, "activity": "start", "event_action": "job_started", "user_name": found["user"],
            "process_command_line": found["said"].strip(),
        }  # fmt: skip
        labels = labels_of(said["process_command_line"])
        if labels:
            said["rule_labels"] = labels
        return said
    action = {"REPLACE": "job_changed", "DELETE": "job_deleted"}.get(found["what"], "job_listed")
    return {
        "class_uid": Class.SCHEDULED, "activity": "change", "event_action": action, "user_name": found["user"],
        "user_target_name": found["said"],
    }  # fmt: skip


_NEW = re.compile(r"New session '?(?P<session>[^' ]+)'? of user '?(?P<user>[^'. ]*[^'.])'?")
_REMOVED = re.compile(r"(?:Removed session '?(?P<session>[^'. ]+)|Session '?(?P<out>[^' ]+)'? logged out)")


def logind(text: str) -> Meaning | None:
    """Read a message of systemd-logind: sessions have numbers that conserve."""
    found = _NEW.match(text)
    if found is not None:
        return {
            "class_uid": 3002, "activity": "logon", "event_action": "logind_new", "session_key": found["session"],
            "user_name": found["user"],
        }  # fmt: skip
    found = _REMOVED.match(text)
    if found is not None:
        action = "logind_removed" if found["session"] else "logind_logged_out"
        return {
            "class_uid": 3002, "activity": "logoff", "event_action": action,
            "session_key": found["session"] or found["out"],
        }  # fmt: skip
    if "powering down" in text or "System is rebooting" in text or text.startswith("Power key pressed"):
        return {"class_uid": 0, "event_action": "machine_stopping"}
    if text.startswith("New seat"):
        return {"class_uid": 0, "event_action": "logind_started"}
    return None


_STARTED = re.compile(r"Started Session (?P<session>\S+) of user (?P<user>\S+?)\.?$")
_UNIT = re.compile(r"(?P<what>Started|Stopped|Stopping) (?P<unit>.*?)\.?$")
_LOGGING = re.compile(r"rsyslog|System Logging|Security Audit|auditd|Journal Service|journald", re.IGNORECASE)


def systemd(text: str) -> Meaning | None:
    """Read a message of systemd: sessions, services of the log, the machine's start and end."""
    found = _STARTED.match(text)
    if found is not None:
        return {
            "class_uid": 3002, "activity": "logon", "event_action": "systemd_session", "session_key": found["session"],
            "user_name": found["user"],
        }  # fmt: skip
    if text.startswith(("Startup finished", "Detected virtualization", "Running in initial RAM")):
        return {"class_uid": 0, "event_action": "machine_started"}
    if text.startswith(
        ("Shutting down", "Reached target Shutdown", "Reached target Power-Off", "Reached target Reboot")
    ):
        return {"class_uid": 0, "event_action": "machine_stopping"}
    if text.startswith("Time has been changed"):
        return {"class_uid": 0, "event_action": "clock_changed"}
    if text.startswith(("Started", "Stopp")) and _LOGGING.search(text):
        unit = _UNIT.match(text)
        if unit:
            action = "logging_started" if unit["what"] == "Started" else "logging_stopped"
            return {
                "class_uid": Class.LOG,
                "activity": action[8:],
                "event_action": action,
                "attrs": {"service": unit["unit"]},
            }
    return None


_LOST = re.compile(
    r"(?:imuxsock lost (?P<n>\d+) messages|imuxsock begins to drop|.*?(?P<m>\d+) messages lost due to rate-limiting)"
)


def rsyslogd(text: str) -> Meaning | None:
    """Read a message of rsyslogd, syslogd or syslog-ng about itself."""
    body = text.partition("] ")[2] if text.startswith("[origin") else text
    lost = _LOST.search(body)
    if lost is not None:
        return {
            "class_uid": Class.LOG,
            "activity": "rate_limit",
            "event_action": "log_rate_limited",
            "attrs": {"lost": int(lost["n"] or lost["m"] or 0)},
        }
    if "exiting on signal" in body or body.startswith("syslog-ng shutting down"):
        return {
            "class_uid": Class.LOG,
            "activity": "stop",
            "event_action": "logging_stopped",
            "attrs": {"service": "syslog"},
        }
    if "HUPed" in body:
        return {"class_uid": Class.LOG, "activity": "rotate", "event_action": "log_rotated"}
    if body.strip() in {"start", "(re)start", "restart"} or body.startswith("syslog-ng starting") or "restart." in body:
        return {
            "class_uid": Class.LOG,
            "activity": "start",
            "event_action": "logging_started",
            "attrs": {"service": "syslog"},
        }
    if "-- MARK --" in body:
        return {"class_uid": Class.LOG, "activity": "mark", "event_action": "heartbeat"}
    return None


_SUPPRESSED = re.compile(r"Suppressed (\d+) messages")


def journald(text: str) -> Meaning | None:
    """Read a message of systemd-journald about itself."""
    found = _SUPPRESSED.match(text)
    if found:
        return {
            "class_uid": Class.LOG,
            "activity": "rate_limit",
            "event_action": "log_rate_limited",
            "attrs": {"lost": int(found[1][:12])},
        }
    if text.startswith(("Vacuuming done", "Deleted archived journal")):
        return {"class_uid": Class.LOG, "activity": "delete", "event_action": "log_vacuumed", "attrs": {"said": text}}
    if text.startswith(("Journal started", "Journal stopped", "Received SIGTERM")):
        action = "logging_started" if "started" in text else "logging_stopped"
        return {
            "class_uid": Class.LOG,
            "activity": action[8:],
            "event_action": action,
            "attrs": {"service": "journald"},
        }
    return None


_NETFILTER = re.compile(r"(?:\[ *[\d.]+\] )?(?P<prefix>.*?)IN=(?P<in>\S*) OUT=(?P<out>\S*)(?P<rest> .*)$")
_PAIR = re.compile(r"(\w+)=(\S*)")
_XID = re.compile(r"NVRM: Xid \((?P<device>[^)]+)\): (?P<xid>\d+)")


def kernel(text: str) -> Meaning | None:
    """Read a message of the kernel: packet filter, start, lost audit records, graphics cards, process limits."""
    if " SRC=" in text:
        return netfilter(text)
    body = text[text.find("]") + 2 :] if text.startswith("[") else text
    if body.startswith("Linux version"):
        return {"class_uid": 0, "event_action": "machine_started"}
    if "audit: backlog limit" in body or "audit_lost=" in body or "audit: rate limit" in body:
        return {
            "class_uid": Class.LOG,
            "activity": "rate_limit",
            "event_action": "log_rate_limited",
            "attrs": {"said": body},
        }
    xid = _XID.search(body)
    if xid:
        return {
            "class_uid": Class.DEVICE,
            "event_action": "gpu_error",
            "attrs": {"device": xid["device"], "xid": xid["xid"]},
        }
    return None


def netfilter(text: str) -> Meaning | None:
    """Read a line of iptables or nftables."""
    found = _NETFILTER.match(text)
    if found is None:
        return None
    pairs = dict(_PAIR.findall(found["rest"]))
    said: Meaning = {
        "class_uid": 4001, "activity": "traffic", "event_action": "packet", "source_ip": pairs.get("SRC", ""),
        "destination_ip": pairs.get("DST", ""),
        "attrs": {"in": found["in"], "out": found["out"], "protocol": pairs.get("PROTO", ""), "prefix": found["prefix"].strip()},
    }  # fmt: skip
    if pairs.get("SPT", "").isdecimal():
        said["source_port"] = int(pairs["SPT"])
    if pairs.get("DPT", "").isdecimal():
        said["destination_port"] = int(pairs["DPT"])
    mac = pairs.get("MAC", "")
    if len(mac) >= 35:
        said["source_mac"] = mac[18:35]
    return said


_STEP = re.compile(
    r"(?:System clock wrong by|time reset|step time server \S+ offset|System clock was stepped by|Changed time by) ?(?P<by>[-+]?[\d.]+)?"
)


def clock(text: str) -> Meaning | None:
    """Read a message of a clock daemon: only a leap of the clock matters here."""
    found = _STEP.search(text)
    if found is None:
        if "Synchronized to time server" in text or "Selected source" in text:
            return {"class_uid": 0, "event_action": "clock_synchronised"}
        return None
    return {"class_uid": 0, "event_action": "clock_changed", "attrs": {"by_seconds": found["by"] or ""}}


_DHCPD = re.compile(
    r"DHCP(?P<what>ACK|OFFER|REQUEST|DISCOVER|RELEASE|NAK|DECLINE|INFORM)(?:\((?P<if>[^)]*)\))? ?(?:(?:on|for|of|from) )?"
    r"(?P<ip>\d+\.\d+\.\d+\.\d+)?(?: \([^)]*\))? ?(?:to |from )?(?P<mac>(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})?(?: \((?P<name>[^)]*)\))?(?: (?P<dnsname>[\w.-]+))?"
)


def dhcpd(text: str) -> Meaning | None:
    """Read a message of ISC dhcpd or dnsmasq's DHCP."""
    found = _DHCPD.match(text)
    if found is None:
        return None
    action = {
        "ACK": "lease_given",
        "RELEASE": "lease_released",
        "NAK": "lease_refused",
        "DECLINE": "lease_declined",
    }.get(found["what"], "lease_asked")
    said: Meaning = {"class_uid": Class.DHCP, "activity": found["what"].lower(), "event_action": action}
    if found["ip"]:
        said["source_ip"] = found["ip"]
    if found["mac"]:
        said["source_mac"] = found["mac"].lower()
    if found["name"]:
        said["attrs"] = {"hostname": found["name"]}
    return said


_DNSMASQ = re.compile(r"(?:\d+ \S+ )?query\[(?P<type>[^\]]+)\] (?P<name>\S+) from (?P<ip>\S+)$")
_DNSMASQ_REPLY = re.compile(r"(?:\d+ \S+ )?(?:reply|cached|config) (?P<name>\S+) is (?P<answer>\S+)$")


def dnsmasq(text: str) -> Meaning | None:
    """Read a message of dnsmasq: a name asked for, or an answer."""
    found = _DNSMASQ.match(text)
    if found is not None:
        return {
            "class_uid": 4003, "activity": "query", "event_action": "dns_query", "source_ip": found["ip"],
            "destination_domain": found["name"].lower().rstrip("."), "attrs": {"type": found["type"]},
        }  # fmt: skip
    found = _DNSMASQ_REPLY.match(text)
    if found is not None:
        return {
            "class_uid": 4003, "activity": "response", "event_action": "dns_answer",
            "destination_domain": found["name"].lower().rstrip("."), "attrs": {"answer": found["answer"]},
        }  # fmt: skip
    return dhcpd(text)


_NAMED = re.compile(
    r"(?:queries: )?(?:info: )?client (?:@\S+ )?(?P<ip>[0-9a-fA-F.:]+)#(?P<port>\d+)(?: \([^)]*\))?:(?: view \S+:)? query: (?P<name>\S+) (?P<class>\S+) (?P<type>\S+)"
)


def named(text: str) -> Meaning | None:
    """Read a line of BIND's query log."""
    found = _NAMED.search(text)
    if found is None:
        return None
    return {
        "class_uid": 4003, "activity": "query", "event_action": "dns_query", "source_ip": found["ip"],
        "source_port": int(found["port"]), "destination_domain": found["name"].lower().rstrip("."),
        "attrs": {"type": found["type"]},
    }  # fmt: skip


SYSTEM: dict[str, Callable[[str], Meaning | None]] = {
    **dict.fromkeys(("CRON", "cron", "crond", "crontab", "CROND", "/USR/SBIN/CRON"), cron),
    "systemd-logind": logind,
    "systemd": systemd,
    **dict.fromkeys(("rsyslogd", "syslogd", "syslog-ng", "syslog"), rsyslogd),
    "systemd-journald": journald,
    "kernel": kernel,
    **dict.fromkeys(("chronyd", "ntpd", "ntpdate", "systemd-timesyncd"), clock),
    **dict.fromkeys(("dhcpd", "dnsmasq-dhcp"), dhcpd),
    "dnsmasq": dnsmasq,
    "named": named,
}  # fmt: skip
