//! What branches say of themselves in texts: address, hours, where to pick up, the code of the group.

use yutang_domain::{
    broadcast::{BroadcastError, STORE_VARIABLES},
    id::BranchId,
    permission::Operation,
};
pub use yutang_store::branch_variable::BranchVariable;
use yutang_store::{Tx, branch, branch_variable as rows};

use crate::{App, Caller, Result, audit::Change, macros::in_tx};

/// Longest value, in characters.
const LENGTH: usize = 200;

/// What a branch says under a name, and where that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The name.
    pub name: &'static str,
    /// What it says; empty = nobody above it says anything either.
    pub value: String,
    /// The branch above it that says so; `None` = its own word, or nobody's.
    pub from: Option<(BranchId, String)>,
}

impl App {
    /// What a branch says of itself, with what it takes over from above.
    ///
    /// # Errors
    /// It is out of reach.
    pub async fn branch_variables(&self, caller: &Caller, id: BranchId) -> Result<Vec<Said>> {
        caller.may(Operation::BranchRead)?;
        in_tx!(self, Read, tx => {
            self.branch_in_scope(tx, caller, id).await?;
            self.said_by(tx, caller, id).await
        })
    }

    async fn said_by(&self, tx: &mut Tx, caller: &Caller, id: BranchId) -> Result<Vec<Said>> {
        let row = branch::get(tx, caller.workspace, id).await?;
        let branches = branch::list(tx, caller.workspace, "").await?;
        let said = rows::list(tx, caller.workspace).await?;
        let found = |name: &str| {
            row.upwards().find_map(|id| {
                said.iter()
                    .find(|one| one.branch_id == id && one.name == name)
            })
        };
        Ok(STORE_VARIABLES
            .iter()
            .map(|name| {
                let one = found(name);
                Said {
                    name,
                    value: one.map(|one| one.value.clone()).unwrap_or_default(),
                    from: one.filter(|one| one.branch_id != id).and_then(|one| {
                        let from = branches.iter().find(|row| row.id == one.branch_id)?;
                        Some((from.id, from.name.clone()))
                    }),
                }
            })
            .collect())
    }

    /// Sets what a branch says of itself; an empty value takes its own word back.
    ///
    /// # Errors
    /// [`BroadcastError::Variable`] for a name that is not known; [`BroadcastError::Value`].
    pub async fn set_branch_variables(
        &self,
        caller: &Caller,
        id: BranchId,
        values: &[(String, String)],
    ) -> Result<Vec<Said>> {
        caller.may(Operation::GroupEdit)?;
        for (name, value) in values {
            if !STORE_VARIABLES.contains(&name.as_str()) {
                return Err(BroadcastError::Variable { name: name.clone() }.into());
            }
            if value.chars().count() > LENGTH {
                return Err(BroadcastError::Value(name.clone()).into());
            }
        }
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = self.branch_in_scope(tx, caller, id).await?;
            for (name, value) in values {
                let set = BranchVariable {
                    branch_id: id,
                    name: name.clone(),
                    value: value.trim().to_owned(),
                };
                rows::set(tx, caller.workspace, &set, &caller.actor.to_string(), now).await?;
            }
            self.audited(tx, caller, now, Change {
                operation: "branch.variable",
                subject: format!("branch:{id}"),
                subject_name: &row.name,
                undoable: false,
            }, None::<&()>, Some(&values)).await?;
            self.said_by(tx, caller, id).await
        })
    }
}
