"""How long sanctions last and what several of them add up to. Pure: no Django, no database, no clock.

A sanction period runs from the effective day itself, so its last day is the day before the corresponding date
(公职人员政务处分法第八条; the convention is configurable there, confidence C). It never rolls over a holiday.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cases.catalogue import Measure, catalogue
from casework.core.calendar import add_months

#: 最长不得超过四十八个月 (公职人员政务处分法第十五条).
GOV_CEILING: Final = 48
PARTY: Final = "party_discipline"
GOV: Final = "gov_sanction"
EMPLOYER: Final = "employer_sanction"


def last_day(effective_on: date, months: int) -> date:
    """Return the last day of a period of ``months`` that begins with ``effective_on`` itself."""
    return add_months(effective_on, months) - timedelta(days=1)


def remaining(last_on: date, on: date) -> tuple[int, int]:
    """Return what is left on the day ``on`` of a period ending with ``last_on``: months and days, never below 0."""
    end = last_on + timedelta(days=1)
    if end <= on:
        return 0, 0
    months = (end.year - on.year) * 12 + end.month - on.month
    while add_months(on, months) > end:
        months -= 1
    return months, (end - add_months(on, months)).days


def summed_last_day(previous_last_on: date, months: int, effective_on: date) -> date:
    """Return the end of a new party sanction given inside an older one's influence period.

    What is left of the old period and the new period, from the new decision on, without a ceiling
    (纪律处分条例 2023 第二十一条). A previous period that is over adds nothing.
    """
    left_months, left_days = remaining(previous_last_on, effective_on)
    return add_months(effective_on, left_months + months) + timedelta(days=left_days - 1)


def influence_last_day(
    measure: Measure,
    effective_on: date,
    *,
    months: int | None = None,
    previous_last_on: date | None = None,
    restored_on: date | None = None,
) -> date | None:
    """Return the last day of a measure's influence or sanction period.

    None when it has none, when it is permanent, or when it starts with the restoration of party rights and these
    are not restored yet. ``months`` overrides the catalogue (several equal administrative sanctions);
    ``previous_last_on`` is the end of an earlier party sanction that still runs.
    """
    length = months or measure.months
    start = restored_on if measure.starts == "restored" else effective_on
    if length is None or measure.permanent or start is None:
        return None
    if previous_last_on is not None and measure.family.code == PARTY:
        return summed_last_day(previous_last_on, length, start)
    return last_day(start, length)


def probation_last_day(measure: Measure, effective_on: date, *, extended: bool = False) -> date | None:
    """Return the last day of 留党察看; one year may be extended once by one year, two years never (第十二条)."""
    if measure.probation_months is None:
        return None
    if extended and measure.probation_months >= 24:
        raise ValueError("two years of probation cannot be extended")
    return last_day(effective_on, measure.probation_months + (12 if extended else 0))


def party_at(weight: int, *, has_party_post: bool) -> tuple[str, ...]:
    """Return the party grades of a 档 (1 警告 … 5 开除党籍) for somebody with or without a party post."""
    codes = tuple(m.code for m in catalogue().family(PARTY) if m.weight == weight)
    if weight == 3:
        return ("PD_REMOVAL",) if has_party_post else ("PD_SERIOUS_WARNING_IN_LIEU",)
    return codes


def combine_party(codes: Sequence[str], *, has_party_post: bool = True) -> tuple[str, ...]:
    """Return the grades open when several violations each deserve a sanction: the highest plus one 档.

    Any expulsion stays expulsion, and nothing is above it (2018 第二十三条, 2023 第二十四条). One alone is itself.
    """
    measures = [catalogue().measures[code] for code in codes]
    if not measures:
        return ()
    if len(measures) == 1:
        return (measures[0].code,)
    highest = max(measure.weight for measure in measures)
    return party_at(min(highest + 1, 5), has_party_post=has_party_post)


@dataclass(frozen=True)
class GovCombined:
    """What several administrative sanctions come to: one grade and the months that may be set."""

    code: str
    least_months: int | None
    most_months: int | None


def combine_gov(codes: Sequence[str]) -> GovCombined:
    """Combine administrative sanctions for several acts (政务处分法第十五条, 国企条例第九条 identical).

    Of different kinds the heaviest is executed; several equal ones up to 撤职 may be set between one period and the
    sum of the periods, never above 48 months.
    """
    if not codes:
        raise ValueError("nothing to combine")
    measures = [catalogue().measures[code] for code in codes]
    heaviest = max(measures, key=lambda measure: measure.step)
    equal = [measure for measure in measures if measure.code == heaviest.code]
    if heaviest.months is None:
        return GovCombined(heaviest.code, None, None)
    return GovCombined(heaviest.code, heaviest.months, min(heaviest.months * len(equal), GOV_CEILING))
