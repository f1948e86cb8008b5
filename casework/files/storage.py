"""Write-once storage, on disk or on an S3 server: a file's name is its digest."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from django.conf import settings

from casework.env import BadSetting
from casework.files.errors import differs

if TYPE_CHECKING:
    from casework.files.s3 import S3Store

#: What a look at the beginning of a file takes of it.
HEAD = 64 * 1024 + 1
#: How the names of received files begin that were there already; the sweep throws them away.
ASIDE = "aside-"


def root() -> Path:
    """Return the folder of this machine: of the files themselves, or of what is received before an S3 server has it."""
    parts = urlsplit(settings.CASEWORK_STORAGE)
    if parts.scheme == "s3":
        return Path(settings.CASEWORK_HOME) / "files"
    if parts.scheme != "file":
        raise BadSetting(f"CASEWORK_STORAGE={settings.CASEWORK_STORAGE}: file:///folder or s3://bucket is needed")
    return Path(unquote(parts.path))


def server() -> "S3Store | None":
    """Return the S3 server that holds the files; None when they lie on disk."""
    if not settings.CASEWORK_STORAGE.startswith("s3:"):
        return None
    return _server(
        settings.CASEWORK_STORAGE,
        settings.CASEWORK_S3_ENDPOINT,
        settings.CASEWORK_S3_REGION,
        settings.CASEWORK_S3_KEY,
        settings.CASEWORK_S3_CA,
        settings.CASEWORK_S3_LOCK,
    )


@lru_cache(maxsize=4)
def _server(where: str, endpoint: str, region: str, key: str, authority: str, lock: str) -> "S3Store":
    from casework.files.s3 import S3Store  # noqa: PLC0415  (loaded only where the files lie on a server)
    from casework.files.s3_wire import Place, trust  # noqa: PLC0415

    parts, address = urlsplit(where), urlsplit(endpoint)
    if not parts.netloc:
        raise BadSetting(f"CASEWORK_STORAGE={where}: s3://bucket or s3://bucket/folder is needed")
    if address.scheme not in {"http", "https"} or not address.netloc or address.path.strip("/"):
        raise BadSetting(f"CASEWORK_S3_ENDPOINT={endpoint!r}: https://host:port is needed")
    access, colon, secret = key.partition(":")
    if not (access and colon and secret):
        raise BadSetting("CASEWORK_S3_KEY: the access key and the secret key with a colon between them are needed")
    mode, colon, days = lock.partition(":")
    if lock and (mode not in {"GOVERNANCE", "COMPLIANCE"} or not days.isdecimal() or int(days) < 1):
        raise BadSetting(f"CASEWORK_S3_LOCK={lock!r}: GOVERNANCE:days or COMPLIANCE:days is needed")
    try:
        trust(authority)
    except OSError as error:
        raise BadSetting(f"CASEWORK_S3_CA={authority}: a file of certificates (PEM) is needed") from error
    folder = unquote(parts.path).strip("/")
    place = Place(endpoint, parts.netloc, f"{folder}/" if folder else "", region, access, secret, authority)
    return S3Store(place, (mode, int(days)) if lock else None)


def check() -> None:
    """See that the settings can be understood; raises ``BadSetting``. No server is asked."""
    root()
    server()


def incoming() -> Path:
    """Return the folder of files that are still being received."""
    folder = root() / "incoming"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def path_of(sha256: str) -> Path:
    """Return where the file with that digest lies on disk."""
    return root() / sha256[:2] / sha256[2:4] / sha256


def holds(sha256: str) -> bool:
    """Tell whether the file is there; not whether it is what it was."""
    store = server()
    return path_of(sha256).is_file() if store is None else store.size_of(sha256) is not None


def keep(received: Path, sha256: str) -> None:
    """Put a received, synced file into its place for good; what lies there already is never written again.

    Raises:
        StorageAway: the server does not answer; the received file is still there.
        Refused: in its place lies something else.
    """
    store = server()
    if store is None:
        _keep_on_disk(received, sha256)
        return
    store.keep(received, sha256)
    received.unlink()


def _keep_on_disk(received: Path, sha256: str) -> None:
    target = path_of(sha256)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if target.exists():
        if target.stat().st_size != received.stat().st_size:
            raise differs()
        # Moved aside and thrown away by the next sweep: to free a large file takes as long as it is large, and who
        # waits for his upload would see by that, and by the room it takes, that the same bytes were there.
        target = incoming() / f"{ASIDE}{uuid4()}"
    received.chmod(0o400)
    os.replace(received, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name must survive a power cut as well as the bytes
    finally:
        os.close(folder)


def open_blob(sha256: str) -> BufferedReader:
    """Open the file for reading and seeking; raises FileNotFoundError when storage has lost it."""
    store = server()
    return path_of(sha256).open("rb") if store is None else store.open(sha256)


@contextmanager
def at_hand(sha256: str, *, whole: Callable[[bytes, int], bool] | None = None) -> Iterator[Path]:
    """Give the file as one of this machine, only to be read, for programs that need a path.

    What lies on a server is fetched for so long; where ``whole``, asked with the beginning and the size, says no, the
    beginning is all that is fetched. Raises FileNotFoundError when storage has lost it.
    """
    store = server()
    if store is None:
        path = path_of(sha256)
        if not path.is_file():
            raise FileNotFoundError(path)
        yield path
        return
    handle, name = tempfile.mkstemp(dir=incoming(), prefix="hand-")
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as out, store.open(sha256) as stream:
            head = stream.read(HEAD)
            out.write(head)
            if whole is None or whole(head, stream.seek(0, os.SEEK_END)):
                stream.seek(len(head))
                shutil.copyfileobj(stream, out, 1 << 20)
        yield path
    finally:
        path.unlink(missing_ok=True)


def sweep(*, before: datetime) -> int:
    """Throw away what was there already, and what was begun on a server and never made whole; returns how many files."""
    aside = list(incoming().glob(f"{ASIDE}*"))
    for path in aside:
        path.unlink(missing_ok=True)
    store = server()
    return len(aside) + (0 if store is None else store.sweep(before=before))
