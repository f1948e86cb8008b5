"""What stands beside a relapse: the earlier report of the unit, and the addresses that are back."""

from dataclasses import dataclass
from typing import Any

from casework.accounts.models import User
from units.models import LiabilityItem, Rectification, SelfInspection, Sighting

#: Sightings that the page names.
SHOWN = 8


@dataclass(frozen=True)
class Back:
    """An address that is back, and what the unit said of it in its report (None: it did not name it)."""

    ip: str
    before_at: Any
    again_at: Any
    said: Any


@dataclass(frozen=True)
class Beside:
    """The earlier report and the new sighting, as far as this reader may know of each."""

    report: SelfInspection | None
    counts: list[tuple[str, int]]
    duties: list[Rectification]
    back: list[Back]
    sightings: list[Sighting]
    times: int


def beside(item: LiabilityItem, user: User) -> Beside:
    """Return what the page of a relapse sets side by side."""
    report = None
    if item.report_id:
        report = (
            SelfInspection.objects.visible_to(user)
            .select_related("stage", "campaign_unit__campaign")
            .filter(pk=item.report_id)
            .first()
        )
    said = {row.ip: row for row in report.addresses.all()} if report else {}
    counts = []
    if report is not None:
        counts = [
            ("terminals", report.terminals.count()),
            ("sealed", report.sealed_devices.count()),
            ("people", report.people.count()),
        ]
    seen = Sighting.objects.visible_to(user).filter(lead=item.lead_id)
    return Beside(
        report=report,
        counts=counts,
        duties=list(
            Rectification.objects.visible_to(user).filter(inspection=report).order_by("pk")
            if report is not None
            else []
        ),
        back=[Back(row.ip, row.before_at, row.again_at, said.get(row.ip)) for row in item.addresses.order_by("ip")],
        sightings=list(seen.order_by("-observed_at", "-pk")[:SHOWN]),
        times=seen.count(),
    )
