"""Influence periods and combinations, against a table counted by hand with a calendar."""

from datetime import date

import pytest

from cases.catalogue import catalogue
from cases.periods import (
    combine_gov,
    combine_party,
    influence_last_day,
    last_day,
    probation_last_day,
    remaining,
    summed_last_day,
)


def d(text: str) -> date:
    return date.fromisoformat(text)


#: grade, effective day, last day of its period ("" = none)
PERIODS = [
    ("PD_WARNING", "2021-11-01", "2022-10-31"),
    ("PD_WARNING", "2021-12-31", "2022-12-30"),
    ("PD_WARNING", "2024-02-29", "2025-02-27"),
    ("PD_WARNING", "2023-03-01", "2024-02-29"),
    ("PD_WARNING", "2021-10-01", "2022-09-30"),
    ("PD_SERIOUS_WARNING", "2021-11-01", "2023-04-30"),
    ("PD_SERIOUS_WARNING", "2021-08-31", "2023-02-27"),
    ("PD_SERIOUS_WARNING", "2022-08-31", "2024-02-28"),
    ("PD_SERIOUS_WARNING", "2021-06-15", "2022-12-14"),
    ("PD_SERIOUS_WARNING_IN_LIEU", "2021-11-01", "2023-10-31"),
    ("PD_REMOVAL", "2021-11-01", "2023-10-31"),
    ("PD_REMOVAL", "2022-02-28", "2024-02-27"),
    ("PD_EXPULSION", "2021-11-01", "2026-10-31"),
    ("PD_EXPULSION", "2024-02-29", "2029-02-27"),
    ("PD_PROBATION_1", "2021-11-01", ""),
    ("PD_PROBATION_2", "2021-11-01", ""),
    ("GS_WARNING", "2021-11-01", "2022-04-30"),
    ("GS_WARNING", "2021-08-31", "2022-02-27"),
    ("GS_WARNING", "2023-08-31", "2024-02-28"),
    ("GS_WARNING", "2021-12-01", "2022-05-31"),
    ("GS_DEMERIT", "2021-11-01", "2022-10-31"),
    ("GS_MAJOR_DEMERIT", "2021-11-01", "2023-04-30"),
    ("GS_DEMOTION", "2021-11-01", "2023-10-31"),
    ("GS_DISMISSAL_POST", "2021-11-01", "2023-10-31"),
    ("GS_EXPULSION", "2021-11-01", ""),
    ("IS_WARNING", "2021-11-01", "2022-04-30"),
    ("IS_DEMERIT", "2021-11-01", "2022-10-31"),
    ("IS_POST_DOWNGRADE", "2021-11-01", "2023-10-31"),
    ("IS_EXPULSION", "2021-11-01", ""),
    ("EM_WARNING", "2021-11-01", "2022-04-30"),
    ("EM_MAJOR_DEMERIT", "2021-11-01", "2023-04-30"),
    ("EM_EXPULSION", "2021-11-01", ""),
    ("FF_ADMONISH", "2021-11-01", "2022-04-30"),
    ("FF_CRITICISE_EDUCATE", "2021-11-01", ""),
    ("HR_BONUS_CUT", "2021-11-01", ""),
    ("PR_COLLECT", "2021-11-01", ""),
]


@pytest.mark.parametrize(("code", "effective", "until"), PERIODS)
def test_the_last_day_of_a_period(code: str, effective: str, until: str) -> None:
    found = influence_last_day(catalogue().measures[code], d(effective))
    assert (found.isoformat() if found else "") == until


#: earlier last day, day of the new decision, months of the new sanction, new last day
SUMS = [
    # 警告 of 2016-01-10 (until 2017-01-09), 严重警告 on 2016-07-10: six months left and eighteen = two years
    ("2017-01-09", "2016-07-10", 18, "2018-07-09"),
    ("2022-10-31", "2022-05-01", 12, "2023-10-31"),
    ("2022-10-31", "2022-05-01", 24, "2024-10-31"),
    ("2022-10-31", "2022-10-31", 12, "2023-10-31"),
    ("2022-10-31", "2022-11-01", 12, "2023-10-31"),
    ("2022-10-31", "2023-06-01", 12, "2024-05-31"),
    ("2023-04-30", "2022-04-16", 18, "2024-10-30"),
    ("2023-10-31", "2022-01-01", 60, "2028-10-31"),
    ("2022-10-30", "2022-05-01", 12, "2023-10-30"),
    ("2022-10-14", "2022-05-01", 12, "2023-10-14"),
]


@pytest.mark.parametrize(("earlier", "decided", "months", "until"), SUMS)
def test_what_is_left_is_added_to_the_new_period(earlier: str, decided: str, months: int, until: str) -> None:
    assert summed_last_day(d(earlier), months, d(decided)).isoformat() == until


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


def test_after_probation_the_period_starts_with_the_restoration() -> None:
    probation = catalogue().measures["PD_PROBATION_1"]
    assert influence_last_day(probation, d("2021-11-01"), restored_on=d("2022-11-05")) == d("2024-11-04")


@pytest.mark.parametrize(
    ("code", "effective", "extended", "until"),
    [
        ("PD_PROBATION_1", "2021-11-01", False, "2022-10-31"),
        ("PD_PROBATION_1", "2021-11-01", True, "2023-10-31"),
        ("PD_PROBATION_2", "2021-11-01", False, "2023-10-31"),
        ("PD_WARNING", "2021-11-01", False, ""),
    ],
)
def test_probation(code: str, effective: str, extended: bool, until: str) -> None:
    found = probation_last_day(catalogue().measures[code], d(effective), extended=extended)
    assert (found.isoformat() if found else "") == until


def test_two_years_of_probation_are_never_extended() -> None:
    with pytest.raises(ValueError, match="cannot be extended"):
        probation_last_day(catalogue().measures["PD_PROBATION_2"], d("2021-11-01"), extended=True)


def test_several_equal_ones_set_the_months() -> None:
    assert influence_last_day(catalogue().measures["GS_DEMERIT"], d("2021-11-01"), months=20) == d("2023-06-30")
    assert last_day(d("2021-01-31"), 1) == d("2021-02-27")


PROBATIONS = ("PD_PROBATION_1", "PD_PROBATION_2")


@pytest.mark.parametrize(
    ("codes", "has_post", "combined"),
    [
        ([], True, ()),
        (["PD_WARNING"], True, ("PD_WARNING",)),
        (["PD_WARNING", "PD_WARNING"], True, ("PD_SERIOUS_WARNING",)),
        (["PD_WARNING", "PD_SERIOUS_WARNING"], True, ("PD_REMOVAL",)),
        (["PD_WARNING", "PD_SERIOUS_WARNING"], False, ("PD_SERIOUS_WARNING_IN_LIEU",)),
        (["PD_SERIOUS_WARNING", "PD_SERIOUS_WARNING"], True, ("PD_REMOVAL",)),
        (["PD_SERIOUS_WARNING_IN_LIEU", "PD_WARNING"], False, PROBATIONS),
        (["PD_REMOVAL", "PD_WARNING"], True, PROBATIONS),
        (["PD_PROBATION_1", "PD_WARNING"], True, ("PD_EXPULSION",)),
        (["PD_PROBATION_2", "PD_REMOVAL"], True, ("PD_EXPULSION",)),
        (["PD_EXPULSION", "PD_WARNING"], True, ("PD_EXPULSION",)),
        (["PD_WARNING"] * 5, True, ("PD_SERIOUS_WARNING",)),
    ],
)
def test_several_violations_are_punished_together(codes: list[str], has_post: bool, combined: tuple[str, ...]) -> None:
    assert combine_party(codes, has_party_post=has_post) == combined


@pytest.mark.parametrize(
    ("codes", "code", "least", "most"),
    [
        (["GS_WARNING"], "GS_WARNING", 6, 6),
        (["GS_WARNING", "GS_WARNING"], "GS_WARNING", 6, 12),
        (["GS_WARNING", "GS_DEMERIT"], "GS_DEMERIT", 12, 12),
        (["GS_DEMERIT", "GS_DEMERIT", "GS_WARNING"], "GS_DEMERIT", 12, 24),
        (["GS_MAJOR_DEMERIT"] * 2, "GS_MAJOR_DEMERIT", 18, 36),
        (["GS_MAJOR_DEMERIT"] * 3, "GS_MAJOR_DEMERIT", 18, 48),
        (["GS_DISMISSAL_POST"] * 2, "GS_DISMISSAL_POST", 24, 48),
        (["GS_DEMOTION", "GS_DISMISSAL_POST"], "GS_DISMISSAL_POST", 24, 24),
        (["GS_EXPULSION", "GS_WARNING"], "GS_EXPULSION", None, None),
    ],
)
def test_several_administrative_sanctions(codes: list[str], code: str, least: int | None, most: int | None) -> None:
    found = combine_gov(codes)
    assert (found.code, found.least_months, found.most_months) == (code, least, most)


def test_nothing_cannot_be_combined() -> None:
    with pytest.raises(ValueError, match="nothing"):
        combine_gov([])
