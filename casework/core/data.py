"""The rules and tables that come with the product as YAML files."""

from pathlib import Path
from typing import Any

import yaml

# The parser in C reads the law in a tenth of the time; every process reads it at its start.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """Return what the file holds; plain values alone, never objects.

    Raises:
        yaml.YAMLError: the file is no YAML.
    """
    return yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 (both loaders are the safe ones)
