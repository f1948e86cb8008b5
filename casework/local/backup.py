"""A backup: one folder with the database, the files, the keys and the log, and a list of digests over all of it.

    backup.json            what it is: when, which version, how many entries and files
    database.dump          pg_dump's custom format
    files/AB/CD/DIGEST     evidence files, named by digest
    secrets/               secret_key, signing_key (unless they are given by the environment)
    signer/state.json      what the signer remembers
    ledger/                the log as static files (C2SP tlog-tiles)
    demo-accounts.json     on a demo instance
    manifest-sha256.txt    digest and path of everything above

The folder opens every secret of the instance: keep it as its database is kept.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from casework.files import storage
from casework.files.models import Blob
from casework.ledger import tree
from casework.ledger.publication import write_log
from casework.ledger.signer import state_path
from casework.local import paths, postgres
from casework.local.process import LocalServiceError

FORMAT = 1
FACTS, DUMP, MANIFEST = "backup.json", "database.dump", "manifest-sha256.txt"
CHUNK = 1 << 20
Tell = Callable[[str], None]


class BackupError(Exception):
    """The backup or the restore cannot be done; the text says why and what helps."""


def make_backup(folder: Path, *, at: datetime, tell: Tell) -> dict[str, Any]:
    """Write a backup into an empty folder and return what it holds. The instance may be running.

    The dump is one moment of the database; files and log are write-once and are copied after it, so everything that it
    speaks of is there.

    Raises:
        BackupError: the folder is not empty, or a part could not be written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder}: 文件夹不是空的，可以换一个 / not empty, give another folder")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    home = Path(settings.CASEWORK_HOME)
    for name in ("secrets", "signer"):  # before the dump: the signer must not remember more than the copy holds
        _copy_folder(home / name, folder / name)
    tell("· 数据库 / database")
    _dump(folder / DUMP)
    tell("· 文件 / files")
    files = sum(1 for _one in _copy_files(folder / "files"))
    newest = tree.newest()
    if newest is not None:
        tell("· 账本 / ledger")
        write_log(folder / "ledger", newest)
    if (home / "demo-accounts.json").is_file():
        shutil.copyfile(home / "demo-accounts.json", folder / "demo-accounts.json")
    facts = {
        "format": FORMAT,
        "made_at": at.isoformat(),
        "entries": newest.size if newest else 0,
        "files": files,
        "migrations": _migrations(),
        "demo": (paths.run_dir(home) / "demo.stamp").exists(),
        "signer": state_path().exists(),
    }
    (folder / FACTS).write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    lines = [f"{digest_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in parts_of(folder)]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8")
    return facts


def tool(name: str) -> str:
    """Return PostgreSQL's program of that name, of the embedded server, ``CASEWORK_PG_HOME`` or the machine.

    Raises:
        BackupError: there is none.
    """
    try:
        path = postgres.bin_dir() / name
    except LocalServiceError:
        path = None
    if path is not None and path.exists():
        return str(path)
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"找不到 {name}：可以安装 PostgreSQL 18 的客户端程序，或用 CASEWORK_PG_HOME 指定"
            f" / {name} is missing: install PostgreSQL 18's client programs, or set CASEWORK_PG_HOME"
        )
    return found


def server() -> tuple[list[str], dict[str, str]]:
    """Return how PostgreSQL's programs reach the server as its owner: options and environment."""
    facts = connection.settings_dict
    options = [
        word
        for option, key in (("--host", "HOST"), ("--port", "PORT"), ("--username", "USER"))
        if facts[key]
        for word in (option, str(facts[key]))
    ]
    return options, {**os.environ, "PGPASSWORD": str(facts["PASSWORD"] or ""), "PGCLIENTENCODING": "UTF8"}


def run_tool(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs against the instance's server; raises ``BackupError``."""
    options, environment = server()
    done = subprocess.run(
        [tool(name), *options, "--no-password", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError(f"{name}: {done.stderr.strip()[-2000:]}")


def _dump(target: Path) -> None:
    run_tool("pg_dump", "--format=custom", f"--file={target}", str(connection.settings_dict["NAME"]))
    target.chmod(0o600)


def _migrations() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select app || '.' || name from django_migrations order by id")
        return [name for (name,) in cursor.fetchall()]


def _copy_folder(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*", "*.new"))
        target.chmod(0o700)


def _copy_files(target: Path) -> Iterator[Path]:
    """Copy every stored file that the database knows."""
    for digest in Blob.objects.order_by("sha256").values_list("sha256", flat=True).distinct().iterator():
        path = target / digest[:2] / digest[2:4] / digest
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with storage.open_blob(digest) as source:
                copied = copy_checked(source, path)
        except FileNotFoundError:
            continue  # lost before; the scrub and the restore's last check say so
        if copied != digest:
            raise BackupError(f"{digest}: 文件已改动，不能当作备份 / the stored file was altered")
        yield path


def copy_checked(source: Any, target: Path) -> str:
    """Copy an open file to a path and return its SHA-256."""
    digest = hashlib.sha256()
    with target.open("wb") as out:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def parts_of(folder: Path) -> list[Path]:
    """Return every file of a backup but its manifest, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)


def check_backup(folder: Path) -> dict[str, Any]:
    """Return what a backup holds when all of it is there and unchanged; raises ``BackupError``."""
    try:
        facts: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
        listed = {name: digest for digest, _spaces, name in (line.partition("  ") for line in lines)}
        if facts["format"] != FORMAT:
            raise BackupError(f"{folder}: 备份格式 {facts['format']} 读不了 / format not known")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{folder}: 不是备份 / not a backup: {error}") from error
    present = {path.relative_to(folder).as_posix() for path in parts_of(folder)}
    wrong = sorted(present ^ set(listed)) + [
        name for name in sorted(present & set(listed)) if digest_of(folder / name) != listed[name]
    ]
    if wrong:
        raise BackupError(f"{folder}: 备份缺了或改了 / missing or altered: {', '.join(wrong[:10])}")
    return facts
