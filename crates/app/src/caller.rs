//! Who asks, in which organisation, with which request.

use yutang_domain::{
    actor::Actor,
    id::WorkspaceId,
    money::Currency,
    permission::Operation,
    time::{Date, Timestamp, Zone},
};
use yutang_store::workspace::Workspace;

use crate::Result;

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
        })
    }

    /// Checks a permission.
    ///
    /// # Errors
    /// [`yutang_domain::actor::Denied`].
    pub fn may(&self, operation: Operation) -> Result<()> {
        self.actor.may(operation).map_err(Into::into)
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
