"""Where programs and packages are found, and what is said when they are not."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from casework.local import bootstrap, paths, postgres, secrets
from casework.local.process import LocalServiceError


def program(folder: Path, name: str, body: str) -> Path:
    """Write a small program."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(("version", "accepted"), [("18.6", True), ("19beta1", True), ("17.9", False), ("9.6", False)])
def test_a_given_postgresql_must_be_new_enough(
    version: str, accepted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin", "postgres", f"echo 'postgres (PostgreSQL) {version}'")
    monkeypatch.setenv("CASEWORK_PG_HOME", str(tmp_path))

    if accepted:
        assert postgres.bin_dir() == tmp_path / "bin"
    else:
        with pytest.raises(LocalServiceError, match="18"):
            postgres.bin_dir()


def test_a_given_postgresql_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEWORK_PG_HOME", str(tmp_path))

    with pytest.raises(LocalServiceError, match=str(tmp_path)):
        postgres.bin_dir()


def test_npm_of_the_machine_is_taken_when_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = program(tmp_path, "npm", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert bootstrap.machine_npm() == [str(npm)]


@pytest.mark.parametrize("body", [None, "exit 127"])
def test_without_a_working_npm_one_is_borrowed(
    body: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if body is not None:
        program(tmp_path, "npm", body)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert bootstrap.machine_npm() is None


@pytest.mark.parametrize(
    ("own", "other", "taken"),
    [
        ("0.9", "0.5", True),
        ("0.9", "0.8", False),  # no more than chance
        ("0.5", "0.9", False),
        ("0.9", "", False),  # does not run
    ],
)
def test_of_the_same_version_the_quickest_python_is_taken(
    own: str, other: str, taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    running = program(tmp_path / "own", name, f"echo {own}")
    found = program(tmp_path / "other", name, f"echo {other}" if other else "exit 1")
    monkeypatch.setattr(bootstrap, "FOLDERS", ())
    monkeypatch.setattr(sys, "executable", str(running))
    monkeypatch.setenv("PATH", f"{running.parent}:{found.parent}")
    monkeypatch.delenv("PYTHON", raising=False)

    assert bootstrap.quickest() == str(found if taken else running)

    monkeypatch.setenv("PYTHON", str(running))
    assert bootstrap.quickest() == str(running)  # it was named


def test_where_the_quickest_makes_no_environment_the_own_python_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = program(tmp_path, "own", f'echo "$@" > {tmp_path}/asked')
    other = program(tmp_path, "other", "exit 1")
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")
    monkeypatch.setattr(bootstrap, "quickest", lambda: str(other))
    monkeypatch.setattr(sys, "executable", str(own))

    bootstrap.make_venv()

    assert (tmp_path / "asked").read_text(encoding="utf-8").split() == ["-m", "venv", str(tmp_path / "venv")]


def test_the_trial_tells_how_quick_a_python_is(tmp_path: Path) -> None:
    took = bootstrap.seconds(sys.executable)

    assert took is not None
    assert took > 0
    assert bootstrap.seconds(str(tmp_path / "nothing")) is None


def test_a_socket_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    folder = paths.socket_dir(tmp_path)
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)

    try:
        with pytest.raises(LocalServiceError, match="private"):
            postgres.socket_folder(tmp_path)
    finally:
        folder.rmdir()


def test_the_socket_path_is_short_however_deep_the_state_lies(tmp_path: Path) -> None:
    deep = tmp_path / "/".join(["long-folder-name"] * 20)

    assert len(str(paths.socket_dir(deep) / ".s.PGSQL.5432")) < 107


def test_processes_that_make_the_same_secret_agree(tmp_path: Path) -> None:
    line = (
        "import sys; from pathlib import Path; from casework.local.secrets import secret;"
        "print(secret('CASEWORK_TEST_SECRET', Path(sys.argv[1])))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", line, str(tmp_path)], cwd=paths.CHECKOUT, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    answers = {process.communicate(timeout=180)[0] for process in running}

    assert len(answers) == 1
    kept = tmp_path / "secrets" / "test_secret"
    assert answers == {kept.read_bytes() + b"\n"}
    assert len(kept.read_text(encoding="utf-8")) >= 48
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert list(kept.parent.iterdir()) == [kept]


def test_a_given_secret_wins_and_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "given"
    source.write_text("from a file\n", encoding="utf-8")
    monkeypatch.setenv("CASEWORK_TEST_SECRET_FILE", str(source))

    assert secrets.secret("CASEWORK_TEST_SECRET", tmp_path / "state") == "from a file"
    assert not (tmp_path / "state").exists()
