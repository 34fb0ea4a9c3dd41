//! Stand-ins: the nameless members to whom the accounts of erased people lead.
//!
//! What a file or a network still shows of an erased person is counted and judged like anybody's,
//! so that the figures of a group stay right, and kept without name and words: a message has a
//! time and no text, what others write loses the person's handles and quotes. A name that comes
//! without an account (in a notice, behind `@`) is known by its keyed hash within the group.
//! req: 004-001

use std::collections::HashSet;

use yutang_domain::{
    id::{GroupId, MemberId, WorkspaceId},
    member::{handles, redacted},
    time::Timestamp,
};
use yutang_store::{Tx, erase, group::Group, identity, message::Message};

use crate::{
    App, Result,
    erase::is_telling,
    key::{Keys, hex},
    talk::{Line, What},
};

/// How the account ids of stand-ins begin.
pub(crate) const PREFIX: &str = "erased:";

/// The keyed hash by which an account is recognised after its holder was erased.
pub(crate) fn account_hash(keys: &Keys, channel: &str, external_id: &str) -> Vec<u8> {
    keys.lookup(&format!("account\0{channel}\0{external_id}"))
}

/// The account of somebody of whom a group's history shows nothing but the name.
pub(crate) fn account_by_name(group: GroupId, name: &str) -> String {
    format!("name:{group}:{name}")
}

/// The account id of the nameless member to whom an erased account leads; `hash` is
/// [`account_hash`].
pub(crate) fn stand_in(hash: &[u8]) -> String {
    format!("{PREFIX}{}", hex(&hash[..16]))
}

/// What a batch of lines shows of erased people.
#[derive(Debug, Default)]
pub(crate) struct Erased {
    members: HashSet<MemberId>,
    names: Vec<String>,
    texts: Vec<String>,
}

impl Erased {
    /// Whether a member is an erased person's record or stand-in.
    pub(crate) fn is(&self, member: MemberId) -> bool {
        self.members.contains(&member)
    }

    /// The name under which a member is kept.
    pub(crate) fn name_of<'a>(&self, member: MemberId, name: &'a str) -> &'a str {
        if self.is(member) { "" } else { name }
    }

    /// Gives a message its text: none if an erased person wrote it, else what is left of it
    /// without them.
    pub(crate) fn write(&self, row: &mut Message, text: &str, now: Timestamp) {
        let left = match row.member_id {
            Some(by) if self.is(by) => {
                row.redacted_at = Some(now);
                return;
            }
            _ if self.names.is_empty() => None,
            by => redacted(text, &self.names, &self.texts, by.is_none()),
        };
        row.redacted_at = left.is_some().then_some(now);
        row.text = Some(left.unwrap_or_else(|| text.to_owned()));
    }
}

impl App {
    /// Those of these members that are an erased person's record or stand-in: nothing that
    /// describes a person is kept of them.
    pub(crate) async fn erased_among(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        members: &[MemberId],
    ) -> Result<HashSet<MemberId>> {
        if !identity::any_suppressed(tx, workspace).await? {
            return Ok(HashSet::new());
        }
        let found = erase::erased_among(tx, workspace, members, PREFIX).await?;
        Ok(found.into_iter().collect())
    }

    /// What lines of a group show of erased people.
    pub(crate) async fn erased_in(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: &Group,
        lines: &[Line],
    ) -> Result<Erased> {
        if !identity::any_suppressed(tx, workspace).await? {
            return Ok(Erased::default());
        }
        let mut seen: Vec<MemberId> = lines
            .iter()
            .filter_map(|line| match &line.what {
                What::Said { by, .. } => Some(*by),
                What::Passed { who, .. } => Some(*who),
                What::Notice(_) => None,
            })
            .collect();
        seen.sort_unstable();
        seen.dedup();
        let members = self.erased_among(tx, workspace, &seen).await?;

        let mut names: HashSet<&str> = HashSet::new();
        let mut mentioned: HashSet<&str> = HashSet::new();
        let mut texts = Vec::new();
        for line in lines {
            match &line.what {
                What::Said {
                    by,
                    card_name,
                    text,
                    ..
                } if members.contains(by) => {
                    names.insert(card_name.trim());
                    texts.push(text.clone());
                }
                What::Passed { who, card_name, .. } if members.contains(who) => {
                    names.insert(card_name.trim());
                }
                What::Said { text, .. } => mentioned.extend(handles(text, false)),
                What::Notice(text) => mentioned.extend(handles(text, true)),
                What::Passed { .. } => {}
            }
        }
        names.remove("");
        let mentioned: Vec<&str> = mentioned
            .into_iter()
            .filter(|name| is_telling(name) && !names.contains(name))
            .collect();
        let hashes: Vec<Vec<u8>> = mentioned
            .iter()
            .map(|name| {
                account_hash(
                    self.keys(),
                    &group.channel,
                    &account_by_name(group.id, name),
                )
            })
            .collect();
        let known = identity::suppressed(tx, workspace, &hashes).await?;
        let known: HashSet<Vec<u8>> = known.into_iter().collect();
        let by_hash = mentioned.into_iter().zip(hashes);
        names.extend(
            by_hash
                .filter(|(_, hash)| known.contains(hash))
                .map(|(name, _)| name),
        );
        Ok(Erased {
            members,
            names: names.into_iter().map(str::to_owned).collect(),
            texts,
        })
    }
}
