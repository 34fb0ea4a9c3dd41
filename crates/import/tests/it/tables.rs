//! Members, group lists and workbooks.

use std::{io::Write as _, ops::ControlFlow, path::Path};

use yutang_import::{
    ImportError,
    table::{self, Birthday, Layout},
};
use zip::write::SimpleFileOptions;

use super::{file, shared, table_options};

/// A workbook with one sheet of inline cells.
pub(super) fn workbook(rows: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let parts = [
        ("[Content_Types].xml", r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#.to_owned()),
        ("_rels/.rels", r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.to_owned()),
        ("xl/_rels/workbook.xml.rels", r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#.to_owned()),
        ("xl/workbook.xml", r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="订单" sheetId="1" r:id="rId1"/></sheets></workbook>"#.to_owned()),
        ("xl/styles.xml", r#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>"#.to_owned()),
        ("xl/worksheets/sheet1.xml", format!(r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#)),
    ];
    for (name, content) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn text(at: &str, text: &str) -> String {
    format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

fn members(path: &Path) -> (table::Plan<()>, Vec<table::MemberLine>) {
    let plan = table::plan_members(path, &table_options()).unwrap();
    let mut out = Vec::new();
    table::read_members(path, &plan, 0, &mut |line, _| {
        out.push(line);
        ControlFlow::Continue(())
    })
    .unwrap();
    (plan, out)
}

#[test]
fn orders_in_a_workbook() {
    let header = ["订单号", "付款时间", "实付金额"];
    let head: String = ["A1", "B1", "C1"]
        .iter()
        .zip(header)
        .map(|(at, name)| text(at, name))
        .collect();
    let rows = format!(
        r#"<row r="1">{head}</row><row r="2">{}<c r="B2" s="1"><v>46346.5</v></c><c r="C2"><v>2.5499999999999998</v></c></row><row r="4">{}<c r="C4"><v>10</v></c></row>"#,
        text("A2", "E1"),
        text("A4", "E2") + &text("B4", "2026-11-20 09:00"),
    );
    let file = file(&workbook(&rows));
    let plan = table::plan_orders(file.path(), &table_options()).unwrap();
    assert_eq!(
        (plan.layout, plan.lines, plan.rejects.total),
        (Layout::Sheet, 2, 0)
    );
    assert_eq!(plan.summary.revenue_minor, 255 + 1000);
    let mut lines = Vec::new();
    table::read_orders(file.path(), &plan, 0, &mut |line, _| {
        lines.push(line);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(lines[0].at.to_string(), "2026-11-20T04:00:00Z");
    assert_eq!((lines[0].line, lines[1].line), (2, 4));
}

#[test]
fn a_number_that_a_workbook_rounded_is_refused() {
    let head = text("A1", "订单号") + &text("B1", "付款时间") + &text("C1", "实付金额");
    let rows = format!(
        r#"<row r="1">{head}</row><row r="2"><c r="A2"><v>4.20000123420261E+27</v></c>{}<c r="C2"><v>1</v></c></row>"#,
        text("B2", "2026-11-20")
    );
    let file = file(&workbook(&rows));
    let error = table::plan_orders(file.path(), &table_options()).unwrap_err();
    assert!(
        matches!(error, ImportError::NumberDamaged { line: 2, .. }),
        "{error}"
    );
}

#[test]
fn members_with_both_kinds_of_birthday() {
    let csv = "姓名,手机号,微信号,生日,所在城市,标签,入会时间,备注\n王芳,138 0000-1111,wf1990,1990-05-01,杭州,\"烘焙,老客\",2026-01-02,常来\n李强,138****0000,,农历八月十五,,,2026/3/4 10:00,\n,,,,,,,孤儿\n";
    let file = file(csv.as_bytes());
    let (plan, lines) = members(file.path());
    assert_eq!((plan.lines, plan.rejects.total), (2, 1));
    assert_eq!(lines[0].phone.as_deref(), Some("13800001111"));
    assert_eq!(lines[0].tags, ["烘焙", "老客"]);
    assert_eq!(lines[0].joined_on.unwrap().to_string(), "2026-01-02");
    assert!(lines[1].masked);
    let moon = Birthday {
        year: None,
        month: 8,
        day: 15,
        lunar: true,
        leap: false,
    };
    assert_eq!(lines[1].birthday, Some(moon));
}

/// req: 001-020
#[test]
fn five_thousand_synthetic_members() {
    let Some(path) = shared("cn_reference/members_synthetic.csv") else {
        return;
    };
    let (plan, lines) = members(&path);
    let rows = std::fs::read_to_string(&path).unwrap().lines().count() - 1;
    assert_eq!((plan.lines as usize, plan.rejects.total), (rows, 0));
    assert!(
        lines
            .iter()
            .all(|l| l.birthday.is_some() && l.phone.is_some() && !l.masked)
    );
}

#[test]
fn a_group_list() {
    let csv = "群名\t群主\t门店\t人数\t建群日期\t用途\n一店福利群\t小王\t一店\t486\t2026/03/08\t福利\n二店群\t\t二店\t12人\t2026年5月1日\t\n\t小李\t\t1\t\t\n";
    let wide: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(csv.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let file = file(&wide);
    let plan = table::plan_groups(file.path(), &table_options()).unwrap();
    assert_eq!(plan.preset, Some(table::Preset::GroupList));
    assert_eq!(plan.encoding, Some(yutang_import::Encoding::Utf16Le));
    let mut lines = Vec::new();
    table::read_groups(file.path(), &plan, 0, &mut |line, _| {
        lines.push(line);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!((lines.len(), plan.rejects.total), (2, 1));
    assert_eq!(lines[0].name, "一店福利群");
    assert_eq!((lines[0].size, lines[1].size), (Some(486), Some(12)));
    assert_eq!(lines[1].created_on.unwrap().to_string(), "2026-05-01");
}
