//! What a file says is shown without anybody opening it, by processes that hold nothing.

use std::io::{Cursor, Write as _};

use candor::execute::report::open_receipt;
use candor_core::access::Role;
use candor_core::case::Case;
use candor_core::id::MemberId;
use image::{DynamicImage, ImageFormat, RgbImage};
use reqwest::StatusCode;
use serde_json::Value;

use crate::confined::STEM;
use crate::letters::POLICY;
use crate::support::binary::CANDOR;
use crate::support::service::{Browser, Page, Service, answered};

/// A desk with a report that has these files, and a coordinator who is signed in.
async fn begin(reader: &str, files: &[(&str, Vec<u8>)]) -> (Service, Browser, MemberId, Case) {
    let service = Service::start(&[POLICY], |config| config.reader = Some(reader.into())).await;
    let reporter = service.browser();
    let said = [("title", "Overflow"), ("description", "See the files.")];
    let form = answered(reporter.get("/store/report").await.form("/store/report"), &said);
    let files: Vec<(&str, &str, Vec<u8>)> =
        files.iter().map(|(name, bytes)| (*name, "image/png", bytes.clone())).collect();
    let sent = reporter.post_files("/store/report", &form, &files).await;
    let receipt = sent.receipt().unwrap_or_else(|| panic!("{}", sent.body));
    let (_, case) = open_receipt(&service.app, &receipt).await.expect("it opens");
    let (browser, member) = service.signed_in("ines", Some(Role::Coordinator), false).await;
    (service, browser, member, case)
}

fn href(case: &Case, name: &str) -> String {
    let file = case.files.iter().find(|known| known.file.name == name).expect("the file");
    format!("/desk/cases/{}/files/{}", case.id, file.file.id)
}

async fn preview(browser: &Browser, case: &Case, name: &str) -> Page {
    let page = browser.get(&format!("{}/preview", href(case, name))).await;
    assert_eq!(page.status, StatusCode::OK, "{name}: {}", page.body);
    page
}

fn picture(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let red = RgbImage::from_pixel(30, 20, image::Rgb([255, 0, 0]));
    DynamicImage::ImageRgb8(red).write_to(&mut bytes, format).expect("written");
    bytes.into_inner()
}

/// A ZIP archive with one file, whose flags say that it is encrypted.
fn locked() -> Vec<u8> {
    let common = b"\x01\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x04\0\0\0\x0a\0\0\0";
    let entry = [&b"PK\x03\x04\x14\0"[..], common, b"secret.txtxxxx"].concat();
    let directory = [&b"PK\x01\x02\x14\x03\x14\0"[..], common, &[0; 14], b"secret.txt"].concat();
    let end = [
        &b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..],
        &u32::try_from(directory.len()).expect("small").to_le_bytes(),
        &u32::try_from(entry.len()).expect("small").to_le_bytes(),
        b"\0\0",
    ];
    [entry, directory, end.concat()].concat()
}

const SCRIPT: &str = "<script>fetch('/desk')</script>";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_u1_u10_a_preview_shows_pages_as_their_source_and_pictures_made_anew() {
    let svg = format!("<svg xmlns='http://www.w3.org/2000/svg'>{SCRIPT}</svg>");
    let eicar = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!", "$H+H*"].concat();
    let both = [picture(ImageFormat::Gif), format!("*/=1;{SCRIPT}").into_bytes()].concat();
    let files = [
        ("drawing.png", svg.clone().into_bytes()),
        ("page.txt", format!("<!DOCTYPE html><title>x</title>{SCRIPT}").into_bytes()),
        ("both.gif", both.clone()),
        ("photo.jpg", picture(ImageFormat::Jpeg)),
        ("eicar.com", eicar.clone().into_bytes()),
        ("paper.pdf", [b"%PDF-1.7\n/OpenAction /JS\n".to_vec(), locked()].concat()),
        ("locked.zip", locked()),
    ];
    let (service, browser, _, case) = begin(CANDOR, &files).await;

    let on_case = browser.get(&format!("/desk/cases/{}", case.id)).await;
    let link = format!("{}/preview", href(&case, "both.gif"));
    assert!(on_case.attributes(".file-list a", "href").contains(&link), "{}", on_case.body);
    for (name, source) in [("drawing.png", &svg), ("eicar.com", &eicar)] {
        let page = preview(&browser, &case, name).await;
        assert_eq!(page.texts("pre#text"), std::slice::from_ref(source), "{name}: text and never markup");
        assert_eq!(page.attributes("main img", "src"), Vec::<String>::new(), "{name}");
        assert!(!page.body.contains(SCRIPT), "{name}");
        assert!(page.header("content-security-policy").contains("script-src 'self'; img-src 'self'"));
    }
    for (name, words) in [
        ("drawing.png", "SVG picture, shown as its source"),
        ("page.txt", "HTML page, shown as its source"),
        ("both.gif", "GIF picture, 30 × 20"),
        ("both.gif", "There is HTML or script in it"),
        ("photo.jpg", "JPEG picture, 30 × 20"),
        ("eicar.com", "EICAR test file"),
        ("paper.pdf", "PDF document"),
        ("paper.pdf", "It passes for a ZIP archive as well"),
        ("locked.zip", "It holds encrypted files"),
        ("locked.zip", "secret.txt"),
    ] {
        let page = preview(&browser, &case, name).await;
        assert!(page.body.contains(words), "{name}: {words}: {}", page.body);
        let sum = &case.files.iter().find(|known| known.file.name == name).expect("it").file.sha256;
        assert!(page.body.contains(sum.as_str()), "{name}");
    }

    // The picture has a response of its own, in which nothing can run.
    let page = preview(&browser, &case, "both.gif").await;
    let source = page.attributes("main img", "src").remove(0);
    let answer = browser.client.get(service.at(&source)).send().await.expect("an answer");
    for (name, value) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.headers()[name], value, "{name}");
    }
    let png = answer.bytes().await.expect("bytes");
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && !png.windows(7).any(|part| part == b"<script"));
    let seen = image::load_from_memory_with_format(&png, ImageFormat::Png).expect("a picture").into_rgb8();
    assert_eq!((seen.dimensions(), seen.get_pixel(3, 3).0), ((30, 20), [255, 0, 0]));
    for name in ["drawing.png", "locked.zip"] {
        let none = browser.get(&format!("{}/preview.png", href(&case, name))).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{name} has no picture");
    }
    let kept = browser.client.get(service.at(&href(&case, "both.gif"))).send().await.expect("an answer");
    assert_eq!(kept.bytes().await.expect("bytes"), both, "the file itself is as it came");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_u4_u8_what_would_take_too_much_is_named_and_not_unpacked() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![0; 100 << 20]).expect("written");
    let mut huge = picture(ImageFormat::Png);
    huge[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]);
    let mut crc = flate2::Crc::new();
    crc.update(&huge[12..29]);
    huge.splice(29..33, crc.sum().to_be_bytes());
    let nested = [b"%PDF-1.4\n".to_vec(), b"[".repeat(10_000)].concat();
    let files = [
        ("bomb.gz", bomb.finish().expect("written")),
        ("huge.png", huge),
        ("nested.pdf", nested),
        ("large.bin", vec![b'x'; (32 << 20) + 1]),
        ("empty.txt", Vec::new()),
    ];
    let (_service, browser, _, case) = begin(CANDOR, &files).await;
    for (name, words) in [
        ("bomb.gz", "It says it unpacks to 100.0 MiB"),
        ("huge.png", "It says it is 50000 × 50000 points large"),
        ("nested.pdf", "PDF document"),
        ("large.bin", "The file is too large for a preview"),
        ("empty.txt", "The file is empty."),
    ] {
        // A form may leave a file of nothing out.
        if case.files.iter().any(|known| known.file.name == name) {
            let page = preview(&browser, &case, name).await;
            assert!(page.body.contains(words), "{name}: {words}: {}", page.body);
            assert_eq!(page.attributes("main img", "src"), Vec::<String>::new(), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_u8_a_reader_that_dies_on_a_picture_costs_its_preview_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let dies = folder.path().join("dies");
    let text = format!("#!/bin/sh\nexec python3 -c '{STEM}' 'printf +; head -c 10 >/dev/null; kill -9 $$'\n");
    std::fs::write(&dies, text).expect("written");
    std::fs::set_permissions(&dies, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("set");
    let bytes = picture(ImageFormat::Png);
    let (service, browser, _, case) = begin(&dies.display().to_string(), &[("crash.png", bytes.clone())]).await;
    let page = preview(&browser, &case, "crash.png").await;
    assert!(page.body.contains("No preview: the file could not be taken apart within the limits"), "{}", page.body);
    assert_eq!(page.attributes("main img", "src"), Vec::<String>::new());
    let none = browser.get(&format!("{}/preview.png", href(&case, "crash.png"))).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    let kept = browser.client.get(service.at(&href(&case, "crash.png"))).send().await.expect("an answer");
    assert_eq!(kept.bytes().await.expect("bytes"), bytes, "the file is as it came");
    assert_eq!(browser.get(&format!("/desk/cases/{}", case.id)).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_gives_a_preview_and_one_member_cannot_ask_for_too_many() {
    let files = [("notes.txt", b"the steps \xe2\x80\xae".to_vec()), ("photo.png", picture(ImageFormat::Png))];
    let (service, browser, member, case) = begin(CANDOR, &files).await;
    let scopes = candor::accounts::token::Scopes::parse("read").expect("scopes");
    let token = candor::accounts::token::make(&service.app, &member, "test", scopes, 30).await.expect("a token");
    let api = async |name: &str| {
        let at = href(&case, name).replace("/desk/", "/api/v1/");
        let request = browser.client.get(service.at(&format!("{at}/preview"))).bearer_auth(&token.secret);
        let answer = request.send().await.expect("an answer");
        (answer.status(), answer.json::<Value>().await.expect("JSON"))
    };
    let (status, notes) = api("notes.txt").await;
    assert_eq!(status, StatusCode::OK, "{notes}");
    assert_eq!((&notes["kind"], &notes["text"]), (&"text".into(), &"the steps [U+202E]".into()));
    let (_, photo) = api("photo.png").await;
    assert!(photo["picture"].as_str().is_some_and(|it| it.starts_with("iVBORw0KGgo")), "{photo}");

    while service.app.throttle.rate_of("preview", member.as_str(), 60, service.app.now()).is_ok() {}
    assert_eq!(api("notes.txt").await.0, StatusCode::TOO_MANY_REQUESTS);
    let page = browser.get(&format!("{}/preview", href(&case, "notes.txt"))).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.body.contains("You asked for many previews in a short time"), "{}", page.body);
}
