"""`/api/events`: streams that go on where they were, and pages of JSON."""

import asyncio
import socket
import threading
from contextlib import aclosing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from quaero.jobs.engine import Engine
from quaero.models.errors import StoreError
from quaero.store.store import Store
from quaero.web.feed import feed, stream, tail
from tests.kit import script_definition, script_step
from tests.waiting import until
from tests.web.following import PROGRESS, done, follow, keys, started, stored, until_the_end
from tests.web.serving import TOKEN, Served, served_at


def test_a_stream_begins_with_where_it_is_and_tells_what_comes(served: Served) -> None:
    done(served)
    with served.client() as client, follow(client) as stream:
        hello = next(stream)
        run_id = started(served, {"name": "a", "log": "a line", "document": "text"}, {"name": "b"})
        found = until_the_end(stream, run_id)
    assert (hello.type, hello.data) == ("hello", {})
    assert keys(found) == stored(served, run_id)
    assert found[-1].type == "job_completed"
    progress = [message for message in found if message.type == PROGRESS][-1]
    assert progress.data["data"]["progress_text"] == "0 pending, 0 running, 2 completed, 0 failed"


def test_who_does_not_want_children_gets_runs_and_steps_alone(served: Served) -> None:
    with served.client() as client, follow(client, children=False) as stream:
        next(stream)
        run_id = started(served, {"name": "a"}, {"name": "b"})
        found = until_the_end(stream, run_id)
    jobs = {message.data["job_id"] for message in found}
    assert jobs == {str(run_id), str(run_id + 1)}
    assert "job_spawn" not in {message.type for message in found}


@pytest.mark.parametrize("chosen", [False, True])
@pytest.mark.parametrize("children", [False, True])
def test_from_every_message_on_a_stream_can_be_resumed(
    served_on_each: Served, chosen: bool, children: bool
) -> None:
    served = served_on_each
    with served.client() as client, follow(client) as whole:
        start = next(whole).id
        first, second = (
            started(served, {"name": "a", "wait": True}, id="first"),
            started(served, {"name": "b"}, id="second"),
        )
        served.call(lambda engine: release_when_ended(served, engine, second))
        until_the_end(whole, first, second)
    runs = [first, second] if chosen else []
    start = f"{first}.0-{second}.0" if chosen else start
    with served.client() as client:
        with follow(client, *runs, after=start, children=children) as stream:
            found = until_the_end(stream, first, second)
        for number, message in enumerate(found[:-1]):
            open_runs = {int(later.data["run_id"]) for later in found[number + 1 :]}
            with follow(client, *runs, after=message.id, children=children) as stream:
                assert until_the_end(stream, *open_runs) == found[number + 1 :]


async def release_when_ended(served: Served, engine: Engine, run_id: int) -> None:
    """Let job `a` go when another run has ended."""

    async def over() -> bool:
        return (await engine.store.job(run_id)).state.final

    await until(over)
    served.worker.release("a")


def test_a_position_holds_on_another_server_and_after_a_restart(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/shared.db"
    with served_at(database) as one:
        with one.client() as client, follow(client) as stream:
            start = next(stream).id
            before = done(one, {"name": "a"})
            half = until_the_end(stream, before)[3].id
        with (
            served_at(database, working=False) as other,
            other.client() as client,
            follow(client, after=half) as stream,
        ):
            later = started(one, {"name": "b"})
            found = until_the_end(stream, before, later)
    assert keys(found) == stored_in(database, before)[4:] + stored_in(database, later)
    with served_at(database) as again, again.client() as client, follow(client, after=start) as stream:
        assert keys(until_the_end(stream, before, later)) == stored_in(database, before) + stored_in(
            database, later
        )


def stored_in(database: str, run_id: int) -> list[tuple[str, int]]:
    with served_at(database, working=False) as served:
        return stored(served, run_id)


def test_who_comes_from_a_server_that_was_quicker_gets_nothing_twice(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tail of this server has not seen yet what the reader has."""
    news, held = Store.news, threading.Event()

    async def late(store: Store, *arguments: Any, **keys: Any) -> Any:
        if len(arguments) == 1:  # the tail: it reads without an end
            await asyncio.to_thread(held.wait)
        return await news(store, *arguments, **keys)

    with served.client() as client, follow(client) as others:
        next(others)
        monkeypatch.setattr(Store, "news", late)
        first = done(served)
        position = f"0~{first}.{stored(served, first)[-1][1]}"
        with follow(client, after=position) as found:
            held.set()
            second = done(served)
            assert keys(until_the_end(found, second)) == stored(served, second)


def test_a_run_that_is_tried_again_goes_on_in_every_stream(served: Served) -> None:
    run_id = done(served, {"name": "a", "breaks": "bad"})
    with served.client() as client, follow(client) as everything, follow(client, run_id) as only:
        assert next(everything).type == next(only).type == "hello"
        served.call(lambda engine: engine.control.retry(run_id))
        found = [until_the_end(stream, run_id) for stream in (everything, only)]
    first_end = stored(served, run_id).index(found[0][0].key)
    assert keys(found[0]) == keys(found[1]) == stored(served, run_id)[first_end:]
    assert first_end > 0


@pytest.mark.parametrize("position", ["", "~", "x", "12.", "5.1", "1.1-" * 50_000, "9" * 30 + "~"])
def test_to_a_position_that_is_none_the_answer_is_a_reset(served: Served, position: str) -> None:
    with served.client() as client:
        answer = client.get("/api/events", params={"format": "json", "after": position[:3_000]}).json()
        with follow(client, after=position[:3_000]) as stream:
            reset = next(stream)
            run_id = started(served)
            found = until_the_end(stream, run_id)
    assert (answer["events"], answer["reset"]) == ([], True)
    assert (reset.type, reset.id) == ("reset", answer["position"])
    assert keys(found) == stored(served, run_id)


def test_a_reset_tells_that_a_followed_run_is_deleted(served: Served) -> None:
    run_id = done(served)
    with served.client() as client:
        position = client.get("/api/events?format=json").json()["position"]
        assert f"{run_id}." in position
        with follow(client, after=position) as stream:
            served.call(lambda engine: engine.store.delete_run(run_id))
            reset = next(stream)
    assert reset.type == "reset"
    assert f"{run_id}." not in reset.id


@pytest.mark.parametrize("run", ["999", "x", "-1", "2", "1" * 40])
def test_only_runs_can_be_chosen(served: Served, run: str) -> None:
    done(served)
    with served.client() as client:
        answer = client.get("/api/events", params={"run": run})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_of_the_progress_of_a_job_only_the_last_report_is_sent(served: Served) -> None:
    run_id = done(served, *({"name": f"child {number}"} for number in range(20)))
    with served.client() as client, follow(client, run_id, after=f"{run_id}.0") as stream:
        found = until_the_end(stream, run_id)
    reports = [message for message in found if message.type == PROGRESS]
    assert len(reports) == 1
    assert reports[0].data["data"]["completed"] == 20


def test_a_page_of_json_waits_for_the_first_event(served: Served) -> None:
    with served.client(Accept="application/json") as client:
        start = client.get("/api/events").json()
        assert start == {"events": [], "position": start["position"], "reset": False}
        nothing = client.get("/api/events", params={"after": start["position"]}).json()
        assert nothing == start
        timer = threading.Timer(0.1, started, [served])
        timer.start()
        page = client.get("/api/events", params={"after": start["position"], "wait": "20s"}).json()
        timer.join()
        assert page["events"][0]["type"] == "job_created"
        run_id = int(page["events"][0]["run_id"])
        found = page["events"]
        while not tells(page, "job_completed"):
            page = client.get("/api/events", params={"after": page["position"], "wait": "20s"}).json()
            found += page["events"]
    numbers = [(event["run_id"], event["number"]) for event in found if event["type"] != PROGRESS]
    assert numbers == stored(served, run_id)


def tells(page: dict[str, Any], type_: str) -> bool:
    return type_ in [event["type"] for event in page["events"]]


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"wait": "21s"}, 400, "usage"),
        ({"wait": "soon"}, 422, "invalid_duration"),
        ({"format": "xml"}, 422, None),
        ({"children": "perhaps"}, 422, None),
        ({"run": ["1"] * 51}, 422, None),
    ],
)
def test_wrong_parameters_are_refused(
    served: Served, parameters: dict[str, Any], status: int, code: str | None
) -> None:
    done(served)
    with served.client() as client:
        answer = client.get("/api/events", params={"format": "json"} | parameters)
    assert answer.status_code == status
    assert code in (None, answer.json()["code"])


def test_a_server_takes_only_so_many_streams(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST_STREAMS", 1)
    with served.client() as client, follow(client) as one:
        next(one)
        refused = client.get("/api/events")
        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_streams")


def test_a_stream_ends_when_the_server_stops(tmp_path: Path) -> None:
    with served_at(f"sqlite:///{tmp_path}/web.db") as served:
        client = served.client()
        opened = follow(client)
        found = opened.__enter__()
        next(found)
    assert list(found) == []
    opened.__exit__(None, None, None)
    client.close()


def test_while_nobody_follows_nothing_is_read(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    news = Store.news

    async def counted(store: Store, *arguments: Any, **keys: Any) -> Any:
        asked.append(arguments)
        return await news(store, *arguments, **keys)

    monkeypatch.setattr(Store, "news", counted)
    done(served)
    assert asked == []
    with served.client() as client, follow(client) as found:
        next(found)
        run_id = started(served)
        until_the_end(found, run_id)
    assert asked


def test_a_quiet_stream_shows_that_it_lives(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "HEARTBEAT_SECONDS", 0.0)
    with served.client() as client, client.stream("GET", "/api/events") as response:
        lines = response.iter_lines()
        assert next(lines) == "retry: 1000"
        assert any(line == stream.HEARTBEAT.decode().strip() for line in lines)


def test_a_reader_who_takes_nothing_makes_room_for_others(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "STALL_SECONDS", 0.2)
    run_id = done(served, *({"name": f"child {number}"} for number in range(800)))
    monkeypatch.setattr(feed, "MOST_STREAMS", 1)
    address = urlsplit(served.url)
    with socket.socket() as stuck, served.client() as client:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        stuck.connect((address.hostname, address.port))
        stuck.sendall(
            f"GET /api/events?after=0~ HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Authorization: Bearer {TOKEN}\r\n\r\n".encode()
        )
        assert stuck.recv(1)
        assert client.get("/api/events").status_code == 503

        async def there_is_room(_: Engine) -> None:
            async with httpx.AsyncClient(
                base_url=served.url, headers=client.headers, trust_env=False
            ) as asking:

                async def is_free() -> bool:
                    return (await asking.get("/api/events?format=json")).status_code == 200

                await until(is_free)

        served.call(there_is_room)
        with follow(client, run_id, after=f"{run_id}.0") as found:
            assert keys(until_the_end(found, run_id)) == stored(served, run_id)


def test_when_the_store_fails_streams_end_and_go_on_later_without_a_gap(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise StoreError("the disk is gone")

    with served.client() as client:
        with follow(client) as found:
            start = next(found).id
            with monkeypatch.context() as broken:
                broken.setattr(Store, "news", fails)
                run_id = done(served, {"name": "a"})
                assert list(found) == []
        with follow(client, after=start) as found:
            assert keys(until_the_end(found, run_id)) == stored(served, run_id)


def test_a_reader_who_falls_behind_the_others_reads_on_from_the_store(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "BATCHES_KEPT", 1)

    async def slowly(engine: Engine) -> tuple[int, list[tuple[str, int]]]:
        """A reader who takes one piece, and the next only when a run has come and gone."""
        got: list[tuple[str, int]] = []
        async with aclosing(
            feed.Feed(engine.store, engine.hub).follow(frozenset(), None, parents_only=False)
        ) as pieces:
            await anext(pieces)
            run_id = await launch(engine)
            async for piece in pieces:
                assert piece is not None
                assert not piece.reset
                got += [
                    (str(entry.run_id), entry.number)
                    for entry in piece.entries
                    if entry.type != PROGRESS.encode()
                ]
                if not (await engine.store.job(run_id)).state.final:
                    served.worker.release("a")
                    async for _ in engine.hub.follow(run_id):
                        pass
                elif got[-1][1] == (await engine.store.run(run_id)).last_event:
                    break
        return run_id, got

    async def launch(engine: Engine) -> int:
        step = script_step(
            children=[{"name": "a", "wait": True}, *({"name": str(number)} for number in range(20))]
        )
        return await engine.control.launch(script_definition(step))

    run_id, got = served.call(slowly)
    assert got == stored(served, run_id)
