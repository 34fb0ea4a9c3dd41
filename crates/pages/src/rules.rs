//! The rules of a group, as its announcement says them.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use yutang_app::member_page::Rules;
use yutang_domain::id::GroupId;

use crate::{PagesState, frame::Frame, refusal::Refusal};

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage<'a> {
    p: &'a Frame,
    rules: Rules,
    since: String,
    sections: Vec<(String, Vec<String>)>,
}

/// `GET /m/{workspace}/rules/{group}`: for anybody.
///
/// # Errors
/// There is no such group.
pub async fn show(
    State(state): State<PagesState>,
    frame: Frame,
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
    let since = rules.since.map_or_else(String::new, |at| frame.day(at));
    Ok(frame.render(
        &state,
        &RulesPage {
            p: &frame,
            rules,
            since,
            sections,
        },
    ))
}
