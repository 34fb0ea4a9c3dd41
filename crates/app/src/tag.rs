//! Tags: made, changed and removed, and found by id or name.

mod tagging;
mod undo;

use serde::{Deserialize, Serialize};
use yutang_domain::{
    error::{Class, Rule},
    event::{Event, EventKind},
    id::{MemberId, TagId, kind},
    permission::Operation,
    time::Timestamp,
    words,
};
use yutang_store::{
    StoreError, Tx, event, search,
    tag::{self, Counted, Tag},
};
use yutang_text::{fold::sort_key, search::index_terms};

pub use tagging::{Tagging, Whom};

use crate::{App, Caller, Result, audit::Change, macros::in_tx};

/// Most people that one change puts a tag on or takes it from.
pub const BULK_MAX: usize = 10_000;
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

/// A tag as the audit log keeps it, for undo.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct TagKept {
    name: String,
    color: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<MemberId>,
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
