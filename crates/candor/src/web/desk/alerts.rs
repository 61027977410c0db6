//! What stands above the queue: what Candor found wrong with itself, and what a person has to do about it.

use crate::app::App;
use crate::error::Error;
use crate::follow::cve_requests;
use crate::openpgp::words::grouped;
use crate::program_keys::{self, recipients};
use crate::store::advisories;
use crate::watch::probes::{self, State};
use crate::watch::{held, mail_way};
use crate::web::session::Member;
use crate::web::views::Link;
use candor_core::access::Actor;
use candor_core::id::ProgramSlug;

/// Alerts about the programs that the member sees.
///
/// # Errors
/// When the store cannot be read.
pub async fn alerts(app: &App, member: &Member) -> Result<Vec<Link>, Error> {
    let mut alerts = Vec::new();
    for held in held::held(app).await? {
        let Some(row) = advisories::get(&app.store, &held.id).await? else { continue };
        if member.actor.role(&ProgramSlug(row.program)).is_none() {
            continue;
        }
        let finding = held.findings.first().map(String::as_str).unwrap_or_default();
        alerts.push(Link::new(
            format!("{} is published, but held back from the public pages: {finding}", held.id),
            format!("/desk/cases/{}/advisory", row.stream),
        ));
    }
    for (case, since) in cve_requests::late(app, &member.actor).await? {
        alerts.push(Link::new(
            format!("{case}: no answer to the request for a CVE number since {}", since.strftime("%F")),
            format!("/desk/cases/{case}/cve"),
        ));
    }
    for probe in probes::all(app).await? {
        let slug = ProgramSlug(probe.program.clone());
        if probe.finding.state == State::Failed && member.actor.role(&slug).is_some() {
            let program = app.policy(&slug).map_or(probe.program, |policy| policy.program.name.clone());
            alerts.push(Link::new(
                format!("{program}, {}: {}", probe.finding.channel, probe.finding.detail),
                "/desk/channels",
            ));
        }
    }
    alerts.extend(about_keys(app, &member.actor).await?);
    if member.manages().is_ok()
        && let Some(way) = mail_way::changed(app).await?
    {
        let (fingerprint, before) = (way.fingerprint, way.before.unwrap_or_default());
        alerts.push(Link::new(
            format!(
                "Letters leave by another mail server since {} ({fingerprint}, before {before}); if you know of no reason, ask who runs this machine",
                way.since.strftime("%F")
            ),
            "/desk/channels",
        ));
    }
    Ok(alerts)
}

/// Keys of programs that are about to be replaced, for whoever has a role there: the time to stop it.
///
/// # Errors
/// When the store cannot be read.
pub async fn about_keys(app: &App, actor: &Actor) -> Result<Vec<Link>, Error> {
    let mut alerts = Vec::new();
    for policy in app.programs() {
        let slug = &policy.program.slug;
        if actor.role(slug).is_none() {
            continue;
        }
        if let Some(key) = program_keys::waiting(app, slug).await? {
            alerts.push(Link::new(
                format!(
                    "{}: the program's OpenPGP key will be another from {} UTC: {}. If none of you did this, have whoever \
                     manages the desk take it back",
                    policy.program.name,
                    key.since.strftime("%F %H:%M"),
                    grouped(&key.fingerprint)
                ),
                "/desk/settings/openpgp",
            ));
        }
        let Some(change) = recipients::waiting(app, slug).await? else { continue };
        let keys: Vec<String> = change.fingerprints.iter().map(|one| grouped(one)).collect();
        alerts.push(Link::new(
            format!(
                "{}: reports will be sealed to other certificates from {} UTC: {}. If none of you did this, have \
                 `candor keys openpgp recipients` run with the old ones",
                policy.program.name,
                change.from.strftime("%F %H:%M"),
                keys.join(", ")
            ),
            format!("/{slug}/report/sealed"),
        ));
    }
    Ok(alerts)
}
