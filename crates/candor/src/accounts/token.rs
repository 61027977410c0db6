//! Keys for the API: made for one member, with scopes and an end, shown once.

use candor_core::access::Actor;
use candor_core::command::Command;
use candor_core::id::MemberId;
use jiff::{SignedDuration, Timestamp};

use super::{AccountError, Objection};
use crate::app::App;
use crate::error::Error;
use crate::keys::{self, KeyRing, Purpose, random};
use crate::store::Batch;
use crate::store::people::{self, TokenRow};

/// How a token begins, so that a person and a secret scanner know it.
const PREFIX: &str = "candor_";
/// In the list of scopes, stands before a program.
const IN: &str = "in:";
/// Longest life of a token, in days.
pub const LONGEST_DAYS: i64 = 366;
/// How often at most a token's last use is written down, in microseconds.
const USED_EVERY: i64 = 60 * 1_000_000;

/// What reaches further than one case of the team, and so is not in [`Scopes::write`]: a person proves their second factor for
/// the like, and a program has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    /// Approve and publish; whatever makes something public.
    Publish,
    /// Act on many cases at once.
    Bulk,
    /// Decide who else is on a case.
    Members,
    /// Change the keys that mail of the member is signed with.
    Keys,
}

impl Beyond {
    /// How far a command of `by` reaches; `None` for what a token may do that writes, and a member without a fresh factor.
    #[must_use]
    pub fn of(command: &Command, by: &Actor) -> Option<Self> {
        match command {
            Command::ApproveAdvisory { .. }
            | Command::Publish { .. }
            | Command::BreakEmbargo { .. }
            | Command::GoPublic { .. }
            | Command::OverrideGate { .. }
            | Command::PublishSummary { .. }
            | Command::AssessDependency { public_as: Some(_), .. }
            | Command::OpenIssue { .. } => Some(Self::Publish),
            Command::AnswerAll { .. } | Command::Merge { .. } => Some(Self::Bulk),
            // To put oneself on a case, or to leave it, is one's own affair.
            Command::PutOn { member, .. } | Command::TakeOff { member, .. } => {
                let own = matches!(by, Actor::Member { id, .. } if id == member);
                (!own).then_some(Self::Members)
            }
            Command::InviteParty { .. }
            | Command::GiveAdvisory { .. }
            | Command::ShareFile { .. }
            | Command::EndParty { .. }
            | Command::BreakGlass { .. } => Some(Self::Members),
            _ => None,
        }
    }

    /// All of them.
    pub const ALL: [Self; 4] = [Self::Publish, Self::Bulk, Self::Members, Self::Keys];

    /// The name of the scope.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Bulk => "bulk",
            Self::Members => "members",
            Self::Keys => "keys",
        }
    }

    /// What it lets a program do, in words for the page where a token is made.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Publish => "May approve and publish",
            Self::Bulk => "May act on many cases at once",
            Self::Members => "May put others on cases and take them off",
            Self::Keys => "May change your signing key",
        }
    }
}

/// What a token may do; never more than its member.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes {
    /// Read cases.
    pub read: bool,
    /// Act on cases, as far as nothing of [`Beyond`] is asked for.
    pub write: bool,
    /// What it may do beyond that.
    pub beyond: Vec<Beyond>,
    /// Manage the desk, if the member does.
    pub admin: bool,
    /// Only in these programs; empty for every program of the member.
    pub programs: Vec<String>,
}

impl Scopes {
    /// Reads names separated by spaces or commas.
    ///
    /// # Errors
    /// The name that is no scope.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut scopes = Self::default();
        for name in text.split([' ', ',']).filter(|name| !name.is_empty()) {
            match name {
                "read" => scopes.read = true,
                "write" => scopes.write = true,
                "admin" => scopes.admin = true,
                other => match other.strip_prefix(IN).filter(|program| !program.is_empty()) {
                    Some(program) => scopes.programs.push(program.to_owned()),
                    None => match Beyond::ALL.into_iter().find(|beyond| beyond.name() == other) {
                        Some(beyond) if scopes.may(beyond) => {}
                        Some(beyond) => scopes.beyond.push(beyond),
                        None => {
                            return Err(format!(
                                "`{other}` is no scope; choose from read, write, publish, bulk, members, keys, admin, in:PROGRAM"
                            ));
                        }
                    },
                },
            }
        }
        // In one order, so that the same scopes are equal however they were written.
        scopes.beyond = Beyond::ALL.into_iter().filter(|beyond| scopes.may(*beyond)).collect();
        Ok(scopes)
    }

    /// Whether it may do this as well.
    #[must_use]
    pub fn may(&self, beyond: Beyond) -> bool {
        self.beyond.contains(&beyond)
    }

    fn acts(&self) -> Vec<&'static str> {
        let mut all: Vec<&'static str> = Vec::new();
        all.extend(self.read.then_some("read"));
        all.extend(self.write.then_some("write"));
        all.extend(Beyond::ALL.into_iter().filter(|beyond| self.may(*beyond)).map(Beyond::name));
        all.extend(self.admin.then_some("admin"));
        all
    }

    /// The names, separated by spaces.
    pub fn names(&self) -> String {
        let programs = self.programs.iter().map(|program| format!("{IN}{program}"));
        self.acts().into_iter().map(str::to_owned).chain(programs).collect::<Vec<_>>().join(" ")
    }

    /// The same in words, like `read, write in minio`.
    pub fn words(&self) -> String {
        let acts = self.acts().join(", ");
        if self.programs.is_empty() { acts } else { format!("{acts} in {}", self.programs.join(", ")) }
    }

    /// The actor with no more than these programs.
    fn narrow(&self, actor: Actor) -> Actor {
        match actor {
            Actor::Member { id, mut roles } if !self.programs.is_empty() => {
                roles.retain(|(program, _)| self.programs.iter().any(|known| known == program.as_str()));
                Actor::Member { id, roles }
            }
            other => other,
        }
    }
}

/// A token just made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its name in lists.
    pub id: String,
    /// The token itself; kept nowhere else.
    pub secret: String,
    /// When it ends.
    pub ends: Timestamp,
}

/// A token in its owner's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub id: String,
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub scopes: Scopes,
    /// Since when.
    pub since: Timestamp,
    /// When it ends.
    pub ends: Option<Timestamp>,
    /// Last use, to the minute.
    pub used: Option<Timestamp>,
    /// Whether it works now.
    pub works: bool,
}

fn hash(keys: &KeyRing, token: &str) -> Vec<u8> {
    keys::lookup(keys.root().purpose(Purpose::Token), "token", token.as_bytes()).to_vec()
}

/// Makes a token that works for so many days.
///
/// # Errors
/// [`AccountError::Objections`] for an empty label, no scope, or too many days.
pub async fn make(
    app: &App,
    member: &MemberId,
    label: &str,
    scopes: Scopes,
    days: i64,
) -> Result<NewToken, AccountError> {
    let keys = app.keys()?;
    let mut objections = Vec::new();
    let length = label.trim().chars().count();
    if length == 0 || length > 100 || label.chars().any(char::is_control) {
        objections.push(Objection::new("label", "Say in at most 100 characters what the token is for"));
    }
    if !(scopes.read || scopes.write || scopes.admin) {
        objections.push(Objection::new("scopes", "Choose at least one scope: read, write or admin"));
    } else if !scopes.beyond.is_empty() && !scopes.write {
        let words = "What goes beyond acting on a case needs `write` as well; choose it, or leave the rest out";
        objections.push(Objection::new("scopes", words));
    }
    if let Some(program) = scopes.programs.iter().find(|slug| app.policy(&slug.as_str().into()).is_none()) {
        objections.push(Objection::new("program", format!("There is no program `{program}` in service")));
    }
    if scopes.admin && !scopes.programs.is_empty() {
        let words = "A token for single programs cannot manage the desk; choose every program, or leave that out";
        objections.push(Objection::new("program", words));
    }
    if !(1..=LONGEST_DAYS).contains(&days) {
        objections.push(Objection::new("days", format!("Choose between 1 and {LONGEST_DAYS} days")));
    }
    if !objections.is_empty() {
        return Err(AccountError::Objections(objections));
    }
    let now = app.now();
    let ends = now + SignedDuration::from_hours(24 * days);
    let secret = format!("{PREFIX}{}", random::secret());
    let row = TokenRow {
        hash: hash(keys, &secret),
        id: random::id(),
        member: member.0.clone(),
        scopes: scopes.names(),
        label: label.trim().to_owned(),
        created_at: now.as_microsecond(),
        expires_at: Some(ends.as_microsecond()),
        used_at: None,
        revoked: false,
    };
    app.store.commit(Batch::main(vec![people::insert_token(&row)])).await?;
    Ok(NewToken { id: row.id, secret, ends })
}

/// Who a token stands for, and what it may do.
///
/// # Errors
/// [`Error::NotFound`] for a wrong, revoked or ended token and for a disabled member alike.
pub async fn token_actor(app: &App, bearer: &str) -> Result<(Actor, Scopes), Error> {
    let keys = app.keys()?;
    let now = app.now();
    let row = people::get_token(&app.store, &hash(keys, bearer.trim())).await?.ok_or(Error::NotFound)?;
    if row.revoked || row.expires_at.is_some_and(|end| end <= now.as_microsecond()) {
        return Err(Error::NotFound);
    }
    let member = super::member(app, &row.member.as_str().into()).await?.ok_or(Error::NotFound)?;
    if member.disabled {
        return Err(Error::NotFound);
    }
    let mut scopes = Scopes::parse(&row.scopes).map_err(Error::internal)?;
    scopes.admin &= member.admin;
    if row.used_at.is_none_or(|used| now.as_microsecond() - used >= USED_EVERY) {
        let used = people::token_used(&row.hash, now.as_microsecond());
        if let Err(why) = app.store.commit(Batch::main(vec![used])).await {
            tracing::warn!(%why, "a token's last use was not written down");
        }
    }
    Ok((scopes.narrow(member.actor(app)), scopes))
}

/// A member's tokens, revoked ones left out.
///
/// # Errors
/// As every read.
pub async fn list(app: &App, member: &MemberId) -> Result<Vec<Listed>, Error> {
    let now = app.now().as_microsecond();
    let instant = |micros: i64| Timestamp::from_microsecond(micros).map_err(Error::internal);
    let rows = people::tokens_of(&app.store, member.as_str()).await?;
    rows.into_iter()
        .filter(|row| !row.revoked)
        .map(|row| {
            Ok(Listed {
                scopes: Scopes::parse(&row.scopes).map_err(Error::internal)?,
                since: instant(row.created_at)?,
                ends: row.expires_at.map(instant).transpose()?,
                used: row.used_at.map(instant).transpose()?,
                works: row.expires_at.is_none_or(|end| end > now),
                id: row.id,
                label: row.label,
            })
        })
        .collect()
}

/// Revokes a member's token at once.
///
/// # Errors
/// [`Error::NotFound`] when it is not theirs or already revoked.
pub async fn revoke(app: &App, member: &MemberId, id: &str) -> Result<(), Error> {
    match people::apply(&app.store, vec![people::revoke_token(id, member.as_str())]).await? {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_and_named() {
        let scopes = Scopes::parse("write,read").expect("both are scopes");
        assert_eq!(scopes.names(), "read write");
        assert!(!scopes.admin);
        assert_eq!(
            Scopes::parse("read all"),
            Err("`all` is no scope; choose from read, write, publish, bulk, members, keys, admin, in:PROGRAM".into())
        );
        assert!(Scopes::parse("read in:").is_err());
        let more = Scopes::parse("keys,publish,write,publish").expect("they are scopes");
        assert_eq!(more.names(), "write publish keys");
        assert!(more.may(Beyond::Publish) && !more.may(Beyond::Bulk));
        let one = Scopes::parse("read write in:minio").expect("in one program");
        assert_eq!((one.names().as_str(), one.words().as_str()), ("read write in:minio", "read, write in minio"));
    }
}
