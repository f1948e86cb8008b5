"""The instance's secrets: given by the environment, else made once and kept in the state directory."""

import contextlib
import os
import secrets
from pathlib import Path

from casework.env import env_str


def secret(name: str, state: Path) -> str:
    """Return the secret ``name``; on a bare machine make it once, readable by its owner alone."""
    given = env_str(name)
    if given:
        return given
    path = state / "secrets" / name.removeprefix("CASEWORK_").lower()
    if not path.exists():
        _make(path)
    return path.read_text(encoding="utf-8").strip()


def _make(path: Path) -> None:
    """Write a new secret so that it appears under its name only when complete; the first writer wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(secrets.token_urlsafe(48))
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):  # another process of this instance was first
            os.link(draft, path)
    finally:
        draft.unlink()
