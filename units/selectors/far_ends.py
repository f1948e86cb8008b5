"""The far ends of sightings against the catalogue of pools: for the rows of a page, for a lead, for narrowing a list."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from units.far_ends import FarEnd, Known, known_far_ends
from units.models import Lead, Sighting

#: Different far ends with their days that are looked at, busiest first.
MOST: Final = 20_000
#: Pools of a lead that are named.
NAMED: Final = 20


def far_end_of(sighting: Sighting) -> FarEnd:
    """Return the far end of a sighting on its day."""
    return FarEnd(sighting.remote_host, sighting.remote_port, timezone.localdate(sighting.observed_at))


def far_ends_of_rows(rows: Iterable[Sighting]) -> dict[int, Known]:
    """Return key of the sighting → what is known of its far end, lapsed or not; one query whatever their number."""
    ends = {row.pk: far_end_of(row) for row in rows}
    known = known_far_ends(set(ends.values()))
    return {pk: known[end] for pk, end in ends.items() if end in known}


@dataclass
class Spoken:
    """A pool that the addresses of a lead spoke to: at which hosts, how often, from when until when.

    ``outside`` counts the times at which the place was not the pool's; they are in no other figure.
    """

    known: Known
    times: int = 0
    hosts: list[str] = field(default_factory=list)
    first: date | None = None
    last: date | None = None
    outside: int = 0


def pools_of_lead(lead: Lead) -> list[Spoken]:
    """Return the pools of the catalogue that were seen of a lead, the busiest first."""
    by_end: dict[FarEnd, int] = {}
    seen = Sighting.objects.filter(lead=lead).exclude(remote_host="").annotate(day=TruncDate("observed_at"))
    for host, port, day, times in (
        seen.order_by().values_list("remote_host", "remote_port", "day").annotate(n=Count("pk")).order_by("-n")[:MOST]
    ):
        by_end[FarEnd(host, port, day)] = times
    spoken: dict[tuple[str, str], Spoken] = {}
    for end, known in known_far_ends(by_end).items():
        one = spoken.setdefault((known.name, known.coin), Spoken(known))
        if known.lapsed:
            one.outside += by_end[end]
            continue
        if one.known.lapsed:
            one.known = known
        one.times += by_end[end]
        one.first = min(filter(None, (one.first, end.on)), default=None)
        one.last = max(filter(None, (one.last, end.on)), default=None)
        if end.host not in one.hosts:
            one.hosts.append(end.host)
    return sorted((one for one in spoken.values() if one.times), key=lambda one: (-one.times, one.known.words))[:NAMED]


def spoke_to_pools() -> Q:
    """Return the condition that narrows sightings to those whose far end is in the catalogue on their day."""
    days: dict[tuple[str, int | None], dict[date, bool]] = defaultdict(dict)
    rows = Sighting.objects.exclude(remote_host="").annotate(day=TruncDate("observed_at")).order_by()
    ends = [
        FarEnd(*row)
        for row in rows.values_list("remote_host", "remote_port", "day").distinct().order_by("remote_host")[:MOST]
    ]
    known = known_far_ends(ends)
    for end in ends:
        if end.on is not None:
            days[end.host, end.port][end.on] = end in known and not known[end].lapsed
    whole: dict[int | None, list[str]] = defaultdict(list)
    narrowed = Q(pk__in=[])
    for (host, port), told in days.items():
        held = [day for day, is_known in told.items() if is_known]
        if len(held) == len(told):
            whole[port].append(host)
        elif held:
            narrowed |= Q(remote_host=host, remote_port=port, observed_at__date__in=held)
    for port, hosts in whole.items():
        narrowed |= Q(remote_host__in=hosts, remote_port=port)
    return narrowed
