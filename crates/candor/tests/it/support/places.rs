//! A store to tell a story on: a fresh one per test, on either database.
#![allow(clippy::print_stderr)] // the story on hand is said aloud

use std::path::PathBuf;
use std::sync::Arc;

use candor::keys::{KeyRing, RootKey};
use candor::store::blobs::Blobs;
use candor::store::{Database, Store, StoreConfig};
use tempfile::TempDir;

use super::postgres::Server;

/// A fresh store with its keys and files, in folders that go away with it.
pub struct Place {
    pub store: Store,
    pub config: StoreConfig,
    pub root: RootKey,
    pub ring: KeyRing,
    pub blobs: Blobs,
    pub folder: TempDir,
    pub server: Option<Arc<Server>>,
}

impl Place {
    /// A fresh store on SQLite.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = Database::Sqlite(folder.path().join("data"));
        Self::open(StoreConfig { database, ring: None }, folder, None).await
    }

    /// A fresh store on a PostgreSQL server of its own; none when it is not installed.
    pub async fn postgres() -> Option<Self> {
        Some(Self::on(Server::start()?, "candor").await)
    }

    /// A fresh store in a new database of `server`.
    pub async fn on(server: Arc<Server>, name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = Database::Postgres(server.database(name).await);
        Self::open(StoreConfig { database, ring: None }, folder, Some(server)).await
    }

    async fn open(config: StoreConfig, folder: TempDir, server: Option<Arc<Server>>) -> Self {
        let store = Store::open(&config).await.expect("the store opens");
        let root =
            RootKey::open_or_create(&folder.path().join("root.key"), &store).await.expect("the root key is made");
        let ring = KeyRing::new(store.clone(), root.clone());
        let blobs = Blobs::open(folder.path().join("blobs")).expect("the files' folder opens");
        Self { store, config, root, ring, blobs, folder, server }
    }

    /// An application over this store, with these policies in service.
    pub async fn app(&self, policies: &[&str]) -> candor::app::App {
        self.app_with(policies, |_| {}).await
    }

    /// The same, with a change to what the operator chose.
    pub async fn app_with(
        &self,
        policies: &[&str],
        change: impl FnOnce(&mut candor::config::Config),
    ) -> candor::app::App {
        let mut config = candor::config::Config::in_folder(self.data());
        config.blobs = self.folder.path().join("blobs");
        config.public = self.folder.path().join("public");
        config.mail = candor::config::MailOut::Dir(self.folder.path().join("mail"));
        config.base_url = "https://candor.example".into();
        change(&mut config);
        let app =
            candor::app::App::new(self.store.clone(), Some(self.ring.clone()), config).await.expect("the app starts");
        for policy in policies {
            app.add_program(&everybody(policy)).await.expect("the policy is taken into service");
        }
        app
    }

    /// Another process over the same store, as after a restart or on another machine.
    pub async fn another_process(&self) -> candor::app::App {
        let store = Store::open(&self.config).await.expect("the store opens twice");
        let mut config = candor::config::Config::in_folder(self.data());
        config.blobs = self.folder.path().join("blobs");
        config.public = self.folder.path().join("public");
        config.mail = candor::config::MailOut::Dir(self.folder.path().join("mail"));
        config.base_url = "https://candor.example".into();
        let keys = KeyRing::new(store.clone(), self.root.clone());
        candor::app::App::new(store, Some(keys), config).await.expect("the app starts")
    }

    /// Folder of the SQLite files.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

/// A policy whose whole team is on every case, for stories that are not about who may read what. A policy that says itself
/// who is on its cases stays as it is.
pub fn everybody(policy: &str) -> String {
    if policy.contains("[access]") || policy.contains("[[access.owners]]") {
        return policy.to_owned();
    }
    let roles = "[\"coordinator\", \"member\", \"analyst\", \"developer\", \"approver\", \"observer\"]";
    format!("{policy}\n[[access.owners]]\nproducts = [\"*\"]\nroles = {roles}\n")
}

/// Tells stories on both databases: a test `on_sqlite` for each, in a module of the story's name, and
/// one test `on_postgres` for all, which share a server and have a database each.
macro_rules! on_both {
    ($(async fn $story:ident($place:ident: Place) $body:block)*) => {
        $(
            mod $story {
                use super::*;

                pub(super) async fn story($place: $crate::support::places::Place) $body

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn on_sqlite() {
                    story($crate::support::places::Place::sqlite().await).await;
                }
            }
        )*

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn on_postgres() {
            let Some(server) = $crate::support::postgres::Server::start() else { return };
            let mut stories = 0;
            $(
                stories += 1;
                eprintln!("on PostgreSQL: {}", stringify!($story));
                let place = $crate::support::places::Place::on(server.clone(), &format!("story_{stories}")).await;
                Box::pin($story::story(place)).await;
            )*
        }
    };
}
pub(crate) use on_both;
