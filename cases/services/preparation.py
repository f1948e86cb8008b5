"""Drafting for many people of a campaign in one pass. Each draft is one of its own: told, heard and decided one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cases.enums_penalties import DecidedBy
from cases.ladder import MeasureSpec
from cases.models import Penalty, Suspect
from cases.ranges import Finding
from cases.selectors.preparation import CAP, Dossier, dossiers
from cases.services.penalties import draft_penalty
from casework.accounts.models import User
from casework.core.errors import CaseworkError, Invalid


@dataclass(frozen=True)
class Prepared:
    """The drafts that were made, and for whom none was made and why."""

    drafted: tuple[Penalty, ...]
    refused: tuple[tuple[Suspect, str], ...]


def prepare_penalties(
    suspects: Sequence[Suspect],
    *,
    measures: Sequence[MeasureSpec],
    actor: User,
    at: datetime,
    findings: Sequence[Finding] = (),
    circumstances: Sequence[str] = (),
    reason: str = "",
    decided_by: DecidedBy | str = DecidedBy.COMMISSION,
) -> Prepared:
    """Draft the same measures for people whose facts are settled; grounds, evidence and days are each one's own.

    Whoever's facts, standing or days are not settled gets no draft, nor does whom the law refuses the measures: both
    come back with the reason and nothing of theirs changes. Nobody is told, heard or decided upon by this.
    Raises Invalid for nobody, or for more than ``CAP`` people at once.
    """
    people = sorted({suspect.pk: suspect for suspect in suspects}.values(), key=lambda one: one.pk)
    if not people:
        raise Invalid(_("还没有选中。请先在左边打勾，再按按钮。"), details={"people": _("至少选一人")})
    if len(people) > CAP:
        raise Invalid(_("一次最多为 %(n)d 人拟建议。可以分批办理。") % {"n": CAP}, details={"people": _("少选一些")})
    drafted: list[Penalty] = []
    refused: list[tuple[Suspect, str]] = []
    with transaction.atomic():
        for dossier in dossiers(people):
            why = _unsettled(dossier)
            if why or dossier.acts_on is None:
                refused.append((dossier.suspect, why))
                continue
            try:
                drafted.append(
                    draft_penalty(
                        dossier.suspect,
                        measures=measures,
                        grounds=dossier.grounds,
                        evidence=dossier.evidence,
                        acts_on=dossier.acts_on,
                        findings=findings,
                        circumstances=circumstances,
                        reason=reason,
                        decided_by=decided_by,
                        actor=actor,
                        at=at,
                    )
                )
            except CaseworkError as error:
                refused.append((dossier.suspect, str(error.message)))
    return Prepared(tuple(drafted), tuple(refused))


def _unsettled(dossier: Dossier) -> str:
    return "；".join(str(one.text) for one in dossier.missing)
