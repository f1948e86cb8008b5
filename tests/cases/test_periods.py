"""Influence periods and combinations, against a table reckoned by hand with a calendar (``by_hand.csv``)."""

import csv
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from cases.catalogue import Basis, catalogue
from cases.periods import (
    combine_gov,
    combine_party,
    influence_last_day,
    last_day,
    probation_last_day,
    remaining,
    summed_last_day,
)

#: One line for each: what is asked, what is given, on which day or for whom, what comes out, by which article, and why.
BY_HAND: Final = [*csv.DictReader(Path(__file__).with_name("by_hand.csv").read_text(encoding="utf-8").splitlines())]
#: The named rule of the ladder that the lines of a kind rest on; the others rest on the measure itself.
RULES: Final = {"sum": "party_remaining", "party": "party_combine", "gov": "gov_combine"}


def d(text: str) -> date:
    return date.fromisoformat(text)


def words(found: date | None) -> str:
    return found.isoformat() if found else "none"


def period(given: str, on: str) -> str:
    code, _slash, months = given.partition("/")
    return words(influence_last_day(catalogue().measures[code], d(on), months=int(months) if months else None))


def restored(given: str, on: str) -> str:
    return words(influence_last_day(catalogue().measures[given], d("2021-11-01"), restored_on=d(on)))


def probation(given: str, on: str) -> str:
    measure = catalogue().measures[given.rstrip("+")]
    return words(probation_last_day(measure, d(on), extended=given.endswith("+")))


def summed(given: str, on: str) -> str:
    earlier, _plus, months = given.partition("+")
    return words(summed_last_day(d(earlier), int(months), d(on)))


def party(given: str, whose: str) -> str:
    return " ".join(combine_party(given.split(), has_party_post=whose == "post"))


def gov(given: str, _on: str) -> str:
    found = combine_gov(given.split())
    return f"{found.code} {found.least_months or 'none'} {found.most_months or 'none'}"


REACHED: Final[dict[str, Callable[[str, str], str]]] = {
    "period": period,
    "restored": restored,
    "probation": probation,
    "sum": summed,
    "party": party,
    "gov": gov,
}


@pytest.mark.parametrize("line", BY_HAND, ids=lambda line: f"{line['no']} {line['given']} {line['on']}")
def test_what_was_reckoned_by_hand(line: dict[str, str]) -> None:
    assert REACHED[line["what"]](line["given"], line["on"]) == line["expected"], line["reckoned"]


def _bases(line: dict[str, str]) -> tuple[Basis, ...]:
    if line["what"] in RULES or "/" in line["given"]:
        return catalogue().rules[RULES.get(line["what"], "gov_combine")]
    return catalogue().measures[line["given"].rstrip("+")].basis


@pytest.mark.parametrize("line", BY_HAND, ids=lambda line: f"{line['no']} {line['article']}")
def test_the_article_of_a_line_is_the_one_that_the_catalogue_quotes(line: dict[str, str]) -> None:
    law, _colon, article = line["article"].partition(":")
    (basis,) = [one for one in _bases(line) if one.law.code == law]
    assert article in basis.articles
    if line["what"] in {"period", "restored", "probation"} and line["given"].startswith("PD_"):
        began = d(line["on"]) if line["what"] != "restored" else d("2021-11-01")
        assert catalogue().laws[law].family == "CDR"
        assert line["what"] == "restored" or catalogue().laws[law].in_force(began)


def test_the_table_by_hand_is_long_enough_and_covers_every_graded_sanction() -> None:
    assert len(BY_HAND) >= 60
    assert [line["no"] for line in BY_HAND] == [str(number) for number in range(1, len(BY_HAND) + 1)]
    asked = Counter(line["what"] for line in BY_HAND)
    assert set(asked) == set(REACHED)
    families = ("party_discipline", "gov_sanction", "employer_sanction")
    graded = {measure.code for family in families for measure in catalogue().family(family)}
    assert graded <= {line["given"].split("/")[0] for line in BY_HAND if line["what"] == "period"}


@pytest.mark.parametrize(
    ("last", "on", "left"),
    [
        ("2022-10-31", "2022-05-01", (6, 0)),
        ("2022-10-31", "2022-05-02", (5, 30)),
        ("2022-10-31", "2022-10-31", (0, 1)),
        ("2022-10-31", "2022-11-01", (0, 0)),
        ("2022-10-31", "2024-11-01", (0, 0)),
        ("2023-02-27", "2022-08-31", (6, 0)),
    ],
)
def test_what_is_left_of_a_period(last: str, on: str, left: tuple[int, int]) -> None:
    assert remaining(d(last), d(on)) == left


def test_a_running_party_period_is_carried_over_and_a_state_one_is_not() -> None:
    warning, demerit = catalogue().measures["PD_WARNING"], catalogue().measures["GS_DEMERIT"]
    previous = d("2022-10-31")
    assert influence_last_day(warning, d("2022-05-01"), previous_last_on=previous) == d("2023-10-31")
    assert influence_last_day(demerit, d("2022-05-01"), previous_last_on=previous) == d("2023-04-30")


def test_two_years_of_probation_are_never_extended() -> None:
    with pytest.raises(ValueError, match="cannot be extended"):
        probation_last_day(catalogue().measures["PD_PROBATION_2"], d("2021-11-01"), extended=True)


def test_nothing_cannot_be_combined() -> None:
    with pytest.raises(ValueError, match="nothing"):
        combine_gov([])


def test_a_month_without_the_day_ends_before_its_last() -> None:
    assert last_day(d("2021-01-31"), 1) == d("2021-02-27")


def test_nobodys_sanctions_come_to_nothing() -> None:
    assert combine_party([]) == ()
