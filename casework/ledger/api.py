"""Entries over the API, for whoever may read the trail on the page, and the erasure of personal values in them."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.accounts.enums import Role
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet
from casework.core.errors import Invalid
from casework.ledger.models import Entry, Erasure
from casework.ledger.selectors import history, may_read
from casework.ledger.services.erasures import approve_erasure, ask_erasure, erased
from casework.ledger.words import word


class EntrySerializer(serializers.ModelSerializer[Entry]):
    """An entry: its index, its words, and the record itself as read from its bytes."""

    word = serializers.SerializerMethodField()
    leaf_hash = serializers.SerializerMethodField()
    record = serializers.SerializerMethodField()

    class Meta:
        model = Entry
        fields = ("id", "kind", "word", "ref", "stream", "stream_seq", "actor_id", "at", "leaf_hash", "record")
        read_only_fields = fields

    def get_word(self, entry: Entry) -> str:
        """Say what was done in the reader's language."""
        return word(entry.kind)

    def get_leaf_hash(self, entry: Entry) -> str:
        """Return SHA-256 over a zero byte and the exact bytes (RFC 6962), in hexadecimal digits."""
        return bytes(entry.leaf_hash).hex()

    def get_record(self, entry: Entry) -> dict[str, Any]:
        """Return the record; personal values are digests."""
        return entry.payload


_FILTERS = [
    OpenApiParameter("ref", str, description="The object, e.g. case:42, with its parts; required unless an auditor"),
    OpenApiParameter("kind", str, description="What was done, e.g. case.filed"),
    OpenApiParameter("after", int, description="Only entries with a higher number"),
]


@extend_schema_view(list=extend_schema(parameters=_FILTERS))
class EntryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """The record in order: ``?ref=case:42&kind=case.filed&after=118204``."""

    model = Entry
    serializer_class = EntrySerializer

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Entry.objects.none()
        return self.rows()

    def rows(self) -> Any:
        user = reader(self.request)
        if self.detail:
            row = Entry.objects.filter(pk=self.kwargs["pk"]).first() if self.kwargs["pk"].isdecimal() else None
            return Entry.objects.filter(pk=row.pk) if row and may_read(user, row.ref) else Entry.objects.none()
        params = self.request.query_params
        rows = Entry.objects.all()
        if params.get("ref"):
            rows = history(params["ref"]) if may_read(user, params["ref"]) else Entry.objects.none()
        elif not user.is_commission:
            rows = Entry.objects.none()
        elif not user.has_role(Role.AUDITOR):
            raise Invalid(_("不能列出全部条目：因为只有审计员可以。可以指明对象，例如 ?ref=case:42。"))
        if params.get("kind"):
            rows = rows.filter(kind=params["kind"])
        if params.get("after"):
            if not params["after"].isdecimal() or len(params["after"]) > 18:
                raise Invalid(_("after 里的“%(v)s”不是条目序号，例如 118204。") % {"v": params["after"]})
            rows = rows.filter(pk__gt=int(params["after"]))
        return rows.order_by("pk")


class ErasureSerializer(serializers.ModelSerializer[Erasure]):
    """A request to erase personal values of an entry, and whether they are gone."""

    done = serializers.SerializerMethodField()

    class Meta:
        model = Erasure
        fields = ("id", "entry_id", "names", "basis", "reason", "asked_by", "asked_at", "done")
        read_only_fields = fields

    def get_done(self, erasure: Erasure) -> bool:
        """Tell whether two others have approved."""
        return erased(erasure)


class ErasureInput(serializers.Serializer[Any]):
    """Which values of which entry, on what basis in law, and why."""

    entry = serializers.IntegerField(min_value=1, max_value=2**62)
    names = serializers.ListField(child=serializers.CharField(max_length=80), min_length=1, max_length=100)
    basis = serializers.CharField()
    reason = serializers.CharField()


class ErasureViewSet(VisibleViewSet):
    """删除个人信息: asked for by one, approved by two others; entry and proof stay."""

    model = Erasure
    serializer_class = ErasureSerializer
    filter_backends = ()

    def rows(self) -> Any:
        return Erasure.objects.order_by("pk")

    def get_queryset(self) -> Any:
        return Erasure.objects.none() if getattr(self, "swagger_fake_view", False) else self.rows()

    def _entry(self, pk: int) -> Entry:
        user, row = reader(self.request), Entry.objects.filter(pk=pk).first()
        if row is None or not user.is_commission or not may_read(user, row.ref):
            raise Http404
        return row

    def retrieve(self, request: Request, pk: str = "") -> Response:
        """Return one request, to whoever may read its entry."""
        row = self.get_object()
        self._entry(row.entry_id)
        return Response(ErasureSerializer(row).data)

    @extend_schema(request=ErasureInput, responses={201: ErasureSerializer})
    def create(self, request: Request) -> Response:
        """Ask for an erasure."""
        given = ErasureInput(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        row = self._entry(said["entry"])
        made = ask_erasure(row, said["names"], basis=said["basis"], reason=said["reason"], **self.by())
        return Response(ErasureSerializer(made).data, status=201)

    @extend_schema(request=None, responses=ErasureSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str = "") -> Response:
        """Approve it; with the second approval the values are erased."""
        row = self.get_object()
        self._entry(row.entry_id)
        return Response(ErasureSerializer(approve_erasure(row, **self.by())).data)


routes: list[tuple[str, Any, str]] = [
    ("ledger/erasures", ErasureViewSet, "ledger-erasure"),
    ("ledger/entries", EntryViewSet, "ledger-entry"),
]
