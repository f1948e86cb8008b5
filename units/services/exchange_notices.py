"""Who is told of a letter between the commission and an agency: the other side, and whoever sent it."""

from collections.abc import Iterable
from datetime import date, datetime

from django.utils import timezone

from casework.access.models import Compartment, compartments_of
from casework.accounts.enums import Role
from casework.accounts.models import Organisation, User
from casework.notices.models import Level
from casework.notices.services.owing import Owed, owe_notices


def liaisons_of(agency: Organisation, day: date) -> list[User]:
    """Return who may sign for the agency on that day."""
    people = User.objects.filter(organisation=agency, is_active=True).order_by("pk")
    return [user for user in people if Role.LIAISON in user.roles_on(day)]


def keepers_of(compartment: Compartment, day: date) -> list[User]:
    """Return who keeps lists and leads in the compartment: its intake and campaign officers of that day."""
    inside = User.objects.filter(grants__compartment=compartment, is_active=True).distinct().order_by("pk")
    return [
        user
        for user in inside
        if user.roles_on(day) & {Role.INTAKE, Role.CAMPAIGN_OFFICER}
        and compartments_of(user, day).filter(compartment_id=compartment.pk).exists()
    ]


def tell(
    people: Iterable[User],
    *,
    what: str,
    ref: str,
    title: str,
    url: str,
    at: datetime,
    body: str = "",
    due_on: date | None = None,
    level: str = Level.INFO,
    compartment: Compartment | None = None,
) -> None:
    """Owe everybody the same notice, once for each of ``what`` and ``ref``."""
    owe_notices(
        [
            Owed(
                key=f"{ref}:{what}:{user.pk}",
                to_id=user.pk,
                kind=f"{ref.partition(':')[0]}.{what}",
                title=title,
                body=body,
                ref=ref,
                url=url,
                due_on=due_on,
                level=level,
                compartment_id=compartment.pk if compartment else None,
            )
            for user in people
        ],
        at=at,
    )


def day_of(at: datetime) -> date:
    """Return the day of the moment in Asia/Shanghai."""
    return timezone.localdate(at)
