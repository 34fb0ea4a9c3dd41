//! Reads the files people already have.
//!
//! A community does not begin on the day Yutang is installed: its years of talk lie in the export
//! of a phone, its sales in a spreadsheet that a shop system wrote. Until those are in, no figure
//! means anything. This crate turns such files into records without knowing where they will be
//! kept: a path goes in, records come out, nothing is stored, and the present time and zone are
//! handed in.
//!
//! Every reader goes over a file twice. The *plan* pass reads all of it, decides what a part
//! cannot tell (the order of day and month, which lines repeat) and counts, so that an unreadable
//! file is refused before anything is stored. The *read* pass hands out the records one by one,
//! checks while reading that the file is still the planned one, and can start after any number of
//! records, so an interrupted run goes on where it stopped. Both stream: memory does not grow with
//! the file.
//!
//! - [`chat`]: exports of QQ, WhatsApp, Telegram, Discord and what people copy out of WeChat.
//! - [`table`]: orders, members and group lists as CSV or XLSX.
//! - [`sniff`]: what kind of file this is.
//! - [`LineKey`]: the name of a line, equal again whenever the same line is imported again.

pub mod chat;
mod civil;
mod date_order;
mod encoding;
mod error;
mod han;
mod json;
mod key;
mod sniff;
mod source;
pub mod table;
mod text;

pub use date_order::DateOrder;
pub use encoding::Encoding;
pub use error::{ImportError, Reason, Reject, Rejects};
pub use key::LineKey;
pub use sniff::{Kind, Sniffed, sniff, sniff_as};
