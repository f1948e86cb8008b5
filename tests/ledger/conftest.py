"""The ledger's own process has the owner's rights; these fixtures lend them to a test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from casework.ledger.integrator import drain
from casework.ledger.record import record
from casework.ledger.signer import LedgerSigner
from tests.build import moment
from tests.cast import make_cast

Fill = Callable[..., None]
AT = moment("2021-09-06 10:42")


@pytest.fixture
def as_owner(owner: Any, settings: Any, tmp_path: Path) -> Iterator[Any]:
    """Work as the ledger's process does, with a state directory of its own; gives the administrator's connection."""
    settings.CASEWORK_HOME = tmp_path / "home"
    kept = dict(connection.settings_dict)
    connection.close()
    become_owner()
    yield owner
    connection.close()
    connection.settings_dict.clear()
    connection.settings_dict.update(kept)


def become_owner() -> None:
    """Let the next connection of this process be the owner's."""
    if settings.DATABASE_URL:
        connection.settings_dict["OPTIONS"] = {}
    else:
        connection.settings_dict["USER"] = "casework"


@pytest.fixture
def signer(as_owner: Any, tmp_path: Path) -> LedgerSigner:
    """A signer whose memory lies in the state directory of the test."""
    return LedgerSigner(key="only for tests")


@pytest.fixture
def fill(as_owner: Any, signer: LedgerSigner) -> Callable[..., None]:
    """Append entries to three things in turn, give them their place and sign."""
    cast = make_cast()

    def append(count: int, *, sign: bool = True) -> None:
        with transaction.atomic():
            for number in range(count):
                record(
                    "thing.moved",
                    ref=f"thing:{number % 3 + 1}",
                    actor=cast.officer,
                    at=AT,
                    data={"step": number, "place": "甲处"},
                    personal={"holder": "丁某某"} if number == 0 else None,
                )
        if sign:
            drain(signer)

    return append
