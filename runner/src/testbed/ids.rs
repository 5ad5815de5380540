//! The ids of a testbed that an ordinary user opens: those of a user namespace.

use std::fs;
use std::path::PathBuf;

use nix::unistd::{User, getegid, geteuid};
use serde::{Deserialize, Serialize};

/// As many ids as a system has for its own users: 0 to 65535 are known in the testbed.
const WANTED: u32 = 65_535;

/// The user namespace of a testbed. Its root is the user who opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    uid: u32,
    gid: u32,
    /// The other ids; without them, the testbed has one user and one group.
    pub(super) range: Option<Range>,
}

/// Ids that an administrator has given to the user, and the programs that map them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Range {
    first_uid: u32,
    first_gid: u32,
    pub(super) newuidmap: PathBuf,
    pub(super) newgidmap: PathBuf,
}

impl Ids {
    /// The ids that this user can have, and why there is but one, if that is so.
    pub(super) fn of_this_user() -> (Self, Option<String>) {
        let (uid, gid) = (geteuid(), getegid());
        let name = User::from_uid(uid).ok().flatten().map(|user| user.name);
        let owner = [name.unwrap_or_default(), uid.to_string()];
        let first = |path: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            first_range(&text, &owner).ok_or_else(|| format!("{path} has no {WANTED} ids for this user (`usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {}`)", owner[0]))
        };
        let program = |name: &str| {
            which::which(name)
                .map_err(|_| format!("the program {name} is missing (Debian's package uidmap)"))
        };
        let range = || {
            Ok(Range {
                first_uid: first("/etc/subuid")?,
                first_gid: first("/etc/subgid")?,
                newuidmap: program("newuidmap")?,
                newgidmap: program("newgidmap")?,
            })
        };
        let (range, lack) = match range() {
            Ok(range) => (Some(range), None),
            Err(lack) => (None, Some(lack)),
        };
        let (uid, gid) = (uid.as_raw(), gid.as_raw());
        (Self { uid, gid, range }, lack)
    }

    /// The id of this user alone.
    pub(super) fn one() -> Self {
        let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
        let range = None;
        Self { uid, gid, range }
    }

    /// The ids of an ordinary user; root needs none.
    pub fn without_root() -> Option<Self> {
        (!geteuid().is_root()).then(|| Self::of_this_user().0)
    }

    /// Whether there is but one user.
    pub fn is_single(&self) -> bool {
        self.range.is_none()
    }

    /// The uid on the machine of a user of the testbed.
    pub fn outside(&self, uid: u32) -> Option<u32> {
        match (uid, &self.range) {
            (0, _) => Some(self.uid),
            (1..=WANTED, Some(range)) => Some(range.first_uid + uid - 1),
            _ => None,
        }
    }

    /// The maps of uids and of gids: triples of an id inside, one outside, and how many.
    pub(super) fn maps(&self) -> [Vec<u32>; 2] {
        let map = |own: u32, first: Option<u32>| {
            let rest = first.map(|first| [1, first, WANTED]);
            [0, own, 1]
                .into_iter()
                .chain(rest.into_iter().flatten())
                .collect()
        };
        let range = self.range.as_ref();
        [
            map(self.uid, range.map(|range| range.first_uid)),
            map(self.gid, range.map(|range| range.first_gid)),
        ]
    }
}

/// The first id of a range that is large enough, of a user with one of these names, in the format of /etc/subuid.
fn first_range(text: &str, owner: &[String]) -> Option<u32> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let first = fields.next()?.trim().parse().ok()?;
        let count: u32 = fields.next()?.trim().parse().ok()?;
        (owner.iter().any(|owner| owner == name) && count >= WANTED).then_some(first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_the_users_and_large_enough() {
        let text = "a:100000:65536\nb:200000:10\nb:300000:65536\n1003:400000:65536\n";
        let first = |owner: &[&str]| {
            let owner: Vec<String> = owner.iter().map(|&name| name.to_owned()).collect();
            first_range(text, &owner)
        };
        assert_eq!(first(&["b"]), Some(300_000));
        assert_eq!(first(&["c", "1003"]), Some(400_000));
        assert_eq!(first(&["d"]), None);
    }

    #[test]
    fn ids_are_known_on_both_sides() {
        let single = Ids {
            uid: 1000,
            gid: 1001,
            range: None,
        };
        assert_eq!((single.outside(0), single.outside(250)), (Some(1000), None));
        assert_eq!(single.maps(), [vec![0, 1000, 1], vec![0, 1001, 1]]);
        let range = Range {
            first_uid: 100_000,
            first_gid: 200_000,
            newuidmap: PathBuf::new(),
            newgidmap: PathBuf::new(),
        };
        let ids = Ids {
            range: Some(range),
            ..single
        };
        assert_eq!(ids.outside(250), Some(100_249));
        assert_eq!(ids.outside(70_000), None);
        assert_eq!(ids.maps()[1], [0, 1001, 1, 1, 200_000, WANTED]);
    }
}
