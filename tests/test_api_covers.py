"""What people can do on pages they can do over the API: every service that a page calls, and every act of the policy.

Both sides are read from the code (``tests/reach.py``). What stays without an operation stands here by name, with why.
"""

import inspect
from importlib import import_module

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from cases.body_workflow import BODY_STEPS
from cases.penalty_workflow import STEPS as PENALTY_STEPS
from cases.workflow import STEPS as CASE_STEPS
from casework.access.policy import acts
from casework.imports.registry import kinds
from tests.cast import Cast
from tests.reach import services_of, words_of_api
from tests.routes import routes
from units.inspection_workflow import STEPS as INSPECTION_STEPS

_KEYS = "a key to the system makes no further keys: tokens and calendar addresses are made by a person who is signed in"
_WORKER = "the page hands a large file to a worker; the API's own operation reads and writes it in the request"
_READS = "tells something and writes nothing"
_NO_FILE = "notes that a file or a sheet was handed out on a page; the API does not hand it out"

#: Services that pages call and no operation does.
WITHOUT_OPERATION = {
    "casework.access.services.people.issue_token": _KEYS,
    "casework.access.services.people.revoke_token": _KEYS,
    "casework.notices.services.preferences.make_feed": _KEYS,
    "casework.notices.services.preferences.revoke_feed": _KEYS,
    "casework.imports.services.reading.receive_file": _WORKER,
    "casework.imports.services.writing.order_writing": _WORKER,
    "units.services.dispositions.handle_lead": "the page's note and disposition in one; note, propose, dispose are there",
    "cases.services.papers.next_level": _READS,
    "units.services.relapse.default_due": _READS,
    "cases.services.surcharges.note_reconciliation_export": _NO_FILE,
    "cases.services.facts.note_matrix_export": _NO_FILE,
    "casework.ledger.services.exports.note_export": _NO_FILE,
    "evidence.services.files.note_preview": _NO_FILE,
    "units.services.reading.note_export": _NO_FILE,
    "units.services.reading.note_file_read": _NO_FILE,
    "units.services.reading.note_letter_read": _NO_FILE,
    "units.services.reading.note_paper_proof_read": _NO_FILE,
    "units.services.reading.note_proof_read": _NO_FILE,
}
#: What somebody who only reads still does: his own notices, that he read a paper, and the approval left to him.
OWN_BUSINESS = sorted(
    [
        "api:case-paper",
        "api:ledger-erasure-approve",
        "api:notice-acknowledge",
        "api:notice-preferences",
        "api:penalty-read",
    ]
)
#: Acts of the policy that no operation asks for.
ACTS_WITHOUT_OPERATION = {"token.issue": _KEYS}

#: Services that ask for the acts of a table, and those acts.
TABLES = {
    "cases.services.cases.advance": {f"case.{step.name}" for step in CASE_STEPS},
    "cases.services.penalties.advance_penalty": {f"penalty.{step.name}" for step in PENALTY_STEPS},
    "cases.services.bodies.advance_body": {f"body.{step.name}" for step in BODY_STEPS},
    "units.services.reviews.accept_report": {step.act for step in INSPECTION_STEPS},
    "casework.imports.services.runs.apply_run": {kind.act for kind in kinds().values()},
}


def _writes(service: str) -> bool:
    """Tell whether the service acts at a moment; the others only read."""
    module, _dot, name = service.rpartition(".")
    parameters = inspect.signature(getattr(import_module(module), name)).parameters
    return "at" in parameters


def test_every_service_that_a_page_calls_is_called_by_an_operation() -> None:
    pages, api = services_of(api=False), services_of(api=True)

    missing = {service for service in pages - api if _writes(service)}

    assert sorted(missing - set(WITHOUT_OPERATION)) == []
    assert sorted(set(WITHOUT_OPERATION) - missing) == [], "listed without need"
    assert len(pages) > 200


def test_every_act_of_the_policy_is_asked_for_by_an_operation() -> None:
    api = services_of(api=True)
    assert set(TABLES) <= api
    asked = words_of_api() | set().union(*TABLES.values())

    missing = {act for act in acts() if not act.startswith("test.")} - asked  # other tests register some of their own

    assert sorted(missing - set(ACTS_WITHOUT_OPERATION)) == []
    assert sorted(set(ACTS_WITHOUT_OPERATION) - missing) == [], "listed without need"


@pytest.mark.django_db
def test_whoever_only_reads_is_refused_at_every_operation_that_writes(cast: Cast) -> None:
    client = APIClient()
    client.force_authenticate(cast.auditor)
    words = {"what": "pdf", "sheet": "terminals", "code": "rooms", "step": "deliberate"}
    seen, let_through = 0, []

    for route in routes():
        if not route.name.startswith("api:"):
            continue
        for method in set(route.actions) - {"GET"}:
            kwargs = {name: words.get(name, "1") for name in route.kwargs}
            answer = client.generic(
                method, reverse(route.name.removeprefix("api:"), kwargs=kwargs), b"{}", content_type="application/json"
            )
            seen += 1
            if answer.status_code != 403:
                let_through.append(route.name)

    assert seen > 200
    assert sorted(let_through) == OWN_BUSINESS
