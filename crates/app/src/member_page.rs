//! What the pages of members show: to anybody the community, its bots and its rules, to a signed-in
//! member what is held about them.

use yutang_domain::{
    actor::Actor,
    capability::Profile,
    id::{GroupId, MemberId},
    member::{Phone, Purpose},
    time::Timestamp,
    welcome::fill,
};
use yutang_store::{
    announcement, channel_account, consent, group, identity, member, profile, workspace::Workspace,
};

use crate::{App, Caller, Result, macros::in_tx, member_sign_in::SignedIn, workspace::Settings};

/// A community as it presents itself to anybody.
#[derive(Clone, Debug)]
pub struct Community {
    /// The organisation that runs it.
    pub workspace: Workspace,
    /// Its settings.
    pub settings: Settings,
    /// Its bots, one per connected account.
    pub bots: Vec<Bot>,
}

/// A bot as it presents itself.
#[derive(Clone, Debug)]
pub struct Bot {
    /// Its name.
    pub name: String,
    /// What it is allowed on its network; `None` if this program does not know the word.
    pub profile: Option<Profile>,
}

/// The rules of a group.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The group.
    pub id: GroupId,
    /// The group's name.
    pub group: String,
    /// Version of the rules; 0 = none have been written.
    pub version: i64,
    /// What the group is for, what members get, what is forbidden, what is welcome.
    pub sections: [String; 4],
    /// Since when they hold.
    pub since: Option<Timestamp>,
}

/// What is held about a member, as they see it.
#[derive(Clone, Debug)]
pub struct Held {
    /// Name.
    pub name: String,
    /// Phone number, masked.
    pub phone: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Month and day of the birthday.
    pub birthday: Option<(i64, i64)>,
    /// Accounts on channels: channel and name.
    pub identities: Vec<(String, String)>,
    /// Answers of research: field and answer.
    pub answers: Vec<(String, String)>,
    /// Groups they are in.
    pub groups: i64,
    /// Messages counted.
    pub messages: i64,
    /// Paid orders.
    pub orders: i64,
    /// What all orders came to, in minor units.
    pub amount_minor: i64,
    /// Every purpose, and since when it is agreed to.
    pub consents: Vec<(Purpose, Option<Timestamp>)>,
}

impl App {
    /// The community at the address `slug`.
    ///
    /// # Errors
    /// [`crate::workspace::WorkspaceError::Unknown`].
    pub async fn community(&self, slug: &str) -> Result<Community> {
        let workspace = self.workspace(Some(slug)).await?;
        let settings = Settings::of(&workspace)?;
        let accounts =
            in_tx!(self, Read, tx => Ok(channel_account::list(tx, workspace.id).await?))?;
        let shown: Option<Profile> = settings.demo_profile.parse().ok();
        let bots = accounts
            .into_iter()
            .filter(|account| {
                !workspace.demo || shown.is_none() || account.profile.parse().ok() == shown
            })
            .map(|account| Bot {
                profile: account.profile.parse().ok(),
                name: account.name,
            })
            .collect();
        Ok(Community {
            workspace,
            settings,
            bots,
        })
    }

    /// The rules of a group of a community.
    ///
    /// # Errors
    /// There is no such group, or it is archived.
    pub async fn rules_of(&self, community: &Community, id: GroupId) -> Result<Rules> {
        let caller = Caller::new(&community.workspace, Actor::System("page"), "", "page")?;
        let now = self.now();
        in_tx!(self, Read, tx => {
            let row = group::get(tx, community.workspace.id, id).await?;
            if row.archived_at.is_some() {
                return Err(yutang_store::StoreError::NotFound("group").into());
            }
            let here = self.here(tx, &caller, &row).await?;
            let present = announcement::list(tx, community.workspace.id, id)
                .await?
                .into_iter()
                .find(|version| version.version == row.announcement_version);
            let since = present.as_ref().map(|version| version.created_at);
            let version = present.as_ref().map_or(0, |version| version.version);
            let sections = present.map_or_else(Default::default, |v| {
                [v.theme, v.services, v.forbidden, v.encouraged]
                    .map(|text| fill(&text, |name| here.value(name, &caller, now)))
            });
            Ok(Rules { id, group: row.name, version, sections, since })
        })
    }

    /// What is held about a member.
    ///
    /// # Errors
    /// The database refused.
    pub async fn held_about(&self, community: &Community, id: MemberId) -> Result<Held> {
        let workspace = community.workspace.id;
        in_tx!(self, Read, tx => {
            let person = member::get(tx, workspace, id).await?;
            let records = member::records(tx, workspace, id).await?;
            let identities = identity::of_person(tx, workspace, id).await?;
            let answers = profile::of_person(tx, workspace, id).await?;
            let consents = consent::of_person(tx, workspace, id).await?;
            let sum = |of: fn(&member::Member) -> i64| records.iter().map(of).sum();
            Ok(Held {
                name: person.name.clone(),
                phone: records.iter().find_map(|r| {
                    r.phone.as_deref().and_then(Phone::parse).map(|phone| phone.masked())
                }),
                city: records.iter().find_map(|r| r.city.clone()),
                birthday: records.iter().find_map(|r| r.birth_month.zip(r.birth_day)),
                identities: identities.into_iter().map(|i| (i.channel, i.name)).collect(),
                answers: answers.into_iter().map(|a| (a.field.to_string(), a.value)).collect(),
                groups: sum(|r| r.group_count),
                messages: sum(|r| r.message_count),
                orders: sum(|r| r.order_count),
                amount_minor: sum(|r| r.amount_minor),
                consents: Purpose::ALL
                    .iter()
                    .map(|purpose| {
                        let live = consents
                            .iter()
                            .filter(|c| c.purpose == *purpose && c.withdrawn_at.is_none())
                            .map(|c| c.given_at)
                            .min();
                        (*purpose, live)
                    })
                    .collect(),
            })
        })
    }

    /// A signed-in member as a caller: they may do for themselves what the verbs allow them.
    ///
    /// # Errors
    /// The workspace row is damaged.
    pub fn member_caller(&self, community: &Community, member: &SignedIn) -> Result<Caller> {
        let actor = Actor::Member(member.member);
        let mut caller = Caller::new(&community.workspace, actor, "", "page")?;
        caller.signed_in_at = Some(member.signed_in_at);
        Ok(caller)
    }

    /// Withdraws every live consent of a member to a purpose.
    ///
    /// # Errors
    /// The caller is somebody else.
    pub async fn withdraw_purpose(
        &self,
        caller: &Caller,
        id: MemberId,
        purpose: Purpose,
    ) -> Result<()> {
        let held = in_tx!(self, Read, tx => {
            Ok(consent::of_person(tx, caller.workspace, id).await?)
        })?;
        for row in held
            .iter()
            .filter(|c| c.purpose == purpose && c.withdrawn_at.is_none())
        {
            self.withdraw_consent(caller, id, row.id).await?;
        }
        Ok(())
    }
}
