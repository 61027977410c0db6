//! Vulnerabilities of dependencies that do not make a product vulnerable, where the team made that public: a page, and an
//! OpenVEX document.

use askama::Template;
use candor_core::policy::Policy;
use candor_formats::identifiers;
use candor_formats::openvex::{self, NotAffected};
use jiff::Timestamp;
use serde_json::Value;

use super::pages::{shell, zone};
use super::tree::Input;
use crate::execute::public::because;
use crate::store::public_decisions::PublicDecision;
use crate::web::views::record::{DependenciesPage, DependencyRow};
use crate::web::views::{Link, TimeView};

/// Those of a program.
fn of_program<'a>(input: &'a Input, policy: &Policy) -> Vec<&'a PublicDecision> {
    input.decisions.iter().filter(|known| known.program == policy.program.slug.as_str()).collect()
}

/// Whether there is a page of them.
pub fn is_there(input: &Input, policy: &Policy) -> bool {
    !of_program(input, policy).is_empty()
}

/// The page and the document; `None` where nothing is public.
///
/// # Errors
/// When the page cannot be made.
pub fn of(input: &Input, policy: &Policy) -> askama::Result<Option<(String, Value)>> {
    let known = of_program(input, policy);
    if known.is_empty() {
        return Ok(None);
    }
    let slug = &policy.program.slug;
    let at = |one: &PublicDecision| Timestamp::from_microsecond(one.at).unwrap_or(input.now);
    let rows = known.iter().map(|one| DependencyRow {
        vulnerability: Link::new(
            &one.vulnerability,
            identifiers::recognise(&one.vulnerability).map(|id| id.url).unwrap_or_default(),
        ),
        package: one.package.clone(),
        because: because(one).to_owned(),
        at: TimeView::fixed(at(one), &zone(policy)),
    });
    let page = DependenciesPage {
        shell: shell(input, Some(policy), "policy"),
        rows: rows.collect(),
        vex: Link::new("The same as OpenVEX (JSON)", format!("/{slug}/dependencies.openvex.json")),
    };
    let statements: Vec<NotAffected<'_>> = known
        .iter()
        .map(|one| NotAffected {
            vulnerability: &one.vulnerability,
            package: &one.package,
            justification: &one.justification,
            at: at(one),
        })
        .collect();
    let place = format!("{}/{slug}", input.base_url);
    let vex = openvex::not_affected(&place, &policy.program.name, &statements, input.engine_version);
    Ok(Some((page.render()?, vex)))
}
