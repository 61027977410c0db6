//! Programs of other makers that judge what goes out. `./test --prepare` puts them where they are looked for.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of `tests/tools`.
pub fn tool(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools").join(name)
}

/// The folder of modules in which this package of npm lies. `None`, and said, where there is none.
pub fn node_modules(package: &str) -> Option<PathBuf> {
    let places = std::env::var_os("CANDOR_NODE_MODULES").map(PathBuf::from).into_iter();
    let places = places.chain([root().join("target/node/node_modules"), root().join("node_modules")]);
    let found = places.into_iter().find(|place| place.join(package).is_dir());
    if found.is_none() {
        eprintln!("left out: {package} is not installed (npm install --no-save --prefix target/node {package})");
    }
    found
}

/// Python with the packages of `tests/tools/python.txt`. `None`, and said, where there is none.
pub fn python() -> Option<PathBuf> {
    let places = std::env::var_os("CANDOR_PYTHON").map(PathBuf::from).into_iter();
    let found = places.chain([root().join("target/python/bin/python")]).find(|place| place.exists());
    if found.is_none() {
        eprintln!("left out: there is no Python with the readers of PyPI (./test --prepare makes target/python)");
    }
    found
}

/// The CSAF client, where it was built.
pub fn csaf_client() -> Option<PathBuf> {
    let places = std::env::var_os("CANDOR_CSAF_CLIENT").map(PathBuf::from).into_iter();
    let found = places.chain([root().join("target/csaf-client/debug/csaf-client")]).find(|place| place.exists());
    if found.is_none() {
        eprintln!("left out: the CSAF client is not built (./test --prepare builds it)");
    }
    found
}

/// Runs a program to its end, off the threads that serve. Whether it succeeded, and what it printed and complained of.
pub async fn run(mut command: Command) -> (bool, String, String) {
    let work = move || {
        let done = command.output().expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (done.status.success(), text(&done.stdout), text(&done.stderr))
    };
    tokio::task::spawn_blocking(work).await.expect("it ends")
}
