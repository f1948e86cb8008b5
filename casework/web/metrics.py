"""What `/metrics` says, in Prometheus' text format; the library is loaded when it is first asked."""

from collections.abc import Iterable

from django.http import HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from casework.web.health import Check, checks


class _Instance(Collector):
    """What the checks found."""

    def __init__(self, found: list[Check]) -> None:
        self._found = found

    def collect(self) -> Iterable[GaugeMetricFamily]:
        ok = GaugeMetricFamily("casework_check_ok", "1 when the dependency works", labels=["check"])
        seconds = GaugeMetricFamily(
            "casework_check_seconds",
            "Answer time of database and redis, age of the worker's last sign, wait of the oldest ledger entry",
            labels=["check"],
        )
        for check in self._found:
            ok.add_metric([check.name], float(check.ok))
            if check.value is not None:
                seconds.add_metric([check.name], check.value)
        return [ok, seconds]


def answer() -> HttpResponse:
    """Measure now, so that every web process gives the same answer."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Instance(checks()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
