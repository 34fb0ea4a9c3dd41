//! The three ways in: a link sent in private, six digits said to the bot, a link handed out.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::header,
    response::Response,
};
use serde::Deserialize;
use yutang_app::member_sign_in::{BegunSession, MemberSignInError, SHORT_MS, ShownCode};
use yutang_domain::time::SECOND;

use crate::{PagesState, cookie, frame::Frame, refusal::Refusal};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    p: &'a Frame,
    told: String,
    code: String,
    spelt: String,
    until: String,
}

#[derive(Template)]
#[template(path = "link.html")]
struct Link<'a> {
    p: &'a Frame,
    token: String,
}

/// What a form without other fields carries.
#[derive(Debug, Deserialize)]
pub struct Bare {
    /// What proves that it is our own form.
    #[serde(default)]
    pub csrf: String,
}

/// The page for whoever is not signed in.
pub(crate) fn page(
    state: &PagesState,
    frame: &Frame,
    code: Option<ShownCode>,
    told: String,
) -> Response {
    let shown = SignIn {
        p: frame,
        told,
        spelt: code.as_ref().map_or_else(String::new, |shown| {
            shown
                .code
                .chars()
                .map(String::from)
                .collect::<Vec<_>>()
                .join(" ")
        }),
        until: code
            .as_ref()
            .map_or_else(String::new, |shown| frame.clock(shown.expires_at)),
        code: code.map_or_else(String::new, |shown| shown.code),
    };
    let mut response = frame.render(state, &shown);
    frame.keep_browser(state, &mut response);
    response
}

/// `POST /m/{workspace}/code`: six digits for the member to say to the bot.
///
/// # Errors
/// The form is not ours; too many codes were asked for.
pub async fn show_code(
    State(state): State<PagesState>,
    frame: Frame,
    Form(form): Form<Bare>,
) -> Result<Response, Refusal> {
    frame.check_form(&state, &form.csrf)?;
    let workspace = frame.community.workspace.id;
    let shown = state.app.show_member_code(workspace, &frame.browser).await;
    let shown = shown.map_err(|error| frame.refuse(&error))?;
    let mut response = frame.go("/me");
    let set = cookie::set(
        &state,
        &frame.slug,
        cookie::CODE,
        &shown.code,
        SHORT_MS / SECOND,
    );
    response.headers_mut().append(header::SET_COOKIE, set);
    Ok(response)
}

/// `GET /m/{workspace}/in/{token}`: asks before the link is used, because chat apps open links
/// only to show what is behind them.
///
/// # Errors
/// [`MemberSignInError::Link`].
pub async fn ask(
    State(state): State<PagesState>,
    frame: Frame,
    Path((_, token)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let live = state
        .app
        .is_member_link_live(frame.community.workspace.id, &token)
        .await;
    if !live.map_err(|error| frame.refuse(&error))? {
        return Err(frame.refuse(&MemberSignInError::Link.into()));
    }
    let mut response = frame.render(&state, &Link { p: &frame, token });
    frame.keep_browser(&state, &mut response);
    Ok(response)
}

/// `POST /m/{workspace}/in/{token}`: the link is used, once.
///
/// # Errors
/// [`MemberSignInError::Link`]; the form is not ours.
pub async fn enter(
    State(state): State<PagesState>,
    frame: Frame,
    Path((_, token)): Path<(String, String)>,
    Form(form): Form<Bare>,
) -> Result<Response, Refusal> {
    frame.check_form(&state, &form.csrf)?;
    let begun = state
        .app
        .follow_member_link(frame.community.workspace.id, &token)
        .await;
    let begun = begun.map_err(|error| frame.refuse(&error))?;
    Ok(entered(&state, &frame, &begun))
}

/// Leads a browser whose session has just begun to the member's own page.
pub(crate) fn entered(state: &PagesState, frame: &Frame, begun: &BegunSession) -> Response {
    let seconds = begun.expires_at.since(state.app.now()) / SECOND;
    let mut response = frame.go("/me");
    let set = cookie::set(state, &frame.slug, cookie::SESSION, &begun.cookie, seconds);
    response.headers_mut().append(header::SET_COOKIE, set);
    let unset = cookie::set(state, &frame.slug, cookie::CODE, "", 0);
    response.headers_mut().append(header::SET_COOKIE, unset);
    response
}
