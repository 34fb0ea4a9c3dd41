//! API tokens: made once, shown once, narrowed to what the program behind them does.

use serde::Serialize;
use yutang_domain::{
    actor::Role,
    event::{Event, EventKind},
    id::{TokenId, kind},
    permission::Operation,
    staff::TokenError,
    time::{Date, Timestamp},
};
pub use yutang_store::token::Token;
use yutang_store::{Tx, event, token, workspace::Workspace};

use crate::{
    App, Caller, Result,
    audit::Change,
    key::{random_text, token_hash},
    macros::in_tx,
};

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Operations it is narrowed to; empty = all of the role.
    pub scopes: Vec<String>,
    /// The last day it works on; none = until it is revoked.
    pub expires_on: Option<Date>,
}

/// A token just made.
#[derive(Clone, Debug)]
pub struct MadeToken {
    /// What is known of it from now on.
    pub row: Token,
    /// The secret; the database keeps its hash.
    pub secret: String,
}

#[derive(Serialize)]
struct Snapshot<'a> {
    role: Role,
    scopes: &'a str,
    expires_at: Option<Timestamp>,
}

impl App {
    /// Tokens in use, the latest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn tokens(&self, caller: &Caller) -> Result<Vec<Token>> {
        caller.may(Operation::TokenEdit)?;
        in_tx!(self, Read, tx => Ok(token::list(tx, caller.workspace).await?))
    }

    /// Makes a token.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn create_token(&self, caller: &Caller, new: NewToken) -> Result<MadeToken> {
        caller.may(Operation::TokenEdit)?;
        let name = new.name.trim();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(TokenError::Name.into());
        }
        for scope in &new.scopes {
            let known = scope.parse::<Operation>().is_ok_and(|o| o.allows(new.role));
            if !known {
                return Err(TokenError::Scope(scope.clone()).into());
            }
        }
        let now = self.now();
        let expires_at = new
            .expires_on
            .map(|day| caller.zone.start_of(day.plus_days(1)));
        if expires_at.is_some_and(|at| at <= now) {
            return Err(TokenError::Expired.into());
        }
        let secret = format!("yt_{}", random_text(52));
        let row = Token {
            id: self.ids().next::<kind::Token>()?,
            workspace_id: caller.workspace,
            name: name.to_owned(),
            role: new.role,
            scopes: new.scopes.join(" "),
            created_by: caller.actor.staff_id(),
            created_at: now,
            expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        in_tx!(self, Write, tx => {
            token::insert(tx, &row, &token_hash(&secret)).await?;
            self.token_changed(tx, caller, "token.create", &row, now).await
        })?;
        Ok(MadeToken { row, secret })
    }

    /// Makes a token from the command line, narrowed to `scopes` if there are any.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn add_token(
        &self,
        workspace: &Workspace,
        role: Role,
        name: Option<&str>,
        scopes: Vec<String>,
    ) -> Result<MadeToken> {
        let caller = self.console(workspace)?;
        let name = name.map_or_else(|| format!("cli {role}"), str::to_owned);
        self.create_token(
            &caller,
            NewToken {
                name,
                role,
                scopes,
                expires_on: None,
            },
        )
        .await
    }

    /// Takes a token out of use at once.
    ///
    /// # Errors
    /// There is no such token.
    pub async fn revoke_token(&self, caller: &Caller, id: TokenId) -> Result<()> {
        caller.may(Operation::TokenEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = token::get(tx, caller.workspace, id).await?;
            if !token::revoke(tx, caller.workspace, id, now).await? {
                return Err(yutang_store::StoreError::NotFound("token").into());
            }
            self.token_changed(tx, caller, "token.revoke", &row, now).await
        })
    }

    async fn token_changed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        operation: &'static str,
        row: &Token,
        now: Timestamp,
    ) -> Result<()> {
        let shown = Snapshot {
            role: row.role,
            scopes: &row.scopes,
            expires_at: row.expires_at,
        };
        let change = Change {
            operation,
            subject: format!("token:{}", row.id),
            subject_name: &row.name,
            undoable: false,
        };
        let made = operation == "token.create";
        self.audited(
            tx,
            caller,
            now,
            change,
            (!made).then_some(&shown),
            made.then_some(&shown),
        )
        .await?;
        let fact = Event::new(self.ids().next()?, EventKind::TokenChanged, &caller.actor);
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        Ok(())
    }
}
