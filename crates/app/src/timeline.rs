//! What happened to a person and why, newest first.
//!
//! Nothing is kept for this: comings and goings, orders, consents, tags, merges and changes each
//! have their own rows, and the timeline reads them side by side. Every line says who or what
//! caused it and, where it can be taken back, how.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use yutang_domain::{
    id::{ImportRunId, MemberId},
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{Tx, consent, member as store, member_link, passage::Way, timeline};

use crate::{App, Caller, Result, macros::in_tx, member::subject};

/// Why something happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Who or what did it: a person by name, else the stored form of the actor.
    pub actor: String,
    /// A code for the reason: the kind of change, or where it was learned.
    pub reason_code: Option<String>,
    /// The import that brought it.
    pub run_id: Option<ImportRunId>,
}

/// How something is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undo {
    /// `member_link.undo` with the link's id, or `audit.undo` with the audit line's.
    pub operation: &'static str,
    /// Of what.
    pub id: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// What kind of thing: passage, order, tag, consent, link, change, record.
    pub kind: &'static str,
    /// Code of the sentence.
    pub code: String,
    /// What stands in the sentence.
    pub args: Value,
    /// Why.
    pub cause: Cause,
    /// How it is taken back.
    pub undo: Option<Undo>,
    #[serde(skip)]
    key: String,
}

/// Where a timeline goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// Instant of the last line shown.
    pub at: Timestamp,
    /// Its place among those of that instant.
    pub key: String,
}

/// Rows of one kind that may stand at one instant and still be told apart by paging.
const TIES: usize = 50;

impl App {
    /// A page of what happened to a person.
    ///
    /// # Errors
    /// The person is not the caller's to see.
    pub async fn timeline(
        &self,
        caller: &Caller,
        id: MemberId,
        after: Option<&After>,
        limit: usize,
    ) -> Result<(Vec<Happened>, Option<After>)> {
        caller.may(Operation::MemberRead)?;
        in_tx!(self, Read, tx => {
            let person = self.visible(tx, caller, id).await?;
            let until = after.map_or(Timestamp::from_ms(i64::MAX), |after| after.at);
            let mut all = self.happened(tx, caller, person.id, until, limit + TIES).await?;
            if let Some(after) = after {
                all.retain(|h| (h.at, h.key.as_str()) < (after.at, after.key.as_str()));
            }
            all.sort_by(|a, b| (b.at, &b.key).cmp(&(a.at, &a.key)));
            let more = all.len() > limit;
            all.truncate(limit);
            let next = all
                .last()
                .filter(|_| more)
                .map(|last| After { at: last.at, key: last.key.clone() });
            Ok((all, next))
        })
    }

    pub(crate) async fn happened(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        canonical: MemberId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Happened>> {
        let workspace = caller.workspace;
        let records = store::records(tx, workspace, canonical).await?;
        let ids: Vec<MemberId> = records.iter().map(|r| r.id).collect();
        let mut all = Vec::new();
        for record in &records {
            all.push(line(
                record.created_at,
                "record",
                format!("timeline.record_{}", record.source),
                json!({}),
                by_run("system:record", record.run_id, None),
                record.id.to_string(),
            ));
        }
        let passages = timeline::passages(tx, workspace, canonical, until, limit).await?;
        let links = member_link::touching(tx, workspace, &ids).await?;
        let mut others: Vec<MemberId> = passages.iter().filter_map(|p| p.other_id).collect();
        others.extend(links.iter().flat_map(|l| [l.from_id, l.to_id]));
        others.sort_unstable();
        others.dedup();
        let names: HashMap<MemberId, String> = store::listed(tx, workspace, &others)
            .await?
            .into_iter()
            .map(|m| (m.id, m.name))
            .collect();
        for p in passages {
            let other = p
                .other_id
                .map(|id| json!({"id": id, "name": names.get(&id)}));
            let (code, reason) = match (p.kind, p.other_id.is_some()) {
                (Way::Joined, true) => ("timeline.joined_by", "timeline.cause.invited"),
                (Way::Joined, false) => ("timeline.joined", "timeline.cause.seen"),
                (Way::Left, _) => ("timeline.left", "timeline.cause.seen"),
                (Way::Removed, _) => ("timeline.removed", "timeline.cause.seen"),
            };
            all.push(line(
                p.at,
                "passage",
                code.to_owned(),
                json!({
                    "group": p.group_name,
                    "group_id": p.group_id,
                    "via": p.via,
                    "other": other.as_ref().and_then(|o| o.get("name")),
                    "other_id": p.other_id,
                }),
                by_run("system:channel", p.run_id, Some(reason)),
                p.id.to_string(),
            ));
        }
        for o in timeline::orders(tx, workspace, canonical, until, limit).await? {
            all.push(line(
                o.placed_at,
                "order",
                format!("timeline.order_{}", o.state),
                json!({
                    "order": o.external_id,
                    "order_id": o.id,
                    "amount_minor": o.amount_minor,
                    "currency": o.currency,
                    "lines": o.line_count,
                }),
                by_run("system:order", o.run_id, None),
                o.id.to_string(),
            ));
        }
        for t in timeline::tags(tx, workspace, canonical).await? {
            all.push(line(
                t.created_at,
                "tag",
                "timeline.tagged".to_owned(),
                json!({"tag": t.name, "tag_id": t.tag_id}),
                by_run(&t.actor, t.run_id, None),
                t.tag_id.to_string(),
            ));
        }
        for c in consent::of_person(tx, workspace, canonical).await? {
            let args = json!({
                "purpose": c.purpose, "version": c.text_version, "channel": c.channel,
                "consent_id": c.id,
            });
            if let (Some(at), Some(by)) = (c.withdrawn_at, &c.withdrawn_by) {
                let code = "timeline.consent_withdrawn".to_owned();
                all.push(line(
                    at,
                    "consent",
                    code,
                    args.clone(),
                    by_run(by, None, None),
                    format!("{}w", c.id),
                ));
            }
            let code = "timeline.consent_given".to_owned();
            all.push(line(
                c.given_at,
                "consent",
                code,
                args,
                by_run(&c.actor, None, None),
                c.id.to_string(),
            ));
        }
        for l in links {
            let other = if ids.contains(&l.from_id) && l.from_id != canonical {
                l.from_id
            } else {
                [l.from_id, l.to_id]
                    .into_iter()
                    .find(|id| *id != canonical)
                    .unwrap_or(l.to_id)
            };
            let args = json!({"other": names.get(&other), "other_id": other, "reason": l.reason});
            if let (Some(at), Some(by)) = (l.undone_at, &l.undone_by) {
                let code = "timeline.unlinked".to_owned();
                all.push(line(
                    at,
                    "link",
                    code,
                    args.clone(),
                    by_run(by, None, None),
                    format!("{}u", l.id),
                ));
            }
            let mut merged = line(
                l.created_at,
                "link",
                "timeline.merged".to_owned(),
                args,
                by_run(&l.actor, None, None),
                l.id.to_string(),
            );
            merged.undo = l.undone_at.is_none().then(|| Undo {
                operation: "member_link.undo",
                id: l.id.to_string(),
            });
            all.push(merged);
        }
        self.changes(tx, caller, &ids, (until, limit), &mut all)
            .await?;
        all.retain(|h| h.at <= until);
        let actors: Vec<String> = all.iter().map(|h| h.cause.actor.clone()).collect();
        let called = self
            .actor_names(tx, caller, actors.iter().map(String::as_str))
            .await?;
        for h in &mut all {
            if let Some(name) = called.get(&h.cause.actor) {
                h.cause.actor.clone_from(name);
            }
        }
        Ok(all)
    }

    /// Changes from the audit log that have no rows of their own.
    async fn changes(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        ids: &[MemberId],
        (until, limit): (Timestamp, usize),
        all: &mut Vec<Happened>,
    ) -> Result<()> {
        let subjects: Vec<String> = ids.iter().map(|id| subject(*id)).collect();
        for c in timeline::changes(tx, caller.workspace, &subjects, until, limit * 2).await? {
            let after: Value = c
                .after
                .as_deref()
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default();
            let undo = || {
                (c.undoable && c.undone_at.is_none()).then(|| Undo {
                    operation: "audit.undo",
                    id: c.id.to_string(),
                })
            };
            if c.operation == "member.tag" {
                // The tag itself is on the timeline already; it learns how it is taken back.
                let tag = after.get("tag_id").cloned().unwrap_or_default();
                let here = all.iter_mut().find(|h| {
                    h.kind == "tag"
                        && h.undo.is_none()
                        && h.at == c.at
                        && h.args.get("tag_id") == Some(&tag)
                });
                if let Some(here) = here {
                    here.undo = undo();
                }
                continue;
            }
            let (code, args) = match c.operation.as_str() {
                "member.edit" => ("timeline.edited", json!({})),
                "member.untag" => ("timeline.untagged", json!({"tag": after.get("tag")})),
                "member.role" => {
                    let on = after.get("on").and_then(Value::as_bool).unwrap_or(false);
                    let code = if on {
                        "timeline.role_given"
                    } else {
                        "timeline.role_taken"
                    };
                    (code, json!({"role": after.get("role")}))
                }
                "member.note" => ("timeline.noted", json!({})),
                "member.note_delete" => ("timeline.note_removed", json!({})),
                "member.export" => ("timeline.exported", json!({})),
                "member.page_link" => ("timeline.page_link", json!({})),
                "member.erase" => ("timeline.erased", json!({})),
                _ => continue,
            };
            let reason = c.undone_at.is_some().then_some("timeline.cause.undone");
            let mut happened = line(
                c.at,
                "change",
                code.to_owned(),
                args,
                by_run(&c.actor, None, reason),
                c.id.to_string(),
            );
            happened.undo = undo();
            all.push(happened);
        }
        Ok(())
    }
}

fn by_run(actor: &str, run_id: Option<ImportRunId>, reason: Option<&str>) -> Cause {
    Cause {
        actor: if run_id.is_some() {
            "system:import".to_owned()
        } else {
            actor.to_owned()
        },
        reason_code: if run_id.is_some() {
            Some("timeline.cause.import".to_owned())
        } else {
            reason.map(str::to_owned)
        },
        run_id,
    }
}

fn line(
    at: Timestamp,
    kind: &'static str,
    code: String,
    args: Value,
    cause: Cause,
    key: String,
) -> Happened {
    Happened {
        at,
        kind,
        code,
        args,
        cause,
        undo: None,
        key: format!("{kind}:{key}"),
    }
}
