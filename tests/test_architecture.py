"""The house holds: imports and foreign keys point down only, files stay small, nothing names a machine."""

import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import CASCADE, Field, ForeignKey, ForeignObjectRel

from casework.celery import app
from casework.local.paths import CHECKOUT

# Bottom to top, as in docs/concepts and pyproject.toml.
ORDER = (
    "core", "accounts", "ledger", "access", "files", "web", "api", "deadlines", "notices", "imports", "documents", "search",
    "units", "evidence", "cases", "figures", "desk", "scenarios", "local",
)  # fmt: skip
LONGEST = 450
#: The offline verifier is shipped inside every export as one file that needs nothing else (contracts).
WHOLE = {"casework/ledger/verify.py"}
OURS = ("casework", "units", "evidence", "cases", "tests", "benchmarks", "deploy", "docs")


def test_imports_point_down_only() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def own_relations() -> Iterator[tuple[str, str, str]]:
    """Yield every relation between our models: from app, to app, and its name."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label not in ORDER:
            continue
        for field in model._meta.get_fields(include_parents=False):
            if isinstance(field, Field) and not isinstance(field, ForeignObjectRel) and field.related_model:
                target = field.related_model
                label = model._meta.app_label if target == "self" else target._meta.app_label
                yield model._meta.app_label, label, f"{model._meta.label}.{field.name}"


def test_foreign_keys_point_down_only() -> None:
    relations = list(own_relations())

    assert len(relations) > 50  # a walk that finds nothing proves nothing
    assert [
        name for source, target, name in relations if target in ORDER and ORDER.index(target) > ORDER.index(source)
    ] == []


def test_every_app_of_ours_has_its_place_in_the_order() -> None:
    ours = {
        config.label
        for config in apps.get_app_configs()
        if Path(config.path).is_relative_to(CHECKOUT) and ".venv" not in Path(config.path).parts
    }

    assert ours <= set(ORDER)


def test_nothing_in_the_database_follows_a_generic_relation() -> None:
    generic = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.private_fields
        if type(field).__name__.startswith("Generic") and model._meta.app_label in ORDER
    ]

    assert generic == []


def test_no_relation_between_apps_removes_rows_in_passing() -> None:
    """History is appended: a row that another app refers to is protected, never taken along."""
    cascading = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in ORDER
        for field in model._meta.get_fields(include_parents=False)
        if isinstance(field, ForeignKey)
        and field.remote_field.on_delete is CASCADE
        and field.related_model._meta.app_label != model._meta.app_label
    ]

    assert cascading == []


def tracked() -> list[Path]:
    """Return the text files of the repository: those git knows, or all where there is no git."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [CHECKOUT / name for name in listed.stdout.decode().split("\0") if name and (CHECKOUT / name).is_file()]
    return [path for folder in OURS for path in (CHECKOUT / folder).rglob("*") if path.is_file()]


CODE = {".py", ".html", ".css", ".js"}
TEXT = CODE | {".md", ".toml", ".yml", ".yaml", ".txt", ".sh", ".json", ".svg", ".po", ".in", ""}


def test_no_file_is_too_long_to_be_one_thing() -> None:
    long = [
        f"{path.relative_to(CHECKOUT)}: {lines}"
        for path in tracked()
        if path.suffix in CODE
        and "migrations" not in path.parts
        and str(path.relative_to(CHECKOUT)) not in WHOLE
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    ]

    assert long == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    place = re.compile(r"(?<![A-Za-z0-9_.~-])/(?:work|farm|root|home/[a-z]+|Users)/[a-z.]")
    found = [
        f"{path.relative_to(CHECKOUT)}:{number}"
        for path in tracked()
        if path.suffix in TEXT and path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if place.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("lock", ["requirements/base.lock", "requirements/dev.lock", "package-lock.json"])
def test_lock_files_name_no_registry(lock: str) -> None:
    text = (CHECKOUT / lock).read_text(encoding="utf-8")

    assert "resolved" not in text
    assert not re.search(r"^(--index|--extra-index|--find-links)|files\.pythonhosted|registry\.npm", text, re.MULTILINE)


def test_every_locked_package_is_pinned_by_digest() -> None:
    for lock in (CHECKOUT / "requirements").glob("*.lock"):
        blocks = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())
        assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == [], lock.name


def test_the_two_descriptions_of_the_order_agree() -> None:
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    house = text[text.index('id = "house"') : text.index('id = "inside"')]
    placed = [house.find(f'"{prefix}{name}"') for name in reversed(ORDER) for prefix in ("", "casework.")]
    positions = [position for position in placed if position >= 0]

    assert all(upper < lower for upper, lower in pairwise(positions))


#: Libraries of many MiB that a web process may never need: loaded at their first use (casework.core.later).
HEAVY = (
    "celery", "docx", "evtx", "kombu", "lxml", "numpy", "openpyxl", "PIL", "prometheus_client", "puremagic", "pypdfium2",
    "python_calamine", "redis", "rfc3161_client", "segno", "stdnum", "typst",
)  # fmt: skip
#: Loaded late itself, or by nothing but the terminal and the worker.
LATE = {
    "casework/celery.py", "casework/core/background.py", "casework/documents/word.py", "casework/local/valkey.py",
    "casework/web/metrics.py",
}  # fmt: skip


def test_heavy_libraries_are_not_loaded_at_the_start() -> None:
    at_start = re.compile(rf"^(?:import|from) ({'|'.join(HEAVY)})\b", re.MULTILINE)

    found = {
        path.relative_to(CHECKOUT).as_posix(): match[1]
        for app in ("casework", "units", "evidence", "cases")
        for path in (CHECKOUT / app).rglob("*.py")
        if (match := at_start.search(path.read_text(encoding="utf-8")))
    }

    assert {path: name for path, name in found.items() if path not in LATE} == {}
    assert found.keys() >= LATE  # the search finds what is there


#: Who sends work to a worker names its tasks by `later`; these are the worker itself and the terminal.
WORKERS = re.compile(r"/(?:\w+_)?tasks\.py$|/management/|^casework/local/up\.py$")


def test_nothing_else_loads_the_worker_at_the_start() -> None:
    by_name = re.compile(
        r"^from (?:casework\.celery|casework\.core\.background|casework\.web\.metrics|[\w.]*tasks) import"
        r"|^from (?:evidence|units|cases|casework\.\w+) import (?:.*, )?(?:\w+_)?tasks\b",
        re.MULTILINE,
    )

    found = {
        path.relative_to(CHECKOUT).as_posix()
        for app in ("casework", "units", "evidence", "cases")
        for path in (CHECKOUT / app).rglob("*.py")
        if by_name.search(path.read_text(encoding="utf-8"))
    }

    assert {path for path in found if not WORKERS.search(path)} == set()
    assert {"casework/local/up.py", "evidence/tasks.py"} <= found  # the search finds what is there


def test_a_worker_is_told_only_of_tasks_that_there_are() -> None:
    told = {
        name
        for app in ("casework", "units", "evidence", "cases")
        for path in (CHECKOUT / app).rglob("*.py")
        for name in re.findall(r"\bwake\((.*?),", path.read_text(encoding="utf-8"))
        if name != "task: str"
    }

    app.loader.import_default_modules()
    assert told - {f'"{name}"' for name in app.tasks} == set()
    assert '"evidence.read_log"' in told
