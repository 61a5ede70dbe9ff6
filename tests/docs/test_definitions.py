"""Every definition and every settings file that a page shows is read without complaint."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from quaero.agents.keyword_extractor import KeywordExtractor
from quaero.jobs.definitions.reader import read_definition
from quaero.jobs.manager.agent_config import config_model_for
from quaero.jobs.registry import installed, installed_agents
from quaero.settings import load
from tests.docs.markdown import Block, blocks, name_of, pages


class AnyConfig(BaseModel):
    """Stands for the managers that pages invent."""

    model_config = ConfigDict(extra="allow")


class InventedOptions(BaseModel):
    long_word: int = 7


class Invented(KeywordExtractor):
    """Stands for the agent that a page invents."""

    agent_type = "readability"
    options_model = InventedOptions  # type: ignore[assignment]


def shown() -> list[tuple[str, Block]]:
    return [(name_of(page), block) for page in pages() for block in blocks(page) if block.language == "toml"]


@pytest.fixture(scope="module")
def managers() -> Mapping[str, type[BaseModel]]:
    agents = installed_agents() | {Invented.agent_type: Invented()}
    return installed().config_models | {"lines": AnyConfig, "agent": config_model_for(lambda: agents)}


@pytest.mark.parametrize(
    ("page", "block"), shown(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_a_page_shows_as_toml_can_be_used(
    page: str, block: Block, managers: Mapping[str, type[BaseModel]], tmp_path: Path
) -> None:
    if block.file == "pyproject.toml":
        assert "project" in tomllib.loads(block.text)
    elif block.file == "quaero.toml":
        file = tmp_path / "quaero.toml"
        file.write_text(block.text)
        sources = {origin.source for origin in load(None, file, {}, tmp_path).origins}
        assert str(file) in sources
    else:
        assert read_definition(block.text, file=page, managers=managers).steps
