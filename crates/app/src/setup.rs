//! First run: the first owner, made once. There is no default password anywhere.

use yutang_domain::{
    actor::{Actor, Role},
    error::{Class, Rule},
    id::kind,
    staff::{SessionKind, Title, check_password, sign_in_name},
    time::Timestamp,
};
use yutang_store::{
    Tx, account,
    account::Account,
    staff::{self, Staff},
    workspace::{self, Workspace},
};
use yutang_text::fold::sort_key;

use crate::{
    App, Caller, Result,
    audit::Change,
    key::random_text,
    macros::in_tx,
    session::{NewSession, Opened, hash_password},
    workspace::{NewWorkspace, WorkspaceError},
};

/// Who sets the program up, and for whom.
#[derive(Clone)]
pub struct Setup {
    /// The organisation.
    pub workspace: NewWorkspace,
    /// The owner's name.
    pub name: String,
    /// What they sign in with.
    pub sign_in: String,
    /// Their password.
    pub password: String,
    /// What the browser calls itself.
    pub agent: String,
}

/// Why the program cannot be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// Somebody did before.
    #[error("there is an owner already: sign in")]
    Done,
}

impl Rule for SetupError {
    fn code(&self) -> &'static str {
        "setup.done"
    }
    fn class(&self) -> Class {
        Class::Conflict
    }
}

impl App {
    /// Whether nobody owns this installation yet.
    ///
    /// # Errors
    /// The database refused.
    pub async fn needs_setup(&self) -> Result<bool> {
        in_tx!(self, Read, tx => Ok(!staff::any_owner(tx).await?))
    }

    /// Makes the first owner and signs them in. Where a command made a workspace before, that one
    /// becomes theirs; its zone and currency stay once figures were counted with them.
    ///
    /// # Errors
    /// [`SetupError::Done`] once there is an owner; what is wrong with the input.
    pub async fn set_up(&self, setup: Setup, request_id: &str) -> Result<Opened> {
        if !self.needs_setup().await? {
            return Err(SetupError::Done.into());
        }
        crate::workspace::checked_locale(&setup.workspace.locale)?;
        let sign_in = sign_in_name(&setup.sign_in)?;
        let name = crate::staff::checked_name(&setup.name)?.to_owned();
        check_password(&setup.password, &sign_in)?;
        let hash = hash_password(setup.password).await?;
        let secret = random_text(52);
        let now = self.now();
        in_tx!(self, Write, tx => {
            if staff::any_owner(tx).await? {
                return Err(SetupError::Done.into());
            }
            let workspace = self.first_workspace(tx, &setup.workspace, now).await?;
            let account = self.new_account(tx, &sign_in, &hash, now).await?;
            let owner = Staff {
                id: self.ids().next::<kind::Staff>()?,
                account_id: Some(account.id),
                name: name.clone(),
                name_sort: sort_key(&name),
                role: Role::Owner,
                title: Title::Boss,
                branch_id: None,
                member_id: None,
                left_at: None,
                successor_id: None,
                last_seen_at: None,
                created_at: now,
            };
            staff::insert(tx, workspace.id, &owner).await?;
            let caller = Caller::new(&workspace, Actor::System("setup"), "setup", request_id)?;
            self.audited(tx, &caller, now, Change {
                operation: "staff.create",
                subject: format!("staff:{}", owner.id),
                subject_name: &owner.name,
                undoable: false,
            }, None::<&()>, Some(&owner.title)).await?;
            let new = NewSession {
                workspace: workspace.id,
                staff: &owner,
                account: Some(account.id),
                kind: SessionKind::Password,
                device: None,
                agent: &setup.agent,
            };
            self.open_session(tx, new, &secret, request_id, now).await
        })
    }

    async fn first_workspace(
        &self,
        tx: &mut Tx,
        wanted: &NewWorkspace,
        now: Timestamp,
    ) -> Result<Workspace> {
        let Some(mut row) = workspace::list(tx).await?.into_iter().next() else {
            return self
                .create_workspace_in(tx, wanted, &Actor::System("setup"), now)
                .await;
        };
        if wanted.name.trim().is_empty() {
            return Err(WorkspaceError::NameMissing.into());
        }
        row.name = wanted.name.trim().to_owned();
        row.locale.clone_from(&wanted.locale);
        if !workspace::is_counted(tx, row.id).await? {
            row.zone = wanted.zone.name().to_owned();
            row.currency = wanted.currency.code().to_owned();
        }
        row.updated_at = now;
        workspace::update(tx, &row).await?;
        Ok(row)
    }

    /// Adds a sign-in with a password.
    pub(crate) async fn new_account(
        &self,
        tx: &mut Tx,
        sign_in: &str,
        hash: &str,
        now: Timestamp,
    ) -> Result<Account> {
        let row = Account {
            id: self.ids().next::<kind::Account>()?,
            sign_in: sign_in.to_owned(),
            password_hash: (!hash.is_empty()).then(|| hash.to_owned()),
            totp_secret: None,
            totp_enabled: false,
            totp_last_step: 0,
            locked_at: None,
            created_at: now,
        };
        match account::insert(tx, &row).await {
            Err(error) if error.is_conflict_on("sign_in") => {
                Err(yutang_domain::staff::StaffError::SignInTaken(sign_in.to_owned()).into())
            }
            other => {
                other?;
                Ok(row)
            }
        }
    }
}
