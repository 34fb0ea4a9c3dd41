//! Writing a world down, group by group.

use std::{collections::HashMap, sync::Arc};

use yutang_channels::fake::{
    Batch, Group as Plan, OrderState as Outcome, PassageKind, Post, World,
    people::{Birthday as Born, Person, external_id},
};
use yutang_domain::{
    branch::BranchKind,
    capability::Profile,
    group::{Stage, name_follows_rule},
    health::HealthClass,
    id::{BranchId, ChannelAccountId, GroupId, Id, MemberId, StaffId, TagId, WorkspaceId, kind},
    member::{BirthCalendar, Birthday, Phone, Purpose},
    money::Currency,
    staff::Title,
    time::{DAY, Date, Timestamp, Zone},
};
use yutang_store::{
    Tx, announcement, branch,
    demo::{self as rows, NewAccount, NewConsent, NewMembership},
    group::{self, Group},
    identity::{self, Identity},
    member::{self, Member},
    message,
    order::{self, Order, OrderLine, OrderState},
    passage::{self, Passage, Way},
    search, staff, tag, workspace,
};
use yutang_text::{
    fold::{fold, sort_key},
    search::index_terms,
    verdict::Reading,
};

use super::{ACTOR, NETWORK, SIGN_IN};
use crate::{
    App, AppError, Result,
    identity::{member_terms, phone_hash},
    macros::in_tx,
    talk::{Line, Source, What, key_of, operates, stored_key, topic_of},
    workspace::{NewWorkspace, Settings},
};

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
                .some_ids::<kind::ChannelAccount>(Profile::ALL.len())?
                .into_iter()
                .zip(
                    Profile::ALL
                        .iter()
                        .filter(|profile| **profile != Profile::Open),
                )
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
        let workspace = in_tx!(self, Guarded, tx => {
            let row = self.create_workspace_in(tx, &new, &ACTOR, now).await?;
            seed.workspace = row.id;
            seed.house(tx, row).await?;
            for batch in &first {
                seed.batch(tx, batch).await?;
            }
            if demo {
                seed.tasks(tx).await?;
                seed.search(tx, terms.sorted()).await?;
            }
            Ok(seed.workspace)
        })?;
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
        tracing::info!(workspace.id = %workspace, people = world.population(), "the demo world is written");
        Ok(())
    }

    fn some_ids<K>(&self, count: usize) -> Result<Vec<Id<K>>> {
        (0..count).map(|_| self.ids().next()).collect()
    }
}

const fn title(post: Post) -> Title {
    match post {
        Post::Owner => Title::Boss,
        Post::Operator => Title::HeadOperator,
        Post::Supervisor => Title::RegionSupervisor,
        Post::Manager => Title::StoreManager,
        Post::Sales => Title::Sales,
        Post::Service => Title::Service,
        Post::Analyst => Title::Analyst,
    }
}

impl Seed<'_> {
    fn account(&self, profile: Profile) -> ChannelAccountId {
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

    /// Everything but the groups' people.
    async fn house(&self, tx: &mut Tx, mut row: workspace::Workspace) -> Result<()> {
        let now = self.world.now();
        let settings = Settings {
            demo_profile: Profile::WecomPlain.to_string(),
            ..Settings::default()
        };
        row.settings = serde_json::to_string(&settings).map_err(AppError::internal)?;
        workspace::update(tx, &row).await?;
        rows::insert_accounts(tx, row.id, NETWORK, &self.accounts, now).await?;
        self.branches(tx).await?;
        self.staff(tx).await?;
        for (number, plan) in self.world.groups().iter().enumerate() {
            self.group(tx, number, plan).await?;
        }
        for (name, color) in World::tags() {
            let tag = tag::Tag {
                id: self.tags[name],
                name: name.to_owned(),
                name_sort: sort_key(name),
                color: color.to_owned(),
                created_at: now,
            };
            tag::insert(tx, row.id, &tag).await?;
        }
        Ok(())
    }

    async fn branches(&self, tx: &mut Tx) -> Result<()> {
        let now = self.world.now();
        let mut root = branch::list(tx, self.workspace, "")
            .await?
            .into_iter()
            .find(|branch| branch.parent_id.is_none())
            .ok_or_else(|| AppError::internal("a workspace has a root branch"))?;
        World::HEAD.clone_into(&mut root.name);
        root.name_sort = sort_key(World::HEAD);
        branch::update(tx, self.workspace, &root).await?;
        let below =
            |id: BranchId, parent: &branch::Branch, kind, name: &str, code| branch::Branch {
                id,
                parent_id: Some(parent.id),
                kind,
                name: name.to_owned(),
                name_sort: sort_key(name),
                code,
                region: None,
                path: format!("{}{}/", parent.path, id.raw()),
                archived_at: None,
                created_at: now,
            };
        let mut regions = Vec::with_capacity(self.regions.len());
        for (id, region) in self.regions.iter().zip(self.world.regions()) {
            let row = below(*id, &root, BranchKind::Region, &region.name, None);
            branch::insert(tx, self.workspace, &row).await?;
            regions.push(row);
        }
        for (id, store) in self.stores.iter().zip(self.world.stores()) {
            let parent = &regions[store.region];
            let code = Some(store.code.clone());
            let row = below(*id, parent, BranchKind::Store, &store.name, code);
            branch::insert(tx, self.workspace, &row).await?;
        }
        Ok(())
    }

    async fn staff(&self, tx: &mut Tx) -> Result<()> {
        let came = self.world.begin().plus(-300 * DAY);
        let account = self
            .app
            .new_account(tx, SIGN_IN, "", self.world.now())
            .await?;
        let mut members = Vec::new();
        let mut identities = Vec::new();
        for somebody in self.world.staff() {
            let id = self.member(somebody.person);
            let mut row = Member::new(id, "demo", came, came);
            row.name.clone_from(&somebody.name);
            row.name_sort = sort_key(&somebody.name);
            row.branch_id = somebody.store.map(|store| self.stores[store]);
            identities.push(self.identity(id, somebody.person, &somebody.name, came)?);
            members.push(row);
        }
        self.insert_people(tx, &members, &identities).await?;
        for row in &members {
            let terms = member_terms([row.name.as_str()], []);
            search::replace(tx, self.workspace, "member", row.id.raw(), &terms).await?;
        }
        for (id, somebody) in self.staff.iter().zip(self.world.staff()) {
            let title = title(somebody.post);
            let row = staff::Staff {
                id: *id,
                account_id: (somebody.post == Post::Owner).then_some(account.id),
                name: somebody.name.clone(),
                name_sort: sort_key(&somebody.name),
                role: title.role(),
                title,
                branch_id: somebody
                    .store
                    .map(|store| self.stores[store])
                    .or_else(|| somebody.region.map(|region| self.regions[region])),
                member_id: Some(self.member(somebody.person)),
                left_at: None,
                successor_id: None,
                last_seen_at: None,
                created_at: came,
            };
            staff::insert(tx, self.workspace, &row).await?;
        }
        Ok(())
    }

    async fn group(&self, tx: &mut Tx, number: usize, plan: &Plan) -> Result<()> {
        let id = self.groups[number];
        let store = &self.world.stores()[plan.store];
        let opened = self.zone().start_of(plan.opened_on);
        let row = Group {
            id,
            branch_id: self.stores[plan.store],
            channel: NETWORK.to_owned(),
            channel_account_id: Some(self.account(Profile::WecomPlain)),
            external_id: Some(plan.external_id.clone()),
            name: plan.name.clone(),
            name_fold: fold(&plan.name),
            name_sort: sort_key(&plan.name),
            name_ok: name_follows_rule(&plan.name, &store.name),
            purpose: plan.purpose.clone(),
            term: plan.term,
            shape: plan.shape,
            ownership: plan.ownership,
            audience: plan.audience,
            scene: Some(plan.scene),
            need_level: Some(plan.need_level),
            stage: Stage::Launch,
            stage_by_hand: false,
            size_min: yutang_domain::group::ADVISABLE_SIZE.0,
            size_max: yutang_domain::group::ADVISABLE_SIZE.1,
            capacity: plan.capacity,
            opened_on: Some(plan.opened_on),
            ends_on: plan.ends_on,
            monetisation: Some(plan.monetisation),
            monetisation_note: plan.monetisation_note.clone(),
            topic_terms: serde_json::to_string(&plan.topic_terms).map_err(AppError::internal)?,
            announcement_version: 1,
            member_count: 0,
            staff_count: 0,
            admin_count: 0,
            last_message_at: None,
            last_post_at: None,
            code_expires_at: plan.code_expires_at,
            health_class: HealthClass::Unknown,
            health_reasons: "[]".to_owned(),
            health_at: None,
            run_id: None,
            archived_at: None,
            archive_reason: None,
            created_at: opened,
            updated_at: opened,
        };
        group::insert(tx, self.workspace, std::slice::from_ref(&row)).await?;
        search::replace(
            tx,
            self.workspace,
            "group",
            id.raw(),
            &index_terms(&row.name),
        )
        .await?;
        let sections = &plan.announcement;
        let version = announcement::Version {
            version: 1,
            theme: sections.theme.clone(),
            services: sections.services.clone(),
            forbidden: sections.forbidden.clone(),
            encouraged: sections.encouraged.clone(),
            actor: ACTOR.to_string(),
            created_at: opened,
        };
        announcement::insert(tx, self.workspace, id, &version).await?;
        let seats: Vec<_> = plan
            .staff
            .iter()
            .map(|seat| (self.staff[seat.staff], seat.duty))
            .collect();
        group::assign(tx, self.workspace, id, &seats, opened).await?;
        Ok(())
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

    async fn people(&self, tx: &mut Tx, batch: &Batch) -> Result<()> {
        let mut bought: HashMap<u32, (i64, i64, Timestamp)> = HashMap::new();
        for order in batch
            .orders
            .iter()
            .filter(|order| order.state == Outcome::Paid)
        {
            let entry = bought.entry(order.person).or_insert((0, 0, order.at));
            entry.0 += 1;
            entry.1 += order.amount_minor();
            entry.2 = entry.2.max(order.at);
        }
        let seen: HashMap<u32, Timestamp> = batch
            .orders
            .iter()
            .map(|order| (order.person, order.at))
            .collect();
        let branch = self.stores[self.world.groups()[batch.group].store];
        let mut members = Vec::with_capacity(batch.people.len());
        let mut identities = Vec::with_capacity(batch.people.len());
        for person in &batch.people {
            let id = self.member(person.index);
            let mut row = Member::new(id, "demo", person.joined_at, person.joined_at);
            row.name.clone_from(&person.name);
            row.name_sort = sort_key(&person.name);
            if let Some(phone) = person.phone.as_deref().and_then(Phone::parse) {
                row.phone_hash = Some(phone_hash(self.app.keys(), &phone));
                row.phone = Some(phone.as_str().to_owned());
            }
            row.set_birthday(person.birthday.map(birthday));
            row.branch_id = Some(branch);
            row.inviter_id = person.inviter.map(|inviter| self.member(inviter));
            row.group_count = i64::from(person.left_at.is_none());
            row.last_seen_at = seen.get(&person.index).copied();
            if let Some((orders, amount, last)) = bought.get(&person.index) {
                row.order_count = *orders;
                row.amount_minor = *amount;
                row.last_order_at = Some(*last);
            }
            identities.push(self.identity(id, person.index, &person.name, person.joined_at)?);
            members.push(row);
        }
        self.insert_people(tx, &members, &identities).await
    }

    async fn memberships(&self, tx: &mut Tx, batch: &Batch) -> Result<()> {
        let group = self.groups[batch.group];
        let plan = &self.world.groups()[batch.group];
        let course = plan.term == yutang_domain::group::Term::Short;
        let opened = self.zone().start_of(plan.opened_on);
        let mut list = Vec::with_capacity(batch.people.len() + batch.guests.len() + 4);
        let place = |person: &Person, joined_at, inviter, via| NewMembership {
            group,
            member: self.member(person.index),
            role: self.world.standing(batch.group, person.index),
            card_name: person.name.clone(),
            joined_at,
            via: Some(via),
            inviter,
            left_at: None,
            rules_version: course.then_some(1),
        };
        for person in &batch.people {
            let inviter = person.inviter.map(|inviter| self.member(inviter));
            let mut row = place(person, person.joined_at, inviter, person.via);
            row.left_at = person.left_at;
            list.push(row);
        }
        list.extend(
            batch
                .guests
                .iter()
                .map(|g| place(&g.person, g.joined_at, None, "staff")),
        );
        let mut more: Vec<MemberId> = batch
            .guests
            .iter()
            .map(|guest| self.member(guest.person.index))
            .collect();
        for seat in &plan.staff {
            let somebody = &self.world.staff()[seat.staff];
            more.push(self.member(somebody.person));
            list.push(NewMembership {
                group,
                member: self.member(somebody.person),
                role: seat.standing,
                card_name: somebody.name.clone(),
                joined_at: opened.plus(9 * DAY / 24),
                via: Some("staff"),
                inviter: None,
                left_at: None,
                rules_version: None,
            });
        }
        rows::insert_memberships(tx, self.workspace, &list).await?;
        rows::count_group(tx, self.workspace, &more).await?;
        Ok(())
    }

    async fn passages(&self, tx: &mut Tx, group: GroupId, batch: &Batch) -> Result<()> {
        let mut list = Vec::with_capacity(batch.passages.len());
        for passage in &batch.passages {
            list.push(Passage {
                id: self.app.ids().next()?,
                group_id: group,
                member_id: self.member(passage.person),
                kind: match passage.kind {
                    PassageKind::Joined => Way::Joined,
                    PassageKind::Left => Way::Left,
                },
                at: passage.at,
                day: self.zone().day(passage.at),
                other_id: passage.inviter.map(|inviter| self.member(inviter)),
                via: (!passage.via.is_empty()).then(|| passage.via.to_owned()),
                source_key: stored_key(passage.at, key_of(&passage.key)),
                run_id: None,
            });
        }
        passage::insert(tx, self.workspace, &list).await?;
        let mut days: Vec<(GroupId, Date)> = list.iter().map(|row| (group, row.day)).collect();
        days.sort_unstable();
        days.dedup();
        message::sum_days(tx, self.workspace, &days).await?;
        Ok(())
    }

    async fn orders(&self, tx: &mut Tx, batch: &Batch) -> Result<()> {
        let plan = &self.world.groups()[batch.group];
        let mut orders = Vec::with_capacity(batch.orders.len());
        let mut lines = Vec::with_capacity(batch.orders.len() * 2);
        for order in &batch.orders {
            let id = self.app.ids().next()?;
            orders.push(Order {
                id,
                source: "demo".to_owned(),
                external_id: order.key.clone(),
                member_id: Some(self.member(order.person)),
                branch_id: Some(self.stores[plan.store]),
                group_id: Some(self.groups[batch.group]),
                placed_at: order.at,
                day: self.zone().day(order.at),
                currency: Currency::CNY.code().to_owned(),
                amount_minor: order.amount_minor(),
                line_count: order.lines.len() as i64,
                state: match order.state {
                    Outcome::Paid => OrderState::Paid,
                    Outcome::Cancelled => OrderState::Cancelled,
                    Outcome::Refunded => OrderState::Refunded,
                },
                run_id: None,
                created_at: order.at,
            });
            for (number, line) in order.lines.iter().enumerate() {
                lines.push(OrderLine {
                    id: self.app.ids().next()?,
                    order_id: id,
                    sku: line.sku.clone(),
                    quantity: line.quantity * 1_000,
                    amount_minor: line.amount_minor,
                    placed_at: order.at,
                    source_key: key_of(&format!("{}-{number}", order.key)).to_vec(),
                    run_id: None,
                });
            }
        }
        order::insert(tx, self.workspace, &orders).await?;
        order::insert_lines(tx, self.workspace, &lines).await?;
        Ok(())
    }

    async fn messages(&self, tx: &mut Tx, group: GroupId, batch: &Batch) -> Result<()> {
        let names: HashMap<u32, &str> = batch
            .people
            .iter()
            .chain(batch.guests.iter().map(|guest| &guest.person))
            .map(|person| (person.index, person.name.as_str()))
            .chain(
                self.world
                    .staff()
                    .iter()
                    .map(|s| (s.person, s.name.as_str())),
            )
            .collect();
        let lines: Vec<Line> = batch
            .messages
            .iter()
            .map(|message| Line {
                at: message.at,
                key: key_of(&message.key),
                what: What::Said {
                    by: self.member(message.person),
                    card_name: names.get(&message.person).copied().unwrap_or("").to_owned(),
                    bot: false,
                    kind: message.kind.as_str(),
                    text: message.text.clone(),
                    reading: Arc::new(Reading::new(&message.text)),
                    reply_to: message.reply_to.clone(),
                },
            })
            .collect();
        let row = group::get(tx, self.workspace, group).await?;
        let source = Source {
            workspace: self.workspace,
            zone: self.zone(),
            run: None,
        };
        self.app
            .write_down(tx, source, &row, &topic_of(&row), &lines)
            .await?;
        let last = batch
            .messages
            .iter()
            .filter(|m| operates(Some(&self.world.standing(batch.group, m.person))))
            .map(|m| m.at)
            .max();
        rows::set_last_post(tx, self.workspace, group, last).await?;
        Ok(())
    }

    /// Tags and consents.
    async fn mark(&self, tx: &mut Tx, batch: &Batch) -> Result<()> {
        use yutang_domain::group::Scene;
        let now = self.world.now();
        let scene = self.world.groups()[batch.group].scene;
        let mut orders: HashMap<u32, usize> = HashMap::new();
        for order in &batch.orders {
            *orders.entry(order.person).or_default() += 1;
        }
        let mut tagged: HashMap<&str, Vec<MemberId>> = HashMap::new();
        let mut consents = Vec::new();
        for person in batch
            .people
            .iter()
            .filter(|person| person.left_at.is_none())
        {
            let id = self.member(person.index);
            let mut put = |tag: &'static str| tagged.entry(tag).or_default().push(id);
            if orders.get(&person.index).is_some_and(|count| *count >= 10) {
                put("常客");
            }
            if now.since(person.joined_at) < 14 * DAY {
                put("新客");
            }
            match scene {
                Scene::Tea if person.index % 29 == 3 => put("下午茶负责人"),
                Scene::Tea if person.index % 41 == 7 => put("企业客户"),
                Scene::Parents if person.index % 23 == 5 => put("亲子课"),
                Scene::Welfare if person.index % 31 == 9 => put("生日蛋糕"),
                _ => {}
            }
            let mut agree = |purpose| {
                self.app.ids().next().map(|id_of| {
                    consents.push(NewConsent {
                        id: id_of,
                        member: id,
                        purpose,
                        at: person.joined_at.plus(DAY / 24),
                    });
                })
            };
            if person.birthday.is_some() {
                agree(Purpose::Birthday)?;
            }
            if person.index % 5 < 2 {
                agree(Purpose::Contact)?;
            }
        }
        let mut tagged: Vec<_> = tagged.into_iter().collect();
        tagged.sort_unstable();
        for (name, members) in tagged {
            let tag = self.tags[name];
            tag::put(tx, self.workspace, tag, &members, &ACTOR.to_string(), now).await?;
        }
        let actor = ACTOR.to_string();
        rows::insert_consents(tx, self.workspace, NETWORK, &actor, &consents).await?;
        Ok(())
    }
}

fn birthday(born: Born) -> Birthday {
    Birthday {
        calendar: if born.lunar {
            BirthCalendar::Lunar
        } else {
            BirthCalendar::Solar
        },
        year: born.year.and_then(|year| i16::try_from(year).ok()),
        month: born.month,
        day: born.day,
    }
}
