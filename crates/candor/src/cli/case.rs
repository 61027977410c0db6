//! `candor case`: the desk on the command line.

use super::output::{self, Failure, Outcome};
use super::sealed;
use super::server::SignedIn;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Lists cases, the most urgent first
    List {
        /// Of this program
        #[arg(long)]
        program: Option<String>,
        /// In this state: new, triage, confirmed, fixed, published, closed, or all
        #[arg(long)]
        state: Option<String>,
        /// Held by this member: an id, me, or nobody
        #[arg(long)]
        assignee: Option<String>,
        /// Of this severity: none, low, medium, high, critical
        #[arg(long)]
        severity: Option<String>,
        /// Most cases to list
        #[arg(long, default_value_t = 50)]
        limit: u32,
        #[command(flatten)]
        common: Common,
    },
    /// Shows a case
    Show {
        /// Name of the case, like 7K3M9-QXT4B
        case: String,
        #[command(flatten)]
        common: Common,
    },
    /// Opens a report that was sealed to your own key: on this machine, so that the server never sees it
    Open {
        /// Name of the case, like 7K3M9-QXT4B
        case: String,
        #[command(flatten)]
        key: sealed::Key,
        /// Folder to write attachments into
        #[arg(long, short, value_name = "FOLDER")]
        out: Option<PathBuf>,
        #[command(flatten)]
        signed_in: SignedIn,
    },
    /// Says whose copy a file is that turned up elsewhere, by the marks of what outside parties got
    WhoseMark {
        /// Name of the case, like 7K3M9-QXT4B
        case: String,
        /// The file, or `-` for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Acts on a case
    #[command(
        after_help = "Examples:\n  candor case do 7K3M9-QXT4B acknowledge text='Thank you; we are looking into it.'\n  \
        candor case do 7K3M9-QXT4B rate 'vectors:=[\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"]'\n  \
        candor case do 7K3M9-QXT4B answer text=@reply.txt next_steps:=true --attach patch.diff\n\
        The commands and their fields stand in the server's /api/docs."
    )]
    Do {
        /// Name of the case, like 7K3M9-QXT4B
        case: String,
        /// The command, like acknowledge
        command: String,
        /// Its fields: name=text, name=@file for the text of a file, name:=json for anything else
        #[arg(value_name = "FIELD")]
        fields: Vec<String>,
        /// Number of the last entry you looked at; nothing is done when somebody else wrote since
        #[arg(long)]
        seen: Option<u64>,
        /// A file to send with it; may be repeated
        #[arg(long, short, value_name = "FILE")]
        attach: Vec<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
}

/// What all of them take.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    signed_in: SignedIn,
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::List { program, state, assignee, severity, limit, common } => {
            let mut query = vec![("limit", limit.to_string())];
            let given = [("program", program), ("state", state), ("assignee", assignee), ("severity", severity)];
            query.extend(given.into_iter().filter_map(|(name, value)| Some((name, value?))));
            let page = common.signed_in.api()?.get("/cases", &query).await?;
            if common.json {
                output::json(&page);
            } else {
                list(&page);
            }
            Ok(())
        }
        Command::Show { case, common } => {
            let case = common.signed_in.api()?.get(&format!("/cases/{}", plain(&case)), &[]).await?;
            if common.json {
                output::json(&case);
            } else {
                show(&case);
            }
            Ok(())
        }
        Command::Open { case, key, out, signed_in } => {
            sealed::show(&signed_in.api()?, &plain(&case), &key, out.as_deref()).await
        }
        Command::WhoseMark { case, file, common } => whose_mark(&case, &file, &common).await,
        Command::Do { case, command, fields, seen, attach, common } => {
            let mut asked = read_fields(&fields)?;
            asked.insert("command".into(), command.into());
            if let Some(seen) = seen {
                asked.insert("seen".into(), seen.into());
            }
            let asked = Value::Object(asked);
            let path = format!("/cases/{}/commands", plain(&case));
            let api = common.signed_in.api()?;
            let done =
                api.post(&path, |request| super::report::with_files(request, "command", &asked, &attach)).await?;
            if common.json {
                output::json(&done);
                return Ok(());
            }
            let events: Vec<&str> =
                done["events"].as_array().into_iter().flatten().filter_map(|event| event["event"].as_str()).collect();
            if events.is_empty() {
                output::say("Nothing changed: it was so already");
            } else {
                output::say(format_args!("Done: {} (entry {})", events.join(", "), done["seq"]));
            }
            Ok(())
        }
    }
}

/// Bytes of a leaked file that are sent to be looked at.
const LEAKED: usize = 256 * 1024;

async fn whose_mark(case: &str, file: &Path, common: &Common) -> Outcome {
    let bytes = if file == Path::new("-") {
        super::policy::source(file)?.into_bytes()
    } else {
        std::fs::read(file).map_err(|why| Failure::during(format_args!("{} cannot be read", file.display()), why))?
    };
    let leaked = readable(&bytes[..bytes.len().min(LEAKED)]);
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let asked = serde_json::json!({ "text": leaked, "name": name });
    let path = format!("/cases/{}/whose-mark", plain(case));
    let answer = common.signed_in.api()?.post(&path, |request| std::future::ready(Ok(request.json(&asked)))).await?;
    if common.json {
        output::json(&answer);
        return Ok(());
    }
    let found = answer["recipients"].as_array().map(Vec::as_slice).unwrap_or_default();
    if found.is_empty() {
        output::say("Nothing in it speaks for anybody: it bears no mark, or none that is left");
    }
    for one in found {
        let how = match (one["certain"] == true, one["named"] == true) {
            (true, _) => "is named by their reference",
            (false, true) => "is the likeliest",
            (false, false) => "is less likely",
        };
        output::say(format_args!("{} (party {}) {how}", text(&one["name"]), one["party"]));
        for reason in one["evidence"].as_array().into_iter().flatten() {
            output::say(format_args!("  {}", text(reason)));
        }
    }
    Ok(())
}

/// Text of a file as editors save it: UTF-8, or UTF-16 with a mark at its front.
fn readable(bytes: &[u8]) -> String {
    let wide = |of: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| of([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// A case's name may be typed with a slash nowhere.
fn plain(case: &str) -> String {
    case.replace('/', "")
}

fn read_fields(fields: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut read = Map::new();
    for field in fields {
        let wrong = || Failure::Usage(format!("`{field}` is no field; write name=text, name=@file or name:=json"));
        let (name, value) = field.split_once('=').ok_or_else(wrong)?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => {
                let value =
                    serde_json::from_str(value).map_err(|why| Failure::Usage(format!("`{name}` is no JSON: {why}")))?;
                (name, value)
            }
            None => match value.strip_prefix('@') {
                Some(file) => (name, super::policy::source(Path::new(file))?.into()),
                None => (name, value.into()),
            },
        };
        if name.is_empty() {
            return Err(wrong());
        }
        if read.insert(name.to_owned(), value).is_some() {
            return Err(Failure::Usage(format!("`{name}` is given twice")));
        }
    }
    Ok(read)
}

fn text(value: &Value) -> String {
    output::plain(value.as_str().unwrap_or_default())
}

fn list(page: &Value) {
    let heads = ["CASE", "PROGRAM", "STATE", "SEVERITY", "DUE", "HOLDER", "TITLE"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for row in page["cases"].as_array().into_iter().flatten() {
        let due = match row["due"]["at"].as_str() {
            Some(at) => format!("{} {}", text(&row["due"]["promise"]), output::instant(at)),
            None => "-".into(),
        };
        let or_dash = |text: String| if text.is_empty() { "-".into() } else { text };
        rows.push(vec![
            text(&row["case"]),
            text(&row["program"]),
            text(&row["state"]),
            or_dash(text(&row["severity"])),
            due,
            or_dash(text(&row["assignee"]["name"])),
            text(&row["title"]).replace('\n', " "),
        ]);
    }
    if rows.len() == 1 {
        output::complain("no case matches");
    }
    output::table(&rows);
    if page["next"].is_string() {
        output::complain("there are more; use a larger `--limit`");
    }
}

fn show(case: &Value) {
    output::say(format_args!("{}  {}", text(&case["case"]), text(&case["title"])));
    output::say(format_args!("{}, {}, entry {}", text(&case["program"]), text(&case["state"]), case["seq"]));
    for (label, value) in [("Severity", &case["severity"]), ("Holder", &case["assignee"]["name"])] {
        if value.is_string() {
            output::say(format_args!("{label}: {}", text(value)));
        }
    }
    output::say("\nPromises");
    for clock in case["clocks"].as_array().into_iter().flatten() {
        output::say(format_args!(
            "  {:<10} {}  {}: {}",
            text(&clock["status"]),
            output::instant(clock["due"].as_str().unwrap_or_default()),
            text(&clock["promise"]),
            text(&clock["what"])
        ));
    }
    output::say("\nHistory");
    for entry in case["journal"].as_array().into_iter().flatten() {
        let by = match entry["by"]["kind"].as_str() {
            Some("member") => text(&entry["by"]["member"]["name"]),
            _ => text(&entry["by"]["kind"]),
        };
        let at = output::instant(entry["at"].as_str().unwrap_or_default());
        output::say(format_args!("  {:>3}  {at}  {}  {by}", entry["seq"], text(&entry["event"])));
        let said = if entry["event"] == "reported" { &entry["facts"]["description"] } else { &entry["text"] };
        for line in text(said).lines() {
            output::say(format_args!("         {line}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_texts_or_json() {
        let read =
            read_fields(&["text=a=b".into(), "next_steps:=true".into(), "cwe:=79".into()]).expect("all are fields");
        assert_eq!(Value::Object(read), serde_json::json!({ "text": "a=b", "next_steps": true, "cwe": 79 }));
        assert!(matches!(read_fields(&["text".into()]), Err(Failure::Usage(_))));
        assert!(matches!(read_fields(&["a=1".into(), "a=2".into()]), Err(Failure::Usage(_))));
    }
}
