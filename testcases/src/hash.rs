//! A hash that stays the same between releases, for names and for choices by seed.

/// FNV-1a: short, stable names for what cannot be part of a package name.
pub(crate) fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
