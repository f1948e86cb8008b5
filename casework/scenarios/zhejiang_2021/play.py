"""The campaign from its first list to its figures, through the import paths and services that people use."""

import json
import os
import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from casework.access.enums import CompartmentKind
from casework.access.policy import can
from casework.access.services.compartments import open_compartment
from casework.access.services.people import issue_token
from casework.accounts.models import Token
from casework.core import clock
from casework.imports.models import ImportRun
from casework.imports.services import apply_run, read_file
from casework.scenarios.zhejiang_2021 import files, leads, outside, reports
from casework.scenarios.zhejiang_2021.cases import play_cases
from casework.scenarios.zhejiang_2021.documents import play_documents
from casework.scenarios.zhejiang_2021.huang_case import play_attribution
from casework.scenarios.zhejiang_2021.inspection import play_inspection
from casework.scenarios.zhejiang_2021.later_lists import letters_of_july
from casework.scenarios.zhejiang_2021.people import ACCOUNTS, Crew, hire, hire_leader
from casework.scenarios.zhejiang_2021.places import Place, public_units
from casework.scenarios.zhejiang_2021.present import play_present
from units.models import Campaign, MonitorList, Unit
from units.services.campaigns import StageSpec, add_units, open_campaign
from units.services.leads import raise_leads
from units.services.register import link_leader

SHANGHAI = ZoneInfo("Asia/Shanghai")
CODE = "zhejiang-2021"
NAME = "浙江省整治利用公共资源参与虚拟货币“挖矿”与交易行为专项行动"
STAGES = (
    StageSpec("preparation", "前期准备", date(2021, 7, 12), date(2021, 9, 5)),
    StageSpec("self_inspection", "自查自纠", date(2021, 9, 10), date(2021, 10, 29)),
    StageSpec("key_supervision", "重点督查", date(2021, 9, 6), date(2021, 11, 30)),
    StageSpec("institution", "建章立制", date(2021, 12, 1), date(2021, 12, 31)),
)
#: Leaders who can sign in to the demo: unit key → username.
LEADERS = {
    "jin": "leader-jin",
    "ding-he": "leader-ding-he",
    "yu-wu": "leader-yu-wu",
    "unit-30": "leader1",
    "unit-41": "leader2",
}

Say = Callable[[str], None]


def played() -> bool:
    """Tell whether the scenario is in the database already."""
    return Campaign.objects.filter(code=CODE).exists()


def play(say: Say) -> None:
    """Play the whole campaign in one transaction: a broken-off start leaves nothing and begins anew."""
    password = f"zj2021-{secrets.token_hex(4)}"
    with transaction.atomic():
        crew = _play(say, password)
    _write_accounts(crew, password)


def _play(say: Say, password: str) -> Crew:
    say("开立账号")
    crew = hire(password, at=_at(2021, 7, 1, 9))
    places = public_units()
    say("导入单位、人员、网段")
    campaign = _prepare(places, crew, password)
    say("导入 4,699 条监测记录，匹配归属")
    _monitor(campaign, crew)
    leads.dispose(campaign, places, crew)
    say("突击检查 20 家单位")
    taken = play_inspection(campaign, places, crew, say)
    say("78 家单位自查")
    reports.play_reports(campaign, places, crew, say)
    leads.settle(campaign, places, crew)
    say("立案、审理、处分")
    play_cases(campaign, crew, taken, {place.key: place.code for place in places}, say)
    say("黄某某案：从被删的日志查到人")
    play_attribution(taken["huang"], crew)
    outside.enter(campaign, crew)
    say("当前待办")
    play_present(campaign, places, crew)
    say("文书")
    play_documents(crew)
    return crew


def _at(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)


def _take_in(path: Path, kind: str, crew: Crew, at: datetime, campaign: Campaign | None = None) -> ImportRun:
    run = read_file(
        path,
        kind,
        actor=crew["campaign1"],
        at=at,
        sampled_at=files.SAMPLED_AT if kind == "sightings" else None,
        compartment=campaign.compartment if campaign else None,
    )
    return apply_run(run, actor=crew["campaign1"], at=at)


def _prepare(places: list[Place], crew: Crew, password: str) -> Campaign:
    """Register units, people and blocks, open the campaign and link the leaders' accounts."""
    folder = settings.CASEWORK_HOME / "demo" / "import"
    paths = files.write_all(folder)
    at = _at(2021, 7, 12, 10)
    for kind in ("units", "people", "address-blocks", "registrations", "pools"):
        _take_in(paths[kind], kind, crew, at)
    office = crew["campaign1"]
    compartment = open_compartment(
        CompartmentKind.CAMPAIGN,
        NAME,
        members=[crew[name] for name in ("officer1", "officer2", "intake1", "approver1", "approver2")],
        actor=office,
        at=at,
    )
    campaign = open_campaign(
        CODE,
        NAME,
        stages=STAGES,
        compartment=compartment,
        public_name="整治虚拟货币“挖矿”专项行动",
        contact="专项行动办公室，内线 6021",
        actor=office,
        at=at,
    )
    rows = {unit.code: unit for unit in Unit.objects.filter(code__in=[place.code for place in places])}
    for number, place in enumerate(places):
        username = LEADERS.get(place.key)
        user = hire_leader(
            place.code,
            place.leader,
            place.post,
            place.name,
            username or f"unit{number + 1:02d}",
            password if username else "",
            at=at,
        )
        link_leader(rows[place.code], user, actor=office, at=at)
        crew.leaders[place.code] = user
        if username:
            crew.users[username] = user
    return campaign


def _monitor(campaign: Campaign, crew: Crew) -> None:
    """Take in the list of July, match it and raise a lead for each public unit."""
    path = settings.CASEWORK_HOME / "demo" / "import" / "sightings-2021-07.csv"
    run = _take_in(path, "sightings", crew, _at(2021, 7, 21, 9, 30), campaign)
    office = crew["campaign1"]
    listed = MonitorList.objects.get(import_run=run)
    raised = raise_leads(
        listed,
        campaign=campaign,
        compartment=campaign.compartment,
        handler=crew["officer1"],
        actor=office,
        at=_at(2021, 7, 22, 9),
    )
    add_units(
        campaign,
        [lead.unit for lead in raised],
        actor=office,
        at=_at(2021, 7, 22, 10),
        basis="2021年7月抽样监测清单",
    )
    letters_of_july(campaign, crew)


def _write_accounts(crew: Crew, password: str) -> None:
    """Give each account a token, and write everything down where the start-up message finds it."""
    now = clock.now()
    shown = {account.username: str(account.role) for account in ACCOUNTS}
    shown |= {f"inspector{team}1": crew[f"inspector{team}1"].appointments.get().role for team in (1, 2)}
    shown |= {username: crew[username].appointments.get().role for username in LEADERS.values()}
    rows = []
    for username, role in shown.items():
        user = crew[username]
        # The three administrators work on pages; they hold no key to the API.
        token = ""
        if can(user, "token.issue"):
            token = issue_token(user, "演示", scope=Token.Scope.WRITE, expires_at=now + timedelta(days=3650), at=now)
        rows.append({"role": str(role), "name": user.name, "username": username, "password": password, "token": token})
    path = settings.CASEWORK_HOME / "demo-accounts.json"
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(rows, stream, ensure_ascii=False, indent=2)
