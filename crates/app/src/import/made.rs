//! What a file names and nobody has made yet: branches, tags.

use yutang_domain::{
    id::{BranchId, TagId, kind},
    time::Timestamp,
};
use yutang_store::{
    Tx, branch, import,
    run_trace::{self, Made},
    tag::{self, Tag},
};
use yutang_text::fold::sort_key;

use crate::{App, Caller, Result};

impl App {
    /// The branch of that name, made for the run below the root if there is none.
    pub(super) async fn branch_of_run(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        run: &import::Run,
        name: &str,
        now: Timestamp,
    ) -> Result<BranchId> {
        let is_new = branch::find_by_name(tx, caller.workspace, name)
            .await?
            .is_none();
        let id = self.branch_called(tx, caller, name, now).await?.id;
        if is_new {
            run_trace::note_made(tx, caller.workspace, run.id, Made::Branch(id)).await?;
        }
        Ok(id)
    }

    /// The tag of that name, made for the run if there is none.
    pub(super) async fn tag_of_run(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        run: &import::Run,
        name: &str,
        now: Timestamp,
    ) -> Result<TagId> {
        if let Some(tag) = tag::find(tx, caller.workspace, name).await? {
            return Ok(tag.id);
        }
        let row = Tag {
            id: self.ids().next::<kind::Tag>()?,
            name: name.to_owned(),
            name_sort: sort_key(name),
            color: "jade".to_owned(),
            created_at: now,
        };
        tag::insert(tx, caller.workspace, &row).await?;
        run_trace::note_made(tx, caller.workspace, run.id, Made::Tag(row.id)).await?;
        Ok(row.id)
    }
}
