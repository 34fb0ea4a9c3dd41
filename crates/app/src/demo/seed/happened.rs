//! The people of a group, and all they did.

use std::{collections::HashMap, sync::Arc};

use yutang_channels::fake::{
    Batch, OrderState as Outcome, PassageKind,
    people::{Birthday as Born, Person},
};
use yutang_domain::{
    id::{GroupId, MemberId},
    member::{BirthCalendar, Birthday, Phone, Purpose},
    money::Currency,
    time::{DAY, Date, Timestamp},
};
use yutang_store::{
    Tx,
    demo::{self as rows, NewConsent, NewMembership},
    group,
    member::Member,
    message,
    order::{self, Order, OrderLine, OrderState},
    passage::{self, Passage, Way},
    tag,
};
use yutang_text::{fold::sort_key, verdict::Reading};

use super::Seed;
use crate::{
    Result,
    demo::{ACTOR, NETWORK},
    identity::phone_hash,
    talk::{Line, Source, What, key_of, operates, stored_key, topic_of},
};

impl Seed<'_> {
    pub(super) async fn people(&self, tx: &mut Tx, batch: &Batch) -> Result<()> {
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

    pub(super) async fn memberships(&self, tx: &mut Tx, batch: &Batch) -> Result<()> {
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

    pub(super) async fn passages(&self, tx: &mut Tx, group: GroupId, batch: &Batch) -> Result<()> {
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

    pub(super) async fn orders(&self, tx: &mut Tx, batch: &Batch) -> Result<()> {
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

    pub(super) async fn messages(&self, tx: &mut Tx, group: GroupId, batch: &Batch) -> Result<()> {
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
            .filter(|message| !self.world.is_fresh(batch.group, message))
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
    pub(super) async fn mark(&self, tx: &mut Tx, batch: &Batch) -> Result<()> {
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
        leap: false,
    }
}
