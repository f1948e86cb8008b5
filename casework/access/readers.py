"""Who only reads: an auditor traces everything and alters nothing, whichever page or route he asks.

A role that looks at other people's acts must not take part in them. The policy table says so for every act; this says
it once more at the door, before a form is even looked at, so that a view added later cannot forget it.
"""

from typing import Final

from django.utils.translation import gettext as _

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import NotAllowed

#: People who hold no other role than these write nothing but their own business.
READING_ROLES: Final = frozenset({Role.AUDITOR})
# The reader's own account, notices, language and saved searches; sign-in has no namespace of its own.
_OWN_SPACES: Final = frozenset({"", "web", "notices", "search"})
# To approve an erasure is the one decision left to him: it must be somebody who works on no case.
_OWN_ROUTES: Final = {
    "access:own_account",
    "access:revoke_token",
    "ledger:erasure-approve",
    "api:ledger-erasure-approve",
}


def own_business(*routes: str) -> None:
    """Name routes by which a reader leaves word of himself and of nothing else: a tie to declare, a paper read."""
    _OWN_ROUTES.update(routes)


def only_reads(user: User) -> bool:
    """Tell whether the user holds reading roles and no other."""
    return bool(user.roles) and user.roles <= READING_ROLES


def refuse_reader(user: User, namespace: str, route: str) -> None:
    """Raise ``NotAllowed`` when somebody who only reads would write by this route."""
    if not may_write(user, namespace, route):
        raise NotAllowed(_("不能办理：您的职责只是查阅。可以请有职责的同事办理。"))


def may_write(user: User, namespace: str, route: str) -> bool:
    """Tell whether a request that writes may go on to its view."""
    return not only_reads(user) or namespace in _OWN_SPACES or route in _OWN_ROUTES
