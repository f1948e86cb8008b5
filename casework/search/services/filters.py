"""Filters that people keep under a name, share within a compartment, and are told of when something new matches."""

import hashlib
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from casework.access.models import Compartment, compartments_of
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused, Stale
from casework.ledger.record import record
from casework.notices.services.owing import Owed, owe_notices
from casework.search.models import SavedFilter, SeenRow
from casework.web.watching import MOST_WATCHED, rows_of

#: Of an address only the conditions are kept: not the page, the columns or the kind of file.
PASSING = frozenset({"after", "before", "cols", "export", "page"})
#: A person keeps no more than this.
MOST_KEPT = 100


def address_of(at: str) -> tuple[str, str]:
    """Return path and conditions of an address of this site. Raises Invalid for any other."""
    parts = urlsplit(at)
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith("//"):
        raise Invalid(_("不能存：这不是本系统的清单地址。可以在清单页上按“存为常用筛选”。"))
    pairs = [(key, value) for key, value in parse_qsl(parts.query) if key not in PASSING]
    return parts.path, urlencode(pairs)


def save_filter(
    at_address: str,
    *,
    name: str,
    alert: bool = False,
    shared_in: Compartment | None = None,
    actor: User,
    at: datetime,
) -> SavedFilter:
    """Keep a list or a search with its conditions; what it shows now counts as seen, what comes later is told.

    Raises:
        Invalid: it is no list that the person sees, the name is taken, or too much would be watched.
    """
    require(actor, "filter.save")
    path, query = address_of(at_address)
    clean = " ".join(name.split())[:60]
    rows = rows_of(actor, path, query)
    if rows is None or len(path) > 200 or len(query) > 1000:
        raise Invalid(_("不能存：这个地址不是您能看到的清单。可以在清单页上按“存为常用筛选”。"))
    if not clean:
        raise Invalid(_("请写一个名称。"), details={"name": _("请写一个名称")})
    if shared_in is not None and not _belongs(actor, shared_in):
        raise Invalid(_("不能共享：您不在这个知悉范围内。"), details={"shared_in": _("请选您所在的知悉范围")})
    _require_few(rows, alert)
    with transaction.atomic():
        User.objects.select_for_update().only("pk").get(pk=actor.pk)
        own = SavedFilter.objects.filter(owner=actor, dropped_at=None)
        if own.filter(name=clean).exists():
            raise Invalid(_("您已有同名的常用筛选。可以换一个名称。"), details={"name": _("换一个名称")})
        if own.count() >= MOST_KEPT:
            raise Refused(_("不能再存：一个人最多存 100 个常用筛选。可以先作废不用的。"))
        saved = SavedFilter.objects.create(
            owner=actor, name=clean, path=path, query=query, shared_in=shared_in, alert=alert, saved_at=at,
            looked_at=at if alert else None,
        )  # fmt: skip
        if alert:
            _note_seen(saved, rows)
        _record("filter.saved", saved, actor, at, {"alert": alert, "shared": shared_in is not None})
    return saved


def set_alert(saved: SavedFilter, on: bool, *, expected_version: int, actor: User, at: datetime) -> SavedFilter:
    """Switch the alert of the person's own filter; switched on, what it shows now counts as seen."""
    require(actor, "filter.save")
    _require_own(saved, actor)
    rows = (rows_of(actor, saved.path, saved.query) or []) if on else []
    _require_few(rows, on)
    with transaction.atomic():
        locked = _locked(saved, expected_version)
        locked.alert, locked.looked_at = on, at if on else locked.looked_at
        locked.bump("alert", "looked_at")
        if on:
            _note_seen(locked, rows)
        _record("filter.alert_changed", locked, actor, at, {"alert": on})
    return locked


def drop_filter(saved: SavedFilter, *, expected_version: int, actor: User, at: datetime) -> SavedFilter:
    """Take the person's own filter out of use, for those as well with whom it was shared."""
    require(actor, "filter.save")
    _require_own(saved, actor)
    with transaction.atomic():
        locked = _locked(saved, expected_version)
        locked.dropped_at, locked.alert = at, False
        locked.bump("dropped_at", "alert")
        SeenRow.objects.filter(saved=locked).delete()
        _record("filter.dropped", locked, actor, at, {})
    return locked


def alerting() -> list[int]:
    """Return the filters that ask to be told of new rows."""
    found = SavedFilter.objects.filter(alert=True, dropped_at=None, owner__is_active=True)
    return list(found.order_by("pk").values_list("pk", flat=True))


def look_again(pk: int, *, at: datetime) -> int:
    """Look at one filter as its owner would see it now, and tell of rows not seen before; returns the new notices.

    The notice names no row: who loses the right to see one is not told of it afterwards.
    """
    saved = SavedFilter.objects.select_related("owner").get(pk=pk)
    with override("zh-hans"):
        rows = rows_of(saved.owner, saved.path, saved.query)
    if rows is None or len(rows) > MOST_WATCHED:
        SavedFilter.objects.filter(pk=pk).update(looked_at=at)
        return 0
    with transaction.atomic():
        held = SavedFilter.objects.select_for_update(skip_locked=True).filter(pk=pk, alert=True, dropped_at=None)
        if held.first() is None:
            return 0
        seen = set(SeenRow.objects.filter(saved=saved).values_list("row", flat=True))
        new = [key for key, _words, _url in rows if key not in seen]
        held.update(looked_at=at)
        if not new:
            return 0
        _note_seen(saved, [(key, "", "") for key in new])
        digest = hashlib.sha256("\n".join(sorted(new)).encode()).hexdigest()[:24]
        with override("zh-hans"):
            title = _("“%(name)s”有 %(n)s 条新的") % {"name": saved.name, "n": len(new)}
            body = _("您存的筛选里出现了以前没有的内容，打开就能看到。")
        notice = Owed(
            f"filter:{pk}:{digest}", saved.owner_id, "filter.new", title, body, f"filter:{pk}", saved.url,
            compartment_id=saved.shared_in_id,
        )  # fmt: skip
        return owe_notices([notice], at=at)


def _belongs(user: User, compartment: Compartment) -> bool:
    return Compartment.objects.filter(pk=compartment.pk, pk__in=compartments_of(user)).exists()


def _require_few(rows: list[tuple[str, str, str]], alert: bool) -> None:
    if alert and len(rows) > MOST_WATCHED:
        raise Invalid(
            _("不能提醒：现在就有 %(n)s 条以上符合。可以加条件缩小，或只存不提醒。") % {"n": f"{MOST_WATCHED:,}"},
            details={"alert": _("条件太宽")},
        )


def _require_own(saved: SavedFilter, actor: User) -> None:
    if saved.owner_id != actor.pk:
        raise Refused(_("不能改动：这是别人存的筛选。可以另存一个自己的。"))


def _locked(saved: SavedFilter, expected_version: int) -> SavedFilter:
    found = SavedFilter.locked(saved.pk)
    if found.version != expected_version or found.dropped_at is not None:
        raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"))
    return found


def _note_seen(saved: SavedFilter, rows: list[tuple[str, str, str]]) -> None:
    SeenRow.objects.bulk_create((SeenRow(saved=saved, row=key[:60]) for key, *_rest in rows), ignore_conflicts=True)


def _record(kind: str, saved: SavedFilter, actor: User, at: datetime, data: dict[str, Any]) -> None:
    record(
        kind,
        ref=f"filter:{saved.pk}",
        actor=actor,
        at=at,
        data={"path": saved.path, **data},
        personal={"name": saved.name, "conditions": saved.query},
    )
