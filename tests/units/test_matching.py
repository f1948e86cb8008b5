"""Whose address it was: against a brute-force oracle, at every boundary, with the index in use."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.accounts.enums import Role
from casework.core.errors import NotAllowed
from tests.build import a_compartment, a_user, moment
from tests.build_units import NOW, a_block, a_list, a_sighting, a_unit
from units.enums import ClaimState, MatchState
from units.models import AddressBlock, Candidate, Registration, Sighting, Unit
from units.selectors.holders import HOLDERS, who_held
from units.services.matching import match_sightings
from units.services.register import settle_conflict

pytestmark = pytest.mark.django_db
DAY = date(2021, 7, 1)


@dataclass(frozen=True)
class Claim:
    network: str
    unit: int
    first: int  # day offset, included
    last: int  # included
    ports: tuple[int, int] | None  # included


def oracle(claims: list[Claim], ip: IPv4Address | IPv6Address, port: int | None, day: int) -> tuple[str, int | None]:
    """Return state and unit by looking at every claim: longest prefix, then ports, then how many units."""
    fits = [
        claim
        for claim in claims
        if ip in ip_network(claim.network)
        and claim.first <= day <= claim.last
        and (claim.ports is None or (port is not None and claim.ports[0] <= port <= claim.ports[1]))
    ]
    if not fits:
        return "unmatched", None
    best = max((ip_network(claim.network).prefixlen, claim.ports is not None) for claim in fits)
    units = {c.unit for c in fits if (ip_network(c.network).prefixlen, c.ports is not None) == best}
    return ("matched", units.pop()) if len(units) == 1 else ("ambiguous", None)


_V4 = st.sampled_from(["10.0.0.0/8", "10.0.0.0/24", "10.0.0.0/30", "10.0.0.4/30", "10.0.0.1/32", "10.0.0.5/32"])
_V6 = st.sampled_from(["2001:db8::/32", "2001:db8::/64", "2001:db8::1/128"])
_claims = st.lists(
    st.builds(
        lambda network, unit, first, length, low, width, nat: Claim(
            network, unit, first, first + length, (low, low + width) if nat else None
        ),
        st.one_of(_V4, _V6),
        st.integers(0, 2),
        st.integers(0, 6),
        st.integers(0, 4),
        st.sampled_from([0, 1000, 2000, 65000]),
        st.sampled_from([0, 500, 535]),
        st.booleans(),
    ),
    max_size=12,
)
_queries = st.lists(
    st.tuples(
        st.sampled_from(["10.0.0.0", "10.0.0.1", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.8", "10.0.1.0", "10.255.255.255",
                         "11.0.0.0", "2001:db8::", "2001:db8::1", "2001:db8::2", "2001:db8:1::", "2001:db9::"]),
        st.sampled_from([None, 0, 999, 1000, 1500, 1501, 2000, 2535, 2536, 65535]),
        st.integers(-1, 12),
        st.sampled_from([0, 23 * 3600 + 59 * 60 + 59]),
    ),
    min_size=1,
    max_size=20,
)  # fmt: skip


def _allowed(claims: list[Claim]) -> list[Claim]:
    """Drop what the database would refuse: one unit claims no overlapping network, days and ports twice."""
    kept: list[Claim] = []
    for claim in claims:
        ports = claim.ports or (0, 65535)
        clash = any(
            other.unit == claim.unit
            and ip_network(other.network).version == ip_network(claim.network).version
            and ip_network(other.network).overlaps(ip_network(claim.network))
            and other.first <= claim.last
            and claim.first <= other.last
            and (other.ports or (0, 65535))[0] <= ports[1]
            and ports[0] <= (other.ports or (0, 65535))[1]
            for other in kept
        )
        if not clash:
            kept.append(claim)
    return kept


def _again(row: Sighting) -> str:
    """Return who holds the sighting's address with the index and without it: whose fault a wrong answer is."""
    ask = (
        "select holder.units, holder.blocks from (select ip, port, (observed_at at time zone 'Asia/Shanghai')::date as day"
        f" from units_sighting where id = %s) q {HOLDERS}"
    )
    told = ""
    with connection.cursor() as cursor:
        for how in ("on", "off"):
            for way in ("indexscan", "bitmapscan", "indexonlyscan"):
                cursor.execute(f"set local enable_{way} = {how}")
            cursor.execute(ask, [row.pk])
            told += f"; with indexes {how}: {cursor.fetchone()}"
            cursor.execute(f"explain {ask}", [row.pk])
            told += "".join(f"\n    {line}" for (line,) in cursor.fetchall())
    return told


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(claims=_claims.map(_allowed), queries=_queries)
def test_matching_agrees_with_looking_at_every_claim(
    claims: list[Claim], queries: list[tuple[str, int | None, int, int]]
) -> None:
    with transaction.atomic():
        units = [a_unit() for _ in range(3)]
        AddressBlock.objects.bulk_create(
            AddressBlock(
                network=ip_network(claim.network),
                unit=units[claim.unit],
                valid=DateRange(DAY + timedelta(days=claim.first), DAY + timedelta(days=claim.last + 1), "[)"),
                nat_ports=NumericRange(claim.ports[0], claim.ports[1] + 1, "[)") if claim.ports else None,
            )
            for claim in claims
        )
        seen = a_list(a_compartment(a_user("专项行动办", Role.CAMPAIGN_OFFICER)))
        rows = Sighting.objects.bulk_create(
            Sighting(
                monitor_list=seen,
                compartment=seen.compartment,
                # midnight and the last second of the day in Asia/Shanghai, not in UTC
                observed_at=datetime(2021, 7, 1, tzinfo=UTC) - timedelta(hours=8) + timedelta(days=day, seconds=second),
                ip=ip,
                port=port,
                remote_host=str(number),
            )
            for number, (ip, port, day, second) in enumerate(queries)
        )

        match_sightings([seen], actor=None, at=NOW)

        for row, (ip, port, day, _second) in zip(rows, queries, strict=True):
            row.refresh_from_db()
            address = IPv6Address(ip) if ":" in ip else IPv4Address(ip)
            state, unit = oracle(claims, address, port, day)
            found, expected = (row.match_state, row.unit_id), (state, units[unit].pk if unit is not None else None)
            assert found == expected, f"{ip} {port} {day}: {found}, not {expected}{_again(row)}"
            if state == "ambiguous":
                assert row.candidates.values("block__unit").distinct().count() > 1
        transaction.set_rollback(True)


def test_matching_uses_the_index_over_networks() -> None:
    unit = a_unit()
    AddressBlock.objects.bulk_create(
        AddressBlock(network=ip_network(f"10.{n // 256}.{n % 256}.0/24"), unit=unit, valid=DateRange(None, None, "[)"))
        for n in range(4000)
    )
    with connection.cursor() as cursor:
        # Nobody has counted the new rows yet; with their number known, reading them all is out of the question anyway.
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(
            f"explain select holder.units from (values (inet '10.0.5.1', 80, date '2021-07-01')) q(ip, port, day) {HOLDERS}"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "on block_network" in plan, plan
    assert "block_claimed_once_by_a_unit" not in plan


def test_the_first_network_of_the_other_family_loses_nothing() -> None:
    """SP-GiST answers with an error when the entry that overflows its first page is the first of its family (0029)."""
    unit = a_unit()
    for many in range(285, 296):
        with connection.cursor() as cursor:
            # A table of the same name comes first: with the same indexes, as empty as in a new system.
            cursor.execute("create temp table units_addressblock (like public.units_addressblock including all)")
            cursor.execute("set local enable_seqscan = off")
            cursor.execute(
                "insert into units_addressblock (network, unit_id, valid, operator, reference, state)"
                " select network('10.0.0.0'::inet + n), %s, '(,)', '', '', 'standing' from generate_series(1, %s) n",
                [unit.pk, many],
            )
        newest = a_block(unit, "2001:db8::/32")
        for ip in ("2001:db8::1", "10.0.0.7", "10.9.0.0"):
            found = [one.network for one in who_held(ip, NOW).holders]
            assert found == {"2001:db8::1": [str(newest)], "10.0.0.7": ["10.0.0.7/32"], "10.9.0.0": []}[ip], (many, ip)
            with connection.cursor() as cursor:
                cursor.execute(
                    f"select holder.units from (values (%s::inet, null::int, date '2021-07-01')) q(ip, port, day) {HOLDERS}",
                    [ip],
                )
                assert cursor.fetchone() == (len(found),)
        with connection.cursor() as cursor:
            cursor.execute("drop table pg_temp.units_addressblock")


def test_every_length_of_a_network_is_looked_up() -> None:
    """From the whole of a family to a single address, as a list is matched and as one address is asked for."""
    unit, circle = a_unit(), a_compartment()
    for version, bits, ip in ((4, 32, "198.51.100.7"), (6, 128, "2001:db8::7")):
        for length in range(bits + 1):
            block = a_block(unit, str(ip_network(f"{ip}/{length}", strict=False)))
            seen = a_sighting(a_list(circle, sensor=f"{version}-{length}"), ip)
            match_sightings([seen.monitor_list], actor=None, at=NOW)
            seen.refresh_from_db()
            assert seen.block == block, length
            assert [one.block for one in who_held(ip, NOW).holders] == [block.pk], length
            AddressBlock.objects.filter(pk=block.pk).update(state=ClaimState.WITHDRAWN)
            assert who_held(ip, NOW).holders == []


def test_matching_anew_changes_nothing_the_second_time_and_leaves_led_sightings_alone() -> None:
    officer = a_user("专项行动办", Role.CAMPAIGN_OFFICER)
    circle = a_compartment(officer)
    seen, unit = a_list(circle), a_unit()
    free = a_sighting(seen, "10.0.0.1")
    bystander = a_sighting(a_list(circle, sensor="别处"), "10.0.0.1")
    a_block(unit, "10.0.0.0/24")

    assert match_sightings([seen], actor=officer, at=NOW)["changed"] == 1
    assert match_sightings([seen], actor=officer, at=NOW)["changed"] == 0
    free.refresh_from_db()
    bystander.refresh_from_db()
    assert (free.match_state, free.unit) == (MatchState.MATCHED, unit)
    assert bystander.match_state == MatchState.UNMATCHED
    with pytest.raises(NotAllowed):
        match_sightings([seen], actor=a_user("检查员", Role.INSPECTOR), at=NOW)


def test_a_registration_explains_only_its_own_days_and_network() -> None:
    seen, unit = a_list(a_compartment()), a_unit()
    a_block(unit, "10.0.0.0/24")
    registered = Registration.objects.create(
        unit=unit,
        device="一号机",
        purpose="研究",
        from_on=date(2021, 7, 1),
        until=date(2021, 7, 29),
        network=ip_network("10.0.0.0/28"),
    )
    inside = a_sighting(seen, "10.0.0.3", at="2021-07-29 23:59")
    a_sighting(seen, "10.0.0.3", at="2021-07-30 00:00")
    a_sighting(seen, "10.0.0.99", at="2021-07-29 23:59")

    match_sightings([seen], actor=None, at=NOW)

    assert list(Sighting.objects.filter(registration=registered)) == [inside]


def test_settling_a_conflict_makes_the_sightings_matched() -> None:
    officer = a_user("专项行动办", Role.CAMPAIGN_OFFICER)
    seen = a_list(a_compartment(officer))
    first, second = a_block(a_unit("甲"), "10.0.0.0/24"), a_block(a_unit("乙"), "10.0.0.0/24")
    from units.models import AddressConflict

    conflict = AddressConflict.objects.create(first=first, second=second, noted_at=NOW)
    row = a_sighting(seen, "10.0.0.7")
    match_sightings([seen], actor=officer, at=NOW)
    assert Candidate.objects.filter(sighting=row).count() == 2

    settle_conflict(conflict, second, actor=officer, at=NOW, reason="通管局复函")
    match_sightings([seen], actor=officer, at=NOW)

    row.refresh_from_db()
    first.refresh_from_db()
    assert (row.match_state, row.unit) == (MatchState.MATCHED, Unit.objects.get(name="乙"))
    assert first.state == ClaimState.WITHDRAWN
    assert not Candidate.objects.filter(sighting=row).exists()
    assert moment("2021-08-02 09:00") == AddressConflict.objects.get().settled_at
