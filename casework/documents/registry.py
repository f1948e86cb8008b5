"""What apps above tell of their things: who may know of them, what can be made of them, what lies in their file."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from casework.accounts.models import User
from casework.files.models import Blob


@dataclass(frozen=True)
class Subject:
    """A thing that documents are made of, as one reader may know it."""

    ref: str
    label: str
    url: str
    compartment_id: int
    thing: Any
    #: Documents of the whole circle are shown with it (a case shows those of its penalties and lists).
    whole: bool = False
    #: References whose documents are shown with it, too (a lead or a letter shows its own alone).
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheaf:
    """One piece of a case file (案卷): a stored PDF or picture with its line in the index."""

    title: str
    blob: Blob
    number: str = ""
    day: date | None = None
    who: str = ""


#: Returns the subject when the reader may know of it, else None.
Finder = Callable[[int, User], Subject | None]
#: Returns what the records hold for the inputs of a template; what is missing is asked for.
Collect = Callable[[Any, User, datetime], Mapping[str, Any]]
#: Tells whether a template can be made of this thing now (a receipt only of what was issued).
Fits = Callable[[Any], bool]
#: Returns the attached files of a thing that belong into its case file, in their order.
Sheaves = Callable[[Any, User], Iterable[Sheaf]]

_finders: dict[str, Finder] = {}
_collectors: dict[tuple[str, str], tuple[Collect, Fits | None]] = {}
_sheaves: dict[str, list[Sheaves]] = {}


def register_subject(prefix: str, find: Finder) -> None:
    """Let documents be made of ``prefix:pk``; called when an app loads."""
    _finders[prefix] = find


def register_document(code: str, prefix: str, collect: Collect, fits: Fits | None = None) -> None:
    """Let the template be filled from ``prefix:pk`` by ``collect(thing, user, at)``."""
    _collectors[prefix, code] = (collect, fits)


def register_sheaves(prefix: str, sheaves: Sheaves) -> None:
    """Add files to the case file of ``prefix:pk``."""
    _sheaves.setdefault(prefix, []).append(sheaves)


def subject_of(ref: str, user: User) -> Subject | None:
    """Return the subject when the reader may know of it."""
    prefix, _colon, pk = ref.partition(":")
    find = _finders.get(prefix)
    return find(int(pk), user) if find is not None and pk.isdecimal() and len(pk) < 19 else None


def offered(subject: Subject) -> list[str]:
    """Return the codes of what can be made of the subject now."""
    prefix = subject.ref.partition(":")[0]
    return [
        code
        for (noun, code), (_collect, fits) in _collectors.items()
        if noun == prefix and (fits is None or fits(subject.thing))
    ]


def collected(code: str, subject: Subject, user: User, at: datetime) -> dict[str, Any]:
    """Return what the records hold for the template."""
    collect, _fits = _collectors[subject.ref.partition(":")[0], code]
    return dict(collect(subject.thing, user, at))


def sheaves_of(subject: Subject, user: User) -> list[Sheaf]:
    """Return the attached files of the subject's case file."""
    return [one for add in _sheaves.get(subject.ref.partition(":")[0], []) for one in add(subject.thing, user)]


def has_case_file(subject: Subject) -> bool:
    """Tell whether a case file can be bound of the subject."""
    return subject.ref.partition(":")[0] in _sheaves


def organ_of(user: User) -> str:
    """Return in whose name the user's documents are made: the organisation at the top of his own."""
    organisation = user.organisation
    while organisation.parent is not None:
        organisation = organisation.parent
    return organisation.name
