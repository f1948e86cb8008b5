"""Who held an address at a moment: one query, the same rules by which lists of sightings are matched."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

from django.db import connection
from django.utils import timezone

from units.enums import MatchState

#: The lengths of networks that are claimed, by family: asked once a statement, for statements over many rows.
_CLAIMED_LENGTHS = """
case family(q.ip)
    when 4 then (select array_agg(distinct masklen(network)) from units_addressblock where family(network) = 4)
    else (select array_agg(distinct masklen(network)) from units_addressblock where family(network) = 6)
end
"""
#: Every length that a network can have: more look-ups for one address, and no pass over the register.
_EVERY_LENGTH = """
array(select bits from generate_series(0, case family(q.ip) when 4 then 32 else 128 end) bits)
"""
#: For a row ``q`` with ``ip``, ``port`` and ``day``: the most specific standing blocks, and of how many units they are.
#: The networks that an address can be in are few and can be named, so an ordinary index finds them (decision 0029).
#: ``<> 'withdrawn'`` and not ``= 'standing'``: so the partial index of the exclusion, many times as slow, cannot be chosen.
#: A block for some ports is more specific than the whole network; without a port it cannot apply.
_HOLDERS = """
left join lateral (
    select count(distinct best.unit_id) as units, min(best.unit_id) as unit_id,
           array_agg(best.id order by best.id) as blocks
    from (
        select b.id, b.unit_id, rank() over (order by masklen(b.network) desc, b.nat_ports is null) as place
        from units_addressblock b
        where b.network = any(array(select network(set_masklen(q.ip, bits)) from unnest({lengths}) bits))
          and b.state <> 'withdrawn' and b.valid @> q.day and (b.nat_ports is null or b.nat_ports @> q.port)
    ) best
    where best.place = 1
) holder on true
"""
HOLDERS = _HOLDERS.format(lengths=_CLAIMED_LENGTHS)
#: The registration of the holder that covers the address on that day, if there is one.
REGISTERED = """
left join lateral (
    select g.id
    from units_registration g
    where holder.units = 1 and g.unit_id = holder.unit_id and g.taken_back_at is null and g.from_on <= q.day
      and (g.until is null or g.until >= q.day) and (g.network is null or g.network >>= q.ip)
    order by g.network is null, g.id
    limit 1
) registered on true
"""
STATE = "case holder.units when 0 then 'unmatched' when 1 then 'matched' else 'ambiguous' end"
_ASK = f"""
select b.id, b.network::text, u.id, u.code, u.name, lower(b.valid), upper(b.valid), lower(b.nat_ports),
       upper(b.nat_ports), b.operator, b.reference, registered.id
from (select %s::inet as ip, %s::int as port, %s::date as day) q {_HOLDERS.format(lengths=_EVERY_LENGTH)} {REGISTERED}
cross join lateral unnest(holder.blocks) as found(id)
join units_addressblock b on b.id = found.id
join units_unit u on u.id = b.unit_id
order by u.name_key, b.id
"""  # noqa: S608  only constants of the house are put in


@dataclass(frozen=True)
class Holder:
    """A claim that is most specific for the address at the moment; ``beyond`` is the first day it no longer holds."""

    block: int
    network: str
    unit: int
    code: str
    name: str
    first: date | None
    beyond: date | None
    first_port: int | None
    ports_end: int | None
    operator: str
    reference: str
    registration: int | None

    @property
    def last(self) -> date | None:
        """The last valid day, None while it runs on."""
        return self.beyond - timedelta(days=1) if self.beyond else None

    @property
    def ports(self) -> str:
        """The NAT ports as people read them, "" for the whole network."""
        return "" if self.first_port is None or self.ports_end is None else f"{self.first_port}—{self.ports_end - 1}"


@dataclass(frozen=True)
class Answer:
    """Who held the address: nobody known, one unit, or several that dispute it."""

    day: date
    holders: list[Holder]

    @property
    def state(self) -> MatchState:
        """Matched, ambiguous or unmatched, as for a sighting."""
        units = {holder.unit for holder in self.holders}
        return (MatchState.UNMATCHED, MatchState.MATCHED)[len(units)] if len(units) < 2 else MatchState.AMBIGUOUS


def who_held(ip: IPv4Address | IPv6Address | str, at: datetime, port: int | None = None) -> Answer:
    """Return who held the address at the moment. Without a port, claims for some ports cannot apply."""
    day = timezone.localdate(at)
    with connection.cursor() as cursor:
        cursor.execute(_ASK, [str(ip), port, day])
        return Answer(day, [Holder(*row) for row in cursor.fetchall()])
