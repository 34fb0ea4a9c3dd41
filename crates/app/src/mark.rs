//! What operators say of messages: wanted or not. A classifier learns from nothing else.
//!
//! A mark belongs to a message and holds no copy of its words: what is erased or past retention is
//! forgotten by the next training as well. The latest mark of a message counts, whether somebody
//! made it on the training page or it came with a sanction that was taken back.

use std::collections::HashSet;

use yutang_domain::{
    actor::Actor,
    event::{Event, EventKind},
    id::{GroupId, MemberId, MessageId, WorkspaceId},
    mark::{MarkError, MarkSource},
    moderation::{Hit, HitKind},
    permission::Operation,
    time::{DAY, Timestamp},
};
pub use yutang_store::mark::{Filter, Marked};
use yutang_store::{
    StoreError, Tx, event,
    mark::{self as rows, Mark},
    message,
    sanction::{self, Sanction},
    stream,
};
use yutang_text::{classify::Opinion, pipeline::Pipeline};

use crate::{App, AppError, Caller, Result, group::Place, macros::in_tx};

/// How far back messages are offered for marking, in milliseconds.
const OFFERED_FROM: i64 = 30 * DAY;
/// How many messages are weighed for one page of them.
const WEIGHED: usize = 1_000;
/// One in so many of a page is not chosen for being uncertain, so that what a model is sure of and
/// wrong about is seen too.
const PLAIN_EVERY: usize = 4;

/// A marked message.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The message with its mark.
    pub row: Marked,
    /// Who wrote it.
    pub member: Option<Place<MemberId>>,
}

/// A page of marked messages.
#[derive(Clone, Debug)]
pub struct MarkPage {
    /// The latest mark first.
    pub items: Vec<Listed>,
    /// Where the next page begins, if there is one.
    pub next: Option<(Timestamp, MessageId)>,
    /// Marked texts that are still there: unwanted, wanted.
    pub tally: (usize, usize),
}

/// A message that an operator may mark.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The message, with its mark if it has one.
    pub row: Marked,
    /// Who wrote it.
    pub member: Option<Place<MemberId>>,
    /// Points as an advert; 100 are enough.
    pub points: i32,
    /// What the classifier says, if there is one.
    pub opinion: Option<Opinion>,
    /// Signs of an advert.
    pub hits: Vec<Hit>,
}

/// What messages to mark are asked with.
#[derive(Clone, Debug)]
pub struct OfferQuery {
    /// In which group.
    pub group: Option<GroupId>,
    /// Only those that nobody has marked.
    pub unmarked: bool,
    /// How many at most.
    pub limit: usize,
}

impl App {
    /// Says of a message whether it is unwanted; `None` takes the mark away.
    ///
    /// # Errors
    /// [`MarkError`]; the message is not there, or out of the caller's reach.
    pub async fn mark_message(
        &self,
        caller: &Caller,
        id: MessageId,
        unwanted: Option<bool>,
    ) -> Result<()> {
        caller.may(Operation::MarkEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let said = message::of_ids(tx, caller.workspace, &[id]).await?;
            let said = said.into_iter().next().ok_or(StoreError::NotFound("message"))?;
            self.group_in_scope(tx, caller, said.group_id).await?;
            let marked = match unwanted {
                Some(unwanted) => {
                    let source = MarkSource::Operator;
                    self.mark_in(tx, caller.workspace, id, (unwanted, source), &caller.actor, now).await?
                }
                None => {
                    rows::remove(tx, caller.workspace, id).await?;
                    true
                }
            };
            if marked { Ok(()) } else { Err(MarkError::Wordless.into()) }
        })
    }

    /// Marks a message in the transaction of whatever says what it is; false if it has no words to
    /// learn from.
    ///
    /// # Errors
    /// The database refused.
    pub async fn mark_in(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        id: MessageId,
        (unwanted, source): (bool, MarkSource),
        actor: &Actor,
        now: Timestamp,
    ) -> Result<bool> {
        let said = message::of_ids(tx, workspace, &[id]).await?;
        let Some(said) = said.into_iter().next() else {
            return Ok(false);
        };
        let worded = said
            .text
            .as_deref()
            .is_some_and(|text| !text.trim().is_empty());
        if !worded || said.redacted_at.is_some() {
            return Ok(false);
        }
        let mark = Mark {
            message_id: id,
            group_id: said.group_id,
            unwanted,
            source,
            actor: actor.to_string(),
            at: now,
        };
        rows::set(tx, workspace, &mark).await?;
        let mut fact = Event::new(self.ids().next()?, EventKind::MessageMarked, actor)
            .with(serde_json::json!({ "message": id, "unwanted": unwanted, "source": source }));
        fact.group = Some(said.group_id);
        event::insert(tx, workspace, now, &[fact]).await?;
        Ok(true)
    }

    /// What a person found of a sanction says what its messages are. Only what was judged by its
    /// words teaches something about words.
    pub(crate) async fn learn_from(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Sanction,
        verdict: (bool, MarkSource),
        now: Timestamp,
    ) -> Result<()> {
        if !matches!(row.kind, HitKind::Advert | HitKind::Contact) {
            return Ok(());
        }
        let workspace = caller.workspace;
        for cause in sanction::causes(tx, workspace, &[row.id]).await? {
            self.mark_in(tx, workspace, cause.message_id, verdict, &caller.actor, now)
                .await?;
        }
        Ok(())
    }

    /// Marked messages of the branches of the caller.
    ///
    /// # Errors
    /// The caller may not mark; the database refused.
    pub async fn marks(&self, caller: &Caller, filter: Filter, limit: usize) -> Result<MarkPage> {
        caller.may(Operation::MarkEdit)?;
        let filter = Filter {
            branch_prefix: caller.branch_prefix(),
            ..filter
        };
        in_tx!(self, Read, tx => {
            let workspace = caller.workspace;
            let mut found = rows::list(tx, workspace, &filter, limit + 1).await?;
            let more = found.len() > limit;
            found.truncate(limit);
            let next = found
                .last()
                .filter(|_| more)
                .and_then(|row| row.marked_at.map(|at| (at, row.id)));
            let tally = tally(tx, workspace).await?;
            let authors = authors(tx, workspace, &found).await?;
            let items = found
                .into_iter()
                .map(|row| Listed { member: author(&authors, &row), row })
                .collect();
            Ok(MarkPage { items, next, tally })
        })
    }

    /// Messages that an operator may mark, those that teach most first: the ones a judgement is
    /// least certain about, mixed with the latest. Of texts that are the same only one is offered.
    ///
    /// # Errors
    /// The caller may not mark; the database refused.
    pub async fn messages_to_mark(
        &self,
        caller: &Caller,
        query: &OfferQuery,
    ) -> Result<Vec<Offered>> {
        caller.may(Operation::MarkEdit)?;
        let filter = Filter {
            group: query.group,
            branch_prefix: caller.branch_prefix(),
            ..Filter::default()
        };
        let since = self.now().plus(-OFFERED_FROM);
        let (found, authors, pipeline) = in_tx!(self, Read, tx => {
            let workspace = caller.workspace;
            let wanted = (query.unmarked, since);
            let mut found = rows::to_mark(tx, workspace, &filter, wanted, WEIGHED).await?;
            let unread = self.unread(tx, caller).await?;
            found.retain(|row| !unread.contains(&row.group_id));
            let authors = authors(tx, workspace, &found).await?;
            let (pipeline, _) = self.pipeline_in(tx, workspace).await?;
            Ok((found, authors, pipeline))
        })?;
        let limit = query.limit;
        let chosen = tokio::task::spawn_blocking(move || choose(&pipeline, found, limit))
            .await
            .map_err(AppError::internal)?;
        Ok(chosen
            .into_iter()
            .map(|mut one| {
                one.member = author(&authors, &one.row);
                one
            })
            .collect())
    }
}

/// Marked texts that are still there: unwanted, wanted.
pub(crate) async fn tally(tx: &mut Tx, workspace: WorkspaceId) -> Result<(usize, usize)> {
    let mut both = (0, 0);
    for row in rows::tally(tx, workspace).await? {
        let n = usize::try_from(row.n).unwrap_or_default();
        if row.unwanted {
            both.0 = n;
        } else {
            both.1 = n;
        }
    }
    Ok(both)
}

async fn authors(
    tx: &mut Tx,
    workspace: WorkspaceId,
    found: &[Marked],
) -> Result<Vec<stream::Name>> {
    let mut records: Vec<MemberId> = found.iter().filter_map(|row| row.member_id).collect();
    records.sort_unstable();
    records.dedup();
    let mut names = Vec::with_capacity(records.len());
    for chunk in records.chunks(500) {
        names.extend(stream::names(tx, workspace, chunk).await?);
    }
    Ok(names)
}

fn author(names: &[stream::Name], row: &Marked) -> Option<Place<MemberId>> {
    let record = row.member_id?;
    let name = names.iter().find(|name| name.record_id == record)?;
    Some(Place {
        id: name.member_id,
        name: name.name.clone(),
    })
}

/// The messages that teach most, of those given newest first.
fn choose(pipeline: &Pipeline, found: Vec<Marked>, limit: usize) -> Vec<Offered> {
    let mut seen = HashSet::new();
    let mut plain: Vec<(f64, Offered)> = Vec::new();
    for row in found {
        let check = pipeline.check(row.text.as_deref().unwrap_or_default());
        if !seen.insert(check.folded.clone()) {
            continue;
        }
        let points = check.points(HitKind::Advert);
        let doubt = match (check.opinion, &pipeline.model) {
            (Some(opinion), Some(model)) => {
                (odds(opinion.probability) - odds(model.threshold())).abs()
            }
            _ => f64::from((points - yutang_domain::moderation::ENOUGH).abs()),
        };
        let offered = Offered {
            row,
            member: None,
            points,
            opinion: check.opinion,
            hits: check
                .hits
                .into_iter()
                .filter(|hit| hit.kind == HitKind::Advert)
                .collect(),
        };
        plain.push((doubt, offered));
    }
    // Newest first, so that of equal doubt the newest comes first.
    let mut by_doubt: Vec<usize> = (0..plain.len()).collect();
    by_doubt.sort_by(|a, b| plain[*a].0.total_cmp(&plain[*b].0));
    let mut places = Vec::with_capacity(limit.min(plain.len()));
    let (mut doubtful, mut latest) = (by_doubt.into_iter(), 0..plain.len());
    let mut taken = HashSet::new();
    while places.len() < limit.min(plain.len()) {
        let next = if places.len() % PLAIN_EVERY == PLAIN_EVERY - 1 {
            latest.next()
        } else {
            doubtful.next()
        };
        match next {
            Some(place) if taken.insert(place) => places.push(place),
            Some(_) => {}
            None => break,
        }
    }
    let mut plain: Vec<Option<Offered>> = plain.into_iter().map(|(_, one)| Some(one)).collect();
    places
        .into_iter()
        .filter_map(|place| plain[place].take())
        .collect()
}

fn odds(probability: f64) -> f64 {
    let p = probability.clamp(1e-6, 1.0 - 1e-6);
    (p / (1.0 - p)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(id: i64, text: &str) -> Marked {
        Marked {
            id: MessageId::from_raw(id),
            group_id: GroupId::from_raw(1),
            group_name: String::new(),
            member_id: None,
            sent_at: Timestamp::from_ms(0),
            text: Some(text.to_owned()),
            unwanted: None,
            source: None,
            actor: None,
            marked_at: None,
        }
    }

    #[test]
    fn what_is_doubtful_comes_first_and_the_same_words_once() {
        let texts = [
            "早上好",
            "今天有吐司吗",
            "兼职刷单,日结200,加V:abc12345",
            "兼职刷单，日结200，加V:abc12345",
            "加微信 abc12345",
            "明天见",
        ];
        let found = texts.iter().zip(1..).map(|(text, id)| marked(id, text));
        let chosen = choose(&Pipeline::default(), found.collect(), 9);
        let ids: Vec<i64> = chosen.iter().map(|one| one.row.id.raw()).collect();
        assert_eq!(ids.len(), 5, "{ids:?}");
        assert!(!ids.contains(&4));
        let certain = chosen.iter().position(|one| one.points > 200);
        let doubtful = chosen
            .iter()
            .position(|one| (30..200).contains(&one.points));
        assert!(doubtful < certain || certain.is_none(), "{chosen:?}");
        assert_eq!(
            choose(&Pipeline::default(), vec![marked(1, "在吗")], 0).len(),
            0
        );
    }
}
