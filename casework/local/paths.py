"""Where one instance keeps its state; no Django here, settings read it."""

import hashlib
import os
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def home() -> Path:
    """Return the state directory of this instance (``CASEWORK_HOME``, default ``./var``)."""
    given = os.environ.get("CASEWORK_HOME")
    base = Path(given) if given else CHECKOUT / "var"
    return base.expanduser().resolve()


def socket_dir(state: Path) -> Path:
    """Return the folder of the local sockets.

    A socket path may have 107 bytes at most, so it cannot lie below a deep state directory.
    """
    digest = hashlib.sha256(str(state).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cw-{digest}"


def run_dir(state: Path) -> Path:
    """Return the folder of locks, stamps and process numbers."""
    return _made(state / "run")


def log_dir(state: Path) -> Path:
    """Return the folder of the services' logs."""
    return _made(state / "log")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
