"""A sign of life of the workers in Redis, read by ``/readyz``; in real time, not in that of the demo's day."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings

from casework.core.later import later

if TYPE_CHECKING:
    import redis
else:
    redis = later("redis")

KEY = "casework:heartbeat"
#: The mark disappears by itself, so a dead worker cannot look alive on a restored Redis.
KEEP_SECONDS = 3600
#: Beat asks for a mark every ten seconds; three missed ones mean that nobody works.
STALE_SECONDS = 40.0


def _url(url: str) -> str:
    """Return an address that the client understands: Celery writes sockets as ``redis+socket://``."""
    if url.startswith("redis+socket://"):
        return "unix://" + url.removeprefix("redis+socket://").replace("virtual_host=", "db=")
    return url


@contextmanager
def broker() -> Iterator[redis.Redis]:
    """Open a connection to the broker for the block; ``redis.RedisError`` when it does not answer."""
    with redis.Redis.from_url(_url(settings.REDIS_URL), socket_timeout=2, socket_connect_timeout=2) as client:
        yield client


def beat() -> None:
    """Leave a mark now."""
    with broker() as client:
        client.set(KEY, f"{time.time():.3f}", ex=KEEP_SECONDS)


def age_seconds() -> float | None:
    """Return how long ago a worker last left a mark; None when there is none or the broker does not answer."""
    try:
        with broker() as client:
            value = client.get(KEY)
    except redis.RedisError:
        return None
    return max(time.time() - float(value), 0.0) if isinstance(value, bytes) else None
