"""Accounts, appointments and tokens; above the ledger, because each of these acts is an entry."""

import hashlib
import secrets
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from casework.accounts.enums import Role
from casework.accounts.models import Appointment, Organisation, Token, User
from casework.core.errors import Invalid
from casework.ledger.record import record

#: Roles that one person may not hold together (domain.md g: 系统管理员 and 安全保密管理员 are audited by another).
EXCLUSIVE = (
    (Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN),
    (Role.SECURITY_ADMIN, Role.AUDIT_ADMIN),
    (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN),
)


def open_account(
    username: str,
    *,
    name: str,
    organisation: Organisation,
    password: str,
    post: str = "",
    email: str = "",
    actor: User | None,
    at: datetime,
) -> User:
    """Open an account without any role; roles come by appointment. ``actor`` is None only for the first accounts."""
    with transaction.atomic():
        user = User.objects.create_user(
            username, password, name=name, organisation=organisation, post=post, email=email, created_at=at
        )
        record(
            "account.opened",
            ref=f"user:{user.pk}",
            actor=actor,
            at=at,
            data={"username": username, "organisation": organisation.code},
        )
    return user


def appoint(
    user: User,
    role: Role,
    *,
    from_on: date,
    until: date | None = None,
    document: str = "",
    actor: User | None,
    at: datetime,
) -> Appointment:
    """Give a person a role from a day; refuses what separation of duties forbids."""
    held = {*user.roles_on(from_on), role}
    for pair in EXCLUSIVE:
        if held.issuperset(pair):
            raise Invalid(_("不能任命：系统管理、安全保密管理与安全审计不得由一人兼任。可以任命另一人。"))
    if not held.isdisjoint({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}) and len(held) > 1:
        raise Invalid(_("不能任命：三员不得兼任办案职责。可以任命另一人。"))
    with transaction.atomic():
        appointment = Appointment.objects.create(user=user, role=role, from_on=from_on, until=until, document=document)
        record(
            "account.appointed",
            ref=f"user:{user.pk}",
            actor=actor,
            at=at,
            data={"role": role, "from_on": from_on, "until": until, "document": document},
        )
    user.__dict__.pop("roles", None)
    return appointment


def issue_token(owner: User, name: str, *, scope: Token.Scope, expires_at: datetime, at: datetime) -> str:
    """Return a new token's secret; only its digest is kept, so it is shown this once."""
    plain = f"cw_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        token = Token.objects.create(
            owner=owner,
            name=name,
            digest=hashlib.sha256(plain.encode()).hexdigest(),
            scope=scope,
            created_at=at,
            expires_at=expires_at,
        )
        record(
            "token.issued",
            ref=f"user:{owner.pk}",
            actor=owner,
            at=at,
            data={"token": token.pk, "scope": scope, "expires_at": expires_at},
        )
    return plain


