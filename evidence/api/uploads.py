"""Files in pieces by the tus protocol 1.0 (creation, creation-with-upload, termination, checksum, expiration): any client."""

import base64
import binascii
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from casework.access.policy import get_visible
from casework.core import clock
from casework.core.errors import CaseworkError, Invalid
from casework.core.wake import wake
from casework.files.enums import UploadState
from casework.files.models import Upload
from casework.files.services.uploads import CHECKSUMS, PATIENCE, Checksum, append_piece, may_finish_now
from evidence.api.callers import caller
from evidence.models import Item, ItemFile
from evidence.selectors.items import in_matter_of, knows_content
from evidence.services.uploads import abandon_upload, finish_upload, open_item_upload

VERSION = "1.0.0"
PIECE = "application/offset+octet-stream"


class WrongVersion(CaseworkError):
    """The client speaks another version of the protocol."""

    code, status = "tus_version", 412


class WrongType(CaseworkError):
    """A piece that does not say that it is one."""

    code, status = "piece_type", 415


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """How far an upload is, and what became of it (``result``: ``item_file:42``)."""

    class Meta:
        model = Upload
        fields = ("key", "name", "size", "offset", "state", "error", "result", "created_at")
        read_only_fields = fields


class TusView(APIView):
    """What both addresses share: the version, and the headers of every answer."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in ("OPTIONS", "GET") and request.headers.get("Tus-Resumable") != VERSION:
            raise WrongVersion(_("请求须带 Tus-Resumable: %(v)s。") % {"v": VERSION})

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Tus-Resumable"] = VERSION
        response["Tus-Version"] = VERSION
        response["Cache-Control"] = "no-store"
        return response

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Say what is understood."""
        return Response(
            status=204,
            headers={
                "Tus-Extension": "creation,creation-with-upload,termination,checksum,expiration",
                "Tus-Max-Size": str(settings.CASEWORK_MAX_FILE_BYTES),
                "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
            },
        )


class ItemUploads(TusView):
    """Opening uploads for an item."""

    def post(self, request: Request, pk: int) -> Response:
        """Open an upload: ``Upload-Length``, ``Upload-Metadata`` (filename, note, derived_from, sha256)."""
        user = caller(request)
        item: Item = get_visible(Item.objects, user, pk=pk)
        if not knows_content(item, user):
            raise Http404
        size = _number(request, "Upload-Length")
        facts = _metadata(request.headers.get("Upload-Metadata", ""))
        original = facts.get("derived_from", "")
        derived_from = None
        if original:
            key = int(original) if original.isdecimal() and len(original) < 12 else 0
            derived_from = item.files.filter(pk=key, original=True).first()
            if derived_from is None:
                raise Invalid(_("工作副本的原件不属于这件证物。可以在原件所属的证物下上传。"))
        upload = open_item_upload(
            item,
            name=facts.get("filename") or facts.get("name") or "",
            size=size,
            derived_from=derived_from if isinstance(derived_from, ItemFile) else None,
            note=facts.get("note", ""),
            sha256=facts.get("sha256", ""),
            actor=user,
            at=clock.now(),
        )
        headers = {"Location": request.build_absolute_uri(reverse("upload", args=[upload.key]))}
        if request.content_type == PIECE:
            headers |= _append(request, upload, 0)
        return Response(status=201, headers=headers | _expires(upload))


class UploadView(TusView):
    """One upload: where it stands, its next piece, its end. Nobody but the one who opened it, while he knows the item."""

    def _upload(self, request: Request, key: Any) -> Upload:
        user = caller(request)
        found: Upload | None = Upload.objects.filter(key=key, owner=user).first()
        if found is None:
            raise Http404
        # Whoever was let out of the matter since, or stands back from it, sends nothing more.
        if not in_matter_of(user).filter(pk=int(found.purpose.partition(":")[2])).exists():
            raise Http404
        return found

    def head(self, request: Request, key: Any) -> Response:
        """Say how many bytes are safe."""
        upload = self._upload(request, key)
        if upload.state == UploadState.FAILED:
            return Response(status=410)
        return Response(
            status=200,
            headers={"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.size)} | _expires(upload),
        )

    def get(self, request: Request, key: Any) -> Response:
        """Say how far the upload is and what became of it."""
        return Response(UploadSerializer(self._upload(request, key)).data)

    def patch(self, request: Request, key: Any) -> Response:
        """Append a piece that begins at ``Upload-Offset``."""
        upload = self._upload(request, key)
        if request.content_type != PIECE:
            raise WrongType(_("这一段须是 %(type)s。") % {"type": PIECE})
        headers = _append(request, upload, _number(request, "Upload-Offset"))
        return Response(status=204, headers=headers | _expires(upload))

    def delete(self, request: Request, key: Any) -> Response:
        """Give the upload up."""
        abandon_upload(self._upload(request, key))
        return Response(status=204)


def _append(request: Request, upload: Upload, offset: int) -> dict[str, str]:
    length = _number(request, "Content-Length")
    upload = append_piece(
        upload, request._request, offset=offset, length=length, at=clock.now(), checksum=_checksum(request)
    )
    if upload.state == UploadState.RECEIVED:
        if may_finish_now(upload):
            upload = finish_upload(upload.pk, at=clock.now())
            if upload.state == UploadState.FAILED:
                raise Invalid(upload.error, code="upload_refused")
        else:
            wake("evidence.finish_upload", upload.pk)
    return {"Upload-Offset": str(upload.offset)}


def _number(request: Request, header: str) -> int:
    given = request.headers.get(header, "")
    if not given.isdecimal() or len(given) > 18:
        raise Invalid(_("请求头 %(header)s 须是不小于 0 的整数。") % {"header": header})
    return int(given)


def _metadata(text: str) -> dict[str, str]:
    found = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, _space, value = pair.partition(" ")
        try:
            found[key.lower()] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Invalid(_("Upload-Metadata 里的“%(key)s”不是 Base64 的 UTF-8 文字。") % {"key": key}) from error
    return found


def _checksum(request: Request) -> Checksum | None:
    given = request.headers.get("Upload-Checksum", "")
    if not given:
        return None
    name, _space, value = given.partition(" ")
    if name not in CHECKSUMS:
        raise Invalid(_("不认识校验算法“%(name)s”。可以用 %(known)s。") % {"name": name, "known": "、".join(CHECKSUMS)})
    try:
        return Checksum(name, base64.b64decode(value, validate=True))
    except binascii.Error as error:
        raise Invalid(_("Upload-Checksum 的值不是 Base64。")) from error


def _expires(upload: Upload) -> dict[str, str]:
    if upload.state != UploadState.OPEN:
        return {}
    return {"Upload-Expires": format_datetime((upload.touched_at + PATIENCE + timedelta(0)).astimezone(), usegmt=False)}


#: The service of its own that takes uploads has these and no others (casework/uploads).
paths = [
    path("items/<int:pk>/uploads/", ItemUploads.as_view(), name="item-uploads"),
    path("uploads/<uuid:key>/", UploadView.as_view(), name="upload"),
]
