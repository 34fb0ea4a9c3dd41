//! Tags: making them, and putting them on one person or on many.

mod undo;

use serde::{Deserialize, Serialize};
use yutang_domain::{
    error::{Class, Rule},
    event::{Event, EventKind},
    id::{MemberId, TagId, kind},
    member::ProfileError,
    permission::Operation,
    time::Timestamp,
    words,
};
use yutang_store::{
    StoreError, Tx, event, member as store, search,
    tag::{self, Counted, Tag},
};
use yutang_text::{fold::sort_key, search::index_terms};

use crate::{
    App, Caller, Result,
    audit::Change,
    macros::in_tx,
    member::{list::MemberFilter, subject},
};

/// Most people that one change puts a tag on or takes it from.
pub const BULK_MAX: usize = 10_000;
/// People named in a preview.
const SAMPLE: usize = 20;

words! {
    /// Colours of tags; the console gives each a shade of the theme.
    pub enum Color {
        /// Green.
        Green = "green",
        /// Cyan.
        Cyan = "cyan",
        /// Blue.
        Blue = "blue",
        /// Purple.
        Purple = "purple",
        /// Magenta.
        Magenta = "magenta",
        /// Red.
        Red = "red",
        /// Orange.
        Orange = "orange",
        /// Gold.
        Gold = "gold",
        /// Grey.
        Grey = "grey",
    }
}

/// A tag by id, or by a name that is made if there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagRef {
    /// This tag.
    Id(TagId),
    /// The tag of that name.
    Name(String),
}

/// Whom a change is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// These people.
    Ids(Vec<MemberId>),
    /// Everybody a filter leaves.
    Filter(MemberFilter),
}

/// What tagging many did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tagging {
    /// People who change.
    pub members: usize,
    /// People who stay as they are.
    pub unchanged: usize,
    /// Some of those who change, by name.
    pub sample: Vec<(MemberId, String)>,
}

/// A tag as the audit log keeps it, for undo.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct TagKept {
    name: String,
    color: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<MemberId>,
}

/// A tag carried or not, for undo.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct CarryKept {
    tag_id: TagId,
    tag: String,
    carried: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    members: Vec<MemberId>,
}

/// Why a tag cannot be kept or put on so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// Empty or longer than 30 characters.
    #[error("a tag has a name of at most 30 characters")]
    Name,
    /// The name is taken.
    #[error("there is a tag called {0:?} already")]
    Taken(String),
    /// Too many people at one time.
    #[error("at most {BULK_MAX} people at one time: narrow the list")]
    TooMany,
    /// Nobody is meant.
    #[error("nobody is meant: choose people or a filter")]
    Nobody,
}

impl Rule for TagError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name => "tag.name",
            Self::Taken(_) => "tag.taken",
            Self::TooMany => "tag.too_many",
            Self::Nobody => "tag.nobody",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Taken(_) => Class::Conflict,
            _ => Class::Invalid,
        }
    }
    fn at(&self) -> Option<String> {
        match self {
            Self::Name | Self::Taken(_) => Some("name".to_owned()),
            Self::Nobody => Some("ids".to_owned()),
            Self::TooMany => None,
        }
    }
}

fn tag_subject(id: TagId) -> String {
    format!("tag:{id}")
}

fn checked(name: &str) -> Result<&str, TagError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 30 {
        Err(TagError::Name)
    } else {
        Ok(name)
    }
}

fn taken(written: yutang_store::Result<()>, name: &str) -> Result<()> {
    match written {
        Err(error) if error.is_conflict_on("name") => Err(TagError::Taken(name.to_owned()).into()),
        other => Ok(other?),
    }
}

impl App {
    /// All tags with how many people carry each.
    ///
    /// # Errors
    /// The database refused.
    pub async fn tags(&self, caller: &Caller) -> Result<Vec<Counted>> {
        caller.may(Operation::MemberRead)?;
        in_tx!(self, Read, tx => Ok(tag::list(tx, caller.workspace).await?))
    }

    /// Makes a tag.
    ///
    /// # Errors
    /// [`TagError`].
    pub async fn create_tag(&self, caller: &Caller, name: &str, color: Color) -> Result<Tag> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let name = checked(name)?;
            if tag::find(tx, caller.workspace, name).await?.is_some() {
                return Err(TagError::Taken(name.to_owned()).into());
            }
            self.new_tag(tx, caller, name, color, now).await
        })
    }

    async fn new_tag(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        name: &str,
        color: Color,
        now: Timestamp,
    ) -> Result<Tag> {
        let row = Tag {
            id: self.ids().next::<kind::Tag>()?,
            name: name.to_owned(),
            name_sort: sort_key(name),
            color: color.as_str().to_owned(),
            created_at: now,
        };
        self.write_tag(tx, caller, &row, true).await?;
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: "tag.create",
                subject: tag_subject(row.id),
                subject_name: &row.name,
                undoable: true,
            },
            None::<&TagKept>,
            Some(&kept(&row)),
        )
        .await?;
        self.tag_fact(tx, caller, now, serde_json::json!({"tag": row.id}))
            .await?;
        Ok(row)
    }

    async fn write_tag(&self, tx: &mut Tx, caller: &Caller, row: &Tag, new: bool) -> Result<()> {
        let written = if new {
            tag::insert(tx, caller.workspace, row).await
        } else {
            tag::update(tx, caller.workspace, row).await
        };
        taken(written, &row.name)?;
        let terms = index_terms(&row.name);
        search::replace(tx, caller.workspace, "tag", row.id.raw(), &terms).await?;
        Ok(())
    }

    async fn tag_fact(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        now: Timestamp,
        data: serde_json::Value,
    ) -> Result<()> {
        let mut fact = Event::new(self.ids().next()?, EventKind::MemberChanged, &caller.actor);
        fact.data = data;
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        Ok(())
    }

    /// Changes a tag's name or colour; `None` = stays.
    ///
    /// # Errors
    /// [`TagError`].
    pub async fn edit_tag(
        &self,
        caller: &Caller,
        id: TagId,
        name: Option<&str>,
        color: Option<Color>,
    ) -> Result<Tag> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let before = tag::get(tx, caller.workspace, id).await?;
            let mut wanted = kept(&before);
            if let Some(name) = name {
                checked(name)?.clone_into(&mut wanted.name);
            }
            if let Some(color) = color {
                color.as_str().clone_into(&mut wanted.color);
            }
            self.rewrite_tag(tx, caller, &before, &wanted, now).await
        })
    }

    async fn rewrite_tag(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &Tag,
        wanted: &TagKept,
        now: Timestamp,
    ) -> Result<Tag> {
        let mut row = before.clone();
        row.name.clone_from(&wanted.name);
        row.name_sort = sort_key(&row.name);
        row.color.clone_from(&wanted.color);
        self.write_tag(tx, caller, &row, false).await?;
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: "tag.edit",
                subject: tag_subject(row.id),
                subject_name: &row.name,
                undoable: true,
            },
            Some(&kept(before)),
            Some(&kept(&row)),
        )
        .await?;
        self.tag_fact(tx, caller, now, serde_json::json!({"tag": row.id}))
            .await?;
        Ok(row)
    }

    /// Removes a tag from everybody and for good; undo brings both back.
    ///
    /// # Errors
    /// There is no such tag.
    pub async fn delete_tag(&self, caller: &Caller, id: TagId) -> Result<()> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let row = tag::get(tx, caller.workspace, id).await?;
            let mut before = kept(&row);
            before.records = tag::records_with(tx, caller.workspace, id).await?;
            tag::take_all(tx, caller.workspace, id).await?;
            search::remove(tx, caller.workspace, "tag", id.raw()).await?;
            tag::remove(tx, caller.workspace, id).await?;
            self.audited(tx, caller, now, Change {
                operation: "tag.delete",
                subject: tag_subject(id),
                subject_name: &row.name,
                undoable: true,
            }, Some(&before), None::<&TagKept>).await?;
            self.tag_fact(tx, caller, now, serde_json::json!({"tag": id})).await
        })
    }

    /// Puts a tag on a person.
    ///
    /// # Errors
    /// [`TagError`]; there is no such tag or person.
    pub async fn tag_member(&self, caller: &Caller, id: MemberId, tag: &TagRef) -> Result<Tag> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let tag = self.tag_of(tx, caller, tag, now).await?;
            let person = self.visible(tx, caller, id).await?;
            if person.erased_at.is_some() {
                return Err(ProfileError::Erased.into());
            }
            self.carry(tx, caller, person.id, &tag, true, now).await?;
            Ok(tag)
        })
    }

    /// Takes a tag from a person.
    ///
    /// # Errors
    /// There is no such tag or person.
    pub async fn untag_member(&self, caller: &Caller, id: MemberId, tag: TagId) -> Result<()> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let tag = tag::get(tx, caller.workspace, tag).await?;
            let person = self.visible(tx, caller, id).await?;
            self.carry(tx, caller, person.id, &tag, false, now).await
        })
    }

    async fn tag_of(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        tag: &TagRef,
        now: Timestamp,
    ) -> Result<Tag> {
        match tag {
            TagRef::Id(id) => Ok(tag::get(tx, caller.workspace, *id).await?),
            TagRef::Name(name) => {
                let name = checked(name)?;
                match tag::find(tx, caller.workspace, name).await? {
                    Some(row) => Ok(row),
                    None => self.new_tag(tx, caller, name, Color::Green, now).await,
                }
            }
        }
    }

    async fn carry(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        person: MemberId,
        tag: &Tag,
        on: bool,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let changed = if on {
            let carries = !tag::carriers(tx, workspace, tag.id, &[person])
                .await?
                .is_empty();
            !carries && {
                let actor = caller.actor.to_string();
                tag::put(tx, workspace, tag.id, &[person], &actor, now).await? == 1
            }
        } else {
            !tag::take(tx, workspace, tag.id, &[person])
                .await?
                .is_empty()
        };
        if !changed {
            return Ok(());
        }
        let said = |carried| CarryKept {
            tag_id: tag.id,
            tag: tag.name.clone(),
            carried,
            members: Vec::new(),
        };
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: if on { "member.tag" } else { "member.untag" },
                subject: subject(person),
                subject_name: "",
                undoable: true,
            },
            Some(&said(!on)),
            Some(&said(on)),
        )
        .await?;
        self.member_fact(
            tx,
            caller,
            EventKind::MemberChanged,
            person,
            now,
            serde_json::json!({"what": "tag", "tag": tag.id, "on": on}),
        )
        .await
    }

    /// Puts a tag on many people or takes it from them; with `preview` only says whom it would
    /// change.
    ///
    /// # Errors
    /// [`TagError`].
    pub async fn tag_members(
        &self,
        caller: &Caller,
        whom: &Whom,
        tag: &TagRef,
        on: bool,
        preview: bool,
    ) -> Result<Tagging> {
        caller.may(Operation::MemberEdit)?;
        let now = self.now();
        if preview {
            return in_tx!(self, Read, tx => {
                let known = match tag {
                    TagRef::Id(id) => Some(tag::get(tx, caller.workspace, *id).await?),
                    TagRef::Name(name) => tag::find(tx, caller.workspace, checked(name)?).await?,
                };
                let (change, tagging) = self.whom(tx, caller, whom, known.as_ref(), on).await?;
                drop(change);
                Ok(tagging)
            });
        }
        in_tx!(self, Write, tx => {
            let row = self.tag_of(tx, caller, tag, now).await?;
            let (change, tagging) = self.whom(tx, caller, whom, Some(&row), on).await?;
            self.carry_many(tx, caller, &row, change, on, now).await?;
            Ok(tagging)
        })
    }

    async fn whom(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        whom: &Whom,
        tag: Option<&Tag>,
        on: bool,
    ) -> Result<(Vec<MemberId>, Tagging)> {
        let meant = match whom {
            Whom::Ids(ids) => {
                if ids.len() > BULK_MAX {
                    return Err(TagError::TooMany.into());
                }
                let mut people = Vec::with_capacity(ids.len());
                for id in ids {
                    let person = self.visible(tx, caller, *id).await?;
                    if person.erased_at.is_none() {
                        people.push(person.id);
                    }
                }
                people
            }
            Whom::Filter(filter) => self.matching(tx, caller, filter, BULK_MAX + 1).await?,
        };
        let mut meant = meant;
        meant.sort_unstable();
        meant.dedup();
        if meant.is_empty() {
            return Err(TagError::Nobody.into());
        }
        if meant.len() > BULK_MAX {
            return Err(TagError::TooMany.into());
        }
        let carriers: std::collections::HashSet<MemberId> = match tag {
            Some(tag) => tag::carriers(tx, caller.workspace, tag.id, &meant)
                .await?
                .into_iter()
                .collect(),
            None => std::collections::HashSet::new(),
        };
        let all = meant.len();
        let change: Vec<MemberId> = meant
            .into_iter()
            .filter(|id| carriers.contains(id) != on)
            .collect();
        let sample = store::listed(tx, caller.workspace, &change[..change.len().min(SAMPLE)])
            .await?
            .into_iter()
            .map(|row| (row.id, row.name))
            .collect();
        let tagging = Tagging {
            members: change.len(),
            unchanged: all - change.len(),
            sample,
        };
        Ok((change, tagging))
    }

    async fn carry_many(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        tag: &Tag,
        members: Vec<MemberId>,
        on: bool,
        now: Timestamp,
    ) -> Result<()> {
        if members.is_empty() {
            return Ok(());
        }
        let workspace = caller.workspace;
        if on {
            tag::put(
                tx,
                workspace,
                tag.id,
                &members,
                &caller.actor.to_string(),
                now,
            )
            .await?;
        } else {
            tag::take(tx, workspace, tag.id, &members).await?;
        }
        let count = members.len();
        let before = CarryKept {
            tag_id: tag.id,
            tag: tag.name.clone(),
            carried: !on,
            members,
        };
        let after =
            serde_json::json!({"tag_id": tag.id, "tag": tag.name, "carried": on, "count": count});
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: "member.tag_many",
                subject: tag_subject(tag.id),
                subject_name: &tag.name,
                undoable: true,
            },
            Some(&before),
            Some(&after),
        )
        .await?;
        self.tag_fact(
            tx,
            caller,
            now,
            serde_json::json!({"what": "tag", "tag": tag.id, "on": on, "count": count}),
        )
        .await
    }
}

fn kept(row: &Tag) -> TagKept {
    TagKept {
        name: row.name.clone(),
        color: row.color.clone(),
        records: Vec::new(),
    }
}

impl TagRef {
    /// The id or, failing that, the name in a text.
    ///
    /// # Errors
    /// Neither is there.
    pub fn of(id: Option<TagId>, name: Option<String>) -> Result<Self, StoreError> {
        match (id, name) {
            (Some(id), _) => Ok(Self::Id(id)),
            (None, Some(name)) => Ok(Self::Name(name)),
            (None, None) => Err(StoreError::NotFound("tag")),
        }
    }
}
