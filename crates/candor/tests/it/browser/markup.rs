//! Whatever somebody types, on every page it is text: it runs nothing, loads nothing, leads nowhere.

use std::net::TcpListener;

use chromiumoxide::cdp::browser_protocol::emulation::SetEmulatedMediaParams;
use serde_json::{Value, json};

use super::house::House;
use super::look::Artist;
use super::person::{Chromium, Person};
use super::team::join;

/// Nothing on the page came from what was typed.
async fn inert(person: &Person, page: &str) {
    let found = person
        .ask(
            "[...document.querySelectorAll('main script, iframe, object, embed, main svg [onload], img, [onerror], \
             [onload], [onclick], base, a[href^=\"javascript:\" i], a[href*=\"beacon\"], main style, main link')]\
             .filter((node) => !node.closest('.qr, .brand')).map((node) => node.outerHTML)",
        )
        .await;
    assert_eq!(found, json!([]), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_w3_whatever_is_typed_stays_text_on_every_page_in_print_letters_csaf_and_feed() {
    let Some(chromium) = Chromium::start(true, Artist::blind()).await else { return };
    let house = House::open(None).await;
    let beacon = TcpListener::bind("127.0.0.1:0").expect("a port");
    beacon.set_nonblocking(true).expect("it does not wait");
    let far = format!("http://{}/beacon", beacon.local_addr().expect("an address"));
    let line = format!(
        "\"><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)> ![b]({far}) [l](javascript:alert(4)) {{{{7*7}}}} </title>"
    );
    let area = format!(
        "</textarea><script>alert(5)</script>{line}\n\n# Heading\n\n<iframe src={far}></iframe><style>*{{display:none}}</style>\n\
         <a href=\"javascript:alert(6)\">x</a>\n[auto](data:text/html,<script>alert(7)</script>)\n<base href={far}>"
    );

    let reporter = chromium.person(&house.url).await;
    reporter.go("/minio/report").await;
    let fields =
        "[...document.querySelectorAll('main form input[type=text], main form textarea')].map((node) => node.name)";
    let fields: Vec<String> = serde_json::from_value(reporter.ask(fields).await).expect("names");
    let lines: Vec<String> = reporter.attributes("main form input[type=text]", "name").await;
    for name in &fields {
        let typed = if lines.contains(name) { &line } else { &area };
        match name.as_str() {
            "link" | "credit_link" | "pgp_key" => continue,
            _ => reporter.fill(name, typed).await,
        };
    }
    let file = house.desk_drawer("<img src=x onerror=alert(8)>.html", b"<script>alert(9)</script>");
    reporter.attach("files", &[&file]).await.fill("email", "a@reporter.example").await;
    reporter.tick("Name me with these words").await.fill("credit_link", "javascript:alert(10)").await;
    reporter.press("Send the report privately").await;
    reporter.sees("Write the whole address, from https://").await;
    inert(&reporter, "the form again").await;
    reporter.fill("credit_link", "https://reporter.example/?<script>alert(11)</script>").await;
    reporter.press("Send the report privately").await.sees("Write the whole address, from https://").await;
    reporter.fill("credit_link", "https://reporter.example/?%3Cscript%3Ealert(11)").await;
    reporter.press("Send the report privately").await.sees("Your report has arrived").await;
    inert(&reporter, "the receipt").await;
    reporter.press("Go to your report").await.sees("<script>alert(1)</script>").await;
    inert(&reporter, "the reporter's page").await;
    reporter.fill("Your message", &area).await.press("Send to the team").await.sees("<script>alert(5)</script>").await;
    inert(&reporter, "the dialogue").await;

    let member = chromium.person(&house.url).await;
    let ada = join(member, &house.setup_link(), "<b onclick=alert(12)>Ada</b>", "ada@minio.example", "").await;
    inert(&ada.person, "the empty desk").await;
    ada.person.go("/desk").await.sees("<script>alert(1)</script>").await;
    inert(&ada.person, "the queue").await;
    let case = ada.person.attributes("[data-rows] a", "href").await.first().expect("a case").clone();
    ada.person.go(&case).await.sees("<script>alert(5)</script>").await;
    inert(&ada.person, "the case").await;
    ada.person.fill("Your message", &area).await.press("Ask and wait for the answer").await;
    inert(&ada.person, "the case after an answer").await;
    let download = ada.person.attributes(".file-list a", "href").await.first().expect("a file").clone();
    let download = ada.person.fetch(&download).await;
    assert_eq!(download.headers()["content-type"], "application/octet-stream");
    assert_eq!(download.headers()["x-content-type-options"], "nosniff");
    let link = house.invite("Bela", "bela@minio.example", "coordinator");
    let bela = join(chromium.person(&house.url).await, &link, "Bela", "bela@minio.example", "").await;
    ada.verify(&case, "<script>alert(13)</script>", "<script>alert(14)</script>").await;
    bela.confirm(&case, "<img src=x onerror=alert(15)>").await;
    bela.rate(&case, &[], "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N").await;
    bela.audit(&case, "<script>alert(16)</script>", "nothing").await;
    let fixed = "RELEASE.2026-01-01T00-00-00Z";
    let draft = [("title", line.as_str()), ("summary", area.as_str()), ("details", area.as_str()), ("fixed-0", fixed)];
    for path in ["/assign", "/describe", "/propose-embargo", "/reject", "/close", "/advisory"] {
        ada.person.go(&format!("{case}{path}")).await;
        inert(&ada.person, path).await;
    }
    ada.write_advisory(&case, &draft).await;
    inert(&ada.person, "the editor").await;
    bela.approve(&case).await;
    ada.publish(&case, "Only the credit shown").await;
    ada.record_fix(&case, fixed, "").await;
    inert(&ada.person, "the published case").await;
    ada.person.go("/desk/settings").await;
    inert(&ada.person, "the settings").await;

    let id = ada.person.go(&case).await.attributes("a[href*='/minio/advisories/']", "href").await;
    let page = id.first().expect("the public page").clone();
    house.until(page.trim_start_matches(&house.url), |status, _| status == 200).await;
    let visitor = chromium.person(&house.url).await;
    for page in [page.as_str(), "/minio/advisories", "/minio", "/"] {
        visitor.go(page).await;
        inert(&visitor, page).await;
    }
    visitor.go(&page).await.sees("<script>alert(5)</script>").await.sees("<script>alert(1)</script>").await;
    let print = SetEmulatedMediaParams::builder().media("print").build();
    for (person, page) in [(&visitor, page.as_str()), (&ada.person, case.as_str())] {
        person.page.execute(print.clone()).await.expect("it is looked at as it prints");
        person.go(page).await;
        inert(person, "in print").await;
    }
    ada.person.go("/desk/settings/letters/minio/received/en").await;
    inert(&ada.person, "the preview of a letter").await;
    ada.person.go(&format!("{case}/release-notes")).await;
    inert(&ada.person, "the release notes").await;
    // Files for programs: no tag of theirs is one of ours.
    let path = page.trim_start_matches(&house.url).to_owned();
    let (_, feed) = house.get("/minio/advisories.atom").await;
    assert!(!feed.contains("<script") && !feed.contains("<img") && feed.contains("&lt;script&gt;"), "{feed}");
    let (status, csaf) = house.get(&format!("{path}.csaf.json")).await;
    let csaf: Value = serde_json::from_str(&csaf).expect("JSON");
    assert_eq!((status, csaf["document"]["title"].as_str()), (200, Some(line.as_str())), "the text as it was typed");
    for letter in house.letters(2).await {
        assert!(!letter.contains("<script>alert") && !letter.contains("/beacon"), "{letter}");
    }
    // A browser that was refused something by the page's policy has complained, and this fails.
    chromium.close().await;
    drop(house.close().await);
    assert!(beacon.accept().is_err(), "something was loaded from elsewhere");
}
