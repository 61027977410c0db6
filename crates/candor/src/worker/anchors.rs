//! The heads of all journals, signed each hour and put elsewhere.

use candor_core::id::ProgramSlug;
use lettre::Address;
use mail_builder::MessageBuilder;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;

use crate::anchors::places;
use crate::app::App;
use crate::config::AnchorPlace;
use crate::error::Error;
use crate::mail::Post;
use crate::mail::letters::Letter;

/// Takes the anchor of the hour when it is due, and brings the newest to every place that lacks it. A letter holds the
/// signed lines and nothing of any case.
///
/// # Errors
/// As keys and store fail; a place that cannot be reached is logged and tried again.
pub async fn round(app: &App, post: &Post) -> Result<(), Error> {
    let Some((anchor, mailboxes)) = places::round(app).await? else { return Ok(()) };
    for place in mailboxes {
        let AnchorPlace::Mail(address) = &place else { continue };
        let Ok(to) = address.parse::<Address>() else {
            tracing::error!("a mailbox for anchors is no address");
            continue;
        };
        let text = serde_json::to_string_pretty(&anchor).map_err(Error::internal)?;
        let id = format!("anchor-{}", anchor.number());
        let bytes = MessageBuilder::new()
            .from((post.sender.name.as_str(), post.sender.address.as_ref() as &str))
            .to(address.as_str())
            .subject(format!("Anchor {} of the journals", anchor.number()))
            .header("Auto-Submitted", Raw::new("auto-generated"))
            .date(Date::new(app.now().as_second()))
            .text_body(text)
            .write_to_vec()
            .map_err(Error::internal)?;
        let from = post.sender.address.clone();
        let sender_domain = from.domain().to_owned();
        let letter = Letter { id, at: app.now(), from, sender_domain, program: ProgramSlug(String::new()), to, bytes };
        match post.send(&letter).await {
            Ok(()) => places::delivered(app, &place, &anchor).await?,
            Err(why) => tracing::error!(why = ?why, "an anchor could not be mailed and is tried again"),
        }
    }
    Ok(())
}
