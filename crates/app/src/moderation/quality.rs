//! How good the decisions are: precision as judged by undo and appeal, and how soon something was
//! done. req: 002-030

use std::collections::BTreeMap;

use yutang_domain::{
    appeal::AppealState, id::GroupId, moderation::HitKind, permission::Operation,
    sanction::SanctionState, time::Period,
};
use yutang_store::sanction::{self, Measured};

use crate::{App, Caller, Result, macros::in_tx};

/// Decisions looked at, at most.
const LOOKED: usize = 20_000;

/// How good decisions of a kind were.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KindQuality {
    /// Decisions of the program, those only watched included.
    pub decided: i64,
    /// Found right by a person.
    pub right: i64,
    /// Taken back, or dismissed.
    pub wrong: i64,
    /// Appeals.
    pub appeals: i64,
    /// Appeals that were granted.
    pub granted: i64,
}

/// How good decisions were.
#[derive(Clone, Debug, Default)]
pub struct Quality {
    /// All kinds together.
    pub all: KindQuality,
    /// By kind.
    pub kinds: BTreeMap<HitKind, KindQuality>,
    /// Milliseconds from a message to the first thing done about it: the middle one; `None` where
    /// nothing was done.
    pub median_ms: Option<i64>,
    /// The same for the slowest tenth.
    pub slowest_tenth_ms: Option<i64>,
    /// Decisions of which something was done.
    pub acted: i64,
}

impl KindQuality {
    /// The share of decisions that were not found wrong; `None` where there were none.
    pub fn precision(&self) -> Option<f64> {
        (self.decided > 0).then(|| 1.0 - self.wrong as f64 / self.decided as f64)
    }

    fn add(&mut self, row: &Measured) {
        self.decided += 1;
        self.right += i64::from(row.is_right == Some(true));
        self.wrong += i64::from(matches!(
            row.state,
            SanctionState::Undone | SanctionState::Dismissed
        ));
        self.appeals += i64::from(row.appeal.is_some());
        self.granted += i64::from(row.appeal == Some(AppealState::Granted));
    }
}

impl Quality {
    fn of(rows: &[Measured]) -> Self {
        let mut quality = Self::default();
        let mut waits: Vec<i64> = Vec::new();
        for row in rows {
            quality.all.add(row);
            quality.kinds.entry(row.kind).or_default().add(row);
            waits.extend(row.acted_at.map(|at| at.since(row.message_at).max(0)));
        }
        waits.sort_unstable();
        quality.acted = i64::try_from(waits.len()).unwrap_or(i64::MAX);
        let at = |tenths: usize| waits.get((waits.len() * tenths / 10).min(waits.len().max(1) - 1));
        quality.median_ms = at(5).copied();
        quality.slowest_tenth_ms = at(9).copied();
        quality
    }
}

impl App {
    /// How good the program's decisions of a period were, in a group or in all in reach.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn quality(
        &self,
        caller: &Caller,
        period: Period,
        group: Option<GroupId>,
    ) -> Result<Quality> {
        caller.may(Operation::ReportRead)?;
        let span = (
            caller.zone.start_of(period.from),
            caller.zone.start_of(period.to),
        );
        in_tx!(self, Read, tx => {
            if let Some(group) = group {
                self.group_in_scope(tx, caller, group).await?;
            }
            let prefix = caller.branch_prefix();
            let rows =
                sanction::measured(tx, caller.workspace, span, group, &prefix, LOOKED).await?;
            Ok(Quality::of(&rows))
        })
    }
}

#[cfg(test)]
mod tests {
    use yutang_domain::time::Timestamp;

    use super::*;

    fn row(state: SanctionState, wait: Option<i64>) -> Measured {
        Measured {
            kind: HitKind::Advert,
            state,
            is_right: None,
            appeal: None,
            message_at: Timestamp::from_ms(1_000),
            acted_at: wait.map(|ms| Timestamp::from_ms(1_000 + ms)),
        }
    }

    #[test]
    fn what_was_taken_back_was_wrong() {
        let rows = [
            row(SanctionState::Decided, Some(10)),
            row(SanctionState::Decided, Some(30)),
            row(SanctionState::Undone, Some(20)),
            row(SanctionState::Dismissed, None),
        ];
        let quality = Quality::of(&rows);
        assert_eq!(quality.all.precision(), Some(0.5));
        assert_eq!((quality.acted, quality.median_ms), (3, Some(20)));
        assert_eq!(quality.slowest_tenth_ms, Some(30));
        assert_eq!(Quality::of(&[]).all.precision(), None);
        assert_eq!(Quality::of(&[]).median_ms, None);
    }
}
