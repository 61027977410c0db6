//! A runtime for distributed applications: working days, two members who talk, and clauses about what is not covered.

use super::super::script::{
    Act, Story, Who, acknowledge, advisory, agree, answer, approve, confirm, discuss, draft, embargo, fix, note, other,
    publish, rate, reproduced, weakness, write,
};
use Who::{Ines, Jonas, Mei, Reporter, Tomas};
use candor_core::command::Command;
use candor_core::event::Channel;
use jiff::{SignedDuration, Timestamp};

const RUNTIME: (&str, &str) = ("Dapr runtime", "pkg:golang/github.com/dapr/dapr");

pub fn all(now: Timestamp) -> Vec<Story> {
    vec![actors(now), tokens(now), overdue(now), applications(now), scanner(now)]
}

fn day(now: Timestamp, days: i64) -> Timestamp {
    now + SignedDuration::from_hours(24 * days)
}

/// Confirmed and discussed; a date is proposed and waits for the reporter's answer.
fn actors(now: Timestamp) -> Story {
    Story::new("actors", "dapr", now, (12, 3))
        .says(
            "Actor reminder of one application can be overwritten by another",
            "When two applications use an actor type of the same name in one namespace, a reminder set by the second replaces \
             the reminder of the first. The payload of the second is then delivered to the first.",
        )
        .about("Dapr runtime", "Actors", "1.18.2")
        .shows("Run the two attached applications in one namespace and set a reminder in each.", "One application can feed another with its own payloads.")
        .with(|facts| facts.disclosure_plans = "I would like to write about it when it is fixed.".into())
        .by("Grace Odhiambo", "grace@example.org")
        .file("two-actors.yaml", "# invented for a demonstration\nactorTypes: [counter]\n")
        .then((11, 20), Tomas, acknowledge("Thank you, Grace. Two of us look at it today."))
        .then((11, 19), Tomas, Act::Assign(Mei))
        .then((10, 4), Mei, reproduced("1.18.2 on a three-node cluster", "Two applications in one namespace with the same actor type", "Payloads of one application reach another"))
        .then((9, 6), Mei, confirm("Confirmed. The key of a reminder lacks the application's id."))
        .then((9, 4), Mei, discuss("New key with the application's id; old reminders are read under both keys for one release."))
        .then((9, 2), Jonas, discuss("Agreed. The migration has to be reversible; I write it."))
        .then((9, 0), Jonas, rate(&["CVSS:4.0/AV:N/AC:L/AT:P/PR:L/UI:N/VC:L/VI:H/VA:N/SC:N/SI:L/SA:N"]))
        .then((8, 23), Jonas, weakness(668))
        .then((8, 2), Tomas, embargo(day(now, 14), "We propose to keep this between us until then. The fix needs a migration, and we want it in two release candidates first."))
        .then((7, 20), Reporter, Act::WithFiles("I will answer about the date soon. Here is what the first application was given.", vec![("delivered.log", "(invented) counter/1 reminder=tick payload=\"from the other application\"\n")]))
        .then((3, 2), Mei, answer("The first release candidate has the new key. Would you try it with your two applications?"))
}

/// Everything there: fixed and published with the timeline agreed.
fn tokens(now: Timestamp) -> Story {
    Story::new("tokens", "dapr", now, (58, 6))
        .says(
            "API token check is skipped for requests over the local socket when tracing is on",
            "With tracing switched on, the tracing layer answers health and metadata requests on the local socket before the \
             token is checked. Metadata includes names of components and their types.",
        )
        .about("Dapr runtime", "API", "1.17.4")
        .shows("Set an API token, switch tracing on, ask for metadata over the socket without a token.", "A process without the token learns which components there are.")
        .by("Oskar Berg", "oskar@example.com")
        .then((57, 20), Ines, acknowledge("Thank you. We reproduce it tomorrow and write then."))
        .then((56, 4), Jonas, reproduced("1.17.4, token set, tracing on", "A local process without the token", "Names and types of components"))
        .then((55, 3), Ines, confirm("Confirmed. The layers are in the wrong order."))
        .then((55, 1), Ines, discuss("Order of the layers; a test for each pair."))
        .then((54, 23), Jonas, discuss("Agreed; patch release in two weeks."))
        .then((54, 20), Ines, embargo(day(now, -30), "We plan the patch release two weeks from now and ask you to wait for it."))
        .then((54, 2), Reporter, agree(true, ""))
        .then((53, 20), Jonas, rate(&["CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N"]))
        .then((53, 19), Jonas, weakness(696))
        .then((44, 3), Jonas, draft(advisory(
            "Metadata could be read over the local socket without the API token",
            "With tracing on, a local process without the API token could read which components a runtime has. Upgrade to 1.17.5 or switch tracing off.",
            "The tracing layer stood before the layer that checks the token, and answered some requests itself.",
            "Names and types of components.",
            RUNTIME,
            &[("1.16.0", "1.17.5")],
        )))
        .then((43, 6), Mei, approve(1))
        .then((43, 5), Ines, other(Command::AskCredit))
        .then((42, 20), Reporter, super::super::script::named("Oskar Berg", "Bergwerk Security", "https://example.com/oskar"))
        .then((42, 4), Ines, publish())
        .then((41, 2), Jonas, fix("", "1.17.5"))
}

/// Thirty days have passed: the promise over the whole case is broken.
fn overdue(now: Timestamp) -> Story {
    Story::new("overdue", "dapr", now, (41, 4))
        .says(
            "Placement service can be filled with host names until it stops",
            "Any sidecar can announce host names without a limit. After some million names the placement service needs more \
             memory than it may have and is stopped; actors cannot be called meanwhile.",
        )
        .about("Dapr runtime", "Placement", "1.17.5")
        .shows("Announce random host names in a loop.", "Actors of all applications stop.")
        .by("Hana Sato", "hana@example.org")
        .then((40, 20), Mei, acknowledge("Thank you, Hana. It looks plausible; we try it with your numbers."))
        .then((38, 3), Mei, reproduced("1.17.5, placement with 512 MB", "A sidecar in the cluster", "Actors stop until placement is started again"))
        .then((37, 2), Tomas, confirm("Confirmed. A limit per sidecar is the likely fix."))
        .then((36, 20), Mei, discuss("Limit per sidecar, or per namespace?"))
        .then((36, 4), Jonas, discuss("Per namespace would let one team starve another. Per sidecar."))
        .then((35, 20), Tomas, embargo(day(now, 20), "A limit changes what large users may do; we ask for time to measure it."))
        .then((34, 20), Reporter, agree(true, "That is fine."))
        .then((34, 3), Tomas, rate(&["CVSS:3.1/AV:A/AC:L/PR:L/UI:N/S:C/C:N/I:N/A:H"]))
        .then((20, 2), Mei, answer("Two large users measure the limit just now. We will miss the thirty days we promise; sorry."))
        .then((6, 3), Mei, fix("", "1.18.3"))
        .then((6, 1), Mei, answer("The limit is in 1.18.3. The advisory is being written."))
}

/// Not covered: an application, not the runtime.
fn applications(now: Timestamp) -> Story {
    Story::new("applications", "dapr", now, (20, 2))
        .says(
            "Script injection in a shop that uses Dapr",
            "The search field of the sample shop at shop.example.net reflects what is typed.",
        )
        .about("", "", "")
        .by("", "finder@example.net")
        .then((19, 4), Jonas, acknowledge("Thank you. We look at whether this is in code of ours."))
        .then(
            (18, 20),
            Jonas,
            other(Command::OutOfScope {
                clause: "applications".into(),
                instead: String::new(),
                text:
                    "This is in the shop, not in Dapr: the shop's own page prints the words. Its operator can mend it."
                        .into(),
            }),
        )
}

/// The output of a scanner without a proof; can be reopened with one.
fn scanner(now: Timestamp) -> Story {
    Story::new("scanner", "dapr", now, (15, 6))
        .says(
            "37 vulnerabilities found in container image",
            "CRITICAL: 4, HIGH: 12, MEDIUM: 21\nLibrary: libexample1 1.1.0-r3, fixed in 1.1.0-r9\nLibrary: example-tls 3.0.1, fixed in 3.0.8\n(…)",
        )
        .about("Dapr runtime", "", "1.18.1")
        .through(Channel::Mail, Some(Ines))
        .by("", "scans@example.com")
        .then((14, 3), Ines, acknowledge("Thank you. Did you see one of these happen? The policy asks for that, because most of such findings cannot be reached."))
        .then((13, 2), Reporter, write("No, this is what the tool says."))
        .then((12, 20), Ines, other(Command::ScannerOutput {
            text: "Without somebody who saw one of them happen we cannot work on it. Write here when you have a proof; we take it up again then.".into(),
        }))
        .then((12, 19), Ines, note("Base image is rebuilt weekly; all of these were gone two days later."))
}
