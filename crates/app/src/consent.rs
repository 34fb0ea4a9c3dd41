//! The ledger of consents. Giving and withdrawing are facts: neither is taken back, the other one
//! is recorded instead.

use yutang_domain::{
    actor::Actor,
    error::{Class, Rule},
    event::EventKind,
    id::{ConsentId, MemberId, kind},
    member::{ProfileError, Purpose},
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{
    StoreError, Tx,
    consent::{self, Consent},
    profile,
};

use crate::{App, Caller, Result, audit::Change, macros::in_tx, member::subject};

/// A consent as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentInput {
    /// For what.
    pub purpose: Purpose,
    /// Version of the text agreed to, as the organisation calls it.
    pub text_version: String,
    /// Where it was given: `chat`, `in_person`, `page`, `paper`, `phone`, or a network's name.
    pub channel: String,
}

/// Why a consent cannot be recorded so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// The version of the text is missing or too long.
    #[error("say which version of the text was agreed to, in at most 60 characters")]
    Version,
    /// The channel is missing or too long.
    #[error("say where the consent was given, in at most 30 characters")]
    Channel,
    /// It has been withdrawn already.
    #[error("this consent has been withdrawn already")]
    Withdrawn,
}

impl Rule for ConsentError {
    fn code(&self) -> &'static str {
        match self {
            Self::Version => "consent.version",
            Self::Channel => "consent.channel",
            Self::Withdrawn => "consent.withdrawn",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Withdrawn => Class::Conflict,
            _ => Class::Invalid,
        }
    }
    fn at(&self) -> Option<String> {
        match self {
            Self::Version => Some("text_version".to_owned()),
            Self::Channel => Some("channel".to_owned()),
            Self::Withdrawn => None,
        }
    }
}

impl App {
    /// Records a consent; one to the same purpose and text that is live already is returned as it
    /// is.
    ///
    /// # Errors
    /// [`ConsentError`].
    pub async fn give_consent(
        &self,
        caller: &Caller,
        id: MemberId,
        input: &ConsentInput,
    ) -> Result<ConsentId> {
        self.may_consent(caller, id)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let version = input.text_version.trim();
            if version.is_empty() || version.chars().count() > 60 {
                return Err(ConsentError::Version.into());
            }
            let channel = input.channel.trim();
            if channel.is_empty() || channel.chars().count() > 30 {
                return Err(ConsentError::Channel.into());
            }
            let person = self.visible(tx, caller, id).await?;
            if person.erased_at.is_some() {
                return Err(ProfileError::Erased.into());
            }
            let held = consent::of_person(tx, caller.workspace, person.id).await?;
            if let Some(same) = held.iter().find(|c| {
                c.withdrawn_at.is_none() && c.purpose == input.purpose && c.text_version == version
            }) {
                return Ok(same.id);
            }
            let row = Consent {
                id: self.ids().next::<kind::Consent>()?,
                member_id: person.id,
                purpose: input.purpose,
                text_version: version.to_owned(),
                channel: channel.to_owned(),
                actor: caller.actor.to_string(),
                given_at: now,
                withdrawn_at: None,
                withdrawn_by: None,
            };
            consent::insert(tx, caller.workspace, &row).await?;
            self.consent_changed(tx, caller, &row, EventKind::ConsentGiven, now).await?;
            Ok(row.id)
        })
    }

    /// Records that a consent was withdrawn. Research answers go with the last consent to research.
    ///
    /// # Errors
    /// [`ConsentError::Withdrawn`]; there is no such consent of this person.
    pub async fn withdraw_consent(
        &self,
        caller: &Caller,
        id: MemberId,
        consent_id: ConsentId,
    ) -> Result<()> {
        self.may_consent(caller, id)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let workspace = caller.workspace;
            let person = self.visible(tx, caller, id).await?;
            let held = consent::of_person(tx, workspace, person.id).await?;
            let row = held
                .iter()
                .find(|c| c.id == consent_id)
                .ok_or(StoreError::NotFound("consent"))?;
            if !consent::withdraw(tx, workspace, row.id, now, &caller.actor.to_string()).await? {
                return Err(ConsentError::Withdrawn.into());
            }
            let others = held.iter().any(|c| {
                c.id != row.id && c.purpose == row.purpose && c.withdrawn_at.is_none()
            });
            if row.purpose == Purpose::Research && !others {
                profile::remove(tx, workspace, person.id, None).await?;
                self.forget_answers(tx, caller, person.id).await?;
            }
            self.consent_changed(tx, caller, row, EventKind::ConsentWithdrawn, now).await
        })
    }

    /// Staff with the permission, and people for themselves.
    fn may_consent(&self, caller: &Caller, id: MemberId) -> Result<()> {
        match caller.actor {
            Actor::Member(own) if own == id => Ok(()),
            _ => caller.may(Operation::MemberConsent),
        }
    }

    /// Answers do not live on in the audit log once the consent they were kept under is gone.
    async fn forget_answers(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        canonical: MemberId,
    ) -> Result<()> {
        let records = yutang_store::member::records(tx, caller.workspace, canonical).await?;
        let subjects: Vec<String> = records.iter().map(|r| subject(r.id)).collect();
        yutang_store::erase::blank_profile_audit(tx, caller.workspace, &subjects).await?;
        Ok(())
    }

    async fn consent_changed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Consent,
        what: EventKind,
        now: Timestamp,
    ) -> Result<()> {
        let said = serde_json::json!({
            "consent_id": row.id,
            "purpose": row.purpose,
            "text_version": row.text_version,
            "channel": row.channel,
        });
        let given = what == EventKind::ConsentGiven;
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: if given {
                    "member.consent"
                } else {
                    "member.consent_withdraw"
                },
                subject: subject(row.member_id),
                subject_name: "",
                undoable: false,
            },
            (!given).then_some(&said),
            given.then_some(&said),
        )
        .await?;
        self.member_fact(
            tx,
            caller,
            what,
            row.member_id,
            now,
            serde_json::json!({"consent": row.id, "purpose": row.purpose}),
        )
        .await
    }
}
