//! Large uploads to the service in parts: memory stays flat, what is too large is refused early, and nothing half is kept.
//!
//! The figures of a usual run are small. `CANDOR_UPLOAD_MB=100` gives those of the list of attacks: a file of 100 MB, a body of
//! 2 GB in pieces without a length, and 50 files of 25 MB at once.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::binary::{Binary, How, candor, files, policy};

const MB: u64 = 1_000_000;

/// Largest file that is taken, in megabytes.
fn largest() -> u64 {
    std::env::var("CANDOR_UPLOAD_MB").ok().and_then(|size| size.parse().ok()).unwrap_or(8)
}

/// How an upload goes.
#[derive(Clone, Copy)]
enum Kind {
    /// With its length before it.
    Said,
    /// In pieces, and nobody says how many.
    Pieces,
    /// With its length before it, and cut off when so many bytes of the file are sent.
    CutAt(u64),
}

/// Sends a report with one file of so many bytes. Gives the status, the answer, and how many bytes of the file were taken.
async fn send(address: &str, number: u32, bytes: u64, kind: Kind) -> (u16, String, u64) {
    let report = json!({ "title": format!("Report {number}"), "description": "A file says more." });
    let before = format!(
        "--x\r\ncontent-disposition: form-data; name=\"report\"\r\ncontent-type: application/json\r\n\r\n{report}\r\n--x\r\n\
         content-disposition: form-data; name=\"files\"; filename=\"core.bin\"\r\ncontent-type: application/octet-stream\r\n\r\n"
    );
    let after = "\r\n--x--\r\n";
    let whole = bytes + (before.len() + after.len()) as u64;
    let length = match kind {
        Kind::Pieces => "transfer-encoding: chunked".to_owned(),
        _ => format!("content-length: {whole}"),
    };
    let head = format!(
        "POST /api/v1/programs/minio/reports HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: multipart/form-data; boundary=x\r\n{length}\r\n\r\n"
    );
    let stream = TcpStream::connect(address).await.expect("a connection");
    let (mut from, mut to) = stream.into_split();
    let sending = async move {
        let mut taken = 0;
        let piece = async |to: &mut tokio::net::tcp::OwnedWriteHalf, part: &[u8]| match kind {
            Kind::Pieces => {
                to.write_all(format!("{:x}\r\n", part.len()).as_bytes()).await?;
                to.write_all(part).await?;
                to.write_all(b"\r\n").await
            }
            _ => to.write_all(part).await,
        };
        let result: std::io::Result<()> = async {
            to.write_all(head.as_bytes()).await?;
            piece(&mut to, before.as_bytes()).await?;
            let part = vec![u8::try_from(number % 251).expect("small"); 64 * 1024];
            let end = if let Kind::CutAt(end) = kind { end } else { bytes };
            while taken < end {
                let now = usize::try_from((end - taken).min(part.len() as u64)).expect("small");
                piece(&mut to, &part[..now]).await?;
                taken += now as u64;
            }
            if matches!(kind, Kind::CutAt(_)) {
                return to.shutdown().await;
            }
            piece(&mut to, after.as_bytes()).await?;
            if matches!(kind, Kind::Pieces) {
                to.write_all(b"0\r\n\r\n").await?;
            }
            Ok(())
        }
        .await;
        // Refused while it was sent: the answer is on its way.
        drop(result);
        (taken, to)
    };
    let reading = async move {
        let mut answer = Vec::new();
        let mut part = vec![0; 64 * 1024];
        // The connection may be cut behind the answer.
        while let Ok(read) = from.read(&mut part).await
            && read > 0
        {
            answer.extend_from_slice(&part[..read]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    };
    let ((taken, _to), answer) = tokio::join!(sending, reading);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, answer, taken)
}

/// Most resident memory of each part so far, in MiB.
fn memory(service: &Binary) -> Vec<u64> {
    let of = |part: &&str| {
        let process = service.part(part).expect("a part");
        let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or_default() / 1024
    };
    ["door", "front", "desk"].iter().map(of).collect()
}

/// Asks until what is half is gone; a bounded number of times.
async fn nothing_is_half(client: &reqwest::Client, base: &str, blobs: &Path) -> usize {
    for _ in 0..2_000 {
        if files(&blobs.join("tmp")).is_empty() {
            break;
        }
        client.get(format!("{base}/readyz")).send().await.expect("an answer");
    }
    files(&blobs.join("tmp")).len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_u5_large_uploads_take_little_memory_and_what_is_cut_off_or_too_large_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, largest) = (folder.path().join("data"), largest());
    let (status, text) = candor(&data, &["program", "add", &policy("minio").display().to_string()]);
    assert_eq!(status, 0, "{text}");
    let flags = ["--file-limit".to_owned(), largest.to_string()];
    let how = How { parts: true, flags: flags.into(), ..How::default() };
    let service = Binary::start(&data, &how).await.expect("it starts in parts");
    let address = service.base.trim_start_matches("http://").to_owned();
    let blobs = data.join("blobs");
    let client = reqwest::Client::new();
    let (status, answer, _) = send(&address, 0, 1000, Kind::Said).await;
    assert_eq!(status, 201, "{answer}");
    let begin = memory(&service);
    let began = Instant::now();
    let grown =
        |base: &[u64]| memory(&service).iter().zip(base).map(|(now, then)| now.saturating_sub(*then)).sum::<u64>();

    // As large as may be, with and without a length.
    for (number, kind) in [(1, Kind::Said), (2, Kind::Pieces)] {
        let (status, answer, _) = send(&address, number, largest * MB, kind).await;
        assert_eq!(status, 201, "{answer}");
    }
    let one = grown(&begin);
    assert!(one <= 32, "one upload took {one} MiB");

    // One byte more, twenty times as much in pieces, and a length that says so before: refused, the last two early.
    let (status, answer, _) = send(&address, 3, largest * MB + 1, Kind::Said).await;
    assert_eq!(status, 413, "{answer}");
    let all = 20 * largest * MB;
    let (status, answer, taken) = send(&address, 4, all, Kind::Pieces).await;
    // Whoever goes on sending into a closed connection may lose the answer.
    assert!([0, 413].contains(&status), "{answer}");
    assert!(taken < all / 4, "{taken} of {all} bytes were taken");
    let (status, answer, taken) = send(&address, 5, 30 * largest * MB, Kind::Said).await;
    assert!([0, 413].contains(&status), "{answer}");
    assert!(taken < all / 4, "{taken} bytes were taken");

    // Cut off at 99 %.
    for number in 0..10 {
        let (status, answer, _) = send(&address, 10 + number, largest * MB, Kind::CutAt(largest * MB / 100 * 99)).await;
        assert!(!(200..300).contains(&status), "{answer}");
    }
    assert_eq!(nothing_is_half(&client, &service.base, &blobs).await, 0, "what was cut off is gone");
    assert_eq!(files(&blobs).len(), 3, "what was taken is there, and nothing else");

    // Fifty at once, while somebody else reports.
    let before = memory(&service);
    let mut going = tokio::task::JoinSet::new();
    for number in 0..50 {
        let address = address.clone();
        going.spawn(async move { send(&address, 100 + number, largest * MB / 4, Kind::Pieces).await });
    }
    let report = json!({ "title": "A title", "description": "A description" });
    let other = client.post(format!("{}/api/v1/programs/minio/reports", service.base)).json(&report);
    assert_eq!(other.send().await.expect("an answer").status(), 201);
    let mut receipts = BTreeSet::new();
    while let Some(done) = going.join_next().await {
        let (status, answer, _) = done.expect("no panic");
        assert_eq!(status, 201, "{answer}");
        let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap_or_default()).unwrap_or_default();
        receipts.insert(body["receipt"].as_str().unwrap_or(&answer).to_owned());
    }
    assert_eq!(receipts.len(), 50);
    let fifty = grown(&before);
    println!(
        "files of {largest} MB: door, front, desk begin with {begin:?} MiB; one upload adds {one}, 50 at once add {fifty} MiB; {:?}",
        began.elapsed()
    );
    assert!(fifty <= 50 * 32, "fifty uploads took {fifty} MiB");
    assert_eq!(nothing_is_half(&client, &service.base, &blobs).await, 0);
    assert_eq!(files(&blobs).len(), 53);
    service.stop();
}
