"""Documents of the cast's case, through the services that people use."""

from typing import Any

from casework.documents.models import Document
from casework.documents.registry import Subject, subject_of
from casework.documents.services import documents as service
from tests.build import moment
from tests.build_cases import a_case, walk
from tests.cast import Cast

AT = moment("2021-10-12 09:00")


def subject(cast: Cast, ref: str = "") -> Subject:
    """The case of the cast as a subject, opened."""
    if not ref:
        case = walk(cast, a_case(cast), "plan_approved")
        ref = f"case:{case.pk}"
    found = subject_of(ref, cast.officer)
    assert found is not None
    return found


DATA: dict[str, Any] = {
    "organ": "省纪委监委",
    "person": "丁某某",
    "standing": "某中心机房管理员",
    "case_number": "案〔2021〕1号",
    "kind": "涉嫌职务违法",
    "grounds": "利用单位机房“挖矿”。",
    "filed_on": "2021-10-11",
}


def a_draft(cast: Cast, found: Subject, **more: Any) -> Document:
    return service.draft_document(found, "filing_decision", {**DATA, **more}, actor=cast.officer, at=AT)


def issued(cast: Cast, found: Subject) -> Document:
    row = service.submit_document(a_draft(cast, found), actor=cast.officer, at=AT)
    return service.issue_document(row, actor=cast.approver, at=AT)
