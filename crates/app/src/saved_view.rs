//! Views of lists that people keep under a name.

use yutang_domain::{
    error::{Class, Rule},
    id::{SavedViewId, kind},
    permission::Operation,
};
use yutang_store::{StoreError, saved_view};

pub use yutang_store::saved_view::SavedView;

use crate::{App, Caller, Result, macros::in_tx};

/// Why a view cannot be kept so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SavedViewError {
    /// The name, the place or the query is empty or too long.
    #[error("a view has a name of at most 40 characters and a query of at most 1,000")]
    Shape,
    /// The name is taken in its place.
    #[error("there is a view called {0:?} already")]
    Taken(String),
}

impl Rule for SavedViewError {
    fn code(&self) -> &'static str {
        match self {
            Self::Shape => "saved_view.shape",
            Self::Taken(_) => "saved_view.taken",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Shape => Class::Invalid,
            Self::Taken(_) => Class::Conflict,
        }
    }
    fn at(&self) -> Option<String> {
        Some("name".to_owned())
    }
}

impl App {
    /// The views of the organisation, of one place or all.
    ///
    /// # Errors
    /// The database refused.
    pub async fn saved_views(
        &self,
        caller: &Caller,
        place: Option<&str>,
    ) -> Result<Vec<SavedView>> {
        caller.may(Operation::ViewEdit)?;
        in_tx!(self, Read, tx => Ok(saved_view::list(tx, caller.workspace, place).await?))
    }

    /// Keeps a view.
    ///
    /// # Errors
    /// [`SavedViewError`].
    pub async fn save_view(
        &self,
        caller: &Caller,
        place: &str,
        name: &str,
        query: &str,
    ) -> Result<SavedView> {
        caller.may(Operation::ViewEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let (place, name) = (place.trim(), name.trim());
            let fits = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
            if !fits(place, 30) || !fits(name, 40) || query.chars().count() > 1_000 {
                return Err(SavedViewError::Shape.into());
            }
            let row = SavedView {
                id: self.ids().next::<kind::SavedView>()?,
                place: place.to_owned(),
                name: name.to_owned(),
                query: query.to_owned(),
                actor: caller.actor.to_string(),
                created_at: now,
            };
            match saved_view::insert(tx, caller.workspace, &row).await {
                Err(StoreError::Conflict(_)) => Err(SavedViewError::Taken(name.to_owned()).into()),
                other => {
                    other?;
                    Ok(row)
                }
            }
        })
    }

    /// Lets a view go.
    ///
    /// # Errors
    /// There is no such view.
    pub async fn drop_view(&self, caller: &Caller, id: SavedViewId) -> Result<()> {
        caller.may(Operation::ViewEdit)?;
        in_tx!(self, Write, tx => {
            if saved_view::remove(tx, caller.workspace, id).await? {
                Ok(())
            } else {
                Err(StoreError::NotFound("saved view").into())
            }
        })
    }
}
