//! Under attack: floods of reports, guesses, sign-ins and connections; whoever means well gets through.

use std::collections::BTreeSet;
use std::time::Instant;

use jiff::SignedDuration;
use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use candor::execute::report::open_receipt;
use candor::throttle::work;

use crate::support::binary::{Binary, How, candor, policy};
use crate::support::service::{MINIO, Page, Service, answered};

/// Somebody at an address, behind the proxy.
fn at(request: reqwest::RequestBuilder, number: u32) -> reqwest::RequestBuilder {
    request.header("x-forwarded-for", format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255))
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_q3_a_flooded_form_asks_for_a_moment_keeps_what_was_typed_and_loses_nothing() {
    let change = |config: &mut candor::config::Config| {
        (config.report_rate, config.flood_rate, config.behind_proxy) = (60, 20, true);
    };
    let service = Service::start(&[MINIO], change).await;
    let browser = service.browser();
    service.app.set_clock("2026-11-21T12:00:05Z".parse().expect("an instant"));
    let send = async |number: u32, fields: &[(String, String)]| {
        let request = browser.client.post(service.at("/minio/report")).form(fields);
        Page::of(at(request, number).send().await.expect("an answer")).await
    };
    let fresh = async |title: &str| {
        let form = browser.get("/minio/report").await.form("/minio/report");
        answered(form, &[("title", title), ("description", "The bucket lists itself to anybody who asks twice.")])
    };
    let mut receipts = BTreeSet::new();
    for number in 0..21 {
        let page = send(number, &fresh(&format!("A near duplicate, number {number}")).await).await;
        assert_eq!(page.status, StatusCode::OK, "{number}");
        receipts.extend(page.receipt());
    }
    // The true one, typed too fast: the page again, whole, with the moment to wait.
    let fields = fresh("The true one").await;
    let page = send(1000, &fields).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = page.header("retry-after").parse().expect("seconds");
    assert!(
        (1..=20).contains(&wait) && page.body.contains(&format!("send it again in {wait} seconds")),
        "{}",
        page.body
    );
    let typed = page.form("/minio/report");
    for field in ["title", "description", "once"] {
        let of = |fields: &[(String, String)]| fields.iter().find(|(name, _)| name == field).cloned();
        assert_eq!(of(&typed), of(&fields), "{field} is as it was");
    }
    // The other door is not flooded, and a person who takes their time does not notice.
    let report = json!({ "title": "By the API", "description": "It lists itself." });
    let api = at(Client::new().post(service.at("/api/v1/programs/minio/reports")), 2000).json(&report).send();
    assert_eq!(api.await.expect("an answer").status(), StatusCode::CREATED);
    service.app.set_clock(service.app.now() + SignedDuration::from_secs(20));
    let page = send(1000, &typed).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    receipts.extend(page.receipt());
    // A source that goes on is slowed sooner now, the next one is not.
    let mut slowed = 0;
    for _ in 0..8 {
        let fields = fresh("From one address").await;
        service.app.set_clock(service.app.now() + SignedDuration::from_secs(1));
        slowed += u32::from(send(3000, &fields).await.body.contains("from your network"));
    }
    assert!(0 < slowed, "a tenth of the usual rate");
    assert_eq!(receipts.len(), 22);
    for receipt in receipts {
        open_receipt(&service.app, &receipt).await.expect("each is kept");
    }
    service.app.set_clock(service.app.now() + SignedDuration::from_secs(180));
    let page = send(4000, &fresh("After the flood").await).await;
    assert_eq!(page.status, StatusCode::OK, "it is over by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_q3_work_takes_the_place_of_the_wait_once_and_only_while_flooded() {
    let change = |config: &mut candor::config::Config| {
        (config.report_rate, config.flood_rate, config.behind_proxy) = (600, 20, true);
    };
    let second = MINIO.replacen("slug = \"minio\"", "slug = \"second\"", 1);
    let second = second.replacen("prefix = \"MINIO\"", "prefix = \"SECOND\"", 1);
    let service = Service::start(&[MINIO, &second], change).await;
    let browser = service.browser();
    service.app.set_clock("2026-11-21T12:00:05Z".parse().expect("an instant"));
    let challenge = |page: &Page| {
        let found = page.body.split("data-work=\"").nth(1)?;
        found.split('"').next().map(str::to_owned)
    };
    let fresh = async |program: &str| {
        let page = browser.get(&format!("/{program}/report")).await;
        let fields = answered(
            page.form(&format!("/{program}/report")),
            &[("title", "A bucket"), ("description", "It lists itself to anybody who asks twice.")],
        );
        (challenge(&page), fields)
    };
    let send = async |program: &str, number: u32, fields: &[(String, String)]| {
        let request = browser.client.post(service.at(&format!("/{program}/report"))).form(fields);
        Page::of(at(request, number).send().await.expect("an answer")).await
    };
    let with = |fields: &[(String, String)], work: &str| {
        let mut fields: Vec<_> = fields.iter().filter(|(name, _)| name != "work").cloned().collect();
        fields.push(("work".to_owned(), work.to_owned()));
        fields
    };
    for number in 0..21 {
        let (asked, fields) = fresh("minio").await;
        assert_eq!(asked, None, "nothing is asked without a flood");
        assert_eq!(send("minio", number, &fields).await.status, StatusCode::OK);
    }
    // Flooded: without work the page comes again, with a challenge and the wait of a person.
    let (asked, fields) = fresh("minio").await;
    let asked = asked.expect("a challenge");
    let page = send("minio", 100, &fields).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(challenge(&page).is_some() && page.body.contains("send it again in"), "{}", page.body);
    let solved = work::solve(&asked).expect("solved");
    let (_, other_form) = fresh("minio").await;
    let (other_program, foreign) = fresh("second").await;
    assert!(other_program.is_some(), "one flood is counted for the whole door");
    for (what, program, fields) in [
        ("wrong bits", "minio", with(&fields, &format!("{asked}-0"))),
        ("the work of another form", "minio", with(&other_form, &solved)),
        ("the work of another program", "second", with(&foreign, &solved)),
        ("an easier challenge", "minio", with(&fields, &solved.replacen("-16-", "-1-", 1))),
    ] {
        assert_eq!(send(program, 100, &fields).await.status, StatusCode::TOO_MANY_REQUESTS, "{what}");
    }
    let page = send("minio", 100, &with(&fields, &solved)).await;
    let receipt = page.receipt().unwrap_or_else(|| panic!("taken at once: {}", page.body));
    // Sent again it is the same report, and with other words it is refused: the work counted once.
    assert_eq!(send("minio", 100, &with(&fields, &solved)).await.receipt(), Some(receipt));
    let other = answered(with(&fields, &solved), &[("title", "Another bucket")]);
    assert_eq!(send("minio", 100, &other).await.status, StatusCode::CONFLICT);
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_q3_a_slowed_client_of_the_api_is_offered_work_for_its_own_request() {
    let change = |config: &mut candor::config::Config| {
        (config.report_rate, config.flood_rate, config.behind_proxy) = (30, 5, true);
    };
    let service = Service::start(&[MINIO], change).await;
    service.app.set_clock("2026-11-21T12:00:05Z".parse().expect("an instant"));
    let client = Client::new();
    let send = async |number: u32, key: &str, work: &str| {
        let mut request = at(client.post(service.at("/api/v1/programs/minio/reports")), number);
        request = request.header("idempotency-key", key);
        if !work.is_empty() {
            request = request.header("candor-work", work);
        }
        let report = json!({ "title": "A bucket", "description": "It lists itself." });
        let answer = request.json(&report).send().await.expect("an answer");
        (answer.status(), answer.json::<serde_json::Value>().await.expect("JSON"))
    };
    for number in 0..6 {
        assert_eq!(send(number, &format!("first {number}"), "").await.0, StatusCode::CREATED);
    }
    let mut refused = (StatusCode::OK, json!(null));
    for number in 0..5 {
        refused = send(900, &format!("many {number}"), "").await;
    }
    assert_eq!((refused.0, &refused.1["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("too-often")));
    let asked = refused.1["challenge"].as_str().expect("a challenge").to_owned();
    let solved = work::solve(&asked).expect("solved");
    let (status, said) = send(900, "another request", &solved).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(said["detail"].as_str().is_some_and(|it| it.contains("another request")), "{said}");
    let (status, said) = send(900, "many 4", &format!("{asked}-0")).await;
    assert!(
        status == StatusCode::TOO_MANY_REQUESTS && said["detail"].as_str().unwrap().contains("zero bits"),
        "{said}"
    );
    let (status, filed) = send(900, "many 4", &solved).await;
    assert_eq!(status, StatusCode::CREATED, "{filed}");
    assert_eq!(send(900, "many 4", &solved).await.1["receipt"], filed["receipt"], "the same again is the same report");
    // It ends, and after the flood nothing of the kind is asked.
    service.app.set_clock(service.app.now() + SignedDuration::from_mins(11));
    for number in 0..5 {
        let (status, said) = send(900, &format!("calm {number}"), &solved).await;
        assert_eq!(status, StatusCode::CREATED, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_q3_the_command_line_does_the_work_by_itself() {
    let change = |config: &mut candor::config::Config| {
        (config.report_rate, config.flood_rate, config.behind_proxy) = (30, 5, true);
    };
    let service = Service::start(&[MINIO], change).await;
    service.app.set_clock("2026-11-21T12:00:05Z".parse().expect("an instant"));
    let client = Client::new();
    let report = json!({ "title": "A bucket", "description": "It lists itself." });
    let send = async |from: Option<u32>| {
        let request = client.post(service.at("/api/v1/programs/minio/reports")).json(&report);
        let request = match from {
            Some(number) => at(request, number),
            None => request,
        };
        request.send().await.expect("an answer").status()
    };
    for number in 0..6 {
        assert_eq!(send(Some(number)).await, StatusCode::CREATED);
    }
    let mut here = StatusCode::CREATED;
    for _ in 0..8 {
        here = send(None).await;
    }
    assert_eq!(here, StatusCode::TOO_MANY_REQUESTS, "this machine is slowed");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("report.md"), "Folded headers\nFolded twice\n").expect("written");
    let (place, url) = (folder.path().to_owned(), service.url.clone());
    let ran = tokio::task::spawn_blocking(move || {
        std::process::Command::new(crate::support::binary::CANDOR)
            .args(["report", "--program", "minio", "report.md"])
            .current_dir(place)
            .env("CANDOR_SERVER", url)
            .output()
            .expect("it runs")
    });
    let ran = ran.await.expect("it ran");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success() && said.contains("Receipt"), "{said}{}", String::from_utf8_lossy(&ran.stderr));
}

/// How many receipts are guessed: `CANDOR_GUESSES` for a long run, as 1000000.
fn guesses() -> u32 {
    std::env::var("CANDOR_GUESSES").ok().and_then(|many| many.parse().ok()).unwrap_or(10_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_w6_guessed_receipts_open_nothing_answer_alike_and_lock_nobody_out() {
    let service = Service::start(&[MINIO], |config| config.behind_proxy = true).await;
    let report = json!({ "title": "A title", "description": "A description" });
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let filed =
        client.post(service.at("/api/v1/programs/minio/reports")).json(&report).send().await.expect("an answer");
    let filed: serde_json::Value = filed.json().await.expect("JSON");
    let receipt = filed["receipt"].as_str().expect("a receipt").to_owned();
    let address = service.at("/receipt");
    let enter = async |number: u32, typed: &str| {
        let request = client.post(&address).form(&[("receipt", typed)]);
        Page::of(at(request, number).send().await.expect("an answer")).await
    };
    let (many, began) = (guesses(), Instant::now());
    let begins: jiff::Timestamp = "2026-03-02T09:00:00Z".parse().expect("an instant");
    let mut answers = BTreeSet::new();
    // From a thousand addresses, each as often as one may within a minute; then a minute passes.
    let all: Vec<u32> = (0..many).collect();
    for (minute, some) in all.chunks(50_000).enumerate() {
        service.app.set_clock(begins + SignedDuration::from_mins(i64::try_from(minute).expect("few")));
        let mut going = tokio::task::JoinSet::new();
        for lane in 0..8 {
            let (client, address, receipt) = (client.clone(), address.clone(), receipt.clone());
            let numbers: Vec<u32> = some.iter().copied().filter(|number| number % 8 == lane).collect();
            going.spawn(async move {
                let mut answers = BTreeSet::new();
                for number in numbers {
                    let guess = match number % 3 {
                        0 => candor::keys::random::receipt(),
                        1 => "0000-0000".to_owned(),
                        _ => {
                            let digit = char::from_digit(number % 10, 10).expect("a digit");
                            format!("{}{digit}", &receipt[..receipt.len() - 1])
                        }
                    };
                    if guess == receipt {
                        continue;
                    }
                    let request = client.post(&address).form(&[("receipt", &guess)]);
                    let page = Page::of(at(request, number % 1_000).send().await.expect("an answer")).await;
                    answers.insert((page.status, page.body, page.headers.len()));
                }
                answers
            });
        }
        // The holder gets in in the middle of it, from wherever.
        assert_eq!(enter(5000, &receipt).await.status, StatusCode::SEE_OTHER);
        while let Some(seen) = going.join_next().await {
            answers.extend(seen.expect("no panic"));
        }
    }
    println!("{many} guessed receipts from 1,000 addresses: {:?}", began.elapsed());
    assert_eq!(answers.len(), 1, "all answers are equal");
    assert_eq!(answers.first().map(|(status, ..)| *status), Some(StatusCode::NOT_FOUND));
    let mut refused = 0;
    for _ in 0..100 {
        refused += u32::from(enter(7, "0000-0000").await.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(0 < refused, "one address is slowed");
    assert_eq!(enter(5000, &receipt).await.status, StatusCode::SEE_OTHER, "the holder gets in, from wherever");
}

/// A service in parts with one program, as a process of its own.
async fn started(folder: &std::path::Path) -> Binary {
    let data = folder.join("data");
    let first = Binary::start(&data, &How::default()).await.expect("it starts");
    let (status, text) = candor(&data, &["program", "add", &policy("minio").display().to_string()]);
    assert_eq!(status, 0, "{text}");
    first.stop();
    Binary::start(&data, &How { parts: true, ..How::default() }).await.expect("it starts in parts")
}

/// Resident memory of a process in megabytes.
fn resident(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or_default() / 1024
}

/// How many files this process may open.
fn handles() -> usize {
    let text = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
    line.split_whitespace().nth(3).and_then(|most| most.parse().ok()).unwrap_or(1024)
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_q1_ten_thousand_slow_connections_hold_nobody_up_and_are_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = started(folder.path()).await;
    let address = service.base.trim_start_matches("http://").to_owned();
    let many = handles().saturating_sub(600).min(10_000);
    let mut slow = Vec::with_capacity(many);
    for number in 0..many {
        let mut stream = TcpStream::connect(&address).await.expect("a connection");
        // A head that does not end, a body that does not come, and nothing at all.
        let words: &[u8] = match number % 3 {
            0 => b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
            1 => b"POST /minio/report HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx",
            _ => b"",
        };
        stream.write_all(words).await.expect("taken");
        slow.push(stream);
    }
    let mut took = Vec::new();
    let client = Client::builder().pool_max_idle_per_host(0).build().expect("a client");
    for number in 0..100 {
        let path = if number % 2 == 0 { "/minio/report" } else { "/desk/sign-in" };
        let began = Instant::now();
        let answer = client.get(format!("{}{path}", service.base)).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        took.push(began.elapsed());
    }
    took.sort_unstable();
    let memory: Vec<u64> =
        ["door", "front", "desk"].iter().map(|part| resident(service.part(part).expect("a part"))).collect();
    println!("{many} slow connections: others p99 {:?}, memory of door, front, desk {memory:?} MB", took[98]);
    assert!(memory.iter().sum::<u64>() < 1024, "memory under 1 GiB: {memory:?}");
    // The first head is given up; waiting for that is all this does.
    let mut left = Vec::new();
    let ended = tokio::io::AsyncReadExt::read_to_end(&mut slow[0], &mut left);
    assert!(tokio::time::timeout(std::time::Duration::from_secs(60), ended).await.is_ok(), "nobody waits for ever");
    service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_q5_a_thousand_sign_ins_at_once_stay_within_memory_and_others_are_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = started(folder.path()).await;
    let client = Client::new();
    let page = Page::of(client.get(format!("{}/desk/sign-in", service.base)).send().await.expect("an answer")).await;
    let fields = page.form("/desk/sign-in");
    let mut going = tokio::task::JoinSet::new();
    for number in 0..1000 {
        let email = format!("nobody{}@example.org", number % 7);
        let said = [("email", email.as_str()), ("password", "not the password"), ("code", "000000")];
        let request = client.post(format!("{}/desk/sign-in", service.base)).form(&answered(fields.clone(), &said));
        going.spawn(async move { request.send().await.map(|answer| answer.status().as_u16()) });
    }
    assert_eq!(client.get(format!("{}/minio/report", service.base)).send().await.expect("an answer").status(), 200);
    let mut seen = BTreeSet::new();
    while let Some(answer) = going.join_next().await {
        seen.extend(answer.expect("no panic").ok());
    }
    assert!(seen.iter().all(|status| [422, 429, 403].contains(status)), "{seen:?}");
    let memory = resident(service.part("desk").expect("a desk"));
    println!("1,000 sign-ins at once: {seen:?}, memory of the desk at most {memory} MB");
    assert!(memory < 1024, "{memory} MB");
    service.stop();
}

/// How many reports the flood has: `CANDOR_FLOOD` for a long run, as 10000.
fn flood() -> u32 {
    std::env::var("CANDOR_FLOOD").ok().and_then(|many| many.parse().ok()).unwrap_or(1_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn abuse_q3_in_an_hour_of_near_duplicates_each_is_kept_they_are_folded_and_the_true_one_is_found() {
    let place = crate::support::places::Place::sqlite().await;
    let app = place.app(&[crate::letters::POLICY]).await;
    let begins: jiff::Timestamp = "2026-03-02T09:00:00Z".parse().expect("an instant");
    let many = flood();
    let facts = |number: u32| {
        if number == many / 2 {
            return (
                "The parser overflows".to_owned(),
                "A long palette overflows the row buffer of the decoder.".to_owned(),
            );
        }
        let told = format!(
            "Hello team, I am a security researcher and I found that your site {}.example lacks the header that keeps pages \
             from being framed, which lets others trick your users into clicking. I hope for a reward for my work.",
            number % 97
        );
        (format!("Clickjacking on your site, number {number}"), told)
    };
    let mut filed = Vec::new();
    let numbers: Vec<u32> = (0..many).collect();
    for some in numbers.chunks(50) {
        // An hour for all of them, from a thousand addresses.
        app.set_clock(begins + SignedDuration::from_millis(3_600_000 * i64::from(some[0]) / i64::from(many)));
        let mut going = tokio::task::JoinSet::new();
        for number in some {
            let (app, (title, description)) = (app.clone(), facts(*number));
            let mut report = crate::letters::report(&format!("reporter{}@outside.example", number % 1_000));
            report.facts.title = title;
            report.facts.description = description;
            going.spawn(async move {
                let public = candor_core::access::Actor::Public;
                candor::execute::report::file_report(&app, &public, &"store".into(), report, None).await
            });
        }
        while let Some(done) = going.join_next().await {
            filed.push(done.expect("no panic").expect("each gets its receipt"));
        }
    }
    let receipts: BTreeSet<&str> = filed.iter().map(|filed| filed.receipt.as_str()).collect();
    assert_eq!(receipts.len(), many as usize);
    for filed in filed.iter().step_by(97) {
        open_receipt(&app, &filed.receipt).await.expect("it opens its report");
    }
    let open: i64 = candor::store::cases::counts(&app.store, &["store".into()])
        .await
        .expect("counts")
        .iter()
        .map(|row| row.n)
        .sum();
    assert_eq!(open, i64::from(many), "none is deleted, none is closed by itself");
    candor::search::warm(&app).await.expect("they are read");
    let ines = crate::mail_in::member("store", "ines");
    let found = candor::search::search(&app, &ines, "palette overflows", 0, 5).await.expect("an answer");
    assert_eq!((found.total, found.rows[0].card.title.as_str()), (1, "The parser overflows"), "the true one is listed");
    let same = candor::search::search(&app, &ines, "clickjacking", 0, 5).await.expect("an answer");
    assert!(u32::try_from(same.total).expect("few") >= many - 1, "{} of {many} are listed", same.total);
    let ids: Vec<&str> = same.rows.iter().map(|row| row.id.as_str()).collect();
    let folds = candor::search::folds(&app, &ines, &ids);
    assert!(folds.len() == ids.len() && folds.values().all(|alike| *alike == candor::search::MANY_MORE), "{folds:?}");
    assert!(candor::search::folds(&app, &ines, &[found.rows[0].id.as_str()]).is_empty(), "the true one stands alone");
}
