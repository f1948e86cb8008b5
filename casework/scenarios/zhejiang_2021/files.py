"""Writes the scenario's import files, in the formats that partner agencies use (docs: import files)."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from casework.scenarios.zhejiang_2021 import places
from casework.scenarios.zhejiang_2021.pool_traces import catalogue_rows

SHANGHAI = ZoneInfo("Asia/Shanghai")
SAMPLED_AT = datetime(2021, 7, 20, 18, 0, tzinfo=SHANGHAI)
SENSOR = "国家互联网应急中心浙江分中心"
#: Pools are shown under reserved names: a list for tests must not point at anybody.
_POOLS = (
    ("eth.pool.example", "8008", "ETH"),
    ("btc.pool.example", "3333", "BTC"),
    ("xmr.pool.example", "5555", "XMR"),
    ("rvn.pool.example", "3838", "RVN"),
    ("ltc.pool.example", "3334", "LTC"),
)


def write_all(folder: Path) -> dict[str, Path]:
    """Write every file and return its path by import kind; the same bytes on every call."""
    folder.mkdir(parents=True, exist_ok=True)
    units, others = places.public_units(), places.holders()
    return {
        "units": _write(folder / "units.csv", _unit_rows(units, others)),
        "people": _write(folder / "people.csv", _people_rows(units)),
        "address-blocks": _write(folder / "address-blocks.csv", _block_rows(units, others)),
        "sightings": _write(folder / "sightings-2021-07.csv", _sighting_rows(units, others)),
        "registrations": _write(folder / "registrations.csv", _registration_rows(units)),
        "pools": _write(folder / "pools-2021-07.csv", catalogue_rows()),
    }


def _write(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def _unit_rows(units: list[places.Place], others: list[places.Place]) -> Iterable[Sequence[object]]:
    yield ("统一社会信用代码", "单位名称", "单位类别", "行政区划代码", "上级单位代码", "负责人", "leader_post")
    for place in [*units, *others, *places.makers()]:
        yield (place.code, place.name, place.kind, place.region, "", place.leader, place.post)


def _people_rows(units: list[places.Place]) -> Iterable[Sequence[object]]:
    """The people of the published cases; everybody else of the scenario is met in reports and records."""
    by_key = {place.key: place for place in units}
    yield ("单位代码", "姓名", "职务", "用工形式", "是否党员", "是否公职人员", "from")
    for key, name, post, employment, party, official in (
        ("jin", "金某某", "管理计算机工作人员", "temporary", "否", "否"),
        ("huang", "黄某某", "信息化办公室副主任", "institution_manager", "是", "是"),
        ("ding-he", "丁某某", "机房管理员", "institution_staff", "是", "是"),
        ("ding-he", "何某某", "机房协助人员", "dispatched", "否", "否"),
        ("yu-wu", "虞某", "副主任", "institution_manager", "否", "是"),
        ("yu-wu", "吴某某", "工作人员", "institution_staff", "是", "是"),
    ):
        yield (by_key[key].code, name, post, employment, party, official, "2015-09-01")


def _block_rows(units: list[places.Place], others: list[places.Place]) -> Iterable[Sequence[object]]:
    yield ("网段", "单位代码", "启用日期", "停用日期", "起始端口", "结束端口", "operator", "reference")
    for number, place in enumerate(units):
        operator = ("某电信", "某移动", "某联通")[number % 3]
        yield (place.network, place.code, "2018-01-01", "", "", "", operator, f"浙通函〔2021〕{100 + number}号")
    for number, place in enumerate(others):
        yield (place.network, place.code, "2019-01-01", "", "", "", "某电信", f"浙通函〔2021〕{300 + number}号")
    network, _seen = places.contested()
    for place in others[:2]:
        yield (network, place.code, "2020-01-01", "", "", "", "某移动", f"申报-{place.code[-4:]}")
    # A former holder: the moment of the sighting decides, not the latest entry.
    first = units[5]
    yield (first.network[0], others[5].code, "2016-01-01", "2017-12-31", "", "", "某电信", "历史登记")


def _sighting_rows(units: list[places.Place], others: list[places.Place]) -> Iterable[Sequence[object]]:
    yield ("监测时间", "IP地址", "端口", "远端主机", "远端端口", "协议", "币种", "监测点", "来源")
    _network, contested = places.contested()
    seen = [
        *(address for place in units for address in place.seen),
        *(address for place in others for address in place.seen),
        *contested,
        *places.unclaimed(),
    ]
    for number, address in enumerate(seen):
        at = datetime(2021, 7, 5, 0, 0, tzinfo=SHANGHAI) + timedelta(minutes=4 * number + number % 3)
        host, port, coin = _POOLS[number * 13 % len(_POOLS)]
        yield (
            at.isoformat(timespec="seconds"),
            address,
            40_000 + number * 17 % 20_000,
            host,
            port,
            "stratum",
            coin,
            SENSOR,
            f"CNCERT-ZJ-2021-07-{number + 1:05d}",
        )


def _registration_rows(units: list[places.Place]) -> Iterable[Sequence[object]]:
    by_key = {place.key: place for place in units}
    yield ("unit_code", "device", "purpose", "from", "to", "network", "approved_by", "reference")
    place = by_key["six-ip-university"]
    yield (
        place.code,
        "区块链教学实验平台（4 台服务器）",
        "本科实验课程，不接入公共矿池",
        "2021-03-01",
        "2022-02-28",
        f"{place.network[200]}/32",
        "科研处",
        "科备〔2021〕8号",
    )
