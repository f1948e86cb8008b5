"""What every API view set shares: visible rows only, versions on writes, and creation that can be repeated."""

import hashlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.viewsets import GenericViewSet

from casework.accounts.requests import reader
from casework.api import plain, statements
from casework.api.filters import FilterBackend
from casework.api.models import IdempotentAnswer
from casework.api.pagination import Cursor
from casework.core import clock, crypto
from casework.core.errors import CaseworkError, Invalid, Stale


class ErrorSerializer(serializers.Serializer[Any]):
    """The shape of every refusal."""

    code = serializers.CharField()
    message = serializers.CharField()
    details = serializers.DictField()


class VisibleViewSet(GenericViewSet[Any]):
    """A view set whose rows start from ``visible_to``; absent and forbidden are the same 404.

    Subclasses set ``model`` (with ``objects.visible_to``) and what is read ``along`` with a row, or override ``rows``.
    ``?updated_after=`` filters by ``updated_field`` where the model has one.
    """

    model: Any = None
    along: tuple[str, ...] = ()
    updated_field = ""

    def rows(self) -> Any:
        """Return the rows this reader may see, ordered."""
        rows = self.model.objects.visible_to(self.request.user).order_by("pk")
        return rows.select_related(*self.along) if self.along else rows

    def get_queryset(self) -> Any:
        """Return the rows; a list that can be put by a statement made before does without a queryset."""
        if getattr(self, "swagger_fake_view", False):
            return self.model.objects.none()
        plan = _stands_for(type(self)) if self.action == "list" else None
        standing = None if plan is None else statements.rows_of(self, plan)
        return self.usual_queryset() if standing is None else standing

    def usual_queryset(self) -> Any:
        """Return the rows as a queryset."""
        rows = self.rows()
        after = self.request.query_params.get("updated_after")
        if after and self.updated_field:
            moment = serializers.DateTimeField().to_internal_value(after)
            rows = rows.filter(**{f"{self.updated_field}__gt": moment})
        return rows

    def filter_queryset(self, queryset: Any) -> Any:
        """Return the rows under the filters of the address."""
        return queryset if isinstance(queryset, statements.Rows) else super().filter_queryset(queryset)

    def paginate_queryset(self, queryset: Any) -> Any:
        """Return one page; of rows that only show columns, as they are shown (``casework.api.plain``)."""
        if isinstance(queryset, statements.Rows):
            places: Any = self.paginator
            return plain.shown_by(queryset.plan, places.page_of(queryset, self.request))
        kind: Any = self.get_serializer_class() if self._lists_plainly(queryset) else None
        plan = None if kind is None else plain.plan_of(kind)
        if plan is None:
            return super().paginate_queryset(queryset)
        columns = plain.columns_of(plan)
        rows = super().paginate_queryset(queryset.prefetch_related(None).values(*columns))
        return None if rows is None else plain.shown_by(plan, ([row[name] for name in columns] for row in rows))

    def _lists_plainly(self, queryset: Any) -> bool:
        """Tell whether this is the usual list, of one model, whose rows stand for themselves."""
        usual = getattr(type(self), "list", None) is mixins.ListModelMixin.list and self.action == "list"
        query = queryset.query if usual and isinstance(queryset, QuerySet) else None
        return query is not None and query.group_by is None and not query.combinator and self.paginator is not None

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return the serializer; rows that are shown already stand for theirs."""
        return args[0] if args and isinstance(args[0], plain.Page) else super().get_serializer(*args, **kwargs)

    def get_paginated_response(self, data: Any) -> Any:
        """Return the page with the addresses of its neighbours; rows that are shown already are written at once."""
        if not isinstance(data, plain.Page):
            return super().get_paginated_response(data)
        places: Any = self.paginator
        answer = plain.Answer(next=places.get_next_link(), previous=places.get_previous_link(), results=data)
        renderer, kind = (getattr(self.request, f"accepted_{what}") for what in ("renderer", "media_type"))
        written = plain.written(answer) if type(renderer) is plain.PlainRenderer and kind == _JSON else None
        return Response(answer) if written is None else HttpResponse(written, content_type=_JSON)

    @property
    def default_response_headers(self) -> dict[str, str]:
        """What every answer of the view carries."""
        return dict(_headers_of(type(self), tuple(self.action_map), tuple(self.renderer_classes)))

    # What is made of these classes keeps nothing of a request: it is made once.

    def get_parsers(self) -> Any:
        return _made(tuple(self.parser_classes))

    def get_authenticators(self) -> Any:
        return _made(tuple(self.authentication_classes))

    def get_permissions(self) -> Any:
        return _made(tuple(self.permission_classes))

    def get_renderers(self) -> Any:
        return _made(tuple(self.renderer_classes))

    def get_content_negotiator(self) -> Any:
        (one,) = _made((self.content_negotiation_class,))
        return one

    def by(self) -> dict[str, Any]:
        """Return who acts and when, as the services want it."""
        return {"actor": reader(self.request), "at": clock.now()}

    def one_of(self, rows: Any, key: Any) -> Any:
        """Return the row of that key among these, else the 404 that forbidden rows get too."""
        return get_object_or_404(rows, pk=key)

    def shown(self, row: Any, code: int = 200) -> Response:
        """Return the row as the view set shows it, with its version where it has one."""
        data = self.get_serializer(row).data
        return Response(data, status=code, headers=etag(row) if hasattr(row, "version") else None)


@cache
def _stands_for(kind: type[VisibleViewSet]) -> tuple[plain.Shown, ...] | None:
    """Return what the view set's list shows when it may be put by a kept statement, else None."""
    own = vars(VisibleViewSet).keys() | vars(GenericViewSet).keys() | vars(GenericAPIView).keys()
    changed = {name for one in kind.__mro__ for name in vars(one) if one not in _BASES and name in own}
    usual = getattr(kind, "list", None) is mixins.ListModelMixin.list and changed <= _SET
    usual = usual and kind.pagination_class is Cursor and list(kind.filter_backends) == [FilterBackend]
    usual = usual and isinstance(getattr(kind, "filterset_fields", ()), tuple) and not hasattr(kind, "filterset_class")
    shown: Any = kind.serializer_class
    return plain.plan_of(shown) if usual and shown and statements.may_stand(kind.model) else None


@cache
def _made(kinds: tuple[Any, ...]) -> list[Any]:
    return [kind() for kind in kinds]


@cache
def _headers_of(kind: type[VisibleViewSet], bound: tuple[str, ...], renderers: tuple[Any, ...]) -> dict[str, str]:
    """Return what REST framework would send with every answer of a view, whose class and bound methods decide it."""
    view = kind(renderer_classes=renderers)
    for method in bound:
        setattr(view, method, None)
    found: dict[str, str] = super(VisibleViewSet, view).default_response_headers
    return found


_JSON: Final = "application/json"
_BODIES, _ANSWERS = "api_idempotentanswer.body", "api_idempotentanswer.answer"
#: What a view set may set of all that it has from these and its list stays the usual one.
_SET: Final = frozenset(
    {"model", "along", "updated_field", "serializer_class", "__annotations__", "__doc__", "__module__"}
)
_BASES: Final = frozenset({*VisibleViewSet.__mro__, mixins.ListModelMixin, mixins.RetrieveModelMixin})


def expected_version(request: Request) -> int:
    """Return the version named by ``If-Match``; writes without one are refused (428).

    ``If-Match: "v3"`` and ``If-Match: 3`` are both understood.
    """
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"').removeprefix("v")
    if not given:
        raise VersionNeeded(_("不能修改：请求没有 If-Match。可以先读取对象，把 ETag 放进 If-Match。"))
    if not given.isdecimal():
        raise Invalid(_('If-Match 里的“%(v)s”不是版本号，例如 "v3"。') % {"v": given})
    return int(given)


def check_version(request: Request, obj: Any) -> None:
    """Raise ``Stale`` unless the request was made from the present version of the object."""
    if expected_version(request) != obj.version:
        raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"), details={"version": obj.version})


class VersionNeeded(CaseworkError):
    """A write came without the version it was drawn from (RFC 6585, 428)."""

    code = "version_needed"
    status = 428


def etag(obj: Any) -> dict[str, str]:
    """Return the header that carries the version of the object."""
    return {"ETag": f'"v{obj.version}"'}


def create_once(request: Request, create: Callable[[], Response]) -> Response:
    """Run a creation once for its ``Idempotency-Key``: the same key again returns the first answer.

    The same key with another body is refused. Two requests at once: one waits for the other.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        return create()
    if len(key) > 100:
        raise Invalid(_("Idempotency-Key 最多 100 个字符。"))
    # What was sent may name a reporter: nobody may try names on what is kept of it, nor read what was answered.
    body = crypto.blind_index(hashlib.sha256(request.path.encode() + b"\0" + _body(request)).hexdigest(), _BODIES)
    owner = reader(request)
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = IdempotentAnswer.objects.create(
                    owner=owner, key=key, body=body, status=0, answer={}, at=clock.now()
                )
        except IntegrityError:
            first = IdempotentAnswer.objects.get(owner=owner, key=key)
            if first.body != body:
                raise Invalid(
                    _("不能新建：这个 Idempotency-Key 已用于另一份内容。可以换一个新的键。"), code="key_reused"
                ) from None
            return Response(_opened(first.answer), status=first.status, headers={"Idempotency-Replayed": "true"})
        response = create()
        row.status, row.answer = response.status_code, _sealed(response.data)
        row.save(update_fields=["status", "answer"])
    return response


def _body(request: Request) -> bytes:
    return repr(sorted((str(k), str(v)) for k, v in dict(request.data).items())).encode()


def _sealed(data: Any) -> dict[str, str]:
    """Return an answer as it is kept: what fields of their own keep encrypted stands in it readable."""
    return {"sealed": crypto.encrypt(json.dumps(data, cls=JSONEncoder), _ANSWERS)}


def _opened(answer: Any) -> Any:
    """Return an answer that was kept; those from before it was sealed lie open."""
    sealed = answer.get("sealed") if isinstance(answer, dict) else None
    return answer if sealed is None else json.loads(crypto.decrypt(sealed, _ANSWERS))
