"""Deciding whether what two cases share connects them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cases.enums import SharedSaid
from cases.models import Case, SharedVerdict
from cases.selectors.shared import shared_things
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record


def judge_shared(
    case: Case, other: Case, *, kind: str, value: str, verdict: str, reason: str = "", actor: User, at: datetime
) -> SharedVerdict:
    """Write down that a shared thing connects two cases, or does not; a later decision stands beside the earlier.

    The ledger of each case learns of the decision without the other case being named in it: who knows of one case
    need not know of the other.

    Raises:
        Refused: the person does not see that both cases share it.
    """
    for one in (case, other):
        require(actor, "case.judge_shared", one)
    if verdict not in SharedSaid.values:
        raise Invalid(_("请选“有关联”或“无关联”。"))
    first, second = sorted((case, other), key=lambda one: one.pk)
    things, _cases, _cut = shared_things(actor)
    found = next((one for one in things if (one.kind, one.value) == (kind, value)), None)
    if found is None or first.pk == second.pk or not {first.pk, second.pk} <= set(found.cases):
        raise Refused(_("不能下结论：这两件案件现在没有这项共同点。可以刷新页面再看。"))
    with transaction.atomic():
        row = SharedVerdict.objects.create(
            case=first, other=second, kind=kind, value_index=found.index, verdict=verdict,
            reason=" ".join(reason.split())[:300], by=actor, at=at,
        )  # fmt: skip
        for one in (first, second):
            record(
                "case.shared_judged",
                ref=f"case:{one.pk}",
                actor=actor,
                at=at,
                data={"verdict": row.pk, "kind": kind, "said": verdict, "thing": found.index},
                personal={"reason": row.reason},
            )
    return row
