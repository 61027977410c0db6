//! Pages about one file of a case.

use candor::web::views::preview::{ListedRow, PreviewPage};

use crate::page;
use crate::sample::desk;

pub fn pages() -> Vec<(&'static str, String)> {
    let base = PreviewPage {
        shell: desk("queue"),
        case: "7K3M9-QXT4B".into(),
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        download: "#".into(),
        ..PreviewPage::default()
    };
    let row =
        |name: &str, size: &str, note: &str| ListedRow { name: name.into(), size: size.into(), note: note.into() };
    vec![
        page(
            "preview-text",
            &PreviewPage {
                name: "nginx.conf".into(),
                size: "1.9 kB".into(),
                kind: "text".into(),
                warnings: vec!["Marks that are not seen in the text are written out, such as [U+202E].".into()],
                text: "server {\n    listen 80;\n    location / {\n        proxy_pass http://minio:9000; # [U+202E]safe\n    }\n}\n".into(),
                ..base.clone()
            },
        ),
        page(
            "preview-picture",
            &PreviewPage {
                name: "a-photo-of-the-screen-with-a-name-that-does-not-end-before-the-edge-of-a-telephone.jpg".into(),
                size: "3.4 MB".into(),
                kind: "JPEG picture, 4032 × 3024".into(),
                warnings: vec!["Something else stands behind the picture. It is not shown.".into()],
                cut: "It is shown smaller than it is: 1600 × 1200.".into(),
                picture: "assets/icon.svg".into(),
                ..base.clone()
            },
        ),
        page(
            "preview-listing",
            &PreviewPage {
                name: "poc.zip".into(),
                size: "42 kB".into(),
                kind: "ZIP archive, 3 entries".into(),
                warnings: vec![
                    "It holds encrypted files. A password that was sent with them hides them from scanners.".into(),
                    "It holds names that lead out of the folder it is unpacked in.".into(),
                ],
                is_listing: true,
                listing: vec![
                    row("poc/exploit.py", "4.1 kB", ""),
                    row("../../../../home/user/.ssh/authorized_keys", "381 bytes", "leads out of its folder"),
                    row("poc/secret.docx", "18 kB", "encrypted"),
                ],
                ..base.clone()
            },
        ),
        page(
            "preview-none",
            &PreviewPage {
                name: "crash.png".into(),
                size: "2.1 MB".into(),
                none: "No preview: the file could not be taken apart within the limits of time and memory. Treat it with care."
                    .into(),
                ..base
            },
        ),
    ]
}
