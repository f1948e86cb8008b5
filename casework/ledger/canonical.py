"""The exact bytes of an entry: RFC 8785 (JCS), strings and whole numbers only. Plain Python, no Django."""

import json
from collections.abc import Callable, Mapping
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
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_WHOLE:
            raise Uncanonical(f"{path}: {value} is too large, write it as a string")
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [plain(item, f"{path}[{number}]") for number, item in enumerate(items)]
    raise Uncanonical(f"{path}: {type(value).__name__} has no canonical form")


def moment(at: datetime) -> str:
    """Return the moment as entries write it: universal time, six digits of a second, e.g. 2021-09-06T02:42:00.000000Z."""
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat(timespec="microseconds")[:-6] + "Z"


def encode(payload: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of the payload; raises ``Uncanonical``."""
    return checked(canonical_text(payload).encode())


def canonical_text(payload: Mapping[str, Any]) -> str:
    """Return the canonical JSON of the payload as text; raises ``Uncanonical``."""
    try:
        try:
            text = _text(payload)
        except TypeError:  # a key that is no text
            text = _JSON.encode(plain(payload))
        # Keys are sorted as the standard asks for when no character lies beyond the first plane.
        if text.isascii() or len(text.encode("utf-16-le")) == 2 * len(text):
            return text
        return rfc8785.dumps(plain(payload)).decode()
    except Uncanonical:
        plain(payload)  # again, to say where
        raise
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise Uncanonical(str(error)) from error


#: A text between its quotation marks, with exactly the escapes that RFC 8785 asks for.
quoted: Callable[[str], str] = json.encoder.encode_basestring


def _text(value: Any) -> str:
    """Return the JSON of a value with sorted keys; the types that nearly all values have come first."""
    kind = type(value)
    if kind is str:
        return quoted(value)
    if value is None:
        return "null"
    if kind is int and -MAX_WHOLE <= value <= MAX_WHOLE:
        return str(value)
    if kind is dict:
        return "{" + ",".join([f"{quoted(key)}:{_text(value[key])}" for key in sorted(value)]) + "}"
    if kind is list or kind is tuple:
        return "[" + ",".join([_text(item) for item in value]) + "]"
    return _JSON.encode(plain(value))


#: For what is rare: members of enumerations, sets, other mappings.
_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def checked(data: bytes, spare: int = 0) -> bytes:
    """Return the bytes when, with ``spare`` more, they fit into an entry; raises ``Uncanonical``."""
    check_size(len(data) + spare)
    return data


def check_size(size: int) -> None:
    """Refuse what does not fit into an entry; raises ``Uncanonical``."""
    if size > MAX_BYTES:
        raise Uncanonical(f"an entry may have {MAX_BYTES} bytes, this one has {size}")
