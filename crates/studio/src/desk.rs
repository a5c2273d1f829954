//! The desk: a few clerks who do the work, one thing each at a time, in the order of asking.
//!
//! Two lines stand before it: works whose visitor waits for the answer, and jobs. At most all clerks but one are at
//! jobs, and where there is one clerk alone, he takes from both lines in turn: neither line stands still for the
//! other. Who works alone may use all threads; where somebody waits behind, each work gets one.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use affetti::Cancel;

/// A work; it is told how many threads it may use.
pub type Work = Box<dyn FnOnce(usize) + Send>;
/// Takes the next job from its list and does it, if there is one; whether it could not be taken, and may be still
/// there.
pub type NextJob = Arc<dyn Fn(usize) -> bool + Send + Sync>;

/// Before a list that could not be read is read again.
const PAUSE: Duration = Duration::from_millis(500);

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
    /// Clerks that may be at jobs at once.
    at_jobs: usize,
    /// Works that may wait.
    room: usize,
}

#[derive(Default)]
struct Lines {
    /// Works, each with the wish of its visitor to stop.
    waiting: VecDeque<(Cancel, Work)>,
    /// Jobs that may be there; the list itself says which.
    jobs: usize,
    busy: usize,
    /// Clerks at jobs.
    at_jobs: usize,
    /// Whether the last thing taken was a job.
    was_job: bool,
    closed: bool,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            waiting,
            jobs,
            busy,
            closed,
            ..
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
    fn next(&mut self, most_at_jobs: usize) -> Option<Next> {
        let may = self.jobs > 0 && self.at_jobs < most_at_jobs;
        // A job first, unless the last thing was one and somebody waits.
        if may && (self.waiting.is_empty() || !self.was_job) {
            self.jobs -= 1;
            self.at_jobs += 1;
            self.was_job = true;
            return Some(Next::Job);
        }
        let (_, work) = self.waiting.pop_front()?;
        self.was_job = false;
        Some(Next::Work(work))
    }
}

impl Desk {
    /// With a clerk for each of `threads`, and room for so many who wait.
    #[must_use]
    pub fn open(threads: usize, room: usize, next_job: NextJob) -> Self {
        let threads = threads.max(1);
        let at_jobs = (threads - 1).max(1);
        let shared = Arc::new(Shared {
            lines: Mutex::default(),
            news: Condvar::new(),
            threads,
            at_jobs,
            room,
        });
        let clerks = (0..threads).map(|_| {
            let (shared, next_job) = (Arc::clone(&shared), Arc::clone(&next_job));
            thread::spawn(move || clerk(&shared, &next_job))
        });
        let clerks = Mutex::new(clerks.collect());
        Self { shared, clerks }
    }

    /// Puts a work at the end of the line, which `cancel` may make needless; gives it back where there is no room.
    ///
    /// # Errors
    /// The work itself.
    pub fn put(&self, cancel: &Cancel, work: Work) -> Result<(), Work> {
        let mut lines = self.shared.lock();
        // Those who have gone give up their place.
        if lines.waiting.len() >= self.shared.room {
            lines.waiting.retain(|(cancel, _)| !cancel.is_cancelled());
        }
        if lines.closed || lines.waiting.len() >= self.shared.room {
            return Err(work);
        }
        lines.waiting.push_back((cancel.clone(), work));
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

fn clerk(shared: &Shared, next_job: &NextJob) {
    let mut lines = shared.lock();
    loop {
        if lines.closed {
            return;
        }
        let Some(next) = lines.next(shared.at_jobs) else {
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
        let is_job = matches!(next, Next::Job);
        let again = match next {
            Next::Work(work) => {
                work(threads);
                false
            }
            Next::Job => next_job(threads),
        };
        if again {
            thread::sleep(PAUSE);
        }
        lines = shared.lock();
        lines.busy -= 1;
        lines.at_jobs -= usize::from(is_job);
        lines.jobs += usize::from(again && !lines.closed);
        // Whoever was kept from jobs may take one now.
        if is_job {
            shared.news.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Desk;
    use affetti::Cancel;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    #[test]
    fn works_are_done_and_too_many_are_refused() {
        let desk = Desk::open(1, 2, Arc::new(|_| false));
        let (go, wait) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let begun = tell.clone();
        let first = desk.put(
            &Cancel::default(),
            Box::new(move |threads| {
                begun.send(threads).unwrap();
                wait.recv().unwrap();
            }),
        );
        assert!(first.is_ok());
        assert_eq!(told.recv().unwrap(), 1);
        for n in 0..2 {
            let tell = tell.clone();
            assert!(
                desk.put(
                    &Cancel::default(),
                    Box::new(move |_| tell.send(10 + n).unwrap())
                )
                .is_ok()
            );
        }
        assert!(desk.put(&Cancel::default(), Box::new(|_| {})).is_err());
        assert_eq!(desk.load(), (2, 1));
        go.send(()).unwrap();
        assert_eq!([told.recv().unwrap(), told.recv().unwrap()], [10, 11]);
        desk.close();
        assert!(desk.put(&Cancel::default(), Box::new(|_| {})).is_err());
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
                false
            }),
        );
        desk.jobs(3);
        for _ in 0..3 {
            told.recv().unwrap();
        }
        assert_eq!(done.load(Ordering::SeqCst), 3);
        desk.close();
    }

    #[test]
    fn jobs_leave_a_clerk_for_those_who_wait() {
        let (go, wait) = mpsc::channel::<()>();
        let wait = std::sync::Mutex::new(wait);
        let (tell, told) = mpsc::channel();
        let begun = tell.clone();
        let desk = Desk::open(
            2,
            1,
            Arc::new(move |_| {
                begun.send("job").unwrap();
                let _ = wait.lock().unwrap().recv();
                false
            }),
        );
        desk.jobs(5);
        assert_eq!(told.recv().unwrap(), "job");
        let visitor = tell.clone();
        let put = desk.put(
            &Cancel::default(),
            Box::new(move |_| visitor.send("visitor").unwrap()),
        );
        assert!(put.is_ok());
        assert_eq!(told.recv().unwrap(), "visitor");
        drop(go);
        desk.close();
    }

    #[test]
    fn who_has_gone_gives_up_the_place() {
        let desk = Desk::open(1, 1, Arc::new(|_| false));
        let (go, wait) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let begun = tell.clone();
        let first = desk.put(
            &Cancel::default(),
            Box::new(move |_| {
                begun.send(1).unwrap();
                wait.recv().unwrap();
            }),
        );
        assert!(first.is_ok() && told.recv().unwrap() == 1);
        let gone = Cancel::default();
        assert!(
            desk.put(&gone, Box::new(|_| panic!("nobody waits")))
                .is_ok()
        );
        gone.cancel();
        assert!(
            desk.put(&Cancel::default(), Box::new(move |_| tell.send(2).unwrap()))
                .is_ok()
        );
        go.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), 2);
        desk.close();
    }
}
