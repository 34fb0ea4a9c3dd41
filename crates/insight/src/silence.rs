//! How groups fall silent: the curve of a group's first month, and of many groups'.

use yutang_domain::time::Date;

/// Days after the founding that the curves show: 0 to 30.
pub const CURVE_DAYS: usize = 31;
/// Days of the window that ends on each day.
const WINDOW: i64 = 7;
/// A group with fewer messages of members in the window is silent.
pub const SILENT_BELOW: u64 = 5;

/// A member's time in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay<M> {
    /// Who.
    pub member: M,
    /// First day in the group.
    pub from: Date,
    /// Day of leaving, from which on the member is not counted; `None` if still there.
    pub left: Option<Date>,
}

/// The silent share of one group on each day of its first month, 0..1.
///
/// On day d: 1 − members present who wrote in the seven days ending on d / members present on d. In
/// the first week the window begins with the founding. `None` where nobody was present and from the
/// day `until` on, up to which the messages are known. A member counts as present on a day if one of
/// their stays covers it.
pub fn curve<M: Copy + Ord>(
    founded: Date,
    stays: &[Stay<M>],
    spoke: &[(M, Date)],
    until: Date,
) -> [Option<f64>; CURVE_DAYS] {
    let mut spoke = spoke.to_vec();
    spoke.sort_unstable();
    let mut curve = [None; CURVE_DAYS];
    for (age, point) in (0_i64..).zip(&mut curve) {
        let day = founded.plus_days(age);
        if day >= until {
            break;
        }
        let start = day.plus_days(1 - WINDOW).max(founded);
        let mut present: Vec<M> = stays
            .iter()
            .filter(|stay| stay.from <= day && stay.left.is_none_or(|left| day < left))
            .map(|stay| stay.member)
            .collect();
        present.sort_unstable();
        present.dedup();
        let silent = present
            .iter()
            .filter(|member| {
                let first = spoke.partition_point(|row| *row < (**member, start));
                spoke
                    .get(first)
                    .is_none_or(|(who, at)| who != *member || *at > day)
            })
            .count();
        *point = crate::share::share(silent as u64, present.len() as u64);
    }
    curve
}

/// Messages of a group's members by day.
#[derive(Clone, Copy, Debug)]
pub struct GroupDays<'a> {
    /// The day the group was founded.
    pub founded: Date,
    /// Day and number of messages, in any order; days may repeat.
    pub messages: &'a [(Date, u64)],
}

/// The share of groups that are silent on each day of their first month, 0..1, with the number of
/// groups that have lived that day.
///
/// Silent on day d: fewer than [`SILENT_BELOW`] messages of members in the seven days ending on d.
/// Days 0 to 5 have no full week behind them and are `None`, as are days that no group has lived
/// before `until`. Groups whose messages cannot be read must not be given.
pub fn silent_groups(groups: &[GroupDays<'_>], until: Date) -> [Option<(f64, u64)>; CURVE_DAYS] {
    let mut silent = [0_u64; CURVE_DAYS];
    let mut lived = [0_u64; CURVE_DAYS];
    for group in groups {
        let mut daily = [0_u64; CURVE_DAYS];
        for (day, messages) in group.messages {
            if let Ok(age) = usize::try_from(day.days_since(group.founded))
                && age < CURVE_DAYS
            {
                daily[age] += messages;
            }
        }
        let known = usize::try_from(until.days_since(group.founded))
            .unwrap_or(0)
            .min(CURVE_DAYS);
        for (window, day) in daily
            .windows(WINDOW as usize)
            .zip(WINDOW as usize - 1..known)
        {
            lived[day] += 1;
            silent[day] += u64::from(window.iter().sum::<u64>() < SILENT_BELOW);
        }
    }
    std::array::from_fn(|day| {
        crate::share::share(silent[day], lived[day]).map(|share| (share, lived[day]))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(number: i64) -> Date {
        Date::from_number(20_000 + number)
    }

    fn stay(member: u8, from: i64, left: Option<i64>) -> Stay<u8> {
        Stay {
            member,
            from: day(from),
            left: left.map(day),
        }
    }

    #[test]
    fn one_group_falls_silent() {
        let stays = [
            stay(1, 0, None),
            stay(2, 0, None),
            stay(3, 2, Some(10)),
            stay(3, 12, None),
        ];
        let spoke = [(1, day(0)), (2, day(5)), (3, day(2)), (9, day(1))];
        let found = curve(day(0), &stays, &spoke, day(20));
        assert_eq!(found[0], Some(0.5));
        assert_eq!(found[2], Some(1.0 / 3.0));
        assert_eq!(found[6], Some(0.0));
        assert_eq!(found[7], Some(1.0 / 3.0));
        assert_eq!(found[10], Some(0.5));
        assert_eq!(found[12], Some(1.0));
        assert_eq!(found[20], None);
        assert_eq!(
            curve::<u8>(day(0), &[], &spoke, day(20)),
            [None; CURVE_DAYS]
        );
    }

    #[test]
    fn the_share_of_silent_groups_counts_those_that_have_lived() {
        let talk = [(day(0), 4), (day(3), 1), (day(20), 9), (day(99), 5)];
        let groups = [
            GroupDays {
                founded: day(0),
                messages: &talk,
            },
            GroupDays {
                founded: day(0),
                messages: &[],
            },
            GroupDays {
                founded: day(14),
                messages: &[],
            },
        ];
        let found = silent_groups(&groups, day(25));
        assert_eq!(found[5], None);
        assert_eq!(found[6], Some((2.0 / 3.0, 3)));
        assert_eq!(found[7], Some((1.0, 3)));
        assert_eq!(found[20], Some((0.5, 2)));
        assert_eq!(found[25], None);
    }

    proptest! {
        #[test]
        fn silent_shares_are_shares(
            stays in proptest::collection::vec((0_u8..9, 0_i64..30, proptest::option::of(0_i64..40)), 0..20),
            spoke in proptest::collection::vec((0_u8..9, 0_i64..35), 0..60),
        ) {
            let stays: Vec<_> = stays.into_iter().map(|(m, from, left)| stay(m, from, left)).collect();
            let spoke: Vec<_> = spoke.into_iter().map(|(m, at)| (m, day(at))).collect();
            for point in curve(day(0), &stays, &spoke, day(40)).into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&point));
            }
        }

        #[test]
        fn more_talk_never_makes_more_silence(messages in proptest::collection::vec((0_i64..31, 0_u64..4), 0..40)) {
            let few: Vec<_> = messages.iter().map(|(at, n)| (day(*at), *n)).collect();
            let many: Vec<_> = messages.iter().map(|(at, n)| (day(*at), n + 1)).collect();
            let at = |messages| silent_groups(&[GroupDays { founded: day(0), messages }], day(31));
            for (less, more) in at(&few).iter().flatten().zip(at(&many).iter().flatten()) {
                prop_assert!(more.0 <= less.0);
            }
        }
    }
}
