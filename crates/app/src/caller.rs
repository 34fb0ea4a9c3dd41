//! Who asks, in which organisation, with which request.

use yutang_domain::{
    actor::{Actor, Denied},
    id::{SessionId, WorkspaceId},
    money::Currency,
    permission::Operation,
    staff::SessionError,
    time::{Date, Timestamp, Zone},
};
use yutang_store::workspace::Workspace;

use crate::Result;

/// How much of what the role allows this request may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// All of it.
    #[default]
    Full,
    /// What one does on a bound phone: Today, tasks, groups (trade.md 2).
    Phone,
    /// Only one's own session, until an authenticator is set up.
    Enrol,
}

/// The key under which a repeated request finds its first answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// What is done: the operation's id.
    pub verb: String,
    /// What the client calls this request.
    pub key: String,
}

/// The standing of a request: everything a verb needs to know about who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The organisation.
    pub workspace: WorkspaceId,
    /// Its zone.
    pub zone: Zone,
    /// Its currency.
    pub currency: Currency,
    /// Who.
    pub actor: Actor,
    /// Who, by name, for the audit log.
    pub name: String,
    /// The request, for logs and audit.
    pub request_id: String,
    /// When the actor last proved who they are; `None` for programs and the command line.
    pub signed_in_at: Option<Timestamp>,
    /// The console session, if it is one.
    pub session: Option<SessionId>,
    /// How much of the role may be used.
    pub reach: Reach,
    /// The key of a request that may come twice.
    pub request_key: Option<RequestKey>,
}

impl Caller {
    /// An actor in a workspace.
    ///
    /// # Errors
    /// The workspace's zone or currency is not what it should be.
    pub fn new(workspace: &Workspace, actor: Actor, name: &str, request_id: &str) -> Result<Self> {
        Ok(Self {
            workspace: workspace.id,
            zone: Zone::from_name(&workspace.zone)?,
            currency: workspace.currency.parse()?,
            actor,
            name: name.to_owned(),
            request_id: request_id.to_owned(),
            signed_in_at: None,
            session: None,
            reach: Reach::Full,
            request_key: None,
        })
    }

    /// Checks a permission.
    ///
    /// # Errors
    /// [`Denied`], or [`SessionError::TotpNeeded`] while an authenticator is overdue.
    pub fn may(&self, operation: Operation) -> Result<()> {
        match self.reach {
            Reach::Full => {}
            Reach::Phone if operation.on_a_phone() => {}
            Reach::Phone => return Err(Denied { operation }.into()),
            Reach::Enrol if operation == Operation::SessionOwn => {}
            Reach::Enrol => return Err(SessionError::TotpNeeded.into()),
        }
        self.actor.may(operation).map_err(Into::into)
    }

    /// What the caller may do.
    pub fn permissions(&self) -> Vec<Operation> {
        Operation::ALL
            .iter()
            .copied()
            .filter(|o| self.may(*o).is_ok())
            .collect()
    }

    /// Checks that a person proved less than ten minutes ago who they are; programs and the command
    /// line, which have no session, pass.
    ///
    /// # Errors
    /// [`SessionError::Stale`].
    pub fn freshly_signed_in(&self, now: Timestamp) -> Result<()> {
        match self.signed_in_at {
            Some(at) if now.since(at) >= yutang_domain::staff::FRESH => {
                Err(SessionError::Stale.into())
            }
            _ => Ok(()),
        }
    }

    /// The path prefix of the branches the caller may see; empty for all.
    pub fn branch_prefix(&self) -> String {
        self.actor.scope().prefix().to_owned()
    }

    /// The civil day of an instant in the workspace's zone.
    pub fn day(&self, at: Timestamp) -> Date {
        self.zone.day(at)
    }
}
