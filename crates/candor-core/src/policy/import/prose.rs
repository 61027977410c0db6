//! Markdown prose, taken apart into sentences: each with its line, its links, its heading and what led to it.
//!
//! No whole Markdown: what matters is where a sentence begins, which words are links, and what stands in a list or a
//! table. Text inside fences and comments says nothing to a reader of a policy and is left out, but for keys.

/// A piece of prose that says one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sentence {
    /// Line on which it begins, from 1.
    pub line: usize,
    /// Its words, without markup.
    pub text: String,
    /// Its links: words and address.
    pub links: Vec<(String, String)>,
    /// The nearest heading above it.
    pub heading: String,
    /// What introduced the list or table it stands in.
    pub lead: String,
    /// Where it stands.
    pub place: Place,
}

/// Where a sentence stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    /// In a paragraph.
    #[default]
    Paragraph,
    /// In an item of a list.
    Item,
    /// It is a row of a table: its cells, with `; ` between them.
    Row,
    /// It is a heading.
    Heading,
    /// In a fence of code.
    Code,
}

impl Sentence {
    /// Its words in small letters.
    pub fn lower(&self) -> String {
        self.text.to_lowercase()
    }
}

/// A block of lines that belong together, before it is split into sentences.
struct Block {
    place: Place,
    line: usize,
    raw: String,
}

/// Every sentence of a text, in order.
pub fn sentences(text: &str) -> Vec<Sentence> {
    let mut out: Vec<Sentence> = Vec::new();
    let (mut heading, mut lead, mut before) = (String::new(), String::new(), Place::Paragraph);
    for block in blocks(text) {
        let (plain, lines, links) = inline(&block.raw, block.line);
        match block.place {
            Place::Heading => {
                heading = plain.trim().trim_end_matches('#').trim().to_owned();
                lead.clear();
                out.push(Sentence {
                    line: block.line,
                    text: heading.clone(),
                    links: links.into_iter().map(|link| (link.text, link.url)).collect(),
                    heading: heading.clone(),
                    lead: String::new(),
                    place: Place::Heading,
                });
            }
            Place::Row | Place::Code => out.push(Sentence {
                line: block.line,
                text: plain.trim().to_owned(),
                links: links.into_iter().map(|link| (link.text, link.url)).collect(),
                heading: heading.clone(),
                lead: lead.clone(),
                place: block.place,
            }),
            Place::Paragraph | Place::Item => {
                if block.place == Place::Paragraph && before == Place::Item {
                    lead.clear();
                }
                for (from, to) in split(&plain) {
                    let words = plain[from..to].trim();
                    if words.is_empty() {
                        continue;
                    }
                    let begins = from + (plain[from..to].len() - plain[from..to].trim_start().len());
                    out.push(Sentence {
                        line: lines.get(begins).copied().unwrap_or(block.line),
                        text: words.to_owned(),
                        links: links
                            .iter()
                            .filter(|link| link.at >= from && link.at < to)
                            .map(|link| (link.text.clone(), link.url.clone()))
                            .collect(),
                        heading: heading.clone(),
                        lead: if block.place == Place::Item { lead.clone() } else { String::new() },
                        place: block.place,
                    });
                }
                if block.place == Place::Paragraph {
                    lead = out.last().map(|last| last.text.clone()).unwrap_or_default();
                } else if let Some(last) = out.last().filter(|last| last.text.ends_with(':')) {
                    lead = last.text.clone();
                }
            }
        }
        before = block.place;
    }
    out
}

/// Lines, gathered into blocks.
fn blocks(text: &str) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    let mut fence: Option<&str> = None;
    let mut comment = false;
    let mut front = false;
    for (number, line) in (1..).zip(text.lines()) {
        let bare = line.trim();
        if number == 1 && bare == "---" {
            front = true;
            continue;
        }
        if front {
            front = bare != "---" && bare != "...";
            continue;
        }
        if let Some(mark) = fence {
            if bare.starts_with(mark) {
                fence = None;
            } else if !bare.is_empty() {
                out.push(Block { place: Place::Code, line: number, raw: bare.to_owned() });
            }
            continue;
        }
        if comment {
            comment = !bare.contains("-->");
            continue;
        }
        if bare.starts_with("<!--") {
            comment = !bare.contains("-->");
            continue;
        }
        if let Some(mark) = ["```", "~~~"].into_iter().find(|mark| bare.starts_with(mark)) {
            out.extend(open.take());
            fence = Some(mark);
            continue;
        }
        let bare = bare.trim_start_matches(['>', ' ']).trim();
        if bare.is_empty() || bare.starts_with("!!!") || bare.starts_with(":::") || is_rule(bare) {
            // A line of dashes or equals signs under a single line makes a heading of it.
            let underlines = bare.len() >= 3 && (bare.bytes().all(|b| b == b'-') || bare.bytes().all(|b| b == b'='));
            if underlines
                && let Some(block) = open.as_mut().filter(|block| block.place == Place::Paragraph)
                && !block.raw.contains('\n')
            {
                block.place = Place::Heading;
            }
            out.extend(open.take());
            continue;
        }
        if bare.starts_with('#') && bare.trim_start_matches('#').starts_with([' ', '\t']) {
            out.extend(open.take());
            let raw = bare.trim_start_matches('#').trim().to_owned();
            out.push(Block { place: Place::Heading, line: number, raw });
            continue;
        }
        if let Some(row) = row(bare) {
            out.extend(open.take());
            if !row.is_empty() {
                out.push(Block { place: Place::Row, line: number, raw: row });
            }
            continue;
        }
        if let Some(item) = item(bare) {
            out.extend(open.take());
            open = Some(Block { place: Place::Item, line: number, raw: item.to_owned() });
            continue;
        }
        match &mut open {
            Some(block) => {
                block.raw.push('\n');
                block.raw.push_str(bare);
            }
            None => open = Some(Block { place: Place::Paragraph, line: number, raw: bare.to_owned() }),
        }
    }
    out.extend(open);
    out
}

fn is_rule(line: &str) -> bool {
    let marks: Vec<u8> = line.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    marks.len() >= 3 && (b"-=*_").iter().any(|mark| marks.iter().all(|b| b == mark))
}

/// The words of a list item, when the line begins one.
fn item(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix(['-', '*', '+', '•'])
        && rest.starts_with([' ', '\t'])
    {
        return Some(rest.trim_start());
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..).filter(|_| (1..=3).contains(&digits))?;
    rest.strip_prefix(['.', ')']).filter(|rest| rest.starts_with([' ', '\t'])).map(str::trim_start)
}

/// The cells of a table's row with `; ` between them; empty for the line under the head.
fn row(line: &str) -> Option<String> {
    let pipes = line.starts_with('|') || line.matches(" | ").count() >= 1;
    if !pipes {
        return None;
    }
    if line.bytes().all(|b| b"|-: ".contains(&b)) {
        return Some(String::new());
    }
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    // A bar that is escaped is a letter of a cell.
    let cells: Vec<String> =
        inner.replace("\\|", "\u{1}").split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect();
    Some(cells.join("; "))
}

struct Link {
    at: usize,
    text: String,
    url: String,
}

/// Text without markup, the line of each of its bytes, and its links.
fn inline(raw: &str, first: usize) -> (String, Vec<usize>, Vec<Link>) {
    let mut out = String::with_capacity(raw.len());
    let mut lines = Vec::with_capacity(raw.len());
    let mut links: Vec<Link> = Vec::new();
    let mut line = first;
    let mut at = 0;
    let push = |out: &mut String, lines: &mut Vec<usize>, text: &str, line: usize| {
        out.push_str(text);
        lines.extend(std::iter::repeat_n(line, text.len()));
    };
    while let Some(letter) = raw.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &raw[at..];
        if letter == '\n' {
            line += 1;
            push(&mut out, &mut lines, " ", line);
            at += 1;
            continue;
        }
        if letter == '\\'
            && let Some(next) = rest[1..].chars().next().filter(char::is_ascii_punctuation)
        {
            push(&mut out, &mut lines, next.encode_utf8(&mut [0; 4]), line);
            at += 1 + next.len_utf8();
            continue;
        }
        if rest.starts_with("![") {
            at += 1;
            continue;
        }
        if letter == '['
            && let Some((text, url, length)) = link(rest)
        {
            let (words, _, _) = inline(&text, line);
            links.push(Link { at: out.len(), text: words.clone(), url });
            push(&mut out, &mut lines, &words, line);
            line += rest[..length].matches('\n').count();
            at += length;
            continue;
        }
        if letter == '<'
            && let Some(end) = rest
                .find('>')
                .filter(|end| !rest[..*end].contains(char::is_whitespace) || rest[1..].starts_with(['/', 'a', 'b']))
        {
            let inner = &rest[1..end];
            if inner.contains("://") && !inner.contains(' ') || inner.contains('@') && !inner.contains(' ') {
                let shown = inner.strip_prefix("mailto:").unwrap_or(inner);
                links.push(Link { at: out.len(), text: shown.to_owned(), url: inner.to_owned() });
                push(&mut out, &mut lines, shown, line);
            }
            line += rest[..end].matches('\n').count();
            at += end + 1;
            continue;
        }
        // A star after a slash is a pattern, like `name/*`.
        let star = letter == '*' && !raw[..at].ends_with('/');
        if star || letter == '`' || (letter == '_' && !within_word(raw, at)) {
            at += 1;
            continue;
        }
        if letter == '’' {
            push(&mut out, &mut lines, "'", line);
            at += letter.len_utf8();
            continue;
        }
        push(&mut out, &mut lines, letter.encode_utf8(&mut [0; 4]), line);
        at += letter.len_utf8();
    }
    // Addresses that stand bare are links as well.
    for (start, word) in words(&out) {
        let word = word.trim_start_matches(['(', '"', '\'']);
        let url = word.trim_end_matches(['.', ',', ';', ':', ')', '!', '?', '"', '\'']);
        if (url.starts_with("https://") || url.starts_with("http://"))
            && !links.iter().any(|link| link.url == url || link.text == url)
        {
            links.push(Link { at: start, text: url.to_owned(), url: url.to_owned() });
        }
    }
    links.sort_by_key(|link| link.at);
    (out, lines, links)
}

fn within_word(raw: &str, at: usize) -> bool {
    let before = raw[..at].chars().next_back().is_some_and(char::is_alphanumeric);
    let after = raw[at + 1..].chars().next().is_some_and(char::is_alphanumeric);
    before && after
}

/// `[text](url)` or `[text][ref]` at the start of the text: words, address, length.
fn link(rest: &str) -> Option<(String, String, usize)> {
    let mut depth = 0;
    let mut close = None;
    for (at, letter) in rest.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => {
                depth -= 1;
                if depth == 0 {
                    close = Some(at);
                    break;
                }
            }
            _ => {}
        }
        if at > 2_000 {
            return None;
        }
    }
    let close = close?;
    let after = &rest[close + 1..];
    let text = rest[1..close].to_owned();
    if let Some(inner) = after.strip_prefix('(') {
        // An address may hold pairs of parentheses.
        let mut depth = 1;
        for (at, letter) in inner.char_indices() {
            match letter {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let target = inner[..at].trim();
                let url = target.split(" \"").next().unwrap_or(target).trim_matches(['<', '>']).to_owned();
                return Some((text, url, close + 1 + 1 + at + 1));
            }
        }
        return None;
    }
    let inner = after.strip_prefix('[')?;
    let end = inner.find(']')?;
    Some((text, String::new(), close + 1 + 1 + end + 1))
}

/// Words with the byte at which each begins.
pub fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive(char::is_whitespace).scan(0, |at, part| {
        let start = *at;
        *at += part.len();
        Some((start, part.trim_end()))
    })
}

/// Where sentences begin and end.
fn split(text: &str) -> Vec<(usize, usize)> {
    const SHORT: [&str; 12] =
        ["e.g.", "i.e.", "etc.", "vs.", "approx.", "w.r.t.", "incl.", "resp.", "no.", "nr.", "mr.", "ms."];
    let mut out = Vec::new();
    let mut from = 0;
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    for (index, (at, letter)) in letters.iter().enumerate() {
        if !matches!(letter, '.' | '!' | '?') {
            continue;
        }
        let mut next = index + 1;
        while letters.get(next).is_some_and(|(_, c)| matches!(c, ')' | '"' | '\'' | '”' | '.' | '!' | '?')) {
            next += 1;
        }
        let Some((gap, _)) = letters.get(next).filter(|(_, c)| c.is_whitespace()) else { continue };
        let Some((_, first)) = letters[next..].iter().find(|(_, c)| !c.is_whitespace()) else { continue };
        let word = text[..=*at].rsplit(char::is_whitespace).next().unwrap_or_default().to_lowercase();
        let short = SHORT.iter().any(|short| word.trim_start_matches('(') == *short);
        let begins = first.is_uppercase() || first.is_ascii_digit() || matches!(first, '"' | '“' | '(' | '[');
        if begins && !short && from < *gap {
            out.push((from, *gap));
            from = *gap;
        }
    }
    out.push((from, text.len()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(usize, String)> {
        sentences(text).into_iter().map(|sentence| (sentence.line, sentence.text)).collect()
    }

    #[test]
    fn sentences_know_their_lines() {
        let text = "---\ntitle: x\n---\n# One\n\nFirst, e.g. this. Second runs\nover lines. Third\none!\n\n- item\n  goes on\n- next\n";
        let told = lines(text);
        let expected = [
            (4, "One"),
            (6, "First, e.g. this."),
            (6, "Second runs over lines."),
            (7, "Third one!"),
            (10, "item goes on"),
            (12, "next"),
        ];
        assert_eq!(told, expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn markup_is_left_out_and_links_are_kept() {
        let all = sentences(
            "See **the [list](https://a.example/x_(y) \"t\")** and <mailto:a@b.example>; `code_name` https://c.example.",
        );
        assert_eq!(all[0].text, "See the list and a@b.example; code_name https://c.example.");
        let urls: Vec<_> = all[0].links.iter().map(|(_, url)| url.as_str()).collect();
        assert_eq!(urls, ["https://a.example/x_(y)", "mailto:a@b.example", "https://c.example"]);
    }

    #[test]
    fn tables_headings_and_leads_are_seen() {
        let all = sentences("Title\n=====\n\nThese count:\n\n- one\n\n| A | B |\n|---|:--|\n| 1.x | yes |\n");
        assert_eq!(all[0].place, Place::Heading);
        assert_eq!((all[2].place, all[2].lead.as_str()), (Place::Item, "These count:"));
        assert_eq!((all[4].place, all[4].text.as_str(), all[4].line), (Place::Row, "1.x; yes", 10));
    }
}
