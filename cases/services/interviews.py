"""Records of talks, inquiries and interrogations: the right kind by stage, two officers, times, rights, signatures."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cases.enums import CaseKind, CaseState, InterviewKind, PageMark, Side
from cases.models import Case, CaseMember, Interview, InterviewLine, InterviewPage, Site, Suspect, TeamMember
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record
from evidence.enums import Kind, Measure, Signature
from evidence.models import Item
from evidence.services.collections import close_collection, open_collection, take_item
from units.models import Unit

#: States of a case that is not filed yet: only what 初步核实 allows (监察法实施条例第五十九条).
_BEFORE_FILING = frozenset({CaseState.FILING_PENDING})


def kind_refusal(kind: InterviewKind, case: Case | None, suspect: Suspect | None) -> tuple[str, str]:
    """Return the sentence and the article that forbid this kind of record here, or two empty texts.

    谈话 is for those under investigation and for supervised persons, 询问 for witnesses, 讯问 for suspects of a crime
    after filing.
    """
    if kind == InterviewKind.INTERROGATION:
        if case is None or case.state in _BEFORE_FILING:
            article = _("监察法实施条例第五十九条")
            return _("不能用讯问笔录：因为没有立案。依据%(a)s。可以用谈话笔录。") % {"a": article}, article
        if suspect is None:
            article = _("监察法第二十条")
            return _("不能用讯问笔录：因为他不是被调查人。依据%(a)s。可以用询问笔录。") % {"a": article}, article
        if case.kind != CaseKind.CRIME:
            article = _("监察法第二十条")
            return _("不能用讯问笔录：因为本案不是涉嫌职务犯罪。依据%(a)s。可以用谈话笔录。") % {"a": article}, article
    if kind == InterviewKind.INQUIRY and suspect is not None:
        article = _("监察法第二十条")
        return _("不能用询问笔录：因为他是被审查调查人，询问用于证人。依据%(a)s。可以用谈话笔录。") % {
            "a": article
        }, article
    return "", ""


def take_interview(
    subject: Case | Site,
    *,
    kind: InterviewKind | str,
    person_name: str = "",
    place: str,
    began_at: datetime,
    ended_at: datetime,
    second_officer: User,
    actor: User,
    at: datetime,
    lines: Sequence[tuple[str, str]],
    suspect: Suspect | None = None,
    person_post: str = "",
    person_id_number: str = "",
    recorder: User | None = None,
    papers_shown: bool = True,
    rights_told_at: datetime | None = None,
    recorded: bool = False,
    pages: int = 1,
    signed: bool = False,
) -> Interview:
    """Write a record in a case or at a site of an inspection and put it among the evidence; returns it.

    ``lines`` are (question, answer); ``pages`` how many pages there are to sign, ``signed`` whether all are signed
    already. Refuses the wrong kind for the stage, one officer alone, and times out of order.
    """
    kind = InterviewKind(kind)
    case = subject if isinstance(subject, Case) else None
    site = subject if isinstance(subject, Site) else None
    name = (person_name or (suspect.name if suspect else "")).strip()
    _check_times(began_at, ended_at, rights_told_at, at)
    _check_content(name, place, lines, pages)
    sentence, article = kind_refusal(kind, case, suspect)
    if sentence:
        raise Refused(sentence, code="wrong_kind", article=article)
    if second_officer.pk == actor.pk:
        raise Refused(
            _("不能登记笔录：因为只有一名办案人员。依据监察法第四十四条。可以由两名以上办案人员进行。"),
            code="two_officers",
            article=_("监察法第四十四条"),
        )
    with transaction.atomic():
        if case is not None:
            case = Case.locked(case.pk)
            require(actor, "case.investigate", case)
            _need_investigator(case, second_officer)
            compartment, unit = case.compartment, case.unit
        elif site is not None:
            site = Site.locked(site.pk)
            require(actor, "site.visit", site)
            _need_teammate(site, second_officer)
            compartment, unit = site.compartment, site.unit
        if suspect is not None and suspect.case_id != (case.pk if case else None):
            raise Invalid(_("%(name)s不在本案中。") % {"name": suspect.name}, details={"suspect": _("选本案的人员")})
        number = Interview.objects.filter(case=case, site=site, person_name=name, kind=kind).count() + 1
        interview = Interview.objects.create(
            compartment=compartment,
            case=case,
            site=site,
            number=number,
            kind=kind,
            suspect=suspect,
            person_name=name,
            person_post=person_post or (suspect.post if suspect else ""),
            person_id_number=person_id_number or (suspect.id_number if suspect else ""),
            place=place.strip(),
            began_at=began_at,
            ended_at=ended_at,
            officer=actor,
            second_officer=second_officer,
            recorder=recorder,
            papers_shown=papers_shown,
            rights_told_at=rights_told_at,
            recorded=recorded,
            taken_at=at,
            taken_by=actor,
        )
        InterviewLine.objects.bulk_create(
            InterviewLine(interview=interview, seq=seq, question=question, answer=answer)
            for seq, (question, answer) in enumerate(lines, start=1)
        )
        InterviewPage.objects.bulk_create(
            InterviewPage(
                interview=interview,
                number=page,
                mark=PageMark.SIGNED if signed else PageMark.UNSIGNED,
                signed_at=ended_at if signed else None,
            )
            for page in range(1, pages + 1)
        )
        item = _into_evidence(interview, unit=unit, actor=actor, at=at, signed=signed)
        interview.item = item
        interview.save(update_fields=["item"])
        record(
            "interview.taken",
            ref=f"interview:{interview.pk}",
            stream=f"case:{case.pk}" if case else f"site:{site.pk if site else 0}",
            actor=actor,
            at=at,
            data={
                "kind": kind,
                "number": number,
                "began_at": began_at,
                "ended_at": ended_at,
                "pages": pages,
                "rights_told_at": rights_told_at,
                "item": item.number,
            },
            personal={"name": name},
            officers=(second_officer,),
        )
        _touch(case, at)
    return interview


def _check_times(began_at: datetime, ended_at: datetime, rights_told_at: datetime | None, at: datetime) -> None:
    wrong = {}
    if ended_at <= began_at:
        wrong["ended_at"] = _("结束时间不晚于开始时间，改为开始以后")
    if ended_at > at:
        wrong["ended_at"] = _("结束时间还没有到，改为现在以前")
    if rights_told_at is not None and not began_at <= rights_told_at < ended_at:
        wrong["rights_told_at"] = _("告知权利义务的时间不在谈话期间，改为开始与结束之间")
    if wrong:
        raise Invalid(_("笔录的时间不对：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)


def _check_content(name: str, place: str, lines: Sequence[tuple[str, str]], pages: int) -> None:
    wrong = {}
    if not name:
        wrong["person_name"] = _("填写被谈话人姓名")
    if not place.strip():
        wrong["place"] = _("填写地点")
    if not any(question.strip() for question, _answer in lines):
        wrong["lines"] = _("至少写一问一答")
    if not 1 <= pages <= 999:
        wrong["pages"] = _("页数填写 1 至 999")
    if wrong:
        raise Invalid(_("笔录还差：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)


def _need_investigator(case: Case, user: User) -> None:
    if not CaseMember.objects.filter(case=case, user=user, side=Side.INVESTIGATE, until__isnull=True).exists():
        raise Refused(
            _("不能登记笔录：因为%(name)s不是本案的办案人员。依据监察法第四十四条。可以选本案的另一名办案人员。")
            % {"name": user.name},
            code="no_member",
            article=_("监察法第四十四条"),
        )


def _need_teammate(site: Site, user: User) -> None:
    if not TeamMember.objects.filter(team=site.team_id, user=user, left_at__isnull=True).exists():
        raise Refused(
            _("不能登记笔录：因为%(name)s不在这一组。可以选本组的另一名人员。") % {"name": user.name}, code="no_member"
        )


def _into_evidence(interview: Interview, *, unit: Unit | None, actor: User, at: datetime, signed: bool) -> Item:
    officers = (actor, interview.second_officer)
    collection = open_collection(
        compartment=interview.compartment,
        place=interview.place,
        officers=officers,
        actor=actor,
        at=at,
        measure=Measure.OBTAINING,
        unit=unit,
        witness_note=_("谈话、询问、讯问不需要见证人"),
        recording_ref=_("已同步录音录像") if interview.recorded else "",
    )
    item = take_item(
        collection,
        kind=Kind.STATEMENT if interview.suspect_id else Kind.TESTIMONY,
        title=str(interview),
        officers=officers,
        actor=actor,
        at=at,
        quantity=1,
        quantity_unit=_("份"),
        source=interview.person_name,
    )
    close_collection(
        collection,
        holder_signature=Signature.SIGNED if signed else Signature.REFUSED,
        signature_note="" if signed else _("签名情况见笔录各页"),
        actor=actor,
        at=at,
    )
    return item


def sign_page(
    interview: Interview, page: int, *, mark: PageMark | str, actor: User, at: datetime, refusal: str = ""
) -> InterviewPage:
    """Note that a page was signed, or that the person refused and why; a signed page stays signed."""
    mark = PageMark(mark)
    if mark == PageMark.REFUSED and not refusal.strip():
        raise Invalid(_("没有写明拒签的情况。"), details={"refusal": _("写明情况，由办案人员注明")})
    if mark == PageMark.UNSIGNED:
        raise Invalid(_("不能改回未签名。可以登记签名或者拒签。"), details={"mark": _("选签名或者拒签")})
    with transaction.atomic():
        if interview.case_id:
            case = Case.locked(interview.case_id)
            require(actor, "case.investigate", case)
        else:
            case = None
            require(actor, "site.visit", interview.site)
        row = InterviewPage.objects.select_for_update().filter(interview=interview, number=page).first()
        if row is None:
            raise Invalid(_("这份笔录没有第 %(n)d 页。") % {"n": page}, details={"page": _("选已有的页")})
        if row.mark != PageMark.UNSIGNED:
            raise Refused(
                _("不能再登记：因为第 %(n)d 页%(mark)s。") % {"n": page, "mark": row.get_mark_display()}, code="signed"
            )
        row.mark, row.refusal, row.signed_at = mark, refusal.strip(), at
        row.save(update_fields=["mark", "refusal", "signed_at"])
        record(
            "interview.page_signed",
            ref=f"interview:{interview.pk}",
            stream=f"case:{case.pk}" if case else f"site:{interview.site_id}",
            actor=actor,
            at=at,
            data={"page": page, "mark": mark},
            reason=refusal,
        )
        _touch(case, at)
    return row


def _touch(case: Case | None, at: datetime) -> None:
    if case is not None:
        case.updated_at = max(at, case.updated_at)
        case.bump("updated_at")
