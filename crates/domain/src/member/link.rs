//! Merging records of one person, so that it can be taken back.
//!
//! A merge moves nothing: it adds a link between two records. Records joined by live links form a
//! component, and the record that stands for it is the oldest, so the order in which links were
//! made or taken back makes no difference.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    error::{Class, Rule},
    id::MemberId,
};

/// Groups of records that are one person, by union-find over live links.
#[derive(Clone, Debug, Default)]
pub struct Components {
    parent: BTreeMap<MemberId, MemberId>,
}

impl Components {
    /// Components of `records` under `links`; a link to a record not listed is left out.
    pub fn of(
        records: impl IntoIterator<Item = MemberId>,
        links: impl IntoIterator<Item = (MemberId, MemberId)>,
    ) -> Self {
        let mut components = Self {
            parent: records.into_iter().map(|record| (record, record)).collect(),
        };
        for (one, other) in links {
            if let (Some(one), Some(other)) = (components.root(one), components.root(other)) {
                // The smaller id is the older record: it stays the root.
                components.parent.insert(one.max(other), one.min(other));
            }
        }
        components
    }

    fn root(&self, record: MemberId) -> Option<MemberId> {
        let mut at = record;
        loop {
            let parent = *self.parent.get(&at)?;
            if parent == at {
                return Some(at);
            }
            at = parent;
        }
    }

    /// The record that stands for each record: the one with the smallest id, which is the oldest.
    pub fn canonical(&self) -> BTreeMap<MemberId, MemberId> {
        self.parent
            .keys()
            .map(|record| (*record, self.root(*record).unwrap_or(*record)))
            .collect()
    }
}

/// One side of a merge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergeSide {
    /// The record that stands for it.
    pub canonical: Option<MemberId>,
    /// Whether it is a tombstone.
    pub erased: bool,
    /// Channels on which one of its identities is verified.
    pub verified: BTreeSet<String>,
}

/// Checks that two people may become one.
///
/// # Errors
/// [`LinkError`]. Two identities verified on one channel are two accounts that somebody has proved
/// to hold; only a person (`by_person`) may say that they are one.
pub fn may_merge(one: &MergeSide, other: &MergeSide, by_person: bool) -> Result<(), LinkError> {
    if one.erased || other.erased {
        return Err(LinkError::Erased);
    }
    if one.canonical == other.canonical {
        return Err(LinkError::Same);
    }
    if !by_person && let Some(channel) = one.verified.intersection(&other.verified).next() {
        return Err(LinkError::Verified(channel.clone()));
    }
    Ok(())
}

/// Why two records cannot be merged, or a merge not taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// They are one already.
    #[error("these records are one person already")]
    Same,
    /// One of them is a tombstone.
    #[error("a person who has been erased cannot be merged")]
    Erased,
    /// Both are verified on the channel.
    #[error("both are verified on {0}: only a person may say that they are one")]
    Verified(String),
    /// The link has been taken back already.
    #[error("this merge has been undone already")]
    Undone,
    /// Nobody said why.
    #[error("say why the two are one person, in at most 500 characters")]
    Reason,
}

impl Rule for LinkError {
    fn code(&self) -> &'static str {
        match self {
            Self::Same => "member_link.same",
            Self::Erased => "member_link.erased",
            Self::Verified(_) => "member_link.verified",
            Self::Undone => "member_link.undone",
            Self::Reason => "member_link.reason",
        }
    }
    fn class(&self) -> Class {
        if matches!(self, Self::Reason) {
            Class::Invalid
        } else {
            Class::Conflict
        }
    }
    fn at(&self) -> Option<String> {
        matches!(self, Self::Reason).then(|| "reason".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(raw: i64) -> MemberId {
        MemberId::from_raw(raw)
    }

    #[test]
    fn verified_twins_need_a_person() {
        let side = |canonical, channels: &[&str]| MergeSide {
            canonical: Some(id(canonical)),
            erased: false,
            verified: channels.iter().map(|c| (*c).to_owned()).collect(),
        };
        let (one, other) = (side(1, &["wecom", "qq"]), side(2, &["qq"]));
        assert_eq!(
            may_merge(&one, &other, false),
            Err(LinkError::Verified("qq".to_owned()))
        );
        assert_eq!(may_merge(&one, &other, true), Ok(()));
        assert_eq!(may_merge(&one, &side(3, &["matrix"]), false), Ok(()));
        assert_eq!(may_merge(&one, &one, true), Err(LinkError::Same));
        assert_eq!(
            may_merge(
                &one,
                &MergeSide {
                    erased: true,
                    ..side(4, &[])
                },
                true
            ),
            Err(LinkError::Erased)
        );
    }

    proptest! {
        /// The surviving record does not depend on the order of the links, and taking any links
        /// away gives what the others alone give.
        #[test]
        fn components_depend_on_the_links_alone(
            links in prop::collection::vec((0_i64..12, 0_i64..12), 0..20),
            turn in 0_usize..20,
        ) {
            let links: Vec<_> = links.into_iter().map(|(a, b)| (id(a), id(b))).collect();
            let canonical = Components::of((0..12).map(id), links.clone()).canonical();
            let mut turned = links.clone();
            if !turned.is_empty() {
                let by = turn % turned.len();
                turned.rotate_left(by);
            }
            turned.reverse();
            prop_assert_eq!(&Components::of((0..12).map(id), turned).canonical(), &canonical);
            for (record, stands) in &canonical {
                prop_assert!(stands <= record);
                prop_assert_eq!(canonical[stands], *stands);
            }
            for (a, b) in &links {
                prop_assert_eq!(canonical[a], canonical[b]);
            }
        }
    }
}
