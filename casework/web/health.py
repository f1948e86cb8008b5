"""Addresses for machines: is the process alive, is the instance ready, what does it measure."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from psycopg_pool import PoolTimeout

from casework.core import heartbeat
from casework.core.later import later
from casework.files import storage
from casework.files.errors import StorageAway
from casework.ledger import selectors as ledger

if TYPE_CHECKING:
    import redis
else:
    redis = later("redis")
measured = later("casework.web.metrics")

# An entry that waits longer than this for its place in the log is an alarm (docs/decisions/0003).
LEDGER_LAG_SECONDS = 10.0


@dataclass(frozen=True)
class Check:
    """One thing that must work: ``value`` in seconds, None where it could not be measured."""

    name: str
    ok: bool
    value: float | None


def _database() -> float:
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return time.perf_counter() - begun


def _broker() -> float:
    begun = time.perf_counter()
    with heartbeat.broker() as client:
        client.ping()
    return time.perf_counter() - begun


# Name, how it is measured, and up to how many seconds it is well.
_CHECKS: tuple[tuple[str, Callable[[], float | None], float], ...] = (
    ("database", _database, 5.0),
    ("redis", _broker, 5.0),
    ("worker", heartbeat.age_seconds, heartbeat.STALE_SECONDS),
    ("ledger", ledger.lag_seconds, LEDGER_LAG_SECONDS),
)


def _storage() -> float | None:
    store = storage.server()
    begun = time.perf_counter()
    if store is not None:
        store.versioning()
    return time.perf_counter() - begun


def checks() -> list[Check]:
    """Return the state of everything the instance depends on; a failure of one does not hide the others."""
    found = []
    on_server = [("storage", _storage, 5.0)] if storage.server() is not None else []
    for name, measure, limit in (*_CHECKS, *on_server):
        try:
            value = measure()
        except (DatabaseError, redis.RedisError, PoolTimeout, OSError, StorageAway):
            value = None
        found.append(Check(name, value is not None and value <= limit, value))
    return found


@login_not_required
@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer as long as the process can."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
@never_cache
def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when database, broker, worker and ledger work, else 503; the body names each."""
    found = checks()
    ready = all(check.ok for check in found)
    body = {
        "status": "ready" if ready else "not ready",
        "checks": {check.name: {"ok": check.ok, "seconds": check.value} for check in found},
    }
    return JsonResponse(body, status=200 if ready else 503)


@login_not_required
@require_safe
@never_cache
def metrics(_request: HttpRequest) -> HttpResponse:
    """Answer in Prometheus' text format; the reverse proxy keeps this address inside."""
    response: HttpResponse = measured.answer()
    return response
