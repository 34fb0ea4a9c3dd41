//! The surroundings of a sanction: where it happens, who answers for it, what the channel can do.

use yutang_domain::{
    capability::{Capabilities, Profile},
    group::Duty,
    id::{ChannelAccountId, MemberId, StaffId, WorkspaceId},
    member::REDACTED,
    sanction::rule_number,
    time::{Timestamp, Zone},
};
use yutang_store::{
    Tx, announcement, branch, channel_account,
    group::{self, Group},
    member, workspace,
};

use crate::{App, Result, branch::store_name, reach::capabilities, text::Locale};

/// Hours in which a group is left in peace, local time.
const QUIET: (u8, u8) = (22, 8);

/// Where something is decided.
#[derive(Clone, Debug)]
pub(super) struct House {
    /// Language of what is said.
    pub locale: Locale,
    /// Zone of the times that are named.
    pub zone: Zone,
    /// Name of the store; of the organisation for what the head office keeps.
    pub store: String,
    /// Who answers for the group.
    pub manager: Option<(StaffId, String)>,
    /// What the announcement forbids.
    pub forbidden: String,
    /// What the channel can do in this group.
    pub can: Capabilities,
    /// The account it is done through.
    pub account: Option<ChannelAccountId>,
    /// Whether one can write to people who never wrote first.
    pub writes_first: bool,
}

/// Whom something is done to, and for which message.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// The record.
    pub member: MemberId,
    /// The network's id of them.
    pub who: Option<String>,
    /// What they are called.
    pub name: String,
}

impl House {
    /// The way a rule of the group is referred to.
    pub fn rule(&self, kind: &str) -> String {
        let words = self
            .locale
            .say(&format!("moderation.rule_words.{kind}"), &[]);
        let words: Vec<&str> = words.split('|').collect();
        match rule_number(&self.forbidden, &words) {
            Some(n) => self.locale.say("moderation.rule", &[("n", &n.to_string())]),
            None => self.locale.say("moderation.rule_plain", &[]),
        }
    }

    /// Time of day.
    pub fn time(&self, at: Timestamp) -> String {
        let civil = self.zone.civil(at);
        format!("{:02}:{:02}", civil.hour(), civil.minute())
    }

    /// Time of day, with the day where it is not that of `now`.
    pub fn moment(&self, at: Timestamp, now: Timestamp) -> String {
        let time = self.time(at);
        if self.zone.day(at) == self.zone.day(now) {
            return self.locale.say("moderation.today", &[("time", &time)]);
        }
        let (_, month, day) = self.zone.day(at).parts();
        let (month, day) = (month.to_string(), day.to_string());
        self.locale.say(
            "moderation.on_day",
            &[("month", &month), ("day", &day), ("time", &time)],
        )
    }

    /// Who answers for the group, as members are told.
    pub fn manager(&self) -> String {
        match &self.manager {
            Some((_, name)) => self.locale.say("moderation.manager", &[("name", name)]),
            None => self.locale.say("moderation.manager_plain", &[]),
        }
    }

    /// When a line may be said in the group: now, or when the quiet hours are over.
    pub fn aloud_at(&self, now: Timestamp) -> Timestamp {
        let hour = self.zone.hour(now);
        if hour < QUIET.0 && hour >= QUIET.1 {
            return now;
        }
        let today = self.zone.day(now);
        let day = if hour >= QUIET.0 {
            today.plus_days(1)
        } else {
            today
        };
        self.zone
            .start_of(day)
            .plus(i64::from(QUIET.1) * yutang_domain::time::HOUR)
    }
}

impl App {
    /// The surroundings of a group.
    pub(super) async fn house(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: &Group,
    ) -> Result<House> {
        let row = workspace::get(tx, workspace).await?;
        let branch = branch::get(tx, workspace, group.branch_id).await?;
        let store = store_name(branch, &row);
        let staff = group::assignments(tx, workspace, &[group.id]).await?;
        let manager = staff
            .iter()
            .find(|s| s.duty == Duty::Host)
            .or_else(|| staff.first())
            .map(|s| (s.staff_id, s.name.clone()));
        let forbidden = announcement::list(tx, workspace, group.id)
            .await?
            .into_iter()
            .find(|version| version.version == group.announcement_version)
            .map(|version| version.forbidden)
            .unwrap_or_default();
        let account = match group.channel_account_id {
            Some(id) => Some(channel_account::get(tx, workspace, id).await?),
            None => None,
        };
        let profile = account
            .as_ref()
            .and_then(|account| account.profile.parse::<Profile>().ok());
        let rights = group::rights(tx, workspace, group.id).await?.rights;
        let can = profile.map_or_else(Capabilities::default, |profile| match rights {
            Some(words) => capabilities(&words),
            None => profile.capabilities(),
        });
        Ok(House {
            locale: row.locale.parse().unwrap_or_default(),
            zone: Zone::from_name(&row.zone)?,
            store,
            manager,
            forbidden,
            can,
            account: account.map(|account| account.id),
            writes_first: profile != Some(Profile::Telegram),
        })
    }

    /// How a member is known on the network of a group, and called.
    pub(super) async fn writer_of(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: &Group,
        id: MemberId,
    ) -> Result<Person> {
        let row = member::get(tx, workspace, id).await?;
        let who = self.account_on(tx, workspace, &group.channel, &row).await?;
        Ok(Person {
            member: id,
            who,
            name: if row.erased_at.is_some() {
                REDACTED.to_owned()
            } else {
                row.name
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(zone: &str) -> House {
        House {
            locale: Locale::ZhHans,
            zone: Zone::from_name(zone).unwrap(),
            store: "海岸城".to_owned(),
            manager: None,
            forbidden: "1. 不吵架\n2. 不发广告".to_owned(),
            can: Capabilities::default(),
            account: None,
            writes_first: true,
        }
    }

    #[test]
    fn a_group_is_left_in_peace_at_night() {
        let house = house("UTC");
        let at = |hour: i64| Timestamp::from_ms(hour * yutang_domain::time::HOUR);
        assert_eq!(house.aloud_at(at(12)), at(12));
        assert_eq!(house.aloud_at(at(8)), at(8));
        assert_eq!(house.aloud_at(at(3)), at(8));
        assert_eq!(house.aloud_at(at(22)), at(32));
    }

    #[test]
    fn a_rule_is_named_by_its_number_where_it_has_one() {
        let house = house("UTC");
        assert_eq!(house.rule("advert"), "群规第2条");
        assert_eq!(house.rule("flood"), "群规");
    }
}
