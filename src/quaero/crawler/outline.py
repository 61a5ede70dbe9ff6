"""The shape of a page in numbers: which element holds how many words, and of what kind.

Everything is counted in one walk and added up backwards: no recursion, and no step that depends on the depth of
the tree, so that a page made to be nested costs no more than a flat one of its size.
"""

from collections.abc import Iterable
from typing import Final

from quaero.crawler.html_tree import Element, Node, Text

PROSE: Final = 8
"""Words in a row, without a link or a tag between them, that are taken for a sentence rather than a label."""


class Outline:
    """Elements in document order, the root first, with counts for the subtree of each.

    `elements[i]` has its parent at `parents[i]`; its subtree is `i` up to but without `ends[i]`; `words[i]`,
    `link_words[i]` and `prose_words[i]` count what the subtree holds; `before[i]` counts the words that come
    before the element.
    """

    __slots__ = (
        "_index",
        "_own",
        "before",
        "elements",
        "ends",
        "link_words",
        "parents",
        "prose_words",
        "words",
    )

    def __init__(self, root: Element) -> None:
        self.elements: list[Element] = [root]
        self.parents: list[int] = [-1]
        self.before: list[int] = [0]
        self._index: dict[Node | None, int] = {root: 0}
        self._own: tuple[list[int], list[int], list[int]] = ([0], [0], [0])
        self._walk(root)
        self.ends: list[int] = self._find_ends()
        self._add_up()

    def index_of(self, element: Element) -> int:
        """The position of an element of this outline."""
        return self._index[element]

    def leave_out(self, indices: Iterable[int]) -> None:
        """Count these subtrees as gone: their words no longer belong to the elements around them."""
        for counts in self._own:
            for index in indices:
                end = self.ends[index]
                counts[index:end] = [0] * (end - index)
        self._add_up()

    def _walk(self, root: Element) -> None:
        index, parents, before = self._index, self.parents, self.before
        words, link_words, prose_words = self._own
        in_link = [root.tag == "a"]
        total = 0
        for node in root.descendants:
            if type(node) is Text:
                count = len(node.data.split())
                if count:
                    total += count
                    owner = index[node.parent]
                    words[owner] += count
                    if in_link[owner]:
                        link_words[owner] += count
                    elif count >= PROSE:
                        prose_words[owner] += count
            elif type(node) is Element:
                parent = index[node.parent]
                index[node] = len(words)
                self.elements.append(node)
                parents.append(parent)
                before.append(total)
                words.append(0)
                link_words.append(0)
                prose_words.append(0)
                in_link.append(in_link[parent] or node.tag == "a")

    def _find_ends(self) -> list[int]:
        ends = list(range(1, len(self.parents) + 1))
        for child in range(len(ends) - 1, 0, -1):
            parent = self.parents[child]
            if ends[child] > ends[parent]:
                ends[parent] = ends[child]
        return ends

    def _add_up(self) -> None:
        self.words, self.link_words, self.prose_words = (_sums(counts, self.parents) for counts in self._own)


def _sums(counts: list[int], parents: list[int]) -> list[int]:
    """For each element what its subtree holds, given what each element holds itself."""
    sums = counts.copy()
    for child in range(len(sums) - 1, 0, -1):
        if sums[child]:
            sums[parents[child]] += sums[child]
    return sums
