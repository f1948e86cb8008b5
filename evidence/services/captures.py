"""What was written down at the scene without network: taken over once, however often the device sends it."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.models import Compartment
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record
from evidence.enums import Kind, Measure
from evidence.models import Capture, CapturedPhoto, Item
from evidence.rules import DeviceFacts, file_name
from evidence.services.collections import open_collection, take_item
from evidence.services.files import add_file
from units.models import Unit


@dataclass(frozen=True)
class CapturedItem:
    """One thing as it was written down; ``key`` is what photos name it by."""

    key: str
    kind: Kind
    title: str
    found_at: datetime
    quantity: int = 1
    quantity_unit: str = "件"
    features: str = ""
    found_where: str = ""
    hidden_how: str = ""
    device: DeviceFacts | None = None


@dataclass(frozen=True)
class AnnouncedPhoto:
    """A photo whose bytes follow: digest, order and moment were taken when it was."""

    key: UUID
    item: str
    order: int
    sha256: str
    name: str
    taken_at: datetime


@dataclass(frozen=True)
class Scene:
    """The head of the list, as it was filled in at the scene."""

    key: UUID
    compartment: Compartment
    second: User
    measure: Measure
    place: str
    captured_at: datetime
    unit: Unit | None = None
    basis: str = ""
    holder_name: str = ""
    witness_name: str = ""
    witness_note: str = ""
    recording_ref: str = ""
    notes: str = ""
    checklist: Sequence[Mapping[str, Any]] = ()
    confirmed: Sequence[Mapping[str, Any]] = ()


def digest_of(sent: Any) -> str:
    """Return the digest of what the device sent, the same for the same content."""
    return hashlib.sha256(json.dumps(sent, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def receive_capture(
    scene: Scene,
    items: Sequence[CapturedItem],
    photos: Sequence[AnnouncedPhoto],
    *,
    digest: str,
    actor: User,
    at: datetime,
) -> Capture:
    """Make the list and its items of a capture; the same capture again returns the first, another one is refused.

    Items carry the moment they were found; the second officer still confirms everything himself, signed in.
    """
    if scene.captured_at > at:
        raise Invalid(_("现场时间在将来：请核对设备的时钟。"), details={"captured_at": _("不能在将来")})
    keys = [item.key for item in items]
    if not items or len(set(keys)) != len(keys):
        raise Invalid(_("现场采集里没有证物，或者证物的标记重复。"))
    with transaction.atomic():
        Compartment.objects.select_for_update().get(pk=scene.compartment.pk)  # two sendings at once: one waits
        known: Capture | None = Capture.objects.filter(key=scene.key).first()
        if known is not None:
            if known.received_from_id != actor.pk or known.digest != digest:
                raise Refused(_("这次现场采集已经同步过，内容不同。可以查看已同步的清单。"), code="capture_differs")
            return known
        collection = open_collection(
            compartment=scene.compartment,
            place=scene.place,
            officers=(actor, scene.second),
            actor=actor,
            at=scene.captured_at,
            measure=scene.measure,
            unit=scene.unit,
            basis=scene.basis,
            holder_name=scene.holder_name,
            witness_name=scene.witness_name,
            witness_note=scene.witness_note,
            recording_ref=scene.recording_ref,
            note=scene.notes,
        )
        capture = Capture.objects.create(
            key=scene.key,
            compartment=scene.compartment,
            collection=collection,
            digest=digest,
            checklist=list(scene.checklist),
            notes=scene.notes,
            confirmed=list(scene.confirmed),
            captured_at=scene.captured_at,
            received_at=at,
            received_from=actor,
        )
        taken: dict[str, Item] = {}
        for one in items:
            taken[one.key] = take_item(
                collection,
                kind=one.kind,
                title=one.title,
                features=one.features,
                quantity=one.quantity,
                quantity_unit=one.quantity_unit,
                found_where=one.found_where,
                hidden_how=one.hidden_how,
                found_at=min(max(one.found_at, scene.captured_at), at),
                device=one.device,
                officers=(actor, scene.second),
                actor=actor,
                at=min(max(one.found_at, scene.captured_at), at),
            )
        _announce(capture, photos, taken)
        record(
            "collection.captured",
            ref=f"collection:{collection.pk}",
            actor=actor,
            at=at,
            data={
                "number": collection.number,
                "capture": str(scene.key),
                "digest": digest,
                "captured_at": scene.captured_at,
                "photos": [f"{photo.order} {photo.sha256}" for photo in photos],
                "confirmed": [str(one.get("name", ""))[:80] for one in scene.confirmed],
            },
        )
    return capture


def _announce(capture: Capture, photos: Sequence[AnnouncedPhoto], taken: Mapping[str, Item]) -> None:
    rows = []
    for photo in photos:
        if photo.item not in taken or len(photo.sha256) != 64:
            raise Invalid(_("第 %(n)s 张照片没有对应的证物，或者没有摘要。") % {"n": photo.order})
        rows.append(
            CapturedPhoto(
                capture=capture,
                key=photo.key,
                order=photo.order,
                sha256=photo.sha256.lower(),
                name=file_name(photo.name) or f"photo-{photo.order}.jpg",
                taken_at=photo.taken_at,
                item=taken[photo.item],
            )
        )
    if len({row.order for row in rows}) != len(rows):
        raise Invalid(_("照片的顺序重复。"))
    CapturedPhoto.objects.bulk_create(rows)


def receive_photo(photo: CapturedPhoto, chunks: Iterable[bytes], *, actor: User, at: datetime) -> CapturedPhoto:
    """Take in the bytes of an announced photo: exactly those of the moment of capture, once."""
    if photo.file_id is not None:
        return photo
    content = b"".join(chunks)
    if hashlib.sha256(content).hexdigest() != photo.sha256:
        raise Refused(
            _("第 %(n)s 张照片与拍摄时的摘要不符，没有收下。可以从原设备重新同步。") % {"n": photo.order},
            code="digest_differs",
        )
    known = photo.item.files.filter(blob__sha256=photo.sha256).first()
    file = known or add_file(
        photo.item,
        [content],
        name=photo.name,
        note=_("现场第 %(n)s 张") % {"n": photo.order},
        actor=actor,
        at=at,
    )
    photo.file = file
    photo.save(update_fields=["file"])
    return photo
