//! The surroundings of a sanction: where it happens, who answers for it, what the channel can do.

use yutang_domain::{
    capability::{Capabilities, Capability, Profile},
    group::Duty,
    id::{ChannelAccountId, MemberId, StaffId, WorkspaceId},
    member::REDACTED,
    sanction::rule_number,
    time::{Timestamp, Zone},
    welcome::quiet_until,
};
use yutang_store::{
    Tx, announcement, branch, channel_account,
    group::{self, Group},
    member, workspace,
};

use crate::{
    App, Result,
    branch::store_name,
    reach::capabilities,
    text::Locale,
    workspace::{QuietHours, Settings},
};

/// What is said to one person, which the rights in a group have no say in.
const TO_ONE: [Capability; 2] = [Capability::PostPrivate, Capability::WelcomePrivate];

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
    /// Where the rules can be read; `None` where there are none, or nobody said where the program is
    /// reached.
    pub rules_url: Option<String>,
    /// What the channel can do in this group.
    pub can: Capabilities,
    /// The account it is done through.
    pub account: Option<ChannelAccountId>,
    /// What the account is.
    pub profile: Option<Profile>,
    /// When the group is left in peace.
    pub quiet: QuietHours,
    /// When its code ends, where somebody said so.
    pub code_expires_at: Option<Timestamp>,
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
    /// Whether they are writing to the account in private just now.
    pub writes: bool,
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
        quiet_until(now, &self.zone, self.quiet.from, self.quiet.to).unwrap_or(now)
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
        let settings = Settings::of(&row)?;
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
            Some(words) => {
                let private = TO_ONE.into_iter().filter(|word| profile.can(*word));
                let all: Vec<Capability> = capabilities(&words).iter().chain(private).collect();
                Capabilities::of(&all)
            }
            None => profile.capabilities(),
        });
        let rules_url = self
            .reached_at()
            .filter(|_| group.announcement_version > 0)
            .map(|base| format!("{base}/m/{}/rules/{}", row.slug, group.id));
        Ok(House {
            locale: row.locale.parse().unwrap_or_default(),
            zone: Zone::from_name(&row.zone)?,
            store,
            manager,
            forbidden,
            rules_url,
            can,
            account: account.map(|account| account.id),
            profile,
            quiet: settings.quiet_hours,
            code_expires_at: group.code_expires_at,
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
            writes: false,
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
            rules_url: None,
            can: Capabilities::default(),
            account: None,
            profile: None,
            quiet: QuietHours::default(),
            code_expires_at: None,
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
        let early = House {
            quiet: QuietHours { from: 20, to: 6 },
            ..house
        };
        assert_eq!(early.aloud_at(at(21)), at(30), "as the organisation set it");
        assert_eq!(early.aloud_at(at(7)), at(7));
    }

    #[test]
    fn a_rule_is_named_by_its_number_where_it_has_one() {
        let house = house("UTC");
        assert_eq!(house.rule("advert"), "群规第2条");
        assert_eq!(house.rule("flood"), "群规");
    }
}
