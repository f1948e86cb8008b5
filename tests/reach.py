"""What a page or an API operation can bring about, read from the code: which services it calls, which acts they ask for.

Names are followed from function to function through the project's own modules, so that nobody has to keep a list.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import CodeType, FunctionType, ModuleType
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from casework.core.later import later

OURS = ("casework.", "units.", "evidence.", "cases.")


def _code(code: CodeType) -> tuple[set[str], set[str]]:
    """Return the names and the texts in a function, those inside it (lambdas, nested functions) included."""
    names, texts = set(code.co_names), set()
    for constant in code.co_consts:
        if isinstance(constant, str):
            texts.add(constant)
        elif isinstance(constant, tuple | frozenset):
            texts |= {one for one in constant if isinstance(one, str)}
        elif isinstance(constant, CodeType):
            inner_names, inner_texts = _code(constant)
            names |= inner_names
            texts |= inner_texts
    return names, texts


def _plain(found: Any) -> Any:
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return getattr(found, "__func__", found)


def _of_ours(found: Any) -> bool:
    return isinstance(found, FunctionType) and f"{found.__module__}.".startswith(OURS)


def _called(function: FunctionType, owner: type | None) -> Iterator[FunctionType]:
    names, _texts = _code(function.__code__)
    modules = []
    for name in names:
        found = function.__globals__.get(name)
        found = import_module(vars(found)["_name"]) if isinstance(found, later) else _plain(found)
        if _of_ours(found):
            yield found
        elif isinstance(found, ModuleType) and f"{found.__name__}.".startswith(OURS):
            modules.append(found)
        elif isinstance(found, dict):  # a table of functions
            yield from (one for one in map(_plain, found.values()) if _of_ours(one))
        if owner is not None and _of_ours(method := _plain(getattr(owner, name, None))):
            yield method
    for module in modules:
        yield from (one for name in names if _of_ours(one := _plain(getattr(module, name, None))))


def reached(starts: list[tuple[FunctionType, type | None]], *, stop_at_services: bool) -> set[FunctionType]:
    """Return every function of ours that can be called from there."""
    seen: set[tuple[FunctionType, type | None]] = set()
    waiting = list(starts)
    while waiting:
        function, owner = waiting.pop()
        if (function, owner) in seen:
            continue
        seen.add((function, owner))
        if stop_at_services and is_service(function):
            continue
        family = {row.__name__ for row in owner.__mro__} if owner is not None else set()
        waiting += [  # a method goes on with its object, a function without
            (one, owner if one.__qualname__.partition(".")[0] in family else None) for one in _called(function, owner)
        ]
    return {function for function, _owner in seen}


def is_service(function: FunctionType) -> bool:
    """Tell whether the function is a public one of a services package."""
    return ".services" in function.__module__ and not function.__name__.startswith("_")


def _entries(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _entries(entry, pattern)
        elif isinstance(entry, URLPattern):
            yield pattern, entry.callback


def _methods_of(callback: Any) -> Iterator[tuple[FunctionType, type | None]]:
    owner = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    if owner is None:
        if _of_ours(found := _plain(callback)):
            yield found, None
        return
    names = set((getattr(callback, "actions", None) or {}).values()) or {
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
    }
    for name in names | {"initial", "get_queryset", "form_valid"}:
        if _of_ours(found := _plain(getattr(owner, name, None))):
            yield found, owner


@cache
def _reached(*, api: bool) -> frozenset[FunctionType]:
    starts = [
        start
        for pattern, callback in _entries()
        if pattern.startswith("api/v1/") == api
        for start in _methods_of(callback)
    ]
    return frozenset(reached(starts, stop_at_services=True))


def services_of(*, api: bool) -> frozenset[str]:
    """Return the services that the pages (or the API) call, as ``module.function``."""
    return frozenset(f"{one.__module__}.{one.__name__}" for one in _reached(api=api) if is_service(one))


def words_of_api() -> set[str]:
    """Return every text in the API's own functions, in the services they call and in what those call."""
    services: list[tuple[FunctionType, type | None]] = [(one, None) for one in _reached(api=True) if is_service(one)]
    own = {one for one in _reached(api=True) if ".api" in one.__module__}
    return {text for one in own | reached(services, stop_at_services=False) for text in _code(one.__code__)[1]}
