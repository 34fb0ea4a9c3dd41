//! Signing in, staying signed in, and what a session or token stands for.

use std::sync::LazyLock;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use yutang_domain::{
    actor::{Actor, Role, Scope},
    event::{Event, EventKind},
    id::{AccountId, BranchId, SessionId, StaffId, WorkspaceId, kind},
    permission::Operation,
    staff::{
        self as rules, DEVICE_LIFE, FRESH, SESSION_IDLE, SESSION_LIFE, SessionError, SessionKind,
        Title,
    },
    time::{MINUTE, Timestamp},
};
pub use yutang_store::session::Session;
use yutang_store::{
    Tx,
    account::{self, Account},
    branch, event, session,
    staff::{self, Staff},
    token,
    workspace::{self, Workspace},
};

use crate::{
    App, AppError, Caller, Result,
    audit::Change,
    caller::Reach,
    key::{random_text, token_hash},
    macros::in_tx,
};

/// How often the use of a session or token is written down, in milliseconds.
const SEEN_EVERY: i64 = MINUTE;

/// A request whose sender is known.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Who asks.
    pub caller: Caller,
    /// What a change by cookie has to carry; `None` for tokens.
    pub csrf: Option<String>,
}

/// A session just begun.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The secret that goes into the cookie; the database keeps its hash.
    pub token: String,
    /// When the cookie ends.
    pub expires_at: Timestamp,
    /// What the session stands for.
    pub standing: Standing,
}

/// What somebody signs in with.
#[derive(Clone)]
pub struct SignIn {
    /// Name.
    pub sign_in: String,
    /// Password.
    pub password: String,
    /// Code of the authenticator.
    pub code: Option<String>,
    /// What the browser calls itself.
    pub agent: String,
}

/// Everything a console needs to know about who is signed in.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// The member of staff; `None` for a token.
    pub staff: Option<StaffView>,
    /// The organisation.
    pub workspace: Workspace,
    /// Organisations the sign-in works in.
    pub workspaces: Vec<Workspace>,
    /// What may be done.
    pub permissions: Vec<Operation>,
    /// Whether the title asks for an authenticator.
    pub totp_required: bool,
    /// Whether there is one.
    pub totp_enabled: bool,
    /// Until when one may work without.
    pub totp_due_at: Option<Timestamp>,
    /// Until when the sign-in is young enough for what cannot be taken back.
    pub fresh_until: Option<Timestamp>,
}

/// A member of staff as their own session shows them.
#[derive(Clone, Debug)]
pub struct StaffView {
    /// Their id.
    pub id: StaffId,
    /// Name.
    pub name: String,
    /// What they may do here: on a bound phone less than at a desk.
    pub role: Role,
    /// What the trade calls them.
    pub title: Title,
    /// Where their reach ends.
    pub branch_id: Option<BranchId>,
}

impl App {
    /// The standing of a cookie. req: 004-074
    ///
    /// # Errors
    /// [`SessionError::None`] if it belongs to no living session.
    pub async fn by_session(&self, token: &str, request_id: &str) -> Result<Standing> {
        let now = self.now();
        let hash = token_hash(token);
        let (standing, seen) = in_tx!(self, Read, tx => {
            let found = session::find(tx, &hash, now, now.plus(-SESSION_IDLE)).await?;
            let Some(row) = found else { return Err(SessionError::None.into()) };
            let seen = now.since(row.last_seen_at) >= SEEN_EVERY;
            Ok((standing(tx, &row, request_id, now).await?, seen))
        })?;
        if seen
            && let (Some(session), Some(staff)) =
                (standing.caller.session, standing.caller.actor.staff_id())
        {
            let workspace = standing.caller.workspace;
            in_tx!(self, Guarded, tx => {
                session::seen(tx, workspace, session, now).await?;
                staff::seen(tx, workspace, staff, now).await?;
                Ok(())
            })?;
        }
        Ok(standing)
    }

    /// The standing of a bearer token.
    ///
    /// # Errors
    /// [`SessionError::None`] if there is no such token.
    pub async fn by_token(&self, secret: &str, request_id: &str) -> Result<Standing> {
        let now = self.now();
        let hash = token_hash(secret);
        let (caller, row) = in_tx!(self, Read, tx => {
            let Some(row) = token::find(tx, &hash, now).await? else {
                return Err(SessionError::None.into());
            };
            let workspace = workspace::get(tx, row.workspace_id).await?;
            let actor = Actor::Token {
                id: row.id,
                role: row.role,
                scopes: row.scopes.split_whitespace().map(str::to_owned).collect(),
            };
            Ok((Caller::new(&workspace, actor, &row.name, request_id)?, row))
        })?;
        if row
            .last_used_at
            .is_none_or(|at| now.since(at) >= SEEN_EVERY)
        {
            in_tx!(self, Guarded, tx => Ok(token::used(tx, row.workspace_id, row.id, now).await?))?;
        }
        Ok(Standing { caller, csrf: None })
    }

    /// Whether the session or token behind a caller still stands: asked by streams that last.
    ///
    /// # Errors
    /// The database refused.
    pub async fn still_stands(&self, caller: &Caller) -> Result<bool> {
        let now = self.now();
        in_tx!(self, Read, tx => {
            if let Some(id) = caller.session {
                return Ok(session::is_alive(tx, caller.workspace, id, now).await?);
            }
            if let Actor::Token { id, .. } = &caller.actor {
                let row = token::get(tx, caller.workspace, *id).await?;
                return Ok(row.revoked_at.is_none() && row.expires_at.is_none_or(|at| at > now));
            }
            Ok(true)
        })
    }

    /// Signs somebody in. A name nobody has costs the same work and is locked by the same count as
    /// one that exists, so that names cannot be guessed.
    ///
    /// # Errors
    /// [`SessionError`].
    pub async fn sign_in(&self, given: SignIn, request_id: &str) -> Result<Opened> {
        let now = self.now();
        let name = given.sign_in.trim().to_lowercase();
        let guard = self.name_hash(&name);
        self.take_guess(&guard, now).await?;
        let account = in_tx!(self, Read, tx => Ok(account::find(tx, &name).await?))?;
        let stored = account
            .as_ref()
            .filter(|a| a.locked_at.is_none())
            .and_then(|a| a.password_hash.clone());
        let right = password_fits(stored, given.password).await?;
        let Some(account) = account.filter(|_| right) else {
            return Err(SessionError::Wrong.into());
        };
        let step = match (account.totp_enabled, given.code.as_deref().map(str::trim)) {
            (false, _) => None,
            (true, None | Some("")) => {
                in_tx!(self, Guarded, tx => Ok(account::give_back_guess(tx, &guard).await?))?;
                return Err(SessionError::CodeNeeded.into());
            }
            (true, Some(code)) => Some(
                self.totp_step(&account, code, now)?
                    .ok_or(SessionError::Wrong)?,
            ),
        };
        let secret = random_text(52);
        in_tx!(self, Write, tx => {
            if let Some(step) = step && !account::take_totp_step(tx, account.id, step).await? {
                return Err(SessionError::Wrong.into());
            }
            let places = staff::places(tx, account.id).await?;
            let Some(place) = places.first() else { return Err(SessionError::Wrong.into()) };
            account::forgive(tx, &guard).await?;
            let who = staff::get(tx, place.workspace_id, place.id).await?;
            let new = NewSession {
                workspace: place.workspace_id,
                staff: &who,
                account: Some(account.id),
                kind: SessionKind::Password,
                device: None,
                agent: &given.agent,
            };
            self.open_session(tx, new, &secret, request_id, now).await
        })
    }

    pub(crate) fn name_hash(&self, folded: &str) -> Vec<u8> {
        self.keys().lookup(&format!("sign-in {folded}"))
    }

    /// Counts a guess before anything is compared, so that guesses side by side count as well.
    async fn take_guess(&self, guard: &[u8], now: Timestamp) -> Result<()> {
        in_tx!(self, Guarded, tx => {
            let Some(taken) = account::take_guess(tx, guard, now).await? else {
                let until = account::guard(tx, guard).await?.and_then(|g| g.locked_until);
                let until = until.unwrap_or(now);
                return Err(SessionError::Locked { until, wait_ms: until.since(now) }.into());
            };
            if let Some(ms) = rules::lock_after(taken.failed) {
                account::lock_name(tx, guard, now.plus(ms)).await?;
            }
            Ok(())
        })
    }

    pub(crate) async fn open_session(
        &self,
        tx: &mut Tx,
        new: NewSession<'_>,
        secret: &str,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Opened> {
        let life = match new.kind {
            SessionKind::Password => SESSION_LIFE,
            SessionKind::Device => DEVICE_LIFE,
        };
        let row = Session {
            id: self.ids().next::<kind::Session>()?,
            account_id: new.account,
            staff_id: new.staff.id,
            workspace_id: new.workspace,
            kind: new.kind,
            device_id: new.device,
            csrf: random_text(32),
            agent: new
                .agent
                .chars()
                .filter(|c| !c.is_control())
                .take(200)
                .collect(),
            signed_in_at: now,
            last_seen_at: now,
            expires_at: now.plus(life),
        };
        session::insert(tx, &row, &token_hash(secret)).await?;
        staff::seen(tx, new.workspace, new.staff.id, now).await?;
        let standing = standing(tx, &row, request_id, now).await?;
        self.audited(
            tx,
            &standing.caller,
            now,
            Change {
                operation: "session.begin",
                subject: format!("staff:{}", new.staff.id),
                subject_name: &new.staff.name,
                undoable: false,
            },
            None::<&()>,
            Some(&row.kind),
        )
        .await?;
        Ok(Opened {
            token: secret.to_owned(),
            expires_at: row.expires_at,
            standing,
        })
    }

    /// What a console needs to know about who is signed in.
    ///
    /// # Errors
    /// The database refused.
    pub async fn session_view(&self, caller: &Caller) -> Result<SessionView> {
        caller.may(Operation::SessionOwn)?;
        in_tx!(self, Read, tx => {
            let workspace = workspace::get(tx, caller.workspace).await?;
            let mut view = SessionView {
                staff: None,
                workspaces: vec![workspace.clone()],
                permissions: caller.permissions(),
                totp_required: false,
                totp_enabled: false,
                totp_due_at: None,
                fresh_until: caller.signed_in_at.map(|at| at.plus(FRESH)),
                workspace,
            };
            let Actor::Staff { id, account, role, .. } = &caller.actor else { return Ok(view) };
            let row = staff::get(tx, caller.workspace, *id).await?;
            if let Some(account) = account {
                view.totp_enabled = account::get(tx, *account).await?.totp_enabled;
                view.totp_required = row.title.needs_totp() && !view.workspace.demo;
                if view.totp_required && !view.totp_enabled {
                    view.totp_due_at = rules::totp_due(row.title, row.created_at);
                }
                for place in staff::places(tx, *account).await? {
                    if place.workspace_id != caller.workspace {
                        view.workspaces.push(workspace::get(tx, place.workspace_id).await?);
                    }
                }
            }
            view.staff = Some(StaffView {
                id: row.id,
                name: row.name,
                role: *role,
                title: row.title,
                branch_id: row.branch_id,
            });
            Ok(view)
        })
    }

    /// One's own living sessions.
    ///
    /// # Errors
    /// The database refused.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<Session>> {
        caller.may(Operation::SessionOwn)?;
        let now = self.now();
        let Some(id) = caller.actor.staff_id() else {
            return Ok(Vec::new());
        };
        in_tx!(self, Read, tx => {
            Ok(session::list(tx, caller.workspace, id, now, now.plus(-SESSION_IDLE)).await?)
        })
    }

    /// Ends one of one's own sessions; `None` = the present one.
    ///
    /// # Errors
    /// There is no such session.
    pub async fn end_session(&self, caller: &Caller, id: Option<SessionId>) -> Result<()> {
        caller.may(Operation::SessionOwn)?;
        let now = self.now();
        let (Some(staff), Some(id)) = (caller.actor.staff_id(), id.or(caller.session)) else {
            return Err(yutang_store::StoreError::NotFound("session").into());
        };
        in_tx!(self, Write, tx => {
            if !session::revoke(tx, caller.workspace, staff, id, now).await? {
                return Err(yutang_store::StoreError::NotFound("session").into());
            }
            self.audited(tx, caller, now, Change {
                operation: "session.end",
                subject: format!("session:{id}"),
                subject_name: "",
                undoable: false,
            }, None::<&()>, None::<&()>).await?;
            self.sessions_revoked(tx, caller, caller.workspace, now).await
        })
    }

    /// Lets streams of ended sessions notice.
    pub(crate) async fn sessions_revoked(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        workspace: WorkspaceId,
        now: Timestamp,
    ) -> Result<()> {
        let fact = Event::new(self.ids().next()?, EventKind::SessionRevoked, &caller.actor);
        event::insert(tx, workspace, now, &[fact]).await?;
        Ok(())
    }

    /// Changes one's own password and ends all other sessions of the sign-in.
    ///
    /// # Errors
    /// [`SessionError::Wrong`] for the old one, [`rules::StaffError`] for the new one.
    pub async fn change_password(&self, caller: &Caller, old: String, new: String) -> Result<()> {
        caller.may(Operation::SessionOwn)?;
        let account = self.own_account(caller).await?;
        self.confirm_password(&account, old).await?;
        rules::check_password(&new, &account.sign_in)?;
        let hash = hash_password(new).await?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            account::set_password(tx, account.id, Some(&hash), now).await?;
            session::revoke_of_account(tx, account.id, caller.session, now).await?;
            self.audited(tx, caller, now, Change {
                operation: "session.password",
                subject: format!("account:{}", account.id),
                subject_name: "",
                undoable: false,
            }, None::<&()>, None::<&()>).await?;
            self.sessions_revoked(tx, caller, caller.workspace, now).await
        })
    }

    /// Moves the session to another organisation of the same sign-in.
    ///
    /// # Errors
    /// [`SessionError::NotThere`].
    pub async fn switch_workspace(&self, caller: &Caller, to: WorkspaceId) -> Result<Standing> {
        caller.may(Operation::SessionOwn)?;
        let account = self.own_account(caller).await?;
        let (Some(session), now) = (caller.session, self.now()) else {
            return Err(SessionError::PasswordOnly.into());
        };
        in_tx!(self, Write, tx => {
            let places = staff::places(tx, account.id).await?;
            let place = places.iter().find(|p| p.workspace_id == to).ok_or(SessionError::NotThere)?;
            session::switch(tx, (caller.workspace, session), (to, place.id)).await?;
            staff::seen(tx, to, place.id, now).await?;
            let row = session::list(tx, to, place.id, now, now.plus(-SESSION_IDLE)).await?;
            let row = row.iter().find(|s| s.id == session).ok_or(SessionError::None)?;
            standing(tx, row, &caller.request_id, now).await
        })
    }

    /// The sign-in behind a caller.
    pub(crate) async fn own_account(&self, caller: &Caller) -> Result<Account> {
        let Actor::Staff {
            account: Some(id), ..
        } = caller.actor
        else {
            return Err(SessionError::PasswordOnly.into());
        };
        in_tx!(self, Read, tx => Ok(account::get(tx, id).await?))
    }

    /// Checks the password of somebody who is signed in, under the same count of wrong guesses.
    pub(crate) async fn confirm_password(&self, account: &Account, password: String) -> Result<()> {
        let guard = self.name_hash(&account.sign_in);
        self.take_guess(&guard, self.now()).await?;
        if !password_fits(account.password_hash.clone(), password).await? {
            return Err(SessionError::Wrong.into());
        }
        in_tx!(self, Guarded, tx => Ok(account::forgive(tx, &guard).await?))
    }
}

/// What a new session is made of.
pub(crate) struct NewSession<'a> {
    pub workspace: WorkspaceId,
    pub staff: &'a Staff,
    pub account: Option<AccountId>,
    pub kind: SessionKind,
    pub device: Option<yutang_domain::id::DeviceId>,
    pub agent: &'a str,
}

async fn standing(
    tx: &mut Tx,
    row: &Session,
    request_id: &str,
    now: Timestamp,
) -> Result<Standing> {
    let workspace = workspace::get(tx, row.workspace_id).await?;
    let who = staff::get(tx, row.workspace_id, row.staff_id).await?;
    if who.left_at.is_some() {
        return Err(SessionError::None.into());
    }
    let branch = match who.branch_id {
        Some(id) => Some((id, branch::get(tx, row.workspace_id, id).await?.path)),
        None => None,
    };
    let (role, reach) = match row.kind {
        SessionKind::Device => (Role::Service, Reach::Phone),
        SessionKind::Password => {
            let enrolled = match row.account_id {
                Some(id) => account::get(tx, id).await?.totp_enabled,
                None => true,
            };
            let due =
                rules::totp_due(who.title, who.created_at).filter(|_| !workspace.demo && !enrolled);
            let overdue = due.is_some_and(|due| now > due);
            (who.role, if overdue { Reach::Enrol } else { Reach::Full })
        }
    };
    let actor = Actor::Staff {
        id: who.id,
        account: row.account_id,
        role,
        scope: Scope { branch },
    };
    let mut caller = Caller::new(&workspace, actor, &who.name, request_id)?;
    caller.session = Some(row.id);
    caller.signed_in_at = Some(row.signed_in_at);
    caller.reach = reach;
    Ok(Standing {
        caller,
        csrf: Some(row.csrf.clone()),
    })
}

/// Hashes a password with Argon2id, off the async threads.
pub(crate) async fn hash_password(password: String) -> Result<String> {
    tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|h| h.to_string())
    })
    .await
    .map_err(AppError::internal)?
    .map_err(AppError::internal)
}

/// Compares a password with its hash, or with nobody's: the same work either way.
pub(crate) async fn password_fits(stored: Option<String>, password: String) -> Result<bool> {
    static NOBODYS: LazyLock<String> = LazyLock::new(|| {
        Argon2::default()
            .hash_password(random_text(32).as_bytes())
            .map(|h| h.to_string())
            .unwrap_or_default()
    });
    tokio::task::spawn_blocking(move || {
        let nobodys = LazyLock::force(&NOBODYS);
        let known = stored.is_some();
        let hash =
            PasswordHash::new(stored.as_ref().unwrap_or(nobodys)).map_err(AppError::internal)?;
        Ok(Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
            && known)
    })
    .await
    .map_err(AppError::internal)?
}
