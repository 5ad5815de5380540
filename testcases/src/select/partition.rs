//! Partitions: a part of the cases, chosen by a hash of their ids so that it is stable when cases are
//! added.

use std::str::FromStr;

/// The variable with the number, from 0, of a pod of a Kubernetes Indexed Job.
const INDEX: &str = "JOB_COMPLETION_INDEX";

/// One of several parts of the cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// From 0.
    part: u64,
    of: u64,
}

impl Partition {
    /// The number of the part, from 1.
    pub fn number(self) -> u64 {
        self.part + 1
    }

    /// The number of parts.
    pub fn of(self) -> u64 {
        self.of
    }

    /// Whether the case is in this part.
    pub fn has(self, id: &str) -> bool {
        // FNV-1a. Its low bits are distributed worst.
        let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (hash >> 32) % self.of == self.part
    }
}

impl FromStr for Partition {
    type Err = String;

    /// Reads `hash:2/5` or `2/5`. `today` as the part is another one every day; `index` is the number of
    /// the pod in its Indexed Job.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "invalid partition `{text}`: write hash:K/N with K from 1 to N, hash:today/N, or hash:index/N where {INDEX} is set"
            )
        };
        let parts = text.strip_prefix("hash:").unwrap_or(text);
        let (part, of) = parts.split_once('/').ok_or_else(wrong)?;
        let of: u64 = of.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?;
        let part = if part == "today" {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            now.map_or(0, |d| d.as_secs() / 86_400) % of
        } else if part == "index" {
            let index = std::env::var(INDEX).ok();
            let index = index.and_then(|index| index.parse().ok());
            index.filter(|index| *index < of).ok_or_else(wrong)?
        } else {
            let part: u64 = part.parse().map_err(|_| wrong())?;
            part.checked_sub(1).filter(|p| *p < of).ok_or_else(wrong)?
        };
        Ok(Self { part, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Suite;

    #[test]
    fn the_parts_are_all_cases_each_once_and_of_alike_size() {
        let parts: Vec<Partition> = (1..=7)
            .map(|k| format!("hash:{k}/7").parse().unwrap())
            .collect();
        let suite = Suite::embedded().unwrap();
        for case in &suite.cases {
            assert_eq!(parts.iter().filter(|p| p.has(&case.id)).count(), 1);
        }
        for part in parts {
            let size = suite.cases.iter().filter(|c| part.has(&c.id)).count();
            let fair = suite.cases.len() / 7;
            assert!(
                size > fair * 3 / 4 && size < fair * 5 / 4,
                "{size} of {fair}"
            );
        }
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for text in ["0/7", "8/7", "x", "1/0", "/", "hash:", "hash:index/7"] {
            assert!(text.parse::<Partition>().is_err(), "{text}");
        }
        assert!("today/7".parse::<Partition>().is_ok());
    }
}
