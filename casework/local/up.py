"""What `manage.py up` does, step by step: services, schema, static files, demo, then the programs."""

import errno
import hashlib
import json
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, get_commands, load_command_class

from casework.celery import app
from casework.core import heartbeat
from casework.local import paths, postgres, schema, services, stamps, valkey
from casework.local.locks import Lock, held
from casework.local.process import LocalServiceError, end, leftovers, wait_until
from casework.local.supervisor import Service, Supervisor, program, record_pid
from casework.uploads import AT_ONCE

MANAGE = str(paths.CHECKOUT / "manage.py")
#: The allocators of Python and of granian keep one store each for all threads, not one for every thread that an upload
#: passes through. To give everything back at once would cost half of an upload's time again (docker-compose.yml sets the
#: same; benchmarks/README.md has the figures).
WEB_MEMORY = {"MALLOC_ARENA_MAX": "1", "_RJEM_MALLOC_CONF": "narenas:1"}


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    host: str
    port: int
    demo: bool


class Up:
    """One run of the instance, from the first check to the last stop."""

    def __init__(self, state: Path, options: Options, tell: Callable[[str], None]) -> None:
        self.state = state
        self.options = options
        self._begun = time.monotonic()
        self._output = tell
        self.supervisor = Supervisor(self.tell)
        self.given_database, self.given_broker = services.given()

    def tell(self, text: str) -> None:
        """Print one line with the seconds since the start."""
        self._output(f"[{time.monotonic() - self._begun:5.1f}s] {text}")

    def run(self) -> None:
        """Bring the instance up and keep it so until it is asked to stop.

        Raises:
            LocalServiceError: something stands in the way; the message says what and what helps.
        """
        lock = Lock(services.supervisor_lock(self.state))
        if not wait_until(lambda: lock.acquire(wait=False), 2.0):
            raise LocalServiceError(
                f"{self.state}: 已有实例在运行。可以先运行 make stop，或换一个 CASEWORK_HOME。"
                " / Already running: make stop, or another CASEWORK_HOME."
            )
        self.supervisor.handle_signals()
        try:
            record_pid(self.state)
            self._end_leftovers()
            check_port(self.options.host, self.options.port)
            self._start()
            self._announce()
            self.supervisor.watch()
        except KeyboardInterrupt:
            pass
        except LocalServiceError:
            if not self.supervisor.stopping:  # what was cut short by the wish to stop is no failure
                raise
        finally:
            self._output("")
            self.tell("正在停止 / stopping")
            with held(services.change_lock(self.state)):
                self.supervisor.stop()
            lock.release()
            self.tell("已停止 / stopped")

    def _end_leftovers(self) -> None:
        """End what a killed run left behind, once no other command uses it."""
        users = Lock(services.users_lock(self.state))
        if not users.acquire(wait=False):
            self.tell("另一个命令正在使用数据库，等它结束 / another command uses the database, waiting")
            if not wait_until(lambda: self.supervisor.stopping or users.acquire(wait=False), 600.0):
                raise LocalServiceError(f"{self.state}: 数据库一直被另一个命令占用 / still in use by another command")
        try:
            left = leftovers(self.state)
            programs = {pid: name for pid, name in left.items() if name not in {postgres.NAME, valkey.NAME}}
            if left:
                self.tell(
                    f"清理上次遗留的进程 / ending what the last run left: {', '.join(sorted(set(left.values())))}"
                )
            end(programs)
            services.stop(self.state)
        finally:
            users.release()

    def _start(self) -> None:
        with held(services.change_lock(self.state)):
            if not self.given_database:
                self._add_postgres()
            if not self.given_broker:
                self._add_valkey()
            self._prepare()
        programs = self._programs()
        names = ", ".join(service.name for service in programs)
        self.tell(f"启动 / starting {names}")
        self.supervisor.add(*programs)
        self._warm_up()

    def _add_postgres(self) -> None:
        self.tell("启动 PostgreSQL / starting PostgreSQL")
        postgres.initialise(self.state)
        self.supervisor.add(
            Service(
                postgres.NAME,
                lambda: postgres.start(self.state, die_with_parent=True),
                lambda: postgres.is_ready(self.state),
                postgres.log(self.state),
                stop_signal=signal.SIGINT,
                stop_seconds=30.0,
                ready_seconds=postgres.READY_SECONDS,
                before_launch=lambda: postgres.stop_running(self.state),
            )
        )
        postgres.ensure_database(self.state)

    def _add_valkey(self) -> None:
        self.tell("启动 Valkey / starting Valkey")
        postgres.socket_folder(self.state)
        self.supervisor.add(
            Service(
                valkey.NAME,
                lambda: valkey.start(self.state, die_with_parent=True),
                lambda: valkey.is_ready(self.state),
                valkey.log(self.state),
                ready_seconds=valkey.READY_SECONDS,
            )
        )

    def _prepare(self) -> None:
        """Schema, static files and demo data, each only when something changed."""
        with stamps.once(self.state, "schema", f"{schema.identity(self.state)} {schema.migrations_digest()}") as due:
            if due:
                self.tell("更新数据表 / migrating")
                self._manage("migrate", "--verbosity", "0", owner=True)
        with stamps.once(self.state, "static", static_digest()) as due:
            if due or not Path(settings.STATIC_ROOT).is_dir():
                self.tell("收集静态文件 / collecting static files")
                self._manage("collectstatic", "--no-input", "--clear", "--verbosity", "0", quiet=True)
        if self.options.demo and "demo" in get_commands():
            with stamps.once(self.state, "demo", schema.identity(self.state)) as due:
                if due:
                    self.tell("演示数据：按时间顺序办理 2021 年专项行动 / demo data: playing the 2021 campaign")
                    self._manage("demo")

    def _manage(self, *arguments: str, owner: bool = False, quiet: bool = False) -> None:
        """Run a management command; who asks to stop need not wait for its end."""
        schema.manage(self.state, *arguments, owner=owner, quiet=quiet, cancelled=lambda: self.supervisor.stopping)

    def _programs(self) -> list[Service]:
        """Return web, worker, beat and ledger, in the order in which they start."""
        host, port = self.options.host, self.options.port
        environment = {"CASEWORK_PORT": str(port), "CASEWORK_DB_ROLE": "app"}
        address = _reachable(host)
        web = program(
            "web",
            web_command(host, port),
            state=self.state,
            environment={**environment, **WEB_MEMORY},
            ready=lambda: status(address, port, "/healthz") == HTTPStatus.OK,
        )
        web.before_launch = lambda: _await_port(host, port)
        schedule = str(paths.run_dir(self.state) / "celerybeat-schedule")
        found = [
            web,
            self._worker(environment),
            program("beat", beat_command(schedule), state=self.state, environment=environment),
        ]
        if has_integrator():
            # The integrator orders the entries and so writes tables that the application may only read.
            apart = {**environment, "CASEWORK_DB_ROLE": "ledger"}
            found.append(program("ledger", ledger_command(), state=self.state, environment=apart))
        return found

    def _worker(self, environment: dict[str, str]) -> Service:
        """Return the worker, ready when it has taken a task from the queue and left its sign of life."""
        asked_at = 0.0

        def ask() -> None:
            nonlocal asked_at
            asked_at = time.time()
            app.send_task("core.heartbeat", expires=60)

        def has_answered() -> bool:
            age = heartbeat.age_seconds()
            return age is not None and time.time() - age >= asked_at

        worker = program("worker", worker_command(), state=self.state, environment=environment, ready=has_answered)
        worker.before_launch = ask
        worker.stop_seconds = 20.0
        return worker

    def _warm_up(self) -> None:
        """Let the first page be drawn before a person asks for it."""
        host, port = _reachable(self.options.host), self.options.port
        status(host, port, "/accounts/login/", seconds=30.0)
        if not wait_until(lambda: self.supervisor.stopping or status(host, port, "/readyz") == HTTPStatus.OK, 30.0):
            self.tell(f"! http://{host}:{port}/readyz")

    def _announce(self) -> None:
        url = f"http://{_reachable(self.options.host)}:{self.options.port}/"
        self.tell(f"就绪 / ready: {url}")
        accounts = self.state / "demo-accounts.json"
        if self.options.demo and accounts.exists():
            self._output(accounts_table(accounts))
        self._output(f"  日志 / logs: {paths.log_dir(self.state)}    停止 / stop: Ctrl-C")


def web_command(host: str, port: int) -> list[str]:
    """Return granian's command line; docker-compose.yml runs the same."""
    return _granian(host, port, workers=2, threads=4, application="casework.wsgi:application")


def uploads_command(host: str, port: int) -> list[str]:
    """Return the command line of the service that takes uploads: one process, so that a file's digests go on with each
    piece, and a thread for each sender, however slow.

    docker-compose.yml runs it; here is no proxy that could tell uploads from pages, and ``web`` takes both.
    """
    return _granian(host, port, workers=1, threads=AT_ONCE, application="casework.uploads.wsgi:application")


def _granian(host: str, port: int, *, workers: int, threads: int, application: str) -> list[str]:
    """Return the server's command line. What is read at once is bounded: by itself it keeps several MiB of each upload."""
    return [
        "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--no-ws",
        "--workers", str(workers), "--blocking-threads", str(threads),
        "--respawn-failed-workers", "--workers-kill-timeout", "10", "--http1-buffer-size", "131072", application,
    ]  # fmt: skip


def worker_command() -> list[str]:
    """Return the Celery worker's command line."""
    return ["-m", "celery", "-A", "casework.celery", "worker", "--concurrency", "2", "--loglevel", "INFO"]


def beat_command(schedule: str) -> list[str]:
    """Return Celery beat's command line."""
    return ["-m", "celery", "-A", "casework.celery", "beat", "--schedule", schedule, "--pidfile=", "--loglevel", "INFO"]


def ledger_command() -> list[str]:
    """Return the ledger integrator's command line."""
    return [MANAGE, "ledger", "integrate"]


def has_integrator() -> bool:
    """Return whether this version orders its ledger in a process of its own."""
    application = get_commands().get("ledger")
    if application is None:
        return False
    command = load_command_class(str(application), "ledger")
    try:
        command.create_parser("manage.py", "ledger").parse_args(["integrate"])
    except (CommandError, SystemExit):
        return False
    return True


def _await_port(host: str, port: int) -> None:
    """Give the sockets of a server that was just killed a moment to close."""

    def free() -> bool:
        try:
            check_port(host, port)
        except LocalServiceError:
            return False
        return True

    if not wait_until(free, 5.0, every=0.2):
        check_port(host, port)


def check_port(host: str, port: int) -> None:
    """Refuse a port that something else listens on, before anything is started.

    Raises:
        LocalServiceError: the port is taken or not allowed; the message proposes a free one.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = "已被占用 / is taken" if error.errno == errno.EADDRINUSE else str(error.strerror)
            raise LocalServiceError(
                f"{host}:{port}: 端口{reason}。可以换一个端口：CASEWORK_PORT={port + 1} make demo"
                f" / use another: CASEWORK_PORT={port + 1} make demo"
            ) from error


def status(host: str, port: int, path: str, *, seconds: float = 5.0) -> int:
    """Return the status of the web server's answer, 0 when there is none."""
    # Any proxy of the machine is for other addresses.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{host}:{port}{path}", timeout=seconds) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


def accounts_table(path: Path) -> str:
    """Return the demo accounts as lines for the terminal."""
    accounts = json.loads(path.read_text(encoding="utf-8"))
    rows = [[str(entry.get(key, "")) for key in ("role", "username", "password")] for entry in accounts]
    return "\n".join(f"  {role:<28} {name:<18} {password}" for role, name, password in rows)


def static_digest() -> str:
    """Return a digest over the names, sizes and times of all static sources: enough to see a change quickly."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 (a comparison, nothing is bound)
