"""Stamps of finished work, so that a second start repeats only what changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from casework.local import paths


@contextmanager
def once(state: Path, name: str, value: str) -> Iterator[bool]:
    """Yield whether the work ``name`` is due for ``value``; a block that ends without error makes it done."""
    path = paths.run_dir(state) / f"{name}.stamp"
    due = not path.exists() or path.read_text(encoding="utf-8") != value
    yield due
    if due:
        draft = path.with_suffix(".new")
        draft.write_text(value, encoding="utf-8")
        draft.replace(path)
