"""The one policy table: which act, by which roles, under which further condition.

*Which rows* is ``visible_to`` (SQL); *which acts* is here. Apps register their acts when they load
(``<app>/policy.py``); the same table draws buttons, guards services and fills the API's ``actions``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from casework.access.models import Recusal
from casework.accounts.models import User
from casework.core.errors import NotAllowed

#: Returns a sentence that says why not, or "" when the act is allowed.
Check = Callable[[User, Any], str]


@dataclass(frozen=True)
class Act:
    """One row of the table."""

    name: str
    roles: frozenset[str]
    label: str | Promise
    check: Check | None = None
    #: Whoever stands back may still do it: it takes him out of the matter and tells him nothing.
    leaving: bool = False


_acts: dict[str, Act] = {}


def register_act(
    name: str, *, roles: Iterable[str], label: str | Promise, check: Check | None = None, leaving: bool = False
) -> None:
    """Add an act; a second registration of the same name is a mistake."""
    if name in _acts:
        raise ValueError(f"act {name} is registered twice")
    _acts[name] = Act(name, frozenset(roles), label, check, leaving)


def acts() -> dict[str, Act]:
    """Return the whole table, for the documentation and the tests."""
    return dict(_acts)


def why_not(user: User, name: str, obj: Any = None) -> str:
    """Return "" when the user may do the act, else a sentence with the reason."""
    act = _acts[name]
    if not user.is_active or user.roles.isdisjoint(act.roles):
        return _("不能%(act)s：您没有办理这件事的职责。可以请有职责的同事办理。") % {"act": act.label}
    if not act.leaving and _stands_back(user, obj):
        return _("不能%(act)s：您已回避。依据监察法第六十七条。可以由未回避的同事办理。") % {"act": act.label}
    return act.check(user, obj) if act.check else ""


def _stands_back(user: User, obj: Any) -> bool:
    """Tell whether the user is recused; a page that asks for many acts has looked once (``recused_known``)."""
    compartment_id = getattr(obj, "compartment_id", None)
    if not compartment_id:
        return False
    known: bool | None = getattr(obj, "recused_known", {}).get(user.pk)
    if known is not None:
        return known
    return Recusal.objects.standing().filter(compartment_id=compartment_id, user=user).exists()


def can(user: User, name: str, obj: Any = None) -> bool:
    """Tell whether the user may do the act on the object (which he may already see)."""
    return not why_not(user, name, obj)


def require(user: User, name: str, obj: Any = None) -> None:
    """Raise ``NotAllowed`` with the reason unless the user may do the act."""
    reason = why_not(user, name, obj)
    if reason:
        raise NotAllowed(reason, details={"act": name})


def get_visible(queryset: Any, user: User, **lookup: Any) -> Any:
    """Return the row, or raise the same 404 for absent and forbidden."""
    found = queryset.visible_to(user).filter(**lookup).first()
    if found is None:
        raise Http404
    return found
