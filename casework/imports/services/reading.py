"""Reading a large file apart from the page: in parts that each commit, with progress, and until somebody stops it.

What is committed on the way are rows of a preview; nothing of the register is written. A worker that dies loses its
rows: whoever takes the run up begins with none.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from casework.access.models import Compartment
from casework.access.policy import require
from casework.accounts.models import User
from casework.files import storage
from casework.imports.enums import RunState
from casework.imports.models import ImportRow, ImportRun
from casework.imports.registry import kind_named
from casework.imports.services.runs import context_of, note_read
from casework.imports.services.staging import stage_parts
from casework.imports.tables import Unusable, digest

#: A file up to this size is read while the page waits: some ten thousand rows.
AT_ONCE = 2 * 1024**2
#: Rows of one part.
PART = 20_000
#: A run that has not moved for so long has lost its worker.
LOST_AFTER = timedelta(seconds=120)


def receive_file(
    pieces: Iterable[bytes],
    kind: str,
    *,
    actor: User,
    at: datetime,
    name: str,
    sampled_at: datetime | None = None,
    compartment: Compartment | None = None,
) -> ImportRun:
    """Keep the file and open a run for a worker to read (``go_on_reading``)."""
    found = kind_named(kind)
    require(actor, found.act, compartment)
    with transaction.atomic():
        run = ImportRun.objects.create(
            kind=kind,
            file_name=name[:255],
            sha256="0" * 64,
            size=0,
            state=RunState.READING,
            compartment=compartment if found.in_compartment else None,
            sampled_at=sampled_at,
            header={"line": 0, "sheet": "", "texts": [], "columns": {}, "unknown": []},
            read_by=actor,
            read_at=at,
        )
        path = kept_file(run)
        with path.open("wb") as out:
            for piece in pieces:
                out.write(piece)
        run.sha256, run.size = digest(path)
        run.save(update_fields=["sha256", "size"])
    return run


def kept_file(run: ImportRun) -> Path:
    """Return where the file lies until it has been read."""
    return storage.incoming() / f"import-{run.pk}.part"


def go_on_reading(run: ImportRun, *, at: datetime) -> ImportRun:
    """Read the file of the run to its end, or until somebody lays it aside; a second worker finds nothing to do."""
    lost = Q(moved_at__isnull=True) | Q(moved_at__lt=Now() - LOST_AFTER)
    if not ImportRun._base_manager.filter(lost, pk=run.pk, state=RunState.READING).update(moved_at=Now(), done=0):
        return run
    run.refresh_from_db()
    path, kind = kept_file(run), kind_named(run.kind)
    with transaction.atomic():
        _drop_rows(run)
    try:
        parts = stage_parts(run, path, kind, context_of(run, at), by_hand=True, part=PART)
        while True:
            with transaction.atomic():
                count = next(parts, None)
                if count is None:
                    break
                going = ImportRun._base_manager.filter(pk=run.pk, state=RunState.READING)
                if not going.update(done=count, moved_at=Now()):
                    parts.close()
                    _drop_rows(run)
                    path.unlink(missing_ok=True)
                    return run
                run.rows = count
        with transaction.atomic():
            row = ImportRun.locked(run.pk)
            if row.state == RunState.READING:
                row.rows, row.header, row.done = run.rows, run.header, run.rows
                note_read(row, kind, mapped=bool(run.header["columns"]), actor=row.read_by, at=at)
                run = row
            else:
                _drop_rows(run)
    except Unusable as error:
        with transaction.atomic():
            _drop_rows(run)
            message = error.message if path.exists() else _("已收的文件不在了。可以重新上传。")
            ImportRun._base_manager.filter(pk=run.pk, state=RunState.READING).update(
                state=RunState.FAILED, message=message[:500]
            )
        run.refresh_from_db()
    path.unlink(missing_ok=True)
    return run


def _drop_rows(run: ImportRun) -> None:
    rows = ImportRow.objects.filter(run=run)
    rows._raw_delete(rows.db)


def lost_readings() -> list[ImportRun]:
    """Return the runs that nobody reads any more."""
    lost = Q(moved_at__lt=Now() - LOST_AFTER) | Q(moved_at__isnull=True)
    return list(ImportRun._base_manager.filter(lost, state=RunState.READING).order_by("pk"))
