"""Fixtures shared by all tests."""

import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.cast import Cast, make_cast
from tests.played import _in_played_database, played, played_campaign

__all__ = ["_in_played_database", "cast", "played", "played_campaign"]

# The same examples in every run, so that a red run is red for all; CASEWORK_FUZZ=n searches anew, n times as far.
# Neither an example nor the drawing of its values is timed: a busy machine is no fault.
UNTIMED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("same", derandomize=True, **UNTIMED)
settings.register_profile("fuzz", derandomize=False, print_blob=True, **UNTIMED)
settings.load_profile("fuzz" if os.environ.get("CASEWORK_FUZZ") else "same")


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast, fresh for each test."""
    return make_cast()


def pytest_collection(session: pytest.Session) -> None:
    """Let the processes of a whole run compile the tests together, where nothing is compiled yet; a file that cannot be
    read is told when its tests are collected.
    """
    given, folder = getattr(session.config, "workerinput", None), Path(__file__).parent
    if given is None or [Path(arg).resolve() for arg in session.config.args] != [folder]:
        return
    from tests.schedule import ahead

    worker = int(given["workerid"].removeprefix("gw"))
    for path in ahead(sorted(folder.rglob("test_*.py")), worker, given["workercount"]):
        with suppress(Exception):
            import_module(".".join(path.relative_to(folder.parent).with_suffix("").parts))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests into the order in which they are handed out; within a part it is as random as before."""
    from tests.schedule import in_order

    items[:] = in_order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out the tests part by part."""
    from tests.schedule import Schedule

    config.option.loadscopereorder = False
    return Schedule(config, log)
