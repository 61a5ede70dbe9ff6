"""The values of a definition file that have a rule of their own, each with its check."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, PlainValidator

from quaero.jobs.config_types import Milliseconds, config_problem
from quaero.models.definition import Owner, Percent

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_LONGEST_NAME = 200
_LONGEST_SCHEDULE = 200
_START_OF_SEARCH = datetime(2024, 1, 1, tzinfo=UTC)  # any fixed time: the answer must not depend on today


def _checked_id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise config_problem("an id is 1 to 100 small letters, digits and hyphens, no hyphen first")
    return value


def _checked_name(value: str) -> str:
    if not value.strip():
        raise config_problem("must not be empty")
    if len(value) > _LONGEST_NAME:
        raise config_problem(f"must have at most {_LONGEST_NAME} characters, got {len(value)}")
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise config_problem("must be one line without control characters")
    return value


def _checked_schedule(value: str) -> str:
    if len(value) > _LONGEST_SCHEDULE or len(value.split()) != 5:
        raise config_problem("a schedule has 5 fields: minute, hour, day of month, month, day of week")
    try:
        first = next(CronSim(value, _START_OF_SEARCH), None)
    except (CronSimError, ValueError) as error:
        raise config_problem(f"not a schedule: {str(error).lower()}") from error
    if first is None:
        raise config_problem("this schedule never comes up")
    return value


def _checked_timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        zones = {zone.casefold(): zone for zone in available_timezones()}
        near = get_close_matches(value[:100].casefold(), zones, n=1)
        nearest = zones[near[0]] if near else None
        example = f'timezone = "{nearest}"' if nearest else None
        raise config_problem("unknown time zone", nearest=nearest, example=example) from error
    return value


def _checked_timeout(value: int) -> int:
    if value == 0:
        raise config_problem("must be longer than nothing; leave the key out for no limit")
    return value


def _checked_base_url(value: str) -> str:
    if "{" in value:  # a placeholder is filled in when the run starts
        return value
    try:
        address = urlsplit(value)
    except ValueError as error:
        raise config_problem("not a URL") from error
    if address.scheme not in ("http", "https") or not address.hostname:
        raise config_problem("must be a URL that begins with http:// or https:// and names a host")
    return value


def _checked_owner(value: Owner) -> Owner:
    if value == "system":
        raise config_problem("only definitions that ship with the program are system definitions")
    return value


def _tolerance(value: object) -> int | Percent:
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise config_problem("must be at least 0 (which is unlimited)")
        return value
    if not isinstance(value, str):
        raise config_problem("expected a number of children or a share of them")
    try:
        return Percent.parse(value)
    except ValueError as error:
        raise config_problem("expected a number of children or a whole share from 1% to 100%") from error


def _unless_empty(check: Callable[[str], str]) -> Callable[[str], str]:
    """Older definitions write "" for a key that is not set."""
    return lambda value: check(value) if value else value


Id = Annotated[str, AfterValidator(_checked_id)]
Name = Annotated[str, AfterValidator(_checked_name)]
OptionalName = Annotated[str, AfterValidator(_unless_empty(_checked_name))]
Schedule = Annotated[str, AfterValidator(_unless_empty(_checked_schedule))]
TimeZone = Annotated[str, AfterValidator(_unless_empty(_checked_timezone))]
Timeout = Annotated[Milliseconds, AfterValidator(_checked_timeout)]
BaseUrl = Annotated[str, AfterValidator(_unless_empty(_checked_base_url))]
Tolerance = Annotated[int | Percent, PlainValidator(_tolerance)]
UserOnly = Annotated[Owner, AfterValidator(_checked_owner)]
