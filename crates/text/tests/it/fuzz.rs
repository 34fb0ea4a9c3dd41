//! Whatever people write or send, it is read: nothing breaks, and every place that is named lies in
//! the text.

use std::{
    ops::Range,
    sync::{Arc, LazyLock},
};

use proptest::prelude::*;
use yutang_text::{
    advert, claim,
    classify::{Mark, Views},
    complaint, contact, evasion,
    fold::{Folded, Span, sort_key},
    insult,
    lexicon::RuleSet,
    model::Model,
    near,
    pipeline::Pipeline,
    qr::{self, PIXELS_MAX, PictureError},
    search::{TERMS_MAX, index_terms},
    topic::Topic,
    value::Message,
    verdict,
};

/// What odd and hostile texts are made of: words that judges look for, and characters that readers
/// of texts stumble over.
const PIECES: &[&str] = &[
    "加薇",
    "jia薇❤ ",
    "嘉V",
    "力口",
    "兼职刷单",
    "日结200",
    "13800138000",
    "一三八零零一三八零零零",
    "abc12345",
    "vx",
    "q",
    "@some_body1",
    "https://t.me/+x",
    "hxxp://a . com/",
    "example点com",
    "傻逼",
    "你有病吧",
    "吐司里有头发",
    "全网最好吃",
    "仅剩3份",
    "{{stock}}",
    "转发有奖",
    "不要发:\n",
    "退款",
    "隔壁店",
    "便宜３０元",
    "微信支付",
    "接龙 3. 王芳 2个",
    "@李姐 ",
    "李姐: ",
    "\0",
    "\u{1}",
    "\u{7f}",
    "\u{85}",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\u{3000}",
    "\u{2028}",
    "\u{ad}",
    "\u{200b}",
    "\u{200d}",
    "\u{202e}",
    "\u{202c}",
    "\u{2066}",
    "\u{2069}",
    "\u{fe0f}",
    "\u{feff}",
    "\u{e0041}",
    "\u{e007f}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{10ffff}",
    "e\u{301}\u{327}",
    "\u{301}",
    "\u{0e33}",
    "a\u{34f}\u{336}",
    "ﷺ",
    "ﬃ",
    "㍿",
    "①②③",
    "🅥🅧",
    "ＶＸ",
    "İ",
    "ß",
    "ǅ",
    "각",
    "\u{1112}\u{1161}\u{11ab}",
    "👨\u{200d}👩\u{200d}👧\u{200d}👦",
    "🏳\u{fe0f}\u{200d}🌈",
    "🇨🇳",
    "👍🏽",
    "1\u{fe0f}\u{20e3}",
    "𠮷",
    "麵",
    ".",
    "。",
    "·",
    ",",
    "!",
    "+",
    "@",
    "/",
    ":",
    "\\",
    "{{",
    "</script>",
];

const RULES: &str = r#"
    [[list]]
    name = "rival"
    kind = "word"
    weight = 60
    words = ["隔壁店", "ABC", "👍", "q"]
    [[rule]]
    name = "price"
    kind = "advert"
    weight = 100
    pattern = '便宜\d+元|(加+)+薇'
    unless = "本店"
    [[rule]]
    name = "mark"
    kind = "insult"
    weight = -20
    pattern = '\pM|\p{Cf}|.{3}'
    [allow]
    words = ["微信支付", "加"]
    hosts = ["example.com"]
    contacts = ["13800138000"]
    accounts = ["abc12345"]
"#;

/// As many cases as the ordinary tests have time for, or many more at full size.
fn cases(ordinary: u32, at_full_size: u32) -> ProptestConfig {
    let soak = std::env::var_os("YUTANG_SOAK").is_some();
    ProptestConfig {
        cases: if soak { at_full_size } else { ordinary },
        ..ProptestConfig::default()
    }
}

/// Without rules of one's own, and with rules and a model.
static PIPELINES: LazyLock<[Pipeline; 2]> = LazyLock::new(|| {
    let texts: Vec<(String, bool)> = (0..40)
        .flat_map(|n| {
            [
                (format!("兼职刷单{n},加薇 kta{n}👨\u{200d}👩"), true),
                (format!("第{n}炉吐司出炉了"), false),
            ]
        })
        .collect();
    let marks: Vec<Mark<'_>> = texts
        .iter()
        .map(|(text, unwanted)| Mark {
            text,
            unwanted: *unwanted,
        })
        .collect();
    let own = Pipeline {
        rules: Arc::new(RuleSet::parse(RULES).unwrap()),
        model: Some(Arc::new(Model::train(&marks, 1).unwrap())),
    };
    [Pipeline::default(), own]
});

/// Places lie in the text, in the order of their beginnings.
fn in_order(text: &str, what: &str, places: impl IntoIterator<Item = Span>) {
    let count = text.chars().count() as u32;
    let mut last = 0;
    for span in places {
        assert!(
            span.start < span.end && span.end <= count,
            "{what}: {span:?} of {count} in {text:?}"
        );
        assert!(span.start >= last, "{what}: {span:?} in {text:?}");
        last = span.start;
    }
}

/// Has everything read a text.
fn survive(text: &str) {
    let folded = Folded::new(text);
    let canonical = evasion::Canonical::new(&folded);
    let whole = (!canonical.text().is_empty()).then(|| canonical.span(0, canonical.text().len()));
    in_order(text, "canonical", whole);
    let mut rewritten: Vec<Span> = canonical.rewritten().iter().map(|one| one.span).collect();
    rewritten.sort_unstable();
    in_order(text, "rewritten", rewritten);
    for pipeline in &*PIPELINES {
        let check = pipeline.check(text);
        let spans = check.hits.iter().filter_map(|hit| hit.span);
        let spans = spans.map(|(start, end)| Span { start, end });
        in_order(text, "hits", spans);
        in_order(text, "contacts", check.contacts.iter().map(|one| one.span));
        assert!(check.score().is_finite());
        check.decision();
        if let Some(opinion) = check.opinion {
            assert!((0.0..=1.0).contains(&opinion.probability), "{text:?}");
        }
        serde_json::to_string(&check).unwrap();
        if let Some(model) = &pipeline.model {
            let parts = model.explain(&Views::new(text, &folded, &canonical));
            let mut parts: Vec<Span> = parts.iter().map(|part| part.span).collect();
            parts.sort_unstable();
            in_order(text, "influences", parts);
        }
        pipeline.rules.allowed(&folded);
    }
    in_order(
        text,
        "found",
        contact::find(text).iter().map(|one| one.span),
    );
    in_order(
        text,
        "insults",
        insult::find(text).iter().map(|one| one.span),
    );
    in_order(
        text,
        "complaint",
        complaint::judge(text).map(|one| one.span),
    );
    in_order(
        text,
        "claims",
        claim::claims(text).iter().map(|one| one.span),
    );
    if let Some(advert) = advert::judge(text) {
        in_order(text, "advert", advert.reasons.iter().map(|one| one.span));
    }
    if let Some(signature) = near::signature(text) {
        assert!((near::similar(&signature, &signature) - 1.0).abs() < f64::EPSILON);
    }
    let said = Message {
        text,
        ..Message::default()
    };
    verdict::judge(&said, &Topic::new(["面包 吐司"]));
    // What stands in an index is short, whatever the name.
    let terms = index_terms(text);
    assert!(terms.len() <= TERMS_MAX && terms.iter().all(|term| term.len() <= 256));
    assert!(sort_key(text).is_ascii());
}

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => any::<char>().prop_map(String::from),
        // What is left of characters that were cut in two.
        1 => prop::collection::vec(0xD700..0xE100_u16, 0..4)
            .prop_map(|units| String::from_utf16_lossy(&units)),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(cases(192, 19_200))]

    #[test]
    fn any_text(text in texts()) {
        survive(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survive(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn the_pieces_themselves_and_each_other() {
    for piece in PIECES {
        survive(piece);
        survive(&format!("{piece}加薇 abc12345{piece}"));
    }
}

/// A line as long as a network lets through: the same thing over and over.
#[test]
fn a_line_of_64_kilobytes() {
    for piece in PIECES {
        survive(&piece.repeat((64 << 10) / piece.len()));
    }
    for pieces in PIECES.windows(3).step_by(3) {
        let line = pieces.concat();
        survive(&line.repeat((64 << 10) / line.len()));
    }
}

proptest! {
    #![proptest_config(cases(2, 200))]

    #[test]
    fn a_long_line_of_anything(pieces in prop::collection::vec(texts(), 1..60)) {
        let line = pieces.concat();
        let times = (64 << 10) / line.len().max(1);
        survive(&line.repeat(times.max(1)));
    }
}

/// A grey PNG of a QR code, or of nothing.
fn png(says: Option<&str>, color: png::ColorType, depth: png::BitDepth) -> Vec<u8> {
    let (side, scale) = (45 * 4, 4);
    let code = says.map(|text| fast_qr::QRBuilder::new(text).build().unwrap());
    let dark = |x: usize, y: usize| {
        code.as_ref().is_some_and(|code| {
            let inside = |at: usize| (4..code.size + 4).contains(&(at / scale));
            inside(x) && inside(y) && code[y / scale - 4][x / scale - 4].value()
        })
    };
    let mut rows = Vec::new();
    for y in 0..side {
        let mut bits = 0_u8;
        for x in 0..side {
            let shade = if dark(x, y) { 0 } else { 255 };
            let pixel = match color {
                png::ColorType::Rgba => vec![shade, shade, shade, 255],
                png::ColorType::Rgb => vec![shade; 3],
                png::ColorType::GrayscaleAlpha => vec![shade, 255],
                _ => vec![shade],
            };
            match depth {
                png::BitDepth::One => {
                    bits = bits << 1 | shade & 1;
                    if x % 8 == 7 || x + 1 == side {
                        rows.push(bits << (7 - x % 8));
                        bits = 0;
                    }
                }
                png::BitDepth::Sixteen => rows.extend(pixel.iter().flat_map(|byte| [*byte; 2])),
                _ => rows.extend(pixel),
            }
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side as u32, side as u32);
    encoder.set_color(color);
    encoder.set_depth(depth);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&rows).unwrap();
    writer.finish().unwrap();
    file
}

const SAYS: &str = "https://example.com/join?g=1";

/// Pictures with and without a code, and what is read from them.
fn pictures() -> Vec<(Vec<u8>, Result<Vec<String>, PictureError>)> {
    use png::{BitDepth, ColorType};
    let found = || Ok(vec![SAYS.to_owned()]);
    let nothing = || Ok(Vec::new());
    let file = |bytes: &[u8]| bytes.to_vec();
    let webp = || Err(PictureError::Format);
    vec![
        (
            png(Some(SAYS), ColorType::Grayscale, BitDepth::Eight),
            found(),
        ),
        (
            png(Some(SAYS), ColorType::Grayscale, BitDepth::One),
            found(),
        ),
        (
            png(Some(SAYS), ColorType::Grayscale, BitDepth::Sixteen),
            found(),
        ),
        (
            png(Some(SAYS), ColorType::GrayscaleAlpha, BitDepth::Eight),
            found(),
        ),
        (png(Some(SAYS), ColorType::Rgb, BitDepth::Eight), found()),
        (png(Some(SAYS), ColorType::Rgba, BitDepth::Sixteen), found()),
        (png(None, ColorType::Rgb, BitDepth::Eight), nothing()),
        (file(include_bytes!("../data/code_palette.png")), found()),
        (file(include_bytes!("../data/code.jpg")), found()),
        (
            file(include_bytes!("../data/code_progressive.jpg")),
            found(),
        ),
        (file(include_bytes!("../data/plain.jpg")), nothing()),
        (file(include_bytes!("../data/code.webp")), webp()),
        (file(include_bytes!("../data/plain.webp")), webp()),
    ]
}

#[test]
fn the_pictures_themselves() {
    for (index, (picture, said)) in pictures().into_iter().enumerate() {
        assert_eq!(qr::read(&picture), said, "picture {index}");
    }
}

/// Whatever a picture says, it is a text like any other.
fn survive_picture(picture: &[u8]) {
    for code in qr::read(picture).unwrap_or_default() {
        survive(&code);
    }
}

/// Claims another size: the bytes of a PNG's head with their sum, or those of a JPEG's frame.
fn resized(mut picture: Vec<u8>, width: u32, height: u32) -> Vec<u8> {
    if picture.starts_with(b"\x89PNG") {
        picture[16..20].copy_from_slice(&width.to_be_bytes());
        picture[20..24].copy_from_slice(&height.to_be_bytes());
        let sum = crc32(&picture[12..29]);
        picture[29..33].copy_from_slice(&sum.to_be_bytes());
    } else if picture.starts_with(&[0xFF, 0xD8]) {
        let frame = picture
            .windows(2)
            .position(|pair| matches!(pair, [0xFF, 0xC0 | 0xC2]))
            .unwrap();
        picture[frame + 5..frame + 7].copy_from_slice(&(height as u16).to_be_bytes());
        picture[frame + 7..frame + 9].copy_from_slice(&(width as u16).to_be_bytes());
    }
    picture
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            sum >> 1 ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

/// What is claimed to be huge is refused by its size; what is claimed to be large by its bytes.
#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    for (picture, _) in pictures() {
        if picture.starts_with(b"RIFF") {
            continue;
        }
        for (width, height) in [(60_000, 60_000), (65_535, 400), (5_000, 5_000)] {
            assert!(u64::from(width) * u64::from(height) > PIXELS_MAX);
            let (width_told, height_told) = (u64::from(width), u64::from(height));
            assert_eq!(
                qr::read(&resized(picture.clone(), width, height)),
                Err(PictureError::Pixels {
                    width: width_told,
                    height: height_told
                })
            );
        }
        for (width, height) in [(4_000, 4_000), (0, 0), (0, 7), (1, 65_535)] {
            survive_picture(&resized(picture.clone(), width, height));
        }
    }
    let dark = resized(
        png(None, png::ColorType::Rgba, png::BitDepth::Eight),
        u32::MAX,
        u32::MAX,
    );
    assert!(qr::read(&dark).is_err());
}

proptest! {
    #![proptest_config(cases(96, 1_000))]

    #[test]
    fn changed_pictures(
        which in 0..13_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..5_u8), 1..10),
    ) {
        let (mut picture, _) = pictures().swap_remove(which);
        for (at, byte, how) in changes {
            if picture.is_empty() {
                break;
            }
            let at = at.index(picture.len());
            match how {
                0 => picture[at] = byte,
                1 => picture.insert(at, byte),
                2 => drop(picture.remove(at)),
                3 => drop(picture.drain(at..(at + usize::from(byte)).min(picture.len()))),
                _ => picture.truncate(at),
            }
        }
        survive_picture(&picture);
    }

    /// Truth in the head, anything in the body.
    #[test]
    fn pictures_of_anything(
        head in prop::sample::select(vec![
            &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x40"[..],
            &[0xFF, 0xD8, 0xFF, 0xE0, 0, 16][..],
            b"RIFF\x40\0\0\0WEBPVP8 ",
            b"",
        ]),
        body in prop::collection::vec(any::<u8>(), 0..800),
    ) {
        survive_picture(&[head, &body].concat());
    }

    #[test]
    fn any_size(which in 0..11_usize, width in 0..6_000_u32, height in 0..6_000_u32) {
        let (picture, _) = pictures().swap_remove(which);
        survive_picture(&resized(picture, width, height));
    }

    #[test]
    fn any_code(text in texts().prop_filter("it fits", |text| (1..60).contains(&text.len()))) {
        let read = qr::read(&png_of(&text));
        prop_assert!(read.is_ok(), "{read:?}");
        for code in read.unwrap_or_default() {
            survive(&code);
        }
    }
}

/// A code that says a text, however large it becomes.
fn png_of(text: &str) -> Vec<u8> {
    let code = fast_qr::QRBuilder::new(text).build().unwrap();
    let (scale, edge) = (3, 4);
    let side = (code.size + 2 * edge) * scale;
    let inside: Range<usize> = edge..code.size + edge;
    let pixels: Vec<u8> = (0..side * side)
        .map(|at| {
            let (x, y) = (at % side / scale, at / side / scale);
            let dark =
                inside.contains(&x) && inside.contains(&y) && code[y - edge][x - edge].value();
            if dark { 0 } else { 255 }
        })
        .collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side as u32, side as u32);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    file
}
