"""How letters to and from agencies, relapses and change sets are shown in ledger and notices, and to whom."""

from collections.abc import Collection
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.accounts.models import User
from casework.deadlines.recipients import register_recipients
from casework.ledger.refs import Many, Resolved, register_finder, register_refs
from casework.ledger.words import register_words
from units import policy_exchange  # noqa: F401  acts are registered by being imported
from units.models import ChangeSet, HandOver, LiabilityItem, LookupRequest
from units.selectors.recipients import told_of_delay

register_words(
    {
        "lookup.sent": _("发出查询函"),
        "lookup.received": _("签收查询函"),
        "lookup.answered": _("答复查询函"),
        "lookup.read": _("读入答复"),
        "lookup.closed": _("办结查询函"),
        "lookup.file_read": _("查看答复附件"),
        "lookup.addresses_read": _("下载待查地址"),
        "handover.sent": _("发出移送函"),
        "handover.received": _("签收移送函"),
        "handover.returned": _("退回移送函"),
        "handover.answered": _("反馈办理结果"),
        "handover.closed": _("办结移送函"),
        "handover.file_read": _("查看移送附件"),
        "handover.addresses_read": _("下载移送地址"),
        "liability.opened": _("登记死灰复燃"),
        "liability.duty_reopened": _("重启整改"),
        "liability.talked": _("约谈负责人"),
        "liability.decided": _("认定领导责任"),
        "leads.handled": _("批量处置线索"),
        "leads.handling_undone": _("撤销批量处置"),
    }
)


def _by(model: Any, page: str) -> Many:
    def resolve(pks: Collection[int], user: User) -> dict[int, Resolved]:
        # The other side knows the letter, not what was done here about it.
        trail = user.is_commission
        rows = model.objects.visible_to(user).filter(pk__in=pks)
        return {row.pk: Resolved(str(row), reverse(page, args=[row.pk]), trail=trail) for row in rows}

    return resolve


def find_letters(text: str, user: User) -> list[str]:
    """Return the letters of that number, as far as the reader may know of them."""
    lookups = LookupRequest.objects.visible_to(user).filter(number=text).values_list("pk", flat=True)
    hand_overs = HandOver.objects.visible_to(user).filter(number=text).values_list("pk", flat=True)
    return [f"lookup:{pk}" for pk in lookups] + [f"handover:{pk}" for pk in hand_overs]


def register() -> None:
    """Register resolvers, the finder and who hears of delays; called when the app loads."""
    register_finder(find_letters)
    register_refs("lookup", _by(LookupRequest, "units:lookup"))
    register_refs("handover", _by(HandOver, "units:hand-over"))
    register_refs("liability", _by(LiabilityItem, "units:liability"))
    register_refs("changeset", _by(ChangeSet, "units:change-set"))
    for rule in ("S05", "S06", "L03"):
        register_recipients(rule, told_of_delay)
