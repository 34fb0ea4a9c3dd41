//! About the community: who runs it, which bots are in it, what they read and what is kept.

use askama::Template;
use axum::{extract::State, response::Response};
use yutang_domain::capability::{Capability, Profile};

use crate::{PagesState, frame::Frame};

#[derive(Template)]
#[template(path = "about.html")]
struct About<'a> {
    p: &'a Frame,
    bots: Vec<BotView>,
    text_days: String,
}

struct BotView {
    name: String,
    reads: bool,
    can: Vec<String>,
    cannot: Vec<String>,
}

/// `GET /m/{workspace}`: for anybody.
pub async fn show(State(state): State<PagesState>, frame: Frame) -> Response {
    let bots = frame
        .community
        .bots
        .iter()
        .map(|bot| {
            let capabilities = bot.profile.map(Profile::capabilities).unwrap_or_default();
            let say = |words: Vec<Capability>| {
                words
                    .into_iter()
                    .filter(|word| *word != Capability::ReadText)
                    .map(|word| frame.t(&format!("page.can.{word}")))
                    .collect()
            };
            BotView {
                // An account that nobody named is called by what it is allowed.
                name: match bot.profile {
                    Some(profile) if bot.name == profile.as_str() => {
                        frame.t(&format!("channel.profile.{profile}"))
                    }
                    _ => bot.name.clone(),
                },
                reads: capabilities.can(Capability::ReadText),
                can: say(capabilities.iter().collect()),
                cannot: say(capabilities.missing().collect()),
            }
        })
        .collect();
    let text_days = frame.community.settings.retention.text_days.to_string();
    frame.render(
        &state,
        &About {
            p: &frame,
            bots,
            text_days,
        },
    )
}
