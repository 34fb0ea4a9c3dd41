//! The audit log: every change, who made it, from what to what, and how to take it back.

use serde::Serialize;
use yutang_domain::{id::kind, permission::Operation, time::Timestamp};
pub use yutang_store::audit::{Audit, Filter};
use yutang_store::{Tx, audit};

use crate::{App, Caller, Result, macros::in_tx, text::keys_saying};

/// Words of one search, at most.
const WORDS: usize = 8;
/// What the names of operations begin with in the catalogue.
const OPERATION: &str = "operation.";

/// A change about to be recorded.
pub(crate) struct Change<'a> {
    /// The verb, for example `group.edit`; undo dispatches on it.
    pub operation: &'static str,
    /// `kind:id`.
    pub subject: String,
    /// The subject's name; empty where it would be personal data.
    pub subject_name: &'a str,
    /// Whether [`App::undo`] knows how to take it back from `before`.
    pub undoable: bool,
}

/// The words of a search, each with the operations whose names contain it.
pub fn sought(q: &str) -> Vec<(String, Vec<String>)> {
    q.split_whitespace()
        .take(WORDS)
        .map(|word| {
            let operations = keys_saying(OPERATION, word)
                .into_iter()
                .filter_map(|key| key.strip_prefix(OPERATION))
                .map(str::to_owned)
                .collect();
            (word.to_owned(), operations)
        })
        .collect()
}

impl App {
    /// Adds a line to the audit log, in the transaction that makes the change.
    pub(crate) async fn audited(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        at: Timestamp,
        change: Change<'_>,
        before: Option<&(impl Serialize + Sync)>,
        after: Option<&(impl Serialize + Sync)>,
    ) -> Result<()> {
        let json =
            |value: Result<String, serde_json::Error>| value.map_err(crate::AppError::internal);
        let line = audit::Audit {
            id: self.ids().next::<kind::Audit>()?,
            at,
            actor: caller.actor.to_string(),
            actor_name: caller.name.clone(),
            operation: change.operation.to_owned(),
            subject: change.subject,
            subject_name: change.subject_name.to_owned(),
            before: before.map(serde_json::to_string).map(json).transpose()?,
            after: after.map(serde_json::to_string).map(json).transpose()?,
            undoable: change.undoable,
            undone_at: None,
            undone_by: None,
            request_id: caller.request_id.clone(),
        };
        audit::insert(tx, caller.workspace, &line).await?;
        self.carried_out(tx, caller).await
    }

    /// Lines of the audit log, newest first; more than 10,000 are not counted.
    ///
    /// # Errors
    /// The database refused.
    pub async fn audit_list(
        &self,
        caller: &Caller,
        filter: &Filter,
        limit: usize,
    ) -> Result<(Vec<Audit>, i64)> {
        caller.may(Operation::AuditRead)?;
        in_tx!(self, Read, tx => {
            let lines = audit::list(tx, caller.workspace, filter, limit).await?;
            let total = audit::count(tx, caller.workspace, filter, 10_001).await?;
            Ok((lines, total))
        })
    }
}
