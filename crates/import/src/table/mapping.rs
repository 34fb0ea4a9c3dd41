//! Which column holds which field.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{cell, preset};
use crate::ImportError;

/// What a table lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Orders.
    Orders,
    /// Members.
    Members,
    /// Groups.
    Groups,
}

/// What a cell can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Id of an order.
    Id,
    /// Who bought.
    Customer,
    /// When it was paid or placed.
    At,
    /// Total of the line.
    Amount,
    /// Price of one piece.
    Price,
    /// Number of pieces.
    Quantity,
    /// Article.
    Sku,
    /// State of the order.
    Status,
    /// Branch.
    Store,
    /// Name of a member or a group.
    Name,
    /// Telephone number.
    Phone,
    /// Id on another system.
    ExternalId,
    /// WeChat name or id.
    WechatId,
    /// Birthday.
    Birthday,
    /// Gender.
    Gender,
    /// City.
    City,
    /// Tags.
    Tags,
    /// Day of becoming a member.
    JoinedOn,
    /// Note.
    Note,
    /// Who keeps a group.
    Owner,
    /// Number of people in a group.
    Size,
    /// Day a group was made.
    CreatedOn,
    /// What a group is for.
    Purpose,
}

const ORDER: &[Field] = &[
    Field::Id,
    Field::Customer,
    Field::At,
    Field::Amount,
    Field::Price,
    Field::Quantity,
    Field::Sku,
    Field::Status,
    Field::Store,
];
const MEMBER: &[Field] = &[
    Field::Name,
    Field::Phone,
    Field::ExternalId,
    Field::WechatId,
    Field::Birthday,
    Field::Gender,
    Field::City,
    Field::Tags,
    Field::JoinedOn,
    Field::Store,
    Field::Note,
];
const GROUP: &[Field] = &[
    Field::Name,
    Field::ExternalId,
    Field::Owner,
    Field::Store,
    Field::Size,
    Field::CreatedOn,
    Field::Purpose,
];

impl Field {
    /// The fields that hold dates.
    pub(super) const DATES: [Self; 4] = [Self::At, Self::JoinedOn, Self::CreatedOn, Self::Birthday];
    const COUNT: usize = Self::Purpose as usize + 1;

    /// The name used in a mapping.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Customer => "customer",
            Self::At => "at",
            Self::Amount => "amount",
            Self::Price => "price",
            Self::Quantity => "quantity",
            Self::Sku => "sku",
            Self::Status => "status",
            Self::Store => "store",
            Self::Name => "name",
            Self::Phone => "phone",
            Self::ExternalId => "external_id",
            Self::WechatId => "wechat_id",
            Self::Birthday => "birthday",
            Self::Gender => "gender",
            Self::City => "city",
            Self::Tags => "tags",
            Self::JoinedOn => "joined_on",
            Self::Note => "note",
            Self::Owner => "owner",
            Self::Size => "size",
            Self::CreatedOn => "created_on",
            Self::Purpose => "purpose",
        }
    }
}

impl Target {
    /// The fields of this target.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Orders => ORDER,
            Self::Members => MEMBER,
            Self::Groups => GROUP,
        }
    }

    /// Fields of which at least one has to have a column, group by group.
    pub(super) const fn needed(self) -> &'static [&'static [Field]] {
        match self {
            Self::Orders => &[&[Field::At], &[Field::Amount, Field::Price]],
            Self::Members => &[&[
                Field::Name,
                Field::Phone,
                Field::ExternalId,
                Field::WechatId,
            ]],
            Self::Groups => &[&[Field::Name]],
        }
    }
}

/// A column, by the name in the header or by its number from 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Column {
    /// Number from 1.
    Number(u32),
    /// Name.
    Name(String),
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Which column holds which field; can be saved and used again.
///
/// req: 001-020
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mapping(pub BTreeMap<Field, Column>);

impl Mapping {
    /// Reads `id=InvoiceNo,customer=CustomerID,price=6`.
    ///
    /// # Errors
    /// [`ImportError::Mapping`] with the part that cannot be read and the fields there are.
    pub fn parse(text: &str) -> Result<Self, ImportError> {
        let all: Vec<Field> = [ORDER, MEMBER, GROUP]
            .into_iter()
            .flatten()
            .copied()
            .collect();
        let wrong = |part: &str| {
            let mut names: Vec<&str> = all.iter().map(|field| field.as_str()).collect();
            names.dedup();
            ImportError::Mapping {
                text: part.to_owned(),
                fields: names.join(", "),
            }
        };
        let mut fields = BTreeMap::new();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            let (name, column) = part.split_once('=').ok_or_else(|| wrong(part))?;
            let name = name.trim();
            let field = all
                .iter()
                .find(|field| field.as_str() == name)
                .ok_or_else(|| wrong(part))?;
            let column = column.trim();
            if column.is_empty() || column == "0" {
                return Err(wrong(part));
            }
            let column = column
                .parse()
                .map_or_else(|_| Column::Name(column.to_owned()), Column::Number);
            if fields.insert(*field, column).is_some() {
                return Err(wrong(part));
            }
        }
        Ok(Self(fields))
    }
}

impl FromStr for Mapping {
    type Err = ImportError;

    fn from_str(text: &str) -> Result<Self, ImportError> {
        Self::parse(text)
    }
}

impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (field, column)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}={column}", field.as_str())?;
        }
        Ok(())
    }
}

/// The positions of the fields, from 0.
#[derive(Clone, Debug)]
pub(super) struct Columns([Option<usize>; Field::COUNT]);

impl Columns {
    /// Finds the columns of a header; without one (`named` is false) only numbers count.
    pub fn resolve(
        row: &[String],
        named: bool,
        mapping: &Mapping,
        target: Target,
    ) -> Result<Self, ImportError> {
        let listed = || {
            if named {
                row.iter()
                    .map(|name| name.trim())
                    .collect::<Vec<_>>()
                    .join(", ")
            } else {
                format!("no header, columns 1 to {}", row.len())
            }
        };
        let mut columns = Self([None; Field::COUNT]);
        for (field, column) in &mapping.0 {
            let name = column.to_string();
            let by_name = || {
                let exact = row.iter().position(|cell| cell.trim() == name);
                let folded = preset::fold(&name);
                exact.or_else(|| row.iter().position(|cell| preset::fold(cell) == folded))
            };
            let found = match column {
                Column::Number(number) => {
                    let at = usize::try_from(*number).unwrap_or(0).checked_sub(1);
                    // A header may itself be a number, such as a year.
                    at.filter(|at| *at < row.len())
                        .or_else(|| named.then(by_name).flatten())
                }
                Column::Name(_) => named.then(by_name).flatten(),
            };
            let at = found.ok_or_else(|| ImportError::UnknownColumn {
                column: name.clone(),
                columns: listed(),
            })?;
            columns.0[*field as usize] = Some(at);
        }
        if named {
            let money = [Field::Amount, Field::Price, Field::Quantity];
            let chosen = money.iter().any(|field| mapping.0.contains_key(field));
            for field in target.fields() {
                let open = columns.at(*field).is_none() && !(chosen && money.contains(field));
                if open {
                    columns.0[*field as usize] = preset::find(target, *field, row);
                }
            }
        }
        for needed in target.needed() {
            if needed.iter().all(|field| columns.at(*field).is_none()) {
                let field = needed[0].as_str();
                return Err(ImportError::MissingColumn {
                    field,
                    columns: listed(),
                });
            }
        }
        Ok(columns)
    }

    /// Position of a field.
    pub fn at(&self, field: Field) -> Option<usize> {
        self.0[field as usize]
    }

    /// Name of a field's column, for a message.
    pub fn name(&self, field: Field, header: &[String]) -> String {
        let at = self.at(field).unwrap_or(0);
        header.get(at).map_or_else(
            || (at + 1).to_string(),
            |name| cell::plain(name).into_owned(),
        )
    }

    /// What was taken for what, in a form that can be saved.
    pub fn mapping(&self, header: &[String]) -> Mapping {
        let all = [ORDER, MEMBER, GROUP].into_iter().flatten();
        let found = all.filter_map(|field| {
            let at = self.at(*field)?;
            let name = header
                .get(at)
                .map(|name| name.trim())
                .filter(|name| !name.is_empty());
            let column = match name {
                Some(name) => Column::Name(name.to_owned()),
                None => Column::Number(u32::try_from(at + 1).unwrap_or(u32::MAX)),
            };
            Some((*field, column))
        });
        Mapping(found.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &str) -> Vec<String> {
        names.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn a_mapping_can_be_written_and_read() {
        let text = "id=InvoiceNo,customer=CustomerID,at=InvoiceDate,price=6,quantity=Quantity";
        let mapping = Mapping::parse(text).unwrap();
        assert_eq!(mapping.0[&Field::Price], Column::Number(6));
        assert_eq!(Mapping::parse(&mapping.to_string()).unwrap(), mapping);
        let saved = serde_json::to_string(&mapping).unwrap();
        assert_eq!(serde_json::from_str::<Mapping>(&saved).unwrap(), mapping);
        for wrong in ["id", "color=1", "id=", "id=1,id=2", "id=0"] {
            assert!(
                matches!(Mapping::parse(wrong), Err(ImportError::Mapping { .. })),
                "{wrong}"
            );
        }
    }

    #[test]
    fn chosen_money_columns_are_not_added_to() {
        let header = header("订单号,付款时间,单价,数量,实付金额");
        let mapping = Mapping::parse("price=单价").unwrap();
        let columns = Columns::resolve(&header, true, &mapping, Target::Orders).unwrap();
        assert_eq!(columns.at(Field::Amount), None);
        assert_eq!(columns.at(Field::Quantity), None);
        let columns = Columns::resolve(&header, true, &Mapping::default(), Target::Orders).unwrap();
        assert_eq!(columns.at(Field::Amount), Some(4));
    }

    #[test]
    fn missing_and_unknown_columns_are_named() {
        let header = header("订单号,实付金额");
        let error = Columns::resolve(&header, true, &Mapping::default(), Target::Orders);
        assert!(matches!(
            error,
            Err(ImportError::MissingColumn { field: "at", .. })
        ));
        let mapping = Mapping::parse("at=哪天").unwrap();
        let error = Columns::resolve(&header, true, &mapping, Target::Orders).unwrap_err();
        assert!(error.to_string().contains("哪天") && error.to_string().contains("实付金额"));
    }
}
