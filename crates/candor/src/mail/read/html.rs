//! HTML shown as text: nothing is loaded, nothing runs, and a link shows where it leads.

use mail_parser::decoders::html::add_html_token;

/// Elements whose content is not text for people.
const UNSEEN: [&str; 7] = ["script", "style", "head", "title", "template", "object", "noscript"];
/// Elements that begin a new line.
const LINES: [&str; 22] = [
    "p",
    "div",
    "br",
    "li",
    "tr",
    "ul",
    "ol",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "hr",
    "section",
    "article",
    "blockquote",
    "dl",
    "dt",
    "dd",
];

/// Bytes of HTML that are read; more is in the raw message.
pub(super) const LONGEST: usize = 2 * 1024 * 1024;

/// The text of an HTML document, in one pass.
pub(super) fn to_text(html: &str) -> String {
    let html = &html[..html.floor_char_boundary(LONGEST)];
    // What was once looked for in vain is not looked for again, so that the time grows with the length alone.
    let (mut no_end, mut no_close) = (false, [false; UNSEEN.len()]);
    let lower = html.to_ascii_lowercase();
    let mut writer = Writer::default();
    let mut at = 0;
    while let Some(open) = html[at..].find('<') {
        writer.text(&html[at..at + open]);
        at += open;
        let rest = &lower[at..];
        if rest.starts_with("<!--") {
            at += rest.find("-->").map_or(rest.len(), |end| end + 3);
            continue;
        }
        let is_tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        let end = if is_tag && !no_end { rest.find('>') } else { None };
        no_end |= is_tag && end.is_none();
        let Some(end) = end else {
            writer.text("<");
            at += 1;
            continue;
        };
        let (tag, closing) = match rest[1..end].strip_prefix('/') {
            Some(tag) => (tag, true),
            None => (&rest[1..end], false),
        };
        let name: &str = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let whole = &html[at + 1..at + end];
        at += end + 1;
        let unseen =
            UNSEEN.iter().position(|it| *it == name).filter(|it| !closing && !whole.ends_with('/') && !no_close[*it]);
        if let Some(unseen) = unseen {
            match lower[at..].find(&format!("</{name}")) {
                Some(found) => at += found,
                // Without an end it would swallow the rest; then it is no such element.
                None => no_close[unseen] = true,
            }
            continue;
        }
        writer.tag(name, closing, whole);
    }
    writer.text(&html[at.min(html.len())..]);
    writer.finish()
}

#[derive(Default)]
struct Writer {
    out: String,
    depth: usize,
    pre: usize,
    space: bool,
    links: Vec<(String, usize)>,
}

impl Writer {
    fn line(&mut self) {
        self.space = false;
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn begin(&mut self) {
        if self.out.is_empty() || self.out.ends_with('\n') {
            self.out.extend(std::iter::repeat_n('>', self.depth.min(8)));
            if self.depth > 0 {
                self.out.push(' ');
            }
            self.space = false;
        }
    }

    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if c.is_whitespace() {
                rest = &rest[c.len_utf8()..];
                if self.pre > 0 && c == '\n' {
                    self.out.push('\n');
                } else if self.pre > 0 {
                    self.begin();
                    self.out.push(' ');
                } else {
                    self.space = true;
                }
                continue;
            }
            if self.space && !self.out.is_empty() && !self.out.ends_with(['\n', ' ']) {
                self.out.push(' ');
            }
            self.space = false;
            self.begin();
            let entity =
                (c == '&').then(|| rest.as_bytes()[..rest.len().min(40)].iter().position(|b| *b == b';')).flatten();
            let end = match entity {
                Some(end) if rest[1..end].chars().all(|c| c.is_ascii_alphanumeric() || c == '#') => end + 1,
                _ => c.len_utf8(),
            };
            if end > 1 && c == '&' {
                add_html_token(&mut self.out, &rest.as_bytes()[..end], false);
            } else {
                self.out.push(c);
            }
            rest = &rest[end..];
        }
    }

    fn tag(&mut self, name: &str, closing: bool, whole: &str) {
        if LINES.contains(&name) {
            self.line();
        }
        match (name, closing) {
            ("p" | "h1" | "h2" | "h3" | "table" | "blockquote", true) if !self.out.is_empty() => self.out.push('\n'),
            _ => {}
        }
        match (name, closing) {
            ("blockquote", false) => self.depth += 1,
            ("blockquote", true) => self.depth = self.depth.saturating_sub(1),
            ("pre", false) => self.pre += 1,
            ("pre", true) => self.pre = self.pre.saturating_sub(1),
            ("li", false) => {
                self.begin();
                self.out.push_str("- ");
            }
            ("td" | "th", true) => self.space = true,
            ("img", false) => {
                if let Some(alt) = attribute(whole, "alt").filter(|alt| !alt.trim().is_empty()) {
                    self.text(&format!(" [image: {alt}] "));
                }
            }
            ("a", false) => self.links.push((attribute(whole, "href").unwrap_or_default(), self.out.len())),
            ("a", true) => {
                if let Some((href, from)) = self.links.pop() {
                    let shown = self.out.get(from..).unwrap_or_default().trim();
                    let told = href.trim_start_matches("mailto:");
                    let leads = ["http://", "https://", "mailto:", "ftp://"].iter().any(|it| href.starts_with(it));
                    if leads && shown != told && shown.trim_end_matches('/') != told.trim_end_matches('/') {
                        let told = told.to_owned();
                        self.text(&format!(" <{told}>"));
                    }
                }
            }
            _ => {}
        }
    }

    fn finish(self) -> String {
        // No more than one empty line in a row.
        let mut out = String::with_capacity(self.out.len());
        let mut empty = 0;
        for line in self.out.lines().map(str::trim_end) {
            empty = if line.is_empty() { empty + 1 } else { 0 };
            if empty < 2 {
                out.push_str(line);
                out.push('\n');
            }
        }
        out.trim_matches('\n').to_owned()
    }
}

/// The value of an attribute of a tag; entities in it are left as they are, but for `&amp;`.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let at = lower.match_indices(name).map(|(at, _)| at).find(|at| {
        lower[..*at].ends_with(|c: char| c.is_whitespace() || c == '"' || c == '\'')
            && lower[at + name.len()..].trim_start().starts_with('=')
    })?;
    let value = tag[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split_whitespace().next()?,
    };
    Some(value.replace("&amp;", "&").chars().filter(|c| !c.is_control()).take(2_000).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_would_see_is_shown_and_links_show_where_they_lead() {
        let html = "<html><head><title>x</title><style>p{}</style></head><body><h1>Overflow&nbsp;in &lt;parse&gt;</h1>\
            <p>Open <a href=\"https://evil.example/?a=1&amp;b=2\">https://good.example</a>.</p>\
            <ul><li>one<li>two</ul><img src=\"https://track.example/p.gif\" alt=\"a crash\">\
            <blockquote>You wrote<br>this</blockquote>1 &lt; 2 & 3 > 2<script>alert(1)</script></body></html>";
        assert_eq!(
            to_text(html),
            "Overflow\u{a0}in <parse>\n\nOpen https://good.example <https://evil.example/?a=1&b=2>.\n\n- one\n- two\n[image: a crash]\n> You wrote\n> this\n\n1 < 2 & 3 > 2"
        );
    }

    #[test]
    fn broken_html_still_gives_its_text() {
        assert_eq!(to_text("a < b and <b>bold"), "a < b and bold");
        assert_eq!(to_text("text <!-- never closed"), "text");
        assert_eq!(to_text("no tags at all &unknown; &"), "no tags at all &unknown; &");
        assert_eq!(to_text("tail <unclosed"), "tail <unclosed");
    }
}
