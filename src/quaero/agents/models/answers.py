"""The answer of a language model, parsed, made plain and checked: nothing in it is believed."""

import json
import math
from typing import Any

from pydantic import BaseModel, ValidationError

from quaero.agents import Agent, Reading
from quaero.agents.models import Fitting
from quaero.agents.models.plain import addresses_in, each_text, plain

LONGEST_ANSWER = 200_000
"""Characters; more than any agent has room for."""


class WrongAnswer(ValueError):
    """An answer does not have its form; the text holds no word of it."""


def checked(agent: Agent, text: str, document: str) -> BaseModel:
    """The answer in its form, with nothing in it but plain text."""
    if len(text) > LONGEST_ANSWER:
        raise WrongAnswer("it is too long")
    try:
        value = json.loads(
            _object_in(text), parse_constant=_no_number, parse_int=_whole_number, parse_float=_number
        )
        known = addresses_in(document)
        return agent.answer_model.model_validate_json(
            json.dumps(each_text(value, lambda each: plain(each, known)))
        )
    except ValidationError as error:
        raise WrongAnswer(_complaint(agent.answer_model, error)) from None
    except RecursionError:
        raise WrongAnswer("it is nested too deep") from None
    except ValueError:
        raise WrongAnswer("it is no JSON" if text.strip() else "it is empty") from None


def fitted(agent: Agent, answer: BaseModel, reading: Reading, options: Any) -> BaseModel:
    if not isinstance(agent, Fitting):
        return answer
    try:
        return agent.fitted(answer, reading, options)
    except ValidationError as error:  # its own words would quote the answer
        raise WrongAnswer(_complaint(agent.answer_model, error)) from None
    except ValueError as error:
        raise WrongAnswer(str(error)) from None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _whole_number(digits: str) -> int:
    """As far as every reader of JSON knows it."""
    if len(digits) > 16:
        raise ValueError("a number too large")
    return int(digits)


def _number(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise ValueError("a number too large")
    return number


def _object_in(text: str) -> str:
    """Some models put words or a block of code around their JSON."""
    first, last = text.find("{"), text.rfind("}")
    return text[first : last + 1] if 0 <= first < last else text


def _complaint(form: type[BaseModel], error: ValidationError) -> str:
    """What is wrong and where, in the words of the schema alone."""
    known = set(_names(form.model_json_schema()))
    lines = []
    for each in error.errors(include_input=False, include_context=False, include_url=False)[:5]:
        place = ".".join(str(part) if isinstance(part, int) or part in known else "?" for part in each["loc"])
        lines.append(f"{place or 'the answer'}: {each['type']}")
    return ", ".join(lines)


def _names(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for each in schema for name in _names(each)]
    if not isinstance(schema, dict):
        return []
    own = list(schema["properties"]) if isinstance(schema.get("properties"), dict) else []
    return own + [name for each in schema.values() for name in _names(each)]
