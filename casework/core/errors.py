"""Refusals that people read: known, expected, never logged as faults.

Everything that is not a ``CaseworkError`` propagates and is a fault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class CaseworkError(Exception):
    """A refusal with a sentence for the reader, a stable code and details for programs."""

    code = "refused"
    status = 409

    def __init__(self, message: str, *, code: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = str(message)
        self.code = code or self.code
        self.details = dict(details or {})


class NotAllowed(CaseworkError):
    """The actor may know the object but may not do this act."""

    code = "not_allowed"
    status = 403


class Invalid(CaseworkError):
    """The input cannot be used; ``details`` maps field names to sentences."""

    code = "invalid"
    status = 400


class Refused(CaseworkError):
    """A rule of law or of the house forbids it; ``article`` names the rule."""

    code = "refused"

    def __init__(
        self,
        message: str,
        *,
        article: str = "",
        code: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, code=code, details={**(details or {}), **({"article": article} if article else {})})
        self.article = article


class Stale(CaseworkError):
    """Somebody else changed the object since the reader's page was drawn."""

    code = "stale"
    status = 412


@dataclass(frozen=True)
class Missing:
    """One thing that a step still needs: a sentence, and where it is put right."""

    text: str
    url: str = ""
    verb: str = ""


class NotReady(CaseworkError):
    """A step cannot be taken yet; ``missing`` names all that is missing, never the first only."""

    code = "not_ready"

    def __init__(self, message: str, missing: Sequence[Missing]) -> None:
        super().__init__(message, details={"missing": [{"text": str(m.text), "url": m.url} for m in missing]})
        self.missing = tuple(missing)
