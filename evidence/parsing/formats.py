"""The formats, and how each is recognised. ``auto`` takes the one that explains most of the beginning, and says why."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from evidence.parsing import history, refused, utmp
from evidence.parsing.auditd import Auditd
from evidence.parsing.context import Context
from evidence.parsing.dhcp import IscLeases, KeaLeases, WindowsDhcp
from evidence.parsing.dns import Bind, Dnsmasq, WindowsDns
from evidence.parsing.evtx import Evtx
from evidence.parsing.gpu import NvidiaSmi
from evidence.parsing.gpu_xml import NvidiaXml
from evidence.parsing.h3c import H3c
from evidence.parsing.h3c_flow import H3cFlow
from evidence.parsing.h3c_flow import begins as h3c_begins
from evidence.parsing.headed import Nfdump, W3c, Zeek
from evidence.parsing.huawei import Huawei
from evidence.parsing.journal_file import MAGIC, JournalFile
from evidence.parsing.journald import JournalExport, JournalJson
from evidence.parsing.lease_table import LeaseTable
from evidence.parsing.miner import Miner, MinerConfig
from evidence.parsing.netflow import NetFlow, begins
from evidence.parsing.pcap import Pcap
from evidence.parsing.plain import Plain
from evidence.parsing.sangfor import Sangfor
from evidence.parsing.source import decoded
from evidence.parsing.switch import Switch
from evidence.parsing.syslog import Syslog
from evidence.parsing.table import Table, mapped
from evidence.parsing.web import Combined, Squid

SAMPLE = 60
#: No other format can explain a beginning better than this.
CERTAIN = 100


@dataclass(frozen=True)
class Recognised:
    """Why a format was taken: by its first bytes, by a heading, or by so many of the first lines."""

    by: str
    matched: int = 0
    of: int = 0
    detail: str = ""

    def shown(self) -> dict[str, Any]:
        return {"by": self.by, "matched": self.matched, "of": self.of, "detail": self.detail}


@dataclass(frozen=True)
class Head:
    """The beginning of a source, as bytes, as text, and as lines that are not blank or comments."""

    data: bytes
    name: str

    @cached_property
    def text(self) -> str:
        data = self.data
        if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            return data.decode("utf-16", "replace")
        text = decoded(data.removeprefix(b"\xef\xbb\xbf").decode("latin-1"))
        if len(text) == len(data) and not text.isascii():  # cut in the middle of a character
            return data.decode("utf-8", "replace")
        return text

    @cached_property
    def lines(self) -> tuple[str, ...]:
        lines = (line.rstrip("\r") for line in self.text.split("\n", 400)[:400])
        return tuple(islice((line for line in lines if line.strip() and line[:1] != "#"), SAMPLE))


@dataclass(frozen=True)
class Format:
    """A format: its name, its reader, how it is recognised (0 to 100, and why)."""

    name: str
    reader: Callable[[Context], Any]
    sniff: Callable[[Head], tuple[int, Recognised] | None]
    yearless: bool = False
    binary: bool = False
    #: Checks of conservation that make sense for it.
    checks: tuple[str, ...] = ()


def lines_like(
    pattern: str, *, weight: int = 90, at_least: float = 0.3
) -> Callable[[Head], tuple[int, Recognised] | None]:
    """Return a recogniser that counts lines of a shape."""
    compiled = re.compile(pattern)

    def sniff(head: Head) -> tuple[int, Recognised] | None:
        if not head.lines:
            return None
        matched = sum(1 for line in head.lines if compiled.search(line))
        share = matched / len(head.lines)
        if share < at_least:
            return None
        return int(weight * share), Recognised("lines", matched, len(head.lines))

    return sniff


def begins_with(pattern: str, *, weight: int = 98) -> Callable[[Head], tuple[int, Recognised] | None]:
    """Return a recogniser of a heading."""
    compiled = re.compile(pattern, re.MULTILINE)

    def sniff(head: Head) -> tuple[int, Recognised] | None:
        found = compiled.search(head.text[:8192])
        if found is None:
            return None
        return weight, Recognised("heading", detail=found[0].strip()[:80])

    return sniff


def magic(*starts: bytes, at: int = 0, weight: int = 100) -> Callable[[Head], tuple[int, Recognised] | None]:
    """Return a recogniser of first bytes."""

    def sniff(head: Head) -> tuple[int, Recognised] | None:
        for start in starts:
            if head.data[at : at + len(start)] == start:
                return weight, Recognised("magic", detail=start.hex())
        return None

    return sniff


SYSLOG_LINE = (
    r"^(?:<\d{1,3}>)?(?:\d )?(?:[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S* \S+ \S+?(?:\[\d+\])?: )"
    r"|^<\d{1,3}>\d \d{4}-|^\[\d{8}-\d\d:\d\d:\d\d\] \["
)


def _utmp(head: Head) -> tuple[int, Recognised] | None:
    if len(head.data) < 384 or head.data[:8] == b"ElfFile\0":
        return None
    layout = utmp.layout_of(head.data)
    if layout is None:
        return None
    share = utmp.plausible(head.data, layout)
    return int(95 * share), Recognised("records", detail=layout.name)


def _refused(head: Head) -> tuple[int, Recognised] | None:
    return (99, Recognised("magic", detail=head.data[:4].hex())) if refused.reason_of(head.data) else None


def _netflow(head: Head) -> tuple[int, Recognised] | None:
    version = begins(head.data)
    return (98, Recognised("records", detail="IPFIX" if version == 10 else f"NetFlow {version}")) if version else None


def _h3c_flow(head: Head) -> tuple[int, Recognised] | None:
    kind = h3c_begins(head.data)
    return (98, Recognised("records", detail=f"Flow {kind}")) if kind else None


def _lastlog(head: Head) -> tuple[int, Recognised] | None:
    return (96, Recognised("name", detail="lastlog")) if re.search(r"(?:^|/)lastlog", head.name) else None


def _bash(head: Head) -> tuple[int, Recognised] | None:
    marks = len(re.findall(r"^#\d{9,11}$", head.text, re.MULTILINE)) if "#" in head.text else 0
    if marks:
        return 70, Recognised("lines", marks, len(head.lines) + marks)
    return (
        (60, Recognised("name", detail=head.name))
        if head.name.endswith(("bash_history", ".sh_history", "ash_history"))
        else None
    )


def _table(head: Head) -> tuple[int, Recognised] | None:
    first = head.text.lstrip("\ufeff\n\r ").partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    columns = mapped(first.rstrip("\r").split(delimiter)) if delimiter in first else {}
    if "ts" in columns and len(columns) >= 2:
        return 50, Recognised("heading", detail=first[:80])
    return None


def _config(head: Head) -> tuple[int, Recognised] | None:
    text = head.text.lstrip()
    if text[:1] == "{" and '"pools"' in text and '"url"' in text:
        return 85, Recognised("heading", detail='"pools"')
    return None


_CONSOLE = (
    r"^\s*\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\]\s+(?:\S|$)|^\d{4}\.\d\d\.\d\d:\d\d:\d\d:\d\d\.\d+: |^\s*[a-zXi]\s+\d\d:\d\d:\d\d\s+(?:ethminer|\S+)\s"
    r"|^\d{8} \d\d:\d\d:\d\d\s+(?:\[|GPU|TREX|ethash|url|accepted)"
)
_MINER_WORDS = re.compile(r"miner|stratum|pool|share|hash|MH/s|\bh/s|xmrig|accepted", re.IGNORECASE)


def _miner(head: Head) -> tuple[int, Recognised] | None:
    verdict = lines_like(_CONSOLE, weight=84)(head)
    if verdict is None or not _MINER_WORDS.search(head.text):
        return None
    return max(verdict[0], 70), verdict[1]


FORMATS: tuple[Format, ...] = (
    Format("evtx", Evtx, magic(b"ElfFile\0"), binary=True),
    Format(
        "pcap",
        Pcap,
        magic(b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a"),
        binary=True,
    ),
    Format("not-read", refused.Refused, _refused, binary=True),
    Format("netflow", NetFlow, _netflow, binary=True),
    Format("h3c-flow", H3cFlow, _h3c_flow, binary=True),
    Format("utmp", utmp.Utmp, _utmp, binary=True),
    Format("lastlog", utmp.Lastlog, _lastlog, binary=True),
    Format(
        "auditd", Auditd, lines_like(r"^(?:node=\S+ )?type=\S+ msg=audit\(", weight=97, at_least=0.2), checks=("audit",)
    ),
    Format(
        "journald",
        JournalJson,
        lines_like(r'^\{ ?"(?:__CURSOR|_[A-Z]|[A-Z_]+"\s?:).*"?(?:__REALTIME_TIMESTAMP|MESSAGE)', weight=97),
        checks=("journal", "logind"),
    ),
    Format(
        "journald-export",
        JournalExport,
        begins_with(r"^__CURSOR=s=[0-9a-f]+;i="),
        checks=("journal", "logind"),
        binary=True,
    ),
    Format("journald-binary", JournalFile, magic(MAGIC), checks=("journal", "logind"), binary=True),
    Format(
        "huawei",
        Huawei,
        lines_like(r"%%\d\d\w+/\d/\w+\(\w\)(?:\[\d+\])?:", weight=97),
        yearless=True,
        checks=("vendor",),
    ),
    Format(
        "h3c",
        H3c,
        # ``%%10`` is Comware's own mark, whatever module speaks: a NAT log has lines of links and commands in it.
        lines_like(
            r"%%10[A-Z]\w*/\d/\w+: |\b(?:USERLOG|NAT|SESSION|SHELL|FLOW|ASPF|LOGIN|SSHS)/\d/\w+: |\(1003\)=", weight=95
        ),
        yearless=True,
    ),
    Format("sangfor", Sangfor, lines_like(r"日志类型[:：]|Log Type:", weight=97), yearless=True),
    Format("zeek", Zeek, begins_with(r"^#separator .*|^#fields\tts.*")),
    Format("zeek", Zeek, lines_like(r'^\{.*"ts":.*"(?:uid|id[._]orig_h|_path|@stream)"', weight=95)),
    Format("w3c", W3c, begins_with(r"^#Fields: .*", weight=97)),
    Format("nfdump", Nfdump, begins_with(r"^ts,te,td,sa,da,.*", weight=99)),
    Format("dhcpd-leases", IscLeases, begins_with(r"^lease \d+\.\d+\.\d+\.\d+ \{", weight=97)),
    Format("kea-leases", KeaLeases, begins_with(r"^address,hwaddr,client_id,valid_lifetime,expire.*")),
    Format(
        "lease-table",
        LeaseTable,
        begins_with(
            r"^\s*IP [Aa]ddress\s+Client[ -]identifier/?.*|^\s*Index\s+IP\s+MAC\s.*Lease.*|^\s*IP\s+MAC-Address\s+Hostname.*Expiry",
            weight=94,
        ),
    ),
    Format("windows-dhcp", WindowsDhcp, lines_like(r"^\d\d?,\d\d/\d\d/\d\d(?:\d\d)?,\d\d:\d\d:\d\d,", weight=96)),
    Format(
        "switch-table",
        Switch,
        begins_with(
            r"^(?:IP ADDRESS|IP Address|MAC Address|MAC ADDR(?:ESS)?|Vlan|Protocol  Address)\s{2,}.*|^\s*MAC [Aa]ddress\s+(?:VLAN|Type).*",
            weight=92,
        ),
    ),
    Format("squid", Squid, lines_like(r"^\d{9,11}\.\d{3} +-?\d+ \S+ [A-Z_]+/\d{3} ", weight=97)),
    Format(
        "http-access",
        Combined,
        lines_like(r"^(?:\S+ )?\S+ \S+ .+? \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \"", weight=95),
    ),
    Format(
        "bind-query",
        Bind,
        lines_like(r"^\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d(?:\.\d+)? .*client .*query: ", weight=95),
    ),
    Format(
        "dnsmasq",
        Dnsmasq,
        lines_like(
            r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:\S+ )?dnsmasq(?:-dhcp)?\[\d+\]: ", weight=94, at_least=0.8
        ),
        yearless=True,
    ),
    Format("windows-dns", WindowsDns, begins_with(r"\A\s*DNS Server log file creation at .*", weight=96)),
    Format("windows-dns", WindowsDns, lines_like(r"PACKET +[0-9A-F]{8,16} (?:UDP|TCP) (?:Rcv|Snd) ", weight=95)),
    Format(
        "nvidia-smi",
        NvidiaSmi,
        begins_with(
            r"nvidia-smi.*|^=+NVSMI LOG=+|^timestamp, .*(?:gpu|power|utilization).*|^\| NVIDIA-SMI .*", weight=88
        ),
    ),
    Format(
        "nvidia-smi-xml",
        NvidiaXml,
        begins_with(r"^<nvidia_smi_log>|<!DOCTYPE nvidia_smi_log\b.*", weight=99),
        binary=True,
    ),
    Format("miner-config", MinerConfig, _config, binary=True),
    Format("miner-console", Miner, _miner),
    Format("zsh-history", history.Zsh, lines_like(r"^: \d{9,11}:\d+;", weight=95)),
    Format("fish-history", history.Fish, begins_with(r"^- cmd: .*\n  when: \d+", weight=95)),
    Format("bash-history", history.Bash, _bash),
    Format("syslog", Syslog, lines_like(SYSLOG_LINE, weight=80), yearless=True, checks=("logind", "heartbeat")),
    Format("table", Table, _table),
)


def _never(_head: Head) -> tuple[int, Recognised] | None:
    return None


PLAIN_FORMAT = Format("text", Plain, _never)
_BY_NAME = {one.name: one for one in (*FORMATS, PLAIN_FORMAT)}


def names() -> tuple[str, ...]:
    """Return the names of the formats."""
    return tuple(_BY_NAME)


def by_name(name: str) -> Format:
    """Return the format of that name.

    Raises:
        KeyError: there is none.
    """
    return _BY_NAME[name]


def recognise(data: bytes, name: str) -> tuple[Format, Recognised]:
    """Return the format that explains the beginning best, and why; plain text where none does."""
    head = Head(data, name)
    best: tuple[int, Format, Recognised] | None = None
    for one in FORMATS:
        verdict = one.sniff(head)
        if verdict is not None and (best is None or verdict[0] > best[0]):
            best = (verdict[0], one, verdict[1])
            if verdict[0] >= CERTAIN:
                break
    if best is None:
        return PLAIN_FORMAT, Recognised("nothing", 0, len(head.lines))
    return best[1], best[2]
