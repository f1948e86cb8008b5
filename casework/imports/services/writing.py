"""Writing a large preview apart from the page: still one transaction, taken up again when its worker dies."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import CaseworkError, Refused, Stale
from casework.imports.enums import RunState
from casework.imports.models import ImportRun
from casework.imports.registry import kind_named
from casework.imports.services.runs import apply_run, lay_back
from casework.ledger.record import record

#: Rows up to this number are written while the page waits.
AT_ONCE = 20_000
#: A run that somebody began to write so long ago is taken up again; two at once write one after the other, and once.
LOST_AFTER = timedelta(minutes=10)

logger = logging.getLogger(__name__)


def order_writing(run: ImportRun, *, actor: User, at: datetime) -> ImportRun:
    """Hand the preview to a worker (``go_on_writing``) and return it; a second time changes nothing."""
    require(actor, kind_named(run.kind).act, run)
    with transaction.atomic():
        row = ImportRun.locked(run.pk)
        if row.state in {RunState.APPLYING, RunState.APPLIED}:
            return row
        if row.state != RunState.PREVIEWED:
            raise Refused(
                _("不能导入：因为这次导入%(state)s。可以重新上传文件。") % {"state": row.get_state_display()},
                code="ended",
            )
        row.state, row.applied_by, row.moved_at, row.message = RunState.APPLYING, actor, None, ""
        row.bump("state", "applied_by", "moved_at", "message")
        record("import.ordered", ref=f"import:{row.pk}", actor=actor, at=at, data={"kind": row.kind, "rows": row.rows})
    return row


def go_on_writing(run: ImportRun, *, at: datetime) -> ImportRun:
    """Write the rows of a run that was ordered; what forbids it is kept on the run, which is a preview again."""
    lost = Q(moved_at__isnull=True) | Q(moved_at__lt=Now() - LOST_AFTER)
    if not ImportRun._base_manager.filter(lost, pk=run.pk, state=RunState.APPLYING).update(moved_at=Now()):
        return run
    run.refresh_from_db()
    try:
        return apply_run(run, actor=run.applied_by, at=at)
    except Stale:
        logger.info("import %s: the register has changed, previewed anew", run.pk)
    except CaseworkError as error:
        with transaction.atomic():
            row = ImportRun.locked(run.pk)
            if row.state == RunState.APPLYING:
                lay_back(row, error.message)
    run.refresh_from_db()
    return run


def lost_writings() -> list[ImportRun]:
    """Return the runs that were ordered and that nobody writes."""
    lost = Q(moved_at__isnull=True) | Q(moved_at__lt=Now() - LOST_AFTER)
    return list(ImportRun._base_manager.filter(lost, state=RunState.APPLYING).order_by("pk"))
