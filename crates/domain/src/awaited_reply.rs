//! 待回复: a question that staff has not answered within ten minutes of working time becomes a task.

use jiff::civil;

use crate::{
    alarm::{self, Candidate},
    id::StaffId,
    staff::Title,
    time::{HOUR, MINUTE, Timestamp, Zone},
    words,
};

/// How much working time staff has, in milliseconds.
pub const WITHIN: i64 = 10 * MINUTE;
/// How long after a question a staff message that names nobody is taken for its answer, in
/// milliseconds.
pub const ANSWERS_WITHIN: i64 = HOUR;
/// After how long nobody waits for an answer any more, in milliseconds.
pub const DROPPED_AFTER: i64 = 24 * HOUR;

words! {
    /// Where a question stands.
    pub enum AwaitedReplyState {
        /// Not answered.
        Open = "open",
        /// Answered by staff.
        Answered = "answered",
        /// Nobody waits any more.
        Dropped = "dropped",
    }
}

/// Hours of the civil day in which nobody works: from the first up to the second, past midnight if
/// it is the smaller; none if both are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// First hour of rest, 0 to 23.
    pub from: u8,
    /// First hour of work, 0 to 23.
    pub to: u8,
}

impl Rest {
    const fn holds(self, hour: u8) -> bool {
        if self.from <= self.to {
            self.from <= hour && hour < self.to
        } else {
            hour >= self.from || hour < self.to
        }
    }
}

/// Who is to answer: whoever answers members in the group, 导购 before others; then 导购 of the store;
/// then whoever a complaint would be given to.
pub fn answerer(candidates: &[Candidate]) -> Option<StaffId> {
    let rank = |one: &Candidate| {
        let sells = matches!(one.title, Title::Sales | Title::Service);
        match (one.serves, one.assigned, one.above) {
            (true, ..) => Some(u32::from(!sells)),
            (_, true, _) if sells => Some(2),
            (_, _, Some(0)) if sells => Some(3),
            _ => None,
        }
    };
    candidates
        .iter()
        .filter_map(|one| rank(one).map(|rank| (rank, one.staff)))
        .min_by_key(|(rank, staff)| (*rank, staff.raw()))
        .map_or_else(|| alarm::first(candidates), |(_, staff)| Some(staff))
}

/// When [`WITHIN`] of working time has passed since a question.
pub fn due(zone: &Zone, rest: Rest, asked_at: Timestamp) -> Timestamp {
    if rest.from == rest.to {
        return asked_at.plus(WITHIN);
    }
    let begin = |at: Timestamp| {
        if rest.holds(zone.hour(at)) {
            next_hour(zone, rest.to, at)
        } else {
            at
        }
    };
    let from = begin(asked_at);
    let end = next_hour(zone, rest.from, from);
    let left = WITHIN - end.since(from);
    if left > 0 {
        begin(end).plus(left)
    } else {
        from.plus(WITHIN)
    }
}

/// The next time after `at` that a clock on the wall shows this hour.
fn next_hour(zone: &Zone, hour: u8, at: Timestamp) -> Timestamp {
    let hour = civil::Time::constant(hour.min(23).cast_signed(), 0, 0, 0);
    let day = zone.civil(at).date();
    let today = zone.instant(day.to_datetime(hour));
    if today > at {
        today
    } else {
        zone.instant(
            day.saturating_add(jiff::Span::new().days(1))
                .to_datetime(hour),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NIGHT: Rest = Rest { from: 22, to: 8 };

    fn due_of(text: &str) -> String {
        let zone = Zone::from_name("Asia/Shanghai").unwrap();
        let asked: Timestamp = text.parse().unwrap();
        due(&zone, NIGHT, asked).to_string()
    }

    #[test]
    fn ten_minutes_of_working_time() {
        assert_eq!(due_of("2026-11-20T10:00:00+08:00"), "2026-11-20T02:10:00Z");
        assert_eq!(
            due_of("2026-11-20T23:30:00+08:00"),
            "2026-11-21T00:10:00Z",
            "asked at night"
        );
        assert_eq!(
            due_of("2026-11-20T21:56:00+08:00"),
            "2026-11-21T00:06:00Z",
            "four minutes in the evening and six in the morning"
        );
        assert_eq!(
            due_of("2026-11-20T21:50:00+08:00"),
            "2026-11-20T14:00:00Z",
            "just before closing"
        );
    }

    #[test]
    fn whoever_answers_members_is_asked_first() {
        let one = |staff, title, serves, assigned| Candidate {
            staff: StaffId::from_raw(staff),
            title,
            host: false,
            serves,
            assigned,
            above: Some(0),
        };
        let all = [
            one(1, Title::StoreManager, true, true),
            one(2, Title::Sales, true, true),
            one(3, Title::Sales, false, true),
            one(4, Title::Sales, false, false),
            one(5, Title::StoreManager, false, false),
        ];
        for (from, expected) in [(0, 2), (2, 3), (3, 4), (4, 5)] {
            assert_eq!(answerer(&all[from..]), Some(StaffId::from_raw(expected)));
        }
        assert_eq!(answerer(&all[..1]), Some(StaffId::from_raw(1)));
        assert_eq!(answerer(&[]), None);
    }

    #[test]
    fn without_rest_it_is_ten_minutes() {
        let zone = Zone::utc();
        let at = Timestamp::from_ms(0);
        assert_eq!(due(&zone, Rest { from: 3, to: 3 }, at), at.plus(WITHIN));
    }

    proptest! {
        #[test]
        fn it_is_never_sooner_and_never_at_rest(ms in 0..40_000_000_000_i64, from in 0..24_u8, to in 0..24_u8) {
            let zone = Zone::from_name("Asia/Shanghai").unwrap();
            let rest = Rest { from, to };
            let asked = Timestamp::from_ms(1_700_000_000_000 + ms);
            let due = due(&zone, rest, asked);
            prop_assert!(due.since(asked) >= WITHIN);
            prop_assert!(due.since(asked) <= WITHIN + 24 * HOUR);
            prop_assert!(from == to || !rest.holds(zone.hour(due.plus(-1))));
        }
    }
}
