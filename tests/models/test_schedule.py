"""Schedules: which moments they mean, also when the clocks change, and what is said about those that mean none."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quaero.models import schedule
from quaero.models.schedule import (
    ScheduleError,
    clock_changes,
    cron_complaint,
    explain,
    is_fixed,
    missed,
    next_time,
    times,
)

ZONES = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
MINUTE, DAY = 60_000, 86_400_000
PARIS = "Europe/Paris"

CHANGES = [  # around each of them; the days between are all alike
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Paris
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),  # Lord Howe, by half an hour
    datetime(2026, 4, 4, 15, tzinfo=UTC),
]


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)


def at(moment_ms: int, zone: str) -> datetime:
    return datetime.fromtimestamp(moment_ms / 1_000, ZoneInfo(zone))


def shown(cron: str, zone: str, after: datetime, count: int) -> list[str]:
    """The next moments as the clock on the wall shows them, with the offset from UTC."""
    return [f"{at(each, zone):%m-%d %H:%M %z}" for each in islice(times(cron, zone, ms(after)), count)]


def field(low: int, high: int, step: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    return st.one_of(st.just("*"), st.just(f"*/{step}"), number.map(str), span, st.just(f"{low},{high}"))


CRONS = st.builds(
    lambda *fields: " ".join(fields),
    field(0, 59, 15),
    field(0, 4, 2),  # the hours in which clocks are changed
    st.sampled_from(("*", "*", "1-31/2", "L", "25,29")),
    st.just("*"),
    st.sampled_from(("*", "*", "SUN", "1-5")),
)
MOMENTS = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(-36 * 60, 36 * 60),
)


@settings(max_examples=150, deadline=None)
@given(cron=CRONS, zone=st.sampled_from(ZONES), after=MOMENTS)
def test_a_schedule_means_the_same_as_looking_at_the_clock_every_minute(
    cron: str, zone: str, after: datetime
) -> None:
    until = after + timedelta(days=2)
    looked = looking_every_minute(cron, zone, after, until)
    found = list(found_until(cron, zone, after, until))
    assert found == looked


def found_until(cron: str, zone: str, after: datetime, until: datetime) -> list[int]:
    found = []
    for moment in times(cron, zone, ms(after)):
        if moment > ms(until):
            break
        found.append(moment)
    return found


def looking_every_minute(cron: str, zone: str, after: datetime, until: datetime) -> list[int]:
    """What a person would find who looks at the clock every minute and knows the rule of Debian's cron."""
    found = []
    seen: set[datetime] = set()
    moment = after - timedelta(hours=4)  # what was shown before counts as seen
    before = (moment - timedelta(minutes=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    while moment <= until:
        local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        step = timedelta(minutes=1)
        left_out = [before + step * n for n in range(1, (local - before) // step)] if is_fixed(cron) else []
        hits = [each for each in (*left_out, local) if fits(cron, each)]
        if is_fixed(cron):
            hits = [each for each in hits if each not in seen]
            seen.update(hits)
        if hits and moment > after:
            found.append(ms(moment))
        before = local
        moment += step
    return found


def fits(cron: str, local: datetime) -> bool:
    """Whether the fields say so, without a zone; knows the fields that are made above."""
    minute, hour, day, _, weekday = cron.split()
    last = (local + timedelta(days=1)).month != local.month
    fits_day = last if day == "L" else covers(day, local.day, 1)
    sunday = local.isoweekday() == 7
    fits_weekday = sunday if weekday == "SUN" else covers(weekday, local.isoweekday(), 0)
    both = day.startswith("*") or weekday.startswith("*")
    fits_date = fits_day and fits_weekday if both else fits_day or fits_weekday
    return covers(minute, local.minute, 0) and covers(hour, local.hour, 0) and fits_date


def covers(word: str, value: int, low: int) -> bool:
    span, _, step = word.partition("/")
    if "," in span:
        return str(value) in span.split(",")
    if span == "*":
        return (value - low) % int(step or 1) == 0
    first, _, last = span.partition("-")
    return int(first) <= value <= int(last or first) and (value - int(first)) % int(step or 1) == 0


@settings(deadline=None)
@given(cron=CRONS, zone=st.sampled_from(ZONES), after=MOMENTS)
def test_moments_come_in_order_and_asking_after_each_gives_the_next(
    cron: str, zone: str, after: datetime
) -> None:
    found = list(islice(times(cron, zone, ms(after)), 12))
    assert all(earlier < later for earlier, later in pairwise([ms(after), *found]))
    assert all(next_time(cron, zone, earlier) == later for earlier, later in pairwise([ms(after), *found]))


@settings(deadline=None)
@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    zone=st.sampled_from(ZONES),
    start=st.dates(date(2020, 1, 1), date(2036, 1, 1)),
)
def test_a_daily_time_comes_once_on_every_day(minute: int, hour: int, zone: str, start: date) -> None:
    after = ms(datetime(start.year, start.month, start.day, 12, tzinfo=ZoneInfo(zone)))
    days = [at(each, zone).date() for each in islice(times(f"{minute} {hour} * * *", zone, after), 380)]
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


@settings(deadline=None)
@given(
    cron=CRONS, zone=st.sampled_from(ZONES), after=MOMENTS, days=st.integers(0, 9), most=st.integers(1, 50)
)
def test_of_the_times_missed_the_newest_is_known_and_the_others_are_counted(
    cron: str, zone: str, after: datetime, days: int, most: int
) -> None:
    first = next_time(cron, zone, ms(after))
    assert first is not None
    now = first + days * DAY
    every = [first, *found_until(cron, zone, at(first, "UTC"), at(now, "UTC"))]
    assert missed(cron, zone, first, now) == (every[-1], len(every) - 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule, "MOST_COUNTED", most)
        assert missed(cron, zone, first, now) == (every[-1], min(len(every) - 1, most))


def test_a_time_in_the_missing_hour_starts_when_the_clock_has_jumped() -> None:
    march = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert shown("30 2 * * *", PARIS, march, 2) == ["03-29 03:00 +0200", "03-30 02:30 +0200"]
    assert shown("15,45 2 * * *", PARIS, march, 2) == ["03-29 03:00 +0200", "03-30 02:15 +0200"]
    assert shown("0 2,3 * * *", PARIS, march, 2) == ["03-29 03:00 +0200", "03-30 02:00 +0200"]
    october = datetime(2026, 10, 3, 12, tzinfo=UTC)
    assert shown("15 2 * * *", "Australia/Lord_Howe", october, 2) == [
        "10-04 02:30 +1100",
        "10-05 02:15 +1100",
    ]


def test_a_time_in_the_doubled_hour_starts_once_whenever_one_asks() -> None:
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC)
    once = ["10-25 02:30 +0200", "10-26 02:30 +0100"]
    assert shown("30 2 * * *", PARIS, midnight, 2) == once
    in_the_second_of_the_two_hours = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert shown("30 2 * * *", PARIS, in_the_second_of_the_two_hours, 1) == once[1:]


def test_a_rhythm_follows_the_clock_on_the_wall() -> None:
    autumn = datetime(2026, 10, 24, 23, 59, tzinfo=UTC)
    assert shown("*/30 2 * * *", PARIS, autumn, 4) == [
        "10-25 02:00 +0200",
        "10-25 02:30 +0200",
        "10-25 02:00 +0100",
        "10-25 02:30 +0100",
    ]
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert shown("*/30 2 * * *", PARIS, spring, 1) == ["03-30 02:00 +0200"]


def test_a_change_by_half_an_hour_moves_no_other_hour() -> None:
    spring = datetime(2026, 10, 3, 15, tzinfo=UTC)
    assert shown("*/15 3 * * *", "Australia/Lord_Howe", spring, 2) == [
        "10-04 03:00 +1100",
        "10-04 03:15 +1100",
    ]
    autumn = datetime(2026, 4, 4, 13, tzinfo=UTC)
    assert shown("0 */2 * * *", "Australia/Lord_Howe", autumn, 2) == [
        "04-05 02:00 +1030",
        "04-05 04:00 +1030",
    ]


def test_a_zone_that_skips_a_whole_day_starts_the_run_of_that_day_when_the_next_begins() -> None:
    before = datetime(2011, 12, 29, 13, tzinfo=UTC)
    assert shown("30 2 * * *", "Pacific/Apia", before, 2) == ["12-31 00:00 +1400", "12-31 02:30 +1400"]


@pytest.mark.parametrize(
    ("cron", "complaint"),
    [
        ("0 3 * *", "a schedule has 5 fields: minute, hour, day of month, month, day of week"),
        ("* * * * * *", "a schedule has 5 fields"),
        ("@daily", 'write it as "0 0 * * *"'),
        ("@reboot", "a schedule has 5 fields"),
        ("", "a schedule has 5 fields"),
        ("61 * * * *", 'bad minute "61" (it takes 0 to 59'),
        ("0 24 * * *", 'bad hour "24" (it takes 0 to 23'),
        ("0 0 32 * *", 'bad day of month "32"'),
        ("0 0 L-3 * *", 'bad day of month "L-3"'),
        ("0 0 * FEBRUARY *", 'bad month "FEBRUARY"'),
        ("0 0 * * 8", 'bad day of week "8"'),
        ("*/0 * * * *", 'bad minute "*/0"'),
        ("0 0 30 2 *", "never comes up"),
        ("0 0 31 4,6 *", "never comes up"),
        ("0 0 */20 * 1L", "never comes up"),
        (f"{'9' * 150} * * * *", "bad minute"),
        (f"{'1,' * 200}1 * * * *", "a schedule has 5 fields"),
    ],
)
def test_what_is_no_schedule_is_explained(cron: str, complaint: str) -> None:
    assert complaint in (cron_complaint(cron) or "")
    with pytest.raises(ScheduleError):
        times(cron, "UTC", 0)


@settings(deadline=None)
@given(st.text(alphabet="0123456789*/-,#LWMONa ", max_size=30))
def test_every_text_is_a_schedule_with_a_next_time_or_gets_a_complaint(text: str) -> None:
    if cron_complaint(text) is None:
        assert next_time(text, PARIS, 0) is not None
        assert explain(text)


@pytest.mark.parametrize(
    ("zone", "complaint"),
    [
        ("europe/pari", 'unknown time zone; did you mean "Europe/Paris"?'),
        ("../../etc/passwd", "unknown time zone"),
        ("America", "unknown time zone"),
        ("", "unknown time zone"),
    ],
)
def test_an_unknown_zone_is_said(zone: str, complaint: str) -> None:
    assert (cron_complaint("0 3 * * *", zone) or "").startswith(complaint)
    assert cron_complaint("0 3 * * *", PARIS) is None


def test_a_machine_that_knows_no_zones_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "available_timezones", set)
    assert "install the package tzdata" in (cron_complaint("0 3 * * *", "Europe/Pari") or "")


def test_a_schedule_is_told_in_english() -> None:
    assert explain("30 2 * * *") == "At 02:30 every day"
    assert (
        explain("*/15 9-17 * * MON-FRI")
        == "Every 15th minute from 09:00 through 17:59 on Monday through Friday"
    )


@pytest.mark.parametrize(
    ("cron", "zone", "told"),
    [
        (
            "30 2 * * *",
            PARIS,
            [
                "on 2026-03-29 the clock jumps from 02:00 to 03:00: what is planned for 02:30 starts at 03:00",
                "on 2026-10-25 the clock goes back from 03:00 to 02:00: what is planned for 02:30 starts once, the first time",  # noqa: E501
            ],
        ),
        (
            "*/15 2 * * *",
            "Australia/Lord_Howe",
            ["on 2026-10-04 the clock jumps from 02:00 to 02:30: 02:00 to 02:15 is left out"],
        ),
        (
            "*/15 1 * * *",
            "Australia/Lord_Howe",
            [
                "on 2026-04-05 the clock goes back from 02:00 to 01:30: what is planned for 01:30 to 01:45 starts both times"  # noqa: E501
            ],
        ),
        ("30 2 * * 1-5", PARIS, []),
        ("30 5 * * *", PARIS, []),
        ("*/5 * * * *", PARIS, []),
        ("30 2 * * *", "Asia/Kolkata", []),
    ],
)
def test_what_the_clock_changes_do_is_told(cron: str, zone: str, told: list[str]) -> None:
    assert list(clock_changes(cron, zone, ms(datetime(2026, 1, 1, tzinfo=UTC)))) == told


def test_a_long_absence_costs_no_long_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "MOST_COUNTED", 10)
    first = next_time("*/7 * * * *", PARIS, 0)
    assert first is not None
    newest, older = missed("*/7 * * * *", PARIS, first, first + 50 * 365 * DAY)
    assert older == 10
    assert first + 50 * 365 * DAY - newest < 10 * MINUTE
