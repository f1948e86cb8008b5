"""What a redacted bundle leaves out: the names of people, the names of files, and what people said.

Ledger entries are never touched, or their proofs would break: they hold no personal values, only commitments to them.
Contents of other files are evidence and stay byte for byte.
"""

import html
import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from evidence.enums import Kind
from evidence.models import Item, ItemFile

#: Stands for any name, whatever its length.
BAR: Final = "■■■"
#: Evidence that is somebody's own words.
WORDS: Final = frozenset({Kind.TESTIMONY, Kind.STATEMENT})
_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{1,8}")


class Pen:
    """Strikes the given names out; one without names is for a whole bundle and strikes nothing."""

    def __init__(self, names: Iterable[str] | None = None) -> None:
        self._strikes = names is not None
        kept = {name.strip() for name in names or ()}
        # The longest first: a name may begin with another. One character alone would strike half of the report.
        self._names = sorted((name for name in kept if len(name) > 1), key=lambda name: (-len(name), name))

    def text(self, text: str) -> str:
        """Return plain text without the names."""
        for name in self._names:
            text = text.replace(name, BAR)
        return text

    def markup(self, text: str) -> str:
        """Return HTML without the names."""
        for name in self._names:
            text = text.replace(html.escape(name), BAR)
        return text

    def withholds(self, file: ItemFile) -> bool:
        """Tell whether the content of the file stays out of the bundle."""
        # A bundle of another house may hold everything that this one leaves out.
        return self._strikes and (file.item.kind in WORDS or hasattr(file.item, "received_bundle"))

    def item_title(self, item: Item) -> str:
        """Return what the item is called: a record of what somebody said by its kind alone."""
        return item.get_kind_display() if self._strikes and item.kind in WORDS else self.text(item.title)

    def file_name(self, file: ItemFile) -> str:
        """Return what the file is called: names of files often hold names of people."""
        if not self._strikes:
            return file.name
        suffix = PurePosixPath(file.name).suffix
        return f"file{suffix if _SUFFIX.fullmatch(suffix) else ''}"
