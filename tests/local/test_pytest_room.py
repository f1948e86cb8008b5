"""Deep calls lie in one piece of memory, so that none of them asks the system for another one again and again."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from resource import RUSAGE_SELF, getrusage

import pytest

from casework.local.pytest_room import with_room

CALLS = 500


def _leaf() -> None:
    """Be called; with places for what a usual function holds, so that some depth has no room for it."""


_leaf.__code__ = _leaf.__code__.replace(co_stacksize=100)


def _at_each_depth(depth: int) -> None:
    for _ in range(CALLS):
        _leaf()
    if depth:
        _at_each_depth(depth - 1)


def _pages_of(call: Callable[..., object], *arguments: object) -> int:
    """Return how many pages a call asks for that was made once before, by a thread of its own: tests have room here."""

    def twice() -> int:
        call(*arguments)
        before = getrusage(RUSAGE_SELF).ru_minflt
        call(*arguments)
        return getrusage(RUSAGE_SELF).ru_minflt - before

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(twice).result()


def test_no_depth_asks_for_memory_at_each_call() -> None:
    assert _pages_of(with_room, _at_each_depth, 300) < CALLS


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="how later versions of Python keep frames is theirs")
def test_without_room_some_depth_asks_each_time() -> None:
    """Else the test above would notice nothing, and the room would be needed by nobody."""
    assert _pages_of(_at_each_depth, 300) > CALLS


def test_arguments_and_answer_go_through() -> None:
    assert with_room(divmod, 7, 2) == (3, 1)
