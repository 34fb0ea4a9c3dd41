//! What of a group, or of several, can be seen at all.

use std::collections::{BTreeMap, HashSet};

use yutang_domain::{
    capability::{Capabilities, Capability},
    health::{Sight, seen},
    id::{ChannelAccountId, GroupId},
};
use yutang_store::{
    Tx, channel_account,
    group::Group,
    health::{self, GroupSeen, Span},
};

use crate::{App, Caller, Result, channel::capabilities};

/// What is seen of a span.
pub(crate) struct Seen {
    /// Its groups whose texts are known.
    pub(crate) spoken: Span,
    /// What is seen of all of them together.
    pub(crate) sight: Sight,
}

impl App {
    /// What is seen of each open group of a span, or of the group of one.
    pub(crate) async fn sights(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        span: &Span,
    ) -> Result<Vec<(GroupSeen, Sight)>> {
        let accounts = accounts(tx, caller).await?;
        let groups = health::groups_seen(tx, caller.workspace, span).await?;
        Ok(groups
            .into_iter()
            .map(|group| {
                let account = group
                    .channel_account_id
                    .map(|id| accounts.get(&id).copied().unwrap_or_default());
                let mut sight = seen(account, group.spoken, group.passages);
                if let Some(here) = &group.unreadable {
                    sight.texts = Some(unreadable_here(here));
                }
                (group, sight)
            })
            .collect())
    }

    /// What is seen of a span together.
    pub(crate) async fn seen_of(&self, tx: &mut Tx, caller: &Caller, span: &Span) -> Result<Seen> {
        let groups = self.sights(tx, caller, span).await?;
        let sight = Sight::of_several(groups.iter().map(|(_, sight)| *sight));
        let spoken = match span {
            Span::Below(path) if groups.iter().any(|(_, sight)| sight.texts.is_some()) => {
                let blind = accounts(tx, caller)
                    .await?
                    .into_iter()
                    .filter(|(_, account)| !account.can(Capability::ReadText))
                    .map(|(id, _)| id)
                    .collect();
                Span::Readable(path.clone(), blind)
            }
            span => span.clone(),
        };
        Ok(Seen { spoken, sight })
    }

    /// Groups in the caller's branches whose texts are not known, whatever is stored of them.
    pub(crate) async fn unread(&self, tx: &mut Tx, caller: &Caller) -> Result<HashSet<GroupId>> {
        let span = Span::Below(caller.branch_prefix());
        let groups = self.sights(tx, caller, &span).await?;
        Ok(groups
            .into_iter()
            .filter(|(_, sight)| sight.texts.is_some())
            .map(|(group, _)| group.group_id)
            .collect())
    }

    /// Why a group's texts are not known; `None` if they are.
    pub(crate) async fn unreadable(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
    ) -> Result<Option<&'static str>> {
        let groups = self.sights(tx, caller, &Span::Group(row.id)).await?;
        Ok(Sight::of_several(groups.into_iter().map(|(_, sight)| sight)).texts)
    }
}

/// Why the texts of one group cannot be read although its account can read others.
fn unreadable_here(code: &str) -> &'static str {
    ["channel.encrypted", "channel.gone"]
        .into_iter()
        .find(|known| *known == code)
        .unwrap_or(Capability::ReadText.cannot())
}

/// The accounts of the workspace, with what each can do.
async fn accounts(
    tx: &mut Tx,
    caller: &Caller,
) -> Result<BTreeMap<ChannelAccountId, Capabilities>> {
    Ok(channel_account::list(tx, caller.workspace)
        .await?
        .iter()
        .map(|account| (account.id, capabilities(account)))
        .collect())
}
