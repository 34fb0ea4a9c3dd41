//! The second factor: six digits of an authenticator, each accepted once (RFC 6238).

use ring::rand::{SecureRandom as _, SystemRandom};
use totp_rs::{Builder, Secret, Totp};
use yutang_domain::{
    permission::Operation,
    staff::SessionError,
    time::{SECOND, Timestamp},
};
use yutang_store::{
    account::{self, Account},
    staff, workspace,
};

use crate::{App, AppError, Caller, Result, audit::Change, macros::in_tx};

/// What an authenticator is set up with.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The seed in base32, for typing.
    pub secret: String,
    /// The same as an `otpauth://` address, for scanning.
    pub uri: String,
}

impl App {
    /// Makes a seed for one's own authenticator; codes are asked for once it is confirmed.
    ///
    /// # Errors
    /// [`SessionError::PasswordOnly`] for those without a password.
    pub async fn begin_totp(&self, caller: &Caller) -> Result<Enrolment> {
        caller.may(Operation::SessionOwn)?;
        let account = self.own_account(caller).await?;
        let workspace = in_tx!(self, Read, tx => Ok(workspace::get(tx, caller.workspace).await?))?;
        let mut seed = [0_u8; 20];
        SystemRandom::new()
            .fill(&mut seed)
            .map_err(|_| AppError::internal("no randomness"))?;
        let secret = Secret::new(Box::new(seed));
        let base32 = secret.to_base32();
        let totp = builder(&base32)?
            .with_account_name(printable(&account.sign_in))
            .with_issuer(Some(format!("Yutang {}", printable(&workspace.name))))
            .build()
            .map_err(AppError::internal)?;
        let uri = totp.to_url().map_err(AppError::internal)?;
        let sealed = self.keys().seal(&base32);
        let now = self.now();
        in_tx!(self, Write, tx => {
            let present = account::get(tx, account.id).await?;
            if present.totp_enabled {
                return Err(SessionError::TotpRequired.into());
            }
            account::set_totp(tx, account.id, Some(&sealed), false, now).await?;
            Ok(())
        })?;
        Ok(Enrolment {
            secret: base32,
            uri,
        })
    }

    /// Switches the authenticator on, with its first code.
    ///
    /// # Errors
    /// [`SessionError::TotpNotBegun`], [`SessionError::Wrong`].
    pub async fn confirm_totp(&self, caller: &Caller, code: &str) -> Result<()> {
        caller.may(Operation::SessionOwn)?;
        let account = self.own_account(caller).await?;
        if account.totp_secret.is_none() || account.totp_enabled {
            return Err(SessionError::TotpNotBegun.into());
        }
        let now = self.now();
        let step = self
            .totp_step(&account, code.trim(), now)?
            .ok_or(SessionError::Wrong)?;
        in_tx!(self, Write, tx => {
            if !account::take_totp_step(tx, account.id, step).await? {
                return Err(SessionError::Wrong.into());
            }
            account::set_totp(tx, account.id, account.totp_secret.as_deref(), true, now).await?;
            self.audited(tx, caller, now, Change {
                operation: "session.totp_on",
                subject: format!("account:{}", account.id),
                subject_name: "",
                undoable: false,
            }, None::<&()>, None::<&()>).await
        })
    }

    /// Switches the authenticator off, where the title does not ask for one.
    ///
    /// # Errors
    /// [`SessionError::TotpRequired`], [`SessionError::Wrong`].
    pub async fn end_totp(&self, caller: &Caller, password: String) -> Result<()> {
        caller.may(Operation::SessionOwn)?;
        let account = self.own_account(caller).await?;
        self.confirm_password(&account, password).await?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            for place in staff::places(tx, account.id).await? {
                let who = staff::get(tx, place.workspace_id, place.id).await?;
                let demo = workspace::get(tx, place.workspace_id).await?.demo;
                if who.title.needs_totp() && !demo {
                    return Err(SessionError::TotpRequired.into());
                }
            }
            account::set_totp(tx, account.id, None, false, now).await?;
            self.audited(tx, caller, now, Change {
                operation: "session.totp_off",
                subject: format!("account:{}", account.id),
                subject_name: "",
                undoable: false,
            }, None::<&()>, None::<&()>).await
        })
    }

    /// The 30-second step a code belongs to, if it is right at `now` give or take one step.
    pub(crate) fn totp_step(
        &self,
        account: &Account,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<i64>> {
        let Some(sealed) = &account.totp_secret else {
            return Ok(None);
        };
        let totp = plain(&self.keys().unseal(sealed)?)?;
        let seconds = u64::try_from(now.ms() / SECOND).unwrap_or(0);
        let six = code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit());
        let step = six.then(|| totp.check(code, seconds)).flatten();
        Ok(step.and_then(|step| i64::try_from(step).ok()))
    }
}

/// The code that an authenticator with this base32 seed shows at `now`.
///
/// # Errors
/// The seed is not base32.
pub fn code_at(secret: &str, now: Timestamp) -> Result<String> {
    let seconds = u64::try_from(now.ms() / SECOND).unwrap_or(0);
    Ok(plain(secret)?.generate(seconds).to_string())
}

fn builder(base32: &str) -> Result<Builder> {
    let secret =
        Secret::try_from_base32(base32).map_err(|e| AppError::internal(format!("{e:?}")))?;
    Ok(Builder::new().with_secret(secret).with_skew(1))
}

fn plain(base32: &str) -> Result<Totp> {
    builder(base32)?
        .with_account_name("staff")
        .build()
        .map_err(AppError::internal)
}

/// Authenticators split issuer and name at a colon.
fn printable(text: &str) -> String {
    text.replace(':', " ")
}
