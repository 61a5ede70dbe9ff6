"""Placeholders: what is one, what it becomes, and how a text is written so that it holds none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.models.errors import UsageError
from quaero.models.placeholders import (
    Placeholder,
    Values,
    checked_name,
    checked_value,
    filled,
    is_placeholder,
    literal,
    placeholders,
    places,
)
from quaero.models.toml_writer import ConfigValue

VALUES = Values({"wiki": "W", "n": "5", "braces": "{n}"}, {"TOKEN": "T", "token": "t"})


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("", ""),
        ("https://{wiki}/{n}", "https://W/5"),
        ("{WIKI}", "W"),
        ("{env:TOKEN}{ENV:token}", "Tt"),
        ("{{wiki}}", "{wiki}"),
        ("{{{wiki}}}", "{{wiki}}"),
        ("{{env:TOKEN}}", "{env:TOKEN}"),
        ("{{wiki}", "{W"),
        ("{braces}", "{n}"),
        ("{unknown} {wiki}", "{unknown} W"),
        ("a{2,4}b{3}c{,5}", "a{2,4}b{3}c{,5}"),
        (r"\p{Greek}\P{n}\x{n}", r"\p{Greek}\P{n}\x{n}"),
        ('{"n": 1} { n } {n.x} {}', '{"n": 1} { n } {n.x} {}'),
        ("{env:}{env:a b}", "{env:}{env:a b}"),
    ],
)
def test_a_text_is_filled_in(text: str, becomes: str) -> None:
    assert filled(text, VALUES) == becomes


def test_only_the_texts_inside_a_value_are_filled_in_not_its_keys() -> None:
    value: ConfigValue = {"{n}": ["{n}", {"a": "{n}!", "b": 1}], "c": True}
    assert filled(value, VALUES) == {"{n}": ["5", {"a": "5!", "b": 1}], "c": True}


def test_the_places_of_placeholders_are_known() -> None:
    n, token = Placeholder("n"), Placeholder("TOKEN", of_environment=True)
    assert dict(places({"a": ["{N}", "x"], "b": {"c": "{env:TOKEN}{n}{n}"}, "d": "{{n}}"})) == {
        ("a", 0): (n,),
        ("b", "c"): (token, n),
    }
    assert (str(n), str(token)) == ("{n}", "{env:TOKEN}")


def test_a_text_that_is_one_placeholder_is_told_from_the_others() -> None:
    assert [text for text in ("{n}", "{env:N}", "{n} ", "{n}{n}", "{{n}}", "n") if is_placeholder(text)] == [
        "{n}",
        "{env:N}",
    ]


pieces = st.sampled_from(["{", "}", "{{", "}}", "{n}", "{{n}}", "{env:N}", "\\p", "\\", "n", "env:", " "])


@given(st.lists(pieces).map("".join) | st.text())
def test_a_text_made_literal_comes_out_as_it_was(text: str) -> None:
    assert placeholders(literal(text)) == ()
    assert filled(literal(text), VALUES) == text


@pytest.mark.parametrize("name", ["", "1a", "a b", "env:a", "{a}", "ä", "a" * 101, "a\n"])
def test_a_name_that_no_placeholder_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="the name of a variable has letters"):
        checked_name(name)


def test_a_name_is_kept_in_small_letters() -> None:
    assert checked_name("Wiki_URL-2") == "wiki_url-2"


@pytest.mark.parametrize("value", ["x" * 10_001, "a\0b", "\ud800"])
def test_a_value_that_cannot_be_kept_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match=r"^wiki: "):
        checked_value("wiki", value)


def test_no_definition_sees_our_own_settings() -> None:
    values = Values({}, {"QUAERO_DATABASE": "postgresql://user:secret@host/db", "TOKEN": "t"})
    assert filled("{env:QUAERO_DATABASE} {env:TOKEN}", values) == "{env:QUAERO_DATABASE} t"
