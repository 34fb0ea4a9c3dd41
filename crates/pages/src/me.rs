//! My data: what is held about a member, their consents, and the two things that need a fresh
//! sign-in, a copy of everything and its end.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use yutang_app::{
    AppError,
    consent::ConsentInput,
    member_page::Held,
    member_sign_in::{MemberSignInError, Said, ShownCode, SignedIn},
};
use yutang_domain::{member::Purpose, money::Currency};

use crate::{
    PagesState, cookie,
    frame::Frame,
    refusal::{Message, Refusal},
    sign_in::{self, Bare},
};

/// What the consent texts of these pages are called in the ledger; changes with their meaning.
const TEXT_VERSION: &str = "page 2026-11";

#[derive(Template)]
#[template(path = "me.html")]
struct Me<'a> {
    p: &'a Frame,
    told: String,
    facts: Vec<(String, String)>,
    consents: Vec<ConsentView>,
    fresh: bool,
}

struct ConsentView {
    purpose: &'static str,
    on: bool,
    name: String,
    text: String,
    standing: String,
    turn: String,
}

/// `GET /m/{workspace}/me`: what is held, or the ways to sign in.
///
/// # Errors
/// The program's part is not available.
pub async fn show(
    State(state): State<PagesState>,
    mut frame: Frame,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if let Ok(member) = frame.member(&state).await {
        frame.csrf.clone_from(&member.csrf);
        return mine(&state, &frame, &member, String::new()).await;
    }
    let said = state
        .app
        .member_code_said(frame.community.workspace.id, &frame.browser)
        .await;
    match said.map_err(|error| frame.refuse(&error))? {
        Said::Now(begun) => Ok(sign_in::entered(&state, &frame, &begun)),
        Said::NotYet(expires_at) => {
            let code = cookie::read(&headers, cookie::CODE)
                .filter(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()));
            let shown = code.map(|code| ShownCode { code, expires_at });
            Ok(sign_in::page(&state, &frame, shown, String::new()))
        }
        Said::Nothing => Ok(sign_in::page(&state, &frame, None, String::new())),
    }
}

async fn mine(
    state: &PagesState,
    frame: &Frame,
    member: &SignedIn,
    told: String,
) -> Result<Response, Refusal> {
    let held = state.app.held_about(&frame.community, member.member).await;
    let held = held.map_err(|error| frame.refuse(&error))?;
    let page = Me {
        told,
        facts: facts(frame, &held),
        consents: consents(frame, &held),
        fresh: member.is_fresh(state.app.now()),
        p: frame,
    };
    Ok(frame.render(state, &page))
}

fn facts(frame: &Frame, held: &Held) -> Vec<(String, String)> {
    let nothing = || frame.t("page.held.nothing");
    let named = |text: &str| {
        if text.is_empty() {
            nothing()
        } else {
            text.to_owned()
        }
    };
    let mut facts = vec![
        (frame.t("page.held.name"), named(&held.name)),
        (
            frame.t("page.held.phone"),
            held.phone.clone().unwrap_or_else(nothing),
        ),
        (
            frame.t("page.held.birthday"),
            held.birthday.map_or_else(nothing, |(month, day)| {
                frame.t2(
                    "page.birthday",
                    "month",
                    month.to_string(),
                    "day",
                    day.to_string(),
                )
            }),
        ),
        (
            frame.t("page.held.city"),
            held.city.clone().unwrap_or_else(nothing),
        ),
    ];
    for (channel, name) in &held.identities {
        facts.push((
            frame.t1(
                "page.held.identity",
                "channel",
                frame.locale.word("channel", channel),
            ),
            name.clone(),
        ));
    }
    for (field, answer) in &held.answers {
        facts.push((
            frame.t1(
                "page.held.answer",
                "field",
                frame.locale.word("member.field", field),
            ),
            frame.locale.word("member.choice", answer),
        ));
    }
    facts.push((frame.t("page.held.groups"), held.groups.to_string()));
    facts.push((frame.t("page.held.messages"), held.messages.to_string()));
    facts.push((frame.t("page.held.orders"), held.orders.to_string()));
    let workspace = &frame.community.workspace;
    let amount = workspace.currency.parse::<Currency>().map_or_else(
        |_| held.amount_minor.to_string(),
        |currency| currency.written(held.amount_minor),
    );
    facts.push((frame.t("page.held.amount"), amount));
    facts
}

fn consents(frame: &Frame, held: &Held) -> Vec<ConsentView> {
    held.consents
        .iter()
        .map(|(purpose, since)| ConsentView {
            purpose: purpose.as_str(),
            on: since.is_some(),
            name: frame.t(&format!("page.consent.{purpose}")),
            text: frame.t(&format!("page.consent.{purpose}_text")),
            standing: since.map_or_else(
                || frame.t("page.consent.off"),
                |at| frame.t1("page.consent.on", "day", frame.day(at)),
            ),
            turn: frame.t(if since.is_some() {
                "page.consent.turn_off"
            } else {
                "page.consent.turn_on"
            }),
        })
        .collect()
}

/// A consent given or withdrawn.
#[derive(Debug, Deserialize)]
pub struct ConsentForm {
    /// What proves that it is our own form.
    #[serde(default)]
    pub csrf: String,
    /// For what.
    pub purpose: Purpose,
    /// `yes` or `no`.
    pub on: String,
}

/// `POST /m/{workspace}/me/consents`: gives or withdraws one.
///
/// # Errors
/// Nobody is signed in; the form is not ours.
pub async fn consent(
    State(state): State<PagesState>,
    frame: Frame,
    Form(form): Form<ConsentForm>,
) -> Result<Response, Refusal> {
    let member = frame.member_with_form(&state, &form.csrf).await?;
    let caller = state.app.member_caller(&frame.community, &member);
    let caller = caller.map_err(|error| frame.refuse(&error))?;
    let done = if form.on == "yes" {
        let input = ConsentInput {
            purpose: form.purpose,
            text_version: TEXT_VERSION.to_owned(),
            channel: "page".to_owned(),
        };
        state
            .app
            .give_consent(&caller, member.member, &input)
            .await
            .map(|_| ())
    } else {
        state
            .app
            .withdraw_purpose(&caller, member.member, form.purpose)
            .await
    };
    done.map_err(|error| frame.refuse(&error))?;
    Ok(frame.go("/me"))
}

/// `POST /m/{workspace}/me/out`: ends this browser's session.
///
/// # Errors
/// The form is not ours.
pub async fn out(
    State(state): State<PagesState>,
    frame: Frame,
    Form(form): Form<Bare>,
) -> Result<Response, Refusal> {
    frame.member_with_form(&state, &form.csrf).await?;
    if let Some(cookie) = &frame.session {
        let ended = state
            .app
            .sign_member_out(frame.community.workspace.id, cookie)
            .await;
        ended.map_err(|error| frame.refuse(&error))?;
    }
    Ok(signed_out(&state, &frame, frame.go("/me")))
}

fn signed_out(state: &PagesState, frame: &Frame, mut response: Response) -> Response {
    let unset = cookie::set(state, &frame.slug, cookie::SESSION, "", 0);
    response.headers_mut().append(header::SET_COOKIE, unset);
    response
}

/// `POST /m/{workspace}/me/export`: everything held about the member, as a file.
///
/// # Errors
/// Nobody is signed in, or not freshly; the form is not ours.
pub async fn export(
    State(state): State<PagesState>,
    frame: Frame,
    Form(form): Form<Bare>,
) -> Result<Response, Refusal> {
    let member = fresh(&state, &frame, &form.csrf).await?;
    let caller = state.app.member_caller(&frame.community, &member);
    let caller = caller.map_err(|error| frame.refuse(&error))?;
    let export = state.app.export_member(&caller, member.member).await;
    let export = export.map_err(|error| frame.refuse(&error))?;
    let text = serde_json::to_string_pretty(&export)
        .map_err(|error| frame.refuse(&AppError::internal(error)))?;
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"my-data.json\""),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The member's word that they mean it.
#[derive(Debug, Deserialize)]
pub struct EraseForm {
    /// What proves that it is our own form.
    #[serde(default)]
    pub csrf: String,
    /// `yes`, or nothing.
    #[serde(default)]
    pub sure: String,
}

/// `POST /m/{workspace}/me/erase`: the end of everything held about the member.
///
/// # Errors
/// Nobody is signed in, or not freshly; the form is not ours; the box was not ticked.
pub async fn erase(
    State(state): State<PagesState>,
    frame: Frame,
    Form(form): Form<EraseForm>,
) -> Result<Response, Refusal> {
    let member = fresh(&state, &frame, &form.csrf).await?;
    if form.sure != "yes" {
        return Err(frame.refuse(&MemberSignInError::Form.into()));
    }
    let caller = state.app.member_caller(&frame.community, &member);
    let caller = caller.map_err(|error| frame.refuse(&error))?;
    let erasure = state.app.erase_own(&caller, member.member).await;
    let erasure = erasure.map_err(|error| frame.refuse(&error))?;
    let mut lines = vec![frame.t("page.erased.lead"), frame.t("page.erased.orders")];
    if !erasure.older_backups.is_empty() {
        let count = erasure.older_backups.len().to_string();
        lines.push(frame.t1("page.erased.backups", "count", count));
    }
    let page = Message {
        p: &frame,
        title: frame.t("page.erased.title"),
        lines,
        onward: format!("/m/{}", frame.slug),
        onward_label: frame.t("page.foot.about"),
    };
    let response = frame.render(&state, &page);
    Ok(signed_out(&state, &frame, response))
}

async fn fresh(state: &PagesState, frame: &Frame, csrf: &str) -> Result<SignedIn, Refusal> {
    let member = frame.member_with_form(state, csrf).await?;
    if member.is_fresh(state.app.now()) {
        Ok(member)
    } else {
        Err(frame.refuse(&MemberSignInError::Stale.into()))
    }
}
