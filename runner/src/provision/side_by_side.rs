//! Runs several jobs at once, each in a thread of its own. Progress and cancellation go through the calling thread,
//! which has the monitor.

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

/// How many jobs run at once. They mostly wait for the package index, which must not be overloaded either.
const AT_ONCE: usize = 4;

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The result of each job, in order.
pub(super) type Ends<T> = Vec<Result<T, Error>>;

enum News<T> {
    Told(usize, Progress),
    Ended(usize, Result<T, Error>),
}

/// How many jobs have ended, for a progress line.
#[derive(Debug)]
pub(super) struct Count {
    of: usize,
    done: usize,
    unfit: usize,
    making: BTreeMap<usize, String>,
}

impl Count {
    /// Starts with `of` things, some of which are decided already: provided, or not possible.
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
        // A single one reports its own progress.
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

/// Does `work` for each job, several at once; `count` is the progress before.
///
/// An error that concerns all jobs, or a cancellation, ends the other jobs and is returned. In any case no job is
/// running any more when this returns.
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
            // Sending fails only if the listener panicked.
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

/// Receives the messages of the workers until the last one has ended.
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
        // The worker of a job without a result panicked; the scope passes the panic on.
        None => Ok(ends.into_iter().flatten().collect()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use std::sync::Barrier;

    use super::*;

    /// The results of `jobs`, the progress reported meanwhile, and the most jobs at once.
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

    /// Waits until it is cancelled, as a command does.
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
        // Each job waits until all are running, so that they run at once on a slow machine too.
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
