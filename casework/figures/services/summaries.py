"""Publishing a summary: all figures as they are now, frozen with their definitions; refused while something does not fit."""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Any

import rfc8785
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Missing, NotReady
from casework.figures.definition import Scope, Value
from casework.figures.models import Summary
from casework.figures.selectors import compute_figures, contradictions
from casework.ledger.record import record
from units.models import Campaign


def missing_to_publish(scope: Scope) -> list[Missing]:
    """Return every difference and every sum that does not add up for which nobody has stated a reason."""
    figures = compute_figures(scope)
    page = f"/campaigns/{scope.campaign.code}/figures/#contradictions"
    return [
        Missing(item.text, page, _("去写明原因")) for item in contradictions(scope, figures) if item.explanation is None
    ]


def publish_summary(scope: Scope, *, actor: User, at: datetime) -> Summary:
    """Publish the campaign's figures as of the scope's day; refused, naming all of them, while differences are unexplained.

    What is published holds what the actor may know of; it is kept as it is, whatever the records become.
    """
    require(actor, "figure.publish", scope.campaign)
    with transaction.atomic():
        campaign = Campaign.locked(scope.campaign.pk)
        missing = missing_to_publish(scope)
        if missing:
            raise NotReady(
                ngettext(
                    "不能发布汇总：还有 %(n)d 处对不上的数没有说明。",
                    "不能发布汇总：还有 %(n)d 处对不上的数没有说明。",
                    len(missing),
                )
                % {"n": len(missing)},
                missing,
            )
        content = content_of(scope)
        digest = hashlib.sha256(rfc8785.dumps(content)).hexdigest()
        summary = Summary.objects.create(
            campaign=campaign,
            number=campaign.summaries.count() + 1,
            as_of=scope.as_of,
            content=content,
            digest=digest,
            published_at=at,
            published_by=actor,
        )
        record(
            "figure.summary_published",
            ref=f"campaign:{campaign.pk}",
            actor=actor,
            at=at,
            data={
                "number": summary.number,
                "as_of": scope.as_of,
                "figures": len(content["figures"]),
                "sha256": digest,
            },
        )
    return summary


def content_of(scope: Scope) -> dict[str, Any]:
    """Return the figures and the stated reasons as plain data."""
    figures = compute_figures(scope)
    return {
        "campaign": scope.campaign.code,
        "as_of": scope.as_of.isoformat(),
        "figures": [
            {
                "key": key,
                "label": str(figure.definition.label),
                "value": _plain(figure.value),
                "unit": str(figure.definition.unit),
                "definition": str(figure.definition.words),
                "source": str(figure.definition.source),
            }
            for key, figure in figures.items()
        ],
        "explained": [
            {
                "text": item.text,
                "reason": item.reason,
                "by": item.explanation.by.name,
                "at": item.explanation.at.isoformat(),
            }
            for item in contradictions(scope, figures)
            if item.explanation is not None
        ],
    }


def _plain(value: Value) -> str | int | list[str]:
    if isinstance(value, Decimal):
        return str(value)
    return [str(word) for word in value] if isinstance(value, list) else value
