"""Definition files: what is accepted, and that everything wrong is said at once, with its line and a remedy."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator

from quaero.jobs.config_types import Milliseconds
from quaero.jobs.definitions.reader import NO_VALUES, InvalidDefinition, read_definition
from quaero.jobs.definitions.toml_text import MAX_BYTES
from quaero.jobs.manager.crawler_manager import CrawlConfig as RealCrawlConfig
from quaero.models.definition import Complaint, ErrorTolerance, JobDefinition, JobStep, Percent, RetryPolicy
from quaero.models.placeholders import Values


class Location(BaseModel):
    model_config = ConfigDict(extra="forbid")
    latitude: float
    radius: int = 500


class CrawlConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")
    start_urls: list[str] = Field(min_length=1, examples=[["https://docs.python.org/3/"]])
    max_depth: int = Field(default=2, ge=0)
    max_pages: int = 100
    rate_limit: Milliseconds = 0
    render: Literal["auto", "always", "never"] = "auto"
    since: str = ""
    location: Location | None = None
    limit: int | list[str] = 5

    @field_validator("start_urls")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        if not all(address.startswith("http") for address in value):
            raise ValueError("every start URL begins with http")
        return value


class ReindexConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")
    dry_run: bool = False


MANAGERS: dict[str, type[BaseModel]] = {"crawl": CrawlConfig, "reindex": ReindexConfig}

SMALL = """\
id = "docs"
name = "Docs"
[[steps]]
name = "index"
action = "reindex"
"""

FULL = """\
id = "python-docs"
name = "Python documentation"
description = "The library reference"
tags = ["docs", "python"]
schedule = "0 3 * * *"
timezone = "Europe/Paris"
overlap = true
timeout = "30m"
enabled = false
auto_start = true
auth = "intranet"
pre_jobs = ["first"]
post_jobs = ["last"]

[error_tolerance]
max_child_failures = "5%"
failure_action = "mark_warning"

[[steps]]
name = "crawl"
action = "crawl"
on_error = "retry"
timeout = "1h30m"
child_timeout = "45s"
retry = { max_attempts = 5, backoff = "500ms", max_backoff = "1m" }
[steps.config]
start_urls = ["https://docs.python.org/3/"]
rate_limit = "250ms"
since = 2026-01-31
[steps.config.location]
latitude = 1.5

[[steps]]
name = "index"
action = "reindex"
condition = "always"

[[steps]]
name = "other"
action = "reindex"
depends = ["crawl"]

[[steps]]
name = "free"
action = "reindex"
depends = []
"""

EXPECTED = JobDefinition(
    id="python-docs",
    name="Python documentation",
    description="The library reference",
    tags=("docs", "python"),
    schedule="0 3 * * *",
    timezone="Europe/Paris",
    overlap=True,
    timeout_ms=1_800_000,
    enabled=False,
    auto_start=True,
    auth="intranet",
    pre_jobs=("first",),
    post_jobs=("last",),
    error_tolerance=ErrorTolerance(Percent(5), "mark_warning"),
    steps=(
        JobStep(
            "crawl",
            "crawl",
            {
                "start_urls": ["https://docs.python.org/3/"],
                "rate_limit": "250ms",
                "since": "2026-01-31",
                "location": {"latitude": 1.5},
            },
            "retry",
            RetryPolicy(5, 500, 60_000),
            timeout_ms=5_400_000,
            child_timeout_ms=45_000,
        ),
        JobStep("index", "reindex", depends=("crawl",), condition="always"),
        JobStep("other", "reindex", depends=("crawl",)),
        JobStep("free", "reindex"),
    ),
)


def read(text: bytes | str, values: Values = NO_VALUES) -> JobDefinition:
    return read_definition(text, file="docs.toml", managers=MANAGERS, values=values)


def complaints(text: bytes | str, values: Values = NO_VALUES) -> tuple[Complaint, ...]:
    with pytest.raises(InvalidDefinition) as caught:
        read(text, values)
    return caught.value.complaints


def only(text: bytes | str, values: Values = NO_VALUES) -> str:
    (complaint,) = complaints(text, values)
    return complaint.line_text()


def test_a_full_file_is_read() -> None:
    assert read(FULL) == EXPECTED


def test_what_is_written_reads_back_equal() -> None:
    assert read(EXPECTED.to_toml()) == EXPECTED


def test_a_small_file_has_the_defaults() -> None:
    assert read(SMALL) == JobDefinition("docs", "Docs", (JobStep("index", "reindex"),))


def test_bytes_with_a_mark_and_foreign_line_ends_are_the_same_file() -> None:
    assert read(b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode()) == EXPECTED


def test_a_definition_of_the_original_runs_unchanged() -> None:
    definition = read("""
        id = "wiki"
        name = "Wiki"
        type = "crawler"
        job_type = "user"
        source_type = "confluence"
        base_url = "https://wiki.example.org/"
        authentication = "wiki"
        auth_id = "wiki"
        schedule = ""
        timeout = ""
        [[steps]]
        name = "crawl"
        action = "crawl"
    """)
    assert definition.steps[0].config == {"start_urls": ["https://wiki.example.org/"]}
    assert (definition.type, definition.source_type, definition.auth) == ("crawler", "confluence", "wiki")
    assert (definition.schedule, definition.timeout_ms) == (None, None)
    assert read(definition.to_toml()) == definition


def test_own_start_urls_win_over_the_base_url() -> None:
    definition = read(
        'id = "a"\nname = "A"\nbase_url = "https://one.example/"\n[[steps]]\nname = "c"\naction = "crawl"\n'
        '[steps.config]\nstart_urls = ["https://two.example/"]\n'
    )
    assert definition.steps[0].config["start_urls"] == ["https://two.example/"]


def crawl(config: str, head: str = "") -> str:
    return (
        f'id = "a"\nname = "A"\n{head}\n[[steps]]\nname = "c"\naction = "crawl"\n[steps.config]\n{config}\n'
    )


WIKI = Values({"wiki": "https://wiki.example.org", "pages": "25", "word": "many"}, {"TOKEN": "s3cr3t"})
START = 'start_urls = ["https://one.example/"]'


def test_placeholders_are_left_for_the_run() -> None:
    assert read(f'base_url = "{{wiki}}/home"\n{SMALL}', WIKI).base_url == "{wiki}/home"
    definition = read(crawl('start_urls = ["{Wiki}/{{page}}"]\nmax_pages = "{pages}"'), WIKI)
    assert definition.steps[0].config == {"start_urls": ["{Wiki}/{{page}}"], "max_pages": "{pages}"}
    assert read(definition.to_toml(), WIKI) == definition


def test_a_variable_that_nobody_has_set_is_named_with_the_nearest() -> None:
    assert only(crawl('start_urls = ["{wikki}/a"]'), WIKI) == (
        "docs.toml:8: steps[0].config.start_urls[0]: unknown variable {wikki}; "
        'set it with: quaero variables set wikki VALUE; did you mean "wiki"?'
    )
    assert only(f'base_url = "{{x}}"\n{SMALL}') == (
        "docs.toml:1: base_url: unknown variable {x}; set it with: quaero variables set x VALUE"
    )


def test_an_unknown_variable_in_the_base_url_is_said_once() -> None:
    text = 'id = "a"\nname = "A"\nbase_url = "{x}/{y}"\n[[steps]]\nname = "c"\naction = "crawl"\n'
    assert only(text) == (
        "docs.toml:3: base_url: unknown variables {x}, {y}; set them with: quaero variables set NAME VALUE"
    )


def test_the_other_keys_are_checked_beside_an_unknown_variable() -> None:
    found = complaints(
        crawl('start_urls = ["{x}"]\nmax_depth = -1\nlocation = { latitude = "{y}", radius = "z" }')
    )
    assert [each.key.removeprefix("steps[0].config.") for each in found] == [
        "start_urls[0]",
        "max_depth",
        "location.latitude",
        "location.radius",
    ]


def test_a_name_that_the_environment_has_not_is_left_for_where_the_step_runs() -> None:
    text = crawl('start_urls = ["{env:WIKI}"]\nmax_pages = "{env:PAGES}"')
    assert read(text).steps[0].config["max_pages"] == "{env:PAGES}"
    assert "every start URL begins with http" in only(text.replace('["{env:WIKI}"]', '["x"]'))


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ('max_depth = "{word}"', "value of {word}. Example: max_depth = 2"),
        ('max_depth = "-{pages}"', "value of {pages}. Example: max_depth = 2"),
        ('max_depth = "{env:TOKEN}"', "value of {env:TOKEN}. Example: max_depth = 2"),
        ('render = "{env:TOKEN}"', 'value of {env:TOKEN}. Example: render = "auto"'),
        ('location = { latitude = "{word}" }', "value of {word}. Example: latitude = 1.5"),
        ('location = "{word}{env:TOKEN}"', "values of {word}, {env:TOKEN}"),
    ],
)
def test_a_value_that_does_not_fit_is_not_shown(line: str, names: str) -> None:
    found = only(crawl(f"{START}\n{line}"), WIKI)
    assert f"does not fit with the {names}" in found
    assert "s3cr3t" not in found
    assert "many" not in found


def test_a_check_of_many_values_does_not_quote_them_either() -> None:
    found = only(crawl('start_urls = ["https://a/", "{env:TOKEN}"]'), WIKI)
    assert "start_urls: does not fit with the value of {env:TOKEN}" in found


def test_a_start_that_comes_from_the_base_url_is_still_checked_by_the_manager() -> None:
    strict = {"crawl": RealCrawlConfig}
    text = 'id = "a"\nname = "A"\nbase_url = "http://{host}/"\n[[steps]]\nname = "c"\naction = "crawl"\n'
    with pytest.raises(InvalidDefinition) as caught:
        read_definition(text, file="docs.toml", managers=strict, values=Values({"host": "a b"}))
    [complaint] = caught.value.complaints
    assert "does not fit with the value of {host}" in complaint.line_text()


def test_a_base_url_is_checked_with_its_values() -> None:
    assert "is no URL with the value of {word}" in only(f'base_url = "{{word}}/a"\n{SMALL}', WIKI)


def test_everything_wrong_in_a_file_is_said_at_once_in_its_order() -> None:
    text = """\
name = 5
idd = "x"
schedule = "0 3 * *"
timezone = "europe/pari"
timeout = "30"
tags = ["a", 3]
auth = "a"
auth_id = "b"
job_type = "system"
[error_tolerance]
max_child_failures = "101%"
failure_action = "stop_al"
[[steps]]
name = "crawl"
action = "crawl"
on_error = "ignore"
max_pages = 3
retry = { max_attempts = "x", backoff = "1h" }
[[steps]]
name = "crawl"
action = "crwl"
depends = ["later", "nope"]
[steps.config]
anything = 1
[[steps]]
name = "later"
action = "crawl"
[steps.config]
max_dept = 2
max_depth = "ten"
rate_limit = 1000
render = "awto"
limit = 1.5
[steps.config.location]
latitud = 1
"""
    assert [complaint.line_text().removeprefix("docs.toml:") for complaint in complaints(text)] == [
        '1: id: this key is required. Example: id = "python-docs"',
        '1: name: expected a text, got the number 5. Example: name = "Python documentation"',
        '2: idd: unknown key; did you mean "id"? Example: id = "python-docs"',
        (
            "3: schedule: a schedule has 5 fields: minute, hour, day of month, month, day of week. "
            'Example: schedule = "0 3 * * *"'
        ),
        '4: timezone: unknown time zone; did you mean "Europe/Paris"? Example: timezone = "Europe/Paris"',
        '5: timeout: the duration "30" has no unit. Example: timeout = "30m"',
        '6: tags[1]: expected a text, got the number 3. Example: tags = ["docs", "python"]',
        '8: auth_id: names other credentials than "auth"; keep one of the two. Example: auth = "intranet"',
        (
            "9: job_type: only definitions that ship with the program are system definitions. "
            'Example: job_type = "user"'
        ),
        (
            "11: error_tolerance.max_child_failures: expected a number of children or a whole share from 1% to "
            '100%. Example: max_child_failures = "5%"'
        ),
        (
            '12: error_tolerance.failure_action: expected one of "stop_all", "continue", "mark_warning", got the '
            'text "stop_al"; did you mean "stop_all"? Example: failure_action = "stop_all"'
        ),
        (
            "13: steps[0].config.start_urls: this key is required. "
            'Example: start_urls = ["https://docs.python.org/3/"]'
        ),
        (
            '16: steps[0].on_error: expected one of "fail", "continue", "retry", got the text "ignore". '
            'Example: on_error = "fail"'
        ),
        "17: steps[0].max_pages: this key belongs below [steps.config]. Example: max_pages = 100",
        '18: steps[0].retry.max_attempts: expected a whole number, got the text "x". Example: max_attempts = 3',
        '20: steps[1].name: an earlier step is called "crawl". Example: name = "crawl 2"',
        '21: steps[1].action: no manager serves "crwl"; did you mean "crawl"? Example: action = "crawl"',
        (
            '22: steps[1].depends[0]: "later" is a later step; a step depends on earlier ones. '
            'Example: depends = ["crawl"]'
        ),
        '22: steps[1].depends[1]: no step before this one is called "nope". Example: depends = ["crawl"]',
        (
            "28: steps[2].config.start_urls: this key is required. "
            'Example: start_urls = ["https://docs.python.org/3/"]'
        ),
        '29: steps[2].config.max_dept: unknown key; did you mean "max_depth"? Example: max_depth = 2',
        '30: steps[2].config.max_depth: expected a whole number, got the text "ten". Example: max_depth = 2',
        (
            "31: steps[2].config.rate_limit: expected a duration in quotes with its unit. "
            'Example: rate_limit = "30s"'
        ),
        (
            '32: steps[2].config.render: expected one of "auto", "always", "never", got the text "awto"; '
            'did you mean "auto"? Example: render = "auto"'
        ),
        "33: steps[2].config.limit: expected a whole number or a list, got the number 1.5. Example: limit = 5",
        "34: steps[2].config.location.latitude: this key is required. Example: latitude = 1.5",
        '35: steps[2].config.location.latitud: unknown key; did you mean "latitude"? Example: latitude = 1.5',
    ]


def test_the_error_is_its_first_complaint_and_the_number_of_the_others() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        read('id = "A"\nname = ""\n[[steps]]\nname = "s"\naction = "reindex"\n')
    assert caught.value.line().startswith("docs.toml:1: id: an id is 1 to 100 small letters")
    assert caught.value.line().endswith("(and 1 more complaint)")
    assert (caught.value.code, caught.value.exit_code) == ("invalid_definition", 2)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('schedule = "61 * * * *"', "not a schedule: bad minute"),
        ('schedule = "0 0 30 2 *"', "this schedule never comes up"),
        (f'schedule = "{"9" * 150} * * * *"', "not a schedule"),
        ('schedule = "* * * * * *"', "a schedule has 5 fields"),
        ('timezone = "America"', "unknown time zone"),
        ('timezone = "../../etc/passwd"', "unknown time zone"),
        ('timeout = "0s"', "leave the key out for no limit"),
        ("timeout = 30", "expected a duration in quotes"),
        ('pre_jobs = ["docs"]', "cannot run before or after itself"),
        ('post_jobs = ["a", "docs"]', "cannot run before or after itself"),
        ('pre_jobs = ["a", "a"]', '"a" is named twice; it runs once, before or after'),
        ('pre_jobs = ["A b"]', "an id is 1 to 100 small letters"),
        ('tags = [""]', "must not be empty"),
        ('tags = ["two\\nlines"]', "without control characters"),
        (f'tags = ["{"x" * 201}"]', "must have at most 200 characters, got 201"),
        ('base_url = "docs.python.org"', "must be a URL that begins with http"),
        ('base_url = "http://[x"', "not a URL"),
        ('enabled = "yes"', 'expected true or false, got the text "yes"'),
        ("enabled = 1", "expected true or false, got the number 1"),
        ('description = "\\u0000"', "a text cannot hold the character NUL"),
        ("error_tolerance = { max_child_failures = -1 }", "must be at least 0"),
        ("error_tolerance = { max_child_failures = true }", "expected a number of children"),
        *(
            (f"error_tolerance = {{ max_child_failures = {value} }}", "a whole share from 1% to 100%")
            for value in ('"5 %"', '"0%"', '"101%"', '"-5%"', '"5.5%"', '"5"', '""', '"five%"')
        ),
        (f"error_tolerance = {{ max_child_failures = 0x1{'0' * 9000} }}", "the number is too large"),
        (f"description = 0x1{'0' * 9000}", "the number is too large"),
    ],
)
def test_an_impossible_value_is_refused(line: str, complaint: str) -> None:
    assert complaint in only(f"{line}\n{SMALL}")
    assert only(f"{line}\n{SMALL}").startswith("docs.toml:1: ")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('depends = ["index"]', "a step cannot depend on itself"),
        ('depends = "crawl"', 'expected a list, got the text "crawl"'),
        ("retry = { max_attempts = 0 }", "must be at least 1, got the number 0"),
        ('retry = { backoff = "1h" }', "backoff is longer than max_backoff"),
        ('condition = "never"', 'expected one of "", "always", "on_failure"'),
        ('timeout = "0s"', "leave the key out for no limit"),
        ('timeout = "5"', 'the duration "5" has no unit'),
        ("child_timeout = 30", "expected a duration in quotes"),
        ('child_timeout = "-5s"', "is not a duration"),
        ("config = { dry_run = 2 }", "expected true or false, got the number 2"),
        ("config = { dry_run = nan }", "expected a finite number, got nan"),
        ("config = []", "expected a table, got a list"),
        ("start_urls = []", "unknown key; known are: name, action, config"),
    ],
)
def test_an_impossible_step_is_refused(line: str, complaint: str) -> None:
    assert complaint in only(f"{SMALL}{line}\n")
    assert only(f"{SMALL}{line}\n").startswith("docs.toml:6: steps[0].")


def test_a_definition_does_not_run_both_before_and_after() -> None:
    text = f'pre_jobs = ["a"]\npost_jobs = ["b", "a"]\n{SMALL}'
    assert only(text) == 'docs.toml:2: post_jobs[1]: "a" is named twice; it runs once, before or after'


def test_a_dependency_is_named_once() -> None:
    text = f'{SMALL}[[steps]]\nname = "b"\naction = "reindex"\ndepends = ["index", "index"]\n'
    assert 'steps[1].depends[1]: "index" is named twice' in only(text)


def test_the_words_of_a_managers_own_check_are_kept() -> None:
    text = 'id = "a"\nname = "A"\n[[steps]]\nname = "c"\naction = "crawl"\nconfig = { start_urls = ["ftp://x"] }\n'
    assert "steps[0].config.start_urls: every start URL begins with http" in only(text)


def test_a_config_key_at_the_top_is_sent_to_its_place() -> None:
    assert only(f"max_pages = 5\n{SMALL}") == (
        "docs.toml:1: max_pages: this key belongs below [steps.config]. Example: max_pages = 100"
    )


def test_an_action_like_no_other_gets_the_list_of_those_there_are() -> None:
    assert 'no manager serves "paint"; known are: crawl, reindex' in only(SMALL.replace("reindex", "paint"))


def test_a_file_without_steps_is_refused() -> None:
    assert "docs.toml:1: steps: this key is required" in only('id = "a"\nname = "A"')
    assert "the number of entries must be at least 1, got 0" in only('id = "a"\nname = "A"\nsteps = []')


def test_a_hundred_steps_are_enough() -> None:
    steps = [f'[[steps]]\nname = "s{number}"\naction = "reindex"\n' for number in range(101)]
    head = 'id = "a"\nname = "A"\n'
    assert len(read(head + "".join(steps[:100])).steps) == 100
    assert "at most 100, got 101" in only(head + "".join(steps))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('a = 1\nb = "open\nc = 2', "docs.toml:2: not valid TOML: a text is not closed"),
        ("a = 1\nb = [1,\n2\nc = 3", "docs.toml:4: not valid TOML: a list is not closed"),
        ("a = 1\nb =\n", 'docs.toml:2: not valid TOML: there is no valid value after "="'),
        ("a = 1\na = 2\n", "docs.toml:2: not valid TOML: a key is set a second time"),
        ("[a]\n[a]\n", "docs.toml:2: not valid TOML: a table is opened a second time"),
        ("a = 1\n\nfoo bar", 'docs.toml:3: not valid TOML: there is no "=" after a key'),
        ("a = 1 b = 2", "docs.toml:1: not valid TOML: there is more on the line"),
        ("a = 1\n= 2", "docs.toml:2: not valid TOML: this is neither a key"),
        (b'a = "\n\xff"', "docs.toml:2: the file is not UTF-8 text (byte 0xff)"),
        ("a = '\ud800'", "docs.toml: the text holds half of a character pair"),
        (f"a = {'9' * 5000}", "docs.toml: a number has too many digits"),
        (b"#" * (MAX_BYTES + 1), "docs.toml: the file has 262145 bytes; 262144 are allowed"),
    ],
)
def test_a_text_that_is_no_toml_gets_one_clear_complaint(text: bytes | str, complaint: str) -> None:
    assert only(text).startswith(complaint)


@pytest.mark.parametrize(
    "bomb",
    [
        "a = " + "[" * 200_000,
        "a = " + "{a = " * 40_000,
        "a" + ".a" * 100_000 + " = 1",
        "[" + "a . " * 50_000 + "a]",
        "x = [" * 40_000 + '"',
        '"""\\' * 60_000,
    ],
)
def test_a_bomb_is_refused_before_it_is_parsed(bomb: str) -> None:
    assert len(complaints(bomb)) == 1


def test_brackets_and_dots_inside_texts_and_comments_are_no_nesting() -> None:
    brackets = "[" * 100 + "." * 100
    quotes = f'description = """\n{brackets}"""\n# {brackets}\n'
    assert read(f"{quotes}{SMALL}").description == brackets


@given(st.text() | st.binary())
def test_no_text_is_answered_with_anything_but_a_definition_or_complaints(text: bytes | str) -> None:
    assert all(complaint.line_text() for complaint in complaints(text))


@st.composite
def damaged_files(draw: st.DrawFn) -> str:
    lines = FULL.splitlines()
    for _ in range(draw(st.integers(1, 3))):
        number = draw(st.integers(0, len(lines) - 1))
        key = lines[number].partition(" = ")[0]
        value = draw(
            st.sampled_from(
                [
                    "1",
                    "-1.5",
                    "true",
                    '""',
                    '"x"',
                    "[]",
                    "[1]",
                    "{}",
                    "{ a = 1 }",
                    "07:00:00",
                    "nan",
                    "0xFFFFFFFFFFFFFFFFFF",
                ]
            )
        )
        lines[number] = draw(
            st.sampled_from(["", f"{key} = {value}", f"{key}x = {value}", lines[number][:-1]])
        )
    return "\n".join(lines)


@given(damaged_files())
def test_a_damaged_file_is_read_or_complained_about_on_existing_lines(text: str) -> None:
    try:
        definition = read(text)
    except InvalidDefinition as error:
        check_complaints(error.complaints, last_line=text.count("\n") + 1)
    else:
        assert read(definition.to_toml()) == definition


def check_complaints(found: tuple[Complaint, ...], last_line: int) -> None:
    assert all(1 <= (complaint.line or 1) <= last_line for complaint in found)
    assert len({complaint.key for complaint in found}) == len(found)
    assert all("pydantic" not in complaint.line_text() for complaint in found)
