//! A digital experience platform: several versions in maintenance, promises that wait for the reporter.

use super::super::script::{
    Act, Story, Who, acknowledge, advisory, agree, answer, approve, ask, ask_credit, confirm, decide, draft, embargo,
    fix, named, note, other, publish, rate, reproduced, weakness, write,
};
use Who::{Ines, Jonas, Mei, Reporter, Tomas};
use candor_core::command::Command;
use candor_core::event::FixKind;
use jiff::{SignedDuration, Timestamp};

const DXP: (&str, &str) = ("Ibexa DXP", "pkg:composer/ibexa/core");

pub fn all(now: Timestamp) -> Vec<Story> {
    vec![search(now), quiet(now), roles(now), reopened(now)]
}

/// Confirmed, embargo agreed, one branch fixed and two to go.
fn search(now: Timestamp) -> Story {
    Story::new("search", "ibexa", now, (21, 4))
        .says(
            "Sort parameter of the search reaches the database unchanged",
            "The sort parameter of the REST search is put into the query as it comes. A quote in it breaks the query; more than a \
             quote reads other tables.",
        )
        .about("Ibexa DXP", "Search", "4.6.21")
        .shows("Send the attached request to any search with the legacy engine.", "Anybody who may search can read other tables.")
        .with(|facts| {
            facts.expected = "The parameter is refused".into();
            facts.actual = "An error of the database is shown".into();
            facts.answers.insert("login-needed".into(), "A signed-in visitor".into());
        })
        .by("Sofia Lund", "sofia@example.org")
        .file("request.http", "GET /api/invented/search?sort=name' HTTP/1.1\nHost: demo.example.org\n")
        .then((20, 22), Mei, acknowledge("Thank you, Sofia. Your request shows the error here, too."))
        .then((20, 20), Mei, Act::Assign(Mei))
        .then((19, 4), Mei, reproduced("4.6.21 and 3.3.44 with the legacy engine", "A signed-in visitor", "Reading of other tables"))
        .then((18, 3), Ines, confirm("Confirmed for 4.6 and 3.3; 5.0 uses another engine and is not affected."))
        .then((18, 1), Mei, rate(&["CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N"]))
        .then((18, 0), Mei, weakness(89))
        .then((17, 3), Ines, embargo(now + SignedDuration::from_hours(24 * 30), "Customers need time to plan. We propose to publish with the maintenance releases."))
        .then((16, 2), Reporter, agree(true, "Agreed."))
        .then((12, 4), Mei, decide("5.0", FixKind::NotAffected, "5.0 does not have the legacy engine."))
        .then((7, 3), Mei, fix("4.6", "4.6.22"))
        .then((7, 2), Mei, answer("4.6.22 has the fix. 3.3 follows; its tests need an older database."))
        .then((6, 3), Ines, ask_credit())
}

/// In triage for long; one update came, the next one is overdue, and the question that paused the clocks is answered.
fn quiet(now: Timestamp) -> Story {
    Story::new("quiet", "ibexa", now, (38, 3))
        .says(
            "Signed-out editor can still save through an open form",
            "A form that was open when the session ended can still be saved: the form's own token is accepted in place of the \
             session.",
        )
        .about("Ibexa DXP", "Back office", "4.6.20")
        .shows("Open a form, sign out in another tab, save.", "Changes by somebody who is no longer signed in.")
        .by("Tariq Aziz", "tariq@example.com")
        .then((37, 20), Jonas, acknowledge("Thank you. I try it in both editors."))
        .then((37, 19), Jonas, Act::Assign(Jonas))
        .then((34, 2), Jonas, ask("It does not happen to me with the default settings. Which session storage do you use?"))
        .then((29, 5), Reporter, write("Redis, with a lifetime of one hour. I attach nothing, it is the plain set-up from the manual."))
        .then((28, 3), Jonas, answer("With that storage I see it. It goes to the people who know the session code."))
        .then((27, 2), Jonas, note("Waiting for the platform team."))
}

/// Fixed in three branches, published, and put to rest afterwards.
fn roles(now: Timestamp) -> Story {
    let bundle = [("3.3.0", "3.3.43"), ("4.6.0", "4.6.20"), ("5.0.0", "5.0.3")];
    Story::new("roles", "ibexa", now, (100, 5))
        .says(
            "Role limitation by language is not applied to translations made by copying",
            "A user who may edit one language only can copy a translation into another language and so publish in it.",
        )
        .about("Ibexa DXP", "Roles and policies", "4.6.19")
        .shows("Limit a role to one language, copy a translation.", "Publishing in a language somebody has no right for.")
        .by("Wanjiru Kamau", "wanjiru@example.org")
        .then((99, 20), Tomas, acknowledge("Thank you. Two of us read this on Monday."))
        .then((97, 3), Jonas, reproduced("4.6.19 and 5.0.2", "An editor with a role limited by language", "Publishing in another language"))
        .then((96, 2), Tomas, confirm("Confirmed in all three versions in maintenance."))
        .then((96, 0), Jonas, rate(&["CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:L/A:N"]))
        .then((95, 23), Jonas, weakness(863))
        .then((90, 4), Tomas, answer("The fix is ready for 5.0 and is being carried to 4.6 and 3.3."))
        .then((84, 3), Jonas, draft(advisory(
            "Role limitations by language were not applied to copied translations",
            "An editor limited to one language could publish in another by copying a translation. Upgrade to 5.0.3, 4.6.20 or 3.3.43.",
            "Copying a translation checked the right to read the source and not the right to write the target.",
            "Publishing in a language without the right to.",
            DXP,
            &bundle,
        )))
        .then((83, 20), Tomas, ask_credit())
        .then((83, 2), Reporter, named("Wanjiru Kamau", "Savanna Digital", "https://example.org/wanjiru"))
        .then((82, 20), Mei, approve(1))
        .then((82, 3), Jonas, fix("3.3", "3.3.43"))
        .then((82, 2), Jonas, fix("4.6", "4.6.20"))
        .then((82, 1), Jonas, fix("5.0", "5.0.3"))
        .then((82, 0), Tomas, publish())
        .then((70, 2), Tomas, other(Command::Close { reason: "Published; no further questions came in.".into() }))
}

/// Closed too early and taken up again.
fn reopened(now: Timestamp) -> Story {
    Story::new("reopened", "ibexa", now, (26, 6))
        .says(
            "Preview of a draft stays in a shared cache",
            "After the preview of a draft through the accelerator, the page is given to everybody for one minute.",
        )
        .about("Ibexa DXP", "Headless", "5.0.4")
        .by("Björn Hansen", "bjorn@example.com")
        .then((25, 22), Mei, acknowledge("Thank you. I look at the cache headers first."))
        .then((22, 3), Mei, other(Command::Reject { text: "The headers forbid caching; a proxy that keeps the page all the same is set up wrongly.".into() }))
        .then((14, 2), Reporter, write("The headers are right on the first request only. On the second within one minute they are missing: see what I paste here.\n\nx-cache: HIT\ncache-control: public"))
        .then((13, 4), Ines, other(Command::Reopen { reason: "The second request shows it; our first check looked at the first one only.".into() }))
        .then((13, 3), Ines, answer("You are right, and we were too quick. The case is open again."))
        .then((12, 2), Mei, reproduced("5.0.4 behind the accelerator", "Two requests within a minute", "A draft is readable for everybody for one minute"))
}
