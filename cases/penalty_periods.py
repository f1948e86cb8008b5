"""The influence period and the probation of a penalty, from its measures and effective day."""

from datetime import date

from cases.models import Penalty
from cases.periods import PARTY, influence_last_day, probation_last_day
from cases.selectors.penalties import last_party_period


def period_of(penalty: Penalty) -> tuple[date | None, date | None]:
    """Return the last day of the longest period, and of the probation; None where there is none (yet).

    A party sanction given while an earlier one still runs takes over what is left of that (第二十一条).
    """
    if penalty.effective_on is None:
        return None, None
    ends, probation = [], None
    for row in penalty.measures.all():
        measure = row.catalogued
        previous = last_party_period(penalty.suspect, penalty.effective_on) if measure.family.code == PARTY else None
        # The months of 停职检查 are a duration of the measure, not a period of influence.
        months = row.months if measure.family.code == "gov_sanction" else None
        last = influence_last_day(
            measure,
            penalty.effective_on,
            months=months,
            previous_last_on=previous,
            restored_on=penalty.restored_on,
        )
        if last is not None:
            ends.append(last)
        extended = penalty.probation_extended_on is not None and measure.probation_months == 12
        probation = probation_last_day(measure, penalty.effective_on, extended=extended) or probation
    return max(ends, default=None), probation
