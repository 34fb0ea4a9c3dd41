//! Orders, members and group lists out of CSV files and Excel workbooks.
//!
//! A file is a header and rows; a [`Mapping`] says which column holds which field. Columns are
//! found by the aliases that shop systems use, by name or by number.

use std::{ops::ControlFlow, path::Path, sync::Arc};

use yutang_domain::{
    money::Currency,
    time::{Timestamp, Zone},
};

use crate::{
    DateOrder, Encoding, ImportError, LineKey, Rejects,
    civil::{LocalTime, when},
    date_order::Votes,
    key::{Distinct, Material, Ordinals, Repeated, Repeats},
    source::Print,
};

mod amount;
mod birthday;
mod cell;
mod group;
mod look;
mod mapping;
mod member;
mod order;
mod preset;
mod row;
mod workbook;

pub use birthday::Birthday;
pub use group::GroupLine;
pub use look::{Look, look};
pub use mapping::{Column, Field, Mapping, Target};
pub use member::MemberLine;
pub use order::{OrderLine, OrderSummary};
pub use preset::Preset;

use mapping::Columns;
use row::{Row, Shape};

pub(crate) use row::Records;

/// What is known beforehand about a table.
#[derive(Clone, Debug)]
pub struct Options {
    /// Zone of times that are written without one.
    pub zone: Zone,
    /// The present: lines later than a day from now are rejected.
    pub now: Timestamp,
    /// Currency of the amounts.
    pub currency: Currency,
    /// Which column holds which field; fields not named are found by the header.
    pub mapping: Mapping,
    /// Beginning of the ids of orders that take another one back, such as `C`.
    pub cancel_prefix: Option<String>,
    /// The order of day, month and year, if it is not to be decided.
    pub dates: Option<DateOrder>,
    /// The encoding, if it is not to be detected.
    pub encoding: Option<Encoding>,
    /// Whether there is a header, if it is not to be detected.
    pub header: Option<bool>,
    /// Sheet of a workbook; the first one if `None`.
    pub sheet: Option<String>,
}

impl Options {
    /// Everything to be detected.
    pub fn new(zone: Zone, now: Timestamp, currency: Currency) -> Self {
        Self {
            zone,
            now,
            currency,
            mapping: Mapping::default(),
            cancel_prefix: None,
            dates: None,
            encoding: None,
            header: None,
            sheet: None,
        }
    }
}

/// How the cells of a file are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Separated by one character.
    Delimited(char),
    /// Separated by runs of spaces.
    Spaced,
    /// A sheet of a workbook.
    Sheet,
}

/// What is in a table.
#[derive(Clone, Debug)]
pub struct Plan<S> {
    /// How the cells are told apart.
    pub layout: Layout,
    /// The encoding of a text; `None` for a workbook.
    pub encoding: Option<Encoding>,
    /// The order of day, month and year that was given or decided.
    pub dates: DateOrder,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Size of the file in bytes.
    pub bytes: u64,
    /// The header; empty if there is none.
    pub header: Vec<String>,
    /// The shop system whose header this is, if it is recognised.
    pub preset: Option<Preset>,
    /// Which column was taken for which field.
    pub mapping: Mapping,
    /// Lines that can be handed out.
    pub lines: u64,
    /// The lines left out.
    pub rejects: Rejects,
    /// What only this kind of table has.
    pub summary: S,
    options: Options,
    shape: Shape,
    columns: Columns,
    print: Print,
    repeated: Arc<Repeated>,
}

impl<S> Plan<S> {
    /// The SHA-256 in hexadecimal digits.
    pub fn sha256_hex(&self) -> String {
        crate::key::hex(&self.sha256)
    }
}

/// How a read pass ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadEnd {
    /// Lines handed out, those skipped not counted.
    pub lines: u64,
    /// Whether the end of the file was reached.
    pub complete: bool,
}

/// What a row is read with.
struct Reading<'p> {
    columns: &'p Columns,
    options: &'p Options,
    order: DateOrder,
    local: LocalTime,
}

/// A kind of line.
trait Line: Sized {
    const TARGET: Target;
    type Summary: Default;

    /// Reads a row; `None` for one without any of the wanted cells.
    fn read(row: &Row, reading: &mut Reading<'_>) -> Result<Option<Self>, crate::Reason>;

    /// Looks for a column that a spreadsheet has damaged.
    fn damaged(row: &Row, columns: &Columns) -> Option<(Field, String)>;

    /// Counts a line.
    fn count(&self, summary: &mut Self::Summary, seen: &mut Seen);

    /// Puts what the line is known by into the material; true if nothing else can be equal.
    fn gather(&self, material: &mut Material, sha256: &[u8; 32]) -> bool;

    fn set_key(&mut self, key: LineKey);
}

/// What has been counted so far.
#[derive(Default)]
struct Seen {
    first: Distinct,
    second: Distinct,
    third: Distinct,
    /// Ids of 17 digits and more; those of them that end in zeros behind the fifteenth.
    long: u64,
    ending_in_zeros: u64,
    /// The first of the latter.
    example: Option<(u64, String)>,
}

impl Seen {
    /// Notes an id: a spreadsheet keeps fifteen digits and writes zeros for the rest.
    fn zeroed(&mut self, line: u64, id: &str) {
        if id.len() < 17 || !id.bytes().all(|b| b.is_ascii_digit()) {
            return;
        }
        self.long += 1;
        if id[15..].bytes().all(|b| b == b'0') {
            self.ending_in_zeros += 1;
            if self.example.is_none() {
                self.example = Some((line, id.to_owned()));
            }
        }
    }

    /// Three ids and more that all end so did not come from a shop.
    fn damaged(&self) -> Option<&(u64, String)> {
        let all = self.long >= 3 && self.ending_in_zeros == self.long;
        self.example.as_ref().filter(|_| all)
    }
}

fn plan<L: Line>(path: &Path, options: &Options) -> Result<Plan<L::Summary>, ImportError> {
    let (shape, header, columns) = Shape::detect(path, options, L::TARGET)?;
    let preset = Preset::detect(L::TARGET, &header);
    let dates = match options.dates {
        Some(dates) => dates,
        None => decide(path, &shape, &columns, options)?,
    };
    let mut plan = Plan {
        layout: shape.layout,
        encoding: shape.encoding,
        dates,
        sha256: [0; 32],
        bytes: 0,
        mapping: columns.mapping(&header),
        header,
        preset,
        lines: 0,
        rejects: Rejects::default(),
        summary: L::Summary::default(),
        options: options.clone(),
        print: Print::default(),
        repeated: Arc::default(),
        shape,
        columns,
    };
    let mut repeats = Repeats::new(std::fs::metadata(path)?.len());
    let mut material = Material::default();
    let mut seen = Seen::default();
    let mut reading = Reading {
        columns: &plan.columns,
        options,
        order: dates,
        local: LocalTime::new(&options.zone),
    };
    let (shape, header) = (&plan.shape, &plan.header);
    let (rejects, lines) = (&mut plan.rejects, &mut plan.lines);
    let summary = &mut plan.summary;
    let print = shape.rows(path, options, None, &mut |row| {
        if let Some((field, value)) = L::damaged(row, reading.columns) {
            let column = reading.columns.name(field, header);
            return Err(ImportError::NumberDamaged {
                column,
                line: row.line,
                value,
            });
        }
        match L::read(row, &mut reading) {
            Ok(Some(line)) => {
                *lines += 1;
                line.count(summary, &mut seen);
                if !line.gather(&mut material, &[0; 32]) {
                    repeats.see(material.short(0));
                }
            }
            Ok(None) => {}
            Err(reason) => rejects.add(crate::Reject {
                line: row.line,
                reason,
            }),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if let Some((line, value)) = seen.damaged() {
        let field = if L::TARGET == Target::Orders {
            Field::Id
        } else {
            Field::ExternalId
        };
        let column = reading.columns.name(field, header);
        return Err(ImportError::NumberDamaged {
            column,
            line: *line,
            value: value.clone(),
        });
    }
    plan.print = print;
    plan.sha256 = plan.print.sha256;
    plan.bytes = plan.print.bytes;
    plan.repeated = repeats.found();
    Ok(plan)
}

/// Reads the dates of the whole file to find the order of their parts.
fn decide(
    path: &Path,
    shape: &Shape,
    columns: &Columns,
    options: &Options,
) -> Result<DateOrder, ImportError> {
    let dated: Vec<usize> = Field::DATES
        .iter()
        .filter_map(|field| columns.at(*field))
        .collect();
    let mut votes = Votes::new(options.now);
    let mut firm = 0_u32;
    if !dated.is_empty() {
        shape.rows(path, options, None, &mut |row| {
            for at in &dated {
                let Some(when) = row.cell(*at).and_then(|text| when(&cell::plain(text))) else {
                    continue;
                };
                if when.date.year_first() {
                    firm += 1;
                } else {
                    firm = 0;
                    votes.add(when.date);
                }
            }
            // One system writes one way: a thousand dates in a row with the year first settle it.
            Ok(if firm > 1000 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
    }
    votes.decide()
}

fn read<L: Line>(
    path: &Path,
    plan: &Plan<L::Summary>,
    skip: u64,
    sink: &mut dyn FnMut(L, u64) -> ControlFlow<()>,
) -> Result<ReadEnd, ImportError> {
    let mut ordinals = Ordinals::new(&plan.repeated);
    let mut material = Material::default();
    let mut reading = Reading {
        columns: &plan.columns,
        options: &plan.options,
        order: plan.dates,
        local: LocalTime::new(&plan.options.zone),
    };
    let mut seen = 0;
    let mut end = ReadEnd {
        lines: 0,
        complete: true,
    };
    plan.shape
        .rows(path, &plan.options, Some(&plan.print), &mut |row| {
            let Ok(Some(mut line)) = L::read(row, &mut reading) else {
                return Ok(ControlFlow::Continue(()));
            };
            if !line.gather(&mut material, &plan.sha256) {
                let ordinal = ordinals.next(material.short(0));
                material.number(i64::from(ordinal));
            }
            seen += 1;
            if seen <= skip {
                return Ok(ControlFlow::Continue(()));
            }
            line.set_key(material.key());
            end.lines += 1;
            let flow = sink(line, row.offset);
            end.complete = flow.is_continue();
            Ok(flow)
        })?;
    Ok(end)
}

/// Reads a whole file of orders and says what is in it.
///
/// req: 001-020
///
/// # Errors
/// Whatever makes the file unreadable; then nothing of it can be handed out.
pub fn plan_orders(path: &Path, options: &Options) -> Result<Plan<OrderSummary>, ImportError> {
    plan::<OrderLine>(path, options)
}

/// Hands out the order lines of a planned file behind the first `skip`, each with the byte it
/// starts at (0 in a workbook).
///
/// # Errors
/// [`ImportError::Changed`] before any line of a changed part is handed out.
pub fn read_orders(
    path: &Path,
    plan: &Plan<OrderSummary>,
    skip: u64,
    sink: &mut dyn FnMut(OrderLine, u64) -> ControlFlow<()>,
) -> Result<ReadEnd, ImportError> {
    read(path, plan, skip, sink)
}

/// Reads a whole file of members and says what is in it.
///
/// req: 001-020
///
/// # Errors
/// As [`plan_orders`].
pub fn plan_members(path: &Path, options: &Options) -> Result<Plan<()>, ImportError> {
    plan::<MemberLine>(path, options)
}

/// Hands out the members of a planned file; as [`read_orders`].
///
/// # Errors
/// As [`read_orders`].
pub fn read_members(
    path: &Path,
    plan: &Plan<()>,
    skip: u64,
    sink: &mut dyn FnMut(MemberLine, u64) -> ControlFlow<()>,
) -> Result<ReadEnd, ImportError> {
    read(path, plan, skip, sink)
}

/// Reads a whole group list and says what is in it.
///
/// # Errors
/// As [`plan_orders`].
pub fn plan_groups(path: &Path, options: &Options) -> Result<Plan<()>, ImportError> {
    plan::<GroupLine>(path, options)
}

/// Hands out the groups of a planned list; as [`read_orders`].
///
/// # Errors
/// As [`read_orders`].
pub fn read_groups(
    path: &Path,
    plan: &Plan<()>,
    skip: u64,
    sink: &mut dyn FnMut(GroupLine, u64) -> ControlFlow<()>,
) -> Result<ReadEnd, ImportError> {
    read(path, plan, skip, sink)
}
