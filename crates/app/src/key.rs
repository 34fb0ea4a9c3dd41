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

pub(crate) const FINGERPRINT: &str = "key.fingerprint";
/// The key of look-up hashes, sealed: it stays the same when the root key is rotated.
pub(crate) const LOOKUP: &str = "key.lookup";
/// Name of the key's file in the data folder.
pub(crate) const FILE: &str = "secret.key";
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
        "the database {place} was written with another key (fingerprint {expected}, this one is \
         {found}): put the old secret.key back, or set YUTANG_SECRET_KEY to it"
    )]
    Another {
        /// The database: file, or URL without its password.
        place: String,
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
    fn at(&self) -> Option<String> {
        match self {
            Self::Malformed(place) | Self::Another { place, .. } => Some(place.clone()),
            Self::Sealed => None,
        }
    }
}

/// The keys of an installation.
pub struct Keys {
    root: [u8; 32],
    lookup: [u8; 32],
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
        let path = data.join(FILE);
        let mut tx = store.begin(Mode::Read).await?;
        let expected = installation::find(&mut tx, FINGERPRINT).await?;
        let lookup = installation::find(&mut tx, LOOKUP).await?;
        tx.commit().await?;
        if let (None, Some(expected)) = (given, &expected) {
            crate::rotate::settle(&path, expected)?;
        }
        let root = match given {
            Some(text) => parse(text, "YUTANG_SECRET_KEY")?,
            None => match std::fs::read_to_string(&path) {
                Ok(text) => parse(&text, &path.display().to_string())?,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                    if let Some(expected) = &expected {
                        return Err(KeyError::Another {
                            place: store.place().to_owned(),
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
        let mut keys = Self {
            root,
            lookup: derive(&root, Purpose::Lookup),
            random: SystemRandom::new(),
        };
        let found = keys.fingerprint();
        if let Some(expected) = &expected
            && *expected != found
        {
            return Err(KeyError::Another {
                place: store.place().to_owned(),
                expected: expected.clone(),
                found,
            }
            .into());
        }
        if let Some(sealed) = lookup {
            keys.lookup = parse(&keys.unseal(&sealed)?, LOOKUP)?;
        } else {
            let mut tx = store.begin(Mode::Guarded).await?;
            installation::set(&mut tx, FINGERPRINT, &found).await?;
            installation::set(&mut tx, LOOKUP, &keys.sealed_lookup()).await?;
            tx.commit().await?;
        }
        Ok(keys)
    }

    /// First eight bytes of a hash of the root key, in hexadecimal.
    pub fn fingerprint(&self) -> String {
        fingerprint_of(&self.root)
    }

    /// The same keys under another root, for rotation only: look-up hashes stay what they are.
    pub(crate) fn under(&self, root: [u8; 32]) -> Self {
        Self {
            root,
            lookup: self.lookup,
            random: SystemRandom::new(),
        }
    }

    /// The key of look-up hashes as the database keeps it.
    pub(crate) fn sealed_lookup(&self) -> String {
        self.seal(&hex(&self.lookup))
    }

    fn derive(&self, purpose: Purpose) -> [u8; 32] {
        match purpose {
            Purpose::Lookup => self.lookup,
            _ => derive(&self.root, purpose),
        }
    }

    /// Seals a secret for a column: `v1.` and the nonce with the ciphertext in hexadecimal.
    pub fn seal(&self, secret: &str) -> String {
        let key = UnboundKey::new(&AES_256_GCM, &self.derive(Purpose::Column))
            .map(LessSafeKey::new)
            .expect("the derived key has the right length");
        let mut nonce = [0; 12];
        self.random
            .fill(&mut nonce)
            .expect("the system has randomness");
        let mut sealed = secret.as_bytes().to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::empty(),
            &mut sealed,
        )
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
        let open = key
            .open_in_place(nonce, Aad::empty(), &mut body)
            .map_err(|_| KeyError::Sealed)?;
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
    digest::digest(&digest::SHA256, token.as_bytes())
        .as_ref()
        .to_vec()
}

/// A random text of `length` characters of 5 bits each; for secrets use at least 26.
pub fn random_text(length: usize) -> String {
    let mut bytes = vec![0; length];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system has randomness");
    bytes
        .iter()
        .map(|b| char::from(ALPHABET[usize::from(b & 31)]))
        .collect()
}

/// Random bytes, for secrets.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system has randomness");
    bytes
}

/// A random number below `bound`, without bias worth naming for bounds below 2³².
pub fn random_below(bound: u32) -> u32 {
    let mut bytes = [0; 8];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system has randomness");
    u32::try_from(u64::from_le_bytes(bytes) % u64::from(bound.max(1))).unwrap_or(0)
}

fn derive(root: &[u8; 32], purpose: Purpose) -> [u8; 32] {
    struct Length;
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            32
        }
    }
    let mut key = [0; 32];
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"yutang")
        .extract(root)
        .expand(&[purpose.label()], Length)
        .and_then(|okm| okm.fill(&mut key))
        .expect("32 bytes are less than HKDF's limit");
    key
}

/// A new root key.
pub(crate) fn random_root() -> Result<[u8; 32]> {
    let mut root = [0; 32];
    SystemRandom::new()
        .fill(&mut root)
        .map_err(|_| AppError::internal("no randomness"))?;
    Ok(root)
}

fn create(path: &Path) -> Result<[u8; 32]> {
    let root = random_root()?;
    write_new(path, &root)?;
    Ok(root)
}

/// Writes a key to a file that only its owner may read and that is not there yet.
pub(crate) fn write_new(path: &Path, root: &[u8; 32]) -> Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| AppError::io("create the key", path, &e))?;
    writeln!(file, "{}", hex(root)).map_err(|e| AppError::io("write the key", path, &e))?;
    file.sync_all()
        .map_err(|e| AppError::io("write the key", path, &e))?;
    Ok(())
}

/// The fingerprint of a root key: first eight bytes of a hash of it, in hexadecimal.
pub(crate) fn fingerprint_of(root: &[u8; 32]) -> String {
    hex(&hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, root), b"fingerprint").as_ref()[..8])
}

/// Reads a key of 64 hexadecimal digits.
pub(crate) fn parse(text: &str, place: &str) -> Result<[u8; 32]> {
    unhex(text.trim())
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| KeyError::Malformed(place.to_owned()).into())
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Reads hexadecimal.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok())
        .collect()
}
