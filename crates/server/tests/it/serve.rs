//! `yutang serve` and `demo` over real connections.

use crate::program::{Program, until};

#[test]
fn an_empty_folder_is_served_and_asks_for_its_first_owner() {
    let program = Program::new();
    let server = program.started("serve");
    assert!(server.ready["login"].is_null() && server.ready["password"].is_null());
    let health = server.get("/healthz");
    assert_eq!(health.status, 200);
    assert!(health.body.contains("\"status\":\"ok\""), "{health:?}");
    until("it is ready", || server.get("/readyz").status == 200);
    let setup = server.get("/api/v1/setup");
    assert!(setup.body.contains("\"needed\":true"), "{setup:?}");
    let page = server.get("/");
    assert_eq!(page.status, 200);
    assert!(
        page.head.contains("content-type: text/html"),
        "{}",
        page.head
    );
    assert!(page.head.contains("content-security-policy:"));
    // A place of the console is the console; an address of the API that is none is a problem.
    assert_eq!(server.get("/groups").status, 200);
    let unknown = server.get("/api/v1/nothing");
    assert_eq!(unknown.status, 404);
    assert!(
        unknown.head.contains("application/problem+json") && unknown.body.contains("route.unknown")
    );
    assert!(
        server
            .get("/metrics")
            .body
            .contains("yutang_http_requests_total")
    );
    assert_eq!(server.get("/api/v1/groups").status, 401);
    let nobody = server.get("/m/nobody");
    assert_eq!(nobody.status, 404);
    assert!(
        nobody.head.contains("text/html"),
        "member pages speak to people: {nobody:?}"
    );
    assert_eq!(server.stop(), 0);
    // It may be started again at once.
    let again = program.started("serve");
    assert_eq!(again.stop(), 0);
}

#[test]
fn the_first_owner_signs_in() {
    let program = Program::new();
    let add = [
        "staff",
        "add",
        "--name",
        "老板",
        "--role",
        "owner",
        "--sign-in",
        "boss",
        "--password-stdin",
    ];
    program.told(add, "correct horse battery\n").done();
    let token = program.json(["token", "add", "--role", "owner"]).done()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let server = program.started("serve");
    let body = "{\"sign_in\":\"boss\",\"password\":\"correct horse battery\"}";
    let json = ("content-type", "application/json");
    let answer = server.request("POST", "/api/v1/session", &[json], body);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(
        answer.head.contains("httponly") && answer.head.contains("samesite=lax"),
        "{}",
        answer.head
    );
    let wrong = server.request(
        "POST",
        "/api/v1/session",
        &[json],
        "{\"sign_in\":\"boss\",\"password\":\"x\"}",
    );
    assert_eq!(wrong.status, 401);
    assert!(wrong.body.contains("session.wrong"), "{wrong:?}");
    let bearer = format!("Bearer {token}");
    assert_eq!(
        server
            .request(
                "GET",
                "/api/v1/workspace",
                &[("authorization", &bearer)],
                ""
            )
            .status,
        200
    );
}

#[test]
fn a_folder_is_served_once_and_commands_work_beside_it() {
    let program = Program::new();
    let server = program.started("serve");
    let pid = server.pid().to_string();
    for what in ["serve", "demo"] {
        program.json([what, "--listen", "127.0.0.1:0"]).refused(
            1,
            "serve.locked",
            &[&pid, "--data"],
        );
    }
    let file = program.file("qq.txt", crate::program::history(200, 5));
    assert_eq!(program.chat(&file, "烘焙群").done()["messages"], 200);
    assert_eq!(server.stop(), 0);
    assert_eq!(program.run(["doctor"]).code, 0);
}

#[test]
fn a_killed_server_leaves_no_lock() {
    let program = Program::new();
    program.started("serve").kill();
    assert_eq!(program.started("serve").stop(), 0);
    assert_eq!(program.run(["worker"]).code, 2);
}
