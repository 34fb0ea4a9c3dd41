//! Events that other programs report with a token: taken once, kept where they can be erased, and
//! told to the log by id and name alone.

use serde_json::Value;
use yutang_domain::{
    event::{Event, EventKind},
    id::{GroupId, MemberId, OutsideId, kind},
    outside::{OutsideError, check},
    permission::Operation,
    time::{MINUTE, Timestamp},
};
pub use yutang_store::outside::Outside;
use yutang_store::{Tx, event, identity, member, outside};

use crate::{App, Caller, Result, macros::in_tx};

/// How far a reporter's clock may be ahead, in milliseconds.
const AHEAD: i64 = 5 * MINUTE;
/// Up to which number events are counted exactly.
pub const COUNTED_UP_TO: usize = 10_000;

/// Whom an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// By the id that webhooks and the API name.
    Member(MemberId),
    /// By an account on a network.
    Account {
        /// The network.
        channel: String,
        /// Its id of the account.
        account: String,
    },
}

/// An event as it is reported.
#[derive(Clone, Debug)]
pub struct Report {
    /// Where it comes from.
    pub source: String,
    /// The reporter's name of it.
    pub id: String,
    /// What kind of thing happened.
    pub name: String,
    /// When; none = now.
    pub at: Option<Timestamp>,
    /// To whom.
    pub whom: Option<Whom>,
    /// In which group.
    pub group: Option<GroupId>,
    /// What else is to be said.
    pub data: Value,
}

/// A page of events.
#[derive(Clone, Debug)]
pub struct OutsidePage {
    /// The events, the latest first.
    pub items: Vec<Outside>,
    /// Where the next page begins, if there is one.
    pub next: Option<(i64, OutsideId)>,
    /// How many there are, up to [`COUNTED_UP_TO`] + 1.
    pub total: i64,
}

impl App {
    /// Takes an event; says whether it is new. One that comes again is taken again and kept once.
    ///
    /// # Errors
    /// [`OutsideError`]; the group is out of reach.
    pub async fn report_outside(
        &self,
        caller: &Caller,
        report: &Report,
    ) -> Result<(Outside, bool)> {
        caller.may(Operation::OutsideReport)?;
        let (source, external_id) = (report.source.trim(), report.id.trim());
        check(source, external_id, &report.name, &report.data)?;
        let now = self.now();
        let at = report.at.unwrap_or(now);
        if at > now.plus(AHEAD) {
            return Err(OutsideError::Future.into());
        }
        in_tx!(self, Write, tx => {
            let member = match &report.whom {
                Some(whom) => Some(meant(tx, caller, whom).await?),
                None => None,
            };
            let group = match report.group {
                Some(id) => Some(self.group_in_scope(tx, caller, id).await?.0),
                None => None,
            };
            let mut fact =
                Event::new(self.ids().next()?, EventKind::OutsideReceived, &caller.actor);
            let row = Outside {
                id: self.ids().next::<kind::Outside>()?,
                source: source.to_owned(),
                external_id: external_id.to_owned(),
                name: report.name.clone(),
                member_id: member,
                group_id: group.as_ref().map(|row| row.id),
                data: report.data.to_string(),
                at,
                actor: caller.actor.to_string(),
                event_id: fact.id,
                created_at: now,
            };
            if !outside::insert(tx, caller.workspace, &row).await? {
                let known = outside::get(tx, caller.workspace, source, external_id).await?;
                if known.name != row.name {
                    return Err(OutsideError::Known { name: known.name }.into());
                }
                return Ok((known, false));
            }
            fact = fact.with(serde_json::json!({ "outside": row.id, "name": row.name }));
            fact.member = member;
            fact.group = row.group_id;
            fact.branch = group.map(|row| row.branch_id);
            event::insert(tx, caller.workspace, now, &[fact]).await?;
            Ok((row, true))
        })
    }

    /// What was reported, the latest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn outside_events(
        &self,
        caller: &Caller,
        name: Option<&str>,
        (after, limit): (Option<(i64, OutsideId)>, usize),
    ) -> Result<OutsidePage> {
        caller.may(Operation::OutsideRead)?;
        in_tx!(self, Read, tx => {
            let mut items = outside::list(tx, caller.workspace, name, after, limit + 1).await?;
            let more = items.len() > limit;
            items.truncate(limit);
            let next = items.last().filter(|_| more).map(|row| (row.created_at.ms(), row.id));
            let total = outside::count(tx, caller.workspace, name, COUNTED_UP_TO + 1).await?;
            Ok(OutsidePage { items, next, total })
        })
    }
}

async fn meant(tx: &mut Tx, caller: &Caller, whom: &Whom) -> Result<MemberId> {
    let id = match whom {
        Whom::Member(id) => *id,
        Whom::Account { channel, account } => {
            let found =
                identity::holders(tx, caller.workspace, channel, &[account.as_str()]).await?;
            *found.get(account).ok_or(OutsideError::Member)?
        }
    };
    match member::get(tx, caller.workspace, id).await {
        Ok(row) if row.erased_at.is_none() => Ok(row.canonical_id),
        Ok(_) | Err(yutang_store::StoreError::NotFound(_)) => Err(OutsideError::Member.into()),
        Err(error) => Err(error.into()),
    }
}
