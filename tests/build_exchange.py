"""Builders for letters with other agencies and for lists that follow one another."""

from itertools import count

from casework.access.models import Compartment
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Organisation, User
from tests.build import a_user, moment
from tests.build_units import a_list
from units.enums import AddressStatus, MatchState
from units.models import AddressBlock, ListedAddress, MonitorList, Sighting

_serial = count(1)


def an_agency(name: str = "省通信管理局") -> Organisation:
    """Return a new agency."""
    return Organisation.objects.create(code=f"AG{next(_serial)}", name=name, kind=OrganisationKind.AGENCY)


def a_liaison(agency: Organisation, name: str = "联络员乙") -> User:
    """Return a liaison of the agency."""
    return a_user(name, Role.LIAISON, organisation=agency)


def a_next_list(
    compartment: Compartment, day: str, addresses: dict[str, AddressBlock | None], *, sensor: str = "省级出口"
) -> MonitorList:
    """Return a list of that day with one sighting of each address, compared with the lists before as imports do."""
    made = a_list(compartment, sensor=sensor, sampled_at=moment(f"{day} 18:00"))
    earlier = list(
        MonitorList.objects.filter(sensor=sensor, sampled_at__lt=made.sampled_at).order_by("-sampled_at", "-pk")
    )
    for ip, block in addresses.items():
        stands = [one for one in earlier if one.addresses.filter(ip=ip).exists()]
        status = AddressStatus.NEW
        if stands:
            status = AddressStatus.PERSISTING if stands[0] == earlier[0] else AddressStatus.RELAPSED
        ListedAddress.objects.create(monitor_list=made, ip=ip, status=status)
        matched = {"match_state": MatchState.MATCHED, "unit": block.unit, "block": block} if block else {}
        Sighting.objects.create(
            monitor_list=made, compartment=compartment, sensor=sensor, observed_at=moment(f"{day} 08:00"), ip=ip,
            port=40_000, remote_host="203.0.113.24", remote_port=3333, currency="XMR", **matched,
        )  # fmt: skip
    return made
