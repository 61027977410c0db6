//! The policy as a Security Insights file (OpenSSF, specification 2.1.0): who is asked about security, what is covered,
//! where the policy stands. Only what the policy says; what a repository must add itself is left to its own file.

use super::Policy;
use jiff::civil::Date;

/// Version of the specification that the file is written by.
const SCHEMA_VERSION: &str = "2.1.0";

/// `security-insights.yml` with its header and its `project` part. `base_url` as in [`super::document::document`];
/// `changed` is the day on which the policy was last changed or looked through.
///
/// `None` when the policy names neither a home page nor a single repository: the specification asks for one.
pub fn security_insights(policy: &Policy, base_url: Option<&str>, changed: Date) -> Option<String> {
    let repositories = repositories(policy);
    if repositories.is_empty() {
        return None;
    }
    let home = policy.program.url.clone().unwrap_or_else(|| repositories[0].1.clone());
    let page = base_url.map(|base| format!("{base}/{}", policy.program.slug));
    let mut file = Yaml(String::from("# Printed by Candor from the policy file. Change that file, not this one.\n"));
    file.open(0, "header");
    file.text(1, "schema-version", SCHEMA_VERSION);
    file.text(1, "last-updated", &changed.to_string());
    file.text(1, "last-reviewed", &changed.to_string());
    file.text(1, "url", page.as_deref().filter(|page| page.starts_with("http")).unwrap_or(&home));
    file.open(0, "project");
    file.text(1, "name", &policy.program.name);
    file.text(1, "homepage", &home);
    file.open(1, "administrators");
    let public: Vec<_> = policy.contacts.iter().filter(|contact| contact.public).collect();
    let known = if public.is_empty() { policy.contacts.iter().take(1).collect() } else { public };
    for (index, contact) in known.iter().enumerate() {
        file.item(2, "name", contact.name.as_deref().unwrap_or(&contact.role));
        file.text(3, "email", &contact.email);
        file.plain(3, "primary", if index == 0 { "true" } else { "false" });
    }
    file.open(1, "repositories");
    for (name, url) in &repositories {
        file.item(2, "name", name);
        file.text(3, "url", url);
        file.text(3, "comment", &format!("Covered by the security policy of {}.", policy.program.name));
    }
    file.open(1, "vulnerability-reporting");
    file.plain(2, "reports-accepted", "true");
    // A policy of this language has no bounty.
    file.plain(2, "bug-bounty-available", "false");
    if let Some(first) = known.first() {
        file.open(2, "contact");
        file.text(3, "name", first.name.as_deref().unwrap_or(&first.role));
        file.text(3, "email", policy.channels.email.as_deref().unwrap_or(&first.email));
        file.plain(3, "primary", "true");
    }
    if let Some(page) = page.filter(|page| page.starts_with("http")) {
        file.text(2, "security-policy", &page);
        if policy.channels.form {
            file.text(2, "comment", &format!("Private form: {page}/report"));
        }
    }
    let covered: Vec<String> = policy.scope.products.iter().map(|product| product.name.clone()).collect();
    file.list(2, "in-scope", &covered);
    let out: Vec<String> = policy.scope.out.iter().map(|out| out.what.clone()).collect();
    file.list(2, "out-of-scope", &out);
    Some(file.0)
}

/// Repositories that are one place each: name and address. A pattern such as `github.com/dapr/*` names many, so that the
/// page they lie on stands for them.
fn repositories(policy: &Policy) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for product in &policy.scope.products {
        for pattern in &product.repositories {
            let plain = pattern.trim_end_matches('*').trim_end_matches('/');
            if plain.is_empty() || plain.contains(['*', '?', '[', ' ']) {
                continue;
            }
            let url = if plain.contains("://") { plain.to_owned() } else { format!("https://{plain}") };
            if found.iter().all(|(_, known)| *known != url) {
                found.push((product.name.clone(), url));
            }
        }
    }
    if found.is_empty() {
        found.extend(policy.program.url.iter().map(|url| (policy.program.name.clone(), url.clone())));
    }
    found
}

/// YAML in which every text is quoted as JSON, which YAML 1.2 reads as it stands.
struct Yaml(String);

impl Yaml {
    fn line(&mut self, depth: usize, text: &str) {
        self.0 += &"  ".repeat(depth);
        self.0 += text;
        self.0.push('\n');
    }

    fn open(&mut self, depth: usize, key: &str) {
        self.line(depth, &format!("{key}:"));
    }

    fn plain(&mut self, depth: usize, key: &str, value: &str) {
        self.line(depth, &format!("{key}: {value}"));
    }

    fn text(&mut self, depth: usize, key: &str, value: &str) {
        self.plain(depth, key, &quoted(value));
    }

    /// The first key of an item of a list.
    fn item(&mut self, depth: usize, key: &str, value: &str) {
        self.line(depth, &format!("- {key}: {}", quoted(value)));
    }

    fn list(&mut self, depth: usize, key: &str, values: &[String]) {
        if !values.is_empty() {
            self.open(depth, key);
            for value in values {
                self.line(depth + 1, &format!("- {}", quoted(value)));
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text.split_whitespace().collect::<Vec<_>>().join(" ")).to_string()
}
