"""The way from a file to what lies packed in it, as the walk of its archives found it: nothing is walked again, or copied.

A way is told in steps: ``gzip``; ``part`` with beginning and length; ``zip`` with beginning, packed and plain length, check
sum and method. A step that is not known here has no way: what lies below bzip2 and xz is found by walking.
"""

from collections.abc import Hashable, Iterable, Sequence
from functools import partial
from typing import IO, Any, cast

from evidence.parsing.archives import Part
from evidence.parsing.inflated import Gunzipped, Unzipped
from evidence.parsing.places import Kept
from evidence.parsing.source import Broken, Source, Way, most_of


def way_of(told: Iterable[Sequence[str | int]]) -> Way:
    """Return a way from what JSON made of it."""
    return tuple(tuple(step) for step in told)


def source_at(file: Source, name: str, way: Way, key: Hashable, kept: Kept) -> Source:
    """Return what lies in a file at the end of a way; ``key`` tells the file from all others."""
    return Source(name, partial(_opened, file, way, key, kept), None, file.modified, way=way)


def _opened(file: Source, way: Way, key: Hashable, kept: Kept) -> IO[bytes]:
    stream: Any = file.open()
    size = file.size
    for number, (step, *numbers) in enumerate(way, 1):
        # An archive that is damaged is read up to the damage, as its walk read it; its members say where they are damaged.
        quiet, place = number < len(way), (key, way[:number])
        if step == "gzip":
            stream = Gunzipped(stream, 0, most_of(size), kept, place, quiet=quiet)
            size = None
        elif step == "part":
            start, size = cast("list[int]", numbers)
            stream.seek(start)
            stream = Part(stream, start, size)
        elif step == "zip":
            start, packed, size, tested, method = cast("list[int]", numbers)
            stream = Unzipped(stream, start, packed, size, tested, method, most_of(packed), kept, place, quiet=quiet)
        else:
            stream.close()
            raise Broken("way")
    return cast("IO[bytes]", stream)
