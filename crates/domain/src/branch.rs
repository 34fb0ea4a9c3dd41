//! Stores and regions: the tree in which groups, staff and sales belong.

use crate::words;

words! {
    /// What a branch is. req: 004-074
    pub enum BranchKind {
        /// The head office; the root of the tree.
        Head = "head",
        /// A region with a supervisor.
        Region = "region",
        /// A city branch with its own set of roles.
        City = "city",
        /// A store.
        Store = "store",
    }
}
