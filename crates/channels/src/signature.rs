//! Signatures of webhooks, as Standard Webhooks writes them down.
//!
//! A sender names each delivery (`webhook-id`), says when it sends it (`webhook-timestamp`, Unix
//! seconds) and signs both with the body: `webhook-signature` holds one or more
//! `v1,base64(HMAC-SHA256(secret, id.timestamp.body))`, separated by spaces, so that a secret can be
//! changed while both are in use. A delivery that is older than five minutes is not believed: who
//! overheard one cannot send it again later.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;
use yutang_domain::{
    error::{Class, Rule},
    time::{MINUTE, SECOND, Timestamp},
};

/// Header with the name of the delivery.
pub const ID: &str = "webhook-id";
/// Header with the time of sending.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// Header with the signatures.
pub const SIGNATURE: &str = "webhook-signature";

/// How far the sender's clock and ours may lie apart, in milliseconds.
pub const TOLERANCE: i64 = 5 * MINUTE;
/// What a secret begins with in text.
const PREFIX: &str = "whsec_";
/// How many signatures of a header are looked at.
const MOST: usize = 8;
/// How long the name of a delivery may be.
const ID_LENGTH: usize = 200;

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is not there, or holds nothing that can be used.
    #[error("the header {0} is missing or malformed")]
    Header(&'static str),
    /// It was sent too long ago, or the clocks differ.
    #[error("webhook-timestamp is more than 5 minutes away from the time here")]
    Stale,
    /// No signature fits.
    #[error("no signature in webhook-signature fits id, timestamp, body and secret")]
    Wrong,
    /// The secret itself is none.
    #[error("a secret is whsec_ and 24 to 64 bytes in base64")]
    Secret,
}

impl Rule for SignatureError {
    fn code(&self) -> &'static str {
        match self {
            Self::Header(_) => "signature.header",
            Self::Stale => "signature.stale",
            Self::Wrong => "signature.wrong",
            Self::Secret => "signature.secret",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Secret => Class::Invalid,
            _ => Class::Unauthenticated,
        }
    }
    fn at(&self) -> Option<String> {
        match self {
            Self::Header(name) => Some((*name).to_owned()),
            Self::Stale => Some(TIMESTAMP.to_owned()),
            Self::Wrong => Some(SIGNATURE.to_owned()),
            Self::Secret => None,
        }
    }
}

/// What the headers of a delivery say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signed<'a> {
    /// Name of the delivery, the same each time it is tried.
    pub id: Option<&'a str>,
    /// When it was sent, Unix seconds.
    pub timestamp: Option<&'a str>,
    /// The signatures.
    pub signature: Option<&'a str>,
}

/// A secret that sender and receiver share.
#[derive(Clone, Debug)]
pub struct Secret {
    key: hmac::Key,
}

impl Secret {
    /// The text of a secret made of these bytes.
    pub fn text(bytes: &[u8]) -> String {
        format!("{PREFIX}{}", STANDARD.encode(bytes))
    }

    /// Reads the text of a secret.
    ///
    /// # Errors
    /// [`SignatureError::Secret`].
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        let bytes = text
            .strip_prefix(PREFIX)
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .filter(|bytes| (24..=64).contains(&bytes.len()))
            .ok_or(SignatureError::Secret)?;
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &bytes),
        })
    }

    /// Signs a delivery: the value of `webhook-signature`.
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let message = message(id, &seconds.to_string(), body);
        format!("v1,{}", STANDARD.encode(hmac::sign(&self.key, &message)))
    }

    /// Believes a delivery, and returns its name.
    ///
    /// # Errors
    /// [`SignatureError`]; nothing of a delivery is to be looked at before.
    pub fn verify<'a>(
        &self,
        signed: &Signed<'a>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<&'a str, SignatureError> {
        let id = signed
            .id
            .filter(|id| (1..=ID_LENGTH).contains(&id.len()))
            .filter(|id| id.bytes().all(|byte| byte.is_ascii_graphic()))
            .ok_or(SignatureError::Header(ID))?;
        let timestamp = signed.timestamp.ok_or(SignatureError::Header(TIMESTAMP))?;
        let sent = timestamp
            .parse::<i64>()
            .ok()
            .and_then(|seconds| seconds.checked_mul(SECOND))
            .ok_or(SignatureError::Header(TIMESTAMP))?;
        let signatures = signed.signature.ok_or(SignatureError::Header(SIGNATURE))?;
        if sent.abs_diff(now.ms()) > TOLERANCE.unsigned_abs() {
            return Err(SignatureError::Stale);
        }
        let message = message(id, timestamp, body);
        signatures
            .split(' ')
            .filter_map(|one| one.strip_prefix("v1,"))
            .take(MOST)
            .filter_map(|encoded| STANDARD.decode(encoded).ok())
            // The comparison takes as long for a wrong one as for a right one.
            .any(|tag| hmac::verify(&self.key, &message, &tag).is_ok())
            .then_some(id)
            .ok_or(SignatureError::Wrong)
    }
}

fn message(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(id.len() + timestamp.len() + body.len() + 2);
    message.extend_from_slice(id.as_bytes());
    message.push(b'.');
    message.extend_from_slice(timestamp.as_bytes());
    message.push(b'.');
    message.extend_from_slice(body);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const DELIVERY: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SENT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const PUBLISHED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn now(seconds: i64) -> Timestamp {
        Timestamp::from_ms((SENT + seconds) * SECOND)
    }

    fn verify(signature: &str, body: &[u8], at: Timestamp) -> Result<(), SignatureError> {
        let signed = Signed {
            id: Some(DELIVERY),
            timestamp: Some("1614265330"),
            signature: Some(signature),
        };
        Secret::parse(SECRET)
            .unwrap()
            .verify(&signed, body, at)
            .map(|id| assert_eq!(id, DELIVERY))
    }

    #[test]
    fn the_published_vector_fits() {
        let secret = Secret::parse(SECRET).unwrap();
        assert_eq!(secret.sign(DELIVERY, SENT, BODY), PUBLISHED);
        assert_eq!(verify(PUBLISHED, BODY, now(0)), Ok(()));
    }

    #[test]
    fn one_of_several_signatures_suffices() {
        let both = format!("v1,{} v2,xyz v1a,abc {PUBLISHED}", STANDARD.encode([7; 32]));
        assert_eq!(verify(&both, BODY, now(0)), Ok(()));
        for none in [
            "",
            "v1,",
            "v1,not base64",
            "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ] {
            assert_eq!(
                verify(none, BODY, now(0)),
                Err(SignatureError::Wrong),
                "{none}"
            );
        }
    }

    #[test]
    fn another_body_or_another_time_is_not_believed() {
        assert_eq!(
            verify(PUBLISHED, br#"{"test": 2432232315}"#, now(0)),
            Err(SignatureError::Wrong)
        );
        assert_eq!(verify(PUBLISHED, BODY, now(300)), Ok(()));
        assert_eq!(verify(PUBLISHED, BODY, now(-300)), Ok(()));
        assert_eq!(
            verify(PUBLISHED, BODY, now(301)),
            Err(SignatureError::Stale)
        );
        assert_eq!(
            verify(PUBLISHED, BODY, now(-301)),
            Err(SignatureError::Stale)
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let secret = Secret::parse(SECRET).unwrap();
        let whole = Signed {
            id: Some(DELIVERY),
            timestamp: Some("1614265330"),
            signature: Some(PUBLISHED),
        };
        for (signed, header) in [
            (Signed { id: None, ..whole }, ID),
            (
                Signed {
                    id: Some("a b"),
                    ..whole
                },
                ID,
            ),
            (
                Signed {
                    timestamp: Some("soon"),
                    ..whole
                },
                TIMESTAMP,
            ),
            (
                Signed {
                    timestamp: Some("9223372036854775807"),
                    ..whole
                },
                TIMESTAMP,
            ),
            (
                Signed {
                    signature: None,
                    ..whole
                },
                SIGNATURE,
            ),
        ] {
            assert_eq!(
                secret.verify(&signed, BODY, now(0)),
                Err(SignatureError::Header(header))
            );
        }
    }

    #[test]
    fn a_secret_has_its_form() {
        assert!(Secret::parse(&Secret::text(&[9; 32])).is_ok());
        for bad in [
            "",
            "whsec_",
            "whsec_AAAA",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ] {
            assert_eq!(
                Secret::parse(bad).map(drop),
                Err(SignatureError::Secret),
                "{bad}"
            );
        }
    }
}
