//! The root key and what is derived from it.
//!
//! One secret of 32 bytes, from `YUTANG_SECRET_KEY` or `DATA/secret.key` (mode 0600, made at first
//! start, never part of a backup). Its fingerprint is in the database: a program with another key
//! refuses to start rather than write what nobody can read again.

use std::path::Path;

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    digest, hkdf, hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use yutang_domain::error::{Class, Rule};
use yutang_store::{Mode, Store, installation};

use crate::{AppError, Result, error};

const FINGERPRINT: &str = "key.fingerprint";
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What a derived key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Secrets kept in columns: TOTP seeds, channel credentials.
    Column,
    /// Signed links.
    Link,
    /// Keyed hashes of phone numbers and external ids, for look-ups.
    Lookup,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Column => b"yutang column v1",
            Self::Link => b"yutang link v1",
            Self::Lookup => b"yutang lookup v1",
        }
    }
}

/// Why the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not 64 hexadecimal digits.
    #[error("{0} does not hold a key: 64 hexadecimal digits are expected")]
    Malformed(String),
    /// The database was written with another key.
    #[error(
        "the database was written with another key (fingerprint {expected}, this one is {found}): \
         put the old secret.key back, or set YUTANG_SECRET_KEY to it"
    )]
    Another {
        /// Fingerprint in the database.
        expected: String,
        /// Fingerprint of the key given.
        found: String,
    },
    /// A sealed value does not open.
    #[error("a stored secret cannot be opened with this key")]
    Sealed,
}

impl Rule for KeyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "key.malformed",
            Self::Another { .. } => "key.another",
            Self::Sealed => "key.sealed",
        }
    }
    fn class(&self) -> Class {
        Class::Unavailable
    }
}

/// The keys of an installation.
pub struct Keys {
    root: [u8; 32],
    random: SystemRandom,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// Reads or makes the root key and holds it against the database.
    ///
    /// # Errors
    /// The key is malformed or another one than the database was written with.
    pub async fn open(store: &Store, data: &Path, given: Option<&str>) -> Result<Self> {
        let path = data.join("secret.key");
        let mut tx = store.begin(Mode::Read).await?;
        let expected = installation::find(&mut tx, FINGERPRINT).await?;
        tx.commit().await?;
        let root = match given {
            Some(text) => parse(text, "YUTANG_SECRET_KEY")?,
            None => match std::fs::read_to_string(&path) {
                Ok(text) => parse(&text, &path.display().to_string())?,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                    if let Some(expected) = &expected {
                        return Err(KeyError::Another {
                            expected: expected.clone(),
                            found: format!("none in {}", path.display()),
                        }
                        .into());
                    }
                    create(&path)?
                }
                Err(e) => return Err(error::AppError::io("read the key", &path, &e)),
            },
        };
        let keys = Self { root, random: SystemRandom::new() };
        let found = keys.fingerprint();
        match expected {
            Some(expected) if expected != found => {
                return Err(KeyError::Another { expected, found }.into());
            }
            Some(_) => {}
            None => {
                let mut tx = store.begin(Mode::Guarded).await?;
                installation::set(&mut tx, FINGERPRINT, &found).await?;
                tx.commit().await?;
            }
        }
        Ok(keys)
    }

    /// First eight bytes of a hash of the root key, in hexadecimal.
    pub fn fingerprint(&self) -> String {
        hex(&hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.root), b"fingerprint").as_ref()[..8])
    }

    /// The root key, for rotation only.
    pub(crate) const fn root(&self) -> &[u8; 32] {
        &self.root
    }

    /// Keys of another root, for rotation only.
    pub(crate) fn with_root(root: [u8; 32]) -> Self {
        Self { root, random: SystemRandom::new() }
    }

    fn derive(&self, purpose: Purpose) -> [u8; 32] {
        struct Length;
        impl hkdf::KeyType for Length {
            fn len(&self) -> usize {
                32
            }
        }
        let mut key = [0; 32];
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"yutang")
            .extract(&self.root)
            .expand(&[purpose.label()], Length)
            .and_then(|okm| okm.fill(&mut key))
            .expect("32 bytes are less than HKDF's limit");
        key
    }

    /// Seals a secret for a column: `v1.` and the nonce with the ciphertext in hexadecimal.
    pub fn seal(&self, secret: &str) -> String {
        let key = UnboundKey::new(&AES_256_GCM, &self.derive(Purpose::Column))
            .map(LessSafeKey::new)
            .expect("the derived key has the right length");
        let mut nonce = [0; 12];
        self.random.fill(&mut nonce).expect("the system has randomness");
        let mut sealed = secret.as_bytes().to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .expect("a short secret can be sealed");
        format!("v1.{}{}", hex(&nonce), hex(&sealed))
    }

    /// Opens what [`Keys::seal`] made.
    ///
    /// # Errors
    /// [`KeyError::Sealed`] if it was sealed with another key or damaged.
    pub fn unseal(&self, sealed: &str) -> Result<String> {
        let bytes = sealed
            .strip_prefix("v1.")
            .and_then(unhex)
            .filter(|b| b.len() > 12)
            .ok_or(KeyError::Sealed)?;
        let (nonce, body) = bytes.split_at(12);
        let key = UnboundKey::new(&AES_256_GCM, &self.derive(Purpose::Column))
            .map(LessSafeKey::new)
            .expect("the derived key has the right length");
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyError::Sealed)?;
        let mut body = body.to_vec();
        let open = key.open_in_place(nonce, Aad::empty(), &mut body).map_err(|_| KeyError::Sealed)?;
        String::from_utf8(open.to_vec()).map_err(|_| KeyError::Sealed.into())
    }

    /// A keyed hash for look-ups of what must not lie open, for example phone numbers.
    pub fn lookup(&self, text: &str) -> Vec<u8> {
        self.mac(Purpose::Lookup, text.as_bytes())
    }

    /// A message authentication code.
    pub fn mac(&self, purpose: Purpose, message: &[u8]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.derive(purpose));
        hmac::sign(&key, message).as_ref().to_vec()
    }

    /// Whether a code made by [`Keys::mac`] is right; takes the same time either way.
    pub fn verify(&self, purpose: Purpose, message: &[u8], mac: &[u8]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.derive(purpose));
        hmac::verify(&key, message, mac).is_ok()
    }
}

/// SHA-256 of a bearer secret: what the database keeps of tokens.
pub fn token_hash(token: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

/// A random text of `length` characters of 5 bits each; for secrets use at least 26.
pub fn random_text(length: usize) -> String {
    let mut bytes = vec![0; length];
    SystemRandom::new().fill(&mut bytes).expect("the system has randomness");
    bytes.iter().map(|b| char::from(ALPHABET[usize::from(b & 31)])).collect()
}

/// A random number below `bound`, without bias worth naming for bounds below 2³².
pub fn random_below(bound: u32) -> u32 {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).expect("the system has randomness");
    u32::try_from(u64::from_le_bytes(bytes) % u64::from(bound.max(1))).unwrap_or(0)
}

fn create(path: &Path) -> Result<[u8; 32]> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut root = [0; 32];
    SystemRandom::new().fill(&mut root).map_err(|_| AppError::internal("no randomness"))?;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| AppError::io("create the key", path, &e))?;
    writeln!(file, "{}", hex(&root)).map_err(|e| AppError::io("write the key", path, &e))?;
    file.sync_all().map_err(|e| AppError::io("write the key", path, &e))?;
    Ok(root)
}

fn parse(text: &str, place: &str) -> Result<[u8; 32]> {
    unhex(text.trim())
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| KeyError::Malformed(place.to_owned()).into())
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads hexadecimal.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() % 2 != 0 || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}
