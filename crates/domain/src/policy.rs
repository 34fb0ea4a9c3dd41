//! How a group is kept: whether decisions are carried out, how strictly, and what is not looked at.
//! req: 002-029, 003-155

use serde::{Deserialize, Serialize};

use crate::{
    error::{Class, Rule},
    group::{Monetisation, Scene},
    moderation::{Hit, HitKind, Mode, Strictness},
};

/// Longest wait between two messages of one member, in seconds.
pub const SLOW_MODE_MAX: u32 = 3_600;

/// How a group is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// What becomes of decisions.
    pub mode: Mode,
    /// How strictly.
    pub strictness: Strictness,
    /// Seconds between two messages of one member; 0 = none. req: 000-003
    pub slow_mode_s: u32,
    /// Kinds that are not looked at here.
    pub off: Vec<HitKind>,
}

impl Default for Policy {
    /// Decisions are written down and nobody is touched until somebody has seen that they are right;
    /// chit-chat is nobody's fault unless the group says so.
    fn default() -> Self {
        Self {
            mode: Mode::Watch,
            strictness: Strictness::Normal,
            slow_mode_s: 0,
            off: vec![HitKind::OffTopic],
        }
    }
}

/// Why a group cannot be kept so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Members would wait too long.
    #[error("slow mode is at most {SLOW_MODE_MAX} seconds")]
    SlowMode,
    /// A complaint is always heard.
    #[error("complaints cannot be switched off: they are an alarm and never a sanction")]
    Complaint,
}

impl Rule for PolicyError {
    fn code(&self) -> &'static str {
        match self {
            Self::SlowMode => "policy.slow_mode",
            Self::Complaint => "policy.complaint",
        }
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
    fn at(&self) -> Option<String> {
        Some(
            match self {
                Self::SlowMode => "slow_mode_s",
                Self::Complaint => "off",
            }
            .to_owned(),
        )
    }
}

impl Policy {
    /// Checks what an operator says.
    ///
    /// # Errors
    /// [`PolicyError`], naming the field.
    pub fn check(&self) -> Result<(), PolicyError> {
        if self.slow_mode_s > SLOW_MODE_MAX {
            return Err(PolicyError::SlowMode);
        }
        if self.off.contains(&HitKind::Complaint) {
            return Err(PolicyError::Complaint);
        }
        Ok(())
    }

    /// Takes away what is not looked at here.
    pub fn sift(&self, hits: &mut Vec<Hit>) {
        hits.retain(|hit| !self.off.contains(&hit.kind));
    }
}

/// Whether members paid to be in a group. req: 003-164
pub const fn is_paid(scene: Option<Scene>, monetisation: Option<Monetisation>) -> bool {
    matches!(scene, Some(Scene::Paid | Scene::Training))
        || matches!(monetisation, Some(Monetisation::Fee))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_nobody_set_up_only_watches() {
        assert_eq!(Policy::default().mode, Mode::Watch);
        assert_eq!(Policy::default().check(), Ok(()));
    }

    #[test]
    fn complaints_are_always_heard() {
        let deaf = Policy {
            off: vec![HitKind::Complaint],
            ..Policy::default()
        };
        assert_eq!(deaf.check(), Err(PolicyError::Complaint));
        let slow = Policy {
            slow_mode_s: SLOW_MODE_MAX + 1,
            ..Policy::default()
        };
        assert_eq!(slow.check(), Err(PolicyError::SlowMode));
    }

    #[test]
    fn kinds_that_are_off_are_not_seen() {
        let hit = |kind| Hit {
            kind,
            span: None,
            reason: String::new(),
            weight: 100,
        };
        let mut hits = vec![hit(HitKind::OffTopic), hit(HitKind::Advert)];
        Policy::default().sift(&mut hits);
        assert_eq!(hits, [hit(HitKind::Advert)]);
    }

    #[test]
    fn whoever_paid_is_known_by_scene_or_by_fee() {
        assert!(is_paid(Some(Scene::Paid), None));
        assert!(is_paid(None, Some(Monetisation::Fee)));
        assert!(!is_paid(Some(Scene::Welfare), Some(Monetisation::Goods)));
    }
}
