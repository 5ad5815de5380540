//! Package dependency specifications, and whether an installed package matches one (PMS: package dependency
//! specifications).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use super::version::Version;

/// A specification without blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specification {
    /// Category and name.
    pub package: String,
    /// Operator and version.
    pub version: Option<(Operator, String)>,
    /// What follows the colon: a slot, `slot/sub-slot` or `*`.
    pub slot: Option<String>,
    /// Requirements on USE flags.
    pub flags: Vec<UseDependency>,
}

/// An operator before a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `=`
    Equal,
    /// `=` with an asterisk after the version.
    Begins,
    /// `~`
    AnyRevision,
    /// `>=`
    GreaterEqual,
    /// `>`
    Greater,
}

/// A requirement on a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseDependency {
    /// The flag.
    pub flag: String,
    /// Its form.
    pub form: UseForm,
    /// The default for packages that do not have the flag.
    pub default: Option<bool>,
}

/// The forms of a requirement on a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseForm {
    /// `flag`
    Enabled,
    /// `-flag`
    Disabled,
    /// `flag=`
    Same,
    /// `!flag=`
    Opposite,
    /// `flag?`
    IfEnabled,
    /// `!flag?`
    IfDisabled,
}

/// An installed package.
#[derive(Debug, Clone)]
pub struct Installed {
    /// Category and name.
    pub package: String,
    /// Version with revision.
    pub version: String,
    /// Slot.
    pub slot: String,
    /// Sub-slot, if it is not that of the slot.
    pub sub_slot: Option<String>,
    /// Its flags, and whether each is enabled.
    pub flags: BTreeMap<String, bool>,
}

impl Specification {
    /// Whether a package matches, for a package whose own flags are `own`; `None` where the specification is an error.
    pub fn matches(&self, installed: &Installed, own: &BTreeMap<String, bool>) -> Option<bool> {
        let version = match &self.version {
            None => true,
            Some((operator, wanted)) => operator.holds(
                &Version::parse(&installed.version)?,
                &Version::parse(wanted)?,
            ),
        };
        let mut flags = true;
        for wanted in &self.flags {
            flags &= wanted.holds(&installed.flags, own)?;
        }
        Some(self.package == installed.package && version && self.slot_matches(installed) && flags)
    }

    fn slot_matches(&self, installed: &Installed) -> bool {
        let Some(wanted) = self.slot.as_deref().filter(|slot| *slot != "*") else {
            return true;
        };
        let (slot, sub) = wanted
            .split_once('/')
            .map_or((wanted, None), |(slot, sub)| (slot, Some(sub)));
        let own = installed.sub_slot.as_deref().unwrap_or(&installed.slot);
        slot == installed.slot && sub.is_none_or(|sub| sub == own)
    }
}

impl Operator {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Less,
        Self::LessEqual,
        Self::Equal,
        Self::Begins,
        Self::AnyRevision,
        Self::GreaterEqual,
        Self::Greater,
    ];

    fn holds(self, has: &Version, wanted: &Version) -> bool {
        let order = has.compare(wanted);
        match self {
            Self::Less => order == Ordering::Less,
            Self::LessEqual => order != Ordering::Greater,
            Self::Equal => order == Ordering::Equal,
            Self::Begins => wanted.begins(has),
            Self::AnyRevision => has.without_revisions(wanted) == Ordering::Equal,
            Self::GreaterEqual => order != Ordering::Less,
            Self::Greater => order == Ordering::Greater,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Equal | Self::Begins => "=",
            Self::AnyRevision => "~",
            Self::GreaterEqual => ">=",
            Self::Greater => ">",
        }
    }
}

impl UseDependency {
    fn holds(&self, flags: &BTreeMap<String, bool>, own: &BTreeMap<String, bool>) -> Option<bool> {
        let has = flags.get(&self.flag).copied().or(self.default)?;
        let mine = || own.get(&self.flag).copied();
        Some(match self.form {
            UseForm::Enabled => has,
            UseForm::Disabled => !has,
            UseForm::Same => has == mine()?,
            UseForm::Opposite => has != mine()?,
            UseForm::IfEnabled => has || !mine()?,
            UseForm::IfDisabled => !has || mine()?,
        })
    }
}

impl fmt::Display for UseDependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = match self.form {
            UseForm::Enabled => ("", ""),
            UseForm::Disabled => ("-", ""),
            UseForm::Same => ("", "="),
            UseForm::Opposite => ("!", "="),
            UseForm::IfEnabled => ("", "?"),
            UseForm::IfDisabled => ("!", "?"),
        };
        let default = match self.default {
            None => "",
            Some(true) => "(+)",
            Some(false) => "(-)",
        };
        write!(f, "{before}{}{default}{after}", self.flag)
    }
}

impl fmt::Display for Specification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            None => f.write_str(&self.package)?,
            Some((operator, version)) => {
                write!(f, "{}{}-{version}", operator.sign(), self.package)?;
                if *operator == Operator::Begins {
                    f.write_str("*")?;
                }
            }
        }
        if let Some(slot) = &self.slot {
            write!(f, ":{slot}")?;
        }
        if !self.flags.is_empty() {
            let flags: Vec<String> = self.flags.iter().map(ToString::to_string).collect();
            write!(f, "[{}]", flags.join(","))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed() -> Installed {
        Installed {
            package: "c/p".to_owned(),
            version: "1.2-r3".to_owned(),
            slot: "2".to_owned(),
            sub_slot: Some("7".to_owned()),
            flags: [("on".to_owned(), true), ("off".to_owned(), false)].into(),
        }
    }

    fn with_version(operator: Operator, version: &str) -> Specification {
        Specification {
            package: "c/p".to_owned(),
            version: Some((operator, version.to_owned())),
            slot: None,
            flags: Vec::new(),
        }
    }

    #[test]
    fn a_version_matches_by_its_operator() {
        use Operator::{AnyRevision, Begins, Equal, Greater, GreaterEqual, Less, LessEqual};
        for (operator, version, text, expected) in [
            (Less, "1.2-r3", "<c/p-1.2-r3", false),
            (LessEqual, "1.2-r3", "<=c/p-1.2-r3", true),
            (Equal, "1.2", "=c/p-1.2", false),
            (Begins, "1.2", "=c/p-1.2*", true),
            (AnyRevision, "1.2", "~c/p-1.2", true),
            (GreaterEqual, "1.2-r4", ">=c/p-1.2-r4", false),
            (Greater, "1.2", ">c/p-1.2", true),
        ] {
            let spec = with_version(operator, version);
            assert_eq!(spec.to_string(), text);
            assert_eq!(
                spec.matches(&installed(), &BTreeMap::new()),
                Some(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn slots_and_flags_match_as_asked() {
        let own: BTreeMap<String, bool> =
            [("on".to_owned(), true), ("off".to_owned(), true)].into();
        let flag = |flag: &str, form, default| UseDependency {
            flag: flag.to_owned(),
            form,
            default,
        };
        for (slot, flags, text, expected) in [
            (Some("2"), vec![], "c/p:2", Some(true)),
            (Some("2/2"), vec![], "c/p:2/2", Some(false)),
            (Some("2/7"), vec![], "c/p:2/7", Some(true)),
            (
                Some("*"),
                vec![flag("on", UseForm::Enabled, None)],
                "c/p:*[on]",
                Some(true),
            ),
            (
                None,
                vec![flag("off", UseForm::Same, None)],
                "c/p[off=]",
                Some(false),
            ),
            (
                None,
                vec![flag("off", UseForm::Opposite, None)],
                "c/p[!off=]",
                Some(true),
            ),
            (
                None,
                vec![flag("off", UseForm::IfEnabled, None)],
                "c/p[off?]",
                Some(false),
            ),
            (
                None,
                vec![flag("on", UseForm::IfDisabled, None)],
                "c/p[!on?]",
                Some(true),
            ),
            (
                None,
                vec![flag("no", UseForm::Disabled, Some(false))],
                "c/p[-no(-)]",
                Some(true),
            ),
            (
                None,
                vec![flag("no", UseForm::Enabled, None)],
                "c/p[no]",
                None,
            ),
        ] {
            let spec = Specification {
                package: "c/p".to_owned(),
                version: None,
                slot: slot.map(str::to_owned),
                flags,
            };
            assert_eq!(spec.to_string(), text);
            assert_eq!(spec.matches(&installed(), &own), expected, "{text}");
        }
    }
}
