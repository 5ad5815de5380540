//! Replaces placeholders: `@dep@` in a case's text becomes the generated name of the package `dep`.

use indexmap::IndexMap;

/// The texts that the placeholders of one instance stand for.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(IndexMap<String, String>);

/// A placeholder that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown placeholder `@{name}@`: use one of {known}")]
pub(super) struct UnknownName {
    name: String,
    known: String,
}

impl Names {
    /// Makes `@name@` stand for the text.
    pub(super) fn set(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.0.insert(name.into(), text.into());
    }

    /// The text that a name stands for.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The text with every placeholder replaced.
    pub(super) fn expand(&self, text: &str) -> Result<String, UnknownName> {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, name, after)) = next(rest) {
            expanded.push_str(before);
            expanded.push_str(self.get(name).ok_or_else(|| self.unknown(name))?);
            rest = after;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    fn unknown(&self, name: &str) -> UnknownName {
        let known: Vec<String> = self.0.keys().map(|k| format!("@{k}@")).collect();
        UnknownName {
            name: name.to_owned(),
            known: known.join(", "),
        }
    }
}

/// The first placeholder, with the text before and after it. The uses of `@` in Bash (`"$@"`,
/// `${a[@]}`, `@(x|y)`) are not placeholders, because no name stands between two marks.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(start) = text[from..].find('@').map(|i| from + i) {
        let after = &text[start + 1..];
        let length = after.find(|c| !is_name_char(c)).unwrap_or(after.len());
        let name = &after[..length];
        if name.starts_with(|c: char| c.is_ascii_lowercase()) && after[length..].starts_with('@') {
            return Some((&text[..start], name, &after[length + 1..]));
        }
        from = start + 1;
    }
    None
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        names.set("dep", "c/dep");
        names.set("dep.pf", "dep-1");
        names
    }

    #[test]
    fn placeholders_become_what_they_stand_for() {
        let expanded = names().expand(">=@dep@-1 @dep.pf@@dep@").unwrap();
        assert_eq!(expanded, ">=c/dep-1 dep-1c/dep");
    }

    #[test]
    fn bash_keeps_its_own_marks() {
        for text in [
            r#"f "$@" x "$@""#,
            "${a[@]}b${c[@]}",
            "@(a|b)@(c)",
            "user@Host@",
            "@",
            "a@b",
        ] {
            assert_eq!(names().expand(text).unwrap(), text);
        }
    }

    #[test]
    fn an_unknown_name_says_which_are_known() {
        let error = names().expand("@dpe@").unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown placeholder `@dpe@`: use one of @dep@, @dep.pf@"
        );
    }
}
