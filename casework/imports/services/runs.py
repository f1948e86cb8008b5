"""The life of a run: read and previewed, applied, taken back."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.access.models import Compartment
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Refused, Stale
from casework.imports.enums import RunState
from casework.imports.models import ImportRun
from casework.imports.registry import Context, Kind, kind_named
from casework.imports.selectors import count_outcomes
from casework.imports.services.staging import stage
from casework.imports.tables import digest
from casework.ledger.record import record


def read_file(
    source: Path | bytes,
    kind: str,
    *,
    actor: User | None,
    at: datetime,
    name: str = "",
    sampled_at: datetime | None = None,
    compartment: Compartment | None = None,
    by_hand: bool = False,
) -> ImportRun:
    """Read the file and store what each of its rows would do; nothing else is written yet.

    ``source``      the file, or its bytes.
    ``actor``       None for the system itself (the command line).
    ``sampled_at``  when a monitoring list was taken; by default the latest moment in it.
    ``compartment`` who may know of a monitoring list.
    ``by_hand``     a file whose header is not understood waits for ``map_columns`` instead of being refused.
    Raises ``Unusable`` when nothing of the file can be used.
    """
    if isinstance(source, bytes):
        with tempfile.NamedTemporaryFile(suffix=".upload") as kept:
            kept.write(source)
            kept.flush()
            return read_file(
                Path(kept.name),
                kind,
                actor=actor,
                at=at,
                name=name or kind,
                sampled_at=sampled_at,
                compartment=compartment,
                by_hand=by_hand,
            )
    found = kind_named(kind)
    if actor is not None:
        require(actor, found.act, compartment)
    sha256, size = digest(source) if source.is_file() else ("0" * 64, 0)
    with transaction.atomic():
        run = ImportRun.objects.create(
            kind=kind,
            file_name=(name or source.name)[:255],
            sha256=sha256,
            size=size,
            compartment=compartment if found.in_compartment else None,
            sampled_at=sampled_at,
            read_by=actor,
            read_at=at,
        )
        mapped = stage(run, source, found, context_of(run, at), by_hand=by_hand)
        note_read(run, found, mapped=mapped, actor=actor, at=at)
    return run


def context_of(run: ImportRun, at: datetime) -> Context:
    """Return what the rows of the run are judged by besides their cells."""
    return Context(at, run.sampled_at, at.astimezone(UTC).isoformat()[:19])


def note_read(run: ImportRun, kind: Kind, *, mapped: bool, actor: User | None, at: datetime) -> None:
    """Judge the rows that were read, or leave them for somebody to assign the columns, and record it."""
    if mapped:
        run.state = RunState.PREVIEWED
        classify(run, kind, at)
    else:
        run.state, run.refused = RunState.UNMAPPED, run.rows
        run.bump("state", "rows", "refused", "header")
    record(
        "import.read",
        ref=f"import:{run.pk}",
        actor=actor,
        at=at,
        data={"kind": run.kind, "file": run.file_name, "sha256": run.sha256, "rows": run.rows, "refused": run.refused},
    )


def classify(run: ImportRun, kind: Kind, at: datetime) -> None:
    """Judge every row of the run by the register as it is, and count."""
    run.figures = kind.classify(run, at=at)
    _count(run)
    run.bump("state", "rows", *_COUNTS, "header", "figures", "sampled_at")


CHANGED = gettext_lazy("预览之后登记册有了变动，已按现在的登记册重新预览，还没有写入。核对后可以再次导入。")
_COUNTS = ("created", "updated", "unchanged", "conflicting", "refused")


def _count(run: ImportRun) -> None:
    for outcome, count in count_outcomes(run).items():
        setattr(run, outcome, count)


def _queue(kind: str) -> None:
    """Let runs of one kind write one after another: each is judged by what the one before left."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 21))", [f"import:{kind}"])


def apply_run(run: ImportRun, *, actor: User | None, at: datetime, fresh: bool = False) -> ImportRun:
    """Write the rows of the run in one transaction and return it; a second time changes nothing.

    The rows are judged anew first. When the register has changed since the preview so that they would do something
    else, the new preview is stored, nothing is written, and ``Stale`` is raised. ``fresh`` leaves that out for a run
    read in this very transaction.
    """
    kind = kind_named(run.kind)
    if actor is not None:
        require(actor, kind.act, run)
    with transaction.atomic():
        _queue(run.kind)
        row = ImportRun.locked(run.pk)
        if row.state == RunState.APPLIED:
            return row
        if row.state not in {RunState.PREVIEWED, RunState.APPLYING}:
            raise Refused(
                _("不能导入：因为这次导入%(state)s。可以重新上传文件。") % {"state": row.get_state_display()},
                code="ended",
            )
        seen = {name: getattr(row, name) for name in _COUNTS}
        if not fresh:
            classify(row, kind, at)
        changed = {name: getattr(row, name) for name in _COUNTS} != seen
        if not changed:
            _write(row, kind, actor, at)
        elif row.state == RunState.APPLYING:
            lay_back(row, str(CHANGED))
    if changed:
        raise Stale(str(CHANGED))
    return row


def lay_back(run: ImportRun, why: str) -> None:
    """Make a run that was being written a preview again, with the reason."""
    run.state, run.message = RunState.PREVIEWED, why[:500]
    run.bump("state", "message")


def _write(run: ImportRun, kind: Kind, actor: User | None, at: datetime) -> None:
    run.figures = {**run.figures, **kind.apply(run, actor=actor, at=at)}
    _count(run)
    run.state, run.applied_at, run.applied_by, run.message = RunState.APPLIED, at, actor, ""
    run.bump("state", "message", "applied_at", "applied_by", "figures", "sampled_at", *_COUNTS)
    record(
        "import.applied",
        ref=f"import:{run.pk}",
        actor=actor,
        at=at,
        data={
            "kind": run.kind,
            "sha256": run.sha256,
            "sampled_at": run.sampled_at,
            "rows": run.rows,
            **{name: getattr(run, name) for name in _COUNTS},
            "figures": run.figures,
        },
    )


def undo_run(run: ImportRun, *, actor: User | None, at: datetime, reason: str = "") -> ImportRun:
    """Take back everything the run wrote, or nothing: ``NotReady`` names all that rests on it."""
    kind = kind_named(run.kind)
    if actor is not None:
        require(actor, kind.act, run)
    with transaction.atomic():
        _queue(run.kind)
        row = ImportRun.locked(run.pk)
        if row.state == RunState.UNDONE:
            return row
        if row.state != RunState.APPLIED:
            raise Refused(_("不能撤销：因为这次导入还没有写入。可以放弃这份预览。"), code="not_applied")
        kind.undo(row, actor=actor, at=at)
        row.state, row.undone_at, row.undone_by = RunState.UNDONE, at, actor
        row.bump("state", "undone_at", "undone_by")
        record(
            "import.undone",
            ref=f"import:{row.pk}",
            actor=actor,
            at=at,
            data={"kind": row.kind, "sha256": row.sha256, "created": row.created, "updated": row.updated},
            reason=reason,
        )
    return row


def discard_run(run: ImportRun, *, actor: User, at: datetime) -> ImportRun:
    """Lay a file aside without writing anything, also while it is being read; a second time changes nothing."""
    require(actor, kind_named(run.kind).act, run)
    with transaction.atomic():
        row = ImportRun.locked(run.pk)
        if row.state == RunState.DISCARDED:
            return row
        if row.state not in {RunState.PREVIEWED, RunState.UNMAPPED, RunState.READING, RunState.FAILED}:
            raise Refused(_("不能放弃：因为这次导入%(state)s。") % {"state": row.get_state_display()}, code="ended")
        row.state = RunState.DISCARDED
        row.bump("state")
        record("import.discarded", ref=f"import:{row.pk}", actor=actor, at=at, data={"kind": row.kind})
    return row
