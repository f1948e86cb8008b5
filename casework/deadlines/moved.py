"""Whoever keeps a due date beside its own rows hears when a clock's date moves, in the transaction that moves it."""

from collections.abc import Callable, Mapping
from datetime import date

#: Given references of one kind and their new due dates.
Handler = Callable[[Mapping[int, date]], None]
_handlers: dict[str, Handler] = {}


def register_moved(name: str, handler: Handler) -> None:
    """Let ``handler`` follow the clocks on ``name:<pk>``; called when an app loads."""
    _handlers[name] = handler


def tell_moved(dates: Mapping[str, date]) -> None:
    """Tell those who follow clocks on these references; a fault in one of them takes the whole act with it."""
    by_name: dict[str, dict[int, date]] = {}
    for ref, day in dates.items():
        name, _colon, pk = ref.partition(":")
        if name in _handlers and pk.isdigit():
            by_name.setdefault(name, {})[int(pk)] = day
    for name, found in by_name.items():
        _handlers[name](found)
