//! How members come to be signed in on their own pages, without a password.
//!
//! Three ways, each good once: a link that the bot sends in private (10 minutes); six digits that
//! the page shows and the member says to the bot, who knows the member from the channel (10
//! minutes, five tries); a link that staff hand out in person (a day, in the audit log). What the
//! member holds is random and only its hash is kept. A session lasts 30 days in one browser and
//! can be ended; erasing and exporting ask for a sign-in younger than 10 minutes.

use yutang_domain::{
    actor::Actor,
    error::{Class, Rule},
    id::{MemberId, WorkspaceId},
    permission::Operation,
    time::{DAY, MINUTE, Timestamp},
};
use yutang_store::{
    Tx, member,
    member_sign_in::{self, MemberSession, SignIn},
    rate_limit,
};

use crate::{
    App, Caller, Result,
    audit::Change,
    key::{random_below, random_text, token_hash},
    macros::in_tx,
};

/// For how long a link sent in private and a code can be used, in milliseconds.
pub const SHORT_MS: i64 = 10 * MINUTE;
/// For how long a link handed out by staff can be used, in milliseconds.
pub const HANDED_MS: i64 = DAY;
/// How long a browser stays signed in, in milliseconds.
pub const SESSION_MS: i64 = 30 * DAY;
/// How young a sign-in has to be for erasing and exporting, in milliseconds.
pub const FRESH_MS: i64 = 10 * MINUTE;
/// How many codes a member may try, and a browser may ask for, in ten minutes.
pub const TRIES: i64 = 5;

/// Why a member is not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MemberSignInError {
    /// The link was used, its time is over, or there never was one.
    #[error("the link was used already or its time is over: ask for a new one")]
    Link,
    /// No page shows these digits.
    #[error("no page shows this code: look again, it changes after ten minutes")]
    Code,
    /// Too many tries.
    #[error("too many tries: wait ten minutes")]
    TooOften,
    /// Nobody is signed in here.
    #[error("nobody is signed in here")]
    Nobody,
    /// The sign-in is older than ten minutes.
    #[error("this needs a sign-in of the last ten minutes: sign in again")]
    Stale,
    /// The form is not the one that was shown.
    #[error("the form is out of date: open the page again")]
    Form,
}

impl Rule for MemberSignInError {
    fn code(&self) -> &'static str {
        match self {
            Self::Link => "member_sign_in.link",
            Self::Code => "member_sign_in.code",
            Self::TooOften => "member_sign_in.too_often",
            Self::Nobody => "member_sign_in.nobody",
            Self::Stale => "member_sign_in.stale",
            Self::Form => "member_sign_in.form",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Link | Self::Code => Class::Invalid,
            Self::TooOften => Class::Limit,
            Self::Nobody => Class::Unauthenticated,
            Self::Stale | Self::Form => Class::Denied,
        }
    }
    fn wait_ms(&self) -> Option<i64> {
        matches!(self, Self::TooOften).then_some(SHORT_MS)
    }
}

/// Six digits on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownCode {
    /// The digits.
    pub code: String,
    /// Until when they hold.
    pub expires_at: Timestamp,
}

/// A link on its way to a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedLink {
    /// What stands at the end of its address, `/m/{workspace}/in/{token}`.
    pub token: String,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// A session that has just begun: the cookie is shown this once.
#[derive(Clone, Debug)]
pub struct BegunSession {
    /// What the browser keeps.
    pub cookie: String,
    /// Who is signed in.
    pub member: MemberId,
    /// Until when.
    pub expires_at: Timestamp,
}

/// What became of the code that a browser shows.
#[derive(Clone, Debug)]
pub enum Said {
    /// It shows none that holds.
    Nothing,
    /// The bot has not heard it yet; it holds until then.
    NotYet(Timestamp),
    /// The bot has heard it: the browser is signed in.
    Now(BegunSession),
}

/// A member in their browser.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who; the record that stands for all of theirs.
    pub member: MemberId,
    /// What forms have to carry.
    pub csrf: String,
    /// When they proved who they are.
    pub signed_in_at: Timestamp,
}

impl SignedIn {
    /// Whether the sign-in is young enough for what cannot be taken back.
    pub const fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.signed_in_at) < FRESH_MS
    }
}

impl App {
    /// Makes a link that signs `member` in once; for the bot to send in private, in the transaction
    /// that writes that message to the outbox.
    ///
    /// # Errors
    /// The database refused.
    pub async fn member_link_in(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        member: MemberId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<HandedLink> {
        link(tx, workspace, member, "link", actor, now, SHORT_MS).await
    }

    /// Makes a link for staff to hand to a member.
    ///
    /// # Errors
    /// There is no such member; the caller may not.
    pub async fn hand_member_link(&self, caller: &Caller, id: MemberId) -> Result<HandedLink> {
        caller.may(Operation::MemberLink)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = member::get(tx, caller.workspace, id).await?;
            if row.erased_at.is_some() {
                return Err(yutang_store::StoreError::NotFound("member").into());
            }
            let handed = link(tx, caller.workspace, id, "staff", &caller.actor, now, HANDED_MS).await?;
            self.audited(tx, caller, now, Change {
                operation: "member.page_link",
                subject: format!("member:{id}"),
                subject_name: "",
                undoable: false,
            }, None::<&()>, Some(&serde_json::json!({ "expires_at": handed.expires_at }))).await?;
            Ok(handed)
        })
    }

    /// Signs in whoever holds a link; it is good once.
    ///
    /// # Errors
    /// [`MemberSignInError::Link`].
    pub async fn follow_member_link(
        &self,
        workspace: WorkspaceId,
        token: &str,
    ) -> Result<BegunSession> {
        let (now, hash) = (self.now(), token_hash(token));
        in_tx!(self, Guarded, tx => {
            let found = member_sign_in::find_live(tx, workspace, &hash, now).await?;
            let member = found.filter(|row| row.kind != "code").and_then(|row| row.member_id);
            let Some(member) = member else { return Err(MemberSignInError::Link.into()) };
            if !member_sign_in::take(tx, workspace, &hash, now).await? {
                return Err(MemberSignInError::Link.into());
            }
            begin(tx, workspace, member, now).await
        })
    }

    /// Whether a link can still be used, without using it: chat apps open links to show a preview.
    ///
    /// # Errors
    /// The database refused.
    pub async fn is_member_link_live(&self, workspace: WorkspaceId, token: &str) -> Result<bool> {
        let (now, hash) = (self.now(), token_hash(token));
        in_tx!(self, Read, tx => {
            let found = member_sign_in::find_live(tx, workspace, &hash, now).await?;
            Ok(found.is_some_and(|row| row.kind != "code"))
        })
    }

    /// Six digits for the page in this browser to show.
    ///
    /// # Errors
    /// [`MemberSignInError::TooOften`].
    pub async fn show_member_code(
        &self,
        workspace: WorkspaceId,
        browser: &str,
    ) -> Result<ShownCode> {
        let now = self.now();
        let browser_hash = token_hash(browser);
        let drawn: Vec<String> = (0..8)
            .map(|_| format!("{:06}", random_below(1_000_000)))
            .collect();
        in_tx!(self, Guarded, tx => {
            let subject = format!("member_code:{}", crate::key::hex(&browser_hash[..8]));
            if !rate_limit::take(tx, &subject, window(now), TRIES).await? {
                return Err(MemberSignInError::TooOften.into());
            }
            member_sign_in::drop_of_browser(tx, workspace, &browser_hash).await?;
            for code in &drawn {
                let hash = code_hash(workspace, code);
                member_sign_in::drop_dead(tx, workspace, &hash, now).await?;
                let row = SignIn {
                    token_hash: hash,
                    kind: "code".to_owned(),
                    member_id: None,
                    browser_hash: Some(browser_hash.clone()),
                    actor: "visitor".to_owned(),
                    created_at: now,
                    expires_at: now.plus(SHORT_MS),
                    used_at: None,
                };
                if member_sign_in::insert(tx, workspace, &row).await? {
                    return Ok(ShownCode { code: code.clone(), expires_at: row.expires_at });
                }
            }
            // Eight numbers in a row that other pages show at this moment.
            Err(MemberSignInError::TooOften.into())
        })
    }

    /// A member has said six digits to the bot: the page that shows them is theirs.
    ///
    /// # Errors
    /// [`MemberSignInError::Code`], [`MemberSignInError::TooOften`].
    pub async fn say_member_code(
        &self,
        workspace: WorkspaceId,
        id: MemberId,
        code: &str,
    ) -> Result<()> {
        let now = self.now();
        // A wrong try has to be counted, so it must not undo its own transaction.
        let outcome =
            in_tx!(self, Guarded, tx => confirm_code(tx, workspace, id, code, now).await)?;
        outcome.map_err(Into::into)
    }

    /// Looks whether the code that this browser shows has been said to the bot, and signs it in if
    /// so.
    ///
    /// # Errors
    /// The database refused.
    pub async fn member_code_said(&self, workspace: WorkspaceId, browser: &str) -> Result<Said> {
        let (now, hash) = (self.now(), token_hash(browser));
        in_tx!(self, Guarded, tx => {
            let Some(row) = member_sign_in::find_of_browser(tx, workspace, &hash, now).await? else {
                return Ok(Said::Nothing);
            };
            let Some(member) = row.member_id else { return Ok(Said::NotYet(row.expires_at)) };
            if !member_sign_in::take(tx, workspace, &row.token_hash, now).await? {
                return Ok(Said::Nothing);
            }
            begin(tx, workspace, member, now).await.map(Said::Now)
        })
    }

    /// Who is signed in with this cookie.
    ///
    /// # Errors
    /// [`MemberSignInError::Nobody`].
    pub async fn signed_in_member(&self, workspace: WorkspaceId, cookie: &str) -> Result<SignedIn> {
        let (now, hash) = (self.now(), token_hash(cookie));
        in_tx!(self, Read, tx => {
            let Some(session) = member_sign_in::find_session(tx, workspace, &hash, now).await? else {
                return Err(MemberSignInError::Nobody.into());
            };
            let row = member::get(tx, workspace, session.member_id).await?;
            if row.erased_at.is_some() {
                return Err(MemberSignInError::Nobody.into());
            }
            Ok(SignedIn {
                member: row.canonical_id,
                csrf: session.csrf,
                signed_in_at: session.signed_in_at,
            })
        })
    }

    /// Ends the session of this cookie.
    ///
    /// # Errors
    /// The database refused.
    pub async fn sign_member_out(&self, workspace: WorkspaceId, cookie: &str) -> Result<()> {
        let (now, hash) = (self.now(), token_hash(cookie));
        in_tx!(self, Guarded, tx => {
            member_sign_in::revoke_session(tx, workspace, &hash, now).await?;
            Ok(())
        })
    }

    /// Ends every session of a member, in the transaction that has a reason for it.
    ///
    /// # Errors
    /// The database refused.
    pub async fn end_member_sessions_in(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        id: MemberId,
        now: Timestamp,
    ) -> Result<u64> {
        Ok(member_sign_in::revoke_all(tx, workspace, id, now).await?)
    }
}

async fn link(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
    kind: &str,
    actor: &Actor,
    now: Timestamp,
    lasts_ms: i64,
) -> Result<HandedLink> {
    let token = random_text(32);
    let row = SignIn {
        token_hash: token_hash(&token),
        kind: kind.to_owned(),
        member_id: Some(member),
        browser_hash: None,
        actor: actor.to_string(),
        created_at: now,
        expires_at: now.plus(lasts_ms),
        used_at: None,
    };
    member_sign_in::insert(tx, workspace, &row).await?;
    Ok(HandedLink {
        token,
        expires_at: row.expires_at,
    })
}

/// Joins the page that shows `code` to whoever said it; the refusal is a value, so that the try
/// stays counted.
pub(crate) async fn confirm_code(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: MemberId,
    code: &str,
    now: Timestamp,
) -> Result<std::result::Result<(), MemberSignInError>> {
    if !rate_limit::take(tx, &format!("member_say:{id}"), window(now), TRIES).await? {
        return Ok(Err(MemberSignInError::TooOften));
    }
    let hash = code_hash(workspace, code.trim());
    let confirmed = member_sign_in::confirm(tx, workspace, &hash, id, now).await?;
    Ok(confirmed.then_some(()).ok_or(MemberSignInError::Code))
}

async fn begin(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
    now: Timestamp,
) -> Result<BegunSession> {
    let cookie = random_text(32);
    let row = MemberSession {
        token_hash: token_hash(&cookie),
        member_id: member,
        csrf: random_text(26),
        signed_in_at: now,
        expires_at: now.plus(SESSION_MS),
        revoked_at: None,
    };
    member_sign_in::insert_session(tx, workspace, &row).await?;
    Ok(BegunSession {
        cookie,
        member,
        expires_at: row.expires_at,
    })
}

/// Digits are the same in two organisations at once, so the organisation is part of the hash.
fn code_hash(workspace: WorkspaceId, code: &str) -> Vec<u8> {
    token_hash(&format!("code:{workspace}:{code}"))
}

const fn window(now: Timestamp) -> Timestamp {
    Timestamp::from_ms(now.ms() - now.ms().rem_euclid(SHORT_MS))
}
