"""What holds for every person, conduct and day, tried on made-up ones."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.catalogue import catalogue
from cases.equality import RATIO, tier
from cases.ladder import Decider, MeasureSpec, Standing, applicable_laws, why_not
from cases.periods import (
    GOV_CEILING,
    combine_gov,
    combine_party,
    influence_last_day,
    last_day,
    remaining,
    summed_last_day,
)
from cases.ranges import Finding, Severity, propose, refusals

PARTY = [m.code for m in catalogue().family("party_discipline")]
GOV = [m.code for m in catalogue().family("gov_sanction")]
EMPLOYMENTS = [
    "", "civil_servant", "institution_manager", "institution_staff", "soe_manager", "contract", "temporary", "dispatched",
]  # fmt: skip
days = st.dates(date(2018, 10, 1), date(2030, 12, 31))
maybe = st.sampled_from([None, True, False])
standings = st.builds(
    Standing,
    name=st.just("某某"),
    party_member=maybe,
    public_official=maybe,
    employment=st.sampled_from(EMPLOYMENTS),
    party_post=st.booleans(),
    leading_cadre=maybe,
    village_cadre=st.booleans(),
    retired=st.booleans(),
    deceased=st.booleans(),
)
findings = st.lists(
    st.builds(Finding, code=st.sampled_from(list(catalogue().conducts)), severity=st.sampled_from(list(Severity))),
    max_size=3,
    unique_by=lambda finding: finding.code,
)
marks = st.lists(st.sampled_from(list(catalogue().circumstances)), max_size=4, unique=True)

#: A busy machine is slow at drawing; that says nothing about the ladder.
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def weight(code: str) -> int:
    return catalogue().measures[code].weight


@calm
@given(st.lists(st.sampled_from(PARTY), min_size=1, max_size=6), st.booleans())
def test_together_is_never_lighter_than_the_heaviest(codes: list[str], has_post: bool) -> None:
    combined = combine_party(codes, has_party_post=has_post)
    assert combined
    heaviest = max(map(weight, codes))
    assert all(heaviest <= weight(code) <= min(heaviest + 1, 5) for code in combined)


@calm
@given(st.lists(st.sampled_from(GOV), min_size=1, max_size=6))
def test_several_state_sanctions_stay_below_the_ceiling(codes: list[str]) -> None:
    found = combine_gov(codes)
    assert weight(found.code) == max(map(weight, codes))
    if found.most_months is not None and found.least_months is not None:
        assert found.least_months <= found.most_months <= GOV_CEILING


@calm
@given(days, st.integers(1, 60))
def test_a_period_is_whole_and_ends_before_the_corresponding_day(start: date, months: int) -> None:
    end = last_day(start, months)
    assert start < end
    assert 27 * months <= (end - start).days <= 31 * months
    assert remaining(end, end + timedelta(days=1)) == (0, 0)


@calm
@given(days, st.integers(1, 60), st.integers(0, 2000), st.integers(1, 60))
def test_what_is_left_is_never_lost_nor_counted_twice(start: date, months: int, later: int, new: int) -> None:
    previous, decided = last_day(start, months), start + timedelta(days=later)
    total = summed_last_day(previous, new, decided)
    alone = last_day(decided, new)
    left = max((previous - decided).days + 1, 0)
    assert total >= alone
    # months are of different length: adding them in one step or two may differ by a few days, never by more
    assert abs((total - alone).days - left) <= 4


@calm
@given(findings, standings, marks, days, st.integers(0, 900), st.sampled_from(list(Decider)))
def test_what_is_proposed_can_be_given_and_what_is_closed_cannot(
    found: list[Finding], standing: Standing, circumstances: list[str], until: date, later: int, decider: Decider
) -> None:
    decided = until + timedelta(days=later)
    proposal = propose(
        found, standing, acts_until=until, decided_on=decided, circumstances=circumstances, decider=decider
    )
    assert len(proposal.options) == 71
    for option in proposal.options:
        code = option.measure.code
        spec = MeasureSpec(code, quantity=1, unit="month") if code == "HR_BONUS_CUT" else MeasureSpec(code)
        refused = [one for one in refusals([spec], proposal, standing, decider) if one.code == code]
        assert bool(refused) == (option.state == "off"), (code, option.state, [one.sentence for one in refused])
        if option.state == "fit":
            assert why_not(code, standing, proposal.laws, decider) is None


@calm
@given(standings, days, days)
def test_the_dead_are_never_sanctioned_and_the_retired_never_by_the_state(
    standing: Standing, one: date, other: date
) -> None:
    laws = applicable_laws(min(one, other), max(one, other))
    for measure in catalogue().measures.values():
        refusal = why_not(measure.code, standing, laws)
        if standing.deceased and measure.family.code != "property":
            assert refusal is not None
        if standing.retired and measure.family.code in {"gov_sanction", "employer_sanction", "labour"}:
            assert refusal is not None
        if measure.family.code == "party_discipline" and not standing.party_member:
            assert refusal is not None


@calm
@given(st.lists(st.sampled_from(list(catalogue().measures)), max_size=5))
def test_adding_a_measure_never_makes_it_lighter(codes: list[str]) -> None:
    assert all(tier(codes) >= tier(codes[:place]) for place in range(len(codes)))
    assert RATIO > 1


@calm
@given(st.sampled_from(list(catalogue().measures)), days)
def test_only_what_has_a_length_has_an_end(code: str, day: date) -> None:
    measure = catalogue().measures[code]
    end = influence_last_day(measure, day)
    has = measure.months is not None and not measure.permanent and measure.starts == "effective"
    assert (end is not None) == has
