//! The person a command is about.

use yutang_app::{
    App, Caller,
    member::list::{MemberFilter, Sort},
};
use yutang_domain::id::MemberId;

use crate::output::{Failure, Result};

/// How many people one look takes.
const PAGE: usize = 200;

/// The one person of that id or exact name.
///
/// # Errors
/// There is none, or several.
pub async fn find(app: &App, caller: &Caller, name: &str) -> Result<MemberId> {
    if let Ok(id) = name.parse::<MemberId>() {
        return Ok(id);
    }
    let filter = MemberFilter {
        q: Some(name.to_owned()),
        ..MemberFilter::default()
    };
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = app
            .members(caller, &filter, (Sort::Name, after.as_ref()), PAGE)
            .await?;
        found.extend(
            page.rows
                .iter()
                .filter(|row| row.listed.name == name)
                .map(|row| row.listed.id),
        );
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    match found[..] {
        [one] => Ok(one),
        [] => Err(
            Failure::failed("store.not_found", format!("there is no member {name:?}")).at("MEMBER"),
        ),
        _ => {
            let ids: Vec<String> = found.iter().map(ToString::to_string).collect();
            Err(Failure::usage(
                "MEMBER",
                format!(
                    "{} members are called {name:?}: give one of the ids {}",
                    ids.len(),
                    ids.join(", ")
                ),
            ))
        }
    }
}
