"""Work of evidence in the background: bundles, and what half-finished uploads leave behind."""

from casework.core import clock
from casework.core.background import shared_task
from casework.files.services.uploads import sweep_uploads
from evidence import log_tasks  # noqa: F401  (its tasks are found with these)
from evidence.services.bundle_jobs import run_bundle, sweep_bundles
from evidence.services.files import report_broken_files
from evidence.services.logs import run_log, waiting_runs
from evidence.services.uploads import finish_upload, unfinished


@shared_task(name="evidence.bundle", time_limit=6 * 3600)
def make(pk: int) -> None:
    """Make one bundle; safe to run twice."""
    run_bundle(pk, at=clock.now())


@shared_task(name="evidence.finish_upload", time_limit=6 * 3600)
def finish(pk: int) -> None:
    """Read and seal one received file; safe to run twice."""
    finish_upload(pk, at=clock.now())


@shared_task(name="evidence.sweep", time_limit=6 * 3600)
def sweep() -> None:
    """Throw away old bundles and dead uploads; take up what no worker was told of, end what broke off."""
    at = clock.now()
    sweep_uploads(at=at)
    for pk in unfinished(at=at):
        finish_upload(pk, at=at)
    for pk in sweep_bundles(at=at):
        run_bundle(pk, at=at)
    for pk in waiting_runs(at=at):
        run_log(pk, at=at)


@shared_task(name="evidence.report_broken_files")
def report() -> int:
    """Tell the keepers of files that are not what they were; returns how many."""
    return len(report_broken_files(at=clock.now()))
