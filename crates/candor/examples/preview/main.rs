//! Draws every page with made-up data into `target/preview/`, to be looked at without a server:
//! `cargo run -p candor --example preview`, then serve that folder and open a page.

use askama::Template;
use candor::web::views::assets;
use std::io::Result;
use std::path::PathBuf;

mod case;
mod desk;
mod files;
mod public;
mod report;
mod sample;

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/preview".into()));
    std::fs::create_dir_all(folder.join("assets"))?;
    for asset in assets::all() {
        std::fs::write(folder.join("assets").join(asset.name), asset.bytes)?;
    }
    let mut pages = Vec::new();
    pages.extend(public::pages());
    pages.extend(report::pages());
    pages.extend(desk::pages());
    pages.extend(case::pages());
    pages.extend(files::pages());
    for (name, markup) in pages {
        std::fs::write(folder.join(format!("{name}.html")), markup)?;
    }
    Ok(())
}

/// A page under its name.
pub fn page(name: &'static str, view: &impl Template) -> (&'static str, String) {
    (name, view.render().expect("views render into memory, which does not fail"))
}
