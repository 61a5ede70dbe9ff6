"""A page in each of the formats."""

import json

from quaero.transform import OutputFormat, Page
from quaero.transform.html_page import html_page
from quaero.transform.plain_text import plain_text


def render(page: Page, output_format: OutputFormat) -> str:
    """The page as a text that ends with a line break."""
    if output_format == "html":
        return html_page(page)
    if output_format == "text":
        body = plain_text(page.markdown)
        return f"{page.title}\n\n{body}\n" if page.title else f"{body}\n"
    if output_format == "jsonl":
        return json_line(page)
    return markdown_file(page)


def json_line(page: Page) -> str:
    """All of it as one JSON object on one line."""
    fields = {"title": page.title, "url": page.url, "language": page.language, **page.facts}
    return json.dumps({**fields, "markdown": page.markdown}, ensure_ascii=False) + "\n"


def markdown_file(page: Page) -> str:
    """The Markdown below a head in YAML, whose values are written as JSON texts, which YAML reads as they are."""
    fields = {"title": page.title, "source": page.url, "language": page.language}
    head = "".join(
        f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in fields.items() if value
    )
    return f"---\n{head}---\n\n{page.markdown}\n"
