//! What a text names: identifiers, packages, commits, versions, addresses, places in code. Each with where it stands.
//!
//! Nothing is looked up and nothing is believed: a mention says only that the text has something of this form.
//!
//! Sources: package-url specification; NIST IR 7695 (CPE 2.3 and 2.2 names); the formats in which Rust, Python, Java,
//! Go, JavaScript, C with AddressSanitizer and gdb print a stack frame.

use super::{Kind, recognise};
use crate::purl::Purl;
use std::ops::Range;

/// Most bytes of a text that are looked at; what stands behind them is not.
pub const TEXT_LIMIT: usize = 256 * 1024;

/// Most mentions that are given.
pub const LIMIT: usize = 500;

/// What sort of thing is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// An identifier of a public database.
    Public(Kind),
    /// An identifier of a scheme that nobody can look up without the vendor, or that is not known here.
    Unknown,
    /// A package, by its purl.
    Package,
    /// A product, by its CPE name.
    Cpe,
    /// A commit, by its hash of 40 or 64 digits, or of at least 7 behind the word.
    Commit,
    /// A hash of a file: MD5, SHA-1 or SHA-256 behind the name of the function.
    Hash,
    /// A version.
    Version,
    /// An address on the web.
    Url,
    /// A file, perhaps with a line.
    Path,
    /// A function or method.
    Function,
    /// A line of a stack trace: the function it names.
    Frame,
}

impl Named {
    /// In a word, for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Public(Kind::Cve) => "CVE",
            Self::Public(Kind::Ghsa) => "GHSA",
            Self::Public(Kind::Cwe) => "CWE",
            Self::Public(Kind::Capec) => "CAPEC",
            Self::Public(Kind::Gcve) => "GCVE",
            Self::Public(Kind::Osv) => "OSV",
            Self::Unknown => "identifier of an unknown scheme",
            Self::Package => "package",
            Self::Cpe => "CPE name",
            Self::Commit => "commit",
            Self::Hash => "hash",
            Self::Version => "version",
            Self::Url => "address",
            Self::Path => "file",
            Self::Function => "function",
            Self::Frame => "stack frame",
        }
    }
}

/// One thing that a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// What sort of thing.
    pub named: Named,
    /// In its usual form: identifiers in capitals, hashes in small letters, a path without its line.
    pub text: String,
    /// The line in a file, where one is named.
    pub line: Option<u32>,
    /// The public page about it, where there is one.
    pub url: Option<String>,
    /// Where it stands first, in bytes.
    pub span: Range<usize>,
}

/// Everything that `text` names, each thing once, in order of appearance; at most [`LIMIT`] of them, from the first
/// [`TEXT_LIMIT`] bytes.
pub fn mentions(text: &str) -> Vec<Mention> {
    let text = head(text, TEXT_LIMIT);
    let mut found = Found::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if let Some((function, span)) = frame(line) {
            found.add(Named::Frame, function, None, None, at + span.start..at + span.end);
        }
        let mut before = "";
        for (start, raw) in words(line) {
            let word = trimmed(raw);
            if word.is_empty() {
                continue;
            }
            if is_plain(word) {
                before = word;
                continue;
            }
            let from = at + start + (word.as_ptr() as usize - raw.as_ptr() as usize);
            one(word, before, from, &mut found);
            before = word;
        }
        if found.list.len() >= LIMIT {
            break;
        }
        at += line.len();
    }
    found.list.truncate(LIMIT);
    found.list
}

/// The longest beginning of at most `limit` bytes that ends between letters.
fn head(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let end = (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

#[derive(Default)]
struct Found {
    list: Vec<Mention>,
    seen: std::collections::BTreeSet<(Named, String, Option<u32>)>,
}

impl Found {
    fn add(
        &mut self,
        named: Named,
        text: impl Into<String>,
        line: Option<u32>,
        url: Option<String>,
        span: Range<usize>,
    ) {
        let text = text.into();
        if self.list.len() < LIMIT && self.seen.insert((named, text.clone(), line)) {
            self.list.push(Mention { named, text, line, url, span });
        }
    }
}

/// Words between blanks and the marks that never belong to a name, with where they begin.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    line.split(|c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | '"' | '<' | '>' | '|' | '│' | '┃' | '‘' | '’' | '“' | '”')
    })
    .filter(|word| !word.is_empty())
    .map(move |word| (word.as_ptr() as usize - line.as_ptr() as usize, word))
}

fn trimmed(word: &str) -> &str {
    // Brackets belong to a word only in pairs, as in `parse()`.
    let word = word.trim_start_matches(['(', '[', '{', '\'', '`', '*', '_', '-', '!', ':', '=', '#']);
    let mut word = word;
    loop {
        let shorter = word.trim_end_matches(['.', ':', '!', '?', '\'', '`', '*', ']', '}', '-', '_']);
        let shorter = match shorter.strip_suffix(')') {
            Some(rest) if !rest.contains('(') => rest,
            _ => shorter,
        };
        if shorter == word {
            return word;
        }
        word = shorter;
    }
}

/// Whether a word is of letters alone, as in prose: it names nothing then, since everything that is named has a digit, a
/// mark, or a capital behind a small letter. Long ones may be hashes.
fn is_plain(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() < 32
        && bytes.iter().all(u8::is_ascii_alphabetic)
        && !bytes.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

fn one(word: &str, before: &str, from: usize, found: &mut Found) {
    let span = from..from + word.len();
    let lower = word.get(..8).unwrap_or(word).to_ascii_lowercase();
    if lower.starts_with("http://") || lower.starts_with("https://") {
        found.add(Named::Url, word, None, Some(word.to_owned()), span.clone());
        // An address may name a vulnerability or a commit itself.
        for part in word.split(['/', '=', '?', '#', '&']) {
            if let Some(known) = recognise(part) {
                found.add(Named::Public(known.kind), known.id, None, Some(known.url), span.clone());
            } else if is_hex(part) && part.len() == 40 {
                found.add(Named::Commit, part.to_ascii_lowercase(), None, None, span.clone());
            }
        }
        return;
    }
    if lower.starts_with("pkg:") {
        if let Ok(purl) = Purl::parse(word) {
            found.add(Named::Package, purl.to_string(), None, None, span);
        }
        return;
    }
    if lower.starts_with("cpe:2.3:") || lower.starts_with("cpe:/") {
        found.add(Named::Cpe, word.to_ascii_lowercase(), None, None, span);
        return;
    }
    for part in word.split(['/', '(', ')', '[', ']', '=']) {
        if let Some(known) = recognise(part.trim_matches(['.', ':', '_'])) {
            found.add(Named::Public(known.kind), known.id, None, Some(known.url), span.clone());
        } else if unknown_scheme(part) {
            found.add(Named::Unknown, part.to_ascii_uppercase(), None, None, span.clone());
        }
    }
    if let Some(hash) = hash_of(word, before) {
        let named = if hash_word(before) { Named::Hash } else { Named::Commit };
        found.add(named, hash, None, None, span);
        return;
    }
    if let Some((path, line)) = path(word) {
        found.add(Named::Path, path, line, None, span);
        return;
    }
    if let Some(function) = function(word) {
        found.add(Named::Function, function, None, None, span);
        return;
    }
    if let Some(version) = version(word, before) {
        found.add(Named::Version, version, None, None, span);
    }
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn hash_word(before: &str) -> bool {
    let before = before.trim_matches(['(', ')', ':']).to_ascii_lowercase();
    ["md5", "sha1", "sha-1", "sha256", "sha-256", "hash", "checksum", "digest", "sha512", "sha-512"]
        .contains(&before.as_str())
}

fn hash_of(word: &str, before: &str) -> Option<String> {
    let digits = word.rsplit([':', '@']).next()?;
    if !is_hex(digits) {
        return None;
    }
    let named = ["commit", "commits", "rev", "revision", "sha", "changeset", "git"]
        .contains(&before.trim_matches(['(', ')', ':']).to_ascii_lowercase().as_str());
    let taken = match digits.len() {
        40 | 64 => true,
        32 => hash_word(before),
        7..=39 => named && digits.bytes().any(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    taken.then(|| digits.to_ascii_lowercase())
}

/// Names of schemes that look like identifiers and are proprietary, or of databases that are not public registers of
/// vulnerabilities.
const PROPRIETARY: &[&str] = &[
    "QID", "SNYK", "SONATYPE", "XRAY", "VULNDB", "NPM", "BDSA", "WS", "EDB", "OSVDB", "BID", "NASL", "VDB", "ZDI",
    "TALOS",
];

/// Words before a number that are no scheme: standards, ports, tickets of a kind that everybody has.
const NO_SCHEME: &[&str] = &[
    "RFC", "ISO", "IEC", "UTF", "SHA", "AES", "RSA", "MD", "HTTP", "HTTPS", "TLS", "SSL", "X", "IPV", "CVSS", "PEP",
    "ASCII", "BASE", "COVID", "WIN", "ECMA", "FIPS", "NIST", "ECDSA", "ED", "AMD", "ARM", "GPL", "LGPL", "BSD", "MIT",
    "APACHE", "OWASP", "TOP", "STEP", "CP", "KOI", "GB", "BIG", "EUC", "CHACHA", "POLY", "HMAC", "CRC", "OAUTH", "A",
    "B", "C", "V", "P", "T",
];

fn unknown_scheme(word: &str) -> bool {
    let Some((prefix, rest)) = word.split_once('-') else { return false };
    let letters = (2..=12).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_uppercase());
    if !letters || NO_SCHEME.contains(&prefix) || ["CVE", "GHSA", "CWE", "CAPEC"].contains(&prefix) {
        return false;
    }
    let shape = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    let long_number = rest.split('-').any(|part| part.len() >= 4 && part.bytes().all(|byte| byte.is_ascii_digit()));
    shape && (long_number || PROPRIETARY.contains(&prefix) && rest.bytes().any(|byte| byte.is_ascii_digit()))
}

/// Ends of the names of files in which code or settings stand.
const ENDS: &[&str] = &[
    "c",
    "h",
    "cc",
    "cpp",
    "cxx",
    "hpp",
    "hh",
    "rs",
    "go",
    "py",
    "rb",
    "js",
    "mjs",
    "cjs",
    "jsx",
    "ts",
    "tsx",
    "java",
    "kt",
    "kts",
    "scala",
    "swift",
    "m",
    "mm",
    "cs",
    "vb",
    "php",
    "phtml",
    "twig",
    "pl",
    "pm",
    "sh",
    "bash",
    "ps1",
    "lua",
    "ex",
    "exs",
    "erl",
    "hs",
    "ml",
    "clj",
    "dart",
    "zig",
    "asm",
    "s",
    "sql",
    "html",
    "htm",
    "xml",
    "xhtml",
    "json",
    "yaml",
    "yml",
    "toml",
    "ini",
    "conf",
    "cfg",
    "env",
    "properties",
    "gradle",
    "lock",
    "mod",
    "sum",
    "txt",
    "md",
    "vue",
    "svelte",
    "css",
    "scss",
    "jsp",
    "aspx",
    "ejs",
    "proto",
    "tf",
    "dockerfile",
    "mk",
    "cmake",
    "in",
    "tmpl",
    "jinja",
    "j2",
    "hbs",
    "erb",
    "so",
    "dll",
    "exe",
    "jar",
    "war",
    "wasm",
];

/// A file named by a path or by a name with a known end, and the line behind it.
fn path(word: &str) -> Option<(String, Option<u32>)> {
    let (name, line) = with_line(word);
    let name = name.trim_end_matches([':', ')', '(']);
    let file = name.rsplit(['/', '\\']).next()?;
    let (stem, end) = file.rsplit_once('.')?;
    let known = ENDS.contains(&end.to_ascii_lowercase().as_str())
        && (!stem.is_empty() || file.len() > 2)
        && stem.bytes().any(|byte| byte.is_ascii_alphabetic());
    let shape = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/\\._-+@~$:[]".contains(&byte));
    // `e.g.in` and `node.js` as the name of the platform are no files; a folder or a line makes it certain.
    let certain =
        name.contains(['/', '\\']) || line.is_some() || stem.len() > 1 && !name.eq_ignore_ascii_case("node.js");
    (known && shape && certain && name.len() <= 300)
        .then(|| (name.replace('\\', "/").trim_start_matches("./").to_owned(), line))
}

/// `name:12`, `name:12:5`, `name#L12`, `name(12)`.
fn with_line(word: &str) -> (&str, Option<u32>) {
    if let Some((name, line)) = word.split_once("#L") {
        let line: String = line.chars().take_while(char::is_ascii_digit).collect();
        return (name, line.parse().ok());
    }
    if let Some((name, rest)) = word.split_once('(')
        && let Some(line) = rest.strip_suffix(')').and_then(|line| line.split(',').next()?.parse().ok())
    {
        return (name, Some(line));
    }
    let mut parts = word.splitn(4, ':');
    let name = parts.next().unwrap_or(word);
    // A drive letter is part of the name.
    if name.len() == 1 {
        return (word, None);
    }
    match parts.next().and_then(|line| line.trim_matches(['(', ')']).parse().ok()) {
        Some(line) => (name, Some(line)),
        None => (if word.contains("::") { word } else { name }, None),
    }
}

fn is_ident(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$' | b'~'))
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'~'))
}

/// `parse()`, `Cls::parse(x)`, `obj.method()`, `ptr->f()`, and names joined by `::`.
fn function(word: &str) -> Option<String> {
    let (name, called) = match word.split_once('(') {
        Some((name, _)) => (name, true),
        None => (word, false),
    };
    let name = name.trim_matches(['`', '*', '&']);
    if name.len() > 200 || name.len() < 3 {
        return None;
    }
    let joined = name.replace("->", ".").replace("::", ".");
    let parts: Vec<&str> = joined.split(['.', '#']).collect();
    if !parts.iter().all(|part| is_ident(part)) {
        return None;
    }
    let written = called || name.contains("::") || name.contains("->");
    // `snake_case` with two parts and `camelCase` stand for a name of code even without brackets.
    let snake = parts.len() == 1
        && name.bytes().filter(|byte| *byte == b'_').count() >= 1
        && name.len() >= 5
        && name.bytes().all(|byte| !byte.is_ascii_uppercase());
    let camel = parts.len() == 1
        && name.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    (written || snake || camel).then(|| name.to_owned())
}

/// `1.2.3`, `v1.2.3-rc1`, and `1.2` or `2024` behind the word "version" and its like.
fn version(word: &str, before: &str) -> Option<String> {
    let bare = word.trim_start_matches(['<', '>', '=', '~', '^', '≤', '≥']);
    let bare =
        bare.strip_prefix(['v', 'V']).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(bare);
    if !bare.starts_with(|c: char| c.is_ascii_digit()) || bare.len() > 60 {
        return None;
    }
    let core: &str = bare.split(['-', '+']).next()?;
    let parts: Vec<&str> = core.split('.').collect();
    let numbers = parts.iter().take(2).all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let rest =
        parts.iter().skip(2).all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    // Four numbers up to 255 are an address of the network unless they are called a version.
    let called = ["version", "versions", "v", "release", "before", "through", "from", "until", "in", "since", "to"]
        .contains(&before.trim_matches([':', '(']).to_ascii_lowercase().as_str());
    let address = parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok());
    let enough = parts.len() >= 3 || parts.len() == 2 && called;
    (numbers && rest && enough && (!address || called)).then(|| bare.to_owned())
}

/// The function that a line of a stack trace names, with where it stands in the line.
fn frame(line: &str) -> Option<(String, Range<usize>)> {
    let text = line.trim();
    if text.len() > 1000 {
        return None;
    }
    // C with a sanitizer, gdb: `#3 0x55e in png_read (/lib/x.so+0x1)`, `#3 png_read (a=1) at x.c:3`.
    if let Some(rest) = text.strip_prefix('#')
        && rest.starts_with(|c: char| c.is_ascii_digit())
    {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        let rest = match rest.strip_prefix("0x") {
            Some(rest) => rest.split_once(" in ").map(|(_, name)| name)?,
            None => rest,
        };
        return framed(rest.split([' ', '(']).next()?, line);
    }
    // Python: `File "x.py", line 3, in parse`.
    if text.starts_with("File \"") && text.contains(", line ") {
        return framed(text.rsplit_once(" in ").map(|(_, name)| name)?, line);
    }
    // Java, JavaScript, .NET: `at a.b.C.parse(C.java:3)`, `at parse (/x.js:3:1)`.
    if let Some(rest) = text.strip_prefix("at ")
        && (rest.contains('(') || rest.contains(" in "))
    {
        let rest = rest.strip_prefix("async").map_or(rest, str::trim_start);
        return framed(rest.split([' ', '(']).next()?, line);
    }
    // Rust: `12: crate::module::parse`, Go: `main.parse(0xc000...)`.
    if let Some((number, rest)) = text.split_once(": ")
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && !number.is_empty()
        && rest.contains("::")
    {
        return framed(rest.split(' ').next()?, line);
    }
    if text.ends_with(')') && text.contains("(0x") && !text.contains(' ') {
        return framed(text.split('(').next()?, line);
    }
    None
}

fn framed(name: &str, line: &str) -> Option<(String, Range<usize>)> {
    let name = name.trim_end_matches("()").trim();
    let shape = !name.is_empty()
        && name.len() <= 300
        && name.chars().all(|c| c.is_alphanumeric() || "_$.:<>~/-@{}#*&[]".contains(c))
        && name.chars().any(char::is_alphabetic);
    if !shape {
        return None;
    }
    let start = name.as_ptr() as usize - line.as_ptr() as usize;
    Some((name.to_owned(), start..start + name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        mentions(text)
            .into_iter()
            .map(|found| match found.line {
                Some(line) => format!("{} {}:{line}", found.named.word(), found.text),
                None => format!("{} {}", found.named.word(), found.text),
            })
            .collect()
    }

    #[test]
    fn p5_public_identifiers_are_linked_and_unknown_schemes_are_told_apart() {
        let found = mentions(
            "CVE-2024-3094, capec-66, QID-38657, SNYK-JS-LODASH-567746 and BDU:2021-1; see RFC-9116 and ISO-29147.",
        );
        let told: Vec<_> = found.iter().map(|one| (one.named, one.text.as_str(), one.url.is_some())).collect();
        assert_eq!(
            told,
            [
                (Named::Public(Kind::Cve), "CVE-2024-3094", true),
                (Named::Public(Kind::Capec), "CAPEC-66", true),
                (Named::Unknown, "QID-38657", false),
                (Named::Unknown, "SNYK-JS-LODASH-567746", false),
            ]
        );
    }

    #[test]
    fn places_in_code_are_found_with_their_lines() {
        assert_eq!(
            shown(
                "In src/net/http.c:120 the call parse_header() overflows; also `lib\\util.py`, config.yaml and Foo::bar."
            ),
            [
                "file src/net/http.c:120",
                "function parse_header",
                "file lib/util.py",
                "file config.yaml",
                "function Foo::bar"
            ]
        );
    }

    #[test]
    fn packages_versions_and_commits_are_found() {
        assert_eq!(
            shown(
                "pkg:npm/lodash@4.17.20 and cpe:2.3:a:x:y:1.0:*:*:*:*:*:*:* in v2.3.4-rc1, version 1.2, commit 1a2b3c4d; 10.0.0.1 is a host."
            ),
            [
                "package pkg:npm/lodash@4.17.20",
                "CPE name cpe:2.3:a:x:y:1.0",
                "version 2.3.4-rc1",
                "version 1.2",
                "commit 1a2b3c4d"
            ]
        );
    }

    #[test]
    fn stack_frames_of_many_languages_are_found() {
        let frames: Vec<String> = mentions(
            "#0 0x55d1 in png_read_row /src/png.c:10\n  File \"app.py\", line 3, in load\n  at com.x.Parser.parse(Parser.java:3)\n   4: mylib::decode::run\nmain.serve(0xc0000)\n",
        )
        .into_iter()
        .filter(|one| one.named == Named::Frame)
        .map(|one| one.text)
        .collect();
        assert_eq!(frames, ["png_read_row", "load", "com.x.Parser.parse", "mylib::decode::run", "main.serve"]);
    }

    #[test]
    fn an_address_is_found_with_what_it_names() {
        assert_eq!(
            shown("(https://nvd.nist.gov/vuln/detail/CVE-2021-44228)."),
            ["address https://nvd.nist.gov/vuln/detail/CVE-2021-44228", "CVE CVE-2021-44228"]
        );
    }

    #[test]
    fn each_mention_says_where_it_stands() {
        let text = "müde: CVE-2024-3094.";
        let found = mentions(text);
        assert_eq!(&text[found[0].span.clone()], "CVE-2024-3094");
    }

    #[test]
    fn prose_names_nothing() {
        assert!(shown("This is a report. It has i.e. and e.g. in it, and no-one, 3 times; 12:30.").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_fail_and_every_span_is_within(text in "\\PC{0,200}") {
            for one in mentions(&text) {
                proptest::prop_assert!(text.get(one.span).is_some());
            }
        }
    }
}
