"""The people of the demo: invented, named by their role, as the drawings of the product name them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

from django.contrib.auth.hashers import make_password

from casework.access.services import people
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Organisation, User

SINCE = date(2020, 1, 1)
COMMISSION = "省纪委监委"
AGENCIES = ("省纪委监委", "省委网信办", "省通信管理局", "省公安厅", "国家互联网应急中心浙江分中心")


@dataclass(frozen=True)
class Account:
    """One account of the demo."""

    username: str
    name: str
    role: Role
    office: str
    post: str = ""


ACCOUNTS = (
    Account("officer1", "承办人甲", Role.CASE_OFFICER, "第三审查调查室", "副处级纪检监察员"),
    Account("officer2", "承办人乙", Role.CASE_OFFICER, "第三审查调查室", "主任科员"),
    Account("officer3", "承办人丙", Role.CASE_OFFICER, "第五审查调查室", "主任科员"),
    Account("campaign1", "专项行动办甲", Role.CAMPAIGN_OFFICER, "专项行动办公室", "副主任"),
    Account("intake1", "受理员甲", Role.INTAKE, "信访室", "主任科员"),
    Account("hearing1", "审理员甲", Role.HEARING_OFFICER, "案件审理室", "副处级纪检监察员"),
    Account("hearing2", "审理员乙", Role.HEARING_OFFICER, "案件审理室", "主任科员"),
    Account("approver1", "分管领导甲", Role.APPROVER, COMMISSION, "副书记"),
    Account("approver2", "分管领导乙", Role.APPROVER, COMMISSION, "常委"),
    Account("custodian1", "保管员甲", Role.CUSTODIAN, "涉案财物管理中心", "管理员"),
    Account("custodian2", "保管员乙", Role.CUSTODIAN, "涉案财物管理中心", "管理员"),
    Account("auditor1", "审计员甲", Role.AUDITOR, "案件监督管理室", "主任科员"),
    Account("liaison1", "通管局联络员", Role.LIAISON, "省通信管理局", "科长"),
    Account("sysadmin1", "系统管理员甲", Role.SYSTEM_ADMIN, "信息中心"),
    Account("secadmin1", "安全保密管理员甲", Role.SECURITY_ADMIN, "信息中心"),
    Account("auditadmin1", "安全审计员甲", Role.AUDIT_ADMIN, "信息中心"),
)
#: Members of the inspection teams: username, agency by turn; the first of each team leads it.
TEAMS = 4
TEAM_SIZE = 6


@dataclass
class Crew:
    """Everybody who acts in the scenario, by username."""

    users: dict[str, User] = field(default_factory=dict)
    teams: list[list[User]] = field(default_factory=list)
    leaders: dict[str, User] = field(default_factory=dict)  # unit code → its leader

    def __getitem__(self, username: str) -> User:
        return self.users[username]


def _organisation(code: str, name: str, kind: OrganisationKind, parent: Organisation | None = None) -> Organisation:
    found, _created = Organisation.objects.get_or_create(
        code=code, defaults={"name": name, "kind": kind, "parent": parent}
    )
    return found


def hire(password: str, *, at: datetime) -> Crew:
    """Open the accounts and give them their roles. Only accounts of ``ACCOUNTS`` and each team's leader sign in."""
    crew = Crew()
    commission = _organisation("ZJ", COMMISSION, OrganisationKind.COMMISSION)
    offices = {COMMISSION: commission}
    for number, agency in enumerate(AGENCIES[1:], start=1):
        offices[agency] = _organisation(f"ZJ-A{number}", agency, OrganisationKind.AGENCY)
    for number, account in enumerate(ACCOUNTS, start=1):
        office = offices.get(account.office)
        if office is None:
            office = _organisation(f"ZJ-{number:02d}", account.office, OrganisationKind.OFFICE, commission)
            offices[account.office] = office
        crew.users[account.username] = _open(
            account.username, account.name, account.role, office, password, post=account.post, at=at
        )
    for team in range(1, TEAMS + 1):
        members = []
        for seat in range(1, TEAM_SIZE + 1):
            agency = AGENCIES[(seat - 1) % len(AGENCIES)]
            username = f"inspector{team}{seat}"
            secret = password if seat == 1 else ""
            name = f"第{'一二三四'[team - 1]}组{'甲乙丙丁戊己'[seat - 1]}"
            user = _open(username, name, Role.INSPECTOR, offices[agency], secret, post="检查组成员", at=at)
            crew.users[username] = user
            members.append(user)
        crew.teams.append(members)
    return crew


def hire_leader(code: str, name: str, post: str, unit_name: str, username: str, password: str, *, at: datetime) -> User:
    """Open the account of a unit's leader; without a password nobody signs in with it."""
    side = _organisation(f"U-{code}", unit_name, OrganisationKind.UNIT)
    return _open(username, name, Role.UNIT_LEADER, side, password, post=post, at=at)


def _open(
    username: str, name: str, role: Role, office: Organisation, password: str, *, post: str = "", at: datetime
) -> User:
    user = people.open_account(
        username,
        name=name,
        organisation=office,
        password=None,
        post=post,
        email=f"{username}@example.invalid",
        actor=None,
        at=at,
    )
    people.appoint(user, role, from_on=SINCE, actor=None, at=at)
    if password:
        # One hash for all accounts of the demo: each would cost a third of a second.
        user.password = _hashed(password)
        user.save(update_fields=["password"])
    return user


@cache
def _hashed(password: str) -> str:
    return make_password(password)
