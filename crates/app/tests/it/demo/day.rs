//! A whole day of the demo, on a clock that is moved by hand: everything that is done unasked, and
//! memory that does not grow with it.

use std::fs;

use yutang_app::sweeps;
use yutang_channels::{Fact, Inbound, MessageKind, Sender};
use yutang_domain::time::{MINUTE, SECOND};

use super::*;

/// How many half hours: all of a day with `YUTANG_SOAK`.
fn half_hours() -> i64 {
    if std::env::var_os("YUTANG_SOAK").is_some() {
        48
    } else {
        2
    }
}

/// How much memory this process holds, in bytes.
fn held() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4_096
}

/// Somebody writes in one of the groups that follow the profile.
fn message(number: u32, at: Timestamp, rng: &mut fastrand::Rng) -> Inbound {
    let topic = match number % 50 {
        0 => Topic::Advert,
        n if n % 2 == 0 => Topic::Chat,
        _ => Topic::Course,
    };
    let person = rng.u32(0..900);
    Inbound {
        key: format!("day-{number}"),
        at,
        group: Some(format!("fk_g{:04}", rng.u32(4..12))),
        fact: Fact::Posted {
            sender: Sender {
                external_id: external_id(person),
                name: format!("群友{person}"),
            },
            kind: MessageKind::Text,
            text: format!("{}{}", talk::say(topic, "海岸城", rng), number % 97),
            reply_to: None,
            edits: None,
            picture: None,
        },
    }
}

/// Ten messages every fifteen seconds in a dozen groups, an advert now and then, beside all else that
/// happens in the demo: heard, judged, answered, and what follows carried out. req: 000-002
#[tokio::test]
async fn a_day_goes_by_in_the_same_memory() {
    let world = world().await;
    let app = &world.app;
    app.switch_demo_profile(&world.caller, Profile::Full)
        .await
        .unwrap();
    let lines = Lines::default();
    let mut life = app
        .wake_demo(&world.demo, &lines, Pace::Quick)
        .await
        .unwrap();
    let before = world.counts().await.0;
    let mut rng = yutang_testkit::rng(24);
    let mut said = 0;
    // What is held after the first half hour is what the work takes.
    let mut settled = 0;
    for half in 0..half_hours() {
        for _ in 0..30 * MINUTE / (15 * SECOND) {
            world.clock.advance(15 * SECOND);
            for _ in 0..10 {
                said += 1;
                world
                    .demo
                    .network
                    .happen(message(said, app.now(), &mut rng));
            }
            app.ids().renew(app.store()).await;
            app.live_once(&mut life).await.unwrap();
            for sweep in sweeps::ALL {
                app.run_sweep(sweep).await.unwrap();
            }
            while app.send_due(&lines).await.unwrap() > 0 {}
        }
        if half == 0 {
            settled = held();
        }
    }
    let (now, most) = (held(), settled + 64 * 1024 * 1024);
    println!(
        "{} messages in {} half hours; {} MB after one, {} MB after all",
        world.counts().await.0 - before,
        half_hours(),
        settled >> 20,
        now >> 20
    );
    assert!(
        now < most,
        "{now} bytes are held, {settled} after the first half hour"
    );
    assert!(world.counts().await.0 > before + 500 * half_hours());
    world.clock.advance(MINUTE);
    let examination = app.examine().await.unwrap();
    let differing: Vec<_> = examination
        .checks
        .iter()
        .filter(|check| !check.differences.is_empty())
        .collect();
    assert!(differing.is_empty(), "{differing:?}");
}
