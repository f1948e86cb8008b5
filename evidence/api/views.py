"""The acts on evidence over HTTP: the same services, the same refusals."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.models import Compartment, compartments_of
from casework.access.policy import get_visible, require
from casework.accounts.models import User
from casework.api.base import VisibleViewSet, check_version, create_once, etag
from casework.api.filters import KeyFilterSet
from casework.core import clock
from casework.core.errors import Invalid
from casework.files.responses import download
from evidence import services
from evidence.api import serializers as s
from evidence.api.callers import caller, taken, within
from evidence.enums import DiscrepancyKind, Kind, Measure, Outcome, Precision, Signature, Strength
from evidence.models import Collection, Item, ItemFile
from evidence.rules import DeviceFacts
from evidence.selectors.items import knows_content, visible_items
from evidence.services.received import receive_bundle


def _device(given: dict[str, Any] | None) -> DeviceFacts | None:
    return DeviceFacts(**given) if given else None


class CollectionFilter(KeyFilterSet):
    class Meta:
        model = Collection
        fields = ("measure", "unit", "number")


class CollectionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Takings of evidence with their lists."""

    model = Collection
    serializer_class = s.CollectionSerializer
    filterset_class = CollectionFilter

    def rows(self) -> Any:
        return Collection.objects.visible_to(caller(self.request)).prefetch_related("officers__user").order_by("pk")

    @extend_schema(request=s.OpenCollection, responses={201: s.CollectionSerializer})
    def create(self, request: Request) -> Response:
        """Open a list; the caller and ``second`` take the evidence together."""

        def create() -> Response:
            circles = Compartment.objects.filter(pk__in=compartments_of(caller(request)))
            given = taken(within(s.OpenCollection(data=request.data), compartment=circles))
            second, measure = given.pop("second"), Measure(given.pop("measure"))
            row = services.open_collection(
                **given, measure=measure, officers=(caller(request), second), actor=caller(request), at=clock.now()
            )
            return Response(s.CollectionSerializer(row).data, status=status.HTTP_201_CREATED, headers=etag(row))

        return create_once(request, create)

    @extend_schema(request=s.CloseCollection, responses=s.CollectionSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str = "") -> Response:
        """Close the list once it has been read and signed."""
        row = self.get_object()
        check_version(request, row)
        given = taken(s.CloseCollection(data=request.data))
        row = services.close_collection(
            row,
            holder_signature=Signature(given["holder_signature"]),
            signature_note=given["signature_note"],
            actor=caller(request),
            at=clock.now(),
        )
        return Response(s.CollectionSerializer(row).data, headers=etag(row))

    @extend_schema(request=s.TakeItem, responses={201: s.ItemSerializer})
    @action(detail=True, methods=["post"])
    def items(self, request: Request, pk: str = "") -> Response:
        """Put an item on the list."""
        row = self.get_object()

        def create() -> Response:
            given = taken(s.TakeItem(data=request.data))
            second, kind, device = given.pop("second"), Kind(given.pop("kind")), _device(given.pop("device"))
            item = services.take_item(
                row,
                **given,
                kind=kind,
                device=device,
                officers=(caller(request), second),
                actor=caller(request),
                at=clock.now(),
            )
            return Response(s.ItemSerializer(item).data, status=status.HTTP_201_CREATED, headers=etag(item))

        return create_once(request, create)

    @extend_schema(request={"multipart/form-data": s.ReceiveBundleInput}, responses={201: s.ItemSerializer})
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def bundles(self, request: Request, pk: str = "") -> Response:
        """Check a bundle of another house and put it on the list as one item; what is altered is refused."""
        row = self.get_object()
        require(caller(request), "evidence.collect", row)
        people = User.objects.filter(pk__in=row.officers.values("user_id")).exclude(pk=caller(request).pk)
        given = taken(within(s.ReceiveBundleInput(data=request.data), second=people))
        received = receive_bundle(
            row,
            given["file"].chunks(),
            name=given["file"].name,
            vkey=given["vkey"],
            source=given["source"],
            officers=(caller(request), given["second"]),
            **self.by(),
        )
        item = visible_items(caller(request)).get(pk=received.item_id)
        return Response(s.ItemSerializer(item).data, status=status.HTTP_201_CREATED, headers=etag(item))


class ItemFilter(KeyFilterSet):
    """``?state=&kind=&collection=&holder=&parent=&number=``"""

    class Meta:
        model = Item
        fields = ("state", "kind", "collection", "holder", "parent", "number")


class ItemViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Items. ``actions`` of one item names the acts below that the reader may take, and what each still lacks."""

    model = Item
    serializer_class = s.ItemSerializer
    filterset_class = ItemFilter
    updated_field = "updated_at"

    def rows(self) -> Any:
        return visible_items(caller(self.request)).order_by("pk")

    @extend_schema(responses=s.ItemDetailSerializer)
    def retrieve(self, request: Request, pk: str = "") -> Response:
        """One item with its chain; a look at a sealed one is written down."""
        item = self.get_object()
        services.note_view(item, actor=caller(request), at=clock.now())
        return Response(s.ItemDetailSerializer(item, context={"request": request}).data, headers=etag(item))

    def _act(self, request: Request, form: type[Any], do: Callable[[Item, dict[str, Any]], Any]) -> Response:
        item = self.get_object()
        check_version(request, item)
        do(item, taken(form(data=request.data)))
        item = visible_items(caller(request)).filter(pk=item.pk).first()
        if item is None:  # handed on: the actor may no longer know of it
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(s.ItemSerializer(item).data, headers=etag(item))

    def _by(self) -> dict[str, Any]:
        return {"actor": caller(self.request), "at": clock.now()}

    def _two(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"officers": (caller(self.request), given.pop("second")), **self._by()}

    @extend_schema(request=s.SealInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def seal(self, request: Request, pk: str = "") -> Response:
        """Seal the item."""
        return self._act(
            request, s.SealInput, lambda item, g: services.seal_item(item, g["number"], note=g["note"], **self._two(g))
        )

    @extend_schema(request=s.SealInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def reseal(self, request: Request, pk: str = "") -> Response:
        """Seal the item again, with a new seal."""
        return self._act(
            request,
            s.SealInput,
            lambda item, g: services.reseal_item(item, g["number"], note=g["note"], **self._two(g)),
        )

    @extend_schema(request=s.UnsealInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def unseal(self, request: Request, pk: str = "") -> Response:
        """Break the seal whose number was read from it."""
        return self._act(
            request,
            s.UnsealInput,
            lambda item, g: services.unseal_item(item, g["number"], reason=g["reason"], **self._two(g)),
        )

    @extend_schema(request=s.OfferInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def offer(self, request: Request, pk: str = "") -> Response:
        """Offer the item to a person."""
        return self._act(
            request,
            s.OfferInput,
            lambda item, g: services.offer_item(item, g.pop("receiver"), **g, **self._by()),
        )

    @extend_schema(request=s.AcceptInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str = "") -> Response:
        """Accept what was offered to the caller."""

        def do(item: Item, given: dict[str, Any]) -> None:
            checked = services.Checked(given["seal"], given["quantity"], given["condition"])
            services.accept_item(item, checked=checked, place=given["place"], note=given["note"], **self._by())

        return self._act(request, s.AcceptInput, do)

    @extend_schema(request=s.ReasonInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: str = "") -> Response:
        """Refuse what was offered to the caller."""
        return self._act(
            request, s.ReasonInput, lambda item, g: services.refuse_item(item, reason=g["reason"], **self._by())
        )

    @extend_schema(request=s.ReasonInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str = "") -> Response:
        """Take back an unanswered offer."""
        return self._act(
            request, s.ReasonInput, lambda item, g: services.withdraw_offer(item, reason=g["reason"], **self._by())
        )

    @extend_schema(request=s.StoreInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def store(self, request: Request, pk: str = "") -> Response:
        """Put the item on its shelf."""
        return self._act(request, s.StoreInput, lambda item, g: services.store_item(item, **g, **self._by()))

    @extend_schema(request=s.RequestInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"], url_path="request")
    def request_check_out(self, request: Request, pk: str = "") -> Response:
        """Ask for the temporary use of the item."""
        return self._act(request, s.RequestInput, lambda item, g: services.request_check_out(item, **g, **self._by()))

    @extend_schema(request=s.HandOutInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"], url_path="hand-out")
    def hand_out(self, request: Request, pk: str = "") -> Response:
        """Hand the item out on its approved request."""
        return self._act(request, s.HandOutInput, lambda item, g: services.check_out_item(item, **g, **self._by()))

    @extend_schema(request=s.HandOutInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"], url_path="return")
    def give_back(self, request: Request, pk: str = "") -> Response:
        """Bring the item back to its keeper."""
        return self._act(request, s.HandOutInput, lambda item, g: services.return_item(item, **g, **self._by()))

    @extend_schema(request=s.ExamineInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def examine(self, request: Request, pk: str = "") -> Response:
        """Record an examination."""

        def do(item: Item, given: dict[str, Any]) -> None:
            two = self._two(given)
            services.examine_item(item, **given, **two)

        return self._act(request, s.ExamineInput, do)

    @extend_schema(request=s.DetachInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def detach(self, request: Request, pk: str = "") -> Response:
        """Take a part out of its whole."""
        return self._act(
            request, s.DetachInput, lambda item, g: services.detach_part(item, note=g["note"], **self._two(g))
        )

    @extend_schema(request=s.NoteInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def rejoin(self, request: Request, pk: str = "") -> Response:
        """Put a part back into its whole."""
        return self._act(request, s.NoteInput, lambda item, g: services.rejoin_part(item, **g, **self._by()))

    @extend_schema(request=s.VerifyInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, pk: str = "") -> Response:
        """Take stock of the item."""
        return self._act(request, s.VerifyInput, lambda item, g: services.verify_item(item, **g, **self._by()))

    @extend_schema(request=s.DiscrepancyInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def discrepancy(self, request: Request, pk: str = "") -> Response:
        """Report that the item is not as the record says."""

        def do(item: Item, given: dict[str, Any]) -> None:
            services.open_discrepancy(item, DiscrepancyKind(given.pop("kind")), **given, **self._by())

        return self._act(request, s.DiscrepancyInput, do)

    @extend_schema(request=s.ProposeInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def propose(self, request: Request, pk: str = "") -> Response:
        """Propose how the item is to leave."""

        def do(item: Item, given: dict[str, Any]) -> None:
            services.propose_disposal(item, Outcome(given.pop("outcome")), **given, **self._by())

        return self._act(request, s.ProposeInput, do)

    @extend_schema(request=s.DisposeInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def dispose(self, request: Request, pk: str = "") -> Response:
        """Carry out the approved disposal."""

        def do(item: Item, given: dict[str, Any]) -> None:
            two = self._two(given)
            services.carry_out_disposal(item, **given, **two)

        return self._act(request, s.DisposeInput, do)

    @extend_schema(request=s.ArchiveInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: str = "") -> Response:
        """Close the file of an item that has left."""
        return self._act(request, s.ArchiveInput, lambda item, g: services.archive_item(item, **g, **self._by()))

    @extend_schema(request=s.ConfirmInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str = "") -> Response:
        """Say as the second officer of a link that it was so, or what was otherwise."""

        def do(item: Item, given: dict[str, Any]) -> None:
            link = item.chain.filter(seq=given.pop("link")).first()
            if link is None:
                raise Invalid(_("交接链没有这一环。"), details={"link": _("须是交接链的序号")})
            services.confirm_act(link, **given, **self._by())

        return self._act(request, s.ConfirmInput, do)

    @extend_schema(request=s.LossInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def loss(self, request: Request, pk: str = "") -> Response:
        """Write off what is lost or destroyed, on the report of the incident."""

        def do(item: Item, given: dict[str, Any]) -> None:
            two = self._two(given)
            services.report_loss(item, **given, **two)

        return self._act(request, s.LossInput, do)

    @extend_schema(request=s.ReasonInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def unrelated(self, request: Request, pk: str = "") -> Response:
        """Record that the item has nothing to do with the matter: it goes back within three days."""
        self._content()
        return self._act(
            request, s.ReasonInput, lambda item, g: services.mark_unrelated(item, reason=g["reason"], **self._by())
        )

    @extend_schema(request=s.ReasonInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def hold(self, request: Request, pk: str = "") -> Response:
        """Stop any disposal of the item until lifted."""
        self._content()
        return self._act(
            request, s.ReasonInput, lambda item, g: services.place_hold(item, reason=g["reason"], **self._by())
        )

    @extend_schema(request=s.ReasonInput, responses=s.ItemSerializer)
    @action(detail=True, methods=["post"])
    def lift(self, request: Request, pk: str = "") -> Response:
        """Lift the stops on disposal."""
        self._content()
        return self._act(
            request, s.ReasonInput, lambda item, g: services.lift_holds(item, reason=g["reason"], **self._by())
        )

    @extend_schema(request=s.AddPart, responses={201: s.ItemSerializer})
    @action(detail=True, methods=["post"])
    def parts(self, request: Request, pk: str = "") -> Response:
        """Register a part of the item."""
        whole = self.get_object()

        def create() -> Response:
            given = taken(s.AddPart(data=request.data))
            device, two = _device(given.pop("device")), self._two(given)
            part = services.add_part(whole, **given, device=device, **two)
            return Response(s.ItemSerializer(part).data, status=status.HTTP_201_CREATED, headers=etag(part))

        return create_once(request, create)

    @extend_schema(request=s.EventInput, responses={201: s.EventSerializer})
    @action(detail=True, methods=["post"])
    def events(self, request: Request, pk: str = "") -> Response:
        """Put an event on the item's time line."""
        item = self._content()
        given = taken(within(s.EventInput(data=request.data), file=item.files.all()))
        event = services.add_event(item, **{**given, "precision": Precision(given["precision"])}, **self._by())
        return Response(s.EventSerializer(event).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=s.LinkInput, responses={201: s.EvidenceLinkSerializer})
    @action(detail=True, methods=["post"])
    def links(self, request: Request, pk: str = "") -> Response:
        """Note what connects the item with a person."""
        item = self._content()
        given = taken(within(s.LinkInput(data=request.data), event=item.events.all()))
        link = services.link_evidence(item, **{**given, "strength": Strength(given["strength"])}, **self._by())
        return Response(s.EvidenceLinkSerializer(link).data, status=status.HTTP_201_CREATED)

    def _content(self) -> Item:
        """Return the item when the reader belongs to the matter; who only keeps it may not write into it."""
        item: Item = self.get_object()
        if not knows_content(item, caller(self.request)):
            get_visible(ItemFile.objects.none(), caller(self.request))
        return item

    @extend_schema(request={"multipart/form-data": s.FileInput}, responses={201: s.ItemFileSerializer})
    @action(detail=True, methods=["post"])
    def files(self, request: Request, pk: str = "") -> Response:
        """Take in a file of the item."""
        item = self._content()
        given = taken(within(s.FileInput(data=request.data), derived_from=item.files.filter(original=True)))
        file = services.add_file(
            item,
            given["file"].chunks(),
            name=given["file"].name,
            derived_from=given["derived_from"],
            note=given["note"],
            **self._by(),
        )
        return Response(s.ItemFileSerializer(file).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], url_path=r"files/(?P<file_pk>\d+)")
    def file(self, request: Request, pk: str = "", file_pk: str = "") -> Any:
        """Hand out a file; the ledger knows of it before the first byte leaves."""
        item = self.get_object()
        rows = ItemFile.objects.select_related("blob", "item")
        found: ItemFile = get_visible(rows, caller(request), pk=int(file_pk), item=item)
        services.note_download(found, **self._by())
        return download(found.blob, found.name, request.headers)
