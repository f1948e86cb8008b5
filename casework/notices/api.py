"""Notices over the API: the owner's own, and their receipt."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.policy import can, require
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, expected_version
from casework.api.inputs import taken
from casework.core import clock
from casework.notices import selectors
from casework.notices.models import Delivery, Letter, Notice, Preference
from casework.notices.services.letters import sign_letter, void_letter
from casework.notices.services.preferences import set_preference
from casework.notices.services.receipts import acknowledge
from casework.notices.services.sending import retry_failed


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    """A notice as its recipient reads it."""

    class Meta:
        model = Notice
        fields = ("id", "kind", "level", "title", "body", "ref", "url", "due_on", "owed_at", "acknowledged_at")
        read_only_fields = fields


class PreferenceSerializer(serializers.ModelSerializer[Preference]):
    """By mail or not, the quiet hours, and the hour of the daily digest."""

    class Meta:
        model = Preference
        fields = ("by_mail", "quiet_from", "quiet_until", "digest_at")
        extra_kwargs = {"by_mail": {"required": True}}


class NoticeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """The reader's own notices, the newest first."""

    model = Notice
    serializer_class = NoticeSerializer
    updated_field = "owed_at"

    def rows(self) -> Any:
        return selectors.inbox(reader(self.request))

    @extend_schema(request=None, responses=NoticeSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str = "") -> Response:
        """Sign for a notice; a second time changes nothing."""
        notice = acknowledge(self.get_object(), actor=reader(request), at=clock.now())
        return Response(NoticeSerializer(notice).data)

    @extend_schema(methods=["GET"], responses=PreferenceSerializer, filters=False)
    @extend_schema(methods=["PUT"], request=PreferenceSerializer, responses=PreferenceSerializer)
    @action(detail=False, methods=["get", "put"], pagination_class=None, metadata_class=None)
    def preferences(self, request: Request) -> Response:
        """How the caller wants to be told outside the system; the inbox is not affected."""
        user = reader(request)
        if request.method == "GET":
            row = Preference.objects.filter(user=user).first() or Preference(user=user)
        else:
            row = set_preference(user, **taken(PreferenceSerializer(data=request.data)), **self.by())
        return Response(PreferenceSerializer(row).data)


class LetterSerializer(serializers.ModelSerializer[Letter]):
    """A numbered paper that a rung of the ladder called for."""

    class Meta:
        model = Letter
        fields = (
            "id", "deadline", "kind", "number", "due_on", "addressee", "body", "state", "made_at", "signed_by",
            "signed_at", "void_reason", "version",
        )  # fmt: skip
        read_only_fields = fields


class VoidSerializer(serializers.Serializer[Any]):
    """Why it is void."""

    reason = serializers.CharField(max_length=300)


class LetterViewSet(mixins.ListModelMixin, VisibleViewSet):
    """督办文书 on clocks that the caller may know of; who is urged reads what was signed."""

    model = Letter
    serializer_class = LetterSerializer
    filterset_fields = ("state", "kind", "deadline")

    def retrieve(self, request: Request, pk: str = "") -> Response:
        """Return one paper."""
        return self.shown(self.get_object())

    @extend_schema(request=None, responses=LetterSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: str = "") -> Response:
        """签发; from then on whom it urges can read it. Needs ``If-Match``."""
        row = self.get_object()
        return self.shown(sign_letter(row, version=expected_version(request), **self.by()))

    @extend_schema(request=VoidSerializer, responses=LetterSerializer)
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str = "") -> Response:
        """作废; its number stays taken. Needs ``If-Match``."""
        row = self.get_object()
        given = taken(VoidSerializer(data=request.data))
        return self.shown(void_letter(row, version=expected_version(request), **given, **self.by()))


class FailedDeliverySerializer(serializers.ModelSerializer[Delivery]):
    """A message that was given up; whom and what it told stands nowhere here."""

    class Meta:
        model = Delivery
        fields = ("id", "channel", "state", "attempts")
        read_only_fields = fields


class RetryInput(serializers.Serializer[Any]):
    """Which of them are sent again."""

    deliveries = serializers.PrimaryKeyRelatedField(queryset=Delivery.objects.none(), many=True)


class RetriedSerializer(serializers.Serializer[Any]):
    """How many are owed again."""

    count = serializers.IntegerField()


class FailedDeliveryViewSet(mixins.ListModelMixin, VisibleViewSet):
    """没有送达的通知, for the system administrator."""

    model = Delivery
    serializer_class = FailedDeliverySerializer
    filterset_fields = ("channel",)

    def rows(self) -> Any:
        rows = selectors.given_up().order_by("pk")
        return rows if can(reader(self.request), "delivery.retry") else rows.none()

    @extend_schema(request=RetryInput, responses=RetriedSerializer)
    @action(detail=False, methods=["post"], pagination_class=None)
    def retry(self, request: Request) -> Response:
        """Owe given-up messages again, once the cause is mended."""
        require(reader(request), "delivery.retry")
        serializer = RetryInput(data=request.data)
        serializer.fields["deliveries"].child_relation.queryset = self.rows()  # type: ignore[attr-defined]
        return Response({"count": retry_failed(taken(serializer)["deliveries"], **self.by())})


routes: list[tuple[str, Any, str]] = [
    ("failed-deliveries", FailedDeliveryViewSet, "failed-delivery"),
    ("notices", NoticeViewSet, "notice"),
    ("letters", LetterViewSet, "letter"),
]
