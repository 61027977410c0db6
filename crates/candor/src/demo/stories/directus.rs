//! A data platform: what is exploited comes first, and not everything that is reported is a flaw.

use super::super::script::{
    Act, Story, Who, acknowledge, advisory, answer, ask_credit, confirm, draft, next_steps, note, other, rate, reject,
    reproduced, verify, weakness, write,
};
use Who::{Ines, Jonas, Mei, Reporter, Tomas};
use candor_core::command::Command;
use candor_core::event::{Channel, FixKind, VerificationResult};
use jiff::Timestamp;

const DIRECTUS: (&str, &str) = ("Directus", "pkg:npm/directus");

pub fn all(now: Timestamp) -> Vec<Story> {
    vec![flow(now), share(now), rejected(now), tracker(now)]
}

/// Critical and exploited: a workaround is in force, the patch is being made.
fn flow(now: Timestamp) -> Story {
    Story::new("flow", "directus", now, (6, 2))
        .says(
            "Webhook of a flow runs with the rights of the last administrator who saved it",
            "A flow that is started by a webhook takes its rights from the account that saved it last. Anybody who knows the \
             address can start it and choose the collection it writes to.",
        )
        .about("Directus", "Flows", "11.14.0")
        .shows("Save a flow as administrator, call its webhook with another collection's name.", "Anybody can write to any collection.")
        .with(|facts| {
            facts.exploited = true;
            facts.preconditions = "The address of a webhook".into();
        })
        .by("Ibrahim Diallo", "ibrahim@example.com")
        .file("requests.txt", "(invented) POST /flows/trigger/… collection=users 200\n")
        .then((5, 23), Ines, Act::Assign(Tomas))
        .then((5, 22), Tomas, acknowledge("Thank you, this is urgent and we treat it so. Two of us are on it now."))
        .then((5, 18), Jonas, reproduced("11.14.0 in a container", "The address of a webhook of a flow with a write step", "Writing to any collection"))
        .then((5, 17), Tomas, confirm("Confirmed. Webhooks must run with rights of their own."))
        .then((5, 16), Tomas, rate(&["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"]))
        .then((5, 15), Tomas, weakness(269))
        .then((5, 14), Tomas, other(Command::KnowExploitation { ground: "The reporter's log shows requests from three addresses that are not theirs.".into(), aware_at: None }))
        .then((4, 20), Tomas, other(Command::RecordFix {
            branch: String::new(),
            kind: FixKind::Workaround,
            version: None,
            url: None,
            details: "Switch webhook triggers off, or refuse /flows/trigger at the proxy.".into(),
        }))
        .then((4, 19), Tomas, next_steps("Please refuse /flows/trigger at your proxy for now. The patch is in review; we publish with it."))
        .then((2, 6), Jonas, draft(advisory(
            "Webhooks of flows ran with the rights of an administrator",
            "Anybody who knew the address of a webhook could write to any collection. Upgrade at once, or refuse `/flows/trigger` at the proxy.",
            "Flows that are started by a webhook took their rights from the account that saved them last.",
            "Reading and writing of any collection.",
            DIRECTUS,
            &[("11.0.0", "11.14.1")],
        )))
        .then((2, 5), Ines, ask_credit())
}

/// In triage: verified, and the team writes about it.
fn share(now: Timestamp) -> Story {
    Story::new("share", "directus", now, (3, 6))
        .says(
            "Password of a share can be tried without a limit",
            "A share that asks for a password answers as many tries as one sends. With a four-digit password it is open within \
             minutes.",
        )
        .about("Directus", "Shares", "11.14.0")
        .shows("Send 10,000 tries to a share.", "Whoever has the link gets in without knowing the password.")
        .by("Chiara Conti", "chiara@example.org")
        .then((2, 20), Mei, acknowledge("Thank you, Chiara. I count how many tries go through."))
        .then((2, 19), Mei, Act::Assign(Mei))
        .then((1, 4), Mei, verify("11.14.0 with the default limiter", VerificationResult::Partly, "The limiter is off by default", "With the limiter on, 50 tries a second go through"))
}

/// Rejected with the reason; the reporter answers after the end.
fn rejected(now: Timestamp) -> Story {
    Story::new("rejected", "directus", now, (33, 4))
        .says("Administrator can read every table", "A user with the role of administrator can read all tables, also those that hold private data.")
        .about("Directus", "Access policies", "11.12.0")
        .by("", "pentest@example.com")
        .then((32, 3), Tomas, acknowledge("Thank you. We read it and write tomorrow."))
        .then((31, 20), Jonas, verify("11.12.0", VerificationResult::NotReproduced, "Needs an administrator", "None beyond what the role is for"))
        .then((31, 2), Tomas, reject("Administrators are meant to read everything: the role is described so, and nobody gets it by accident. If you found a way to become one, write us about that."))
        .then((30, 2), Reporter, write("Understood. The page on roles could say it more loudly."))
        .then((29, 22), Tomas, answer("Good point; it does now."))
}

/// Found in a public place, filed for the finder today.
fn tracker(now: Timestamp) -> Story {
    Story::new("tracker", "directus", now, (0, 5))
        .says(
            "Export of a collection ignores the field permissions of related collections",
            "An issue in the public tracker says that an export with nested fields contains columns the exporting user may not \
             read. The issue was hidden an hour after it was opened.",
        )
        .about("Directus", "Import and export", "11.14.0")
        .through(Channel::PublicIssue, Some(Ines))
        .then((0, 4), Ines, note("It was public for an hour. I hid the issue and asked the finder to go on here."))
        .then((0, 3), Ines, Act::Assign(Jonas))
}
