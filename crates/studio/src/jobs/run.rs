//! A job from its place in the list to its end.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use affetti::{Cancel, Progress, pipeline::Fault};
use serde_json::Value;
use tokio::sync::broadcast;

use super::{files::Files, store::Store};
use crate::{
    order::Order,
    work::{Commission, Workshop},
};

/// News that a listener may be behind by; further ones make it look at the list anew.
const NEWS: usize = 256;
/// How often the end of a job is tried to be written down, and the time between.
const INSISTENCE: usize = 10;
const PAUSE: Duration = Duration::from_millis(300);

/// The jobs: their list, their files, and those in work.
#[derive(Debug)]
pub struct Jobs {
    /// The list.
    pub store: Store,
    /// What they are about, and what they made.
    pub files: Files,
    running: Mutex<HashMap<String, Running>>,
    news: broadcast::Sender<String>,
}

#[derive(Debug)]
struct Running {
    cancel: Cancel,
    /// Whether a visitor wants it to stop, and not the end of the program.
    unwanted: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    total: usize,
    since: Instant,
}

/// How far a job in work is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Pictures that are done.
    pub done: usize,
    /// Of so many.
    pub total: usize,
    /// Seconds since its beginning.
    pub seconds: f64,
}

/// Counts what is done and tells the listeners.
struct Counting<'a> {
    id: &'a str,
    done: Arc<AtomicUsize>,
    news: &'a broadcast::Sender<String>,
}

impl Progress for Counting<'_> {
    fn pictures(&self, done: usize) {
        self.done.store(done, Ordering::Relaxed);
        // Nobody may be listening.
        let _ = self.news.send(self.id.to_owned());
    }
}

impl Jobs {
    /// Of a list and its files.
    #[must_use]
    pub fn new(store: Store, files: Files) -> Self {
        Self {
            store,
            files,
            running: Mutex::default(),
            news: broadcast::Sender::new(NEWS),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names of jobs as they change.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<String> {
        self.news.subscribe()
    }

    /// Tells the listeners of a change.
    pub fn tell(&self, id: &str) {
        let _ = self.news.send(id.to_owned());
    }

    /// How far a job in work is.
    #[must_use]
    pub fn pace(&self, id: &str) -> Option<Pace> {
        let running = self.lock();
        let job = running.get(id)?;
        Some(Pace {
            done: job.done.load(Ordering::Relaxed),
            total: job.total,
            seconds: job.since.elapsed().as_secs_f64(),
        })
    }

    /// Stops a job that waits or runs; whether there was one. What runs stops at its next step.
    ///
    /// # Errors
    /// What the list says.
    pub fn cancel(&self, id: &str) -> Result<bool, Fault> {
        let running = self.lock();
        let stopped = match running.get(id) {
            Some(job) => {
                job.unwanted.store(true, Ordering::SeqCst);
                job.cancel.cancel();
                true
            }
            None => self.store.withdraw(id)?,
        };
        drop(running);
        self.tell(id);
        Ok(stopped)
    }

    /// Stops all that run, for the end of the program: they wait again when it begins anew.
    pub fn halt(&self) {
        self.lock().values().for_each(|job| job.cancel.cancel());
    }

    /// Takes the next job and does it; whether it could not be taken. `closing` says whether the program ends: what it
    /// stopped is not over.
    pub fn next(&self, workshop: &Workshop, threads: usize, closing: &dyn Fn() -> bool) -> bool {
        // In one hold: a job that runs is either in the list of those that wait, or can be stopped here; and none
        // begins once all were told to stop.
        let mut running = self.lock();
        if closing() {
            return false;
        }
        let job = match self.store.take() {
            Ok(Some(job)) => job,
            Ok(None) => return false,
            Err(_) => return true,
        };
        let id = job.id;
        let (cancel, unwanted) = (Cancel::default(), Arc::new(AtomicBool::new(false)));
        let done = Arc::new(AtomicUsize::new(0));
        let entry = Running {
            cancel: cancel.clone(),
            unwanted: Arc::clone(&unwanted),
            done: Arc::clone(&done),
            total: match &job.wanted.order {
                Order::Paint(paint) => usize::try_from(paint.count).unwrap_or(1),
                // How many are new is not known before.
                Order::Index(_) | Order::Export(_) => 0,
                _ => 1,
            },
            since: Instant::now(),
        };
        running.insert(id.clone(), entry);
        drop(running);
        self.tell(&id);
        let progress = Counting {
            id: &id,
            done,
            news: &self.news,
        };
        let wanted = &job.wanted;
        let input = match &wanted.input {
            Some(hash) => self.files.read(&self.store, hash).map(|(_, bytes)| bytes),
            None => Ok([].into()),
        };
        // What it makes stays until the list knows of it.
        let mut hold = self.files.hold();
        let performed = input.and_then(|input| {
            let commission = Commission {
                order: &wanted.order,
                input,
                name: &wanted.name,
                threads,
                cancel: cancel.clone(),
                progress: &progress,
            };
            let mut keep = |made| self.files.kept(&self.store, &made, &mut hold);
            workshop.perform(&commission, &mut keep)
        });
        let stopped = cancel.is_cancelled();
        let wanted = !unwanted.load(Ordering::SeqCst);
        let written = if stopped && wanted {
            self.insist(|| self.store.release(&id))
        } else {
            let ended: Result<Value, Option<Fault>> = match performed {
                _ if stopped => Err(None),
                Ok(answer) => Ok(answer),
                Err(fault) => Err(Some(fault)),
            };
            self.insist(|| self.store.end(&id, &ended))
        };
        // One that cannot be written down is done again after the next start.
        drop(written);
        self.lock().remove(&id);
        self.tell(&id);
        false
    }

    /// Tries several times: a disk that is full or busy may have room a moment later.
    fn insist(&self, write: impl Fn() -> Result<(), Fault>) -> Result<(), Fault> {
        for _ in 1..INSISTENCE {
            if write().is_ok() {
                return Ok(());
            }
            thread::sleep(PAUSE);
        }
        write()
    }
}
