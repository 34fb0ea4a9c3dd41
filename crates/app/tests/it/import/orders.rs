//! Orders: totals like their references, and what a later file says of an earlier one.

use yutang_app::import::{Options, Request};
use yutang_domain::{
    import::ImportKind,
    time::{Date, Period},
};
use yutang_import::table::Mapping;
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use super::{caller, data, import};

both_engines! {
    /// Orders import with the totals of their reference; true repeats inside the file are kept.
    async fn orders_import_with_the_totals_of_their_reference(database: TestDatabase) {
        let Some(cdnow) = data("cdnow_sample/CDNOW_sample.txt") else { return };
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let request = Request {
            kind: ImportKind::Orders,
            path: cdnow,
            file_name: "CDNOW_sample.txt".to_owned(),
            group: None,
            options: Options {
                mapping: Mapping::parse("customer=2,at=3,quantity=4,amount=5").unwrap(),
                currency: Some("USD".parse().unwrap()),
                ..Options::default()
            },
        };
        let first = import(&test.app, &caller, &request).await;
        assert_eq!(first.counts.lines, 6_919);
        assert_eq!(first.counts.orders, 6_919);
        assert_eq!(first.counts.members, 2_357);
        assert_eq!(first.counts.revenue_minor, 24_409_194);
        let again = import(&test.app, &caller, &request).await;
        assert_eq!((again.counts.orders, again.counts.duplicates), (0, 6_919));
        let sales = test.app.sales_report(&caller, None, None).await.unwrap();
        let total: i64 = sales.periods.iter().map(|p| p.sales_minor).sum();
        assert_eq!(total, 24_409_194);
        for period in &sales.periods {
            assert_eq!((period.traffic, period.conversion), (None, None), "nobody was in a group");
            assert!(period.basket.is_some(), "{period:?}");
        }
        test.app.undo_import(&caller, first.run.unwrap()).await.unwrap();
        assert!(test.app.sales_report(&caller, None, None).await.unwrap().periods.is_empty());
        test.finish().await;
    }

    /// An order that a later file closes is no sale any more; the older file read again does not
    /// bring it back, taking the later file back does.
    async fn a_later_file_closes_an_order_and_taking_it_back_reopens_it(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let folder = tempfile::tempdir().unwrap();
        let request = |name: &str, first: &str, second: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, format!(
                "订单编号,买家,下单时间,金额,状态\n1001,王芳,2026-11-01 10:00:00,30.00,{first}\n\
                 1002,王芳,2026-11-02 10:00:00,20.00,{second}\n"
            )).unwrap();
            Request {
                kind: ImportKind::Orders,
                path,
                file_name: name.to_owned(),
                group: None,
                options: Options {
                    mapping: Mapping::parse("id=订单编号,customer=买家,at=下单时间,amount=金额,status=状态").unwrap(),
                    ..Options::default()
                },
            }
        };
        let sold = async || {
            let sales = test.app.sales_report(&caller, None, None).await.unwrap();
            sales.periods.iter().map(|p| p.sales_minor).sum::<i64>()
        };
        let paid = request("paid.csv", "已付款", "交易关闭");
        import(&test.app, &caller, &paid).await;
        assert_eq!(sold().await, 3_000);
        let closed = import(&test.app, &caller, &request("closed.csv", "已退款", "已付款")).await;
        assert_eq!((closed.counts.new_lines, sold().await), (0, 2_000));
        import(&test.app, &caller, &paid).await;
        assert_eq!(sold().await, 2_000, "an older file has nothing newer to say");
        test.app.undo_import(&caller, closed.run.unwrap()).await.unwrap();
        assert_eq!(sold().await, 3_000);
        test.finish().await;
    }
}

/// A shop of a hundred thousand lines, from its archive, on the small engine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_shop_imports() {
    let Some(retail) = data("online_retail_3m/online_retail_2010-12_2011-02.csv.gz") else {
        return;
    };
    let database = TestDatabase::new(yutang_testkit::Engine::Sqlite).await;
    let test = TestApp::open(&database).await;
    let caller = caller(&test.app).await;
    let request = Request {
        kind: ImportKind::Orders,
        path: retail,
        file_name: "online_retail.csv.gz".to_owned(),
        group: None,
        options: Options {
            mapping: Mapping::parse(
                "id=InvoiceNo,customer=CustomerID,at=InvoiceDate,price=UnitPrice,\
                 quantity=Quantity,sku=StockCode",
            )
            .unwrap(),
            currency: Some("GBP".parse().unwrap()),
            cancel_prefix: Some("C".to_owned()),
            ..Options::default()
        },
    };
    let first = import(&test.app, &caller, &request).await;
    assert_eq!(first.counts.lines, 105_335);
    assert_eq!(first.counts.new_lines, 105_335, "true repeats are kept");
    assert_eq!((first.counts.orders, first.counts.cancelled), (4_089, 805));
    assert_eq!(first.counts.members, 1_749);
    assert_eq!(first.counts.without_member, 36_210);
    assert_eq!(first.counts.revenue_minor, 180_701_993);
    let period = Period::new(
        Date::new(2010, 12, 1).unwrap(),
        Date::new(2011, 3, 1).unwrap(),
    )
    .unwrap();
    let sales = test
        .app
        .sales_report(&caller, None, Some(period))
        .await
        .unwrap();
    assert_eq!(sales.periods.len(), 3);
    assert_eq!(
        sales.periods.iter().map(|p| p.sales_minor).sum::<i64>(),
        180_701_993
    );
    let again = import(&test.app, &caller, &request).await;
    assert_eq!((again.counts.orders, again.counts.new_lines), (0, 0));
    assert_eq!(again.counts.duplicates, 4_089);
    test.finish().await;
    database.remove().await;
}
