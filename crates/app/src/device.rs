//! Phones of staff who have no password: bound once by a scanned link, let go with one tap.

use yutang_domain::{
    id::{DeviceId, StaffId, kind},
    permission::Operation,
    staff::{
        LINK_LIFE, LinkError, LinkPurpose, PASSWORD_LINK_LIFE, SessionKind, StaffError,
        check_password,
    },
    time::Timestamp,
};
use yutang_store::{
    Tx, account,
    device::{self, Device, Link},
    session, staff,
};

use crate::{
    App, Caller, Result,
    audit::Change,
    key::{random_text, token_hash},
    macros::in_tx,
    session::{NewSession, Opened, hash_password},
};

/// A single-use link, shown once.
#[derive(Clone, Debug)]
pub struct OneTimeLink {
    /// The secret that goes into the address.
    pub token: String,
    /// Until when it waits.
    pub expires_at: Timestamp,
}

/// A phone just bound.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The secret that stays on the phone.
    pub device_token: String,
    /// Its first session.
    pub opened: Opened,
}

impl App {
    /// Makes a link that binds the phone which opens it first; waits ten minutes. An earlier one
    /// that nobody used stops working.
    ///
    /// # Errors
    /// [`StaffError::Left`].
    pub async fn device_link(&self, caller: &Caller, id: StaffId) -> Result<OneTimeLink> {
        caller.may(Operation::StaffBind)?;
        self.one_time_link(caller, id, LinkPurpose::Device, "staff.device_link")
            .await
    }

    /// Makes a link by which a member of staff chooses a new password; waits a day.
    ///
    /// # Errors
    /// [`StaffError::NoSignIn`], [`StaffError::Left`].
    pub async fn password_link(&self, caller: &Caller, id: StaffId) -> Result<OneTimeLink> {
        caller.may(Operation::StaffEdit)?;
        self.one_time_link(caller, id, LinkPurpose::Password, "staff.password_link")
            .await
    }

    async fn one_time_link(
        &self,
        caller: &Caller,
        id: StaffId,
        purpose: LinkPurpose,
        operation: &'static str,
    ) -> Result<OneTimeLink> {
        let now = self.now();
        let life = match purpose {
            LinkPurpose::Device => LINK_LIFE,
            LinkPurpose::Password => PASSWORD_LINK_LIFE,
        };
        let link = OneTimeLink {
            token: random_text(40),
            expires_at: now.plus(life),
        };
        in_tx!(self, Write, tx => {
            let row = staff::listed(tx, caller.workspace, &caller.branch_prefix(), id).await?;
            if row.left_at.is_some() {
                return Err(StaffError::Left.into());
            }
            if purpose == LinkPurpose::Password && row.account_id.is_none() {
                return Err(StaffError::NoSignIn.into());
            }
            device::revoke_links(tx, caller.workspace, id, purpose, now).await?;
            device::insert_link(tx, &Link {
                workspace_id: caller.workspace,
                staff_id: id,
                purpose,
                expires_at: link.expires_at,
                used_at: None,
            }, &token_hash(&link.token), now).await?;
            self.audited(tx, caller, now, Change {
                operation,
                subject: format!("staff:{id}"),
                subject_name: &row.name,
                undoable: false,
            }, None::<&()>, Some(&link.expires_at)).await?;
            Ok(link.clone())
        })
    }

    /// Binds the phone that opens a link, and signs it in for a day.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn bind_device(
        &self,
        token: &str,
        name: &str,
        agent: &str,
        request_id: &str,
    ) -> Result<Bound> {
        let now = self.now();
        let device_token = random_text(52);
        let secret = random_text(52);
        let name: String = name
            .trim()
            .chars()
            .filter(|c| !c.is_control())
            .take(60)
            .collect();
        let opened = in_tx!(self, Write, tx => {
            let link = spend(tx, token, LinkPurpose::Device, now).await?;
            let who = staff::get(tx, link.workspace_id, link.staff_id).await?;
            if who.left_at.is_some() {
                return Err(LinkError::Unknown.into());
            }
            let device = Device {
                id: self.ids().next::<kind::Device>()?,
                workspace_id: link.workspace_id,
                staff_id: who.id,
                name: name.clone(),
                bound_at: now,
                last_seen_at: now,
                revoked_at: None,
            };
            device::insert(tx, &device, &token_hash(&device_token)).await?;
            let new = NewSession {
                workspace: link.workspace_id,
                staff: &who,
                account: None,
                kind: SessionKind::Device,
                device: Some(device.id),
                agent,
            };
            let opened = self.open_session(tx, new, &secret, request_id, now).await?;
            self.audited(tx, &opened.standing.caller, now, Change {
                operation: "staff.device_bind",
                subject: format!("staff:{}", who.id),
                subject_name: &who.name,
                undoable: false,
            }, None::<&()>, Some(&device.name)).await?;
            self.staff_changed(tx, &opened.standing.caller, &who, now).await?;
            Ok(opened)
        })?;
        Ok(Bound {
            device_token,
            opened,
        })
    }

    /// Lets a phone go; its sessions end at once.
    ///
    /// # Errors
    /// There is no such phone.
    pub async fn revoke_device(
        &self,
        caller: &Caller,
        id: StaffId,
        device: DeviceId,
    ) -> Result<()> {
        caller.may(Operation::StaffBind)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = staff::listed(tx, caller.workspace, &caller.branch_prefix(), id).await?;
            if device::revoke(tx, caller.workspace, id, Some(device), now).await? == 0 {
                return Err(yutang_store::StoreError::NotFound("device").into());
            }
            session::revoke_of_device(tx, caller.workspace, device, now).await?;
            self.audited(tx, caller, now, Change {
                operation: "staff.device_revoke",
                subject: format!("staff:{id}"),
                subject_name: &row.name,
                undoable: false,
            }, None::<&()>, Some(&device)).await?;
            let who = staff::get(tx, caller.workspace, id).await?;
            self.staff_changed(tx, caller, &who, now).await?;
            self.sessions_revoked(tx, caller, caller.workspace, now).await
        })
    }

    /// Sets the password chosen by link: all sessions of the sign-in end, wrong guesses are
    /// forgiven, and an authenticator that was lost is set up anew.
    ///
    /// # Errors
    /// [`LinkError`], [`StaffError`].
    pub async fn choose_password(
        &self,
        token: &str,
        password: String,
        request_id: &str,
    ) -> Result<()> {
        let now = self.now();
        let account = in_tx!(self, Read, tx => {
            let link = valid(tx, &token_hash(token), LinkPurpose::Password, now).await?;
            let who = staff::get(tx, link.workspace_id, link.staff_id).await?;
            let id = who.account_id.filter(|_| who.left_at.is_none()).ok_or(LinkError::Unknown)?;
            Ok(account::get(tx, id).await?)
        })?;
        check_password(&password, &account.sign_in)?;
        let hash = hash_password(password).await?;
        in_tx!(self, Write, tx => {
            let link = spend(tx, token, LinkPurpose::Password, now).await?;
            let workspace = yutang_store::workspace::get(tx, link.workspace_id).await?;
            let mut caller = self.console(&workspace)?;
            caller.actor = yutang_domain::actor::Actor::System("password_link");
            "password_link".clone_into(&mut caller.name);
            request_id.clone_into(&mut caller.request_id);
            account::set_password(tx, account.id, Some(&hash), now).await?;
            account::set_totp(tx, account.id, None, false, now).await?;
            account::set_locked(tx, account.id, None, now).await?;
            account::forgive(tx, &self.name_hash(&account.sign_in)).await?;
            session::revoke_of_account(tx, account.id, None, now).await?;
            self.audited(tx, &caller, now, Change {
                operation: "session.password",
                subject: format!("staff:{}", link.staff_id),
                subject_name: "",
                undoable: false,
            }, None::<&()>, None::<&()>).await?;
            self.sessions_revoked(tx, &caller, link.workspace_id, now).await
        })
    }
}

async fn valid(tx: &mut Tx, hash: &[u8], purpose: LinkPurpose, now: Timestamp) -> Result<Link> {
    let link = device::find_link(tx, hash)
        .await?
        .filter(|l| l.purpose == purpose);
    let link = link.ok_or(LinkError::Unknown)?;
    if link.used_at.is_some() {
        return Err(LinkError::Spent.into());
    }
    if link.expires_at <= now {
        return Err(LinkError::Expired.into());
    }
    Ok(link)
}

async fn spend(tx: &mut Tx, token: &str, purpose: LinkPurpose, now: Timestamp) -> Result<Link> {
    let hash = token_hash(token);
    let link = valid(tx, &hash, purpose, now).await?;
    if !device::spend_link(tx, &hash, now).await? {
        return Err(LinkError::Spent.into());
    }
    Ok(link)
}
