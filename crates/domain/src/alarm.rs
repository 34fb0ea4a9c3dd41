//! 客诉: a complaint is an alarm with a clock, never a sanction.
//!
//! The manager of the store has five minutes to take it up; after fifteen the supervisor of the
//! region is told as well. It ends when a person says how. The program never answers it, and sales
//! posts in that group wait until it is closed (trade.md 6).

use crate::{
    error::{Class, Rule},
    id::StaffId,
    staff::Title,
    time::{MINUTE, Timestamp},
    words,
};

/// How soon somebody has to look, in milliseconds.
pub const WITHIN: i64 = 5 * MINUTE;
/// After how long the region is told, in milliseconds.
pub const ESCALATES_AFTER: i64 = 15 * MINUTE;
/// For how long after it was taken up what the same person adds starts no new clock, in
/// milliseconds: they are being talked with.
pub const TALK: i64 = 30 * MINUTE;
/// Longest note on the outcome, in characters.
pub const NOTE: usize = 500;

words! {
    /// Where an alarm stands.
    pub enum AlarmState {
        /// Not settled.
        Open = "open",
        /// Closed by a person.
        Closed = "closed",
    }
}
words! {
    /// How a complaint ended.
    pub enum AlarmOutcome {
        /// Explained or put right.
        Settled = "settled",
        /// Money was given back.
        Refunded = "refunded",
        /// The goods were replaced.
        Replaced = "replaced",
        /// The person cannot be reached.
        Unreachable = "unreachable",
        /// It was no complaint.
        Mistaken = "mistaken",
    }
}

/// Why an alarm is not closed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlarmError {
    /// It is closed already.
    #[error("the complaint was closed already")]
    Closed,
    /// The note is too long.
    #[error("a note on the outcome has at most {NOTE} characters")]
    Note,
}

impl Rule for AlarmError {
    fn code(&self) -> &'static str {
        match self {
            Self::Closed => "alarm.closed",
            Self::Note => "alarm.note",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Closed => Class::Conflict,
            Self::Note => Class::Invalid,
        }
    }
    fn at(&self) -> Option<String> {
        matches!(self, Self::Note).then(|| "note".to_owned())
    }
}

/// Somebody who may be given a complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub staff: StaffId,
    /// What they are.
    pub title: Title,
    /// Whether they host the group.
    pub host: bool,
    /// Whether they answer members of the group.
    pub serves: bool,
    /// Whether they are assigned to the group in any way.
    pub assigned: bool,
    /// How far above the group's own branch they work: 0 in it, 1 in the branch above; `None` in no
    /// branch.
    pub above: Option<u32>,
}

/// Who is to take a complaint up: the manager of the store, the host who is one before others; then
/// whoever hosts the group, then whoever else is in it, then the store's other staff.
pub fn first(candidates: &[Candidate]) -> Option<StaffId> {
    best(candidates, None, |one| {
        let own = one.above == Some(0);
        let manages = one.title == Title::StoreManager;
        match (manages, one.host, one.assigned, own) {
            (true, true, _, _) => Some(0),
            (true, _, true, true) => Some(1),
            (true, _, _, true) => Some(2),
            (true, _, true, _) => Some(3),
            (_, true, _, _) => Some(4),
            (_, _, true, _) => Some(5),
            (_, _, _, true) if one.title != Title::Analyst => Some(6),
            _ => None,
        }
    })
}

/// Who is told when the first has not answered: the supervisor of the region, the nearest above
/// first; then managers above, then the head office.
pub fn next(candidates: &[Candidate], first: Option<StaffId>) -> Option<StaffId> {
    best(candidates, first, |one| {
        let far = one.above.map_or(100, |above| above.min(99));
        match one.title {
            Title::RegionSupervisor => one.above.map(|_| far),
            Title::StoreManager if one.above.is_some_and(|above| above > 0) => Some(200 + far),
            Title::HeadOperator => Some(400),
            Title::Boss => Some(401),
            _ => None,
        }
    })
}

fn best(
    candidates: &[Candidate],
    not: Option<StaffId>,
    rank: impl Fn(&Candidate) -> Option<u32>,
) -> Option<StaffId> {
    candidates
        .iter()
        .filter(|one| Some(one.staff) != not)
        .filter_map(|one| rank(one).map(|rank| (rank, one.staff)))
        .min_by_key(|(rank, staff)| (*rank, staff.raw()))
        .map(|(_, staff)| staff)
}

/// What the clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet.
    Wait,
    /// The region is to be told.
    Escalate,
}

/// What is to be done about an alarm that nobody took up; `refused`: whoever had it said that they
/// cannot.
pub const fn due(clock_at: Timestamp, refused: bool, now: Timestamp) -> Due {
    if refused || now.since(clock_at) >= ESCALATES_AFTER {
        Due::Escalate
    } else {
        Due::Wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(staff: i64, title: Title, above: Option<u32>) -> Candidate {
        Candidate {
            staff: StaffId::from_raw(staff),
            title,
            host: false,
            serves: false,
            assigned: false,
            above,
        }
    }

    fn id(raw: i64) -> StaffId {
        StaffId::from_raw(raw)
    }

    #[test]
    fn the_store_manager_comes_first_the_host_before_others() {
        let sales = Candidate {
            host: true,
            assigned: true,
            ..one(1, Title::Sales, Some(0))
        };
        let manager = one(2, Title::StoreManager, Some(0));
        let host = Candidate {
            host: true,
            assigned: true,
            ..one(3, Title::StoreManager, Some(0))
        };
        let analyst = one(4, Title::Analyst, Some(0));
        let all = [analyst.clone(), sales.clone(), manager.clone(), host];
        assert_eq!(first(&all), Some(id(3)));
        assert_eq!(first(&all[..3]), Some(id(2)), "managers come before hosts");
        assert_eq!(first(&all[..2]), Some(id(1)));
        assert_eq!(first(&all[..1]), None);
        let service = one(5, Title::Service, Some(0));
        assert_eq!(first(&[analyst, service]), Some(id(5)), "whoever is there");
    }

    #[test]
    fn the_nearest_supervisor_above_is_told_next() {
        let near = one(1, Title::RegionSupervisor, Some(1));
        let far = one(2, Title::RegionSupervisor, Some(2));
        let boss = one(3, Title::Boss, None);
        let head = one(4, Title::HeadOperator, None);
        let sales = one(5, Title::Sales, Some(0));
        let all = [boss.clone(), head, far, near, sales.clone()];
        assert_eq!(next(&all, Some(id(5))), Some(id(1)));
        assert_eq!(
            next(&all, Some(id(1))),
            Some(id(2)),
            "not to the same person again"
        );
        assert_eq!(next(&all[..2], None), Some(id(4)));
        assert_eq!(next(&[boss], None), Some(id(3)));
        assert_eq!(next(&[sales], None), None);
    }

    #[test]
    fn a_quarter_of_an_hour_or_a_refusal_escalates() {
        let at = Timestamp::from_ms(0);
        assert_eq!(due(at, false, at.plus(ESCALATES_AFTER - 1)), Due::Wait);
        assert_eq!(due(at, false, at.plus(ESCALATES_AFTER)), Due::Escalate);
        assert_eq!(due(at, true, at), Due::Escalate);
    }
}
