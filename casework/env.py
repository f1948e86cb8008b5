"""Typed readers for environment variables; a wrong value fails at start with its name.

Secrets may also come from a file: ``NAME_FILE`` holds the path (Docker and systemd credentials).
"""

import os
from pathlib import Path


class BadSetting(Exception):
    """An environment variable holds something that cannot be used."""


def env_str(name: str, default: str = "") -> str:
    """Return the variable, or the content of the file named by ``NAME_FILE``."""
    value = os.environ.get(name)
    if value is not None:
        return value
    path = os.environ.get(f"{name}_FILE")
    if path is None:
        return default
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSetting(f"{name}_FILE={path}: {error.strerror}") from error


def env_int(name: str, default: int) -> int:
    """Return the variable as a whole number."""
    value = env_str(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise BadSetting(f"{name}={value!r}: a whole number is needed") from error


def env_bool(name: str, default: bool = False) -> bool:
    """Return the variable as yes/no; only the usual words are understood."""
    value = env_str(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(f"{name}={value!r}: use 1 or 0")


def env_list(name: str, default: str = "") -> list[str]:
    """Return a comma separated variable as a list without empty entries."""
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]
