//! Who asked to hear of advisories by mail. An address is kept only sealed, gets one letter to confirm, and nothing more
//! before somebody who reads it has said yes.

use candor_core::policy::Policy;
use candor_formats::advisory::Record;
use candor_formats::cvss::Severity;

use crate::app::App;
use crate::error::Error;
use crate::keys::{Context, Purpose, lookup, open, random, seal};
use crate::store::subscriptions::{self as rows, SubscriptionRow};
use crate::store::{Batch, steps};

/// The kind of the step that asks an address whether it wants this.
pub const CONFIRM: &str = "confirm";

/// What somebody wants to hear of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Only this product, as part of an address; empty for every one.
    pub product: String,
    /// Only this branch, such as `2.x`; empty for every one.
    pub branch: String,
    /// This severity and above; nothing for every one.
    pub severity: Option<Severity>,
}

impl Wish {
    /// The wish of a row.
    pub fn of(row: &SubscriptionRow) -> Self {
        Self { product: row.product.clone(), branch: row.branch.clone(), severity: severity(&row.severity) }
    }

    /// Whether an advisory is what was wished for.
    pub fn takes(&self, record: &Record) -> bool {
        let product =
            self.product.is_empty() || record.products.iter().any(|product| part(&product.name) == self.product);
        let enough = self.severity.is_none_or(|least| record.severity().is_none_or(|severity| severity >= least));
        product && enough && (self.branch.is_empty() || touches(record, &self.branch))
    }
}

/// Whether a range of the record begins or ends in a branch: `2.1` or `v2.1.x` for `2.1.4`. Ranges without an end touch
/// every branch.
fn touches(record: &Record, branch: &str) -> bool {
    let branch = branch.trim_start_matches('v').trim_end_matches(".x").trim_end_matches(".*");
    let within = |version: &str| {
        let version = version.trim_start_matches('v');
        version == branch || version.strip_prefix(branch).is_some_and(|rest| rest.starts_with(['.', '-', '+']))
    };
    record.products.iter().any(|product| {
        let all = product.ranges.is_empty() && product.versions.is_empty();
        all || product.versions.iter().any(|version| within(version))
            || product.ranges.iter().any(|range| {
                let ends = [&range.introduced, &range.fixed, &range.last_affected];
                let open = range.lower().is_none() || (range.fixed.is_none() && range.last_affected.is_none());
                open || ends.into_iter().flatten().any(|version| within(version))
            })
    })
}

/// A name as the part of an address by which a product is known.
pub fn part(name: &str) -> String {
    let mut part = String::new();
    for letter in name.chars().filter(char::is_ascii) {
        if letter.is_ascii_alphanumeric() {
            part.push(letter.to_ascii_lowercase());
        } else if !part.ends_with('-') && !part.is_empty() {
            part.push('-');
        }
        if part.len() == 64 {
            break;
        }
    }
    part.trim_end_matches('-').to_owned()
}

/// The severity of this word.
pub fn severity(word: &str) -> Option<Severity> {
    [Severity::Low, Severity::Medium, Severity::High, Severity::Critical]
        .into_iter()
        .find(|severity| severity.label().eq_ignore_ascii_case(word))
}

/// Looks like one address; whether it can be written to is found out by writing.
pub fn is_address(text: &str) -> bool {
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control() || ",;<>\"".contains(c));
    let parts = text.rsplit_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    plain && parts && text.len() <= 254
}

/// Takes a wish. The address gets one letter with a link; until it is followed nothing else is sent. The same wish again
/// sends nothing, and whoever asks cannot tell.
///
/// # Errors
/// When the keys or the store fail.
pub async fn ask(app: &App, policy: &Policy, address: &str, wish: &Wish) -> Result<(), Error> {
    let root = app.keys()?.root().clone();
    let now = app.now().as_microsecond();
    let id = random::id();
    let program = policy.program.slug.as_str();
    let severity = wish.severity.map(|severity| severity.label().to_lowercase()).unwrap_or_default();
    let same = format!("{program}\n{}\n{}\n{}\n{severity}", address.to_lowercase(), wish.product, wish.branch);
    let same = lookup::lookup(root.purpose(Purpose::Lookup), "subscription", same.as_bytes());
    if rows::same(&app.store, &same).await?.is_some() {
        return Ok(());
    }
    let row = SubscriptionRow {
        address: seal(root.purpose(Purpose::Connector), &place(&id), address.as_bytes())?,
        id,
        program: program.to_owned(),
        state: "asked".to_owned(),
        product: wish.product.clone(),
        branch: wish.branch.clone(),
        severity,
        created_at: now,
        confirmed_at: None,
    };
    let ask = steps::insert_statement(&row.id, "", 0, CONFIRM, &row.id, now);
    app.store.commit(Batch::main(vec![rows::insert_statement(&row, &same), ask])).await?;
    app.nudge_worker();
    Ok(())
}

fn place(id: &str) -> Context<'_> {
    Context { kind: "subscription", stream: id, row: 0, field: "address" }
}

/// The address of a subscription.
///
/// # Errors
/// When it does not open.
pub fn address(app: &App, row: &SubscriptionRow) -> Result<String, Error> {
    let plain = open(app.keys()?.root().purpose(Purpose::Connector), &place(&row.id), &row.address)?;
    String::from_utf8(plain.to_vec()).map_err(Error::internal)
}

/// What stands in the links of a subscription's letters: nobody else can make it.
///
/// # Errors
/// When the root key is missing.
pub fn secret(app: &App, id: &str) -> Result<String, Error> {
    let tag = lookup::lookup(app.keys()?.root().purpose(Purpose::Form), "subscription link", id.as_bytes());
    Ok(format!("{id}.{}", crate::execute::report::hex(&tag)))
}

/// The subscription that a secret belongs to.
///
/// # Errors
/// [`Error::NotFound`] where there is none, whether or not there was one.
pub async fn find(app: &App, given: &str) -> Result<SubscriptionRow, Error> {
    let (id, _) = given.split_once('.').ok_or(Error::NotFound)?;
    if id.len() > 64 || !lookup::equal(secret(app, id)?.as_bytes(), given.as_bytes()) {
        return Err(Error::NotFound);
    }
    rows::get(&app.store, id).await?.ok_or(Error::NotFound)
}

/// The address says yes.
///
/// # Errors
/// As [`find`].
pub async fn confirm(app: &App, secret: &str) -> Result<SubscriptionRow, Error> {
    let row = find(app, secret).await?;
    app.store.commit(Batch::main(vec![rows::confirm_statement(&row.id, app.now().as_microsecond())])).await?;
    Ok(row)
}

/// The address leaves; nothing of it stays. Leaving twice is fine.
///
/// # Errors
/// [`Error::NotFound`] for a secret that is none of ours.
pub async fn leave(app: &App, given: &str) -> Result<(), Error> {
    let row = match find(app, given).await {
        Ok(row) => row,
        Err(Error::NotFound) if is_ours(app, given)? => return Ok(()),
        Err(why) => return Err(why),
    };
    Ok(app.store.commit(Batch::main(vec![rows::delete_statement(&row.id)])).await?)
}

fn is_ours(app: &App, given: &str) -> Result<bool, Error> {
    let Some((id, _)) = given.split_once('.') else { return Ok(false) };
    Ok(id.len() <= 64 && lookup::equal(secret(app, id)?.as_bytes(), given.as_bytes()))
}
