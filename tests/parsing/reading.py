"""What tests of the readers need: reading bytes or a sample, and the invariants that every run keeps."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from casework.local.paths import CHECKOUT
from evidence.parsing.archives import members
from evidence.parsing.events import Event
from evidence.parsing.run import Run, start
from evidence.parsing.source import Source, file_source, unpacked

SAMPLES = CHECKOUT.parent / "shared" / "data" / "logs"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared samples of logs are not there")
REFERENCE = datetime(2021, 12, 16, tzinfo=UTC)


def source_of(data: bytes, name: str = "log") -> Source:
    """Return a source over bytes."""
    return unpacked(Source(name, lambda: io.BytesIO(data), len(data), REFERENCE.timestamp()), data[:6])


def read(
    data: bytes | Path, *, name: str = "auto", file: str = "log", **given: Any
) -> tuple[list[Event], dict[str, Any], Run]:
    """Return (events, summary, run) of bytes or a file, having checked what must hold of every run."""
    source = file_source(data) if isinstance(data, Path) else source_of(data, file)
    given.setdefault("reference", REFERENCE)
    run = start(next(iter(members(source))), name=name, **given)
    events = [event for batch in run.batches() for event in batch]
    said = run.summary()
    assert said["parsed"] + said["unparsed"] == said["lines"]
    assert said["events"] == len(events)
    assert sum(said["kinds"].values()) == sum(event.get("repeat", 1) for event in events)
    return events, said, run


def lines(*text: str) -> bytes:
    """Return lines as the bytes of a file."""
    return ("\n".join(text) + "\n").encode()
