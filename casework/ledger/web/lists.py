"""Entries as lists: the trail of one thing, and the whole record."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.moments import cn_date, cn_datetime
from casework.ledger import refs
from casework.ledger.models import Entry
from casework.ledger.selectors import all_kinds, history
from casework.ledger.services.exports import WHOLE, note_export
from casework.ledger.web.changes import actors_of, brief, changes_of, facts_of, mentioned
from casework.ledger.web.proof import proofs_of
from casework.ledger.words import word
from casework.web.listing import Column, Filter, ListPage
from casework.web.templatetags.cw import status
from casework.web.vocabulary import Text


def noun_of(row: Entry) -> str:
    """Return what kind of thing an entry is about, e.g. ``case``."""
    return row.ref.partition(":")[0]


def _said(row: Entry) -> dict[str, Any]:
    try:
        return row.payload
    except ValueError:  # the bytes are no longer an entry; the proof says so
        return {}


def attach(rows: list[Entry], user: User, *, about_one: bool = False) -> list[Entry]:
    """Give each row what its line shows: people, changes, facts and the proof state, and the thing's name.

    Of rows that are all about one thing its name is not said again.
    """
    proofs = proofs_of(rows)
    payloads = [_said(row) for row in rows]
    facts = [payload.get("data") or {} for payload in payloads]
    wanted = [] if about_one else [row.ref for row in rows]
    names = refs.resolve_many([*wanted, *(ref for data in facts for ref in mentioned(data))], user)
    for row, payload, data in zip(rows, payloads, facts, strict=True):
        known: Any = row
        known.actors, known.changes = actors_of(payload), changes_of(data, noun_of(row), names)
        known.brief, known.names = brief(data, names), names
        known.reason, known.what = payload.get("reason", ""), word(row.kind)
        known.thing, known.proof = None if about_one else names.get(row.ref), proofs[row.pk]
        known.bare = refs.called(row.ref)
    return rows


def _prepare(request: HttpRequest, rows: list[Any]) -> None:
    attach(rows, reader(request))


def _prepare_trail(request: HttpRequest, rows: list[Any]) -> None:
    attach(rows, reader(request), about_one=True)


def _when(row: Entry) -> SafeString:
    local = localtime(row.at)
    return format_html('{}<div class="xs m3">{}</div>', cn_date(local.date()), f"{local:%H:%M:%S}")


def _who(row: Any) -> SafeString:
    return format_html_join("", '<div>{}<div class="xs m3">{}</div></div>', row.actors)


def _what(row: Any) -> SafeString:
    return format_html('{}<div class="xs m3">{}</div>', row.what, row.reason or row.brief)


def _change(row: Any) -> SafeString:
    return format_html_join("", "<div>{} {} → {}</div>", ((c.label, c.before, c.after) for c in row.changes))


def _plain(row: Entry) -> dict[str, Any]:
    try:
        return row.payload
    except ValueError:
        return {}


def _people_text(row: Entry) -> str:
    return _("、").join(
        _("%(name)s（%(post)s）") % {"name": name, "post": post} if post else name
        for name, post in actors_of(_plain(row))
    )


def _facts_text(row: Entry) -> str:
    data = _plain(row).get("data") or {}
    return _("；").join(f"{label} {value}" for label, value in facts_of(data))


def _change_text(row: Entry) -> str:
    data = _plain(row).get("data") or {}
    return _("；").join(f"{c.label} {c.before} → {c.after}".strip() for c in changes_of(data, noun_of(row)))


def _sound(row: Entry) -> str:
    """Return for a file whether the bytes still have their hash; the proof is for the page and the verifier."""
    digest = hashlib.sha256(b"\0" + bytes(row.header)).digest()
    return _("内容与摘要相符") if digest == bytes(row.leaf_hash) else _("内容与摘要不符")


def _url(row: Entry) -> str:
    return reverse("ledger:entry", args=[row.pk])


def _note(ref: str, user: User, count: int) -> None:
    note_export(ref, count, actor=user, at=clock.now())


def _filters(kinds: Callable[[User], list[str]]) -> tuple[Filter, ...]:
    def choices(user: User) -> list[tuple[str, Text]]:
        return sorted(((kind, word(kind)) for kind in kinds(user)), key=lambda pair: str(pair[1]))

    return (
        Filter("kind", gettext_lazy("类别"), "kind", choices),
        Filter("at", gettext_lazy("日期"), "at", kind="date"),
    )


def kinds_of(rows: QuerySet[Entry]) -> list[str]:
    """Return what was done in the entries, each once."""
    return list(rows.order_by().values_list("kind", flat=True).distinct())


_NUMBER = Column("id", gettext_lazy("条目"), lambda row: f"{row.pk:,}", align="num", sort="pk", link=True, mono=True)
_COLUMNS = (
    Column("at", gettext_lazy("时间"), _when, nowrap=True, export=lambda row: cn_datetime(row.at, seconds=True)),
    Column("who", gettext_lazy("谁（当时职务）"), _who, export=_people_text),
    Column("what", gettext_lazy("做了什么"), _what, export=lambda row: word(row.kind)),
    Column("change", gettext_lazy("前 → 后"), _change, export=_change_text),
)
_THING = Column(
    "thing",
    gettext_lazy("对象"),
    lambda row: row.thing.label if row.thing else row.bare or "—",
    export=lambda row: row.ref,
)
_TAIL = (
    Column("reason", gettext_lazy("事由"), lambda row: _plain(row).get("reason", ""), default=False),
    Column("facts", gettext_lazy("所记事实"), _facts_text, default=False),
    Column("digest", gettext_lazy("摘要"), lambda row: bytes(row.leaf_hash).hex(), default=False, mono=True),
    Column("state", gettext_lazy("状态"), lambda row: status("ledger", row.proof.state), export=_sound),
)


def trail_page(ref: str, label: str, kinds: list[str]) -> ListPage:
    """Return the list of what was done to one thing, oldest first; taking it out as a file is recorded.

    ``kinds`` are those that its entries have.
    """

    def rows(_user: User) -> QuerySet[Entry]:
        return history(ref)

    return ListPage(
        title=_("%(label)s 的经过") % {"label": label},
        queryset=rows,
        columns=(_NUMBER, *_COLUMNS, *_TAIL),
        filters=_filters(lambda _user: kinds),
        order=("pk",),
        row_url=_url,
        key="ledger.trail",
        export_name=_("经过"),
        on_export=lambda user, count: _note(ref, user, count),
        prepare=_prepare_trail,
    )


def _whole(user: User) -> QuerySet[Entry]:
    return Entry.objects.all() if user.has_role(Role.AUDITOR) else Entry.objects.none()


EVERYTHING = ListPage(
    title=gettext_lazy("账本全部条目"),
    queryset=_whole,
    columns=(_NUMBER, *_COLUMNS[:2], _THING, *_COLUMNS[2:], *_TAIL),
    filters=_filters(lambda user: all_kinds() if user.has_role(Role.AUDITOR) else []),
    search=("ref__istartswith", "kind__istartswith"),
    order=("-pk",),
    row_url=_url,
    key="ledger.all",
    export_name="账本",
    on_export=lambda user, count: _note(WHOLE, user, count),
    prepare=_prepare,
)
