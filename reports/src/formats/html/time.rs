//! Durations in words.

/// A duration in words: `3.2 s`, or `61 min 5 s`.
pub(super) fn duration(ms: u64) -> String {
    match ms {
        0..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms / 1000 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_for_people() {
        assert_eq!(duration(3_250), "3.2 s");
        assert_eq!(duration(3_665_000), "61 min 5 s");
    }
}
