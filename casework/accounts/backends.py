"""Signing in by user name, as allauth does it; and reading who asks, by one query for each request."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, CharField, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast

from casework.accounts.middleware import has_named
from casework.accounts.models import Appointment, User
from casework.core import clock

#: Gives the values (as a subquery of one column over ``OuterRef("pk")``) that an app wants to know of every reader.
Wanted = Callable[[date, datetime], QuerySet[Any, Any]]

_wanted: Final[dict[str, Wanted]] = {}


def read_with_reader(name: str, wanted: Wanted) -> None:
    """Let an app above read something of the reader along with him: it lies in ``user.known_of[name]`` as a list."""
    _wanted[name] = wanted


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types here
    """Reads the user of a session with all that every page asks of him, and names him to the database, in one query."""

    def get_user(self, user_id: int) -> User | None:
        """Return the user of that key when he may still sign in, else None."""
        today, now = clock.today(), clock.now()
        held = Appointment.objects.filter(
            Q(until__isnull=True) | Q(until__gte=today), user=OuterRef("pk"), from_on__lte=today
        )
        rows = User.objects.select_related("organisation").annotate(
            roles_held=ArraySubquery(held.order_by("pk").values("role")),
            actor_named=Func(
                Value("casework.actor"), Cast("pk", CharField()), Value(False, BooleanField()),
                function="set_config", output_field=CharField(),
            ),
            **{f"of_{name}": ArraySubquery(wanted(today, now)) for name, wanted in _wanted.items()},
        )  # fmt: skip
        user: Any = rows.filter(pk=user_id, is_active=True).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        has_named(user.pk)
        user.know_roles(today, user.roles_held)
        user.known_of = {name: getattr(user, f"of_{name}") for name in _wanted}
        found: User = user
        return found
