"""The supervisor behind `manage.py up`: starts the services in order, keeps them running, stops them in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from casework.local import paths
from casework.local.process import LocalServiceError, end_group, last_lines, spawn, wait_until

BACKOFF_SECONDS = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)
# A service that ran this long before it ended starts again without delay.
SETTLED_SECONDS = 60.0


@dataclass
class Service:
    """One supervised process: how it starts, when it counts as ready, how it is asked to end."""

    name: str
    launch: "Callable[[], subprocess.Popen[bytes]]"
    ready: Callable[[], bool]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    ready_seconds: float = 240.0
    before_launch: Callable[[], None] | None = None
    child: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    failures: int = field(default=0, init=False)
    started: float = field(default=0.0, init=False)
    next_start: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Launch the process."""
        if self.before_launch is not None:
            self.before_launch()
        self.child = self.launch()
        self.started = time.monotonic()

    def ended(self) -> bool:
        """Return whether the process has ended by itself."""
        return self.child is not None and self.child.poll() is not None

    def stop(self) -> None:
        """Ask the process to end and leave nothing of its session behind."""
        if self.child is not None:
            end_group(self.child, number=self.stop_signal, seconds=self.stop_seconds)
            self.child = None


def program(
    name: str,
    command: Sequence[str],
    *,
    state: Path,
    ready: Callable[[], bool] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Service:
    """Return the service that runs ``command`` in the checkout's interpreter; without ``ready`` it is so at once."""
    log = paths.log_dir(state) / f"{name}.log"

    def launch() -> "subprocess.Popen[bytes]":
        return spawn(
            name,
            [sys.executable, *command],
            state=state,
            log=log,
            environment=environment,
            die_with_parent=signal.SIGTERM,
        )

    return Service(name, launch, ready or (lambda: True), log)


class Supervisor:
    """Keeps a list of services running until it is told to stop."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.services: list[Service] = []
        self.stopping = False
        self._tell = tell

    def handle_signals(self) -> None:
        """Let Ctrl-C and a polite kill end the loop instead of the process."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.stopping:  # asked twice: whoever waits has lost patience
            raise KeyboardInterrupt
        self.stopping = True

    def add(self, *services: Service) -> None:
        """Start services together, wait until each is ready, and keep them from then on.

        Raises:
            LocalServiceError: one ended or was not ready in time; the end of its log is in the message.
        """
        for service in services:
            self._go_on()
            self.services.append(service)
            service.start()
        for service in services:
            self._await(service)

    def _await(self, service: Service) -> None:
        ready = False  # asked once: a busy machine may answer late the next time

        def settled() -> bool:
            nonlocal ready
            ready = service.ready()
            return self.stopping or ready or service.ended()

        wait_until(settled, service.ready_seconds, every=0.1)
        self._go_on()
        if not ready or service.ended():
            raise LocalServiceError(f"{service.name} 没有启动 / did not start:\n{last_lines(service.log)}")

    def _go_on(self) -> None:
        if self.stopping:
            raise KeyboardInterrupt

    def watch(self) -> None:
        """Start again whatever ends, until somebody asks to stop."""
        while not self.stopping:
            for service in self.services:
                self._look_after(service)
            time.sleep(0.2)

    def _look_after(self, service: Service) -> None:
        now = time.monotonic()
        if service.child is not None:
            code = service.child.poll()
            if code is None:
                return
            service.stop()  # workers may outlive their master and keep its port
            settled = now - service.started > SETTLED_SECONDS
            service.failures = 0 if settled else min(service.failures + 1, len(BACKOFF_SECONDS) - 1)
            delay = BACKOFF_SECONDS[service.failures]
            service.next_start = now + delay
            self._tell(f"! {service.name} 退出（{code}），{delay:.0f} 秒后重启 / ended, restarting in {delay:.0f} s")
        if now >= service.next_start:
            try:
                service.start()
            except (LocalServiceError, OSError) as error:
                service.failures = min(service.failures + 1, len(BACKOFF_SECONDS) - 1)
                service.next_start = now + BACKOFF_SECONDS[service.failures]
                self._tell(f"! {service.name}: {error}")

    def stop(self) -> None:
        """Stop the services, the last started first."""
        while self.services:
            service = self.services.pop()
            service.stop()


def record_pid(state: Path) -> None:
    """Write down the supervisor's process number for `manage.py stop`."""
    (paths.run_dir(state) / "supervisor.pid").write_text(f"{os.getpid()}\n", encoding="utf-8")


def recorded_pid(state: Path) -> int | None:
    """Return the supervisor's process number, if one was written down."""
    try:
        return int((paths.run_dir(state) / "supervisor.pid").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
