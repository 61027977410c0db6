//! Header lines as they stand: counted, unfolded, not interpreted.

/// The header of a message.
#[derive(Debug)]
pub(super) struct Head {
    fields: Vec<(String, String)>,
    /// The bytes of the header.
    pub(super) bytes: Vec<u8>,
    /// Where the body begins.
    pub(super) body_at: usize,
}

/// Most fields that are looked at; a mail with more is read by its first ones.
const FIELDS: usize = 2_000;

impl Head {
    /// Reads the lines up to the first empty one. `Err` holds what was read when there is none within `limit` bytes.
    pub(super) fn read(raw: &[u8], limit: usize) -> Result<Self, Self> {
        if !begins_as_header(raw) {
            return Ok(Self { fields: Vec::new(), bytes: b"\r\n\r\n".to_vec(), body_at: 0 });
        }
        let (end, body_at) = end_of_header(&raw[..raw.len().min(limit)]);
        let too_long = end.is_none() && raw.len() > limit;
        let end = end.unwrap_or(raw.len().min(limit));
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in raw[..end].split(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':')
                && fields.len() < FIELDS
            {
                fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        let mut bytes = raw[..end].to_vec();
        bytes.extend_from_slice(b"\r\n\r\n");
        let head = Self { fields, bytes, body_at: body_at.unwrap_or(end) };
        if too_long { Err(head) } else { Ok(head) }
    }

    /// Every field, in order; names in lower case.
    pub(super) fn into_fields(self) -> Vec<(String, String)> {
        self.fields
    }

    /// The values of a field, in order. `name` in lower case.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// What stands in angle brackets in a field.
    pub(super) fn ids(&self, name: &str) -> Vec<String> {
        let mut ids = Vec::new();
        for value in self.all(name) {
            let mut rest = value;
            while let Some((_, after)) = rest.split_once('<') {
                let Some((id, after)) = after.split_once('>') else { break };
                let id: String = id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).take(998).collect();
                if !id.is_empty() && ids.len() < 200 {
                    ids.push(id);
                }
                rest = after;
            }
        }
        ids
    }
}

/// Whether the first line is a header's: empty, `Name: …`, or the line that mailbox files put first.
fn begins_as_header(raw: &[u8]) -> bool {
    let first = raw.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let name = first.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii_end();
    first.is_empty()
        || first.starts_with(b"From ")
        || (name.len() < first.len() && !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic()))
}

/// End of the last header line, and where the body begins.
fn end_of_header(raw: &[u8]) -> (Option<usize>, Option<usize>) {
    let mut at = 0;
    while let Some(length) = raw[at..].iter().position(|byte| *byte == b'\n') {
        let line = &raw[at..at + length];
        if line.is_empty() || line == b"\r" {
            return (Some(at), Some(at + length + 1));
        }
        at += length + 1;
    }
    (None, None)
}

/// Whether lines end in more than one way: `\r\n` beside a lone `\n`, or a lone `\r` anywhere.
pub(super) fn mixes_line_ends(raw: &[u8]) -> bool {
    let (mut whole, mut bare) = (false, false);
    for (at, byte) in raw.iter().enumerate() {
        match byte {
            b'\n' if at > 0 && raw[at - 1] == b'\r' => whole = true,
            b'\n' => bare = true,
            b'\r' if raw.get(at + 1) != Some(&b'\n') => return true,
            _ => {}
        }
        if whole && bare {
            return true;
        }
    }
    false
}
