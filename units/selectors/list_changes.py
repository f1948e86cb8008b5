"""A monitoring list against the one before it: every address that is new, persisting, relapsed or gone."""

from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)

from casework.accounts.models import User
from units.enums import AddressStatus, MatchState
from units.enums_exchange import HandOverState, LookupState
from units.models import HandOverAddress, ListedAddress, LookupAddress, MonitorList, Sighting

CLEARED = "cleared"


def list_before(monitor_list: MonitorList) -> MonitorList | None:
    """Return the list of the same sensor that this one was counted against."""
    earlier = MonitorList.objects.filter(sensor=monitor_list.sensor).exclude(import_run=monitor_list.import_run_id)
    return (
        earlier.filter(
            Q(sampled_at__lt=monitor_list.sampled_at) | Q(sampled_at=monitor_list.sampled_at, pk__lt=monitor_list.pk)
        )
        .order_by("-sampled_at", "-pk")
        .first()
    )


def changes_of(monitor_list: MonitorList, user: User) -> "QuerySet[Any]":
    """Return the addresses of the list, and those of the list before that are gone, with what became of each.

    ``change`` new, persisting, relapsed or cleared; ``seen_at`` the last time it was seen (in the list that it stands
    in), ``holder_id`` and ``holder`` whose it was then. The list before counts only where the reader may know of it.
    """
    before = list_before(monitor_list)
    known = MonitorList.objects.visible_to(user)
    here = ListedAddress.objects.filter(monitor_list=monitor_list, ip=OuterRef("ip"))
    rows = Q(monitor_list=monitor_list)
    if before is not None and known.filter(pk=before.pk).exists():
        rows = rows | Q(Q(monitor_list=before), ~Exists(here))
    seen = Sighting.objects.filter(monitor_list=OuterRef("monitor_list"), ip=OuterRef("ip")).order_by("-observed_at")
    found: QuerySet[Any] = (
        ListedAddress.objects.filter(rows)
        .annotate(
            change=Case(
                When(monitor_list=monitor_list, then=F("status")), default=Value(CLEARED), output_field=CharField()
            ),
            seen_at=Subquery(seen.values("observed_at")[:1], output_field=DateTimeField()),
            holder_id=Subquery(seen.values("unit")[:1]),
            holder=Subquery(seen.values("unit__name")[:1], output_field=TextField()),
            match=Subquery(seen.values("match_state")[:1], output_field=CharField()),
        )
        .order_by("ip", "pk")
    )
    return found


def change_counts(monitor_list: MonitorList, user: User) -> dict[str, int]:
    """Return how many addresses are new, persisting, relapsed and cleared; each number is the length of a list."""
    counts = dict.fromkeys((*AddressStatus.values, CLEARED), 0)
    for (word,) in changes_of(monitor_list, user).order_by().values_list("change"):
        counts[word] += 1
    return counts


def where_to(monitor_list: MonitorList) -> list[tuple[str, int]]:
    """Return what became of every address of the list, as (key, count) that add up to all of them.

    Keys: lead, registered, handed (passed on), waiting (public, no lead yet), other (other holders, not passed on),
    asked (lookup request), ambiguous, unmatched.
    """
    rows = Sighting.objects.filter(monitor_list=monitor_list)
    asked = LookupAddress.objects.filter(monitor_list=monitor_list).exclude(request__state=LookupState.CLOSED)
    passed = HandOverAddress.objects.filter(monitor_list=monitor_list).exclude(hand_over__state=HandOverState.RETURNED)
    place = Case(
        When(lead__isnull=False, then=Value("lead")),
        When(registration__isnull=False, then=Value("registered")),
        When(Exists(passed.filter(ip=OuterRef("ip"))), then=Value("handed")),
        When(match_state=MatchState.MATCHED, unit__is_public=True, then=Value("waiting")),
        When(match_state=MatchState.MATCHED, then=Value("other")),
        When(Exists(asked.filter(ip=OuterRef("ip"))), then=Value("asked")),
        When(match_state=MatchState.AMBIGUOUS, then=Value("ambiguous")),
        default=Value("unmatched"),
        output_field=CharField(),
    )
    counts = dict.fromkeys(PLACES, 0)
    for _ip, word in rows.annotate(place=place).order_by("ip", "place").values_list("ip", "place").distinct("ip"):
        counts[word] += 1
    return [(key, count) for key, count in counts.items() if count]


PLACES = ("lead", "handed", "asked", "registered", "waiting", "other", "ambiguous", "unmatched")
