//! Flags that commands on the store share.

use super::output::Failure;
use super::place::Place;
use crate::app::App;

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
        self.place.open_with(config).await
    }
}
