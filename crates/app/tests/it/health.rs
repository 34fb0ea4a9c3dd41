//! Figures of groups and of branches.

use std::fmt::Write as _;

use yutang_app::{
    group::{GroupInput, GroupQuery},
    health::About,
    identity::Sighting,
    import::{Options, Outcome, Request},
    member::list::{MemberFilter, Sort},
};
use yutang_channels::{Fact, Inbound, Sender};
use yutang_domain::{
    capability::Profile,
    group::{Monetisation, Standing},
    health::HealthClass,
    id::{ChannelAccountId, GroupId, MemberId, kind},
    import::ImportKind,
    time::{DAY, Period, Timestamp},
};
use yutang_store::{
    Mode,
    channel_account::{self, ChannelAccount},
    group, passage,
};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use crate::{
    import::data,
    member::{seen, sighting},
    sales::ordered,
};

/// Brings in a history in which each of `people` says something informative on each of the first
/// `days` of twenty.
async fn history(test: &TestApp, group: &str, people: u32, days: u32) {
    let today = test.owner.day(test.app.now());
    let mut text = String::new();
    for day in 0..days {
        let date = today.plus_days(i64::from(day) - 20);
        for person in 0..people {
            writeln!(text, "{date} 10:{person:02}:00 群友{person}(20{person:04})").unwrap();
            writeln!(
                text,
                "吐司第{day}天还是很松软，回烤三分钟再抹黄油会更香一些\n"
            )
            .unwrap();
        }
    }
    let outcome = import(test, ImportKind::Chat, Some(group), &text).await;
    assert_eq!(outcome.counts.messages, u64::from(days * people));
}

/// Brings in a file.
pub(crate) async fn import(
    test: &TestApp,
    kind: ImportKind,
    group: Option<&str>,
    text: &str,
) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let name = match kind {
        ImportKind::Chat => "history.txt",
        _ => "table.csv",
    };
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let request = Request {
        kind,
        path,
        file_name: name.to_owned(),
        group: group.map(str::to_owned),
        options: Options::default(),
    };
    test.app
        .import(&test.owner, &request, |_| {})
        .await
        .unwrap()
}

/// Connects an account of a profile and shows it a group.
pub(crate) async fn connect(test: &TestApp, group: GroupId, profile: Profile) -> ChannelAccountId {
    let account = ChannelAccount {
        id: test.app.ids().next::<kind::ChannelAccount>().unwrap(),
        channel: "fake".to_owned(),
        profile: profile.to_string(),
        name: profile.to_string(),
        state: "ready".to_owned(),
        last_error: None,
        cursor: None,
        secret: None,
        created_at: test.app.now(),
    };
    let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
    let ws = test.workspace.id;
    channel_account::insert(&mut tx, ws, &account)
        .await
        .unwrap();
    let mut row = group::get(&mut tx, ws, group).await.unwrap();
    "fake".clone_into(&mut row.channel);
    row.external_id = Some(group.to_string());
    row.channel_account_id = Some(account.id);
    group::update(&mut tx, ws, &row).await.unwrap();
    tx.commit().await.unwrap();
    account.id
}

/// Somebody comes into a group, as its network reports it.
pub(crate) async fn join(
    test: &TestApp,
    account: ChannelAccountId,
    group: GroupId,
    who: &str,
    at: Timestamp,
) {
    let inbound = Inbound {
        key: format!("{who} into {group} at {}", at.ms()),
        at,
        group: Some(group.to_string()),
        fact: Fact::Joined {
            who: Sender {
                external_id: who.to_owned(),
                name: who.to_owned(),
            },
            via: None,
            inviter: None,
        },
    };
    test.app
        .receive(&test.owner, account, &[inbound], None)
        .await
        .unwrap();
}

/// Makes somebody a member of a group.
async fn present(test: &TestApp, group: GroupId, member: MemberId) {
    let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
    let ws = test.workspace.id;
    let sighting = passage::Sighting {
        group,
        member,
        role: Standing::Member,
        card_name: String::new(),
        first: test.app.now().plus(-30 * DAY),
        last: test.app.now(),
        run: None,
    };
    passage::see(&mut tx, ws, &[sighting]).await.unwrap();
    group::recount(&mut tx, ws, group).await.unwrap();
    yutang_store::member::recount(&mut tx, ws, &[member])
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// A group that sells, made by hand.
pub(crate) fn by_hand(name: &str) -> GroupInput {
    GroupInput {
        monetisation: Some(Monetisation::Goods),
        ..GroupInput::named(name, "fake")
    }
}

/// The last `days` days, today included.
pub(crate) fn last(test: &TestApp, days: i64) -> Period {
    let today = test.owner.day(test.app.now());
    Period::new(today.plus_days(1 - days), today.plus_days(1)).unwrap()
}

/// The record behind a name.
async fn member(test: &TestApp, name: &str) -> MemberId {
    let filter = MemberFilter {
        q: Some(name.to_owned()),
        ..MemberFilter::default()
    };
    let found = test
        .app
        .members(&test.owner, &filter, (Sort::Name, None), 9)
        .await
        .unwrap();
    let row = found.rows.iter().find(|row| row.listed.name == name);
    row.unwrap().listed.id
}

both_engines! {
    /// Of several groups the curve says how many have fallen silent, with how many it was counted.
    /// req: 003-082
    async fn silence_of_groups_is_counted_by_their_age(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        history(&test, "还在聊", 3, 20).await;
        history(&test, "聊两天", 3, 2).await;
        history(&test, "早就有了", 3, 2).await;
        let old = test.app.find_group(&test.owner, "早就有了").await.unwrap();
        let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
        let mut row = group::get(&mut tx, test.workspace.id, old.id).await.unwrap();
        row.opened_on = Some(test.owner.day(test.app.now()).plus_days(-200));
        group::update(&mut tx, test.workspace.id, &row).await.unwrap();
        tx.commit().await.unwrap();
        let today = test.owner.day(test.app.now());
        let period = Period::new(today.plus_days(-30), today.plus_days(1)).unwrap();
        let report = test.app.health_report(&test.owner, About::All, period).await.unwrap();
        let point = |day: usize| (report.silence[day].share, report.silence[day].groups);
        assert_eq!(report.silence.len(), 31);
        assert_eq!(point(3), (None, Some(0)), "no full week yet");
        assert_eq!(point(6), (Some(0.0), Some(2)), "both said something in their first week");
        assert_eq!(point(15), (Some(0.5), Some(2)));
        assert_eq!(point(25), (None, Some(0)), "no group of that age was seen when it was young");
        let one = test.app.health_report(&test.owner, About::Group(old.id), period).await.unwrap();
        assert!(one.silence.is_empty(), "nobody saw its first month");
        test.finish().await;
    }

    /// A group that sells is held against the middle of the others of its kind, if there are two
    /// and they give anything. req: 002-034
    async fn contributors_are_held_against_the_median_of_their_kind(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let mark = async |group: &str, days: i64| {
            let group = test.app.find_group(&test.owner, group).await.unwrap();
            let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
            let mut row = group::get(&mut tx, test.workspace.id, group.id).await.unwrap();
            row.monetisation = Some(Monetisation::Goods);
            group::update(&mut tx, test.workspace.id, &row).await.unwrap();
            tx.commit().await.unwrap();
            let period = Period { to: last(&test, 7).to.plus_days(-days), ..last(&test, 30) };
            let report = test.app.health_report(&test.owner, About::Group(group.id), period).await.unwrap();
            let reasons = report.health.unwrap().reasons;
            reasons.into_iter().find(|r| r.code.starts_with("health.contributors_"))
        };
        history(&test, "一群", 4, 20).await;
        history(&test, "二群", 6, 20).await;
        assert_eq!(mark("一群", 0).await, None, "one other group has no middle");
        test.app.create_group(&test.owner, by_hand("没导入")).await.unwrap();
        assert_eq!(mark("一群", 0).await, None, "a group that nobody looked into is none of them");
        history(&test, "三群", 5, 20).await;
        let reason = mark("一群", 0).await.unwrap();
        assert_eq!(reason.code, "health.contributors_above_median");
        assert_eq!(reason.args.get("mark"), Some(&100.0), "all of the others give value");
        assert_eq!(mark("一群", 3).await, None, "what the others gave then is not known");
        test.finish().await;
    }

    /// A class of the past is judged by those who were there then.
    async fn a_past_class_counts_the_members_of_its_time(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        history(&test, "群", 3, 20).await;
        let today = test.owner.day(test.app.now());
        let mut text = String::new();
        for person in 0..9 {
            let date = today.plus_days(-2);
            writeln!(text, "{date} 11:{person:02}:00 新人{person}(30{person:04})\n大家好\n").unwrap();
        }
        import(&test, ImportKind::Chat, Some("群"), &text).await;
        let group = test.app.find_group(&test.owner, "群").await.unwrap();
        for (to, members) in [(today.plus_days(-5), 3.0), (today.plus_days(1), 12.0)] {
            let period = Period::new(today.plus_days(-12), to).unwrap();
            let report = test.app.health_report(&test.owner, About::Group(group.id), period).await.unwrap();
            let health = report.health.unwrap();
            assert_eq!(health.class, HealthClass::Lively);
            assert_eq!(health.reasons[0].args.get("members"), Some(&members), "{health:?}");
            assert_eq!(report.members.value, Some(members));
        }
        test.finish().await;
    }

    /// What nobody looked into is not dead: nothing is known of it but its orders.
    async fn a_group_that_nobody_looked_into_is_unknown(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let list = "群名称\n甲群\n乙群\n";
        import(&test, ImportKind::Groups, None, list).await;
        let one = test.app.find_group(&test.owner, "甲群").await.unwrap();
        let other = test.app.find_group(&test.owner, "乙群").await.unwrap();
        for about in [About::Group(one.id), About::All] {
            let report = test.app.health_report(&test.owner, about, last(&test, 28)).await.unwrap();
            assert_eq!(report.unreadable, Some("nothing_imported"));
            for figure in [&report.messages, &report.active_members, &report.vitality, &report.arrivals,
                &report.leavers, &report.members] {
                assert_eq!((figure.value, figure.previous), (None, None), "{about:?} {report:?}");
                assert_eq!(figure.unknown, Some("nothing_imported"));
            }
            if let Some(health) = report.health {
                assert_eq!(health.class, HealthClass::Unknown);
                assert_eq!(health.reasons[0].code, "health.nothing_imported");
            }
        }
        let today = test.app.today(&test.owner).await.unwrap();
        assert_eq!((today.arrivals, today.leavers, today.speakers), (None, None, None));
        let sightings: Vec<Sighting> =
            (0..4).map(|n| sighting(&test, &format!("b{n}"), &format!("买家{n}"))).collect();
        for (number, buyer) in seen(&test, &sightings).await.into_iter().enumerate() {
            present(&test, other.id, buyer).await;
            let order = (None, Some(other.id), Some(buyer));
            ordered(&test, order, &format!("o{number}"), 990, test.app.now().plus(-3 * DAY)).await;
        }
        let report = test.app.health_report(&test.owner, About::Group(other.id), last(&test, 28)).await.unwrap();
        let health = report.health.unwrap();
        assert_eq!(health.class, HealthClass::QuietSelling, "{health:?}");
        assert_eq!(health.reasons[0].args.get("buyers"), Some(&4.0));
        while test.app.judge_health(test.app.now(), 9).await.unwrap() > 0 {}
        let page = test.app.groups(&test.owner, &GroupQuery { limit: 9, ..GroupQuery::default() }).await.unwrap();
        let row = page.rows.iter().find(|row| row.group.id == one.id).unwrap();
        assert_eq!((row.unreadable, row.messages_7d), (Some("nothing_imported"), None));
        assert_eq!(row.health.class, HealthClass::Unknown);
        test.finish().await;
    }

    /// Who came is known where the account shows it, or where a history told of it.
    async fn comings_are_known_where_something_shows_them(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        history(&test, "抄来的", 3, 20).await;
        let copied = test.app.find_group(&test.owner, "抄来的").await.unwrap().id;
        let arrivals = async |about: About| {
            let report = test.app.health_report(&test.owner, about, last(&test, 28)).await.unwrap();
            assert_eq!(report.arrivals.unknown.is_some(), report.leavers.unknown.is_some());
            (report.arrivals.value, report.arrivals.unknown)
        };
        assert_eq!(arrivals(About::Group(copied)).await, (None, Some("no_passages")));
        assert_eq!(arrivals(About::All).await, (None, Some("no_passages")));
        let personal = test.app.create_group(&test.owner, by_hand("个微群")).await.unwrap().id;
        connect(&test, personal, Profile::WechatPersonal).await;
        assert_eq!(arrivals(About::Group(personal)).await, (None, Some("channel.cannot.see_joins")));
        let full = test.app.create_group(&test.owner, by_hand("全能群")).await.unwrap().id;
        let account = connect(&test, full, Profile::Full).await;
        assert_eq!(arrivals(About::Group(full)).await, (Some(0.0), None), "seen, and nobody came");
        join(&test, account, full, "李姐", test.app.now().plus(-DAY)).await;
        assert_eq!(arrivals(About::Group(full)).await, (Some(1.0), None));
        assert_eq!(arrivals(About::All).await, (Some(1.0), None));
        let today = test.app.today(&test.owner).await.unwrap();
        assert_eq!((today.arrivals, today.leavers), (Some(1), Some(0)));
        test.finish().await;
    }

    /// Two records of one person are one speaker, one giver, one buyer and one of those present.
    async fn merged_records_are_judged_as_one_person(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        history(&test, "群", 3, 20).await;
        let group = test.app.find_group(&test.owner, "群").await.unwrap().id;
        let (one, other) = (member(&test, "群友0").await, member(&test, "群友1").await);
        for (number, buyer) in [(1, one), (2, other)] {
            let order = (None, None, Some(buyer));
            ordered(&test, order, &format!("o{number}"), 990, test.app.now().plus(-3 * DAY)).await;
        }
        let facts = async || {
            let report = test.app.health_report(&test.owner, About::Group(group), last(&test, 7)).await.unwrap();
            let health = report.health.unwrap();
            assert_eq!(health.class, HealthClass::Lively);
            let args = &health.reasons[0].args;
            (args["speakers"], args["members"], report.active_members.value)
        };
        assert_eq!(facts().await, (3.0, 3.0, Some(3.0)));
        test.app.merge_members(&test.owner, one, other, "同一个人").await.unwrap();
        assert_eq!(facts().await, (2.0, 2.0, Some(2.0)));
        test.finish().await;
    }

    /// A real history has the shares that were worked out from it by other means.
    async fn a_real_history_has_its_known_shares(database: TestDatabase) {
        let Some(folder) = data("chat_render_irc") else { return };
        let test = TestApp::open(&database).await;
        let text = std::fs::read_to_string(folder.join("qq_group.txt")).unwrap();
        import(&test, ImportKind::Chat, Some("频道"), &text).await;
        let group = test.app.find_group(&test.owner, "频道").await.unwrap();
        let about = About::Group(group.id);
        let extent = test.app.report_extent(&test.owner, about).await.unwrap().unwrap();
        let report = test.app.health_report(&test.owner, about, extent).await.unwrap();
        let rounded = |value: Option<f64>| value.map(|value| (value * 1e6).round() / 1e6);
        assert_eq!(rounded(report.gini.value), Some(0.643_091));
        assert_eq!(rounded(report.top10_share.value), Some(0.514_123));
        test.finish().await;
    }
}
