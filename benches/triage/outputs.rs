//! What tools put out, by rule, each in the form in which its terminal or report shows it. Three of ten stand below a
//! short letter, one of ten is quoted, as mail programs do.

use crate::Chance;
use std::fmt::Write as _;

const LETTERS: &[&str] = &[
    "Hello security team,\n\nplease find the vulnerabilities below.\n\n",
    "Hi, my scan shows these problems on your side. Kindly fix them and tell me about a reward.\n\n",
    "Dear Sir or Madam, see attached result:\n\n",
    "Found this:\n\n",
    "Results of an automated test, sent for your attention.\n\n",
];
const LEVELS: &[&str] = &["low", "medium", "high", "critical"];
const NAMES: &[&str] = &[
    "lodash",
    "minimist",
    "openssl",
    "log4j-core",
    "urllib3",
    "jinja2",
    "ring",
    "tokio",
    "golang.org/x/net",
    "express",
    "zlib",
    "curl",
];

fn cve(chance: &mut Chance) -> String {
    format!("CVE-20{}-{}", 15 + chance.below(11), 1_000 + chance.below(48_000))
}

fn version(chance: &mut Chance) -> String {
    format!("{}.{}.{}", chance.below(9), chance.below(30), chance.below(20))
}

fn ghsa(chance: &mut Chance) -> String {
    let letters = b"23456789cfghjmpqrvwx";
    let mut group = || (0..4).map(|_| char::from(*chance.of(letters))).collect::<String>();
    format!("GHSA-{}-{}-{}", group(), group(), group())
}

/// The output of a tool: its name and the text.
pub fn one(n: usize, chance: &mut Chance) -> (String, String) {
    let (tool, text) = by_tool(n % 20, chance);
    let mut text = text;
    if chance.percent(10) {
        text = text.lines().map(|line| format!("> {line}\n")).collect();
    }
    if chance.percent(30) {
        text = format!("{}{text}", chance.of(LETTERS));
    }
    (tool.to_owned(), text)
}

#[allow(clippy::too_many_lines, reason = "one arm per tool")]
fn by_tool(which: usize, chance: &mut Chance) -> (&'static str, String) {
    let mut out = String::new();
    let rows = 1 + chance.below(8);
    let level = |chance: &mut Chance| *chance.of(LEVELS);
    let tool = match which {
        0 => {
            for _ in 0..rows {
                let template = *chance.of(&[
                    "git-config",
                    "tls-version",
                    "missing-csp",
                    "swagger-api",
                    "CVE-2021-44228",
                    "wordpress-login",
                ]);
                let _ = writeln!(
                    out,
                    "[{template}] [{}] [{}] https://host{}.example/{}",
                    chance.of(&["http", "ssl", "dns"]),
                    level(chance),
                    chance.below(99),
                    template
                );
            }
            "nuclei"
        }
        1 => {
            let _ = writeln!(
                out,
                "Cargo.lock (cargo)\n==================\nTotal: {rows} (UNKNOWN: 0, LOW: 0, MEDIUM: 1, HIGH: 2, CRITICAL: 0)\n"
            );
            let _ = writeln!(
                out,
                "┌──────────┬────────────────┬──────────┬────────┬───────────────────┬───────────────┐\n│ Library  │ Vulnerability  │ Severity │ Status │ Installed Version │ Fixed Version │"
            );
            for _ in 0..rows {
                let _ = writeln!(
                    out,
                    "│ {} │ {} │ {} │ fixed │ {} │ {} │",
                    chance.of(NAMES),
                    cve(chance),
                    level(chance).to_uppercase(),
                    version(chance),
                    version(chance)
                );
            }
            "trivy"
        }
        2 => {
            let _ = writeln!(out, "NAME          INSTALLED  FIXED-IN  TYPE  VULNERABILITY   SEVERITY");
            for _ in 0..rows {
                let _ = writeln!(
                    out,
                    "{:<12}  {}      {}    deb   {}  {}",
                    chance.of(NAMES),
                    version(chance),
                    version(chance),
                    cve(chance),
                    level(chance)
                );
            }
            "grype"
        }
        3 => {
            let _ = writeln!(out, "# npm audit report\n");
            for _ in 0..rows {
                let name = *chance.of(NAMES);
                let _ = writeln!(
                    out,
                    "{name}  <{}\nSeverity: {}\nPrototype Pollution in {name} - https://github.com/advisories/{}\nfix available via `npm audit fix`\nnode_modules/{name}\n",
                    version(chance),
                    level(chance),
                    ghsa(chance)
                );
            }
            let _ =
                writeln!(out, "{rows} vulnerabilities ({rows} high)\n\nTo address all issues, run:\n  npm audit fix");
            "npm audit"
        }
        4 => {
            for _ in 0..rows {
                let at = 1 + chance.below(500);
                let _ = writeln!(
                    out,
                    "[/src/app/file{}.go:{at}] - G{} (CWE-{}): Potential file inclusion via variable (Confidence: HIGH, Severity: {})\n    {}: \n  > {at}: f, err := os.Open(path)\n",
                    chance.below(30),
                    101 + chance.below(300),
                    20 + chance.below(700),
                    level(chance).to_uppercase(),
                    at - 1
                );
            }
            let _ = writeln!(out, "Summary:\n  Gosec  : 2.18.2\n  Files  : 12\n  Issues : {rows}");
            "gosec"
        }
        5 => {
            let _ = writeln!(out, "Run started:2026-01-01 10:00:00\n\nTest results:");
            for _ in 0..rows {
                let _ = writeln!(
                    out,
                    ">> Issue: [B{}:blacklist] Use of insecure function.\n   Severity: Medium   Confidence: High\n   CWE: CWE-{}\n   Location: ./app/x{}.py:{}:4\n12\t    x = f()\n",
                    101 + chance.below(300),
                    20 + chance.below(700),
                    chance.below(40),
                    chance.below(900)
                );
            }
            "bandit"
        }
        6 => {
            let _ = writeln!(out, "┌──────────────────┐\n│ {rows} Code Findings │\n└──────────────────┘\n");
            for _ in 0..rows {
                let _ = writeln!(
                    out,
                    "    src/app{}.js\n   ❯❯❱ javascript.lang.security.audit.xss\n          Detected user input in a template.\n          Details: https://sg.run/{}\n\n           {}┆ res.send(x)\n",
                    chance.below(40),
                    chance.below(9_999),
                    chance.below(900)
                );
            }
            "semgrep"
        }
        7 => {
            let _ = writeln!(
                out,
                "Testing /app...\n\nTested {} dependencies for known issues, found {rows} issues, {rows} vulnerable paths.\n\nIssues to fix by upgrading:\n",
                50 + chance.below(400)
            );
            for _ in 0..rows {
                let name = *chance.of(NAMES);
                let _ = writeln!(
                    out,
                    "  Upgrade {name}@{} to {name}@{} to fix\n  ✗ Prototype Pollution [High Severity][https://security.snyk.io/vuln/SNYK-JS-X-{}] in {name}@{}\n    introduced by {name}@{}",
                    version(chance),
                    version(chance),
                    chance.below(999_999),
                    version(chance),
                    version(chance)
                );
            }
            "snyk"
        }
        8 => {
            for _ in 0..rows {
                let _ = writeln!(
                    out,
                    "{} - SSL Certificate Cannot Be Trusted\nSynopsis\nThe SSL certificate for this service cannot be trusted.\nDescription\nThe server's X.509 certificate cannot be trusted.\nSee Also\nhttps://www.itu.int/rec/T-REC-X.509/en\nSolution\nPurchase or generate a proper SSL certificate for this service.\nRisk Factor\nMedium\nCVSS v3.0 Base Score\n6.5\nPlugin Information\nPublished: 2010/12/15\nPlugin Output\ntcp/{}/www\n",
                    10_000 + chance.below(90_000),
                    chance.below(9_999)
                );
            }
            "nessus"
        }
        9 => {
            for _ in 0..rows {
                let _ = writeln!(
                    out,
                    "Medium (CVSS: 5.0)\nNVT: Deprecated TLSv1.0 Protocol Detection\nOID: 1.3.6.1.4.1.25623.1.0.{}\n\nSummary\nThe service accepts TLSv1.0.\n\nQuality of Detection (QoD): 98%\n\nVulnerability Detection Result\nThe service is only providing the deprecated TLSv1.0 protocol.\n\nSolution type: Mitigation\n",
                    100_000 + chance.below(20_000)
                );
            }
            "openvas"
        }
        10 => {
            let _ = writeln!(
                out,
                "ZAP Scanning Report\n\nSite: https://host{}.example\nGenerated on Thu, 1 Jan 2026\n\nSummary of Alerts\nRisk Level\tNumber of Alerts\nHigh\t0\nMedium\t{rows}",
                chance.below(99)
            );
            for _ in 0..rows {
                let _ = writeln!(
                    out,
                    "\nMedium\tContent Security Policy (CSP) Header Not Set\nDescription\nContent Security Policy is an added layer of security.\nURL\thttps://host.example/{}\nMethod\tGET\nInstances\t{}\nCWE Id\t693\nWASC Id\t15\nPlugin Id\t10038",
                    chance.below(99),
                    chance.below(20)
                );
            }
            "zap"
        }
        11 => {
            for _ in 0..rows {
                let _ = writeln!(
                    out,
                    "Cross-site scripting (reflected)\n\nSummary\nSeverity:  High\nConfidence:  Certain\nHost:  https://host{}.example\nPath:  /search\n\nIssue detail\nThe value of the q request parameter is copied into the response.\n\nIssue background\nReflected cross-site scripting vulnerabilities arise when data is copied.\n\nIssue remediation\nValidate input.\n\nVulnerability classifications\nCWE-79\n",
                    chance.below(99)
                );
            }
            "burp"
        }
        12 => {
            let _ = writeln!(
                out,
                "- Nikto v2.5.0\n---------------------------------------------------------------------------\n+ Target IP:          203.0.113.{}\n+ Target Hostname:    host.example\n+ Target Port:        443\n+ Start Time:         2026-01-01 10:00:00 (GMT0)",
                chance.below(250)
            );
            for _ in 0..rows {
                let _ = writeln!(
                    out,
                    "+ /: The X-Content-Type-Options header is not set.\n+ /icons/README: Apache default file found."
                );
            }
            "nikto"
        }
        13 => {
            let _ = writeln!(
                out,
                "Starting Nmap 7.94 ( https://nmap.org ) at 2026-01-01 10:00 UTC\nNmap scan report for host.example (203.0.113.{})\nHost is up (0.031s latency).\nNot shown: 997 filtered tcp ports\nPORT    STATE SERVICE\n22/tcp  open  ssh\n443/tcp open  https",
                chance.below(250)
            );
            for _ in 0..rows {
                let _ = writeln!(out, "| vulners: \n|   cpe:/a:openbsd:openssh:8.2: \n|     \t{}\t7.8", cve(chance));
            }
            "nmap"
        }
        14 => {
            let _ = writeln!(
                out,
                "Found {rows} known vulnerabilities in {rows} packages\nName     Version ID             Fix Versions\n-------- ------- -------------- ------------"
            );
            for _ in 0..rows {
                let _ = writeln!(
                    out,
                    "{:<8} {}  PYSEC-2023-{}   {}",
                    chance.of(NAMES),
                    version(chance),
                    1 + chance.below(300),
                    version(chance)
                );
            }
            "pip-audit"
        }
        15 => {
            let _ = writeln!(
                out,
                "    Fetching advisory database from `https://github.com/RustSec/advisory-db.git`\n    Scanning Cargo.lock for vulnerabilities (312 crate dependencies)"
            );
            for _ in 0..rows {
                let _ = writeln!(
                    out,
                    "Crate:     {}\nVersion:   {}\nTitle:     Something can panic\nDate:      2023-01-01\nID:        RUSTSEC-2023-00{}\nURL:       https://rustsec.org/advisories/RUSTSEC-2023-0071\nSolution:  Upgrade to >={}\nDependency tree:\nx 1.0.0\n└── app 0.1.0\n",
                    chance.of(NAMES),
                    version(chance),
                    10 + chance.below(80),
                    version(chance)
                );
            }
            "cargo audit"
        }
        16 => {
            let _ = writeln!(out, "=== Symbol Results ===\n");
            for n in 1..=rows {
                let _ = writeln!(
                    out,
                    "Vulnerability #{n}: GO-2024-{}\n    Memory exhaustion in a parser\n  More info: https://pkg.go.dev/vuln/GO-2024-2611\n  Module: golang.org/x/net\n    Found in: golang.org/x/net@v{}\n    Fixed in: golang.org/x/net@v{}\n",
                    2_000 + chance.below(900),
                    version(chance),
                    version(chance)
                );
            }
            let _ = writeln!(out, "Your code is affected by {rows} vulnerabilities from 1 module.");
            "govulncheck"
        }
        17 => {
            let _ = writeln!(
                out,
                "Scanned /app/go.mod file and found 12 packages\n╭─────────────────────────────────────┬──────┬───────────┬─────────┬─────────┬────────╮\n│ OSV URL                             │ CVSS │ ECOSYSTEM │ PACKAGE │ VERSION │ SOURCE │\n├─────────────────────────────────────┼──────┼───────────┼─────────┼─────────┼────────┤"
            );
            for _ in 0..rows {
                let id = ghsa(chance);
                let _ = writeln!(
                    out,
                    "│ https://osv.dev/{id} │ 7.5  │ npm │ {} │ {} │ package-lock.json │",
                    chance.of(NAMES),
                    version(chance)
                );
            }
            "osv-scanner"
        }
        18 => {
            for _ in 0..rows {
                let _ = writeln!(
                    out,
                    "QID: {}\nCategory: General remote services\nCVE ID: {}\nVendor Reference: -\nBugtraq ID: -\n\nTHREAT:\nThe remote host supports weak ciphers.\n\nIMPACT:\nData may be read.\n\nSOLUTION:\nDisable them.\n",
                    38_000 + chance.below(900),
                    cve(chance)
                );
            }
            "qualys"
        }
        _ => {
            for _ in 0..rows {
                let name = *chance.of(NAMES);
                let _ = writeln!(
                    out,
                    "Dependabot alert #{}\n{name} vulnerable to denial of service\nPackage\tAffected versions\tPatched version\n{name} (npm)\t< {}\t{}\nSeverity\nHigh\nWeaknesses\nCWE-400\nCVE ID\n{}\nGHSA ID\n{}\n",
                    chance.below(400),
                    version(chance),
                    version(chance),
                    cve(chance),
                    ghsa(chance)
                );
            }
            "dependabot"
        }
    };
    (tool, out)
}
