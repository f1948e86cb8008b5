"""The 78 self-inspections: what each unit reports, and how the reports go their way.

The published sums of the campaign (500 terminals and more, 68 rigs, 260 computers and more, 12 currencies, 48 miners,
21 of them public employees, 70 talked to and more) come out of the rows below; none is written down as a total.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from casework.accounts.models import User
from casework.files.services.blobs import store_blob
from casework.scenarios.zhejiang_2021.people import Crew
from casework.scenarios.zhejiang_2021.places import ACTIVE_UNITS, Place, outcome_of
from units.enums_campaign import Handled, Involvement, Outcome
from units.models import Campaign, CampaignUnit, SelfInspection, Stage
from units.services import rectification, reviews, self_inspections
from units.services.campaigns import set_outcome
from units.services.issuing import issue_self_inspections

SHANGHAI = ZoneInfo("Asia/Shanghai")
ISSUED_AT = datetime(2021, 9, 13, 9, 0, tzinfo=SHANGHAI)
DUE_ON = date(2021, 10, 29)

#: The units with published cases mined on purpose; those visited and found so follow them in the list of places.
PUBLISHED = ("jin", "huang", "ding-he", "yu-wu", "six-ip-university")
#: Units whose people were handed over to the commission beside the published ones: unit → how many.
REFERRED = {"unit-01": 2, "unit-02": 2, "unit-03": 1}

_RIGS = {"jin": 4, "ding-he": 3, "yu-wu": 0, "six-ip-university": 1}
_COINS = (
    ("比特币", "BTC"), ("以太币", "ETH"), ("莱特币", "LTC"), ("门罗币", "XMR"), ("喜鹊币", ""), ("渡鸦币", "RVN"),
    ("涂鸦币", ""), ("尔格币", "ERG"), ("以太经典", "ETC"), ("零币", "ZEC"), ("达世币", "DASH"), ("奇亚币", "XCH"),
)  # fmt: skip
_OWN_COINS = {
    "jin": [("以太币", "ETH", "2.4")],
    "ding-he": [("渡鸦币", "RVN", "")],
    "yu-wu": [("以太币", "ETH", "0.79")],
}


@dataclass
class Sheet:
    """What one unit reports."""

    place: Place
    outcome: str
    terminals: int
    rigs: int
    computers: int
    people: list[dict[str, Any]] = field(default_factory=list)
    coins: list[tuple[str, str, str]] = field(default_factory=list)


def sheets(places: list[Place]) -> list[Sheet]:
    """Return the content of all reports."""
    found = []
    for number, place in enumerate(places):
        outcome = outcome_of(number)
        active = outcome == Outcome.ACTIVE
        sheet = Sheet(
            place,
            outcome,
            terminals=7 if number < 44 else 6,
            rigs=_RIGS.get(place.key, 2) if active else 0,
            computers=4 if outcome else 0,
        )
        if active:
            sheet.people = list(_people(number, place))
            sheet.coins = _OWN_COINS.get(place.key, [(*_COINS[number % len(_COINS)], "")])
        found.append(sheet)
    return found


def _person(name: str, post: str, employment: str, *, party: bool = False, official: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "post": post,
        "employment": employment,
        "party_member": party,
        "public_official": official,
        "deed": "利用单位电力、网络和设备参与虚拟货币“挖矿”",
        "involvement": Involvement.MINER,
        "handled": Handled.TALK,
        "handling": "已由单位谈话教育并责令停止",
    }


def _referred(person: dict[str, Any]) -> dict[str, Any]:
    return {**person, "handled": Handled.REFERRED, "handling": "已移送纪检监察机关"}


_NAMED: dict[str, tuple[dict[str, Any], ...]] = {
    "jin": (_referred(_person("金某某", "管理计算机工作人员", "temporary")),),
    "huang": (_referred(_person("黄某某", "信息化办公室副主任", "institution_manager", party=True, official=True)),),
    "ding-he": (
        _referred(_person("丁某某", "机房管理员", "institution_staff", party=True, official=True)),
        {
            **_person("何某某", "机房协助人员", "dispatched"),
            "handled": Handled.LABOUR,
            "handling": "已解除合同，退回派遣单位",
        },
    ),
    "yu-wu": (
        _person("虞某", "副主任", "institution_manager", official=True),
        _referred(_person("吴某某", "工作人员", "institution_staff", party=True, official=True)),
    ),
    "six-ip-university": tuple(_person(f"研究生{mark}", "实验室学生助理", "temporary") for mark in "甲乙丙丁戊"),
}
#: Further public employees who mined and were talked to, beside the named and the referred ones.
_FURTHER_PUBLIC = 12


def _people(number: int, place: Place) -> Iterator[dict[str, Any]]:
    named = _NAMED.get(place.key)
    if named:
        yield from named
    elif place.key in REFERRED:
        for serial in range(REFERRED[place.key]):
            yield _referred(
                _person(
                    referred_name(place.key, serial),
                    "网络管理员",
                    "institution_staff",
                    party=serial == 0,
                    official=True,
                )
            )
    else:
        public = number - len(PUBLISHED) - len(REFERRED) < _FURTHER_PUBLIC
        yield _person(
            f"职工{number:02d}甲", "信息中心工作人员", "institution_staff" if public else "contract", official=public
        )
        if number % 13 < 3:
            yield _person(f"职工{number:02d}乙", "机房值班人员", "contract")
    if number < ACTIVE_UNITS - 1:
        yield {
            **_person(f"{place.leader}", "分管信息化的副职", "institution_manager", official=True),
            "deed": "对本单位机房和终端疏于管理",
            "involvement": Involvement.RESPONSIBLE,
            "handling": "已谈话提醒",
        }


def referred_name(key: str, serial: int) -> str:
    """Return the invented name of a person handed over to the commission."""
    return f"{'甲乙丙丁'[serial]}某{key[-2:]}"


def play_reports(campaign: Campaign, places: list[Place], crew: Crew, say: Callable[[str], None]) -> None:
    """Issue the self-inspection, let every leader report and the office review."""
    stage = Stage.objects.get(campaign=campaign, code="self_inspection")
    office, approver = crew["campaign1"], crew["approver1"]
    issue_self_inspections(stage, due_on=DUE_ON, actor=office, at=ISSUED_AT)
    rows = {row.unit.code: row for row in SelfInspection.objects.filter(stage=stage).select_related("unit")}
    members = {row.unit.code: row for row in CampaignUnit.objects.filter(campaign=campaign).select_related("unit")}
    plan = sheets(places)
    for number, sheet in enumerate(plan):
        inspection = rows[sheet.place.code]
        leader = crew.leaders[sheet.place.code]
        sent = _report(inspection, sheet, number, leader, say_twice=number % 19 == 4, office=office)
        if sheet.outcome:
            set_outcome(
                members[sheet.place.code],
                sheet.outcome,
                basis_ref=f"selfinspection:{inspection.pk}",
                actor=office,
                at=sent + timedelta(days=2),
            )
        _settle(inspection, members[sheet.place.code], sheet, number, office, approver, leader, sent)
        if number % 13 == 12:
            say(f"自查报告 {number + 1}/{len(plan)}")


def _report(
    inspection: SelfInspection, sheet: Sheet, number: int, leader: User, *, say_twice: bool, office: User
) -> datetime:
    """Fill in and sign the report, some of them twice after a return; return when it went under review for good."""
    at = ISSUED_AT + timedelta(days=1 + number % 4, hours=number % 7)
    self_inspections.acknowledge(inspection, actor=leader, at=at)
    at += timedelta(days=7 + number % 21)
    fill_in(inspection, sheet, leader, at)
    # Three units were late; they are shown as such for ever.
    sent = at if number not in {11, 30, 52} else datetime(2021, 11, 2, 15, 20, tzinfo=SHANGHAI)
    self_inspections.submit_report(inspection, signed_name=leader.name, actor=leader, at=sent)
    reviews.start_review(inspection, actor=office, at=sent + timedelta(hours=3))
    if say_twice:
        reviews.return_report(
            inspection,
            {"rooms": "只写了主机房。弱电间和实验室也要写明检查的人。"},
            actor=office,
            at=sent + timedelta(days=1),
            due_on=(sent + timedelta(days=11)).date(),
        )
        again = sent + timedelta(days=4)
        self_inspections.save_answer(
            inspection, "rooms", "主机房、三处弱电间和两间实验室，由信息中心和保卫处共同检查。", actor=leader, at=again
        )
        self_inspections.submit_report(inspection, signed_name=leader.name, actor=leader, at=again)
        reviews.start_review(inspection, actor=office, at=again + timedelta(hours=2))
        return again + timedelta(hours=2)
    return sent + timedelta(hours=3)


def fill_in(inspection: SelfInspection, sheet: Sheet, leader: User, at: datetime) -> None:
    """Write all rows and answers of a report."""
    place, key = sheet.place, sheet.place.key
    found = sheet.outcome or "none"

    def rows(code: str, content: list[dict[str, Any]]) -> None:
        if content:
            self_inspections.add_rows(inspection, code, content, actor=leader, at=at)

    rows(
        "addresses",
        [
            {"ip": str(address), "use": "办公和机房出口", "place": "信息中心", "found": found if n == 0 else "none"}
            for n, address in enumerate(place.seen)
        ],
    )
    rows(
        "terminals",
        [
            {
                "asset_number": f"{place.code[-6:]}-{n + 1:03d}",
                "kind": "server" if n == 0 else "desktop",
                "place": "机房" if n == 0 else "办公室",
                "found": found if n < sheet.computers else "none",
            }
            for n in range(sheet.terminals)
        ],
    )
    for code, count, model in (("rigs", sheet.rigs, "自组多显卡主机"), ("computers", sheet.computers, "台式计算机")):
        rows(
            code,
            [
                {
                    "place": "信息中心库房",
                    "model": model,
                    "serial": f"{place.code[-6:]}-{code[0].upper()}{n + 1:02d}",
                    "seal_number": f"DW-{place.code[-6:]}-{code[0].upper()}{n + 1:02d}",
                    "sealed_on": (at - timedelta(days=2)).date().isoformat(),
                }
                for n in range(count)
            ],
        )
    rows("people", sheet.people)
    rows("currencies", [{"name": name, "symbol": symbol, "quantity": amount} for name, symbol, amount in sheet.coins])
    register = store_blob([f"{place.name}机房值守登记 {key}\n".encode()], actor=leader, at=at)
    self_inspections.attach(inspection, "watch", register, "机房值守登记.txt", actor=leader, at=at)
    self_inspections.save_answers(
        inspection,
        {
            "unit_profile": f"{place.name}，网络和机房由信息中心管理，联系人{place.leader}。",
            "terminals": sheet.terminals,
            "rooms": "主机房和全部弱电间，由信息中心检查。",
            "found": sheet.rigs + sheet.computers,
            "computers_sealed": sheet.computers,
            "rigs_sealed": sheet.rigs,
            "accounts": "fixed" if sheet.outcome else "all",
            "logs": "2021-03-01",
            "watch": "查过最近三个月的值守和门禁记录，登记附后。",
            "people": len(sheet.people),
            "currencies": len(sheet.coins),
            "measures": "停用涉及设备，改掉弱口令，封闭不用的端口，日志保存六个月以上，每季度检查一次。",
            "pledge": "yes",
        },
        actor=leader,
        at=at,
    )


def _settle(
    inspection: SelfInspection,
    member: CampaignUnit,
    sheet: Sheet,
    number: int,
    office: User,
    approver: User,
    leader: User,
    sent: datetime,
) -> None:
    """Verify the report; where something was found, lay duties on the unit and close most of them out."""
    reviews.verify_report(
        inspection, actor=office, at=sent + timedelta(days=3), reason="已与监测清单逐个地址核对，见核对记录。"
    )
    if not sheet.outcome:
        reviews.accept_report(
            inspection, actor=approver, at=sent + timedelta(days=4), reason="未发现设备，监测地址来源待进一步说明。"
        )
        return
    duty = rectification.order_rectification(
        member,
        title="清除“挖矿”程序，整改弱口令和日志留存"
        if sheet.outcome == Outcome.PASSIVE
        else "拆除设备，落实机房管理责任",
        measures="停用并封存涉及设备；全部管理员改用强口令；关闭不用的远程端口；网络日志保存不少于六个月；落实专人值守。",
        due_on=date(2021, 12, 24) if number % 11 == 7 else date(2021, 11, 30),
        actor=office,
        at=sent + timedelta(days=4),
        inspection=inspection,
    )
    if number % 11 == 7:
        return  # still being put right on the day of the demo
    done = datetime(2021, 11, 22, 10, 0, tzinfo=SHANGHAI) + timedelta(hours=number)
    proof = store_blob([f"{sheet.place.name}整改验收单\n".encode()], actor=leader, at=done)
    rectification.report_rectification(
        duty, done="已全部落实，验收单附后。", actor=leader, at=done, proof=proof, proof_name="整改验收单.txt"
    )
    if number % 11 == 3:
        return  # reported, waits for the office
    rectification.close_rectification(
        duty,
        checked="12月1日复测，上报的地址均无连接矿池的流量。",
        actor=office,
        at=datetime(2021, 12, 2, 9, 30, tzinfo=SHANGHAI),
    )
    reviews.close_report(inspection, actor=office, at=datetime(2021, 12, 2, 9, 40, tzinfo=SHANGHAI))
