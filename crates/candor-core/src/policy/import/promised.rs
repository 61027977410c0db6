//! What a length of time promises: an answer, news, a fix, an embargo.

use super::lengths::{self, Stretch};
use super::{Fact, Place, Promised, Said, any, place_of};
use crate::policy::{Moment, PromiseKind};
use candor_formats::cvss::Severity;

/// Reads every length of time of a sentence.
pub(super) fn read(said: &mut Said<'_>) {
    let text = said.sentence.lower();
    let spans = lengths::find(&said.sentence.text);
    for (index, span) in spans.iter().enumerate() {
        let (from, to) = clause(&text, &spans, index);
        let words = &text[from..to];
        let place = span.from - from;
        if let Some(doubt) = &span.doubt {
            said.ask(format!("{doubt}; is that right?"));
        }
        one(said, &text, words, place, span);
    }
}

/// Where one thing ends and another begins.
const BORDERS: [&str; 14] = [
    "; ",
    ", and ",
    ", but ",
    ", or ",
    ", while ",
    ", then ",
    " and will ",
    " and you",
    " and we ",
    " or you ",
    " and to ",
    " but ",
    " - ",
    " – ",
];

/// The part of the sentence that a length belongs to.
fn clause(text: &str, spans: &[Stretch], index: usize) -> (usize, usize) {
    let span = &spans[index];
    // A table's row is one thing: what, when, how firm. So is a sentence with a single length and a single subject.
    let mut from = 0;
    let mut to = text.len();
    if let Some(before) = index.checked_sub(1).map(|before| &spans[before]) {
        from = border(text, before.to, span.from, true).unwrap_or(before.to);
    }
    if let Some(next) = spans.get(index + 1) {
        to = border(text, span.to, next.from, true).unwrap_or(next.from);
    }
    (from, to)
}

/// The last border between two places.
fn border(text: &str, from: usize, to: usize, weak: bool) -> Option<usize> {
    let between = text.get(from..to)?;
    let strong = BORDERS.iter().filter_map(|mark| between.rfind(mark)).max();
    let soft = || if weak { [", ", " and ", " or "].iter().filter_map(|mark| between.rfind(mark)).max() } else { None };
    strong.or_else(soft).map(|at| from + at)
}

/// The narrower part around a length, when its clause says several things.
fn narrow<'t>(words: &'t str, place: usize, span: &Stretch) -> &'t str {
    let length = span.to - span.from;
    let from =
        BORDERS.iter().filter_map(|mark| words[..place].rfind(mark).map(|at| at + mark.len())).max().unwrap_or(0);
    let after = &words[(place + length).min(words.len())..];
    let to = BORDERS.iter().filter_map(|mark| after.find(mark)).min().map_or(words.len(), |at| place + length + at);
    words.get(from..to).unwrap_or(words)
}

fn one(said: &mut Said<'_>, text: &str, words: &str, place: usize, span: &Stretch) {
    let near = if said.sentence.place == Place::Row { words } else { narrow(words, place, span) };
    let length = span.length;
    let heading = said.sentence.heading.to_lowercase();
    // A clock that stands still is part of the promise beside it.
    if any(words, "stands still|stand still|is paused|are paused") {
        return;
    }
    let lead = said.sentence.lead.to_lowercase();
    // Silence of the team, and to whom the reporter then turns.
    let silence = "not received|not receive|not heard|not hear|don't hear|don't receive|haven't heard|haven't received|no response|no reply|no answer|not respond|didn't hear|not get a";
    if any(text, "if you|should you|if no|in case you") && any(words, silence) {
        let news = any(near, "heard from|hear from|update|progress|news|for the past|past five|contact from")
            && !any(near, "reply|respon|acknowledg|confirmation");
        let missing = if news { Moment::Message } else { Moment::Acknowledgement };
        said.tell(Fact::Escalates { missing, after: length });
        said.tell(Fact::Promise(Promised {
            starts: Moment::Report,
            kept_by: missing,
            within: length,
            kind: None,
            members: 1,
            repeats: news,
            severities: Vec::new(),
        }));
        return;
    }
    if any(
        words,
        "support|end of life|eol|end-of-life|maintained|maintenance|lts!|release cycle|released every|deprecat",
    ) && !any(words, "respon|acknowledg|report|fix|patch")
    {
        said.ask(format!(
            "`{length}` seems to be about how long a version is supported; write it under [versions] if it is"
        ));
        return;
    }
    if any(words, "dependenc") && any(words, "every|update") && !any(words, "respon|acknowledg") {
        said.tell(Fact::DependencyCycle(length));
        return;
    }
    if embargo(said, near, words, span) {
        return;
    }
    let topic = topic(near)
        .or_else(|| topic(words))
        .or_else(|| topic(text))
        .or_else(|| topic(&lead))
        .or_else(|| topic(&heading));
    let Some(kept_by) = topic else {
        said.ask(format!("`{length}`: what does it promise?"));
        return;
    };
    let repeats = kept_by == Moment::Message
        && any(
            words,
            "every|each|at least every|regular|until|weekly|per|past|interval|frequency|basis|once a|once every",
        );
    let starts = starts(text, words, place, span, kept_by);
    let members = match kept_by {
        Moment::Discussion if any(words, "two|2 members|2 maintainers") => 2,
        Moment::Discussion if any(words, "three") => 3,
        _ => 1,
    };
    let kind = firmness(near).or_else(|| firmness(words)).or_else(|| firmness(text)).or_else(|| firmness(&lead));
    let promise =
        Promised { starts, kept_by, within: length, kind, members, repeats, severities: severities(near, words) };
    if promise.kind.is_none() {
        said.ask(format!("`{length}`: is it a commitment or a target? The words do not say; the draft takes a target"));
    }
    said.tell(Fact::Promise(promise));
}

/// A length for which nobody publishes.
fn embargo(said: &mut Said<'_>, near: &str, words: &str, span: &Stretch) -> bool {
    let length = span.length;
    let advisory = any(near, "advisor|announce") && any(near, "after|following|once");
    let asks = any(words, "embargo|coordinated disclosure period")
        || (any(near, "disclos|public|reveal|publish|share")
            && any(words, "you|your|reporter|researcher|finder|public disclosure|publicly|everyone|us")
            && any(
                words,
                "before|wait|refrain|allow|give us|giving us|provide us|not disclose|do not|don't|withhold|until|confidential|private|at least|deadline|from the report|we ask|after the report|initial report|disclos",
            ));
    let heading = said.sentence.heading.to_lowercase();
    let asks = asks || any(&heading, "disclos|embargo") && any(words, "we ask for|ask for more|we ask you for");
    if !asks || advisory {
        return false;
    }
    if any(near, "respond|acknowledg|reply") && !any(near, "embargo") {
        return false;
    }
    let most = any(near, "at most|no more than|no longer than|maximum|not exceed|longest|never|more than|up to|upper");
    said.tell(if most { Fact::EmbargoLimit(length) } else { Fact::Embargo(length) });
    true
}

/// What keeps the promise, by the words near its length.
fn topic(words: &str) -> Option<Moment> {
    let parts = ["triage", "respon", "patch|fix|remed", "announce|disclos|publi|releas", "investigat"];
    let told = parts.iter().filter(|part| any(words, part)).count();
    if told >= 3
        || any(
            words,
            "all of it|whole matter|entire process|fully resolved|resolution of the|close the case|end of the case",
        )
    {
        return Some(Moment::Resolution);
    }
    let security_update =
        any(words, "security update|security release|software update|update that|updates that fix|patch update");
    if any(words, "discuss|meet to|confer|talk over|two maintainers talk")
        && any(words, "team|maintainer|member|two|next steps")
    {
        return Some(Moment::Discussion);
    }
    if any(words, "advisor|cve record") && any(words, "publish|publication|issue|release the") {
        return Some(Moment::Publication);
    }
    if !security_update
        && (any(words, "progress|informed|status|news|keep you updated|updates|an update|updated on")
            || (any(words, "update") && any(words, "every|regular|at least")))
        && !any(words, "detailed|next step|initial status")
    {
        return Some(Moment::Message);
    }
    if any(
        words,
        "next step|what happens next|detailed response|more detailed|detailed answer|detailed reply|action plan|initial assessment|preliminary|remediation plan|plan for|plan to address|initial evaluation|detailed evaluation",
    ) {
        return Some(Moment::NextSteps);
    }
    if any(words, "timeline|disclosure date|schedule|to become public|estimate of when|expected date") {
        return Some(Moment::Timeline);
    }
    if any(
        words,
        "verdict|whether it is|triage|validat|whether we can confirm|confirm or reject|confirm the vulnerab|confirm the issue|confirm the problem|confirm whether|assess|evaluat|determin|accept or|accepted or|confirm or deny|can confirm it",
    ) {
        return Some(Moment::Verdict);
    }
    if any(words, "verif|reproduc") && !any(words, "reply|respond|response|acknowledg") {
        return Some(Moment::Verification);
    }
    if any(
        words,
        "acknowledg|receipt|respond|response|reply|replies|answer|get back|hear back|hear from|first contact|contact you|initial contact|first word|confirm receipt|confirming|confirmation email|react",
    ) {
        return Some(Moment::Acknowledgement);
    }
    if security_update
        || any(
            words,
            "fix|patch|remediat|mitigat|correct|solution|hotfix|address|release with|new release|bugfix|repair",
        )
    {
        return Some(Moment::Fix);
    }
    if any(words, "resolv|resolution|close|handled") {
        return Some(Moment::Resolution);
    }
    if any(words, "advisor|announce|publish|publication|disclos|cve") {
        return Some(Moment::Publication);
    }
    if any(words, "confirm|get in touch|reach out|touch with you") {
        return Some(Moment::Acknowledgement);
    }
    None
}

/// What starts it: what stands behind the length, or an `once it is confirmed` before it.
fn starts(text: &str, words: &str, place: usize, span: &Stretch, kept_by: Moment) -> Moment {
    let confirmed = "confirm|validat|verif|accept|triage|determin|the vulnerability is|conclud";
    let behind = words.get(place + (span.to - span.from)..).unwrap_or_default();
    let mut behind = behind;
    if let Some(end) = BORDERS.iter().filter_map(|mark| behind.find(mark)).min() {
        behind = &behind[..end];
    }
    let first_word = behind.split_whitespace().next().unwrap_or_default();
    if ["of", "after", "from", "following", "upon", "since", "once", "when"].contains(&first_word) {
        let first = |list: &str| list.split('|').filter_map(|word| place_of(behind, word)).min();
        let all = [
            (Moment::Exploitation, first("exploit")),
            (Moment::Acknowledgement, first("acknowledg|our first answer|first answer|initial response|our response")),
            (Moment::Message, first("our last word|last update|previous update")),
            (Moment::NextSteps, first("our word on the next")),
            (Moment::Verification, first("the verification")),
            (Moment::Timeline, first("the proposed timeline")),
            (Moment::Discussion, first("our discussion")),
            (Moment::Publication, first("the publication")),
            (Moment::Verdict, first("our verdict")),
            (Moment::Confirmation, first(confirmed)),
            (Moment::Fix, first("the fix|a fix|fix being|fix is|the patch|a patch|release of")),
            (
                Moment::Report,
                first(
                    "your report|the report|report|receipt|receiv|submission|submit|notification|initial|email|e-mail|disclosure|being notified",
                ),
            ),
        ];
        if let Some((moment, _)) =
            all.into_iter().filter_map(|(moment, at)| Some((moment, at?))).min_by_key(|(_, at)| *at)
            && moment != kept_by
        {
            return moment;
        }
        if kept_by == Moment::Message && any(behind, "our last word|last update") {
            return Moment::Message;
        }
    }
    let before = text.get(..span.from).unwrap_or_default();
    let confirms = matches!(
        kept_by,
        Moment::Discussion | Moment::Timeline | Moment::Fix | Moment::Publication | Moment::Resolution
    );
    if confirms
        && any(before, "if|once|when|after|for|as soon as")
        && any(
            before,
            "confirmed|conclude|determine|indeed|is accepted|accepted vuln|validated|verified|genuine|is confirmed",
        )
    {
        return Moment::Confirmation;
    }
    if kept_by == Moment::Discussion || kept_by == Moment::Timeline {
        return Moment::Confirmation;
    }
    Moment::Report
}

/// How firm the words are.
fn firmness(words: &str) -> Option<PromiseKind> {
    if any(words, "we commit to it") {
        return Some(PromiseKind::Commitment);
    }
    if any(
        words,
        "aim|target|goal|strive|try|tries|endeavo|ideally|hope|intend|usually|typically|generally|expect|should|best effort|best to|attempt|normally|approximately|as soon as possible|where possible|if possible|cannot guarantee|not guarantee|plan to|looking to|can take|may take|at least try|objective|do our best|most cases|in general|often",
    ) {
        return Some(PromiseKind::Target);
    }
    if any(
        words,
        "will|must|shall|guarantee|commit|maximum|at most|no later|always|at the latest|promise|we'll|you'll|is acknowledged|are acknowledged|ensure",
    ) {
        return Some(PromiseKind::Commitment);
    }
    None
}

/// The severities that words name.
pub(super) fn severities(near: &str, words: &str) -> Vec<Severity> {
    let named = |words: &str| {
        let mut found = Vec::new();
        if any(words, "critical") {
            found.push(Severity::Critical);
        }
        if any(words, "high!|high-") && !any(words, "high quality|high priority|highest") {
            found.push(Severity::High);
        }
        if any(words, "medium|moderate") {
            found.push(Severity::Medium);
        }
        if any(words, "low!|low-") {
            found.push(Severity::Low);
        }
        if found.is_empty() && any(words, "serious|severe") {
            found.extend([Severity::Critical, Severity::High]);
        }
        found
    };
    let found = named(near);
    if found.is_empty() && near.len() == words.len() { named(words) } else { found }
}
