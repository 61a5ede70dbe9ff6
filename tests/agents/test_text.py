"""Sentences, words, and the language that they are in."""

import pytest

from quaero.agents.text.languages import language_of
from quaero.agents.text.sentences import sentences
from quaero.agents.text.stems import stem
from quaero.agents.text.tokens import chunks, folded, size, words
from quaero.agents.text.unspaced import unspaced_words


def test_a_sentence_ends_where_the_next_begins() -> None:
    assert sentences('It rains. "Does it?" Yes! Then go…') == ["It rains.", '"Does it?"', "Yes!", "Then go…"]


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Smith met J. Doe.",
        "Use it, e.g. Monday or later, cf. Section two.",
        "Das gilt z.B. Montags und ggf. Dienstags.",
        "Am 3. Mai kam er.",
        "Version 3.14 is out.",
        "See example.org for more.",
    ],
)
def test_abbreviations_initials_numbers_and_names_end_no_sentence(text: str) -> None:
    assert sentences(text) == [text]


def test_scripts_without_spaces_have_sentences_too() -> None:
    assert sentences("这是第一句。这是第二句。") == ["这是第一句。", "这是第二句。"]


def test_a_sentence_without_end_is_cut_at_a_space() -> None:
    parts = sentences("word " * 2_000)
    assert max(map(len, parts)) <= 1_500
    assert " ".join(parts).split() == ["word"] * 2_000


def test_words_keep_their_hyphens_and_lose_their_possessive() -> None:
    assert words("The gardener's e-mail, don't: C++ and C#!") == [
        "The",
        "gardener",
        "e-mail",
        "don't",
        "C++",
        "and",
        "C#",
    ]


def test_punctuation_divides_and_what_is_too_long_is_no_word() -> None:
    assert list(chunks("red roses, white lilies")) == [["red", "roses"], ["white", "lilies"]]
    assert list(chunks(f"before {'x' * 1_000} after")) == [["before"], ["after"]]


def test_vowel_signs_belong_to_their_word() -> None:
    assert words("हिन्दी में") == ["हिन्दी", "में"]


def test_two_characters_of_a_script_without_spaces_count_as_a_word() -> None:
    assert size("two words") == 2
    assert size("数据库系统") == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The roses in the garden are red and they need water every day of the summer.", "en"),
        ("Die Rosen im Garten sind rot und brauchen im Sommer an jedem Tag etwas Wasser.", "de"),
        ("Les roses dans le jardin sont rouges et elles ont besoin de beaucoup d'eau.", "fr"),
        ("Las rosas del jardín son rojas y necesitan mucha agua durante el verano.", "es"),
        ("De rozen in de tuin zijn rood en ze hebben in de zomer veel water nodig.", "nl"),
    ],
)
def test_a_language_is_known_by_its_little_words(text: str, code: str) -> None:
    assert language_of([folded(word) for word in words(text)]).code == code


def test_a_language_that_is_not_known_gets_its_stop_words_from_the_text() -> None:
    text = "zub mak kolib zub prat wenol zub fal terik zub golbat zub riskal vanor zub hontek " * 3
    language = language_of(text.split())
    assert language.code == ""
    assert "zub" in language.stop
    assert "golbat" not in language.stop


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("libraries", "library", "en"),
        ("bikes", "bike", "en"),
        ("Rechten", "Rechte", "de"),
        ("class", "class", "en"),
    ],
)
def test_forms_of_a_word_have_one_stem(one: str, other: str, language: str) -> None:
    assert stem(folded(one), language) == stem(folded(other), language)


def test_words_of_different_meaning_keep_their_stems() -> None:
    assert len({stem(word, "en") for word in ("bus", "but", "gas", "analysis", "ess")}) == 5


def test_runs_of_han_and_katakana_may_be_words() -> None:
    assert "データベース" in set(unspaced_words("データベースの使い方"))
    assert {"数据", "据库", "数据库"} <= set(unspaced_words("数据库管理系统"))
