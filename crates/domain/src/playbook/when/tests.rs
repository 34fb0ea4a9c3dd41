//! Times as they are read, and the instants that they are.

use super::*;
use crate::time::DAY;
use crate::{member::BirthCalendar, playbook::SolarOnly};

fn zone() -> Zone {
    Zone::from_name("Asia/Shanghai").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn when(text: &str) -> When {
    text.parse().unwrap()
}

fn within(text: &str, from: &str, to: &str, zone: &Zone) -> Vec<String> {
    let span = Span {
        from: at(from),
        to: at(to),
        origin: at(from),
    };
    when(text)
        .within(span, zone, None, &SolarOnly)
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// towards: 003-119
#[test]
fn a_time_is_told_from_a_moment() {
    let opens = at("2026-12-05T12:00:00Z");
    let told = |text: &str| when(text).at(opens, &zone()).unwrap().to_string();
    assert_eq!(told("sale.opens_at - 3d @ 10:00"), "2026-12-02T02:00:00Z");
    assert_eq!(told("sale.opens_at-3d@10:00"), "2026-12-02T02:00:00Z");
    assert_eq!(told("sale.opens_at + 24h"), "2026-12-06T12:00:00Z");
    assert_eq!(told("sale.opens_at + 1d - 30m"), "2026-12-06T11:30:00Z");
    assert_eq!(told("sale.opens_at"), "2026-12-05T12:00:00Z");
    assert_eq!(told("sale.opens_at @ 09:00"), "2026-12-05T01:00:00Z");
}

#[test]
fn a_day_is_one_of_the_calendar_also_where_clocks_are_moved() {
    let berlin = Zone::from_name("Europe/Berlin").unwrap();
    // The night of 2026-03-28 loses an hour.
    let noon = at("2026-03-28T11:00:00Z");
    assert_eq!(
        when("x + 1d").at(noon, &berlin).unwrap().to_string(),
        "2026-03-29T10:00:00Z",
        "noon again"
    );
    assert_eq!(
        when("x + 24h").at(noon, &berlin).unwrap().to_string(),
        "2026-03-29T11:00:00Z",
        "24 hours later it is one o'clock"
    );
    assert_eq!(
        when("x + 1d @ 02:30").at(noon, &berlin).unwrap(),
        at("2026-03-29T01:30:00Z"),
        "half past two did not exist"
    );
    assert_eq!(
        within(
            "every day @ 08:30",
            "2026-03-28T00:00:00Z",
            "2026-03-30T00:00:00Z",
            &berlin
        ),
        ["2026-03-28T07:30:00Z", "2026-03-29T06:30:00Z"]
    );
}

/// towards: 004-019
#[test]
fn what_comes_again_comes_by_the_calendar() {
    let year = ("2026-12-01T00:00:00Z", "2027-03-31T00:00:00Z");
    assert_eq!(
        within("every month 13 @ 10:00", year.0, year.1, &zone()),
        [
            "2026-12-13T02:00:00Z",
            "2027-01-13T02:00:00Z",
            "2027-02-13T02:00:00Z",
            "2027-03-13T02:00:00Z"
        ]
    );
    assert_eq!(
        within("every month 31 @ 00:00", year.0, year.1, &zone())[2],
        "2027-02-27T16:00:00Z",
        "a short month has a last day"
    );
    assert_eq!(
        within(
            "every sat @ 20:00",
            "2026-12-01T00:00:00Z",
            "2026-12-13T00:00:00Z",
            &zone()
        ),
        ["2026-12-05T12:00:00Z", "2026-12-12T12:00:00Z"]
    );
    assert_eq!(
        within(
            "every 2h",
            "2026-12-01T00:00:00Z",
            "2026-12-01T05:00:00Z",
            &zone()
        ),
        ["2026-12-01T02:00:00Z", "2026-12-01T04:00:00Z"]
    );
    let lunar = |month: u8, day: u8, from: Date, to: Date| {
        let mid_autumn: Date = "2026-09-25".parse().unwrap();
        assert_eq!((month, day), (8, 15));
        Vec::from_iter((from <= mid_autumn && mid_autumn < to).then_some(mid_autumn))
    };
    let span = Span {
        from: at("2026-01-01T00:00:00Z"),
        to: at("2027-01-01T00:00:00Z"),
        origin: at("2026-01-01T00:00:00Z"),
    };
    assert_eq!(
        when("lunar 8-15 @ 09:00").within(span, &zone(), None, &lunar),
        [at("2026-09-25T01:00:00Z")]
    );
}

/// towards: 003-091
#[test]
fn who_was_born_on_29_february_is_not_forgotten() {
    let birthday = Birthday {
        calendar: BirthCalendar::Solar,
        year: None,
        month: 2,
        day: 29,
        leap: false,
    };
    let span = Span {
        from: at("2027-01-01T00:00:00Z"),
        to: at("2029-01-01T00:00:00Z"),
        origin: at("2027-01-01T00:00:00Z"),
    };
    assert_eq!(
        when("birthday @ 09:00").within(span, &zone(), Some(birthday), &SolarOnly),
        [at("2027-02-28T01:00:00Z"), at("2028-02-29T01:00:00Z")]
    );
}

#[test]
fn a_span_holds_its_first_instant_and_not_its_last() {
    let ten = at("2026-12-13T02:00:00Z");
    let find = |from: Timestamp, to: Timestamp| {
        when("every month 13 @ 10:00")
            .within(
                Span {
                    from,
                    to,
                    origin: from,
                },
                &zone(),
                None,
                &SolarOnly,
            )
            .len()
    };
    assert_eq!(find(ten, ten.plus(1)), 1);
    assert_eq!(find(ten.plus(-DAY), ten), 0);
    assert_eq!(find(ten.plus(1), ten.plus(DAY)), 0);
}

#[test]
fn times_are_written_as_they_are_read() {
    for text in [
        "sale.opens_at - 3d @ 10:00",
        "member.joined_at + 1d + 90m",
        "start",
        "every day @ 08:30",
        "every sat @ 20:00",
        "every month 13 @ 10:00",
        "every 120m",
        "lunar 8-15 @ 09:00",
        "birthday @ 09:00",
        "red-rain + 2h",
    ] {
        let read = when(text);
        assert_eq!(read.to_string().parse::<When>(), Ok(read.clone()), "{text}");
    }
    assert_eq!(when("a.b - 3d @ 10:00").to_string(), "a.b - 3d @ 10:00");
}

#[test]
fn what_is_no_time_is_refused_with_what_would_be_one() {
    let refused = |text: &str| text.parse::<When>().unwrap_err().to_string();
    for (text, says) in [
        ("", "no time stands here"),
        ("sale.opens_at @ 25:00", "\"25:00\" is no time of the day"),
        ("sale.opens_at - 3w", "\"3w\" is no distance"),
        ("sale.opens_at 3d", "\"3d\" is no distance"),
        ("sale.opens_at - 3h @ 10:00", "contradict"),
        ("every day", "time of the day is missing"),
        ("every weekday @ 10:00", "is no repetition"),
        ("every month 32 @ 10:00", "is no repetition"),
        ("every 1m", "is no repetition"),
        ("lunar 13-1 @ 10:00", "is no lunar day"),
        ("Sale - 3d", "cannot be the name"),
        ("start + 99999d", "further than ten years"),
        ("start +", "is no distance"),
    ] {
        assert!(refused(text).contains(says), "{text}: {}", refused(text));
    }
}

#[test]
fn order_is_said_only_where_it_is_sure() {
    let after = |a: &str, b: &str| when(a).surely_after(&when(b));
    assert!(after("x - 1d @ 20:00", "x - 3d @ 10:00"));
    assert!(after("x + 2h", "x + 1h"));
    assert!(!after("x + 1h", "x @ 10:00"), "who knows when x is");
    assert!(after("x + 2d", "x @ 10:00"));
    assert!(!after("y + 2d", "x"));
    assert!(!after("every day @ 10:00", "every day @ 09:00"));
}
