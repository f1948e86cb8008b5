"""pytest on the embedded services, as the application role, with what was skipped told at the end.

Loaded by ``-p casework.local.pytest_plugin``: settings are read before any conftest, so the environment is prepared
when pytest collects its options. The test database is made by the owner; the tests connect as the application role,
with exactly the grants of production.
"""

import contextlib
import gc
import hashlib
import os
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from _pytest import runner

from casework.local import paths, services
from casework.local.locks import Lock
from casework.local.pytest_room import with_room

_SERVERS = pytest.StashKey[contextlib.ExitStack]()
_READY = "CASEWORK_TEST_HOME"  # set for the workers of pytest-xdist, which share the services


def pytest_addoption(parser: pytest.Parser) -> None:
    """Prepare the environment; this runs before Django's settings are read."""
    gc.set_threshold(100_000, 20, 50)  # what is being imported stays to the end: looking through it finds nothing
    if _READY not in os.environ:
        state = _home()
        os.environ[_READY] = str(state)
        _LOCKS.append(_claim(state))
    os.environ.update(
        CASEWORK_HOME=os.environ[_READY],
        CASEWORK_TESTING="1",
        CASEWORK_DB_ROLE="owner",
        DJANGO_SETTINGS_MODULE="casework.settings",
    )


_LOCKS: list[Lock] = []


def _home() -> Path:
    """Return the state directory of the tests: below a given one, else a folder kept for this checkout."""
    given = os.environ.get("CASEWORK_HOME")
    if given:
        return Path(given).expanduser().resolve() / "test"
    digest = hashlib.sha256(str(paths.CHECKOUT).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()).resolve() / f"cw-test-{digest}"


def _claim(state: Path) -> Lock:
    lock = Lock(paths.run_dir(state) / "tests.lock")
    if not lock.acquire(wait=False):
        pytest.exit(f"{state}: another test run uses it; set CASEWORK_HOME to another folder", returncode=4)
    return lock


def pytest_configure(config: pytest.Config) -> None:
    """Bring in the database fixtures after those of pytest-django, which they replace."""
    from casework.local import pytest_database

    config.pluginmanager.register(pytest_database, "casework-database")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the services, unless this is a worker or nothing will be run."""
    _record_end(session, None)
    stack = session.config.stash.setdefault(_SERVERS, contextlib.ExitStack())
    if not hasattr(session.config, "workerinput") and not session.config.option.collectonly:
        stack.enter_context(services.using(paths.home(), throw_away=True))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the collector of garbage pass over what stays to the end: all modules, all tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> object:
    """Run a test as pytest does, with room for its calls: it is reached through so many that its requests lie deep."""
    return with_room(runner.pytest_runtest_protocol, item, nextitem)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what failed, whichever process ran it."""
    if report.failed:
        _FAILED.add(report.nodeid)


_FAILED: set[str] = set()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write down how the run ended: only one that came to its end says which tests failed (tests/retest.py)."""
    _record_end(session, int(exitstatus))


def _record_end(session: pytest.Session, exitstatus: int | None) -> None:
    cache = getattr(session.config, "cache", None)  # there is none with ``-p no:cacheprovider``
    if cache is not None and not hasattr(session.config, "workerinput"):
        cache.set("casework/ended", {"exit": exitstatus, "failed": sorted(_FAILED)})


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what this run started."""
    stack = config.stash.get(_SERVERS, None)
    if stack is not None:
        stack.close()
    while _LOCKS:
        _LOCKS.pop().release()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which parts were run and how long they took; what was not tested and how to get it, one line per reason."""
    _tell_parts(terminalreporter)
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else str(report.longrepr)
        for report in terminalreporter.stats.get("skipped", [])
    )
    if not reasons:
        return
    terminalreporter.section("not tested here")
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"{count} × {reason}")


def _tell_parts(terminalreporter: pytest.TerminalReporter) -> None:
    tests: dict[str, set[str]] = defaultdict(set)
    seconds: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                path = report.nodeid.partition("::")[0].split("/")
                part = "/".join(path[:2])
                tests[part].add(report.nodeid)
                seconds[part] += report.duration
    if len(tests) < 2:
        return
    terminalreporter.section("parts, by the time that their tests took in all processes together")
    for part, taken in sorted(seconds.items(), key=lambda item: -item[1]):
        terminalreporter.line(f"{taken:7.1f} s  {len(tests[part]):5} tests  {part}")
