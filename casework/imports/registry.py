"""Which lists can be imported. The pipeline is one; each kind says what its columns are and what its rows do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from casework.accounts.models import User
from casework.core.errors import Invalid
from casework.imports.models import ImportRun
from casework.imports.rules import Parse, fold
from casework.web.vocabulary import Text


@dataclass(frozen=True)
class Column:
    """One column: its English name, its Chinese header, how a cell is read, and what to write into it."""

    name: str
    label: str
    parse: Parse
    required: bool = False
    hint: str = ""
    aliases: tuple[str, ...] = ()
    personal: bool = False

    @property
    def headers(self) -> frozenset[str]:
        """Every header by which the column is recognised, folded."""
        return frozenset(header_key(word) for word in (self.name, self.label, *self.aliases))


def header_key(text: str) -> str:
    """Return a header as it is compared: case, spaces, unit brackets and asterisks do not count."""
    return fold(text).lower().replace("_", "").replace("-", "").replace(" ", "").strip("*:").split("(")[0]


@dataclass
class Verdict:
    """What one row would do, as a kind found it."""

    line: int
    outcome: str
    message: str = ""
    changes: dict[str, Any] | None = None
    target: int | None = None


@dataclass(frozen=True)
class Context:
    """What a row may need to be judged by besides its own cells.

    ``now`` is ``at`` in UTC to the second, for comparing texts.
    """

    at: datetime
    sampled_at: datetime | None = None
    now: str = ""


class Kind(Protocol):
    """A kind of list. All its functions run inside the pipeline's transaction."""

    @property
    def name(self) -> str:
        """The kind's name on the command line, e.g. ``units``."""

    @property
    def label(self) -> Text:
        """What people call it."""

    @property
    def act(self) -> str:
        """The act of the policy table that importing needs."""

    @property
    def columns(self) -> Sequence[Column]:
        """The columns it knows."""

    @property
    def in_compartment(self) -> bool:
        """Whether its rows belong to a compartment."""

    def check(self, values: dict[str, Any], context: Context) -> str:
        """Return "" or why the row, taken by itself, cannot be imported."""

    def classify(self, run: ImportRun, *, at: datetime) -> dict[str, Any]:
        """Set outcome, message, changes and target of the run's rows; return further figures."""

    def apply(self, run: ImportRun, *, actor: User | None, at: datetime) -> dict[str, Any]:
        """Write the rows and return further figures."""

    def undo(self, run: ImportRun, *, actor: User | None, at: datetime) -> None:
        """Take the rows back; raise ``NotReady`` with all that rests on them."""


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Add a kind; a second one of the same name is a mistake."""
    if kind.name in _kinds:
        raise ValueError(f"import kind {kind.name} is registered twice")
    _kinds[kind.name] = kind


def kinds() -> dict[str, Kind]:
    """Return every kind by its name."""
    return dict(_kinds)


def kind_named(name: str) -> Kind:
    """Return the kind, or raise ``Invalid`` naming those that exist."""
    if name not in _kinds:
        raise Invalid(f"{name}: {'、'.join(sorted(_kinds))}")
    return _kinds[name]
