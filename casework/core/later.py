"""Libraries that weigh much and that many processes never use: loaded at their first use, not at the start."""

from importlib import import_module
from typing import Any


class later:  # noqa: N801  (reads as a word: ``typst = later("typst")``)
    """Stands for a module until something of it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        """Load the module, or find it loaded, and return what it has under that name."""
        found = getattr(import_module(self._name), attribute)
        setattr(self, attribute, found)
        return found
