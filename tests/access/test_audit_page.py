"""What the audit administrator reads about the acts of the two others."""

import re
from typing import Any

from django.db import transaction
from django.test import Client

from casework.access.enums import CompartmentKind
from casework.access.models import Compartment
from casework.access.selectors import shown_refs
from casework.ledger.record import record
from casework.ledger.selectors import all_kinds
from tests.build import moment
from tests.cast import Cast


def test_acts_name_accounts_and_marks_on_the_home_and_in_the_list(cast: Cast) -> None:
    with transaction.atomic():
        for kind, ref in (
            ("account.opened", f"user:{cast.officer.pk}"),
            ("account.closed", "user:999999"),
            ("lead.filed", "lead:1"),  # a bystander: content, not administration
        ):
            record(kind, ref=ref, actor=cast.system_admin, at=moment("2021-09-06 10:42"), data={})
    client = Client()
    client.force_login(cast.audit_admin)
    officer = f"{cast.officer.name}（{cast.officer.organisation.name}）"

    for address in ("/", "/administration/audit/"):
        page = client.get(address, follow=True).content.decode()
        assert officer in page, address
        assert not re.search(rf"user:{cast.officer.pk}\b", page)  # its number may begin like that of the unknown one
        assert "user:999999" in page
        assert "lead:1" not in page
    assert all_kinds() == ["account.closed", "account.opened", "lead.filed"]


def test_references_are_read_in_two_queries_and_nothing_is_left_out(cast: Cast, django_assert_num_queries: Any) -> None:
    refs = [
        f"user:{cast.officer.pk}",
        f"user:{cast.outsider.pk}",
        "user:x",
        "user:",
        "compartment:999999",
        "thing:1",
        "",
    ]

    with django_assert_num_queries(2):
        shown = shown_refs(iter(refs))

    assert list(shown) == refs
    assert shown[refs[0]].startswith(cast.officer.name)
    assert [shown[ref] for ref in refs[2:]] == refs[2:]


def test_compartments_are_told_by_kind_and_mark_and_never_by_name(cast: Cast) -> None:
    circle = Compartment.objects.create(
        kind=CompartmentKind.CASE, name="丁某某“挖矿”案", created_at=moment("2021-09-06 10:42")
    )
    with transaction.atomic():
        record(
            "compartment.opened",
            ref=f"compartment:{circle.pk}",
            actor=cast.officer,
            at=moment("2021-09-06 10:42"),
            data={},
        )
    client = Client()
    client.force_login(cast.audit_admin)

    for address in ("/", "/administration/audit/"):
        page = client.get(address, follow=True).content.decode()
        assert f"知悉范围 {circle.public_id}（案件）" in page, address
        assert "compartment:" not in page
        assert circle.name not in page
