//! The bytes of a file, hashed while they are read.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::{Arc, Mutex},
};

use flate2::read::MultiGzDecoder;
use ring::digest::{Context, SHA256};

use crate::ImportError;

/// Bytes between two checks that the file is the planned one.
const BLOCK: usize = 1 << 20;
/// A packed file may unpack to this many times its size.
const RATIO: u64 = 500;
/// Below this many bytes the ratio does not matter.
const RATIO_FROM: u64 = 64 << 20;

/// What the plan pass learned about the bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Print {
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Size of the file.
    pub bytes: u64,
    /// First eight bytes of the SHA-256 of everything up to the end of each block. The read pass
    /// compares before it hands out a block, so no byte of a changed file gets further.
    pub marks: Arc<Vec<u64>>,
}

/// Where a [`Source`] leaves its findings for whoever gave it away.
pub(crate) type Shared = Arc<Mutex<Print>>;

/// A reader that hashes.
pub(crate) struct Source {
    file: File,
    context: Context,
    block: Vec<u8>,
    at: usize,
    marks: Vec<u64>,
    bytes: u64,
    expected: Option<Arc<Vec<u64>>>,
    done: bool,
    found: Shared,
}

fn prefix(context: &Context) -> ([u8; 32], u64) {
    let digest = context.clone().finish();
    let mut whole = [0; 32];
    whole.copy_from_slice(digest.as_ref());
    let mut first = [0; 8];
    first.copy_from_slice(&whole[..8]);
    (whole, u64::from_le_bytes(first))
}

impl Source {
    /// Opens a file; with `expected` each block is compared before it is handed out.
    pub fn open(path: &Path, expected: Option<&Print>) -> Result<(Self, Shared), ImportError> {
        let found = Shared::default();
        let source = Self {
            file: File::open(path)?,
            context: Context::new(&SHA256),
            block: Vec::new(),
            at: 0,
            marks: Vec::new(),
            bytes: 0,
            expected: expected.map(|print| Arc::clone(&print.marks)),
            done: false,
            found: Arc::clone(&found),
        };
        Ok((source, found))
    }

    fn refill(&mut self) -> io::Result<()> {
        self.block.clear();
        self.at = 0;
        let read = (&mut self.file)
            .take(BLOCK as u64)
            .read_to_end(&mut self.block)?;
        let (sha256, mark) = if read == 0 {
            self.done = true;
            prefix(&self.context)
        } else {
            self.context.update(&self.block);
            self.bytes += read as u64;
            prefix(&self.context)
        };
        if let Some(expected) = &self.expected {
            let same = if read == 0 {
                self.marks.len() == expected.len()
            } else {
                expected.get(self.marks.len()) == Some(&mark)
            };
            if !same {
                return Err(ImportError::Changed.into());
            }
        }
        if read == 0 {
            let mut found = self.found.lock().expect("no holder of this lock can panic");
            *found = Print {
                sha256,
                bytes: self.bytes,
                marks: Arc::new(self.marks.clone()),
            };
        } else {
            self.marks.push(mark);
        }
        Ok(())
    }
}

impl Read for Source {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() && !self.done {
            self.refill()?;
        }
        let left = &self.block[self.at..];
        let count = left.len().min(out.len());
        out[..count].copy_from_slice(&left[..count]);
        self.at += count;
        Ok(count)
    }
}

/// Refuses a stream that unpacks without end.
struct Bounded {
    inner: MultiGzDecoder<Source>,
    out: u64,
    limit: u64,
}

impl Read for Bounded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = match self.inner.read(out) {
            Ok(count) => count,
            Err(error)
                if error.kind() == io::ErrorKind::UnexpectedEof
                    || error.kind() == io::ErrorKind::InvalidInput =>
            {
                return Err(ImportError::Truncated {
                    line: 0,
                    byte: self.out,
                }
                .into());
            }
            Err(error) => return Err(error),
        };
        self.out += count as u64;
        if self.out > self.limit {
            return Err(ImportError::ZipBomb { limit: self.limit }.into());
        }
        Ok(count)
    }
}

/// The content of a file, unpacked if it is a gzip file.
pub(crate) fn open(
    path: &Path,
    expected: Option<&Print>,
) -> Result<(Box<dyn Read>, Shared), ImportError> {
    let mut magic = [0; 2];
    let read = File::open(path)?.read(&mut magic)?;
    let size = std::fs::metadata(path)?.len();
    let (source, found) = Source::open(path, expected)?;
    if read == 2 && magic == [0x1F, 0x8B] {
        let limit = RATIO_FROM.max(size.saturating_mul(RATIO));
        let inner = MultiGzDecoder::new(source);
        return Ok((
            Box::new(Bounded {
                inner,
                out: 0,
                limit,
            }),
            found,
        ));
    }
    Ok((Box::new(source), found))
}

/// Reads what is left, so that the print covers the whole file.
pub(crate) fn finish(mut reader: impl Read, found: &Shared) -> Result<Print, ImportError> {
    io::copy(&mut reader, &mut io::sink())?;
    Ok(found
        .lock()
        .expect("no holder of this lock can panic")
        .clone())
}

/// The first bytes of the content, at most `limit`, and whether that is all of it.
pub(crate) fn head(path: &Path, limit: usize) -> Result<(Vec<u8>, bool), ImportError> {
    let (reader, _) = open(path, None)?;
    let mut head = Vec::new();
    reader.take(limit as u64 + 1).read_to_end(&mut head)?;
    let whole = head.len() <= limit;
    head.truncate(limit);
    Ok((head, whole))
}
