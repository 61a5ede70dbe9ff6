from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.crawler.parser_frames import (
    ANSWER_HEADER,
    MAX_FRAME_BYTES,
    Answer,
    AnswerReader,
    FrameTooLargeError,
)

ANSWERS = st.lists(st.tuples(st.sampled_from(list(Answer)), st.binary(max_size=50)), max_size=8)


@given(ANSWERS, st.lists(st.integers(0, 500), max_size=20))
def test_answers_are_whole_however_the_pipe_cuts_them(
    answers: list[tuple[Answer, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(ANSWER_HEADER.pack(len(content), kind) + content for kind, content in answers)
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    reader = AnswerReader()
    read = [answer for start, end in pairwise(edges) for answer in reader.feed(stream[start:end])]
    assert read == answers


def test_a_length_beyond_reason_is_not_waited_for() -> None:
    with pytest.raises(FrameTooLargeError):
        AnswerReader().feed(ANSWER_HEADER.pack(MAX_FRAME_BYTES + 1, Answer.PAGE))
