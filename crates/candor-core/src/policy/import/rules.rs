//! What a sentence says besides addresses and lengths: scope, versions, gates, severity, disclosure, credit.

use super::promised::severities;
use super::{Fact, Place, Said, any};
use crate::policy::{
    CreditDefault, CreditField, Gate, MayOverride, Need, PublishOn, ReportField, SeverityRules, Step, document,
};

/// Reads a sentence by every rule.
pub(super) fn read(said: &mut Said<'_>) {
    let text = said.sentence.lower();
    let heading = said.sentence.heading.to_lowercase();
    let lead = said.sentence.lead.to_lowercase();
    if printed_gate(said) {
        return;
    }
    versions(said, &text, &heading);
    if said.sentence.place == Place::Row {
        return;
    }
    public(said, &text, &lead);
    unmeasured(said, &text);
    scope(said, &text, &heading, &lead);
    report(said, &text, &heading, &lead);
    gates(said, &text);
    outcome(said, &text, &heading);
    credit(said, &text, &lead);
}

/// The sentence without what stands before its point.
fn plain(text: &str) -> String {
    let text = text.trim().trim_end_matches(':');
    let text = ["Important:", "Note:", "Please,", "Please", "please"]
        .iter()
        .fold(text, |text, word| text.strip_prefix(word).unwrap_or(text).trim_start());
    let mut letters = text.chars();
    let mut words: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    if !words.ends_with(['.', '!', '?']) {
        words.push('.');
    }
    words
}

/// A gate in the words in which Candor prints it.
fn printed_gate(said: &mut Said<'_>) -> bool {
    let text = &said.sentence.text;
    if !text.starts_with("Before ") {
        return text.ends_with("can go on without it for a reason that stays on record.");
    }
    // For which severities it holds is left to the reader of the draft.
    let plain = match (text.find(", for severity "), text.find(": ")) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &text[..from], &text[to..]),
        _ => text.clone(),
    };
    for before in Step::ALL {
        for needs in Need::ALL {
            for members in 1..=5 {
                let gate = Gate {
                    before: *before,
                    needs: *needs,
                    members: Some(members),
                    fields: Vec::new(),
                    checklist: None,
                    severities: Vec::new(),
                    may_override: MayOverride::Nobody,
                    because: String::new(),
                };
                if document::gate_words(&gate, &SeverityRules::default()) == plain {
                    said.tell(Fact::Gate { before: *before, needs: *needs });
                    return true;
                }
            }
        }
    }
    false
}

fn versions(said: &mut Said<'_>, text: &str, heading: &str) {
    if said.sentence.place == Place::Row {
        if any(heading, "version|support|release") {
            version_row(said, text);
        }
        return;
    }
    if any(text, "latest|most recent|newest")
        && any(text, "release|version|minor|major|stable|tag")
        && any(
            text,
            "only|always provide|security update|security fix|security patch|fixes are|fixes go|is supported|are supported|support the|we support|receive|gets",
        )
        && !any(text, "before reporting|reproduc|check that|make sure|test against|you just need")
    {
        if any(text, "previous|last two|two latest|two most recent|both|older|last three|n-1|major versions") {
            said.ask("which versions get fixes? The words say more than the latest one; list them under [[versions.supported]]");
        } else {
            said.tell(Fact::LatestOnly);
        }
        said.tell(Fact::Statement { key: "versions.statement", text: plain(&said.sentence.text) });
    } else if any(heading, "supported version|version support|supported release")
        && any(text, "support|fix|patch|upgrade|update")
    {
        said.tell(Fact::Statement { key: "versions.statement", text: plain(&said.sentence.text) });
    }
}

/// A row of a table of versions: the branch, and whether or until when it gets fixes.
fn version_row(said: &mut Said<'_>, text: &str) {
    let raw = said.sentence.text.clone();
    let cells: Vec<&str> = raw.split("; ").map(str::trim).collect();
    let Some((branch, rest)) = cells.split_first() else { return };
    let lower = text.to_owned();
    if rest.is_empty()
        || branch.is_empty()
        || any(&branch.to_lowercase(), "version|release|branch") && !branch.chars().any(|c| c.is_ascii_digit())
    {
        return;
    }
    if !branch.chars().any(|c| c.is_ascii_digit())
        && !any(&branch.to_lowercase(), "main|master|latest|stable|lts|develop")
    {
        return;
    }
    let rest_lower: String = lower.split_once("; ").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    let date = rest.iter().find_map(|cell| date(cell));
    let no = ["❌", "✗", "✘", ":x:", ":negative", "🚫", "⛔"].iter().any(|mark| rest_lower.contains(mark))
        || any(&rest_lower, "no!|not supported|unsupported|end of life|eol|end-of-life|discontinued")
            && !any(&rest_lower, "no end");
    let yes = ["✅", "✔", "☑", ":white_check_mark:", ":heavy_check_mark:", ":+1:"]
        .iter()
        .any(|mark| rest_lower.contains(mark))
        || any(&rest_lower, "yes!|supported|active|maintained|security fixes|security only|no end|lts|current|full");
    let branch = (*branch).to_owned();
    if no && !yes {
        said.tell(Fact::Unsupported(branch));
    } else if yes || date.is_some() {
        said.tell(Fact::Supported { branch, until: date });
    } else {
        said.ask(format!("does version `{branch}` get fixes, and until when?"));
    }
}

/// A date in a cell: `2027-04-30`, `30 April 2027`, `April 30, 2027`.
fn date(cell: &str) -> Option<jiff::civil::Date> {
    let cell = cell.trim().trim_end_matches('.');
    if let Some(date) = cell.split_whitespace().find_map(|word| word.trim_matches([',', '(', ')']).parse().ok()) {
        return Some(date);
    }
    ["%d %B %Y", "%B %d, %Y", "%B %d %Y", "%d %b %Y", "%b %d, %Y"]
        .iter()
        .find_map(|form| jiff::civil::Date::strptime(form, cell).ok())
}

fn public(said: &mut Said<'_>, text: &str, lead: &str) {
    let not = any(
        text,
        "do not|don't|never|not be|please refrain|should not|must not|avoid|not as|rather than|instead of|not through|not use|not open|not in public|refrain",
    );
    let act = any(text, "report|file|open|create|post|submit|raise|discuss|entered|refrain");
    let place = any(
        text,
        "public|issue tracker|github issue|discord|slack|forum|mailing list|twitter|pull request|here!|social media|bug tracker|jira|public issue",
    );
    let about_reports = any(text, "security|vulnerab|report|issue");
    let until_fixed = any(text, "before|prior to|until|refrain");
    let discloses = any(text, "publish|disclos|divulge|share|reveal|discuss|public");
    let theirs = any(text, "they|you|your|reporter|researcher|i publish|i do not|i will|us time|team time|refrain");
    let conditions = any(
        lead,
        "in order to|must|follow|agree|condition|requirement|ask that|ask you|expect|in return|safe harbor|rules",
    );
    if discloses
        && theirs
        && (until_fixed && any(text, "fix|solution|patch|release|resolved|agreed|opportunity|reasonable|time")
            || conditions && not)
        && !any(text, "we may|we will disclose|we'll|advisory will")
    {
        said.tell(Fact::Condition(plain(&said.sentence.text)));
    } else if not
        && act
        && place
        && about_reports
        && !any(
            text,
            "not accept|not covered|out of scope|not receive|we do not use|non-security|does not affect|if the issue|apply to",
        )
    {
        said.tell(Fact::Never(plain(&said.sentence.text)));
    }
}

/// News or an answer that is promised without saying when.
fn unmeasured(said: &mut Said<'_>, text: &str) {
    let ours = any(
        text,
        "we will|we'll|team will|maintainer will|support will|will keep you|will respond|will acknowledge|will endeavor|will endeavour",
    );
    if !ours || said.facts.iter().any(|fact| matches!(fact, Fact::Promise(_) | Fact::Escalates { .. })) {
        return;
    }
    if any(text, "keep you informed|keep you updated|progress|kept informed") {
        said.ask("news is promised, and not how often; add a promise kept by `message` that repeats, if you can say how often");
    } else if any(text, "respond to|acknowledge your|acknowledge the|send a response|will reply|get back to you") {
        said.ask("an answer is promised, and not within how long; add a promise kept by `acknowledgement`, if you can say it");
    }
}

fn scope(said: &mut Said<'_>, text: &str, heading: &str, lead: &str) {
    let out_list = any(
        heading,
        "out of scope|not covered|out-of-scope|exclusion|excluded|non-qualifying|not in scope|not a vulnerab|ineligible|known issues|non-issue",
    ) || any(
        lead,
        "out of scope|not covered|not in scope|are excluded|not consider|not accept|non-qualifying|not eligible|not treat|not qualify",
    );
    let scanner = any(
        text,
        "scanner|scanning tool|vulnerability scan|automated tool|automated scan|static analysis|scan report|scan result|security scan|output of a tool",
    );
    if scanner
        && any(
            text,
            "not accept|unless|ignore|without|verified|verify|do not|false positive|is no report|alone|not be considered",
        )
        && !any(text, "we make use|tend to find")
    {
        said.tell(Fact::ScannerVerified);
        return;
    }
    if scanner && any(heading, "scanner") {
        said.tell(Fact::Statement { key: "disclosure.process", text: plain(&said.sentence.text) });
    }
    if out_list && said.sentence.place == Place::Item {
        let (what, instead) = elsewhere(&said.sentence.text);
        said.tell(Fact::OutOfScope { what, instead });
        return;
    }
    let excluded = "doesn't apply to|does not apply to|do not apply to|don't apply to|is out of scope|are out of scope|are not covered|is not covered|not considered a vulnerab|not considered security|not considered to be|do not consider|don't consider|not in scope|we do not treat|not eligible|not a security|are not security|is not considered";
    if let Some(word) = excluded.split('|').find(|word| any(text, word)) {
        let apply = word.contains("appl");
        let parts: Vec<String> = if apply {
            let at = text.find(word).map_or(0, |at| at + word.len());
            said.sentence.text.get(at..).unwrap_or_default().split(" or to ").map(|part| plain(part.trim())).collect()
        } else {
            vec![plain(&said.sentence.text)]
        };
        for what in parts {
            let (what, instead) = elsewhere(&what);
            said.tell(Fact::OutOfScope { what, instead });
        }
    } else if any(
        text,
        "cannot be fixed by|can't be fixed by|non-security|not security|not related to security|isn't a security|not a vulnerab|regular bug|other bugs|general bug|belongs to another",
    ) && any(text, "issue|forum|discord|tracker|elsewhere|repo|stack overflow|slack|instead|report")
    {
        let (what, instead) = elsewhere(&said.sentence.text);
        said.tell(Fact::OutOfScope { what, instead });
    }
    if any(text, "unsure|not sure|in doubt|uncertain|err on the side") {
        said.tell(Fact::Unsure(plain(&said.sentence.text)));
    }
    let own = any(text, "employee|own people|own staff|internal report|internally");
    if own
        && any(text, "report|vulnerab")
        && any(text, "third party|external|same way|as all others|both|handled|alike|or an")
    {
        said.tell(Fact::Internal);
    }
    if any(text, "dependenc") {
        let care = any(
            text,
            "case-by-case|case by case|regular|update cycle|updates of|third-party package|upstream|updated when|taken up with",
        );
        if any(text, "direct / indirect|direct or indirect|direct and indirect|transitive|directly or indirectly")
            && !any(text, "not |out of scope")
        {
            said.tell(Fact::CoversDependencies);
        } else if care && !any(text, "not covered|out of scope") {
            said.tell(Fact::Statement { key: "dependencies.statement", text: plain(&said.sentence.text) });
        }
    } else if any(text, "third-party|third party")
        && any(text, "case-by-case|case by case|update cycle|upstream|their maintainers")
    {
        said.tell(Fact::Statement { key: "dependencies.statement", text: plain(&said.sentence.text) });
    }
    let covers = any(
        text,
        "means a security issue|covered is|covered are|is in scope|are in scope|applies to|covers|intended only for|vulnerabilities in|security bugs in|any repository",
    );
    if covers
        && any(&format!("{heading} {text}"), "scope|cover|repositor|applies|security bugs in")
        && !said.facts.iter().any(|fact| matches!(fact, Fact::OutOfScope { .. }))
    {
        said.tell(Fact::Statement { key: "scope.statement", text: plain(&said.sentence.text) });
    }
    for pattern in patterns(&said.sentence.text) {
        said.tell(Fact::Repository(pattern));
    }
}

/// Patterns like `minio/*` in a text.
fn patterns(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || "(),".contains(c))
        .map(|word| word.trim_matches(['.', ';', ':', '`']))
        .filter(|word| word.ends_with("/*") && word.len() > 3)
        .filter(|word| word.trim_end_matches("/*").chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c)))
        .map(|word| if word.contains('.') { word.to_owned() } else { format!("github.com/{word}") })
        .collect()
}

/// What is meant, and where to go with it.
fn elsewhere(text: &str) -> (String, Option<String>) {
    for mark in [
        ", then it's recommended to ",
        ", then ",
        ", please ",
        "; please ",
        ". Please ",
        ", instead ",
        " Turn to ",
        " Open an issue",
    ] {
        if let Some(at) = text.find(mark) {
            let rest = text[at..].trim_start_matches([',', ';', '.', ' ']);
            let rest = ["then it's recommended to ", "then ", "please ", "Please "]
                .iter()
                .fold(rest, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
            return (plain(&text[..at]), Some(plain(rest)));
        }
    }
    (plain(text), None)
}

fn report(said: &mut Said<'_>, text: &str, heading: &str, lead: &str) {
    for (word, tag) in [
        ("english", "en"),
        ("german", "de"),
        ("french", "fr"),
        ("spanish", "es"),
        ("portuguese", "pt"),
        ("chinese", "zh"),
        ("japanese", "ja"),
        ("korean", "ko"),
        ("dutch", "nl"),
        ("norwegian", "nb"),
        ("italian", "it"),
        ("russian", "ru"),
    ] {
        if any(text, word) && any(text, "in english|write|language|describe|reads|prefer|communicat|report") {
            said.tell(Fact::Language(tag.into()));
        }
    }
    let asking = any(
        text,
        "include|provide|describe|explain|outline|make it clear|tell us|inform us|the following information|be verbose|descriptive title|detailed explanation|contains the following|with details|put that",
    ) || any(lead, "include|provide|following information|contains|describe|should have|information")
        || any(heading, "what helps|what to include|verbosity|what helps us|report content|what we need|how to write");
    let ours = any(
        text,
        "this document|formally describes|we will include|our policy|we include|team prov|credit|attribution|include your name|provide an estimate|always provide|we provide|will be provided|this means including",
    ) || any(heading, "attribution|credit|expect|response");
    if !asking
        || ours
        || said.facts.iter().any(|fact| matches!(fact, Fact::Promise(_) | Fact::OutOfScope { .. } | Fact::Condition(_)))
    {
        return;
    }
    let fields: [(ReportField, &str); 14] = [
        (ReportField::Title, "title|subject line|in one sentence|summary of the"),
        (
            ReportField::Description,
            "describe the|description|what is wrong|detailed explanation|explanation of the issue|describing the|details of the|the issue in english",
        ),
        (
            ReportField::Steps,
            "steps|reproduc|proof of concept|proof-of-concept|poc!|example configuration|exploit code|see it happen|how it might be exploited|be exploited",
        ),
        (ReportField::Expected, "what you expect|expected|what should happen"),
        (ReportField::Actual, "actually happens|actual|what happens instead|observed behavio"),
        (ReportField::Version, "version|commit sha|release you|affected release|tag/branch"),
        (
            ReportField::Component,
            "component|module|source file|file path|which part|affected source|contains the reported",
        ),
        (ReportField::Product, "product|which project|the project /|package name"),
        (ReportField::Weakness, "type of|kind of|cwe|class of|what type|weakness"),
        (
            ReportField::Impact,
            "impact|why you consider|why you believe|why it is a security|attacker might|attacker can|consequence|severity|nature of it",
        ),
        (
            ReportField::Preconditions,
            "assumption|credential|precondition|pre-condition|prerequisite|special configuration|how easy|require editor|attacker needs|conditions required",
        ),
        (ReportField::Identifiers, "cve number|cve id|cves|known identifier|vulnerability identifier|cve if"),
        (ReportField::FoundBy, "how you found|how it was found|discovered it|tool used|tools used"),
        (
            ReportField::DisclosurePlans,
            "plans to publish|plan to publish|intend to publish|disclosure plans|your plans|plan to disclose|intend to disclose",
        ),
    ];
    let mut any_field = false;
    for (field, words) in fields {
        if any(text, words) {
            said.tell(Fact::Asks(field));
            any_field = true;
        }
    }
    if !any_field && any(heading, "report|verbos|what helps") && said.facts.is_empty() && !any(text, "we will|thank") {
        said.tell(Fact::Statement { key: "report.introduction", text: plain(&said.sentence.text) });
    }
}

fn gates(said: &mut Said<'_>, text: &str) {
    let team =
        any(text, "member|maintainer|team|coordinator|engineer|we |developers|code is|code was|fixes are|reviewer");
    if any(
        text,
        "verify and reproduce|tries to verify|tries to reproduce|reproduces the|reproduce the issue and|verifies the|is verified|will be verified|validates the report|investigates|will try to reproduce|try to reproduce",
    ) && team
        && !any(text, "you |your |two ")
        && !any(text, "scanner")
    {
        said.tell(Fact::Gate { before: Step::Confirm, needs: Need::Verification });
    }
    if any(text, "audit|searched for|search for|look for|looked for|checked for|review")
        && any(text, "similar|related problem|variants|same kind|same pattern")
    {
        said.tell(Fact::Gate { before: Step::Publish, needs: Need::SimilarProblemsAudit });
    }
    let two = any(
        text,
        "two members|at least two|two maintainers|two of the|two different|two people|2 maintainers|2 members|second maintainer|second reviewer|another maintainer|second person",
    );
    if two && any(text, "discuss|talk") {
        said.tell(Fact::Gate { before: Step::Approve, needs: Need::TwoMembersDiscussed });
    } else if two && any(text, "approv|sign off|sign-off|review") {
        said.tell(Fact::Gate { before: Step::Publish, needs: Need::SecondApprover });
    }
    if any(text, "another member|a different member|second member|someone else|another person")
        && any(text, "respond|confirm|reject|answer|verdict")
    {
        said.tell(Fact::Gate { before: Step::Confirm, needs: Need::AnotherMember });
        said.tell(Fact::Gate { before: Step::Reject, needs: Need::AnotherMember });
    } else if any(text, "a member of|one of the team|one member") && any(text, "confirm or reject|either confirm") {
        said.ask("has somebody else to answer than the member who verified it? If so, add gates before confirm and reject that need another-member");
    }
    if any(
        text,
        "fixes are prepared|prepare fixes|prepares fixes|fixes for all|fix is prepared for|patches for all|backport|fixes will be prepared|fixes are made for|fix is made for|for every supported|all supported|all releases still under|each supported",
    ) && any(text, "release|version|branch")
    {
        said.tell(Fact::Gate { before: Step::Publish, needs: Need::DecisionPerVersion });
    }
    if any(text, "disclosure timeline|disclosure date|disclosure schedule|release date")
        && any(text, "establish|agree|set|negotiat|coordinat|propos|determin|discuss|planned")
        && !any(text, "not agreed")
    {
        said.tell(Fact::Gate { before: Step::Publish, needs: Need::Timeline });
    }
    if any(text, "severity|cvss")
        && any(
            text,
            "is rated|rating is|is assigned|assigned a|we assign|will be rated|score is|is determined|determine the severity|assess the severity|we rate|classif",
        )
    {
        said.tell(Fact::Gate { before: Step::Publish, needs: Need::Severity });
    }
}

fn outcome(said: &mut Said<'_>, text: &str, heading: &str) {
    let severity = severities(text, text);
    if !severity.is_empty()
        && any(text, "severity|severities|vulnerabilit|issues")
        && !said.facts.iter().any(|fact| matches!(fact, Fact::Promise(_)))
    {
        let small =
            any(text, "effort|when they represent|where practical|when possible|where the effort|simple to fix");
        let both = any(
            text,
            "all high|all critical|every high|always|committed to|whatever the effort|first and at once|highest priority|are addressed first",
        ) && any(text, "address|fix|resolv|patch|met|treat");
        if small && !both {
            said.tell(Fact::Severities { always: false, which: severity });
        } else if both {
            // Only what stands before the word about effort is addressed always.
            let (first, rest) = match text.find("medium").or_else(|| text.find("low")) {
                Some(at) if small => text.split_at(at),
                _ => (text, ""),
            };
            let first = severities(first, first);
            if !first.is_empty() {
                said.tell(Fact::Severities { always: true, which: first });
            }
            let rest = severities(rest, rest);
            if !rest.is_empty() && small {
                said.tell(Fact::Severities { always: false, which: rest });
            }
        }
    }
    let out = any(text, "advisor|announce|disclos|fixes posted|published|we notify you|release notes|publicly");
    let with_fix = any(
        text,
        "on the date that the fix|on the day that the fix|same day|same time|with the release|with the fix|when the fix|when a fix|once a fix|once the fix|once fixed|after release|after the fix|after a fix|together with|alongside|when a patch|once a patch|once the patch|fix is released|fixes are applied|patch with an explanation|solution is achieved|patch is released|fix has been released|until a fix",
    );
    if out
        && with_fix
        && any(text, "fix|patch|release")
        && !any(text, "you publish|i publish|they do not|you disclose|do not publish")
    {
        said.tell(Fact::PublishOn(PublishOn::Fix));
    } else if any(text, "published at the agreed date|on the agreed date|on the agreed disclosure date") {
        said.tell(Fact::PublishOn(PublishOn::Date));
    } else if any(text, "published by a coordinator") {
        said.tell(Fact::PublishOn(PublishOn::Hand));
    }
    let says_no = any(text, "not!|no!|can't|cannot|isn't|don't");
    let short = text.split_whitespace().count() < 8;
    if says_no && (any(text, "sla!|service level") || short && any(heading, "sla!|service level")) {
        said.tell(Fact::NoSla(plain(&said.sentence.text)));
    }
    let process =
        any(heading, "process|disclosure|handled|management|response") && said.sentence.place != Place::Heading;
    if process
        && any(text, "we will|will|is audited|are prepared|team|investigat|may take|can take")
        && said.facts.iter().all(|fact| matches!(fact, Fact::Gate { .. } | Fact::PublishOn(_)))
    {
        said.tell(Fact::Statement { key: "disclosure.process", text: plain(&said.sentence.text) });
    }
}

fn credit(said: &mut Said<'_>, text: &str, lead: &str) {
    let about = any(
        text,
        "credit|attribut|hall of fame|mention your|your contribution|acknowledge your contribution|acknowledge you|acknowledged in|public recognition|publicly thank|nothing about you|you are named|you wish to be named|include your name|to protect your privacy|recognition|thanked in",
    );
    if !about {
        return;
    }
    let nothing = any(text, "by default") && any(text, "not publish|not be|will not|anonym");
    let on_wish = any(
        text,
        "if you|if they|let us know|whether|you chose|have chosen|would like|wish|prefer|want|optional|ask to be|unless you ask|you are asked|at your request|with your permission|with permission|consent",
    );
    let named = any(
        text,
        "credit all|will be credited|are credited|is credited|we will credit|will credit|we credit|policy is to credit|give credit|will acknowledge|be acknowledged|publicly thank|are named",
    );
    let unless = any(text, "unless");
    if nothing || any(text, "unless you ask to be named") {
        said.tell(Fact::Credit(CreditDefault::Anonymous));
    } else if any(text, "if you say nothing about credit, nothing") {
        said.tell(Fact::Credit(CreditDefault::Ask));
    } else if unless && any(text, "anonym|otherwise|not to be|object|don't want|do not want|prefer|request") {
        said.tell(Fact::Credit(CreditDefault::Named));
    } else if on_wish {
        said.tell(Fact::Credit(CreditDefault::Ask));
    } else if named {
        said.tell(Fact::Credit(CreditDefault::Named));
    }
    let made_of =
        any(text, "name") && any(text, "include|a credit can hold|attribution|your name|credited with|name and");
    if made_of {
        for (field, words) in [
            (CreditField::Name, "your name|a name|name and"),
            (CreditField::Organisation, "organisation|organization|company|affiliation|employer"),
            (CreditField::Link, "link|website|url|homepage"),
            (CreditField::About, "description about you|about you|few words|short bio|biography"),
        ] {
            if any(text, words) && !(field == CreditField::About && any(text, "nothing about you")) {
                said.tell(Fact::CreditField(field));
            }
        }
    }
    for (place, words) in [
        ("the release notes", "release notes|changelog|change log"),
        (
            "the advisory",
            "in the advisory|in our advisory|in the security advisory|in our security advisor|security bulletin",
        ),
        ("the security notification", "security notification"),
        ("the hall of fame", "hall of fame|thanks page|acknowledgements page|acknowledgments page"),
        ("the commit", "commit message"),
    ] {
        if any(text, words) {
            said.tell(Fact::CreditPlace(place.into()));
        }
    }
    if any(text, "in order to receive credit") && any(text, "must|follow") && lead.is_empty() {
        said.tell(Fact::Statement { key: "credit.statement", text: plain(&said.sentence.text) });
    }
}
