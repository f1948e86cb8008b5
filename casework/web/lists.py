"""The one list of the product: chips, counts, panel, columns, pages, export and acts on many rows.

Declare a ``ListPage`` and return ``render_list(request, page)``; docs/developing-pages.md shows how. Conditions,
search, order and columns live in the address; everything works without script.
"""

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.formats import localize
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]  # the stubs leave it out
from django.utils.translation import gettext as _

from casework.access import policy
from casework.core import clock
from casework.core.errors import CaseworkError, Invalid
from casework.core.moments import DASH
from casework.web import list_export
from casework.web.list_query import ListQuery
from casework.web.listing import Bulk, Choices, Column, Filter, ListPage, address_of
from casework.web.templatetags.cw import icon
from casework.web.toast import toast
from casework.web.vocabulary import Text
from casework.web.watching import MOST_WATCHED, Watched, WatchRequest

__all__ = ["Bulk", "Choices", "Column", "Filter", "ListPage", "address_of", "render_list"]

#: More rows than this are not changed by one press.
BULK_CAP = 10_000


def _value(column: Column, row: Any, request: HttpRequest) -> Any:
    if callable(column.value):
        return column.value(row)
    if column.value.endswith(".html"):
        return SafeString(get_template(column.value).render({"row": row}, request))
    value = row
    for part in column.path:
        value = getattr(value, part, None) if value is not None else None
        value = value() if callable(value) else value
    return value


def _say(count: int, cap: int) -> str:
    """Return 4,699, or 超过 10,000 when it was not counted further."""
    return f"{count:,}" if count <= cap else _("超过 %(n)s") % {"n": f"{cap:,}"}


def _sentence(query: ListQuery) -> SafeString:
    unit = query.page.unit
    if not query.narrowed:
        return format_html(_("共 {} {}"), format_html("<b>{}</b>", _say(query.total, query.total_cap)), unit)
    return format_html(
        _("{total} {unit}中的 {count} {unit}"),
        total=_say(query.total, query.total_cap),
        unit=unit,
        count=format_html("<b>{}</b>", _say(query.count, query.cap)),
    )


def _chips(query: ListQuery) -> list[dict[str, Any]]:
    chips = []
    for term in query.terms:
        joint = _("不是") if term.negated else _("：")
        chips.append(
            {
                "label": term.filter.label,
                "joint": joint,
                "words": _("、").join(str(word) for word in term.words),
                "negated": term.negated,
                "off": query.address(drop=(term.param,)),
            }
        )
    if query.words:
        chips.append(
            {
                "label": _("包含"),
                "joint": _("："),
                "words": query.words,
                "negated": False,
                "off": query.address(drop=("q",)),
            }
        )
    return chips


def _facets(query: ListQuery) -> list[dict[str, Any]]:
    counts = query.facet_counts
    facets = []
    for item in query.page.filters:
        if not item.facet:
            continue
        chosen: dict[bool, set[str]] = {False: set(), True: set()}
        for term in query.terms:
            if term.filter is item:
                chosen[term.negated].update(term.values)
        toggle = query.toggles(item)
        counted = counts.get(item.key, {})
        values = [
            {
                "label": label,
                "count": counted.get(value),
                "on": value in chosen[False],
                "not": value in chosen[True],
                "url": toggle(value),
                "url_not": toggle(value, negated=True),
            }
            for value, label in query.options.get(item.key, [])
        ]
        facets.append(
            {
                "label": item.label,
                "kind": item.kind,
                "key": item.key,
                "values": values,
                "lines": partial(_facet_lines, values),
                "text": query.params.get(item.key, ""),
                "from": query.params.get(f"{item.key}_from", ""),
                "to": query.params.get(f"{item.key}_to", ""),
                "others": _hidden(query, drop=(item.key, f"{item.key}_from", f"{item.key}_to")),
            }
        )
    return facets


def _facet_lines(values: Sequence[Mapping[str, Any]]) -> SafeString:
    """Return the values of the panel: put together here, a panel of them costs a fifth of what a template takes."""
    leave_out, title, ban = _("排除 %(label)s"), escape(_("排除")), icon("ban")
    marks = {"on": icon("check"), "not": icon("minus")}
    lines = []
    for value in values:
        label = conditional_escape(str(value["label"]))
        count = value["count"]
        css = "".join((" on" * value["on"], " not" * value["not"], " zero" * (count == 0)))
        mark = marks["on"] if value["on"] else marks["not"] if value["not"] else ""
        current = ' aria-current="true"' if value["on"] else ""
        said = "" if count is None else f"<span>{count:,}</span>"
        lines.append(
            f'<div class="fv{css}"><a href="{escape(value["url"])}"{current}><span>{mark}{label}</span>{said}</a>'
            f'<a class="fx" href="{escape(value["url_not"])}" aria-label="{leave_out % {"label": label}}"'
            f' title="{title}">{ban}</a></div>'
        )
    return SafeString("".join(lines))


def _hidden(query: ListQuery, drop: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return the address as hidden inputs of a GET form, without the page and the named parameters."""
    gone = {*drop, "after", "before", "export"}
    return [(key, value) for key, values in query.params.lists() if key not in gone for value in values if value]


def _columns(request: HttpRequest, page: ListPage, params: QueryDict) -> list[Column]:
    """Return the chosen columns: from the address, else as chosen last time, else the usual ones."""
    place = f"cols:{page.key or request.path}"
    if "cols" in params:
        wanted = [key for part in params.getlist("cols") for key in part.split(",")]
        if any(page.column(key) for key in wanted):
            request.session[place] = wanted
    wanted = request.session.get(place, [])
    chosen = [column for column in page.columns if column.key in wanted]
    return chosen or [column for column in page.columns if column.default]


def _heads(query: ListQuery, columns: Sequence[Column]) -> list[dict[str, Any]]:
    now = query.params.get("sort", "")
    heads = []
    for column in columns:
        way = "" if now.lstrip("-") != column.key else "desc" if now.startswith("-") else "asc"
        following = f"-{column.key}" if way == "asc" else column.key
        heads.append(
            {
                "column": column,
                "way": way,
                "url": query.address(drop=("sort",), add=[("sort", following)]) if column.sort else "",
            }
        )
    return heads


def _said(value: Any) -> str:
    """Return a value as a template shows it: local time, the language's own dates, escaped."""
    if value is None or value == "":
        return DASH
    if not isinstance(value, str):
        value = localize(template_localtime(value))
    if hasattr(value, "__html__") or not isinstance(value, str):
        return conditional_escape(value)
    return html.escape(value)  # as above, without asking whether it is a text to be translated


@dataclass
class Drawn:
    """One row of the page; its cells are drawn when a template asks for them."""

    row: Any
    url: str
    request: HttpRequest
    columns: Sequence[Column]
    link: str

    @property
    def pk(self) -> Any:
        return self.row.pk

    @cached_property
    def cells(self) -> SafeString:
        """The cells as ``<td>``s: put together here, a page of them costs a tenth of what a template takes."""
        parts = []
        for number, column in enumerate(self.columns):
            value = _value(column, self.row, self.request)
            said = _said(value)
            if column.key == self.link:
                head = f'<td class="{column.css}">' if column.css else "<td>"
                parts.append(
                    f'{head}<a class="title" href="{escape(self.url)}">{said}</a></td>'
                    if self.url
                    else f"{head}{said}</td>"
                )
                continue
            # A phone shows the first column above the title without its label: a dash there would say nothing.
            names = column.css if number or said != DASH else f"{column.css} none".strip()
            css = f' class="{names}"' if names else ""
            name = f' data-l="{escape(column.label)}"' if number else ""
            parts.append(f"<td{css}{name}>{said}</td>")
        return SafeString("".join(parts))


def _rows(request: HttpRequest, query: ListQuery, columns: Sequence[Column], rows: Sequence[Any]) -> list[Drawn]:
    link = next((column.key for column in columns if column.link), None) or next(
        (column.key for column in columns if column.key not in {"deadline", "due"}), ""
    )
    url = query.page.row_url or (lambda _row: "")
    return [Drawn(row, url(row), request, columns, link) for row in rows]


def _groups(page: ListPage, drawn: list[Drawn], whole: bool, ticked: bool) -> list[dict[str, Any]]:
    if page.group is None:
        return [{"label": "", "rows": drawn, "lines": partial(_lines, drawn, ticked), "count": None}]
    key = page.group
    groups = []
    for label, part in groupby(drawn, lambda item: str(key(item.row))):
        rows = list(part)
        lines = partial(_lines, rows, ticked)
        groups.append({"label": label, "rows": rows, "lines": lines, "count": len(rows) if whole else None})
    return groups


def _lines(rows: Sequence[Drawn], ticked: bool) -> SafeString:
    """Return the rows as ``<tr>``s, each with its box to tick where the list has acts on many rows."""
    if not ticked:
        return SafeString("".join(f"<tr data-row>{row.cells}</tr>\n" for row in rows))
    label = escape(_("选中这一条"))
    return SafeString(
        "".join(
            f'<tr data-row><td class="tick-c"><input type="checkbox" name="pk" value="{_said(row.pk)}"'
            f' aria-label="{label}"></td>{row.cells}</tr>\n'
            for row in rows
        )
    )


def _bulks(request: HttpRequest, page: ListPage) -> list[Bulk]:
    user: Any = request.user
    return [item for item in page.bulk if not item.act or policy.can(user, item.act)]


def _context(request: HttpRequest, query: ListQuery) -> dict[str, Any]:
    page = query.page
    columns = _columns(request, page, query.params)
    window = query.window()
    if page.prepare is not None:
        page.prepare(request, window.rows)
    drawn = _rows(request, query, columns, window.rows)
    whole = not window.before and not window.after
    bare = query.total == 0
    facets = _facets(query) if page.facets and not bare else []
    bulks = _bulks(request, page)
    return {
        "page": page,
        "query": query,
        "columns": columns,
        "all_columns": [(column, column in columns) for column in page.columns],
        "heads": _heads(query, columns),
        "groups": _groups(page, drawn, whole, bool(bulks)),
        "empty": not drawn,
        "bare": bare,
        "sentence": _sentence(query),
        "count": query.count,
        "count_words": _say(query.count, query.cap),
        "chips": _chips(query),
        "facets": facets,
        "bulks": bulks,
        "width": len(columns) + (1 if bulks else 0),
        "previous": query.address(add=[("before", window.before)]) if window.before else "",
        "next": query.address(add=[("after", window.after)]) if window.after else "",
        "clear": "?" + ("all=1" if page.default_query else ""),
        "search_others": _hidden(query, drop=("q",)),
        "cols_others": _hidden(query, drop=("cols",)),
        "export_csv": query.address(add=[("export", "csv")]),
        "export_xlsx": query.address(add=[("export", "xlsx")]),
        "here": request.get_full_path(),
        "unknown": query.unknown,
        "uncounted": query.uncounted,
        "partial": False,
    }


def _export(request: HttpRequest, query: ListQuery, kind: str) -> HttpResponseBase:
    page = query.page
    user: Any = request.user
    shown = _columns(request, page, query.params)
    columns = [column for column in page.columns if column in shown or column.filed]
    if page.on_export is not None:
        page.on_export(user, query.exact_count)
    else:
        list_export.note_export(page.key or request.path, query.exact_count, actor=user, at=clock.now())

    def rows() -> Iterator[list[Any]]:
        for row in query.rows.iterator(chunk_size=2000):
            yield [
                column.export(row) if column.export else list_export.plain(_value(column, row, request))
                for column in columns
            ]

    make = list_export.xlsx_response if kind == "xlsx" else list_export.csv_response
    return make(str(page.export_name or page.title), columns, rows())


def _chosen(request: HttpRequest, query: ListQuery) -> tuple[Any, int]:
    """Return the ticked rows of those that the reader sees, and how many. Raises Invalid for none or too many."""
    if request.POST.get("all"):
        count = query.exact_count
        if count > BULK_CAP:
            raise Invalid(
                _("不能一次改动 %(n)s 条：因为一次最多改动 %(cap)s 条。可以加条件分批办理。")
                % {"n": f"{count:,}", "cap": f"{BULK_CAP:,}"}
            )
        return query.rows, count
    keys = [key for key in request.POST.getlist("pk") if _is_key(query.base.model, key)]
    if not keys:
        raise Invalid(_("还没有选中。请先在左边打勾，再按按钮。"))
    queryset = query.base.filter(pk__in=keys).order_by("pk")
    return queryset, queryset.count()


def _is_key(model: Any, text: str) -> bool:
    """Tell whether the text can be a primary key of the model: a number, or a UUID."""
    try:
        model._meta.pk.to_python(text)
    except ValidationError:
        return False
    return True


def _bulk(request: HttpRequest, query: ListQuery) -> HttpResponse:
    page = query.page
    item = next((one for one in _bulks(request, page) if one.key == request.POST.get("bulk")), None)
    if item is None:
        raise Invalid(_("没有这个操作，什么都没有改动。"))
    queryset, count = _chosen(request, query)
    if item.confirm is not None and request.POST.get("confirmed") != "1":
        context = {
            "page": page,
            "bulk": item,
            "question": item.confirm(count),
            "count": count,
            "keys": request.POST.getlist("pk") if not request.POST.get("all") else [],
            "all": request.POST.get("all", ""),
            "here": request.get_full_path(),
        }
        return render(request, "web/list_confirm.html", context)
    toast(request, item.handler(request, queryset), undo_url=item.undo_url)
    return HttpResponseRedirect(request.get_full_path())


def _watched(query: ListQuery) -> list[tuple[str, str, str]]:
    """Return the rows under the conditions for whoever watches them; one more than the most tells that it is too many."""
    url = query.page.row_url or (lambda _row: "")
    return [(str(row.pk), str(row)[:200], url(row)) for row in query.rows[: MOST_WATCHED + 1]]


def render_list(
    request: HttpRequest,
    page: ListPage,
    extra_context: Mapping[str, Any] | None = None,
    template: str = "web/list.html",
) -> HttpResponseBase:
    """Return the list as a page, as a part for htmx, or as a file; a POST does one of its acts on many rows."""
    params = request.GET
    if page.default_query and not params:
        params = QueryDict(page.default_query)
    user: Any = request.user
    query = ListQuery(page, user, params)
    if isinstance(request, WatchRequest):
        raise Watched(_watched(query))
    problem: Text = ""
    if request.method == "POST":
        try:
            return _bulk(request, query)
        except CaseworkError as error:
            problem = error.message
    kind = params.get("export", "")
    if kind in {"csv", "xlsx"} and page.exported:
        return _export(request, query, kind)
    context = {**_context(request, query), **(extra_context or {}), "problem": problem}
    htmx: Any = getattr(request, "htmx", None)
    if htmx and htmx.target == "list" and not htmx.history_restore_request:
        context["partial"] = True
        response = render(request, "web/_list.html", context)
    else:
        response = render(request, template, context, status=409 if problem else 200)
    response["Vary"] = "HX-Request, HX-Target, Cookie"
    return response
