"""Numbers without gaps, encryption bound to its place, versions, text forms."""

import threading

import pytest
from cryptography.exceptions import InvalidTag
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from casework.core import crypto
from casework.core.models import NumberSeries
from casework.core.numbering import next_number, next_serial
from casework.core.text import normalise


@pytest.mark.django_db
def test_numbers_run_by_series_and_year() -> None:
    assert next_number("浙纪立", 2021) == "浙纪立〔2021〕1号"
    assert next_number("浙纪立", 2021) == "浙纪立〔2021〕2号"
    assert next_number("浙纪立", 2022) == "浙纪立〔2022〕1号"
    assert next_number("浙纪处", 2021) == "浙纪处〔2021〕1号"


@pytest.mark.django_db(transaction=True)
def test_number_needs_a_transaction() -> None:
    with pytest.raises(RuntimeError):
        next_serial("浙纪立", 2021)


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_and_no_duplicate_under_threads() -> None:
    given_out: list[int] = []

    def take(fail: bool) -> None:
        try:
            with transaction.atomic():
                number = next_serial("浙纪立", 2021)
                if fail:
                    transaction.set_rollback(True)
                else:
                    given_out.append(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(n % 3 == 0,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(given_out) == list(range(1, 9))
    assert NumberSeries.objects.get().last == 8


PRINTABLE = st.characters(exclude_categories=["C", "Zl", "Zp", "Zs"], include_characters=" ")


@given(st.text(PRINTABLE, min_size=1, max_size=200))
def test_encryption_comes_back_and_is_bound_to_its_place(text: str) -> None:
    stored = crypto.encrypt(text, "units_person.id_number")

    assert crypto.decrypt(stored, "units_person.id_number") == text
    with pytest.raises(InvalidTag):
        crypto.decrypt(stored, "units_person.mobile")


def test_blind_index_finds_equal_values_only() -> None:
    assert crypto.blind_index("330", "a.b") == crypto.blind_index("330", "a.b")
    assert crypto.blind_index("330", "a.b") != crypto.blind_index("331", "a.b")
    assert crypto.blind_index("330", "a.b") != crypto.blind_index("330", "a.c")


@pytest.mark.parametrize(
    ("given_text", "wanted"), [(" １９２．１６８ ", "192.168"), ("某　单位\n", "某 单位"), ("ＡＢＣ", "ABC"), ("", "")]
)
def test_normalise_folds_width_and_space(given_text: str, wanted: str) -> None:
    assert normalise(given_text) == wanted
