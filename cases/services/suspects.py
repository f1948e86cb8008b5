"""People under investigation: taken into a case with the standing of that time, and shown the material of facts."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.enums import CaseState, MeetingOutcome, Side
from cases.models import Case, CaseMember, FactsShown, StandingChange, Suspect
from cases.services.integrity import shut_out_tied
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused, Stale
from casework.ledger.record import record
from units.enums import Employment
from units.models import Person, Unit

#: Fields of the standing that may be set and corrected; yes/no fields take True, False or None (not found out).
YES_NO = ("party_member", "public_official", "leading_cadre")
STANDING = (
    "unit", "post", "rank", "employment", *YES_NO, "party_post", "village_cadre", "deputy_of", "standing_on",
    "conduct_from", "conduct_until", "name",
)  # fmt: skip


def add_suspect(
    case: Case,
    *,
    name: str = "",
    person: Person | None = None,
    standing_on: date,
    actor: User,
    at: datetime,
    id_number: str = "",
    **standing: Any,
) -> Suspect:
    """Take a person into the case with the standing of ``standing_on`` (the day of the conduct).

    With a ``person`` of the register, what is not given is copied from that row; its later changes do nothing here.
    ``standing``: unit, post, rank, employment, party_member, party_post, public_official, leading_cadre, village_cadre,
    deputy_of, conduct_from, conduct_until.
    """
    _known(standing)
    values = {**_from_person(person), **standing}
    who = (name or (person.name if person else "")).strip()
    _check(who, values, standing_on)
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.amend", case)
        if person is not None and case.suspects.filter(person=person).exists():
            raise Refused(_("不能列入：%(name)s已在本案中。可以打开已有的一行。") % {"name": who}, code="already_in")
        suspect = Suspect.objects.create(
            case=case,
            person=person,
            name=who,
            id_number=id_number or (person.id_number if person else ""),
            standing_on=standing_on,
            added_at=at,
            **values,
        )
        shut_out_tied(case, at=at)
        _touch(case, at)
        record(
            "suspect.added",
            ref=f"suspect:{suspect.pk}",
            stream=f"case:{case.pk}",
            actor=actor,
            at=at,
            data={"case": case.number, "standing": _plain(values), "standing_on": standing_on},
            personal={"name": who, "id_number": suspect.id_number},
        )
    return suspect


def _from_person(person: Person | None) -> dict[str, Any]:
    if person is None:
        return {}
    fields = ("unit", "post", "rank", "employment", *YES_NO)
    return {field: getattr(person, field) for field in fields}


def _known(standing: Mapping[str, Any]) -> None:
    unknown = set(standing) - set(STANDING)
    if unknown:
        raise Invalid(
            _("身份中没有“%(names)s”。可以用：%(all)s。")
            % {"names": "、".join(sorted(unknown)), "all": "、".join(STANDING)}
        )


def _check(name: str, values: Mapping[str, Any], standing_on: date) -> None:
    wrong: dict[str, str] = {}
    if not name:
        wrong["name"] = _("填写姓名")
    employment = values.get("employment") or ""
    if employment and employment not in Employment.values:
        wrong["employment"] = _("用工形式选：%(all)s") % {"all": "、".join(str(label) for label in Employment.labels)}
    begins, ends = values.get("conduct_from"), values.get("conduct_until")
    if begins and ends and ends < begins:
        wrong["conduct_until"] = _("行为止日早于起日，改为起日以后")
    if begins and not begins <= standing_on:
        wrong["standing_on"] = _("身份以行为发生时为准，认定日期不早于行为起日")
    if values.get("public_official") is False and employment == Employment.CIVIL_SERVANT:
        wrong["public_official"] = _("公务员是公职人员，改为“是”。依据监察法第十五条")
    if wrong:
        raise Invalid(
            ngettext("有 %(n)d 处要改：%(what)s。", "有 %(n)d 处要改：%(what)s。", len(wrong))
            % {"n": len(wrong), "what": "；".join(wrong.values())},
            details=wrong,
        )


def change_standing(
    suspect: Suspect, *, actor: User, at: datetime, reason: str, expected_version: int | None = None, **values: Any
) -> Suspect:
    """Set or correct fields of the standing; every old value stays on record with the reason (书证、函证的名称)."""
    _known(values)
    if not reason.strip():
        raise Invalid(_("没有写明依据。"), details={"reason": _("写明依据，例如“干部任免审批表”")})
    with transaction.atomic():
        case = Case.locked(suspect.case_id)
        require(actor, "case.amend", case)
        row = Suspect.locked(suspect.pk)
        if expected_version is not None and row.version != expected_version:
            raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"), details={"version": row.version})
        changed = {field: value for field, value in values.items() if getattr(row, field) != value}
        if not changed:
            return row
        merged = {field: changed.get(field, getattr(row, field)) for field in STANDING if field != "standing_on"}
        _check(str(merged.pop("name")), merged, changed.get("standing_on", row.standing_on))
        old = {field: getattr(row, field) for field in changed}
        StandingChange.objects.bulk_create(
            StandingChange(
                suspect=row, field=field, old=_text(old[field]), new=_text(value), reason=reason, by=actor, at=at
            )
            for field, value in changed.items()
        )
        for field, value in changed.items():
            setattr(row, field, value)
        row.bump(*changed)
        shut_out_tied(case, at=at)
        _touch(case, at)
        record(
            "suspect.standing_changed",
            ref=f"suspect:{row.pk}",
            stream=f"case:{case.pk}",
            actor=actor,
            at=at,
            data={field: {"old": _text(old[field]), "new": _text(value)} for field, value in changed.items()},
            reason=reason,
        )
    return row


def show_facts(
    suspect: Suspect,
    *,
    outcome: MeetingOutcome | str,
    second_officer: User,
    actor: User,
    at: datetime,
    opinion: str = "",
) -> FactsShown:
    """Record that the material of facts was shown to the person and what he answered (监察法实施条例第二百一十七条)."""
    outcome = MeetingOutcome(outcome)
    if outcome != MeetingOutcome.AGREED and not opinion.strip():
        raise Invalid(
            _("没有写明本人意见。"),
            details={"opinion": _("有异议的写明异议和核实情况，拒绝签名的写明情况。依据监察法实施条例第二百一十七条")},
        )
    if second_officer.pk == actor.pk:
        raise Refused(
            _("不能登记见面：因为只有一名办案人员。依据监察法第四十四条。可以由两名以上办案人员进行。"),
            code="two_officers",
            article=_("监察法第四十四条"),
        )
    with transaction.atomic():
        case = Case.locked(suspect.case_id)
        require(actor, "case.investigate", case)
        if case.state not in {CaseState.FACTS_MEETING, CaseState.RETURNED_SUPPLEMENT, CaseState.FILED}:
            raise Refused(
                _("不能登记见面：因为案件%(state)s。依据监察法实施条例第二百一十七条。可以先提交见面。")
                % {"state": case.get_state_display()},
                code="wrong_state",
                article=_("监察法实施条例第二百一十七条"),
            )
        _need_member(case, second_officer)
        shown = FactsShown.objects.create(
            suspect=suspect, at=at, officer=actor, second_officer=second_officer, outcome=outcome, opinion=opinion
        )
        _touch(case, at)
        record(
            "suspect.facts_shown",
            ref=f"suspect:{suspect.pk}",
            stream=f"case:{case.pk}",
            actor=actor,
            at=at,
            data={"outcome": outcome},
            personal={"opinion": opinion},
            officers=(second_officer,),
        )
    return shown


def _need_member(case: Case, user: User) -> None:
    if not CaseMember.objects.filter(case=case, user=user, side=Side.INVESTIGATE, until__isnull=True).exists():
        raise Refused(
            _("不能登记：因为%(name)s不是本案的办案人员。可以选本案的另一名办案人员。") % {"name": user.name},
            code="no_member",
        )


def _touch(case: Case, at: datetime) -> None:
    case.updated_at = at
    case.bump("updated_at")


def _text(value: Any) -> str:
    if value is None:
        return _("未查明")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Unit):
        return value.name
    return str(value)


def _plain(values: Mapping[str, Any]) -> dict[str, str]:
    return {field: _text(value) for field, value in values.items()}
