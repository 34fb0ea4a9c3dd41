//! The demo world: each planted fact is found by the verbs the console uses.

use std::{path::Path, sync::OnceLock};

use tempfile::TempDir;
use yutang_app::{
    App, Caller, Options,
    demo::{Demo, DemoOptions},
};
use yutang_domain::time::Timestamp;
use yutang_testkit::ManualClock;

/// Friday, 20 November 2026, 17:30 in Shanghai.
fn now() -> Timestamp {
    "2026-11-20T09:30:00Z".parse().unwrap()
}

async fn open(folder: &Path) -> (App, Demo) {
    let options = Options {
        clock: std::sync::Arc::new(ManualClock::at(now())),
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
                let (app, _) = open(&path).await;
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
struct World {
    app: App,
    demo: Demo,
    caller: Caller,
    _folder: TempDir,
}

async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(made().path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    let (app, demo) = open(folder.path()).await;
    let caller = app.console(&demo.workspace).unwrap();
    World {
        app,
        demo,
        caller,
        _folder: folder,
    }
}

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
    let _ = &world.caller;
}
