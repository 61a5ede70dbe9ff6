"""What whoever watches over a server gets to see."""

from prometheus_client.parser import text_string_to_metric_families

from tests.web.runs import ended, launch
from tests.web.serving import Served


def figures(served: Served) -> dict[str, dict[tuple[str, ...], float]]:
    """Values by the name of the metric and by its labels, in the order of their names."""
    with served.client() as client:
        answer = client.get("/metrics")
    assert answer.status_code == 200
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = tuple(sample.labels[label] for label in sorted(sample.labels))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_metrics_tell_of_queue_workers_jobs_and_requests(served_on_each: Served) -> None:
    served = served_on_each
    ended(served, launch(served, {"count": 2}))
    with served.client() as client:
        client.get("/api/variables")
        client.request("BREW", "/api/variables")
    found = figures(served)
    assert found["quaero_jobs_ended"][("script", "completed")] == 2
    assert found["quaero_recent_run_seconds"].keys() == {("0.5", "scripted"), ("0.95", "scripted")}
    assert found["quaero_recent_retried"] == {("scripted",): 0.0}
    assert found["quaero_workers"] == {("server",): 1.0}
    assert found["quaero_watched"] == {(): 1.0}
    assert found["quaero_event_streams"] == {(): 0.0}
    assert found["quaero_event_lag_seconds"] == {(): 0.0}
    assert found["quaero_requests_total"][("GET", "list_variables", "200")] == 1
    assert [(labels[0], labels[2]) for labels in found["quaero_requests_total"] if labels[2] == "405"] == [
        ("other", "405")
    ]


def test_open_jobs_are_told_by_type_with_the_age_of_the_oldest(served: Served) -> None:
    served.call(lambda engine: engine.control.change_gate("all", paused=True))
    launch(served, {"count": 1})
    found = figures(served)
    assert found["quaero_jobs_open"][("pending", "script")] == 1
    assert found["quaero_queue_oldest_seconds"][("script",)] >= 0


def test_metrics_need_the_token(served: Served) -> None:
    with served.client(token=None) as stranger:
        assert stranger.get("/metrics").status_code == 401
