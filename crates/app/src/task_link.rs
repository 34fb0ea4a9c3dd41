//! Signed links to a task: they open it on the phone they were made for, and nowhere else.
//!
//! A link travels through staff chats where others read along. It names the phone, ends after a
//! day and carries a code made with the program's key, so that whoever copies it has nothing: the
//! phone must bring its own secret as well.

use yutang_domain::{
    id::{DeviceId, StaffId, StaffTaskId},
    staff::{DEVICE_LIFE, LinkError, SessionKind},
    time::Timestamp,
};
use yutang_store::{device, staff};

use crate::{
    App, Caller, Result,
    key::{Purpose, hex, random_text, token_hash, unhex},
    macros::in_tx,
    session::{NewSession, Opened},
};

/// Bytes of the code that are carried: 128 bits.
const CODE: usize = 16;

/// A link to a task for one phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskLink {
    /// The phone it works on.
    pub device: DeviceId,
    /// What goes into the address.
    pub text: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// A task opened by link.
#[derive(Clone, Debug)]
pub struct OpenedTask {
    /// The session of the phone.
    pub opened: Opened,
    /// The task.
    pub task: StaffTaskId,
}

impl App {
    /// Links to a task for each bound phone of a member of staff. For messages that the program
    /// sends, so the caller is not asked for a permission: a link gives nobody more than the phone
    /// has.
    ///
    /// # Errors
    /// The database refused.
    pub async fn task_links(
        &self,
        caller: &Caller,
        who: StaffId,
        task: StaffTaskId,
    ) -> Result<Vec<TaskLink>> {
        let devices = in_tx!(self, Read, tx => Ok(device::list(tx, caller.workspace, who).await?))?;
        Ok(devices
            .into_iter()
            .map(|device| self.task_link_for(task, device.id))
            .collect())
    }

    /// A link to a task for one phone.
    pub(crate) fn task_link_for(&self, task: StaffTaskId, device: DeviceId) -> TaskLink {
        let expires_at = self.now().plus(DEVICE_LIFE);
        TaskLink {
            device,
            text: self.signed(task, device, expires_at),
            expires_at,
        }
    }

    fn signed(&self, task: StaffTaskId, device: DeviceId, expires_at: Timestamp) -> String {
        let plain = format!("{task}.{device}.{}", expires_at.ms());
        let code = self
            .keys()
            .mac(Purpose::Link, format!("task {plain}").as_bytes());
        format!("{plain}.{}", hex(&code[..CODE]))
    }

    /// Opens a task on the phone that the link was made for; signs the phone in for a day.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn open_task_link(
        &self,
        text: &str,
        device_token: Option<&str>,
        agent: &str,
        request_id: &str,
    ) -> Result<OpenedTask> {
        let now = self.now();
        let (task, device) = self.read_link(text, now)?;
        let hash = token_hash(device_token.ok_or(LinkError::OtherDevice)?);
        let secret = random_text(52);
        let opened = in_tx!(self, Write, tx => {
            let bound = device::find(tx, &hash).await?.filter(|d| d.id == device);
            let bound = bound.ok_or(LinkError::OtherDevice)?;
            let who = staff::get(tx, bound.workspace_id, bound.staff_id).await?;
            if who.left_at.is_some() {
                return Err(LinkError::Unknown.into());
            }
            device::seen(tx, bound.workspace_id, bound.id, now).await?;
            let new = NewSession {
                workspace: bound.workspace_id,
                staff: &who,
                account: None,
                kind: SessionKind::Device,
                device: Some(bound.id),
                agent,
            };
            self.open_session(tx, new, &secret, request_id, now).await
        })?;
        Ok(OpenedTask { opened, task })
    }

    fn read_link(&self, text: &str, now: Timestamp) -> Result<(StaffTaskId, DeviceId), LinkError> {
        let (plain, code) = text.rsplit_once('.').ok_or(LinkError::Unknown)?;
        let given = unhex(code).ok_or(LinkError::Unknown)?;
        let right = self
            .keys()
            .mac(Purpose::Link, format!("task {plain}").as_bytes());
        if !same(&given, &right[..CODE]) {
            return Err(LinkError::Unknown);
        }
        let mut parts = plain.split('.');
        let mut part = || parts.next().ok_or(LinkError::Unknown);
        let task = part()?.parse().map_err(|_| LinkError::Unknown)?;
        let device = part()?.parse().map_err(|_| LinkError::Unknown)?;
        let expires: i64 = part()?.parse().map_err(|_| LinkError::Unknown)?;
        if expires <= now.ms() {
            return Err(LinkError::Expired);
        }
        Ok((task, device))
    }
}

/// Compares without telling by the time it takes how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (x, y)| sum | (x ^ y)) == 0
}
