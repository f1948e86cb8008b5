"""The commission's own versions of templates: drafted, previewed with sample data, switched on by somebody else."""

import hashlib
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused, Stale
from casework.documents.catalogue import shipped
from casework.documents.enums import TemplateState
from casework.documents.filling import complete
from casework.documents.models import OwnTemplate
from casework.documents.services.rendering import draw
from casework.documents.spec import Template, places, read_template
from casework.ledger.record import record

#: Versions of the commission's own begin here: those of the product stay below.
OWN_FROM = 1000


def read_own(code: str, source: str) -> Template:
    """Return the template that the text describes, checked as one that can stand in for the shipped kind.

    The inputs that the records fill must be those of the product; an own version may leave out and add.
    """
    template = read_template(source)
    if template.code != code:
        raise Invalid(
            _("不能用这个模板：因为 code 应是“%(code)s”。") % {"code": code},
            details={"source": _("code 应是“%(code)s”。") % {"code": code}},
        )
    if template.subjects != shipped()[code][0].subjects:
        raise Invalid(
            _("不能用这个模板：因为 subjects 不能改。"), details={"source": _("subjects 要与产品自带的一致。")}
        )
    _keeps_fixed(template, shipped()[code][0])
    complete(template, template.sample)
    return template


def _keeps_fixed(template: Template, ours: Template) -> None:
    """Refuse a version that lets people type over what is taken from the records alone, or that does not print it."""
    kept = {one.name: one.type for one in template.inputs if one.fixed}
    wanted = {one.name: one.type for one in ours.inputs if one.fixed}
    printed = set(places(template.blocks)) | {
        str(block.get(key)) for block in template.blocks for key in ("rows", "items")
    }
    lost = [one.label for one in ours.inputs if one.fixed and one.name not in printed]
    if kept != wanted or lost:
        said = _("标有 fixed 的项目要与产品自带的一致，并且都要印出。")
        raise Invalid(_("不能用这个模板：因为取自记录的项目不能改。可以对照自带的版本。"), details={"source": said})


def preview_own(code: str, source: str, day: date) -> bytes:
    """Return the PDF of the template with its sample data.

    Raises:
        Invalid: with the sentence that says what keeps it from being read or drawn.
    """
    template = read_own(code, source)
    try:
        return draw(template, complete(template, template.sample), day)
    except Refused as error:
        raise Invalid(
            _("不能用这个模板：因为用样例数据做不成样张。%(why)s") % {"why": error.message},
            details={"source": error.message},
        ) from error


def draft_template(
    code: str, source: str, *, note: str = "", version: int = 0, actor: User, at: datetime
) -> OwnTemplate:
    """Keep a draft of the commission's own version; there is one draft of a kind, ``version`` is the one read."""
    if code not in shipped():
        raise Invalid(_("没有这个文种。"), details={"code": code})
    require(actor, "document_template.draft")
    preview_own(code, source, timezone.localdate(at))
    template = read_own(code, source)
    with transaction.atomic():
        row = OwnTemplate.objects.select_for_update().filter(code=code, state=TemplateState.DRAFT).first()
        if row is None:
            last = OwnTemplate.objects.filter(code=code).aggregate(last=Max("number"))["last"] or OWN_FROM
            row = OwnTemplate(code=code, number=last + 1, made_at=at)
        elif row.version != version:
            raise Stale(_("不能存：这一版刚被改过。可以对照后再存，填的内容仍在页面上。"))
        row.name, row.source, row.note = template.name, source, note.strip()[:300]
        row.made_by, row.made_at = actor, at
        if row.pk is None:
            row.save()
        else:
            row.bump("name", "source", "note", "made_by", "made_at")
        record(
            "document_template.drafted",
            ref=f"documenttemplate:{row.pk}",
            actor=actor,
            at=at,
            data={"code": code, "number": row.number, "sha256": hashlib.sha256(source.encode()).hexdigest()},
        )
    return row


def activate_template(row: OwnTemplate, *, actor: User, at: datetime) -> OwnTemplate:
    """Switch the draft on: new documents are made with it, old ones keep theirs."""
    require(actor, "document_template.activate", row)
    read_own(row.code, row.source)
    with transaction.atomic():
        own = OwnTemplate.locked(row.pk)
        if own.state != TemplateState.DRAFT:
            raise Refused(_("不能启用：因为这一版不是草稿。"), code="wrong_state")
        OwnTemplate.objects.filter(code=own.code, state=TemplateState.ACTIVE).update(state=TemplateState.RETIRED)
        own.state, own.activated_by, own.activated_at = TemplateState.ACTIVE, actor, at
        own.bump("state", "activated_by", "activated_at")
        data = {"code": own.code, "number": own.number}
        record("document_template.activated", ref=f"documenttemplate:{own.pk}", actor=actor, at=at, data=data)
    return own


def retire_template(row: OwnTemplate, *, actor: User, at: datetime) -> OwnTemplate:
    """Switch the commission's own version off: new documents are made with the product's again."""
    require(actor, "document_template.activate")
    with transaction.atomic():
        own = OwnTemplate.locked(row.pk)
        if own.state != TemplateState.ACTIVE:
            raise Refused(_("不能停用：因为这一版没有启用。"), code="wrong_state")
        own.state = TemplateState.RETIRED
        own.bump("state")
        data = {"code": own.code, "number": own.number}
        record("document_template.retired", ref=f"documenttemplate:{own.pk}", actor=actor, at=at, data=data)
    return own
