//! The people who work here: adding, changing, letting go with a hand-over. req: 004-074

use serde::{Deserialize, Serialize};
use yutang_domain::{
    actor::Role,
    event::{Event, EventKind},
    id::{BranchId, MemberId, StaffId, kind},
    permission::Operation,
    staff::{StaffError, Title, check_password, sign_in_name},
    time::Timestamp,
};
use yutang_store::{
    Tx, account, branch, device, event, member, membership,
    staff::{self, Filter, Staff},
    workspace::Workspace,
};
pub use yutang_store::{device::Device, staff::Listed};
use yutang_text::fold::sort_key;

use crate::{
    App, Caller, Result,
    audit::Change,
    macros::in_tx,
    session::{hash_password, password_fits},
};

/// Somebody to be added.
#[derive(Clone)]
pub struct NewStaff {
    /// Name.
    pub name: String,
    /// What they sign in with; none = only by a bound phone.
    pub sign_in: Option<String>,
    /// Their password; none = they choose it by link.
    pub password: Option<String>,
    /// What they may do; has to go with the title.
    pub role: Role,
    /// What the trade calls them; none = what goes with the role.
    pub title: Option<Title>,
    /// Where they work.
    pub branch_id: Option<BranchId>,
}

/// What may change of a member of staff; `None` = stays.
#[derive(Clone, Debug, Default)]
pub struct StaffPatch {
    /// Name.
    pub name: Option<String>,
    /// What they sign in with.
    pub sign_in: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// What the trade calls them.
    pub title: Option<Title>,
    /// Where they work; `Some(None)` = the whole organisation.
    pub branch_id: Option<Option<BranchId>>,
    /// The member record they write under in groups; `Some(None)` = none.
    pub member_id: Option<Option<MemberId>>,
}

/// What the audit log keeps of a member of staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    name: String,
    sign_in: Option<String>,
    role: Role,
    title: Title,
    branch_id: Option<BranchId>,
    #[serde(default)]
    member_id: Option<MemberId>,
}

/// A member of staff as a list shows them.
#[derive(Clone, Debug)]
pub struct StaffRow {
    /// Who.
    pub row: Listed,
    /// Their bound phones.
    pub devices: Vec<Device>,
}

/// A page of staff.
#[derive(Clone, Debug)]
pub struct StaffPage {
    /// Who.
    pub rows: Vec<StaffRow>,
    /// Where the next page begins.
    pub next: Option<(String, StaffId)>,
    /// How many there are.
    pub total: i64,
}

impl App {
    /// Staff by name, of the branches the caller may see.
    ///
    /// # Errors
    /// The database refused.
    pub async fn staff_list(
        &self,
        caller: &Caller,
        q: Option<&str>,
        left: bool,
        after: Option<(String, StaffId)>,
        limit: usize,
    ) -> Result<StaffPage> {
        caller.may(Operation::StaffRead)?;
        let filter = Filter {
            branch_path: caller.branch_prefix(),
            left,
            q: q.map(str::trim).filter(|q| !q.is_empty()).map(sort_key),
            after,
        };
        in_tx!(self, Read, tx => {
            let mut rows = staff::list(tx, caller.workspace, &filter, limit + 1).await?;
            let more = rows.len() > limit;
            rows.truncate(limit);
            let total = staff::count(tx, caller.workspace, &filter).await?;
            let next = rows.last().filter(|_| more).map(|r| (r.name_sort.clone(), r.id));
            let ids: Vec<StaffId> = rows.iter().map(|r| r.id).collect();
            let mut devices = device::list_of(tx, caller.workspace, &ids).await?;
            let rows = rows
                .into_iter()
                .map(|row| {
                    let (own, rest) = devices.drain(..).partition(|d: &Device| d.staff_id == row.id);
                    devices = rest;
                    StaffRow { row, devices: own }
                })
                .collect();
            Ok(StaffPage { rows, next, total })
        })
    }

    /// One member of staff.
    ///
    /// # Errors
    /// There is no such person where the caller may look.
    pub async fn staff_member(&self, caller: &Caller, id: StaffId) -> Result<StaffRow> {
        caller.may(Operation::StaffRead)?;
        in_tx!(self, Read, tx => self.staff_row(tx, caller, id).await)
    }

    async fn staff_row(&self, tx: &mut Tx, caller: &Caller, id: StaffId) -> Result<StaffRow> {
        let row = staff::listed(tx, caller.workspace, &caller.branch_prefix(), id).await?;
        let devices = device::list_of(tx, caller.workspace, &[id]).await?;
        Ok(StaffRow { row, devices })
    }

    /// Adds a member of staff.
    ///
    /// # Errors
    /// [`StaffError`].
    pub async fn create_staff(&self, caller: &Caller, new: NewStaff) -> Result<StaffRow> {
        caller.may(Operation::StaffEdit)?;
        self.add_staff(caller, new, false).await
    }

    /// Adds a member of staff from the command line: the sign-in name is the name unless said
    /// otherwise, and one who works in a branch works in the root. A sign-in that exists gets a
    /// place here as well if the password is the one it has.
    ///
    /// # Errors
    /// [`StaffError`].
    pub async fn add_staff_from_cli(
        &self,
        workspace: &Workspace,
        name: &str,
        role: Role,
        sign_in: Option<&str>,
        password: &str,
    ) -> Result<StaffRow> {
        let caller = self.console(workspace)?;
        let title = Title::of(role);
        let branch_id = if title.works_in_branch() {
            Some(in_tx!(self, Read, tx => Ok(crate::branch::root(tx, &caller).await?.id))?)
        } else {
            None
        };
        let new = NewStaff {
            name: name.to_owned(),
            sign_in: Some(sign_in.unwrap_or(name).to_owned()),
            password: Some(password.to_owned()),
            role,
            title: Some(title),
            branch_id,
        };
        self.add_staff(&caller, new, true).await
    }

    async fn add_staff(&self, caller: &Caller, new: NewStaff, may_join: bool) -> Result<StaffRow> {
        let name = checked_name(&new.name)?.to_owned();
        let title = checked_title(new.title, new.role, new.branch_id)?;
        let sign_in = match (&new.sign_in, &new.password) {
            (Some(text), _) => Some(sign_in_name(text)?),
            (None, Some(_)) => Some(sign_in_name(&name)?),
            (None, None) => None,
        };
        let joins = match (&sign_in, &new.password, may_join) {
            (Some(sign_in), Some(password), true) => self.joining(sign_in, password).await?,
            _ => None,
        };
        let hash = match (new.password, &sign_in) {
            (Some(password), Some(sign_in)) if joins.is_none() => {
                check_password(&password, sign_in)?;
                hash_password(password).await?
            }
            _ => String::new(),
        };
        let now = self.now();
        in_tx!(self, Write, tx => {
            if let Some(id) = new.branch_id {
                branch::get(tx, caller.workspace, id).await?;
            }
            let account = match (&sign_in, joins) {
                (_, Some(id)) => Some(id),
                (Some(sign_in), None) => Some(self.new_account(tx, sign_in, &hash, now).await?.id),
                (None, None) => None,
            };
            let row = Staff {
                id: self.ids().next::<kind::Staff>()?,
                account_id: account,
                name: name.clone(),
                name_sort: sort_key(&name),
                role: title.role(),
                title,
                branch_id: new.branch_id,
                member_id: None,
                left_at: None,
                successor_id: None,
                last_seen_at: None,
                created_at: now,
            };
            match staff::insert(tx, caller.workspace, &row).await {
                Err(error) if error.is_conflict_on("account_id") => {
                    return Err(StaffError::SignInTaken(sign_in.clone().unwrap_or_default()).into());
                }
                other => other?,
            }
            let after = snapshot(&row, sign_in.clone());
            self.audited(tx, caller, now, Change {
                operation: "staff.create",
                subject: format!("staff:{}", row.id),
                subject_name: &row.name,
                undoable: false,
            }, None::<&()>, Some(&after)).await?;
            self.staff_changed(tx, caller, &row, now).await?;
            self.staff_row(tx, caller, row.id).await
        })
    }

    /// The account of a sign-in that exists, if the password is its own.
    async fn joining(
        &self,
        sign_in: &str,
        password: &str,
    ) -> Result<Option<yutang_domain::id::AccountId>> {
        let found = in_tx!(self, Read, tx => Ok(account::find(tx, sign_in).await?))?;
        let Some(account) = found else {
            return Ok(None);
        };
        if password_fits(account.password_hash, password.to_owned()).await? {
            Ok(Some(account.id))
        } else {
            Err(StaffError::SignInTaken(sign_in.to_owned()).into())
        }
    }

    /// Changes a member of staff; what they may do changes at once, in open sessions too.
    ///
    /// # Errors
    /// [`StaffError`].
    pub async fn edit_staff(
        &self,
        caller: &Caller,
        id: StaffId,
        patch: StaffPatch,
    ) -> Result<StaffRow> {
        caller.may(Operation::StaffEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = staff::get(tx, caller.workspace, id).await?;
            if row.left_at.is_some() {
                return Err(StaffError::Left.into());
            }
            let before = self.staff_snapshot_of(tx, &row).await?;
            let role = patch.role.or(patch.title.map(Title::role)).unwrap_or(before.role);
            let kept = Some(before.title).filter(|t| t.role() == role);
            let mut after = Snapshot {
                name: patch.name.clone().unwrap_or_else(|| before.name.clone()),
                sign_in: patch.sign_in.clone().or_else(|| before.sign_in.clone()),
                role,
                title: patch.title.or(kept).unwrap_or(Title::of(role)),
                branch_id: patch.branch_id.unwrap_or(before.branch_id),
                member_id: patch.member_id.unwrap_or(before.member_id),
            };
            if after.title.sees_all() && patch.branch_id.is_none() {
                after.branch_id = None;
            }
            let (row, after) = self.rewrite_staff(tx, caller, row, after, now).await?;
            self.audited(tx, caller, now, Change {
                operation: "staff.edit",
                subject: format!("staff:{id}"),
                subject_name: &row.name,
                undoable: true,
            }, Some(&before), Some(&after)).await?;
            self.staff_row(tx, caller, id).await
        })
    }

    async fn rewrite_staff(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        mut row: Staff,
        wanted: Snapshot,
        now: Timestamp,
    ) -> Result<(Staff, Snapshot)> {
        let name = checked_name(&wanted.name)?.to_owned();
        let title = checked_title(Some(wanted.title), wanted.role, wanted.branch_id)?;
        if let Some(branch) = wanted.branch_id {
            branch::get(tx, caller.workspace, branch).await?;
        }
        if row.role == Role::Owner
            && title.role() != Role::Owner
            && staff::other_owners(tx, caller.workspace, row.id).await? == 0
        {
            return Err(StaffError::LastOwner.into());
        }
        let mut sign_in = None;
        if let Some(text) = &wanted.sign_in {
            let wanted = sign_in_name(text)?;
            match row.account_id {
                None => row.account_id = Some(self.new_account(tx, &wanted, "", now).await?.id),
                Some(id) if account::get(tx, id).await?.sign_in != wanted => {
                    match account::rename(tx, id, &wanted, now).await {
                        Err(error) if error.is_conflict_on("sign_in") => {
                            return Err(StaffError::SignInTaken(wanted).into());
                        }
                        other => other?,
                    }
                }
                Some(_) => {}
            }
            sign_in = Some(wanted);
        }
        row.name_sort = sort_key(&name);
        row.name = name;
        row.role = title.role();
        row.title = title;
        row.branch_id = wanted.branch_id;
        if row.member_id != wanted.member_id {
            self.write_under(tx, caller, &mut row, wanted.member_id)
                .await?;
        }
        staff::update(tx, caller.workspace, &row).await?;
        self.staff_changed(tx, caller, &row, now).await?;
        let after = snapshot(&row, sign_in);
        Ok((row, after))
    }

    /// Joins a member of staff with the record they write under in groups: what they say there is
    /// the house's word from then on, and they may give orders there.
    async fn write_under(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &mut Staff,
        wanted: Option<MemberId>,
    ) -> Result<()> {
        let workspace = caller.workspace;
        if let Some(id) = wanted {
            member::get(tx, workspace, id).await?;
            if let Some(other) = staff::of_member(tx, workspace, id).await?
                && other.id != row.id
            {
                return Err(StaffError::MemberTaken(other.name).into());
            }
        }
        if let Some(id) = row.member_id {
            membership::set_staff(tx, workspace, id, false).await?;
        }
        if let Some(id) = wanted {
            membership::set_staff(tx, workspace, id, true).await?;
        }
        row.member_id = wanted;
        Ok(())
    }

    /// Puts a member of staff back as they were described before.
    pub(crate) async fn undo_staff_edit(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        id: StaffId,
        now: Timestamp,
    ) -> Result<()> {
        caller.may(Operation::StaffEdit)?;
        let old: Snapshot = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        let row = staff::get(tx, caller.workspace, id).await?;
        self.rewrite_staff(tx, caller, row, old, now)
            .await
            .map(|_| ())
    }

    /// A member of staff as the audit log would keep them now.
    pub(crate) async fn staff_snapshot(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: StaffId,
    ) -> Result<serde_json::Value> {
        let row = staff::get(tx, caller.workspace, id).await?;
        let snapshot = self.staff_snapshot_of(tx, &row).await?;
        serde_json::to_value(snapshot).map_err(crate::AppError::internal)
    }

    pub(crate) async fn staff_snapshot_of(&self, tx: &mut Tx, row: &Staff) -> Result<Snapshot> {
        let sign_in = match row.account_id {
            Some(id) => Some(account::get(tx, id).await?.sign_in),
            None => None,
        };
        Ok(snapshot(row, sign_in))
    }

    /// Opens a sign-in that wrong guesses have locked.
    ///
    /// # Errors
    /// [`StaffError::NoSignIn`], [`StaffError::Left`].
    pub async fn unlock_staff(&self, caller: &Caller, id: StaffId) -> Result<()> {
        caller.may(Operation::StaffEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = staff::get(tx, caller.workspace, id).await?;
            if row.left_at.is_some() {
                return Err(StaffError::Left.into());
            }
            let account = account::get(tx, row.account_id.ok_or(StaffError::NoSignIn)?).await?;
            account::forgive(tx, &self.name_hash(&account.sign_in)).await?;
            account::set_locked(tx, account.id, None, now).await?;
            self.audited(tx, caller, now, Change {
                operation: "staff.unlock",
                subject: format!("staff:{id}"),
                subject_name: &row.name,
                undoable: false,
            }, None::<&()>, None::<&()>).await
        })
    }

    pub(crate) async fn staff_changed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Staff,
        now: Timestamp,
    ) -> Result<()> {
        let mut fact = Event::new(self.ids().next()?, EventKind::StaffChanged, &caller.actor)
            .with(serde_json::json!({ "staff": row.id }));
        fact.branch = row.branch_id;
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        Ok(())
    }
}

fn snapshot(row: &Staff, sign_in: Option<String>) -> Snapshot {
    Snapshot {
        name: row.name.clone(),
        sign_in,
        role: row.role,
        title: row.title,
        branch_id: row.branch_id,
        member_id: row.member_id,
    }
}

pub(crate) fn checked_name(name: &str) -> Result<&str, StaffError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        Err(StaffError::Name)
    } else {
        Ok(name)
    }
}

/// A title that goes with the role, in a branch where it works in one.
fn checked_title(
    title: Option<Title>,
    role: Role,
    branch: Option<BranchId>,
) -> Result<Title, StaffError> {
    let title = title.unwrap_or(Title::of(role));
    if title.role() != role {
        return Err(StaffError::Title(title, role));
    }
    if title.works_in_branch() && branch.is_none() {
        return Err(StaffError::BranchNeeded(title));
    }
    if title.sees_all() && branch.is_some() {
        return Err(StaffError::BranchNotWanted(title));
    }
    Ok(title)
}
