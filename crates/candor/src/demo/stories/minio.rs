//! An object store: from a neighbour's bucket names to a promise that was broken.

use super::super::script::{
    Act, Story, Who, acknowledge, advisory, answer, approve, audit, confirm, draft, fix, named, next_steps, note,
    nudge, publish, rate, reproduced, weakness, write,
};
use Who::{Ines, Jonas, Mei, Reporter, Tomas};
use candor_core::event::Channel;
use jiff::Timestamp;

const SERVER: (&str, &str) = ("MinIO server", "pkg:golang/github.com/minio/minio");

pub fn all(now: Timestamp) -> Vec<Story> {
    vec![listing(now), log_line(now), console(now), console_again(now), fresh(now), unanswered(now), known(now)]
}

/// Reported, verified by one, confirmed by another, audited, fixed, published, credited on request.
fn listing(now: Timestamp) -> Story {
    Story::new("listing", "minio", now, (46, 5))
        .says(
            "A presigned list request shows object names of another bucket",
            "When the `prefix` of a presigned list request contains an encoded path separator followed by `..`, the \
             server lists the neighbouring bucket's object names instead of refusing. Contents stay closed; names do not.",
        )
        .about("MinIO server", "Object layer", "RELEASE.2026-08-12")
        .shows(
            "1. Make two buckets, `a` and `b`, and a user who may list `a` only.\n2. Presign a list request for `a` with \
             prefix `%2e%2e%2fb%2f`.\n3. Send it: the names in `b` come back.",
            "Names of objects often tell what they are; ours carried customer numbers.",
        )
        .with(|facts| {
            facts.weakness = "Incorrect authorization".into();
            facts.preconditions = "A user with list rights on any one bucket".into();
            facts.found_by = "By hand, while testing our own access rules".into();
        })
        .by("Amara Nwosu", "amara@example.org")
        .file("list-other-bucket.sh", "#!/bin/sh\n# invented for a demonstration\ncurl -s \"$PRESIGNED_URL&prefix=%252e%252e%252fb%252f\"\n")
        .then((46, 1), Ines, Act::Assign(Mei))
        .then((45, 22), Ines, acknowledge("Thank you for the clear steps. Mei is trying them now; you hear from us within two days."))
        .then((45, 3), Mei, reproduced("RELEASE.2026-08-12 on Linux, two nodes, default settings", "A user who may list one bucket", "Object names of every bucket on the same pool"))
        .then((44, 20), Mei, next_steps("It happens here as you wrote. Next, a second member confirms it, then we look for the same mistake elsewhere; a fix goes into the next release."))
        .then((44, 2), Jonas, confirm("Confirmed. The prefix is checked before it is decoded a second time. We mend the order and add a test."))
        .then((43, 20), Jonas, rate(&["CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N", "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N"]))
        .then((43, 19), Jonas, weakness(863))
        .then((40, 2), Mei, audit("All callers of the prefix decoder, and the replication listener", "One more in the replication listener; mended with the same change"))
        .then((40, 0), Ines, answer("The fix is in review. We found one more place with the same mistake while we looked."))
        .then((36, 6), Mei, draft(advisory(
            "Presigned list requests could show object names of other buckets",
            "Anybody with a presigned list request could read the names of objects in other buckets. Upgrade to the latest release.",
            "The prefix of a list request was checked before it was decoded a second time. An encoded `..` therefore passed the check and named a neighbouring bucket.\n\nContents of objects were not reachable.",
            "Names of objects in buckets that the requester may not list.",
            SERVER,
            &[("", "1.42.0")],
        )))
        .then((36, 2), Ines, answer("The release is planned for next week; the advisory goes out with it. If you wish to be credited, say so on this page."))
        .then((35, 20), Reporter, named("Amara Nwosu", "", ""))
        .then((35, 1), Jonas, approve(1))
        .then((34, 22), Ines, publish())
        .then((32, 3), Mei, fix("", "1.42.0"))
}

/// Published without a name: nobody asked to be credited.
fn log_line(now: Timestamp) -> Story {
    Story::new("log-line", "minio", now, (75, 2))
        .says(
            "Session token of a temporary account appears in the audit log",
            "With audit logging to a webhook switched on, a refused request of a temporary account is logged with its whole \
             session token. Whoever reads the log can use the account until it ends.",
        )
        .about("MinIO server", "Audit log", "RELEASE.2026-07-02")
        .shows("Switch the audit webhook on, assume a role, ask for an object you may not read, look at the log.", "Use of a temporary account by readers of the log.")
        .by("", "log-reader@example.net")
        .then((74, 20), Tomas, acknowledge("Thank you. We look at it today."))
        .then((74, 4), Jonas, reproduced("RELEASE.2026-07-02, audit webhook on", "Audit webhook on; a refused request of a temporary account", "Use of that account until its end"))
        .then((73, 1), Tomas, next_steps("We see the same. The token is cut from the log line in the next release."))
        .then((72, 22), Mei, confirm("Confirmed: the refusal is logged with the whole header."))
        .then((72, 20), Mei, rate(&["CVSS:3.1/AV:N/AC:H/PR:H/UI:N/S:U/C:H/I:H/A:N"]))
        .then((72, 19), Mei, weakness(532))
        .then((64, 2), Tomas, answer("The fix took longer than we thought: other lines had the same header. Sorry for the silence."))
        .then((63, 22), Jonas, audit("Every log line that carries request headers", "Three lines; all cut now"))
        .then((61, 3), Jonas, draft(advisory(
            "Session tokens of temporary accounts were written to the audit log",
            "With an audit webhook, refused requests of temporary accounts were logged with their session token. Upgrade, and treat logs written before as secret.",
            "A refused request was logged with all of its headers. The session token among them works until the temporary account ends.",
            "Use of a temporary account by whoever reads the audit log.",
            SERVER,
            &[("1.30.0", "1.41.3")],
        )))
        .then((60, 20), Mei, approve(1))
        .then((60, 18), Tomas, fix("", "1.41.3"))
        .then((60, 17), Tomas, publish())
}

/// Confirmed, audited; the draft waits for somebody to approve it.
fn console(now: Timestamp) -> Story {
    Story::new("console", "minio", now, (9, 4))
        .says(
            "Console keeps a session alive after the user was disabled",
            "A user who is signed in to the console stays signed in after an administrator disables the account, until the \
             session ends by itself twelve hours later.",
        )
        .about("MinIO server", "Console", "RELEASE.2026-10-20")
        .shows("Sign in, let an administrator disable you, go on working.", "A dismissed person keeps access for up to twelve hours.")
        .by("Yusuf Demir", "yusuf@example.com")
        .then((9, 0), Ines, Act::Assign(Jonas))
        .then((8, 20), Jonas, acknowledge("Thank you, Yusuf. We check it against the latest release first."))
        .then((8, 2), Jonas, reproduced("RELEASE.2026-10-20, console on", "An account that was signed in before it was disabled", "Up to twelve hours of access"))
        .then((7, 6), Ines, next_steps("It is so in the latest release. Confirmation by a second member comes next, then a fix that asks for the account's state at every request."))
        .then((6, 22), Mei, confirm("Confirmed. Sessions are checked by signature alone."))
        .then((6, 20), Mei, rate(&["CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:N"]))
        .then((6, 19), Mei, weakness(613))
        .then((4, 2), Jonas, audit("Service accounts and browser uploads", "Service accounts end at once; uploads that run are cut"))
        .then((3, 22), Ines, answer("The fix is merged and waits for the release on Thursday."))
        .then((2, 5), Jonas, draft(advisory(
            "Disabled users kept their console session for up to twelve hours",
            "A user who was signed in to the console when the account was disabled kept access until the session ended. Upgrade to the latest release.",
            "Console sessions were checked by their signature alone. The account's state is now asked at every request.",
            "Access of a disabled user for up to twelve hours.",
            SERVER,
            &[("", "1.44.0")],
        )))
        .then((2, 4), Jonas, note("Ines or Mei: the draft is ready to be read. The fix is 1.44.0, on Thursday."))
}

/// The same again, from somebody else: known already.
fn console_again(now: Timestamp) -> Story {
    Story::new("console-again", "minio", now, (5, 3))
        .says("Disabled account can still use the web console", "I disabled a test account, and its browser tab went on working for hours.")
        .about("MinIO server", "Console", "RELEASE.2026-10-20")
        .by("", "sysop@example.net")
        .then((4, 22), Mei, acknowledge("Thank you. This looks like something we know; we check."))
        .then((4, 20), Jonas, reproduced("RELEASE.2026-10-20", "As in the earlier case", "As in the earlier case"))
        .then((4, 3), Mei, Act::DuplicateOf("console", "Somebody reported this a few days before you, and the fix is on its way. Thank you all the same: two reports make it more certain."))
}

/// Came some hours ago; nobody has answered yet, and there is time.
fn fresh(now: Timestamp) -> Story {
    Story::new("fresh", "minio", now, (0, 9))
        .says(
            "Server stops when a lifecycle rule has a tag filter with an empty key",
            "Putting a lifecycle configuration whose tag filter has an empty key makes the server exit when the scanner next \
             reads the bucket. It does so again after each start.",
        )
        .about("MinIO server", "Lifecycle", "RELEASE.2026-11-05")
        .shows("Put the attached configuration on any bucket and wait for the scanner.", "Anybody who may write lifecycle rules can stop the whole server.")
        .by("Lucía Ferrer", "lucia@example.org")
        .file("lifecycle.xml", "<LifecycleConfiguration><!-- invented for a demonstration --><Rule><Filter><Tag><Key></Key><Value>x</Value></Tag></Filter></Rule></LifecycleConfiguration>\n")
        .file("server.log", "(invented) panic: runtime error: index out of range [0] with length 0\n")
}

/// Two promises are broken; the escalation ran, and the reporter asked for news.
fn unanswered(now: Timestamp) -> Story {
    Story::new("unanswered", "minio", now, (4, 8))
        .says(
            "Replication target accepts an expired certificate after a restart",
            "After a restart of the source, the first connection to a replication target is made before the trust store is \
             read. An expired or foreign certificate is accepted for that one connection.",
        )
        .about("MinIO server", "Replication", "RELEASE.2026-10-20")
        .shows("Give the target an expired certificate, restart the source, watch the first connection.", "Somebody on the path can read or change what is replicated first.")
        .by("Petra Novak", "petra@example.com")
        .then((1, 20), Reporter, nudge())
        .then((1, 19), Reporter, write("Is anybody there? I am glad to help with a test set-up."))
}

/// A known identifier is a whole report.
fn known(now: Timestamp) -> Story {
    Story::new("known", "minio", now, (2, 20))
        .says("", "")
        .about("MinIO server", "Dependencies", "RELEASE.2026-11-05")
        .with(|facts| facts.identifiers = vec!["CVE-2023-39325".into()])
        .through(Channel::Api, None)
        .then(
            (2, 10),
            Tomas,
            acknowledge("Thank you. We look up whether our build has it and whether it can be reached."),
        )
        .then((2, 9), Tomas, Act::Assign(Tomas))
        .then(
            (1, 3),
            Tomas,
            note("The library was updated long ago. To be checked: the client that the operator brings along."),
        )
}
