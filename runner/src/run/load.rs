//! How busy the machine is.

use std::fs;

/// How many processes wanted each core during the last minute; 0 where the system does not tell.
pub(super) fn per_core() -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = first_number(&text).unwrap_or_default();
    load / f64::from(u32::try_from(cores).unwrap_or(u32::MAX))
}

fn first_number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_of_the_last_minute_comes_first() {
        assert_eq!(first_number("2.85 2.93 1.19 2/157 22830\n"), Some(2.85));
        assert_eq!(first_number(""), None);
        assert!(per_core() >= 0.0);
    }
}
