"""What is under way on the day of the demo: the last stage, routine monitoring, and acts that wait for somebody."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cases.ladder import MeasureSpec
from cases.models import Case, Suspect
from cases.services import penalties, penalty_steps
from casework.scenarios.zhejiang_2021.later_lists import play_later_lists
from casework.scenarios.zhejiang_2021.people import Crew
from casework.scenarios.zhejiang_2021.places import Place
from casework.scenarios.zhejiang_2021.reports import fill_in, sheets
from evidence.models import Item
from evidence.services import handover, storage
from units.enums_campaign import Outcome
from units.models import Campaign, SelfInspection, Stage, Unit
from units.services import reviews, self_inspections
from units.services.campaigns import StageSpec, add_units, open_campaign, record_finding, set_outcome
from units.services.issuing import issue_self_inspections

SHANGHAI = ZoneInfo("Asia/Shanghai")
UPSTREAM_SUFFIX = "-upstream"


def _at(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2021, month, day, hour, minute, tzinfo=SHANGHAI)


def play_present(campaign: Campaign, places: list[Place], crew: Crew) -> None:
    """Leave work for everybody."""
    _last_stage(campaign, places, crew)
    play_later_lists(places, crew)
    _upstream_makers(campaign, crew)
    _hand_overs(crew)
    _penalty_to_decide(crew)


def _last_stage(campaign: Campaign, places: list[Place], crew: Crew) -> None:
    """The fourth stage: every unit reports how the rules are kept; a few have begun, one was sent back."""
    stage = Stage.objects.get(campaign=campaign, code="institution")
    office = crew["campaign1"]
    issue_self_inspections(stage, due_on=date(2021, 12, 20), actor=office, at=_at(12, 1))
    rows = {row.unit.code: row for row in SelfInspection.objects.filter(stage=stage).select_related("unit")}
    plan = {sheet.place.code: sheet for sheet in sheets(places)}
    for number, place in enumerate(places):
        leader, row, at = crew.leaders[place.code], rows[place.code], _at(12, 2, 9) + timedelta(hours=number % 9)
        if number % 5 == 3:
            continue  # has not signed for it yet
        self_inspections.acknowledge(row, actor=leader, at=at)
        sheet = plan[place.code]
        sheet.rigs = sheet.computers = 0
        sheet.people, sheet.coins, sheet.outcome = [], [], ""
        if number % 7 in {0, 4}:
            self_inspections.save_answers(
                row,
                {"unit_profile": f"{place.name}，信息中心管理网络。", "rooms": "主机房和弱电间均已复查。", "found": 0},
                actor=leader,
                at=at + timedelta(days=1),
            )
        elif number % 7 == 1:
            fill_in(row, sheet, leader, at + timedelta(days=2))
            self_inspections.submit_report(row, signed_name=leader.name, actor=leader, at=at + timedelta(days=6))
            if number % 14 == 1:
                reviews.start_review(row, actor=office, at=at + timedelta(days=7))
                if number == 29:
                    reviews.return_report(
                        row,
                        {"watch": "请附最近三个月的门禁导出，不是登记表的封面。"},
                        actor=office,
                        at=at + timedelta(days=8),
                        due_on=date(2021, 12, 20),
                    )


def _upstream_makers(campaign: Campaign, crew: Crew) -> None:
    """The four makers of rigs, checked in a campaign of their own: none goes on making or selling."""
    office = crew["campaign1"]
    upstream = open_campaign(
        f"{campaign.code}{UPSTREAM_SUFFIX}",
        "浙江省虚拟货币矿机制造企业核查",
        stages=(StageSpec("key_supervision", "逐家核查", date(2021, 9, 13), date(2021, 12, 10)),),
        compartment=campaign.compartment,
        actor=office,
        at=_at(9, 13),
    )
    makers = Unit.objects.filter(name__contains="矿机制造").order_by("code")
    for member in add_units(upstream, makers, actor=office, at=_at(9, 13, 10), basis="市场监管部门移送"):
        record_finding(
            member,
            kind=Outcome.CLEARED,
            summary="不再进行矿机生产销售",
            source_ref=f"campaign:{upstream.pk}",
            actor=office,
            at=_at(12, 3),
        )
        set_outcome(member, Outcome.CLEARED, basis_ref=f"campaign:{upstream.pk}", actor=office, at=_at(12, 6))


def _hand_overs(crew: Crew) -> None:
    """Two items offered to the store, one asked for out of it."""
    officer, keeper = crew["officer1"], crew["custodian1"]
    mine = Item.objects.filter(holder=officer, parent=None).order_by("pk")
    for item in mine[:2]:
        handover.offer_item(item, keeper, actor=officer, at=_at(12, 15, 16), place="省涉案财物中心")
    rig = Item.objects.filter(title__startswith="自组矿机 3 号").first()
    if rig is not None:
        storage.request_check_out(
            rig,
            purpose="显卡算力鉴定",
            due_on=date(2021, 12, 28),
            document="浙纪鉴〔2021〕3号",
            actor=officer,
            at=_at(12, 15, 10),
        )


def _penalty_to_decide(crew: Crew) -> None:
    """The handling of 金某某 waits for the leader."""
    suspect = Suspect.objects.filter(name="金某某").first()
    if suspect is None or Case.objects.get(pk=suspect.case_id).state != "hearing":
        return
    draft = penalties.draft_penalty(
        suspect,
        measures=(MeasureSpec("HR_TERMINATE"), MeasureSpec("FF_CRITICISE_EDUCATE")),
        grounds="在实验室安放自组矿机 4 台、显卡 32 张，运行约 4 个月。",
        acts_on=(date(2021, 5, 6), date(2021, 9, 7)),
        evidence="矿机、用电记录、收益记录和本人陈述相互印证",
        actor=crew["hearing1"],
        at=_at(12, 13, 10),
    )
    penalty_steps.inform_person(
        draft, second_officer=crew["hearing2"], place="学院会议室", actor=crew["hearing1"], at=_at(12, 14, 15)
    )
