//! The stores of a run: the one in the cache, and those of others by rule. What one lacks is asked of the next; what is
//! found goes into all that take it.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use pmsts_reports::record::StoreUse;
use pmsts_store::{Entry, Key, Store, StoreError};

use super::error::VerdictsError;
use super::kept::{Kept, Wanted};
use super::remote::{Remote, Rule, for_cases};
use crate::provision::Cache;

/// The stores of a run.
pub(crate) struct Stores {
    local: Option<RefCell<Store>>,
    remotes: Vec<Remote>,
    /// Why the store in the cache was not used, or no longer.
    failed: RefCell<Option<String>>,
}

impl Stores {
    /// Opens the store of the cache, if it is to be used, and prepares the others. A cache that cannot be used makes the
    /// run slower, not impossible; a store of a newer pmsts is an error, as its user can do something about it.
    pub(crate) fn open(cache: Option<&Cache>, rules: &[Rule]) -> Result<Self, StoreError> {
        let (mut local, mut failed) = (None, None);
        match cache.map(super::local::open) {
            Some(Ok(store)) => local = Some(RefCell::new(store)),
            Some(Err(error @ StoreError::Newer { .. })) => return Err(error),
            Some(Err(error)) => failed = Some(error.to_string()),
            None => {}
        }
        Ok(Self {
            local,
            remotes: rules.iter().map(Remote::new).collect(),
            failed: RefCell::new(failed),
        })
    }

    /// The observations that answer what is asked, by build.
    pub(crate) fn find(&self, wanted: &[Wanted<'_>]) -> HashMap<Key, Kept> {
        let mut found = self.find_local(wanted);
        for remote in &self.remotes {
            let open = wanted.iter().filter(|it| !found.contains_key(&it.build));
            let theirs = |it: &&Wanted<'_>| {
                for_cases(&self.remotes, &it.cases).is_some_and(|other| std::ptr::eq(other, remote))
            };
            let open: Vec<&Wanted<'_>> = open.filter(theirs).collect();
            for (entry, kept) in remote.find(&open) {
                self.put_local(&entry);
                found.insert(entry.build, kept);
            }
        }
        found
    }

    fn find_local(&self, wanted: &[Wanted<'_>]) -> HashMap<Key, Kept> {
        let Some(local) = &self.local else {
            return HashMap::new();
        };
        let builds: Vec<Key> = wanted.iter().map(|it| it.build).collect();
        let texts = self.noted(local.borrow().of_builds(&builds));
        let mut found = HashMap::new();
        let asked: HashMap<Key, &BTreeSet<String>> =
            wanted.iter().map(|it| (it.build, &it.asked)).collect();
        for text in texts.into_iter().flatten() {
            let Ok(entry) = Entry::read(&text, None) else {
                continue;
            };
            if let (Some(kept), Some(asked)) = (Kept::of(&entry), asked.get(&entry.build))
                && kept.answers(asked)
            {
                found.insert(entry.build, kept);
            }
        }
        let used: BTreeSet<Key> = found.values().map(|kept| kept.key).collect();
        self.noted(local.borrow_mut().used(&used));
        found
    }

    /// Keeps an entry of a build with these cases.
    pub(super) fn put(&self, entry: Entry, cases: &[&str]) {
        self.put_local(&entry);
        if let Some(remote) = for_cases(&self.remotes, cases) {
            remote.send(entry);
        }
    }

    fn put_local(&self, entry: &Entry) {
        if let Some(local) = &self.local {
            self.noted(local.borrow_mut().put(std::slice::from_ref(entry)));
        }
    }

    /// Waits until all entries are sent, or given up.
    pub(super) fn flush(&self) {
        for remote in &self.remotes {
            remote.flush();
        }
    }

    /// Fails if a store that is required cannot be reached.
    pub(crate) fn check(&self, required: bool) -> Result<(), VerdictsError> {
        let away = |it: StoreUse| {
            Some(VerdictsError::Away {
                url: it.url,
                reason: it.away?,
            })
        };
        let first = self.uses().into_iter().find_map(away);
        first.filter(|_| required).map_or(Ok(()), Err)
    }

    /// What the stores of others were used for.
    pub(crate) fn uses(&self) -> Vec<StoreUse> {
        self.remotes.iter().filter_map(Remote::used).collect()
    }

    /// Why the store in the cache was not used, if so.
    pub(crate) fn failed(&self) -> Option<String> {
        self.failed.borrow().clone()
    }

    fn noted<T>(&self, result: Result<T, StoreError>) -> Option<T> {
        result
            .map_err(|error| self.failed.replace(Some(error.to_string())))
            .ok()
    }
}
