"""Acts that matter: whoever did one is answered when it is under a signed checkpoint, or told that it still waits."""

from contextvars import ContextVar

from django.db import transaction

_kinds: set[str] = set()
#: Numbers of the weighty entries that the present request has committed; None outside a request.
_committed: ContextVar[list[int] | None] = ContextVar("weighty", default=None)


def register_weighty(*kinds: str) -> None:
    """Let acts of these kinds wait for their checkpoint, e.g. ``item.sealed``."""
    _kinds.update(kinds)


def note(kind: str, pk: int) -> None:
    """Remember the entry for the request's answer, once its transaction commits."""
    noted = _committed.get()
    if kind in _kinds and noted is not None:
        transaction.on_commit(lambda: noted.append(pk))


def begin() -> list[int]:
    """Begin a request; return the list that its weighty entries will be in."""
    noted: list[int] = []
    _committed.set(noted)
    return noted


def end() -> None:
    """End a request."""
    _committed.set(None)
