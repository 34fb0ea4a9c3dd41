//! Writing a world down, group by group.

use std::collections::HashMap;

use yutang_channels::{
    Sender,
    fake::{Batch, Message, World, people::external_id},
};
use yutang_domain::{
    capability::Profile,
    id::{BranchId, ChannelAccountId, GroupId, Id, MemberId, StaffId, TagId, WorkspaceId, kind},
    member::Phone,
    money::Currency,
    time::{Timestamp, Zone},
};
use yutang_store::{
    Tx,
    demo::{self as rows, NewAccount},
    group,
    identity::{self, Identity},
    member::{self, Member},
    search,
};

use super::{
    ACTOR, NETWORK,
    history::{Arrival, History},
};
use crate::{App, Result, identity::member_terms, macros::in_tx, workspace::NewWorkspace};

mod happened;
mod house;

/// Groups written in one transaction of a large world.
const AT_ONCE: usize = 20;

/// Search terms held back until so many can be written in the order of their index: each page of
/// it is then touched once for many of them.
const TERMS_HELD: usize = 1_500_000;
/// Search terms written in one transaction.
const TERMS_AT_ONCE: usize = 100_000;

/// Search terms of members, with the member each leads to.
#[derive(Default)]
struct Terms {
    list: Vec<(Box<str>, i64)>,
}

impl Terms {
    fn sorted(&mut self) -> &[(Box<str>, i64)] {
        self.list.sort_unstable();
        &self.list
    }
}

/// What has been written so far.
pub(super) struct Seed<'a> {
    pub app: &'a App,
    pub world: &'a World,
    pub workspace: WorkspaceId,
    pub stores: Vec<BranchId>,
    pub staff: Vec<StaffId>,
    pub groups: Vec<GroupId>,
    /// Members by the number of the person.
    pub people: Vec<MemberId>,
    accounts: Vec<NewAccount>,
    tags: HashMap<&'static str, TagId>,
    regions: Vec<BranchId>,
}

impl App {
    /// Writes a world into an empty database.
    pub(super) async fn seed(&self, world: &World) -> Result<()> {
        let new = NewWorkspace {
            slug: "demo".to_owned(),
            name: World::SHOP.to_owned(),
            zone: world.zone().clone(),
            currency: Currency::CNY,
            locale: "zh-Hans".to_owned(),
            demo: true,
        };
        let now = world.now();
        let mut seed = Seed {
            app: self,
            world,
            workspace: Id::from_raw(0),
            stores: self.some_ids(world.stores().len())?,
            staff: self.some_ids(world.staff().len())?,
            groups: self.some_ids(world.groups().len())?,
            people: self.some_ids(world.population() as usize)?,
            accounts: self
                .some_ids::<kind::ChannelAccount>(Profile::SIMULATED.len())?
                .into_iter()
                .zip(Profile::SIMULATED)
                .map(|(id, profile)| NewAccount {
                    id,
                    profile: *profile,
                })
                .collect(),
            tags: World::tags()
                .into_iter()
                .map(|(name, _)| Ok((name, self.ids().next()?)))
                .collect::<Result<_>>()?,
            regions: self.some_ids(world.regions().len())?,
        };
        let demo = world.is_demo();
        let mut batches = world.batches();
        let mut terms = Terms::default();
        // The small world is written as a whole or not at all; the large one in slices.
        let first: Vec<Batch> = batches
            .by_ref()
            .take(if demo { usize::MAX } else { 1 })
            .collect();
        seed.collect(&first, &mut terms);
        let house = in_tx!(self, Guarded, tx => {
            let row = self.create_workspace_in(tx, &new, &ACTOR, now).await?;
            seed.workspace = row.id;
            let house = row.clone();
            seed.house(tx, row).await?;
            for batch in &first {
                seed.batch(tx, batch).await?;
            }
            if demo {
                seed.tasks(tx).await?;
                seed.search(tx, terms.sorted()).await?;
            }
            Ok(house)
        })?;
        if demo {
            let arrivals = arrivals(world, &first);
            History::of(&seed, &house).await?.tell(&arrivals).await?;
        }
        let mut more = !demo;
        in_tx!(self, Guarded, tx => Ok(rows::set_bulk(tx, more).await?))?;
        while more {
            let slice: Vec<Batch> = batches.by_ref().take(AT_ONCE).collect();
            more = !slice.is_empty();
            seed.collect(&slice, &mut terms);
            in_tx!(self, Guarded, tx => {
                for batch in &slice {
                    seed.batch(tx, batch).await?;
                }
                Ok(())
            })?;
            if terms.list.len() >= TERMS_HELD || !more {
                for part in terms.sorted().chunks(TERMS_AT_ONCE) {
                    in_tx!(self, Guarded, tx => seed.search(tx, part).await)?;
                }
                terms.list.clear();
            }
        }
        in_tx!(self, Guarded, tx => Ok(rows::set_bulk(tx, false).await?))?;
        tracing::info!(workspace.id = %seed.workspace, people = world.population(), "the demo world is written");
        Ok(())
    }

    fn some_ids<K>(&self, count: usize) -> Result<Vec<Id<K>>> {
        (0..count).map(|_| self.ids().next()).collect()
    }
}

impl Seed<'_> {
    pub(super) fn account(&self, profile: Profile) -> ChannelAccountId {
        self.accounts
            .iter()
            .find(|account| account.profile == profile)
            .map_or(self.accounts[0].id, |account| account.id)
    }

    pub(super) fn member(&self, person: u32) -> MemberId {
        self.people[person as usize]
    }

    fn zone(&self) -> &Zone {
        self.world.zone()
    }

    fn identity(
        &self,
        member: MemberId,
        person: u32,
        name: &str,
        at: Timestamp,
    ) -> Result<Identity> {
        Ok(Identity {
            id: self.app.ids().next()?,
            member_id: member,
            channel: NETWORK.to_owned(),
            external_id: external_id(person),
            name: name.to_owned(),
            verified_at: None,
            run_id: None,
            created_at: at,
        })
    }

    async fn insert_people(
        &self,
        tx: &mut Tx,
        members: &[Member],
        identities: &[Identity],
    ) -> Result<()> {
        member::insert(tx, self.workspace, members).await?;
        identity::insert(tx, self.workspace, identities).await?;
        Ok(())
    }

    /// The terms under which the people of these groups are found.
    fn collect(&self, batches: &[Batch], terms: &mut Terms) {
        for person in batches.iter().flat_map(|batch| &batch.people) {
            let id = self.member(person.index).raw();
            let phone = person.phone.as_deref().and_then(Phone::parse);
            let found = member_terms([person.name.as_str()], phone.as_ref());
            terms
                .list
                .extend(found.into_iter().map(|term| (term.into_boxed_str(), id)));
        }
    }

    async fn search(&self, tx: &mut Tx, terms: &[(Box<str>, i64)]) -> Result<()> {
        let terms = terms.iter().map(|(term, target)| (*target, &**term));
        search::insert(tx, self.workspace, "member", terms).await?;
        Ok(())
    }

    /// One group with its people and all they did.
    async fn batch(&self, tx: &mut Tx, batch: &Batch) -> Result<()> {
        let group = self.groups[batch.group];
        self.people(tx, batch).await?;
        self.memberships(tx, batch).await?;
        self.passages(tx, group, batch).await?;
        self.orders(tx, batch).await?;
        self.messages(tx, group, batch).await?;
        self.mark(tx, batch).await?;
        group::recount(tx, self.workspace, group).await?;
        Ok(())
    }
}

/// The messages that are not written down with the others but come in afterwards.
fn arrivals(world: &World, batches: &[Batch]) -> Vec<Arrival> {
    let mut arrivals = Vec::new();
    for batch in batches {
        let fresh = |message: &&Message| world.is_fresh(batch.group, message);
        for message in batch.messages.iter().filter(fresh) {
            let person = batch.people.iter().find(|one| one.index == message.person);
            arrivals.push(Arrival {
                group: batch.group,
                key: message.key.clone(),
                at: message.at,
                sender: Sender {
                    external_id: external_id(message.person),
                    name: person.map_or_else(String::new, |person| person.name.clone()),
                },
                kind: message.kind,
                text: message.text.clone(),
            });
        }
    }
    arrivals
}
