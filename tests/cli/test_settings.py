from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.settings import (
    PlacesSettings,
    PostgresSettings,
    PostgresUrl,
    QueueSettings,
    Settings,
    SettingsError,
    SqliteUrl,
    find_config_file,
    load,
    masked,
)

HERE = Path("/nowhere")


def from_file(folder: Path, text: str, environment: dict[str, str] | None = None) -> Settings:
    file = folder / "quaero.toml"
    file.write_text(text, encoding="utf-8")
    return load(None, file, environment or {}, folder)


def complaints_of(folder: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        from_file(folder, text, environment)
    return [complaint.line_text() for complaint in caught.value.complaints]


def test_without_anything_the_database_is_in_the_data_folder_of_the_user(own_home: Path) -> None:
    settings = load(None, None, {}, HERE)
    assert isinstance(settings.database, SqliteUrl)
    assert settings.database.path.is_relative_to(own_home)
    assert settings.queue == QueueSettings()


def test_the_flag_goes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "quaero.toml"
    file.write_text('database = "sqlite:////file.db"', encoding="utf-8")
    environment = {"QUAERO_DATABASE": "sqlite:////environment.db"}
    assert load("sqlite:////flag.db", file, environment, HERE).database == SqliteUrl(Path("/flag.db"))
    assert load(None, file, environment, HERE).database == SqliteUrl(Path("/environment.db"))
    assert load(None, file, {}, HERE).database == SqliteUrl(Path("/file.db"))


@pytest.mark.parametrize(
    ("variable", "written", "expected"),
    [
        ("QUAERO_QUEUE_LEASE", "30s", QueueSettings(lease_ms=30_000, heartbeat_ms=10_000)),
        ("QUAERO_QUEUE_HEARTBEAT", "1s", QueueSettings(heartbeat_ms=1_000)),
        ("QUAERO_QUEUE_CONCURRENCY", "7", QueueSettings(concurrency=7)),
        ("QUAERO_QUEUE_MAX_LOST_LEASES", "2", QueueSettings(max_lost_leases=2)),
    ],
)
def test_every_setting_of_the_queue_has_its_variable(
    variable: str, written: str, expected: QueueSettings
) -> None:
    assert load(None, None, {variable: written}, HERE).queue == expected


def test_each_value_tells_where_it_comes_from(tmp_path: Path) -> None:
    settings = from_file(tmp_path, '[queue]\nlease = "30s"', {"QUAERO_QUEUE_CONCURRENCY": "3"})
    sources = {origin.key: origin.source for origin in settings.origins}
    assert sources["queue.lease"] == str(tmp_path / "quaero.toml")
    assert sources["queue.concurrency"] == "QUAERO_QUEUE_CONCURRENCY"
    assert sources["database"] == "default"


def test_an_unknown_key_is_told_with_the_nearest_one_and_an_example(tmp_path: Path) -> None:
    [line] = complaints_of(tmp_path, '[queue]\nleese = "60s"')
    assert "queue.leese: unknown key" in line
    assert 'did you mean "queue.lease"' in line
    assert 'lease = "60s"' in line


def test_a_key_outside_of_its_section_is_told(tmp_path: Path) -> None:
    [line] = complaints_of(tmp_path, 'lease = "60s"')
    assert 'did you mean "queue.lease"' in line


def test_a_slip_in_a_variable_is_told_but_variables_of_others_are_not() -> None:
    load(None, None, {"QUAERO_COLOUR_OF_THE_TESTS": "blue", "QUAERO_TEST_POSTGRES": "postgresql://"}, HERE)
    with pytest.raises(SettingsError, match=r'QUAERO_QUEUE_LEAS.*did you mean "QUAERO_QUEUE_LEASE"'):
        load(None, None, {"QUAERO_QUEUE_LEAS": "30s"}, HERE)


def test_all_complaints_come_at_once(tmp_path: Path) -> None:
    text = (
        'database = 5\ncolour = "blue"\n[queue]\nlease = "1s"\nconcurrency = "many"\nmax_lost_leases = true'
    )
    lines = complaints_of(tmp_path, text, {"QUAERO_QUEUE_HEARTBEAT": "soon"})
    for part in ("database", "colour", "queue.lease", "queue.concurrency", "max_lost_leases", "HEARTBEAT"):
        assert any(part in line for line in lines), part
    assert len(lines) == 6


@pytest.mark.parametrize(("heartbeat", "lease"), [("10s", "10s"), ("2m", "60s")])
def test_a_heartbeat_must_be_shorter_than_the_lease(tmp_path: Path, heartbeat: str, lease: str) -> None:
    [line] = complaints_of(tmp_path, f'[queue]\nheartbeat = "{heartbeat}"\nlease = "{lease}"')
    assert "queue.heartbeat: must be shorter than queue.lease" in line


def test_a_lease_below_five_seconds_is_refused(tmp_path: Path) -> None:
    assert from_file(tmp_path, '[queue]\nlease = "5s"').queue.lease_ms == 5_000
    assert "at least 5s" in complaints_of(tmp_path, '[queue]\nlease = "4999ms"')[0]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me@db.example/quaero", "postgresql://me@db.example/quaero"),
        ("postgresql://me:geheim@db.example:5433/quaero", "postgresql://me:***@db.example:5433/quaero"),
        ("postgres://me:geheim@db/quaero?sslmode=require", "postgres://me:***@db/quaero?sslmode=require"),
        ("postgresql://me:geh%40eim@[::1]:5432/quaero", "postgresql://me:***@[::1]:5432/quaero"),
        ("postgresql://a:1,b:2/quaero?password=geheim&x=1", "postgresql://a:1,b:2/quaero?password=***&x=1"),
        ("postgresql:///quaero?host=/run/postgresql", "postgresql:///quaero?host=/run/postgresql"),
        (
            "postgresql://me@%2Frun%2Fpostgresql/quaero?application_name=a@b",
            "postgresql://me@%2Frun%2Fpostgresql/quaero?application_name=a@b",
        ),
        ("postgresql://db:5432?dbname=quaero", "postgresql://db:5432?dbname=quaero"),
        ("postgresql://?service=work", "postgresql://?service=work"),
    ],
)
def test_a_postgresql_url_is_kept_whole_and_shown_without_its_password(url: str, shown: str) -> None:
    settings = load(url, None, {"QUAERO_POSTGRES_LISTEN": url}, HERE)
    assert isinstance(settings.database, PostgresUrl)
    assert (settings.database.secret, settings.postgres.listen) == (url, url)
    assert str(settings.database) == shown
    shown_origins = {origin.key: origin.value for origin in settings.origins}
    assert (shown_origins["database"], shown_origins["postgres.listen"]) == (shown, shown)
    assert "geh" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("postgresql://me:geheim@db.example", "names no database"),
        ("postgresql://me:geheim@db.example/", "names no database"),
        ("postgresql://", "names no database"),
        ("postgresql://me:geheim@db:port/quaero", "has a port that is no number"),
        ("postgresql://me:geheim@db:0/quaero", "has a port that is no number"),
        ("postgresql://me:geheim@db:65536/quaero", "has a port that is no number"),
        ("postgresql://me:geheim/quaero", "has a port that is no number"),
        ("postgresql://db/quaero?port=many&password=geheim", "has a port that is no number"),
        ("postgresql://me:geheim@::1/quaero", "written in brackets"),
        ("postgresql://me:ge@heim@db/quaero", "write %40 for @"),
        ("postgresql://me:ge/geheim@db/quaero", "%2F for /"),
        ("postgresql://me:100%geheim@db/quaero", "write %25"),
        ("postgresql://me:geheim geheim@db/quaero", "write %20"),
        ("postgresql+psycopg://me:geheim@db/quaero", "write postgresql://me:***@db/quaero"),
        ("postgres+asyncpg://me:geheim@db/quaero", "write postgresql://me:***@db/quaero"),
        ("mysql://me:geheim@db/quaero", "is not a database URL; write sqlite:///FILE or postgresql://"),
        ("postgresql:/me:geheim@db/quaero", "is not a database URL; write sqlite:///FILE or postgresql://"),
        ("me:geheim@db/quaero", "is not a database URL; write sqlite:///FILE or postgresql://"),
        ("host=db dbname=quaero password=geheim", "is not a database URL; write sqlite:///FILE"),
        ("host=db dbname=quaero password='ge geheim'", "is not a database URL; write sqlite:///FILE"),
    ],
)
def test_a_bad_postgresql_url_is_told_in_one_line_that_hides_the_password(url: str, complaint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(url, None, {}, HERE)
    [line] = [each.line_text() for each in caught.value.complaints]
    assert complaint in line
    assert "geheim" not in line
    assert "\n" not in line


SIGNS = st.text(st.sampled_from("geheim@:/?&=%#[],'\\ \n"), max_size=30)


@given(SIGNS, SIGNS)
def test_whatever_the_password_holds_none_of_it_is_shown(before: str, after: str) -> None:
    password = f"{before}SECRET{after}"
    for url in (
        f"postgresql://me:{password}@db:5432/quaero",
        f"postgresql+psycopg://me:{password}@db/quaero?sslmode=require",
        f"mysql://me:{password}@db/quaero",
    ):
        assert "SECRET" not in masked(url)
        shown: list[object] = []
        try:
            shown.append(load(url, None, {}, HERE))
        except SettingsError as error:
            shown.append(error)
        assert "SECRET" not in str(shown[0])


def test_how_postgresql_is_reached_can_be_set_in_the_file_and_by_variables(tmp_path: Path) -> None:
    assert load(None, None, {}, HERE).postgres == PostgresSettings("", pooled=False, connections=4)
    text = '[postgres]\nlisten = "postgresql://me@db/quaero"\npooled = true\nconnections = 2'
    assert from_file(tmp_path, text).postgres == PostgresSettings("postgresql://me@db/quaero", True, 2)
    environment = {"QUAERO_POSTGRES_POOLED": "false", "QUAERO_POSTGRES_CONNECTIONS": "9"}
    changed = from_file(tmp_path, text, environment).postgres
    assert (changed.pooled, changed.connections) == (False, 9)


def test_settings_of_postgresql_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    text = '[postgres]\nlisten = "sqlite:///a.db"\npooled = "perhaps"\nconnections = 0'
    listen, pooled, connections = complaints_of(tmp_path, text)
    assert "postgres.listen" in listen
    assert "is not the URL of a PostgreSQL database" in listen
    assert "must be true or false" in pooled
    assert "must be a whole number from 1 to 100" in connections


@pytest.mark.parametrize(
    "url", ["", "quaero.db", "sqlite://", "sqlite:///", "sqlite:///folder/", "mysql:///x.db"]
)
def test_what_is_no_database_url_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        load(url, None, {}, HERE)


def test_a_relative_path_starts_here_and_in_the_file_at_its_folder(tmp_path: Path) -> None:
    assert load("sqlite:///a.db", None, {}, tmp_path).database == SqliteUrl(tmp_path / "a.db")
    elsewhere = tmp_path / "config"
    elsewhere.mkdir()
    assert from_file(elsewhere, 'database = "sqlite:///a.db"').database == SqliteUrl(elsewhere / "a.db")


def test_a_forgotten_slash_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{str(tmp_path).lstrip('/')}/a.db"
    with pytest.raises(SettingsError, match="four slashes"):
        load(url, None, {}, tmp_path)


def test_the_file_of_the_current_folder_goes_before_that_of_the_user(tmp_path: Path, own_home: Path) -> None:
    assert find_config_file(tmp_path) is None
    of_user = own_home / ".config" / "quaero" / "quaero.toml"
    of_user.parent.mkdir(parents=True)
    of_user.touch()
    assert find_config_file(tmp_path) == of_user
    here = tmp_path / "quaero.toml"
    here.touch()
    assert find_config_file(tmp_path) == here


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_the_file_holds_the_answer_is_settings_or_complaints(content: bytes) -> None:
    file = Path("any.toml")
    file.write_bytes(content)
    with suppress(SettingsError):
        assert load("sqlite:////a.db", file, {}, HERE).database == SqliteUrl(Path("/a.db"))


def test_places_are_asked_where_the_settings_say(tmp_path: Path) -> None:
    text = (
        '[places]\nnominatim_url = "http://maps.intranet:8080/nominatim/"\npause = "250ms"\nuser_agent = "us"'
    )
    places = from_file(tmp_path, text, {"QUAERO_PLACES_OVERPASS_URL": "https://overpass.example"}).places

    assert places.nominatim_url == "http://maps.intranet:8080/nominatim"
    assert (places.overpass_url, places.google_url) == (
        "https://overpass.example",
        PlacesSettings().google_url,
    )
    assert (places.pause_ms, places.user_agent) == (250, "us")


def test_the_key_of_google_is_taken_from_the_environment_and_never_shown(tmp_path: Path) -> None:
    settings = from_file(tmp_path, "", {"QUAERO_GOOGLE_PLACES_KEY": "AIza-secret"})

    assert settings.places.google_key == "AIza-secret"
    assert "AIza-secret" not in repr(settings)
    [line] = complaints_of(tmp_path, '[google]\nplaces_key = "AIza-secret"')
    assert "a key does not belong into a file" in line
    assert "AIza-secret" not in line
    [line] = complaints_of(tmp_path, "", {"QUAERO_GOOGLE_PLACES_KEY": "AIza-secret\n"})
    assert "AIza-secret" not in line


@pytest.mark.parametrize(
    "url",
    ["places.example", "ftp://places.example", "https://user:secret@places.example", "https://a?b=c", "https://a:99999"],
)  # fmt: skip
def test_what_is_no_service_is_a_complaint(tmp_path: Path, url: str) -> None:
    [line] = complaints_of(tmp_path, f'[places]\nnominatim_url = "{url}"')
    assert "must be the URL of a service" in line
    assert "secret" not in line


def test_a_key_goes_over_https_but_on_this_machine(tmp_path: Path) -> None:
    [line] = complaints_of(tmp_path, '[places]\ngoogle_url = "http://places.example"')
    assert "must be a https URL" in line
    for url in ("http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost"):
        assert from_file(tmp_path, f'[places]\ngoogle_url = "{url}"').places.google_url == url
