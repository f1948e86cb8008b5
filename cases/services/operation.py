"""The day of an unannounced inspection: release, helpers of the place, calls for help, and who opened the targets."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import InspectionState
from cases.models import HelpCall, Inspection, InspectionTeam, Site, SiteHelper, TargetReading
from casework.access.models import Grant
from casework.access.policy import require
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record
from casework.notices.services.owing import Owed, owe_notices


def release_inspection(inspection: Inspection, *, actor: User, at: datetime) -> Inspection:
    """Let the campaign's circle know of the inspection from this moment (T0); before it, nobody outside does."""
    with transaction.atomic():
        row = Inspection.locked(inspection.pk)
        require(actor, "inspection.lead", row)
        if row.released_at is not None:
            return row
        if row.state == InspectionState.PLANNED:
            raise Refused(_("不能公开：因为还没有一个组到场。可以在各组到场以后公开。"), code="too_early")
        row.released_at, row.released_by = at, actor
        row.bump("released_at", "released_by")
        record(
            "inspection.released",
            ref=f"inspection:{row.pk}",
            actor=actor,
            at=at,
            data={"number": row.number},
        )
    return row


def note_targets_read(
    inspection: Inspection, *, what: str, sites: int, actor: User, at: datetime, team: InspectionTeam | None = None
) -> TargetReading | None:
    """Note that somebody has a list of targets before him, before the first byte leaves; without targets nothing."""
    if not sites:
        return None
    with transaction.atomic():
        day = timezone.localdate(at)
        first = not TargetReading.objects.filter(inspection=inspection, user=actor, what=what, at__date=day).exists()
        row = TargetReading.objects.create(
            inspection=inspection, team=team, user=actor, what=what, sites=sites, at=at,
            before_release=inspection.released_at is None,
        )  # fmt: skip
        if first:
            record(
                "inspection.targets_read",
                ref=f"inspection:{inspection.pk}",
                actor=actor,
                at=at,
                data={"what": what, "sites": sites, "before_release": row.before_release},
            )
    return row


def name_helper(
    site: Site,
    *,
    name: str,
    meet_place: str,
    meet_at: datetime,
    tell_from: datetime,
    actor: User,
    at: datetime,
    user: User | None = None,
    agency: str = "",
) -> SiteHelper:
    """Name somebody of the place; from ``tell_from`` he sees where and when to be, and nothing else."""
    wrong = {}
    if not name.strip():
        wrong["name"] = _("填写姓名")
    if not meet_place.strip():
        wrong["meet_place"] = _("填写会合地点")
    if tell_from > meet_at:
        wrong["tell_from"] = _("不晚于会合时间")
    if user is not None and not user.has_role(Role.LIAISON):
        wrong["user"] = _("选协作单位的联络员")
    if site.unit.name in meet_place:
        wrong["meet_place"] = _("会合地点不写被检查单位的名称，改写街道和门牌")
    if wrong:
        raise Invalid(_("不能指定：%(what)s。") % {"what": "；".join(wrong.values())}, details=wrong)
    with transaction.atomic():
        inspection = Inspection.locked(site.team.inspection_id)
        require(actor, "inspection.lead", inspection)
        row = SiteHelper.objects.create(
            site=site, user=user, name=name.strip(), agency=agency.strip(), meet_place=meet_place.strip(),
            meet_at=meet_at, tell_from=tell_from, added_by=actor, added_at=at,
        )  # fmt: skip
        record(
            "inspection.helper_named",
            ref=f"site:{site.pk}",
            actor=actor,
            at=at,
            data={"agency": row.agency, "meet_at": meet_at, "tell_from": tell_from},
            personal={"name": row.name},
        )
    return row


def call_for_help(site: Site, text: str, *, actor: User, at: datetime) -> HelpCall:
    """Call the leaders from the field; they are told at once."""
    if not text.strip():
        raise Invalid(_("没有写明需要什么。"), details={"text": _("写明需要什么，例如“需要一名技术人员”")})
    with transaction.atomic():
        row = Site.locked(site.pk)
        require(actor, "site.visit", row)
        if row.team.inspection.state == InspectionState.CLOSED:
            raise Refused(_("不能办理：因为检查已结束。可以在案件中补充。"), code="closed")
        made = HelpCall.objects.create(site=row, text=text.strip()[:200], by=actor, at=at)
        record("site.help_called", ref=f"site:{row.pk}", actor=actor, at=at, data={"call": made.pk}, reason=made.text)
        inspection = row.team.inspection
        leaders = Grant.objects.filter(compartment=inspection.compartment_id, until__isnull=True)
        owe_notices(
            [
                Owed(
                    key=f"help:{made.pk}:user:{pk}",
                    to_id=pk,
                    kind="site.help",
                    title=_("第 %(n)d 组求助：%(text)s") % {"n": row.team.number, "text": made.text},
                    ref=f"site:{row.pk}",
                    url=reverse("cases:inspection", args=[inspection.pk]),
                    level="alarm",
                    compartment_id=inspection.compartment_id,
                )
                for pk in leaders.values_list("user_id", flat=True)
                if pk != actor.pk
            ],
            at=at,
        )
    return made


def answer_help(call: HelpCall, answer: str, *, actor: User, at: datetime) -> HelpCall:
    """Answer a call; the caller is told."""
    if not answer.strip():
        raise Invalid(_("没有写明回应。"), details={"answer": _("写明谁去、什么时候到")})
    with transaction.atomic():
        site = Site.locked(call.site_id)
        require(actor, "inspection.lead", site.team.inspection)
        row: HelpCall = HelpCall.objects.select_for_update().get(pk=call.pk)
        if row.answered_at is not None:
            raise Refused(_("这次求助已有人回应。"), code="answered")
        row.answer, row.answered_by, row.answered_at = answer.strip()[:200], actor, at
        row.save(update_fields=["answer", "answered_by", "answered_at"])
        record(
            "site.help_answered", ref=f"site:{site.pk}", actor=actor, at=at, data={"call": row.pk}, reason=row.answer
        )
        owe_notices(
            [
                Owed(
                    key=f"help-answered:{row.pk}:user:{row.by_id}",
                    to_id=row.by_id,
                    kind="site.help",
                    title=_("求助已回应：%(text)s") % {"text": row.answer},
                    ref=f"site:{site.pk}",
                    url=reverse("cases:site", args=[site.pk]),
                    compartment_id=site.compartment_id,
                )
            ],
            at=at,
        )
    return row
