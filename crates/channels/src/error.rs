//! How a network says no.

use yutang_domain::{
    capability::{Capability, NotCapable},
    connection::Obstacle,
    error::{Class, Rule},
};

/// Why a wish was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// Not now: the network asks for patience or is out of reach. Nothing was done.
    #[error("the network asks to wait {after_ms} ms: {reason}")]
    Retry {
        /// How long to wait, in milliseconds.
        after_ms: i64,
        /// What the network said.
        reason: String,
    },
    /// Never: the network refuses it as it stands. Nothing was done.
    #[error("the network refuses it: {reason}")]
    Fail {
        /// What the network said.
        reason: String,
    },
    /// The network has no such possibility; it becomes a task for a person.
    #[error(transparent)]
    NotCapable(#[from] NotCapable),
    /// The connection broke while it was under way: done or not, nobody knows.
    #[error("the connection broke before the network answered: {reason}")]
    Unknown {
        /// What happened.
        reason: String,
    },
}

impl ChannelError {
    /// The missing capability, if that is the reason.
    pub const fn missing(&self) -> Option<Capability> {
        match self {
            Self::NotCapable(refused) => Some(refused.capability),
            _ => None,
        }
    }

    /// What was said, without what follows from it.
    pub fn reason(&self) -> String {
        match self {
            Self::Retry { reason, .. } | Self::Fail { reason } | Self::Unknown { reason } => {
                reason.clone()
            }
            Self::NotCapable(refused) => refused.to_string(),
        }
    }

    /// What stands in the way.
    pub fn obstacle(&self) -> Obstacle {
        obstacle(&self.reason())
    }
}

/// What stands in the way, by what was said; the adapters say it in these words.
pub fn obstacle(reason: &str) -> Obstacle {
    const BEGINNINGS: &[(&str, Obstacle)] = &[
        ("an address begins with", Obstacle::Address),
        ("no Matrix homeserver answers", Obstacle::Absent),
        ("no Bot API answers", Obstacle::Absent),
        ("it cannot be reached", Obstacle::Unreachable),
        ("it does not answer in time", Obstacle::Silent),
        ("the connection broke", Obstacle::Silent),
        ("its answer has no end", Obstacle::Silent),
        ("it answers ", Obstacle::Fault),
        ("it asks for patience", Obstacle::Patience),
        ("a bot's token is", Obstacle::TokenForm),
        ("token no longer accepted", Obstacle::Token),
        ("another program reads", Obstacle::Elsewhere),
        ("updates were delivered elsewhere", Obstacle::Elsewhere),
        ("not allowed", Obstacle::NotAllowed),
    ];
    if reason.contains("M_USER_DEACTIVATED") {
        return Obstacle::Deactivated;
    }
    let found = BEGINNINGS
        .iter()
        .find(|(beginning, _)| reason.starts_with(beginning))
        .map_or(Obstacle::Other, |(_, obstacle)| *obstacle);
    if found == Obstacle::Unreachable && reason.to_ascii_lowercase().contains("certificate") {
        return Obstacle::Certificate;
    }
    found
}

impl Rule for ChannelError {
    fn code(&self) -> &'static str {
        match self {
            Self::Retry { .. } => "channel.retry",
            Self::Fail { .. } => "channel.refused",
            Self::NotCapable(refused) => refused.code(),
            Self::Unknown { .. } => "channel.unknown_outcome",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Retry { .. } | Self::Unknown { .. } => Class::Unavailable,
            Self::Fail { .. } | Self::NotCapable(_) => Class::Conflict,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use yutang_domain::time::SystemClock;

    use super::*;
    use crate::{http, matrix, telegram::TelegramChannel};

    #[test]
    fn what_adapters_say_leads_to_what_a_person_can_do() {
        let address = http::base("matrix.example.org").unwrap_err();
        assert_eq!(address.obstacle(), Obstacle::Address);
        let clock = Arc::new(SystemClock);
        let form = TelegramChannel::new("https://api.telegram.org", "nonsense", clock).unwrap_err();
        assert_eq!(form.obstacle(), Obstacle::TokenForm);
        for (reason, obstacle) in [
            ("it cannot be reached: dns error", Obstacle::Unreachable),
            (
                "it cannot be reached: invalid peer certificate: UnknownIssuer",
                Obstacle::Certificate,
            ),
            (
                "not allowed: M_USER_DEACTIVATED This account has been deactivated",
                Obstacle::Deactivated,
            ),
            ("token no longer accepted: M_UNKNOWN_TOKEN", Obstacle::Token),
            ("it answers 502", Obstacle::Fault),
            ("400: Bad Request", Obstacle::Other),
        ] {
            assert_eq!(super::obstacle(reason), obstacle, "{reason}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_and_one_of_another_kind_are_told_apart() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut heard = [0; 1024];
                let _ = stream.read(&mut heard).await;
                let page =
                    "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\n<p>hi</p>";
                let _ = stream.write_all(page.as_bytes()).await;
            }
        });
        let other = matrix::log_in(&format!("http://{address}"), "bot", "secret").await;
        assert_eq!(other.unwrap_err().obstacle(), Obstacle::Absent);
        let free = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let nobody = matrix::log_in(&format!("http://{free}"), "bot", "secret").await;
        assert_eq!(nobody.unwrap_err().obstacle(), Obstacle::Unreachable);
    }
}
