"""Whom a form lets one choose: the second officer, the receiver."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from casework.access.models import Grant
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import clock
from evidence.models import Item
from evidence.policy import HANDLERS, TAKERS


def _holding(roles: tuple[Role, ...]) -> QuerySet[User]:
    today = clock.today()
    current = Q(appointments__until=None) | Q(appointments__until__gte=today)
    return User.objects.filter(
        current, is_active=True, appointments__role__in=roles, appointments__from_on__lte=today
    ).distinct()


def _members(compartment_id: int) -> Any:
    today = clock.today()
    open_grants = Grant.objects.filter(Q(until=None) | Q(until__gte=today), compartment_id=compartment_id)
    return open_grants.values("user_id")


def reader(request: HttpRequest) -> User:
    """Return the reader, who has signed in: the middleware lets nobody else through."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


def colleagues(compartment_id: int, user: User) -> QuerySet[User]:
    """Return who may be the second officer: those of the matter, without the reader himself."""
    people = _holding(TAKERS).filter(pk__in=_members(compartment_id)).exclude(pk=user.pk)
    return people.select_related("organisation").order_by("name", "pk")


def keepers(user: User) -> QuerySet[User]:
    """Return the other keepers."""
    return _holding((Role.CUSTODIAN,)).exclude(pk=user.pk).select_related("organisation").order_by("name", "pk")


def receivers(item: Item, user: User) -> QuerySet[User]:
    """Return who may receive the item: keepers, liaisons and those of the matter."""
    outside = _holding((Role.CUSTODIAN, Role.LIAISON)).values("pk")
    people = _holding(HANDLERS).filter(Q(pk__in=outside) | Q(pk__in=_members(item.compartment_id)))
    return people.exclude(pk=user.pk).select_related("organisation").order_by("name", "pk")


def usual_second(item: Item, user: User, among: QuerySet[User]) -> User | None:
    """Return whom the field starts with: who acted on the item beside the reader last, or the only one there is."""
    last = (
        item.chain.filter(Q(actor=user, second__in=among) | Q(second=user, actor__in=among))
        .select_related("actor", "second")
        .order_by("-seq")
        .first()
    )
    if last is None:
        return only(among)
    beside: User | None = last.second if last.actor_id == user.pk else last.actor
    return beside


def only(among: QuerySet[User]) -> User | None:
    """Return the one there is to choose, None where there is a choice."""
    found = list(among[:2])
    return found[0] if len(found) == 1 else None


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of a person, shown with post and organisation, found by typing."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", User.objects.none())
        kwargs.setdefault("empty_label", "—")
        kwargs.setdefault("widget", forms.Select(attrs={"data-choose": ""}))
        super().__init__(**kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return " ".join(filter(None, (obj.name, obj.post, obj.organisation.name)))
