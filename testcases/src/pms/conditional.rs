//! USE conditionals in specifications of files (PMS: dependency specification format, the variable A).

use std::collections::BTreeSet;
use std::fmt;

/// An item of a specification: a name, or a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A name.
    Name(String),
    /// An all-of group.
    All(Vec<Item>),
    /// A group that counts where the flag is enabled, or disabled where it is `negated`.
    If {
        /// The flag.
        flag: String,
        /// Whether an exclamation mark stands before it.
        negated: bool,
        /// The group.
        items: Vec<Item>,
    },
}

impl Item {
    /// The names that count with these flags, each where it appears first.
    pub fn names<'a>(items: &'a [Self], enabled: &BTreeSet<&str>) -> Vec<&'a str> {
        let mut names = Vec::new();
        Self::collect(items, enabled, &mut names);
        names
    }

    fn collect<'a>(items: &'a [Self], enabled: &BTreeSet<&str>, names: &mut Vec<&'a str>) {
        for item in items {
            match item {
                Self::Name(name) if names.contains(&name.as_str()) => {}
                Self::Name(name) => names.push(name),
                Self::All(items) => Self::collect(items, enabled, names),
                Self::If {
                    flag,
                    negated,
                    items,
                } => {
                    if enabled.contains(flag.as_str()) != *negated {
                        Self::collect(items, enabled, names);
                    }
                }
            }
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = |f: &mut fmt::Formatter<'_>, items: &[Self]| {
            f.write_str("( ")?;
            for item in items {
                write!(f, "{item} ")?;
            }
            f.write_str(")")
        };
        match self {
            Self::Name(name) => f.write_str(name),
            Self::All(items) => group(f, items),
            Self::If {
                flag,
                negated,
                items,
            } => {
                write!(f, "{}{flag}? ", if *negated { "!" } else { "" })?;
                group(f, items)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_where_their_flags_are_as_asked() {
        let name = |text: &str| Item::Name(text.to_owned());
        let on = |negated, items| Item::If {
            flag: "a".to_owned(),
            negated,
            items,
        };
        let items = [
            on(false, vec![name("x"), Item::All(vec![name("y")])]),
            name("x"),
            on(true, vec![name("z")]),
        ];
        let text: Vec<String> = items.iter().map(Item::to_string).collect();
        assert_eq!(text.join(" "), "a? ( x ( y ) ) x !a? ( z )");
        assert_eq!(Item::names(&items, &["a"].into()), ["x", "y"]);
        assert_eq!(Item::names(&items, &BTreeSet::new()), ["x", "z"]);
    }
}
