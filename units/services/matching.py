"""Whose address it was: longest prefix, at that day in Asia/Shanghai, by NAT port; one statement for any number of rows.

Blocks of two units that are equally specific make a sighting ambiguous: all candidates are kept, none is picked.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from casework.access.policy import require
from casework.accounts.models import User
from casework.ledger.record import record
from units.enums import MatchState
from units.models import MonitorList, Sighting
from units.selectors.holders import HOLDERS, REGISTERED, STATE

_REMATCH = f"""
with found as (
    select q.id, {STATE} as state,
           case when holder.units = 1 then holder.unit_id end as unit_id,
           case when holder.units = 1 then holder.blocks[1] end as block_id,
           registered.id as registration_id
    from (
        select id, ip, port, (observed_at at time zone 'Asia/Shanghai')::date as day
        from units_sighting
        where lead_id is null and monitor_list_id = any(%s)
        order by ip
    ) q
    {HOLDERS} {REGISTERED}
)
update units_sighting s
set match_state = found.state, unit_id = found.unit_id, block_id = found.block_id,
    registration_id = found.registration_id
from found
where s.id = found.id
  and (s.match_state, s.unit_id, s.block_id, s.registration_id)
      is distinct from (found.state, found.unit_id, found.block_id, found.registration_id)
"""  # noqa: S608  only constants of the house are put in
_DROP_CANDIDATES = """
delete from units_candidate c using units_sighting s
where s.id = c.sighting_id and s.lead_id is null and s.monitor_list_id = any(%s)
"""
_CANDIDATES = f"""
insert into units_candidate (sighting_id, block_id)
select q.id, block_id
from (
    select id, ip, port, (observed_at at time zone 'Asia/Shanghai')::date as day
    from units_sighting
    where match_state = 'ambiguous' and lead_id is null and monitor_list_id = any(%s)
) q
{HOLDERS}
cross join lateral unnest(holder.blocks) as block_id
on conflict do nothing
"""  # noqa: S608  only constants of the house are put in


def keep_candidates(lists: Iterable[int]) -> None:
    """Store the equally specific blocks of the lists' ambiguous sightings."""
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, [list(lists)])


def match_sightings(lists: Iterable[MonitorList], *, actor: User | None, at: datetime) -> dict[str, int]:
    """Match the sightings of the lists anew, after blocks have come or a conflict was settled.

    Sightings that a lead rests on stay as they are. Returns how many changed, and the counts by state.
    """
    chosen = list(lists)
    for one in chosen:
        if actor is not None:
            require(actor, "sightings.match", one)
    ids = [one.pk for one in chosen]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_REMATCH, [ids])
            changed = cursor.rowcount
            cursor.execute(_DROP_CANDIDATES, [ids])
        keep_candidates(ids)
        counts = {"changed": changed, **count_states(ids)}
        for one in chosen:
            record(
                "sightings.matched",
                ref=f"monitorlist:{one.pk}",
                actor=actor,
                at=at,
                data={"changed": changed, "lists": ids},
            )
    return counts


def count_states(lists: Iterable[int]) -> dict[str, int]:
    """Return the sightings of the lists by state, and the distinct units among the matched."""
    found = Sighting.objects.filter(monitor_list__in=list(lists))
    counts = {state.value: found.filter(match_state=state).count() for state in MatchState}
    counts["units"] = found.filter(match_state=MatchState.MATCHED).values("unit").distinct().count()
    return counts
