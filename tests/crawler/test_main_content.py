"""Main content: what a reader came for stays, what surrounds it goes, whatever the page calls its parts."""

import pytest

from quaero.crawler.html_tree import parse_html, text_of
from quaero.crawler.main_content import content_of

SENTENCES = [
    f"Sentence number {number} of the story is long enough to be taken for prose by any reader."
    for number in range(9)
]
STORY = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)


def main_text(html: str) -> str:
    return text_of(content_of(parse_html(html.encode()), "main"))


def full_text(html: str) -> str:
    return text_of(content_of(parse_html(html.encode()), "full"))


@pytest.mark.parametrize(
    "surroundings",
    [
        "<nav><a href=/>Surrounding matter</a></nav>",
        "<footer>Surrounding matter</footer>",
        "<aside>Surrounding matter</aside>",
        "<header>Surrounding matter</header>",
        '<div role="banner">Surrounding matter</div>',
        '<div class="site-sidebar">Surrounding matter</div>',
        '<div id="cookieConsent">Surrounding matter</div>',
        '<ul class="breadcrumbs"><li>Surrounding matter</li></ul>',
        "<div hidden>Surrounding matter</div>",
        '<div style="display: none">Surrounding matter</div>',
        "<form>Surrounding matter</form>",
        "<script>Surrounding matter</script>",
        "<noscript>Surrounding matter</noscript>",
        "<section><h2>You may also like</h2><p>Surrounding matter</p></section>",
        "<h3>Leave a comment</h3><p>Surrounding matter</p>",
    ],
)
def test_what_surrounds_the_story_is_left_out(surroundings: str) -> None:
    text = main_text(f"<body><div>{STORY}</div>{surroundings}</body>")
    assert SENTENCES[0] in text
    assert SENTENCES[-1] in text
    assert "Surrounding matter" not in text


@pytest.mark.parametrize(
    "wrapper",
    [
        '<div class="sidebar">{}</div>',
        '<div class="content-with-sidebar">{}</div>',
        '<form id="aspnetForm">{}</form>',
        '<div class="related">{}</div>',
        '<div aria-hidden="true">{}</div>',
        "<noscript>{}</noscript>",
        "<header>{}</header>",
        '<div hidden id="S:0">{}</div>',
    ],
)
def test_no_name_takes_the_story_away(wrapper: str) -> None:
    text = main_text(f"<body><p>Loading</p>{wrapper.format(STORY)}</body>")
    assert SENTENCES[0] in text
    assert SENTENCES[-1] in text


def test_the_landmark_that_holds_the_story_is_chosen() -> None:
    html = f"<body><div>Outside</div><main>{STORY}</main><article>Teaser of another story</article></body>"
    assert main_text(html).startswith(SENTENCES[0])
    assert "Outside" not in main_text(html)
    assert "Teaser" not in main_text(html)


def test_a_landmark_with_little_of_the_text_is_not_chosen() -> None:
    html = f"<body><div>{STORY}</div><article><p>Teaser of another story</p></article></body>"
    assert SENTENCES[0] in main_text(html)


def test_many_items_of_one_suspicious_name_are_the_matter_of_the_page() -> None:
    items = "".join(
        f'<div class="review">Opinion {number} of somebody about it</div>' for number in range(20)
    )
    promos = items.replace("review", "promo")
    assert "Opinion 7" in main_text(f"<body><h1>Offers</h1>{promos}</body>")


def test_folded_parts_are_content() -> None:
    html = f'<body>{STORY}<div class="faq-answer" style="display:none">The answer is yes.</div></body>'
    assert "The answer is yes." in main_text(html)


def test_text_for_wide_and_for_small_screens_is_kept_once() -> None:
    twice = f'<div class="wide">{STORY}</div><div class="small">{STORY}</div>'
    assert main_text(f"<body>{twice}</body>").count(SENTENCES[3]) == 1


def test_repeated_code_is_kept() -> None:
    code = "<pre><span>run this command with these eight or more words now</span></pre>"
    assert (
        main_text(f"<body><div>{STORY}</div>{code}<p>Then again.</p>{code}</body>").count("run this command")
        == 2
    )


def test_the_text_of_a_known_generator_is_trusted() -> None:
    html = f"""<body><div class="sphinxsidebar">Other pages</div><div class="body" role="main">
        {STORY}<div class="sidebar">A note in the margin</div><h2>Related</h2><p>More to read here.</p></div></body>"""
    text = main_text(html)
    assert "A note in the margin" in text
    assert "More to read here." in text
    assert "Other pages" not in text


def test_a_docbook_page_is_kept_but_for_its_navigation() -> None:
    html = f"""<html><head><meta name="generator" content="DocBook XSL Stylesheets V1.79"></head><body>
        <div class="navheader">Prev Next</div><div class="sect1">{STORY}</div></body></html>"""
    assert "Prev Next" not in main_text(html)
    assert SENTENCES[0] in main_text(html)


def test_the_full_page_keeps_everything_but_what_is_no_text() -> None:
    html = f"<body><nav>Menu</nav>{STORY}<script>code()</script><footer>Imprint</footer></body>"
    text = full_text(html)
    assert text.startswith("Menu")
    assert text.endswith("Imprint")
    assert "code()" not in text


def test_an_empty_page_has_empty_content() -> None:
    assert main_text("") == ""


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 200_000 + STORY,
        "<div>" * 20_000 + "<nav>a b</nav>" * 20_000,
        "<h2>Related</h2><p>one two three four five six seven eight</p>" * 20_000,
        "<p>the same eight words again and again here</p>" * 20_000,
    ],
    ids=["deep", "deep and wide", "headings", "repetition"],
)
def test_a_hostile_page_is_read_without_recursion(html: str) -> None:
    content_of(parse_html(html.encode()), "main")
