"""A word among the titles: the index for auditors finds what looking at every title finds."""

from datetime import date

import pytest
from django.db import connection
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from casework.accounts.models import User
from casework.deadlines import titles
from casework.deadlines.models import Deadline
from tests.build_deadlines import a_deadline
from tests.cast import Cast, make_cast

TITLES = (
    "退还与案件无关的证物 ZJ21-001",
    "审批立案：温州市某学校 Wifi 案",
    "完成 100% 的整改_一",
    "straße İI ıi",
    "告",
    "A'B\\C",
)
LETTERS = "退还与案件证物审批立温州学校 Wifi完成100%整改_一straßeİIıi告ABC'\\-："


def plain(word: str) -> Q:
    return Q(title__icontains=word)


def found(condition: Q) -> set[str]:
    return set(Deadline.objects.filter(condition).values_list("title", flat=True))


def filled() -> None:
    for number, title in enumerate(TITLES):
        row = a_deadline(f"report:{number}")
        Deadline.objects.filter(pk=row.pk).update(title=title)


class Titles(TestCase):
    """Whatever is typed."""

    auditor: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.auditor = make_cast().auditor
        filled()

    @given(
        st.one_of(
            st.text(LETTERS, min_size=1, max_size=4),
            st.sampled_from(TITLES).flatmap(
                lambda title: st.tuples(st.integers(0, len(title)), st.integers(1, 9)).map(
                    lambda cut: title[cut[0] : cut[0] + cut[1]] or title
                )
            ),
        )
    )
    def test_index_sample_and_plain_condition_find_the_same(self, word: str) -> None:
        wanted = found(plain(word))

        assert found(titles.titled(self.auditor, word)) == wanted


@pytest.mark.django_db
@pytest.mark.parametrize("common", [True, False])
def test_a_wrong_guess_finds_the_same(cast: Cast, monkeypatch: pytest.MonkeyPatch, common: bool) -> None:
    monkeypatch.setattr(titles, "_is_common", lambda *_given: common)
    filled()

    for word in ("退还", "wifi", "100%", "没有", "告", "b\\c"):
        assert found(titles.titled(cast.auditor, word)) == found(plain(word)), word


@pytest.mark.django_db
def test_the_index_has_every_pair_that_a_word_has(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select deadline_pairs('Ab案件')")
        assert sorted(cursor.fetchone()[0]) == sorted(["A", "B", "案", "件", "AB", "B案", "案件"])


@pytest.mark.django_db
def test_who_does_not_know_of_all_is_never_answered_by_the_index(cast: Cast) -> None:
    """What the index costs follows all titles, hidden ones too."""
    assert "deadline_pairs" not in str(Deadline.objects.filter(titles.titled(cast.officer, "案件")).query)
    assert "deadline_pairs" in str(Deadline.objects.filter(titles.titled(cast.auditor, "案件")).query)


@pytest.mark.django_db
@pytest.mark.parametrize("way", [("due_on", "id"), ("-due_on", "-id")])
@pytest.mark.parametrize(
    "condition",
    [Q(), Q(state__in=["open", "stopped"]), Q(state="stopped"), Q(state="open", due_on__lt=date(2026, 9, 1))],
)
def test_no_list_of_all_clocks_is_sorted(condition: Q, way: tuple[str, str]) -> None:
    with connection.cursor() as cursor:
        for other in ("seqscan", "bitmapscan"):
            cursor.execute(f"set local enable_{other} = off")
    plan = Deadline.objects.filter(condition).order_by(*way)[:51].explain()

    assert "Sort" not in plan
