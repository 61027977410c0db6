//! The service: opens what there is, says where it is reached, serves until it is told to stop.

use crate::accounts;
use crate::anchors;
use crate::api;
use crate::app::App;
use crate::config::{Config, Front, Roles};
use crate::confine::memory;
use crate::demo;
use crate::error::Error;
use crate::execute::handover;
use crate::keys::root::Source;
use crate::keys::{KeyError, KeyRing, RootKey, sheet};
use crate::split::parent::Line;
use crate::split::{self, Part, Rooms, door};
use crate::store::{Database, Store, StoreConfig, settings};

use crate::watch::mail_way;
use crate::web::{self, guard::Visitor};
use crate::{mail, publish, search, worker};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Why the service could not start: one sentence that says what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl Failure {
    fn of(why: impl std::fmt::Display) -> Self {
        Self(why.to_string())
    }
}

/// Serves until the process is told to stop (SIGTERM or SIGINT). `say` takes the lines for whoever started it.
///
/// # Errors
/// [`Failure`] when something it needs cannot be used.
pub async fn run(config: Config, say: impl FnMut(&str)) -> Result<(), Failure> {
    let stop = stop_signal().map_err(Failure::of)?;
    // The port first: another service on the same port is most likely one on the same data.
    let listener = bind(config.listen).await?;
    let app = Box::pin(prepare(config)).await?;
    greet(&app, say).await?;
    serve(app, listener, stop).await
}

/// Opens what there is, and finds out now rather than in the background: a wrong way for letters, a public folder that
/// cannot be written.
async fn prepare(config: Config) -> Result<App, Failure> {
    let app = open(config).await?;
    mail::Post::new(&app.config).map_err(Failure::of)?;
    if app.config.demo {
        demo::fill(&app).await.map_err(Failure::of)?;
    }
    if !app.config.public.exists() {
        publish::build(&app).await.map_err(of_cause)?;
    }
    if app.workers.are_there() {
        say_what_holds(&app).await;
    }
    if let Err(why) = mail_way::note(&app).await {
        tracing::error!(%why, "it could not be put on record by which server letters leave");
    }
    if let Err(why) = app.blobs.check().await {
        tracing::error!(%why, "the bucket of files cannot be used: reports with files are refused until it can; check --blobs, the address, region and access key");
    }
    Ok(app)
}

/// Serves as one part of a service whose parts are processes of their own, until the process that started it is gone or
/// this one is told to stop. `missing` is what the kernel could not take from it.
///
/// # Errors
/// [`Failure`] when something it needs cannot be used.
pub async fn run_part(
    part: Part,
    rooms: Rooms,
    mut config: Config,
    missing: &[&str],
    say: impl FnMut(&str),
) -> Result<(), Failure> {
    let mut line = Line::open().map_err(|why| Failure(format!("this process was not started as a part: {why}")))?;
    let told = stop_signal().map_err(Failure::of)?;
    match part {
        Part::Door => {
            let listener = bind(config.listen).await?;
            say_closed_in(part, missing);
            line.ready().await.map_err(Failure::of)?;
            let doors = door::router(&config.base_url, config.onion.as_deref(), rooms);
            web::server::serve(listener, doors, either(told, line)).await;
            Ok(())
        }
        Part::Front => {
            config.roles = Roles { public: true, desk: false, worker: false };
            config.front = Some(Front { form_key: handover::form_key(&rooms.hand()).await, desk: rooms.hand() });
            (config.lmtp, config.imap, config.reader) = (None, None, None);
            // Files are sealed into the folder; the desk moves them on.
            (config.blob_bucket, config.bucket) = (None, None);
            let app = open(config).await?;
            if handover::must_not_write(&rooms.hand()).await {
                app.store.refuse_writes();
            }
            if app.intake_key().is_none() {
                tracing::error!("the desk's public key is not in the store: no report can be taken in");
            }
            let listener = inside(&rooms.front())?;
            say_closed_in(part, missing);
            line.ready().await.map_err(Failure::of)?;
            serve(app, listener, either(told, line)).await
        }
        Part::Desk => {
            let app = Box::pin(prepare(config)).await?;
            greet(&app, say).await?;
            let (listener, hand) = (inside(&rooms.desk())?, inside(&rooms.hand())?);
            let (halt, halted) = watch::channel(false);
            let hands = tokio::spawn(handover::answer(app.clone(), hand, web::receipt::sealed::seal_view, halted));
            line.ready().await.map_err(Failure::of)?;
            let served = serve(app, listener, either(told, line)).await;
            let _ = halt.send(true);
            hands.await.map_err(Failure::of)?;
            served
        }
    }
}

/// Says what was taken from this part, or what could not be.
fn say_closed_in(part: Part, missing: &[&str]) {
    let part = part.name();
    if missing.is_empty() {
        tracing::info!(part, "closed in: no key, no other files, no programs (seccomp, Landlock)");
    } else {
        tracing::warn!(part, missing = missing.join("; "), "a part of the service is not closed in whole here");
    }
}

/// Whichever comes first.
async fn either(told: impl Future<Output = ()>, line: Line) {
    tokio::select! {
        () = told => {}
        () = line.ended() => {}
    }
}

/// Listens on a socket inside; one of the same name is from a part that is gone.
fn inside(room: &Path) -> Result<UnixListener, Failure> {
    let _ = std::fs::remove_file(room);
    UnixListener::bind(room).map_err(|why| Failure(format!("{} cannot be listened on: {why}", room.display())))
}

/// Runs all parts as processes until this one is told to stop. `command` gives what starts a part.
///
/// # Errors
/// When a part cannot be started for the first time.
pub async fn keep(command: impl Fn(Part) -> tokio::process::Command) -> Result<(), split::keep::Ended> {
    let stop = stop_signal().map_err(|why| split::keep::Ended::NotStarted(Part::Door, why))?;
    split::keep::run(command, stop).await
}

/// Says whether keys stay in memory, and whether foreign bytes are taken apart behind closed doors on this machine.
async fn say_what_holds(app: &App) {
    match memory::keep_from_swap() {
        memory::Kept::Locked => tracing::info!("memory is locked: it is never swapped"),
        other => other.warning().into_iter().for_each(|warning| tracing::warn!("{warning}")),
    }
    match app.workers.prove().await {
        Ok(open) if open.is_empty() => {
            tracing::info!("mail is read in processes without keys, files and network (seccomp, Landlock)");
        }
        Ok(open) => tracing::warn!(missing = open.join("; "), "processes that read mail are not closed in whole here"),
        Err(why) => tracing::error!(%why, "mail cannot be read apart from this process"),
    }
}

/// Where the root key comes from.
#[must_use]
pub fn key_source(config: &Config) -> Source {
    match &config.key_command {
        Some(command) => Source::Command(command.clone()),
        None => Source::File(config.key_file.clone()),
    }
}

/// Opens store and keys and puts the parts together. Without its root key a store with data starts locked.
///
/// # Errors
/// [`Failure`] when the store cannot be used, or a new one cannot be made.
pub async fn open(config: Config) -> Result<App, Failure> {
    let database = match &config.database {
        Some(url) => Database::Postgres(url.clone()),
        None => Database::Sqlite(config.data.clone()),
    };
    let store = Store::open(&StoreConfig { database, ring: config.ring.clone() }).await.map_err(Failure::of)?;
    if config.front.is_some() {
        // It could not open it, and is not to try.
        let app = App::new(store, None, config).await.map_err(of_cause)?;
        return Ok(app);
    }
    let keys = match RootKey::open(&key_source(&config), &store).await {
        Ok(root) => Some(KeyRing::new(store.clone(), root)),
        Err(KeyError::Store(why)) => return Err(Failure::of(why)),
        Err(why) => {
            if settings::is_empty(&store).await.map_err(Failure::of)? {
                return Err(Failure::of(why));
            }
            if config.roles.desk || config.roles.worker {
                tracing::error!(%why, "the desk starts locked");
            } else {
                tracing::info!("there is no root key here: reports are sealed, and filed by the desk");
            }
            None
        }
    };
    let fault = anchors::places::at_start(&store, &config.anchors).await.map_err(of_cause)?;
    if let Some(fault) = fault {
        tracing::error!(%fault, "nothing is written until this is decided");
        // The policies are read and pages are shown; every write fails.
        let app = App::new(store, keys, config).await.map_err(of_cause)?;
        app.store.refuse_writes();
        return Ok(app);
    }
    let app = App::new(store, keys, config).await.map_err(of_cause)?;
    if app.keys().is_ok()
        && let Err(why) = crate::execute::rebuild::fill_grants(&app).await
    {
        // The others are open as they should be; those left over open to nobody until the next start.
        tracing::error!(%why, "it could not be worked out to whom older cases are open");
    }
    Ok(app)
}

/// Whoever starts the service may read the cause.
fn of_cause(why: Error) -> Failure {
    match why {
        Error::Internal(cause) => Failure::of(cause),
        other => Failure::of(other),
    }
}

/// Every door this process has, ready to serve.
pub fn router(app: &App) -> Router {
    let api = api::routes_for(app.config.roles).layer(from_fn_with_state(app.clone(), told_from_where));
    let docs = web::api_docs::routes(api::document());
    let mut doors = web::router(app).merge(docs).nest("/api/v1", api);
    if app.config.roles.public {
        doors = doors.merge(api::osv::routes());
    }
    web::finish(app, doors)
}

/// Tells the API where a request comes from, as the pages count it: one limit for both doors.
async fn told_from_where(visitor: Visitor, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(visitor.0);
    next.run(request).await
}

/// Serves on `listener` until `stop`; then requests get ten seconds to finish, and the worker ends its round.
///
/// # Errors
/// [`Failure`] when a part cannot start.
pub async fn serve(
    app: App,
    listener: impl web::server::Listener,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let (halt, halted) = watch::channel(false);
    let follows = (!app.config.roles.worker).then(|| tokio::spawn(follow_policies(app.clone())));
    let takes_mail = match &app.config.lmtp {
        Some(address) => {
            let address = address.parse().map_err(Failure)?;
            let door = mail::lmtp::Door::open(&address).await.map_err(|why| {
                Failure(format!("mail cannot be taken in at {}: {why}", app.config.lmtp.as_deref().unwrap_or_default()))
            })?;
            Some(tokio::spawn(mail::lmtp::serve(app.clone(), door, halted.clone())))
        }
        None => None,
    };
    let looks = match &app.config.imap {
        Some(url) => {
            let mailbox = mail::imap::Mailbox::parse(url, app.config.imap_password.as_deref()).map_err(Failure)?;
            Some(tokio::spawn(mail::imap::run(app.clone(), mailbox, halted.clone())))
        }
        None => None,
    };
    let searches = app.config.roles.desk.then(|| tokio::spawn(search::keep(app.clone(), halted.clone())));
    let works = app.config.roles.worker.then(|| tokio::spawn(worker::run(app.clone(), halted)));
    web::server::serve(listener, router(&app), stop).await;
    let _ = halt.send(true);
    if let Some(follows) = follows {
        // It only reads.
        follows.abort();
    }
    if let Some(searches) = searches {
        // What it was reading is in memory only.
        searches.abort();
    }
    if let Some(looks) = looks {
        // A mail that is being taken in is finished or comes again; the mailbox need not be waited for.
        looks.abort();
    }
    if let Some(takes_mail) = takes_mail {
        takes_mail.await.map_err(Failure::of)?;
    }
    if let Some(works) = works {
        works.await.map_err(Failure::of)?.map_err(Failure::of)?;
    }
    tracing::info!("stopped");
    Ok(())
}

/// How often a process without worker asks for policies that another took into service.
const POLICIES_EVERY: Duration = Duration::from_secs(2);

/// Takes policies into service here that another process took into service.
async fn follow_policies(app: App) {
    loop {
        tokio::time::sleep(POLICIES_EVERY).await;
        if let Err(why) = app.reload_newer_programs().await {
            tracing::error!(%why, "policies could not be read again");
        }
    }
}

/// Listens, or says who is in the way.
///
/// # Errors
/// [`Failure`] with what to do about it.
pub async fn bind(listen: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(listen).await.map_err(|why| match why.kind() {
        io::ErrorKind::AddrInUse => {
            Failure(format!("{listen} is in use by another program; stop it, or choose another with --listen"))
        }
        io::ErrorKind::PermissionDenied => Failure(format!(
            "listening on {listen} is not allowed to this user; choose a port above 1023 with --listen"
        )),
        io::ErrorKind::AddrNotAvailable => {
            Failure(format!("{} is no address of this machine; choose another with --listen", listen.ip()))
        }
        _ => Failure(format!("listening on {listen} failed: {why}")),
    })
}

/// Says where the service is reached and, while there is no member, how the first one joins.
async fn greet(app: &App, mut say: impl FnMut(&str)) -> Result<(), Failure> {
    let base = &app.config.base_url;
    say(&format!("Candor serves {base} (listening on {})", app.config.listen));
    if app.keys().is_err() {
        if app.only_seals() && !app.config.roles.desk {
            say("This process has no root key: reports are sealed to the desk's public key, and the desk files them.");
            return Ok(());
        }
        say(if app.only_seals() {
            "The desk is locked: its root key is missing or wrong. Reports are taken in sealed, and filed when it is back."
        } else {
            "The desk is locked: its root key is missing or wrong. Public pages are shown; no report is taken in."
        });
        say(&format!("Put the right file back at {} and start again.", app.config.key_file.display()));
        return Ok(());
    }
    let keys = app.keys().map_err(of_cause)?;
    if !app.config.demo && app.config.roles.desk {
        let drilled = sheet::drilled(&app.store, &keys.root().id()).await.map_err(Failure::of)?;
        let due = drilled
            .and_then(|at| Timestamp::from_microsecond(at).ok())
            .map(|at| at.duration_until(app.now()) >= SignedDuration::from_hours(24 * sheet::DRILL_DAYS));
        match due {
            None => say(
                "Before you go live: `candor keys sheet` prints the root key for a safe place, `candor keys drill` asks it back.",
            ),
            Some(true) => say("The recovery sheet was last asked back long ago: run `candor keys drill`."),
            Some(false) => {}
        }
    }
    if app.programs().is_empty() {
        say("No policy is in service yet: add one with `candor program add FILE`.");
    }
    for (member, code) in accounts::demo::people(app).await.map_err(Failure::of)? {
        let roles = member.roles_in_words();
        say(&format!("Sign in at {base}/desk as {} ({}, {roles}), code now {code}", member.email, member.name));
    }
    if app.config.demo {
        say(&format!("The password of everybody is: {}", accounts::demo::PASSWORD));
        say("The sign-in page shows all of this, too. Everything is made up, and is gone when you stop it.");
    }
    if app.config.roles.desk {
        match accounts::setup_link(app).await {
            Ok(Some(link)) => say(&format!("Set up the first member (once, within 24 hours): {link}")),
            // A store that is older than its anchor writes nothing; why, was said before. Its pages are shown all the same.
            Ok(None) | Err(Error::Behind) => {}
            Err(other) => return Err(Failure::of(other)),
        }
    }
    Ok(())
}

/// Resolves when the process is told to stop.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: running requests get to finish");
    })
}
