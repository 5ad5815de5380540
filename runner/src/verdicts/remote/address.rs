//! The address of a store, and the proxy that leads there.

use std::fmt;
use std::str::FromStr;

/// The address of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    scheme: String,
    /// Host and port, as written.
    host: String,
    /// `/` and what follows, without a slash at the end.
    path: String,
    /// User and password, as written.
    user: Option<String>,
}

impl Address {
    /// The URL of a path below it.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    /// User and password that it names, without escapes.
    pub(super) fn user(&self) -> Option<String> {
        self.user.as_deref().map(unescaped)
    }

    /// The proxy that leads there, by the variables of the environment.
    pub(super) fn proxy(&self, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
        let either = |name: &str| {
            let set = |name: &str| variable(name).filter(|value| !value.is_empty());
            set(name).or_else(|| set(&name.to_uppercase()))
        };
        if either("no_proxy").is_some_and(|list| self.is_in(&list)) {
            return None;
        }
        either(&format!("{}_proxy", self.scheme)).or_else(|| either("all_proxy"))
    }

    /// Whether a list of `no_proxy` names its host: exactly, by a domain above it, with or without the port, or by `*`.
    fn is_in(&self, list: &str) -> bool {
        let (name, port) = self.name_and_port();
        list.split(',').map(str::trim).any(|entry| {
            let (entry, wanted) = match entry.rsplit_once(':') {
                Some((entry, port))
                    if port.bytes().all(|b| b.is_ascii_digit()) && !entry.contains(':') =>
                {
                    (entry, Some(port))
                }
                _ => (entry, None),
            };
            let domain = entry
                .trim_start_matches("*.")
                .trim_start_matches('.')
                .trim_matches(['[', ']']);
            let below = || {
                name.strip_suffix(domain)
                    .is_some_and(|rest| rest.ends_with('.'))
            };
            let fits = entry == "*" || (!domain.is_empty() && (name == domain || below()));
            fits && wanted.is_none_or(|wanted| Some(wanted) == port.as_deref())
        })
    }

    fn name_and_port(&self) -> (String, Option<String>) {
        let (name, port) = match self.host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, Some(port.to_owned())),
            _ => (self.host.as_str(), None),
        };
        (name.trim_matches(['[', ']']).to_lowercase(), port)
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no address of a store: write http://HOST[:PORT][/PATH] or https://…"
            )
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let scheme = scheme.to_lowercase();
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user.to_owned()), host),
            None => (None, authority),
        };
        let bad = |c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '"' | '<' | '>')
        };
        if !matches!(scheme.as_str(), "http" | "https") || host.is_empty() || text.contains(bad) {
            return Err(wrong());
        }
        Ok(Self {
            scheme,
            host: host.to_owned(),
            path: path.trim_end_matches('/').to_owned(),
            user,
        })
    }
}

/// Without user and password, so that it can be shown and kept.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.host, self.path)
    }
}

/// Text as the value of a parameter in a URL.
pub(super) fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let one = |byte: u8| {
        if plain(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(one).collect()
}

/// Text without %-escapes.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let escaped = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        if let Some(byte) = escaped.filter(|_| *first == b'%') {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        let it = address("https://me:p%40ss@store.example:8443/pmsts/");
        assert_eq!(it.to_string(), "https://store.example:8443/pmsts");
        assert_eq!(it.user().unwrap(), "me:p@ss");
        assert_eq!(it.url("/ac/1"), "https://store.example:8443/pmsts/ac/1");
    }

    #[test]
    fn the_proxy_is_chosen_by_the_scheme() {
        let set = [
            ("http_proxy", "http://plain:1"),
            ("HTTPS_PROXY", "http://secure:2"),
            ("all_proxy", "socks5://all:3"),
            ("no_proxy", "localhost, .inner.example,10.0.0.1:80"),
        ];
        let variable = |name: &str| {
            let found = set.iter().find(|(it, _)| *it == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let of = |url: &str| address(url).proxy(variable);
        assert_eq!(of("http://store.example").unwrap(), "http://plain:1");
        assert_eq!(of("https://store.example").unwrap(), "http://secure:2");
        assert_eq!(of("http://localhost:8080"), None);
        assert_eq!(of("https://a.inner.example"), None);
        assert_eq!(of("https://inner.example"), None);
        assert!(of("https://winner.example").is_some());
        assert!(of("http://10.0.0.1:81").is_some());
        assert_eq!(of("http://10.0.0.1:80"), None);
        let all = |name: &str| (name == "ALL_PROXY").then(|| "socks5://all:3".to_owned());
        assert_eq!(address("http://x").proxy(all).unwrap(), "socks5://all:3");
    }
}
