"""What agents found, as `quaero documents show` prints it."""

from quaero.agents import Agent, Reading
from quaero.agents.classifier import Classifier, ClassifierOptions
from quaero.agents.entity_extractor import EntityExtractor, EntityOptions
from quaero.agents.keyword_extractor import KeywordExtractor, KeywordOptions
from quaero.agents.summarizer import Summarizer, SummaryOptions
from quaero.cli.result_text import result_lines
from quaero.models.document import Document, Result
from quaero.views.document_shapes import document_json

READING = Reading("Roses", "Roses need much water in summer. Ada Lovelace saw ABC-123 on 2024-03-12.")


def result(value: dict[str, object], *, outdated: bool = False) -> Result:
    return Result("finder", "2", "local", 1_700_000_000_000, outdated, value)


def lines(value: dict[str, object]) -> list[str]:
    return [line.strip() for line in result_lines(result(value))][1:]


def document(*results: Result) -> Document:
    return Document(1, "test", "u", "u", "t", "h", (), {"language": "en"}, 0, 0, results)


def test_the_head_says_who_found_it_and_whether_it_is_still_true() -> None:
    assert next(result_lines(result({}))).startswith("finder (local, version 2, 2023-11-")
    assert next(result_lines(result({}, outdated=True))).endswith("outdated: the document has changed since)")


def test_things_are_named_with_their_numbers_and_what_says_nothing_is_left_out() -> None:
    assert lines({"words": [{"word": "red", "share": 0.756}, {"word": "blue", "share": 1.0}]}) == [
        "words: red (0.76), blue (1.00)"
    ]
    assert lines({"empty": [], "nothing": {}, "blank": "", "words": [{"word": None}]}) == []
    assert lines({"label": None}) == ["label: none"]
    assert lines({"yes": True, "count": 3, "place": {"x": 1, "y": 2.5}}) == [
        "yes: yes",
        "count: 3",
        "place: x 1, y 2.50",
    ]


def test_a_text_of_several_lines_keeps_them() -> None:
    assert lines({"summary": "- one\n- two"}) == ["summary:", "- one", "- two"]


def test_nothing_in_a_result_can_steer_the_terminal() -> None:
    printed = "\n".join(result_lines(result({"a\x1b[2J": "b\x1b[2J\n\x07", "c": [{"d": "e\x1b"}]})))
    assert "\x1b" not in printed
    assert "\x07" not in printed


def test_the_answers_of_all_agents_read_well() -> None:
    def shown(agent: Agent, options: object) -> list[str]:
        return lines(agent.answer(READING, options).model_dump(mode="json"))

    assert shown(KeywordExtractor(), KeywordOptions())[0].startswith("keywords: roses (")
    assert shown(Summarizer(), SummaryOptions())[0].startswith("summary: Roses need much water")
    assert shown(Classifier(), ClassifierOptions(labels=["roses"]))[0] == "label: roses"
    assert shown(EntityExtractor(), EntityOptions()) == [
        "people: Ada Lovelace (1)",
        "dates: 2024-03-12 (1)",
        "identifiers: ABC-123 (1)",
    ]


def test_programs_get_results_in_the_metadata_by_agent() -> None:
    shape = document_json(document(result({"words": ["red"], "model": "a lie"})))
    assert shape["metadata"] == {
        "language": "en",
        "agents": {
            "finder": {
                "words": ["red"],
                "model": "local",
                "version": "2",
                "at": "2023-11-14T22:13:20.000Z",
                "outdated": False,
            }
        },
    }
    assert document_json(document())["metadata"] == {"language": "en"}
