//! Pictures are decoded within limits and written anew: what comes out has points of colour and nothing else.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};

use super::{PICTURE, Preview, SIDE, Shown};

/// Most points of a picture that is decoded.
const POINTS: u64 = 40_000_000;
/// Most points on one side of it.
const LONGEST: u32 = 30_000;
/// Most bytes that decoding may take.
const MEMORY: u64 = 256 << 20;

/// Why a picture is not shown.
enum Refused {
    /// It says that it is this large.
    Points(u32, u32),
    /// It is broken, or takes too much memory.
    Broken,
}

/// A picture made anew, or its kind and first bytes with the reason why there is none.
pub(super) fn preview(bytes: &[u8], format: ImageFormat) -> Preview {
    let name = name(format);
    match again(bytes, format) {
        Ok((picture, (width, height), smaller)) => Preview {
            kind: format!("{name} picture, {width} × {height}"),
            cut: smaller.map_or_else(String::new, |(width, height)| {
                format!("It is shown smaller than it is: {width} × {height}.")
            }),
            shown: Shown::Picture(picture),
            ..Preview::default()
        },
        Err(why) => {
            let why = match why {
                Refused::Points(width, height) => format!(
                    "It says it is {width} × {height} points large. Pictures of more than 40 million points are not decoded."
                ),
                Refused::Broken => "It begins like a picture, but cannot be read as one within the limits.".into(),
            };
            let mut preview = super::text::numbers(bytes);
            preview.kind = format!("{name} picture");
            preview.warnings.push(why);
            preview
        }
    }
}

fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Gif => "GIF",
        _ => "WebP",
    }
}

type Again = (Vec<u8>, (u32, u32), Option<(u32, u32)>);

/// The picture as a new PNG file, how large it was, and how large it is now if it was made smaller.
fn again(bytes: &[u8], format: ImageFormat) -> Result<Again, Refused> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    // Sides are looked at below, so that the picture's own numbers can be said.
    (limits.max_image_width, limits.max_image_height) = (None, None);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| Refused::Broken)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > POINTS || width.max(height) > LONGEST {
        return Err(Refused::Points(width, height));
    }
    if decoder.total_bytes() > MEMORY {
        return Err(Refused::Broken);
    }
    let turned = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| Refused::Broken)?;
    let mut smaller = None;
    // One of noise may be too large still; then it is made smaller once more.
    for side in [SIDE, SIDE / 2] {
        if picture.width().max(picture.height()) > side {
            picture = picture.thumbnail(side, side);
            smaller = Some((picture.width(), picture.height()));
        }
        let mut plain = match picture.color().has_alpha() {
            true => DynamicImage::ImageRgba8(picture.to_rgba8()),
            false => DynamicImage::ImageRgb8(picture.to_rgb8()),
        };
        if let Some(turned) = turned {
            plain.apply_orientation(turned);
        }
        let mut made = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut made, CompressionType::Fast, FilterType::Adaptive);
        plain.write_with_encoder(encoder).map_err(|_| Refused::Broken)?;
        if made.len() <= PICTURE {
            return Ok((made, (width, height), smaller));
        }
    }
    Err(Refused::Broken)
}

/// Width and height of a PNG file, by its first bytes; `None` when it does not begin like one.
pub(super) fn size_of_png(bytes: &[u8]) -> Option<(u32, u32)> {
    let rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")?;
    let side = |at: usize| Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?));
    Some((side(0)?, side(4)?))
}

/// Where a picture ends by its own account; `None` where that cannot be told.
pub(super) fn end(bytes: &[u8], format: ImageFormat) -> Option<usize> {
    match format {
        ImageFormat::Png => end_of_png(bytes),
        ImageFormat::Gif => end_of_gif(bytes),
        ImageFormat::Jpeg => bytes.windows(2).rposition(|pair| pair == [0xff, 0xd9]).map(|at| at + 2),
        _ => usize::try_from(u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?)).ok()?.checked_add(8),
    }
}

fn end_of_png(bytes: &[u8]) -> Option<usize> {
    let mut at = 8;
    loop {
        let length = u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?);
        let last = bytes.get(at + 4..at + 8)? == b"IEND";
        at = at.checked_add(12)?.checked_add(usize::try_from(length).ok()?)?;
        if last {
            return Some(at);
        }
    }
}

fn end_of_gif(bytes: &[u8]) -> Option<usize> {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + table(*bytes.get(10)?);
    loop {
        match *bytes.get(at)? {
            0x3b => return Some(at + 1),
            0x21 => at += 2,
            0x2c => at += 11 + table(*bytes.get(at + 9)?),
            _ => return None,
        }
        // Blocks with their length in front, until one of none.
        loop {
            let length = usize::from(*bytes.get(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
    }
}
