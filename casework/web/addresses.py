"""Finding the view of an address: only those that begin with the same word are tried, not each of the hundreds in turn."""

import re
from collections.abc import Iterable
from typing import Any, Final

from django.urls import URLPattern, URLResolver
from django.urls.resolvers import RoutePattern
from django.utils.functional import cached_property

_WORD: Final = re.compile(r"\^?([\w-]*)(?:/.*|\\Z|\$)?", re.DOTALL)

#: More addresses than there are without anything that varies: a pattern that takes any text could fill a process.
MOST_FIXED: Final = 2000

Pattern = URLPattern | URLResolver


class ByWord(URLResolver):
    """An include whose addresses are looked up by their first word; otherwise like any other."""

    @cached_property
    def words(self) -> frozenset[str] | None:
        """The words that its addresses begin with; None when one of them may begin with any."""
        found = [_words(pattern) for pattern in self.url_patterns]
        return None if None in found else frozenset[str]().union(*(one for one in found if one is not None))

    @cached_property
    def _parts(self) -> dict[str | None, URLResolver]:
        known = [(pattern, _words(pattern)) for pattern in self.url_patterns]
        every = {word for _pattern, words in known for word in words or ()}
        return {
            word: URLResolver(
                self.pattern,
                [pattern for pattern, words in known if words is None or word in words],
                self.default_kwargs,
                self.app_name,
                self.namespace,
            )
            for word in (*every, None)
        }

    def resolve(self, path: str) -> Any:
        """Return the match among the addresses that begin as the path does.

        An address without anything in it that varies leads to the same view each time, and is looked up once.
        """
        known = self._fixed.get(path)
        if known is None:
            known = self._found(path)
            if not known.args and not known.kwargs and len(self._fixed) < MOST_FIXED:
                self._fixed[path] = known
        return known

    @cached_property
    def _fixed(self) -> dict[str, Any]:
        return {}

    def _found(self, path: str) -> Any:
        found = self.pattern.match(str(path))
        word = found[0].partition("/")[0] if found else None
        return self._parts.get(word, self._parts[None]).resolve(path)


def _words(pattern: Pattern) -> frozenset[str] | None:
    route = str(pattern.pattern)
    if isinstance(pattern, URLResolver) and not route:
        return pattern.words if isinstance(pattern, ByWord) else None
    found = _WORD.fullmatch(route)
    if found is None or (isinstance(pattern, URLResolver) and "/" not in route):
        return None
    return frozenset({found[1]})


def by_word(patterns: Iterable[Pattern]) -> list[Pattern]:
    """Return the addresses as one include that is looked up by the first word, and so are those directly within."""
    within = [
        ByWord(one.pattern, one.urlconf_name, one.default_kwargs, one.app_name, one.namespace)
        if type(one) is URLResolver
        else one
        for one in patterns
    ]
    return [ByWord(RoutePattern("", is_endpoint=False), within)]
