"""Requests byte by byte, as no well-meaning client would send them."""

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.web.serving import SECONDS, TOKEN

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """That of the problem; "" if it is none."""
        if self.headers.get("content-type") != "application/problem+json":
            return ""
        return str(json.loads(self.body)["code"])


def send(port: int, request: bytes) -> Answer:
    """Send bytes, read until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(request)
        return read_answer(connection)


def read_answer(connection: socket.socket) -> Answer:
    """All that comes, until the other side closes."""
    received = b""
    while True:
        try:
            part = connection.recv(65_536)
        except ConnectionResetError:
            part = b""
        if not part:
            break
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(first.split(" ")[1]), headers, body)


def request(
    port: int,
    method: str,
    target: str,
    headers: Headers = (),
    body: bytes = b"",
    *,
    without: Sequence[str] = (),
) -> bytes:
    """A good request, but for what is given; `without`: good headers to leave out. `{port}` stands for the port."""
    good = {"Host": "127.0.0.1:{port}", "Authorization": f"Bearer {TOKEN}", "Connection": "close"}
    if body:
        good |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    given = {name.lower() for name, _ in headers} | {name.lower() for name in without}
    lines = [f"{name}: {value}" for name, value in good.items() if name.lower() not in given]
    lines += [f"{name}: {value}" for name, value in headers]
    text = "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).replace("{port}", str(port))
    return text.encode("latin-1") + body
