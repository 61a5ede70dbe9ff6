"""What agents say, as pages show it: whatever the form of their answers."""

from quaero.models.document import Result
from quaero.views.agent_results import MOST_CHIPS, Said, said_by


def said(**value: object) -> list[Said]:
    return list(said_by(Result("agent", "1", "local", 0, False, value)))


def test_a_list_is_told_thing_by_thing_with_all_that_is_known_of_each() -> None:
    keywords = [{"keyword": "rate  limit", "confidence": 0.91}, "crawl", {"count": 3}, "", None]
    assert said(top_keywords=keywords) == [
        Said(
            "top keywords",
            things=(("rate limit", "rate limit (0.91)"), ("crawl", "crawl"), ("count 3", "count 3")),
        )
    ]
    [many] = said(words=[str(number) for number in range(1_000)])
    assert len(many.things) == MOST_CHIPS


def test_texts_keep_their_lines_and_what_is_empty_is_left_out() -> None:
    assert said(
        summary="- one\n- two", label="guide", certain=True, score=0.5, nothing=None, empty=[], no=""
    ) == [
        Said("summary", "- one\n- two"),
        Said("label", "guide"),
        Said("certain", "yes"),
        Said("score", "0.50"),
    ]
