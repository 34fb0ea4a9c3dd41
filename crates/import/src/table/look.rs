//! A first look at a table: its header, a few rows, and what it most likely lists.

use std::path::Path;

use super::{Layout, Mapping, Options, Preset, Target, row::Shape};
use crate::{Encoding, ImportError, civil::when};

/// Rows that are shown.
const ROWS: usize = 5;
/// Columns that are shown.
const COLUMNS: usize = 200;
/// Characters of a cell that are shown.
const CHARACTERS: usize = 200;

/// The beginning of a table.
#[derive(Clone, Debug)]
pub struct Look {
    /// What it most likely lists; `None` if no kind finds the columns it needs.
    pub target: Option<Target>,
    /// The shop system whose header it is, if it is recognised.
    pub preset: Option<Preset>,
    /// How the cells are told apart.
    pub layout: Layout,
    /// The encoding of a text; `None` for a workbook.
    pub encoding: Option<Encoding>,
    /// The header; empty if there is none.
    pub header: Vec<String>,
    /// The first rows behind it, at most five.
    pub rows: Vec<Vec<String>>,
    /// Which column would be taken for which field.
    pub mapping: Mapping,
}

/// Looks at the beginning of a table.
///
/// A header that a shop system writes says most; then orders, which need the most columns; people
/// before groups, since a column called "name" alone is either.
///
/// # Errors
/// The file is empty, no text and no workbook, or in no known encoding.
pub fn look(path: &Path, options: &Options) -> Result<Look, ImportError> {
    let (shape, top) = Shape::top(path, options)?;
    let mut found: Option<(u8, Target, Option<Preset>, u64, Vec<String>, Mapping)> = None;
    for target in [Target::Orders, Target::Groups, Target::Members] {
        let Ok((shape, header, columns)) = Shape::detect(path, options, target) else {
            continue;
        };
        if header.is_empty() {
            continue;
        }
        let preset = Preset::detect(target, &header);
        let weight = match (preset, target) {
            (Some(_), _) => 3,
            (None, Target::Orders) => 2,
            (None, Target::Members) => 1,
            (None, Target::Groups) => 0,
        };
        let mapping = columns.mapping(&header);
        if found.as_ref().is_none_or(|(most, ..)| weight > *most) {
            found = Some((weight, target, preset, shape.header_line(), header, mapping));
        }
    }
    let cut = |row: &[String]| -> Vec<String> {
        row.iter()
            .take(COLUMNS)
            .map(|cell| cell.chars().take(CHARACTERS).collect())
            .collect()
    };
    let behind = |line: u64| -> Vec<Vec<String>> {
        let rows = top.iter().filter(|(at, _)| *at > line);
        rows.take(ROWS).map(|(_, row)| cut(row)).collect()
    };
    let (layout, encoding) = (shape.layout, shape.encoding);
    if let Some((_, target, preset, line, header, mapping)) = found {
        return Ok(Look {
            target: Some(target),
            preset,
            layout,
            encoding,
            rows: behind(line),
            header: cut(&header),
            mapping,
        });
    }
    let is_value = |cell: &String| cell.parse::<f64>().is_ok() || when(cell).is_some();
    let (line, header) = match top.first() {
        Some((line, row)) if !row.iter().any(is_value) => (*line, cut(row)),
        _ => (0, Vec::new()),
    };
    Ok(Look {
        target: None,
        preset: None,
        layout,
        encoding,
        rows: behind(line),
        header,
        mapping: Mapping::default(),
    })
}

#[cfg(test)]
mod tests {
    use yutang_domain::time::{Timestamp, Zone};

    use super::*;

    fn at(text: &str) -> Look {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, text).unwrap();
        let zone = Zone::from_name("Asia/Shanghai").unwrap();
        let now = Timestamp::from_ms(1_795_136_700_000);
        look(&path, &Options::new(zone, now, "CNY".parse().unwrap())).unwrap()
    }

    /// req: 001-020
    #[test]
    fn a_header_says_what_a_table_lists() {
        let shop = at("订单号,买家手机号,付款时间,订单实付金额\nA1,13800000000,2026-11-01,12.50\n");
        assert_eq!(
            (shop.target, shop.preset),
            (Some(Target::Orders), Some(Preset::Youzan))
        );
        assert_eq!(shop.rows, [["A1", "13800000000", "2026-11-01", "12.50"]]);
        assert_eq!(shop.mapping.0.len(), 4);
        assert_eq!(
            at("姓名,手机号\n王芳,13800000000\n").target,
            Some(Target::Members)
        );
        let groups = at("群名,群主,人数\n海岸城福利1群,小李,120\n");
        assert_eq!(
            (groups.target, groups.preset),
            (Some(Target::Groups), Some(Preset::GroupList))
        );
        let strange = at("甲,乙\n丙,丁\n");
        assert_eq!(
            (strange.target, strange.header),
            (None, vec!["甲".to_owned(), "乙".to_owned()])
        );
        assert_eq!(strange.rows, [["丙", "丁"]]);
    }
}
