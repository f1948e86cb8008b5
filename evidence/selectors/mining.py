"""Signs of mining in the logs of an item: what was said, whom it spoke to, graded and with the days."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from casework.accounts.models import User
from evidence.attribution_enums import PoolGrade
from evidence.mining.catalogue import LAPSED, NODE, SAID, SHAPES, Catalogue, Place, names_of, sign_of
from evidence.models import Item, LogEvent, PoolPlace
from evidence.selectors.logs import current_runs
from units.far_ends import FarEnd, Known

#: Different far ends that are looked at, busiest first.
MOST: Final = 20_000
SHOWN: Final = 300
_PLACE: Final = ("pool", "coin", "place", "port", "valid_from", "valid_to", "source", "note")


@dataclass
class Found:
    """Signs of one kind at one far end."""

    grade: str
    action: str
    host: str
    port: int | None
    events: int
    first: datetime | None
    last: datetime | None
    place: Place | None = None
    workers: list[str] = field(default_factory=list)
    example: int = 0
    #: Some of the events lie outside the days on which the place was the pool's.
    partly: bool = False

    @property
    def node(self) -> bool:
        """Nodes of a coin speak here: no pool."""
        return not self.grade

    @property
    def lapsed(self) -> bool:
        """The place was a pool's before or after these days, not on them."""
        return self.grade == LAPSED


def catalogue() -> Catalogue:
    """Return the catalogue as it stands now."""
    return Catalogue(Place(*row) for row in PoolPlace.objects.values_list(*_PLACE))


def pools_at(ends: Collection[FarEnd]) -> dict[FarEnd, Known]:
    """Return the pools of the catalogue at far ends of sightings, each on its day, lapsed ones marked; one query for all."""
    names = {name for end in ends for name in names_of(end.host)}
    rows = PoolPlace.objects.filter(place__in=names)
    known = Catalogue(Place(*row) for row in rows.values_list(*_PLACE))
    found: dict[FarEnd, Known] = {}
    for end in ends:
        if (place := known.find(*end)) is not None:
            found[end] = Known(place.pool, place.coin, PoolGrade.B, place.source, place.since, place.until)
        elif (place := known.lapsed(*end)) is not None:
            found[end] = Known(place.pool, place.coin, LAPSED, place.source, place.since, place.until, lapsed=True)
    return found


def mining_signs(item: Item, user: User) -> list[Found]:
    """Return the signs in the readings of an item, gravest first; counted in the database."""
    runs = current_runs(user, Item.objects.filter(pk=item.pk))
    kinds = [*SAID, *SHAPES, NODE]
    rows = LogEvent.objects.visible_to(user).filter(run__in=runs)
    rows = rows.filter(
        ~Q(destination="") | Q(event_action__in=kinds) | Q(rule_labels__overlap=["mining-A", "mining-command"])
    )
    grouped = (
        rows.order_by()
        .values("event_action", "destination", "destination_port", "attrs__destination_domain", "rule_labels")
        .annotate(n=Count("id"), first=Min("ts"), last=Max("ts"), example=Min("id"))
        .order_by("-n")[:MOST]
    )
    return _found(grouped, catalogue())


def _found(grouped: Iterable[dict[str, Any]], known: Catalogue) -> list[Found]:
    out: list[Found] = []
    for row in grouped:
        hosts = [row["attrs__destination_domain"] or "", row["destination"]]
        # The events of a far end may begin before a place was the pool's, or go on after it was not.
        days = {timezone.localdate(row[name]) if row[name] else None for name in ("first", "last")}
        said = [
            sign_of(
                row["event_action"],
                hosts=hosts,
                port=row["destination_port"],
                on=on,
                labels=row["rule_labels"],
                catalogue=known,
            )
            for on in sorted(days, key=str)
        ]
        sign = min(filter(None, said), key=lambda one: one.grade or "Z", default=None)
        if sign is not None:
            host = next((name for name in hosts if name), "")
            out.append(
                Found(
                    sign.grade, row["event_action"], host, row["destination_port"], row["n"], row["first"], row["last"], sign.place,
                    example=row["example"], partly=sign.grade == "B" and any(one is None or one.grade != "B" for one in said),
                )
            )  # fmt: skip
    out.sort(key=lambda one: (one.grade or "Z", -one.events))
    shown = out[:SHOWN]
    examples = LogEvent.objects.filter(pk__in=[one.example for one in shown if one.grade == "A"])
    told = {row.pk: row.attrs for row in examples}
    for one in shown:
        attrs = told.get(one.example, {})
        one.workers = [
            str(name) for name in attrs.get("workers") or [attrs.get("login") or attrs.get("wallet")] if name
        ][:5]
    return shown
