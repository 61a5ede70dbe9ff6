"""The shape of a page in numbers: which element holds how many words, and of what kind.

Everything is counted in one walk and added up backwards: no recursion, and no step that depends on the depth of
the tree, so that a page made to be nested costs no more than a flat one of its size.
"""

from typing import Final

from quaero.crawler.html_tree import Element, Node, Text

PROSE: Final = 8
"""Words in a row, without a link or a tag between them, that are taken for a sentence rather than a label."""


class Outline:
    """Elements in document order, the root first, with running counts for the subtree of each.

    `elements[i]` has its parent at `parents[i]`; its subtree is `i` up to but without `ends[i]`; `words[i]`,
    `link_words[i]` and `prose_words[i]` count what the subtree holds; `before[i]` counts the words that come
    before the element.
    """

    __slots__ = ("_index", "before", "elements", "ends", "link_words", "parents", "prose_words", "words")

    def __init__(self, root: Element) -> None:
        self.elements: list[Element] = [root]
        self.parents: list[int] = [-1]
        self.words: list[int] = [0]
        self.link_words: list[int] = [0]
        self.prose_words: list[int] = [0]
        self.before: list[int] = [0]
        self._index: dict[Node | None, int] = {root: 0}
        self._walk(root)
        self._add_up()
        self.ends: list[int] = self._find_ends()

    def index_of(self, element: Element) -> int:
        """The position of an element of this outline."""
        return self._index[element]

    def leave_out(self, index: int) -> None:
        """Count the subtree as gone: its words no longer belong to the elements around it."""
        words, links, prose = self.words[index], self.link_words[index], self.prose_words[index]
        while index >= 0:
            self.words[index] -= words
            self.link_words[index] -= links
            self.prose_words[index] -= prose
            index = self.parents[index]

    def _walk(self, root: Element) -> None:
        index, words, total = self._index, self.words, 0
        in_link = [root.tag == "a"]
        for node in root.descendants:
            if type(node) is Text:
                count = len(node.data.split())
                if count:
                    total += count
                    owner = index[node.parent]
                    words[owner] += count
                    if in_link[owner]:
                        self.link_words[owner] += count
                    elif count >= PROSE:
                        self.prose_words[owner] += count
            elif type(node) is Element:
                parent = index[node.parent]
                index[node] = len(words)
                self.elements.append(node)
                self.parents.append(parent)
                words.append(0)
                self.link_words.append(0)
                self.prose_words.append(0)
                self.before.append(total)
                in_link.append(in_link[parent] or node.tag == "a")

    def _add_up(self) -> None:
        words, links, prose = self.words, self.link_words, self.prose_words
        for child in range(len(words) - 1, 0, -1):
            parent = self.parents[child]
            words[parent] += words[child]
            links[parent] += links[child]
            prose[parent] += prose[child]

    def _find_ends(self) -> list[int]:
        ends = list(range(1, len(self.parents) + 1))
        for child in range(len(ends) - 1, 0, -1):
            parent = self.parents[child]
            ends[parent] = max(ends[parent], ends[child])
        return ends
