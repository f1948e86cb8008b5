"""Who cleared the log of the college's server: worked through step by step, the person named only after the second source."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from casework.accounts.models import User
from casework.scenarios.zhejiang_2021.huang_host import host_files
from casework.scenarios.zhejiang_2021.people import Crew
from casework.scenarios.zhejiang_2021.pool_traces import capture, names_asked
from evidence.attribution_enums import AddedKind
from evidence.enums import Kind
from evidence.models import Collection, Item, ItemFile, LogEvent, LogRun
from evidence.services import collections, files
from evidence.services.attributions import (
    add_attribution_evidence,
    name_log_keeper,
    open_attribution,
    submit_attribution,
    work_out_again,
)
from evidence.services.logs import run_log, set_clock_offset, start_log_run

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
#: Title of the item, where it was found, keeper, who could change it, and its files (name in the item, field of the host).
SOURCES: Final[tuple[tuple[str, str, str, str, tuple[tuple[str, str], ...]], ...]] = (
    ("被删日志服务器上的登录日志", "信息化办公室机柜", "学院信息化办公室", "黄某某", (("secure", "own"), ("wtmp", "wtmp"))),
    ("日志服务器上的登录日志副本", "网络中心", "网络中心", "", (("secure-xy-srv-02.log", "remote"),)),
    (
        "网络中心地址转换、地址分配和交换机记录", "网络中心", "网络中心", "",
        (
            ("usg6000e.log", "nat"), ("dhcpd.leases", "leases"), ("mac-address.txt", "switch"), ("出口镜像.pcap", "mirror"),
            ("named-query.log", "names"),
        ),
    ),
    ("资产台账导出件", "资产管理处", "资产管理处", "", (("资产台账.csv", "machines"),)),
    ("统一身份认证密码修改和账号登记导出件", "网络中心", "统一身份认证平台", "", (("密码修改记录.csv", "secrets"), ("账号登记.csv", "accounts"))),
    ("信息楼门禁记录导出件", "保卫处", "保卫处", "", (("门禁.csv", "door"),)),
)  # fmt: skip
ASKED_AT: Final = datetime(2021, 10, 11, 9, 30, tzinfo=SHANGHAI)


def take_host_logs(collection: Collection, both: tuple[User, User], at: datetime) -> None:
    """Fix the logs of the server and of the machine room around it as items of the list."""
    given = host_files()
    traces = {"mirror": capture(), "names": names_asked()}
    for number, (title, where, source, _who, named) in enumerate(SOURCES):
        moment = at + timedelta(minutes=2 * number)
        item = collections.take_item(
            collection,
            kind=Kind.ELECTRONIC,
            title=title,
            officers=both,
            source=source,
            found_where=where,
            actor=both[0],
            at=moment,
        )
        for name, what in named:
            data: bytes = traces[what] if what in traces else getattr(given, what)
            files.add_file(item, [data], name=name, actor=both[0], at=moment + timedelta(minutes=1))


def play_attribution(collection: Collection, crew: Crew) -> None:
    """Read the logs, ask who did it, add what he says to it, and leave it to the second officer."""
    officer = crew["officer1"]
    runs: dict[str, LogRun] = {}

    def read(titles: slice, at: datetime) -> None:
        for title, _where, keeper, who, named in SOURCES[titles]:
            item = Item.objects.get(collection=collection, title=title)
            for name, what in named:
                runs[what] = _read(item.files.get(name=name), keeper, who, officer, at)

    read(slice(0, 4), ASKED_AT)
    for what in ("own", "remote", "wtmp", "nat", "leases"):
        set_clock_offset(
            runs[what], offset_ms=0, error_ms=2_000, basis="9月7日与网络中心时间服务器比对", actor=officer, at=ASKED_AT + timedelta(minutes=5)
        )  # fmt: skip
    act = LogEvent.objects.filter(run=runs["remote"], rule_labels__contains=["log-clearing"]).order_by("ts", "id")[0]
    attribution = open_attribution(event=act, actor=officer, at=ASKED_AT + timedelta(minutes=10))
    read(slice(4, None), ASKED_AT + timedelta(hours=3))
    work_out_again(attribution, actor=officer, at=ASKED_AT + timedelta(hours=3, minutes=10))
    add_attribution_evidence(
        attribution, kind=AddedKind.EXPLANATION, person="黄某某", text="当晚在办公室加班，离开过约二十分钟，电脑没有锁屏；改过这个密码，没有告诉别人。",
        source="2021年10月12日谈话笔录第 4 页", fits={"H1": 0, "H2": 1, "H3": 0, "H4": 0, "H5": 0}, actor=officer,
        at=ASKED_AT + timedelta(days=1),
    )  # fmt: skip
    submit_attribution(attribution, actor=officer, at=ASKED_AT + timedelta(days=1, minutes=10))


def _read(file: ItemFile, keeper: str, who: str, officer: User, at: datetime) -> LogRun:
    run = run_log(start_log_run(file, actor=officer, at=at).pk, at=at)
    name_log_keeper(file, keeper=keeper, administrators=who, basis="协助调取证据通知书回执", actor=officer, at=at)
    if run is None:
        raise RuntimeError(f"{file.name} was not read")
    return run
