"""Markdown: tables, code, lists and links of the page survive, and it stands on its own."""

import pytest

from quaero.crawler.html_tree import parse_html
from quaero.crawler.markdown import to_markdown

BASE = "http://example.org/docs/page.html"


def markdown(html: str) -> str:
    return to_markdown(parse_html(html.encode()), BASE).strip()


def test_headings_lists_and_emphasis() -> None:
    html = "<h2>Title</h2><ul><li>one<li>two<ol><li>deep</ol></ul><p>a <b>bold</b> and <i>soft</i> word</p>"
    assert markdown(html) == "## Title\n\n- one\n- two\n  1. deep\n\na **bold** and *soft* word"


@pytest.mark.parametrize(
    ("href", "written"),
    [
        ("other.html", "http://example.org/docs/other.html"),
        ("../a?b=c#d", "http://example.org/a?b=c#d"),
        ("#part", "http://example.org/docs/page.html#part"),
        ("//other.example/x", "http://other.example/x"),
        ("mailto:someone@example.org", "mailto:someone@example.org"),
    ],
)
def test_links_are_absolute(href: str, written: str) -> None:
    assert markdown(f'<p><a href="{href}">text</a></p>') == f"[text]({written})"


def test_a_link_that_runs_code_is_only_its_text() -> None:
    assert markdown('<p><a href="javascript:alert(1)">text</a></p>') == "text"


def test_images_keep_their_text() -> None:
    assert markdown('<p><img src="i.png" alt="A chart"></p>') == "![A chart](http://example.org/docs/i.png)"


@pytest.mark.parametrize(
    "image", ['<img src="dot.png">', '<img src="data:image/gif;base64,AA" alt="A chart">']
)
def test_an_image_that_says_nothing_or_leads_nowhere_is_dropped(image: str) -> None:
    assert markdown(f'<p>text{image}<a href="/x">{image}</a></p>') == "text"


def test_an_image_that_loads_late_is_found() -> None:
    html = '<p><img src="data:image/gif;base64,AA" data-src="/i.png" alt="A chart"></p>'
    assert markdown(html) == "![A chart](http://example.org/i.png)"


@pytest.mark.parametrize(
    ("html", "written"),
    [
        ("<p><strong>bold:</strong>word</p>", "bold:word"),
        ("<p>the <strong>best</strong> and <em>not: </em>the worst</p>", "the **best** and *not:* the worst"),
        ("<p>&nbsp;edge</p>", "edge"),
        ("<p>&lt;strong&gt; is a tag, <code>&lt;em&gt;</code> too</p>", "\\<strong> is a tag, `<em>` too"),
        ("<pre>&lt;strong&gt;&amp;#160;\n\n\n\nx</pre>", "```\n<strong>&#160;\n\n\n\nx\n```"),
        ("<ul><li>one<li><li>&nbsp;<li>two</ul>", "- one\n- two"),
    ],
)
def test_no_html_is_written_and_none_of_the_text_is_lost(html: str, written: str) -> None:
    assert markdown(html) == written


@pytest.mark.parametrize(
    "permalink",
    [
        '<a class="headerlink" href="#x">¶</a>',
        '<a href="#x">#</a>',
        '<a href="#x">§</a>',
        '<a href="#x"></a>',
        '<span class="mw-editsection">[edit]</span>',
    ],
)
def test_permalink_signs_are_dropped(permalink: str) -> None:
    assert markdown(f"<h2>Title{permalink}</h2>") == "## Title"


@pytest.mark.parametrize(
    ("html", "language"),
    [
        (
            '<div class="highlight-python3 notranslate"><div class="highlight"><pre>x</pre></div></div>',
            "python",
        ),
        ('<pre><code class="language-rust hljs">x</code></pre>', "rust"),
        ('<pre class="brush: java">x</pre>', "java"),
        ('<pre data-lang="Go">x</pre>', "go"),
        ('<div class="highlight-source-shell"><pre>x</pre></div>', "shell"),
        ('<div class="highlight-default notranslate"><pre>x</pre></div>', ""),
        ("<pre>x</pre>", ""),
    ],
)
def test_code_blocks_name_their_language(html: str, language: str) -> None:
    assert markdown(html) == f"```{language}\nx\n```"


def test_code_keeps_its_lines_and_indents() -> None:
    html = "<pre><span>def</span> f():\n    <span>return</span> 1\n\n    # done</pre>"
    assert markdown(html) == "```\ndef f():\n    return 1\n\n    # done\n```"


def test_line_numbers_are_no_code() -> None:
    html = """<table class="highlighttable"><tr><td class="linenos"><pre>1\n2</pre></td>
        <td class="code"><div class="highlight-c"><pre>a\nb</pre></div></td></tr></table>"""
    assert markdown(html) == "```c\na\nb\n```"


def test_a_table_is_a_table() -> None:
    html = "<table><tr><th>A<th>B</tr><tr><td>1|2<td><p>x</p><p>y</p></tr></table>"
    assert markdown(html) == "| A | B |\n| --- | --- |\n| 1\\|2 | x y |"


def test_spanning_cells_keep_the_columns_in_place() -> None:
    html = """<table><tr><th>A<th>B<th>C</tr><tr><td colspan=2>wide<td>c</tr>
        <tr><td rowspan=2>tall<td>1<td>2</tr><tr><td>3<td>4</tr></table>"""
    assert markdown(html).splitlines()[2:] == ["| wide |  | c |", "| tall | 1 | 2 |", "|  | 3 | 4 |"]


def test_no_raw_table_markup_is_written() -> None:
    html = "<table><tr><td>a<ul><li>x<li>y</ul><td colspan=9>b</tr><tr><td><dl><dt>t<dd>d</dl></table>"
    assert "<" not in markdown(html)


def test_a_layout_table_becomes_plain_blocks() -> None:
    html = (
        "<table><tr><td><h2>Title</h2></td><td><table><tr><th>k</th><td>v</td></tr></table></td></tr></table>"
    )
    assert markdown(html) == "## Title\n\n| k | v |\n| --- | --- |"


def test_words_of_neighbours_are_not_glued() -> None:
    assert markdown('<div><a href="/1">one</a><a href="/2">two</a></div><div>three</div>four').replace(
        "\n", " "
    ) == ("[one](http://example.org/1) [two](http://example.org/2)  three  four")


def test_a_span_of_a_million_columns_is_not_believed() -> None:
    html = "<table>" + "<tr><td colspan=1000000 rowspan=1000000>x</td></tr>" * 50 + "</table>"
    assert len(markdown(html)) < 100_000
