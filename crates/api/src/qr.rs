//! Pictures of links, for phones.

use fast_qr::{
    ECL, QRBuilder,
    convert::{Builder as _, Shape, svg::SvgBuilder},
};
use yutang_app::AppError;

use crate::problem::Result;

/// A QR code of `text` as SVG, with the quiet zone of four modules that scanners ask for.
///
/// # Errors
/// The text is longer than a code can hold.
pub fn svg(text: &str) -> Result<String> {
    let code = QRBuilder::new(text)
        .ecl(ECL::M)
        .build()
        .map_err(|e| AppError::internal(format!("no QR code of {} bytes: {e:?}", text.len())))?;
    Ok(SvgBuilder::default()
        .shape(Shape::Square)
        .margin(4)
        .to_str(&code))
}
