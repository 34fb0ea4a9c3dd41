//! Feeds of news: what may be wrong with one.

use crate::error::{Class, Rule};

/// Why nothing was read from a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// The address is none, or it leads, itself or by way of others, to a place that is not public.
    #[error("the address of a feed begins with https:// and leads to a public server")]
    Address,
    /// There is more than is read of a feed.
    #[error("the feed has more than {limit} bytes")]
    TooLarge {
        /// How many bytes are read.
        limit: usize,
    },
    /// Neither RSS nor Atom nor JSON Feed, or damaged.
    #[error("this is no RSS, Atom or JSON Feed that can be read: {}{reason}", before(*line))]
    NotAFeed {
        /// The line at fault, from 1, where there is one.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
    },
    /// A page for people.
    #[error("this is a web page, not a feed: give the address of its RSS, Atom or JSON Feed")]
    Html,
    /// Nothing at all.
    #[error("nothing stands at this address")]
    Empty,
    /// No answer is to be had.
    #[error("no answer is to be had: {reason}")]
    Unreachable {
        /// What happened.
        reason: String,
    },
    /// The server has another answer than a feed.
    #[error("the server answers {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// How long it asks to be left alone, in milliseconds, if it says so.
        wait_ms: Option<i64>,
    },
    /// Bytes that the encoding does not have, or an encoding that is not known.
    #[error("{}it cannot be read as {encoding}", byte.map_or_else(String::new, |byte| format!("from byte {byte} on ")))]
    Encoding {
        /// What it says it is written in.
        encoding: String,
        /// Position of the first bad byte, from 0; none if the encoding itself is not known.
        byte: Option<usize>,
    },
}

fn before(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!("line {line}: "))
}

impl Rule for FeedError {
    fn code(&self) -> &'static str {
        match self {
            Self::Address => "feed.address",
            Self::TooLarge { .. } => "feed.too_large",
            Self::NotAFeed { .. } => "feed.not_a_feed",
            Self::Html => "feed.html",
            Self::Empty => "feed.empty",
            Self::Unreachable { .. } => "feed.unreachable",
            Self::Status { .. } => "feed.status",
            Self::Encoding { .. } => "feed.encoding",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. } | Self::Status { .. } => Class::Unavailable,
            _ => Class::Invalid,
        }
    }
    fn at(&self) -> Option<String> {
        match self {
            Self::NotAFeed { line, .. } => line.map(|line| format!("line {line}")),
            Self::Encoding { byte, .. } => byte.map(|byte| format!("byte {byte}")),
            Self::Unreachable { .. } | Self::Status { .. } => None,
            _ => Some("address".to_owned()),
        }
    }
    fn wait_ms(&self) -> Option<i64> {
        match self {
            Self::Status { wait_ms, .. } => *wait_ms,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let torn = FeedError::NotAFeed {
            line: Some(12),
            reason: "it breaks off".to_owned(),
        };
        assert_eq!(torn.at().as_deref(), Some("line 12"));
        assert!(
            torn.to_string().ends_with(": line 12: it breaks off"),
            "{torn}"
        );
        let bytes = FeedError::Encoding {
            encoding: "UTF-8".to_owned(),
            byte: Some(7),
        };
        assert_eq!(
            bytes.to_string(),
            "from byte 7 on it cannot be read as UTF-8"
        );
        let busy = FeedError::Status {
            status: 503,
            wait_ms: Some(60_000),
        };
        assert_eq!(
            (busy.wait_ms(), busy.class()),
            (Some(60_000), Class::Unavailable)
        );
    }
}
