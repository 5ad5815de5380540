//! Manifests: sizes and checksums of distfiles, in the thin form.

use blake2::Blake2b512;
use blake2::digest::Digest;
use sha2::Sha512;

/// The `DIST` line of the bytes.
pub(crate) fn line(name: &str, bytes: &[u8]) -> String {
    let hex = |digest: &[u8]| {
        digest
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect::<String>()
    };
    format!(
        "DIST {name} {} BLAKE2B {} SHA512 {}\n",
        bytes.len(),
        hex(&Blake2b512::digest(bytes)),
        hex(&Sha512::digest(bytes)),
    )
}

/// A `DIST` line with the right length and the checksums of other bytes.
pub(crate) fn wrong_line(name: &str, bytes: &[u8]) -> String {
    let others: Vec<u8> = bytes.iter().map(|b| b ^ 1).collect();
    line(name, &others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_those_that_coreutils_print() {
        let line = line("a", b"pmsts\n");
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(&words[..4], ["DIST", "a", "6", "BLAKE2B"]);
        assert_eq!(words[4].len(), 128);
        assert_eq!(words[5], "SHA512");
        assert_eq!(&words[6][..32], "c23d624591f631142b4fa61f6a36ac21",);
    }

    #[test]
    fn a_wrong_line_differs_in_the_checksums_alone() {
        let (right, wrong) = (line("a", b"x"), wrong_line("a", b"x"));
        assert_ne!(right, wrong);
        assert_eq!(right[..8], wrong[..8]);
    }
}
