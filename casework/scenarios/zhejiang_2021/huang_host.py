"""The logs of the college's server and of the machine room around it, as they would have been, with everything invented.

A server on which somebody mined at night; on 5 September the traces were cut out of its log. The log host of the network
centre has the whole. Variants of the same logs tell another story: a job of the system did it, or others knew the secret.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
HOST, ADDRESS, PUBLIC, INSIDE = "xy-srv-02", "198.18.2.10", "198.18.2.61", "10.20.8.31"
MAC, OTHER_MAC = "00:00:5e:00:53:1f", "00:00:5e:00:53:2a"
FIRST = datetime(2021, 8, 16, 0, 0, tzinfo=SHANGHAI)
LAST = datetime(2021, 9, 6, 12, 0, tzinfo=SHANGHAI)
CHANGED = datetime(2021, 9, 5, 23, 38, 2, tzinfo=SHANGHAI)
LOGIN = datetime(2021, 9, 5, 23, 41, 18, tzinfo=SHANGHAI)
CLEARED = datetime(2021, 9, 5, 23, 43, 5, tzinfo=SHANGHAI)
LEFT = datetime(2021, 9, 5, 23, 52, 10, tzinfo=SHANGHAI)
#: The lines of this stretch are missing on the server itself.
CUT = (datetime(2021, 9, 5, 21, 0, tzinfo=SHANGHAI), datetime(2021, 9, 6, 0, 0, tzinfo=SHANGHAI))
COMMAND = "/bin/sed -i /^Sep..5.2[123]/d /var/log/secure"
#: What the variants change: nothing; a job of the system clears the log; two people had the secret and the machine.
PLAIN, JOB, SHARED = "plain", "job", "shared"


@dataclass(frozen=True)
class HostFiles:
    """The files by what they are, as bytes."""

    own: bytes
    remote: bytes
    wtmp: bytes
    nat: bytes
    leases: bytes
    switch: bytes
    machines: bytes
    accounts: bytes
    secrets: bytes
    door: bytes


def host_files(variant: str = PLAIN) -> HostFiles:
    """Return the files of a variant; the same bytes on every call."""
    lines = sorted(_secure(variant), key=lambda pair: pair[0])
    stamped = [(moment, f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S} {HOST} {said}\n") for moment, said in lines]
    own = "".join(text for moment, text in stamped if not CUT[0] <= moment < CUT[1])
    return HostFiles(
        own.encode(),
        "".join(text for _moment, text in stamped).encode(),
        _wtmp(variant),
        "".join(_nat(variant)).encode(),
        _leases().encode(),
        _switch().encode(),
        _machines(variant).encode(),
        _accounts().encode(),
        _secrets(variant).encode(),
        _door(variant).encode(),
    )


def _secure(variant: str) -> Iterable[tuple[datetime, str]]:
    number, pid, moment = 400, 2000, FIRST
    opened: list[tuple[datetime, str, str, int, datetime]] = []
    while moment < LAST:
        opened.append((moment + timedelta(minutes=1), "cron", "", 0, moment + timedelta(minutes=1, seconds=2)))
        if moment.hour == 9 and moment.weekday() < 5:
            came = moment + timedelta(minutes=12, seconds=moment.day)
            opened.append((came, "wanggy", "10.20.8.12", 50000 + moment.day, came + timedelta(hours=1, minutes=7)))
        if moment.hour == 22 and moment.weekday() in {1, 3, 5}:
            came = moment + timedelta(minutes=20, seconds=moment.day)
            opened.append((came, "itadmin", PUBLIC, 41000 + moment.day, came + timedelta(minutes=25)))
        moment += timedelta(hours=1)
    if variant != JOB:
        opened.append((LOGIN, "itadmin", PUBLIC, 40012, LEFT))
    if variant == SHARED:  # the secret is in use at two places at once
        opened.append((LOGIN - timedelta(minutes=2), "itadmin", "10.20.8.12", 50444, LEFT + timedelta(minutes=3)))
    for began, account, ip, port, ended in sorted(opened):
        number, pid = number + 1, pid + 7
        if account == "cron":
            yield began, f"CRON[{pid}]: pam_unix(cron:session): session opened for user root by (uid=0)"
            yield began, f"systemd-logind[812]: New session {number} of user root."
            yield began, f"CRON[{pid + 1}]: (root) CMD (run-parts /etc/cron.hourly)"
            yield ended, f"CRON[{pid}]: pam_unix(cron:session): session closed for user root"
            continue
        yield began, f"sshd[{pid}]: Accepted password for {account} from {ip} port {port} ssh2"
        yield began, f"sshd[{pid}]: pam_unix(sshd:session): session opened for user {account} by (uid=0)"
        yield began + timedelta(seconds=1), f"systemd-logind[812]: New session {number} of user {account}."
        yield ended, f"sshd[{pid}]: pam_unix(sshd:session): session closed for user {account}"
        yield ended, f"systemd-logind[812]: Removed session {number}."
        if (account, port) == ("itadmin", 40012):
            for at, command in ((CLEARED, COMMAND), (CLEARED + timedelta(seconds=41), "/bin/rm -f /var/log/messages")):
                yield at, f"sudo: itadmin : TTY=pts/1 ; PWD=/home/itadmin ; USER=root ; COMMAND={command}"
    if variant == JOB:
        number, pid = number + 1, pid + 7
        yield CLEARED, f"CRON[{pid}]: pam_unix(cron:session): session opened for user root by (uid=0)"
        yield CLEARED, f"CRON[{pid + 1}]: (root) CMD ({COMMAND})"
        yield CLEARED + timedelta(seconds=1), f"CRON[{pid}]: pam_unix(cron:session): session closed for user root"


def _wtmp(variant: str) -> bytes:
    rows = []
    if variant == SHARED:
        rows.append((LOGIN - timedelta(minutes=2), "pts/2", "itadmin", "10.20.8.12"))
    if variant != JOB:
        rows.append((LOGIN, "pts/1", "itadmin", PUBLIC))
    rows.insert(0, (FIRST + timedelta(hours=9, minutes=12, seconds=16), "pts/0", "wanggy", "10.20.8.12"))
    return b"".join(
        struct.pack(
            "<hxxi32s4s32s256shhiii4I20x", 7, 4000 + number, tty.encode(), tty[-1:].encode(), user.encode(), ip.encode(), 0, 0, 0,
            int(at.timestamp()), 0, struct.unpack("<I", bytes(int(part) for part in ip.split(".")))[0], 0, 0, 0,
        )
        for number, (at, tty, user, ip) in enumerate(rows)
    )  # fmt: skip


def _nat(variant: str) -> Iterable[str]:
    sessions = [(FIRST + timedelta(hours=3 * n), 52000 + n, 41100 + n, "203.0.113.24", 3333) for n in range(150)]
    if variant != JOB:
        sessions.append((LOGIN - timedelta(seconds=1), 51822, 40012, ADDRESS, 22))
    for number, (at, inner, outer, where, port) in enumerate(sorted(sessions)):
        yield (
            f"{at:%Y-%m-%d %H:%M:%S} USG6000E %%01SECLOG/6/SESSION_BUILT(l)[{number + 1}]:IPVer=4,Protocol=tcp,SourceIP={INSIDE},DestinationIP={where},"
            f"SourcePort={inner},DestinationPort={port},SourceNatIP={PUBLIC},SourceNatPort={outer},BeginTime={int(at.timestamp())},EndTime=0,SendPkts=0,"
            "SendBytes=0,RcvPkts=0,RcvBytes=0,SourceVpnID=0,DestinationVpnID=0,PolicyName=out,UserName=-,CloseReason=-\n"
        )


def _leases() -> str:
    out = []
    for day in range(21):
        since = (FIRST + timedelta(days=day, hours=8, minutes=12)).astimezone(UTC)
        for ip, mac, name in ((INSIDE, MAC, "XY-PC-017"), ("10.20.8.12", OTHER_MAC, "XY-PC-003")):
            until = since + timedelta(hours=23, minutes=30)
            out.append(
                f"lease {ip} {{\n  starts {since.isoweekday() % 7} {since:%Y/%m/%d %H:%M:%S};\n  ends {until.isoweekday() % 7} {until:%Y/%m/%d %H:%M:%S};\n"
                f'  binding state active;\n  hardware ethernet {mac};\n  client-hostname "{name}";\n}}\n'
            )
    return "".join(out)


def _switch() -> str:
    return (
        "MAC Address    VLAN/VSI                          Learned-From        Type      \n"
        "0000-5e00-531f 208/-                             GE1/0/17            dynamic   \n"
        "0000-5e00-532a 208/-                             GE1/0/03            dynamic   \n"
    )


def _machines(variant: str) -> str:
    rows = [
        f"2019-03-04,XY-PC-003,{OTHER_MAC},王某某,308,",
        f"2018-06-01,XY-PC-017,{MAC},李某某,310,2020-08-31",
        f"2020-09-01,XY-PC-017,{MAC},黄某某,310,",
    ]
    if variant == SHARED:  # a machine of the duty room, entered for two
        rows[2:] = [f"2020-09-01,XY-PC-017,{MAC},黄某某,值班室,", f"2020-09-01,XY-PC-017,{MAC},王某某,值班室,"]
    return "日期,设备,MAC地址,使用人,房间,停用日期\n" + "".join(f"{row}\n" for row in rows)


def _accounts() -> str:
    return "日期,账号,姓名\n2016-09-01,huangmm,黄某某\n2018-03-12,wanggy,王某某\n2019-11-20,lixx,李某某\n"


def _secrets(variant: str) -> str:
    rows = [
        "2021-03-01 09:02:11,itadmin,修改密码,wanggy,10.20.8.12",
        "2021-07-14 15:20:40,lixx,修改密码,lixx,10.20.9.4",
    ]
    if variant == PLAIN:
        rows.append(f"{CHANGED:%Y-%m-%d %H:%M:%S},itadmin,修改密码,huangmm,{INSIDE}")
    return "时间,账号,操作,操作人,来源IP\n" + "".join(f"{row}\n" for row in rows)


def _door(variant: str) -> str:
    rows = ["2021-09-05 08:31:02,信息楼北门,王某某,进", "2021-09-05 17:40:27,信息楼北门,王某某,出"]
    if variant != JOB:
        rows += ["2021-09-05 20:47:11,信息楼北门,黄某某,进", "2021-09-06 00:12:54,信息楼北门,黄某某,出"]
    if variant == SHARED:
        rows.append("2021-09-05 19:03:30,信息楼北门,王某某,进")
    return "时间,门,人员,方向\n" + "".join(f"{row}\n" for row in sorted(rows))
