//! Orders against the totals of their references.

use std::{collections::HashSet, ops::ControlFlow, path::Path};

use yutang_import::table::{self, Layout, Mapping, OrderLine};

use super::{committed, file, shared, table_options};

const RETAIL: &str = "id=InvoiceNo,customer=CustomerID,at=InvoiceDate,price=UnitPrice,quantity=Quantity,sku=StockCode";

fn lines(
    path: &Path,
    options: &table::Options,
) -> (table::Plan<table::OrderSummary>, Vec<OrderLine>) {
    let plan = table::plan_orders(path, options).unwrap();
    let mut out = Vec::new();
    let end = table::read_orders(path, &plan, 0, &mut |line, _| {
        out.push(line);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(end.complete);
    assert_eq!(out.len() as u64, plan.lines);
    let keys: HashSet<_> = out.iter().map(|line| line.key).collect();
    assert_eq!(keys.len(), out.len(), "a repeat inside one file is a fact");
    (plan, out)
}

fn retail() -> table::Options {
    table::Options {
        mapping: Mapping::parse(RETAIL).unwrap(),
        cancel_prefix: Some("C".to_owned()),
        ..table_options()
    }
}

fn cdnow() -> table::Options {
    table::Options {
        mapping: Mapping::parse("customer=1,at=3,quantity=4,amount=5").unwrap(),
        ..table_options()
    }
}

/// req: 001-020
#[test]
fn online_retail_gives_its_reference() {
    let Some(path) = shared("online_retail_3m/online_retail_2010-12_2011-02.csv.gz") else {
        return;
    };
    let (plan, lines) = lines(&path, &retail());
    assert_eq!(plan.rejects.total, 0, "{:?}", plan.rejects.first);
    assert_eq!(plan.lines, 105_335);
    let summary = &plan.summary;
    assert_eq!((summary.orders, summary.cancelled), (4_894 - 805, 805));
    assert_eq!((summary.customers, summary.without_member), (1_749, 36_210));
    assert_eq!(summary.cancelled_lines, 1_904);
    assert_eq!(summary.first.unwrap().to_string(), "2010-12-01T00:26:00Z");
    assert_eq!(summary.last.unwrap().to_string(), "2011-02-28T09:04:00Z");
    assert_eq!(summary.revenue_minor, RETAIL_NET);
    assert_eq!(
        lines.iter().map(|line| line.amount_minor).sum::<i64>(),
        RETAIL_NET
    );
    assert_eq!(
        lines
            .iter()
            .filter(|l| l.quantity_milli.unwrap() < 0)
            .count(),
        2_118
    );
}

/// The reference's net of 1,807,019.93, each line rounded.
const RETAIL_NET: i64 = 180_701_993;

#[test]
fn cdnow_gives_its_reference() {
    let Some(path) = shared("cdnow_sample/CDNOW_sample.txt") else {
        return;
    };
    let (plan, lines) = lines(&path, &cdnow());
    assert_eq!(plan.layout, Layout::Spaced);
    assert_eq!((plan.lines, plan.summary.customers), (6_919, 2_357));
    assert_eq!(plan.summary.revenue_minor, 24_409_194);
    assert_eq!(
        lines.iter().filter(|line| line.amount_minor == 0).count(),
        8
    );
    assert_eq!(
        plan.summary.first.unwrap().to_string(),
        "1996-12-31T16:00:00Z"
    );
    assert_eq!(
        plan.summary.last.unwrap().to_string(),
        "1998-06-29T16:00:00Z"
    );
}

#[test]
fn the_committed_cuts() {
    let (plan, lines) = lines(&committed("online_retail_1199.csv"), &retail());
    let summary = &plan.summary;
    assert_eq!(plan.lines, 1_199);
    assert_eq!(
        (
            summary.orders,
            summary.cancelled,
            summary.customers,
            summary.without_member
        ),
        (72, 4, 58, 1)
    );
    assert_eq!(summary.revenue_minor, 2_628_712);
    // The file has its own repeats; they are kept under keys of their own.
    let content: HashSet<_> = lines
        .iter()
        .map(|l| (&l.order_id, &l.sku, l.quantity_milli, l.amount_minor))
        .collect();
    assert!(content.len() < lines.len());
    // The names of the columns alone tell the same.
    let by_name = table::Options {
        cancel_prefix: Some("C".to_owned()),
        ..table_options()
    };
    let (found, _) = self::lines(&committed("online_retail_1199.csv"), &by_name);
    assert_eq!(found.summary, plan.summary);

    let (plan, _) = self::lines(&committed("cdnow_400.txt"), &cdnow());
    assert_eq!(
        (
            plan.lines,
            plan.summary.customers,
            plan.summary.revenue_minor
        ),
        (400, 147, 1_318_540)
    );
}

#[test]
fn a_shop_export_with_its_habits() {
    let text = "订单导出 2026年11月,,,,,\n订单号,买家手机号,付款时间,订单实付金额（元）,订单状态,归属门店\n'E001,13800001111,2026-11-20 10:00:00,\"¥1,234.00\",已完成,一店\n\tE002,138****0000,2026/11/20 10:05,２５.５０,已关闭,一店\nE003,,2026年11月20日,(1.00),退款成功,二店\nE004,13800001112,2026-11-20 10:00:00,abc,已完成,一店\nE005,13800001112,2027-11-20 10:00:00,1,已完成,一店\n";
    let (gb, ..) = encoding_rs::GB18030.encode(text);
    let file = file(&gb);
    let (plan, lines) = lines(file.path(), &table_options());
    assert_eq!(plan.preset, Some(table::Preset::Youzan));
    assert_eq!(
        plan.mapping.to_string(),
        "id=订单号,customer=买家手机号,at=付款时间,amount=订单实付金额（元）,status=订单状态,store=归属门店"
    );
    assert_eq!(lines[0].order_id.as_deref(), Some("E001"));
    assert_eq!(
        lines.iter().map(|l| l.amount_minor).collect::<Vec<_>>(),
        [123_400, 2_550, -100]
    );
    assert_eq!(
        lines.iter().map(|l| l.cancelled).collect::<Vec<_>>(),
        [false, true, true]
    );
    assert_eq!(
        lines.iter().map(|l| l.masked).collect::<Vec<_>>(),
        [false, true, false]
    );
    assert_eq!(
        (plan.summary.customers, plan.summary.without_member),
        (1, 2)
    );
    let rejects: Vec<_> = plan
        .rejects
        .first
        .iter()
        .map(|r| (r.line, r.reason.code()))
        .collect();
    assert_eq!(
        rejects,
        [(6, "import.reject.amount"), (7, "import.reject.future")]
    );
}

#[test]
fn prices_times_pieces_round_half_even_line_by_line() {
    let text = "id;at;price;quantity\n1;2026-01-01;0.125;1\n1;2026-01-01;0,375;1\n2;2026-01-01;0.125;3\n2;2026-01-01;2.005;1\n";
    let file = file(text.as_bytes());
    let (_, lines) = lines(file.path(), &table_options());
    assert_eq!(
        lines.iter().map(|l| l.amount_minor).collect::<Vec<_>>(),
        [12, 38, 38, 200]
    );
}
