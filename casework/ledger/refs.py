"""Readable names and addresses for the text references of entries and notices (``"case:42"``).

The ledger knows no app above it; each app registers how its references are shown, and to whom.
"""

from collections.abc import Callable
from dataclasses import dataclass

from casework.accounts.models import User


@dataclass(frozen=True)
class Resolved:
    """How a reference is shown to one reader."""

    label: str
    url: str


Resolver = Callable[[int, User], Resolved | None]
_resolvers: dict[str, Resolver] = {}


def register_ref(noun: str, resolver: Resolver) -> None:
    """Let ``resolver(pk, user)`` answer for ``noun:pk``; it returns None when the reader may not know of it."""
    _resolvers[noun] = resolver


def resolve(ref: str, user: User) -> Resolved | None:
    """Return label and address of the reference for this reader, or None."""
    noun, _, pk = ref.partition(":")
    resolver = _resolvers.get(noun)
    if resolver is None or not pk.isdigit():
        return None
    return resolver(int(pk), user)
