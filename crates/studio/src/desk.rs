//! The desk: a few clerks who do the work, one thing each at a time, in the order of asking.
//!
//! Two lines stand before it: works whose visitor waits for the answer, and jobs. One clerk looks at the jobs
//! first, the others at those who wait, so that neither line stands still for the other. Who works alone may use all
//! threads; where somebody waits behind, each work gets one.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

/// A work; it is told how many threads it may use.
pub type Work = Box<dyn FnOnce(usize) + Send>;
/// Takes the next job from its list and does it, if there is one.
pub type NextJob = Arc<dyn Fn(usize) + Send + Sync>;

/// The desk.
#[derive(Debug)]
pub struct Desk {
    shared: Arc<Shared>,
    clerks: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    lines: Mutex<Lines>,
    news: Condvar,
    threads: usize,
    /// Works that may wait.
    room: usize,
}

#[derive(Default)]
struct Lines {
    waiting: VecDeque<Work>,
    /// Jobs that may be there; the list itself says which.
    jobs: usize,
    busy: usize,
    closed: bool,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            waiting,
            jobs,
            busy,
            closed,
        } = self;
        f.debug_struct("Lines")
            .field("waiting", &waiting.len())
            .field("jobs", jobs)
            .field("busy", busy)
            .field("closed", closed)
            .finish()
    }
}

enum Next {
    Work(Work),
    Job,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn next(&mut self, jobs_first: bool) -> Option<Next> {
        if jobs_first && self.jobs > 0 {
            self.jobs -= 1;
            return Some(Next::Job);
        }
        if let Some(work) = self.waiting.pop_front() {
            return Some(Next::Work(work));
        }
        self.jobs = self.jobs.checked_sub(1)?;
        Some(Next::Job)
    }
}

impl Desk {
    /// With a clerk for each of `threads`, and room for so many who wait.
    #[must_use]
    pub fn open(threads: usize, room: usize, next_job: NextJob) -> Self {
        let threads = threads.max(1);
        let shared = Arc::new(Shared {
            lines: Mutex::default(),
            news: Condvar::new(),
            threads,
            room,
        });
        let clerks = (0..threads).map(|n| {
            let (shared, next_job) = (Arc::clone(&shared), Arc::clone(&next_job));
            thread::spawn(move || clerk(&shared, n == 0, &next_job))
        });
        let clerks = Mutex::new(clerks.collect());
        Self { shared, clerks }
    }

    /// Puts a work at the end of the line; gives it back where there is no room.
    ///
    /// # Errors
    /// The work itself.
    pub fn put(&self, work: Work) -> Result<(), Work> {
        let mut lines = self.shared.lock();
        if lines.closed || lines.waiting.len() >= self.shared.room {
            return Err(work);
        }
        lines.waiting.push_back(work);
        self.shared.news.notify_one();
        Ok(())
    }

    /// Tells that there are so many jobs more.
    pub fn jobs(&self, more: usize) {
        self.shared.lock().jobs += more;
        self.shared.news.notify_all();
    }

    /// Works that wait, and clerks that work.
    #[must_use]
    pub fn load(&self) -> (usize, usize) {
        let lines = self.shared.lock();
        (lines.waiting.len(), lines.busy)
    }

    /// Lets the clerks end what they do, and nothing more.
    pub fn close(&self) {
        {
            let mut lines = self.shared.lock();
            lines.closed = true;
            lines.waiting.clear();
            lines.jobs = 0;
        }
        self.shared.news.notify_all();
        let mut clerks = self.clerks.lock().unwrap_or_else(PoisonError::into_inner);
        for clerk in clerks.drain(..) {
            // A clerk that fell has told why already.
            let _ = clerk.join();
        }
    }
}

fn clerk(shared: &Shared, jobs_first: bool, next_job: &NextJob) {
    let mut lines = shared.lock();
    loop {
        if lines.closed {
            return;
        }
        let Some(next) = lines.next(jobs_first) else {
            lines = shared
                .news
                .wait(lines)
                .unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        lines.busy += 1;
        let alone = lines.busy == 1 && lines.waiting.is_empty();
        let threads = if alone { shared.threads } else { 1 };
        drop(lines);
        match next {
            Next::Work(work) => work(threads),
            Next::Job => next_job(threads),
        }
        lines = shared.lock();
        lines.busy -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::Desk;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    #[test]
    fn works_are_done_and_too_many_are_refused() {
        let desk = Desk::open(1, 2, Arc::new(|_| {}));
        let (go, wait) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let begun = tell.clone();
        let first = desk.put(Box::new(move |threads| {
            begun.send(threads).unwrap();
            wait.recv().unwrap();
        }));
        assert!(first.is_ok());
        assert_eq!(told.recv().unwrap(), 1);
        for n in 0..2 {
            let tell = tell.clone();
            assert!(
                desk.put(Box::new(move |_| tell.send(10 + n).unwrap()))
                    .is_ok()
            );
        }
        assert!(desk.put(Box::new(|_| {})).is_err());
        assert_eq!(desk.load(), (2, 1));
        go.send(()).unwrap();
        assert_eq!([told.recv().unwrap(), told.recv().unwrap()], [10, 11]);
        desk.close();
        assert!(desk.put(Box::new(|_| {})).is_err());
    }

    #[test]
    fn jobs_are_done_beside_works() {
        let done = Arc::new(AtomicUsize::new(0));
        let (tell, told) = mpsc::channel();
        let count = Arc::clone(&done);
        let desk = Desk::open(
            2,
            8,
            Arc::new(move |_| {
                count.fetch_add(1, Ordering::SeqCst);
                tell.send(()).unwrap();
            }),
        );
        desk.jobs(3);
        for _ in 0..3 {
            told.recv().unwrap();
        }
        assert_eq!(done.load(Ordering::SeqCst), 3);
        desk.close();
    }
}
