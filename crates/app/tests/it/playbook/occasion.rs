//! What begins by itself: when somebody comes, by the calendar, on birthdays; each occasion once.

use yutang_app::{
    consent::ConsentInput,
    member::MemberInput,
    playbook::{Filter, Start},
};
use yutang_channels::{Fact, Inbound, Sender, Wish};
use yutang_domain::{
    capability::Profile,
    id::MemberId,
    member::{BirthCalendar, Birthday, Purpose},
    playbook::RunState,
    time::{DAY, HOUR, MINUTE, Timestamp},
};
use yutang_testkit::{TestDatabase, both_engines};

use super::given;
use crate::broadcast::House;

fn joined(key: &str, at: Timestamp, name: &str) -> Inbound {
    Inbound {
        key: key.to_owned(),
        at,
        group: Some("g1".to_owned()),
        fact: Fact::Joined {
            who: Sender {
                external_id: format!("fk_{name}"),
                name: name.to_owned(),
            },
            via: None,
            inviter: None,
        },
    }
}

impl House {
    async fn runs(&self, name: &str) -> Vec<(String, RunState)> {
        let filter = Filter {
            name: Some(name.to_owned()),
            ..Filter::default()
        };
        let page = self
            .test
            .app
            .playbook_runs(&self.test.owner, &filter, 50)
            .await;
        let mut runs: Vec<(String, RunState)> = page
            .unwrap()
            .items
            .into_iter()
            .map(|run| (run.row.key, run.row.state))
            .collect();
        runs.sort_by(|a, b| a.0.cmp(&b.0));
        runs
    }

    /// Somebody whose birthday is known, and who agreed to be greeted.
    async fn born(&self, name: &str, birthday: Birthday) -> MemberId {
        let (app, owner) = (&self.test.app, &self.test.owner);
        let input = MemberInput {
            name: name.to_owned(),
            phone: None,
            city: None,
            birthday: Some(birthday),
            branch_id: None,
        };
        let id = app.create_member(owner, &input).await.unwrap().id;
        let consent = ConsentInput {
            purpose: Purpose::Birthday,
            text_version: "1".to_owned(),
            channel: "in_person".to_owned(),
        };
        app.give_consent(owner, id, &consent).await.unwrap();
        id
    }

    async fn whispers(&self) -> Vec<String> {
        let sent = self.network.sent().into_iter();
        sent.filter_map(|out| match out.wish {
            Wish::Whisper { text, .. } => Some(text),
            _ => None,
        })
        .collect()
    }
}

const CALENDAR: &str = r#"
[playbook]
id = "festival"
version = 1
title = { zh-Hans = "节日", zh-Hant = "節日", en = "Festival" }
aim = { zh-Hans = "试", zh-Hant = "試", en = "Try" }
subject = "workspace"
key = "year"

[[ask]]
key = "groups"
kind = "groups"
label = { zh-Hans = "哪些群", zh-Hant = "哪些群", en = "Which groups" }

[[trigger]]
by = "schedule"
at = "lunar 12-8 @ 09:00"
lead = "1d"

[[phase]]
id = "one"
name = { zh-Hans = "一", zh-Hant = "一", en = "one" }

  [[phase.step]]
  id = "cook"
  at = "start - 1d @ 10:00"
  do = "task"
  to = "host"
  copy = "cook"

  [[phase.step]]
  id = "greet"
  at = "start"
  do = "say"
  to = "groups"
  of = "groups"
  copy = "greet"

[text.cook]
zh-Hans = "熬粥"
zh-Hant = "熬粥"
en = "Cook"

[text.greet]
zh-Hans = "腊八快乐"
zh-Hant = "臘八快樂"
en = "A happy Laba"
"#;

both_engines! {
    /// Whoever comes is looked after once, is written to once a day at most, and not at all after a
    /// stop; whoever came before it was switched on is left alone. req: 001-050
    async fn whoever_comes_is_looked_after_once(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 1).await;
        house.staffed().await;
        let (app, owner, ws) = (&house.test.app, &house.test.owner, house.test.workspace.id);
        let come = async |key: &str, name: &str| {
            let facts = [joined(key, app.now(), name)];
            app.receive(owner, house.account, &facts, None).await.unwrap();
        };
        come("j0", "早来").await;
        let start = Start { confirmed: vec!["announced".to_owned()], ..Start::default() };
        let begun = app.start_playbook(owner, "welcome", &start).await.unwrap();
        assert!(begun.run.is_none(), "it begins by itself");
        house.test.advance(MINUTE).await;
        come("j1", "王芳").await;
        come("j2", "李雷").await;
        let mut tx = app.store().begin(yutang_store::Mode::Write).await.unwrap();
        let known = yutang_store::identity::known(&mut tx, ws, "fake", &["fk_李雷"]).await.unwrap();
        app.leave_alone(&mut tx, ws, known[0].member_id, &owner.actor, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        house.until(app.now()).await;
        house.until(app.now().plus(MINUTE)).await;
        assert_eq!(house.runs("welcome").await.len(), 2);
        let other = house.test.another().await;
        other.run_playbooks().await.unwrap();
        other.close().await;
        let sent = house.whispers().await.len();
        house.until(app.now().plus(6 * MINUTE)).await;
        let whispers = house.whispers().await;
        assert_eq!(whispers.len(), sent + 1, "only to whoever may be written to: {whispers:?}");
        assert!(whispers.last().unwrap().contains("王芳"), "{whispers:?}");
        house.until(app.now().plus(20 * HOUR)).await;
        house.until(app.now().plus(5 * HOUR)).await;
        assert_eq!(house.runs("welcome").await.len(), 2);
        app.switch_playbook_off(owner, "welcome").await.unwrap();
        come("j3", "赵六").await;
        house.until(app.now().plus(MINUTE)).await;
        assert_eq!(house.runs("welcome").await.len(), 2);
        let off = app.switch_playbook_off(owner, "welcome").await.unwrap_err();
        assert_eq!(off.code(), "playbook.off");
        house.leave().await;
        house.test.finish().await;
    }

    /// The 13th of each month begins three days before; a process that slept over it begins it late,
    /// and each month once. req: 004-019
    async fn the_thirteenth_of_each_month(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 2).await;
        house.staffed().await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        let start = Start {
            given: given(&[("groups", "all"), ("benefit", "满 25 减 5")]),
            confirmed: ["true-stock", "other-sale"].map(str::to_owned).to_vec(),
            ..Start::default()
        };
        app.start_playbook(owner, "member-day", &start).await.unwrap();
        house.until("2026-12-10T01:59:00Z".parse().unwrap()).await;
        assert!(house.runs("member-day").await.is_empty());
        house.until("2026-12-10T02:00:00Z".parse().unwrap()).await;
        assert_eq!(house.runs("member-day").await, [("2026-12".to_owned(), RunState::Held)]);
        // Asleep until the middle of January.
        house.until("2027-01-12T06:00:00Z".parse().unwrap()).await;
        house.until("2027-01-12T06:01:00Z".parse().unwrap()).await;
        let runs = house.runs("member-day").await;
        assert_eq!(runs.len(), 2, "{runs:?}");
        assert_eq!(runs[1].0, "2027-01");
        house.test.finish().await;
    }

    /// A festival of the lunar calendar, with the day before it. towards: 003-091
    async fn a_lunar_festival(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 1).await;
        house.staffed().await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        app.save_playbook(owner, None, CALENDAR).await.unwrap();
        let start = Start { given: given(&[("groups", "all")]), ..Start::default() };
        app.start_playbook(owner, "festival", &start).await.unwrap();
        // 腊八 of the year 丙午 is 15 January 2027.
        house.until("2027-01-13T03:00:00Z".parse().unwrap()).await;
        assert!(house.runs("festival").await.is_empty());
        house.until("2027-01-14T02:10:00Z".parse().unwrap()).await;
        house.until("2027-01-15T01:00:00Z".parse().unwrap()).await;
        assert_eq!(house.runs("festival").await, [("2027".to_owned(), RunState::Done)]);
        assert_eq!(house.network.sent().len(), 1);
        house.test.finish().await;
    }

    /// A birthday in a leap month is kept in the ordinary one, one on 29 February on the 28th: once a
    /// year, three days ahead, and only for those who agreed. towards: 003-091
    async fn birthdays_that_are_not_in_every_year(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, 1).await;
        house.staffed().await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        let birthday = |calendar, month, day, leap| Birthday { calendar, year: None, month, day, leap };
        house.born("闰二月", birthday(BirthCalendar::Solar, 2, 29, false)).await;
        // 闰六月十五 is kept on the fifteenth of the ordinary sixth month: 18 July 2027.
        house.born("闰六月", birthday(BirthCalendar::Lunar, 6, 15, true)).await;
        let start = Start {
            given: given(&[("gift", "蛋糕一份"), ("greeter", "店长李娜")]),
            confirmed: ["consent", "gift-worth"].map(str::to_owned).to_vec(),
            ..Start::default()
        };
        app.start_playbook(owner, "birthday", &start).await.unwrap();
        let mut began = Vec::new();
        let mut day = "2027-02-20T01:00:00Z".parse::<Timestamp>().unwrap();
        let last = "2027-07-20T01:00:00Z".parse::<Timestamp>().unwrap();
        house.until(day).await;
        while day < last {
            house.until(day).await;
            let page = app.playbook_runs(owner, &Filter::default(), 10).await.unwrap();
            for run in page.items {
                if !began.iter().any(|(id, _)| *id == run.row.id) {
                    began.push((run.row.id, (run.about.unwrap(), run.row.at.to_string())));
                }
            }
            // Between the birthdays nothing happens.
            day = day.plus(if began.len() == 1 && day < last.plus(-12 * DAY) { 8 * DAY } else { DAY });
            // A sweep after a stop looks a week back.
            if began.len() == 1 && day > last.plus(-12 * DAY) { day = day.min(last); }
        }
        let told: Vec<(&str, &str)> = began.iter().map(|(_, (who, at))| (who.as_str(), at.as_str())).collect();
        assert_eq!(
            told,
            [("闰二月", "2027-02-28T01:00:00Z"), ("闰六月", "2027-07-18T01:00:00Z")]
        );
        for (id, _) in &began {
            assert_eq!(house.run(*id).await.row.key, "2027");
        }
        house.leave().await;
        house.test.finish().await;
    }
}
