//! What scanners put out, recognised and read: as files (JSON, SARIF, XML, CSV) and as text that somebody pasted.
//!
//! Reading is bounded: a file of more than [`FILE_LIMIT`] bytes is not read, at most [`FINDINGS_LIMIT`] findings are
//! kept, no text of a finding is longer than [`TEXT_LIMIT`] letters, XML with a document type of its own is refused. A
//! finding is what the tool says; nothing here judges it.
//!
//! Sources: SARIF 2.1.0 (OASIS); `.nessus` v2 (Tenable); GMP report XML (Greenbone); ZAP "traditional" reports; Burp
//! Suite issue XML; the JSON and terminal output of Nuclei, Trivy, Grype, OSV-Scanner, npm, pip-audit, cargo-audit,
//! govulncheck, Snyk, Semgrep, Bandit, gosec, Brakeman, Gitleaks, Checkov; the REST API of GitHub, Dependabot alerts.

mod json; // files of JSON: by the keys that only this tool writes
mod lines; // text that was pasted: by the lines that only this tool writes
mod linters; // files of JSON of tools that look at all of the code, and of those on no list
mod page; // a page of HTML as the lines that a reader sees
mod sarif; // the one format that many tools share
mod shapes; // tools that nobody listed: by the shape of their lines
mod tables; // tables of findings, by the names of their columns
mod tools; // which tools are known by their lines
mod xml; // files of XML, without entities

pub use lines::{Pasted, in_text};

use std::fmt;

/// Most bytes of a file that is read.
pub const FILE_LIMIT: usize = 32 * 1024 * 1024;

/// Most findings that are kept of one file.
pub const FINDINGS_LIMIT: usize = 20_000;

/// Most letters of one text of a finding.
pub const TEXT_LIMIT: usize = 2_000;

/// How the name of a tool begins that is on no list; behind it stands the shape by which its output was known.
const UNLISTED: &str = "a tool that prints ";

/// The shape by which output was known, where its tool is on no list: from the name of [`Output`], [`Pasted`] or [`look`].
pub fn shape_of(name: &str) -> Option<&str> {
    name.strip_prefix(UNLISTED)
}

/// What a tool found, all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// Short name of the tool in small letters, such as `nuclei`; for SARIF the tool that wrote it.
    pub tool: String,
    /// Name for people.
    pub name: String,
    /// Its version, where it says so.
    pub version: String,
    /// What it found, in its order.
    pub findings: Vec<Found>,
    /// Whether there were more than [`FINDINGS_LIMIT`].
    pub cut: bool,
}

/// One finding of a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The rule, plugin or template that found it; for packages the identifier of the vulnerability.
    pub rule: String,
    /// What it is, in one line.
    pub title: String,
    /// What the tool says of it beyond the title.
    pub text: String,
    /// How bad the tool thinks it is.
    pub level: Level,
    /// The file or address it is at; empty where the tool names none.
    pub place: String,
    /// The line of the file, from 1.
    pub line: Option<u32>,
    /// The package it is in; empty where it is in none.
    pub package: String,
    /// The version of the package.
    pub version: String,
    /// The version that has the fix, where the tool knows one.
    pub fixed: String,
    /// Public identifiers: CVE, GHSA, CWE and the like.
    pub identifiers: Vec<String>,
    /// Fingerprints by which the tool itself knows the finding again, as name and value.
    pub fingerprints: Vec<(String, String)>,
}

/// How bad a tool thinks a finding is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The tool says nothing, or something of its own.
    #[default]
    Unknown,
    /// Worth a note.
    Info,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

impl Level {
    /// The level that a tool's word means.
    pub fn of(word: &str) -> Self {
        let word = word.trim().trim_matches(['[', ']', '(', ')']).to_ascii_lowercase();
        match word.split([' ', '(']).next().unwrap_or_default() {
            "critical" | "blocker" | "very-high" | "4" => Self::Critical,
            "high" | "error" | "important" | "3" => Self::High,
            "medium" | "moderate" | "warning" | "warn" | "major" | "2" => Self::Medium,
            "low" | "minor" | "style" | "1" => Self::Low,
            "info" | "informational" | "information" | "note" | "log" | "none" | "negligible" | "0" => Self::Info,
            _ => Self::Unknown,
        }
    }

    /// The level of a CVSS base score.
    pub fn of_score(score: f64) -> Self {
        match score {
            score if score >= 9.0 => Self::Critical,
            score if score >= 7.0 => Self::High,
            score if score >= 4.0 => Self::Medium,
            score if score > 0.0 => Self::Low,
            _ => Self::Info,
        }
    }

    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a file gave no findings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// Larger than what is read.
    #[error("the file has {size} bytes; at most {FILE_LIMIT} are read. Split the scan by target or by rule")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// No tool that is known here writes such files.
    #[error("this is no scanner output that Candor knows; send SARIF 2.1.0, which most tools can write")]
    Unknown,
    /// It begins like the output of a tool and then breaks off.
    #[error("this looks like {tool} output, but cannot be read: {why}")]
    Broken {
        /// The tool, or the format.
        tool: &'static str,
        /// Where and why.
        why: String,
    },
}

/// Reads the output of a scanner.
///
/// # Errors
/// [`Unread`] with what is wrong and what to send instead.
pub fn read(bytes: &[u8]) -> Result<Output, Unread> {
    if bytes.len() > FILE_LIMIT {
        return Err(Unread::TooLarge { size: bytes.len() });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| Unread::Unknown)?;
    let mut output = match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => json::read(text)?,
        Some(b'<') if page::begins(text) => of_text(lines::a_page(text).ok_or(Unread::Unknown)?, false),
        Some(b'<') => xml::read(text)?,
        _ => of_text(in_text(text).ok_or(Unread::Unknown)?, text.lines().nth(lines::LINES).is_some()),
    };
    output.cut |= output.findings.len() > FINDINGS_LIMIT;
    output.findings.truncate(FINDINGS_LIMIT);
    for found in &mut output.findings {
        for text in [&mut found.rule, &mut found.title, &mut found.text, &mut found.place, &mut found.package] {
            shorten(text);
        }
        if found.title.is_empty() {
            found.title.clone_from(&found.rule);
        }
        found.identifiers.sort();
        found.identifiers.dedup();
        found.identifiers.truncate(50);
    }
    Ok(output)
}

fn of_text(pasted: Pasted, cut: bool) -> Output {
    Output { tool: pasted.tool, name: pasted.name, findings: pasted.findings, cut, ..Output::default() }
}

/// The tool that a file seems to come from, by its name for people, from its beginning. With `whole`, the bytes are all
/// of it. Costs no more than reading them once.
pub fn look(head: &[u8], whole: bool) -> Option<String> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if whole && let Ok(output) = read(head) {
        return Some(output.name);
    }
    let end = head.len().min(16 * 1024);
    let text = String::from_utf8_lossy(&head[..end]);
    let begins = text.trim_start();
    if begins.starts_with(['{', '[', '<']) {
        let marks: &[(&[&str], &str)] = &[
            (&["\"$schema\"", "sarif"], "SARIF"),
            (&["\"runs\"", "\"driver\""], "SARIF"),
            (&["<NessusClientData_v2"], "Nessus"),
            (&["<OWASPZAPReport"], "ZAP"),
            (&["\"@programName\"", "ZAP"], "ZAP"),
            (&["<title>ZAP Scanning Report"], "ZAP"),
            (&["burpVersion="], "Burp Suite"),
            (&["<title>Burp Scanner Report"], "Burp Suite"),
            (&["<nmaprun"], "Nmap"),
            (&["<niktoscan"], "Nikto"),
            (&["<report", "<nvt oid="], "OpenVAS"),
            (&["\"template-id\"", "\"matched-at\""], "Nuclei"),
            (&["\"SchemaVersion\"", "\"ArtifactName\""], "Trivy"),
            (&["\"matches\"", "\"vulnerability\"", "\"relatedVulnerabilities\""], "Grype"),
            (&["\"auditReportVersion\""], "npm audit"),
            (&["\"check_id\"", "\"extra\""], "Semgrep"),
            (&["\"test_id\"", "\"issue_severity\""], "Bandit"),
            (&["\"Golang errors\""], "gosec"),
            (&["SNYK-", "\"packageName\""], "Snyk"),
            (&["<title>Snyk test report"], "Snyk"),
            (&["<title>Nessus Scan Report"], "Nessus"),
        ];
        let marked = marks.iter().find(|(all, _)| all.iter().all(|mark| text.contains(mark)));
        let of_page = || page::begins(begins).then(|| lines::a_page(begins)).flatten().map(|pasted| pasted.name);
        return marked.map(|(_, tool)| (*tool).to_owned()).or_else(of_page);
    }
    let pasted = in_text(&text)?;
    // A text file is a tool's when most of it is.
    (pasted.lines * 2 >= pasted.of).then_some(pasted.name)
}

fn shorten(text: &mut String) {
    if let Some((at, _)) = text.char_indices().nth(TEXT_LIMIT) {
        text.truncate(at);
    }
}

impl Found {
    /// By what the same finding is known in another run: the tool's own fingerprint where it gives one; else rule,
    /// package and place without the line, which moves with every change above it.
    pub fn key(&self, tool: &str) -> String {
        let mut parts: Vec<String> = vec![tool.to_ascii_lowercase(), self.rule.clone()];
        if self.fingerprints.is_empty() {
            parts.extend([self.package.clone(), self.place.trim_start_matches("./").to_owned()]);
            // Two findings of one rule in one file are told apart by their words.
            parts.push(if self.package.is_empty() { self.title.clone() } else { String::new() });
        } else {
            parts.extend(self.fingerprints.iter().map(|(name, value)| format!("{name}={value}")));
        }
        parts.join("\u{1f}")
    }

    /// What one case is about: the component and the rule.
    pub fn subject(&self) -> (String, String) {
        let component =
            if self.package.is_empty() { self.place.trim_start_matches("./").to_owned() } else { self.package.clone() };
        (component, self.rule.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match read(text.as_bytes()) {
            Err(why) => format!("{why}"),
            Ok(output) => {
                let findings: Vec<String> = output
                    .findings
                    .iter()
                    .map(|one| {
                        let line = one.line.map(|line| format!(":{line}")).unwrap_or_default();
                        let package = if one.package.is_empty() {
                            String::new()
                        } else {
                            format!(" {}@{}", one.package, one.version)
                        };
                        format!(
                            "{} [{}] {}{line}{package} {}",
                            one.rule,
                            one.level,
                            one.place,
                            one.identifiers.join(" ")
                        )
                        .trim_end()
                        .to_owned()
                    })
                    .collect();
                format!("{}: {}", output.tool, findings.join(" / "))
            }
        }
    }

    #[test]
    fn each_tool_s_json_is_known_by_its_keys() {
        for (text, expected) in [
            (
                r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"CodeQL","rules":[{"id":"js/xss","properties":{"security-severity":"6.1","tags":["external/cwe/cwe-079"]}}]}},"results":[{"ruleId":"js/xss","message":{"text":"Cross-site"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/a.js"},"region":{"startLine":7}}}],"partialFingerprints":{"primaryLocationLineHash":"ab:1"}}]}]}"#,
                "codeql: js/xss [medium] src/a.js:7 CWE-79",
            ),
            (
                r#"{"template-id":"git-config","info":{"name":"Git Config","severity":"medium","classification":{"cve-id":null,"cwe-id":["cwe-200"]}},"matched-at":"https://x.example/.git/config","matcher-name":"m"}"#,
                "nuclei: git-config [medium] https://x.example/.git/config CWE-200",
            ),
            (
                r#"{"SchemaVersion":2,"ArtifactName":"x","Results":[{"Target":"Cargo.lock","Vulnerabilities":[{"VulnerabilityID":"CVE-2024-1234","PkgName":"ring","InstalledVersion":"0.16","FixedVersion":"0.17","Severity":"HIGH"}]}]}"#,
                "trivy: CVE-2024-1234 [high] Cargo.lock ring@0.16 CVE-2024-1234",
            ),
            (
                r#"{"matches":[{"vulnerability":{"id":"GHSA-jfh8-c2jp-5v3q","severity":"Critical"},"relatedVulnerabilities":[{"id":"CVE-2021-44228"}],"artifact":{"name":"log4j-core","version":"2.14.1"}}]}"#,
                "grype: GHSA-jfh8-c2jp-5v3q [critical]  log4j-core@2.14.1 CVE-2021-44228 GHSA-jfh8-c2jp-5v3q",
            ),
            (
                r#"{"auditReportVersion":2,"vulnerabilities":{"minimist":{"name":"minimist","severity":"critical","via":[{"source":1179,"name":"minimist","title":"Prototype Pollution","url":"https://github.com/advisories/GHSA-xvch-5gv4-984h","severity":"critical","cwe":["CWE-1321"],"range":"<1.2.6"}],"range":"<1.2.6","nodes":["node_modules/minimist"],"fixAvailable":true}}}"#,
                "npm-audit: GHSA-xvch-5gv4-984h [critical]  minimist@<1.2.6 CWE-1321 GHSA-xvch-5gv4-984h",
            ),
            (
                r#"{"results":[{"check_id":"python.lang.eval","path":"a.py","start":{"line":3},"extra":{"message":"eval","severity":"ERROR","fingerprint":"ff","metadata":{"cwe":["CWE-95: Eval"]}}}],"errors":[]}"#,
                "semgrep: python.lang.eval [high] a.py:3 CWE-95",
            ),
            (
                r#"{"results":[{"test_id":"B602","test_name":"subprocess","issue_severity":"HIGH","issue_text":"shell","filename":"./a.py","line_number":9,"issue_cwe":{"id":78}}],"metrics":{}}"#,
                "bandit: B602 [high] ./a.py:9 CWE-78",
            ),
            (
                r#"{"Golang errors":{},"Issues":[{"severity":"MEDIUM","confidence":"HIGH","cwe":{"id":"22"},"rule_id":"G304","details":"inclusion","file":"/x/a.go","line":"12-13"}],"Stats":{}}"#,
                "gosec: G304 [medium] /x/a.go:12 CWE-22",
            ),
            (
                r#"{"vulnerabilities":[{"id":"SNYK-JS-LODASH-567746","packageName":"lodash","version":"4.17.15","title":"Prototype Pollution","severity":"medium","identifiers":{"CVE":["CVE-2020-8203"],"CWE":["CWE-400"]},"from":["a","lodash"]}],"ok":false,"dependencyCount":3}"#,
                "snyk: SNYK-JS-LODASH-567746 [medium]  lodash@4.17.15 CVE-2020-8203 CWE-400",
            ),
            (
                r#"[{"number":1,"state":"open","dependency":{"package":{"ecosystem":"npm","name":"qs"},"manifest_path":"package-lock.json"},"security_advisory":{"ghsa_id":"GHSA-hrpp-h998-j3pp","cve_id":"CVE-2022-24999","summary":"qs","severity":"high"},"security_vulnerability":{}}]"#,
                "dependabot: GHSA-hrpp-h998-j3pp [high] package-lock.json qs@ CVE-2022-24999 GHSA-hrpp-h998-j3pp",
            ),
            (
                r#"{"results":[{"source":{"path":"go.mod"},"packages":[{"package":{"name":"stdlib","version":"1.20","ecosystem":"Go"},"vulnerabilities":[{"id":"GO-2023-1840","aliases":["CVE-2023-29403"],"summary":"x"}]}]}]}"#,
                "osv-scanner: GO-2023-1840 [unknown] go.mod stdlib@1.20 CVE-2023-29403 GO-2023-1840",
            ),
            (
                r#"{"dependencies":[{"name":"flask","version":"0.5","vulns":[{"id":"PYSEC-2019-179","fix_versions":["1.0"],"aliases":["CVE-2019-1010083"],"description":"d"}]}]}"#,
                "pip-audit: PYSEC-2019-179 [unknown]  flask@0.5 CVE-2019-1010083 PYSEC-2019-179",
            ),
            (
                r#"{"@programName":"ZAP","@version":"2.15","site":[{"@name":"https://x.example","alerts":[{"pluginid":"10038","alert":"CSP not set","riskcode":"2","cweid":"693","instances":[{"uri":"https://x.example/","method":"GET"}]}]}]}"#,
                "zap: 10038 [medium] https://x.example/ CWE-693",
            ),
            (
                r#"[{"Description":"AWS key","StartLine":4,"File":"a.env","RuleID":"aws-access-token","Fingerprint":"c:a.env:aws:4","Match":"x","Secret":"x"}]"#,
                "gitleaks: aws-access-token [unknown] a.env:4",
            ),
        ] {
            assert_eq!(told(text), expected);
        }
    }

    #[test]
    fn each_tool_s_xml_is_known_by_its_root() {
        for (text, expected) in [
            (
                r#"<?xml version="1.0" ?><NessusClientData_v2><Report name="x"><ReportHost name="10.0.0.5"><ReportItem port="443" svc_name="www" protocol="tcp" severity="2" pluginID="51192" pluginName="SSL Certificate Cannot Be Trusted"><description>a &amp; b</description><cve>CVE-2013-2566</cve></ReportItem></ReportHost></Report></NessusClientData_v2>"#,
                "nessus: 51192 [medium] 10.0.0.5:443 CVE-2013-2566",
            ),
            (
                r#"<report id="1"><report><results><result id="r"><name>Weak TLS</name><host>10.0.0.5<asset/></host><port>443/tcp</port><nvt oid="1.3.6.1.4.1.25623.1.0.117274"><name>Weak TLS</name><refs><ref type="cve" id="CVE-2011-3389"/></refs></nvt><threat>Medium</threat><severity>4.3</severity></result></results></report></report>"#,
                "openvas: 1.3.6.1.4.1.25623.1.0.117274 [medium] 10.0.0.5:443/tcp CVE-2011-3389",
            ),
            (
                r#"<!DOCTYPE issues [<!ELEMENT issues (issue*)>]><issues burpVersion="2024.1"></issues>"#,
                "this looks like XML output, but cannot be read: it brings a document type with declarations of its own, which is not read; export it without one, or as JSON",
            ),
            (
                r#"<issues burpVersion="2024.1"><issue><serialNumber>1</serialNumber><type>2097920</type><name>Cross-site scripting (reflected)</name><host ip="1.2.3.4">https://x.example</host><path><![CDATA[/search]]></path><severity>High</severity><confidence>Certain</confidence></issue></issues>"#,
                "burp: 2097920 [high] https://x.example/search",
            ),
            (
                r#"<OWASPZAPReport version="2.15" generated="x"><site name="https://x.example"><alerts><alertitem><pluginid>10020</pluginid><alert>Missing Anti-clickjacking Header</alert><riskcode>2</riskcode><cweid>1021</cweid><instances><instance><uri>https://x.example/a</uri></instance></instances></alertitem></alerts></site></OWASPZAPReport>"#,
                "zap: 10020 [medium] https://x.example/a CWE-1021",
            ),
            (
                r#"<?xml version="1.0"?><results version="2"><cppcheck version="2.10"/><errors><error id="memleak" severity="error" msg="Memory leak: row" verbose="Memory leak: row" cwe="401"><location file="lib/row.c" line="9" column="5"/></error></errors></results>"#,
                "cppcheck: memleak [high] lib/row.c:9 CWE-401",
            ),
            (
                r#"<checkstyle version="4.3"><file name="a.sh"><error line="2" column="1" severity="warning" message="Quote" source="R2"/></file></checkstyle>"#,
                "checkstyle: R2 [medium] a.sh:2",
            ),
        ] {
            assert_eq!(told(text), expected);
        }
    }

    #[test]
    fn abuse_i1_entities_many_attributes_and_deep_nesting_cost_nothing() {
        let bomb =
            "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><NessusClientData_v2>&b;</NessusClientData_v2>";
        assert!(told(bomb).contains("document type"));
        let external = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><OWASPZAPReport>&x;</OWASPZAPReport>";
        assert!(!told(external).contains("root"));
        let attributes: String = (0..80_000).map(|n| format!(" a{n}=\"1\"")).collect();
        assert!(told(&format!("<NessusClientData_v2{attributes}/>")).contains("attributes"));
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        assert!(told(&format!("<issues>{deep}</issues>")).contains("nested"));
        let arrays = "[".repeat(100_000);
        assert_eq!(told(&arrays), Unread::Unknown.to_string());
    }

    #[test]
    fn what_is_no_scanner_output_is_not_taken_for_one() {
        for text in [
            "{}",
            "[]",
            "{\"results\":[]}",
            "<html><body>hello</body></html>",
            "<svg/>",
            "Dear team, I found a bug.",
            "",
        ] {
            assert_eq!(told(text), Unread::Unknown.to_string(), "{text}");
        }
    }

    #[test]
    fn the_same_finding_in_another_line_has_the_same_key() {
        let one = Found {
            rule: "B602".into(),
            place: "./a.py".into(),
            line: Some(9),
            title: "shell".into(),
            ..Found::default()
        };
        let moved = Found { line: Some(12), place: "a.py".into(), ..one.clone() };
        assert_eq!(one.key("bandit"), moved.key("bandit"));
        let printed = Found { fingerprints: vec![("h".into(), "1".into())], ..one.clone() };
        assert_ne!(one.key("bandit"), printed.key("bandit"));
    }
}
