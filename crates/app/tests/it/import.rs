//! Imports on real exports: counted like their references, once only, resumable, reversible.

use std::path::{Path, PathBuf};

use yutang_app::{
    App, Caller,
    health::About,
    import::{Options, Outcome, Request},
    member::list::MemberFilter,
};
use yutang_domain::{
    import::{ImportKind, RunState},
    time::{Date, Period},
};
use yutang_import::{DateOrder, table::Mapping};
use yutang_store::{Mode, member::list::Sort};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

/// A file of the test data, or a line that says that the test was not run.
fn data(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("YUTANG_TESTDATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("not run: 1 ({} is absent)", path.display());
    None
}

async fn caller(app: &App) -> Caller {
    let workspace = app.workspace_or_default(None).await.unwrap();
    app.console(&workspace).unwrap()
}

fn chat(path: &Path, group: &str) -> Request {
    Request {
        kind: ImportKind::Chat,
        path: path.to_owned(),
        file_name: path.file_name().unwrap().to_string_lossy().into_owned(),
        group: Some(group.to_owned()),
        options: Options {
            dates: Some(DateOrder::Ymd),
            ..Options::default()
        },
    }
}

async fn import(app: &App, caller: &Caller, request: &Request) -> Outcome {
    app.import(caller, request, |_| {}).await.unwrap()
}

/// Every table that an import may touch, row by row, without what tells runs apart.
async fn contents(app: &App) -> Vec<String> {
    let mut rows = Vec::new();
    let mut tx = app.store().begin(Mode::Read).await.unwrap();
    for table in [
        "member",
        "identity",
        "membership",
        "message",
        "passage",
        "member_day",
        "group_day",
        "group_hour",
        "chat_group",
        "shop_order",
        "order_line",
        "search_term",
        "member_tag",
        "note",
    ] {
        let text = format!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM {table}");
        let n: Vec<i64> = tx
            .all(Box::leak(text.into_boxed_str()), vec![])
            .await
            .unwrap();
        rows.push(format!("{table} {}", n[0]));
    }
    rows
}

both_engines! {
    /// Each rendering of one history gives the same counts, and nothing the second time.
    async fn every_rendering_counts_like_its_reference(database: TestDatabase) {
        let Some(folder) = data("chat_render_irc") else { return };
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        // One engine reads all six, the other the two that differ most.
        let files: &[&str] = if test.app.store().path().is_some() {
            &["qq_group.txt", "whatsapp.txt", "wechat_copy.txt", "wechat_stat.csv", "discord.json",
              "telegram_result.json"]
        } else {
            &["whatsapp.txt", "discord.json"]
        };
        for file in files {
            let request = chat(&folder.join(file), file);
            let first = import(&test.app, &caller, &request).await;
            assert_eq!(first.counts.messages, 11_612, "{file}");
            assert_eq!(first.counts.members, 1_219, "{file}");
            assert_eq!(first.counts.days, 13, "{file}");
            assert_eq!(first.counts.duplicates, 0, "{file}");
            assert_eq!(first.state, RunState::Done);
            let again = import(&test.app, &caller, &request).await;
            assert_eq!(again.counts.messages, 0, "{file}");
            assert_eq!(again.counts.duplicates, 11_612, "{file}");

            let group = test.app.find_group(&caller, file).await.unwrap();
            let about = About::Group(group.id);
            let extent = test.app.report_extent(&caller, about).await.unwrap().unwrap();
            let report = test.app.health_report(&caller, about, extent).await.unwrap();
            let days: Vec<String> = report
                .daily
                .iter()
                .filter(|d| d.messages > 0)
                .map(|d| format!("{},{},{}", d.day, d.messages, d.active_members))
                .collect();
            let wanted = std::fs::read_to_string(folder.join("reference/daily.csv")).unwrap();
            assert_eq!(days, wanted.lines().skip(1).collect::<Vec<_>>(), "{file}");
            assert_eq!(report.active_members.value, Some(1_219.0), "{file}");
            assert_eq!(report.messages.value, Some(11_612.0));
            let ratio = |n: Option<f64>| n.is_some_and(|n| (0.0..=1.0).contains(&n));
            assert!(ratio(report.gini.value) && ratio(report.top10_share.value));
            assert!(ratio(report.contributor_share.value));
            assert_eq!(report.two_way_ratio.unknown, Some("no_operator_known"));
        }
        test.finish().await;
    }

    /// Taking a run back leaves the database as it was before it.
    async fn an_undone_import_leaves_nothing_behind(database: TestDatabase) {
        let Some(folder) = data("chat_render_irc") else { return };
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let before = contents(&test.app).await;
        let first = import(&test.app, &caller, &chat(&folder.join("wechat_stat.csv"), "甲")).await;
        let with_first = contents(&test.app).await;
        assert_ne!(before, with_first);
        // A second history of the same people in another group.
        let second = import(&test.app, &caller, &chat(&folder.join("wechat_stat.csv"), "乙")).await;
        let removal = test.app.undo_import(&caller, second.run.unwrap()).await.unwrap();
        assert_eq!(removal.messages, 11_612);
        assert_eq!(contents(&test.app).await, with_first);
        test.app.undo_import(&caller, first.run.unwrap()).await.unwrap();
        assert_eq!(contents(&test.app).await, before);
        let run = test.app.import_run(&caller, first.run.unwrap()).await.unwrap();
        assert_eq!(run.state, RunState::Undone);
        test.finish().await;
    }

    /// Who carries another name in another group is found by both, until that group is taken back.
    async fn a_name_carried_in_one_group_finds_its_person(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let folder = tempfile::tempdir().unwrap();
        let mut runs = Vec::new();
        for (group, name) in [("福利群", "王小明"), ("车友群", "车公庙明哥")] {
            let path = folder.path().join(format!("{group}.txt"));
            let text = format!("2026-05-01 12:18:00 {name}(101452)\n大家好\n\n2026-05-01 12:19:00 {name}(101452)\n在吗\n");
            std::fs::write(&path, text).unwrap();
            runs.push(import(&test.app, &caller, &chat(&path, group)).await.run.unwrap());
        }
        let found = async |words: &str| {
            let filter = MemberFilter { q: Some(words.to_owned()), ..MemberFilter::default() };
            test.app.members(&caller, &filter, (Sort::Name, None), 9).await.unwrap().rows.len()
        };
        assert_eq!((found("小明").await, found("明哥").await), (1, 1));
        test.app.undo_import(&caller, runs[1]).await.unwrap();
        assert_eq!((found("小明").await, found("明哥").await), (1, 0));
        test.finish().await;
    }

    /// A run that stops half-way goes on with the same command and ends like an undisturbed one.
    async fn an_interrupted_import_goes_on(database: TestDatabase) {
        let Some(folder) = data("chat_render_irc") else { return };
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let request = chat(&folder.join("qq_group.txt"), "群");
        {
            let mut done = 0;
            let stopped = tokio::sync::Notify::new();
            let run = test.app.import(&caller, &request, |progress| {
                done = progress.done;
                if done >= 4_000 {
                    stopped.notify_one();
                }
            });
            tokio::select! {
                biased;
                () = stopped.notified() => {}
                outcome = run => panic!("it ended first: {outcome:?}"),
            }
        }
        let partial = contents(&test.app).await;
        let outcome = import(&test.app, &caller, &request).await;
        assert_eq!(outcome.counts.messages, 11_612);
        assert_eq!(outcome.counts.duplicates, 0);
        assert_ne!(contents(&test.app).await, partial);
        let runs = test.app.import_runs(&caller, None, 10).await.unwrap();
        assert_eq!(runs.len(), 1, "it was one run");
        test.finish().await;
    }

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
            let product = period.traffic as f64
                * period.conversion.unwrap_or(0.0) * period.basket.unwrap_or(0.0);
            assert!((product - period.sales_minor as f64).abs() < 1.0, "{period:?}");
        }
        test.app.undo_import(&caller, first.run.unwrap()).await.unwrap();
        assert!(test.app.sales_report(&caller, None, None).await.unwrap().periods.is_empty());
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
