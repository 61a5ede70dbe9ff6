"""One request to a service: whatever it answers is handed over, and nothing is followed."""

import pytest

from quaero.crawler.fetch import Fetcher
from quaero.crawler.response import FetchLimits
from quaero.models.errors import FetchError
from tests.places_search.fake_services import FakeService, Reply, fake_service


async def test_a_request_goes_out_as_given_and_the_answer_comes_back_whole() -> None:
    async with fake_service() as service, _fetcher(service) as fetcher:
        service.says(Reply({"why": "no"}, 403, {"X-Reason": "key"}))
        answer = await fetcher.ask(
            "POST", f"{service.url}/ask?a=%2B", headers={"X-Key": "k"}, body=b"question"
        )

    [asked] = service.asked
    assert (asked.method, asked.target, asked.body) == ("POST", "/ask?a=%2B", b"question")
    assert asked.headers["x-key"] == "k"
    assert (answer.status, answer.body) == (403, b'{"why": "no"}')
    assert (answer.headers["x-reason"], answer.media_type) == ("key", "application/json")


async def test_a_redirect_is_an_answer_and_nothing_is_sent_elsewhere() -> None:
    async with fake_service() as service, fake_service() as other, _fetcher(service, other) as fetcher:
        service.says(Reply(b"", 307, {"Location": other.url}))
        answer = await fetcher.ask("POST", service.url, headers={"X-Key": "k"}, body=b"question")

    assert (answer.status, other.asked) == (307, [])


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(b"x" * 2_000), "body_too_large"),
        (Reply(b"x" * 500, 500, cut=True), "body_cut"),
        (Reply(stuck=True), "timeout"),
    ],
)
async def test_the_limits_of_a_fetch_hold_here_too(reply: Reply, code: str) -> None:
    async with fake_service() as service, _fetcher(service) as fetcher:
        service.says(reply)
        with pytest.raises(FetchError) as raised:
            await fetcher.ask("GET", service.url, limits=FetchLimits(deadline_seconds=0.3, body_bytes=1_000))

    assert raised.value.code == code


@pytest.mark.parametrize(
    ("url", "code"), [("ftp://a", "url_refused"), ("http://127.0.0.1:1/", "address_refused")]
)
async def test_an_address_is_judged_before_anything_is_sent(url: str, code: str) -> None:
    async with Fetcher(user_agent="test") as fetcher:
        with pytest.raises(FetchError) as raised:
            await fetcher.ask("GET", url)

    assert raised.value.code == code


def _fetcher(*services: FakeService) -> Fetcher:
    hosts = frozenset(each.url.removeprefix("http://") for each in services)
    return Fetcher(user_agent="test", allow_private=hosts)
