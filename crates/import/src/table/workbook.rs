//! Excel workbooks, looked at from outside before anything is unpacked.

use std::{
    fs::File,
    io::{self, Cursor, Read},
    ops::ControlFlow,
    path::Path,
};

use calamine::{DataRef, Reader as _, SheetVisible, Xlsx};
use csv::StringRecord;
use ring::digest::{SHA256, digest};

use super::row::{Flow, Row};
use crate::{ImportError, source::Print};

/// Largest file that is opened.
const FILE: u64 = 50 << 20;
/// Most bytes that a file may unpack to.
const UNPACKED: u64 = 500 << 20;
/// Most times its size that a file may unpack to, beyond [`RATIO_FROM`] bytes.
const RATIO: u64 = 200;
const RATIO_FROM: u64 = 16 << 20;
/// Columns behind this one are not read; no export has as many.
const COLUMNS: usize = 1024;
/// A number as large as this has lost digits: Excel keeps fifteen.
const EXACT: f64 = 1e15;

fn broken(detail: impl std::fmt::Display) -> ImportError {
    ImportError::Workbook {
        detail: detail.to_string(),
    }
}

fn load(path: &Path) -> Result<(Vec<u8>, [u8; 32]), ImportError> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let mut content = Vec::new();
    file.take(FILE + 1).read_to_end(&mut content)?;
    if content.len() as u64 > FILE {
        return Err(ImportError::TooLarge {
            bytes: bytes.max(FILE + 1),
            limit: FILE,
        });
    }
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest(&SHA256, &content).as_ref());
    Ok((content, sha256))
}

/// Refuses a workbook that would unpack into too much: first by what its directory claims, then
/// by unpacking each part into nothing and comparing with the claim. Returns its SHA-256.
pub(super) fn check(path: &Path) -> Result<[u8; 32], ImportError> {
    let (content, sha256) = load(path)?;
    let size = content.len() as u64;
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).map_err(broken)?;
    let mut claims = Vec::with_capacity(archive.len());
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let claim = archive.by_index_raw(index).map_err(broken)?.size();
        total = total.saturating_add(claim);
        claims.push(claim);
        if total > UNPACKED {
            return Err(ImportError::ZipBomb { limit: UNPACKED });
        }
    }
    if total > RATIO_FROM && total / RATIO > size {
        return Err(ImportError::ZipBomb {
            limit: size * RATIO,
        });
    }
    for (index, claim) in claims.into_iter().enumerate() {
        let part = archive.by_index(index).map_err(broken)?;
        let held = io::copy(&mut part.take(claim + 1), &mut io::sink());
        match held {
            Ok(held) if held > claim => return Err(ImportError::ZipBomb { limit: claim }),
            Ok(_) => {}
            Err(error) => return Err(broken(error)),
        }
    }
    Ok(sha256)
}

/// Hands out the rows of a sheet.
pub(super) fn rows(
    path: &Path,
    sheet: Option<&str>,
    known: Option<[u8; 32]>,
    visit: &mut dyn FnMut(&Row) -> Flow,
) -> Result<Print, ImportError> {
    let (content, sha256) = load(path)?;
    if known.is_some_and(|known| known != sha256) {
        return Err(ImportError::Changed);
    }
    let print = Print {
        sha256,
        bytes: content.len() as u64,
        ..Print::default()
    };
    let mut book = Xlsx::new(Cursor::new(content)).map_err(broken)?;
    let names: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    let name = match sheet {
        Some(wanted) => names.iter().find(|name| *name == wanted).ok_or_else(|| {
            broken(format!(
                "there is no sheet {wanted:?}; the sheets are {}",
                names.join(", ")
            ))
        })?,
        None => names
            .first()
            .ok_or_else(|| broken("it has no visible sheet"))?,
    };
    let mut cells = book.worksheet_cells_reader(name).map_err(broken)?;
    let mut row = Row {
        line: 0,
        offset: 0,
        cells: StringRecord::new(),
    };
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (number, column) = cell.get_position();
        let line = u64::from(number) + 1;
        if line != row.line {
            if row.line > 0 && visit(&row)?.is_break() {
                return Ok(Print::default());
            }
            row.line = line;
            row.cells.clear();
        }
        let column = column as usize;
        if column >= COLUMNS || column < row.cells.len() {
            continue;
        }
        while row.cells.len() < column {
            row.cells.push_field("");
        }
        row.cells.push_field(&show(cell.get_value()));
    }
    if row.line > 0 && visit(&row)? == ControlFlow::Break(()) {
        return Ok(Print::default());
    }
    Ok(print)
}

/// A cell as text; dates in ISO form, numbers without a trace of their binary form.
fn show(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => show_number(*number),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(at) if at.is_datetime() && at.as_f64() >= 1.0 => {
            // A time of day is stored as a fraction that seldom hits the second.
            let (mut year, mut month, mut day, ..) = at.to_ymd_hms_milli();
            let mut seconds = (at.as_f64().fract() * 86_400.0).round() as u64;
            if seconds >= 86_400 {
                seconds = 0;
                let next = i16::try_from(year)
                    .ok()
                    .and_then(|y| yutang_domain::time::Date::new(y, month as i8, day as i8));
                if let Some(next) = next {
                    let (y, m, d) = next.plus_days(1).parts();
                    (year, month, day) = (y.unsigned_abs(), m.unsigned_abs(), d.unsigned_abs());
                }
            }
            let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        DataRef::DateTime(at) => show_number(at.as_f64()),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

fn show_number(number: f64) -> String {
    if number.abs() < EXACT {
        return number.to_string();
    }
    let text = format!("{number:.5e}");
    text.replace('e', "E+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_what_the_sheet_shows() {
        assert_eq!(show_number(2.55), "2.55");
        assert_eq!(show_number(100.0), "100");
        assert_eq!(show_number(13_800_001_111.0), "13800001111");
        assert_eq!(show_number(4.200_001_234e27), "4.20000E+27");
    }
}
