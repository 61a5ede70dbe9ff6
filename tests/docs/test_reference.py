"""The tables of the pages say what the code says."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import quaero
from quaero.agents.classifier import ClassifierOptions
from quaero.agents.entity_extractor import EntityOptions
from quaero.agents.keyword_extractor import KeywordOptions
from quaero.agents.summarizer import SummaryOptions
from quaero.cli.command_line import INTERRUPTED
from quaero.jobs.config_types import Milliseconds
from quaero.jobs.definitions.tables import DefinitionTable, RetryTable, StepTable, ToleranceTable
from quaero.jobs.manager.agent_config import AgentConfig
from quaero.jobs.manager.crawler_manager import CrawlConfig
from quaero.jobs.manager.database_maintenance_manager import DatabaseMaintenanceConfig
from quaero.jobs.manager.each_document import DocumentFilterConfig
from quaero.jobs.manager.model_settings import ModelSettingsConfig, PriceConfig
from quaero.jobs.manager.places_search_manager import FiltersConfig, LocationConfig, PlacesSearchConfig
from quaero.jobs.manager.reindex_manager import ReindexConfig
from quaero.jobs.manager.transform_manager import TransformConfig
from quaero.models.duration import format_duration
from quaero.models.errors import QuaeroError
from quaero.models.job import FINAL_STATES, MOVES, REOPENINGS, JobState
from quaero.models.toml_writer import toml_value
from quaero.settings import load
from quaero.store.reads import JobFilter
from quaero.views.job_query import KEYS, parse_job_query
from tests.docs.error_codes import error_codes
from tests.docs.markdown import DOCS, ROOT, table_rows

DEFINITIONS = DOCS / "how-to" / "write-a-definition.md"
SPOKEN_DEFAULTS = {
    "error_tolerance": "see below",
    "retry": "see below",
    "depends": "the step before",
    "document_filter": "see below",
    "location": "none",
    "model_settings": "none",
    "filters": "none",
    "min_rating": "none",
    "retention": "see below",
}


@pytest.mark.parametrize(
    ("table", "model"),
    [
        ("definition", DefinitionTable),
        ("error_tolerance", ToleranceTable),
        ("steps", StepTable),
        ("retry", RetryTable),
        ("crawl", CrawlConfig),
        ("reindex", ReindexConfig),
        ("transform", TransformConfig),
        ("document_filter", DocumentFilterConfig),
        ("database_maintenance", DatabaseMaintenanceConfig),
        ("places_search", PlacesSearchConfig),
        ("location", LocationConfig),
        ("filters", FiltersConfig),
        ("agent", AgentConfig),
        ("keyword_extractor", KeywordOptions),
        ("summarizer", SummaryOptions),
        ("classifier", ClassifierOptions),
        ("entity_extractor", EntityOptions),
        ("model_settings", ModelSettingsConfig),
        ("price", PriceConfig),
    ],
)
def test_the_keys_of_a_definition_are_listed_with_their_defaults(table: str, model: type[BaseModel]) -> None:
    rows = {key.strip("`"): default.strip("`") for key, default, _ in table_rows(DEFINITIONS, table)}
    assert rows == {key: default_of(key, field) for key, field in model.model_fields.items()}


def default_of(key: str, field: FieldInfo) -> str:
    """A default as a person would write it in a definition."""
    if field.is_required():
        return "required"
    if key in SPOKEN_DEFAULTS:
        return SPOKEN_DEFAULTS[key]
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is None:
        return "none"
    is_duration = any(mark in field.metadata for mark in get_args(Milliseconds)[1:])
    return toml_value(format_duration(default) if is_duration else default)


def test_every_setting_is_listed_with_its_variable_and_its_default(tmp_path: Path) -> None:
    rows = {row[0]: row[1:3] for row in table_rows(DOCS / "how-to" / "settings.md")}
    origins = load(None, None, {}, tmp_path).origins
    assert rows.keys() == {f"`{origin.key}`" for origin in origins}
    for origin in origins:
        variable, default = rows[f"`{origin.key}`"]
        assert variable == f"`{origin.variable}`"
        if origin.key != "database":  # which depends on the user
            assert default == (f"`{origin.value}`" if origin.value else "none")


def test_the_exit_codes_are_those_of_the_errors() -> None:
    documented = {int(code) for code, _ in table_rows(DOCS / "how-to" / "exit-codes.md")}
    assert documented == {0, INTERRUPTED} | {error.exit_code for error in all_errors()}


def all_errors() -> list[type[QuaeroError]]:
    known = [QuaeroError]
    for error in known:
        known += error.__subclasses__()
    return known


def test_every_error_code_has_a_row_and_every_row_a_code() -> None:
    documented = [row[0].strip("`") for row in table_rows(DOCS / "errors.md")]
    assert len(set(documented)) == len(documented)
    assert set(documented) == error_codes(ROOT / "src" / "quaero")


def test_an_error_that_ends_a_command_is_listed_with_its_exit_code() -> None:
    rows = [row for row in table_rows(DOCS / "errors.md") if len(row) == 4]
    exits = {row[0].strip("`"): int(row[1]) for row in rows if int(row[1]) < 256}  # others are a status
    for error in all_errors():
        if error.code in exits:
            assert exits[error.code] == error.exit_code, error


def test_the_filter_of_jobs_is_listed_with_all_its_keys() -> None:
    examples = [write.strip("`") for write, _ in table_rows(DOCS / "how-to" / "steer-jobs.md", "filter")]
    assert JobFilter() not in map(parse_job_query, examples)
    assert {key for key, colon, _ in (each.partition(":") for each in examples) if colon} == set(KEYS) - {
        "name"
    }


def test_the_page_of_the_commands_is_up_to_date() -> None:
    tool = ROOT / "tools" / "write_commands.py"
    looked = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True, check=False)
    assert looked.returncode == 0, looked.stderr


def test_the_states_are_those_of_a_job() -> None:
    [*states] = (row for row in table_rows(DOCS / "states.md") if row[0].startswith("`"))
    assert {name.strip("`"): bool(final) for name, _, final in states} == {
        str(state): state in FINAL_STATES for state in JobState
    }


def test_the_moves_are_those_that_a_job_can_make() -> None:
    rows = [row for row in table_rows(DOCS / "states.md") if named_states(row[0])]
    moves = {move for row in rows if len(row) == 2 for move in moves_of(row)}
    reopenings = {move for row in rows if len(row) == 3 for move in moves_of(row)}
    assert moves == set(MOVES)
    assert reopenings == set(REOPENINGS)


def moves_of(row: list[str]) -> set[tuple[JobState, JobState]]:
    return {(before, after) for before in named_states(row[0]) for after in named_states(row[1])}


def named_states(cell: str) -> list[JobState]:
    """The states in a cell like `failed, cancelled`; none if it is anything else."""
    names = cell.split(", ")
    return [JobState(name) for name in names] if set(names) <= set(JobState) else []


def test_the_version_has_an_entry_in_the_changelog() -> None:
    import importlib.metadata

    version = importlib.metadata.version(quaero.__name__)
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
