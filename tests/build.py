"""Small typed builders for the floor; each app has its own in tests/build_<app>.py."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import count
from zoneinfo import ZoneInfo

from django.db import transaction

from casework.access.enums import CompartmentKind
from casework.access.models import Compartment, Grant
from casework.accounts.enums import OrganisationKind, Role
from casework.accounts.models import Appointment, Organisation, User

_serial = count(1)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def moment(text: str) -> datetime:
    """Return a moment in the house's time zone, e.g. ``moment("2021-09-06 10:42")``."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@contextmanager
def tried(what: object) -> Iterator[None]:
    """Try something of which nothing stays, so that one scene serves many tries; a failure names what was tried.

    Objects read before keep what the try wrote into them: read anew what is tried upon.
    """
    with transaction.atomic():
        try:
            yield
        except BaseException as error:
            error.add_note(f"tried: {what}")
            raise
        transaction.set_rollback(True)


def an_organisation(name: str = "省纪委监委") -> Organisation:
    """Return the organisation of that name, made on first use."""
    found = Organisation.objects.filter(name=name).first()
    return found or Organisation.objects.create(code=f"O{next(_serial)}", name=name, kind=OrganisationKind.COMMISSION)


def a_user(name: str = "承办人甲", *roles: Role, username: str = "", organisation: Organisation | None = None) -> User:
    """Return a new user who holds the roles since 2020."""
    [user] = users((name, roles, organisation), username=username)
    return user


def users(*people: tuple[str, Sequence[Role], Organisation | None], username: str = "") -> list[User]:
    """Return new users who hold their roles since 2020: name, roles, organisation; all in as few statements as one."""
    made = []
    for name, _roles, organisation in people:
        number = next(_serial)
        user = User(
            username=username or f"user{number}",
            name=name,
            organisation=organisation or an_organisation(),
            email=f"user{number}@example.invalid",
        )
        user.set_unusable_password()
        made.append(user)
    User.objects.bulk_create(made)
    Appointment.objects.bulk_create(
        Appointment(user=user, role=role, from_on=date(2020, 1, 1))
        for user, (_name, roles, _organisation) in zip(made, people, strict=True)
        for role in roles
    )
    return made


def a_compartment(
    *members: User, name: str = "甲号知悉范围", kind: CompartmentKind = CompartmentKind.CASE
) -> Compartment:
    """Return a new compartment with the members."""
    compartment = Compartment.objects.create(kind=kind, name=name, created_at=moment("2021-07-01 09:00"))
    Grant.objects.bulk_create(
        Grant(compartment=compartment, user=member, from_on=date(2020, 1, 1)) for member in members
    )
    return compartment
