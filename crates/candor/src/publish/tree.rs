//! Records and policies to files. A function of what it is given: no store, no clock, no network.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use candor_core::policy::Policy;
use candor_formats::advisory::{Record, to_markdown};
use candor_formats::security_txt::{self, SecurityTxt};
use candor_formats::{csaf, osv};
use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::swap::Put;
use super::{Built, Held, feed};

/// All that is public.
#[derive(Debug, Clone)]
pub struct Input {
    /// Public address, without a slash at the end.
    pub base_url: String,
    /// Programs in service.
    pub programs: Vec<Program>,
    /// Published records with the slug of their program.
    pub records: Vec<(String, Record)>,
    /// Now.
    pub now: Timestamp,
    /// Version of the program that prints.
    pub engine_version: &'static str,
    /// Whether this is a demonstration.
    pub demo: bool,
}

/// A program in service.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its policy in force.
    pub policy: Arc<Policy>,
    /// The policy's version.
    pub version: u32,
}

/// An advisory with its checked documents.
struct Checked<'a> {
    record: &'a Record,
    csaf: Vec<u8>,
    osv: Vec<u8>,
}

/// Prints every file of the tree through `put`. An advisory whose documents would be wrong is left out and named in
/// the answer.
///
/// # Errors
/// What `put` fails with.
pub fn print(input: &Input, put: Put<'_>) -> io::Result<Built> {
    let mut built = Built::default();
    let mut count = 0;
    let mut put = |path: &str, bytes: &[u8]| {
        count += 1;
        put(path, bytes)
    };
    let mut taken = BTreeSet::new();
    for program in &input.programs {
        let slug = program.policy.program.slug.as_str();
        if !is_path_part(slug) {
            continue;
        }
        let mut checked = Vec::new();
        for (of, record) in &input.records {
            if of != slug {
                continue;
            }
            match check(input, record, &mut taken) {
                Ok(advisory) => checked.push(advisory),
                Err(findings) => built.held.push(Held { id: record.id.clone(), findings }),
            }
        }
        checked.sort_by(|a, b| (b.record.published, &b.record.id).cmp(&(a.record.published, &a.record.id)));
        built.advisories += checked.len();
        print_program(input, program, &checked, &mut put)?;
    }
    print_root(input, &mut put)?;
    built.files = count;
    Ok(built)
}

/// The documents of an advisory, if all are right.
fn check<'a>(input: &Input, record: &'a Record, taken: &mut BTreeSet<String>) -> Result<Checked<'a>, Vec<String>> {
    let mut findings = Vec::new();
    if !is_path_part(&record.id) {
        findings.push("id: it cannot be part of an address".to_owned());
    }
    let document = csaf::print(record, input.engine_version);
    findings.extend(
        csaf::validate(&document)
            .into_iter()
            .map(|found| format!("CSAF {} {}: {}", found.test, found.path, found.message)),
    );
    if findings.is_empty() && !taken.insert(csaf::file_name(&record.id)) {
        findings.push("id: another advisory has the same file name".to_owned());
    }
    if findings.is_empty() {
        Ok(Checked {
            record,
            csaf: csaf::print_text(record, input.engine_version).into_bytes(),
            osv: osv::print_text(record).into_bytes(),
        })
    } else {
        Err(findings)
    }
}

fn print_program(input: &Input, program: &Program, advisories: &[Checked<'_>], put: Put<'_>) -> io::Result<()> {
    let policy = &program.policy;
    let slug = &policy.program.slug;
    for advisory in advisories {
        let id = &advisory.record.id;
        put(&format!("{slug}/advisories/{id}.csaf.json"), &advisory.csaf)?;
        put(&format!("{slug}/csaf/{}", csaf::file_name(id)), &advisory.csaf)?;
        put(&format!("{slug}/advisories/{id}.osv.json"), &advisory.osv)?;
        put(&format!("{slug}/advisories/{id}.md"), to_markdown(advisory.record).as_bytes())?;
    }
    let records: Vec<&Record> = advisories.iter().map(|advisory| advisory.record).collect();
    put(&format!("{slug}/advisories.atom"), feed::print(&input.base_url, policy, &records, input.now).as_bytes())?;
    put(&format!("{slug}/security.txt"), security_txt::print(&contact_file(input, &[program])).as_bytes())
}

fn print_root(input: &Input, put: Put<'_>) -> io::Result<()> {
    let programs: Vec<&Program> = input.programs.iter().collect();
    if !programs.is_empty() {
        put(".well-known/security.txt", security_txt::print(&contact_file(input, &programs)).as_bytes())?;
    }
    put("robots.txt", b"User-agent: *\nDisallow: /desk\nDisallow: /receipt\nDisallow: /api\n")
}

/// `security.txt` for one program, or for all of this host.
fn contact_file(input: &Input, programs: &[&Program]) -> SecurityTxt {
    let base = &input.base_url;
    let mut file = SecurityTxt { expires: expires(input.now), ..SecurityTxt::default() };
    let add = |list: &mut Vec<String>, text: String| {
        if !list.contains(&text) {
            list.push(text);
        }
    };
    for program in programs {
        let policy = &program.policy;
        let slug = &policy.program.slug;
        if policy.channels.form && base.starts_with("https://") {
            add(&mut file.contact, format!("{base}/{slug}/report"));
        }
        let address = policy.channels.email.as_ref().or_else(|| policy.contacts.first().map(|contact| &contact.email));
        if let Some(address) = address {
            add(&mut file.contact, format!("mailto:{address}"));
        }
        for key in
            policy.contacts.iter().filter(|contact| contact.public).filter_map(|contact| contact.openpgp.as_ref())
        {
            if key.starts_with("https://") {
                add(&mut file.encryption, key.clone());
            } else if key.chars().all(|c| c.is_ascii_hexdigit() || c == ' ') {
                add(&mut file.encryption, format!("openpgp4fpr:{}", key.replace(' ', "").to_lowercase()));
            }
        }
        for language in &policy.report.languages {
            add(&mut file.preferred_languages, language.clone());
        }
        add(&mut file.policy, format!("{base}/{slug}"));
    }
    file.canonical = match programs {
        [one] if input.programs.len() > 1 => vec![format!("{base}/{}/security.txt", one.policy.program.slug)],
        _ => vec![format!("{base}/.well-known/security.txt")],
    };
    file
}

/// Eleven months from the beginning of this month: less than a year ahead (RFC 9116, 2.5.5), and the same all month.
fn expires(now: Timestamp) -> Timestamp {
    let month = now.to_zoned(TimeZone::UTC).date().first_of_month();
    month.checked_add(11.months()).and_then(|date| date.to_zoned(TimeZone::UTC)).map_or(now, |then| then.timestamp())
}

/// Whether a text can be one part of a path without meaning anything else.
fn is_path_part(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && text.len() <= 128
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+'))
}
