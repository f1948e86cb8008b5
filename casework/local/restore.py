"""Restoring a backup: the database, the files, the keys; then the record is brought to the last published checkpoint
and everything is verified."""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection

from casework.files import storage
from casework.files.models import Blob
from casework.files.services.blobs import digests_of
from casework.ledger import tree
from casework.ledger.checks_tree import whole_log
from casework.ledger.integrator import log_folder
from casework.ledger.publication import write_log
from casework.ledger.replay import Head, ReplayError, floor_of, head_of, replay
from casework.ledger.signer import LedgerSigner, RefusedError, state_path
from casework.local import paths, schema
from casework.local.backup import DUMP, BackupError, Tell, check_backup, copy_checked, run_tool

EMPTY = "select not exists (select from pg_class where relname = 'entry' and relnamespace = to_regnamespace('ledger'))"


@dataclass(frozen=True)
class Restored:
    """What a restore did: entries after it, how many of them came from the log's files, and what is wrong."""

    entries: int
    replayed: int
    kept_database: str
    faults: list[str]


def restore_backup(folder: Path, *, logs: Sequence[Path], stamp: str, tell: Tell) -> Restored:
    """Put a backup in place of the instance's database, files and keys.

    ``logs`` are folders with exports or mirrors of the log. What the instance has published before, as far as its own
    state directory or these folders tell, is not gone below: missing entries are replayed from the log's files. The
    present database is renamed, not dropped. ``stamp`` goes into its new name.

    Raises:
        BackupError: the backup is damaged, or the instance is in use; nothing was changed.
        ReplayError: the log cannot be brought to the last published checkpoint; nothing was changed.
    """
    tell("· 核对备份 / checking the backup")
    facts = check_backup(folder)
    home = Path(settings.CASEWORK_HOME)
    present = _present_log(tell)
    floor = _floor(folder, [*logs, *present])
    tell("· 数据库 / database")
    kept = _swap_database(folder / DUMP, stamp)
    tell("· 文件和钥匙 / files and keys")
    _copy_home(folder, home)
    _copy_files(folder / "files")
    call_command("migrate", verbosity=0, interactive=False)
    replayed = 0
    if floor is not None:
        tell(f"· 账本到已公布的 {floor.size:,} 条 / the record, to the {floor.size:,} entries that were published")
        replayed = replay(floor)
        _sign_on(home, floor)
    with_demo = paths.run_dir(home) / "demo.stamp"
    if facts.get("demo"):  # the demonstration is in the database: it is not played again
        with_demo.write_text(schema.identity(home), encoding="utf-8")
    tell("· 全部核验 / verifying everything")
    faults = [*whole_log(), *_file_faults()]
    return Restored(tree.head().size, replayed, kept, faults)


def _present_log(tell: Tell) -> list[Path]:
    """Write out what the present database has published, before it is put aside; return the instance's log folder."""
    folder = log_folder()
    try:
        newest = tree.newest() if _has_ledger() else None
        if newest is not None:
            write_log(folder, newest)
    except (DatabaseError, OSError) as error:
        tell(f"  现有的数据库读不了，只用账本文件 / the present database is unreadable, using the log's files: {error}")
    finally:
        connection.close()
    return [folder] if (folder / "checkpoint").is_file() else []


def _has_ledger() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('ledger.checkpoint') is not null")
        (found,) = cursor.fetchone()
    return bool(found)


def _floor(folder: Path, logs: Sequence[Path]) -> Head | None:
    """Return the highest checkpoint that the instance is known to have published, with a folder that reaches it."""
    vkeys = [path.read_text(encoding="utf-8").strip() for path in [folder / "ledger" / "vkey"] if path.is_file()] or [
        path.read_text(encoding="utf-8").strip() for one in logs if (path := one / "vkey").is_file()
    ]
    heads = []
    for log in (folder / "ledger", *logs):
        if not (log / "checkpoint").is_file():
            if log in logs:
                raise BackupError(f"{log}: 没有 checkpoint / no checkpoint")
            continue
        found = head_of((log / "checkpoint").read_text(encoding="utf-8"), vkeys, str(log), log)
        if found is None:
            raise ReplayError(f"{log}: 不是这个账本的检查点 / not a checkpoint of this log")
        heads.append(found)
    for state in (folder / "signer" / "state.json", state_path()):
        if state.is_file():
            found = head_of(_note_in(state), vkeys, str(state))
            if found is not None:
                heads.append(found)
    floor = floor_of(heads)
    if floor is not None and floor.folder is None:
        reached = max((head.size for head in heads if head.folder), default=0)
        raise ReplayError(
            f"{floor.place} 签过 {floor.size} 条，手上的账本文件只到 {reached} 条。可以用 --log 指明更新的导出或镜像。"
            f" / {floor.size} entries were signed, the files at hand reach {reached}: give a newer log with --log"
        )
    return floor


def _note_in(state: Path) -> str:
    try:
        return str(json.loads(state.read_text(encoding="utf-8"))["note"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _swap_database(dump: Path, stamp: str) -> str:
    """Load the dump into a new database that takes the present one's name; return the name the old one has now."""
    name = str(connection.settings_dict["NAME"])
    draft, aside = f"{name}_restoring", f"{name}_before_{stamp}"
    with _maintenance() as server:
        server.execute(f'drop database if exists "{draft}" with (force)')
        server.execute(f'create database "{draft}"')
    run_tool("pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={draft}", str(dump))
    with _maintenance() as server:
        others = server.execute("select count(*) from pg_stat_activity where datname = %s", [name]).fetchone()
        if others and others[0]:
            server.execute(f'drop database "{draft}" with (force)')
            raise BackupError(
                "数据库正在使用，可以先停止实例（make stop）/ the database is in use: stop the instance first (make stop)"
            )
        kept = ""
        if server.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            if _is_empty(name):
                server.execute(f'drop database "{name}"')
            else:
                kept = aside
                server.execute(f'alter database "{name}" rename to "{aside}"')
        server.execute(f'alter database "{draft}" rename to "{name}"')
    return kept


def _maintenance() -> "psycopg.Connection[tuple[object, ...]]":
    """Connect as the owner to the server's own database."""
    return connect("postgres")


def connect(database: str) -> "psycopg.Connection[tuple[object, ...]]":
    """Connect to a database of the instance's server as this process does."""
    facts = connection.settings_dict
    return psycopg.connect(
        dbname=database,
        host=facts["HOST"] or None,
        port=facts["PORT"] or None,
        user=facts["USER"] or None,
        password=facts["PASSWORD"] or None,
        autocommit=True,
    )


def _is_empty(name: str) -> bool:
    with connect(name) as link:
        if (row := link.execute(EMPTY).fetchone()) and row[0]:
            return True
        row = link.execute("select not exists (select from ledger.entry)").fetchone()
    return bool(row and row[0])


def _copy_home(folder: Path, home: Path) -> None:
    """Put keys and accounts in place; the signer's memory follows from the record and is written later."""
    if (folder / "secrets").is_dir():
        (home / "secrets").mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in (folder / "secrets").iterdir():
            target = home / "secrets" / path.name
            target.unlink(missing_ok=True)
            shutil.copyfile(path, target)
            target.chmod(0o600)
    if (folder / "demo-accounts.json").is_file():
        shutil.copyfile(folder / "demo-accounts.json", home / "demo-accounts.json")
        (home / "demo-accounts.json").chmod(0o600)


def _copy_files(source: Path) -> None:
    for path in source.rglob("*") if source.is_dir() else ():
        if not path.is_file() or storage.holds(path.name):
            continue
        received = storage.incoming() / path.name
        with path.open("rb") as stream:
            if copy_checked(stream, received) != path.name:
                raise BackupError(f"{path}: 文件与名称中的摘要不符 / differs from the digest in its name")
        storage.keep(received, path.name)


def _sign_on(home: Path, floor: Head) -> None:
    """Let the signer continue from the floor, publish it again, and write the log's files."""
    state = state_path()
    if state.exists():
        state.replace(state.with_name("state.before-restore.json"))
    signer = LedgerSigner()
    try:
        signer.trust(floor.note)
        signer.sign()
    except RefusedError as error:
        raise ReplayError(str(error)) from error
    newest = tree.newest()
    if newest is not None:
        write_log(log_folder(), newest)


def _file_faults() -> Iterator[str]:
    """Yield which stored files are missing or altered."""
    for digest in Blob.objects.order_by("sha256").values_list("sha256", flat=True).distinct().iterator():
        try:
            with storage.open_blob(digest) as stream:
                found = digests_of(stream).sha256
        except FileNotFoundError:
            yield f"文件 {digest[:16]}…：不在存储中 / missing"
            continue
        if found != digest:
            yield f"文件 {digest[:16]}…：已改动 / altered"
