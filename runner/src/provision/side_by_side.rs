//! Several things in the making at once, each in a thread of its own; what they tell and whether to stop
//! goes through the one thread that knows the caller.

use std::{
    collections::BTreeMap,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use super::{
    error::Error,
    progress::{Monitor, Progress},
};

/// How many at once. Most of the time goes by waiting for the package index, which need not feel us either.
const AT_ONCE: usize = 4;

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What became of each, in order.
pub(super) type Ends<T> = Vec<Result<T, Error>>;

enum News<T> {
    Told(usize, Progress),
    Ended(usize, Result<T, Error>),
}

/// Where a number of things stands, for a progress line.
#[derive(Debug)]
pub(super) struct Count {
    of: usize,
    done: usize,
    unfit: usize,
    making: BTreeMap<usize, String>,
}

impl Count {
    /// Of `of` things, of which some are decided already: there, or not to be had.
    pub(super) fn new(of: usize, decided: impl Iterator<Item = bool>) -> Self {
        let (there, not): (Vec<bool>, Vec<bool>) = decided.partition(|there| *there);
        Self {
            of,
            done: there.len(),
            unfit: not.len(),
            making: BTreeMap::new(),
        }
    }

    fn tell(&self, monitor: &mut Monitor<'_>) {
        // One alone tells about itself.
        if self.of > 1 {
            monitor.tell(Progress::Several {
                done: self.done,
                of: self.of,
                unfit: self.unfit,
                making: self.making.values().cloned().collect(),
            });
        }
    }

    fn told(&mut self, job: usize, progress: Progress, monitor: &mut Monitor<'_>) {
        match progress {
            Progress::Installing { what, .. } if self.of > 1 => {
                self.making.insert(job, what);
                self.tell(monitor);
            }
            other => monitor.tell(other),
        }
    }

    fn ended(&mut self, job: usize, well: bool, monitor: &mut Monitor<'_>) {
        self.making.remove(&job);
        *(if well {
            &mut self.done
        } else {
            &mut self.unfit
        }) += 1;
        self.tell(monitor);
    }
}

/// Does `work` for each job, some at once; `count` is where things stand before.
///
/// An error that concerns all, and the caller's wish to stop, end the others too and are the answer;
/// either way nothing of it runs any more when this returns.
pub(super) fn side_by_side<J: Sync, T: Send>(
    jobs: &[J],
    count: Count,
    work: impl Fn(&J, &mut Monitor<'_>) -> Result<T, Error> + Sync,
    monitor: &mut Monitor<'_>,
) -> Result<Ends<T>, Error> {
    let (stop, next) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (sender, news) = mpsc::channel();
    let worker = |sender: Sender<News<T>>| {
        while let Some((number, job)) = take(jobs, &next, &stop) {
            // Nobody listens any more only where the listener panics.
            let mut report = |progress| drop(sender.send(News::Told(number, progress)));
            let mut monitor = Monitor {
                report: &mut report,
                cancelled: &|| stop.load(Ordering::Relaxed),
            };
            let end = work(job, &mut monitor);
            drop(sender.send(News::Ended(number, end)));
        }
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(jobs.len()) {
            let sender = sender.clone();
            scope.spawn(|| worker(sender));
        }
        drop(sender);
        listen(&news, jobs.len(), count, &stop, monitor)
    })
}

fn take<'j, J>(jobs: &'j [J], next: &AtomicUsize, stop: &AtomicBool) -> Option<(usize, &'j J)> {
    if stop.load(Ordering::Relaxed) {
        return None;
    }
    let number = next.fetch_add(1, Ordering::Relaxed);
    Some((number, jobs.get(number)?))
}

/// Hears the workers until the last has ended.
fn listen<T>(
    news: &mpsc::Receiver<News<T>>,
    jobs: usize,
    mut count: Count,
    stop: &AtomicBool,
    monitor: &mut Monitor<'_>,
) -> Result<Ends<T>, Error> {
    let mut ends: Vec<Option<Result<T, Error>>> = (0..jobs).map(|_| None).collect();
    let mut fatal = None;
    loop {
        if (monitor.cancelled)() && !stop.swap(true, Ordering::Relaxed) {
            fatal.get_or_insert(Error::Interrupted);
        }
        match news.recv_timeout(LOOK_EVERY) {
            Ok(News::Told(job, progress)) if fatal.is_none() => {
                count.told(job, progress, monitor);
            }
            Ok(News::Ended(_, Err(error))) if error.concerns_all() => {
                stop.store(true, Ordering::Relaxed);
                fatal.get_or_insert(error);
            }
            Ok(News::Ended(job, end)) => {
                if fatal.is_none() {
                    count.ended(job, end.is_ok(), monitor);
                }
                ends[job] = Some(end);
            }
            Ok(News::Told(..)) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    match fatal {
        Some(error) => Err(error),
        // A job without an end had a worker that panicked, which the scope tells.
        None => Ok(ends.into_iter().flatten().collect()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use std::sync::Barrier;

    use super::*;

    /// What came of `jobs`, what was told meanwhile, and the most at once.
    fn tried(
        jobs: &[usize],
        cancelled: &dyn Fn() -> bool,
        work: impl Fn(usize, &mut Monitor<'_>) -> Result<usize, Error> + Sync,
    ) -> (Result<Ends<usize>, Error>, Vec<String>, usize) {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut seen = Vec::new();
        let count = Count::new(jobs.len(), std::iter::empty());
        let mut monitor = Monitor {
            report: &mut |it| seen.push(it.to_string()),
            cancelled,
        };
        let counted = |job: &usize, monitor: &mut Monitor<'_>| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            monitor.tell(Progress::Installing {
                what: format!("it@{job}"),
                python: String::new(),
            });
            let end = work(*job, monitor);
            now.fetch_sub(1, Ordering::SeqCst);
            end
        };
        let ends = side_by_side(jobs, count, counted, &mut monitor);
        (ends, seen, most.into_inner())
    }

    /// Waits as a command does: until it is told to stop.
    fn until_stopped(monitor: &Monitor<'_>) -> Result<usize, Error> {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(30) {
            if (monitor.cancelled)() {
                return Err(Error::Interrupted);
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(0)
    }

    #[test]
    fn some_run_at_once_and_the_ends_keep_their_order() {
        let jobs: Vec<usize> = (0..20).collect();
        // Each waits for as many as run at once, so that a slow machine has them together too.
        let together = Barrier::new(AT_ONCE);
        let (ends, seen, most) = tried(&jobs, &|| false, |job, _| {
            together.wait();
            Ok(job)
        });
        let ends: Vec<usize> = ends.unwrap().into_iter().map(Result::unwrap).collect();
        assert_eq!(ends, jobs);
        assert_eq!(most, AT_ONCE);
        assert_eq!(seen.last().unwrap(), "20 of 20 provisioned");
    }

    #[test]
    fn one_that_fails_alone_leaves_the_others() {
        let (ends, seen, _) = tried(&[0, 1, 2], &|| false, |job, _| match job {
            1 => Err(Error::step("installing it", "broken")),
            _ => Ok(job),
        });
        let ends = ends.unwrap();
        assert!(ends[0].is_ok() && ends[1].is_err() && ends[2].is_ok());
        assert_eq!(
            seen.last().unwrap(),
            "2 of 3 provisioned, 1 cannot run here"
        );
    }

    #[test]
    fn what_concerns_all_ends_all() {
        let jobs: Vec<usize> = (0..20).collect();
        let (ends, _, _) = tried(&jobs, &|| false, |job, monitor| match job {
            2 => Err(Error::DiskFull { path: "/".into() }),
            _ => until_stopped(monitor),
        });
        assert!(matches!(ends, Err(Error::DiskFull { .. })));
    }

    #[test]
    fn an_interrupt_reaches_every_one() {
        let working = AtomicUsize::new(0);
        let all_work = || working.load(Ordering::SeqCst) == AT_ONCE;
        let jobs: Vec<usize> = (0..20).collect();
        let (ends, seen, _) = tried(&jobs, &all_work, |_, monitor| {
            working.fetch_add(1, Ordering::SeqCst);
            until_stopped(monitor)
        });
        assert!(matches!(ends, Err(Error::Interrupted)));
        assert!(seen.iter().all(|line| line.starts_with("0 of 20 ")));
    }

    #[test]
    fn one_alone_is_not_counted() {
        let (_, seen, _) = tried(&[7], &|| false, |job, _| Ok(job));
        assert_eq!(seen, ["installing it@7 with Python "]);
    }
}
