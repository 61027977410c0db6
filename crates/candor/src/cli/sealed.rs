//! Reports that the server cannot read: encrypted here to the members' own certificates, opened on a member's machine.
//!
//! The report is one OpenPGP message, JSON inside, and each attachment is another. The server gets them as files with
//! neutral names, under a neutral title.

use super::output::{self, Failure, Outcome};
use super::server::Api;
use crate::mail::read::{Limits, read};
use crate::openpgp::decrypt::{Budget, Shut, open};
use crate::openpgp::sealed::{DESCRIPTION, REPORT, TITLE};
use crate::openpgp::words::grouped;
use crate::openpgp::{Certificate, Secret, armor, encrypt, random, verify};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// Certificates of a program at most.
const MOST: usize = 64;
/// Bytes of a sealed file at most that are opened.
const LIMIT: usize = 64 * 1024 * 1024;

/// To whom a report is sealed.
#[derive(Debug, clap::Args)]
pub struct To {
    /// Seal the report to the certificates that the program published for it: the server cannot read it
    #[arg(long)]
    pub sealed: bool,
    /// Seal to the certificates in this file instead; may be repeated
    #[arg(long = "sealed-to", value_name = "FILE", requires = "sealed")]
    files: Vec<PathBuf>,
    /// Fingerprint that you know from elsewhere; nothing is sent when a certificate has another. May be repeated
    #[arg(long = "fingerprint", value_name = "FINGERPRINT", requires = "sealed")]
    fingerprints: Vec<String>,
    /// security.txt of the program as you got it before or from elsewhere; nothing is sent when it names other certificates
    #[arg(long = "security-txt", value_name = "FILE", requires = "sealed")]
    security_txt: Option<PathBuf>,
    /// OpenPGP certificate of the program as you got it before or from elsewhere; nothing is sent when security.txt is not signed by it
    #[arg(long = "program-key", value_name = "FILE", requires = "sealed")]
    program_key: Option<PathBuf>,
}

/// What a signed `security.txt` says, as far as it is signed; an unsigned one as it is, unless a key is known that has to have
/// signed it.
fn vouched(text: &str, keys: &[Certificate], must: bool, now: jiff::Timestamp) -> Result<String, Failure> {
    let blocks = armor::blocks(text.as_bytes(), 2);
    let Some(block) = blocks.iter().find(|block| block.kind == armor::Kind::Cleartext) else {
        if must {
            return Err(Failure::new(
                "nothing was sent: security.txt is not signed by the program's key that you named",
            ));
        }
        return Ok(text.to_owned());
    };
    let keys: Vec<&Certificate> = keys.iter().collect();
    let read = verify::cleartext(&text.as_bytes()[block.start..block.end], &keys, now);
    let good = |signed: &verify::Signed| matches!(signed.verdict, verify::Verdict::Good { .. });
    match read {
        Some((said, signed)) if signed.iter().any(good) => Ok(said),
        _ => Err(Failure::new(
            "nothing was sent: the signature of security.txt is not that of the program's key over these words; the text or \
             the key was replaced. Ask the team by another way which is theirs",
        )),
    }
}

/// The fingerprints that a `security.txt` names to encrypt to, signed or not.
fn named(security_txt: &str) -> Vec<String> {
    let lines = security_txt.lines().filter_map(|line| line.split_once(':'));
    let lines = lines.filter(|(field, _)| field.trim().eq_ignore_ascii_case("encryption"));
    lines.filter_map(|(_, value)| value.trim().strip_prefix("openpgp4fpr:").map(bare)).collect()
}

/// Refuses when a certificate is none of those that a `security.txt` names.
fn agree(found: &[Certificate], known: &[String], whose: &str) -> Result<(), Failure> {
    match found.iter().find(|one| !known.contains(&bare(&one.fingerprint()))) {
        None => Ok(()),
        Some(other) => Err(Failure::new(format_args!(
            "nothing was sent: the certificate {} is none of those that {whose} names; one of the two was replaced. Ask \
             the team by another way which is theirs",
            grouped(&other.fingerprint())
        ))),
    }
}

/// The certificates in a text, each read by itself.
pub fn certificates(text: &str) -> Result<Vec<Certificate>, Failure> {
    let blocks = armor::blocks(text.as_bytes(), MOST);
    let blocks = blocks.into_iter().filter(|block| block.kind == armor::Kind::PublicKey);
    let read = |block: armor::Block| {
        Certificate::read(&text.as_bytes()[block.start..block.end], &Default::default())
            .map_err(|why| Failure::during("a certificate cannot be used", why))
    };
    let found = blocks.map(read).collect::<Result<Vec<_>, _>>()?;
    if found.is_empty() { Err(Failure::new("there is no OpenPGP certificate in it")) } else { Ok(found) }
}

fn bare(fingerprint: &str) -> String {
    fingerprint.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_uppercase()
}

impl To {
    /// The certificates, all of which are known where fingerprints were given.
    async fn certificates(&self, api: &Api, program: &str) -> Result<Vec<Certificate>, Failure> {
        let found = if self.files.is_empty() {
            let answer = api.get(&format!("/programs/{program}/recipients"), &[]).await?;
            certificates(answer["certificates"].as_str().unwrap_or_default()).map_err(|_| {
                Failure::new("this program publishes no certificates to seal to; name a file with `--sealed-to`")
            })?
        } else {
            let mut found = Vec::new();
            for file in &self.files {
                found.extend(certificates(&super::policy::source(file)?)?);
            }
            found
        };
        if let Some(file) = &self.security_txt {
            agree(&found, &named(&super::policy::source(file)?), "your security.txt")?;
        }
        // What the server offers and what it says of itself, in a file that is signed and that others keep, must agree.
        if self.files.is_empty() || self.program_key.is_some() {
            let text = api.public(&format!("/{program}/security.txt")).await?.unwrap_or_default();
            let key = match &self.program_key {
                Some(file) => super::policy::source(file)?,
                None => api.public(&format!("/{program}/openpgp.asc")).await?.unwrap_or_default(),
            };
            let keys = match &self.program_key {
                Some(_) => certificates(&key)?,
                None => certificates(&key).unwrap_or_default(),
            };
            let known = named(&vouched(&text, &keys, self.program_key.is_some(), super::now())?);
            if !known.is_empty() {
                agree(&found, &known, "the server's own security.txt")?;
            }
        }
        let known: Vec<String> = self.fingerprints.iter().map(|one| bare(one)).collect();
        if !known.is_empty()
            && let Some(other) = found.iter().find(|one| !known.contains(&bare(&one.fingerprint())))
        {
            return Err(Failure::new(format_args!(
                "nothing was sent: the certificate {} is none of those that you named with `--fingerprint`",
                grouped(&other.fingerprint())
            )));
        }
        Ok(found)
    }

    /// Seals a report and its attachments. Gives what the server is told in its place, and the files to send, which lie in
    /// `folder`.
    ///
    /// # Errors
    /// When a certificate may not be used, or a file cannot be read.
    pub async fn seal(
        &self,
        api: &Api,
        program: &str,
        report: &Value,
        attach: &[PathBuf],
        folder: &Path,
    ) -> Result<(Value, Vec<PathBuf>), Failure> {
        let to = self.certificates(api, program).await?;
        let now = super::now();
        let mut files = Vec::new();
        let mut put = |name: &str, plain: &[u8]| {
            let text = encrypt::encrypt_to_all(plain, &to, now, random())
                .map_err(|why| Failure::during("nothing was sent", why))?;
            let file = folder.join(name);
            std::fs::write(&file, text)
                .map_err(|why| Failure::during(format_args!("{} cannot be written", file.display()), why))?;
            files.push(file);
            Ok::<_, Failure>(())
        };
        let mut inside = report.clone();
        let mut names = Vec::new();
        for (number, file) in (1..).zip(attach) {
            let plain = std::fs::read(file)
                .map_err(|why| Failure::during(format_args!("{} cannot be read", file.display()), why))?;
            let sealed = format!("sealed-{number}.asc");
            put(&sealed, &Zeroizing::new(plain))?;
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            names.push(json!({ "sealed": sealed, "name": name }));
        }
        inside["files"] = names.into();
        let plain = serde_json::to_vec_pretty(&inside).map_err(|why| Failure::during("the report", why))?;
        put(REPORT, &Zeroizing::new(plain))?;
        // The report first.
        files.rotate_right(1);
        let mut outside = json!({ "title": TITLE, "description": DESCRIPTION });
        for field in ["reporter", "agreed"] {
            if !report[field].is_null() {
                outside[field] = report[field].clone();
            }
        }
        output::complain("Sealed to these keys; compare them with what you know from elsewhere:");
        for one in &to {
            output::complain(format_args!("  {}", grouped(&one.fingerprint())));
        }
        if report["reporter"].is_object() {
            output::complain("Name and address are not sealed: the server needs them to write to you.");
        }
        Ok((outside, files))
    }
}

/// How a member opens what is sealed to them.
#[derive(Debug, clap::Args)]
pub struct Key {
    /// File with your secret key; without it GnuPG opens the message, with whatever key or card it has
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// File with the password of that key, if it has one
    #[arg(long, value_name = "FILE", requires = "key")]
    password_file: Option<PathBuf>,
}

impl Key {
    fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let Some(file) = &self.key else { return by_gnupg(sealed) };
        let given = Zeroizing::new(
            std::fs::read(file)
                .map_err(|why| Failure::during(format_args!("{} cannot be read", file.display()), why))?,
        );
        let password = match &self.password_file {
            None => Zeroizing::new(String::new()),
            Some(file) => Zeroizing::new(super::policy::source(file)?.trim_end_matches(['\r', '\n']).to_owned()),
        };
        let now = super::now();
        let secret = Secret::read(&given, &password, now)
            .map_err(|why| Failure::during("the key cannot be used; leave `--key` out to use GnuPG", why))?;
        let budget = Budget { bytes: LIMIT, ..Budget::default() };
        open(sealed, &[secret], &[], now, &budget).map(|opened| Zeroizing::new(opened.bytes)).map_err(|why| match why {
            Shut::NotOurs => Failure::new("it is sealed to other keys than this one"),
            Shut::NotOpened => Failure::new("it does not open with this key"),
        })
    }
}

fn by_gnupg(sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let cannot = |why| Failure::during("GnuPG cannot be started; install it, or name a key with `--key`", why);
    let mut gpg = Command::new("gpg")
        .args(["--quiet", "--decrypt"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    let mut to = gpg.stdin.take().ok_or_else(|| Failure::new("GnuPG takes no input"))?;
    let given = sealed.to_vec();
    let feeds = std::thread::spawn(move || drop(to.write_all(&given)));
    let opened = gpg.wait_with_output().map_err(cannot)?;
    let _ = feeds.join();
    if !opened.status.success() {
        return Err(Failure::new("GnuPG did not open it"));
    }
    Ok(Zeroizing::new(opened.stdout))
}

/// Downloads what is sealed in a case, opens it here, and prints the report; attachments are written into `out`.
///
/// # Errors
/// When nothing is sealed there, or the key does not open it.
pub async fn show(api: &Api, case: &str, key: &Key, out: Option<&Path>) -> Outcome {
    let shown = api.get(&format!("/cases/{case}"), &[]).await?;
    let mut sealed = Vec::new();
    find_files(&shown, &mut sealed);
    let reports: Vec<&(String, String)> = sealed.iter().filter(|(name, _)| name == REPORT).collect();
    if reports.is_empty() {
        return Err(Failure::new("nothing in this case is sealed to members' own keys"));
    }
    for (_, id) in reports {
        let report = api.bytes(&format!("/cases/{case}/files/{id}"), LIMIT).await?;
        let plain = key.open(&report)?;
        let text = String::from_utf8_lossy(&plain);
        let Ok(Value::Object(inside)) = serde_json::from_str(&text) else {
            show_mail(&plain, out)?;
            continue;
        };
        output::print(&format!("{}\n", output::plain(&text).trim_end()));
        for file in inside.get("files").and_then(Value::as_array).into_iter().flatten() {
            let (from, name) = (file["sealed"].as_str().unwrap_or_default(), file["name"].as_str().unwrap_or_default());
            let Some((_, id)) = sealed.iter().find(|(known, _)| known == from) else { continue };
            let Some(folder) = folder(out) else { break };
            let bytes = api.bytes(&format!("/cases/{case}/files/{id}"), LIMIT).await?;
            write(folder, name, &key.open(&bytes)?)?;
        }
    }
    Ok(())
}

/// What was sealed by a mail program: a mail with its parts, or a text.
fn show_mail(plain: &[u8], out: Option<&Path>) -> Outcome {
    let text = String::from_utf8_lossy(plain).replace("\r\n", "\n");
    let head = text.split("\n\n").next().unwrap_or_default();
    if !head.lines().any(|line| line.to_ascii_lowercase().starts_with("content-type:")) {
        output::print(&output::plain(&text));
        return Ok(());
    }
    let letter = read(plain, &Limits::default());
    if !letter.subject.is_empty() {
        output::print(&format!("{}\n\n", output::plain(&letter.subject)));
    }
    output::print(&format!("{}\n", output::plain(&letter.whole()).trim_end()));
    for file in &letter.files {
        let Some(folder) = folder(out) else { break };
        write(folder, &file.name, &file.bytes)?;
    }
    Ok(())
}

/// The folder for attachments, or says that none was named.
fn folder(out: Option<&Path>) -> Option<&Path> {
    if out.is_none() {
        output::complain("There are attachments; name a folder for them with `--out`.");
    }
    out
}

/// A name from inside is somebody else's words: its last step alone, and never over another file.
fn write(folder: &Path, name: &str, plain: &[u8]) -> Outcome {
    let Some(name) = Path::new(name).file_name() else { return Ok(()) };
    let to = folder.join(name);
    std::fs::create_dir_all(folder)
        .map_err(|why| Failure::during(format_args!("the folder {} cannot be made", folder.display()), why))?;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&to);
    made.and_then(|mut file| file.write_all(plain))
        .map_err(|why| Failure::during(format_args!("{} cannot be written", to.display()), why))?;
    output::complain(format_args!("{}", to.display()));
    Ok(())
}

/// Files of a case by name and id, wherever its entries mention them.
fn find_files(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| find_files(one, found)),
        Value::Object(fields) => {
            if let (Some(id), Some(name)) = (fields.get("id"), fields.get("name"))
                && let (Some(id), Some(name)) = (id.as_str(), name.as_str())
                && name.starts_with("sealed-")
                && !found.iter().any(|(_, known)| known == id)
            {
                found.push((name.to_owned(), id.to_owned()));
            }
            fields.values().for_each(|one| find_files(one, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn fingerprints_are_read_from_a_security_txt_signed_or_not() {
        let text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nContact: mailto:a@example.org\n\
                    Encryption: openpgp4fpr:5f2de5521c63a801ab59ccb603d49de44b29100f\n\
                    encryption:openpgp4fpr:AA BB\nEncryption: https://example.org/key.asc\n";
        assert_eq!(named(text), ["5F2DE5521C63A801AB59CCB603D49DE44B29100F", "AABB"]);
        assert!(named("").is_empty());
    }
}
