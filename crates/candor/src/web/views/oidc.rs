//! Pages about accounts at other services.

use super::parts::{Field, Link, Problem, Shell};
use askama::Template;

/// A page that leads on, or says why it does not.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/onward.html")]
pub struct Onward {
    /// Around the page.
    pub shell: Shell,
    /// The heading.
    pub title: String,
    /// A sentence under it.
    pub lead: String,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// Where it leads.
    pub link: Link,
}

/// `/desk/settings/providers`: which services members may sign in with.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/providers.html")]
pub struct ProvidersPage {
    /// Around the page.
    pub shell: Shell,
    /// Every service.
    pub rows: Vec<ProviderRow>,
    /// What a new one needs.
    pub fields: Vec<Field>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
}

/// A service.
#[derive(Debug, Clone, Default)]
pub struct ProviderRow {
    /// Short name.
    pub name: String,
    /// Name on the button.
    pub title: String,
    /// Its issuer.
    pub issuer: String,
    /// The address that it has to be told: where its answers go.
    pub answer: String,
    /// What a sign-in there counts as.
    pub factors: String,
}

/// An account elsewhere that is linked to the reader.
#[derive(Debug, Clone, Default)]
pub struct LinkedRow {
    /// Name in addresses of the settings' forms.
    pub id: String,
    /// Where it is.
    pub title: String,
    /// Since when.
    pub since: super::TimeView,
    /// Last sign-in with it.
    pub last_used: Option<super::TimeView>,
}
