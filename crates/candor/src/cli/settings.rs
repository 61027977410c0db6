//! Flags, environment and `candor.toml`, in this order of weight. Every flag that can be set by environment can be set
//! in the file under its long name; the help shows all three.

use super::output::Failure;
use clap::Command;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Name of the file that is read when it lies in the working folder.
const FILE: &str = "candor.toml";

/// Makes the values of a settings file the defaults of `command` and of all commands below it, and says in the help
/// under which key a flag is found there.
///
/// # Errors
/// A file that cannot be read, a key that no flag has, a value that is no text, number or truth value.
pub fn apply(command: Command) -> Result<Command, Failure> {
    let values = match chosen()? {
        Some(path) => read(&path)?,
        None => BTreeMap::new(),
    };
    let mut known = Vec::new();
    let command = with_defaults(command, &values, &mut known);
    for key in values.keys() {
        if !known.contains(key) {
            known.sort();
            known.dedup();
            return Err(Failure::Usage(format!(
                "the settings file has a key `{key}` that no flag knows; keys are {}",
                known.join(", ")
            )));
        }
    }
    Ok(command)
}

/// The file to read: `--config`, `CANDOR_CONFIG`, or `candor.toml` in the working folder.
fn chosen() -> Result<Option<PathBuf>, Failure> {
    let mut args = std::env::args_os().skip(1);
    while let Some(arg) = args.next() {
        let text = arg.to_string_lossy();
        if text == "--" {
            break;
        }
        if text == "--config" {
            return match args.next() {
                Some(path) => Ok(Some(path.into())),
                None => Err(Failure::Usage("`--config` needs the path of a file".into())),
            };
        }
        if let Some(path) = text.strip_prefix("--config=") {
            return Ok(Some(path.into()));
        }
    }
    if let Some(path) = std::env::var_os("CANDOR_CONFIG").filter(|path| !path.is_empty()) {
        return Ok(Some(path.into()));
    }
    Ok(Path::new(FILE).exists().then(|| FILE.into()))
}

fn read(path: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|why| Failure::during(format!("the settings file {} cannot be read", path.display()), why))?;
    parse(&text).map_err(|why| Failure::during(format!("the settings file {} is wrong", path.display()), why))
}

/// The keys and values of a settings file; dashes and underscores mean the same.
fn parse(text: &str) -> Result<BTreeMap<String, String>, String> {
    let table: toml::Table = toml::from_str(text).map_err(|why| why.message().to_owned())?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(truth) => truth.to_string(),
            toml::Value::Array(list) => {
                let texts: Option<Vec<&str>> = list.iter().map(toml::Value::as_str).collect();
                texts.ok_or_else(|| format!("`{key}` is a list of something else than texts"))?.join(",")
            }
            _ => return Err(format!("`{key}` must be a text, a number, true or false")),
        };
        values.insert(key.replace('_', "-"), value);
    }
    Ok(values)
}

fn with_defaults(command: Command, values: &BTreeMap<String, String>, known: &mut Vec<String>) -> Command {
    let keys: Vec<(clap::Id, String)> = command
        .get_arguments()
        .filter(|arg| arg.get_env().is_some())
        .filter_map(|arg| Some((arg.get_id().clone(), arg.get_long()?.to_owned())))
        .filter(|(_, long)| long != "config")
        .collect();
    let mut command = command;
    for (id, long) in keys {
        known.push(long.clone());
        command = command.mut_arg(id, |arg| {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let arg = arg.help(format!("{help} [candor.toml: {long}]"));
            match values.get(&long) {
                // Read once for the life of the process, so nothing is lost by leaking it.
                Some(value) => arg.required(false).default_value(&*Box::leak(value.clone().into_boxed_str())),
                None => arg,
            }
        });
    }
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, |sub| with_defaults(sub, values, known));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settings_file_gives_texts_numbers_and_switches() {
        let values =
            parse("listen = '0.0.0.0:80'\nfile_limit = 5\nproxy = true\nroles = ['desk', 'worker']").expect("it reads");
        assert_eq!(values["listen"], "0.0.0.0:80");
        assert_eq!(values["file-limit"], "5");
        assert_eq!(values["proxy"], "true");
        assert_eq!(values["roles"], "desk,worker");
    }

    #[test]
    fn a_settings_file_with_a_table_is_refused() {
        assert_eq!(parse("[serve]\nlisten = 'x'"), Err("`serve` must be a text, a number, true or false".into()));
    }
}
