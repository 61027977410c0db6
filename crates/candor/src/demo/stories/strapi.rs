//! A content management system: targets that are not promises of more, and credit by wish.

use super::super::script::{
    Act, Story, Who, acknowledge, advisory, anonymous, answer, approve, ask, ask_credit, confirm, draft, estimate, fix,
    note, other, publish, rate, reproduced, weakness,
};
use Who::{Ines, Jonas, Mei, Reporter, Tomas};
use candor_core::command::Command;
use jiff::{SignedDuration, Timestamp};

const CMS: (&str, &str) = ("Strapi", "pkg:npm/%40strapi/strapi");

pub fn all(now: Timestamp) -> Vec<Story> {
    vec![upload(now), invitation(now), preview(now), withdrawn(now)]
}

/// A question waits for the reporter; the clock that waits for them stands still.
fn upload(now: Timestamp) -> Story {
    Story::new("upload", "strapi", now, (5, 7))
        .says(
            "Upload accepts a picture that runs script when it is opened",
            "A picture with script inside is kept as it is and given out under the address of the administration. Opened by an \
             editor, the script runs with their session.",
        )
        .about("Strapi", "Upload", "5.31.0")
        .shows("Upload the attached picture as an author, send the link to an editor.", "An author acts as an editor.")
        .by("Nadia Rahman", "nadia@example.org")
        .file("picture.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><!-- invented for a demonstration; no script inside --></svg>\n")
        .then((4, 20), Mei, acknowledge("Thank you, Nadia. I try it on a fresh installation."))
        .then((4, 19), Mei, Act::Assign(Mei))
        .then((4, 18), Mei, rate(&["CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:H/I:H/A:N"]))
        .then((3, 22), Mei, ask("On a fresh 5.31.0 the picture is given out as a download, and nothing runs. Which storage do you use, and does a proxy of yours change headers?"))
        .then((3, 21), Mei, note("Might be the storage plugin: it sets the type by itself."))
}

/// Confirmed; the target for the patch was missed, with a reason and a new date.
fn invitation(now: Timestamp) -> Story {
    let until = now + SignedDuration::from_hours(24 * 9);
    Story::new("invitation", "strapi", now, (24, 5))
        .says(
            "Invitation link of an administrator works again after it was used",
            "The link in an invitation can be used a second time within an hour when the first use came from another language \
             setting. The second user sets a new password.",
        )
        .about("Strapi", "Administration panel", "5.30.2")
        .shows("Use a link, change the browser's language, use it again.", "Whoever finds a used link in a mailbox takes over the account.")
        .by("Marek Zielinski", "marek@example.com")
        .then((23, 20), Tomas, acknowledge("Thank you. We look at it today."))
        .then((23, 2), Jonas, reproduced("5.30.2, SQLite and PostgreSQL", "A used link, within one hour", "Take-over of the new account"))
        .then((22, 20), Tomas, confirm("Confirmed. A cache by language keeps the link alive."))
        .then((22, 18), Jonas, rate(&["CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:H"]))
        .then((22, 17), Jonas, weakness(613))
        .then((16, 2), Tomas, answer("A first patch broke signing in with several languages; we start again."))
        .then((14, 4), Tomas, estimate("patch", until, "The first patch broke signing in with several languages. The cache has to go, which touches more than we thought."))
        .then((5, 3), Jonas, note("New patch is in review; two plugins still rely on the cache."))
}

/// Published; the reporter chose to stay unnamed.
fn preview(now: Timestamp) -> Story {
    Story::new("preview", "strapi", now, (90, 3))
        .says(
            "Draft entries can be read through the preview address of another entry",
            "The preview address takes the id of the entry from the path and the permission from the query. With the permission \
             for one entry every draft can be read.",
        )
        .about("Strapi", "Content manager", "5.24.0")
        .shows("Open a preview, change the id in the path.", "Drafts are read by people who should not see them.")
        .by("", "quiet@example.net")
        .then((89, 2), Ines, acknowledge("Thank you. This is read by two of us now."))
        .then((88, 20), Mei, reproduced("5.24.0", "A preview link of any entry", "Every draft of the same type"))
        .then((88, 2), Ines, confirm("Confirmed: path and permission are checked apart."))
        .then((87, 20), Mei, rate(&["CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N"]))
        .then((87, 19), Mei, weakness(639))
        .then((85, 3), Mei, draft(advisory(
            "Drafts could be read through the preview address of another entry",
            "Somebody with one preview link could read other drafts of the same type. Upgrade to 5.24.1.",
            "The preview address checked the permission of the entry named in the query and showed the one named in the path.",
            "Drafts of the same content type.",
            CMS,
            &[("5.10.0", "5.24.1")],
        )))
        .then((84, 20), Ines, ask_credit())
        .then((84, 2), Reporter, anonymous())
        .then((83, 20), Jonas, approve(1))
        .then((83, 18), Ines, publish())
        .then((83, 3), Mei, fix("5.x", "5.24.1"))
}

/// Taken back by the reporter.
fn withdrawn(now: Timestamp) -> Story {
    Story::new("withdrawn", "strapi", now, (30, 5))
        .says(
            "Password of the database in the build output",
            "The build output of my project contains the password of the database.",
        )
        .about("Strapi", "Build", "5.30.0")
        .by("Elif Kaya", "elif@example.org")
        .then((29, 3), Jonas, acknowledge("Thank you. Can you say which file it is in?"))
        .then(
            (28, 20),
            Reporter,
            other(Command::Withdraw { text: "It was my own plugin that printed it. Sorry for the noise.".into() }),
        )
}
