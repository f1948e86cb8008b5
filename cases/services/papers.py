"""The draft before its readers: reading, signing on a level, remarks at a part, and what a later edit makes void."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.approval import acts_for, chain_of, signed_by, valid_signatures
from cases.enums import ApprovalLevel, Side
from cases.models import Case, Paper, PaperReading, PaperRemark, Signature
from cases.papers import content_of, digest_of, right_to_write
from cases.selectors.cases import people_on, ref_of
from cases.workflow import BY_NAME, Step
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, NotReady, Refused, Stale
from casework.ledger.record import record
from casework.notices.services.owing import Owed, owe_notices

#: Parts of a draft at which a remark may stand.
PARTS = ("title", "grounds", "plan", "report", "hearing_report", "suspects", "facts", "penalties")


def draft_of(case: Case, *, at: datetime) -> Paper:
    """Return the present draft of the case, kept under the next number when its content is new."""
    with transaction.atomic():
        return locked_draft(Case.locked(case.pk), at)


def locked_draft(case: Case, at: datetime) -> Paper:
    """Return the present draft of a case that the caller has locked; a new draft voids what was signed on others."""
    content = content_of(case)
    digest = digest_of(content)
    found: Paper | None = Paper.objects.filter(case=case, digest=digest).first()
    if found is None:
        last = Paper.objects.filter(case=case).order_by("-number").first()
        found = Paper.objects.create(
            case=case, number=(last.number if last else 0) + 1, digest=digest, content=content, at=at
        )
    _void_others(case, found, at)
    return found


def _void_others(case: Case, paper: Paper, at: datetime) -> None:
    """A signature holds for the draft that was signed; it stays on record, void, when the content has changed."""
    rows = list(
        Signature.objects.filter(case=case, voided_at__isnull=True).exclude(paper=paper).select_related("paper")
    )
    for row in rows:
        row.voided_at = at
        row.save(update_fields=["voided_at"])
        record(
            "case.signature_voided",
            ref=ref_of(case),
            actor=None,
            at=at,
            data={"step": row.step, "level": row.level, "signed": row.paper.number, "now": paper.number},
        )
    owe_notices(
        [
            Owed(
                key=f"signature-void:{row.pk}",
                to_id=row.user_id,
                kind="case.signature_voided",
                title=_("%(number)s：呈批稿已改动，您的签批已失效") % {"number": case.number},
                body=_("您签批的是第 %(signed)s 稿，现在是第 %(now)s 稿。原签批留存在案；可以看过改动后再签批。")
                % {"signed": row.paper.number, "now": paper.number},
                ref=ref_of(case),
                url=reverse("cases:paper", args=[case.pk]),
                compartment_id=case.compartment_id,
            )
            for row in rows
        ],
        at=at,
    )


def read_paper(case: Case, *, actor: User, at: datetime) -> Paper:
    """Note that the actor has the present draft before him, once per draft; a decision needs exactly this."""
    require(actor, "case.read_paper", case)
    with transaction.atomic():
        paper = locked_draft(Case.locked(case.pk), at)
        _reading, new = PaperReading.objects.get_or_create(paper=paper, user=actor, defaults={"at": at})
        if new:
            record(
                "case.paper_read",
                ref=ref_of(case),
                actor=actor,
                at=at,
                data={"paper": paper.number, "digest": paper.digest},
            )
    return paper


def next_level(case: Case, step: Step, digest: str, at: datetime) -> str:
    """Return the level that signs next before the decision, or "" when the decision itself is next."""
    signed = {row.level for row in valid_signatures(case, step.name, digest)}
    chain = chain_of(case, timezone.localdate(at))
    return next((level for level in chain.levels[:-1] if level not in signed), "") if step.signed else ""


def sign_paper(
    case: Case, step_name: str, *, actor: User, at: datetime, digest: str = "", opinion: str = ""
) -> Signature:
    """Sign the present draft on the level whose turn it is (会签、审签).

    Refuses whoever has signed another level of this draft, whoever holds another seat without a delegation, a draft
    that the actor has not read, and a draft that has changed since.
    """
    step = BY_NAME.get(step_name)
    if step is None or not step.signed:
        raise Invalid(_("这个环节不需要逐级签批。"), details={"step": [s.name for s in BY_NAME.values() if s.signed]})
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.sign", case)
        if not step.offered(case):
            raise Refused(
                _("不能签批：因为案件现在是%(state)s。可以刷新后办理现在的环节。")
                % {"state": case.get_state_display()},
                code="wrong_state",
            )
        if case.returned:
            raise Refused(_("不能签批：因为已退回修改。可以等送审人改好再送。"), code="returned")
        paper = locked_draft(case, at)
        if digest and digest != paper.digest:
            raise Stale(
                _("不能签批：因为内容已变，请重新阅读。您的意见仍在页面上。"),
                code="content_changed",
                details={"current_digest": paper.digest, "paper": paper.number},
            )
        if not PaperReading.objects.filter(paper=paper, user=actor).exists():
            raise NotReady(_("不能签批：因为这一稿您还没有读。可以先读这一稿。"), ())
        level = next_level(case, step, paper.digest, at)
        if not level:
            raise Refused(_("不能签批：因为这一稿各级都已签批，只差决定。可以由决定人办理。"), code="nothing_to_sign")
        stands_for = check_level(case, step, level, paper.digest, actor, at)
        row: Signature = Signature.objects.create(
            case=case, paper=paper, step=step.name, level=level, user=actor, for_user=stands_for, opinion=opinion, at=at
        )
        record(
            "case.signed",
            ref=ref_of(case),
            actor=actor,
            at=at,
            data={
                "step": step.name,
                "level": level,
                "paper": paper.number,
                "digest": paper.digest,
                "for": stands_for.name if stands_for else "",
            },
            reason=opinion,
        )
        _tell_the_others(case, row, at)
    return row


def check_level(case: Case, step: Step, level: str, digest: str, actor: User, at: datetime) -> User | None:
    """Refuse whoever stands on another level of this draft or holds no such seat; return in whose place he signs."""
    mine, stands_for = acts_for(actor, level, case, timezone.localdate(at))
    if not mine:
        raise Refused(
            _("不能签批：因为这一级由%(level)s签批，您不在这一级，也没有人委托您代行。可以由%(level)s办理。")
            % {"level": ApprovalLevel(level).label},
            code="wrong_level",
        )
    behind = signed_by(valid_signatures(case, step.name, digest))
    if actor.pk in behind or (stands_for and stands_for.pk in behind):
        raise Refused(
            _("不能签批：因为您已在另一级签过这一稿，同一人不得在两级签批。可以由其他领导签批。"),
            code="same_person",
            article=_("监督执纪工作规则第十一条"),
        )
    return stands_for


def _tell_the_others(case: Case, row: Signature, at: datetime) -> None:
    owe_notices(
        [
            Owed(
                key=f"case-signed:{row.pk}:user:{user.pk}",
                to_id=user.pk,
                kind="case.turn",
                title=_("%(number)s：%(level)s已签批，等下一级")
                % {"number": case.number, "level": row.get_level_display()},
                body=row.opinion or case.title,
                ref=ref_of(case),
                url=reverse("cases:paper", args=[case.pk]),
                compartment_id=case.compartment_id,
            )
            for user in people_on(case, Side.DECIDE)
            if user.pk != row.user_id
        ],
        at=at,
    )


def put_remarks(case: Case, paper: Paper, remarks: Mapping[str, str], *, actor: User, at: datetime) -> int:
    """Put a leader's remarks at the parts of the draft that he returns; the caller moves the case and guards it."""
    given = {part: text.strip() for part, text in remarks.items() if text.strip()}
    unknown = sorted(set(given) - set(PARTS))
    if unknown:
        raise Invalid(_("没有“%(part)s”这一部分。") % {"part": unknown[0]}, details={"remarks": list(PARTS)})
    PaperRemark.objects.bulk_create(
        PaperRemark(case=case, paper=paper, part=part, text=text, by=actor, at=at) for part, text in given.items()
    )
    return len(given)


def settle_remark(remark: PaperRemark, *, actor: User, at: datetime, answer: str = "") -> PaperRemark:
    """Say that a remark has been dealt with; the changed draft shows how, the answer what is not seen there."""
    with transaction.atomic():
        case = Case.locked(remark.case_id)
        require(actor, right_to_write(remark.part), case)
        row: PaperRemark = PaperRemark.objects.select_for_update().get(pk=remark.pk)
        if row.settled_at is None:
            _settle(row, actor=actor, at=at, answer=answer)
    return row


def settle_part(case: Case, parts: set[str], *, actor: User, at: datetime, answer: str = "") -> None:
    """A part that was rewritten or answered for settles the remarks at it; called by the act that does so."""
    for row in case.remarks.filter(part__in=parts, settled_at__isnull=True):
        _settle(row, actor=actor, at=at, answer=answer)


def _settle(row: PaperRemark, *, actor: User, at: datetime, answer: str) -> None:
    row.settled_at, row.settled_by, row.answer = at, actor, answer.strip()
    row.save(update_fields=["settled_at", "settled_by", "answer"])
    data = {"part": row.part, **({"answer": row.answer} if row.answer else {})}
    record("case.remark_settled", ref=ref_of(row.case), actor=actor, at=at, data=data)
