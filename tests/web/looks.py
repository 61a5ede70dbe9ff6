"""How a page looks, as far as a program can tell."""

from playwright.sync_api import Page


def fits(page: Page) -> bool:
    """Whether nothing of the page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
