//! A page of HTML as the lines that a reader sees: reports that tools write for people are read like their text.

/// Longest page that is read, in bytes.
const PAGE: usize = 2 * 1024 * 1024;

/// Whether a text begins like a page or a table of one.
pub(super) fn begins(text: &str) -> bool {
    let head: String = text.trim_start().chars().take(200).collect::<String>().to_ascii_lowercase();
    let Some(first) = head.strip_prefix('<') else { return false };
    ["!doctype html", "html", "table", "head", "body"].iter().any(|tag| first.starts_with(tag))
}

/// The lines of a page: a new one for each block, row and list item, a tab between the cells of a row. Scripts, styles and
/// comments are left out. Nothing is fetched or run; what does not close ends with the page.
pub(super) fn lines(page: &str) -> String {
    let end = (0..=page.len().min(PAGE)).rev().find(|at| page.is_char_boundary(*at)).unwrap_or(0);
    let mut rest = &page[..end];
    let mut out = String::with_capacity(rest.len() / 2);
    let mut verbatim = false;
    while let Some(at) = rest.find('<') {
        write(&mut out, &rest[..at], verbatim);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let Some(close) = rest.find('>') else { break };
        let inside = &rest[1..close];
        rest = &rest[close + 1..];
        let name: String = inside
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(12)
            .collect::<String>()
            .to_ascii_lowercase();
        let closes = inside.starts_with('/');
        match name.as_str() {
            "script" | "style" if !closes => rest = after_end(rest, &name),
            "td" | "th" if !closes && !out.is_empty() && !out.ends_with('\n') => out.push('\t'),
            "pre" => {
                verbatim = !closes;
                new_line(&mut out);
            }
            "br" | "p" | "div" | "li" | "ul" | "ol" | "tr" | "table" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6"
            | "dt" | "dd" | "section" | "title" | "hr" | "body" | "thead" | "tbody" => new_line(&mut out),
            _ => {}
        }
    }
    if !rest.starts_with('<') {
        write(&mut out, rest, verbatim);
    }
    out
}

/// What stands behind the end of an element whose inside is not text.
fn after_end<'a>(rest: &'a str, name: &str) -> &'a str {
    let end = format!("</{name}");
    rest.match_indices("</")
        .find(|(at, _)| rest.get(*at..*at + end.len()).is_some_and(|found| found.eq_ignore_ascii_case(&end)))
        .map_or("", |(at, _)| &rest[at..])
}

fn new_line(out: &mut String) {
    while out.ends_with([' ', '\t']) {
        out.pop();
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

/// Writes text with its five entities read, and blanks drawn together unless they stand as they are.
fn write(out: &mut String, text: &str, verbatim: bool) {
    let plain = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&");
    if verbatim {
        out.push_str(&plain);
        return;
    }
    for c in plain.chars() {
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with([' ', '\n', '\t']) {
            out.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_the_lines_that_a_reader_sees() {
        let page = "<!DOCTYPE html><html><head><title>Result</title><style>p { color: red }</style></head><body><!-- no -->\
            <ul><li>a.c:3: <b>[2] </b> (x)\n  <i>strcpy:\n  no check</i></li></ul><table><tr><th>File<th>Line</tr>\
            <tr><td>a.c</td><td> 3 &amp; 4</td></tr></table><pre>one\n  two</pre><script>if (a < b) { x() }</script>end";
        assert!(begins(page));
        assert_eq!(lines(page), "Result\na.c:3: [2] (x) strcpy: no check\nFile\tLine\na.c\t3 & 4\none\n  two\nend");
        assert!(!begins("<script>alert(1)</script>") && !begins("<NessusClientData_v2>"));
    }

    #[test]
    fn abuse_i1_a_page_that_never_closes_costs_one_reading() {
        for piece in ["<", "<!--", "<script>", "<td>", "<pre>", "&lt;"] {
            let page = format!("<html>{}", piece.repeat(50_000));
            assert!(lines(&page).len() <= page.len());
        }
    }
}
