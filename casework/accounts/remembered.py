"""Whose a session or a token was when it was last asked for: a guess at what to read along, deciding nothing.

Session and user are read by one statement once the process can guess whose the session is; the answer tells whether it
was right. Nothing is remembered of rights: a guess is checked against what was read just then.
"""

from typing import Final

_MOST: Final = 10_000
_whose: Final[dict[str, int]] = {}


def remember(key: str, user_id: int) -> None:
    """Remember whose it is."""
    if len(_whose) >= _MOST:
        _whose.clear()
    _whose[key] = user_id


def forget(key: str) -> None:
    """Guess no more, for it has ended."""
    _whose.pop(key, None)


def whose(key: str | None) -> int | None:
    """Return the key of the user whose it was last time."""
    return _whose.get(key) if key else None
