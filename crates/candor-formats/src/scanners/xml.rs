//! XML of single tools, read into a small tree within budgets. No entity is defined or fetched: a document type with
//! declarations of its own is refused, and a reference to any but the five of XML itself stays as it is written.

use super::{FINDINGS_LIMIT, Found, Level, Output, Unread};
use crate::identifiers;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Most elements within each other.
const DEPTH: usize = 64;

/// Most attributes of an element.
const ATTRIBUTES: usize = 64;

/// Most elements of a file.
const ELEMENTS: usize = 2_000_000;

/// An element with what is in it.
#[derive(Debug, Default)]
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Node>,
}

impl Node {
    fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Text of a child, without blanks around it; empty where there is none.
    fn text_of(&self, name: &str) -> String {
        self.child(name).map(|child| child.text.trim().to_owned()).unwrap_or_default()
    }

    fn all<'a>(&'a self, name: &str, found: &mut Vec<&'a Node>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            } else {
                child.all(name, found);
            }
        }
    }

    fn every(&self, name: &str) -> Vec<&Node> {
        let mut found = Vec::new();
        self.all(name, &mut found);
        found
    }
}

fn broken(why: impl Into<String>) -> Unread {
    Unread::Broken { tool: "XML", why: why.into() }
}

fn open(start: &BytesStart<'_>) -> Result<Node, Unread> {
    let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
    let mut node = Node { name, ..Node::default() };
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|why| broken(why.to_string()))?;
        if node.attributes.len() == ATTRIBUTES {
            return Err(broken(format!("an element has more than {ATTRIBUTES} attributes")));
        }
        let raw = String::from_utf8_lossy(&attribute.value).into_owned();
        let value = quick_xml::escape::unescape(&raw).map_or_else(|_| raw.clone(), std::borrow::Cow::into_owned);
        node.attributes.push((String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value));
    }
    Ok(node)
}

fn tree(text: &str) -> Result<Node, Unread> {
    let mut reader = Reader::from_str(text);
    let mut path: Vec<Node> = Vec::new();
    let mut elements = 0;
    loop {
        let event = reader.read_event().map_err(|why| broken(format!("{why}; send the whole file")))?;
        let closed = match event {
            Event::DocType(kind) => {
                if String::from_utf8_lossy(&kind).contains('[') {
                    return Err(broken(
                        "it brings a document type with declarations of its own, which is not read; export it without \
                         one, or as JSON",
                    ));
                }
                None
            }
            Event::Start(start) => {
                elements += 1;
                if path.len() == DEPTH || elements > ELEMENTS {
                    return Err(broken(format!(
                        "elements are nested deeper than {DEPTH}, or are more than {ELEMENTS}"
                    )));
                }
                path.push(open(&start)?);
                None
            }
            Event::Empty(start) => {
                elements += 1;
                if elements > ELEMENTS {
                    return Err(broken(format!("it has more than {ELEMENTS} elements")));
                }
                Some(open(&start)?)
            }
            Event::Text(part) => {
                if let Some(node) = path.last_mut() {
                    node.text.push_str(&String::from_utf8_lossy(&part));
                }
                None
            }
            Event::CData(part) => {
                if let Some(node) = path.last_mut() {
                    node.text.push_str(&String::from_utf8_lossy(&part));
                }
                None
            }
            Event::GeneralRef(name) => {
                if let Some(node) = path.last_mut() {
                    let raw = format!("&{};", String::from_utf8_lossy(&name));
                    match quick_xml::escape::unescape(&raw) {
                        Ok(plain) => node.text.push_str(&plain),
                        Err(_) => node.text.push_str(&raw),
                    }
                }
                None
            }
            Event::End(_) => path.pop(),
            Event::Eof => return Err(broken("it ends before its first element does; send the whole file")),
            _ => None,
        };
        if let Some(node) = closed {
            match path.last_mut() {
                Some(parent) => parent.children.push(node),
                None => return Ok(node),
            }
        }
    }
}

/// Reads the file of a tool that is known by its first element.
pub(super) fn read(text: &str) -> Result<Output, Unread> {
    let root = tree(text)?;
    let (tool, name, version, findings) = match root.name.as_str() {
        "NessusClientData_v2" => ("nessus", "Nessus", "", nessus(&root)),
        "OWASPZAPReport" => ("zap", "ZAP", root.attribute("version"), zap(&root)),
        "issues" if root.attributes.iter().any(|(name, _)| name == "burpVersion") => {
            ("burp", "Burp Suite", root.attribute("burpVersion"), burp(&root))
        }
        "report" | "get_reports_response" if !root.every("nvt").is_empty() => {
            ("openvas", "OpenVAS", "", openvas(&root))
        }
        "nmaprun" => ("nmap", "Nmap", root.attribute("version"), nmap(&root)),
        "niktoscan" | "niktoscans" => ("nikto", "Nikto", root.attribute("version"), nikto(&root)),
        "results" if root.child("cppcheck").is_some() => (
            "cppcheck",
            "Cppcheck",
            root.child("cppcheck").map_or("", |tool| tool.attribute("version")),
            cppcheck(&root),
        ),
        "testsuite" if root.attribute("name") == "bandit" => ("bandit", "Bandit", "", bandit(&root)),
        "checkstyle" => {
            ("checkstyle", "a tool in the form of Checkstyle", root.attribute("version"), checkstyle(&root))
        }
        _ => return Err(Unread::Unknown),
    };
    let version = version.to_owned();
    Ok(Output { tool: tool.into(), name: name.into(), version, findings, ..Output::default() })
}

fn ids<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    texts.into_iter().flat_map(identifiers::find).map(|known| known.id).collect()
}

fn cwe(number: &str) -> Option<String> {
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && number != "0")
        .then(|| format!("CWE-{number}"))
}

fn nessus(root: &Node) -> Vec<Found> {
    let mut findings = Vec::new();
    for host in root.every("ReportHost") {
        for item in host.children.iter().filter(|item| item.name == "ReportItem") {
            if findings.len() > FINDINGS_LIMIT {
                return findings;
            }
            let port = item.attribute("port");
            let place = if port.is_empty() || port == "0" {
                host.attribute("name").to_owned()
            } else {
                format!("{}:{port}", host.attribute("name"))
            };
            let mut identifiers =
                ids(item.children.iter().filter(|one| one.name == "cve").map(|one| one.text.as_str()));
            identifiers.extend(cwe(&item.text_of("cwe")));
            findings.push(Found {
                rule: item.attribute("pluginID").to_owned(),
                title: item.attribute("pluginName").to_owned(),
                text: [item.text_of("description"), item.text_of("plugin_output")].join("\n").trim().to_owned(),
                level: match item.attribute("severity") {
                    "0" => Level::Info,
                    word => Level::of(word),
                },
                place,
                identifiers,
                ..Found::default()
            });
        }
    }
    findings
}

fn openvas(root: &Node) -> Vec<Found> {
    let mut found = Vec::new();
    for result in root.every("result") {
        let Some(nvt) = result.child("nvt") else { continue };
        if found.len() > FINDINGS_LIMIT {
            return found;
        }
        let refs = nvt.every("ref");
        let host = result.text_of("host");
        let port = result.text_of("port");
        let threat = result.text_of("threat");
        found.push(Found {
            rule: nvt.attribute("oid").to_owned(),
            title: [result.text_of("name"), nvt.text_of("name")]
                .into_iter()
                .find(|it| !it.is_empty())
                .unwrap_or_default(),
            text: result.text_of("description"),
            level: Level::of(&threat),
            place: if port.is_empty() { host } else { format!("{host}:{port}") },
            identifiers: ids(refs.iter().map(|one| one.attribute("id"))),
            ..Found::default()
        });
    }
    found
}

fn burp(root: &Node) -> Vec<Found> {
    root.children
        .iter()
        .filter(|issue| issue.name == "issue")
        .take(FINDINGS_LIMIT + 1)
        .map(|issue| Found {
            rule: issue.text_of("type"),
            title: issue.text_of("name"),
            text: issue.text_of("issueDetail"),
            level: Level::of(&issue.text_of("severity")),
            place: format!("{}{}", issue.text_of("host"), issue.text_of("path")),
            identifiers: ids([issue.text_of("vulnerabilityClassifications").as_str()]),
            ..Found::default()
        })
        .collect()
}

fn zap(root: &Node) -> Vec<Found> {
    root.every("alertitem")
        .into_iter()
        .take(FINDINGS_LIMIT + 1)
        .map(|alert| Found {
            rule: alert.text_of("pluginid"),
            title: [alert.text_of("alert"), alert.text_of("name")]
                .into_iter()
                .find(|it| !it.is_empty())
                .unwrap_or_default(),
            text: alert.text_of("desc"),
            level: super::json::zap_level(&alert.text_of("riskcode")),
            place: alert.every("uri").first().map(|uri| uri.text.trim().to_owned()).unwrap_or_default(),
            identifiers: cwe(&alert.text_of("cweid")).into_iter().collect(),
            ..Found::default()
        })
        .collect()
}

fn nmap(root: &Node) -> Vec<Found> {
    let mut findings = Vec::new();
    for host in root.every("host") {
        let address = host.child("address").map(|one| one.attribute("addr").to_owned()).unwrap_or_default();
        for port in host.every("port") {
            for script in port.children.iter().filter(|one| one.name == "script") {
                if findings.len() > FINDINGS_LIMIT {
                    return findings;
                }
                findings.push(Found {
                    rule: script.attribute("id").to_owned(),
                    title: script.attribute("id").to_owned(),
                    text: script.attribute("output").to_owned(),
                    place: format!("{address}:{}", port.attribute("portid")),
                    identifiers: ids([script.attribute("output")]),
                    ..Found::default()
                });
            }
        }
    }
    findings
}

fn nikto(root: &Node) -> Vec<Found> {
    root.every("item")
        .into_iter()
        .take(FINDINGS_LIMIT + 1)
        .map(|item| Found {
            rule: item.attribute("id").to_owned(),
            title: item.text_of("description"),
            place: item.text_of("namelink"),
            ..Found::default()
        })
        .collect()
}

fn cppcheck(root: &Node) -> Vec<Found> {
    let each = root.every("error").into_iter().take(FINDINGS_LIMIT + 1).map(|error| {
        let place = error.child("location");
        Found {
            rule: error.attribute("id").to_owned(),
            title: error.attribute("msg").to_owned(),
            text: error.attribute("verbose").to_owned(),
            level: Level::of(error.attribute("severity")),
            place: place.map_or("", |place| place.attribute("file")).to_owned(),
            line: place.and_then(|place| place.attribute("line").parse().ok()),
            identifiers: cwe(error.attribute("cwe")).into_iter().collect(),
            ..Found::default()
        }
    });
    each.collect()
}

/// Findings as failed tests.
fn bandit(root: &Node) -> Vec<Found> {
    let cases = root.children.iter().filter(|one| one.name == "testcase").take(FINDINGS_LIMIT + 1);
    let each = cases.map(|test| {
        let error = test.child("error");
        Found {
            rule: test.attribute("name").to_owned(),
            text: error.map_or("", |error| error.text.trim()).to_owned(),
            title: error.map_or("", |error| error.attribute("message")).to_owned(),
            level: error.map_or(Level::Unknown, |error| Level::of(error.attribute("type"))),
            place: test.attribute("classname").to_owned(),
            identifiers: error.map(|error| ids([error.text.as_str()])).unwrap_or_default(),
            ..Found::default()
        }
    });
    each.collect()
}

/// The form of Checkstyle, which many tools write.
fn checkstyle(root: &Node) -> Vec<Found> {
    let each = root.every("file").into_iter().flat_map(|file| {
        file.children.iter().filter(|one| one.name == "error").map(|error| Found {
            rule: error.attribute("source").to_owned(),
            title: error.attribute("message").to_owned(),
            level: Level::of(error.attribute("severity")),
            place: file.attribute("name").to_owned(),
            line: error.attribute("line").parse().ok(),
            ..Found::default()
        })
    });
    each.take(FINDINGS_LIMIT + 1).collect()
}
