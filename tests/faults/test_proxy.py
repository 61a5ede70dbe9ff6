"""The proxy does what it says: otherwise the tests that use it would show nothing."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.faults.proxy import WAIT_SECONDS, Fate, Proxy, Way
from tests.places import Place

pytestmark = pytest.mark.only("postgres", reason="network")

TABLE = "CREATE TABLE kept (id bigint)"
SHORT = "&tcp_user_timeout=500&connect_timeout=2"


@pytest.fixture
def connection(place: Place, proxy: Proxy) -> psycopg.Connection:
    place.execute(TABLE)
    return psycopg.connect(proxy.url + SHORT, autocommit=True)


def write(connection: psycopg.Connection) -> None:
    connection.execute("BEGIN; INSERT INTO kept VALUES (1)")
    connection.execute("COMMIT")


def kept(place: Place) -> int:
    return len(place.rows("SELECT id FROM kept"))


def test_it_forwards_everything(place: Place, proxy: Proxy, connection: psycopg.Connection) -> None:
    text = "x" * 1_000_000
    assert connection.execute("SELECT %s::text || 'y'", [text]).fetchone() == (text + "y",)
    write(connection)
    assert (kept(place), proxy.commits, proxy.connections) == (1, 1, 1)
    connection.close()


@pytest.mark.parametrize("reset", [True, False])
def test_a_cut_ends_the_connection(proxy: Proxy, connection: psycopg.Connection, reset: bool) -> None:
    assert proxy.cut(reset=reset) == 1
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    psycopg.connect(proxy.url).close()


def test_the_server_may_not_hear_of_a_cut(place: Place, proxy: Proxy, connection: psycopg.Connection) -> None:
    pid = connection.info.backend_pid
    proxy.cut(server_too=False)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    assert place.rows("SELECT 1 FROM pg_stat_activity WHERE pid = ?", [pid]) == [(1,)]


def test_new_connections_are_refused_until_they_are_accepted_again(proxy: Proxy) -> None:
    proxy.refuse()
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(proxy.url)
    proxy.accept()
    psycopg.connect(proxy.url).close()


@pytest.mark.parametrize("way", Way)
def test_a_stalled_way_forwards_nothing_until_it_flows_again(
    place: Place, proxy: Proxy, connection: psycopg.Connection, way: Way
) -> None:
    proxy.stall(way)
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(connection.execute, "INSERT INTO kept VALUES (1)")
        with pytest.raises(TimeoutError):
            answer.result(0.2)
        if way is Way.TO_SERVER:
            assert kept(place) == 0
        proxy.flow()
        answer.result(WAIT_SECONDS)
    assert kept(place) == 1
    connection.close()


def test_a_delay_takes_its_time_on_both_ways(proxy: Proxy, connection: psycopg.Connection) -> None:
    proxy.delay(50)
    began = time.monotonic()
    connection.execute("SELECT 1")
    assert time.monotonic() - began >= 0.1
    connection.close()


def test_what_drips_arrives(proxy: Proxy, connection: psycopg.Connection) -> None:
    proxy.drip()
    assert connection.execute("SELECT repeat('x', 5000)").fetchone() == ("x" * 5_000,)
    connection.close()


@pytest.mark.parametrize(("fate", "stored"), [(Fate.LOST, 0), (Fate.REPLY_LOST, 1)])
def test_a_commit_or_its_reply_is_lost_once(
    place: Place, proxy: Proxy, connection: psycopg.Connection, fate: Fate, stored: int
) -> None:
    proxy.once(fate)
    with pytest.raises(psycopg.OperationalError):
        write(connection)
    assert kept(place) == stored
    with psycopg.connect(proxy.url, autocommit=True) as other:
        write(other)
    assert kept(place) == stored + 1


def test_the_commit_of_what_only_reads_is_no_commit(proxy: Proxy, connection: psycopg.Connection) -> None:
    proxy.once(Fate.LOST)
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    connection.execute("COMMIT")
    assert proxy.commits == 0
    connection.close()
