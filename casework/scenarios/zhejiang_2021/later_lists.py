"""What the monitor saw after the campaign's first list, and what went to other agencies about it.

The list of November: some addresses of July are still there, most are gone, some are new. The list of December: some
that were gone are back. Both stand in a circle of their own, so that the published counts of July stay what they were.
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from casework.access.enums import CompartmentKind
from casework.access.models import Compartment
from casework.access.services.compartments import open_compartment
from casework.accounts.enums import OrganisationKind
from casework.accounts.models import Organisation
from casework.files.services.blobs import store_blob
from casework.imports.services import apply_run, read_file
from casework.scenarios.zhejiang_2021 import files
from casework.scenarios.zhejiang_2021.people import Crew
from casework.scenarios.zhejiang_2021.places import Place, holders, unclaimed
from units.models import Campaign, MonitorList
from units.services.hand_overs import (
    answer_hand_over,
    bring_lead,
    close_hand_over,
    hand_over_addresses,
    receive_hand_over,
)
from units.services.leads import raise_leads
from units.services.lookups import answer_lookup, close_lookup, read_answer, receive_lookup, send_lookup

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: Public units of the November list, and those of July that are back in December after they were gone.
SEEN_IN_NOVEMBER = slice(40, 66)
BACK_IN_DECEMBER = slice(24, 32)
#: Of the other holders' addresses, every so-many-th is in the list.
IN_NOVEMBER = 4
IN_DECEMBER = 6
#: The first addresses that the communications authority finds a holder for.
FOUND = 127


def _at(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2021, month, day, hour, minute, tzinfo=SHANGHAI)


def letters_of_july(campaign: Campaign, crew: Crew) -> None:
    """After the first list: whose are the addresses of nobody, and what concerns no public unit goes on."""
    office, liaison = crew["campaign1"], crew["liaison1"]
    listed = MonitorList.objects.get(compartment=campaign.compartment)
    request = send_lookup(listed, liaison.organisation, actor=office, at=_at(7, 22, 15))
    receive_lookup(request, actor=liaison, at=_at(7, 23, 9))
    file = store_blob([_answer()], actor=liaison, at=_at(8, 4, 16))
    answer_lookup(
        request,
        text="附表 127 个地址已查明。其余为动态分配，出口日志已过保存期，查不到使用单位。",
        file=file,
        file_name="浙通协查〔2021〕51号附表.csv",
        actor=liaison,
        at=_at(8, 4, 16),
    )
    apply_run(read_answer(request, actor=office, at=_at(8, 5, 9)), actor=office, at=_at(8, 5, 9, 20))
    close_lookup(request, actor=office, at=_at(8, 5, 9, 40))
    letter = hand_over_addresses(
        listed,
        Organisation.objects.get(name="省委网信办"),
        title="关于移送非公共机构疑似“挖矿”地址的函",
        text="附表所列地址 7 月监测到疑似“挖矿”流量，使用单位不是公共机构，请会同有关部门依职责处置并反馈。",
        actor=office,
        at=_at(8, 5, 10),
    )
    receive_hand_over(letter, actor=office, at=_at(8, 6, 9))
    answer_hand_over(
        letter,
        result="已通报属地整治，多数地址停止连接；仍在连接的列入下一轮监测。",
        result_on=date(2021, 9, 3),
        actor=office,
        at=_at(9, 6, 9),
    )
    close_hand_over(letter, actor=office, at=_at(9, 6, 10))


def _answer() -> bytes:
    """Return the table as the communications authority fills it in: one holder for the first addresses."""
    holder = holders()[-1]
    lines = ["IP地址,最早监测,单位代码,启用日期,停用日期,运营商,依据"]
    lines += [
        f"{address},,{holder.code},2020-05-01,,某电信,浙通协查〔2021〕51号" for address in list(unclaimed())[:FOUND]
    ]
    return ("\ufeff" + "\n".join(lines) + "\n").encode()


def play_later_lists(places: list[Place], crew: Crew) -> None:
    """The lists of November and December, in a circle of their own, and the leads that come of them."""
    office = crew["campaign1"]
    circle = open_compartment(
        CompartmentKind.MONITORING,
        "2021年第四季度常态监测",
        members=[crew[name] for name in ("officer1", "officer2", "intake1", "approver1")],
        actor=office,
        at=_at(11, 24),
    )
    folder = settings.CASEWORK_HOME / "demo" / "import"
    _take_in(folder / "sightings-2021-11.csv", _november(places), circle, crew, _at(11, 22, 18), _at(11, 24, 10))
    december = _take_in(
        folder / "sightings-2021-12.csv", _december(places), circle, crew, _at(12, 13, 18), _at(12, 14, 9)
    )
    liaison = crew["liaison1"]
    request = send_lookup(december, liaison.organisation, actor=office, at=_at(12, 14, 15), days=5)
    receive_lookup(request, actor=liaison, at=_at(12, 15, 9))
    economy = Organisation.objects.create(code="ZJ-A9", name="省经济和信息化厅", kind=OrganisationKind.AGENCY)
    hand_over_addresses(
        december,
        economy,
        title="关于移送 12 月非公共机构疑似“挖矿”地址的函",
        text="附表所列地址 12 月监测到疑似“挖矿”流量，使用单位是企业，请依职责核查用能情况并反馈。",
        actor=office,
        at=_at(12, 14, 16),
    )
    bring_lead(
        title="某职业学校机房夜间用电异常",
        text="办案中了解到该校机房夜间用电比上学期高出约三成，涉及公职人员，移送依职责处理。",
        agency=Organisation.objects.get(name="省公安厅"),
        actor=crew["intake1"],
        at=_at(12, 15, 11),
    )


def _take_in(
    path: Path,
    seen: Iterable[tuple[IPv4Address, datetime]],
    circle: Compartment,
    crew: Crew,
    sampled_at: datetime,
    at: datetime,
) -> MonitorList:
    """Write the list as the partner's file, take it in as a person would, and raise its leads."""
    office = crew["campaign1"]
    _write(path, seen, sampled_at)
    run = read_file(path, "sightings", actor=office, at=at, sampled_at=sampled_at, compartment=circle)
    apply_run(run, actor=office, at=at)
    listed = MonitorList.objects.get(import_run=run)
    raise_leads(listed, compartment=circle, handler=crew["officer1"], actor=office, at=at + timedelta(hours=1))
    return listed


def _november(places: Sequence[Place]) -> Iterable[tuple[IPv4Address, datetime]]:
    """Every third unit with an address of July, the others with a new one; of other holders every fourth of July."""
    start = _at(11, 18, 1)
    for number, place in enumerate(places[SEEN_IN_NOVEMBER]):
        address = place.seen[0] if number % 3 == 0 else place.network[150 + number]
        yield address, start + timedelta(hours=3 * number)
    for number, address in enumerate(address for place in holders() for address in place.seen[::IN_NOVEMBER]):
        yield address, start + timedelta(minutes=4 * number)
    for number, address in enumerate(list(unclaimed())[FOUND::5]):
        yield address, start + timedelta(minutes=11 * number)


def _december(places: Sequence[Place]) -> Iterable[tuple[IPv4Address, datetime]]:
    """Half of November's units go on; eight units of July are back; of other holders some stay, some are back."""
    start = _at(12, 9, 1)
    for number, place in enumerate(places[SEEN_IN_NOVEMBER]):
        if number % 2 == 0:
            address = place.seen[0] if number % 3 == 0 else place.network[150 + number]
            yield address, start + timedelta(hours=2 * number)
    for number, place in enumerate(places[BACK_IN_DECEMBER]):
        yield place.seen[0], start + timedelta(hours=5 * number + 1)
    for number, address in enumerate(address for place in holders() for address in place.seen[::IN_DECEMBER]):
        yield address, start + timedelta(minutes=5 * number)
    for number, address in enumerate(list(unclaimed())[FOUND::7]):
        yield address, start + timedelta(minutes=13 * number)


def _write(path: Path, seen: Iterable[tuple[IPv4Address, datetime]], sampled_at: datetime) -> None:
    month = f"{sampled_at:%Y-%m}"
    rows: list[tuple[object, ...]] = [
        ("监测时间", "IP地址", "端口", "远端主机", "远端端口", "协议", "币种", "监测点", "来源")
    ]
    for number, (address, at) in enumerate(seen):
        rows.append(
            (at.isoformat(), address, 51_000 + number % 10_000, "xmr.pool.example", 5555, "stratum", "XMR",
             files.SENSOR, f"CNCERT-ZJ-{month}-{number + 1:05d}")
        )  # fmt: skip
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(rows)
