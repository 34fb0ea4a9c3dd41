//! How accounts stand, and what each can do in each group.

use yutang_domain::{
    capability::{Capabilities, Capability, Profile},
    connection::Obstacle,
    id::{ChannelAccountId, GroupId},
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{
    channel_account::{self, SeenGroup},
    group, lease,
};

use super::{ChannelAccount, FAILED, WAITING, capabilities, in_use, profile};
use crate::{App, Caller, Result, macros::in_tx};

/// How an account stands.
#[derive(Clone, Debug)]
pub struct AccountStatus {
    /// The account.
    pub row: ChannelAccount,
    /// Where its network answers and who it is there, if it holds a connection.
    pub place: Option<(String, String)>,
    /// Since when it is in its state.
    pub since: Option<Timestamp>,
    /// What stands between it and its network, if anything does.
    pub obstacle: Option<Obstacle>,
    /// By how many milliseconds the network's clock is ahead of ours, where that is too much.
    pub clock_ahead: Option<i64>,
    /// The process that holds the connection, while one does.
    pub holder: Option<String>,
    /// How many groups are seen through it.
    pub groups: i64,
    /// In how many of them it can do less than its profile says.
    pub limited: i64,
    /// How much waits to be said through it.
    pub waiting: i64,
}

/// A group in which an account can do less than its profile says.
#[derive(Clone, Debug)]
pub struct AccountGroup {
    /// The group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// What it cannot do there, though its profile can.
    pub cannot: Vec<Capability>,
    /// Why what is written cannot be read, as a code.
    pub unreadable: Option<String>,
}

/// What can be done in one group.
#[derive(Clone, Debug)]
pub struct GroupRights {
    /// The profile of the account through which it is seen; `None` without an account.
    pub profile: Option<Profile>,
    /// What can be done there.
    pub can: Capabilities,
    /// What the profile can and the account's rights in this group do not allow.
    pub withheld: Vec<Capability>,
}

/// What the network says an account can do in a group, where it says so.
fn said(rights: Option<&str>) -> Option<Capabilities> {
    let words: Vec<String> = serde_json::from_str(rights?).ok()?;
    let known: Vec<Capability> = words.iter().filter_map(|word| word.parse().ok()).collect();
    Some(Capabilities::of(&known))
}

/// What a profile can and the rights in one group do not allow.
fn withheld(able: Capabilities, rights: Option<Capabilities>) -> Vec<Capability> {
    rights.map_or_else(Vec::new, |rights| {
        able.iter().filter(|word| !rights.can(*word)).collect()
    })
}

fn limited(account: &ChannelAccount, seen: &SeenGroup) -> Option<AccountGroup> {
    let cannot = withheld(capabilities(account), said(seen.rights.as_deref()));
    (!cannot.is_empty() || seen.unreadable.is_some()).then(|| AccountGroup {
        id: seen.id,
        name: seen.name.clone(),
        cannot,
        unreadable: seen.unreadable.clone(),
    })
}

impl App {
    /// How the accounts in use stand, oldest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn account_status(&self, caller: &Caller) -> Result<Vec<AccountStatus>> {
        let rows = self.accounts(caller).await?;
        let now = self.now();
        in_tx!(self, Read, tx => {
            let places = channel_account::connections(tx).await?;
            let counts = channel_account::count_groups(tx, caller.workspace).await?;
            let waiting = channel_account::count_waiting(tx, caller.workspace).await?;
            let judged = channel_account::judged_groups(tx, caller.workspace).await?;
            let leases = lease::list(tx, "channel:").await?;
            Ok(rows
                .iter()
                .map(|row| {
                    let place = places.iter().find(|place| place.id == row.id);
                    let name = format!("channel:{}", row.id);
                    let held = leases.iter().find(|lease| lease.name == name && lease.expires_at > now);
                    let stuck = [WAITING, FAILED].contains(&row.state.as_str());
                    AccountStatus {
                        row: row.clone(),
                        place: place.map(|p| (p.base_url.clone(), p.external_user.clone())),
                        since: place.and_then(|place| place.state_at),
                        obstacle: row.last_error.as_deref().filter(|_| stuck && place.is_some())
                            .map(yutang_channels::error::obstacle),
                        clock_ahead: place.and_then(|place| place.clock_ahead),
                        holder: held.map(|lease| lease.holder.clone()),
                        groups: counts.iter().find(|count| count.id == row.id)
                            .map_or(0, |count| count.groups),
                        limited: judged.iter()
                            .filter(|seen| seen.channel_account_id == row.id)
                            .filter_map(|seen| limited(row, seen))
                            .count()
                            .try_into()
                            .unwrap_or(i64::MAX),
                        waiting: waiting.iter().find(|count| count.id == row.id)
                            .map_or(0, |count| count.waiting),
                    }
                })
                .collect())
        })
    }

    /// The groups in which an account can do less than its profile says, by name.
    ///
    /// # Errors
    /// There is no such account.
    pub async fn account_groups(
        &self,
        caller: &Caller,
        id: ChannelAccountId,
    ) -> Result<Vec<AccountGroup>> {
        caller.may(Operation::ChannelRead)?;
        in_tx!(self, Read, tx => {
            let row = in_use(tx, caller, id).await?;
            let judged = channel_account::judged_groups(tx, caller.workspace).await?;
            Ok(judged
                .iter()
                .filter(|seen| seen.channel_account_id == id)
                .filter_map(|seen| limited(&row, seen))
                .collect())
        })
    }

    /// What can be done in a group through the account by which it is seen.
    ///
    /// # Errors
    /// There is no such group, or the caller does not see it.
    pub async fn group_rights(&self, caller: &Caller, id: GroupId) -> Result<GroupRights> {
        caller.may(Operation::GroupRead)?;
        in_tx!(self, Read, tx => {
            let (row, _) = self.group_in_scope(tx, caller, id).await?;
            let Some(account) = row.channel_account_id else {
                return Ok(GroupRights { profile: None, can: Capabilities::default(), withheld: Vec::new() });
            };
            let account = channel_account::get(tx, caller.workspace, account).await?;
            let able = capabilities(&account);
            let rights = said(group::rights(tx, caller.workspace, id).await?.rights.as_deref());
            let withheld = withheld(able, rights);
            Ok(GroupRights { profile: profile(&account), can: able.without(&withheld), withheld })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_in_a_group_take_away_and_never_add() {
        let able = Profile::WecomPlain.capabilities();
        assert!(withheld(able, None).is_empty(), "the network says nothing");
        let rights = said(Some(r#"["see_joins","remove","unheard_of"]"#)).unwrap();
        let lost = withheld(able, Some(rights));
        assert!(lost.contains(&Capability::SeeLeaves));
        assert!(!lost.contains(&Capability::SeeJoins));
        assert!(!able.without(&lost).can(Capability::Remove));
        assert_eq!(said(Some("no list")), None);
    }
}
