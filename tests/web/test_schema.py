"""Whatever is sent to the API, it answers as its description says, and never with an error of its own."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import positive_data_acceptance

from quaero.secrets.key import SecretKey
from quaero.secrets.key_sources import VARIABLE
from quaero.web import guard
from quaero.web.app import api_app
from tests.web.serving import TOKEN, Served, served_at

TRIALS = int(os.environ.get("QUAERO_TRIALS", "0")) or 6
"""Requests to each operation; the variable asks for more."""
STREAMING = "/api/events"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, SecretKey.new().text())
        patch.setattr(guard, "REQUESTS_AT_ONCE", 1_000_000)
        with served_at(f"sqlite:///{tmp_path_factory.mktemp('schema')}/web.db") as served:
            yield served


SCHEMA = schemathesis.openapi.from_dict(api_app().openapi())
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations() if isinstance(result, Ok)]


@pytest.mark.parametrize(
    "operation",
    [operation for operation in OPERATIONS if operation.path != STREAMING],
    ids=lambda operation: operation.label,
)
def test_every_answer_is_as_described(server: Served, operation: APIOperation[Any, Any, Any, Any]) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=TRIALS,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case[Any]) -> None:
        case.call_and_validate(
            base_url=server.url,
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=30,
            excluded_checks=[
                positive_data_acceptance
            ],  # a schema cannot say what a filter or a definition is
        )

    ask()
