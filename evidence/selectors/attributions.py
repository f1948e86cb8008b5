"""Attributions as they are read: the newest edition, what people added, candidates to begin from."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Prefetch, QuerySet

from casework.accounts.models import User
from evidence.attribution.weight import Exhibit, Hypothesis
from evidence.models import Attribution, AttributionEdition, AttributionEvidence, LogEvent, LogFinding

#: Acts that a finding may be followed by.
ACTS: Final = 50
FOLLOWS: Final = timedelta(days=2)


def visible_attributions(user: User) -> QuerySet[Any]:
    """Return the attributions of the reader for lists."""
    newest = AttributionEdition.objects.order_by("attribution_id", "-serial").distinct("attribution_id")
    rows: QuerySet[Any] = Attribution.objects.visible_to(user).select_related("item", "event", "finding", "opened_by")
    return rows.prefetch_related(Prefetch("editions", queryset=newest, to_attr="newest"))


def newest_edition(attribution: Attribution) -> AttributionEdition:
    """Return the edition that holds now."""
    found: AttributionEdition = attribution.editions.select_related("made_by").order_by("-serial")[0]
    return found


def standing_evidence(attribution: Attribution) -> list[AttributionEvidence]:
    """Return what people added and nobody replaced."""
    return list(attribution.added.filter(replaced_by=None).select_related("added_by").order_by("pk"))


def exhibit_of(row: AttributionEvidence) -> Exhibit:
    """Return a piece of added evidence as the rules weigh it."""
    fits = {Hypothesis(name): int(fit) for name, fit in row.fits.items()}
    return Exhibit(f"added_{row.kind}", "added", fits, (), row.person, row.pk)


def acts_near(finding: LogFinding) -> list[LogEvent]:
    """Return the clearings of logs that a finding may come from: from the hole's beginning to two days after its end."""
    since, until = span_of_finding(finding)
    rows = LogEvent._base_manager.filter(
        item__compartment=finding.item.compartment_id, ts__gte=since, ts__lte=until + FOLLOWS,
        rule_labels__overlap=["log-clearing", "history-clearing"],
    )  # fmt: skip
    return list(rows.select_related("run__file", "item").order_by("ts", "id")[:ACTS])


def span_of_finding(finding: LogFinding) -> tuple[datetime, datetime]:
    """Return the stretch of a finding; one with a single bound or none takes what the reading covers."""
    since = finding.before_at or finding.run.first_at or finding.run.asked_at
    until = finding.after_at or finding.run.last_at or since
    return min(since, until), max(since, until)
