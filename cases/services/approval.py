"""Who signs on which level: the house's table of ranks, the seats of leaders, and delegations for a period."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.approval import rank_table
from cases.enums import ApprovalLevel
from cases.models import Delegation, RankRule, Seat
from casework.access.policy import require
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.core.moments import cn_date
from casework.ledger.record import record
from casework.notices.services.owing import Owed, owe_notices


def set_rank(
    rank: str, *, organ: str, levels: Sequence[str], basis: str, actor: User, at: datetime, words: str = ""
) -> RankRule:
    """Set the house's own row for a rank from today; the row before ends, and is kept."""
    require(actor, "approval.set")
    day = timezone.localdate(at)
    known = next((row for row in rank_table(day) if row.rank == rank), None)
    wrong = {}
    if known is None and not words.strip():
        wrong["words"] = _("写明这个职级在案件中怎么写")
    if not organ.strip():
        wrong["organ"] = _("填写管理机关")
    if not basis.strip():
        wrong["basis"] = _("写明依据，例如本级干部管理权限文件")
    if not levels or levels[-1] != ApprovalLevel.HEAD or len(set(levels)) != len(levels):
        wrong["levels"] = _("最后一级是主要负责人，每级一次")
    if any(level not in ApprovalLevel.values for level in levels):
        wrong["levels"] = _("层级选：%(all)s") % {"all": "、".join(str(label) for label in ApprovalLevel.labels)}
    if wrong:
        raise Invalid(_("层级规则还差：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)
    with transaction.atomic():
        for old in RankRule.objects.select_for_update().filter(rank=rank, until__isnull=True):
            if old.from_on == day:
                old.delete()  # set twice on one day: the ledger keeps both
            else:
                old.until = day - timedelta(days=1)
                old.save(update_fields=["until"])
        row = RankRule.objects.create(
            rank=rank, words=words.strip() or (known.words if known else rank), organ=organ.strip(),
            levels=list(levels), basis=basis.strip(), confidence="A", order=known.order if known else 0, from_on=day,
            set_by=actor,
        )  # fmt: skip
        record(
            "approval.rank_set",
            ref=f"rankrule:{row.pk}",
            actor=actor,
            at=at,
            data={"rank": rank, "organ": row.organ, "levels": list(levels), "basis": row.basis},
        )
    return row


def set_seat(
    user: User, level: ApprovalLevel | str, *, document: str, actor: User, at: datetime, until: date | None = None
) -> Seat:
    """Say on which level a leader signs from today; an earlier seat ends."""
    require(actor, "approval.set")
    if not user.has_role(Role.APPROVER):
        raise Invalid(
            _("不能设定：因为%(name)s没有审批职责。可以先任命。") % {"name": user.name},
            details={"user": _("选分管领导")},
        )
    day = timezone.localdate(at)
    if until is not None and until < day:
        raise Invalid(_("止日在今天以前。"), details={"until": _("改为今天以后")})
    with transaction.atomic():
        for old in Seat.objects.select_for_update().filter(user=user).exclude(until__lt=day):
            if old.from_on >= day:
                old.delete()
            else:
                old.until = day - timedelta(days=1)
                old.save(update_fields=["until"])
        row = Seat.objects.create(
            user=user, level=ApprovalLevel(level), from_on=day, until=until, document=document.strip(), set_by=actor
        )
        record(
            "approval.seat_set",
            ref=f"seat:{row.pk}",
            actor=actor,
            at=at,
            data={"user": user.pk, "name": user.name, "level": row.level, "document": row.document},
        )
    return row


def delegate(to: User, *, from_on: date, until: date, reason: str, actor: User, at: datetime) -> Delegation:
    """Let another leader sign in one's place for a period; what he has delegated himself does not go further."""
    require(actor, "approval.delegate")
    day = timezone.localdate(at)
    wrong = {}
    if to.pk == actor.pk or not to.has_role(Role.APPROVER):
        wrong["to"] = _("选另一名分管领导")
    if from_on < day:
        wrong["from_on"] = _("起日在今天以前，改为今天或者以后")
    if until < from_on:
        wrong["until"] = _("止日早于起日，改为起日以后")
    if (until - from_on).days > 92:
        wrong["until"] = _("一次最多三个月")
    if not reason.strip():
        wrong["reason"] = _("写明事由，例如“外出学习”")
    if wrong:
        raise Invalid(_("委托还差：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)
    try:
        with transaction.atomic():
            row = Delegation.objects.create(
                principal=actor, delegate=to, from_on=from_on, until=until, reason=reason.strip(), made_at=at
            )
            record(
                "approval.delegated",
                ref=f"delegation:{row.pk}",
                actor=actor,
                at=at,
                data={"to": to.pk, "name": to.name, "from_on": from_on, "until": until},
                reason=reason,
            )
            owe_notices(
                [
                    Owed(
                        key=f"delegation:{row.pk}:user:{to.pk}",
                        to_id=to.pk,
                        kind="approval.delegated",
                        title=_("%(name)s委托您代行签批，%(first)s至%(last)s")
                        % {"name": actor.name, "first": cn_date(from_on), "last": cn_date(until)},
                        body=row.reason,
                        ref=f"delegation:{row.pk}",
                        url=reverse("cases:approval"),
                    )
                ],
                at=at,
            )
    except IntegrityError:
        raise Refused(_("不能委托：因为这段时间您已委托他人代行。可以先收回原来的委托。"), code="overlap") from None
    return row


def revoke_delegation(row: Delegation, *, actor: User, at: datetime) -> Delegation:
    """Take a delegation back, at once."""
    require(actor, "approval.delegate")
    if row.principal_id != actor.pk:
        raise Refused(_("只有委托人可以收回委托。"), code="not_principal")
    with transaction.atomic():
        found = Delegation.objects.select_for_update().get(pk=row.pk)
        if found.revoked_at is None:
            found.revoked_at = at
            found.save(update_fields=["revoked_at"])
            record(
                "approval.delegation_revoked", ref=f"delegation:{found.pk}", actor=actor, at=at,
                data={"to": found.delegate_id},
            )  # fmt: skip
    return found
