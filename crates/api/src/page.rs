//! Lists that are read page by page.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};
use yutang_app::key::{hex, unhex};

use crate::problem::{Problem, Result};

/// Items of a page when nothing else is asked for.
pub const LIMIT: usize = 50;
/// Items of a page at most.
pub const LIMIT_MAX: usize = 200;
/// Up to here lists are counted exactly.
pub const COUNTED: i64 = 10_000;

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// What to send as `cursor` for the page after this one; null at the end.
    pub next: Option<String>,
    /// How many there are.
    pub total: Total,
}

/// How many items a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Total {
    /// That many, or at least that many.
    pub count: i64,
    /// Whether it is that many and not more.
    pub exact: bool,
}

impl Total {
    /// A count that stopped at 10,001.
    pub fn of(counted: i64) -> Self {
        Self {
            count: counted.min(COUNTED),
            exact: counted <= COUNTED,
        }
    }
}

impl<T> List<T> {
    /// A list that is whole.
    pub fn whole(items: Vec<T>) -> Self {
        let total = Total {
            count: i64::try_from(items.len()).unwrap_or(i64::MAX),
            exact: true,
        };
        Self {
            items,
            next: None,
            total,
        }
    }
}

/// Which page is asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Items at most: 50 unless said otherwise, never more than 200.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl Page {
    /// How many items.
    pub fn limit(&self) -> usize {
        self.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX)
    }

    /// Where to go on: what [`cursor`] was made of.
    ///
    /// # Errors
    /// `page.cursor` if it is none of ours.
    pub fn after<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        let Some(text) = &self.cursor else {
            return Ok(None);
        };
        unhex(text)
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .map(Some)
            .ok_or_else(|| {
                Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "page.cursor",
                    "this cursor does not belong to this list: begin without one",
                )
                .at("cursor")
            })
    }
}

/// The opaque text of a place in a list: its sort key and id.
pub fn cursor(place: &impl Serialize) -> String {
    hex(serde_json::to_string(place).unwrap_or_default().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        let page = Page {
            limit: Some(1_000),
            cursor: Some(cursor(&("店", 7))),
        };
        assert_eq!(page.limit(), LIMIT_MAX);
        assert_eq!(
            page.after::<(String, i64)>().unwrap(),
            Some(("店".to_owned(), 7))
        );
        assert_eq!(page.after::<Vec<bool>>().unwrap_err().code, "page.cursor");
        let bad = Page {
            cursor: Some("é".to_owned()),
            ..Page::default()
        };
        assert_eq!(bad.after::<i64>().unwrap_err().status, 422);
    }

    #[test]
    fn counting_stops_at_ten_thousand() {
        assert_eq!(
            Total::of(10_000),
            Total {
                count: 10_000,
                exact: true
            }
        );
        assert_eq!(
            Total::of(10_001),
            Total {
                count: 10_000,
                exact: false
            }
        );
    }
}
