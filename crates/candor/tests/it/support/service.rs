//! The service itself on a port of this machine, and a browser without script to look at it.

use candor::accounts::{self, totp};
use candor::app::App;
use candor::config::{Config, MailOut};
use candor_core::access::Role;
use candor_core::id::MemberId;
use reqwest::{Client, Response, StatusCode, header::HeaderMap, multipart::Form};
use scraper::{ElementRef, Html, Selector};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// MinIO's policy, as the repository carries it.
pub const MINIO: &str = include_str!("../../../../../examples/policies/minio.toml");

/// A running service; it stops when this is dropped.
pub struct Service {
    pub app: App,
    pub url: String,
    _folder: TempDir,
    _stop: oneshot::Sender<()>,
}

impl Service {
    /// Starts with these policies in service, and what `change` does to the configuration.
    pub async fn start(policies: &[&str], change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let app = open(&folder, policies, change).await;
        Self::serve(app, folder).await
    }

    /// Serves what is open already.
    pub async fn serve(app: App, folder: TempDir) -> Self {
        let listener = candor::serve::bind(app.config.listen).await.expect("the port is free");
        let url = app.config.base_url.clone();
        candor::publish::build(&app).await.expect("the public tree is built");
        let (stop, stopped) = oneshot::channel::<()>();
        let router = candor::serve::router(&app);
        tokio::spawn(candor::web::server::serve(listener, router, async {
            drop(stopped.await);
        }));
        Self { app, url, _folder: folder, _stop: stop }
    }

    /// The address of a page.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// A member with this role in the program `store`, who has just signed in with the second factor; their id as well.
    pub async fn signed_in(&self, name: &str, role: Option<Role>, manages: bool) -> (Browser, MemberId) {
        let (app, password) = (&self.app, "a long enough password");
        let roles: Vec<_> = role.into_iter().map(|role| ("store".to_owned(), role)).collect();
        let email = format!("{name}@team.example");
        let (id, secret) =
            accounts::add_ready(app, name, &email, password, &roles, manages).await.expect("the member is made");
        let browser = self.browser();
        let code = totp::code(&secret, app.now()).expect("a code");
        let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
        let who = [("email", email.as_str()), ("password", password), ("code", &code)];
        let page = browser.post("/desk/sign-in", &answered(form, &who)).await;
        assert_eq!(page.status, 303, "{}", page.body);
        (browser, id)
    }

    /// A browser of its own.
    pub fn browser(&self) -> Browser {
        let client =
            Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Browser { client, url: self.url.clone() }
    }
}

/// Serves what is open until the sender is dropped, for a browser of its own; its folder stays.
pub async fn serve_for_now(app: &App) -> (oneshot::Sender<()>, Browser) {
    let listener = candor::serve::bind(app.config.listen).await.expect("the port is free");
    candor::publish::build(app).await.expect("the public tree is built");
    let (stop, stopped) = oneshot::channel::<()>();
    let router = candor::serve::router(app);
    tokio::spawn(candor::web::server::serve(listener, router, async {
        drop(stopped.await);
    }));
    let client =
        Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    (stop, Browser { client, url: app.config.base_url.clone() })
}

/// A free port that nobody was given before.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").port()
}

/// Opens store and keys in a folder.
pub async fn open(folder: &TempDir, policies: &[&str], change: impl FnOnce(&mut Config)) -> App {
    let mut config = Config::in_folder(folder.path().join("data"));
    config.key_file = folder.path().join("root.key");
    config.public = folder.path().join("public");
    config.mail = MailOut::Dir(folder.path().join("mail"));
    config.report_rate = 0;
    config.listen = ([127, 0, 0, 1], free_port()).into();
    config.base_url = format!("http://{}", config.listen);
    change(&mut config);
    let app = candor::serve::open(config).await.expect("the store opens");
    for policy in policies {
        app.add_program(&super::places::everybody(policy)).await.expect("the policy is taken into service");
    }
    app
}

/// A browser without script. Follows no link by itself.
pub struct Browser {
    pub client: Client,
    url: String,
}

impl Browser {
    pub async fn get(&self, path: &str) -> Page {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await.expect("an answer");
        Page::of(answer).await
    }

    /// Sends a form with one file field or none.
    pub async fn post(&self, path: &str, fields: &[(String, String)]) -> Page {
        let answer = self.client.post(format!("{}{path}", self.url)).form(fields).send().await.expect("an answer");
        Page::of(answer).await
    }

    /// Sends a form as a browser does that holds files.
    pub async fn post_files(&self, path: &str, fields: &[(String, String)], files: &[(&str, &str, Vec<u8>)]) -> Page {
        let mut form = Form::new();
        for (name, value) in fields {
            form = form.text(name.clone(), value.clone());
        }
        for (name, kind, bytes) in files {
            let part = reqwest::multipart::Part::bytes(bytes.clone()).file_name((*name).to_owned());
            form = form.part("files", part.mime_str(kind).expect("a kind of file"));
        }
        let answer = self.client.post(format!("{}{path}", self.url)).multipart(form).send().await.expect("an answer");
        Page::of(answer).await
    }
}

/// An answer, read.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    pub async fn of(answer: Response) -> Self {
        let (status, headers) = (answer.status(), answer.headers().clone());
        Self { status, headers, body: answer.text().await.expect("a body") }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a text"))
    }

    fn all<T>(&self, selector: &str, read: impl Fn(ElementRef<'_>) -> T) -> Vec<T> {
        let selector = Selector::parse(selector).expect("a selector");
        Html::parse_document(&self.body).select(&selector).map(read).collect()
    }

    /// The texts of what a selector finds.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.all(selector, |it| it.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// An attribute of what a selector finds.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        self.all(selector, |it| it.attr(name).unwrap_or_default().to_owned())
    }

    /// The receipt on the page.
    pub fn receipt(&self) -> Option<String> {
        self.attributes("input[name=receipt][type=hidden]", "value").into_iter().next()
    }

    /// What a browser would send of the form with this address.
    pub fn form(&self, action: &str) -> Vec<(String, String)> {
        let document = Html::parse_document(&self.body);
        let form = Selector::parse(&format!("form[action='{action}']")).expect("a selector");
        let inputs = Selector::parse("input, textarea").expect("a selector");
        let form = document.select(&form).next().unwrap_or_else(|| panic!("no form to {action} in {}", self.body));
        let sent = |it: ElementRef<'_>| {
            let kind = it.attr("type").unwrap_or_default();
            let name = it.attr("name")?.to_owned();
            if kind == "file" || (matches!(kind, "checkbox" | "radio") && it.attr("checked").is_none()) {
                return None;
            }
            let value = match it.value().name() {
                // The parser drops the first line end, as browsers do.
                "textarea" => it.text().collect::<String>(),
                _ => it.attr("value").unwrap_or_default().to_owned(),
            };
            Some((name, value))
        };
        form.select(&inputs).filter_map(sent).collect()
    }
}

/// The fields of a form, some of them answered.
pub fn answered(mut fields: Vec<(String, String)>, answers: &[(&str, &str)]) -> Vec<(String, String)> {
    for (name, value) in answers {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields
}
