//! `ver_cut` and `ver_rs` (PMS: version manipulation and comparison commands).

/// Separators and components in turn: the first separator may be empty, and so may the last.
struct Pieces {
    separators: Vec<String>,
    components: Vec<String>,
}

#[derive(PartialEq, Clone, Copy)]
enum Kind {
    Digits,
    Letters,
    Other,
}

impl Pieces {
    fn of(text: &str) -> Self {
        let kind = |c: char| match c {
            '0'..='9' => Kind::Digits,
            'a'..='z' | 'A'..='Z' => Kind::Letters,
            _ => Kind::Other,
        };
        let mut this = Self {
            separators: vec![String::new()],
            components: Vec::new(),
        };
        let mut last = Kind::Other;
        for c in text.chars() {
            let now = kind(c);
            let (separators, components) = (&mut this.separators, &mut this.components);
            match now {
                Kind::Other => {
                    if last != Kind::Other {
                        separators.push(String::new());
                    }
                    if let Some(separator) = separators.last_mut() {
                        separator.push(c);
                    }
                }
                _ if now == last => {
                    if let Some(component) = components.last_mut() {
                        component.push(c);
                    }
                }
                _ => {
                    if last != Kind::Other {
                        separators.push(String::new());
                    }
                    components.push(c.to_string());
                }
            }
            last = now;
        }
        if last != Kind::Other {
            this.separators.push(String::new());
        }
        this
    }
}

/// First and last index of a range; without a last one it has no end. `None` if the text is no range.
fn range(text: &str) -> Option<(usize, usize)> {
    let number = |text: &str| text.parse::<usize>().ok();
    match text.split_once('-') {
        None => number(text).map(|only| (only, only)),
        Some((first, "")) => Some((number(first)?, usize::MAX)),
        Some((first, last)) => Some((number(first)?, number(last)?)),
    }
}

/// What `ver_cut RANGE VERSION` prints; `None` if the range is none.
pub fn cut(of: &str, version: &str) -> Option<String> {
    let (first, last) = range(of)?;
    let pieces = Pieces::of(version);
    let count = pieces.components.len();
    let mut text = String::new();
    // A range that has no component of the version prints nothing.
    if last == 0 || first > count || count == 0 || last < first {
        return Some(text);
    }
    if first == 0 {
        text += &pieces.separators[0];
    }
    for index in first.max(1)..=last.min(count) {
        text += &pieces.components[index - 1];
        // The separator after the last one belongs to it only where the range goes on.
        if index < last {
            text += &pieces.separators[index];
        }
    }
    Some(text)
}

/// What `ver_rs RANGE REPLACEMENT… VERSION` prints; `None` if a range is none.
pub fn replace_separators(pairs: &[(&str, &str)], version: &str) -> Option<String> {
    let mut pieces = Pieces::of(version);
    let count = pieces.components.len();
    for (of, replacement) in pairs {
        let (first, last) = range(of)?;
        for (index, separator) in pieces.separators.iter_mut().enumerate() {
            let outer = index == 0 || index == count;
            let present = !(outer && separator.is_empty());
            if (first..=last).contains(&index) && present {
                (*replacement).clone_into(separator);
            }
        }
    }
    let components = pieces.components.iter().map(String::as_str).chain([""]);
    let pairs = pieces.separators.iter().zip(components);
    Some(
        pairs
            .flat_map(|(separator, component)| [separator.as_str(), component])
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_components_is_cut_out() {
        for (of, version, expected) in [
            ("1", "1.2.3", "1"),
            ("1-2", "1.2.3", "1.2"),
            ("2-", "1.2.3", "2.3"),
            ("1-2", "1.2b_alpha4", "1.2"),
            ("3", "1.2b_alpha4", "b"),
            ("5", "1.2b_alpha4", "4"),
            ("0-1", ".1.2.3", ".1"),
            ("0-2", ".1.2.3", ".1.2"),
            ("3-5", "1.2.3.", "3."),
            ("3", "1.2.3.", "3"),
            ("4", "1.2.3", ""),
            ("0", "1.2.3", ""),
        ] {
            assert_eq!(
                cut(of, version).unwrap(),
                expected,
                "ver_cut {of} {version}"
            );
        }
        assert_eq!(cut("x", "1"), None);
    }

    #[test]
    fn separators_are_replaced_by_index() {
        for (pairs, version, expected) in [
            (&[("1", "-")][..], "1.2.3", "1-2.3"),
            (&[("2", "-")], "1.2.3", "1.2-3"),
            (&[("1-2", "-")], "1.2.3.4", "1-2-3.4"),
            (&[("2-", "-")], "1.2.3.4", "1.2-3-4"),
            (&[("2", ".")], "1.2-3", "1.2.3"),
            (&[("3", "."), ("2", "")], "1.2b_alpha4", "1.2b.alpha4"),
            (&[("0-2", "-")], "1.2.3", "1-2-3"),
            (&[("3", "-")], "1.2.3", "1.2.3"),
            (&[("0", "-")], ".11.", "-11."),
            (&[("1", "-")], ".11.", ".11-"),
            (&[("2", "-")], "1a", "1a"),
        ] {
            assert_eq!(
                replace_separators(pairs, version).unwrap(),
                expected,
                "{pairs:?} {version}"
            );
        }
    }
}
