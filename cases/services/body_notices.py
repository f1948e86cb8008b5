"""Who is told of a decision on a body: the deciders when it waits for them, the unit's leader once it was served."""

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import Side
from cases.models import BodyDecision
from casework.notices.models import Level
from casework.notices.services.owing import Owed, owe_notices
from units.services.issuing import leaders_on


def body_ref(decision: BodyDecision) -> str:
    """Return the text reference of the decision in ledger, deadlines and notices."""
    return f"bodydecision:{decision.pk}"


def tell_body_deciders(decision: BodyDecision, *, at: datetime) -> None:
    """Owe the deciders of the case a notice that the draft waits for them; whoever drafted it decides nothing."""
    case = decision.case
    members = case.members.filter(side=Side.DECIDE, until__isnull=True).exclude(user=decision.drafted_by_id)
    owe_notices(
        [
            Owed(
                key=f"body-waits:{decision.pk}:{decision.draft}:{decision.version}:user:{user_id}",
                to_id=user_id,
                kind="body.waits",
                title=_("待您审批：对%(body)s的决定") % {"body": decision.body},
                ref=body_ref(decision),
                url=reverse("cases:body", args=[decision.pk]),
                compartment_id=case.compartment_id,
            )
            for user_id in members.values_list("user_id", flat=True)
        ],
        at=at,
    )


def tell_body_leader(decision: BodyDecision, *, at: datetime) -> None:
    """Owe the unit's leader a notice of the paper that was served; before that the unit learns nothing.

    The words are those of the paper: title, number, the day until which it is to be put right. Nothing of the case.
    """
    leader = leaders_on([decision.unit_id], timezone.localdate(at)).get(decision.unit_id)
    if leader is None or leader.user_id is None:
        return
    due = decision.rectify_by
    owe_notices(
        [
            Owed(
                key=f"body-served:{decision.pk}:user:{leader.user_id}",
                to_id=leader.user_id,
                kind="body.served",
                title=_("收到文书：%(title)s") % {"title": decision.document.partition("\n")[0]},
                body=_("文号 %(number)s。") % {"number": decision.number}
                + (_("整改期限 %(due)s。") % {"due": due} if due else ""),
                ref=body_ref(decision),
                url=reverse("cases:portal-body", args=[decision.pk]),
                due_on=due,
                level=Level.WARN,
            )
        ],
        at=at,
    )
