"""How several processes share the suite: what stays together, and what is begun first.

``pytest -n`` gives each process one part after the other. A part is a file, or a single test where one takes long.
Parts that take long begin first, so that all processes end together; the first ones need neither the tests' database
nor the played campaign, which are being made meanwhile.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xdist.scheduler.loadscope import LoadScopeScheduling

#: Files whose tests stand each for themselves and take long.
SINGLE = (
    "tests/test_routes.py",
    "tests/scenarios/",
    "tests/local/test_ondemand.py",
    "tests/cases/test_secrecy_everywhere.py",
)
#: The order in which parts begin; everything else follows, the files with most tests first. Those named last have few
#: tests that take long: they would begin at the very end, and one process would work while the others wait for it.
FIRST = (
    "tests/local/test_up.py",
    "tests/test_routes.py::test_every_address_answers_each_member_of_the_cast_as_the_table_says[0]",
    "tests/parsing/",
    "tests/local/",
    "tests/test_routes.py",
    "tests/browser/",
    "tests/scenarios/",
    "tests/cases/test_secrecy_everywhere.py",
    "tests/cases/test_workflow.py",
    "tests/evidence/test_bundle_validators.py",
    "tests/evidence/test_custody_machine.py",
    "tests/cases/test_pages.py",
    "tests/units/test_pages.py",
)


def part_of(nodeid: str) -> str:
    """Return the part to which a test belongs."""
    return nodeid if nodeid.startswith(SINGLE) else nodeid.partition("::")[0]


def ahead(files: Sequence[Path], worker: int, workers: int) -> list[Path]:
    """Return the files in the order in which a process reads them: each begins elsewhere, and what one has compiled the
    others find.
    """
    begin = len(files) * worker // workers
    return [*files[begin:], *files[:begin]]


def in_order(items: Sequence[Any]) -> list[Any]:
    """Return the tests part by part as they begin; walks in the browser keep the order in which they are written."""
    sizes = Counter(part_of(item.nodeid) for item in items)
    met = {part: number for number, part in enumerate(sizes)}

    def place(item: Any) -> tuple[int, int, int, int]:
        part = part_of(item.nodeid)
        first = next((number for number, begin in enumerate(FIRST) if part.startswith(begin)), len(FIRST))
        written = item.location[1] or 0 if part.startswith("tests/browser/") else 0
        return first, -sizes[part], met[part], written

    return sorted(items, key=place)


class Schedule(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out parts in the order in which the tests were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)
