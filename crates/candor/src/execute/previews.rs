//! The preview of a file of a case: opened here for whoever may read it, taken apart in a process that holds nothing.

use candor_core::access::Actor;
use candor_core::event::FileRef;
use candor_core::id::CaseId;

use super::files;
use crate::app::App;
use crate::confine::previews::{LARGEST, NoPreview, Preview, look};
use crate::error::Error;
use crate::throttle::places::Heavy;

/// Previews that one member may ask for in a minute; a page with a picture asks for two.
const A_MINUTE: u32 = 60;

/// A file and what is shown of it.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The file.
    pub file: FileRef,
    /// The preview, or why there is none.
    pub preview: Result<Preview, NoPreview>,
}

/// Makes the preview of a file of a case. The look at the case goes on record, as with a download.
///
/// # Errors
/// As [`files::open_file`]. That a file has no preview is no error.
pub async fn preview(app: &App, actor: &Actor, case: &CaseId, file: &str) -> Result<Looked, Error> {
    let (file, mut reader) = files::open_file(app, actor, case, file).await?;
    let refused = |why| Ok(Looked { file: file.clone(), preview: Err(why) });
    if file.size == 0 {
        return refused(NoPreview::Empty);
    }
    if file.size > LARGEST {
        return refused(NoPreview::TooLarge);
    }
    let who = actor.member().map(|id| id.as_str()).unwrap_or_default();
    let Ok(_place) = app.throttle.place(Heavy::Preview, who) else {
        return refused(NoPreview::TooOften);
    };
    if app.throttle.rate_of("preview", who, A_MINUTE, app.now()).is_err() {
        return refused(NoPreview::TooOften);
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = reader.next().await.map_err(Error::internal)? {
        bytes.extend_from_slice(&chunk);
    }
    let preview = look(&app.workers, bytes).await;
    Ok(Looked { file, preview })
}
