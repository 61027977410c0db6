//! What every answer carries, and what the service makes of requests that no page sends.

use crate::support::service::{MINIO, Page, Service};
use reqwest::{Method, StatusCode};
use std::collections::BTreeSet;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PAGES: [&str; 14] = [
    "/",
    "/minio",
    "/minio/advisories",
    "/minio/advisories.atom",
    "/.well-known/security.txt",
    "/robots.txt",
    "/minio/report",
    "/receipt",
    "/desk",
    "/desk/sign-in",
    "/healthz",
    "/assets/candor.css",
    "/nothing",
    "/api/v1/nothing",
];

/// Sends bytes as they are; gives the whole answer.
async fn raw(service: &Service, request: &str) -> String {
    let mut stream = TcpStream::connect(service.app.config.listen).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("the request is taken");
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    String::from_utf8_lossy(&answer).into_owned()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let browser = service.browser();
    let mut answers = Vec::new();
    for path in PAGES {
        answers.push((format!("GET {path}"), browser.get(path).await));
        answers.push((format!("POST {path}"), browser.post(path, &[]).await));
        let head = browser.client.head(service.at(path)).send().await.expect("an answer");
        answers.push((format!("HEAD {path}"), Page::of(head).await));
    }
    for (what, page) in answers {
        let csp = page.header("content-security-policy");
        assert!(csp.starts_with("default-src 'none'") && !csp.contains("unsafe"), "{what}: {csp}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(page.header(name), value, "{what}: {name}");
        }
        assert!(!page.header("permissions-policy").is_empty(), "{what}");
        assert!(!page.header("cache-control").is_empty(), "{what}");
        assert!(
            !page.headers.contains_key("server") && !page.headers.contains_key("strict-transport-security"),
            "{what}"
        );
        assert!(!page.headers.contains_key("set-cookie"), "{what} sets a cookie before one is needed");
        assert!(page.status.as_u16() < 500, "{what}: {}", page.status);
        if what.starts_with("HEAD") {
            assert_eq!(page.body, "", "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn public_pages_may_be_kept_and_private_ones_may_not() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let browser = service.browser();
    let css = browser.get("/minio/report").await.attributes("link[rel=stylesheet]", "href")[0].clone();
    assert_eq!(browser.get(&css).await.header("cache-control"), "public, max-age=31536000, immutable");
    let feed = browser.get("/minio/advisories.atom").await;
    assert_eq!(feed.header("cache-control"), "public, max-age=60");
    assert_eq!(feed.header("content-type"), "application/atom+xml");
    let again = browser.client.get(service.at("/minio/advisories.atom")).header("if-none-match", feed.header("etag"));
    assert_eq!(again.send().await.expect("an answer").status(), StatusCode::NOT_MODIFIED);
    for path in ["/minio/report", "/receipt", "/desk/sign-in", "/nothing"] {
        assert_eq!(browser.get(path).await.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_browsers_are_told_to_stay_there() {
    let service = Service::start(&[MINIO], |config| config.base_url = "https://candor.example".into()).await;
    let answer = raw(&service, "GET /receipt HTTP/1.1\r\nHost: candor.example\r\nConnection: close\r\n\r\n").await;
    assert!(answer.contains("strict-transport-security: max-age=63072000"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn through_tor_browsers_are_told_where_it_is_without_the_words_of_a_search() {
    let service = Service::start(&[MINIO], |config| config.onion = Some("http://abc234.onion".into())).await;
    let page = service.browser().get("/minio/report?x=secret").await;
    assert_eq!(page.header("onion-location"), "http://abc234.onion/minio/report");
    let page = service.browser().post("/minio/report", &[]).await;
    assert!(!page.headers.contains_key("onion-location"));
    let csp = page.header("content-security-policy").to_owned();
    assert!(csp.contains("require-trusted-types-for 'script'; trusted-types 'none'"), "{csp}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_refuses_is_counted_by_rule_and_nothing_else_of_its_report_is_kept() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let browser = service.browser();
    let page = browser.get("/desk/sign-in").await;
    assert!(page.header("content-security-policy").ends_with("; report-uri /csp-report"));
    let report = async |kind: &'static str, body: String| {
        let sent = browser.client.post(service.at("/csp-report")).header("content-type", kind).body(body);
        sent.send().await.expect("an answer").status().as_u16()
    };
    let said =
        r#"{"csp-report":{"effective-directive":"img-src","document-uri":"https://x/CANARY","blocked-uri":"inline"}}"#;
    assert_eq!(report("application/csp-report", said.into()).await, 204);
    assert_eq!(report("application/x-www-form-urlencoded", "text=x".into()).await, 415);
    assert_eq!(report("application/csp-report", "[]".into()).await, 400);
    assert_eq!(report("application/csp-report", "x".repeat(20_000)).await, 413);
    let metrics = browser.get("/metrics").await.body;
    assert!(metrics.contains("candor_csp_reports_total 1") && !metrics.contains("CANARY"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_j8_another_site_cannot_load_what_lies_here_into_its_page() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let browser = service.browser();
    for path in ["/receipt", "/minio/report", "/desk/sign-in"] {
        let foreign = |mode: &'static str| {
            let asked = browser.client.get(service.at(path)).header("sec-fetch-site", "cross-site");
            asked.header("sec-fetch-mode", mode).send()
        };
        assert_eq!(foreign("no-cors").await.expect("an answer").status(), StatusCode::FORBIDDEN, "{path}");
        assert_eq!(foreign("navigate").await.expect("an answer").status(), StatusCode::OK, "{path}");
    }
    let page = browser.get("/api/v1/nothing").await;
    assert!(!page.headers.contains_key("access-control-allow-origin"));
    assert_eq!(page.header("cross-origin-resource-policy"), "same-origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_q1_a_sender_that_stops_in_its_head_is_dropped_while_others_are_served() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(service.app.config.listen).await.expect("a connection");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.expect("taken");
        slow.push(stream);
    }
    for _ in 0..20 {
        assert_eq!(service.browser().get("/minio/report").await.status, StatusCode::OK);
    }
    // The server hangs up; waiting for that is all this does.
    let mut left = Vec::new();
    let dropped = tokio::time::timeout(std::time::Duration::from_secs(30), slow[0].read_to_end(&mut left)).await;
    assert!(dropped.is_ok(), "nobody waits for the rest of the head for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_w10_odd_addresses_get_the_page_of_any_absent_one() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let mut seen = BTreeSet::new();
    for path in [
        "/nothing",
        "/minio/nothing",
        "/nobody/report",
        "/nobody",
        "/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/minio/%252e%252e/",
        "/minio;x=1",
        "/../../etc/passwd",
        "/minio/advisories/MINIO-2026-1.cve.json",
        "/minio/advisories/MINIO-2026-1.openvex.json",
        "/.git/config",
        "/metrics/",
        "/desk/cases",
        "//evil.example/",
        "/demo/mail",
    ] {
        let answer = raw(&service, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {}", answer.lines().next().unwrap_or_default());
        seen.insert(body(&answer).to_owned());
    }
    assert_eq!(seen.len(), 1, "one page for all of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_w10_unknown_verbs_are_405_and_a_huge_head_is_431() {
    let service = Service::start(&[MINIO], |_| {}).await;
    let browser = service.browser();
    for verb in ["TRACE", "PROPFIND", "DEBUG", "FOO"] {
        for path in ["/", "/minio/report", "/receipt", "/nothing"] {
            let method = Method::from_bytes(verb.as_bytes()).expect("a verb");
            let answer = browser.client.request(method, service.at(path)).send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{verb} {path}");
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        }
    }
    let huge = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Big: {}\r\nConnection: close\r\n\r\n", "a".repeat(40_000));
    let answer = raw(&service, &huge).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn abuse_w9_a_hostile_host_name_is_nowhere_in_the_answer() {
    let service = Service::start(&[MINIO], |_| {}).await;
    for path in ["/", "/minio", "/minio/report", "/receipt", "/desk", "/desk/sign-in?next=//evil.example", "/nothing"] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n"
        );
        let answer = raw(&service, &request).await;
        assert!(!answer.contains("evil.example"), "{path}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_for_this_machine_or_the_token_and_name_no_program() {
    let service = Service::start(&[MINIO], |config| config.metrics_token = Some("figures".into())).await;
    let browser = service.browser();
    let figures = browser.get("/metrics").await;
    assert_eq!(figures.status, StatusCode::OK);
    assert!(figures.body.contains("candor_answers_total") && !figures.body.contains("minio"));
    let proxied = |token: &str| {
        let request = browser.client.get(service.at("/metrics")).header("x-forwarded-for", "203.0.113.1");
        request.header("authorization", format!("Bearer {token}")).send()
    };
    assert_eq!(proxied("wrong").await.expect("an answer").status(), StatusCode::NOT_FOUND);
    assert_eq!(proxied("figures").await.expect("an answer").status(), StatusCode::OK);
    assert_eq!(browser.get("/readyz").await.status, StatusCode::OK);
}
