//! The demo world: each planted fact is found by the verbs the console uses.
#![expect(clippy::unwrap_used, reason = "a story stops where it breaks")]

use std::{path::Path, sync::OnceLock};

use tempfile::TempDir;
use yutang_app::{
    App, Caller, Options,
    demo::{Demo, DemoOptions, Life},
    group::{GroupQuery, StreamItem, StreamQuery},
    health::About,
    member::list::{MemberFilter, Sort},
    outbox::Lines,
};
use yutang_channels::fake::{
    Pace, Planted,
    people::external_id,
    talk::{self, Topic},
};
use yutang_domain::{
    capability::Profile,
    finding::Finding,
    group::View,
    health::HealthClass,
    id::MemberId,
    member::MemberView,
    task::TaskKind,
    time::{Period, Timestamp},
};
use yutang_store::{Mode, identity, staff_task};
use yutang_testkit::ManualClock;

mod day;
mod kept;

/// Friday, 20 November 2026, 17:30 in Shanghai.
fn now() -> Timestamp {
    "2026-11-20T09:30:00Z".parse().unwrap()
}

async fn open(folder: &Path, clock: &ManualClock) -> (App, Demo) {
    let options = Options {
        clock: std::sync::Arc::new(clock.clone()),
        ..Options::in_folder(folder)
    };
    let app = App::open(options).await.unwrap();
    let demo = app.open_demo(DemoOptions::default()).await.unwrap();
    (app, demo)
}

/// The folder of a demo that was made once and closed.
fn made() -> &'static TempDir {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let start = std::time::Instant::now();
                let (app, _) = open(&path, &ManualClock::at(now())).await;
                eprintln!("seeded in {:?}", start.elapsed());
                while app.judge_health(now(), 100).await.unwrap() > 0 {}
                eprintln!("judged in {:?}", start.elapsed());
                app.close().await;
            });
        })
        .join()
        .unwrap();
        folder
    })
}

/// A demo of one's own.
pub(crate) struct World {
    pub(crate) app: App,
    clock: ManualClock,
    demo: Demo,
    pub(crate) caller: Caller,
    _folder: TempDir,
}

pub(crate) async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(made().path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    let clock = ManualClock::at(now());
    let (app, demo) = open(folder.path(), &clock).await;
    let caller = app.console(&demo.workspace).unwrap();
    World {
        app,
        clock,
        demo,
        caller,
        _folder: folder,
    }
}

/// req: 003-065
#[tokio::test]
async fn a_demo_is_made_once() {
    let world = world().await;
    assert_eq!(world.demo.workspace.name, "麦田里烘焙");
    assert!(world.demo.workspace.demo);
    assert_eq!(world.demo.password.len(), 12);
    let again = world.app.open_demo(DemoOptions::default()).await.unwrap();
    assert_eq!(again.workspace.id, world.demo.workspace.id);
    assert_ne!(
        again.password, world.demo.password,
        "a new password at every start"
    );
}

impl World {
    fn planted(&self) -> &Planted {
        self.demo.world.planted().unwrap()
    }

    async fn member(&self, person: u32) -> MemberId {
        let mut tx = self.app.store().begin(Mode::Read).await.unwrap();
        let id = external_id(person);
        let found = identity::known(&mut tx, self.caller.workspace, "fake", &[id.as_str()])
            .await
            .unwrap();
        found[0].member_id
    }

    /// Lets everything be read.
    pub(crate) async fn read_all(&self) {
        self.app
            .switch_demo_profile(&self.caller, Profile::Full)
            .await
            .unwrap();
        while self.app.judge_health(now(), 100).await.unwrap() > 0 {}
    }

    /// Names of groups a list shows.
    async fn groups(&self, query: GroupQuery) -> Vec<String> {
        let query = GroupQuery { limit: 50, ..query };
        let page = self.app.groups(&self.caller, &query).await.unwrap();
        let mut names: Vec<String> = page.rows.into_iter().map(|row| row.group.name).collect();
        names.sort();
        names
    }

    async fn of_class(&self, class: HealthClass) -> Vec<String> {
        self.groups(GroupQuery {
            health: Some(class),
            ..GroupQuery::default()
        })
        .await
    }

    async fn in_view(&self, view: View) -> Vec<String> {
        self.groups(GroupQuery {
            view: Some(view),
            ..GroupQuery::default()
        })
        .await
    }

    async fn stream(&self, group: &str) -> Vec<StreamItem> {
        let group = self.app.find_group(&self.caller, group).await.unwrap();
        let query = StreamQuery {
            limit: 200,
            ..StreamQuery::default()
        };
        self.app
            .group_stream(&self.caller, group.id, &query)
            .await
            .unwrap()
            .items
    }

    async fn found(&self, finding: Finding) -> Vec<yutang_app::finding::Found> {
        self.app
            .findings(&self.caller, finding, 50)
            .await
            .unwrap()
            .items
    }
}

/// req: 000-005, 002-002
#[tokio::test]
async fn health_classes_of_the_planted_groups_are_found() {
    let world = world().await;
    world.read_all().await;
    assert_eq!(world.of_class(HealthClass::Advert).await, ["车公庙福利1群"]);
    assert_eq!(world.of_class(HealthClass::Dead).await, ["西乡下午茶1群"]);
    assert_eq!(
        world.of_class(HealthClass::Cooling).await,
        ["车公庙宝妈1群"]
    );
    assert!(
        world
            .of_class(HealthClass::QuietSelling)
            .await
            .contains(&"车公庙下午茶1群".into())
    );
    let lively = world.of_class(HealthClass::Lively).await;
    for name in ["海岸城福利1群", "海岸城宝妈1群"] {
        assert!(lively.iter().any(|lively| lively == name), "{lively:?}");
    }
}

/// What a channel cannot show is unknown, never 0, and comes back with the profile.
#[tokio::test]
async fn a_profile_hides_texts_and_shows_them_again() {
    let world = world().await;
    let name = "西乡福利1群";
    let group = world.app.find_group(&world.caller, name).await.unwrap();
    let today = world.caller.day(now());
    let week = Period::new(today.plus_days(-6), today.plus_days(1)).unwrap();
    let report = |about| world.app.health_report(&world.caller, about, week);
    let plain = report(About::Group(group.id)).await.unwrap();
    assert_eq!(plain.messages.value, None);
    assert_eq!(plain.messages.unknown, Some("channel.cannot.read_text"));
    assert!(plain.arrivals.value.unwrap() > 0.0, "joins are seen");
    assert!(
        world
            .stream(name)
            .await
            .iter()
            .all(|item| item.text.is_none())
    );
    assert!(world.of_class(HealthClass::Advert).await.is_empty());

    world.read_all().await;
    let full = report(About::Group(group.id)).await.unwrap();
    assert!(full.messages.value.unwrap() > 20.0);
    assert!(
        world
            .stream(name)
            .await
            .iter()
            .any(|item| item.text.is_some())
    );
    let fixed = world
        .app
        .find_group(&world.caller, "西乡付费烘焙课1群")
        .await
        .unwrap();
    let fixed = report(About::Group(fixed.id)).await.unwrap();
    assert_eq!(fixed.messages.value, None, "one group stays unreadable");

    world
        .app
        .switch_demo_profile(&world.caller, Profile::WecomPlain)
        .await
        .unwrap();
    assert_eq!(
        report(About::Group(group.id)).await.unwrap().messages.value,
        None
    );
}

/// req: 003-010
#[tokio::test]
async fn saved_views_show_the_groups_that_need_somebody() {
    let world = world().await;
    assert_eq!(world.in_view(View::NameOff).await, ["西乡宝妈交流群"]);
    assert_eq!(world.in_view(View::StaffShort).await, ["西乡付费烘焙课1群"]);
    assert_eq!(world.in_view(View::PastEnd).await, ["车公庙付费烘焙课1群"]);
    assert_eq!(world.in_view(View::CodeExpiring).await, ["西乡福利1群"]);
    assert!(
        world
            .in_view(View::OneAdmin)
            .await
            .contains(&"西乡下午茶1群".into())
    );
    assert!(
        world
            .in_view(View::Silent7d)
            .await
            .contains(&"西乡下午茶1群".into())
    );
    let full = world
        .app
        .find_group(&world.caller, "车公庙下午茶1群")
        .await
        .unwrap();
    assert_eq!((full.member_count, full.capacity), (187, 200));
    let people = world
        .app
        .repeat_members(&world.caller, None, 500)
        .await
        .unwrap();
    assert!(people.len() > 50, "{}", people.len());
    let connector = world.member(world.planted().connector).await;
    let she = people
        .iter()
        .find(|person| person.member.id == connector)
        .unwrap();
    assert_eq!(she.groups.len(), 4);
}

#[tokio::test]
async fn one_person_twice_is_found() {
    let world = world().await;
    let (one, other) = world.planted().twins;
    let (one, other) = (world.member(one).await, world.member(other).await);
    let pairs = world.app.duplicates(&world.caller).await.unwrap();
    let found = pairs.iter().any(|pair| {
        (pair.member.0, pair.other.0) == (one, other)
            || (pair.member.0, pair.other.0) == (other, one)
    });
    assert!(found, "{} pairs", pairs.len());
    let of_one = world.app.duplicates_of(&world.caller, one).await.unwrap();
    assert_eq!(of_one[0].other.0, other, "and stands first");
}

#[tokio::test]
async fn a_card_sent_by_mistake_is_found() {
    let world = world().await;
    world.read_all().await;
    let mistaken: Vec<StreamItem> = world
        .stream("海岸城宝妈1群")
        .await
        .into_iter()
        .filter(|item| item.mistaken)
        .collect();
    assert_eq!(mistaken.len(), 1);
    let child = world.member(world.planted().child).await;
    assert_eq!(mistaken[0].member.as_ref().unwrap().id, child);
}

#[tokio::test]
async fn the_complaint_waits_first_and_is_marked_in_the_stream() {
    let world = world().await;
    let open = staff_task::Filter {
        open: Some(true),
        ..staff_task::Filter::default()
    };
    let tasks = world
        .app
        .tasks(&world.caller, open, 50)
        .await
        .unwrap()
        .items;
    let complaint: Vec<_> = tasks
        .iter()
        .filter(|task| task.row.kind == TaskKind::Complaint)
        .collect();
    assert_eq!(complaint.len(), 1);
    assert_eq!(complaint[0].group_name.as_deref(), Some("海岸城福利1群"));
    assert_eq!(complaint[0].row.due_at, Some(now().plus(60_000)));
    let today = world.app.today(&world.caller).await.unwrap();
    assert_eq!(
        today.items[0].kind,
        TaskKind::Complaint,
        "a complaint comes first"
    );
    for kind in TaskKind::ALL {
        assert!(
            today.items.iter().any(|item| item.kind == *kind),
            "nothing of kind {kind}"
        );
    }
    let sales = today.sales.unwrap();
    assert!(sales.orders > 0 && sales.amount_minor > 0 && sales.previous_weekday_minor > 0);
    world.read_all().await;
    let marked: Vec<StreamItem> = world
        .stream("海岸城福利1群")
        .await
        .into_iter()
        .filter(|item| item.complaint.is_some())
        .collect();
    assert_eq!(marked.len(), 1);
    assert!(marked[0].text.as_deref().unwrap().contains("头发"));
}

#[tokio::test]
async fn nine_telephones_of_one_inviter_are_found() {
    let world = world().await;
    let found = world.found(Finding::SameInviterBurst).await;
    let mut members: Vec<MemberId> = found.iter().map(|item| item.member).collect();
    members.sort_unstable();
    let mut flock = Vec::new();
    for person in world.planted().flock {
        flock.push(world.member(person).await);
    }
    flock.sort_unstable();
    assert_eq!(members, flock);
    assert_eq!(found[0].args["people"], 9);
    let inviter = world.member(world.planted().flock_inviter).await;
    assert_eq!(found[0].args["inviter_id"], inviter.to_string());
}

#[tokio::test]
async fn the_quiet_connector_is_found_and_the_loud_one_is_not() {
    let world = world().await;
    let found = world.found(Finding::Connectors).await;
    let she = world.member(world.planted().connector).await;
    let he = world.member(world.planted().loud).await;
    assert_eq!(found[0].member, she);
    assert_eq!(found[0].name, "李姐");
    let numbers = ["people", "groups", "orders"].map(|key| found[0].args[key].as_i64().unwrap());
    assert_eq!(numbers, [14, 4, 23]);
    assert!(found.iter().all(|item| item.member != he));
}

#[tokio::test]
async fn the_slipping_regular_is_found() {
    let world = world().await;
    let found = world.found(Finding::Slipping).await;
    let regular = world.member(world.planted().slipping).await;
    let place = found
        .iter()
        .position(|item| item.member == regular)
        .unwrap();
    assert!(place < 5, "at {place} of {}", found.len());
    assert_eq!(found[place].args["gap_days"], 6);
    assert_eq!(found[place].args["orders"], 12);
}

/// The figures that are kept beside the rows are those of the rows.
#[tokio::test]
async fn the_demo_passes_the_doctor() {
    let world = world().await;
    let examination = world.app.examine().await.unwrap();
    let wrong: Vec<_> = examination
        .checks
        .iter()
        .filter(|check| !check.differences.is_empty())
        .map(|check| (&check.name, &check.detail, check.differences.len()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test]
async fn nobody_of_the_demo_is_misjudged() {
    for topic in [
        Topic::Bread,
        Topic::Tea,
        Topic::Parents,
        Topic::Course,
        Topic::Photo,
        Topic::Pickup,
        Topic::Thanks,
        Topic::Chat,
        Topic::Newcomer,
        Topic::Connector,
        Topic::RegularAnswer,
        Topic::Greeting,
    ] {
        let mut rng = yutang_testkit::rng(1);
        for phrase in talk::phrases(topic) {
            let said = talk::fill(phrase, "海岸城", &mut rng);
            assert_eq!(yutang_text::complaint::judge(&said), None, "{said}");
            assert_eq!(yutang_text::advert::judge(&said), None, "{said}");
        }
    }
    let mut rng = yutang_testkit::rng(1);
    for phrase in talk::phrases(Topic::Advert) {
        let said = talk::fill(phrase, "海岸城", &mut rng);
        assert!(yutang_text::advert::judge(&said).is_some(), "{said}");
    }
    for (question, answers) in talk::threads(false).iter().chain(talk::threads(true)) {
        for said in std::iter::once(question).chain(answers) {
            assert_eq!(yutang_text::complaint::judge(said), None, "{said}");
            assert_eq!(yutang_text::advert::judge(said), None, "{said}");
        }
    }
}

/// What happens on the network comes in through its channel; what the profile hides waits until a
/// better one shows it, once. req: 003-065
#[tokio::test]
async fn the_demo_goes_on_living() {
    let world = world().await;
    let lines = Lines::default();
    let mut life = world
        .app
        .wake_demo(&world.demo, &lines, Pace::Quick)
        .await
        .unwrap();
    assert_eq!(lines.accounts().len(), 4);
    let (messages, joins, orders) = world.counts().await;
    world.live(&mut life, 240).await;
    let after = world.counts().await;
    assert_eq!(after.0, messages, "no text is seen without the archive");
    assert!(after.1 >= joins && after.2 >= orders);
    let slept = world
        .app
        .switch_demo_profile(&world.caller, Profile::WecomArchive)
        .await
        .unwrap();
    assert!(slept.settings.contains("wecom_archive"));
    world.app.live_once(&mut life).await.unwrap();
    let revealed = world.counts().await;
    assert!(revealed.0 > messages, "{revealed:?} after {messages}");
    world.app.live_once(&mut life).await.unwrap();
    assert_eq!(
        world.counts().await.0,
        revealed.0,
        "the same facts come in once"
    );
    let examination = world.app.examine().await.unwrap();
    assert!(
        examination
            .checks
            .iter()
            .all(|check| check.differences.is_empty()),
        "{examination:?}"
    );
}

impl World {
    /// Messages of groups that follow the profile, passages and orders so far.
    async fn counts(&self) -> (i64, i64, i64) {
        let mut tx = self.app.store().begin(Mode::Read).await.unwrap();
        let mut count = [0; 3];
        for (place, text) in [
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM message m JOIN chat_group g ON g.id = m.group_id
             WHERE g.external_id NOT IN ('fk_g0000', 'fk_g0001', 'fk_g0002', 'fk_g0003')",
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM passage",
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM shop_order",
        ]
        .into_iter()
        .enumerate()
        {
            count[place] = tx.count(text, Vec::new()).await.unwrap();
        }
        (count[0], count[1], count[2])
    }

    /// Lets so many seconds go by.
    async fn live(&self, life: &mut Life, seconds: i64) {
        for _ in 0..seconds {
            self.clock.advance(1_000);
            self.app.ids().renew(self.app.store()).await;
            self.app.live_once(life).await.unwrap();
        }
    }
}

/// The Members place shows findings as ready views.
#[tokio::test]
async fn findings_are_views_of_the_list_of_members() {
    let world = world().await;
    for (view, finding) in [
        (MemberView::SameInviterBurst, Finding::SameInviterBurst),
        (MemberView::Connectors, Finding::Connectors),
        (MemberView::Slipping, Finding::Slipping),
    ] {
        let filter = MemberFilter {
            view: Some(view),
            ..MemberFilter::default()
        };
        let page = world
            .app
            .members(&world.caller, &filter, (Sort::Name, None), 200)
            .await
            .unwrap();
        let mut shown: Vec<MemberId> = page.rows.iter().map(|row| row.listed.id).collect();
        let mut found: Vec<MemberId> = world
            .found(finding)
            .await
            .into_iter()
            .map(|item| item.member)
            .collect();
        shown.sort_unstable();
        found.sort_unstable();
        assert!(!found.is_empty(), "{finding}");
        assert_eq!(shown, found, "{finding}");
    }
}
