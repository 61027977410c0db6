//! Where everything is: the map of the site for search engines, and the pages of other names of an advisory.

use std::collections::{BTreeMap, HashSet};
use std::io;

use askama::Template;
use candor_core::policy::Policy;
use candor_formats::advisory::Record;

use super::others::Others;
use super::pages;
use super::tree::{Going, Input, Published, is_path_part};
use crate::web::views::Link;
use crate::web::views::public::AliasPage;

/// Addresses of one map (sitemaps.org).
const ADDRESSES: usize = 50_000;

/// Prints `sitemap.xml`: these pages below the tree, with the day on which each last changed where that is known.
///
/// # Errors
/// What writing fails with.
pub fn sitemap(base_url: &str, pages: &[(String, Option<String>)], others: &Others<'_>) -> io::Result<()> {
    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    const SPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
    let mut maps = Vec::new();
    for part in pages.chunks(ADDRESSES) {
        let mut map = format!("{HEAD}<urlset xmlns=\"{SPACE}\">\n");
        for (path, changed) in part {
            let changed = changed.as_ref().map_or_else(String::new, |day| format!("<lastmod>{day}</lastmod>"));
            map.push_str(&format!("<url><loc>{}</loc>{changed}</url>\n", escape(&format!("{base_url}/{path}"))));
        }
        maps.push(map + "</urlset>\n");
    }
    if let [only] = maps.as_slice() {
        return others.put("sitemap.xml", only.as_bytes());
    }
    let mut index = format!("{HEAD}<sitemapindex xmlns=\"{SPACE}\">\n");
    for (number, map) in maps.iter().enumerate() {
        let name = format!("sitemap-{}.xml", number + 1);
        others.put(&name, map.as_bytes())?;
        index.push_str(&format!("<sitemap><loc>{}</loc></sitemap>\n", escape(&format!("{base_url}/{name}"))));
    }
    others.put("sitemap.xml", (index + "</sitemapindex>\n").as_bytes())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;")
}

/// Prints a page for every other name of the program's advisories, such as a CVE or an id from before, that leads to
/// the advisory.
///
/// # Errors
/// What writing fails with.
pub fn other_names(input: &Input, policy: &Policy, advisories: &[Going<'_>], others: &Others<'_>) -> io::Result<()> {
    let slug = &policy.program.slug;
    let mut names: BTreeMap<&str, Vec<&Published>> = BTreeMap::new();
    for going in advisories {
        for alias in going.of.record.aliases.iter().filter(|alias| is_path_part(alias)) {
            names.entry(alias).or_default().push(going.of);
        }
    }
    // An id is an address already; names that differ in case only are one file on some disks.
    let ids: HashSet<String> = advisories.iter().map(|going| going.of.record.id.to_ascii_lowercase()).collect();
    names.retain(|name, _| !ids.contains(&name.to_ascii_lowercase()));
    for (name, found) in names {
        let here = |record: &Record| format!("/{slug}/advisories/{}", record.id);
        let key = others.key(&[name], found.iter().map(|of| &of.hash));
        others.made_of(&format!("{slug}/advisories/{name}/index.html"), key, || {
            let page = AliasPage {
                shell: pages::shell(input, Some(policy), "advisories"),
                name: name.to_owned(),
                to: if let [only] = found.as_slice() { here(&only.record) } else { String::new() },
                advisories: found
                    .iter()
                    .map(|of| Link::new(format!("{}: {}", of.record.id, of.record.title), here(&of.record)))
                    .collect(),
            };
            page.render().map_err(io::Error::other)
        })?;
    }
    Ok(())
}
