"""Who hears of a deadline besides its holder. Leaders and superiors are known above; their apps register here."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence

from casework.deadlines.ladder import HOLDER
from casework.deadlines.models import Deadline

logger = logging.getLogger(__name__)

#: For many deadlines at once: deadline id → role on the ladder (``leader``, ``superior``) → user ids.
People = Mapping[int, Mapping[str, Collection[int]]]
Resolver = Callable[[Sequence[Deadline]], People]
_resolvers: dict[str, Resolver] = {}


def register_recipients(kind: str, resolver: Resolver) -> None:
    """Let ``resolver`` name the leader and the superior for deadlines of a rule, e.g. ``"S02"``."""
    _resolvers[kind] = resolver


def recipients(deadlines: Sequence[Deadline]) -> dict[int, dict[str, set[int]]]:
    """Return for each deadline the user ids by role; the holder is always among them when there is one.

    A resolver that fails costs its own kind the leaders, never the reminder to the holder: the fault is reported.
    """
    found: dict[int, dict[str, set[int]]] = {
        one.pk: {HOLDER: {one.holder_id}} if one.holder_id else {} for one in deadlines
    }
    for kind in {one.kind for one in deadlines} & _resolvers.keys():
        rows = [one for one in deadlines if one.kind == kind]
        try:
            people = _resolvers[kind](rows)
        except Exception:  # one app's fault must not silence the reminders of all others
            logger.exception("recipients of %s could not be found", kind)
            continue
        for pk, roles in people.items():
            for role, users in roles.items():
                found[pk].setdefault(role, set()).update(users)
    return found
