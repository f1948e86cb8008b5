"""The production composition without a container engine: accepted, understood by settings, every command startable."""

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from django.conf import settings

from casework.local import paths, postgres, services, valkey
from casework.local.process import wait_until
from casework.local.up import (
    WEB_MEMORY,
    beat_command,
    ledger_command,
    status,
    uploads_command,
    web_command,
    worker_command,
)
from tests.local.conftest import environment, free_port, give_tables, manage

OURS = ("migrate", "web", "uploads", "worker", "beat", "ledger")


def composition() -> dict[str, Any]:
    """Return docker-compose.yml with its variables at their defaults."""
    text = (paths.CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8")
    plain = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)
    loaded: dict[str, Any] = yaml.safe_load(plain)
    return loaded


def read_variables() -> set[str]:
    """Return every environment variable that the product reads, from the calls that read them."""
    found = set()
    for source in paths.CHECKOUT.glob("casework/**/*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = ast.unparse(node.func)
            if name.startswith("env_") or name in {"secret", "os.environ.get", "_set"}:
                found.add(str(node.args[0].value))
    return found


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="docker-compose is missing: apt install docker-compose")
def test_docker_compose_accepts_the_file() -> None:
    done = subprocess.run(
        ["docker-compose", "--file", str(paths.CHECKOUT / "docker-compose.yml"), "config"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) >= {*OURS, "postgres", "valkey", "proxy"}


@pytest.mark.parametrize("service", OURS)
def test_every_variable_passed_is_one_that_is_read(service: str) -> None:
    passed = composition()["services"][service]["environment"]

    assert {
        name.removesuffix("_FILE") for name in passed
    } <= read_variables() | WEB_MEMORY.keys()  # the allocators read those


def test_the_proxy_and_the_database_use_what_they_are_given() -> None:
    files = {"proxy": "deploy/Caddyfile", "postgres": "deploy/postgres/10-roles.sh"}
    for service, file in files.items():
        text = (paths.CHECKOUT / file).read_text(encoding="utf-8")
        passed = composition()["services"][service]["environment"]
        assert [name for name in passed if name.startswith("CASEWORK_") and name not in text] == []


@pytest.mark.parametrize("service", [*OURS, "proxy", "postgres", "valkey"])
def test_no_service_runs_as_root_or_with_privileges(service: str) -> None:
    facts = composition()["services"][service]

    assert int(facts["user"].split(":")[0]) > 0
    assert facts["cap_drop"] == ["ALL"]
    assert facts["security_opt"] == ["no-new-privileges:true"]
    assert not facts.get("privileged")


def test_the_image_has_the_client_programs_of_the_database_it_backs_up() -> None:
    server = str(composition()["services"]["postgres"]["image"]).partition(":")[2].partition("-")[0].partition(".")[0]
    image = (paths.CHECKOUT / "Dockerfile").read_text(encoding="utf-8")

    assert f"postgresql-client-{server} " in image
    assert int(server) >= postgres.MINIMUM


def test_secrets_come_from_files_and_every_file_is_made() -> None:
    composed = composition()
    script = (paths.CHECKOUT / "deploy" / "make-secrets.sh").read_text(encoding="utf-8")

    assert set(re.findall(r"^keep (\w+) ", script, re.MULTILINE)) == set(composed["secrets"])
    for service in OURS:
        facts = composed["services"][service]
        files = {name: value for name, value in facts["environment"].items() if name.endswith("_FILE")}
        assert {Path(value).name for value in files.values()} <= set(facts["secrets"])
        assert not {"CASEWORK_SECRET_KEY", "CASEWORK_SIGNING_KEY", "DATABASE_URL"} & set(facts["environment"])


def test_the_made_secrets_fit_each_other(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    shutil.copy(paths.CHECKOUT / "deploy" / "make-secrets.sh", tmp_path / "deploy")
    script = str(tmp_path / "deploy" / "make-secrets.sh")

    subprocess.run(["sh", script], check=True, capture_output=True)
    made = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(["sh", script], check=True, capture_output=True)

    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "secrets").iterdir()} == made
    assert made["app_password"] in made["database_url"]
    assert made["postgres_password"] in made["database_owner_url"]
    assert len({*made.values()}) == len(made)
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_the_bare_machine_runs_the_same_commands() -> None:
    composed = composition()["services"]
    expected = {
        "web": web_command("0.0.0.0", 8000),
        "uploads": uploads_command("0.0.0.0", 8000),
        "worker": worker_command(),
        "beat": beat_command("/tmp/celerybeat-schedule"),
        "ledger": ["manage.py", *ledger_command()[1:]],
    }

    for service, command in expected.items():
        assert composed[service]["command"] == ["python", *command]
    for service in ("web", "uploads"):
        assert composed[service]["environment"].items() >= WEB_MEMORY.items()
    # A container that is run without a command is the web service.
    image = (paths.CHECKOUT / "Dockerfile").read_text(encoding="utf-8")
    assert json.loads(image.rpartition("\nCMD ")[2]) == composed["web"]["command"]


def test_the_proxy_waits_for_every_service_it_sends_to() -> None:
    text = (paths.CHECKOUT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    composed = composition()["services"]
    upstream = set(re.findall(r"^\treverse_proxy .*?(\w+):8000$", text, re.MULTILINE))

    assert upstream == {"web", "uploads"}
    for service in upstream:
        assert composed["proxy"]["depends_on"][service] == {"condition": "service_healthy"}
        assert "/healthz" in composed[service]["healthcheck"]["test"][-1]
        assert {"state:/var/lib/casework/state"} <= set(composed[service]["volumes"])  # both know an upload's bytes


# --- Started outside a container -------------------------------------------------------------------------------------


class Composition:
    """The services of docker-compose.yml as processes of this machine, with its variables and secret files."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()
        self.running: list[subprocess.Popen[bytes]] = []
        host = paths.socket_dir(state)
        self.values = {
            "secret_key": "k" * 50,
            "signing_key": "ab" * 32,
            "database_url": f"postgresql://cw_app@/{postgres.DATABASE}?host={host}",
            "database_owner_url": f"postgresql://{postgres.OWNER}@/{postgres.DATABASE}?host={host}",
            "database_ledger_url": f"postgresql://cw_integrator@/{postgres.DATABASE}?host={host}",
        }

    def start(self, service: str) -> "subprocess.Popen[bytes]":
        """Start a service's command, its secrets in files as the engine would mount them."""
        facts = composition()["services"][service]
        passed = {}
        for name, value in facts["environment"].items():
            passed[name] = "" if value is None else str(value)  # an empty value is nothing to YAML
            if name.endswith("_FILE"):
                path = self.state / Path(value).name
                path.write_text(self.values[path.name] + "\n", encoding="utf-8")
                passed[name] = str(path)
        passed["REDIS_URL"] = f"redis+socket://{valkey.socket(self.state)}"
        passed["CASEWORK_HOME"] = str(self.state)
        passed["CASEWORK_STORAGE"] = f"file://{self.state}/files"
        own = {"8000": str(self.port), "0.0.0.0": "127.0.0.1", "python": sys.executable}
        own["/tmp/celerybeat-schedule"] = str(self.state / "celerybeat-schedule")
        with (self.state / f"{service}.txt").open("wb") as stream:
            process = subprocess.Popen(
                [own.get(word, word) for word in facts["command"]],
                cwd=paths.CHECKOUT,
                env=environment(self.state, **passed),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def said(self, service: str) -> str:
        """Return what the service has printed."""
        return (self.state / f"{service}.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Composition]:
    """Give PostgreSQL and Valkey as the composition's own two services, with the schema brought up to date by its
    command: the tables are there, as at every deployment but the first.
    """
    state = tmp_path_factory.mktemp("composed").resolve()
    with services.using(state, throw_away=True):
        if not settings.DATABASE_URL:
            give_tables(state, postgres.DATABASE)
        composition = Composition(state)
        done = composition.start("migrate").wait(480)
        assert done == 0, composition.said("migrate")
        yield composition
        for process in composition.running:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGTERM)
                process.wait(180)


@pytest.mark.slow
@pytest.mark.parametrize("service", ["web", "uploads"])
def test_what_the_proxy_sends_to_answers(composed: Composition, service: str) -> None:
    server = composed.start(service)

    answered = wait_until(lambda: status("127.0.0.1", composed.port, "/healthz") == HTTPStatus.OK, 240.0)

    assert answered, composed.said(service)
    os.kill(server.pid, signal.SIGTERM)
    assert server.wait(180) == 0


@pytest.mark.slow
def test_beat_and_worker_leave_a_sign_of_life(composed: Composition) -> None:
    started = time.time()
    both = [composed.start("worker"), composed.start("beat")]
    client = redis.Redis(unix_socket_path=str(valkey.socket(composed.state)))

    def signed() -> bool:
        value = client.get("casework:heartbeat")
        return isinstance(value, bytes) and float(value) > started

    assert wait_until(signed, 240.0), composed.said("worker") + composed.said("beat")
    client.close()
    for process in both:
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(180) == 0


@pytest.mark.slow
def test_the_ledger_service_keeps_running_until_it_is_ended(composed: Composition) -> None:
    explained = manage(composed.state, *composition()["services"]["ledger"]["command"][2:], "--help")
    assert explained.returncode == 0, explained.stderr

    ledger = composed.start("ledger")

    assert not wait_until(lambda: ledger.poll() is not None, 5.0), composed.said("ledger")
    os.kill(ledger.pid, signal.SIGTERM)
    assert ledger.wait(180) in {0, -signal.SIGTERM, 128 + signal.SIGTERM}
    assert "Traceback" not in composed.said("ledger")


def test_every_variable_is_described() -> None:
    described = (paths.CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    composed = (paths.CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8")
    ours = {name for name in read_variables() if name.startswith(("CASEWORK_", "DATABASE_", "REDIS_"))}
    internal = {"CASEWORK_SERVICE", "CASEWORK_TEST_HOME"}

    assert {name for name in ours - internal if f"`{name}`" not in described} == set()
    assert {name for name in re.findall(r"\$\{([A-Z_]+)", composed) if f"`{name}`" not in described} == set()


# --- Files on an S3 server --------------------------------------------------------------------------------------------


def test_files_on_a_server_are_told_to_every_process() -> None:
    """The second file adds variables that are read, a key from a file, and a way out for those who store."""
    text = (paths.CHECKOUT / "deploy" / "compose.s3.yml").read_text(encoding="utf-8")
    added: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{[A-Z0-9_]+:-([^}]*)\}", r"\1", text))

    assert set(added["services"]) == set(OURS)
    for name, facts in added["services"].items():
        assert {one.removesuffix("_FILE") for one in facts["environment"]} <= read_variables()
        assert facts["secrets"] == ["s3_key"]
        assert ("outside" in facts.get("networks", [])) == (name in {"web", "uploads", "worker"})
    assert set(added["secrets"]) == {"s3_key"}
