"""Bundles before the validators of others: BagIt, bdbag, and the two of CASE, none of them told to look away."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from evidence.services import add_file
from evidence.services.bundle import make_bundle
from tests.build_evidence import START, a_stored_item, an_item_outside
from tests.cast import Cast

pytestmark = pytest.mark.slow

LATER = START + timedelta(days=2)
PROGRAMS = Path(sys.executable).parent


def passes(*command: str | Path) -> None:
    """Run a validator; fail with all that it said."""
    program, *rest = command
    path = PROGRAMS / program
    if not path.exists():
        pytest.skip(f"no {program} for the bundles: .venv/bin/pip install -r requirements/dev.in")
    done = subprocess.run([path, *rest], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_validators_of_others_accept_a_bundle(cast: Cast, tmp_path: Path) -> None:
    outside = an_item_outside(cast, parts=2)
    stored = a_stored_item(cast)
    original = add_file(outside.item, [b"pool login\n"], name="矿池日志 100%.txt", actor=cast.officer, at=LATER)
    add_file(outside.item, [b"copy\n"], name="副本.txt", derived_from=original, actor=cast.officer, at=LATER)

    bag = make_bundle([outside.item, stored], tmp_path / "bag", title="两件", actor=cast.officer, at=LATER)

    passes("bagit.py", "--validate", bag)
    passes("bdbag", "--validate", "full", bag)
    graph, facts = bag / "metadata" / "case.jsonld", tmp_path / "prov.ttl"
    passes("case_validate", graph)
    passes("case_prov_rdf", facts, graph)
    passes("case_prov_check", facts, graph)


def test_the_validators_can_fail(cast: Cast, tmp_path: Path) -> None:
    bag = make_bundle([a_stored_item(cast)], tmp_path / "bag", title="一件", actor=cast.officer, at=LATER)
    (bag / "report.html").write_text("另一份", encoding="utf-8")

    with pytest.raises(AssertionError):
        passes("bagit.py", "--validate", bag)
