"""The logs of a host read into a matter, and attributions of it."""

from datetime import timedelta

from casework.scenarios.zhejiang_2021 import huang_host
from evidence.models import Attribution, Item, ItemFile, LogEvent, LogRun
from evidence.services import add_file
from evidence.services.attributions import name_log_keeper, open_attribution
from evidence.services.logs import run_log, set_clock_offset, start_log_run
from tests.build_evidence import START, an_item
from tests.cast import Cast

LATER = START + timedelta(hours=3)
#: Field of the host's files -> name of the file, who keeps it, who could change it.
FILES = {
    "own": ("secure", "学院信息化办公室", "黄某某"),
    "remote": ("secure-xy-srv-02.log", "网络中心", ""),
    "wtmp": ("wtmp", "学院信息化办公室", "黄某某"),
    "nat": ("usg6000e.log", "网络中心", ""),
    "leases": ("dhcpd.leases", "网络中心", ""),
    "switch": ("mac-address.txt", "网络中心", ""),
    "machines": ("资产台账.csv", "资产管理处", ""),
    "accounts": ("账号登记.csv", "统一认证平台", ""),
    "secrets": ("密码修改记录.csv", "统一认证平台", ""),
    "door": ("门禁.csv", "保卫处", ""),
}
NETWORK = ("remote", "nat", "leases", "switch", "machines")


def read_log(item: Item, cast: Cast, name: str, data: bytes, keeper: str = "", administrators: str = "") -> LogRun:
    """Take a file in, have it read, and say who keeps it."""
    file: ItemFile = add_file(item, [data], name=name, actor=cast.officer, at=START)
    asked = start_log_run(file, actor=cast.officer, at=LATER)
    run = run_log(asked.pk, at=LATER)
    assert run is not None
    if keeper:
        name_log_keeper(
            file, keeper=keeper, administrators=administrators, basis="调取证据通知书回执", actor=cast.officer, at=LATER
        )
    return run


def a_host(cast: Cast, *names: str, variant: str = huang_host.PLAIN, item: Item | None = None) -> dict[str, LogRun]:
    """Read the named files of the host (all of them without a name) as one piece of evidence."""
    files = huang_host.host_files(variant)
    piece = item or an_item(cast)
    return {
        name: read_log(piece, cast, FILES[name][0], getattr(files, name), *FILES[name][1:]) for name in names or FILES
    }


def the_clearing(run: LogRun) -> LogEvent:
    """Return the first clearing of logs that a reading has."""
    found: LogEvent = LogEvent.objects.filter(run=run, rule_labels__contains=["log-clearing"]).order_by("ts", "id")[0]
    return found


def an_attribution(cast: Cast, runs: dict[str, LogRun]) -> Attribution:
    """Ask who cleared the log."""
    return open_attribution(event=the_clearing(runs["remote"]), actor=cast.officer, at=LATER)


def stated_clocks(runs: dict[str, LogRun], cast: Cast, *, error_ms: int = 2_000) -> None:
    """Compare every clock with a true one."""
    for run in runs.values():
        set_clock_offset(run, offset_ms=0, error_ms=error_ms, basis="与标准时间比对", actor=cast.officer, at=LATER)
