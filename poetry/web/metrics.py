"""The metrics of the server, for Prometheus."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32)


class Metrics:
    """The metrics of one server; no label contains typed text."""

    def __init__(self, waiting: Callable[[], int], drafts: Callable[[], int]):
        """``waiting`` returns the number of waiting clients; ``drafts`` the number of drafts in progress."""
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "poetry_requests", "Requests by route and status.", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "poetry_request_seconds",
            "Seconds until a request was answered.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.poems = Counter("poetry_poems", "Poems composed.", registry=self._registry)
        self._gauge("poetry_waiting", "Clients that wait for the model.", waiting)
        self._gauge("poetry_drafts", "Drafts in the making.", drafts)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count a request; status 0: the client left before the answer began."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, meaning: str, value: Callable[[], int]) -> None:
        Gauge(name, meaning, registry=self._registry).set_function(value)
