"""Looking for words in the raw text of a file, whatever the readers made of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from evidence.models.logs import LogRun
from evidence.parsing.source import Broken, Source
from evidence.selectors.logs import members_of, said

#: Lines that a search shows.
HITS: Final = 200


@dataclass(frozen=True)
class Hit:
    """A line of a file that holds what was looked for."""

    member: str
    offset: int
    text: str


def search_raw(run: LogRun, words: str) -> Iterator[Hit]:
    """Yield the first lines that hold the words, whatever the readers made of them. Capital letters do not matter."""
    pattern = re.compile(
        b"|".join({re.escape(words.encode(codec, "ignore")) for codec in ("utf-8", "gb18030")} - {b""}), re.IGNORECASE
    )
    left = HITS
    for member in members_of(run.file):
        try:
            for hit in _hits(member, pattern):
                yield hit
                left -= 1
                if not left:
                    return
        except (OSError, EOFError, Broken):
            continue


def _hits(source: Source, pattern: re.Pattern[bytes]) -> Iterator[Hit]:
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
            told = -1
            for found in pattern.finditer(text, 0, cut):
                begin = text.rfind(b"\n", 0, found.start()) + 1
                if begin == told:
                    continue
                told = begin
                end = text.find(b"\n", found.end())
                yield Hit(source.name, base + begin, said(text[begin : end if end >= 0 else None][:600]))
            base, tail = base + cut, text[cut:]
            if not data:
                return
