//! Flags that commands on the store share.

use super::output::Failure;
use super::place::Place;
use crate::app::App;

/// A place that may be called.
pub(super) fn place(text: &str) -> Result<String, String> {
    crate::follow::egress::origin(text)
        .ok_or_else(|| format!("`{text}` is no place; write https://HOST or https://HOST:PORT"))
}

/// How it is printed, and on which store.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) place: Place,
}

/// The same, for commands about addresses that the service calls.
#[derive(Debug, clap::Args)]
pub struct Outward {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Let what is called lie in this network, and be called without TLS
    #[arg(long, env = "CANDOR_PRIVATE_TARGETS", hide_env_values = true)]
    private_targets: bool,
    /// Call only these places, each as https://HOST or https://HOST:PORT; without it every public host over https that is set up here
    #[arg(long, env = "CANDOR_EGRESS", value_delimiter = ',', value_name = "URL", value_parser = place, hide_env_values = true)]
    egress: Vec<String>,
    #[command(flatten)]
    place: Place,
}

impl Outward {
    /// Opens the store.
    ///
    /// # Errors
    /// As [`Place::open_with`].
    pub(super) async fn open(&self) -> Result<App, Failure> {
        let mut config = self.place.config()?;
        config.private_targets = self.private_targets;
        config.egress.clone_from(&self.egress);
        self.place.open_with(config).await
    }
}
