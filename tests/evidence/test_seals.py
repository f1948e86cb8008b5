"""Seals: used once for ever, broken only by number, and what stays shut behind them."""

from datetime import timedelta
from typing import Any

import pytest

from casework.core.errors import Invalid, NotReady, Refused
from casework.ledger.models import Entry
from evidence.enums import DiscrepancyKind, State
from evidence.models import Discrepancy, Seal
from evidence.services import (
    add_part,
    detach_part,
    examine_item,
    reseal_item,
    seal_item,
    unseal_item,
)
from tests.build_evidence import (
    START,
    a_seal_number,
    a_sealed_item,
    an_item,
    an_item_outside,
)
from tests.cast import Cast

LATER = START + timedelta(hours=3)


def both(cast: Cast) -> tuple[Any, Any]:
    return (cast.officer, cast.second_officer)


def test_a_seal_number_is_used_once_for_ever(cast: Cast) -> None:
    number = a_seal_number()
    item = a_sealed_item(cast, seal=number)
    other = an_item(cast)
    unseal_item(item, number, reason="鉴定", officers=both(cast), actor=cast.officer, at=LATER)

    for given in (
        number,
        number.lower(),
        f" {number} ",
        "".join(chr(ord(c) + 0xFEE0) if c.isdecimal() else c for c in number),
    ):
        with pytest.raises(Refused, match="已经用过"):
            seal_item(other, given, officers=both(cast), actor=cast.officer, at=LATER)
        with pytest.raises(Refused, match="已经用过"):
            reseal_item(item, given, officers=both(cast), actor=cast.officer, at=LATER)

    other.refresh_from_db()
    assert other.state == State.COLLECTED
    assert Seal.objects.filter(number=number).count() == 1
    tried = Entry.objects.filter(kind="item.seal_refused")
    assert {entry.ref for entry in tried} == {f"item:{other.pk}", f"item:{item.pk}"}
    assert {entry.payload["data"]["seal"] for entry in tried} == {number}


@pytest.mark.parametrize("number", ["", "912", "ZJ21-91", "ZJ21_000912", "ZJ21-000912-1", "封条九一二"])
def test_a_number_that_no_seal_bears(cast: Cast, number: str) -> None:
    item = an_item(cast)

    with pytest.raises(Invalid, match="不是封条号码"):
        seal_item(item, number, officers=both(cast), actor=cast.officer, at=LATER)


def test_a_wrong_seal_is_not_broken_but_reported(cast: Cast) -> None:
    item = a_sealed_item(cast)
    bystander = a_sealed_item(cast)

    with pytest.raises(Refused, match="已登记账实不符"):
        unseal_item(item, "ZJ21-999999", reason="鉴定", officers=both(cast), actor=cast.officer, at=LATER)

    row = Discrepancy.objects.get()
    assert (row.item, row.kind, row.found) == (item, DiscrepancyKind.SEAL_NUMBER, "ZJ21-999999")
    assert item.seals.get().broken_at is None
    assert bystander.seals.get().broken_at is None


def test_sealed_things_are_neither_examined_nor_taken_apart(cast: Cast) -> None:
    way = an_item_outside(cast, parts=1)
    part = way.item.parts.get()
    later = way.at + timedelta(hours=1)

    with pytest.raises(NotReady, match="还没有启封"):
        examine_item(way.item, method="镜像", document="1 号", officers=both(cast), actor=cast.officer, at=later)
    with pytest.raises(NotReady, match="还没有启封"):
        detach_part(part, officers=both(cast), actor=cast.officer, at=later)
    with pytest.raises(Refused, match="封条在整机上"):
        unseal_item(part, way.item.seals.get().number, reason="拆", officers=both(cast), actor=cast.officer, at=later)
    with pytest.raises(Refused, match="已用封条"):
        add_part(way.item, title="显卡", officers=both(cast), actor=cast.officer, at=later)
