"""Finds the parts of a page that are not its content: by element and role, then by the names that authors give.

Names deceive: a theme may call its main column "sidebar-left-of". So no name is believed when what it would take
away is too much of the page to be a side matter.
"""

import re
from collections import defaultdict
from typing import Final

from quaero.crawler.html_tree import Element
from quaero.crawler.outline import Outline

_NAVIGATION: Final = (
    "nav, aside, footer, [role=navigation], [role=dialog], [role=alertdialog], [role=banner], "
    "[role=contentinfo], [role=search], [role=complementary], [role=menu], [role=menubar], [role=tooltip], "
    "[role=status], [role=alert]"
)
_HIDDEN: Final = '[hidden], [aria-hidden="true"], [style*="display:none" i], [style*="display: none" i]'
_SIDE_ELEMENTS: Final = "form, fieldset, label, figcaption"
_UNFOLDING: Final = re.compile(r"faq|accord|answer|panel|tab|collaps|content|toggle|desc|spec|detail")
"""Names of parts that are hidden only until a reader unfolds them."""

_ALIEN_NAMES: Final = (
    "menus? submenu mainmenu megamenu hamburger nav navi breadcrumbs? skip footer colophon sidebars? "
    "modals? popups? cookies? consent gdpr onetrust newsletter "
    "related recommended recommendations upsells? reviews? signature userinfo postprofile message-cell--user "
    "user-?extras?"
)
"""Names of what is never the content of a page, however much of it there is."""

_SIDE_NAMES: Final = (
    "popover flyout tooltip lightbox overlay dropdown pagination pager paginator foot masthead topbar rail aside "
    "widget-area copyright share sharing sharedaddy socials? subscribe signup optin login register account cart "
    "minicart wishlist trending popular latest promos? adverts? advertisement ads sponsor sponsored alert notice "
    "search-?(?:form|bar|box|input|field) filters? facets? sort sorting toolbar utility controls actions cta "
    "button byline bio tags taglist comments respond disqus stars votes sr-only "
    "screen-reader(?:-text)? visually-?hidden print noprint quantity languages currency country skiplink toc "
    "legal disclaimer privacy ot-sdk cookiebot cybot didomi usercentrics authorpane "
    "author-?(?:bio|box|info|card) meta pairs"
)
"""Names of what is a side matter unless it makes up a good part of the page."""


def _any_name(names: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[^a-z])({'|'.join(names.split())})(?![a-z])")


_NAMED: Final = _any_name(f"{_ALIEN_NAMES} {_SIDE_NAMES}")
_ALIEN: Final = _any_name(_ALIEN_NAMES)
_CAMEL_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NEVER_BY_NAME: Final = frozenset(
    {"body", "main", "article", "h1", "tbody", "tr", "td", "p", "pre", "code"}
)  # these hold content, whatever their class says

_NAVIGATION_LIMIT: Final = 0.8
_SIDE_LIMIT: Final = 0.35
_ALIEN_LIMIT: Final = 0.25
_REPEATED_LIMIT: Final = 0.25
_LEAST_REMAINDER: Final = 0.15
_A_FEW_WORDS: Final = 20


def find_boilerplate(outline: Outline) -> list[int]:
    """The positions of the outermost elements to leave out, in document order; `outline` counts them as gone."""
    structural = _structural_boilerplate(outline)
    whole = outline.words[0]
    outline.leave_out(structural)
    named = _named_boilerplate(outline, structural, whole)
    outline.leave_out(named)
    return sorted(structural + named)


def names_of(element: Element) -> str:
    """The classes and the id of an element in lower case, with `camelCase` parted."""
    classes, identity = element.attr("class"), element.attr("id")
    if not classes and not identity:
        return ""
    return _CAMEL_HUMP.sub(" ", f"{classes or ''} {identity or ''}").lower()


def _structural_boilerplate(outline: Outline) -> list[int]:
    groups = _structural_groups(outline)
    found = groups.pop("navigation", [])
    words = outline.words[0] - sum(outline.words[index] for index in found)
    prose = outline.prose_words[0] - sum(outline.prose_words[index] for index in found)
    for group in groups.values():
        group_words = sum(outline.words[index] for index in group)
        group_prose = sum(outline.prose_words[index] for index in group)
        if group_words <= words / 2 or group_prose <= prose / 2:  # else the page is made of such parts
            found += group
            words, prose = words - group_words, prose - group_prose
    return sorted(found)


def _structural_groups(outline: Outline) -> dict[str, list[int]]:
    """The outermost parts that an element or attribute marks as no content, by kind."""
    kinds = _structural_kinds(outline)
    groups: dict[str, list[int]] = {"navigation": [], "noscript": [], "hidden": [], "header": []}
    end = 0
    for index in sorted(kinds):
        if index < end or not outline.words[index]:
            continue
        if _is_side_part(outline, index, kinds[index]):
            groups[kinds[index]].append(index)
            end = outline.ends[index]
    return groups


def _structural_kinds(outline: Outline) -> dict[int, str]:
    root, position = outline.elements[0], outline.index_of
    kinds = {position(element): "header" for element in root.select("header")}
    for element in root.select(_HIDDEN):
        if element.attr("role") != "tabpanel" and not _UNFOLDING.search(names_of(element)):
            kinds[position(element)] = "hidden"
    kinds.update((position(element), "noscript") for element in root.select("noscript"))
    kinds.update((position(element), "navigation") for element in root.select(_NAVIGATION))
    return kinds


def _is_side_part(outline: Outline, index: int, kind: str) -> bool:
    words, whole = outline.words[index], outline.words[0]
    if kind == "navigation":
        return words <= _NAVIGATION_LIMIT * whole or outline.link_words[index] >= words / 2
    if kind == "header" and outline.parents[index]:  # a card may be all header
        return words <= outline.words[outline.parents[index]] / 2 and words <= _SIDE_LIMIT * whole
    return words <= _SIDE_LIMIT * whole


def _named_boilerplate(outline: Outline, gone: list[int], whole: int) -> list[int]:
    """The parts whose names say that they are no content, as far as the names can be believed."""
    remaining = outline.words[0]
    least = _LEAST_REMAINDER * remaining
    found: list[int] = []
    for name, group in _named_groups(outline, gone, whole).items():
        words = sum(outline.words[index] for index in group)
        is_alien = bool(_ALIEN.search(name))
        if len(group) > 2 and not is_alien and words > _REPEATED_LIMIT * outline.words[0]:
            continue  # many parts of one name that hold much of the page: these are its items
        if words > _A_FEW_WORDS and remaining - words < least:
            continue  # it would leave next to nothing
        remaining -= words
        found += group
    return found


def _named_groups(outline: Outline, gone: list[int], whole: int) -> dict[str, list[int]]:
    names = _names_by_position(outline)
    groups: dict[str, list[int]] = defaultdict(list)
    end, gone_parts = 0, iter(gone)
    hole = next(gone_parts, None)
    for index in sorted(names):
        while hole is not None and outline.ends[hole] <= index:
            hole = next(gone_parts, None)
        if index < end or (hole is not None and hole <= index):
            continue
        limit = _ALIEN_LIMIT * whole if _ALIEN.search(names[index]) else _SIDE_LIMIT * outline.words[0]
        if 0 < outline.words[index] <= limit:
            groups[names[index]].append(index)
            end = outline.ends[index]
    return groups


def _names_by_position(outline: Outline) -> dict[int, str]:
    root, position = outline.elements[0], outline.index_of
    names = {position(element): element.tag for element in root.select(_SIDE_ELEMENTS)}
    for element in root.select("[class], [id]"):
        index = position(element)
        if index in names or not outline.words[index] or element.tag in _NEVER_BY_NAME:
            continue
        named = _NAMED.search(names_of(element))
        if named:
            names[index] = named[1]
    return names
