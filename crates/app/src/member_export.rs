//! Everything that is held about one person, as one document, and lists of people as a table.

use serde::Serialize;
use serde_json::{Value, json};
use yutang_domain::{
    actor::Actor,
    id::{GroupId, MemberId},
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{
    Tx, erase, identity, knock, member as store, membership, note, playbook, profile, receipt,
    sanction, workspace,
};

use crate::{
    App, Caller, Result,
    audit::Change,
    group::{GroupMemberPage, GroupMemberQuery},
    macros::in_tx,
    member::{
        list::{MemberFilter, MemberRow},
        subject,
    },
};

/// Version of the document's shape; grows when a field changes its meaning.
pub const FORM: u32 = 1;
/// Rows of a table of people at most.
const ROWS: usize = 200_000;

#[derive(Serialize)]
struct Exported {
    records: usize,
    messages: usize,
}

impl App {
    /// Everything that is held about a person: profile, accounts, answers, consents, groups,
    /// messages, orders with their lines, tags, roles, notes, merges, timeline. Asks for a sign-in
    /// younger than ten minutes.
    ///
    /// # Errors
    /// The person is not the caller's to see; [`yutang_domain::staff::SessionError::Stale`].
    pub async fn export_member(&self, caller: &Caller, id: MemberId) -> Result<Value> {
        if caller.actor != Actor::Member(id) {
            caller.may(Operation::MemberExport)?;
        }
        let now = self.now();
        caller.freshly_signed_in(now)?;
        let (document, canonical, counts) = in_tx!(self, Read, tx => {
            let person = self.visible(tx, caller, id).await?;
            self.document(tx, caller, person, now).await
        })?;
        in_tx!(self, Write, tx => {
            self.audited(tx, caller, now, Change {
                operation: "member.export",
                subject: subject(canonical),
                subject_name: "",
                undoable: false,
            }, None::<&()>, Some(&counts)).await
        })?;
        Ok(document)
    }

    async fn document(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        person: store::Member,
        now: Timestamp,
    ) -> Result<(Value, MemberId, Exported)> {
        let ws = caller.workspace;
        let canonical = person.id;
        let page = self.gather(tx, caller, person, now).await?;
        let records = store::records(tx, ws, canonical).await?;
        let ids: Vec<MemberId> = records.iter().map(|r| r.id).collect();
        let organisation = workspace::get(tx, ws).await?;
        let messages = erase::messages(tx, ws, &ids).await?;
        let lines = erase::order_lines(tx, ws, &ids).await?;
        let orders: Vec<Value> = lines
            .chunk_by(|a, b| a.order_id == b.order_id)
            .map(|order| {
                json!({
                    "id": order[0].order_id, "number": order[0].external_id,
                    "state": order[0].state, "currency": order[0].currency,
                    "placed_at": order[0].placed_at,
                    "amount_minor": order.iter().map(|l| l.amount_minor).sum::<i64>(),
                    "lines": order.iter().map(|l| json!({
                        "sku": l.sku, "quantity": l.quantity, "amount_minor": l.amount_minor,
                    })).collect::<Vec<_>>(),
                })
            })
            .collect();
        let happened = self
            .happened(
                tx,
                caller,
                canonical,
                Timestamp::from_ms(i64::MAX),
                1_000_000,
            )
            .await?;
        let counts = Exported {
            records: records.len(),
            messages: messages.len(),
        };
        let document = json!({
            "format": "yutang.person",
            "version": FORM,
            "exported_at": now,
            "organisation": organisation.name,
            "zone": organisation.zone,
            "id": canonical,
            "name": page.name,
            "phone": page.phone,
            "city": page.city,
            "birthday": page.birthday,
            "joined_at": page.joined_at,
            "last_seen_at": page.last_seen_at,
            "erased_at": page.erased_at,
            "roles": page.roles,
            "usefulness": page.usefulness,
            "inviter": page.inviter.map(|(id, _)| id),
            "invited": page.invited,
            "records": records.iter().map(|r| json!({
                "id": r.id, "name": r.name, "phone": r.phone, "city": r.city,
                "birthday": r.birthday(), "source": r.source, "import": r.run_id,
                "joined_at": r.joined_at, "last_seen_at": r.last_seen_at,
                "groups": r.group_count, "orders": r.order_count,
                "amount_minor": r.amount_minor, "messages": r.message_count,
            })).collect::<Vec<_>>(),
            "identities": identity::of_person(tx, ws, canonical).await?.into_iter().map(|i| json!({
                "record": i.member_id, "channel": i.channel, "external_id": i.external_id,
                "name": i.name, "verified_at": i.verified_at, "first_seen_at": i.created_at,
            })).collect::<Vec<_>>(),
            "answers": profile::of_person(tx, ws, canonical).await?.into_iter().map(|f| json!({
                "field": f.field, "value": f.value, "source": f.source,
                "consent": f.consent_id, "updated_at": f.updated_at,
            })).collect::<Vec<_>>(),
            "consents": page.consents.iter().map(|c| json!({
                "id": c.id, "purpose": c.purpose, "text_version": c.text_version,
                "channel": c.channel, "given_at": c.given_at, "withdrawn_at": c.withdrawn_at,
            })).collect::<Vec<_>>(),
            "groups": membership::of_person(tx, ws, canonical).await?.into_iter().map(|p| json!({
                "id": p.group_id, "name": p.group_name, "channel": p.channel, "role": p.role,
                "card_name": p.card_name, "joined_at": p.joined_at, "via": p.via,
                "first_seen_at": p.first_seen_at, "last_seen_at": p.last_seen_at,
                "left_at": p.left_at,
            })).collect::<Vec<_>>(),
            "knocks": knock::of_person(tx, ws, canonical).await?.into_iter().map(|k| json!({
                "group": k.group_id, "said": k.said, "via": k.via, "state": k.state,
                "at": k.knocked_at, "decided_at": k.decided_at, "reason": k.reason,
            })).collect::<Vec<_>>(),
            "rules": receipt::of_person(tx, ws, canonical).await?.into_iter().map(|r| json!({
                "group": r.group_id, "version": r.version, "delivered_at": r.delivered_at,
                "acknowledged_at": r.acknowledged_at,
            })).collect::<Vec<_>>(),
            "tags": page.tags.iter().map(|t| json!({"name": t.name, "since": t.created_at}))
                .collect::<Vec<_>>(),
            "notes": note::of_person(tx, ws, canonical).await?.into_iter().map(|n| json!({
                "text": n.text, "at": n.created_at,
            })).collect::<Vec<_>>(),
            "sanctions": sanction::of_person(tx, ws, canonical).await?.into_iter().map(|s| json!({
                "id": s.id, "group": s.group_id, "kind": s.kind, "tone": s.tone, "fault": s.fault,
                "measures": serde_json::from_str::<serde_json::Value>(&s.measures).ok(),
                "state": s.state, "message_at": s.message_at, "at": s.decided_at,
            })).collect::<Vec<_>>(),
            "playbooks": playbook::of_members(tx, ws, &ids).await?.into_iter().map(|r| json!({
                "id": r.id, "playbook": r.name, "key": r.key, "state": r.state, "at": r.at,
                "started_at": r.started_at, "ended_at": r.ended_at,
            })).collect::<Vec<_>>(),
            "merges": page.links.iter().map(|l| json!({
                "other": l.other.0, "reason": l.reason, "at": l.at, "undone_at": l.undone_at,
            })).collect::<Vec<_>>(),
            "messages": messages.iter().map(|m| json!({
                "id": m.id, "group": m.group_id, "at": m.sent_at, "kind": m.kind, "text": m.text,
            })).collect::<Vec<_>>(),
            "orders": orders,
            "timeline": happened,
        });
        Ok((document, canonical, counts))
    }

    /// The people a filter leaves, for a table, by name.
    ///
    /// # Errors
    /// The database refused.
    pub async fn export_members(
        &self,
        caller: &Caller,
        filter: &MemberFilter,
    ) -> Result<Vec<MemberRow>> {
        caller.may(Operation::MemberExport)?;
        let mut all: Vec<MemberRow> = Vec::new();
        let mut after = None;
        loop {
            let page = self
                .members(
                    caller,
                    filter,
                    (store::list::Sort::Name, after.as_ref()),
                    1_000,
                )
                .await?;
            all.extend(page.rows);
            after = page.next;
            if after.is_none() || all.len() >= ROWS {
                break;
            }
        }
        self.exported_list(caller, "members:".to_owned(), all.len())
            .await?;
        Ok(all)
    }

    /// All people of a group that a query leaves, for a table; its window does not count.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn export_group_members(
        &self,
        caller: &Caller,
        id: GroupId,
        query: &GroupMemberQuery,
    ) -> Result<GroupMemberPage> {
        caller.may(Operation::MemberExport)?;
        let mut query = query.clone();
        query.window = (0, 500);
        let mut whole = self.group_members(caller, id, &query).await?;
        let total = usize::try_from(whole.total).unwrap_or(0).min(ROWS);
        while whole.people.len() < total {
            query.window.0 = whole.people.len();
            let page = self.group_members(caller, id, &query).await?;
            if page.people.is_empty() {
                break;
            }
            whole.people.extend(page.people);
        }
        self.exported_list(caller, format!("group:{id}"), whole.people.len())
            .await?;
        Ok(whole)
    }

    /// Writes down that a list of people was taken away.
    async fn exported_list(&self, caller: &Caller, subject: String, rows: usize) -> Result<()> {
        let now = self.now();
        in_tx!(self, Write, tx => {
            self.audited(tx, caller, now, Change {
                operation: "member.export_list",
                subject: subject.clone(),
                subject_name: "",
                undoable: false,
            }, None::<&()>, Some(&json!({"rows": rows}))).await
        })
    }
}
