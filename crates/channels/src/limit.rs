//! Limits of networks as they are known: data under `limits/`, each with its source and date.
//!
//! They change without notice, so they are shown with where they were read and how sure that is;
//! what a plan has to respect stands in [`yutang_domain::capability::Profile::quotas`].

use std::sync::LazyLock;

use serde::Deserialize;
use yutang_domain::capability::Profile;

/// One limit of a network.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Its word; the sentence stands in the catalogue `channel`, as `channel.limit.<word>`.
    pub code: String,
    /// The figure in the sentence.
    pub count: Option<i64>,
    /// The second figure in it.
    pub other: Option<i64>,
    /// Where it was read.
    pub source: String,
    /// The date that page bears: a day or a month.
    pub stated_on: Option<String>,
    /// `official`, `seen` or `memory`.
    pub proof: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    limit: Vec<Limit>,
}

static WECOM: LazyLock<Vec<Limit>> =
    LazyLock::new(|| read(include_str!("../../../limits/wecom.toml")));
static WECHAT: LazyLock<Vec<Limit>> =
    LazyLock::new(|| read(include_str!("../../../limits/wechat.toml")));
static TELEGRAM: LazyLock<Vec<Limit>> =
    LazyLock::new(|| read(include_str!("../../../limits/telegram.toml")));
static MATRIX: LazyLock<Vec<Limit>> =
    LazyLock::new(|| read(include_str!("../../../limits/matrix.toml")));

fn read(text: &str) -> Vec<Limit> {
    toml::from_str::<File>(text)
        .expect("the files are compiled in, and a test reads each")
        .limit
}

/// The limits that an account of this profile meets.
pub fn limits(profile: Profile) -> &'static [Limit] {
    match profile {
        Profile::WecomPlain | Profile::WecomArchive => &WECOM,
        Profile::WechatPersonal => &WECHAT,
        Profile::Telegram => &TELEGRAM,
        Profile::Matrix => &MATRIX,
        Profile::Full | Profile::Open => &[],
    }
}

#[cfg(test)]
mod tests {
    use yutang_domain::capability::Capability;

    use super::*;

    #[test]
    fn every_limit_has_a_source_a_known_proof_and_a_date_or_none() {
        for profile in Profile::ALL {
            for limit in limits(*profile) {
                assert!(limit.source.starts_with("https://"), "{}", limit.code);
                assert!(
                    ["official", "seen", "memory"].contains(&limit.proof.as_str()),
                    "{}",
                    limit.code
                );
                if let Some(date) = &limit.stated_on {
                    assert!(matches!(date.len(), 7 | 10), "{}: {date}", limit.code);
                }
            }
        }
    }

    #[test]
    fn what_plans_respect_is_what_is_shown() {
        let quota = Profile::Telegram
            .quotas()
            .iter()
            .find(|quota| quota.capability == Capability::PostGroup)
            .map(|quota| i64::from(quota.count));
        let shown = limits(Profile::Telegram)
            .iter()
            .find(|limit| limit.code == "telegram_group_minute");
        assert_eq!(quota, shown.and_then(|limit| limit.count));
        let stops = limits(Profile::WecomPlain)
            .iter()
            .find(|limit| limit.code == "scan_stops");
        assert_eq!(
            Profile::WecomPlain.join_capacity().map(i64::from),
            stops.and_then(|limit| limit.count)
        );
    }
}
