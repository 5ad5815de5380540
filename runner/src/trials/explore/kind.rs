//! A kind of inputs, and an input of it.

use proptest::strategy::BoxedStrategy;

/// The category of the packages.
pub(super) const CATEGORY: &str = "pms-explore";

/// An input of a kind, as phases of an ebuild that tell the answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Question {
    /// The input, for people.
    pub shown: String,
    /// Bash text by phase. `@key@` is the key to observe with, unique in a build.
    pub phases: Vec<(&'static str, String)>,
    /// Variables of an ebuild of its own, where the kind's inputs need one each.
    pub variables: Vec<(&'static str, String)>,
    /// What must be observed, by phase.
    pub expected: Vec<(&'static str, String)>,
}

/// A kind of inputs.
pub(crate) trait Kind: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;
    /// What is drawn, in a few words.
    fn about(&self) -> &'static str;
    /// The label of the section of the PMS that defines what comes of it.
    fn section(&self) -> &'static str;
    /// The requirements that a case of it verifies.
    fn requirements(&self) -> &'static [&'static str];
    /// How many inputs a build has.
    fn at_once(&self) -> usize;
    /// What all inputs need.
    fn setting(&self) -> Setting {
        Setting::default()
    }
    /// How inputs are drawn.
    fn strategy(&self) -> BoxedStrategy<Question>;
}

/// What all inputs of a kind need.
#[derive(Debug, Default)]
pub(crate) struct Setting {
    /// Packages that are installed before.
    pub installed: Vec<Package>,
    /// Variables of the ebuild that asks.
    pub main: Vec<(&'static str, String)>,
    /// Distfiles, each with its name as content.
    pub files: Vec<&'static str>,
    /// The user's USE flags: lines of package and flags.
    pub package_use: Vec<String>,
    /// Whether each input has an ebuild of its own.
    pub own_ebuilds: bool,
}

/// A package that is installed before.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Its variables.
    pub variables: Vec<(&'static str, String)>,
}

/// A word for Bash that stands for the text.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_is_one_word() {
        assert_eq!(quoted("a'b $c"), r"'a'\''b $c'");
    }
}
