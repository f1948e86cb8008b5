"""How the suite is shared among processes: nothing is lost, long parts first, walks in their order."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.schedule import FIRST, SINGLE, ahead, in_order, part_of

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Item:
    """A test as far as the schedule looks at it."""

    nodeid: str
    location: tuple[str, int | None, str]


def item(nodeid: str, line: int) -> Item:
    return Item(nodeid, (nodeid.partition("::")[0], line, nodeid))


@pytest.mark.parametrize("begin", [*FIRST, *SINGLE])
def test_what_is_named_is_there(begin: str) -> None:
    path, _, test = begin.partition("::")

    assert (ROOT / path).exists()
    if test:
        assert f"def {test.partition('[')[0]}(" in (ROOT / path).read_text(encoding="utf-8")


def test_parts_stay_together_and_the_long_ones_begin() -> None:
    walk, routes, small, large = (
        "tests/browser/test_cases.py", "tests/test_routes.py", "tests/files/test_few.py", "tests/files/test_many.py",
    )  # fmt: skip
    mixed = [
        item(f"{walk}::second", 20), item(f"{small}::b", 2), item(f"{routes}::one[1]", 5), item(f"{large}::c", 3),
        item(f"{walk}::first", 10), item(f"{large}::a", 1), item(f"{routes}::one[2]", 5), item(f"{large}::b", 2),
    ]  # fmt: skip

    found = [one.nodeid for one in in_order(mixed)]

    assert found == [
        f"{routes}::one[1]", f"{routes}::one[2]", f"{walk}::first", f"{walk}::second", f"{large}::c", f"{large}::a",
        f"{large}::b", f"{small}::b",
    ]  # fmt: skip
    assert part_of(f"{routes}::one[1]") != part_of(f"{routes}::one[2]")
    assert part_of(f"{walk}::first") == part_of(f"{walk}::second") == walk


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_each_process_reads_all_files_and_begins_where_no_other_does(workers: int) -> None:
    files = [Path(f"tests/test_{number}.py") for number in range(20)]

    read = [ahead(files, worker, workers) for worker in range(workers)]

    assert all(sorted(one) == sorted(files) for one in read)
    assert len({one[0] for one in read}) == workers
