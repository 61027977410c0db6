//! Files that say how likely an identifier is exploited, and which ones are. An operator puts them into the folder `feeds` of the
//! data folder: `epss.csv` of FIRST and `kev.json` of CISA. Candor fetches nothing.

use crate::app::App;
use candor_formats::exploited::{EpssScores, Kev};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// What the files say.
#[derive(Debug, Default)]
pub struct Feeds {
    /// How likely.
    pub epss: EpssScores,
    /// Which are.
    pub kev: Kev,
}

/// Folder, when each file was written, and what was read of them.
type Read = (PathBuf, [Option<SystemTime>; 2], Arc<Feeds>);

static LAST: Mutex<Option<Read>> = Mutex::new(None);

/// Bytes that are read of one file at most.
const LIMIT: u64 = 64 * 1024 * 1024;

/// What the files say now. They are read again when one of them was replaced; a file that cannot be read says nothing.
pub fn current(app: &App) -> Arc<Feeds> {
    let folder = app.config.data.join("feeds");
    let files = [folder.join("epss.csv"), folder.join("kev.json")];
    let written = files.each_ref().map(|file| std::fs::metadata(file).and_then(|it| it.modified()).ok());
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, at, feeds)) = last.as_ref()
        && *known == folder
        && *at == written
    {
        return feeds.clone();
    }
    let feeds = Arc::new(Feeds {
        epss: read(&files[0]).map(|text| EpssScores::read(&text)).unwrap_or_default(),
        kev: read(&files[1]).and_then(|text| Kev::read(&text).ok()).unwrap_or_default(),
    });
    *last = Some((folder, written, feeds.clone()));
    feeds
}

fn read(file: &Path) -> Option<String> {
    let small = std::fs::metadata(file).ok().is_some_and(|it| it.is_file() && it.len() <= LIMIT);
    small.then(|| std::fs::read_to_string(file).ok()).flatten()
}
