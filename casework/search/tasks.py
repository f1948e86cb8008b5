"""Work of the search in the background: texts of files, filters that tell of new rows."""

from casework.core import clock
from casework.core.background import shared_task
from casework.search.services.filters import alerting, look_again
from casework.search.services.reading import SECONDS, read_file, waiting


@shared_task(name="search.read", time_limit=SECONDS + 200)
def read(pk: int) -> None:
    """Read one file; safe to run twice."""
    read_file(pk, at=clock.now())


@shared_task(name="search.read_waiting")
def read_waiting() -> int:
    """Hand out the files that wait to be read; returns how many."""
    keys = waiting(at=clock.now())
    for pk in keys:
        read.delay(pk)
    return len(keys)


@shared_task(name="search.look_again", time_limit=3600)
def look() -> int:
    """Tell of new rows of the filters that ask for it; returns how many notices are new."""
    return sum(look_again(pk, at=clock.now()) for pk in alerting())
