//! Why a class was given.

use std::collections::BTreeMap;

use serde::Serialize;

/// A sentence to be written by the catalogue: its code and the numbers in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HealthReason {
    /// `health.` and what was found: a class, `health.unknown_<class>` for a test that could not be
    /// decided (`health.text_unreadable` if the channel shows no messages at all,
    /// `health.nothing_imported` if none ever came in), `health.contributors_…`.
    pub code: &'static str,
    /// Named numbers of the sentence; shares are percentages.
    pub args: BTreeMap<&'static str, f64>,
}

impl HealthReason {
    pub(super) fn new<const N: usize>(
        code: &'static str,
        args: [(&'static str, Option<f64>); N],
    ) -> Self {
        let args = args
            .into_iter()
            .filter_map(|(name, n)| n.map(|n| (name, n)))
            .collect();
        Self { code, args }
    }
}
