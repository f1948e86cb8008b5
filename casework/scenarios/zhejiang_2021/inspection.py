"""6–9 September: four teams visit 20 units unannounced, under another name, and fix evidence on the spot."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cases.enums import InterviewKind, SiteNature, TeamDuty
from cases.models import Inspection, Site
from cases.services import inspections
from cases.services.inspections import MemberPlan, SitePlan, TeamPlan
from cases.services.interviews import take_interview
from casework.accounts.models import User
from casework.scenarios.zhejiang_2021.huang_case import take_host_logs
from casework.scenarios.zhejiang_2021.people import AGENCIES, TEAM_SIZE, Crew
from casework.scenarios.zhejiang_2021.places import Place, outcome_of
from evidence.enums import DeviceKind, Kind, Measure, Signature, Strength
from evidence.models import Collection, Item
from evidence.rules import DeviceFacts
from evidence.services import collections, files, handover, sealing, traces
from units.models import Campaign, Lead, Unit

SHANGHAI = ZoneInfo("Asia/Shanghai")
FROM, TO = date(2021, 9, 6), date(2021, 9, 9)
PLANNED_AT = datetime(2021, 9, 1, 15, 0, tzinfo=SHANGHAI)
COVER_NAME = "网络安全联合检查"
#: Cities (four digits) of the 20 units; seven of the eleven.
CITIES = ("3301", "3302", "3303", "3304", "3305", "3306", "3310")
SITES = 20
ADDRESSES = 36
ACTIVE_SITES = 14
#: How many of a unit's addresses the team went after, where not all of the plan's rule.
_TRACED = {"jin": 3, "huang": 2, "ding-he": 4, "yu-wu": 3, "six-ip-university": 6}


@dataclass
class Visit:
    """One site as played."""

    place: Place
    addresses: list[str]
    nature: SiteNature


def visits(places: list[Place]) -> list[Visit]:
    """Return the 20 sites: the five published units, then nine that mined on purpose and six that did not."""
    inside = [(n, place) for n, place in enumerate(places) if place.region[:4] in CITIES]
    published = [item for item in inside if item[1].key in _TRACED]
    others = [item for item in inside if item[1].key not in _TRACED]
    active = [item for item in others if outcome_of(item[0]) == "active"][: ACTIVE_SITES - len(published)]
    passive = [item for item in others if outcome_of(item[0]) == "passive"][: SITES - ACTIVE_SITES]
    chosen = [*published, *active, *passive]
    left = ADDRESSES - sum(_TRACED.values())
    single = len(active) + len(passive)
    found = []
    for number, place in chosen:
        if place.key in _TRACED:
            count = _TRACED[place.key]
        else:
            count = 2 if left - single >= 1 and len(place.seen) > 1 else 1
            left -= count
            single -= 1
        nature = SiteNature.ACTIVE if outcome_of(number) == "active" else SiteNature.PASSIVE
        found.append(Visit(place, [str(address) for address in place.seen[:count]], nature))
    return found


def play_inspection(
    campaign: Campaign, places: list[Place], crew: Crew, say: Callable[[str], None]
) -> dict[str, Collection]:
    """Plan, visit, report and close; return the lists of evidence taken, by the unit's key."""
    plan = visits(places)
    units = {unit.code: unit for unit in Unit.objects.filter(code__in=[visit.place.code for visit in plan])}
    leads = {lead.unit.code: lead for lead in Lead.objects.filter(campaign=campaign).select_related("unit")}
    teams = [_team(crew, number, plan, units, leads) for number in range(len(crew.teams))]
    inspection = inspections.plan_inspection(
        campaign,
        from_on=FROM,
        to_on=TO,
        teams=teams,
        actor=crew["officer1"],
        at=PLANNED_AT,
        cover_name=COVER_NAME,
        leaders=[crew["officer2"], crew["approver1"], crew["campaign1"]],
    )
    by_code = {visit.place.code: visit for visit in plan}
    taken: dict[str, Collection] = {}
    sites = (
        Site.objects.filter(team__inspection=inspection)
        .select_related("unit", "team")
        .order_by("team__number", "number")
    )
    for number, site in enumerate(sites):
        visit = by_code[site.unit.code]
        crew_of_site = crew.teams[site.team.number - 1]
        at = datetime(site.visit_on.year, site.visit_on.month, site.visit_on.day, 9, 20, tzinfo=SHANGHAI)
        collection = _visit(site, visit, crew_of_site[0], crew_of_site[1], at + timedelta(minutes=number))
        if collection is not None:
            taken[visit.place.key] = collection
        if number % 5 == 4:
            say(f"突击检查 {number + 1}/{len(plan)}")
    inspections.close_inspection(
        Inspection.objects.get(pk=inspection.pk),
        actor=crew["officer1"],
        at=datetime(2021, 9, 10, 9, 0, tzinfo=SHANGHAI),
    )
    return taken


def _team(crew: Crew, number: int, plan: list[Visit], units: dict[str, Unit], leads: dict[str, Lead]) -> TeamPlan:
    members = [
        MemberPlan(
            name=user.name,
            agency=AGENCIES[seat % len(AGENCIES)],
            user=user,
            duty=TeamDuty.LEADER if seat == 0 else TeamDuty.MEMBER,
        )
        for seat, user in enumerate(crew.teams[number][:TEAM_SIZE])
    ]
    sites = [
        SitePlan(
            unit=units[visit.place.code],
            addresses=visit.addresses,
            lead=leads.get(visit.place.code),
            region=units[visit.place.code].region,
            place="机房、信息中心",
            visit_on=FROM + timedelta(days=position % 4),
        )
        for position, visit in enumerate(plan[number :: len(crew.teams)])
    ]
    return TeamPlan(members=members, sites=sites)


_MACHINE = {
    "jin": "自组矿机 4 台，管理计算机工作人员金某某使用",
    "huang": "学院电脑，信息化办公室副主任黄某某使用",
    "ding-he": "办公电脑和自购矿机 3 台，机房管理员丁某某、协助人员何某某使用",
    "yu-wu": "地理信息中心工作站，副主任虞某、工作人员吴某某使用",
    "six-ip-university": "实验室公用计算机和个人计算机，学生使用",
}
_EXTENT = {
    "jin": "4 台 32 张显卡，约 4 个月，2.4 枚以太币",
    "huang": "1 台，时长待日志核实",
    "ding-he": "3 台矿机和办公电脑，111 天",
    "yu-wu": "2 台，虞某 0.03 枚、吴某某 0.76 枚以太币",
    "six-ip-university": "6 个地址均确认，各 1 台",
}


def _visit(site: Site, visit: Visit, first: User, second: User, at: datetime) -> Collection | None:
    """Arrive, talk, take evidence, record what was found, confirm by two."""
    inspections.arrive_at_site(site, actor=first, at=at)
    key = visit.place.key
    active = visit.nature == SiteNature.ACTIVE
    take_interview(
        site,
        kind=InterviewKind.TALK,
        person_name=f"{visit.place.leader}",
        person_post="分管信息化的负责人",
        place="单位会议室",
        began_at=at + timedelta(minutes=15),
        ended_at=at + timedelta(minutes=45),
        second_officer=second,
        rights_told_at=at + timedelta(minutes=15),
        actor=first,
        at=at + timedelta(minutes=50),
        lines=[
            ("请介绍本单位机房和终端的管理情况。", "机房由信息中心管理，终端由各科室使用。"),
            ("监测到的这个地址由哪台机器使用？", "需要到机房看交换机上的记录。"),
        ],
        signed=True,
    )
    collection = _take(site, key, first, second, at + timedelta(hours=1)) if active else None
    site.refresh_from_db()
    inspections.record_findings(
        site,
        nature=visit.nature,
        machine=_MACHINE.get(key, "信息中心服务器" if active else "办公电脑，被植入木马"),
        extent=_EXTENT.get(key, "2 台，约 2 个月" if active else "1 台，因弱口令被远程控制"),
        machines_found={"jin": 4, "ding-he": 3}.get(key, 2 if active else 0),
        computers_found=1,
        basis="谈话、交换机端口记录和现场设备相互印证",
        traced=visit.addresses,
        actor=first,
        at=at + timedelta(hours=2),
    )
    for officer in (first, second):
        site.refresh_from_db()
        inspections.confirm_site(site, actor=officer, at=at + timedelta(hours=2, minutes=20))
    return collection


def _take(site: Site, key: str, first: User, second: User, at: datetime) -> Collection:
    collection = collections.open_collection(
        compartment=site.compartment,
        place=f"{site.unit.name}机房",
        officers=(first, second),
        actor=first,
        at=at,
        measure=Measure.TEMPORARY,
        unit=site.unit,
        basis="省纪委监委检查通知",
        holder_name="信息中心负责人",
        witness_name="后勤管理员",
        recording_ref=f"LX-{site.pk:04d}",
    )
    both = (first, second)
    ledger = collections.take_item(
        collection,
        kind=Kind.DOCUMENTARY,
        title="机房值守台账复印件",
        officers=both,
        found_where="机房值班室",
        quantity=1,
        quantity_unit="份",
        actor=first,
        at=at + timedelta(minutes=5),
    )
    _file(ledger, "值守台账.txt", f"{site.unit.name} 值守台账 2021年3月至9月\n", first, at)
    if key == "jin":
        _take_rigs(collection, both, at + timedelta(minutes=10))
    elif key == "huang":
        _take_logs(collection, both, at + timedelta(minutes=10))
        take_host_logs(collection, both, at + timedelta(minutes=24))
    else:
        log = collections.take_item(
            collection,
            kind=Kind.ELECTRONIC,
            title="出口防火墙会话日志",
            officers=both,
            found_where="核心机房",
            actor=first,
            at=at + timedelta(minutes=10),
        )
        _file(log, "session.log", _session_log(site), first, at)
    collections.close_collection(
        collection, holder_signature=Signature.SIGNED, actor=first, at=at + timedelta(minutes=55)
    )
    site.refresh_from_db()
    inspections.attach_collection(site, collection, actor=first, at=at + timedelta(minutes=56))
    return collection


def _file(item: Item, name: str, text: str, actor: User, at: datetime) -> None:
    files.add_file(item, [text.encode()], name=name, actor=actor, at=at + timedelta(minutes=20))


def _session_log(site: Site) -> str:
    return "".join(
        f"2021-09-05T2{n}:14:0{n}+08:00 session src={address.ip} dst=192.0.2.{10 + n} dport=8008 proto=tcp bytes=18{n}442\n"
        for n, address in enumerate(site.addresses.order_by("ip"))
    )


def _take_rigs(collection: Collection, both: tuple[User, User], at: datetime) -> None:
    """Four home-made rigs of eight cards each, in a laboratory behind a cabinet."""
    first = both[0]
    for number in range(1, 5):
        rig = collections.take_item(
            collection,
            kind=Kind.PHYSICAL,
            title=f"自组矿机 {number} 号（8 张显卡）",
            officers=both,
            features="铁架，通电运行，散热风扇 6 个",
            quantity_unit="台",
            found_where="实验室北墙铁柜后",
            hidden_how="用柜子遮挡",
            found_at=at,
            device=DeviceFacts(
                DeviceKind.RIG,
                make="自组",
                serial=f"MB-71C{number}",
                hash_rate="约 240 MH/s",
                watts=1310 + 12 * number,
                software="挖矿程序（开机自动运行）",
                pool="eth.pool.example:8008",
            ),
            actor=first,
            at=at + timedelta(minutes=number),
        )
        for card in range(1, 9):
            collections.add_part(
                rig,
                title=f"显卡 {card}",
                officers=both,
                device=DeviceFacts(DeviceKind.GPU, model="RTX 3080", serial=f"3080-ZJ{number}{card:02d}A"),
                actor=first,
                at=at + timedelta(minutes=number),
            )
        sealing.seal_item(
            rig, f"ZJ21-{910 + number:06d}", officers=both, actor=first, at=at + timedelta(minutes=10 + number)
        )


def _take_logs(collection: Collection, both: tuple[User, User], at: datetime) -> None:
    """The log of a server was deleted; network log and record of password changes together name who did it."""
    first = both[0]
    network = collections.take_item(
        collection,
        kind=Kind.ELECTRONIC,
        title="校园网出口会话日志（2021年8月20日至9月6日）",
        officers=both,
        source="网络中心日志服务器",
        found_where="网络中心",
        actor=first,
        at=at,
    )
    line = "2021-09-05T23:41:18+08:00 session src=198.18.2.61 dst=198.18.2.10 dport=22 proto=tcp user=itadmin\n"
    session_file = files.add_file(
        network, [line.encode() * 3], name="campus-session.log", actor=first, at=at + timedelta(minutes=3)
    )
    passwords = collections.take_item(
        collection,
        kind=Kind.ELECTRONIC,
        title="统一身份认证密码修改记录",
        officers=both,
        source="统一身份认证系统",
        found_where="网络中心",
        actor=first,
        at=at + timedelta(minutes=4),
    )
    record = "2021-09-05 23:38:02 account=itadmin host=xy-srv-02 event=password_changed by=huangmm from=198.18.2.61\n"
    password_file = files.add_file(
        passwords, [record.encode()], name="password-change.log", actor=first, at=at + timedelta(minutes=6)
    )
    deleted = traces.add_event(
        network,
        kind="session",
        text="从办公电脑登录被删日志的服务器",
        happened_at=datetime(2021, 9, 5, 23, 41, 18, tzinfo=SHANGHAI),
        raw=line.strip(),
        file=session_file,
        byte_offset=0,
        actor=first,
        at=at + timedelta(minutes=8),
    )
    changed = traces.add_event(
        passwords,
        kind="credential",
        text="三分钟前由本人账号改掉服务器管理员密码",
        happened_at=datetime(2021, 9, 5, 23, 38, 2, tzinfo=SHANGHAI),
        raw=record.strip(),
        file=password_file,
        byte_offset=0,
        actor=first,
        at=at + timedelta(minutes=9),
    )
    for item, event, relation in ((network, deleted, "会话来自其办公电脑"), (passwords, changed, "密码由其账号修改")):
        traces.link_evidence(
            item,
            person="黄某某",
            relation=relation,
            strength=Strength.LIMITED,
            event=event,
            note="两份记录时间相差 3 分 16 秒，来源各自独立",
            limits="单看这一份只能确定账号，不能确定本人",
            actor=first,
            at=at + timedelta(minutes=12),
        )


def hand_to_custodian(collection: Collection, crew: Crew, *, at: datetime) -> None:
    """Hand everything of a list over to the store, one by one, each checked and accepted."""
    keeper = crew["custodian1"]
    for number, item in enumerate(collection.items.filter(parent=None).order_by("position", "pk")):
        moment = at + timedelta(minutes=4 * number)
        giver = item.holder
        if giver is None:
            continue
        seal = item.seals.filter(broken_at=None).first()
        handover.offer_item(item, keeper, actor=giver, at=moment, place="省涉案财物中心")
        item.refresh_from_db()
        handover.accept_item(
            item,
            checked=handover.Checked(seal=seal.number if seal else "", quantity=item.quantity),
            actor=keeper,
            at=moment + timedelta(minutes=1),
        )
        item.refresh_from_db()
        handover.store_item(
            item, place=f"B 库 {collection.pk:02d}-{number + 1:02d}", actor=keeper, at=moment + timedelta(minutes=2)
        )
