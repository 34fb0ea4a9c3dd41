//! Things by name, and sentences of the catalogues.

use std::fmt::Display;

use serde::Serialize;
use utoipa::ToSchema;
use yutang_app::group::Place;
use yutang_domain::health::HealthReason;

/// Something by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Named {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
}

impl<I: Display> From<Place<I>> for Named {
    fn from(place: Place<I>) -> Self {
        Self {
            id: place.id.to_string(),
            name: place.name,
        }
    }
}

/// A sentence of the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Sentence {
    /// Key in the catalogue.
    pub code: String,
    /// What is filled in.
    #[schema(value_type = Object)]
    pub args: serde_json::Value,
}

impl Sentence {
    /// Why a group is in its class.
    pub fn of_reason(reason: &HealthReason) -> Self {
        Self {
            code: reason.code.to_owned(),
            args: serde_json::json!(reason.args),
        }
    }
}

/// The catalogue's word for why a figure is not known.
pub fn unknown(code: &str) -> String {
    match code {
        "channel.cannot.read_text" => "channel_cannot_read",
        other => other,
    }
    .to_owned()
}
