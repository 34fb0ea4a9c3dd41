//! The contributor mark: how many members should give something. req: 002-034

use super::{Facts, HealthReason, Kind, Thresholds};
use crate::group::Shape;

/// How many other groups of its kind a group is held against at least.
pub const KIN_LEAST: usize = 2;

/// Holds the share of contributors against what its kind of group can be asked for: half of the
/// members in a group for sharing (a knowledge group, or one where all share and nothing is sold)
/// of at most 60 people; the median of the same kind elsewhere. `None` if the share, the mark or the
/// size is unknown, or if the mark is 0: nobody is praised for reaching nothing. req: 002-034
pub fn contributors(kind: Kind, facts: &Facts, thresholds: &Thresholds) -> Option<HealthReason> {
    let share = facts.contributor_share? * 100.0;
    let for_sharing =
        kind.audience.is_for_sharing() || (kind.shape == Shape::Sharing && !kind.sells);
    let small = facts.members? <= thresholds.contributor_members;
    let (mark, above, below) = if for_sharing && small {
        let mark = f64::from(thresholds.contributor_percent);
        (
            mark,
            "health.contributors_above_mark",
            "health.contributors_below_mark",
        )
    } else {
        let median = facts.contributor_median.filter(|median| *median > 0.0)? * 100.0;
        (
            median,
            "health.contributors_above_median",
            "health.contributors_below_median",
        )
    };
    let code = if share >= mark { above } else { below };
    Some(HealthReason::new(
        code,
        [("percent", Some(share)), ("mark", Some(mark))],
    ))
}

#[cfg(test)]
mod tests {
    use super::{
        super::sample::{DEALS, LESSONS},
        *,
    };

    /// req: 002-034
    #[test]
    fn half_is_asked_only_of_small_groups_for_sharing() {
        let thresholds = Thresholds::default();
        let with = |members, share, median| Facts {
            members: Some(members),
            contributor_share: Some(share),
            contributor_median: median,
            ..Facts::default()
        };
        let code = |kind, facts: Facts| contributors(kind, &facts, &thresholds).map(|r| r.code);
        assert_eq!(
            code(LESSONS, with(60, 0.5, None)),
            Some("health.contributors_above_mark")
        );
        assert_eq!(
            code(LESSONS, with(60, 0.49, None)),
            Some("health.contributors_below_mark")
        );
        assert_eq!(
            code(LESSONS, with(61, 0.1, Some(0.05))),
            Some("health.contributors_above_median")
        );
        assert_eq!(
            code(DEALS, with(50, 0.04, Some(0.05))),
            Some("health.contributors_below_median")
        );
        assert_eq!(code(DEALS, with(50, 0.04, None)), None);
        assert_eq!(code(DEALS, with(50, 0.0, Some(0.0))), None);
    }
}
