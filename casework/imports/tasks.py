"""Reading and writing of large files: safe to run twice, at any time, in any number of processes."""

from casework.core import clock
from casework.core.background import shared_task
from casework.imports.models import ImportRun
from casework.imports.services.reading import go_on_reading, lost_readings
from casework.imports.services.writing import go_on_writing, lost_writings


@shared_task(name="imports.read")
def read(run: int) -> None:
    """Read the file of a run."""
    found = ImportRun._base_manager.filter(pk=run).first()
    if found is not None:
        go_on_reading(found, at=clock.now())


@shared_task(name="imports.write")
def write(run: int) -> None:
    """Write the rows of a run."""
    found = ImportRun._base_manager.filter(pk=run).first()
    if found is not None:
        go_on_writing(found, at=clock.now())


@shared_task(name="imports.take_up")
def take_up() -> int:
    """Take up the files whose worker was lost; returns how many."""
    lost, begun = lost_readings(), lost_writings()
    for one in lost:
        go_on_reading(one, at=clock.now())
    for one in begun:
        go_on_writing(one, at=clock.now())
    return len(lost) + len(begun)
