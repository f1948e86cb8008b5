"""Builders for the register, monitoring lists and leads."""

from datetime import date, datetime
from ipaddress import ip_network
from itertools import count

from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange

from casework.access.models import Compartment
from casework.accounts.models import User
from casework.imports.enums import RunState
from casework.imports.models import ImportRun
from tests.build import moment
from units.enums import MatchState, QuestionKind, UnitKind
from units.models import AddressBlock, Lead, MonitorList, Question, Region, Sighting, Unit, UnitLeader
from units.rules.names import name_key
from units.rules.regions import region_name

_serial = count(1)
NOW = moment("2021-08-02 09:00")


def a_region(code: str = "330604") -> Region:
    """Return the division, made on first use."""
    return Region.objects.get_or_create(code=code, defaults={"name": region_name(code)})[0]


def a_unit(
    name: str = "", *, kind: str = UnitKind.SCHOOL, region: str = "330604", code: str = "", leader: User | None = None
) -> Unit:
    """Return a new unit, led by the user if one is given."""
    number = next(_serial)
    name = name or f"第{number}职业教育中心"
    unit = Unit.objects.create(
        code=code or f"U{number:05d}", name=name, name_key=name_key(name), kind=kind, region=a_region(region)
    )
    if leader is not None:
        UnitLeader.objects.create(unit=unit, user=leader, name=leader.name)
    return unit


def a_block(
    unit: Unit,
    network: str,
    *,
    from_on: str = "",
    until: str = "",
    ports: tuple[int, int] | None = None,
) -> AddressBlock:
    """Return a standing claim; ``until`` is the first day it no longer holds, ``ports`` first and last."""
    valid = DateRange(
        date.fromisoformat(from_on) if from_on else None, date.fromisoformat(until) if until else None, "[)"
    )
    nat = NumericRange(ports[0], ports[1] + 1, "[)") if ports else None
    return AddressBlock.objects.create(unit=unit, network=ip_network(network), valid=valid, nat_ports=nat)


def a_run(kind: str = "sightings", compartment: Compartment | None = None) -> ImportRun:
    """Return a run that has been applied, without rows."""
    return ImportRun.objects.create(
        kind=kind,
        file_name=f"{kind}.csv",
        sha256="0" * 64,
        size=1,
        state=RunState.APPLIED,
        compartment=compartment,
        read_at=NOW,
        applied_at=NOW,
        header={"line": 1, "sheet": "", "texts": [], "columns": {}, "unknown": []},
    )


def a_list(compartment: Compartment, *, sensor: str = "省级出口", sampled_at: datetime | None = None) -> MonitorList:
    """Return a list of that sensor."""
    return MonitorList.objects.create(
        sensor=sensor,
        sampled_at=sampled_at or moment("2021-07-31 18:00"),
        compartment=compartment,
        import_run=a_run(compartment=compartment),
    )


def a_sighting(
    seen: MonitorList, ip: str, *, at: str = "2021-07-29 23:41", block: AddressBlock | None = None, **fields: object
) -> Sighting:
    """Return a sighting of the list, matched to the block if one is given."""
    values: dict[str, object] = {"remote_host": "203.0.113.24", "remote_port": 3333, "currency": "RVN", **fields}
    if block is not None:
        values |= {"match_state": MatchState.MATCHED, "unit": block.unit, "block": block}
    return Sighting.objects.create(
        monitor_list=seen,
        compartment=seen.compartment,
        sensor=seen.sensor,
        observed_at=moment(at),
        ip=ip,
        **values,
    )


def a_lead(unit: Unit, compartment: Compartment, **fields: object) -> Lead:
    """Return a new lead with its three open questions."""
    values: dict[str, object] = {"received_on": date(2021, 8, 2), **fields}
    lead = Lead.objects.create(number=f"2021-挖-{next(_serial):04d}", unit=unit, compartment=compartment, **values)
    Question.objects.bulk_create(Question(lead=lead, kind=kind) for kind in QuestionKind.values)
    return lead
