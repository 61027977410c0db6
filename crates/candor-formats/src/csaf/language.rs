//! Which language tags exist.
//!
//! Source: RFC 5646 section 2.1; IANA Language Subtag Registry (built in as a list of subtags).

use std::collections::HashSet;
use std::sync::LazyLock;

struct Registry {
    language: HashSet<&'static str>,
    /// With the language each extends: `zh-yue`.
    extlang: HashSet<&'static str>,
    script: HashSet<&'static str>,
    region: HashSet<&'static str>,
    variant: HashSet<&'static str>,
}

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let subtags = |kind: &str| -> HashSet<&'static str> {
        let list = include_str!("../../data/language-subtags.txt");
        list.lines()
            .find_map(|line| line.strip_prefix(kind)?.strip_prefix(' '))
            .unwrap_or_default()
            .split(' ')
            .collect()
    };
    Registry {
        language: subtags("language"),
        extlang: subtags("extlang"),
        script: subtags("script"),
        region: subtags("region"),
        variant: subtags("variant"),
    }
});

/// Whether `tag` is well formed and each of its subtags is registered: `en`, `pt-BR`, `zh-Hant`.
pub fn exists(tag: &str) -> bool {
    let tag = tag.to_ascii_lowercase();
    if ["i-default", "i-mingo"].contains(&tag.as_str()) {
        return true;
    }
    let mut rest = tag.split('-').peekable();
    let well_formed =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !tag.split('-').all(well_formed) {
        return false;
    }
    if rest.peek() == Some(&"x") {
        return rest.count() > 1;
    }
    let Some(language) = rest.next().filter(|language| is_language(language)) else {
        return false;
    };
    if let Some(extlang) = rest.next_if(|part| part.len() == 3 && letters(part))
        && !REGISTRY.extlang.contains(format!("{language}-{extlang}").as_str())
    {
        return false;
    }
    if rest.next_if(|part| part.len() == 4 && letters(part)).is_some_and(|script| !is_script(script)) {
        return false;
    }
    let looks_like_region = |part: &&str| (part.len() == 2 && letters(part)) || (part.len() == 3 && digits(part));
    if rest.next_if(looks_like_region).is_some_and(|region| !is_region(region)) {
        return false;
    }
    let mut variants = Vec::new();
    while let Some(variant) =
        rest.next_if(|part| part.len() >= 5 || (part.len() == 4 && part.starts_with(|c: char| c.is_ascii_digit())))
    {
        if variants.contains(&variant) || !REGISTRY.variant.contains(variant) {
            return false;
        }
        variants.push(variant);
    }
    extensions_fit(rest.collect())
}

/// Singletons `t` and `u` with what follows, then private use after `x`.
fn extensions_fit(parts: Vec<&str>) -> bool {
    let mut seen = Vec::new();
    let mut parts = parts.into_iter().peekable();
    while let Some(singleton) = parts.next() {
        if singleton == "x" {
            return parts.next().is_some();
        }
        if !["t", "u"].contains(&singleton)
            || seen.contains(&singleton)
            || parts.next_if(|part| part.len() > 1).is_none()
        {
            return false;
        }
        seen.push(singleton);
        while parts.next_if(|part| part.len() > 1).is_some() {}
    }
    true
}

fn letters(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn digits(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

// Private-use ranges of the registry are written out here.
fn is_language(part: &str) -> bool {
    REGISTRY.language.contains(part) || (part.len() == 3 && ("qaa"..="qtz").contains(&part))
}

fn is_script(part: &str) -> bool {
    REGISTRY.script.contains(part) || ("qaaa"..="qabx").contains(&part)
}

fn is_region(part: &str) -> bool {
    REGISTRY.region.contains(part)
        || (part.len() == 2 && (("qm"..="qz").contains(&part) || ("xa"..="xz").contains(&part)))
}

#[cfg(test)]
mod tests {
    use super::exists;

    #[test]
    fn registered_tags_exist_and_others_do_not() {
        for tag in [
            "en",
            "EN-us",
            "pt-BR",
            "zh-Hant-TW",
            "zh-yue",
            "de-CH-1996",
            "de-DE-u-co-phonebk",
            "en-x-plain",
            "x-own",
            "i-default",
            "es-419",
            "qaa",
        ] {
            assert!(exists(tag), "{tag}");
        }
        for tag in [
            "",
            "EZ",
            "en-ZZZZZZZZZ",
            "en-YX",
            "zz",
            "english",
            "en_US",
            "en-",
            "de-yue",
            "en-US-US",
            "x",
            "en-u",
            "en-Zzzx",
            "é",
        ] {
            assert!(!exists(tag), "{tag}");
        }
    }
}
