"""Formats of which there are no public samples: fixtures of our own, every value against the line that says it."""

import gzip
import io
import struct
from datetime import UTC, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from evidence.parsing.archives import members
from evidence.parsing.events import iso
from tests.parsing.reading import lines, read, source_of

HUAWEI = lines(
    "<190>2021-09-09 10:21:48 USG6000E %%01SECLOG/6/SESSION_TEARDOWN(l)[17]:IPVer=4,Protocol=tcp,SourceIP=10.3.7.21,DestinationIP=203.0.113.9,"
    "SourcePort=50022,DestinationPort=3333,SourceNatIP=198.51.100.7,SourceNatPort=2050,BeginTime=1631154100,EndTime=1631154108,"
    "SendPkts=9,SendBytes=900,RcvPkts=8,RcvBytes=800,SourceVpnID=0,DestinationVpnID=0,PolicyName=out,UserName=huang,CloseReason=tcp-fin.",
    "Sep  9 11:56:41 10.123.169.1 2021-09-09 10:05:11 FW %%01SHELL/5/CMDRECORD(l)[18]:Recorded command information. (Task=VTY, Ip=10.3.7.21, "
    'User=admin, Command="reset logbuffer")',
)
H3C = lines(
    "Sep  9 10:21:48 2021 H3C %%10NAT/6/NAT_FLOW: Protocol(1001)=TCP;SrcIPAddr(1003)=10.3.7.21;SrcPort(1004)=50022;NatSrcIPAddr(1005)=198.51.100.7;"
    "NatSrcPort(1006)=2050;DstIPAddr(1007)=203.0.113.9;DstPort(1008)=3333;UserName(1113)=huang;",
    "%Sep  9 10:22:00:123 2021 H3C USERLOG/7/NAT: TCP; 10.3.7.21:50022--->198.51.100.7:2050; 203.0.113.9:3333; [2021/09/09 10:20:00-2021/09/09 10:22:00]; Operator 1: Normal over",
)
#: As the device writes it: its own mark before every module, and not of flows alone.
COMWARE = lines(
    "<190>Sep  9 10:21:48 2021 H3C %%10USERLOG/7/NAT: TCP; 10.3.7.21:50022--->198.51.100.7:2050; 203.0.113.9:3333; [2021/09/09 10:20:00-2021/09/09 10:22:00]; Operator 8: Data flow created",
    "<187>Sep  9 10:21:50 2021 H3C %%10IFNET/3/PHY_UPDOWN: Physical state on the interface GigabitEthernet1/0/1 changed to down.",
    "<187>Sep  9 10:21:51 2021 H3C %%10IFNET/3/PHY_UPDOWN: Physical state on the interface GigabitEthernet1/0/1 changed to up.",
)
SANGFOR = "Sep  9 10:21:48 localhost fwlog: 日志类型:服务控制或应用控制, 用户:黄某某, 源IP:10.3.7.21, 源端口:50022, 目的IP:203.0.113.9, 目的端口:3333, 应用类型:矿池, 应用名称:stratum, 系统动作:被记录\n"
WINDOWS_DHCP = lines(
    "\t\tMicrosoft DHCP Service Activity Log",
    "ID,Date,Time,Description,IP Address,Host Name,MAC Address,User Name, TransactionID, QResult",
    "10,09/09/21,10:21:48,Assign,10.3.7.21,LAB-PC7,001122AABBCC,,123,0",
)
KEA = lines(
    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context",
    "10.3.7.21,00:11:22:aa:bb:cc,,3600,1631157708,1,0,0,lab-pc7,0,",
)
H3C_LEASES = lines(
    "<H3C> display dhcp server ip-in-use",
    "IP address       Client identifier/    Lease expiration      Type",
    "                 Hardware address",
    "10.3.7.21        0011-22aa-bbcc        Sep  9 18:21:48 2021  Auto(C)",
    "10.3.7.22        3030-3030-2e30-       Not used              Static(F)",
)
HUAWEI_LEASES = lines(
    "  -----------------------------------------------------",
    "  Index              IP               MAC      Lease   Status",
    "  -----------------------------------------------------",
    "    20        10.3.7.21    0011-22aa-bbcc      86400   Used",
    "    21        10.3.7.22    bad-row      86400   Used",
)
FORTIGATE_LEASES = lines(
    "lan",
    "  IP\t\tMAC-Address\tHostname\tVCI\tSSID\tAP\tSERVER-ID\tExpiry",
    "  10.3.7.21\t00:11:22:aa:bb:cc\tLAB-PC7\tMSFT 5.0\t\t\t1\tThu Sep  9 18:21:48 2021",
)
SQUID = lines(
    "1631154108.123    350 10.3.7.21 TCP_TUNNEL/200 4821 CONNECT eth.pool.example:443 huang HIER_DIRECT/203.0.113.9 -"
)
NGINX = lines('10.3.7.21 - huang [09/Sep/2021:10:21:48 +0800] "GET /index.html HTTP/1.1" 200 12 "-" "curl/7.68.0"')
IIS = lines(
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip sc-status",
    "2021-09-09 02:21:48 10.0.0.1 GET /a - 80 huang 10.3.7.21 200",
)
BIND = lines(
    "09-Sep-2021 10:21:48.123 queries: info: client @0x7f 10.3.7.21#50022 (eth.pool.example): query: eth.pool.example IN A +E(0)K (10.0.0.53)"
)
WINDOWS_DNS = lines(
    "9/9/2021 10:21:48 AM 0E1C PACKET  000001B2 UDP Rcv 10.3.7.21       0002   Q [0001   D   NOERROR] A      (3)eth(4)pool(7)example(0)"
)
#: A log that was begun anew is heading for the most part.
WINDOWS_DNS_NEW = (
    lines(
        "DNS Server log file creation at 9/9/2021 10:00:00 AM",
        "Message logging key (for packets - other items use a subset of these fields):",
        *(f"\t  {number:2}     Field {number}" for number in range(1, 17)),
    )
    + WINDOWS_DNS
)
DNSMASQ = lines("Sep  9 10:21:48 dnsmasq[512]: query[A] eth.pool.example from 10.3.7.21")
XMRIG = lines(
    "[2021-09-09 10:21:48.000]  net      use pool eth.pool.example:3333 TLSv1.2 203.0.113.9",
    "[2021-09-09 10:21:50.000]  cpu      accepted (1/0) diff 10000 (35 ms)",
)
CONFIG = b'{"pools": [{"url": "eth.pool.example:3333", "user": "0x' + b"ab" * 20 + b'.rig1", "pass": "x"}]}'
METER = "时间,电表,功率(W)\n2021-09-09 10:21:48,实验楼三层,6120\n".encode("gb18030")
MONITOR = "监测时间,IP地址,端口,矿池,币种\n2021年9月9日 10:21:48,10.3.7.21,50022,eth.pool.example,ETH\n".encode(
    "gb18030"
)
EXPORT = (
    b"__CURSOR=s=ab12;i=1;b=cd34;m=1;t=1;x=1\n__REALTIME_TIMESTAMP=1631154108000000\n_BOOT_ID=cd34\nSYSLOG_IDENTIFIER=sshd\n"
    b"MESSAGE\n" + struct.pack("<Q", 58) + b"Accepted password for huang from 10.3.7.21 port 50022 ssh2" + b"\n\n"
)
ZSH = b": 1631154108:0;rm -rf /var/log/nginx\n"
LASTLOG = struct.pack("<i32s256s", 0, b"", b"") + struct.pack("<i32s256s", 1631154108, b"pts/0", b"10.3.7.21")
NVIDIA_XML = b"""<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
  <timestamp>Thu Sep  9 10:21:48 2021</timestamp>
  <driver_version>470.57.02</driver_version>
  <gpu id="00000000:01:00.0">
    <product_name>NVIDIA GeForce RTX 3080</product_name>
    <fb_memory_usage><total>10240 MiB</total><used>4800 MiB</used></fb_memory_usage>
    <utilization><gpu_util>100 %</gpu_util></utilization>
    <temperature><gpu_temp>66 C</gpu_temp></temperature>
    <power_readings><power_draw>230.10 W</power_draw><power_limit>N/A</power_limit></power_readings>
    <processes><process_info><pid>4711</pid><type>C</type><process_name>/opt/xmrig --algo=rx/0</process_name>
      <used_memory>4700 MiB</used_memory></process_info></processes>
  </gpu>
</nvidia_smi_log>
"""
SAME = "2021-09-09T02:21:48"

CASES: tuple[tuple[str, bytes, str, dict[str, Any]], ...] = (
    (
        "huawei",
        HUAWEI,
        "",
        {
            "source_ip": "10.3.7.21",
            "source_nat_ip": "198.51.100.7",
            "source_nat_port": 2050,
            "user_name": "huang",
            "destination_port": 3333,
        },
    ),
    (
        "h3c",
        H3C,
        "",
        {"source_ip": "10.3.7.21", "source_nat_port": 2050, "user_name": "huang", "destination_ip": "203.0.113.9"},
    ),
    ("h3c", COMWARE, "", {"source_ip": "10.3.7.21", "source_nat_port": 2050, "event_action": "session_built"}),
    (
        "sangfor",
        SANGFOR.encode("gb18030"),
        "",
        {"user_name": "黄某某", "source_ip": "10.3.7.21", "destination_port": 3333},
    ),
    ("sangfor", SANGFOR.encode(), "", {"user_name": "黄某某", "event_outcome": "success"}),
    (
        "windows-dhcp",
        WINDOWS_DHCP,
        "",
        {"source_mac": "00:11:22:aa:bb:cc", "source_ip": "10.3.7.21", "event_action": "lease_given"},
    ),
    ("kea-leases", KEA, "", {"source_mac": "00:11:22:aa:bb:cc", "source_ip": "10.3.7.21"}),
    (
        "squid",
        SQUID,
        "",
        {
            "destination_domain": "eth.pool.example",
            "destination_port": 443,
            "user_name": "huang",
            "event_action": "proxy_connect",
        },
    ),
    ("http-access", NGINX, "", {"user_name": "huang", "event_outcome": "success"}),
    ("w3c", IIS, "", {"user_name": "huang", "source_ip": "10.3.7.21", "destination_port": 80}),
    ("bind-query", BIND, "", {"destination_domain": "eth.pool.example", "source_ip": "10.3.7.21"}),
    ("windows-dns", WINDOWS_DNS, "", {"destination_domain": "eth.pool.example", "source_ip": "10.3.7.21"}),
    ("windows-dns", WINDOWS_DNS_NEW, "", {"destination_domain": "eth.pool.example", "source_ip": "10.3.7.21"}),
    ("dnsmasq", DNSMASQ, "", {"destination_domain": "eth.pool.example", "source_ip": "10.3.7.21"}),
    (
        "miner-console",
        XMRIG,
        "",
        {"destination_domain": "eth.pool.example", "destination_port": 3333, "event_action": "miner_pool"},
    ),
    ("table", METER, "", {"event_action": "meter_reading"}),
    ("table", MONITOR, "", {"source_ip": "10.3.7.21", "source_port": 50022, "destination_domain": "eth.pool.example"}),
    ("journald-export", EXPORT, "", {"user_name": "huang", "source_ip": "10.3.7.21", "event_action": "login"}),
    ("nvidia-smi-xml", NVIDIA_XML, "", {"event_action": "gpu_listing"}),
    ("zsh-history", ZSH, "", {"rule_labels": ("log-clearing",)}),
    ("lastlog", LASTLOG, "lastlog", {"user_id": "1", "tty": "pts/0"}),
)


@pytest.mark.parametrize(
    ("name", "data", "file", "expected"), CASES, ids=[f"{case[0]}-{number}" for number, case in enumerate(CASES)]
)
def test_a_line_says_what_it_says(name: str, data: bytes, file: str, expected: dict[str, Any]) -> None:
    events, said, run = read(data, file=file or "log")

    assert said["format"] == name, run.why
    assert said["unparsed"] == 0
    event: dict[str, Any] = dict(events[0])
    assert {key: event.get(key) for key in expected} == expected
    assert (iso(events[0]["ts"]) or "").startswith(SAME)
    raw = data[event["raw_offset"] : event["raw_offset"] + event["raw_length"]]
    assert raw
    assert event["raw_offset"] + event["raw_length"] <= len(data)


def test_tables_of_leases_keep_the_end_and_name_what_they_do_not_read() -> None:
    ends = int(datetime(2021, 9, 9, 10, 21, 48, tzinfo=UTC).timestamp()) * 1_000_000
    events, said, _ = read(H3C_LEASES)
    assert (said["format"], events[0]["ts"], events[0]["source_ip"]) == ("lease-table", None, "10.3.7.21")
    assert (events[0]["source_mac"], events[0]["ts_quality"]) == ("00:11:22:aa:bb:cc", ("snapshot",))
    assert [event["attrs"] for event in events] == [
        {"state": "Auto(C)", "ends_us": ends}, {"client": "3030-3030-2e30-", "state": "Static(F)"},
    ]  # fmt: skip
    assert (said["unparsed"], said["without_event"]) == (0, {"heading": 3})
    (event,), said, _ = read(HUAWEI_LEASES)
    assert event["attrs"] == {"state": "Used", "seconds": "86400"}
    assert said["unparsed_reasons"] == {"no_columns": 1}
    (event,), said, _ = read(FORTIGATE_LEASES)
    assert (said["format"], event["source_mac"]) == ("lease-table", "00:11:22:aa:bb:cc")
    assert event["attrs"] == {"hostname": "LAB-PC7", "ends_us": ends}


def test_cards_and_their_processes_have_their_own_bytes() -> None:
    events, said, _ = read(NVIDIA_XML * 2)

    assert (said["lines"], said["unparsed"], len(events)) == (6, 0, 6)
    time, process, card = (
        NVIDIA_XML[event["raw_offset"] : event["raw_offset"] + event["raw_length"]] for event in events[:3]
    )
    assert (time[:11], time[-12:]) == (b"<timestamp>", b"</timestamp>")
    assert (process[:14], process[-15:]) == (b"<process_info>", b"</process_info>")
    assert (card[:9], card[-6:]) == (b'<gpu id="', b"</gpu>")
    assert (events[1]["process_pid"], events[1]["rule_labels"]) == (4711, ("mining-command",))
    assert events[2]["attrs"] == {
        "gpu": "00000000:01:00.0", "name": "NVIDIA GeForce RTX 3080", "total": "10240 MiB", "used": "4800 MiB", "load": "100 %",
        "temp": "66 C", "power": "230.10 W",
    }  # fmt: skip
    assert events[4]["raw_offset"] == events[1]["raw_offset"] + len(NVIDIA_XML)


def test_a_document_that_declares_entities_is_not_read() -> None:
    bomb = NVIDIA_XML.replace(
        b'SYSTEM "nvsmi_device_v12.dtd"', b'[<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]'
    ).replace(b"470.57.02", b"&b;&c;")  # fmt: skip

    events, said, _ = read(bomb + NVIDIA_XML + NVIDIA_XML[:300])

    assert (len(events), said["unparsed_reasons"]) == (3, {"bad_xml": 1, "cut_short": 1})


def workbook() -> bytes:
    book, out = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.title = "监测"
    sheet.append(["监测时间", "IP地址", "端口", "矿池"])
    sheet.append([datetime(2021, 9, 9, 10, 21, 48), "10.3.7.21", 50022, "eth.pool.example"])  # noqa: DTZ001 (as in a cell)
    sheet.append(["2021年9月9日 10:22:48", "10.3.7.22", 50023, "=1+1"])
    book.create_sheet("空")
    book.create_sheet("电表").append(["时间", "功率(W)"])
    book.save(out)
    return out.getvalue()


def test_sheets_of_a_workbook_are_read_as_the_tables_they_are() -> None:
    data = workbook()
    first, other = members(source_of(data, "list.xlsx"))
    with first.open() as stream:
        text = stream.read()

    events, said, run = read(data)

    assert (first.name, other.name, said["format"]) == ("监测.csv", "电表.csv", "table"), run.why
    assert (said["lines"], said["unparsed"], said["without_event"]) == (3, 0, {"heading": 1})
    assert [iso(event["ts"]) for event in events] == ["2021-09-09T02:21:48Z", "2021-09-09T02:22:48Z"]
    assert (events[0]["source_port"], events[0]["destination_domain"]) == (50022, "eth.pool.example")
    own = text[events[0]["raw_offset"] : events[0]["raw_offset"] + events[0]["raw_length"]]
    assert own == b"2021-09-09 10:21:48,10.3.7.21,50022,eth.pool.example"
    mapped, _, _ = read(data, name="table", columns={"ts": "监测时间", "destination_ip": "IP地址"})
    assert mapped[1]["destination_ip"] == "10.3.7.22"


def test_a_broken_workbook_is_named_as_unread() -> None:
    data = workbook()

    _, said, _ = read(data.replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheetX.xml"))
    assert said["parsed"] + said["unparsed"] == said["lines"]
    _, said, _ = read(data[: len(data) - 30])
    assert said["unparsed"] >= 1


def test_a_flow_without_its_rest_is_no_flow_of_the_line_before() -> None:
    flow = H3C.splitlines()[0].decode()
    events, _, _ = read(
        lines(flow, flow.replace("3333", "4444"), flow[: flow.index(": ") + 1], flow.replace(";", "; ")),
        name="h3c",
    )

    assert [event.get("destination_port") for event in events] == [3333, 4444, None, 3333]
    assert events[2]["attrs"]["message"] == ""


def test_a_flow_is_read_as_the_longer_way_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = H3C.splitlines()[0].decode()
    other = flow.replace("NatSrcIPAddr", "NATSrcIPAddr").replace("NatSrcPort", "NATSrcPort")
    begun = f"{flow.rstrip(';')};BeginTime_e(1013)=09092021102000;EndTime_e(1014)=09092021102148;RcvVPNInstance(1042)=;Event(1048)=(2)Aged;"
    data = lines(
        flow,
        flow,
        other,
        other,
        begun,
        begun.replace("20;", "99;"),
        begun.replace("102148", ""),
        flow.replace("2050", ""),
        begun,
    )

    quick, said, _ = read(data, name="h3c")
    monkeypatch.setattr("evidence.parsing.h3c.H3c._layout_of", lambda *_: None)
    slow, same, _ = read(data, name="h3c")

    assert [{**event} for event in quick] == [{**event} for event in slow]
    assert said == same
    assert [event.get("source_nat_port") for event in quick[:4]] == [2050] * 4
    assert iso(quick[4]["attrs"]["begin_us"]) == "2021-09-09T02:20:00Z"
    assert (quick[4]["event_action"], quick[4]["attrs"]["end"]) == ("session_ended", "09092021102148")


def test_two_clocks_in_one_line_are_both_kept() -> None:
    events, _, _ = read(HUAWEI)

    assert iso(events[1]["ts"]) == "2021-09-09T02:05:11Z"
    assert iso(events[1]["attrs"]["relay_ts_us"]) == "2021-09-09T03:56:41Z"
    assert (events[1]["event_action"], events[1]["rule_labels"], events[1]["user_name"]) == (
        "device_command",
        ("log-clearing",),
        "admin",
    )


def test_pools_of_a_configuration() -> None:
    events, said, _ = read(CONFIG)

    assert (said["format"], said["events"], events[0]["destination_port"]) == ("miner-config", 1, 3333)
    assert CONFIG[events[0]["raw_offset"] :].startswith(b"eth.pool.example:3333")


def head(text: str) -> bytes:
    return lines(*(f"{stamp} rig sshd[7]: {said}" for stamp, said in (part.split("|") for part in text.split("\n"))))


def test_a_name_that_imitates_a_line_does_not_deceive() -> None:
    events, _said, run = read(
        head(
            "Sep  9 10:21:48|Failed password for invalid user root from 8.8.8.8 port 22 ssh2 from 10.3.7.21 port 50022 ssh2\n"
            "Sep  9 10:21:49|Invalid user x from 8.8.8.8 from 10.3.7.21 port 50022"
        )
    )

    assert [event["source_ip"] for event in events] == ["10.3.7.21", "10.3.7.21"]
    assert all(event["rule_labels"] == ("log-injection",) for event in events)
    assert sum(finding.check == "log-injection" for finding in run.findings) == 2


def test_years_that_no_line_names_follow_from_the_reference_and_the_turn_of_the_year() -> None:
    events, _, _ = read(
        head(
            "Dec 31 23:59:59|Server listening on 0.0.0.0 port 22.\nJan  1 00:00:01|Server listening on 0.0.0.0 port 22."
        )
    )

    assert [iso(event["ts"]) for event in events] == ["2020-12-31T15:59:59Z", "2020-12-31T16:00:01Z"]
    assert all(event["ts_quality"] == ("year_inferred", "tz_inferred") for event in events)


def test_a_clock_that_fell_to_the_beginning_of_the_year_is_suspect() -> None:
    text = "Sep  9 10:00:00|Server listening on :: port 22.\nJan  1 00:00:09|Server listening on :: port 22.\nSep  9 10:30:00|Server listening on :: port 22."
    events, _, _ = read(head(text))

    assert [event["ts_quality"][-1] for event in events] == ["tz_inferred", "clock_suspect", "tz_inferred"]
    assert [(iso(event["ts"]) or "")[:4] for event in events] == ["2021", "2020", "2021"]


def test_wrapped_lines_and_lines_that_are_no_lines() -> None:
    data = b"Sep  9 10:21:48 rig sshd[7]: Accepted password for huang from 10.3.7.21 po\nrt 50022 ssh2\nSep  9 10:2"
    events, said, _ = read(data)

    assert (said["events"], said["unparsed"], said["lines"]) == (1, 1, 3)
    assert (events[0]["event_action"], events[0]["source_port"], events[0]["raw_length"]) == ("login", 50022, 88)


def test_utf_16_and_its_byte_offsets() -> None:
    text = "Sep  9 10:21:48 rig sshd[7]: Accepted password for 黄 from 10.3.7.21 port 50022 ssh2\r\n" * 2
    data = b"\xff\xfe" + text.encode("utf-16-le")

    events, said, _ = read(data)

    assert (said["format"], said["events"], said["unparsed"]) == ("syslog", 2, 0)
    second = data[events[1]["raw_offset"] : events[1]["raw_offset"] + events[1]["raw_length"]].decode("utf-16-le")
    assert second.startswith("Sep  9 10:21:48 rig")
    assert events[1]["user_name"] == "黄"


def test_half_a_letter_at_the_end_is_no_part_of_the_line() -> None:
    data = b"\xff\xfe" + "#1631154108\nls -l".encode("utf-16-le")

    whole, _, _ = read(data)
    cut, _, run = read(data + b"a")

    assert whole == cut
    assert whole[0]["raw_offset"] + whole[0]["raw_length"] == len(data)
    assert any(finding.check == "broken_stream" for finding in run.findings)


@pytest.mark.parametrize(
    ("command", "label"),
    [
        ("rm -f /var/log/auth.log", "log-clearing"), ("shred -u /var/log/secure", "log-clearing"), (">/var/log/wtmp", "log-clearing"),
        ("ln -sf /dev/null /var/log/lastlog", "log-clearing"), ("journalctl --vacuum-time=1s", "log-clearing"),
        ("wevtutil.exe cl Security", "log-clearing"), ("auditctl -D", "log-silencing"), ("auditctl -e 0", "log-silencing"),
        ("systemctl stop rsyslog", "log-silencing"), ("service auditd stop", "log-silencing"), ("history -c", "history-clearing"),
        ("unset HISTFILE", "history-clearing"), ("rm ~/.bash_history", "history-clearing"), ("xmrig -o pool:3333 --donate-level 1", "mining-command"),
        ("./t-rex -a ethash -o stratum+tcp://p:4444", "mining-command"), ("date -s 2021-01-01", "clock-set"), ("passwd huang", "password-command"),
    ],
)  # fmt: skip
def test_commands_that_matter_are_labelled(command: str, label: str) -> None:
    events, _, _ = read(
        lines(f"Sep  9 10:21:48 rig sudo:    huang : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND={command}")
    )

    assert label in events[0].get("rule_labels", ())


@pytest.mark.parametrize(
    "command",
    ["/usr/bin/tail /var/log/auth.log", "vim /etc/logrotate.conf", "cat /var/log/syslog", "ls /var/log", "apt install network-manager", "grep passwd /etc/nsswitch.conf", "date", "journalctl -u sshd"],
)  # fmt: skip
def test_everyday_commands_are_not(command: str) -> None:
    said = f"Sep  9 10:21:48 rig sudo:    huang : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND={command}"
    events, _, _ = read(lines(said))

    assert set(events[0].get("rule_labels", ())) <= {"password-command"}


def test_a_compressed_log_is_read_as_what_it_holds() -> None:
    _, said, _ = read(gzip.compress(BIND))

    assert (said["format"], said["events"]) == ("bind-query", 1)
