"""What is counted of requests, for `/metrics`."""

from prometheus_client import CollectorRegistry, Counter, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Meters:
    """In a registry of its own: several servers may run in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "quaero_requests_total",
            "Requests answered, by operation, method and status.",
            ("operation", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "quaero_request_seconds",
            "How long requests took; streams are left out.",
            ("operation",),
            buckets=SECONDS,
            registry=self.registry,
        )

    def asked(self, operation: str, method: str, status: int, seconds: float) -> None:
        """Count a request. What is no method of HTTP is counted as one: strangers must not fill the memory."""
        known = method if method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH") else "other"
        self._requests.labels(operation, known, str(status)).inc()
        if operation not in STREAMS:
            self._seconds.labels(operation).observe(seconds)


STREAMS = frozenset({"get_events"})
