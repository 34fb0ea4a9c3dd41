//! Payload jobs: what a verb leaves behind to be finished later.

pub mod classifier;
pub mod recount;

use crate::queue::Trades;

/// Every kind of job this program can do.
pub fn trades() -> Trades {
    Trades::default()
        .with::<classifier::TrainClassifier>()
        .with::<recount::Recount>()
}
