"""Accounts over HTTP for the administrators, by the services of their pages."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access import policy
from casework.access.models import Compartment
from casework.access.selectors import administrative_acts, counted_compartments, public_refs
from casework.access.services import people
from casework.accounts.enums import Role
from casework.accounts.models import Appointment, Organisation, User
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, create_once
from casework.api.pagination import Cursor
from casework.core import clock
from casework.ledger.models import Entry
from casework.ledger.words import word


class AppointmentSerializer(serializers.ModelSerializer[Appointment]):
    class Meta:
        model = Appointment
        fields = ("id", "role", "from_on", "until", "document")
        extra_kwargs = {"until": {"required": False}, "document": {"required": False}}


class AccountSerializer(serializers.ModelSerializer[User]):
    appointments = AppointmentSerializer(many=True, read_only=True)

    class Meta:
        model = User
        fields = ("id", "username", "name", "post", "email", "organisation", "is_active", "appointments")
        read_only_fields = fields


class NewAccountSerializer(serializers.Serializer[Any]):
    username = serializers.SlugField(max_length=60)
    name = serializers.CharField(max_length=80)
    post = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    organisation = serializers.PrimaryKeyRelatedField(queryset=Organisation.objects.all())
    email = serializers.EmailField(required=False, allow_blank=True, default="")
    password = serializers.CharField(min_length=12, write_only=True)


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)


class OptionalReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class NewPasswordSerializer(serializers.Serializer[Any]):
    password = serializers.CharField(min_length=12, write_only=True)


def _taken(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class AccountViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Accounts and their roles. The system administrator opens and closes, the security administrator appoints."""

    model = User
    serializer_class = AccountSerializer
    filterset_fields = ("username", "organisation", "is_active")

    def get_queryset(self) -> Any:
        rows = User.objects.prefetch_related("appointments").order_by("pk")
        if getattr(self, "swagger_fake_view", False) or not policy.can(reader(self.request), "account.read"):
            return rows.none()
        return rows

    def _answer(self, user: User, code: int = status.HTTP_200_OK) -> Response:
        return Response(AccountSerializer(self.get_queryset().get(pk=user.pk)).data, status=code)

    @extend_schema(request=NewAccountSerializer, responses={201: AccountSerializer})
    def create(self, request: Request) -> Response:
        """Open an account without a role."""
        policy.require(reader(request), "account.open")

        def create() -> Response:
            given = _taken(NewAccountSerializer(data=request.data))
            user = people.open_account(given.pop("username"), **given, actor=reader(request), at=clock.now())
            return self._answer(user, status.HTTP_201_CREATED)

        return create_once(request, create)

    @extend_schema(request=AppointmentSerializer, responses={201: AccountSerializer})
    @action(detail=True, methods=["post"])
    def roles(self, request: Request, pk: str = "") -> Response:
        """Give the account a role from a day; what separation of duties forbids is refused."""
        user = self.get_object()
        given = _taken(AppointmentSerializer(data=request.data))
        role = Role(given.pop("role"))
        people.appoint(user, role, **given, actor=reader(request), at=clock.now())
        return self._answer(user, status.HTTP_201_CREATED)

    @extend_schema(request=OptionalReasonSerializer, responses=AccountSerializer)
    @action(detail=True, methods=["post"], url_path=r"roles/(?P<appointment>[0-9]+)/end")
    def end_role(self, request: Request, pk: str = "", appointment: str = "") -> Response:
        """End a role of the account with the day before."""
        user = self.get_object()
        row = get_object_or_404(user.appointments, pk=appointment)
        people.dismiss(
            row, **_taken(OptionalReasonSerializer(data=request.data)), actor=reader(request), at=clock.now()
        )
        return self._answer(user)

    @extend_schema(request=ReasonSerializer, responses=AccountSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str = "") -> Response:
        """Close the account: its sessions and tokens end, its name stays."""
        user = self.get_object()
        people.close_account(user, **_taken(ReasonSerializer(data=request.data)), actor=reader(request), at=clock.now())
        return self._answer(user)

    @extend_schema(request=NewPasswordSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def password(self, request: Request, pk: str = "") -> Response:
        """Set a new password."""
        user = self.get_object()
        people.reset_password(
            user, _taken(NewPasswordSerializer(data=request.data))["password"], actor=reader(request), at=clock.now()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class CompartmentSerializer(serializers.ModelSerializer[Compartment]):
    """A compartment as the register shows it: its name is content and stands nowhere here."""

    members = serializers.IntegerField(read_only=True)
    recused = serializers.IntegerField(read_only=True)

    class Meta:
        model = Compartment
        fields = ("public_id", "kind", "secrecy", "members", "recused", "created_at")
        read_only_fields = fields


class CompartmentPages(Cursor):
    """By the public mark: the key would show how many lie between two."""

    ordering = "public_id"


class CompartmentViewSet(mixins.ListModelMixin, VisibleViewSet):
    """知悉范围名册, for the security administrator."""

    model = Compartment
    serializer_class = CompartmentSerializer
    pagination_class = CompartmentPages

    def rows(self) -> Any:
        if not policy.can(reader(self.request), "compartment.list"):
            return Compartment.objects.none()
        return counted_compartments().order_by("public_id")


class AdministrativeActSerializer(serializers.Serializer[Any]):
    """What an administrator did; compartments are named by their public mark."""

    entry = serializers.IntegerField(source="pk")
    kind = serializers.CharField()
    what = serializers.SerializerMethodField()
    ref = serializers.SerializerMethodField()
    actor = serializers.IntegerField(source="actor_id", allow_null=True)
    at = serializers.DateTimeField()
    reason = serializers.SerializerMethodField()

    def get_what(self, entry: Entry) -> str:
        """Say it in the reader's language."""
        return word(entry.kind)

    def get_ref(self, entry: Entry) -> str:
        """Return the object by the mark that may be shown."""
        return public_refs([entry.ref]).get(entry.ref, entry.ref)

    def get_reason(self, entry: Entry) -> str:
        """Return why, where it was said."""
        return str(entry.payload.get("reason", ""))


class AdministrativeActViewSet(mixins.ListModelMixin, VisibleViewSet):
    """管理操作, for the audit administrator."""

    model = Entry
    serializer_class = AdministrativeActSerializer
    filter_backends = ()

    def rows(self) -> Any:
        rows = administrative_acts().order_by("pk")
        return rows if policy.can(reader(self.request), "audit.read") else rows.none()


routes: list[tuple[str, Any, str]] = [
    ("accounts", AccountViewSet, "account"),
    ("compartments", CompartmentViewSet, "compartment"),
    ("administrative-acts", AdministrativeActViewSet, "administrative-act"),
]
