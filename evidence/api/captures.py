"""What devices send from the scene once they have a network again. Sending twice does what sending once does."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from casework.access.models import Compartment, compartments_of
from casework.access.policy import get_visible, require
from casework.api.base import ErrorSerializer
from casework.core import clock
from casework.core.errors import Invalid
from evidence.api.callers import caller, taken, within
from evidence.api.serializers import DeviceInput, person
from evidence.enums import Kind, Measure
from evidence.models import Capture, CapturedPhoto
from evidence.rules import DeviceFacts
from evidence.services.captures import AnnouncedPhoto, CapturedItem, Scene, digest_of, receive_capture, receive_photo
from units.models import Unit

PHOTO_BYTES = 40 * 1024**2


class CapturedItemInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=40)
    kind = serializers.ChoiceField(Kind.choices, default=Kind.PHYSICAL)
    title = serializers.CharField(max_length=200)
    found_at = serializers.DateTimeField()
    quantity = serializers.IntegerField(min_value=1, default=1)
    quantity_unit = serializers.CharField(max_length=10, default="件")
    features = serializers.CharField(default="", allow_blank=True)
    found_where = serializers.CharField(max_length=200, default="", allow_blank=True)
    hidden_how = serializers.CharField(max_length=200, default="", allow_blank=True)
    device = DeviceInput(default=None, allow_null=True)


class PhotoInput(serializers.Serializer[Any]):
    key = serializers.UUIDField()
    item = serializers.CharField(max_length=40)
    order = serializers.IntegerField(min_value=1)
    sha256 = serializers.RegexField("^[0-9a-fA-F]{64}$")
    name = serializers.CharField(max_length=200)
    taken_at = serializers.DateTimeField()


class CaptureInput(serializers.Serializer[Any]):
    key = serializers.UUIDField()
    compartment: Any = serializers.PrimaryKeyRelatedField(queryset=Compartment.objects.none())
    second: Any = person()
    measure = serializers.ChoiceField(Measure.choices, default=Measure.SEIZURE)
    place = serializers.CharField(max_length=200)
    unit: Any = serializers.PrimaryKeyRelatedField(queryset=Unit.objects.all(), default=None, allow_null=True)
    captured_at = serializers.DateTimeField()
    basis = serializers.CharField(max_length=120, default="", allow_blank=True)
    holder_name = serializers.CharField(max_length=80, default="", allow_blank=True)
    witness_name = serializers.CharField(max_length=80, default="", allow_blank=True)
    witness_note = serializers.CharField(max_length=200, default="", allow_blank=True)
    recording_ref = serializers.CharField(max_length=120, default="", allow_blank=True)
    notes = serializers.CharField(default="", allow_blank=True)
    checklist = serializers.ListField(child=serializers.DictField(), default=list, max_length=40)
    confirmed = serializers.ListField(child=serializers.DictField(), default=list, max_length=4)
    items = CapturedItemInput(many=True)
    photos = PhotoInput(many=True, default=list)


class CapturedPhotoSerializer(serializers.ModelSerializer[CapturedPhoto]):
    received: Any = serializers.SerializerMethodField()

    class Meta:
        model = CapturedPhoto
        fields = ("key", "order", "sha256", "received")
        read_only_fields = fields

    def get_received(self, photo: CapturedPhoto) -> bool:
        """Whether the bytes are here."""
        return photo.file_id is not None


class CaptureSerializer(serializers.ModelSerializer[Capture]):
    """The list that the capture became, and which photos are still wanted."""

    number = serializers.CharField(source="collection.number")
    photos = CapturedPhotoSerializer(many=True)

    class Meta:
        model = Capture
        fields = ("key", "collection", "number", "received_at", "photos")
        read_only_fields = fields


class CapturesView(APIView):
    """Captures of the scene."""

    @extend_schema(request=CaptureInput, responses={200: CaptureSerializer, 409: ErrorSerializer})
    def post(self, request: Request) -> Response:
        """Take over a capture; its photos follow one by one."""
        user = caller(request)
        require(user, "evidence.collect")
        circles = Compartment.objects.filter(pk__in=compartments_of(user), closed_at=None)
        given = taken(within(CaptureInput(data=request.data), compartment=circles))
        items = [
            CapturedItem(**{**one, "kind": Kind(one["kind"]), "device": _device(one["device"])})
            for one in given.pop("items")
        ]
        photos = [AnnouncedPhoto(**one) for one in given.pop("photos")]
        scene = Scene(**{**given, "measure": Measure(given["measure"])})
        digest = digest_of(request.data)
        capture = receive_capture(scene, items, photos, digest=digest, actor=user, at=clock.now())
        return Response(CaptureSerializer(capture).data)


def _device(given: dict[str, Any] | None) -> DeviceFacts | None:
    return DeviceFacts(**given) if given else None


class CapturePhotoView(APIView):
    """The bytes of one announced photo."""

    @extend_schema(request={"application/octet-stream": bytes}, responses={200: CapturedPhotoSerializer})
    def put(self, request: Request, key: Any, photo: Any) -> Response:
        """Take in the photo; it must have the digest of the moment it was taken."""
        user = caller(request)
        capture: Capture = get_visible(Capture.objects.filter(received_from=user), user, key=key)
        row = get_visible_photo(capture, photo)
        content = request._request.read(PHOTO_BYTES + 1)
        if not content or len(content) > PHOTO_BYTES:
            raise Invalid(_("照片是空的，或者超过 40 MB。"))
        row = receive_photo(row, [content], actor=user, at=clock.now())
        return Response(CapturedPhotoSerializer(row).data)


def get_visible_photo(capture: Capture, key: Any) -> CapturedPhoto:
    """Return the photo of a capture that the caller may know of; 404 when it has none of that key."""
    return get_object_or_404(capture.photos.select_related("item"), key=key)
