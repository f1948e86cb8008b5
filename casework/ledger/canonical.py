"""The exact bytes of an entry: RFC 8785 (JCS), strings and whole numbers only. Plain Python, no Django."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import rfc8785

MAX_BYTES = 65_535  # C2SP tlog-tiles: an entry's length is two bytes
MAX_WHOLE = 2**53 - 1  # larger ones lose digits in other readers


class Uncanonical(ValueError):
    """A payload holds something that has no single exact form."""


def plain(value: Any, path: str = "$") -> Any:
    """Return the value with dates and decimals as strings; refuse floats and unknown types.

    A float has no form that every reader reproduces, so quantities travel as decimal strings.
    """
    try:
        return _plain(value)
    except Uncanonical:
        return _named(value, path)  # again, to say where


def _plain(value: Any) -> Any:
    """Return what ``plain`` does for the types that nearly all values have; the others go the longer way."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is dict:
        return {key if type(key) is str else str(key): _plain(item) for key, item in value.items()}
    if kind is int and -MAX_WHOLE <= value <= MAX_WHOLE:
        return value
    if kind is list or kind is tuple:
        return [_plain(item) for item in value]
    return _named(value, "$")


def _named(value: Any, path: str) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_WHOLE:
            raise Uncanonical(f"{path}: {value} is too large, write it as a string")
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _named(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [_named(item, f"{path}[{number}]") for number, item in enumerate(items)]
    raise Uncanonical(f"{path}: {type(value).__name__} has no canonical form")


#: Writes what RFC 8785 asks for when no character lies beyond the first plane: keys are then sorted alike.
_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def encode(payload: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of the payload; raises ``Uncanonical``."""
    return checked(canonical_text(payload).encode())


def canonical_text(payload: Mapping[str, Any]) -> str:
    """Return the canonical JSON of the payload as text; raises ``Uncanonical``."""
    value = plain(payload)
    text = _JSON.encode(value)
    try:
        if text.isascii() or len(text.encode("utf-16-le")) == 2 * len(text):
            return text
        return rfc8785.dumps(value).decode()
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise Uncanonical(str(error)) from error


def checked(data: bytes, spare: int = 0) -> bytes:
    """Return the bytes when, with ``spare`` more, they fit into an entry; raises ``Uncanonical``."""
    if len(data) + spare > MAX_BYTES:
        raise Uncanonical(f"an entry may have {MAX_BYTES} bytes, this one has {len(data) + spare}")
    return data
