//! Once a day each channel that a policy names is looked at from outside, as a reporter would: the form under its public
//! address, `security.txt`, the way of letters, the contacts. What fails stands above the queue until it is mended.

use std::time::Duration;

use candor_core::policy::Policy;
use candor_formats::security_txt::{self, Level};
use jiff::{SignedDuration, Timestamp};
use reqwest::Client;

use crate::app::App;
use crate::config::MailOut;
use crate::error::Error;
use crate::follow::egress::origin;
use crate::mail::{Post, imap};
use crate::openpgp::Certificate;
use crate::program_keys;
use crate::store::probes::letters;
use crate::watch::probes::{self, Finding, Probe, STREAM, State, contact_channel};
use crate::watch::round_trip;

/// How often the channels are looked at.
pub const EVERY: SignedDuration = SignedDuration::from_hours(24);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// A `security.txt` that expires sooner than this is not renewed as it should be.
const RENEWED_BEFORE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How far back letters to contacts are looked at.
const LETTERS_OF: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Days before the end of the program's OpenPGP key when its contact is told, the last first.
const KEY_WARNINGS: [i64; 3] = [1, 7, 30];
/// Bytes of a page that are read.
const PAGE_LIMIT: usize = 1_000_000;

/// Looks at the channels when they were not looked at for a day. Tells whether it did.
///
/// # Errors
/// As [`probe_once`].
pub async fn round(app: &App) -> Result<bool, Error> {
    let newest = probes::all(app).await?.into_iter().map(|probe| probe.checked_at).max();
    if newest.is_some_and(|at| app.now().duration_since(at) < EVERY) || app.programs().is_empty() {
        return Ok(false);
    }
    probe_once(app).await?;
    Ok(true)
}

/// Looks at every channel of every program now, and keeps what was found.
///
/// # Errors
/// When the store fails; what cannot be reached is a finding and no error.
pub async fn probe_once(app: &App) -> Result<Vec<Probe>, Error> {
    let client = Client::builder()
        .user_agent(concat!("candor/", env!("CARGO_PKG_VERSION"), " (own probe)"))
        .timeout(PATIENCE)
        .redirect(redirects(app))
        .build()
        .map_err(Error::internal)?;
    for policy in app.programs() {
        let found = look(app, &client, &policy).await?;
        probes::keep(app, &policy, &found, app.now()).await?;
    }
    probes::all(app).await
}

/// The own pages may lead on, with a list of places only within the desk and to those.
fn redirects(app: &App) -> reqwest::redirect::Policy {
    if app.config.egress.is_empty() {
        return reqwest::redirect::Policy::limited(3);
    }
    let own = origin(&app.config.base_url);
    let places: Vec<String> = app.config.egress.iter().cloned().chain(own).collect();
    reqwest::redirect::Policy::custom(move |attempt| {
        let is_listed = origin(attempt.url().as_str()).is_some_and(|to| places.contains(&to));
        if is_listed && attempt.previous().len() <= 3 { attempt.follow() } else { attempt.stop() }
    })
}

/// Everything that is found about one program.
async fn look(app: &App, client: &Client, policy: &Policy) -> Result<Vec<Finding>, Error> {
    let now = app.now();
    let mut found = Vec::new();
    if policy.channels.form {
        found.push(form(app, client, policy).await);
    }
    found.push(contact_file(app, client, policy, now).await);
    found.push(letters_out(app).await);
    if policy.channels.email.is_some() {
        found.push(mail_in(app).await);
        if let Some(url) = &app.config.imap {
            found.push(mailbox(url, app.config.imap_password.as_deref(), app.config.mail_ca.as_deref()).await);
        }
        found.push(round_trip(app, policy, now).await?);
    }
    found.extend(contacts(app, policy, now).await?);
    let own = program_keys::current(app, &policy.program.slug).await?;
    if let Some(key) = &own {
        found.push(own_key(key, now));
    }
    let print = own.map(|key| key.fingerprint()).unwrap_or_default();
    let plain = |key: &str| key.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_uppercase();
    let other = |key: &String| print.is_empty() || plain(key) != print;
    for contact in policy.contacts.iter().filter(|contact| contact.openpgp.as_ref().is_some_and(other)) {
        found.push(Finding {
            channel: format!("OpenPGP key of {}", contact.role),
            state: State::Skipped,
            detail: "the policy names the key, and does not hold it; its expiry has to be looked at by hand".into(),
        });
    }
    Ok(found)
}

/// How long the program's own key stands. Each step has a channel of its own, so that each is told by a letter.
fn own_key(key: &Certificate, now: Timestamp) -> Finding {
    let finding = |channel: &str, state, detail: String| Finding { channel: channel.into(), state, detail };
    let Some(end) = key.view(now).expires else {
        return match key.can_encrypt(now) {
            Ok(()) => finding("OpenPGP key", State::Fine, "it never ends".into()),
            Err(why) => finding("OpenPGP key", State::Failed, why.to_string()),
        };
    };
    let day = end.strftime("%F");
    if end <= now {
        let words = format!(
            "it expired {day}: reporters cannot encrypt to the program, and nothing is signed; prolong it with \
             `candor keys openpgp prolong`, or replace it with `make`"
        );
        return finding("OpenPGP key, expired", State::Failed, words);
    }
    let left = end.duration_since(now).as_hours();
    match KEY_WARNINGS.into_iter().find(|days| left < 24 * days) {
        Some(days) => finding(
            &match days {
                1 => "OpenPGP key, a day before its end".to_owned(),
                days => format!("OpenPGP key, {days} days before its end"),
            },
            State::Failed,
            format!("it ends {day}; prolong it with `candor keys openpgp prolong`"),
        ),
        None => finding("OpenPGP key", State::Fine, format!("valid until {day}")),
    }
}

/// A page as anyone gets it, or why not.
async fn page(client: &Client, url: &str) -> Result<String, String> {
    let mut answer = client.get(url).send().await.map_err(|why| {
        if why.is_timeout() {
            "no answer in 20 seconds".to_owned()
        } else if why.is_redirect() {
            "it leads round in circles".to_owned()
        } else {
            "the public address cannot be reached from here".to_owned()
        }
    })?;
    if !answer.status().is_success() {
        return Err(format!("it answers with status {}", answer.status().as_u16()));
    }
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|_| "the answer broke off".to_owned())? {
        bytes.extend_from_slice(&part);
        if bytes.len() > PAGE_LIMIT {
            return Err("the answer is larger than any page of ours".into());
        }
    }
    String::from_utf8(bytes).map_err(|_| "the answer is no text".to_owned())
}

fn judged(channel: &str, outcome: Result<String, String>) -> Finding {
    match outcome {
        Ok(detail) => Finding { channel: channel.to_owned(), state: State::Fine, detail },
        Err(detail) => Finding { channel: channel.to_owned(), state: State::Failed, detail },
    }
}

async fn form(app: &App, client: &Client, policy: &Policy) -> Finding {
    let action = format!("/{}/report", policy.program.slug);
    let outcome = page(client, &format!("{}{action}", app.config.base_url)).await.and_then(|text| {
        if text.contains(&format!("action=\"{action}\"")) {
            Ok("the form is there under the public address".to_owned())
        } else {
            Err("something answers under the public address, and it is not the form".to_owned())
        }
    });
    judged("form", outcome)
}

async fn contact_file(app: &App, client: &Client, policy: &Policy, now: Timestamp) -> Finding {
    let url = format!("{}/{}/security.txt", app.config.base_url, policy.program.slug);
    let outcome = page(client, &url).await.and_then(|text| {
        let (file, findings) = security_txt::read(&text, now);
        // Advice, such as about a missing address of its own without TLS, makes no file wrong.
        if let Some(first) = findings.iter().find(|finding| finding.level == Level::Error) {
            return Err(format!("it is not valid: {first}"));
        }
        match file {
            Some(file) if file.expires.duration_since(now) < RENEWED_BEFORE => {
                Err(format!("it expires {} and was not renewed; see that the worker runs", file.expires.strftime("%F")))
            }
            Some(file) => Ok(format!("valid until {}", file.expires.strftime("%F"))),
            None => Err("it has no contact or no date of expiry".to_owned()),
        }
    });
    judged("security.txt", outcome)
}

async fn letters_out(app: &App) -> Finding {
    let outcome = match &app.config.mail {
        MailOut::Hold => {
            Err("no way out for letters is set up, so that nobody is told anything; set --mail".to_owned())
        }
        MailOut::Dir(folder) => match tokio::fs::metadata(folder).await {
            Ok(found) if found.is_dir() => Ok("letters are laid in a folder".to_owned()),
            Ok(_) => Err("the folder for letters is no folder".to_owned()),
            // It is made with the first letter.
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok("letters are laid in a folder".to_owned()),
            Err(_) => Err("the folder for letters cannot be read".to_owned()),
        },
        MailOut::Smtp(_) => match Post::new(&app.config) {
            Err(why) => Err(why.to_string()),
            Ok(post) => post.reach().await.map(|()| "the mail server answers".to_owned()),
        },
    };
    judged("letters out", outcome)
}

/// Whether mail can be handed in, where this process or one beside it takes mail over LMTP. The way of a letter from
/// outside to there is the mail server's, and is not walked.
async fn mail_in(app: &App) -> Finding {
    let Some(address) = &app.config.lmtp else {
        return Finding {
            channel: "mail in".into(),
            state: State::Skipped,
            detail: "no LMTP door is set up here; the letter that goes round shows whether mail comes in".into(),
        };
    };
    let answers = if address.contains('/') {
        reach(tokio::net::UnixStream::connect(address.trim_start_matches("unix:"))).await
    } else {
        reach(tokio::net::TcpStream::connect(address.as_str())).await
    };
    judged("mail in", answers)
}

/// Whether the mailbox that mail is taken from can be opened.
async fn mailbox(url: &str, password: Option<&str>, more: Option<&[u8]>) -> Finding {
    let outcome = match imap::Mailbox::parse(url, password) {
        Err(why) => Err(why),
        Ok(mailbox) => match tokio::time::timeout(PATIENCE, imap::reach(&mailbox, more)).await {
            Ok(Ok(())) => Ok("the mailbox can be opened".to_owned()),
            Ok(Err(why)) => Err(why.to_string()),
            Err(_) => Err("the mailbox does not answer in time".to_owned()),
        },
    };
    judged("mailbox", outcome)
}

/// Whether a letter to the program's own address comes in again, and the next letter.
async fn round_trip(app: &App, policy: &Policy, now: Timestamp) -> Result<Finding, Error> {
    let channel = "mail round trip".to_owned();
    if matches!(app.config.mail, MailOut::Hold) {
        let detail = "no letter can leave, so that none can come in again".to_owned();
        return Ok(Finding { channel, state: State::Skipped, detail });
    }
    let last = round_trip::last(app, policy.program.slug.as_str()).await?;
    let returns = !matches!(app.config.mail, MailOut::Dir(_));
    let (state, detail) = round_trip::judge(last.as_ref(), now, returns);
    round_trip::send(app, policy, last.as_ref(), now).await?;
    Ok(Finding { channel, state, detail })
}

/// Whether somebody greets there as a mail server does.
async fn reach<S: tokio::io::AsyncRead + Unpin>(
    connect: impl Future<Output = std::io::Result<S>>,
) -> Result<String, String> {
    use tokio::io::AsyncReadExt as _;
    let greeted = tokio::time::timeout(PATIENCE, async {
        let mut greeting = [0; 3];
        connect.await?.read_exact(&mut greeting).await?;
        std::io::Result::Ok(greeting)
    });
    match greeted.await {
        Ok(Ok(greeting)) if &greeting == b"220" => Ok("the door for mail greets".to_owned()),
        Ok(Ok(_)) => Err("something answers at the door for mail, and it is no mail server".to_owned()),
        Ok(Err(_)) => Err("nobody answers at the door for mail".to_owned()),
        Err(_) => Err("the door for mail does not answer in time".to_owned()),
    }
}

/// Whether letters to each contact leave: the newest one decides.
async fn contacts(app: &App, policy: &Policy, now: Timestamp) -> Result<Vec<Finding>, Error> {
    let slug = policy.program.slug.as_str();
    let rows = letters(&app.store, (now - LETTERS_OF).as_microsecond(), &format!("{STREAM}{slug}"), slug).await?;
    let mut found = Vec::new();
    for contact in &policy.contacts {
        let recipient = format!("contact:{}", contact.role);
        // A row that is done with a reason needed no letter.
        let newest =
            rows.iter().find(|(to, state, error, _)| *to == recipient && (state == "failed" || error.is_none()));
        let own = policy.channels.email.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(contact.email.trim()));
        let (state, detail) = match newest {
            _ if own => {
                (State::Failed, "this address takes reports: letters to it come back and reach nobody".to_owned())
            }
            Some((_, state, error, _)) if state == "failed" => {
                let why = error.as_deref().unwrap_or("see the log");
                (State::Failed, format!("the newest letter to this contact was given up: {why}"))
            }
            Some((_, _, _, id)) if probes::has_come_back(app, id).await? => {
                (State::Failed, "a server sent the newest letter to this contact back; check the address".to_owned())
            }
            Some(_) => (State::Fine, "the newest letter to this contact was taken".to_owned()),
            None => (State::Fine, "no letter was written to this contact in the last 30 days".to_owned()),
        };
        found.push(Finding { channel: contact_channel(&contact.role), state, detail });
    }
    Ok(found)
}
