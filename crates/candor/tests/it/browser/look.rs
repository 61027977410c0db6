//! Pictures of pages in every dress, and what axe finds in them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chromiumoxide::cdp::browser_protocol::emulation::{
    ClearDeviceMetricsOverrideParams, MediaFeature, SetDeviceMetricsOverrideParams, SetScriptExecutionDisabledParams,
};
use chromiumoxide::cdp::browser_protocol::page::{CaptureScreenshotFormat, CreateIsolatedWorldParams, Viewport};
use chromiumoxide::cdp::js_protocol::runtime::EvaluateParams;
use chromiumoxide::page::ScreenshotParams;
use serde_json::{Value, json};

use super::person::Person;

/// Widths of a window and of a phone, in pixels.
const WIDTHS: [i64; 2] = [1280, 390];
const AXE: &str = "axe.run(document, { resultTypes: ['violations'] }).then((told) => JSON.stringify(\
    told.passes.length < 5 ? ['it looked at nothing'] : told.violations.map(\
    (it) => it.id + ': ' + it.help + ' ' + it.nodes.slice(0, 4).map((node) => node.target.join(' ')).join(' | '))))";

/// Keeps pictures of pages; a blind one only reads.
#[derive(Clone, Default)]
pub struct Artist {
    folder: Option<PathBuf>,
    axe: Option<Arc<str>>,
}

impl Artist {
    /// Only reads.
    pub fn blind() -> Self {
        Self::default()
    }

    /// Takes pictures in every dress, and asks axe where it is installed. Pictures of pages without script have a name of
    /// their own.
    pub fn sighted(script: bool) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = root.join(if script { "artefacts/screenshots" } else { "artefacts/screenshots-without-script" });
        std::fs::create_dir_all(&folder).expect("the folder of pictures is made");
        let places = std::env::var_os("CANDOR_NODE_MODULES").map(PathBuf::from).into_iter();
        let places = places.chain([root.join("target/node/node_modules"), root.join("node_modules")]);
        let axe = places.into_iter().find_map(|place| std::fs::read_to_string(place.join("axe-core/axe.min.js")).ok());
        if axe.is_none() {
            eprintln!("left out: axe-core is not installed (npm install --no-save --prefix target/node axe-core)");
        }
        Self { folder: Some(folder), axe: axe.map(Into::into) }
    }

    /// Looks at a page in both widths, light and dark.
    pub async fn look(&self, person: &Person, name: &str) {
        let Some(folder) = &self.folder else { return };
        for width in WIDTHS {
            let size = SetDeviceMetricsOverrideParams::new(width, 900, 1.0, false);
            person.page.execute(size).await.expect("the window has this width");
            let wide = person.ask("document.documentElement.scrollWidth").await;
            assert!(wide.as_i64().is_some_and(|wide| wide <= width), "{name} is {wide} wide in a window of {width}");
            for colours in ["light", "dark"] {
                let feature = vec![MediaFeature::new("prefers-color-scheme", colours)];
                person.page.emulate_media_features(feature).await.expect("the colours are chosen");
                let picture = shoot(person).await;
                std::fs::write(folder.join(format!("{name}-{width}-{colours}.png")), picture)
                    .expect("the picture is kept");
                if let Some(axe) = &self.axe {
                    let found = ask_axe(person, axe).await;
                    assert_eq!(found, json!([]), "axe on {name}, {width} wide, {colours}");
                }
            }
        }
        person.page.emulate_media_features(Vec::new()).await.expect("the colours are back");
        person.page.execute(ClearDeviceMetricsOverrideParams::default()).await.expect("the window is back");
    }
}

async fn shoot(person: &Person) -> Vec<u8> {
    let size = person.ask("[innerWidth, document.documentElement.scrollHeight]").await;
    let side = |at: usize| size[at].as_f64().expect("a size");
    let all = Viewport { x: 0.0, y: 0.0, width: side(0), height: side(1).min(8000.0), scale: 1.0 };
    let picture = ScreenshotParams::builder()
        .format(CaptureScreenshotFormat::Png)
        .clip(all)
        .capture_beyond_viewport(true)
        .build();
    person.page.screenshot(picture).await.expect("a picture")
}

/// Runs axe in a world of its own, where the page's policy on scripts neither binds it nor is loosened.
async fn ask_axe(person: &Person, axe: &str) -> Value {
    let frame = person.page.mainframe().await.expect("the page answers").expect("a frame");
    let world = CreateIsolatedWorldParams::builder().frame_id(frame).world_name("axe").build().expect("a world");
    let world = person.page.execute(world).await.expect("the world is made").result.execution_context_id;
    // The page was read without script and stays so; only axe itself needs it.
    let script = |off| SetScriptExecutionDisabledParams::new(off);
    person.page.execute(script(false)).await.expect("axe may run");
    let ask = |expression: String| {
        EvaluateParams::builder()
            .expression(expression)
            .context_id(world)
            .return_by_value(true)
            .await_promise(true)
            .build()
            .expect("a question")
    };
    person.page.execute(ask(format!("{axe}; true"))).await.expect("axe is there");
    let told = person.page.execute(ask(AXE.to_owned())).await.expect("axe answers").result;
    assert!(told.exception_details.is_none(), "{:?}", told.exception_details);
    person.page.execute(script(!person.script)).await.expect("script is as before");
    let told = told.result.value.unwrap_or_default();
    serde_json::from_str(told.as_str().unwrap_or_default()).expect("findings")
}
