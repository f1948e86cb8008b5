"""Write-once storage on disk: a file's name is its digest."""

import os
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from django.conf import settings

from casework.env import BadSetting


def root() -> Path:
    """Return the folder named by ``CASEWORK_STORAGE``."""
    parts = urlsplit(settings.CASEWORK_STORAGE)
    if parts.scheme != "file":
        raise BadSetting(f"CASEWORK_STORAGE={settings.CASEWORK_STORAGE}: file:///folder is needed")
    return Path(unquote(parts.path))


def incoming() -> Path:
    """Return the folder of files that are still being received."""
    folder = root() / "incoming"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def path_of(sha256: str) -> Path:
    """Return where the file with that digest lies."""
    return root() / sha256[:2] / sha256[2:4] / sha256


def keep(received: Path, sha256: str) -> Path:
    """Move a received, synced file to its place for good; read-only from then on."""
    target = path_of(sha256)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if target.exists():
        received.unlink()
        return target
    received.chmod(0o400)
    os.replace(received, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name must survive a power cut as well as the bytes
    finally:
        os.close(folder)
    return target


def open_blob(sha256: str) -> BinaryIO:
    """Open the file for reading; raises FileNotFoundError when storage has lost it."""
    return path_of(sha256).open("rb")
