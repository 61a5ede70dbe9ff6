"""The values of a definition file that have a rule of their own, each with its check."""

import re
import unicodedata
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, PlainValidator

from quaero.jobs.config_types import Milliseconds, config_problem
from quaero.models.definition import Owner, Percent
from quaero.models.placeholders import placeholders
from quaero.models.schedule import cron_complaint, nearest_zone, zone_complaint

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_LONGEST_NAME = 200


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
    if complaint := cron_complaint(value):
        raise config_problem(complaint)
    return value


def _checked_timezone(value: str) -> str:
    if zone_complaint(value):
        nearest = nearest_zone(value)
        example = f'timezone = "{nearest}"' if nearest else None
        raise config_problem("unknown time zone", nearest=nearest, example=example)
    return value


def _checked_timeout(value: int) -> int:
    if value == 0:
        raise config_problem("must be longer than nothing; leave the key out for no limit")
    return value


def base_url_problem(value: str) -> str | None:
    """Why a text without placeholders cannot be a `base_url`; None: it can."""
    try:
        address = urlsplit(value)
    except ValueError:
        return "not a URL"
    if address.scheme not in ("http", "https") or not address.hostname:
        return "must be a URL that begins with http:// or https:// and names a host"
    return None


def _checked_base_url(value: str) -> str:
    if placeholders(value):  # what they stand for decides
        return value
    if problem := base_url_problem(value):
        raise config_problem(problem)
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
