"""The Huang case and its variants, from bytes to the card."""

import pytest

from casework.scenarios.zhejiang_2021 import huang_host
from evidence.models import LogFinding
from evidence.selectors.attributions import newest_edition
from evidence.services.attributions import work_out_again
from tests.build_attributions import LATER, NETWORK, a_host, an_attribution, stated_clocks
from tests.build_evidence import an_item
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def shown(attribution: object) -> dict:  # type: ignore[type-arg]
    content: dict = newest_edition(attribution).content  # type: ignore[arg-type, type-arg]
    return content


def ways(content: dict) -> dict[str, tuple[str, list[str]]]:  # type: ignore[type-arg]
    return {link["rule"]: (link["state"], [one["value"] for one in link["options"]]) for link in content["links"]}


def test_the_person_is_named_only_after_the_second_source(cast: Cast) -> None:
    item = an_item(cast)
    runs = a_host(cast, *NETWORK, item=item)
    bystander = a_host(cast, "door", variant=huang_host.JOB)  # another matter: never mixed in
    assert bystander["door"].file.item.compartment_id != item.compartment_id

    attribution = an_attribution(cast, runs)

    first = shown(attribution)
    assert attribution.outcome == "session"
    assert first["judgement"]["caps"] == ["one_source"]
    assert first["judgement"]["person"] == newest_edition(attribution).person == ""
    found = ways(first)
    assert found["N1"] == ("single", [huang_host.INSIDE])
    assert found["N2"] == ("single", [huang_host.MAC])
    assert found["N5"] == ("single", ["黄某某"])
    assert found["C1"][0] == "missing"
    assert "password_changes" in first["judgement"]["asks"]

    runs |= a_host(cast, "accounts", "secrets", item=item)
    edition = work_out_again(attribution, actor=cast.officer, at=LATER)

    assert (edition.serial, edition.outcome, edition.person, edition.strength) == (2, "named", "黄某某", 2)
    assert {"two_sources", "clocks_unset"} <= set(edition.content["judgement"]["caps"])
    assert work_out_again(attribution, actor=cast.officer, at=LATER).serial == 2  # the same again is no new edition

    runs |= a_host(cast, "door", item=item)
    stated_clocks(runs, cast)
    third = work_out_again(attribution, actor=cast.officer, at=LATER)
    assert (third.serial, third.outcome, third.strength) == (3, "named", 3)
    assert len(third.content["judgement"]["cut"]) >= 1


def test_the_deletion_on_the_server_itself_is_proved(cast: Cast) -> None:
    runs = a_host(cast, "own")

    (gap,) = LogFinding.objects.filter(run=runs["own"], verdict="deleted-proved")

    assert (gap.check_name, gap.expected, gap.found) == ("logind_sessions", 5, 1)


@pytest.mark.parametrize(
    ("variant", "outcome", "caps"),
    [(huang_host.JOB, "automatic", ["automatic"]), (huang_host.SHARED, "session", ["no_person_link"])],
)
def test_variants_name_nobody(cast: Cast, variant: str, outcome: str, caps: list[str]) -> None:
    runs = a_host(cast, variant=variant)
    stated_clocks(runs, cast)

    attribution = an_attribution(cast, runs)

    edition = newest_edition(attribution)
    assert (edition.outcome, edition.person, edition.strength) == (outcome, "", 0)
    assert edition.content["judgement"]["caps"] == caps
    best = edition.content["judgement"]["order"][0]
    assert best in ({"H4"} if variant == huang_host.JOB else {"H2", "H5"})
