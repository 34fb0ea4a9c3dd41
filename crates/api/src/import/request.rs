//! What is asked of an import.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use yutang_app::{
    Caller,
    import::{DateOrder, Encoding, Format, Mapping, Options, Request, Upload, mapping_of},
};
use yutang_domain::{
    id::{BranchId, GroupId, MappingId},
    import::ImportKind,
};

use crate::{ApiState, Problem, problem::Result};

/// What is to be imported, and how it is to be read.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunIn {
    /// chat, orders, members or groups.
    #[schema(value_type = String)]
    pub kind: ImportKind,
    /// The file, sent before.
    pub upload_id: String,
    /// The group of a chat.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub group_id: Option<GroupId>,
    /// The group of a chat by exact name; a new name makes a group. With neither, each room of the
    /// file becomes a group of its own.
    #[serde(default)]
    pub group_name: Option<String>,
    /// Format of a chat; detected unless given.
    #[serde(default)]
    pub format: Option<String>,
    /// Encoding; detected unless given.
    #[serde(default)]
    pub encoding: Option<String>,
    /// ymd, dmy or mdy; decided from the file unless given.
    #[serde(default)]
    pub dates: Option<String>,
    /// Column of each field, by name or by number from 1.
    #[serde(default)]
    pub mapping: BTreeMap<String, String>,
    /// A saved mapping, over which `mapping` goes.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub mapping_id: Option<MappingId>,
    /// Currency of amounts; the organisation's unless given.
    #[serde(default)]
    pub currency: Option<String>,
    /// How the ids of orders begin that take another one back.
    #[serde(default)]
    pub cancel_prefix: Option<String>,
    /// Branch of what the file does not place.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub branch_id: Option<BranchId>,
    /// Reads the whole file and stores nothing.
    #[serde(default)]
    pub dry_run: bool,
}

fn bad(field: &str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "body.field", detail).at(field)
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

impl RunIn {
    pub(super) async fn into_request(
        self,
        state: &ApiState,
        caller: &Caller,
        upload: &Upload,
    ) -> Result<Request> {
        let mut mapping = match self.mapping_id {
            Some(id) => {
                let saved = state.app.import_mappings(caller).await?;
                let found = saved.into_iter().find(|m| m.id == id);
                let found = found
                    .ok_or_else(|| bad("mapping_id", "there is no such mapping".to_owned()))?;
                serde_json::from_str(&found.mapping).unwrap_or_default()
            }
            None => Mapping::default(),
        };
        mapping.0.extend(mapping_of(&self.mapping)?.0);
        let format = filled(self.format)
            .map(|word| word.parse::<Format>())
            .transpose();
        let dates = filled(self.dates).map(|word| {
            word.parse::<DateOrder>()
                .map_err(|()| bad("dates", format!("{word:?} is none of ymd, dmy, mdy")))
        });
        let encoding = filled(self.encoding).map(|word| {
            word.parse::<Encoding>()
                .map_err(|()| bad("encoding", format!("{word:?} is no encoding that is read")))
        });
        let currency = filled(self.currency).map(|code| {
            code.parse()
                .map_err(|e: yutang_domain::money::MoneyError| bad("currency", e.to_string()))
        });
        let group = match self.group_id {
            Some(id) => Some(id.to_string()),
            None => filled(self.group_name),
        };
        Ok(Request {
            kind: self.kind,
            path: upload.path.clone(),
            file_name: upload.name.clone(),
            group: group.filter(|_| self.kind == ImportKind::Chat),
            options: Options {
                format: format.map_err(|error| Problem::from(error).at("format"))?,
                encoding: encoding.transpose()?,
                dates: dates.transpose()?,
                mapping,
                currency: currency.transpose()?,
                cancel_prefix: filled(self.cancel_prefix),
                branch_id: self.branch_id,
                ..Options::default()
            },
        })
    }
}
