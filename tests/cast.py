"""The fixed cast: one person for each way of standing to a matter. Routes and features are tried as each of them."""

from dataclasses import dataclass, fields

from casework.accounts.enums import Role
from casework.accounts.models import User
from tests.build import an_organisation, users


@dataclass(frozen=True)
class Cast:
    """Everybody; ``officer`` and those named after him belong to the matter's compartment unless said otherwise."""

    officer: User  # case officer on the matter
    second_officer: User  # the other of the two whom the law demands
    outsider: User  # case officer outside the compartment
    campaign_officer: User
    intake: User
    hearing_officer: User
    approver: User
    custodian: User
    inspector: User
    auditor: User
    unit_leader: User  # leads the unit of the matter
    other_leader: User  # leads another unit
    liaison: User
    system_admin: User
    security_admin: User
    audit_admin: User

    def members(self) -> list[User]:
        """Those whom a matter's compartment usually holds."""
        return [
            self.officer,
            self.second_officer,
            self.campaign_officer,
            self.intake,
            self.hearing_officer,
            self.approver,
            self.inspector,
        ]

    def everyone(self) -> dict[str, User]:
        """Name in the cast → user."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def make_cast() -> Cast:
    """Return a new cast in the database; no compartment is opened here."""
    unit_side, commission = an_organisation("甲单位"), an_organisation()
    people = {
        "officer": ("承办人甲", Role.CASE_OFFICER),
        "second_officer": ("承办人乙", Role.CASE_OFFICER),
        "outsider": ("承办人丙", Role.CASE_OFFICER),
        "campaign_officer": ("专项行动办甲", Role.CAMPAIGN_OFFICER),
        "intake": ("受理员甲", Role.INTAKE),
        "hearing_officer": ("审理员甲", Role.HEARING_OFFICER),
        "approver": ("分管领导甲", Role.APPROVER),
        "custodian": ("保管员甲", Role.CUSTODIAN),
        "inspector": ("检查员甲", Role.INSPECTOR),
        "auditor": ("审计员甲", Role.AUDITOR),
        "unit_leader": ("单位负责人甲", Role.UNIT_LEADER),
        "other_leader": ("单位负责人乙", Role.UNIT_LEADER),
        "liaison": ("联络员甲", Role.LIAISON),
        "system_admin": ("系统管理员甲", Role.SYSTEM_ADMIN),
        "security_admin": ("安全保密管理员甲", Role.SECURITY_ADMIN),
        "audit_admin": ("安全审计员甲", Role.AUDIT_ADMIN),
    }
    made = users(
        *((name, [role], unit_side if role == Role.UNIT_LEADER else commission) for name, role in people.values())
    )
    return Cast(**dict(zip(people, made, strict=True)))
