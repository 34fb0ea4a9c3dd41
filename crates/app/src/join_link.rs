//! Join links: made by the network under a name, so that one sees who came by which.

use yutang_channels::ChannelError;
use yutang_domain::{
    capability::{Capability, NotCapable},
    id::GroupId,
    permission::Operation,
};

use crate::{App, Caller, Result, audit::Change, connection::Options, macros::in_tx};

impl App {
    /// Makes a link through which people come into a group. Who came by it carries its name
    /// (`via`). Each call makes another.
    ///
    /// # Errors
    /// The group is out of reach; [`ChannelError`]: what the network says, or that it has no such
    /// links.
    pub async fn make_join_link(&self, caller: &Caller, id: GroupId, name: &str) -> Result<String> {
        caller.may(Operation::GroupEdit)?;
        let name = name.trim();
        let (row, _) = in_tx!(self, Read, tx => self.group_in_scope(tx, caller, id).await)?;
        let cannot = ChannelError::from(NotCapable {
            capability: Capability::JoinCode,
        });
        let (Some(account), Some(external)) = (row.channel_account_id, &row.external_id) else {
            return Err(cannot.into());
        };
        let Some(connection) = self.connection(account).await? else {
            return Err(cannot.into());
        };
        let channel = self.adapter(&connection, Options::default())?;
        let link = channel.join_link(external, name).await?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            self.audited(tx, caller, now, Change {
                operation: "group.join_link",
                subject: format!("group:{id}"),
                subject_name: &row.name,
                undoable: false,
            }, None::<&()>, Some(&name)).await
        })?;
        Ok(link)
    }
}
