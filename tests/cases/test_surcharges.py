"""The surcharge on power: registered from a meter, paid, late, and refused where none applied."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cases.models import Recovery
from cases.services.recovery import register_payment, set_due
from cases.services.surcharges import register_surcharge
from casework.core.errors import Invalid, NotAllowed, Refused
from casework.ledger.selectors import trail
from tests.build import moment
from tests.build_penalties import a_case
from tests.cases.test_penalty_pages import browse, text
from tests.cast import Cast

AT = moment("2022-06-01 09:00")
MARCH = (date(2022, 3, 1), date(2022, 3, 31))


def owed(cast: Cast, case: Any, **values: Any) -> Recovery:
    given: dict[str, Any] = {
        "unit": case.unit, "kwh": Decimal(3100), "metered_from": MARCH[0], "metered_until": MARCH[1],
        "used_from": date(2021, 5, 1), "used_until": MARCH[1], "due_on": date(2022, 6, 30), "actor": cast.officer,
        "at": AT,
    }  # fmt: skip
    return register_surcharge(case, **{**given, **values})


def test_a_surcharge_is_registered_paid_in_part_and_late(cast: Cast) -> None:
    case, other = a_case(cast), a_case(cast)
    bystander = owed(cast, other)
    row = owed(cast, case)
    row.refresh_from_db()
    assert (row.value, row.amount_due, row.kwh, row.rate) == tuple(map(Decimal, ("1550", "1550", "3100", "0.5")))
    assert (row.used_from, row.used_until) == MARCH
    register_payment(
        row, amount=Decimal(1000), paid_on=date(2022, 6, 2), receipt="电费1号", actor=cast.officer,
        at=moment("2022-06-02 09:00"),
    )  # fmt: skip
    row.refresh_from_db()
    assert [row.late_on(day) for day in (date(2022, 6, 30), date(2022, 7, 1))] == [False, True]
    set_due(
        row, amount_due=Decimal(1550), reason="批准缓缴", due_on=date(2022, 9, 30), actor=cast.officer,
        at=moment("2022-07-02 09:00"),
    )  # fmt: skip
    row.refresh_from_db()
    assert not row.late_on(date(2022, 7, 1))
    bystander.refresh_from_db()
    assert bystander.amount_paid == 0
    assert [entry.kind for entry in trail(f"recovery:{row.pk}")] == [
        "recovery.surcharge_registered", "recovery.paid", "recovery.due_set",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"used_until": date(2022, 2, 13), "metered_from": date(2022, 1, 1)}, Refused, "自 2022-02-14 起才有加价"),
        ({"kwh": Decimal(0)}, Invalid, "电量须大于 0"),
        ({"kwh": Decimal("1.001")}, Invalid, "最多两位小数"),
        ({"metered_until": date(2022, 2, 1)}, Invalid, "不早于抄表起日"),
        ({"used_until": date(2021, 4, 1)}, Invalid, "不早于用电起日"),
        ({"metered_until": date(2022, 6, 2)}, Invalid, "不晚于今天"),
    ],
)
def test_a_surcharge_that_cannot_be(cast: Cast, values: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        owed(cast, a_case(cast), **values)
    assert not Recovery.objects.exists()


@pytest.mark.parametrize("who", ["outsider", "auditor", "approver", "custodian"])
def test_who_does_not_work_on_the_case_registers_none(cast: Cast, who: str) -> None:
    with pytest.raises(NotAllowed):
        owed(cast, a_case(cast), actor=getattr(cast, who))


def test_the_database_holds_the_value_to_the_meter(cast: Cast) -> None:
    row = owed(cast, a_case(cast))
    for wrong in ({"kwh": Decimal(3101)}, {"kwh": None}, {"unit": None}, {"kind": "gain"}, {"kind": "fine"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Recovery.objects.filter(pk=row.pk).update(**wrong)


def test_on_its_page(cast: Cast) -> None:
    case = a_case(cast)
    client = browse(cast.officer)
    url = f"/penalties/recoveries/surcharge/{case.pk}/"
    assert "川发改价格规〔2022〕186号" in text(client.get(url))
    form = {
        "unit": case.unit_id, "kwh": "3100", "metered_from": "2021-3-1", "metered_until": "2021-3-31",
        "used_from": "2021-3-1", "used_until": "2021-3-31",
    }  # fmt: skip
    refused = client.post(url, form)
    assert refused.status_code == 400
    assert "起才有加价" in text(refused)
    assert 'value="3100"' in text(refused), "what was typed is kept"
    done = client.post(url, {key: str(value).replace("2021", "2022") for key, value in form.items()})
    assert done.status_code == 302
    shown = text(client.get(done.url))
    assert "1,550.00" in shown
    assert "差别电价加价" in shown
    assert browse(cast.outsider).get(url).status_code == 404
    assert browse(cast.auditor).post(url, form).status_code in {403, 404}
