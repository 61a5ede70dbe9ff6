"""Reads a definition file: text and the managers' config models become a definition, or all complaints."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel, ValidationError

from quaero.jobs.definitions.checks import (
    AUTH_LABELS,
    Table,
    effective_config,
    misfits,
    step_tables,
    with_misplaced_keys,
)
from quaero.jobs.definitions.complaints import Finding, findings
from quaero.jobs.definitions.tables import DefinitionTable, RetryTable, StepTable
from quaero.jobs.definitions.toml_lines import Path, key_lines, line_of
from quaero.jobs.definitions.toml_text import TomlTextError, decoded, parsed, plain, unstorable
from quaero.models.definition import Complaint, ErrorTolerance, JobDefinition, JobStep, RetryPolicy
from quaero.models.errors import DefinitionError
from quaero.models.placeholders import Values
from quaero.models.toml_writer import toml_key

NO_VALUES = Values()


class InvalidDefinition(DefinitionError):
    """A definition file cannot be used. `complaints`: everything wrong with it, in the order of the file."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        self.complaints = complaints
        super().__init__(_first_and_count(complaints))


def read_definition(
    text: bytes | str,
    *,
    file: str,
    managers: Mapping[str, type[BaseModel]],
    values: Values = NO_VALUES,
) -> JobDefinition:
    """The definition that `text` (TOML, UTF-8) holds; `file` is what complaints call it.

    `managers`: the config model of each step action. A step's config is checked with it, its placeholders replaced
    by their `values`, and kept as written (only dates become texts). A step without `depends` depends on the step
    before it; a crawl without `start_urls` starts at `base_url`. Raises `InvalidDefinition` with all that is wrong.
    """
    try:
        toml = decoded(text)
        written = parsed(toml)
    except TomlTextError as error:
        raise InvalidDefinition((Complaint(file, error.at_line, "", error.what),)) from None
    data = plain(written)
    table, shape = _table(data)
    found = [Finding(path, why) for path, why in unstorable(data)]
    found += [with_misplaced_keys(each, data, managers) for each in shape]
    found += misfits(data, managers, values)
    if table is None or found:
        raise InvalidDefinition(_complaints(found, file, toml))
    return _definition(table, data)


def _table(data: Table) -> tuple[DefinitionTable | None, list[Finding]]:
    try:
        return DefinitionTable.model_validate(data), []
    except ValidationError as error:
        return None, findings(error, DefinitionTable, data)


def _complaints(found: Iterable[Finding], file: str, toml: str) -> tuple[Complaint, ...]:
    lines = key_lines(toml)
    first_of_each = {finding.path: finding for finding in reversed(list(found))}
    complaints = [
        Complaint(file, line_of(each.path, lines), _key(each.path), each.message, each.nearest, each.example)
        for each in reversed(first_of_each.values())
    ]
    return tuple(sorted(complaints, key=lambda complaint: complaint.line or 0))


def _key(path: Path) -> str:
    """`steps[0].config.max_depth`"""
    parts = (f"[{part}]" if isinstance(part, int) else f".{toml_key(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def _first_and_count(complaints: tuple[Complaint, ...]) -> str:
    more = len(complaints) - 1
    rest = f" (and {more} more {'complaint' if more == 1 else 'complaints'})" if more else ""
    return f"{complaints[0].line_text()}{rest}"


def _definition(table: DefinitionTable, data: Table) -> JobDefinition:
    return JobDefinition(
        id=table.id,
        name=table.name,
        steps=tuple(_steps(table, data)),
        description=table.description,
        tags=tuple(table.tags),
        schedule=table.schedule or None,
        timezone=table.timezone or None,
        overlap=table.overlap,
        timeout_ms=table.timeout or None,
        enabled=table.enabled,
        auto_start=table.auto_start,
        auth=next((value for label in AUTH_LABELS if (value := getattr(table, label))), None),
        pre_jobs=tuple(table.pre_jobs),
        post_jobs=tuple(table.post_jobs),
        error_tolerance=ErrorTolerance(
            table.error_tolerance.max_child_failures, table.error_tolerance.failure_action
        ),
        type=table.type,
        source_type=table.source_type,
        base_url=table.base_url,
    )


def _steps(table: DefinitionTable, data: Table) -> Iterator[JobStep]:
    before: tuple[str, ...] = ()
    for step, (_, values) in zip(table.steps, step_tables(data), strict=True):
        yield _step(step, effective_config(values, data), before)
        before = (step.name,)


def _step(step: StepTable, config: Table, before: tuple[str, ...]) -> JobStep:
    return JobStep(
        name=step.name,
        action=step.action,
        config=config,
        on_error=step.on_error,
        retry=_retry(step.retry),
        depends=before if step.depends is None else tuple(step.depends),
        condition=step.condition,
        timeout_ms=step.timeout or None,
        child_timeout_ms=step.child_timeout or None,
    )


def _retry(table: RetryTable) -> RetryPolicy:
    return RetryPolicy(table.max_attempts, table.backoff, table.max_backoff)
