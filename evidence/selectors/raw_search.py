"""Looking for words in the raw text of a file, whatever the readers made of it."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Final

from evidence.models.logs import LogRun
from evidence.parsing.source import Broken, Source
from evidence.selectors.log_bytes import said, sources_of

#: Lines that a search shows.
HITS: Final = 200


@dataclass(frozen=True)
class Hit:
    """A line of a file that holds what was looked for."""

    member: str
    offset: int
    text: str


def search_raw(run: LogRun, words: str) -> Iterator[Hit]:
    """Yield the first lines that hold the words, whatever the readers made of them. Capital letters do not matter.

    Raises:
        OSError: the file is gone.
    """
    needles = {words.encode(codec, "ignore").lower() for codec in ("utf-8", "gb18030")} - {b""}
    left = HITS
    for member in sources_of(run):
        try:
            for hit in _hits(member, needles):
                yield hit
                left -= 1
                if not left:
                    return
        except (OSError, EOFError, Broken):
            continue


def _hits(source: Source, needles: Set[bytes]) -> Iterator[Hit]:
    base, tail = 0, b""
    with source.open() as stream:
        while True:
            data = stream.read(4 << 20)
            text = tail + data
            if not text:
                return
            cut = text.rfind(b"\n") + 1 if data else len(text)
            if not cut:
                cut = len(text) if len(text) > 8 << 20 else 0
            # Letters of one size are searched many times faster than a pattern that does not mind the size.
            folded, at = text.lower(), 0
            while (found := _first(folded, needles, at, cut)) >= 0:
                begin, end = text.rfind(b"\n", 0, found) + 1, text.find(b"\n", found)
                yield Hit(source.name, base + begin, said(text[begin : end if end >= 0 else None][:600]))
                at = end + 1 if end >= 0 else cut
            base, tail = base + cut, text[cut:]
            if not data:
                return


def _first(text: bytes, needles: Set[bytes], at: int, end: int) -> int:
    """Return where the first of the words stands; -1 where none does."""
    return min((place for needle in needles if (place := text.find(needle, at, end)) >= 0), default=-1)
