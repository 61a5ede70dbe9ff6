"""Sections whose heading says that they are not about the page's matter: related links, sign-up forms, comments."""

import re
from typing import Final

from quaero.crawler.html_tree import Element, text_of
from quaero.crawler.outline import Outline

_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_HEADING_LIKE: Final = "h1, h2, h3, h4, h5, h6, [role=heading], summary, strong"
_MAX_TITLE: Final = 60
_SIDE_TITLE: Final = re.compile(
    r"""^(?:
      (?:related|similar|recommended|recommendations|other\ (?:products|articles|items)|recent(?:ly)?|popular
        |trending|most\ (?:popular|read)|latest|sponsored|top\ stories|featured\ products)\b
      |you\ (?:may|might|could|\S?ll)\ |people\ (?:also|who)\b|more\ (?:from|in|like|stories|articles|posts|news)\b
      |customers?\ (?:also|who|reviews?|ratings?)\b|(?:product\ )?reviews?$|ratings?\b
      |frequently\ bought|bought\ together|shop\ (?:by|the|more|similar)\b|explore\ more|browse\ (?:by|more)\b
      |(?:\d+\ )?comments?$|leave\ a\ (?:reply|comment)|about\ (?:the\ (?:author|reviewer)|us)\b
      |newsletter|sign\ ?up|subscribe|join\ (?:our|the)\b|get\ the\ latest|stay\ (?:in\ touch|informed|connected)
      |follow\ us|connect\ with|share\b|contact\ us|need\ help|your\ (?:privacy|browsing|cart)\b
      |(?:read|up|what\ to\ read)\ next|keep\ reading|quick\ links|(?:categories|tags|archives|search)$
      |filters?\b|filter\ by|sort\ by|(?:post|site)\ navigation|top\ posters|privacy\ preference|disclaimer
      |editors?\S?\ (?:picks?|choice)|ähnliche\ |das\ könnte|vous\ aimerez|produits\ similaires|avis\ clients
      |también\ te
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_LEAST_PROSE: Final = 0.4
_MOST_WRAPPED: Final = 0.3
_MOST_FOLLOWING: Final = 0.3
_MOST_IN_ALL: Final = 0.6


def drop_side_sections(content: Element) -> None:
    """Take out the sections under such headings; not from pages of lists, where they may be the matter."""
    headings = [heading for heading in content.select(_HEADING_LIKE) if _is_side_title(heading)]
    if not headings:
        return
    outline = Outline(content)
    if outline.prose_words[0] < _LEAST_PROSE * outline.words[0]:
        return
    allowance, done_up_to = _MOST_IN_ALL * outline.words[0], 0
    for heading in headings:
        index = outline.index_of(heading)
        if index < done_up_to:
            continue
        section = _section_of(outline, index)
        allowance -= sum(outline.words[part] for part in section)
        if allowance < 0:
            return
        for part in section:
            outline.elements[part].decompose()
            done_up_to = outline.ends[part]


def _is_side_title(heading: Element) -> bool:
    title = text_of(heading)
    return 0 < len(title) <= _MAX_TITLE and _SIDE_TITLE.match(title) is not None


def _section_of(outline: Outline, heading: int) -> list[int]:
    """The parts that make up the section of a heading; none where it cannot be told from the rest."""
    wrapper = _wrapper_of(outline, heading)
    if outline.words[wrapper] > outline.words[heading]:
        return [wrapper]
    if outline.elements[heading].tag in _HEADINGS:
        return _followed_by(outline, heading, wrapper)
    return []


def _wrapper_of(outline: Outline, heading: int) -> int:
    """The largest element that begins with the heading and is small enough to be a side matter."""
    limit = _MOST_WRAPPED * outline.words[0]
    wrapper, parent = heading, outline.parents[heading]
    while parent > 0 and outline.before[parent] == outline.before[heading] and outline.words[parent] <= limit:
        wrapper, parent = parent, outline.parents[parent]
    return wrapper


def _followed_by(outline: Outline, heading: int, wrapper: int) -> list[int]:
    """The heading with what follows it up to the next one of its rank."""
    section = [heading]
    rank = outline.elements[heading].tag
    following = outline.ends[wrapper]
    end = outline.ends[outline.parents[wrapper]] if wrapper else following
    while following < end and not _begins_section(outline.elements[following], rank):
        section.append(following)
        following = outline.ends[following]
    words = sum(outline.words[index] for index in section)
    return section if words <= _MOST_FOLLOWING * outline.words[0] else []


def _begins_section(element: Element, rank: str) -> bool:
    if element.tag in _HEADINGS:
        return element.tag <= rank
    return any(inner.tag <= rank for inner in element.iter_elements(_HEADINGS))
