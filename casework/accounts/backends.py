"""Signing in by user name, as allauth does it; and reading who asks, by one query for each request."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db import DEFAULT_DB_ALIAS
from django.db.models import BooleanField, CharField, Func, Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast

from casework.accounts.middleware import has_named
from casework.accounts.models import Appointment, Organisation, User
from casework.core import clock
from casework.core.statements import prepared

#: Gives the values (as a subquery of one column over ``OuterRef("pk")``) that an app wants to know of every reader.
Wanted = Callable[[date, datetime], QuerySet[Any, Any]]

_wanted: Final[dict[str, Wanted]] = {}


def read_with_reader(name: str, wanted: Wanted) -> None:
    """Let an app above read something of the reader along with him: it lies in ``user.known_of[name]`` as a list."""
    _wanted[name] = wanted


#: Stand in the compiled statement where each request puts the reader's key, its day and its moment.
_KEY: Final = -987_654_321
_DAY: Final = date(1, 2, 3)
_MOMENT: Final = datetime(1, 2, 3, 4, 5, 6, 7, tzinfo=UTC)


class _Statement:
    """The statement that reads whoever asks. It is compiled once: building it anew took a third of a small answer."""

    def __init__(self, wanted: Mapping[str, Wanted]) -> None:
        held = Appointment.objects.filter(
            Q(until__isnull=True) | Q(until__gte=_DAY), user=OuterRef("pk"), from_on__lte=_DAY
        )
        rows: Any = User.objects.select_related("organisation").annotate(
            roles_held=ArraySubquery(held.order_by("pk").values("role")),
            actor_named=Func(
                Value("casework.actor"), Cast("pk", CharField()), Value(False, BooleanField()),
                function="set_config", output_field=CharField(),
            ),
            **{f"of_{name}": ArraySubquery(one(_DAY, _MOMENT)) for name, one in wanted.items()},
        )  # fmt: skip
        compiler = rows.filter(pk=_KEY, is_active=True).query.get_compiler(using=DEFAULT_DB_ALIAS)
        self.sql, self.params = compiler.as_sql()
        columns = [column for column, _sql, _alias in compiler.select]
        self.converters = compiler.get_converters(columns)
        self.apply = compiler.apply_converters
        self.annotations: dict[str, int] = compiler.annotation_col_map
        own = compiler.klass_info["select_fields"]
        (related,) = compiler.klass_info["related_klass_infos"]
        self.own = [(place, columns[place].target.attname) for place in own]
        self.office = [(place, columns[place].target.attname) for place in related["select_fields"]]

    def read(self, user_id: int, day: date, moment: datetime) -> User | None:
        """Return the user with his organisation and what was read along, or None."""
        put: dict[Any, Any] = {_KEY: user_id, _DAY: day, _MOMENT: moment}
        with prepared() as cursor:
            cursor.execute(self.sql, [put.get(one, one) for one in self.params])
            found = cursor.fetchone()
        if found is None:
            return None
        (row,) = self.apply([found], self.converters)
        user: User = _made(User, self.own, row)
        user.organisation = _made(Organisation, self.office, row)
        for name, place in self.annotations.items():
            setattr(user, name, row[place])
        return user


def _made(model: type[Model], places: list[tuple[int, str]], row: list[Any]) -> Any:
    return model.from_db(DEFAULT_DB_ALIAS, [name for _place, name in places], [row[place] for place, _name in places])


@cache
def _statement(names: tuple[str, ...]) -> _Statement:
    return _Statement({name: _wanted[name] for name in names})


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types here
    """Reads the user of a session with all that every page asks of him, and names him to the database, in one query."""

    def get_user(self, user_id: int) -> User | None:
        """Return the user of that key when he may still sign in, else None."""
        today, now = clock.today(), clock.now()
        user: Any = _statement(tuple(_wanted)).read(int(user_id), today, now)
        if user is None or not self.user_can_authenticate(user):
            return None
        has_named(user.pk)
        user.know_roles(today, user.roles_held)
        user.known_of = {name: getattr(user, f"of_{name}") for name in _wanted}
        found: User = user
        return found
