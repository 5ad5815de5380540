//! Ways to install a release, written as its local version: `3.0.83+native`.

use pep440_rs::{LocalSegment, Version};

/// How to install a release.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Variant {
    /// From its sources, with the C modules that the package index's wheel leaves out.
    pub(super) native: bool,
    /// With the newest dependencies, and not those of the day on which it was published.
    pub(super) fresh: bool,
}

impl Variant {
    /// The variant that a version names; the unknown label if it names another.
    pub(super) fn of(version: &Version) -> Result<Self, String> {
        let mut variant = Self::default();
        for label in version.local() {
            match label.to_string().as_str() {
                "native" => variant.native = true,
                "fresh" => variant.fresh = true,
                other => return Err(other.to_owned()),
            }
        }
        Ok(variant)
    }

    /// The version with the label of newest dependencies.
    pub(super) fn fresh(version: Version) -> Version {
        let mut labels = version.local().to_vec();
        let fresh = LocalSegment::String("fresh".to_owned());
        if !labels.contains(&fresh) {
            labels.push(fresh);
        }
        version.with_local(labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_version_names_the_variant() {
        let of = |text: &str| Variant::of(&text.parse().unwrap());
        assert_eq!(of("1.0"), Ok(Variant::default()));
        assert!(of("1.0+native").unwrap().native);
        let both = of("1.0+native.fresh").unwrap();
        assert!(both.native && both.fresh);
        assert_eq!(of("1.0+musl"), Err("musl".to_owned()));
        let fresh = Variant::fresh("1.0+native".parse().unwrap());
        assert_eq!(fresh.to_string(), "1.0+native.fresh");
        assert_eq!(Variant::fresh(fresh.clone()), fresh);
    }
}
