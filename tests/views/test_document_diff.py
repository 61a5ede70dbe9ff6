"""The difference of two versions: right whatever they say, and bounded."""

from hypothesis import given
from hypothesis import strategies as st

from quaero.views.document_diff import MOST_CHANGES, Difference, Kind, difference

LINES = st.lists(st.sampled_from(["", "a", "b", "c", "the cat sat", "the dog sat", "x" * 3_000]), max_size=30)


def patched(before: list[str], found: Difference) -> list[str]:
    """What comes of `before` by the difference."""
    lines, at = [], 0
    for hunk in found.hunks:
        lines += before[at : hunk.before - 1]
        at = hunk.before - 1
        assert len(lines) == hunk.after - 1
        for line in hunk.lines:
            if line.kind is not Kind.ADDED:
                assert before[at] == line.text
                at += 1
            if line.kind is not Kind.REMOVED:
                lines.append(line.text)
    return lines + before[at:]


@given(before=LINES, after=LINES)
def test_a_difference_makes_of_one_text_the_other(before: list[str], after: list[str]) -> None:
    found = difference("\n".join(before), "\n".join(after))
    old, new = "\n".join(before).splitlines(), "\n".join(after).splitlines()
    assert patched(old, found) == new
    kinds = [line.kind for hunk in found.hunks for line in hunk.lines]
    assert (found.added, found.removed) == (kinds.count(Kind.ADDED), kinds.count(Kind.REMOVED))
    assert all("".join(text for text, _ in line.pieces) == line.text for h in found.hunks for line in h.lines)


def test_the_words_of_a_line_that_changed_are_marked() -> None:
    [hunk] = difference("one\nthe cat sat down\ntwo", "one\nthe dog sat down\ntwo").hunks
    marked = [(line.kind, [text for text, new in line.pieces if new]) for line in hunk.lines]
    assert marked == [
        (Kind.SAME, []),
        (Kind.REMOVED, ["cat"]),
        (Kind.ADDED, ["dog"]),
        (Kind.SAME, []),
    ]


def test_what_is_far_away_from_a_change_is_left_out() -> None:
    before = [str(number) for number in range(100)]
    found = difference("\n".join(before), "\n".join([*before[:50], "new", *before[50:]]))
    [hunk] = found.hunks
    assert (hunk.before, hunk.after, len(hunk.lines)) == (48, 48, 7)


def test_texts_that_have_little_in_common_are_told_as_a_whole() -> None:
    before = "\n".join(f"old {number}" for number in range(MOST_CHANGES))
    after = "\n".join(f"new {number}" for number in range(MOST_CHANGES))
    found = difference(before, after)
    assert (found.whole, found.removed, found.added) == (True, MOST_CHANGES, MOST_CHANGES)
    assert not difference(before, before).hunks
