//! Messages that their senders changed: the row stays, its words and what they are worth change.
//!
//! A harmless message that turns into an advert is judged like one that was sent so; what it said
//! before is kept beside it for whoever has to decide. A change of something that nobody saw is
//! taken for the message itself.

use std::collections::{BTreeMap, HashMap, HashSet};

use yutang_channels::{Fact, Inbound};
use yutang_domain::{group::Standing, id::MemberId, member::REDACTED};
use yutang_store::{
    Tx,
    group::Group,
    message::{self, Message},
    passage,
};
use yutang_text::{
    topic::{Topic, Topicality},
    value,
    verdict::{self, Reading},
};

use crate::{
    App, Caller, Result,
    inbound::{RECALLED_WITHIN, line},
    talk::{
        Heard, Line, Said, What, kind_of, name_of_answered, operates, stored_key, tally, topic_of,
        value_code,
    },
};

/// What the changes of a harvest came to.
#[derive(Debug, Default)]
pub(crate) struct Edited {
    /// The facts that changed a message which is known, by their keys.
    pub keys: HashSet<String>,
    /// Messages that are complaints since.
    pub complaints: Vec<Heard>,
    /// The messages as they are now.
    pub said: Vec<Said>,
}

impl App {
    /// Takes changes of messages in that are known already.
    pub(crate) async fn note_edits(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        facts: &[&Inbound],
        people: &HashMap<&str, MemberId>,
    ) -> Result<Edited> {
        let mut edited = Edited::default();
        let changes: Vec<(&Inbound, &str, Line)> = facts
            .iter()
            .filter_map(|inbound| match &inbound.fact {
                Fact::Posted {
                    edits: Some(key), ..
                } => Some((*inbound, key.as_str(), line(inbound, people)?)),
                _ => None,
            })
            .collect();
        if changes.is_empty() {
            return Ok(edited);
        }
        let workspace = caller.workspace;
        let lines: Vec<Line> = changes.iter().map(|(.., line)| line.clone()).collect();
        let erased = self.erased_in(tx, workspace, group, &lines).await?;
        let topic = topic_of(group);
        for (inbound, key, line) in changes {
            let What::Said {
                by,
                card_name,
                kind,
                text,
                reading,
                ..
            } = &line.what
            else {
                continue;
            };
            let since = stored_key(line.at.plus(-RECALLED_WITHIN), [0; 16]);
            let name = name_of_answered(key);
            let found = message::named(tx, workspace, group.id, (&name, &since[..6])).await?;
            // Nobody changes what others wrote.
            let Some(before) = found.filter(|row| row.member_id == Some(*by)) else {
                continue;
            };
            edited.keys.insert(inbound.key.clone());
            let standing: HashMap<MemberId, Standing> =
                passage::standings(tx, workspace, group.id, &[*by])
                    .await?
                    .into_iter()
                    .collect();
            let mut row = before.clone();
            (*kind).clone_into(&mut row.kind);
            let words = rejudge(&mut row, (text, reading), &topic, standing.get(by));
            erased.write(&mut row, text, self.now());
            if erased.is(*by) {
                row.text = None;
            }
            if !message::edit(tx, workspace, &row, line.at).await? {
                continue;
            }
            edited.said.push(Said {
                message: row.id,
                member: *by,
                standing: standing.get(by).copied().unwrap_or(Standing::Member),
                at: line.at,
                key: line.key,
                off_topic: row.off_topic,
            });
            let mut counts = BTreeMap::new();
            tally(&before, *by, -1, &standing, &mut counts);
            tally(&row, *by, 1, &standing, &mut counts);
            message::count(tx, workspace, &counts.into_iter().collect::<Vec<_>>()).await?;
            if row.complaint && !before.complaint {
                let hidden = erased.is(*by).then_some(REDACTED);
                edited.complaints.push(Heard {
                    message: row.id,
                    member: *by,
                    card_name: hidden.unwrap_or(card_name).to_owned(),
                    text: hidden.unwrap_or(text).to_owned(),
                    at: line.at,
                    words,
                });
            }
        }
        Ok(edited)
    }
}

/// What the new words are worth; returns those that make it a complaint.
fn rejudge(
    row: &mut Message,
    (text, reading): (&str, &Reading),
    topic: &Topic,
    standing: Option<&Standing>,
) -> Vec<String> {
    if operates(standing) {
        return Vec::new();
    }
    let said = value::Message {
        text,
        kind: kind_of(&row.kind),
        reply: row.reply_to.is_some(),
        after_question: false,
    };
    let verdict = verdict::judge_reading(reading, &said, topic);
    row.value_code = verdict.value.as_ref().map(|v| value_code(v).to_owned());
    row.advert = verdict.advert.as_ref().map_or(0, |a| i64::from(a.weight));
    row.off_topic = verdict.topicality == Topicality::Off;
    row.judged = matches!(verdict.topicality, Topicality::On | Topicality::Off);
    row.complaint = verdict.complaint.is_some();
    verdict.complaint.map_or_else(Vec::new, |found| found.words)
}
