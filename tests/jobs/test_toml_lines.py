"""Where each key of a TOML text stands."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.jobs.definitions.toml_lines import Path, key_lines, line_of
from quaero.models.toml_writer import ConfigValue, toml_pairs, toml_table

TEXT = '''\
id = "a"  # [not.a.table]
"quoted key" = 'x = 1'
dotted."key one".two = [1,
  2, # ] }
  { x = 1, y = [
    "]", 3] }]
many = """
[steps]
id = ""\\" """""
plain = \'\'\'
id = 1 '' \'\'\'
when = 1979-05-27 07:32:00

[[steps]]
name = "one"
[steps.config]
depth = 1
[[ steps ]]
name = 'two'
retry = { max_attempts = 2, a.b = "}" }
[steps.config.location]
radius = 5
[[steps.config.rules]]
[[steps.config.rules]]
mode = true'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("id",), 1),
        (("quoted key",), 2),
        (("dotted", "key one", "two"), 3),
        (("dotted", "key one", "two", 1), 4),
        (("dotted", "key one", "two", 2, "y"), 5),
        (("dotted", "key one", "two", 2, "y", 1), 6),
        (("many",), 7),
        (("plain",), 10),
        (("when",), 12),
        (("steps",), 14),
        (("steps", 0), 14),
        (("steps", 0, "name"), 15),
        (("steps", 0, "config"), 16),
        (("steps", 0, "config", "depth"), 17),
        (("steps", 1), 18),
        (("steps", 1, "name"), 19),
        (("steps", 1, "retry", "max_attempts"), 20),
        (("steps", 1, "retry", "a", "b"), 20),
        (("steps", 1, "config", "location", "radius"), 22),
        (("steps", 1, "config", "rules", 0), 23),
        (("steps", 1, "config", "rules", 1, "mode"), 25),
    ],
)
def test_a_key_is_found_on_its_line(path: Path, line: int) -> None:
    assert key_lines(TEXT)[path] == line


def test_every_value_that_is_read_has_a_line() -> None:
    assert set(paths(tomllib.loads(TEXT))) <= set(key_lines(TEXT))


def test_a_key_that_is_not_there_is_reported_where_its_table_begins() -> None:
    lines = key_lines(TEXT)
    assert line_of(("steps", 1, "retry", "backoff"), lines) == 20
    assert line_of(("name",), lines) == 1


def paths(value: object, at: Path = ()) -> list[Path]:
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [each for key, item in inner for each in [(*at, key), *paths(item, (*at, key))]]


texts = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["a b", "#", "[", "'", '"""', "."]
)
values: st.SearchStrategy[ConfigValue] = st.recursive(
    texts | st.integers(0, 9) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(texts, values, max_size=5), st.dictionaries(texts, values, max_size=5))
def test_no_key_of_any_file_is_missed(top: dict[str, ConfigValue], table: dict[str, ConfigValue]) -> None:
    text = f"{toml_pairs(top)}\n{toml_table('own table', table).replace('own table', 'zz')}"
    if "zz" not in top:
        assert set(paths(tomllib.loads(text))) == set(key_lines(text))


@given(
    st.text()
    | st.lists(st.sampled_from(["[", "]", "a", "=", '"', "'", "{", "}", ",", ".", "\n"])).map("".join)
)
def test_a_text_that_is_not_toml_is_read_as_far_as_it_goes(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in key_lines(text).values())
