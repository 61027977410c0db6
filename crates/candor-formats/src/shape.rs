//! JSON schemas as tables, and a walk over a document beside one of them.
//!
//! Each format writes its own table; what a table cannot say (members that depend on each other) is code beside it.

use serde_json::Value;

use crate::finding::Findings;
use crate::uri;

/// What a value must look like.
pub enum Shape {
    /// Anything.
    Any,
    /// Text, empty or not.
    Free,
    /// Text of at least one character.
    Text,
    /// Text of at least one and at most so many characters.
    TextTo(usize),
    /// An absolute URI.
    Uri,
    /// A date and time of RFC 3339.
    Instant,
    /// `true` or `false`.
    Bool,
    /// A whole number of at least so much.
    Whole(u64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Text that the function accepts, and what it should look like.
    Like(fn(&str) -> bool, &'static str),
    /// A list of at least one item.
    List(&'static Shape),
    /// A list of any length, even none.
    Items(&'static Shape),
    /// A list of at least so many items without two equal ones.
    Set(&'static Shape, usize),
    /// An object.
    Object(&'static Object),
    /// An object that is checked elsewhere.
    Elsewhere,
}

/// What the members of an object must look like.
pub struct Object {
    /// Members that must be there.
    pub required: &'static [&'static str],
    /// What each member must look like.
    pub members: &'static [(&'static str, Shape)],
    /// The smallest and largest count of members.
    pub count: (usize, usize),
    /// What holds for members that are not named.
    pub others: Others,
}

/// What holds for members that a table does not name.
pub enum Others {
    /// They may be there.
    Allowed,
    /// They must not.
    Refused,
    /// They may be there where the function takes their name.
    Named(fn(&str) -> bool),
}

impl Others {
    /// Whether a member of this name may be there.
    fn takes(&self, name: &str) -> bool {
        match self {
            Self::Allowed => true,
            Self::Refused => false,
            Self::Named(takes) => takes(name),
        }
    }
}

/// An object in which members that are not named are allowed.
pub const fn object(required: &'static [&'static str], members: &'static [(&'static str, Shape)]) -> Object {
    Object { required, members, count: (0, usize::MAX), others: Others::Allowed }
}

/// The same with at least one member.
pub const fn not_empty(members: &'static [(&'static str, Shape)]) -> Object {
    Object { required: &[], members, count: (1, usize::MAX), others: Others::Allowed }
}

/// An object that takes the named members only.
pub const fn closed(required: &'static [&'static str], members: &'static [(&'static str, Shape)]) -> Object {
    Object { required, members, count: (0, usize::MAX), others: Others::Refused }
}

/// The same with at least `least` members.
pub const fn closed_with(
    required: &'static [&'static str],
    least: usize,
    members: &'static [(&'static str, Shape)],
) -> Object {
    Object { required, members, count: (least, usize::MAX), others: Others::Refused }
}

/// Adds a finding `schema` for everything in `value` that has not the shape of `object`; `path` is where it stands.
pub fn check(value: &Value, object: &Object, path: &str, findings: &mut Findings) {
    check_object(value, object, &mut path.to_owned(), findings);
}

/// Visits every member of `value` that the table does not name, with its path. What is checked elsewhere is left out.
pub fn unnamed(value: &Value, object: &Object, path: &mut String, visit: &mut dyn FnMut(&str)) {
    let Some(members) = value.as_object() else { return };
    for (key, value) in members {
        match object.members.iter().find(|(name, _)| same(name, key)) {
            Some((_, shape)) => within(path, key, |path| unnamed_below(value, shape, path, visit)),
            None => {
                let step = key.replace('~', "~0").replace('/', "~1");
                within(path, &step, |path| visit(path));
            }
        }
    }
}

fn unnamed_below(value: &Value, shape: &Shape, path: &mut String, visit: &mut dyn FnMut(&str)) {
    match shape {
        Shape::Object(object) => unnamed(value, object, path, visit),
        List(item) | Items(item) | Set(item, _) => {
            for (place, value) in value.as_array().into_iter().flatten().enumerate() {
                at_place(path, place, |path| unnamed_below(value, item, path, visit));
            }
        }
        _ => {}
    }
}

use Shape::{Bool, Elsewhere, Free, Instant, Items, Like, List, OneOf, Set, Text, TextTo, Uri, Whole};

fn check_value(value: &Value, shape: &Shape, path: &mut String, findings: &mut Findings) {
    let wrong =
        match shape {
            Shape::Any => None,
            Free => (!value.is_string()).then(|| "text".to_owned()),
            TextTo(most) => value
                .as_str()
                .is_none_or(|text| text.is_empty() || text.chars().count() > *most)
                .then(|| format!("text of 1 to {most} characters")),
            Bool => (!value.is_boolean()).then(|| "true or false".to_owned()),
            Whole(least) => {
                value.as_u64().is_none_or(|number| number < *least).then(|| format!("a whole number, {least} or more"))
            }
            Text => value.as_str().is_none_or(str::is_empty).then(|| "text of at least one character".to_owned()),
            Uri => (!value.as_str().is_some_and(uri::is_uri)).then(|| "an absolute URI".to_owned()),
            Instant => (!value.as_str().is_some_and(is_instant))
                .then(|| "a date and time such as 2026-01-31T12:00:00Z".to_owned()),
            OneOf(words) => (!value.as_str().is_some_and(|word| words.contains(&word)))
                .then(|| format!("one of {}", words.join(", "))),
            Like(accepts, what) => (!value.as_str().is_some_and(accepts)).then(|| (*what).to_owned()),
            List(item) => return check_list(value, item, 1, path, findings),
            Items(item) => return check_list(value, item, 0, path, findings),
            Set(item, least) => {
                check_list(value, item, *least, path, findings);
                return check_unique(value, path, findings);
            }
            Shape::Object(object) => return check_object(value, object, path, findings),
            Elsewhere => (!value.is_object()).then(|| "an object".to_owned()),
        };
    if let Some(wrong) = wrong {
        findings.add("schema", path.clone(), format!("This must be {wrong}"));
    }
}

fn check_list(value: &Value, item: &Shape, least: usize, path: &mut String, findings: &mut Findings) {
    let Some(list) = value.as_array() else {
        return findings.add("schema", path.clone(), "This must be a list");
    };
    if list.len() < least {
        findings.add(
            "schema",
            path.clone(),
            format!("This list must have at least {least} item{}", if least == 1 { "" } else { "s" }),
        );
    }
    for (place, value) in list.iter().enumerate() {
        at_place(path, place, |path| check_value(value, item, path, findings));
    }
}

fn check_unique(value: &Value, path: &str, findings: &mut Findings) {
    let Some(list) = value.as_array().filter(|list| list.len() > 1) else { return };
    // Text is compared as text; a list of thousands of ids must not cost its square.
    let mut texts = std::collections::HashSet::with_capacity(list.len());
    let mut others: Vec<&Value> = Vec::new();
    let twice = list.iter().any(|item| match item.as_str() {
        Some(text) => !texts.insert(text),
        None => {
            others.contains(&item) || {
                others.push(item);
                false
            }
        }
    });
    if twice {
        findings.add("schema", path, "This list must not hold the same item twice");
    }
}

fn check_object(value: &Value, object: &Object, path: &mut String, findings: &mut Findings) {
    let Some(members) = value.as_object() else {
        return findings.add("schema", path.clone(), "This must be an object");
    };
    let (least, most) = object.count;
    if members.len() < least || members.len() > most {
        findings.add(
            "schema",
            path.clone(),
            format!(
                "This object has {} members, which is too {}",
                members.len(),
                if members.len() < least { "few" } else { "many" }
            ),
        );
    }
    // One pass over what is there: documents have few of the members that a schema knows.
    let mut required = 0;
    for (key, value) in members {
        required += usize::from(object.required.iter().any(|name| same(name, key)));
        match object.members.iter().find(|(name, _)| same(name, key)) {
            Some((_, shape)) => within(path, key, |path| check_value(value, shape, path, findings)),
            None if object.others.takes(key) => {}
            None => {
                let step = key.replace('~', "~0").replace('/', "~1");
                within(path, &step, |path| {
                    findings.add("schema", path.clone(), "There is no such member here; remove it");
                });
            }
        }
    }
    if required < object.required.len() {
        for key in object.required.iter().filter(|key| !members.contains_key(**key)) {
            findings.add("schema", path.clone(), format!("{key} is missing"));
        }
    }
}

/// Equality of two names of members, of which most differ in their last letter or in length.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.as_bytes().last() == other.as_bytes().last() && one == other
}

fn within(path: &mut String, step: &str, visit: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push('/');
    path.push_str(step);
    visit(path);
    path.truncate(length);
}

/// Visits item `place` of a list, with its number at the end of the path.
pub(crate) fn at_place(path: &mut String, place: usize, visit: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push('/');
    push_number(path, place);
    visit(path);
    path.truncate(length);
}

/// Appends a number in decimal digits.
fn push_number(text: &mut String, number: usize) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.push(char::from(b'0' + u8::try_from(number % 10).unwrap_or(0)));
}

/// RFC 3339 section 5.6, and a day that exists.
pub fn is_instant(text: &str) -> bool {
    let bytes = text.as_bytes();
    let date_and_time = bytes.len() >= 20
        && bytes[..19].iter().zip(b"dddd-dd-ddTdd:dd:dd").all(|(is, want)| match want {
            b'd' => is.is_ascii_digit(),
            b'T' => matches!(is, b'T' | b't'),
            want => is == want,
        });
    if !date_and_time {
        return false;
    }
    let rest = &text[19..];
    let zone =
        rest.strip_prefix('.').map_or(rest, |fraction| fraction.trim_start_matches(|c: char| c.is_ascii_digit()));
    let has_digits = !rest.starts_with('.') || zone.len() + 1 < rest.len();
    let zone_fits = matches!(zone, "Z" | "z") || zone.strip_prefix(['+', '-']).is_some_and(is_offset);
    has_digits && zone_fits && exists(bytes, zone.as_bytes())
}

/// Whether the instant exists. A second 60 exists at the end of a UTC day only. The shape has been looked at.
fn exists(text: &[u8], zone: &[u8]) -> bool {
    let number = |bytes: &[u8]| bytes.iter().fold(0_i16, |sum, byte| sum * 10 + i16::from(byte - b'0'));
    let small = |bytes: &[u8]| i8::try_from(number(bytes)).unwrap_or(i8::MAX);
    let (hour, minute, second) = (small(&text[11..13]), small(&text[14..16]), small(&text[17..19]));
    let leap = second == 60;
    let day = jiff::civil::Date::new(number(&text[..4]), small(&text[5..7]), small(&text[8..10]));
    let time = jiff::civil::Time::new(hour, minute, if leap { 59 } else { second }, 0);
    if day.is_err() || time.is_err() {
        return false;
    }
    let minutes = zone.get(1..6).map_or(0, |zone| number(&zone[..2]) * 60 + number(&zone[3..]));
    let offset = if zone.starts_with(b"-") { -minutes } else { minutes };
    let of_day = i16::from(hour) * 60 + i16::from(minute);
    !leap || (of_day - offset).rem_euclid(24 * 60) == 24 * 60 - 1
}

fn is_offset(text: &str) -> bool {
    text.split_once(':').is_some_and(|(hours, minutes)| {
        let below = |text: &str, limit: u8| text.len() == 2 && text.parse::<u8>().is_ok_and(|number| number < limit);
        below(hours, 24) && below(minutes, 60)
    })
}
