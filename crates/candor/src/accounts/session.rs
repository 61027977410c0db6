//! Signed-in browsers. The browser holds a random secret; the store holds its keyed hash.

use candor_core::id::MemberId;
use jiff::{SignedDuration, Timestamp};

use super::MemberView;
use super::signin::{SignInError, second_factor};
use crate::app::App;
use crate::error::Error;
use crate::execute::report::hex;
use crate::keys::{self, KeyRing, Purpose, random};
use crate::store::people::{self, SessionRow};
use crate::store::{Batch, Statement};
use crate::throttle::Source;

/// A session ends after this long without a request.
pub const IDLE: SignedDuration = SignedDuration::from_hours(8);
/// A session ends this long after sign-in, whatever happens.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a proof of the second factor counts as fresh.
pub const FRESH: SignedDuration = SignedDuration::from_mins(10);
/// How often at most a session's last use is written down.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Characters of a session's secret: 260 bits.
const SECRET: usize = 52;

/// A session just begun.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The cookie's value; kept nowhere else.
    pub secret: String,
    /// When it ends at the latest.
    pub ends: Timestamp,
}

/// A session found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub member: MemberId,
    /// Token that every form of this session carries.
    pub csrf: String,
    /// When it began.
    pub since: Timestamp,
    /// When the second factor was last proved.
    pub fresh_at: Timestamp,
    hash: Vec<u8>,
    label: String,
}

impl Session {
    /// Whether the second factor was proved within the last ten minutes.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.fresh_at <= now && now.duration_since(self.fresh_at) < FRESH
    }

    /// Name of the session in its owner's list.
    pub fn id(&self) -> String {
        hex(&self.hash)
    }
}

impl Session {
    /// Whether it began in a browser of this kind.
    pub fn is_of(&self, family: &str) -> bool {
        self.label == family
    }

    /// It goes on in a browser of this kind, once the second factor is proved there.
    pub fn moves_to(&mut self, family: String) {
        self.label = family;
    }
}

fn hash(keys: &KeyRing, secret: &str) -> Vec<u8> {
    keys::lookup(keys.root().purpose(Purpose::Session), "session", secret.as_bytes()).to_vec()
}

/// The token a session's forms carry: of its member and its beginning, by a key that the store does not have. It outlives a
/// fresh proof, which gives the session another secret: a form that lay open beside it is still good, and nothing typed is lost.
fn csrf(keys: &KeyRing, member: &str, since: i64) -> String {
    let session = format!("{member}\n{since}");
    hex(&keys::lookup(keys.root().purpose(Purpose::Form), "csrf of a session", session.as_bytes()))
}

fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

fn instant(micros: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(micros).map_err(Error::internal)
}

/// A new session and the statement that keeps it. `since` is the sign-in, `fresh_at` the last proof of the second factor.
pub(super) fn begin(
    keys: &KeyRing,
    member: &MemberId,
    label: &str,
    since: Timestamp,
    now: Timestamp,
) -> (NewSession, Statement) {
    begin_at(keys, member, label, since, now, now)
}

/// A new session whose second factor was proved at another instant, elsewhere.
pub(crate) fn begin_at(
    keys: &KeyRing,
    member: &MemberId,
    label: &str,
    since: Timestamp,
    fresh_at: Timestamp,
    now: Timestamp,
) -> (NewSession, Statement) {
    let secret = random::text(SECRET);
    let ends = (since + LONGEST).min(now + IDLE);
    let row = SessionRow {
        hash: hash(keys, &secret),
        member: member.0.clone(),
        created_at: micros(since),
        seen_at: micros(now),
        fresh_at: micros(fresh_at),
        expires_at: micros(ends),
        label: label.to_owned(),
    };
    (NewSession { secret, ends: since + LONGEST }, people::insert_session(&row))
}

/// The member and session behind a cookie's value; `None` when there is none, it has ended, or its member is disabled.
///
/// # Errors
/// [`Error::Locked`] without keys; as every read.
pub async fn find(app: &App, secret: &str) -> Result<Option<(MemberView, Session)>, Error> {
    if secret.len() != SECRET {
        return Ok(None);
    }
    let keys = app.keys()?;
    let now = app.now();
    let hash = hash(keys, secret);
    let Some(row) = people::get_session(&app.store, &hash, micros(now)).await? else { return Ok(None) };
    let Some(member) = super::member(app, &row.member.as_str().into()).await? else { return Ok(None) };
    // Who is to start anew has no session either: one that began while the account was ended does not count.
    if member.disabled || !member.ready {
        return Ok(None);
    }
    let session = Session {
        csrf: csrf(keys, &row.member, row.created_at),
        member: row.member.into(),
        since: instant(row.created_at)?,
        fresh_at: instant(row.fresh_at)?,
        label: row.label,
        hash,
    };
    if now.duration_since(instant(row.seen_at)?) >= SEEN_EVERY {
        let ends = (session.since + LONGEST).min(now + IDLE);
        let seen = people::session_seen(&session.hash, micros(now), micros(ends));
        // A full disk must not lock the desk: the session then just ends earlier.
        if let Err(why) = app.store.commit(Batch::main(vec![seen])).await {
            tracing::warn!(%why, "a session's last use was not written down");
        }
    }
    Ok(Some((member, session)))
}

/// Proves the second factor anew. The session goes on under a new secret; the old one ends.
///
/// # Errors
/// [`SignInError`], as at sign-in.
pub async fn confirm(app: &App, from: Source, session: &Session, code: &str) -> Result<NewSession, SignInError> {
    let keys = app.keys().map_err(SignInError::Other)?;
    let now = app.now();
    let (new, statements) = renewed(keys, session, now);
    second_factor(app, from, &session.member, code, |batch| batch.extend(statements)).await?;
    Ok(new)
}

/// The session under a new secret, its second factor proved now, and the statements that put it in place of the old one.
pub(super) fn renewed(keys: &KeyRing, session: &Session, now: Timestamp) -> (NewSession, [Statement; 2]) {
    let (new, insert) = begin(keys, &session.member, &session.label, session.since, now);
    (new, [people::end_session(&session.hash), insert])
}

/// The statement that ends the session behind a cookie's value, so that a new sign-in never keeps an old id alive.
pub(crate) fn end_statement(keys: &KeyRing, secret: &str) -> Statement {
    people::end_session(&hash(keys, secret))
}

/// Ends a session: sign-out.
///
/// # Errors
/// As every write.
pub async fn end(app: &App, session: &Session) -> Result<(), Error> {
    Ok(app.store.commit(Batch::main(vec![people::end_session(&session.hash)])).await?)
}

/// Ends the session of this name, if it is this member's.
///
/// # Errors
/// [`Error::NotFound`] when it is not.
pub async fn end_named(app: &App, member: &MemberId, id: &str) -> Result<(), Error> {
    let rows = people::sessions_of(&app.store, member.as_str(), micros(app.now())).await?;
    let row = rows.into_iter().find(|row| hex(&row.hash) == id).ok_or(Error::NotFound)?;
    Ok(app.store.commit(Batch::main(vec![people::end_session(&row.hash)])).await?)
}

/// Ends every other session of the member.
///
/// # Errors
/// As every write.
pub async fn end_others(app: &App, session: &Session) -> Result<(), Error> {
    let statement = people::end_sessions(session.member.as_str(), &session.hash);
    Ok(app.store.commit(Batch::main(vec![statement])).await?)
}

/// A session in its owner's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub id: String,
    /// Which browser, like `Firefox on Linux`.
    pub label: String,
    /// Sign-in.
    pub since: Timestamp,
    /// Last use, to the minute.
    pub seen: Timestamp,
    /// Whether it is the one that asks.
    pub this: bool,
}

/// A member's sessions, the newest first.
///
/// # Errors
/// As every read.
pub async fn list(app: &App, session: &Session) -> Result<Vec<Listed>, Error> {
    let rows = people::sessions_of(&app.store, session.member.as_str(), micros(app.now())).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Listed {
                id: hex(&row.hash),
                this: row.hash == session.hash,
                since: instant(row.created_at)?,
                seen: instant(row.seen_at)?,
                label: row.label,
            })
        })
        .collect()
}

/// Browser and system in two words. Nothing else of the header is kept: it would tell one person from another.
pub fn family(agent: &str) -> String {
    let first =
        |table: &[(&str, &'static str)]| table.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iOS"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ => "Another browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_by_its_family_only() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(family(chrome), "Chrome on Linux");
        assert_eq!(
            family("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0"),
            "Firefox on macOS"
        );
        assert_eq!(family("curl/8.5.0"), "Another browser");
        assert_eq!(family("<script>"), "Another browser");
    }
}
