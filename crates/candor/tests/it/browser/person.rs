//! A person before a real browser: cookies of their own, hands that type and press, eyes that read.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::dom::SetFileInputFilesParams;
use chromiumoxide::cdp::browser_protocol::emulation::{
    SetFocusEmulationEnabledParams, SetScriptExecutionDisabledParams,
};
use chromiumoxide::cdp::browser_protocol::input::{DispatchKeyEventParams, DispatchKeyEventType, InsertTextParams};
use chromiumoxide::cdp::browser_protocol::log::{EventEntryAdded, LogEntryLevel, LogEntrySource};
use chromiumoxide::cdp::browser_protocol::page::{
    EventJavascriptDialogOpening, EventLoadEventFired, HandleJavaScriptDialogParams, NavigateParams,
};
use chromiumoxide::cdp::browser_protocol::target::{CreateBrowserContextParams, CreateTargetParams};
use chromiumoxide::cdp::js_protocol::runtime::{EvaluateParams, EventExceptionThrown};
use chromiumoxide::layout::Point;
use chromiumoxide::{Browser, BrowserConfig, Page};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;

use super::look::Artist;

/// How long a page may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a page is asked again.
const PACE: Duration = Duration::from_millis(20);
const HANDS: &str = include_str!("hands.js");

/// The installed Chromium, if any.
fn program() -> Option<&'static str> {
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .into_iter()
        .find(|path| Path::new(path).exists())
}

/// A running Chromium with a fresh profile.
pub struct Chromium {
    browser: Browser,
    script: bool,
    troubles: Troubles,
    artist: Artist,
    _profile: TempDir,
}

/// What browsers complained about: errors of the console, refusals of the content policy, dialogs.
pub type Troubles = Arc<Mutex<Vec<String>>>;

impl Chromium {
    /// Starts it; none when it is not installed, which is said aloud.
    pub async fn start(script: bool, artist: Artist) -> Option<Self> {
        let Some(program) = program() else {
            eprintln!("left out: Chromium is not installed");
            return None;
        };
        let profile = tempfile::Builder::new().prefix("candor-chromium").tempdir().expect("a temporary folder");
        let config = BrowserConfig::builder()
            .chrome_executable(program)
            .user_data_dir(profile.path())
            .new_headless_mode()
            .no_sandbox()
            .viewport(None)
            .window_size(1280, 900)
            .launch_timeout(PATIENCE)
            .request_timeout(PATIENCE)
            .args(["disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"])
            .args(["disable-component-update", "disable-sync", "disable-dev-shm-usage"])
            // Whoever is in motion cannot be pressed.
            .arg("force-prefers-reduced-motion")
            .build()
            .expect("the configuration holds");
        let (browser, mut handler) = Browser::launch(config).await.expect("Chromium starts");
        tokio::spawn(async move { while handler.next().await.is_some() {} });
        Some(Self { browser, script, troubles: Troubles::default(), artist, _profile: profile })
    }

    /// Somebody with a browser of their own, at `home`.
    pub async fn person(&self, home: &str) -> Person {
        let context = self.browser.create_browser_context(CreateBrowserContextParams::default()).await;
        let target = CreateTargetParams::builder()
            .url("about:blank")
            .browser_context_id(context.expect("a context of their own"))
            .build()
            .expect("a page is asked for");
        let page = self.browser.new_page(target).await.expect("a page opens");
        page.execute(SetFocusEmulationEnabledParams::new(true)).await.expect("the page has the focus");
        page.execute(SetScriptExecutionDisabledParams::new(!self.script)).await.expect("script is on or off");
        listen(&page, &self.troubles).await;
        Person { page, home: home.to_owned(), artist: self.artist.clone(), script: self.script }
    }

    /// What browsers complained about so far.
    pub fn troubles(&self) -> Vec<String> {
        self.troubles.lock().expect("nobody panicked with it").clone()
    }

    /// Ends it; nobody may have complained.
    pub async fn close(mut self) {
        let troubles = self.troubles();
        self.browser.close().await.expect("Chromium closes");
        self.browser.wait().await.expect("Chromium ends");
        assert!(troubles.is_empty(), "the browser complained:\n{}", troubles.join("\n"));
    }
}

/// Takes down every complaint of a page. Refusals of the service (4xx) are answers, not complaints.
async fn listen(page: &Page, troubles: &Troubles) {
    let mut log = page.event_listener::<EventEntryAdded>().await.expect("the log is heard");
    let list = troubles.clone();
    tokio::spawn(async move {
        while let Some(event) = log.next().await {
            let entry = &event.entry;
            let answered = entry.source == LogEntrySource::Network
                && entry.text.contains("the server responded with a status of 4")
                && !entry.url.as_deref().unwrap_or_default().contains("/assets/");
            if matches!(entry.level, LogEntryLevel::Error | LogEntryLevel::Warning) && !answered {
                let url = entry.url.as_deref().unwrap_or_default();
                list.lock().expect("nobody panicked with it").push(format!("{} ({url})", entry.text));
            }
        }
    });
    let mut thrown = page.event_listener::<EventExceptionThrown>().await.expect("exceptions are heard");
    let list = troubles.clone();
    tokio::spawn(async move {
        while let Some(event) = thrown.next().await {
            list.lock().expect("nobody panicked with it").push(format!("thrown: {:?}", event.exception_details));
        }
    });
    let mut dialogs = page.event_listener::<EventJavascriptDialogOpening>().await.expect("dialogs are heard");
    let (list, page) = (troubles.clone(), page.clone());
    tokio::spawn(async move {
        while let Some(event) = dialogs.next().await {
            list.lock().expect("nobody panicked with it").push(format!("dialog: {} {}", event.url, event.message));
            drop(page.execute(HandleJavaScriptDialogParams::new(true)).await);
        }
    });
}

/// Somebody before a page.
pub struct Person {
    pub page: Page,
    pub script: bool,
    home: String,
    artist: Artist,
}

impl Person {
    /// Opens an address of the service.
    pub async fn go(&self, path: &str) -> &Self {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.home) };
        self.until_loaded(async {
            let gone = self.page.execute(NavigateParams::new(url)).await.expect("the browser goes there");
            assert_eq!(gone.result.error_text, None, "{path}");
        })
        .await;
        self
    }

    /// Does something and waits until the page that comes of it is there.
    async fn until_loaded(&self, act: impl Future<Output = ()>) {
        let mut loads = self.page.event_listener::<EventLoadEventFired>().await.expect("loads are heard");
        act.await;
        let loaded = timeout(PATIENCE, loads.next()).await;
        if loaded.is_err() {
            let state = "[document.readyState, document.querySelectorAll('form[data-sent]').length, scrollY, innerWidth, \
                 document.activeElement?.outerHTML.slice(0, 200)]";
            panic!("no page came of it: {} {}", self.ask(state).await, self.text().await);
        }
    }

    /// Asks the page something, with hands and eyes at hand.
    pub async fn ask(&self, question: &str) -> Value {
        let ask = EvaluateParams::builder()
            .expression(format!("(() => {{ {HANDS}\nreturn ({question}); }})()"))
            .return_by_value(true)
            .build()
            .expect("a question");
        let answer = self.page.execute(ask).await.expect("the page answers").result;
        if let Some(wrong) = answer.exception_details {
            let said = wrong.exception.and_then(|thrown| thrown.description).unwrap_or(wrong.text);
            panic!("{said}");
        }
        answer.result.value.unwrap_or(Value::Null)
    }

    async fn ask_text(&self, question: &str) -> String {
        self.ask(question).await.as_str().unwrap_or_default().to_owned()
    }

    /// What stands on the page, also in what is folded.
    pub async fn text(&self) -> String {
        self.ask_text("words(document.querySelector('main') ?? document.body)").await
    }

    /// What stands in the first of what a selector finds; empty for none.
    pub async fn read(&self, selector: &str) -> String {
        self.ask_text(&format!("[...document.querySelectorAll({})].slice(0, 1).map(words).join()", json!(selector)))
            .await
    }

    /// What stands in all that a selector finds.
    pub async fn read_all(&self, selector: &str) -> Vec<String> {
        self.list(&format!("[...document.querySelectorAll({})].map(words)", json!(selector))).await
    }

    /// An attribute of all that a selector finds.
    pub async fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let name = json!(name);
        self.list(&format!(
            "[...document.querySelectorAll({})].map((node) => node.getAttribute({name}) ?? '')",
            json!(selector)
        ))
        .await
    }

    async fn list(&self, question: &str) -> Vec<String> {
        serde_json::from_value(self.ask(question).await).expect("a list of texts")
    }

    /// The path of the page.
    pub async fn path(&self) -> String {
        self.ask_text("location.pathname").await
    }

    /// Insists that the page says something.
    pub async fn sees(&self, words: &str) -> &Self {
        let text = self.text().await;
        assert!(text.contains(words), "“{words}” is missing on {}: {text}", self.path().await);
        self
    }

    /// Insists that the page says nothing of the kind.
    pub async fn misses(&self, words: &str) -> &Self {
        let text = self.text().await;
        assert!(!text.contains(words), "“{words}” stands on {}: {text}", self.path().await);
        self
    }

    /// Types into a field, in place of what is there.
    pub async fn fill(&self, what: &str, text: &str) -> &Self {
        let found = json!(what);
        self.page.bring_to_front().await.expect("the page is in front");
        self.ask(&format!("(() => {{ const node = field({found}); node.focus(); node.select(); }})()")).await;
        self.page.execute(InsertTextParams::new(text)).await.expect("it is typed");
        let typed = self.ask_text(&format!("field({found}).value")).await;
        assert_eq!(typed, text, "what stands in “{what}” is what was typed");
        self
    }

    /// Chooses from a list, by the value that is sent.
    pub async fn choose(&self, what: &str, value: &str) -> &Self {
        let (what, value) = (json!(what), json!(value));
        self.ask(&format!(
            "(() => {{ const one = [...document.querySelectorAll('main [type=radio]')].find((node) => node.name === {what} && \
             node.value === {value}); if (one) {{ open(one).checked = true; \
             one.dispatchEvent(new Event('change', {{ bubbles: true }})); return; }} \
             const node = field({what}); node.value = {value}; \
             if (node.value !== {value}) throw new Error('no such choice: ' + {value}); \
             node.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()"
        ))
        .await;
        self
    }

    /// Presses a key, where nothing is typed into; waits for the page that comes of it.
    pub async fn key(&self, key: &str) -> &Self {
        self.page.bring_to_front().await.expect("the page is in front");
        self.until_loaded(self.strike(key)).await;
        self
    }

    async fn strike(&self, key: &str) {
        let text = if key == "Enter" { "\r" } else { key };
        for kind in [DispatchKeyEventType::KeyDown, DispatchKeyEventType::KeyUp] {
            let mut event = DispatchKeyEventParams::builder().r#type(kind.clone()).key(key);
            if kind == DispatchKeyEventType::KeyDown {
                event = event.text(text);
            }
            if key == "Enter" {
                event = event.code("Enter").windows_virtual_key_code(13);
            }
            self.page.execute(event.build().expect("a key")).await.expect("it is pressed");
        }
    }

    /// Ticks a box, or chooses one of a few, by its words.
    pub async fn tick(&self, what: &str) -> &Self {
        let found = json!(what);
        self.press_at(&format!("place(field({found}))")).await;
        assert_eq!(self.ask(&format!("field({found}).checked")).await, json!(true), "“{what}” is ticked");
        self
    }

    /// Chooses files in a field.
    pub async fn attach(&self, what: &str, files: &[&Path]) -> &Self {
        let ask = EvaluateParams::new(format!("(() => {{ {HANDS}\nreturn field({}); }})()", json!(what)));
        let found = self.page.execute(ask).await.expect("the page answers").result;
        let count = files.len();
        let files = files.iter().map(|path| path.display().to_string()).collect();
        let mut choice = SetFileInputFilesParams::new(files);
        choice.object_id = found.result.object_id;
        self.page.execute(choice).await.expect("the files are chosen");
        // With script the page lists them, and what stands below moves down.
        let shown = if self.script { "node.closest('.files').querySelectorAll('.chosen li')" } else { "node.files" };
        let mut pace = tokio::time::interval(PACE);
        let shown = format!("(() => {{ const node = field({}); return {shown}.length; }})()", json!(what));
        while self.ask(&shown).await != json!(count) {
            pace.tick().await;
        }
        self
    }

    /// Presses a button or link by its words, and waits for the page that comes.
    pub async fn press(&self, words: &str) -> &Self {
        self.until_loaded(self.press_at(&format!("place(handle({}))", json!(words)))).await;
        self
    }

    /// Presses something that leads to no other page.
    pub async fn unfold(&self, words: &str) -> &Self {
        self.press_at(&format!("place(handle({}))", json!(words))).await;
        self
    }

    async fn press_at(&self, place: &str) {
        self.page.bring_to_front().await.expect("the page is in front");
        // A page that still moves is waited for.
        let mut pace = tokio::time::interval(PACE);
        let mut at = self.ask(place).await;
        for _ in 0..50 {
            pace.tick().await;
            pace.tick().await;
            let again = self.ask(place).await;
            if again == at {
                break;
            }
            at = again;
        }
        let number = |axis: &str| at[axis].as_f64().expect("a place on the page");
        self.page.click(Point { x: number("x"), y: number("y") }).await.expect("it is pressed");
    }

    /// A file of a link on the page, fetched with this person's cookies: headers and bytes.
    pub async fn fetch(&self, path: &str) -> reqwest::Response {
        let cookies = self.page.get_cookies().await.expect("the cookies");
        let cookies: Vec<String> = cookies.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        // A session belongs to the browser it was begun in.
        let browser = self.ask_text("navigator.userAgent").await;
        let client = reqwest::Client::builder().user_agent(browser).build().expect("a client");
        let url = format!("{}{path}", self.home);
        client.get(url).header("cookie", cookies.join("; ")).send().await.expect("an answer")
    }

    /// Keeps a picture of the page under a name, and looks at it as those do who see or read otherwise.
    pub async fn look(&self, name: &str) -> &Self {
        let title = self.ask_text("document.title").await;
        assert!(!title.is_empty(), "{name} has a title");
        assert_eq!(self.ask("document.querySelectorAll('h1').length").await, json!(1), "{name} has one heading");
        self.artist.look(self, name).await;
        self
    }
}
