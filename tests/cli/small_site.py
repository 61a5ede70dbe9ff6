"""A site of a few pages on the loopback address. One of its pages can be held back until a test lets it go."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGES = {
    "/": '<h1>Orchard</h1><p>All about trees.</p><a href="/apples">a</a> <a href="/pears">p</a> <a href="/lost">l</a>',
    "/apples": "<h1>Apples</h1><p>An apple tree bears apples.</p>",
    "/pears": "<h1>Pears</h1><p>A pear tree bears pears.</p>",
}
HELD_BACK = "/pears"


class SmallSite:
    """`url` is the start page. `asked` is set when the page that is held back is asked for.

    `cookies`: all that it saw.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked = threading.Event()
        self.cookies: set[str] = set()
        self._free = threading.Event()
        self._free.set()

    def hold_back(self) -> None:
        self._free.clear()

    def let_go(self) -> None:
        self._free.set()

    def body(self, path: str) -> str | None:
        if path == HELD_BACK:
            self.asked.set()
            self._free.wait()
        return PAGES.get(path)


@contextmanager
def small_site() -> Iterator[SmallSite]:
    """Serve the pages until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.cookies.update(self.headers.get_all("Cookie", []))
            text = site.body(self.path)
            page = f"<html><head><title>{self.path}</title></head><body>{text}</body></html>".encode()
            self.send_response(404 if text is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Keep the output of the tests clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site = SmallSite(f"http://127.0.0.1:{server.server_port}/")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield site
        finally:
            site.let_go()
            server.shutdown()
            thread.join()
