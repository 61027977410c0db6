//! From the report to the advisory under MinIO's policy, with a problem of MinIO's that was published in March 2023
//! as CVE-2023-28432, told in our own words.

use candor_formats::csaf;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::house::House;
use super::person::{Chromium, Person};
use super::team::{Member, join};

const TITLE: &str = "Nodes of a cluster hand out their environment, root password included";
const DESCRIPTION: &str = "When MinIO runs on several nodes, each node asks its peers at start-up whether they run \
with the same settings. The handler behind that question, bootstrap verify, asks nobody for credentials. Its answer \
holds all environment variables of the process that begin with MINIO_, among them MINIO_SECRET_KEY and \
MINIO_ROOT_PASSWORD.\n\nSingle-node deployments do not have the handler.";
const STEPS: &str = "1. Start a cluster of four nodes with docker compose.\n\
2. curl -X POST http://node1:9000/minio/bootstrap/v1/verify\n3. Read MinioEnv in the answer.";
const PROOF: &[u8] = b"POST /minio/bootstrap/v1/verify HTTP/1.1\r\nHost: node1:9000\r\nContent-Length: 0\r\n\r\n";
const TRACE: &[u8] = b"\x00\x01trace of the second cluster\xff\xfe";
const NAME: &str = "Nanna Ilves";
const EMAIL: &str = "nanna@reporter.example";
const ANSWER: &str = "Yes, also behind a load balancer. The trace is attached.";
const ADVISORY: &str = "Information disclosure in cluster deployments";
const FIXED: &str = "RELEASE.2023-03-20T20-16-18Z";
const FIX_URL: &str = "https://github.com/minio/minio/releases/tag/RELEASE.2023-03-20T20-16-18Z";
const V3: &[(&str, &str)] =
    &[("AV", "N"), ("AC", "L"), ("PR", "N"), ("UI", "N"), ("S", "U"), ("C", "H"), ("I", "N"), ("A", "N")];
const V4: &str = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N";
/// A name in which every sign has a meaning somewhere.
const CREDITED: &str = "Dr. Åsa “0x41” O'Lind & Söhne";

/// The whole story.
pub async fn tell(house: &House, chromium: &Chromium) {
    let ada =
        join(chromium.person(&house.url).await, &house.setup_link(), "Ada Quist", "ada@minio.example", "setup").await;
    let link = house.invite("Bela Noor", "bela@minio.example", "coordinator");
    let bela = join(chromium.person(&house.url).await, &link, "Bela Noor", "bela@minio.example", "invitation").await;
    public_pages(&chromium.person(&house.url).await).await;

    let reporter = chromium.person(&house.url).await;
    let receipt = report(house, &reporter).await;
    sees_promises(&reporter, &receipt).await;
    let case = dialogue(house, &ada, &reporter).await;
    verdict(&ada, &bela, &case).await;
    bela.rate(&case, V3, V4).await;
    bela.comes_to(&case).await.sees("7.5").await.sees("8.7").await.sees("High").await;
    bela.name_weakness(&case, "200", "Exposure of Sensitive Information to an Unauthorized Actor").await;
    advisory_waits_for_the_fix(house, &ada, &bela, &case).await;
    bela.audit(&case, "Every handler that is registered before authentication", "No other hands out settings").await;
    ada.record_fix(&case, FIXED, FIX_URL).await;
    let id = "MINIO-".to_owned() + &Timestamp::now().strftime("%Y-1").to_string();
    published(house, chromium, &id).await;
    told_to_the_reporter(&reporter, &id).await;
    letters(house).await;
    other_pages(&ada, &case).await;
    credited(house, chromium, [&ada, &bela]).await;
}

/// Nothing of the case may stand in what the service logs.
pub fn kept_secret(log: &str) {
    for secret in [TITLE, "MINIO_ROOT_PASSWORD", NAME, EMAIL, "bootstrap-verify", ANSWER, CREDITED] {
        assert!(!log.contains(secret), "{secret} stands in the log:\n{log}");
    }
}

async fn public_pages(visitor: &Person) {
    visitor.go("/").await.sees("MinIO").await.look("programs").await;
    visitor.go("/minio").await.sees("48 hours").await.look("policy").await;
    visitor.go("/minio/advisories").await.look("advisories-empty").await;
    visitor.go("/no-such-program").await.look("not-found").await;
}

/// Files the report; gives the receipt.
async fn report(house: &House, reporter: &Person) -> String {
    reporter.go("/minio/report").await.sees("If you send it now").await.look("report-form").await;
    // Without its one necessary answer the form comes again with everything that was typed.
    reporter.fill("What kind of problem it is", "Secrets can be seen").await;
    reporter.press("Send the report privately").await.sees("There").await.look("report-form-refused").await;
    assert_eq!(reporter.ask("field('weakness').value").await, "Secrets can be seen", "nothing typed is lost");
    let proof = house.desk_drawer("bootstrap-verify.http", PROOF);
    reporter.fill("What you found, in one sentence", TITLE).await.fill("What is wrong", DESCRIPTION).await;
    reporter.fill("Component", "Admin API").await.fill("Version", "RELEASE.2023-03-13T19-46-17Z").await;
    reporter.fill("How to see it happen", STEPS).await;
    reporter.fill("What an attacker needs first", "The network port of a node. No account.").await;
    reporter.attach("files", &[&proof]).await;
    reporter.fill("Your name", NAME).await.fill("Your address for mail", EMAIL).await;
    reporter.look("report-form-filled").await.press("Send the report privately").await;
    reporter.sees("Your report has arrived").await.sees("with 1 file").await.look("receipt").await;
    let hidden = reporter.ask("[...document.querySelectorAll('[data-print]')].every((node) => node.hidden)").await;
    assert_eq!(hidden, !reporter.script, "only script shows what needs script");
    let receipt = reporter.read("#receipt-code").await.replace(char::is_whitespace, "");
    assert_eq!(receipt.replace('-', "").len(), 26, "{receipt}");
    receipt
}

async fn sees_promises(reporter: &Person, receipt: &str) {
    reporter.go("/receipt").await.look("receipt-enter").await;
    reporter.fill("Your receipt", "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE-F").await.press("Open your report").await;
    reporter.sees("No report has this receipt").await.misses("AAAAA").await;
    reporter.fill("Your receipt", &receipt.to_lowercase()).await.press("Open your report").await;
    reporter.sees(TITLE).await.sees("Nobody has answered yet").await.look("own-new").await;
    let section = "section[aria-labelledby=promises]";
    let times = reporter.attributes(&format!("{section} time"), "datetime").await;
    let at = |text: &String| text.parse::<Timestamp>().expect("an instant");
    let received = at(times.first().expect("when it came"));
    for (what, hours) in [("An acknowledgement by a member", 48), ("A detailed answer", 72)] {
        let due = received + SignedDuration::from_hours(hours);
        assert!(times.iter().any(|time| at(time) == due), "{what}: {due} is not among {times:?}");
        reporter.sees(what).await;
    }
}

/// Acknowledgement, question, answer with a file; gives the path of the case.
async fn dialogue(house: &House, ada: &Member, reporter: &Person) -> String {
    ada.person.go("/desk").await.look("queue").await;
    let case = ada.open(TITLE).await;
    ada.person.sees("MINIO_ROOT_PASSWORD").await.sees(NAME).await.look("case-new").await;
    let files = ada.person.attributes(".file-list a[download]", "href").await;
    let file = ada.person.fetch(files.first().expect("the file is there")).await;
    let disposition = file.headers()["content-disposition"].to_str().expect("a text").to_owned();
    assert!(disposition.starts_with("attachment") && disposition.contains("bootstrap-verify.http"), "{disposition}");
    assert_eq!(file.bytes().await.expect("the file").as_ref(), PROOF, "the file comes back as it was sent");
    let previews = ada.person.attributes(".file-list a[href$='/preview']", "href").await;
    ada.person.go(previews.first().expect("a preview")).await.sees("POST /minio/bootstrap/v1/verify").await;
    ada.person.sees("not that it is harmless").await.look("preview").await;
    ada.person.go(&case).await;
    ada.acknowledge(&case).await;
    ada.person.fill("Your message", "Does it also happen behind a load balancer?").await;
    ada.person.press("Ask and wait for the answer").await.look("case-waiting").await;

    reporter.go("/receipt").await.sees("asked you something").await.sees("behind a load balancer?").await;
    reporter.sees("Kept").await.look("own-asked").await;
    let trace = house.desk_drawer("cluster-2.trace", TRACE);
    reporter.fill("Your message", ANSWER).await.attach("#files", &[&trace]).await.press("Send to the team").await;
    reporter.sees("Your message is with the team").await.sees("cluster-2.trace").await;

    ada.person.go(&case).await.sees(ANSWER).await.look("case-answered").await;
    let files = ada.person.attributes(".thread .file-list a[download]", "href").await;
    let file = ada.person.fetch(files.last().expect("the second file is there")).await;
    assert_eq!(file.bytes().await.expect("the file").as_ref(), TRACE);
    ada.person.unfold("Write a note for the team").await.fill("Note", "Ask the console people as well.").await;
    ada.person.press("Save the note for the team").await.sees("Only the team sees this").await;
    reporter.go("/receipt").await.misses("console people").await;
    case
}

/// One member verifies; the gate leaves the verdict to another.
async fn verdict(ada: &Member, bela: &Member, case: &str) {
    ada.verify(
        case,
        "RELEASE.2023-03-13T19-46-17Z, three containers",
        "Whoever reads the answer is root of the store.",
    )
    .await;
    let gate = "A second member answers the reporter.";
    ada.person.go(case).await.sees(gate).await;
    let gated = ada.person.read(".gated").await;
    assert!(gated.contains("Another member than the one who verified"), "{gated}");
    ada.person.unfold("More").await.look("case-gated").await;
    ada.person.go(&format!("{case}/confirm")).await.fill("Your words to the reporter", "It is so.").await;
    ada.person.press("Confirm the report").await.sees("There is a problem").await.look("confirm-refused").await;
    ada.person.sees("Another member than the one who verified").await;
    assert_eq!(ada.person.ask("field('text').value").await, "It is so.", "nothing typed is lost");
    bela.confirm(case, "You are right. We are working on a release.").await;
    bela.person.look("case-confirmed").await;
}

async fn advisory_waits_for_the_fix(house: &House, ada: &Member, bela: &Member, case: &str) {
    ada.write_advisory(
        case,
        &[
            ("title", ADVISORY),
            ("summary", "Clusters are affected. Upgrade every node, then change the root credentials."),
            ("introduced-0", "RELEASE.2019-12-17T23-16-33Z"),
            ("fixed-0", FIXED),
            ("details", "The handler `bootstrap verify` answered **without** authentication.\n\n- clusters: affected\n- single nodes: not"),
            ("impact", "Root credentials of the cluster."),
            ("conditions", "Access to the port of any node."),
            ("workaround", "Close the path /minio/bootstrap/ to everything but the nodes."),
            ("references", "https://nvd.nist.gov/vuln/detail/CVE-2023-28432"),
            ("aliases", "CVE-2023-28432"),
        ],
    )
    .await;
    bela.approve(case).await;
    ada.leave_and_come_back().await;
    ada.prove(case).await;
    ada.publish(case, "Nothing about the reporter is published.").await;
    ada.person.go(case).await.look("case-ordered").await;
    for path in ["/", "/minio", "/minio/advisories", "/minio/advisories.atom"] {
        let (status, body) = house.get(path).await;
        assert_eq!(status, 200, "{path}");
        assert!(!body.contains(ADVISORY) && !body.contains("MINIO-20"), "{path} knows of it before its time");
    }
    let public = house.public();
    assert!(public.contains("MinIO"), "the tree is there");
    // The policy's schema names a made-up number; the one to come stands nowhere.
    let number = Timestamp::now().strftime("MINIO-%Y-1").to_string();
    for secret in [ADVISORY, TITLE, &number, "bootstrap"] {
        assert!(!public.contains(secret), "{secret} stands in the public folder before its time");
    }
}

/// The advisory in every format, at once and without a word about the reporter.
async fn published(house: &House, chromium: &Chromium, id: &str) {
    let page = format!("/minio/advisories/{id}");
    house.until(&page, |status, _| status == 200).await;
    let visitor = chromium.person(&house.url).await;
    visitor.go(&page).await.sees(ADVISORY).await.sees("CVE-2023-28432").await.sees(FIXED).await.sees("7.5").await;
    visitor.sees("CWE-200").await.look("advisory").await;
    visitor.go("/minio/advisories").await.sees(ADVISORY).await.look("advisories").await;
    visitor.go("/minio").await.look("policy-with-advisory").await;
    let mut told = vec![visitor.go(&page).await.text().await];
    for suffix in [".csaf.json", ".osv.json", ".md"] {
        let (status, body) = house.get(&format!("{page}{suffix}")).await;
        assert_eq!(status, 200, "{suffix}");
        assert!(body.contains(FIXED), "{suffix}: {body}");
        told.push(body);
    }
    let document: Value = serde_json::from_str(&told[1]).expect("JSON");
    assert_eq!(csaf::validate(&document), [], "the CSAF document is valid");
    let document: Value = serde_json::from_str(&told[2]).expect("JSON");
    assert_eq!(document["id"], format!("x_{id}"), "a prefix that OSV does not know is marked as such");
    assert!(document["aliases"].as_array().is_some_and(|all| all.contains(&"CVE-2023-28432".into())), "{document}");
    let (_, feed) = house.get("/minio/advisories.atom").await;
    assert!(feed.contains(ADVISORY), "{feed}");
    told.extend([feed, house.public()]);
    for body in told {
        for secret in [NAME, EMAIL, TITLE, "Ada Quist", "Bela Noor", ANSWER] {
            assert!(!body.contains(secret), "{secret} is public");
        }
    }
}

async fn told_to_the_reporter(reporter: &Person, id: &str) {
    reporter.go("/receipt").await.sees("It is fixed, and the advisory is public.").await.look("own-published").await;
    for secret in
        ["Ask the console people", "Every handler that is registered", "three containers", "ada@minio.example"]
    {
        reporter.misses(secret).await;
    }
    reporter.press(&format!("Read the advisory {id}")).await.sees(ADVISORY).await;
    reporter
        .go("/receipt")
        .await
        .press("Leave this page and forget the receipt here")
        .await
        .sees("Enter the receipt")
        .await;
    reporter.misses(TITLE).await;
}

/// Letters went to the team and to the reporter, and say nothing of what the case is about.
async fn letters(house: &House) {
    let letters = house.letters(4).await;
    assert!(letters.iter().any(|letter| letter.contains(EMAIL)), "the reporter was written to");
    for letter in letters {
        for secret in [TITLE, "root password", "bootstrap", "load balancer", NAME, "cluster-2.trace"] {
            assert!(!letter.contains(secret), "{secret} stands in a letter: {letter}");
        }
    }
}

/// What else there is to look at.
async fn other_pages(ada: &Member, case: &str) {
    ada.person.go(case).await.look("case-published").await;
    for (path, name) in [
        ("/desk/settings", "settings"),
        ("/desk/metrics", "metrics"),
        ("/desk/breaches", "breaches"),
        ("/desk/channels", "channels"),
        ("/desk/programs/minio", "program-versions"),
        ("/minio/record", "record"),
        ("/desk/report", "behalf-form"),
        ("/desk/search?q=environment", "search"),
        ("/desk/cases/00000-00000", "desk-not-found"),
        ("/api/docs", "api"),
    ] {
        ada.person.go(path).await.look(name).await;
    }
    for act in ["assign", "describe", "propose-embargo", "reject", "duplicate", "out-of-scope", "close"] {
        ada.person.go(&format!("{case}/{act}")).await.look(&format!("act-{act}")).await;
    }
}

/// A second case, whose reporter asked to be named: the credit is exactly what they wrote.
async fn credited(house: &House, chromium: &Chromium, [ada, bela]: [&Member; 2]) {
    let title = "The console keeps a session after the password was changed";
    let advisory = "Sessions of the console outlive a change of password";
    let reporter = chromium.person(&house.url).await;
    reporter.go("/minio/report").await.fill("What you found, in one sentence", title).await;
    reporter.fill("What is wrong", "Old cookies go on working for a week.").await;
    reporter.fill("Your name", "Nobody's business").await.tick("Name me with these words").await;
    reporter.fill("Name to publish", CREDITED).await.fill("Organisation to publish", "Lind <& more>").await;
    reporter.press("Send the report privately").await.press("Go to your report").await.sees(CREDITED).await;
    let case = ada.open(title).await;
    ada.verify(&case, "the latest release", "Who once stole a cookie keeps it.").await;
    bela.confirm(&case, "Thank you, it is so.").await;
    ada.rate(&case, V3, V4).await;
    ada.audit(&case, "All places that keep sessions", "Nothing else").await;
    let fixed = "RELEASE.2023-04-20T17-56-55Z";
    ada.write_advisory(&case, &[("title", advisory), ("summary", "Upgrade."), ("fixed-0", fixed)]).await;
    bela.approve(&case).await;
    ada.publish(&case, "Only the credit shown is published about the reporter.").await;
    bela.record_fix(&case, fixed, "").await;
    let id = "MINIO-".to_owned() + &Timestamp::now().strftime("%Y-2").to_string();
    let page = format!("/minio/advisories/{id}");
    house.until(&page, |status, _| status == 200).await;
    let visitor = chromium.person(&house.url).await;
    visitor.go(&page).await.sees(CREDITED).await.misses("Nobody's business").await.look("advisory-credited").await;
    let (_, document) = house.get(&format!("{page}.csaf.json")).await;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    let thanks = &document["vulnerabilities"][0]["acknowledgments"][0];
    assert_eq!(thanks["names"][0], CREDITED, "{thanks}");
    assert_eq!(thanks["organization"], "Lind <& more>", "{thanks}");
}
