"""The components as template tags; registered as builtins, so no ``{% load %}`` is needed.

Each has a short example in docs/developing-pages.md and stands in the gallery at /_components/.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

from django import template
from django.conf import settings
from django.forms import BaseForm, BoundField
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Textarea
from django.template.defaulttags import CsrfTokenNode
from django.template.exceptions import TemplateSyntaxError
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from casework.core import clock, moments
from casework.core.english import said as in_words
from casework.core.errors import Missing
from casework.web import differences, formats, icons, pictures
from casework.web.components import CustodyLink, DeadlineLine, Proof, Share, Step
from casework.web.deadline_words import DeadlineFacts, DeadlineWords, deadline_words
from casework.web.once import FIELD, new_number
from casework.web.vocabulary import Text, status_word

register = template.Library()


#: Parts of pages as they were drawn last, under all that they are drawn from.
_kept: dict[tuple[Any, ...], SafeString] = {}
_MOST_KEPT: Final = 1_000


@register.simple_tag(takes_context=True)
def kept(context: template.Context, name: str, *drawn_from: Any) -> SafeString:
    """``{% kept "web/_side.html" shell.drawn_from %}``: includes a part that is drawn anew only when the values change.

    The values and the language must be all that it is drawn from; it holds no form, for each reader has his own token.
    """
    key = (name, get_language(), *drawn_from)
    found = _kept.get(key)
    if found is None:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        engine: Any = context.template.engine  # type: ignore[union-attr]  # a part is drawn within a template
        found = _kept[key] = engine.get_template(name).render(context)
    return found


@register.simple_tag(takes_context=True)
def csrf_token(context: template.Context) -> SafeString:
    """``{% csrf_token %}`` in a form: Django's own field, and for who is signed in the number by which it is sent once."""
    token = SafeString(CsrfTokenNode().render(context))
    user = getattr(context.get("request"), "user", None)
    if not getattr(user, "is_authenticated", False):
        return token
    return format_html('{}<input type="hidden" name="{}" value="{}">', token, FIELD, new_number())


@register.simple_tag
def icon(name: str, cls: str = "") -> SafeString:
    """``{% icon "clock" %}``: one icon of the sprite, hidden from readers; the word beside it carries the meaning."""
    return _icon(name, cls)


@cache
def _icon(name: str, cls: str) -> SafeString:
    if (settings.DEBUG or settings.TESTING) and name not in icons.names():
        raise TemplateSyntaxError(f"icon {name!r} is not in casework/web/icons.txt")
    return format_html(
        '<svg class="i{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        f" {cls}" if cls else "",
        static("cw/icons.svg"),
        name,
    )


@register.simple_tag
def badge(colour: str, icon_name: str, word: Text) -> SafeString:
    """``{% badge "amber" "clock" "待见面" %}``: colour, icon and word; for states use ``status``."""
    return format_html('<span class="bd {}">{}{}</span>', colour, icon(icon_name), word)


@register.simple_tag
def status(group: str, value: str, word: Text = "") -> SafeString:
    """``{% status "work" row.state %}``: a state from the vocabulary; ``word`` replaces the general word."""
    if word:
        entry = status_word(group, value)
        return badge(entry.colour, entry.icon, word)
    return _status(group, str(value), get_language())


@cache
def _status(group: str, value: str, _language: str | None) -> SafeString:
    entry = status_word(group, value)
    return badge(entry.colour, entry.icon, entry.word)


@register.simple_tag
def sep() -> SafeString:
    """The middle dot between facts."""
    return SafeString('<span class="sep">·</span>')


@register.simple_tag
def deadline(facts: DeadlineFacts | DeadlineWords | None, second: bool = True) -> SafeString:
    """``{% deadline row.deadline %}``: bold words, second line the date; nothing when there is no deadline."""
    if facts is None:
        return SafeString("")
    words = facts if isinstance(facts, DeadlineWords) else deadline_words(facts)
    below = f"<small>{conditional_escape(words.second)}</small>" if second and words.second else ""
    said = f"{_icon(words.icon, '')}{conditional_escape(words.words)}"
    return SafeString(f'<span class="dl {words.colour}">{said}</span>{below}')


@register.inclusion_tag("web/components/deadline_line.html")
def deadline_line(line: DeadlineLine) -> dict[str, Any]:
    """``{% deadline_line line %}``: the picture, its sentence and, foldable, how it was counted."""
    return {"line": line, "picture": pictures.deadline_picture(line)}


@register.inclusion_tag("web/components/missing.html")
def missing(
    items: Sequence[Missing],
    met: Sequence[Text] = (),
    title: Text = "",
    verb: Text = "",
    form: str = "",
    basis: Text = "",
    ident: str = "missing",
    icon_name: str = "",
) -> dict[str, Any]:
    """``{% missing step.missing met=step.met title="事实材料见面" verb="提交见面" form="step-form" %}``.

    The card of the next step: the button (blocked while something is missing) and all that is missing, each with its
    link. ``form`` is the id of the form that the button sends.
    """
    return {
        "items": items,
        "met": met,
        "title": title,
        "verb": verb,
        "form": form,
        "basis": basis,
        "ident": ident,
        "icon_name": icon_name,
    }


@register.inclusion_tag("web/components/proof.html")
def proof(entry: Proof) -> dict[str, Any]:
    """``{% proof item.proof %}``: one of three badges; opening it gives entry, checkpoint and witness."""
    return {"proof": entry}


@register.inclusion_tag("web/components/custody_chain.html")
def custody_chain(links: Sequence[CustodyLink]) -> dict[str, Any]:
    """``{% custody_chain links %}``: oldest first, the last ring in accent."""
    return {"links": links, "today": clock.today()}


@register.inclusion_tag("web/components/steps.html")
def steps(stages: Sequence[Step]) -> dict[str, Any]:
    """``{% steps stages %}``: the state line of a case or a campaign."""
    return {"steps": stages}


@register.inclusion_tag("web/components/diff.html")
def diff(label: Text, before: str, after: str) -> dict[str, Any]:
    """``{% diff "谈话地点" old new %}``: removed struck in red, added bold in green."""
    return {"label": label, "pieces": list(differences.pieces(before or "", after or ""))}


@register.simple_tag
def kv(pairs: Mapping[Text, Any] | Sequence[tuple[Text, Any]], wide: bool = False) -> SafeString:
    """``{% kv facts %}``: a definition list of (label, value); values of None are shown as a dash."""
    rows = pairs.items() if isinstance(pairs, Mapping) else pairs
    body = format_html_join(
        "", "<dt>{}</dt><dd>{}</dd>", ((key, moments.DASH if value in (None, "") else value) for key, value in rows)
    )
    return format_html('<dl class="kv{}">{}</dl>', " w" if wide else "", body)


@register.inclusion_tag("web/components/empty.html")
def empty(text: Text, url: str = "", verb: Text = "", why: Text = "", icon_name: str = "inbox") -> dict[str, Any]:
    """``{% empty "今天没有到期的事" url=week verb="看本周" why="最近的期限是 10月29日。" %}``."""
    return {"text": text, "url": url, "verb": verb, "why": why, "icon_name": icon_name}


@register.inclusion_tag("web/components/note.html")
def note(
    colour: str, text: Text, bold: Text = "", icon_name: str = "", url: str = "", verb: Text = ""
) -> dict[str, Any]:
    """``{% note "amber" "须写明理由。" bold="同案两人轻重不同。" %}``."""
    standard = {"red": "alert-circle", "amber": "alert-triangle", "green": "circle-check"}.get(colour, "info-circle")
    return {"colour": colour, "text": text, "bold": bold, "icon_name": icon_name or standard, "url": url, "verb": verb}


@register.inclusion_tag("web/components/ring.html")
def ring(done: int, total: int, label: Text = "") -> dict[str, Any]:
    """``{% ring 9 14 "已答题" %}``."""
    return {"ring": pictures.ring_picture(done, total), "label": label}


@register.inclusion_tag("web/components/sharebar.html")
def sharebar(parts: Sequence[Share], title: Text = "") -> dict[str, Any]:
    """``{% sharebar parts title="自查自纠" %}``: the bar and the same facts as text."""
    sentence = _("，").join(f"{part.label} {part.count:,}" for part in parts if part.count)
    return {"parts": parts, "bars": pictures.share_bars(parts), "sentence": sentence, "title": title}


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, (RadioSelect, CheckboxSelectMultiple)):
        return "choices"
    if isinstance(widget, CheckboxInput):
        return "check"
    return "file" if isinstance(widget, FileInput) else "line"


@register.inclusion_tag("web/components/field.html")
def field(
    bound: BoundField,
    unit: Text = "",
    hint: Text = "",
    label: Text = "",
    rows: int = 0,
    mono: bool = False,
    bare: bool = False,
) -> dict[str, Any]:
    """``{% field form.count unit="台" hint="看机身标签" %}``: label, hint, unit and error; what was typed is kept.

    ``bare`` leaves out the help text and the placeholder that a library's form brings along.
    """
    hint = hint or ("" if bare else bound.help_text)
    classes = ["in"] if _kind(bound) == "line" else []
    if bound.errors and classes:
        classes.append("bad")
    if mono:
        classes.append("mono")
    attrs: dict[str, Any] = {"class": " ".join([*classes, bound.field.widget.attrs.get("class", "")]).strip()}
    if bare:
        attrs["placeholder"] = ""
    if rows and isinstance(bound.field.widget, Textarea):
        attrs["rows"] = rows
    said = [f"{bound.id_for_label}-hint"] if hint else []
    said += [f"{bound.id_for_label}-error"] if bound.errors else []
    if said:
        attrs["aria-describedby"] = " ".join(said)
    return {
        "bound": bound,
        "kind": _kind(bound),
        "widget": bound.as_widget(attrs=attrs) if _kind(bound) != "choices" else "",
        "unit": unit,
        "hint": hint,
        "label": label or bound.label,
        "optional": not bound.field.required and _kind(bound) != "check",
    }


@register.inclusion_tag("web/components/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """``{% form_errors form %}``: how many places are wrong, each a link to its field; errors of the whole first."""
    return {"form": form, "fields": [form[name] for name in form.fields if form[name].errors]}


@register.filter
def said(value: Any) -> str:
    """``{{ rule.label|said }}``: what the law's files or a row say in Chinese, in the reader's language."""
    return in_words(value)


@register.filter
def cn_date(value: date | None, style: str = "") -> str:
    """``{{ day|cn_date }}`` → 9月6日 this year; ``"full"`` always with the year, ``"week"`` with the weekday."""
    if value is None:
        return moments.DASH
    words = moments.cn_date(value, None if style == "full" else clock.today())
    return f"{words} {moments.weekday(value)}" if style == "week" else words


@register.filter
def cn_datetime(value: datetime | None, style: str = "") -> str:
    """``{{ at|cn_datetime }}`` → 9月6日 14:20; ``"seconds"`` and ``"full"`` as the words say."""
    return moments.cn_datetime(value, None if style == "full" else clock.today(), seconds=style == "seconds")


@register.filter
def on_paper(value: datetime | None) -> str:
    """``{{ at|on_paper }}`` → 2021年9月6日 14:20（北京时间）."""
    return moments.on_paper(value)


@register.filter
def cn_time(value: datetime | None) -> str:
    """``{{ at|cn_time }}`` → 14:20 in Asia/Shanghai."""
    return moments.DASH if value is None else f"{value.astimezone(moments.SHANGHAI):%H:%M}"


@register.filter
def amount(value: int | Decimal | None) -> str:
    """``{{ 4699|amount }}`` → 4,699."""
    return formats.amount(value)


@register.filter
def cny(value: Decimal | None) -> str:
    """``{{ sum|cny }}`` → 17,145.60 元."""
    return formats.cny(value)


@register.filter
def coin(value: Decimal | None, currency: str) -> str:
    """``{{ quantity|coin:"ETH" }}`` → 0.76000000 ETH."""
    return formats.coin(value, currency)


@register.filter
def group4(value: str | None) -> str:
    """``{{ sha256|group4 }}``: a digest in groups of four."""
    return formats.group4(value)


@register.filter
def group_code(value: str | None) -> str:
    """``{{ code|group_code }}``: 6-8-4 for persons, 8-8-2 for units."""
    return formats.group_code(value)
