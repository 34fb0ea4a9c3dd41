//! Receipts: which version of a group's rules reached whom, and who acknowledged it.
//!
//! Rules that nobody has seen bind nobody. Where a group asks its members to acknowledge them, it
//! counts who did; elsewhere it counts whom they reached. req: 000-029, 001-049

use std::sync::LazyLock;

use yutang_domain::{
    actor::Actor,
    event::{Event, EventKind},
    gate::CardName,
    id::{GroupId, MemberId, WorkspaceId},
    onboarding::Ending,
    permission::Operation,
    time::{DAY, Timestamp},
};
use yutang_store::{
    StoreError, Tx, event,
    gate::{self as gates, GateRow},
    group::{self, Group},
    membership, onboarding, outbox,
    receipt::{self, Acknowledgement, Delivery, Held, Reached},
};
use yutang_text::fold::fold;

use crate::{
    App, Caller, Result,
    gate::{asks_to_acknowledge, card_name_rule},
    macros::in_tx,
    member_page::Community,
    member_sign_in::SignedIn,
    text::Locale,
};

/// For how long a word said in a group answers rules that came there, in milliseconds.
const ANSWERS_WITHIN: i64 = 3 * DAY;
/// Over how long first days are counted, in milliseconds.
const COUNTED: i64 = 30 * DAY;

/// How the rules of a group stand with its people.
#[derive(Clone, Debug)]
pub struct Receipts {
    /// The version in force; 0 = none.
    pub version: i64,
    /// Whether it has to be acknowledged.
    pub acknowledges: bool,
    /// How far it has come.
    pub reached: Reached,
    /// How names carried in the group are to look.
    pub card_name: Option<String>,
    /// How the first days of the last 30 days ended; `None` = still under way.
    pub first_days: Vec<(Option<Ending>, i64)>,
    /// People by id.
    pub items: Vec<Receipt>,
    /// Where the next page begins, if there is one.
    pub next: Option<MemberId>,
}

/// Somebody in a group, and its rules.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The row.
    pub row: Held,
    /// The fields of the name carried in the group; `None` where nothing is asked, empty where the
    /// name does not follow.
    pub card_name: Option<Vec<(String, String)>>,
}

/// Whether somebody says with these words that they have read the rules.
pub(crate) fn acknowledges(text: &str) -> bool {
    static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
        Locale::ALL
            .iter()
            .flat_map(|locale| {
                let words = locale.say("receipt.words", &[]);
                words.split('|').map(fold).collect::<Vec<_>>()
            })
            .collect()
    });
    if text.len() > 60 {
        return false;
    }
    let said = fold(text.trim());
    let said = said.trim_matches(|c: char| !c.is_alphanumeric());
    WORDS.iter().any(|word| word == said)
}

/// Signs that say yes.
const YES: &[char] = &[
    '👍', '👌', '✅', '✔', '☑', '🆗', '💯', '🙋', '🫡', '❤', '🙏',
];

/// Whether somebody says yes with this sign.
fn agrees(sign: &str) -> bool {
    sign.chars()
        .next()
        .is_some_and(|first| YES.contains(&first))
}

impl App {
    /// Those who answered the rules with a sign that says yes have acknowledged them.
    pub(crate) async fn acknowledge_by_sign(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        signs: &[(MemberId, &str, &str)],
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        for (member, message, with) in signs {
            if !agrees(with) {
                continue;
            }
            let Some(id) = outbox::said_as(tx, workspace, group.id, message).await? else {
                continue;
            };
            if receipt::told_with(tx, workspace, group.id, &id.to_string()).await? {
                self.acknowledge_in(tx, caller, *member, Some(group.id), now)
                    .await?;
            }
        }
        Ok(())
    }

    /// Notes that rules reached somebody. Where nothing has to be acknowledged this is the version
    /// that counts for them.
    pub(crate) async fn rules_reached(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        of: (GroupId, MemberId, i64),
        by: Delivery,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        receipt::deliver(tx, workspace, of, by, now).await?;
        let row = group::get(tx, workspace, of.0).await?;
        if !self.rules_are_acknowledged(tx, workspace, &row).await? {
            receipt::set_version(tx, workspace, of).await?;
        }
        Ok(())
    }

    /// Whether the members of a group are asked to acknowledge its rules.
    pub(crate) async fn rules_are_acknowledged(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        row: &Group,
    ) -> Result<bool> {
        let set = gates::find(tx, workspace, row.id).await?;
        let gate = set.as_ref().map(GateRow::gate).transpose()?;
        Ok(asks_to_acknowledge(&gate.unwrap_or_default(), row))
    }

    /// Somebody wrote in private that they have read the rules; false where they did not, or none
    /// were open.
    pub(crate) async fn acknowledge_by_word(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        member: MemberId,
        text: &str,
        now: Timestamp,
    ) -> Result<bool> {
        if !acknowledges(text) {
            return Ok(false);
        }
        self.acknowledge_in(tx, caller, member, None, now).await
    }

    /// Acknowledges what reached somebody: in one group, or wherever it is open.
    pub(crate) async fn acknowledge_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        member: MemberId,
        group: Option<GroupId>,
        now: Timestamp,
    ) -> Result<bool> {
        self.answered_greeting(tx, caller, (member, group), now)
            .await?;
        let open = receipt::unacknowledged(tx, caller.workspace, member).await?;
        let mut any = false;
        for one in open {
            // In a group the word may answer anything; soon after the rules came it answers them.
            let lately = one
                .delivered_at
                .is_some_and(|at| now.since(at) <= ANSWERS_WITHIN);
            if group.is_none_or(|group| group == one.group_id && lately) {
                let of = (one.group_id, member, one.version);
                any |= self
                    .note_acknowledged(tx, caller, of, Acknowledgement::Word, now)
                    .await?;
            }
        }
        Ok(any)
    }

    async fn note_acknowledged(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        of: (GroupId, MemberId, i64),
        by: Acknowledgement,
        now: Timestamp,
    ) -> Result<bool> {
        if !receipt::acknowledge(tx, caller.workspace, of, by, now).await? {
            return Ok(false);
        }
        receipt::set_version(tx, caller.workspace, of).await?;
        let row = group::get(tx, caller.workspace, of.0).await?;
        let fact = Event::new(
            self.ids().next()?,
            EventKind::RulesAcknowledged,
            &Actor::Member(of.1),
        )
        .in_group(row.id, Some(row.branch_id))
        .about(of.1)
        .with(serde_json::json!({ "version": of.2 }));
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        self.look_after(tx, caller, &row, Some(&[of.1]), now)
            .await?;
        Ok(true)
    }

    /// What a signed-in member has acknowledged of a group's rules: the record of theirs that is in
    /// it, and when they did; `None` where they are not in it.
    ///
    /// # Errors
    /// The database refused.
    pub async fn rules_read(
        &self,
        community: &Community,
        member: &SignedIn,
        group: GroupId,
    ) -> Result<Option<(MemberId, Option<Timestamp>)>> {
        let workspace = community.workspace.id;
        in_tx!(self, Read, tx => {
            let row = group::get(tx, workspace, group).await?;
            let places = membership::of_person(tx, workspace, member.member).await?;
            let place = places
                .into_iter()
                .find(|place| place.group_id == group && place.left_at.is_none());
            let Some(place) = place else { return Ok(None) };
            let known = receipt::of_members(
                tx, workspace, group, row.announcement_version, &[place.member_id],
            ).await?;
            Ok(Some((place.member_id, known.first().and_then(|one| one.acknowledged_at))))
        })
    }

    /// A signed-in member acknowledges the rules of a group they are in, in the version in force.
    ///
    /// # Errors
    /// They are not in it, or it has no rules.
    pub async fn acknowledge_rules(
        &self,
        community: &Community,
        member: &SignedIn,
        group: GroupId,
    ) -> Result<()> {
        let caller = self.member_caller(community, member)?;
        let read = self.rules_read(community, member, group).await?;
        let (record, _) = read.ok_or(StoreError::NotFound("group"))?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = group::get(tx, caller.workspace, group).await?;
            if row.announcement_version == 0 {
                return Err(StoreError::NotFound("announcement").into());
            }
            let of = (group, record, row.announcement_version);
            receipt::deliver(tx, caller.workspace, of, Delivery::Page, now).await?;
            self.note_acknowledged(tx, &caller, of, Acknowledgement::Page, now).await?;
            Ok(())
        })
    }

    /// How the rules of a group stand with its people.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn receipts(
        &self,
        caller: &Caller,
        id: GroupId,
        after: Option<MemberId>,
        limit: usize,
    ) -> Result<Receipts> {
        caller.may(Operation::GroupRead)?;
        caller.may(Operation::MemberRead)?;
        let now = self.now();
        in_tx!(self, Read, tx => {
            let workspace = caller.workspace;
            let (row, _) = self.group_in_scope(tx, caller, id).await?;
            let here = self.here(tx, caller, &row).await?;
            let set = gates::find(tx, workspace, id).await?;
            let gate = set.as_ref().map(GateRow::gate).transpose()?.unwrap_or_default();
            let pattern = card_name_rule(&gate, &row, here.locale);
            let rule = pattern.as_deref().and_then(|pattern| CardName::parse(pattern).ok());
            let version = row.announcement_version;
            let mut rows = receipt::list(tx, workspace, id, version, after, limit + 1).await?;
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows.last().filter(|_| more).map(|row| row.member_id);
            let endings = onboarding::endings(tx, workspace, id, now.plus(-COUNTED)).await?;
            Ok(Receipts {
                version,
                acknowledges: asks_to_acknowledge(&gate, &row),
                reached: receipt::reached(tx, workspace, id, version).await?,
                first_days: endings.into_iter().map(|one| (one.ending, one.n)).collect(),
                items: rows
                    .into_iter()
                    .map(|row| Receipt {
                        card_name: rule.as_ref().map(|rule| {
                            let fields = rule.fields_of(&row.card_name).unwrap_or_default();
                            fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
                        }),
                        row,
                    })
                    .collect(),
                next,
                card_name: pattern,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_by_itself_acknowledges() {
        for said in ["收到", " 收到！", "知道了", "已讀", "Got it."] {
            assert!(acknowledges(said), "{said}");
        }
        for said in ["收到货了", "没收到", "", "？", "收到的面包是坏的"] {
            assert!(!acknowledges(said), "{said}");
        }
    }
}
