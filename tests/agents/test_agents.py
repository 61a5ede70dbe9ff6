"""What the local agents find, and that any text has a bounded answer."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from quaero.agents import Agent, Reading
from quaero.agents.classifier import Classifier, ClassifierAnswer, ClassifierOptions
from quaero.agents.entity_extractor import EntityAnswer, EntityExtractor, EntityOptions
from quaero.agents.keyword_extractor import KeywordAnswer, KeywordExtractor, KeywordOptions
from quaero.agents.summarizer import Summarizer, SummaryOptions
from quaero.agents.text.sentences import sentences
from quaero.agents.text.tokens import size

FROST = """
A cold frame is a low box with a transparent lid that protects seedlings from frost. Gardeners use cold frames to start
vegetables some weeks before the last frost. The lid lets sunlight warm the soil, and on mild days it is propped open.
However, it must be closed at night. Old windows make a good lid for a cold frame.
"""

AGENTS: list[tuple[Agent, BaseModel]] = [
    (KeywordExtractor(), KeywordOptions()),
    (Summarizer(), SummaryOptions()),
    (Summarizer(), SummaryOptions(style="bullets", max_words=10)),
    (Classifier(), ClassifierOptions(labels=["frost", "two words"])),
    (Classifier(), ClassifierOptions(labels={"cold": ["frost", "/fr.st/"]}, multiple=True)),
    (EntityExtractor(), EntityOptions()),
]

SLOWEST = [AGENTS[1], AGENTS[-1]]
"""The summarizer, which does all that the keyword extractor and the classifier do, and the entity extractor."""

HOSTILE = {
    "empty": "",
    "ten million letters": "x" * 10_000_000,
    "ten million words": "rose water " * 1_000_000,
    "different words": " ".join(f"{number:x}word" for number in range(60_000)),
    "capital words": "Anna Bank " * 60_000,
    "brackets": "[" * 200_000,
    "open links": "[a](" * 60_000,
    "stars": "*" * 200_000,
    "angles": "<a " * 100_000,
    "backticks": "`" * 200_000 + "a",
    "numbers": "12.03." * 50_000,
    "digits and dashes": "1-" * 100_000,
    "at signs": "a@" * 100_000,
    "dots": "a." * 150_000,
    "pipes": "|" * 200_000,
    "quotes": "> " * 100_000,
    "dashes in a table": "|" + "-|" * 20_000,
    "lines": "\n" * 300_000,
    "list marks": "- " * 100_000,
    "han": "数据库系统管理" * 40_000,
    "surrogates": "\ud800 \udfff word " * 1_000,
    "controls": "\x00\x07 word \u202e " * 10_000,
    "hindi": "हिन्दी में " * 20_000,
    "addresses": "https://" * 40_000,
    "money": "$ 1,1,1,1,1,1,1 " * 20_000,
}


def keywords(text: str, title: str = "", **options: int) -> list[str]:
    answer = KeywordExtractor().answer(Reading(title, text), KeywordOptions(**options))
    return [found.keyword for found in answer.keywords]


def summary(text: str, results: dict[str, dict[str, object]] | None = None, **options: object) -> str:
    reading = Reading("", text, results=results or {})
    return Summarizer().answer(reading, SummaryOptions.model_validate(options)).summary


def classified(text: str, title: str = "", **options: object) -> ClassifierAnswer:
    return Classifier().answer(Reading(title, text), ClassifierOptions.model_validate(options))


def entities(text: str, **options: object) -> EntityAnswer:
    return EntityExtractor().answer(Reading("", text), EntityOptions.model_validate(options))


def named(text: str, kind: str) -> list[str]:
    return [entity.text for entity in getattr(entities(text), kind)]


def test_the_best_keyword_of_a_text_is_what_it_is_about() -> None:
    found = keywords(FROST, "Cold frames")
    assert found[0] == "cold frame"
    assert {"lid", "frost", "seedlings"} <= set(found)


def test_no_keyword_is_a_stop_word_or_stands_twice_in_another_form() -> None:
    found = keywords(FROST)
    assert not {"a", "the", "and", "however", "is", "to"} & set(found)
    assert not {"cold frames", "frames"} & set(found)


@pytest.mark.parametrize("most", [5, 15])
def test_there_are_as_many_keywords_as_were_asked_for(most: int) -> None:
    words = [f"{first}{second}rine" for first in "bdfgklmn" for second in ("ala", "olo")]
    assert len(keywords(". ".join(f"About {word}" for word in words), max_keywords=most)) == most


def test_code_front_matter_and_link_targets_give_no_keywords() -> None:
    link, code, table = (
        "[roses](https://koala.example/quokka)",
        "```\nkangaroo = kangaroo\n```",
        "| roses | lilies |",
    )
    text = f"---\nlayout: wombat\n---\n{link}\n\n{code}\n\n{table}\n"
    assert set(keywords(text)) == {"roses", "lilies"}


def test_german_keywords_are_nouns() -> None:
    text = "Der Wolf lebt wieder in der Lausitz. Wölfe reißen auch ungeschützte Schafe. Das Rudel zieht oft weit umher."
    found = keywords(text)
    assert {"Wolf", "Lausitz", "Schafe", "Rudel"} <= set(found)
    assert all(word[0].isupper() for word in found)


def test_names_keep_their_capitals_and_other_words_lose_those_of_the_start_of_a_sentence() -> None:
    found = keywords("Roses need water. He lives near the Library of Congress. Soil matters to roses.")
    assert "roses" in found
    assert "Library of Congress" in found


def test_chinese_has_keywords() -> None:
    assert "数据库" in keywords("数据库是软件。数据库保存数据。我们使用数据库。")


def test_confidences_fall_and_are_between_nothing_and_one() -> None:
    answer = KeywordExtractor().answer(Reading("Cold frames", FROST), KeywordOptions())
    confidences = [found.confidence for found in answer.keywords]
    assert confidences == sorted(confidences, reverse=True)
    assert 0 < confidences[-1] < confidences[0] <= 1


def test_a_summary_is_whole_sentences_of_the_text_in_their_order() -> None:
    found = sentences(summary(FROST, max_words=40))
    places = [FROST.replace("\n", " ").index(sentence) for sentence in found]
    assert places == sorted(places)
    assert len(found) >= 2
    assert found[0].startswith("A cold frame is a low box")


@pytest.mark.parametrize("most", [10, 20, 60])
def test_a_summary_is_no_longer_than_allowed(most: int) -> None:
    assert size(summary(FROST * 3, max_words=most).removesuffix("…")) <= most


def test_a_summary_of_bullets_has_a_line_for_each_sentence() -> None:
    lines = summary(FROST, style="bullets", max_words=40).splitlines()
    assert len(lines) >= 2
    assert all(line.startswith("- ") for line in lines)


def test_a_summary_follows_the_keywords_of_an_earlier_step() -> None:
    text = "The harbour of the town has three old cranes. Its gardens are full of white roses. It has a market, too."
    told: dict[str, dict[str, object]] = {
        "keyword_extractor": {"keywords": [{"keyword": "white roses", "confidence": 1.0}]}
    }
    assert "white roses" in summary(text, told, max_words=10)
    assert "white roses" not in summary(text, max_words=10)


@pytest.mark.parametrize(
    "value", [{}, {"keywords": 3}, {"keywords": [3, {"keyword": 4, "confidence": "x"}, {}]}]
)
def test_an_earlier_result_of_another_form_harms_nothing(value: dict[str, object]) -> None:
    assert summary(FROST, {"keyword_extractor": value}) == summary(FROST)


def test_a_summary_does_not_say_the_same_twice() -> None:
    repeated = "The storm destroyed the old harbour bridge on Monday night. "
    other = "Repairs of the railway will take about three more months. "
    assert summary(repeated * 3 + other, max_words=20).count("storm") == 1


def test_a_summary_prefers_words_to_signatures() -> None:
    signature = (
        "roses.dump(obj, fp, *, skip=False, ascii=True, roses=None, indent=None, sort_keys=False, **kw)"
    )
    text = f"Roses grow best in a sunny garden.\n\n{signature}\n\nWhoever likes roses waters the roses in the evening."
    assert "dump" not in summary(text, max_words=15)


def test_a_text_whose_only_sentence_is_too_long_is_summarised_by_its_beginning() -> None:
    assert summary("roses " * 100, max_words=10) == "roses " * 10 + "…"


def test_a_label_that_the_text_is_about_fits() -> None:
    answer = classified(FROST, "Cold frames", labels=["gardening", "frost", "finance"])
    assert answer.label == "frost"
    assert answer.labels[0].confidence == answer.confidence >= 0.4


def test_a_text_that_no_label_fits_gets_none() -> None:
    answer = classified(FROST, labels=["football", "finance"])
    assert (answer.label, answer.confidence, answer.labels, answer.runners_up) == (None, 0, [], [])


def test_rules_speak_for_a_label_by_words_phrases_and_patterns() -> None:
    rules = {
        "garden": ["seedlings", "cold frame"],
        "tickets": ["/[a-z]{3}-[0-9]+/"],
        "sport": ["goal keeper"],
    }
    assert classified(FROST, labels=rules).label == "garden"
    assert classified("Please look at ABC-123.", labels=rules).label == "tickets"
    assert classified("The goal keepers were paid.", labels=rules).label == "sport"


def test_several_labels_may_fit_and_the_others_are_runners_up() -> None:
    rules = {
        "garden": ["seedlings", "vegetables", "soil"],
        "weather": ["frost", "sunlight"],
        "doors": ["windows"],
    }
    answer = classified(FROST, labels=rules, multiple=True, min_confidence=0.6)
    assert [each.label for each in answer.labels] == ["garden", "weather"]
    assert [each.label for each in answer.runners_up] == ["doors"]


@pytest.mark.parametrize(
    "labels", [[], [""], ["  "], {}, {"a": []}, {"a": ["/(/"]}, {"a": [" "]}, "frost", [3], {"a": "frost"}]
)
def test_labels_that_make_no_sense_are_refused(labels: object) -> None:
    with pytest.raises(ValidationError):
        ClassifierOptions.model_validate({"labels": labels})


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("We met Dr. Ada Lovelace and Maria de la Cruz.", "people", ["Ada Lovelace", "Maria de la Cruz"]),
        ("Frau Müller sprach mit Bundeskanzler Scholz.", "people", ["Müller", "Scholz"]),
        (
            "The Supreme Court heard Acme Widgets Inc. today.",
            "organisations",
            ["Supreme Court", "Acme Widgets Inc"],
        ),
        ("She left the University of Vienna.", "organisations", ["University of Vienna"]),
        ("From New York to Köln and Lake Garda.", "places", ["New York", "Köln", "Lake Garda"]),
        ("Er wohnt in der Schillerstraße.", "places", ["Schillerstraße"]),
        ("See ABC-123, CVE-2024-12345, RFC 2616.", "identifiers", ["ABC-123", "CVE-2024-12345", "RFC 2616"]),
        (
            "Mail info@example.org, or x.y+z@a-b.example.com.",
            "emails",
            ["info@example.org", "x.y+z@a-b.example.com"],
        ),
        (
            "[a](https://example.org/a_(b)) https://e.org/x.",
            "urls",
            ["https://example.org/a_(b)", "https://e.org/x"],
        ),
        ("It costs $ 3.5 million, 15.000 € or 20 %.", "amounts", ["$ 3.5 million", "15.000 €", "20 %"]),
    ],
)
def test_entities_are_found_by_their_form(text: str, kind: str, found: list[str]) -> None:
    assert named(text, kind) == found


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("on 12 March 2024", "2024-03-12"),
        ("March 3rd, 2021", "2021-03-03"),
        ("am 12. März 2024", "2024-03-12"),
        ("vom 1.2.1999 an", "1999-02-01"),
        ("2024-02-29", "2024-02-29"),
        ("in December 1999", "1999-12"),
        ("In 1873 it", "1873"),
        ("am 3. Oktober", "--10-03"),
    ],
)
def test_a_date_has_its_iso_form(text: str, iso: str) -> None:
    [found] = entities(text).dates
    assert found.value == iso


@pytest.mark.parametrize(
    "text", ["2023-02-29", "31.2.2020", "1.2.3", "version 2024", "40 March 2020", "3 May"]
)
def test_what_is_no_date_is_not_taken_for_one(text: str) -> None:
    assert [found for found in entities(text).dates if found.value and len(found.value) > 7] == []


def test_the_same_date_in_two_forms_is_one_and_is_counted() -> None:
    [found] = entities("First on 2024-03-12. Then again on 12 March 2024.").dates
    assert (found.count, found.text, found.sentence) == (2, "2024-03-12", "First on 2024-03-12.")


def test_only_the_wanted_kinds_are_looked_for_and_the_most_frequent_kept() -> None:
    text = "AB-1 and AB-2 and AB-2 in Berlin."
    answer = entities(text, kinds=["identifiers"], max_entities=1)
    assert [(found.text, found.count) for found in answer.identifiers] == [("AB-2", 2)]
    assert answer.places == []


def test_links_of_a_page_to_its_own_site_are_no_find() -> None:
    reading = Reading(
        "", "https://a.org/x https://b.org/ https://a.org?y https://a.org.b.org", "https://a.org/page"
    )
    found = EntityExtractor().answer(reading, EntityOptions()).urls
    assert [entity.text for entity in found] == ["https://b.org/", "https://a.org.b.org"]


def test_words_of_a_heading_are_no_names() -> None:
    assert named("# John Smith Goes Shopping\n\ntext", "people") == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_any_text_gets_an_answer_that_fits(text: str) -> None:
    for agent, options in SLOWEST:
        answer = agent.answer(Reading(text[:5_000], text), options)
        assert agent.answer_model.model_validate(answer.model_dump()) == answer
        assert len(answer.model_dump_json()) < 500_000


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=400), st.text(max_size=40))
def test_any_small_text_gets_an_answer_that_fits(text: str, title: str) -> None:
    for agent, options in AGENTS:
        answer = agent.answer(Reading(title, text), options)
        assert agent.answer_model.model_validate(answer.model_dump()) == answer


def test_the_same_text_gets_the_same_answer() -> None:
    for agent, options in AGENTS:
        assert agent.answer(Reading("t", FROST), options) == agent.answer(Reading("t", FROST), options)


def test_every_agent_says_to_a_language_model_what_it_is_to_do_without_a_word_of_the_document() -> None:
    token = f"{random.Random(3).getrandbits(64):x}"
    for agent, options in AGENTS:
        told = agent.instructions(Reading(token, token, token), options)
        assert len(told) > 50
        assert token not in told


def test_the_answer_of_each_agent_is_bounded_for_language_models_too() -> None:
    with pytest.raises(ValidationError):
        KeywordAnswer.model_validate({"keywords": [{"keyword": "x", "confidence": 1}] * 16})
    with pytest.raises(ValidationError):
        KeywordAnswer.model_validate({"keywords": [{"keyword": "x" * 300, "confidence": 1}]})
    with pytest.raises(ValidationError):
        EntityAnswer.model_validate({"people": [{"text": "x", "count": 1, "sentence": "x" * 301}]})
