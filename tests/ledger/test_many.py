"""Entries of many objects at once are those that ``record`` would have written one by one."""

from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction

from casework.ledger.checks import defects
from casework.ledger.many import record_many, record_new
from casework.ledger.models import Entry
from casework.ledger.record import record
from casework.local.process import wait_until
from tests.build import moment
from tests.cast import Cast

AT = moment("2021-09-06 09:00")
REFS = [f"thing:{number}" for number in range(1, 6)]


def _numbers() -> dict[str, list[int]]:
    rows = Entry.objects.filter(ref__startswith="thing:").order_by("stream", "stream_seq")
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row.ref, []).append(row.stream_seq)
    return found


def test_batches_and_single_entries_make_one_chain(cast: Cast) -> None:
    with transaction.atomic():
        assert record_new("thing.made", [(ref, {"n": 1}) for ref in REFS[:4]], actor=cast.officer, at=AT) == 4
        record("thing.seen", ref=REFS[0], actor=cast.officer, at=AT, data={})
        assert record_many("thing.moved", [(ref, {"n": 2}) for ref in REFS], actor=None, at=AT, reason="一并") == 5
        record("thing.seen", ref=REFS[1], actor=cast.officer, at=AT, data={})

    assert _numbers() == {REFS[0]: [1, 2, 3], REFS[1]: [1, 2, 3], REFS[2]: [1, 2], REFS[3]: [1, 2], REFS[4]: [1]}
    assert defects() == []
    moved = Entry.objects.get(ref=REFS[4]).payload
    assert (moved["reason"], moved["by"], moved["actors"], moved["prev"]) == ("一并", None, [], "")


def test_a_batch_entry_is_the_one_that_record_writes(cast: Cast) -> None:
    with transaction.atomic():
        record_new("thing.made", [(REFS[0], {"n": 1})], actor=cast.officer, at=AT)
        record("thing.made", ref=REFS[1], actor=cast.officer, at=AT, data={"n": 1})

    one, other = (Entry.objects.get(ref=ref).payload for ref in REFS[:2])
    assert set(one) == set(other)
    own = {"ref", "stream", "rec_at"}
    assert {key: one[key] for key in one if key not in own} == {key: other[key] for key in other if key not in own}


def test_what_is_not_new_takes_the_whole_act_with_it(cast: Cast) -> None:
    with transaction.atomic():
        record("thing.made", ref=REFS[0], actor=cast.officer, at=AT, data={})
    with pytest.raises(IntegrityError), transaction.atomic():
        record_new("thing.made", [(ref, {}) for ref in REFS[:2]], actor=cast.officer, at=AT)
    with pytest.raises(ValueError, match="twice"), transaction.atomic():
        record_many("thing.made", [(REFS[2], {}), (REFS[2], {})], actor=cast.officer, at=AT)

    assert _numbers() == {REFS[0]: [1]}


@pytest.mark.parametrize("many", [False, True])
def test_who_comes_second_to_a_stream_waits_and_follows(transactional_db: None, many: bool) -> None:
    """Another session has appended and not committed: ours waits for it, sees what it wrote, and takes the next place."""
    done: list[BaseException | None] = []

    def second() -> None:
        try:
            with transaction.atomic():
                if many:
                    record_many("thing.moved", [(ref, {}) for ref in REFS[:2]], actor=None, at=AT)
                else:
                    record("thing.moved", ref=REFS[0], actor=None, at=AT, data={})
            done.append(None)
        except BaseException as error:  # noqa: BLE001  told by the test
            done.append(error)
        finally:
            connection.close()

    thread = Thread(target=second)
    with transaction.atomic():
        record("thing.made", ref=REFS[0], actor=None, at=AT, data={})
        thread.start()
        assert wait_until(_somebody_waits, 60.0)
        assert done == []
    thread.join(60)

    assert done == [None]
    assert _numbers()[REFS[0]] == [1, 2]
    assert defects() == []


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from pg_locks where not granted and locktype = 'transactionid')")
        (waits,) = cursor.fetchone()
    return bool(waits)
