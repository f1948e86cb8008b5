"""Accounts, roles and tokens: separation of duties, no act without an entry."""

from datetime import date, timedelta

import pytest
from django.test import Client

from casework.access.services import people
from casework.accounts.enums import Role
from casework.accounts.models import Appointment, Token
from casework.core.errors import Invalid, NotAllowed
from casework.ledger.models import Entry
from tests.build import a_user, an_organisation, moment
from tests.cast import Cast

AT = moment("2026-09-06 10:00")
PASSWORD = "lang-und-geheim-1"


def _open(actor: object, username: str = "wang") -> object:
    return people.open_account(
        username,
        name="王某",
        organisation=an_organisation(),
        password=PASSWORD,
        actor=actor,
        at=AT,  # type: ignore[arg-type]
    )


def test_system_admin_opens_an_account_without_roles(cast: Cast) -> None:
    user = _open(cast.system_admin)

    assert user.roles == frozenset()  # type: ignore[attr-defined]
    assert Entry.objects.get(kind="account.opened").actor_id == cast.system_admin.pk


@pytest.mark.parametrize("name", ["officer", "approver", "auditor", "security_admin", "audit_admin", "unit_leader"])
def test_nobody_else_opens_accounts(cast: Cast, name: str) -> None:
    with pytest.raises(NotAllowed):
        _open(getattr(cast, name))

    assert not Entry.objects.filter(kind="account.opened").exists()


def test_username_is_taken_once(cast: Cast) -> None:
    _open(cast.system_admin)

    with pytest.raises(Invalid, match="已有人用"):
        _open(cast.system_admin)


_ADMINS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)


@pytest.mark.parametrize("held", list(Role))
@pytest.mark.parametrize("new", list(Role))
def test_separation_of_duties_for_every_pair(cast: Cast, held: Role, new: Role) -> None:
    user = a_user("某人", held)
    allowed = held == new or (held not in _ADMINS and new not in _ADMINS)
    if held == new:
        return  # the database refuses the overlap, see below

    if allowed:
        people.appoint(user, new, from_on=AT.date(), actor=cast.security_admin, at=AT)
        assert new in user.roles_on(AT.date())
    else:
        with pytest.raises(Invalid):
            people.appoint(user, new, from_on=AT.date(), actor=cast.security_admin, at=AT)
        assert new not in user.roles_on(AT.date())


def test_dismissal_ends_the_role_and_keeps_the_past(cast: Cast) -> None:
    row = Appointment.objects.get(user=cast.officer)
    neighbour = Appointment.objects.get(user=cast.outsider)

    people.dismiss(row, actor=cast.security_admin, at=AT)

    row.refresh_from_db()
    neighbour.refresh_from_db()
    assert row.until == moment("2026-09-05 00:00").date()
    assert neighbour.until is None
    assert Role.CASE_OFFICER in cast.officer.roles_on(row.from_on)
    assert Role.CASE_OFFICER not in cast.officer.roles_on(AT.date())


def test_closed_account_cannot_sign_in_and_its_tokens_end(cast: Cast, client: Client) -> None:
    user = _open(cast.system_admin)
    people.appoint(user, Role.AUDITOR, from_on=moment("2020-01-01 00:00").date(), actor=cast.security_admin, at=AT)  # type: ignore[arg-type]
    secret = people.issue_token(user, "x", scope=Token.Scope.READ, expires_at=moment("2099-01-01 00:00"), at=AT)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/notices/", headers=headers).status_code == 200

    people.close_account(user, actor=cast.system_admin, at=AT, reason="调离")  # type: ignore[arg-type]

    assert client.get("/api/v1/notices/", headers=headers).status_code == 401
    answer = client.post("/accounts/login/", {"login": "wang", "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/inactive/"
    assert "_auth_user_id" not in client.session


def test_own_account_is_not_closed_by_oneself(cast: Cast) -> None:
    with pytest.raises(Invalid):
        people.close_account(cast.system_admin, actor=cast.system_admin, at=AT, reason="x")


def test_read_token_changes_nothing(cast: Cast, client: Client) -> None:
    secret = people.issue_token(cast.officer, "x", scope=Token.Scope.READ, expires_at=moment("2099-01-01 00:00"), at=AT)

    answer = client.post("/api/v1/notices/", {}, headers={"Authorization": f"Bearer {secret}"})

    assert answer.status_code in {403, 405}
    assert secret not in str(Token.objects.values())


def test_token_is_revoked_by_its_owner_only(cast: Cast) -> None:
    people.issue_token(cast.officer, "x", scope=Token.Scope.READ, expires_at=moment("2099-01-01 00:00"), at=AT)
    token = Token.objects.get()

    with pytest.raises(Invalid):
        people.revoke_token(token, actor=cast.outsider, at=AT)
    people.revoke_token(token, actor=cast.officer, at=AT)

    assert Token.objects.get().revoked_at == AT


DAY = date(2026, 9, 6)


@pytest.mark.parametrize(
    ("held", "new", "word"),
    [
        ((Role.INTAKE, 0, None), (Role.INTAKE, 5, None), "已任"),
        ((Role.INTAKE, 0, 9), (Role.INTAKE, 9, 12), "已任"),
        ((Role.INTAKE, 10, None), (Role.SECURITY_ADMIN, 0, None), "三员"),  # a duty that only begins later
        ((Role.SYSTEM_ADMIN, 10, 20), (Role.AUDIT_ADMIN, 0, 15), "一人兼任"),
        ((Role.INTAKE, 0, 9), (Role.CUSTODIAN, 5, 4), "早于"),
        ((Role.INTAKE, 0, 9), (Role.INTAKE, 10, None), ""),
        ((Role.SYSTEM_ADMIN, 0, 9), (Role.AUDIT_ADMIN, 10, None), ""),
        ((Role.INTAKE, 10, None), (Role.SECURITY_ADMIN, 0, 9), ""),
    ],
)
def test_roles_of_every_day_of_an_appointment_count(
    cast: Cast, held: tuple[Role, int, int | None], new: tuple[Role, int, int | None], word: str
) -> None:
    user, bystander = a_user("甲"), a_user("乙")

    def appoint(role: Role, begin: int, end: int | None) -> Appointment:
        until = None if end is None else DAY + timedelta(days=end)
        return people.appoint(
            user, role, from_on=DAY + timedelta(days=begin), until=until, actor=cast.security_admin, at=AT
        )

    appoint(*held)
    if word:
        with pytest.raises(Invalid, match=word):
            appoint(*new)
    else:
        appoint(*new)

    assert user.appointments.count() == (1 if word else 2)
    assert not bystander.appointments.exists()
