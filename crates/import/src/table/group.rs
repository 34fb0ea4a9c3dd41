//! Lines of group lists.

use yutang_domain::time::Date;

use super::{Columns, Field, Line, Material, Reading, Row, Seen, Target, cell, member::day};
use crate::{LineKey, Reason};

/// One group of a list (客户群清单).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupLine {
    /// Line in the file, from 1.
    pub line: u64,
    /// Name.
    pub name: String,
    /// Id on the network.
    pub external_id: Option<String>,
    /// Who keeps it.
    pub owner: Option<String>,
    /// Branch as the file writes it.
    pub store: Option<String>,
    /// Number of people.
    pub size: Option<u32>,
    /// Day it was made.
    pub created_on: Option<Date>,
    /// What it is for.
    pub purpose: Option<String>,
    /// Its name for repeated imports.
    pub key: LineKey,
}

impl Line for GroupLine {
    const TARGET: Target = Target::Groups;
    type Summary = ();

    fn read(row: &Row, reading: &mut Reading<'_>) -> Result<Option<Self>, Reason> {
        let columns = reading.columns;
        let value = |field: Field| {
            columns
                .at(field)
                .and_then(|at| row.cell(at))
                .and_then(cell::id)
        };
        let size = match value(Field::Size) {
            Some(text) => {
                let digits = text.trim_end_matches('人').trim();
                Some(digits.parse().map_err(|_| Reason::Quantity(text.clone()))?)
            }
            None => None,
        };
        let created_on = match value(Field::CreatedOn) {
            Some(text) => Some(day(&text, reading.order)?),
            None => None,
        };
        let today = reading.options.zone.day(reading.options.now);
        if let Some(created_on) = created_on
            && created_on.days_since(today) > 1
        {
            return Err(Reason::Future(created_on.to_string()));
        }
        Ok(Some(Self {
            line: row.line,
            name: value(Field::Name).ok_or(Reason::Missing("name"))?,
            external_id: value(Field::ExternalId),
            owner: value(Field::Owner),
            store: value(Field::Store),
            size,
            created_on,
            purpose: value(Field::Purpose),
            key: LineKey::default(),
        }))
    }

    fn damaged(row: &Row, columns: &Columns) -> Option<(Field, String)> {
        let cell = row.cell(columns.at(Field::ExternalId)?)?;
        cell::rounded(cell).then(|| (Field::ExternalId, cell::plain(cell).into_owned()))
    }

    fn count(&self, _summary: &mut (), _seen: &mut Seen) {}

    fn gather(&self, material: &mut Material, _sha256: &[u8; 32]) -> bool {
        material
            .start(6)
            .text(self.external_id.as_deref().unwrap_or(""))
            .text(&self.name);
        false
    }

    fn set_key(&mut self, key: LineKey) {
        self.key = key;
    }
}
