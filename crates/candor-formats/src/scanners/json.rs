//! JSON of single tools. Each is known by keys that only it writes, whatever the file is called.

use super::sarif::{first_line, text};
use super::{Found, Level, Output, UNLISTED, Unread, linters, sarif};
use crate::identifiers;
use serde_json::Value;

/// A tool: its short name, its name, and how its file is read. Gives `None` when the file is another's.
type Reader = (&'static str, &'static str, fn(&Value) -> Option<Vec<Found>>);

/// Every tool. The first that knows the file has it.
const TOOLS: &[Reader] = &[
    ("trivy", "Trivy", trivy),
    ("grype", "Grype", grype),
    ("npm-audit", "npm audit", npm),
    ("semgrep", "Semgrep", semgrep),
    ("bandit", "Bandit", bandit),
    ("gosec", "gosec", gosec),
    ("snyk", "Snyk", snyk),
    ("dependabot", "Dependabot", dependabot),
    ("osv-scanner", "OSV-Scanner", osv_scanner),
    ("pip-audit", "pip-audit", pip_audit),
    ("cargo-audit", "cargo audit", cargo_audit),
    ("zap", "ZAP", zap),
    ("gitleaks", "Gitleaks", gitleaks),
    ("brakeman", "Brakeman", brakeman),
    ("checkov", "Checkov", checkov),
    ("nuclei", "Nuclei", nuclei),
    ("detect-secrets", "detect-secrets", linters::detect_secrets),
    ("gitlab", "a tool in the form of GitLab", linters::gitlab),
    ("pylint", "Pylint", linters::pylint),
    ("eslint", "ESLint", linters::eslint),
    ("shellcheck", "ShellCheck", linters::shellcheck),
];

/// Reads one document, or one document per line as Nuclei and govulncheck write them.
pub(super) fn read(whole: &str) -> Result<Output, Unread> {
    let root: Value = match serde_json::from_str(whole) {
        Ok(root) => root,
        Err(why) => {
            let lines: Vec<Value> = serde_json::Deserializer::from_str(whole)
                .into_iter::<Value>()
                .map_while(Result::ok)
                .take(super::FINDINGS_LIMIT + 1)
                .collect();
            if lines.is_empty() {
                return Err(broken(whole, &why));
            }
            Value::Array(lines)
        }
    };
    if let Some(output) = sarif::read(&root) {
        return Ok(output);
    }
    if let Some(findings) = govulncheck(&root) {
        return Ok(Output { tool: "govulncheck".into(), name: "govulncheck".into(), findings, ..Output::default() });
    }
    for (tool, name, reader) in TOOLS {
        if let Some(findings) = reader(&root) {
            return Ok(Output { tool: (*tool).into(), name: (*name).into(), findings, ..Output::default() });
        }
    }
    let findings = linters::listed(&root).ok_or(Unread::Unknown)?;
    let name = format!("{UNLISTED}a list of findings with file, line, rule and message");
    Ok(Output { tool: "unlisted".into(), name, findings, ..Output::default() })
}

/// A file that was cut says of whom it is, where its beginning tells.
fn broken(whole: &str, why: &serde_json::Error) -> Unread {
    let head: String = whole.chars().take(2_000).collect();
    let marks = [
        ("sarif", "SARIF"),
        ("\"template-id\"", "Nuclei"),
        ("\"SchemaVersion\"", "Trivy"),
        ("\"auditReportVersion\"", "npm audit"),
    ];
    match marks.into_iter().find(|(mark, _)| head.contains(mark)) {
        Some((_, tool)) => Unread::Broken { tool, why: format!("{why}; send the whole file") },
        None => Unread::Unknown,
    }
}

pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// A number that some tools write as text.
pub(super) fn number(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => u32::try_from(number.as_u64()?).ok(),
        Value::String(text) => text.split(['-', ':']).next()?.trim().parse().ok(),
        _ => None,
    }
}

fn cwe(value: &Value) -> Vec<String> {
    match value {
        Value::Array(many) => many.iter().flat_map(cwe).collect(),
        Value::Number(_) => number(value).map(|number| format!("CWE-{number}")).into_iter().collect(),
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() => {
            vec![format!("CWE-{text}")]
        }
        Value::String(text) => identifiers::find(text).into_iter().map(|known| known.id).collect(),
        _ => Vec::new(),
    }
}

fn known(ids: impl IntoIterator<Item = String>) -> Vec<String> {
    ids.into_iter().flat_map(|id| identifiers::find(&id)).map(|found| found.id).collect()
}

fn trivy(root: &Value) -> Option<Vec<Found>> {
    if root.get("SchemaVersion").is_none() && root.get("ArtifactName").is_none() {
        return None;
    }
    let mut findings = Vec::new();
    for result in list(root, "Results") {
        let place = text(result, "Target");
        for one in list(result, "Vulnerabilities") {
            let id = text(one, "VulnerabilityID");
            let mut identifiers = known([id.clone()]);
            identifiers.extend(cwe(&one["CweIDs"]));
            findings.push(Found {
                title: text(one, "Title"),
                text: text(one, "Description"),
                level: Level::of(&text(one, "Severity")),
                place: place.clone(),
                package: text(one, "PkgName"),
                version: text(one, "InstalledVersion"),
                fixed: text(one, "FixedVersion"),
                identifiers,
                rule: id,
                ..Found::default()
            });
        }
        for (key, id) in [("Misconfigurations", "ID"), ("Secrets", "RuleID")] {
            for one in list(result, key) {
                findings.push(Found {
                    rule: text(one, id),
                    title: text(one, "Title"),
                    text: text(one, "Message"),
                    level: Level::of(&text(one, "Severity")),
                    place: place.clone(),
                    line: number(&one["StartLine"]).or_else(|| number(&one["CauseMetadata"]["StartLine"])),
                    ..Found::default()
                });
            }
        }
    }
    Some(findings)
}

fn grype(root: &Value) -> Option<Vec<Found>> {
    let matches = root.get("matches")?.as_array()?;
    let known_shape =
        matches.first().is_none_or(|one| one.get("artifact").is_some() && one.get("vulnerability").is_some());
    if !known_shape || (matches.is_empty() && root.get("descriptor").is_none()) {
        return None;
    }
    Some(
        matches
            .iter()
            .map(|one| {
                let vulnerability = &one["vulnerability"];
                let id = text(vulnerability, "id");
                let related = list(one, "relatedVulnerabilities").iter().map(|other| text(other, "id"));
                Found {
                    identifiers: known(related.chain([id.clone()])),
                    title: first_line(&text(vulnerability, "description")),
                    text: text(vulnerability, "description"),
                    level: Level::of(&text(vulnerability, "severity")),
                    place: text(&one["artifact"]["locations"][0], "path"),
                    package: text(&one["artifact"], "name"),
                    version: text(&one["artifact"], "version"),
                    fixed: words(&vulnerability["fix"]["versions"]).join(", "),
                    rule: id,
                    ..Found::default()
                }
            })
            .collect(),
    )
}

fn npm(root: &Value) -> Option<Vec<Found>> {
    let mut findings = Vec::new();
    if root.get("auditReportVersion").is_some() {
        for (name, package) in root.get("vulnerabilities")?.as_object()? {
            // A text under `via` names another package of the list, which has the advisory itself.
            for via in list(package, "via").iter().filter(|via| via.is_object()) {
                findings.push(npm_advisory(name, &text(via, "range"), via));
            }
        }
        return Some(findings);
    }
    let advisories = root.get("advisories")?.as_object()?;
    root.get("metadata")?;
    for advisory in advisories.values() {
        findings.push(npm_advisory(&text(advisory, "module_name"), &text(advisory, "vulnerable_versions"), advisory));
    }
    Some(findings)
}

fn npm_advisory(package: &str, range: &str, one: &Value) -> Found {
    let url = text(one, "url");
    let mut identifiers = known([url.replace('/', " "), words(&one["cves"]).join(" ")]);
    let rule = identifiers
        .first()
        .cloned()
        .unwrap_or_else(|| number(&one["source"]).map_or_else(|| text(one, "title"), |id| format!("npm-{id}")));
    identifiers.extend(cwe(&one["cwe"]));
    Found {
        rule,
        title: text(one, "title"),
        text: text(one, "overview"),
        level: Level::of(&text(one, "severity")),
        package: package.to_owned(),
        version: range.to_owned(),
        fixed: text(one, "patched_versions"),
        identifiers,
        ..Found::default()
    }
}

fn semgrep(root: &Value) -> Option<Vec<Found>> {
    let results = root.get("results")?.as_array()?;
    match results.first() {
        Some(first) => first.get("check_id").map(|_| ())?,
        // A run that found nothing.
        None => root.get("paths")?.get("scanned").map(|_| ())?,
    }
    Some(
        results
            .iter()
            .map(|one| {
                let extra = &one["extra"];
                let print = text(extra, "fingerprint");
                Found {
                    rule: text(one, "check_id"),
                    title: first_line(&text(extra, "message")),
                    text: text(extra, "message"),
                    level: Level::of(&text(extra, "severity")),
                    place: text(one, "path"),
                    line: number(&one["start"]["line"]),
                    identifiers: cwe(&extra["metadata"]["cwe"]),
                    fingerprints: if print.is_empty() || print == "requires login" {
                        vec![]
                    } else {
                        vec![("fingerprint".into(), print)]
                    },
                    ..Found::default()
                }
            })
            .collect(),
    )
}

fn bandit(root: &Value) -> Option<Vec<Found>> {
    let results = root.get("results")?.as_array()?;
    match results.first() {
        Some(first) => first.get("test_id").map(|_| ())?,
        // A run that found nothing.
        None => root.get("metrics")?.get("_totals").map(|_| ())?,
    }
    Some(
        results
            .iter()
            .map(|one| Found {
                rule: text(one, "test_id"),
                title: text(one, "test_name"),
                text: text(one, "issue_text"),
                level: Level::of(&text(one, "issue_severity")),
                place: text(one, "filename"),
                line: number(&one["line_number"]),
                identifiers: cwe(&one["issue_cwe"]["id"]),
                ..Found::default()
            })
            .collect(),
    )
}

fn gosec(root: &Value) -> Option<Vec<Found>> {
    let issues = root.get("Issues")?.as_array()?;
    root.get("Stats").or_else(|| root.get("Golang errors"))?;
    Some(
        issues
            .iter()
            .map(|one| Found {
                rule: text(one, "rule_id"),
                title: text(one, "details"),
                text: text(one, "code"),
                level: Level::of(&text(one, "severity")),
                place: text(one, "file"),
                line: number(&one["line"]),
                identifiers: cwe(one["cwe"].get("id").or_else(|| one["cwe"].get("ID")).unwrap_or(&Value::Null)),
                ..Found::default()
            })
            .collect(),
    )
}

fn snyk(root: &Value) -> Option<Vec<Found>> {
    let projects: Vec<&Value> = match root {
        Value::Array(many) => many.iter().collect(),
        one => vec![one],
    };
    let mut findings = Vec::new();
    let mut mine = false;
    for project in projects {
        let list = list(project, "vulnerabilities");
        mine |= project.get("dependencyCount").is_some()
            || list.first().is_some_and(|one| text(one, "id").starts_with("SNYK-"));
        for one in list {
            findings.push(Found {
                rule: text(one, "id"),
                title: text(one, "title"),
                text: text(one, "description"),
                level: Level::of(&text(one, "severity")),
                package: [text(one, "packageName"), text(one, "name")]
                    .into_iter()
                    .find(|it| !it.is_empty())
                    .unwrap_or_default(),
                version: text(one, "version"),
                fixed: words(&one["fixedIn"]).join(", "),
                identifiers: known(
                    words(&one["identifiers"]["CVE"])
                        .into_iter()
                        .chain(words(&one["identifiers"]["CWE"]))
                        .chain(words(&one["identifiers"]["GHSA"])),
                ),
                ..Found::default()
            });
        }
    }
    mine.then_some(findings)
}

fn dependabot(root: &Value) -> Option<Vec<Found>> {
    let alerts: Vec<&Value> = match root {
        Value::Array(many) => many.iter().collect(),
        one => vec![one],
    };
    let first = alerts.first()?;
    first.get("security_advisory")?;
    first.get("dependency").or_else(|| first.get("security_vulnerability"))?;
    Some(
        alerts
            .into_iter()
            .map(|one| {
                let advisory = &one["security_advisory"];
                let id = text(advisory, "ghsa_id");
                Found {
                    identifiers: known([id.clone(), text(advisory, "cve_id")]),
                    rule: id,
                    title: text(advisory, "summary"),
                    text: text(advisory, "description"),
                    level: Level::of(&text(advisory, "severity")),
                    place: text(&one["dependency"], "manifest_path"),
                    package: text(&one["dependency"]["package"], "name"),
                    fixed: text(&one["security_vulnerability"]["first_patched_version"], "identifier"),
                    ..Found::default()
                }
            })
            .collect(),
    )
}

fn osv_scanner(root: &Value) -> Option<Vec<Found>> {
    let results = root.get("results")?.as_array()?;
    results.first()?.get("packages")?;
    let mut findings = Vec::new();
    for result in results {
        for package in list(result, "packages") {
            for one in list(package, "vulnerabilities") {
                let id = text(one, "id");
                findings.push(Found {
                    identifiers: known(words(&one["aliases"]).into_iter().chain([id.clone()])),
                    rule: id,
                    title: text(one, "summary"),
                    text: text(one, "details"),
                    place: text(&result["source"], "path"),
                    package: text(&package["package"], "name"),
                    version: text(&package["package"], "version"),
                    ..Found::default()
                });
            }
        }
    }
    Some(findings)
}

fn pip_audit(root: &Value) -> Option<Vec<Found>> {
    let dependencies = match root {
        Value::Array(many) => many,
        other => other.get("dependencies")?.as_array()?,
    };
    dependencies.first()?.get("vulns").or_else(|| dependencies.first()?.get("skip_reason"))?;
    let mut findings = Vec::new();
    for package in dependencies {
        for one in list(package, "vulns") {
            let id = text(one, "id");
            findings.push(Found {
                identifiers: known(words(&one["aliases"]).into_iter().chain([id.clone()])),
                rule: id,
                title: first_line(&text(one, "description")),
                text: text(one, "description"),
                package: text(package, "name"),
                version: text(package, "version"),
                fixed: words(&one["fix_versions"]).join(", "),
                ..Found::default()
            });
        }
    }
    Some(findings)
}

fn cargo_audit(root: &Value) -> Option<Vec<Found>> {
    let listed = root.get("vulnerabilities")?.get("list")?.as_array()?;
    root.get("lockfile").or_else(|| root.get("database"))?;
    Some(
        listed
            .iter()
            .map(|one| {
                let id = text(&one["advisory"], "id");
                Found {
                    identifiers: known(words(&one["advisory"]["aliases"]).into_iter().chain([id.clone()])),
                    rule: id,
                    title: text(&one["advisory"], "title"),
                    text: text(&one["advisory"], "description"),
                    place: "Cargo.lock".into(),
                    package: text(&one["package"], "name"),
                    version: text(&one["package"], "version"),
                    fixed: words(&one["versions"]["patched"]).join(", "),
                    ..Found::default()
                }
            })
            .collect(),
    )
}

fn zap(root: &Value) -> Option<Vec<Found>> {
    let sites = root.get("site")?.as_array()?;
    root.get("@programName").or_else(|| root.get("@version")).or_else(|| sites.first()?.get("alerts"))?;
    let mut findings = Vec::new();
    for site in sites {
        for alert in list(site, "alerts") {
            let place =
                list(alert, "instances").first().map(|one| text(one, "uri")).unwrap_or_else(|| text(site, "@name"));
            findings.push(Found {
                rule: text(alert, "pluginid"),
                title: [text(alert, "alert"), text(alert, "name")]
                    .into_iter()
                    .find(|it| !it.is_empty())
                    .unwrap_or_default(),
                text: text(alert, "desc"),
                level: zap_level(&text(alert, "riskcode")),
                place,
                identifiers: cwe(&alert["cweid"]),
                ..Found::default()
            });
        }
    }
    Some(findings)
}

/// ZAP's numbers: 0 informational to 3 high.
pub(super) fn zap_level(code: &str) -> Level {
    Level::of(code)
}

fn gitleaks(root: &Value) -> Option<Vec<Found>> {
    let list = root.as_array()?;
    let first = list.first()?;
    first.get("RuleID")?;
    first.get("Secret").or_else(|| first.get("Match"))?;
    Some(
        list.iter()
            .map(|one| Found {
                rule: text(one, "RuleID"),
                title: text(one, "Description"),
                place: text(one, "File"),
                line: number(&one["StartLine"]),
                fingerprints: vec![("fingerprint".into(), text(one, "Fingerprint"))]
                    .into_iter()
                    .filter(|(_, value)| !value.is_empty())
                    .collect(),
                ..Found::default()
            })
            .collect(),
    )
}

fn brakeman(root: &Value) -> Option<Vec<Found>> {
    let warnings = root.get("warnings")?.as_array()?;
    root.get("scan_info")?;
    Some(
        warnings
            .iter()
            .map(|one| Found {
                rule: text(one, "check_name"),
                title: text(one, "warning_type"),
                text: text(one, "message"),
                level: Level::of(&text(one, "confidence")),
                place: text(one, "file"),
                line: number(&one["line"]),
                identifiers: cwe(&one["cwe_id"]),
                fingerprints: vec![("fingerprint".into(), text(one, "fingerprint"))],
                ..Found::default()
            })
            .collect(),
    )
}

fn checkov(root: &Value) -> Option<Vec<Found>> {
    let reports: Vec<&Value> = match root {
        Value::Array(many) => many.iter().collect(),
        one => vec![one],
    };
    reports.first()?.get("check_type")?;
    let mut findings = Vec::new();
    for report in reports {
        for one in list(&report["results"], "failed_checks") {
            findings.push(Found {
                rule: text(one, "check_id"),
                title: text(one, "check_name"),
                level: Level::of(&text(one, "severity")),
                place: text(one, "file_path"),
                line: number(&one["file_line_range"][0]),
                package: String::new(),
                text: text(one, "resource"),
                ..Found::default()
            });
        }
    }
    Some(findings)
}

fn nuclei(root: &Value) -> Option<Vec<Found>> {
    let results: Vec<&Value> = match root {
        Value::Array(many) => many.iter().collect(),
        one => vec![one],
    };
    let id = |one: &Value| [text(one, "template-id"), text(one, "templateID")].into_iter().find(|it| !it.is_empty());
    id(results.first()?)?;
    Some(
        results
            .into_iter()
            .map(|one| {
                let info = &one["info"];
                let class = &info["classification"];
                let mut identifiers = known(words(&class["cve-id"]).into_iter().map(|id| id.to_uppercase()));
                identifiers.extend(cwe(&class["cwe-id"]));
                Found {
                    rule: id(one).unwrap_or_default(),
                    title: text(info, "name"),
                    text: text(info, "description"),
                    level: Level::of(&text(info, "severity")),
                    place: ["matched-at", "matched", "host"]
                        .into_iter()
                        .map(|key| text(one, key))
                        .find(|it| !it.is_empty())
                        .unwrap_or_default(),
                    identifiers,
                    ..Found::default()
                }
            })
            .collect(),
    )
}

fn govulncheck(root: &Value) -> Option<Vec<Found>> {
    let messages = root.as_array()?;
    messages.iter().find(|one| one.get("config").is_some() || one.get("progress").is_some())?;
    let mut known_osv: std::collections::BTreeMap<String, &Value> = std::collections::BTreeMap::new();
    let mut findings: Vec<Found> = Vec::new();
    for message in messages {
        if let Some(osv) = message.get("osv") {
            known_osv.insert(text(osv, "id"), osv);
        }
        if let Some(finding) = message.get("finding") {
            let id = text(finding, "osv");
            let at = &finding["trace"][0];
            let osv = known_osv.get(&id).copied().unwrap_or(&Value::Null);
            let found = Found {
                identifiers: known(words(&osv["aliases"]).into_iter().chain([id.clone()])),
                rule: id,
                title: text(osv, "summary"),
                text: text(osv, "details"),
                place: text(&at["position"], "filename"),
                line: number(&at["position"]["line"]),
                package: text(at, "module"),
                version: text(at, "version"),
                fixed: text(finding, "fixed_version"),
                ..Found::default()
            };
            if !findings.iter().any(|one| one.rule == found.rule && one.package == found.package) {
                findings.push(found);
            }
        }
    }
    Some(findings)
}
