//! Notes that staff write on members.

use serde::{Deserialize, Serialize};
use yutang_domain::{
    error::{Class, Rule},
    event::EventKind,
    id::{MemberId, NoteId, kind},
    member::ProfileError,
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{
    StoreError, Tx,
    note::{self, Note},
};

use crate::{App, Caller, Result, audit::Change, macros::in_tx, member::subject};

/// A note there or gone, for undo. Its words stay in the note alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct NoteKept {
    note_id: NoteId,
    there: bool,
}

/// Why a note cannot be kept so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Empty or longer than 2,000 characters.
    #[error("a note has 1 to 2,000 characters")]
    Text,
}

impl Rule for NoteError {
    fn code(&self) -> &'static str {
        "note.text"
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
    fn at(&self) -> Option<String> {
        Some("text".to_owned())
    }
}

impl App {
    /// Writes a note on a person.
    ///
    /// # Errors
    /// [`NoteError`].
    pub async fn write_note(&self, caller: &Caller, id: MemberId, text: &str) -> Result<NoteId> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let text = text.trim();
            if text.is_empty() || text.chars().count() > 2_000 {
                return Err(NoteError::Text.into());
            }
            let person = self.visible(tx, caller, id).await?;
            if person.erased_at.is_some() {
                return Err(ProfileError::Erased.into());
            }
            let row = Note {
                id: self.ids().next::<kind::Note>()?,
                member_id: person.id,
                text: text.to_owned(),
                actor: caller.actor.to_string(),
                created_at: now,
                deleted_at: None,
            };
            note::insert(tx, caller.workspace, &row).await?;
            self.note_changed(tx, caller, &row, true, now).await?;
            Ok(row.id)
        })
    }

    /// Takes a note away; it can be put back.
    ///
    /// # Errors
    /// There is no such note on this person.
    pub async fn remove_note(&self, caller: &Caller, id: MemberId, note_id: NoteId) -> Result<()> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let person = self.visible(tx, caller, id).await?;
            let row = note::get(tx, caller.workspace, note_id).await?;
            let of = self.visible(tx, caller, row.member_id).await?;
            if of.id != person.id || row.deleted_at.is_some() {
                return Err(StoreError::NotFound("note").into());
            }
            self.set_note(tx, caller, &row, false, now).await
        })
    }

    async fn set_note(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Note,
        there: bool,
        now: Timestamp,
    ) -> Result<()> {
        let deleted_at = (!there).then_some(now);
        note::set_deleted(tx, caller.workspace, row.id, deleted_at).await?;
        self.note_changed(tx, caller, row, there, now).await
    }

    async fn note_changed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Note,
        there: bool,
        now: Timestamp,
    ) -> Result<()> {
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: if there {
                    "member.note"
                } else {
                    "member.note_delete"
                },
                subject: subject(row.member_id),
                subject_name: "",
                undoable: true,
            },
            Some(&NoteKept {
                note_id: row.id,
                there: !there,
            }),
            Some(&NoteKept {
                note_id: row.id,
                there,
            }),
        )
        .await?;
        self.member_fact(
            tx,
            caller,
            EventKind::MemberChanged,
            row.member_id,
            now,
            serde_json::json!({"what": "note"}),
        )
        .await
    }

    /// Puts a note back or takes it away again.
    pub(crate) async fn undo_member_note(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        _subject: &str,
    ) -> Result<()> {
        let kept: NoteKept = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        let row = note::get(tx, caller.workspace, kept.note_id).await?;
        self.visible(tx, caller, row.member_id).await?;
        self.set_note(tx, caller, &row, kept.there, self.now())
            .await
    }
}
