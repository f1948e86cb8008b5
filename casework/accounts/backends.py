"""Signing in by user name, as allauth does it; and reading who asks, by one query for each request."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from itertools import count
from typing import Any, Final

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, OuterRef, Q, QuerySet
from django.db.models.base import ModelState

from casework.accounts.models import Appointment, Organisation, User
from casework.accounts.named import has_named
from casework.core import clock
from casework.core.statements import read_rows

#: Gives the values (as a subquery of one column over ``OuterRef("pk")``) that an app wants to know of every reader.
Wanted = Callable[[date, datetime], QuerySet[Any, Any]]

_wanted: Final[dict[str, Wanted]] = {}
_for_pages: Final[dict[str, Wanted]] = {}

#: A statement of one row that is read along with a user, and its values.
Along = tuple[str, tuple[Any, ...]]
#: The user, and the columns of what was read along.
Found = tuple[User, tuple[Any, ...]]


def read_with_reader(name: str, wanted: Wanted, *, for_pages: bool = False) -> None:
    """Let an app above read something of the reader along with him: it lies in ``user.known_of[name]`` as a list.

    What only pages need is not read for the API, where ``known_of`` is without it.
    """
    (_for_pages if for_pages else _wanted)[name] = wanted


#: Stand in the compiled statement where each request puts the reader's key, its day and its moment.
_KEY: Final = -987_654_321
_DAY: Final = date(1, 2, 3)
_MOMENT: Final = datetime(1, 2, 3, 4, 5, 6, 7, tzinfo=UTC)


#: Around the statement that reads somebody: it names him to the database, and reads along by what he was known.
#: What is selected is worked out for rows that are found, so nobody is named for a session or token that has ended.
_ALONE: Final = "select asker.*, set_config('casework.actor', $1, false) from ({asker}) asker"
_ALONG: Final = "select asker.*, set_config('casework.actor', $1, false), told.* from ({asker}) asker, ({along}) told"

#: Where a request's own values stand, each once however often it is read. A day and a moment are selected, so that the
#: planner does not look at them: seen, they made the plan for these values seem better than one for any, and the statement
#: was planned anew each time, which is five times what it takes to run.
_PLACES: Final = {_KEY: "$2", _DAY: "(select $3)", _MOMENT: "(select $4)"}


class _Statement:
    """The statement that reads whoever asks. It is compiled once: building it anew took a third of a small answer."""

    def __init__(self, wanted: Mapping[str, Wanted], *, page: bool) -> None:
        held = Appointment.objects.filter(
            Q(until__isnull=True) | Q(until__gte=_DAY), user=OuterRef("pk"), from_on__lte=_DAY
        )
        users: Any = User.objects.select_related("organisation") if page else User.objects
        rows = users.annotate(
            roles_held=ArraySubquery(held.values("role")),
            **{f"of_{name}": ArraySubquery(one(_DAY, _MOMENT)) for name, one in wanted.items()},
        )
        compiler = rows.filter(pk=_KEY, is_active=True).query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        self.others = [one for one in params if one not in _PLACES]
        first = len(_PLACES) + 2
        numbers = count(first)
        *pieces, end = sql.replace("%%", "%").split("%s")
        places = (_PLACES.get(one) or f"${next(numbers)}" for one in params)
        self.asker = "".join(map(str.__add__, pieces, places)) + end
        self.next = first + len(self.others)
        columns = [column for column, _sql, _alias in compiler.select]
        self.width = len(columns) + 1
        self.converters = compiler.get_converters(columns)
        self.apply = compiler.apply_converters
        self.annotations: dict[str, int] = compiler.annotation_col_map
        own = compiler.klass_info["select_fields"]
        office = [
            place
            for related in compiler.klass_info.get("related_klass_infos", ())
            for place in related["select_fields"]
        ]
        self.own = [(place, columns[place].target.attname) for place in own]
        self.office = [(place, columns[place].target.attname) for place in office]

    def read(self, user_id: int, day: date, moment: datetime, along: Along | None) -> Found | None:
        """Return the user, for a page with his organisation, and what was read along; None where one of them is not there."""
        text, told = ("", ()) if along is None else along
        values = [str(user_id), user_id, day, moment, *self.others, *told]
        found: Any = read_rows(_whole(self.asker, text, self.next), values, prepare=True)
        if not found:
            return None
        (row,) = self.apply(found, self.converters) if self.converters else found
        user: User = _made(User, self.own, row)
        if self.office:
            user.organisation = _made(Organisation, self.office, row)
        for name, place in self.annotations.items():
            setattr(user, name, row[place])
        return user, tuple(row[self.width :])


@cache
def _whole(asker: str, along: str, first: int) -> bytes:
    """Return the statement; what is read along has its places numbered from the first that is free."""
    pieces = along.replace("%%", "%").split("%s")
    told = "".join(f"{piece}${number}" for number, piece in enumerate(pieces[:-1], start=first)) + pieces[-1]
    return (_ALONG if along else _ALONE).format(asker=asker, along=told).encode()


def _made(model: type[Model], places: list[tuple[int, str]], row: Sequence[Any]) -> Any:
    """Return the row as an object, as ``from_db`` would make it of all columns; nobody listens to the making of these."""
    made = model.__new__(model)
    made.__dict__.update({name: row[place] for place, name in places})
    made._state = ModelState()
    made._state.adding, made._state.db = False, DEFAULT_DB_ALIAS
    return made


@cache
def _statement(names: tuple[str, ...], *, page: bool) -> _Statement:
    known = {**_wanted, **_for_pages}
    return _Statement({name: known[name] for name in names}, page=page)


def read_asker(user_id: int, along: Along | None = None, *, page: bool = False) -> Found | None:
    """Return the user of that key when he may still sign in, with all that every page asks of him, and name him.

    What is read along (his session, his token) comes by the same statement, and without it there is nobody. Whether it is
    his, the caller finds out.
    """
    now = clock.now()
    today = clock.day_of(now)
    names = (*_wanted, *_for_pages) if page else tuple(_wanted)
    found = _statement(names, page=page).read(int(user_id), today, now, along)
    if found is None:
        return None
    user: Any = found[0]
    has_named(user.pk)
    user.know_roles(today, user.roles_held)
    user.roles = user.roles_on(today)
    user.known_of = {name: getattr(user, f"of_{name}") for name in names}
    return found


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types here
    """Reads the user of a session with all that every page asks of him, and names him to the database, in one query."""

    def get_user(self, user_id: int) -> User | None:
        """Return the user of that key when he may still sign in, else None."""
        found = read_asker(user_id, page=True)
        return found[0] if found is not None and self.user_can_authenticate(found[0]) else None
