//! What an advert may not say, shown while a text is written, wherever it is to go out.

use yutang_domain::permission::Operation;
pub use yutang_text::claim::Claim;

use crate::{App, Caller, Result};

impl App {
    /// Claims in a text that an advert may not make, each with why and what to write instead.
    ///
    /// # Errors
    /// The caller may not look at groups.
    pub fn claims(&self, caller: &Caller, text: &str) -> Result<Vec<Claim>> {
        caller.may(Operation::GroupRead)?;
        Ok(yutang_text::claim::claims(text))
    }
}
