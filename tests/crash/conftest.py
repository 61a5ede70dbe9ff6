from collections.abc import Iterator

import pytest

from tests.crash.kills import Template


@pytest.fixture
def template() -> Iterator[Template]:
    """The process that worker processes are forked from; none of them outlives the test."""
    with Template() as template:
        yield template
