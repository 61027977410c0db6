//! Markdown of an advisory to HTML that cannot do anything: no raw markup, no images, links only where people expect them.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

/// Markdown to HTML. Raw HTML is shown as text, images are left out (their words stay), links lead only to `http`,
/// `https` and `mailto`, and headings begin at the third level.
pub fn to_html(markdown: &str) -> String {
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    // For each open link, whether it is kept.
    let mut links: Vec<bool> = Vec::new();
    let events = parser.filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
            Some(Event::Text(text))
        }
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::Image { .. } | Tag::FootnoteDefinition(_) | Tag::MetadataBlock(_))
        | Event::End(TagEnd::Image | TagEnd::FootnoteDefinition | TagEnd::MetadataBlock(_))
        | Event::FootnoteReference(_) => None,
        Event::Start(Tag::CodeBlock(_)) => Some(Event::Start(Tag::CodeBlock(CodeBlockKind::Indented))),
        Event::Start(Tag::Heading { level, .. }) => {
            Some(Event::Start(Tag::Heading { level: lower(level), id: None, classes: Vec::new(), attrs: Vec::new() }))
        }
        Event::End(TagEnd::Heading(level)) => Some(Event::End(TagEnd::Heading(lower(level)))),
        Event::Start(Tag::Link { link_type, dest_url, .. }) => {
            let target = if link_type == LinkType::Email { format!("mailto:{dest_url}") } else { dest_url.to_string() };
            let kept = is_safe(&target);
            links.push(kept);
            kept.then(|| Event::InlineHtml(opening(&target).into()))
        }
        Event::End(TagEnd::Link) => links.pop().unwrap_or(false).then(|| Event::InlineHtml("</a>".into())),
        other => Some(other),
    });
    let mut out = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut out, events);
    out
}

/// Whether a link may be followed: a scheme people know, and nothing hidden in it.
pub fn is_safe(target: &str) -> bool {
    let plain = !target.chars().any(|c| c.is_control() || c.is_whitespace());
    let scheme = target.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    plain
        && match scheme.as_deref() {
            Some("http" | "https") => target.split_once("://").is_some_and(|(_, rest)| !rest.is_empty()),
            Some("mailto") => true,
            _ => false,
        }
}

fn opening(target: &str) -> String {
    let mut escaped = String::with_capacity(target.len());
    for c in target.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    format!("<a href=\"{escaped}\" rel=\"noopener noreferrer nofollow\">")
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use super::to_html;

    #[test]
    fn raw_markup_becomes_text() {
        let html = to_html("<script>alert(1)</script>\n\ntext <img src=x onerror=alert(1)> and <b>bold</b>");
        assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    }

    #[test]
    fn links_lead_only_where_people_expect_them() {
        for hostile in [
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](&#106;avascript:alert(1))",
            "[x](vbscript:x)",
            "[x](/desk/cases)",
            "[x](//evil.example)",
            "<javascript:alert(1)>",
            "[x][1]\n\n[1]: javascript:alert(1)",
            "[x](<java\tscript:alert(1)>)",
        ] {
            let html = to_html(hostile);
            assert!(!html.contains("<a"), "{hostile}: {html}");
        }
        assert_eq!(
            to_html("[see \"it\"](https://example.org/?a=1&b='2'\"3)"),
            "<p><a href=\"https://example.org/?a=1&amp;b=&#39;2&#39;&quot;3\" rel=\"noopener noreferrer nofollow\">see \"it\"</a></p>\n"
        );
        assert_eq!(
            to_html("[see](https://example.org/?a=1&b=2)"),
            "<p><a href=\"https://example.org/?a=1&amp;b=2\" rel=\"noopener noreferrer nofollow\">see</a></p>\n"
        );
        assert!(to_html("<first@example.org>").contains("href=\"mailto:first@example.org\""));
    }

    #[test]
    fn nested_brackets_and_images_leave_only_their_words() {
        let html = to_html("[![alt words](https://evil.example/pixel.png)](javascript:alert(1))");
        assert_eq!(html, "<p>alt words</p>\n");
        let html = to_html("[a [b](https://example.org) c](javascript:x)");
        assert_eq!(html.matches("<a ").count(), html.matches("</a>").count(), "{html}");
        assert!(!html.contains("href=\"javascript"), "{html}");
    }

    #[test]
    fn a_code_block_carries_no_attribute_and_headings_begin_at_the_third_level() {
        assert_eq!(to_html("```\" onload=x\ncode\n```"), "<pre><code>code\n</code></pre>\n");
        assert_eq!(to_html("# Title"), "<h3>Title</h3>\n");
    }
}
