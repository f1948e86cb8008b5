"""Commands that remove or silence logs, hide a trace, or mine: recognised in any command line, whoever wrote it down."""

import re
from functools import lru_cache

CLEARED = "log-clearing"
SILENCED = "log-silencing"
HISTORY = "history-clearing"
MINER = "mining-command"
CLOCK = "clock-set"
PASSWORD = "password-command"  # noqa: S105 (a label, not a secret)

#: Commands up to this length are remembered with their labels.
REMEMBERED = 500

_LOGS = r"(?:/var/(?:log|adm|run/utmp)|/run/(?:log|utmp)|[bw]tmp\b|lastlog|\.evtx|auth\.log|/secure\b|audit\.log)"
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (label, re.compile(pattern, re.IGNORECASE))
    for label, pattern in (
        (CLEARED, r"\b(?:rm|shred|unlink|srm|wipe|truncate|mv|dd)\b[^|;&]*" + _LOGS),
        (CLEARED, r"(?:\bln\s+-\w*s\w*\s+/dev/null|\bcp\s+/dev/null|\bcat\s+/dev/null\s*>)[^|;&]*" + _LOGS),
        (CLEARED, r"(?:^|[\s;&|:\"'])>{1}\s*[\"']?" + _LOGS),
        (CLEARED, r"\bsed\s+-i\b[^|;&]*" + _LOGS),
        (CLEARED, r"\bfind\s+\S*/var/log\b.*-(?:delete|exec\s+(?:rm|shred|truncate))"),
        (CLEARED, r"\btee\s+" + _LOGS + r"[^|]*<\s*/dev/null"),
        (CLEARED, r"journalctl\b.*--(?:vacuum|rotate)"),
        (
            CLEARED,
            r"\b(?:wevtutil(?:\.exe)?[\"']?\s+(?:cl|clear-log)\b|Clear-EventLog|Remove-EventLog|Limit-EventLog|Clear-WinEvent|ClearEventLog|ClearLog\()",
        ),
        (
            CLEARED,
            r"^\s*(?:reset\s+(?:logbuffer|trapbuffer|security-policy|saved-configuration)|clear\s+(?:logging|log\b)|reset\s+log)",
        ),
        (SILENCED, r"\bauditctl\s+(?:-D\b|-e\s*0)"),
        (
            SILENCED,
            r"\b(?:systemctl|service|rc-service)\s+(?:(?:stop|disable|mask|kill)\s+)?(?:rsyslog|syslog|syslog-ng|auditd|systemd-journald)(?:\.service)?(?:\s+stop)?",
        ),
        (SILENCED, r"\b(?:kill|pkill|killall)\b.*\b(?:rsyslogd?|syslogd|auditd|systemd-journald)\b"),
        (SILENCED, r"\bwevtutil(?:\.exe)?\s+(?:sl|set-log)\b.*(?:/e:false|/enabled:false)"),
        (
            SILENCED,
            r"\b(?:sc|net)(?:\.exe)?\s+(?:stop|config)\s+\"?eventlog|auditpol(?:\.exe)?\s+/(?:clear|remove|set\b.*disable)|Stop-Service\s+.*eventlog",
        ),
        (SILENCED, r"^\s*undo\s+info-center|\bchattr\s+[+-][ai]\b[^|;&]*" + _LOGS),
        (
            HISTORY,
            r"\bhistory\s+-[cwd]\b|\bHISTFILESIZE=0|\bHISTSIZE=0|\bunset\s+HISTFILE|\bHISTFILE=/dev/null|set\s+\+o\s+history",
        ),
        (HISTORY, r"\b(?:rm|shred|unlink|truncate|ln|cp|cat)\b[^|;&]*\.?(?:bash|zsh|sh|fish)_history"),
        (HISTORY, r">\s*\S*\.(?:bash|zsh)_history|Clear-History|Remove-Item\b.*ConsoleHost_history"),
        (
            MINER,
            r"stratum\+?(?:tcp|ssl|tls|udp|2\+tcp)?[:+]|--donate-level|--nicehash|--algo[= ](?:rx/|randomx|ethash|etchash|kawpow|cn/)|--coin[= ]\w+",
        ),
        (
            MINER,
            r"(?:^|[/\\\s\"'])(?:xmrig|ethminer|phoenixminer|t-rex|nbminer|gminer|lolminer|trex|cgminer|bfgminer|cpuminer|minerd|claymore|ethdcrminer64|teamredminer|nanominer|wildrig\w*|xmr-stak\S*|srbminer\S*|bminer|ccminer|kawpowminer)(?:\.exe)?\b",
        ),
        (MINER, r"\b(?:c3RyYXR1bS|N0cmF0dW0|zdHJhdHVt)"),
        (
            CLOCK,
            r"(?:^|[/\s])(?:date\s+(?:-s|--set)|hwclock\s+(?:-s|-w|--set|--systohc|--hctosys)|timedatectl\s+set-(?:time|ntp))|Set-Date\b|w32tm\s+/config",
        ),
        (PASSWORD, r"(?:^|[/\s;])(?:passwd|chpasswd)(?:\s|$)|\busermod\s+.*-p\b|net(?:\.exe)?\s+user\s+\S+\s+\S+"),
    )
)
#: One pass that tells that none of the rules above can match: almost every command is innocent.
_ANY = re.compile(
    r"log|journal|tmp|evtx|secure|histor|HIST|strat|donate|nicehash|algo|coin|miner|xmr|t-rex|claymore|c3Ry|N0cm|zdHJ|auditctl|chattr|"
    r"wevtutil|info-center|date|clock|passwd|usermod|net|trapbuffer|saved-conf|security-pol|w32tm|wildrig|auditpol|auditd",
    re.IGNORECASE,
)


def labels_of(command: str) -> tuple[str, ...]:
    """Return the labels of a command line; empty for an ordinary one. The same few commands are run again and again."""
    return _remembered(command) if len(command) <= REMEMBERED else _labels(command)


def _labels(command: str) -> tuple[str, ...]:
    if _ANY.search(command) is None:
        return ()
    text = command[:20_000]
    return tuple(dict.fromkeys(label for label, pattern in _RULES if pattern.search(text)))


_remembered = lru_cache(maxsize=4096)(_labels)
