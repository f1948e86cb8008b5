"""`python -m tests.mutation [MODULE …] [--part i/n] [--seed s]`: how many faults put into the ladder its tests notice.

Every mutant is one small change of the syntax tree (a comparison turned, a number moved, a condition negated, a return
emptied …), tried in a process of its own against the pure tests of the ladder. No database, no Django. A mutant that no
test notices is printed with its line; whoever reads it decides whether a test is missing or the change means nothing.
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis  # noqa: F401 (loaded once here, not in every process)
import pytest

from cases.catalogue import catalogue
from casework.core import calendar  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent
#: The pure part of the penalties and the tests that hold it.
MODULES = {
    "cases.ranges": ("test_ranges", "test_range_table", "test_ladder"),
    "cases.periods": ("test_periods", "test_ranges"),
    "cases.ladder": ("test_ladder", "test_ranges", "test_range_table"),
    "cases.equality": ("test_equality",),
    "cases.routing": ("test_routing_table",),
    "cases.surcharge": ("test_surcharge_table",),
    "cases.execution_plan": ("test_giving_back", "test_equality"),
    "cases.body_rules": ("test_body_rules",),
}
#: A mutant that runs longer loops; it counts as noticed.
SECONDS = 60
_TURNED: dict[type[ast.AST], type[Any]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip


def _variants(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Return every small change of one node, with its name."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _TURNED:
        changed = copy.deepcopy(node)
        changed.ops[0] = _TURNED[type(node.ops[0])]()
        yield f"{type(node.ops[0]).__name__} turned", changed
    if isinstance(node, (ast.BoolOp, ast.BinOp)) and type(node.op) in _TURNED and not _typing(node):
        other: Any = copy.deepcopy(node)
        other.op = _TURNED[type(node.op)]()
        yield f"{type(node.op).__name__} turned", other
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "bool turned", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield "number + 1", ast.Constant(node.value + 1)
    if isinstance(node, (ast.If, ast.IfExp)):
        negated = copy.deepcopy(node)
        negated.test = ast.UnaryOp(ast.Not(), negated.test)
        yield "condition negated", negated
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not removed", node.operand
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "return emptied", ast.Return(ast.Constant(None))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"min", "max"}:
        swapped = copy.deepcopy(node)
        swapped.func = ast.Name("max" if node.func.id == "min" else "min", ast.Load())
        yield f"{node.func.id} swapped", swapped


def _typing(node: ast.AST) -> bool:
    """Tell whether a | stands in a type: its sides are names or None."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) and isinstance(node.right, ast.Constant)


class _Replace(ast.NodeTransformer):
    def __init__(self, place: int, variant: int) -> None:
        self.place, self.variant, self.seen = place, variant, -1

    def visit(self, node: ast.AST) -> Any:
        self.seen += 1
        if self.seen == self.place:
            changed = list(_variants(node))[self.variant][1]
            return ast.copy_location(changed, node)
        return self.generic_visit(node)


def mutants(source: str) -> list[tuple[int, str, str]]:
    """Return every mutant of a module: line, what was changed, the whole changed source."""
    found = []
    tree = ast.parse(source)
    counter = _Order()
    counter.visit(tree)
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    still = {id(part) for node in classes for mark in node.decorator_list for part in ast.walk(mark)}  # frozen=True
    for place, node in enumerate(counter.nodes):
        if id(node) in still:
            continue
        for variant, (name, _changed) in enumerate(_variants(node)):
            changed = ast.fix_missing_locations(_Replace(place, variant).visit(ast.parse(source)))
            found.append((getattr(node, "lineno", 0), name, ast.unparse(changed)))
    return found


class _Order(ast.NodeVisitor):
    """The nodes in the order in which ``_Replace`` meets them."""

    def __init__(self) -> None:
        self.nodes: list[ast.AST] = []

    def visit(self, node: ast.AST) -> None:
        self.nodes.append(node)
        self.generic_visit(node)


class _Source(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed source for one module."""

    def __init__(self, module: str, source: str) -> None:
        self.module, self.source = module, source

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.module else None

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(ROOT / f"{self.module.replace('.', '/')}.py")
        exec(compile(self.source, module.__file__, "exec"), module.__dict__)


def noticed(module: str, source: str, tests: tuple[str, ...]) -> bool:
    """Tell whether a test fails with this source in place of the module's; in a process of its own."""
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        sys.meta_path.insert(0, _Source(module, source))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)

        paths = [str(ROOT / "tests" / "cases" / f"{name}.py") for name in tests]
        options = ["-x", "-q", "--noconftest", "-p", "no:django", "-p", "no:cacheprovider", "-p", "no:randomly"]
        os._exit(int(pytest.main([*options, "-c", os.devnull, "--rootdir", str(ROOT), *paths])))
    _pid, status = os.waitpid(child, 0)
    return status != 0


def main() -> None:
    """Try the mutants of the named modules, print those that nobody noticed, and the score."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    parser.add_argument("--part", default="1/1", help="i/n: the i-th of n parts of a shuffled whole")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    part, parts = (int(one) for one in chosen.part.split("/"))
    catalogue()  # read once here, not in every process
    killed = tried = 0
    for module in chosen.modules:
        source = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        tests = tuple(name for name in MODULES[module] if (ROOT / "tests" / "cases" / f"{name}.py").exists())
        if not tests:
            continue
        whole = mutants(source)
        random.Random(chosen.seed).shuffle(whole)
        some, begun, mine = whole[part - 1 :: parts], time.perf_counter(), 0
        if noticed(module, ast.unparse(ast.parse(source)), tests):
            sys.exit(f"{module}: its tests fail without any change")
        for line, name, changed in some:
            if noticed(module, changed, tests):
                mine += 1
            else:
                print(f"  {module}:{line}  {name}", flush=True)
        killed, tried = killed + mine, tried + len(some)
        print(
            f"{module}: {mine} of {len(some)} noticed ({100 * mine / max(len(some), 1):.0f} %; {len(whole)} in all),"
            f" {time.perf_counter() - begun:.0f} s",
            flush=True,
        )
    print(f"score {100 * killed / max(tried, 1):.1f} % ({killed} of {tried})")


if __name__ == "__main__":
    main()
