//! Pages for everybody: programs, a policy, advisories, the API's description, and what is said when there is no page.

use super::case::VectorView;
use super::desk::KeptRow;
use super::parts::{Field, Link, Paging, Problem, Row, SafeHtml, SeverityView, Shell, TimeView};
use askama::Template;
use askama::filters::HtmlSafe;

/// `/`: the programs.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "public/programs.html")]
pub struct Programs {
    /// Around the page.
    pub shell: Shell,
    /// The programs in service.
    pub programs: Vec<ProgramCard>,
}

/// A program in the list.
#[derive(Debug, Clone, Default)]
pub struct ProgramCard {
    /// Short name in addresses.
    pub slug: String,
    /// Name for people.
    pub name: String,
    /// One or two sentences.
    pub summary: String,
    /// Its first promise, like `First answer within 48 hours`; empty for none.
    pub promise: String,
    /// How many advisories are public.
    pub advisories: u64,
}

impl ProgramCard {
    /// How many advisories are public, in words.
    pub fn advisory_words(&self) -> String {
        super::fmt::count(self.advisories, "advisory", "advisories")
    }
}

/// `/{program}`: the policy in people's language.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "public/policy.html")]
pub struct PolicyPage {
    /// Around the page; `program` is set.
    pub shell: Shell,
    /// One or two sentences.
    pub summary: String,
    /// Where a report is filed; empty when the program takes no reports by form.
    pub report_href: String,
    /// How else to report, each with its address.
    pub channels: Vec<Channel>,
    /// What not to do, like `Do not open a public issue.`
    pub never: Vec<String>,
    /// The promises as a table.
    pub promises: Vec<PromiseRow>,
    /// The policy, section by section.
    pub sections: Vec<Section>,
    /// Who reads reports and whom to turn to next, in order.
    pub contacts: Vec<ContactRow>,
    /// The program's OpenPGP key.
    pub key: Option<KeyRow>,
    /// The newest advisories.
    pub advisories: Vec<AdvisoryRow>,
    /// The record of promises kept, where the policy makes it public.
    pub kept: Vec<KeptRow>,
    /// Further links: SECURITY.md, security.txt, feeds.
    pub links: Vec<Link>,
    /// Version of the policy and since when, in words.
    pub version: String,
}

/// A way to report.
#[derive(Debug, Clone, Default)]
pub struct Channel {
    /// Its name, like `By mail`.
    pub name: String,
    /// Its link.
    pub link: Link,
}

/// One promise, as the policy page lists it.
#[derive(Debug, Clone, Default)]
pub struct PromiseRow {
    /// What is promised.
    pub what: String,
    /// Within which time, like `48 hours` or `3 working days`.
    pub within: String,
    /// From when, like `after the report came in`.
    pub from: String,
    /// `commitment` or `target`.
    pub kind: String,
    /// Whom to turn to when it breaks; empty for nobody.
    pub then: String,
}

/// A section of the policy.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// Anchor.
    pub id: String,
    /// Heading.
    pub title: String,
    /// Its blocks.
    pub blocks: Vec<Block>,
}

/// A block of a section.
#[derive(Debug, Clone)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A list.
    List(Vec<String>),
    /// Steps in order.
    Steps(Vec<String>),
    /// A table with its head and its rows.
    Table(Vec<String>, Vec<Vec<String>>),
    /// Links.
    Links(Vec<Link>),
    /// A paragraph with links in it; a piece without an address is plain text.
    RichText(Vec<Link>),
    /// A list of such lines.
    RichList(Vec<Vec<Link>>),
    /// Steps in order of such lines.
    RichSteps(Vec<Vec<Link>>),
}

/// Somebody to turn to.
#[derive(Debug, Clone, Default)]
pub struct ContactRow {
    /// Their role.
    pub role: String,
    /// Their name; empty when it is not public.
    pub name: String,
    /// Their address; empty when it is not public.
    pub email: String,
    /// Fingerprint or address of the OpenPGP key; empty for none.
    pub openpgp: String,
}

/// The OpenPGP key of a program.
#[derive(Debug, Clone, Default)]
pub struct KeyRow {
    /// Its fingerprint in groups of four.
    pub fingerprint: String,
    /// Where it is to be had.
    pub href: String,
    /// The day it ends; empty when it does not.
    pub ends: String,
}

/// `/{program}/advisories`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "public/advisories.html")]
pub struct AdvisoryList {
    /// Around the page; `program` is set.
    pub shell: Shell,
    /// Newest first.
    pub rows: Vec<AdvisoryRow>,
    /// Feeds and formats.
    pub links: Vec<Link>,
    /// Older and newer ones.
    pub paging: Paging,
}

/// Another name of an advisory: leads to it.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "public/alias.html")]
pub struct AliasPage {
    /// Around the page; `program` is set.
    pub shell: Shell,
    /// The name.
    pub name: String,
    /// Where the browser goes by itself; empty where several advisories have the name.
    pub to: String,
    /// The advisories.
    pub advisories: Vec<Link>,
}

/// `/{program}/subscribe`, and the page behind the link of a subscriber's letter.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "public/subscribe.html")]
pub struct SubscribePage {
    /// Around the page.
    pub shell: Shell,
    /// What it is about.
    pub title: String,
    /// What there is to know.
    pub lead: String,
    /// Where the form goes; empty where nothing is asked.
    pub action: String,
    /// Questions.
    pub fields: Vec<Field>,
    /// Buttons: what is sent, and what a reader sees.
    pub choices: Vec<(String, String)>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
}

/// The files of a folder, for whoever looks into it.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "public/folder.html")]
pub struct FolderPage {
    /// Around the page; `program` is set.
    pub shell: Shell,
    /// What lies there.
    pub title: String,
    /// Its files and folders.
    pub files: Vec<Link>,
}

/// An advisory in a list.
#[derive(Debug, Clone, Default)]
pub struct AdvisoryRow {
    /// Its identifier.
    pub id: String,
    /// Where it is.
    pub href: String,
    /// Its title.
    pub title: String,
    /// Severity.
    pub severity: SeverityView,
    /// When it was published.
    pub published: TimeView,
    /// CVE and other names, joined; empty for none.
    pub aliases: String,
}

/// `/{program}/advisories/{id}`; also written into the public tree, so it depends on no session.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "public/advisory.html")]
pub struct AdvisoryPage {
    /// Around the page; `program` is set; no member, no token.
    pub shell: Shell,
    /// Title, as plain text for the head of the page.
    pub title: String,
    /// Its identifier, as plain text for the head of the page.
    pub id: String,
    /// The summary in one or two sentences, for search engines.
    pub description: String,
    /// The advisory itself.
    pub body: AdvisoryBody,
    /// The same in other formats.
    pub formats: Vec<Link>,
}

/// The advisory as a reader sees it: on its page, in the editor's preview, in the check before publication.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "public/advisory_body.html")]
pub struct AdvisoryBody {
    /// Identifier, like `MINIO-2026-0004`.
    pub id: String,
    /// CVE and other names, linked to their records where they have one.
    pub aliases: Vec<Link>,
    /// Title.
    pub title: String,
    /// Level of the title's heading: 1 on its own page, 3 inside another.
    pub level: u8,
    /// Severity.
    pub severity: SeverityView,
    /// When it was published; `None` in a preview.
    pub published: Option<TimeView>,
    /// When it was last revised; `None` when never.
    pub revised: Option<TimeView>,
    /// Summary.
    pub summary: String,
    /// Who is affected, in a sentence or two.
    pub affected: String,
    /// What to do first.
    pub first: String,
    /// Whether it is known to be exploited.
    pub exploited: bool,
    /// Products with their versions.
    pub versions: Vec<VersionRow>,
    /// The rating in words.
    pub vectors: Vec<VectorView>,
    /// Weaknesses.
    pub weaknesses: Vec<Link>,
    /// The fix; empty for none.
    pub fix: String,
    /// The workaround; empty for none.
    pub workaround: String,
    /// What is behind it, made from Markdown without raw markup.
    pub details: SafeHtml,
    /// What happened when.
    pub timeline: Vec<TimelineRow>,
    /// Who is credited; empty for nobody.
    pub credits: Vec<CreditLine>,
    /// References.
    pub references: Vec<Link>,
    /// Revisions, newest first.
    pub revisions: Vec<RevisionRow>,
    /// What has a heading: `rows` of further facts, such as conditions of exploitation.
    pub facts: Vec<Row>,
    /// Who may read it, where that is not everybody: the label, then words.
    pub marking: String,
    /// Since when it is withdrawn.
    pub withdrawn: Option<TimeView>,
    /// Why it is withdrawn.
    pub withdrawal: String,
    /// Who disputes it and why; empty for nobody.
    pub dispute: String,
    /// Affected commits: the product, and from where to where.
    pub commits: Vec<Row>,
    /// Who is thanked besides.
    pub thanks: Vec<CreditLine>,
}

impl HtmlSafe for AdvisoryBody {}

impl AdvisoryBody {
    /// Level of the title's heading.
    pub fn h(&self) -> u8 {
        self.level.clamp(1, 4)
    }

    /// Level of the headings under it.
    pub fn hh(&self) -> u8 {
        self.h() + 1
    }
}

/// One product and its versions.
#[derive(Debug, Clone, Default)]
pub struct VersionRow {
    /// Product or package.
    pub product: String,
    /// Affected versions.
    pub affected: String,
    /// First fixed versions; empty when there are none.
    pub fixed: String,
    /// Versions that never had it; empty when unknown.
    pub unaffected: String,
}

/// One line of the timeline.
#[derive(Debug, Clone, Default)]
pub struct TimelineRow {
    /// When.
    pub at: TimeView,
    /// What.
    pub what: String,
}

/// One credit.
#[derive(Debug, Clone, Default)]
pub struct CreditLine {
    /// Name or organisation, exactly as consented.
    pub name: String,
    /// Their link; empty for none.
    pub href: String,
    /// For what, like `found it`; empty for none.
    pub role: String,
}

/// One revision.
#[derive(Debug, Clone, Default)]
pub struct RevisionRow {
    /// Its number.
    pub number: String,
    /// When.
    pub at: TimeView,
    /// What changed.
    pub what: String,
}

/// What is said when there is no page, or none now: 404, 429, 500, 503, 507 and their like.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "errors/error.html")]
pub struct ErrorPage {
    /// Around the page. For 404 always the bare one, so that absent and forbidden look the same.
    pub shell: Shell,
    /// What is so, in a few words.
    pub title: String,
    /// What it means and what to do, paragraph by paragraph.
    pub words: Vec<String>,
    /// Ways on.
    pub links: Vec<Link>,
}

impl ErrorPage {
    /// 404: absent and forbidden alike.
    pub fn not_found() -> Self {
        Self {
            title: "There is no such page".into(),
            words: vec![
                "The address may be mistyped, or what was here has moved. If you followed a link, tell whoever gave it.".into(),
            ],
            links: vec![Link::new("All programs", "/"), Link::new("Enter a receipt", "/receipt")],
            ..Self::default()
        }
    }

    /// 429: too many requests; `wait` in words, like `a minute`.
    pub fn too_many(wait: &str) -> Self {
        Self {
            title: "That was too often in a short time".into(),
            words: vec![format!(
                "Wait {wait}, then send it again. Go back in your browser: what you typed is still there."
            )],
            ..Self::default()
        }
    }

    /// 500: our fault; `number` finds it in the log.
    pub fn internal(number: &str) -> Self {
        Self {
            title: "Something went wrong on our side".into(),
            words: vec![
                "It is not your doing, and nothing was half done: what you sent was either kept whole or not at all."
                    .into(),
                "Go back in your browser and send it again. A double send files nothing twice.".into(),
                format!("If it happens again, tell the team this number: {number}"),
            ],
            ..Self::default()
        }
    }

    /// 503: not ready, such as while it starts, stops, or is locked.
    pub fn not_ready() -> Self {
        Self {
            title: "Not ready yet".into(),
            words: vec![
                "The service starts, stops or waits for its key. Nothing of yours was taken in, and nothing was lost here.".into(),
                "Try again in a minute. Go back in your browser: what you typed is still there.".into(),
            ],
            ..Self::default()
        }
    }

    /// 507: no room on disk.
    pub fn no_room() -> Self {
        Self {
            title: "There is no room to keep it".into(),
            words: vec![
                "What you sent was not kept, because it could not be stored safely. The people who run this were told."
                    .into(),
                "Try again later, or use another way to report that the policy names.".into(),
            ],
            links: vec![Link::new("All programs", "/")],
            ..Self::default()
        }
    }
}

/// `/api/docs`: the API, drawn from its OpenAPI description.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "public/api.html")]
pub struct ApiDocs {
    /// Around the page.
    pub shell: Shell,
    /// Version of the API.
    pub version: String,
    /// What holds for every request, paragraph by paragraph.
    pub words: Vec<String>,
    /// Groups of endpoints.
    pub groups: Vec<EndpointGroup>,
}

/// Endpoints of one kind.
#[derive(Debug, Clone, Default)]
pub struct EndpointGroup {
    /// Its anchor.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Its endpoints.
    pub endpoints: Vec<Endpoint>,
}

/// One endpoint.
#[derive(Debug, Clone, Default)]
pub struct Endpoint {
    /// `GET`, `POST` and their like.
    pub method: String,
    /// Its path.
    pub path: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// Who may call it, in words; empty for everybody.
    pub needs: String,
    /// Parameters and fields of the body: name, type and meaning.
    pub fields: Vec<ApiField>,
    /// Answers: status and meaning.
    pub answers: Vec<Row>,
    /// A request to copy; empty for none.
    pub example: String,
}

/// One parameter or field.
#[derive(Debug, Clone, Default)]
pub struct ApiField {
    /// Its name.
    pub name: String,
    /// Its type, like `string`.
    pub kind: String,
    /// What it means.
    pub words: String,
    /// Whether it has to be given.
    pub required: bool,
}
