//! The set in force.

use std::sync::{Arc, RwLock};

use super::RuleSet;

/// The set in force, exchanged as a whole while others read.
#[derive(Debug, Default)]
pub struct Live {
    set: RwLock<Arc<RuleSet>>,
}

impl Live {
    /// Begins with a set.
    pub fn new(set: RuleSet) -> Self {
        Self {
            set: RwLock::new(Arc::new(set)),
        }
    }

    /// The set in force.
    pub fn get(&self) -> Arc<RuleSet> {
        Arc::clone(
            &self
                .set
                .read()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }

    /// Puts another in force. It has been compiled before, so nobody waits for more than a pointer.
    pub fn swap(&self, set: Arc<RuleSet>) {
        let old = {
            let mut place = self
                .set
                .write()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            std::mem::replace(&mut *place, set)
        };
        // A large set takes long to free; not while others wait.
        drop(old);
    }
}
