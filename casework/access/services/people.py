"""Accounts, appointments and tokens; above the ledger, because each of these acts is an entry."""

import hashlib
import secrets
from datetime import date, datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.enums import ADMINISTRATORS, Role
from casework.accounts.models import Appointment, Organisation, Token, User
from casework.core.errors import Invalid
from casework.ledger.record import record

#: Roles that one person may not hold together (domain.md g: 系统管理员 and 安全保密管理员 are audited by another).
EXCLUSIVE = (
    (Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN),
    (Role.SECURITY_ADMIN, Role.AUDIT_ADMIN),
    (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN),
)


def check_password_rules(password: str, user: User | None = None) -> None:
    """Raise ``Invalid`` unless the password obeys the rules (length, not common, not like the name)."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), details={"password": " ".join(error.messages)}) from error


def open_account(
    username: str,
    *,
    name: str,
    organisation: Organisation,
    password: str | None,
    post: str = "",
    email: str = "",
    actor: User | None,
    at: datetime,
) -> User:
    """Open an account without any role; roles come by appointment. ``actor`` is None only for the first accounts.

    Without a password nobody can sign in until one is set.
    """
    if actor is not None:
        require(actor, "account.open")
        if password is not None:
            check_password_rules(password)
    if User.objects.filter(username=username).exists():
        raise Invalid(
            _("不能开立：用户名“%(name)s”已有人用。可以加上部门或数字。") % {"name": username},
            details={"username": _("已有人用")},
        )
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
    if actor is not None:
        require(actor, "account.appoint")
    if until is not None and until < from_on:
        raise Invalid(
            _("不能任命：止日早于起日。可以改为不早于 %(day)s 的日期。") % {"day": from_on},
            details={"until": _("改止日")},
        )
    # Roles of any day of the appointment count, also such as begin later.
    beside = user.appointments.exclude(until__lt=from_on)
    if until is not None:
        beside = beside.exclude(from_on__gt=until)
    same = beside.filter(role=role).first()
    if same is not None:
        raise Invalid(
            _("不能任命：此人 %(day)s 起已任%(role)s。可以先免去原任命，或改起止日期。")
            % {"day": same.from_on, "role": same.get_role_display()},
            details={"from_on": _("改起止日期")},
        )
    held = {role, *(Role(name) for name in beside.values_list("role", flat=True))}
    for pair in EXCLUSIVE:
        if held.issuperset(pair):
            raise Invalid(_("不能任命：系统管理、安全保密管理与安全审计不得由一人兼任。可以任命另一人。"))
    if not held.isdisjoint(ADMINISTRATORS) and len(held) > 1:
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
    user.forget_roles()
    return appointment


def issue_token(owner: User, name: str, *, scope: Token.Scope, expires_at: datetime, at: datetime) -> str:
    """Return a new token's secret; only its digest is kept, so it is shown this once."""
    require(owner, "token.issue")
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


def dismiss(appointment: Appointment, *, actor: User, at: datetime, reason: str = "") -> Appointment:
    """End a role with the day before; a role given today ends as if it had not been given, in the ledger it stays."""
    require(actor, "account.appoint")
    last = timezone.localdate(at) - timedelta(days=1)
    with transaction.atomic():
        if last < appointment.from_on:
            Appointment.objects.filter(pk=appointment.pk).delete()
        else:
            Appointment.objects.filter(pk=appointment.pk).update(until=last)
            appointment.until = last
        record(
            "account.dismissed",
            ref=f"user:{appointment.user_id}",
            actor=actor,
            at=at,
            data={"role": appointment.role, "from_on": appointment.from_on, "until": last},
            reason=reason,
        )
    appointment.user.forget_roles()
    return appointment


def close_account(user: User, *, actor: User, at: datetime, reason: str) -> User:
    """Close an account: nobody signs in with it again, its tokens end, its name stays on everything it did."""
    require(actor, "account.close")
    if user.pk == actor.pk:
        raise Invalid(_("不能停用：这是您自己的账号。可以由另一名系统管理员停用。"))
    if not reason.strip():
        raise Invalid(_("不能停用：没有写明事由。可以写调离、退休或其他情形。"), details={"reason": _("写明事由")})
    with transaction.atomic():
        user.is_active = False
        user.save(update_fields=["is_active"])
        user.tokens.filter(revoked_at=None).update(revoked_at=at)
        record("account.closed", ref=f"user:{user.pk}", actor=actor, at=at, data={}, reason=reason)
    return user


def reset_password(user: User, password: str, *, actor: User, at: datetime) -> User:
    """Give an account a new password; the old one and running sessions end at once."""
    require(actor, "account.reset_password")
    check_password_rules(password, user)
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        record("account.password_reset", ref=f"user:{user.pk}", actor=actor, at=at, data={})
    return user


def revoke_token(token: Token, *, actor: User, at: datetime) -> Token:
    """End a token of one's own at once."""
    if token.owner_id != actor.pk:
        raise Invalid(_("不能收回：这不是您的令牌。"))
    with transaction.atomic():
        if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
            record("token.revoked", ref=f"user:{actor.pk}", actor=actor, at=at, data={"token": token.pk})
    token.revoked_at = at
    return token
