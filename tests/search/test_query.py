"""The search language, one rule after the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.search.clauses import AnyOf, Clause, Filter, FilterKind, Term
from quaero.search.query import MAX_CHARACTERS, MAX_TERMS, Query, parse_query


def word(*words: str, prefix: bool = False) -> Term:
    return Term(words, prefix)


def title(*words: str, prefix: bool = False) -> Term:
    return Term(words, prefix, "title")


def test_bare_words_are_optional() -> None:
    assert parse_query("quick fox") == Query(optional=(word("quick"), word("fox")))


def test_a_word_that_comes_twice_counts_once() -> None:
    assert parse_query("fox quick fox") == Query(optional=(word("fox"), word("quick")))


def test_common_words_are_left_out_and_named() -> None:
    assert parse_query("how to fly The plane") == Query(
        optional=(word("fly"), word("plane")), dropped=("how", "to", "The")
    )


@pytest.mark.parametrize("text", ["what is this", "to be or not to be"])
def test_common_words_are_searched_when_there_is_nothing_else(text: str) -> None:
    query = parse_query(text)
    assert query.optional == tuple(dict.fromkeys(word(each) for each in text.split()))
    assert query.dropped == ()


@pytest.mark.parametrize("text", ["don't panic", "don\u2019t panic"])
def test_a_contraction_is_a_common_word(text: str) -> None:
    assert parse_query(text).optional == (word("panic"),)


@pytest.mark.parametrize("text", ['"the"', "+the", "the*", "title:the", "the OR of", "the AND of", "the-of"])
def test_a_common_word_that_was_asked_for_explicitly_stays(text: str) -> None:
    query = parse_query(f"fox {text}")
    assert query.dropped == ()
    assert len(query.required + query.optional) >= 2


@pytest.mark.parametrize(
    "text", ['"two words"', '"two words', "\u201ctwo words\u201d", "two-words", "two_words"]
)
def test_a_phrase_keeps_its_words_together(text: str) -> None:
    assert parse_query(text) == Query(optional=(word("two", "words"),))


def test_a_quote_ends_the_word_before_it() -> None:
    assert parse_query('one"two three"') == Query(optional=(word("one"), word("two", "three")))


def test_signs_around_a_word_mean_nothing() -> None:
    assert parse_query("C++ (C#) --verbose - +") == Query(optional=(word("C"), word("verbose")))


def test_a_plus_demands_and_a_minus_excludes() -> None:
    assert parse_query('+must -never +"both of" -"not this" may') == Query(
        required=(word("must"), word("both", "of")),
        optional=(word("may"),),
        excluded=(word("never"), word("not", "this")),
    )


def test_what_is_required_is_not_optional_too() -> None:
    assert parse_query("fox +fox") == Query(required=(word("fox"),))


@pytest.mark.parametrize("text", ["pre*", "(pre*)", "pre*,"])
def test_a_star_at_the_end_makes_a_prefix(text: str) -> None:
    assert parse_query(text) == Query(optional=(word("pre", prefix=True),))


@pytest.mark.parametrize("text", ["a*b", '"a b*"'])
def test_a_star_elsewhere_only_separates(text: str) -> None:
    assert parse_query(text) == Query(optional=(word("a", "b"),))


def test_or_makes_one_clause_of_its_neighbours() -> None:
    either = AnyOf((word("cat"), word("big", "dog"), word("mou", prefix=True)))
    assert parse_query('cat OR "big dog" OR mou* food') == Query(optional=(either, word("food")))


def test_a_plus_before_either_side_demands_one_of_them() -> None:
    either = AnyOf((word("cat"), word("dog")))
    assert parse_query("+cat OR dog") == parse_query("cat OR +dog") == Query(required=(either,))


def test_small_letters_are_no_operator() -> None:
    assert parse_query("cat or dog and fish") == Query(
        optional=(word("cat"), word("dog"), word("fish")), dropped=("or", "and")
    )


def test_and_demands_both_sides_and_or_binds_closer() -> None:
    assert parse_query("cat AND dog OR fox then").required == (word("cat"), AnyOf((word("dog"), word("fox"))))


@pytest.mark.parametrize("text", ["cat NOT dog", "cat AND NOT dog", "cat -dog"])
def test_not_excludes_what_follows(text: str) -> None:
    query = parse_query(text)
    assert query.excluded == (word("dog"),)
    assert query.required + query.optional == (word("cat"),)


@pytest.mark.parametrize("text", ["OR cat", "cat AND", "OR OR cat AND OR", "cat NOT"])
def test_an_operator_without_something_to_work_on_counts_for_nothing(text: str) -> None:
    assert parse_query(text) == Query(optional=(word("cat"),))


def test_operators_alone_are_words() -> None:
    assert parse_query("OR") == Query(optional=(word("OR"),))


def test_or_does_not_reach_across_an_exclusion() -> None:
    assert parse_query("cat OR -dog") == Query(optional=(word("cat"),), excluded=(word("dog"),))


def test_a_title_is_demanded() -> None:
    assert parse_query('title:news Title:"big news" TITLE:ne* -title:old') == Query(
        required=(title("news"), title("big", "news"), title("ne", prefix=True)), excluded=(title("old"),)
    )


def test_filters_keep_their_value_as_written() -> None:
    assert parse_query('url:docs.python.org/3 tag:"my tag" source:Web -tag:old +tag:new') == Query(
        filters=(
            Filter(FilterKind.URL, ("docs.python.org/3",)),
            Filter(FilterKind.TAG, ("my tag",)),
            Filter(FilterKind.SOURCE, ("Web",)),
            Filter(FilterKind.TAG, ("old",), excluded=True),
            Filter(FilterKind.TAG, ("new",)),
        )
    )


def test_or_between_filters_of_one_kind_widens_the_filter() -> None:
    assert parse_query("tag:a OR tag:b OR tag:c OR url:d") == Query(
        filters=(Filter(FilterKind.TAG, ("a", "b", "c")), Filter(FilterKind.URL, ("d",)))
    )


def test_and_with_a_filter_demands_the_word() -> None:
    assert parse_query("cat AND tag:a") == Query(
        required=(word("cat"),), filters=(Filter(FilterKind.TAG, ("a",)),)
    )


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("error:404", [word("error"), word("404")]),
        ("http://x.org/page", [word("http"), word("x", "org", "page")]),
        ('error:"not found"', [word("error"), word("not", "found")]),
        ("std::vector", [word("std"), word("vector")]),
        ("title: cat", [word("title"), word("cat")]),
        ("title:+++", [word("title")]),
        ('tag:""', [word("tag")]),
        ('url:"  "', [word("url")]),
    ],
)
def test_what_is_no_filter_is_searched_as_words(text: str, clauses: list[Clause]) -> None:
    assert parse_query(text) == Query(optional=tuple(clauses))


def test_a_marked_address_is_one_phrase() -> None:
    assert parse_query("-http://x/y") == Query(excluded=(word("http", "x", "y"),))


@pytest.mark.parametrize("text", ["", "  ", "+++", '""', "- -- *", "\x00\ud800"])
def test_a_text_without_a_word_asks_for_nothing(text: str) -> None:
    assert parse_query(text).empty
    assert parse_query(text).describe() == "Nothing to look for."


def test_words_of_any_script_are_words() -> None:
    assert parse_query("Straße 東京 हिन्दी").optional == (word("Straße"), word("東京"), word("हिन्दी"))


def test_a_query_is_cut_at_its_limits_and_says_so() -> None:
    many = parse_query(" ".join(f"w{number}" for number in range(MAX_TERMS + 1)))
    assert len(many.optional) == MAX_TERMS
    assert many.shortened
    long = parse_query("x" * (MAX_CHARACTERS + 1))
    assert long == Query(optional=(word("x" * MAX_CHARACTERS),), shortened=True)
    assert "cut" in long.describe()


def test_a_query_at_its_limits_is_whole() -> None:
    assert not parse_query(" ".join(f"w{number}" for number in range(MAX_TERMS))).shortened


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("big cat", 'Documents with "big" or "cat".'),
        (
            '+cat dog "wild fox" -cow',
            'Documents with "cat", first those with "dog" or "wild fox", without "cow".',
        ),
        ("a AND b OR c*", 'Documents with "a" and ("b" or "c…").'),
        ("title:cat tag:pet", 'Documents with "cat" in the title, tagged "pet".'),
        ("-tag:pet url:x/", 'Documents not tagged "pet", with an address containing "x/".'),
        ("source:a OR source:b", 'Documents of the source type "a" or "b".'),
        ("the cat", 'Documents with "cat" (left out as too common: the).'),
    ],
)
def test_a_query_can_say_what_it_means(text: str, sentence: str) -> None:
    assert parse_query(text).describe() == sentence


PIECES = [
    "cat",
    "dog-fox",
    "the",
    " ",
    " ",
    '"',
    "+",
    "-",
    "*",
    ":",
    "OR",
    "AND",
    "NOT",
    "title:",
    "url:",
    "tag:",
    "é",
    "(",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_any_text_becomes_a_sound_query(text: str) -> None:
    query = parse_query(text)
    for clause in (*query.required, *query.optional, *query.excluded):
        terms = clause.terms if isinstance(clause, AnyOf) else (clause,)
        assert len(terms) >= (2 if isinstance(clause, AnyOf) else 1)
        assert all(term.words and all(term.words) for term in terms)
    assert all(value.strip() for each in query.filters for value in each.values)
    assert not set(query.required) & set(query.optional)
    assert query.describe().endswith(".")


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_a_query_with_a_word_in_it_never_asks_for_nothing(text: str) -> None:
    assert parse_query(f"zebra {text}").empty is False
