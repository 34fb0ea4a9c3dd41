//! Lines of member lists.

use yutang_domain::time::Date;

use super::{Birthday, Columns, Field, Line, Material, Reading, Row, Seen, Target, birthday, cell};
use crate::{DateOrder, LineKey, Reason, civil::when};

/// One member as another system knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberLine {
    /// Line in the file, from 1.
    pub line: u64,
    /// Name.
    pub name: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Whether a part of the number is hidden by asterisks; it then matches nobody.
    pub masked: bool,
    /// Id on the other system.
    pub external_id: Option<String>,
    /// WeChat id or name.
    pub wechat_id: Option<String>,
    /// Birthday.
    pub birthday: Option<Birthday>,
    /// Gender as the file writes it.
    pub gender: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Day of becoming a member.
    pub joined_on: Option<Date>,
    /// Branch as the file writes it.
    pub store: Option<String>,
    /// Note.
    pub note: Option<String>,
    /// Its name for repeated imports.
    pub key: LineKey,
}

/// The civil day a cell names.
pub(super) fn day(text: &str, order: DateOrder) -> Result<Date, Reason> {
    when(text)
        .and_then(|when| when.date.day(order))
        .map(Date::from_number)
        .ok_or_else(|| Reason::Day(text.to_owned()))
}

impl Line for MemberLine {
    const TARGET: Target = Target::Members;
    type Summary = ();

    fn read(row: &Row, reading: &mut Reading<'_>) -> Result<Option<Self>, Reason> {
        let columns = reading.columns;
        let raw = |field: Field| columns.at(field).and_then(|at| row.cell(at));
        let id = |field: Field| raw(field).and_then(cell::id);
        let phone = id(Field::Phone).map(|phone| phone.replace([' ', '-'], ""));
        let born = match id(Field::Birthday) {
            Some(text) => Some(
                birthday::read(&text, reading.order).ok_or_else(|| Reason::Day(text.clone()))?,
            ),
            None => None,
        };
        let joined_on = match id(Field::JoinedOn) {
            Some(text) => Some(day(&text, reading.order)?),
            None => None,
        };
        let today = reading.options.zone.day(reading.options.now);
        if let Some(joined_on) = joined_on
            && joined_on.days_since(today) > 1
        {
            return Err(Reason::Future(joined_on.to_string()));
        }
        let tags = id(Field::Tags).unwrap_or_default();
        let line = Self {
            line: row.line,
            name: id(Field::Name),
            masked: phone.as_deref().is_some_and(cell::masked),
            phone,
            external_id: id(Field::ExternalId),
            wechat_id: id(Field::WechatId),
            birthday: born,
            gender: id(Field::Gender),
            city: id(Field::City),
            tags: tags
                .split([',', '，', '、', ';', '；', '|'])
                .map(|tag| tag.trim().to_owned())
                .filter(|tag| !tag.is_empty())
                .collect(),
            joined_on,
            store: id(Field::Store),
            note: id(Field::Note),
            key: LineKey::default(),
        };
        let known = [&line.name, &line.phone, &line.external_id, &line.wechat_id];
        if known.iter().all(|text| text.is_none()) {
            return Err(Reason::Missing("name"));
        }
        Ok(Some(line))
    }

    fn damaged(row: &Row, columns: &Columns) -> Option<(Field, String)> {
        [Field::Phone, Field::ExternalId]
            .into_iter()
            .find_map(|field| {
                let cell = row.cell(columns.at(field)?)?;
                cell::rounded(cell).then(|| (field, cell::plain(cell).into_owned()))
            })
    }

    fn count(&self, _summary: &mut (), seen: &mut Seen) {
        if let Some(id) = &self.external_id {
            seen.zeroed(self.line, id);
        }
    }

    fn gather(&self, material: &mut Material, _sha256: &[u8; 32]) -> bool {
        material.start(5);
        for part in [&self.external_id, &self.phone, &self.wechat_id, &self.name] {
            material.text(part.as_deref().unwrap_or(""));
        }
        false
    }

    fn set_key(&mut self, key: LineKey) {
        self.key = key;
    }
}
