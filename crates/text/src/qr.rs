//! QR codes in pictures: what is written in them.
//!
//! PNG and JPEG, the formats that phones and chat networks send. A picture comes from strangers, so
//! its bytes and the size that its header claims are looked at before anything is unpacked, and
//! nothing in it can do more than make reading fail.

use std::io::Cursor;

use thiserror::Error;
use zune_jpeg::{
    JpegDecoder,
    zune_core::{colorspace::ColorSpace, options::DecoderOptions},
};

/// Largest file, in bytes.
pub const BYTES_MAX: usize = 10 * 1024 * 1024;
/// Largest picture, in pixels.
pub const PIXELS_MAX: u64 = 20_000_000;
/// Most codes that are read from one picture.
pub const CODES_MAX: usize = 16;

/// Why a picture cannot be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PictureError {
    /// The file is larger than [`BYTES_MAX`].
    #[error("a picture of {bytes} bytes; at most {BYTES_MAX} are read")]
    Bytes {
        /// Its size.
        bytes: usize,
    },
    /// The picture is larger than [`PIXELS_MAX`].
    #[error("a picture of {width} × {height}; at most {PIXELS_MAX} pixels are read")]
    Pixels {
        /// Its width, in pixels.
        width: u64,
        /// Its height, in pixels.
        height: u64,
    },
    /// It is neither PNG nor JPEG.
    #[error("neither PNG nor JPEG")]
    Format,
    /// It ends too early or contradicts itself.
    #[error("the picture is damaged: {0}")]
    Damaged(String),
}

impl PictureError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Bytes { .. } => "picture.bytes",
            Self::Pixels { .. } => "picture.pixels",
            Self::Format => "picture.format",
            Self::Damaged(_) => "picture.damaged",
        }
    }
}

/// Shades of grey, row by row.
struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// The texts of all QR codes in a picture; none is no error.
pub fn read(picture: &[u8]) -> Result<Vec<String>, PictureError> {
    if picture.len() > BYTES_MAX {
        return Err(PictureError::Bytes {
            bytes: picture.len(),
        });
    }
    let grey = if picture.starts_with(b"\x89PNG\r\n\x1a\n") {
        from_png(picture)?
    } else if picture.starts_with(&[0xFF, 0xD8, 0xFF]) {
        from_jpeg(picture)?
    } else {
        return Err(PictureError::Format);
    };
    if grey.width < 21 || grey.height < 21 {
        return Ok(Vec::new());
    }
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(grey.width, grey.height, |x, y| {
            grey.pixels[y * grey.width + x]
        });
    let mut texts: Vec<String> = Vec::new();
    for grid in prepared.detect_grids().into_iter().take(CODES_MAX) {
        if let Ok((_, text)) = grid.decode()
            && !texts.contains(&text)
        {
            texts.push(text);
        }
    }
    Ok(texts)
}

fn bounded(width: u64, height: u64) -> Result<usize, PictureError> {
    match width.checked_mul(height) {
        Some(pixels) if pixels > 0 && pixels <= PIXELS_MAX => Ok(pixels as usize),
        _ => Err(PictureError::Pixels { width, height }),
    }
}

fn from_png(picture: &[u8]) -> Result<Grey, PictureError> {
    let damaged = |error: png::DecodingError| PictureError::Damaged(error.to_string());
    let mut decoder = png::Decoder::new_with_limits(
        Cursor::new(picture),
        png::Limits {
            bytes: PIXELS_MAX as usize * 4,
        },
    );
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let header = decoder.read_header_info().map_err(damaged)?;
    let pixels = bounded(u64::from(header.width), u64::from(header.height))?;
    let mut reader = decoder.read_info().map_err(damaged)?;
    let size = reader
        .output_buffer_size()
        .filter(|size| *size <= pixels.saturating_mul(4))
        .ok_or_else(|| PictureError::Damaged("its rows are too long".into()))?;
    let mut buffer = vec![0; size];
    let frame = reader.next_frame(&mut buffer).map_err(damaged)?;
    let samples = frame.color_type.samples();
    let width = frame.width as usize;
    let height = frame.height as usize;
    let row = width * samples;
    let mut grey = Vec::with_capacity(width * height);
    for line in buffer.chunks_exact(frame.line_size.max(1)).take(height) {
        let line = line
            .get(..row)
            .ok_or_else(|| PictureError::Damaged("a row is too short".into()))?;
        grey.extend(line.chunks_exact(samples).map(|pixel| match pixel {
            [shade] => *shade,
            [shade, alpha] => over_white(*shade, *alpha),
            [red, green, blue] => shade(*red, *green, *blue),
            [red, green, blue, alpha] => over_white(shade(*red, *green, *blue), *alpha),
            _ => u8::MAX,
        }));
    }
    whole(width, height, grey)
}

fn from_jpeg(picture: &[u8]) -> Result<Grey, PictureError> {
    let damaged = |error: &dyn std::fmt::Debug| PictureError::Damaged(format!("{error:?}"));
    let options = DecoderOptions::new_safe()
        .set_max_width(u16::MAX as usize)
        .set_max_height(u16::MAX as usize)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(picture), options);
    decoder.decode_headers().map_err(|error| damaged(&error))?;
    let (width, height) = decoder
        .dimensions()
        .ok_or_else(|| PictureError::Damaged("it has no size".into()))?;
    bounded(width as u64, height as u64)?;
    let pixels = decoder.decode().map_err(|error| damaged(&error))?;
    whole(width, height, pixels)
}

fn whole(width: usize, height: usize, pixels: Vec<u8>) -> Result<Grey, PictureError> {
    if pixels.len() == width * height {
        Ok(Grey {
            width,
            height,
            pixels,
        })
    } else {
        Err(PictureError::Damaged("pixels are missing".into()))
    }
}

fn shade(red: u8, green: u8, blue: u8) -> u8 {
    ((u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114) / 1000) as u8
}

/// What is see-through shows the white it lies on.
fn over_white(shade: u8, alpha: u8) -> u8 {
    let (shade, alpha) = (u32::from(shade), u32::from(alpha));
    ((shade * alpha + 255 * (255 - alpha)) / 255) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A code as a grey PNG, `scale` pixels to a module.
    fn picture(text: &str, scale: usize) -> Vec<u8> {
        let code = fast_qr::QRBuilder::new(text).build().unwrap();
        let side = (code.size + 8) * scale;
        let pixels: Vec<u8> = (0..side * side)
            .map(|at| {
                let (x, y) = (at % side / scale, at / side / scale);
                let inside = (4..code.size + 4).contains(&x) && (4..code.size + 4).contains(&y);
                let dark = inside && code[y - 4][x - 4].value();
                if dark { 0 } else { 255 }
            })
            .collect();
        png(side as u32, side as u32, &pixels)
    }

    fn png(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(pixels).unwrap();
        writer.finish().unwrap();
        file
    }

    #[test]
    fn a_code_says_what_was_written_into_it() {
        for text in ["https://example.com/join?g=1", "加微信 abc12345", "12345"] {
            assert_eq!(read(&picture(text, 5)).unwrap(), [text]);
        }
    }

    #[test]
    fn a_picture_without_a_code_has_none() {
        assert_eq!(read(&png(64, 64, &[200; 64 * 64])), Ok(Vec::new()));
        assert_eq!(read(&png(3, 3, &[0; 9])), Ok(Vec::new()));
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_is_unpacked() {
        assert_eq!(
            read(&vec![0; 50 * 1024 * 1024]),
            Err(PictureError::Bytes {
                bytes: 50 * 1024 * 1024
            })
        );
        let mut bomb = png(8, 8, &[0; 64]);
        bomb[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        let error = read(&bomb).unwrap_err();
        assert!(
            matches!(
                error,
                PictureError::Pixels { .. } | PictureError::Damaged(_)
            ),
            "{error}"
        );
        assert_eq!(read(b"GIF89a"), Err(PictureError::Format));
        assert_eq!(
            read(&[0xFF, 0xD8, 0xFF, 0xE0]).unwrap_err().code(),
            "picture.damaged"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_bytes_do_harm(head in 0..3_usize, bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let heads: [&[u8]; 3] = [b"", b"\x89PNG\r\n\x1a\n", &[0xFF, 0xD8, 0xFF]];
            let _ = read(&[heads[head], &bytes].concat());
        }

        #[test]
        fn a_damaged_code_does_no_harm(at in 0..2_000_usize, byte: u8, cut in 0..2_000_usize) {
            let mut file = picture("https://example.com/join", 3);
            let length = file.len();
            file[at % length] = byte;
            file.truncate(length - cut.min(length - 1) % length);
            let _ = read(&file);
        }
    }
}
