"""Photographs taken at a site: evidence from the first moment, with digests and two officers."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cases.models import Site
from cases.services.inspections import attach_collection
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Refused
from evidence.enums import Kind, Measure
from evidence.models import Collection, Item
from evidence.services.collections import open_collection, take_item
from evidence.services.files import add_file


def take_photo(
    site: Site, chunks: Iterable[bytes], *, name: str, second_officer: User | None, actor: User, at: datetime
) -> Item:
    """Store a photograph as an item of the site's collection, which is opened with the first one."""
    require(actor, "site.visit", site)
    if second_officer is None:
        raise Refused(
            _("不能登记照片：因为本组没有第二名办案人员。依据监察法第四十四条。可以先编入一名。"),
            code="two_officers",
            article=_("监察法第四十四条"),
        )
    with transaction.atomic():
        collection = _collection(site, second_officer, actor=actor, at=at)
        item = take_item(
            collection,
            kind=Kind.AUDIOVISUAL,
            title=_("现场照片：%(name)s") % {"name": name},
            officers=(actor, second_officer),
            actor=actor,
            at=at,
            quantity_unit=_("张"),
            found_where=site.place or site.unit.name,
        )
        add_file(item, chunks, name=name, actor=actor, at=at)
    return item


def _collection(site: Site, second_officer: User, *, actor: User, at: datetime) -> Collection:
    row = Site.locked(site.pk)
    if row.collection is not None and row.collection.ended_at is None:
        return row.collection
    collection = open_collection(
        compartment=row.compartment,
        place=row.place or row.unit.name,
        officers=(actor, second_officer),
        actor=actor,
        at=at,
        measure=Measure.INSPECTION,
        unit=row.unit,
        witness_note=_("勘验检查中拍照，不需要见证人"),
    )
    if row.collection is None:
        attach_collection(row, collection, actor=actor, at=at)
    return collection
