//! Requests that come twice: the second finds the first one's answer.
//!
//! A key is claimed before the verb runs, marked by the verb's own transaction as carried out, and
//! gets its answer afterwards. So a client that repeats a request never makes the change twice,
//! also when the program died between the commit and the answer.

use ring::digest;
use yutang_domain::{
    error::{Class, Rule},
    time::MINUTE,
};
use yutang_store::{Tx, idempotency};

use crate::{App, Caller, Result, caller::RequestKey, macros::in_tx};

/// Status of a request that is being worked on.
const RUNNING: i64 = 0;
/// Status of a request whose change is made and whose answer is not kept yet.
const CARRIED_OUT: i64 = 1;
/// How long a request may be worked on before a repetition takes its place.
const PATIENCE: i64 = MINUTE;

/// What is known of a request that carries a key.
#[derive(Debug)]
pub enum Claim {
    /// It is the first: carry it out.
    First,
    /// It was answered: say the same again.
    Answered {
        /// HTTP status of the answer.
        status: u16,
        /// Its body.
        body: String,
    },
}

/// Why a repeated request gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdempotencyError {
    /// The key belongs to another request.
    #[error("this Idempotency-Key was used for another request: choose a new one")]
    Mismatch,
    /// The first request is still being worked on.
    #[error("the first request with this Idempotency-Key is still being worked on")]
    InProgress,
    /// The change was made and its answer was lost.
    #[error("the first request with this Idempotency-Key was carried out; its answer was lost")]
    AnswerLost,
    /// The key is not a key.
    #[error("an Idempotency-Key has 1 to 200 visible ASCII characters")]
    Key,
}

impl Rule for IdempotencyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Mismatch => "idempotency.mismatch",
            Self::InProgress => "idempotency.in_progress",
            Self::AnswerLost => "idempotency.answer_lost",
            Self::Key => "idempotency.key",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Mismatch | Self::Key => Class::Invalid,
            Self::InProgress | Self::AnswerLost => Class::Conflict,
        }
    }
    fn at(&self) -> Option<String> {
        Some("Idempotency-Key".to_owned())
    }
}

/// The hash by which two requests are told apart.
pub fn body_hash(parts: &[&[u8]]) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}

impl App {
    /// Claims a key for a request, or finds its answer.
    ///
    /// # Errors
    /// [`IdempotencyError`].
    pub async fn claim_request(
        &self,
        caller: &Caller,
        key: &RequestKey,
        hash: &[u8],
    ) -> Result<Claim> {
        let visible = key.key.bytes().all(|b| b.is_ascii_graphic());
        if key.key.is_empty() || key.key.len() > 200 || !visible {
            return Err(IdempotencyError::Key.into());
        }
        let now = self.now();
        let actor = caller.actor.to_string();
        let claim = idempotency::Answer {
            body_hash: hash.to_vec(),
            status: RUNNING,
            response: String::new(),
            created_at: now,
        };
        let stored = in_tx!(self, Guarded, tx => {
            let (ws, verb, key) = (caller.workspace, key.verb.as_str(), key.key.as_str());
            idempotency::expire_running(tx, ws, &actor, verb, key, now.plus(-PATIENCE)).await?;
            if idempotency::insert(tx, ws, &actor, verb, key, &claim).await? {
                return Ok(None);
            }
            Ok(idempotency::find(tx, ws, &actor, verb, key).await?)
        })?;
        let Some(stored) = stored else {
            return Ok(Claim::First);
        };
        if stored.body_hash != hash {
            return Err(IdempotencyError::Mismatch.into());
        }
        match stored.status {
            RUNNING => Err(IdempotencyError::InProgress.into()),
            // Its answer may be on the way still.
            CARRIED_OUT if now.since(stored.created_at) < PATIENCE => {
                Err(IdempotencyError::InProgress.into())
            }
            CARRIED_OUT => Err(IdempotencyError::AnswerLost.into()),
            status => Ok(Claim::Answered {
                status: u16::try_from(status).unwrap_or(200),
                body: self.keys().unseal(&stored.response)?,
            }),
        }
    }

    /// Keeps the answer of a request that was carried out; sealed, since it may hold a secret that
    /// is shown once.
    ///
    /// # Errors
    /// The database refused.
    pub async fn keep_answer(
        &self,
        caller: &Caller,
        key: &RequestKey,
        status: u16,
        body: &str,
    ) -> Result<()> {
        let actor = caller.actor.to_string();
        let sealed = self.keys().seal(body);
        in_tx!(self, Guarded, tx => {
            idempotency::answer(
                tx, caller.workspace, &actor, &key.verb, &key.key, i64::from(status), &sealed,
            ).await?;
            Ok(())
        })
    }

    /// Gives the key of a refused request back; one that was carried out stays.
    ///
    /// # Errors
    /// The database refused.
    pub async fn release_request(&self, caller: &Caller, key: &RequestKey) -> Result<()> {
        let actor = caller.actor.to_string();
        in_tx!(self, Guarded, tx => {
            idempotency::release(tx, caller.workspace, &actor, &key.verb, &key.key).await?;
            Ok(())
        })
    }

    /// Marks the request as carried out, in the transaction that makes its change.
    pub(crate) async fn carried_out(&self, tx: &mut Tx, caller: &Caller) -> Result<()> {
        if let Some(key) = &caller.request_key {
            let actor = caller.actor.to_string();
            idempotency::set_status(
                tx,
                caller.workspace,
                &actor,
                &key.verb,
                &key.key,
                CARRIED_OUT,
            )
            .await?;
        }
        Ok(())
    }
}
