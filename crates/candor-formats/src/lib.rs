//! The standards of vulnerability disclosure as a library: it reads, checks, scores and prints, and knows no case.
//! Nothing here reads a clock, a disk or a socket; those facts arrive as arguments.
//!
//! Every printer takes the same [`advisory::Record`]; a record without problems prints to valid documents.

pub mod advisory; // the noun: one public advisory, in no format's words

pub mod cvss; // how severe it is: vectors, scores, ratings, and the choices of a calculator form

pub mod cwe; // what sort of weakness it is: the CWE list

pub mod purl; // which package it is in: one name across ecosystems

pub mod version; // which versions: order per ecosystem, affected ranges

pub mod vers; // ranges of versions in one notation

pub mod identifiers; // what others call it, and what a text names: packages, commits, places in code

pub mod scanners; // what tools put out: files and pasted text, recognised and read

pub mod sbom; // which packages a product is made of

pub mod hygiene; // what a commit message would give away

pub mod csaf; // then the formats: prints and checks CSAF 2.0 advisories

pub mod osv; // prints OSV records

pub mod cve; // prints and checks CVE records

pub mod openvex; // prints and checks OpenVEX

pub mod cyclonedx; // prints and checks CycloneDX VEX

pub mod ghsa; // prints and reads the JSON of GitHub

pub mod security_txt; // prints and checks security.txt

pub mod ssvc; // which decision points exist, and what two tables decide by them

pub mod exploited; // how likely and whether it is exploited: EPSS and KEV files

pub mod licence; // under which licence a text stands

pub mod zip; // archives for whoever takes everything at once

mod shape; // JSON schemas as tables

mod finding; // what a checker has to say

pub use finding::Finding;

pub mod uri; // and below them the one rule of what counts as a URI
