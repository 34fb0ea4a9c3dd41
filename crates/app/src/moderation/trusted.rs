//! People whose messages are not judged.

use yutang_domain::{
    event::{Event, EventKind},
    id::MemberId,
    permission::Operation,
};
use yutang_store::{StoreError, event, member, trusted};

use crate::{App, Caller, Result, audit::Change, macros::in_tx};

impl App {
    /// Everybody who is trusted, latest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn trusted(&self, caller: &Caller) -> Result<Vec<trusted::Trusted>> {
        caller.may(Operation::ModerationRead)?;
        in_tx!(self, Read, tx => {
            let mut rows = trusted::list(tx, caller.workspace).await?;
            let names =
                self.actor_names(tx, caller, rows.iter().map(|row| row.actor.as_str())).await?;
            for row in &mut rows {
                if let Some(name) = names.get(&row.actor) {
                    row.actor.clone_from(name);
                }
            }
            Ok(rows)
        })
    }

    /// Trusts somebody from now on; once more changes nothing.
    ///
    /// # Errors
    /// There is no such member.
    pub async fn trust(&self, caller: &Caller, id: MemberId, note: &str) -> Result<()> {
        self.change_trust(caller, id, Some(note)).await
    }

    /// Trusts somebody no longer.
    ///
    /// # Errors
    /// They were not trusted.
    pub async fn distrust(&self, caller: &Caller, id: MemberId) -> Result<()> {
        self.change_trust(caller, id, None).await
    }

    async fn change_trust(&self, caller: &Caller, id: MemberId, note: Option<&str>) -> Result<()> {
        caller.may(Operation::ModerationDecide)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let workspace = caller.workspace;
            let person = member::get(tx, workspace, id).await?.canonical_id;
            match note {
                Some(note) => {
                    let actor = caller.actor.to_string();
                    let words = (note.trim(), actor.as_str());
                    if !trusted::insert(tx, workspace, person, words, now).await? {
                        return Ok(());
                    }
                }
                None if trusted::remove(tx, workspace, person).await? => {}
                None => return Err(StoreError::NotFound("trusted member").into()),
            }
            let fact = Event::new(self.ids().next()?, EventKind::TrustChanged, &caller.actor)
                .about(person)
                .with(serde_json::json!({ "trusted": note.is_some() }));
            event::insert(tx, workspace, now, &[fact]).await?;
            self.audited(tx, caller, now, Change {
                operation: if note.is_some() { "member.trust" } else { "member.distrust" },
                subject: format!("member:{person}"),
                subject_name: "",
                undoable: false,
            }, Some(&note.is_none()), Some(&note.is_some())).await
        })
    }
}
