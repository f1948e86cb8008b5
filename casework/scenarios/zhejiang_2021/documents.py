"""Documents of the played cases: issued on the days of their acts, one still waiting to be signed."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from cases.models import Case, Penalty
from casework.accounts.models import User
from casework.core import clock
from casework.documents.models import Document
from casework.documents.registry import collected, subject_of
from casework.documents.services.documents import (
    NUMBER,
    draft_document,
    issue_document,
    serve_document,
    submit_document,
)
from casework.scenarios.zhejiang_2021.people import Crew
from evidence.models import Collection

#: The case whose documents the demo shows.
CASE = "金某某"


def play_documents(crew: Crew) -> None:
    """Issue decision, list and receipt where the acts were done; a supervision advice waits for the leader."""
    officer, leader = crew["officer1"], crew["approver1"]
    case = Case.objects.get(title__contains=CASE)
    if case.filed_on is not None:
        filed = datetime.combine(case.filed_on, time(17), tzinfo=timezone.get_default_timezone())
        _issue(f"case:{case.pk}", "filing_decision", officer, leader, filed)
    taken = Collection.objects.filter(items__device__isnull=False, ended_at__isnull=False)
    first = taken.order_by("pk").first()
    if first is not None and first.ended_at is not None:
        _issue(
            f"collection:{first.pk}",
            "seizure_list",
            first.created_by,
            first.created_by,
            first.ended_at + timedelta(hours=1),
        )
    penalty = Penalty.objects.exclude(number="").filter(issued_at__isnull=False).order_by("pk").first()
    if penalty is not None and penalty.issued_at is not None:
        ref = f"penalty:{penalty.pk}"
        moment = penalty.issued_at + timedelta(minutes=5)
        decision = _issue(ref, "penalty_decision", crew["hearing1"], leader, moment)
        delivery = penalty.deliveries.filter(act="served").first()
        if delivery is not None:
            if decision is not None:
                serve_document(
                    decision, served_on=delivery.on, receiver=delivery.receiver, actor=crew["hearing1"], at=delivery.at
                )
            _issue(ref, "service_receipt", crew["hearing1"], crew["hearing1"], delivery.at + timedelta(minutes=5))
    advice = {
        "causes": "机房管理、密码管理和日志留存制度没有落实，外聘人员的权限长期无人核对。",
        "advice": "一是全面清查机房设备和用电。\n二是健全账号、密码和日志管理制度，落实专人负责。\n三是开展警示教育。",
        "feedback": "请在期限内完成整改，并书面反馈整改情况，附证明材料。",
        "objection": "如对本建议有异议，可以自收到之日起十日内书面提出。",
        "reply_by": (clock.today() + timedelta(days=30)).isoformat(),
    }
    _draft(f"case:{case.pk}", "supervision_advice", officer, clock.now() - timedelta(hours=3), advice)


def _draft(ref: str, code: str, drafter: User, at: datetime, more: Mapping[str, Any] | None = None) -> Document | None:
    subject = subject_of(ref, drafter)
    if subject is None:
        return None
    data = {**collected(code, subject, drafter, at), **(more or {})}
    number = str(data.pop(NUMBER, ""))
    row = draft_document(subject, code, data, actor=drafter, at=at, number=number)
    return submit_document(row, actor=drafter, at=at)


def _issue(ref: str, code: str, drafter: User, signer: User, at: datetime) -> Document | None:
    row = _draft(ref, code, drafter, at)
    return row and issue_document(row, actor=signer, at=at)
