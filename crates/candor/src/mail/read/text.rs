//! Paragraphs, quotes and signatures: what somebody says now, apart from what they repeat.

/// A piece of a mail's text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Passage {
    /// Newly said.
    Said(String),
    /// Quoted from another mail.
    Quoted(String),
    /// Signature.
    Signature(String),
}

/// Lines that a signature may have; more is text that happens to stand after two dashes.
const SIGNATURE: usize = 15;

/// Joins the lines of `format=flowed` (RFC 3676); `delsp` when the space at a soft end is to go.
pub(super) fn unflow(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // Depth of the quote whose paragraph is still open.
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let depth = line.len() - line.trim_start_matches('>').len();
        let body = &line[depth..];
        let body = body.strip_prefix(' ').unwrap_or(body);
        if open != Some(depth) || body == "-- " {
            if open.is_some() {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                out.push(' ');
            }
        }
        let soft = body.ends_with(' ') && body != "-- ";
        out.push_str(if soft && delsp { &body[..body.len() - 1] } else { body });
        open = soft.then_some(depth);
        if !soft {
            out.push('\n');
        }
    }
    out
}

/// Takes a text apart.
pub(super) fn passages(text: &str) -> Vec<Passage> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let (lines, signature) = signature(&lines);
    let mut out: Vec<Passage> = Vec::new();
    let mut said: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if let Some(end) = quote(lines, at) {
            flush(&mut out, &mut said);
            out.push(Passage::Quoted(lines[at..end].join("\n").trim_matches('\n').to_owned()));
            at = end;
        } else {
            said.push(lines[at]);
            at += 1;
        }
    }
    flush(&mut out, &mut said);
    if !signature.is_empty() {
        out.push(Passage::Signature(signature.join("\n").trim_matches('\n').to_owned()));
    }
    out
}

fn flush(out: &mut Vec<Passage>, said: &mut Vec<&str>) {
    let text = said.join("\n").trim_matches('\n').to_owned();
    said.clear();
    if !text.trim().is_empty() {
        out.push(Passage::Said(text));
    }
}

/// Splits the signature off: what follows the last line of two dashes and a space, if it is short.
fn signature<'a, 'b>(lines: &'a [&'b str]) -> (&'a [&'b str], &'a [&'b str]) {
    match lines.iter().rposition(|line| *line == "--") {
        Some(at) if lines.len() - at - 1 <= SIGNATURE && !lines[at..].iter().any(|line| line.starts_with('>')) => {
            (&lines[..at], &lines[at + 1..])
        }
        _ => (lines, &[]),
    }
}

/// Where the quote that begins at a line ends; `None` when none begins there.
fn quote(lines: &[&str], at: usize) -> Option<usize> {
    let is_quoted = |line: &&str| line.starts_with('>');
    let line = lines[at];
    // Everything below such a line is the mail that is answered, unquoted.
    if is_divider(lines, at) {
        return Some(lines.len());
    }
    let introduced =
        is_introduction(line) || (at + 1 < lines.len() && is_introduction(&format!("{line} {}", lines[at + 1])));
    let first = if is_quoted(&line) {
        at
    } else if introduced && !line.is_empty() {
        // "On … wrote:" belongs to the quote that follows it, perhaps after an empty line.
        (at + 1..lines.len().min(at + 4)).find(|next| is_quoted(&lines[*next]))?
    } else {
        return None;
    };
    let mut end = first;
    while end < lines.len() {
        let between = lines[end].is_empty() && lines.get(end + 1).is_some_and(is_quoted);
        if !is_quoted(&lines[end]) && !between {
            break;
        }
        end += 1;
    }
    Some(end)
}

/// "On 2 March 2026, Ada wrote:" and its like.
fn is_introduction(line: &str) -> bool {
    let line = line.trim();
    line.len() < 300
        && line.ends_with(':')
        && [" wrote", " schrieb", " a écrit", " escribió", " ha scritto", " schreef", " escreveu", " napisał", " skrev"]
            .iter()
            .any(|word| line.contains(word))
}

/// "-----Original Message-----", or the block of lines that Outlook puts above the mail it answers.
fn is_divider(lines: &[&str], at: usize) -> bool {
    let line = lines[at].trim();
    let bare = line.trim_matches(['-', '_', ' ']);
    if line.starts_with("---") && ["Original Message", "Ursprüngliche Nachricht", "Message d'origine"].contains(&bare)
    {
        return true;
    }
    line.starts_with("From: ")
        && lines[at + 1..].iter().take(4).any(|next| next.starts_with("Sent: ") || next.starts_with("Date: "))
        && lines[at + 1..].iter().take(6).any(|next| next.starts_with("Subject: "))
}

/// All passages in their order; the signature below two dashes.
pub(super) fn whole(text: &[Passage]) -> String {
    let pieces: Vec<String> = text
        .iter()
        .map(|passage| match passage {
            Passage::Said(text) | Passage::Quoted(text) => text.clone(),
            Passage::Signature(text) => format!("--\n{text}"),
        })
        .collect();
    pieces.join("\n\n")
}

/// What is newly said, with one line for each quote.
pub(super) fn fresh(text: &[Passage]) -> String {
    let pieces: Vec<String> = text
        .iter()
        .filter_map(|passage| match passage {
            Passage::Said(text) => Some(text.clone()),
            Passage::Quoted(text) => Some(match text.lines().count() {
                1 => "[1 quoted line, in message.eml]".into(),
                count => format!("[{count} quoted lines, in message.eml]"),
            }),
            Passage::Signature(_) => None,
        })
        .collect();
    pieces.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_told_from_what_it_quotes_and_from_its_signature() {
        let text = "It happens with 1.2 too.\n\nOn Mon, 2 Mar 2026 at 10:00, The team\n<team@example.org> wrote:\n> Which version?\n>\n> Best\n\nSee above.\n-- \nAda\nExample Labs";
        assert_eq!(
            passages(text),
            [
                Passage::Said("It happens with 1.2 too.".into()),
                Passage::Quoted(
                    "On Mon, 2 Mar 2026 at 10:00, The team\n<team@example.org> wrote:\n> Which version?\n>\n> Best"
                        .into()
                ),
                Passage::Said("See above.".into()),
                Passage::Signature("Ada\nExample Labs".into()),
            ]
        );
        assert_eq!(
            fresh(&passages(text)),
            "It happens with 1.2 too.\n\n[5 quoted lines, in message.eml]\n\nSee above."
        );
        assert!(whole(&passages(text)).ends_with("--\nAda\nExample Labs"));
    }

    #[test]
    fn outlook_quotes_everything_below_its_lines() {
        let text =
            "Yes.\n\nFrom: Team <team@example.org>\nSent: Monday\nTo: Ada\nSubject: Your report\n\nWhich version?";
        let found = passages(text);
        assert_eq!(found[0], Passage::Said("Yes.".into()));
        assert!(matches!(&found[1], Passage::Quoted(text) if text.ends_with("Which version?")), "{found:?}");
    }

    #[test]
    fn two_dashes_in_a_long_text_are_no_signature() {
        let text = format!("Title\n--\n{}", "line\n".repeat(40));
        assert_eq!(passages(&text).len(), 1);
    }

    #[test]
    fn flowed_lines_are_joined_within_their_quote() {
        let text = "A paragraph that \ngoes on.\n> quoted and \n> flowed\n\nEnd\n-- \nAda";
        assert_eq!(unflow(text, false), "A paragraph that goes on.\n> quoted and flowed\n\nEnd\n-- \nAda\n");
        assert_eq!(unflow("ab \ncd", true), "abcd\n");
        assert_eq!(unflow(" From here", false), "From here\n", "space-stuffing is undone");
    }
}
