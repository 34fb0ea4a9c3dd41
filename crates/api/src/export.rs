//! Tables that people take away: heads, words, wall-clock times and money as the reader writes
//! them, or all of it as the program does, for other programs.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use yutang_app::{Caller, text::Locale};
use yutang_domain::{
    money::Currency,
    time::{Timestamp, Zone},
};

use crate::{Query, csv, problem::Problem};

/// Who reads the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// People: words of the catalogue, times of the organisation's zone, money in whole units.
    #[default]
    Words,
    /// Programs: codes, UTC, minor units, and the names of the API as heads.
    Raw,
}

/// How a table is written.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// zh-Hans, zh-Hant or en; the language of the request unless said otherwise.
    pub locale: Option<String>,
    /// For whom: words or raw.
    #[param(inline)]
    pub form: Form,
}

/// The language and form that a request asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted(Option<Locale>);

impl<S: Send + Sync> FromRequestParts<S> for Wanted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(query) = Query::<ExportQuery>::from_request_parts(parts, state).await?;
        let spoken = parts
            .headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .and_then(Locale::accepted);
        let named = query.locale.as_deref().and_then(Locale::nearest);
        Ok(Self(match query.form {
            Form::Raw => None,
            Form::Words => Some(named.or(spoken).unwrap_or_default()),
        }))
    }
}

/// A column: its name in the API, and its head in the catalogue.
pub type Column = (&'static str, &'static str);

/// Writes one table.
#[derive(Clone, Debug)]
pub struct Writer {
    locale: Option<Locale>,
    zone: Zone,
    currency: Currency,
}

impl Writer {
    /// A table for this caller.
    pub fn new(Wanted(locale): Wanted, caller: &Caller) -> Self {
        Self {
            locale,
            zone: caller.zone.clone(),
            currency: caller.currency,
        }
    }

    /// The line of heads, with the mark that tells spreadsheets that this is UTF-8.
    pub fn head(&self, columns: &[Column]) -> String {
        let currency = self.locale.map_or_else(String::new, |locale| {
            locale
                .find(&format!("export.currency.{}", self.currency))
                .map_or_else(|| self.currency.to_string(), str::to_owned)
        });
        let heads: Vec<String> = columns
            .iter()
            .map(|(name, key)| match self.locale {
                Some(locale) => locale.say(key, &[("currency", &currency)]),
                None => (*name).to_owned(),
            })
            .collect();
        format!(
            "{}{}",
            csv::BOM,
            csv::line(heads.iter().map(String::as_str))
        )
    }

    /// The word for a code of a list.
    pub fn word(&self, list: &str, code: &str) -> String {
        match self.locale {
            Some(locale) if !code.is_empty() => locale.word(list, code),
            _ => code.to_owned(),
        }
    }

    /// Words for several codes.
    pub fn words<'a>(&self, list: &str, codes: impl IntoIterator<Item = &'a str>) -> String {
        let words: Vec<String> = codes
            .into_iter()
            .map(|code| self.word(list, code))
            .collect();
        self.list(words.iter().map(String::as_str))
    }

    /// Several names in one cell.
    pub fn list<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> String {
        let names: Vec<&str> = names.into_iter().collect();
        match self.locale {
            Some(locale) => locale.list(&names),
            None => names.join("; "),
        }
    }

    /// Yes or no.
    pub fn yes(&self, is: bool) -> String {
        match self.locale {
            Some(locale) => locale.say(if is { "export.yes" } else { "export.no" }, &[]),
            None => is.to_string(),
        }
    }

    /// A number; where it is not known, people are told so.
    pub fn known(&self, number: Option<i64>) -> String {
        match (number, self.locale) {
            (Some(number), _) => number.to_string(),
            (None, Some(locale)) => locale.say("export.unknown", &[]),
            (None, None) => String::new(),
        }
    }

    /// An instant on the organisation's wall clock; nothing for none.
    pub fn time(&self, at: Option<Timestamp>) -> String {
        match (at, self.locale) {
            (Some(at), Some(_)) => self.zone.civil(at).strftime("%Y-%m-%d %H:%M").to_string(),
            (Some(at), None) => at.to_string(),
            (None, _) => String::new(),
        }
    }

    /// An amount of minor units: in whole units with its decimals, without a sign of the currency.
    pub fn money(&self, minor: i64) -> String {
        match self.locale {
            Some(_) => self.currency.decimal(minor),
            None => minor.to_string(),
        }
    }

    /// A sentence of the catalogue.
    pub fn sentence(&self, code: &str, args: &Value) -> String {
        let Some(locale) = self.locale else {
            return code.to_owned();
        };
        let args: Vec<(&str, String)> = args
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), self.argument(name, value)))
            .collect();
        let args: Vec<(&str, &str)> = args
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        locale.say(code, &args)
    }

    fn argument(&self, name: &str, value: &Value) -> String {
        match value {
            Value::Number(number) => match number.as_i64() {
                Some(minor) if name.ends_with("_minor") => self.currency.written(minor),
                _ => number.to_string(),
            },
            Value::String(text) if name == "at" || name.ends_with("_at") => text
                .parse()
                .map_or_else(|_| text.clone(), |at| self.time(Some(at))),
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }
}

/// A line of a table.
pub fn line<const N: usize>(cells: [String; N]) -> String {
    csv::line(cells.iter().map(String::as_str))
}

/// The head lines of an answer that is kept as a file.
pub fn headers(name: &str) -> [(header::HeaderName, String); 2] {
    [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ]
}

/// A table to be kept as a file.
pub fn table(name: &str, text: String) -> Response {
    (headers(name), text).into_response()
}
