//! The rules of a group, as its announcement says them.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use yutang_app::member_page::Rules;
use yutang_domain::id::GroupId;

use crate::{PagesState, frame::Frame, refusal::Refusal, sign_in::Bare};

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage<'a> {
    p: &'a Frame,
    rules: Rules,
    since: String,
    sections: Vec<(String, Vec<String>)>,
    /// The day on which whoever is signed in acknowledged them; empty = not yet; `None` = nobody in
    /// this group is signed in.
    read: Option<String>,
}

/// `GET /m/{workspace}/rules/{group}`: for anybody.
///
/// # Errors
/// There is no such group.
pub async fn show(
    State(state): State<PagesState>,
    mut frame: Frame,
    Path((_, group)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let group: GroupId = group
        .parse()
        .map_err(|_| Refusal::not_found(frame.locale))?;
    let rules = state
        .app
        .rules_of(&frame.community, group)
        .await
        .map_err(|error| frame.refuse(&error))?;
    let headings = [
        "page.rules.theme",
        "page.rules.services",
        "page.rules.forbidden",
        "page.rules.encouraged",
    ];
    let sections = headings
        .into_iter()
        .zip(&rules.sections)
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(key, text)| {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            (frame.t(key), lines.map(str::to_owned).collect())
        })
        .collect();
    let mut read = None;
    if let Ok(member) = frame.member(&state).await {
        frame.csrf.clone_from(&member.csrf);
        let known = state
            .app
            .rules_read(&frame.community, &member, group)
            .await
            .map_err(|error| frame.refuse(&error))?;
        read = known.map(|(_, at)| at.map_or_else(String::new, |at| frame.day(at)));
    }
    let since = rules.since.map_or_else(String::new, |at| frame.day(at));
    Ok(frame.render(
        &state,
        &RulesPage {
            p: &frame,
            rules,
            since,
            sections,
            read,
        },
    ))
}

/// `POST /m/{workspace}/rules/{group}`: whoever is signed in has read them. req: 000-029
///
/// # Errors
/// Nobody is signed in, or not in this group; the form is not ours.
pub async fn read(
    State(state): State<PagesState>,
    frame: Frame,
    Path((_, group)): Path<(String, String)>,
    Form(form): Form<Bare>,
) -> Result<Response, Refusal> {
    let group: GroupId = group
        .parse()
        .map_err(|_| Refusal::not_found(frame.locale))?;
    let member = frame.member_with_form(&state, &form.csrf).await?;
    state
        .app
        .acknowledge_rules(&frame.community, &member, group)
        .await
        .map_err(|error| frame.refuse(&error))?;
    Ok(frame.go(&format!("/rules/{group}")))
}
