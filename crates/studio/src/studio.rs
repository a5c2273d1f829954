//! All that requests share.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use affetti::{
    Cancel, Models,
    pipeline::{Fault, Silent},
};
use serde_json::Value;
use tokio::sync::{Semaphore, oneshot};

use crate::{
    collections::Collections,
    counters::Counters,
    desk::Desk,
    door::Door,
    error::StudioError,
    jobs::{State, Wanted, files::Files, run::Jobs, store::Store},
    order::Order,
    problem::Problem,
    quota::Quotas,
    settings::Settings,
    upload::{Upload, Uploads},
    work::{Commission, Made, Workshop},
};

/// The database below the folder of data.
const DATABASE: &str = "studio.db";
/// What says that a program uses the folder.
const LOCK: &str = "studio.lock";
/// Visitors that may follow jobs at once.
const FOLLOWERS: usize = 128;

/// An open studio.
#[derive(Debug)]
pub struct Studio {
    /// How it was opened.
    pub settings: Settings,
    /// Who is let in.
    pub door: Door,
    /// How much each of them may ask.
    pub quotas: Quotas,
    /// Memory for bodies.
    pub uploads: Uploads,
    /// What carries out orders.
    pub workshop: Arc<Workshop>,
    /// Jobs and files.
    pub jobs: Arc<Jobs>,
    /// Who works.
    pub desk: Desk,
    /// What is counted.
    pub counters: Counters,
    /// Pictures of collections that may be made at once.
    pub looks: Arc<Semaphore>,
    /// Visitors that may follow jobs at once.
    pub followers: Arc<Semaphore>,
    closing: Arc<AtomicBool>,
    under: Under,
    /// Held as long as the studio is open: nobody else uses its folder.
    _lock: File,
}

/// Works whose visitors wait, for the end of the program.
type Under = Arc<Mutex<Vec<Cancel>>>;

/// Stops the work of a visitor who has gone.
struct Gone(Cancel, Under);

impl Gone {
    fn new(under: &Under) -> Self {
        let cancel = Cancel::default();
        let mut all = under.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|cancel| !cancel.is_cancelled());
        all.push(cancel.clone());
        Self(cancel, Arc::clone(under))
    }
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.cancel();
        let mut all = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|cancel| !cancel.is_cancelled());
    }
}

impl Studio {
    /// Opens the folder of data and lets the clerks begin with the jobs in it.
    ///
    /// # Errors
    /// A folder or database that cannot be used; an address that others reach without a word.
    pub fn open(settings: Settings, models: Models) -> Result<Arc<Self>, StudioError> {
        may_open(&settings)?;
        let data = &settings.data;
        let lock = own(data)?;
        let store = Store::open(&data.join(DATABASE))?;
        let files = Files::open(data, &store, settings.bounds.disk)?;
        let waiting = store.count(State::Queued).unwrap_or(0);
        let threads = models.threads();
        let collections =
            Collections::open(&settings.collections, data, settings.exports.as_deref())?;
        let workshop = Arc::new(Workshop::new(models, collections, settings.bounds));
        let jobs = Arc::new(Jobs::new(store, files));
        let closing = Arc::new(AtomicBool::new(false));
        let next = {
            let (workshop, jobs, closing) = (
                Arc::clone(&workshop),
                Arc::clone(&jobs),
                Arc::clone(&closing),
            );
            move |threads: usize| jobs.next(&workshop, threads, &|| closing.load(Ordering::SeqCst))
        };
        let desk = Desk::open(threads, settings.bounds.waiting, Arc::new(next));
        desk.jobs(waiting);
        Ok(Arc::new(Self {
            door: Door::new(settings.tokens.clone(), &settings.hosts),
            quotas: Quotas::new(settings.tokens.len().max(1), settings.quota),
            uploads: Uploads::new(settings.bounds),
            workshop,
            jobs,
            desk,
            counters: Counters::default(),
            looks: Arc::new(Semaphore::new(threads)),
            followers: Arc::new(Semaphore::new(FOLLOWERS)),
            closing,
            under: Under::default(),
            _lock: lock,
            settings,
        }))
    }

    /// Stops what runs, and waits for the clerks. Jobs that were stopped so wait again at the next start.
    pub fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        self.jobs.halt();
        let all = self.under.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().for_each(Cancel::cancel);
        drop(all);
        self.desk.close();
    }

    /// Carries out an order whose visitor waits: the answer, and the files that were made. Who goes away stops it.
    ///
    /// # Errors
    /// Why there is no answer; a desk that is full.
    pub async fn now(
        &self,
        order: Order,
        input: Option<Upload>,
        name: String,
    ) -> Result<(Value, Vec<Made>), Problem> {
        let gone = Gone::new(&self.under);
        let cancel = gone.0.clone();
        let (tell, told) = oneshot::channel();
        let (workshop, jobs) = (Arc::clone(&self.workshop), Arc::clone(&self.jobs));
        let work = move |threads: usize| {
            if cancel.is_cancelled() {
                return;
            }
            let mut files = Vec::new();
            let commission = Commission {
                order: &order,
                input: input
                    .as_ref()
                    .map_or_else(|| [].into(), |input| input.bytes.clone()),
                name: &name,
                threads,
                cancel,
                progress: &Silent,
            };
            let mut hold = jobs.files.hold();
            let answer = workshop.perform(&commission, &mut |made| {
                if !commission.order.is_one_file() {
                    return jobs.files.kept(&jobs.store, &made, &mut hold);
                }
                let told = crate::work::unkept(&made);
                files.push(made);
                Ok(told)
            });
            // Who has gone hears nothing.
            let _ = tell.send(answer.map(|answer| (answer, files)));
        };
        self.desk
            .put(&gone.0, Box::new(work))
            .map_err(|_| Problem::busy("all are at work and the line is full", 2))?;
        let answer: Result<_, Fault> = told
            .await
            .map_err(|_| Problem::busy("the studio is closing", 5))?;
        drop(gone);
        Ok(answer?)
    }

    /// Whether one more job may wait.
    ///
    /// # Errors
    /// A list that is full, or cannot be read.
    pub fn room_for_jobs(&self) -> Result<(), Problem> {
        let waiting = self.jobs.store.count(State::Queued)?;
        if waiting >= self.settings.bounds.jobs {
            return Err(Problem::busy(format!("{waiting} jobs wait already"), 30));
        }
        Ok(())
    }

    /// Puts a job into the list, and gives its name.
    ///
    /// # Errors
    /// A list that is full, or cannot be written.
    pub fn later(&self, wanted: &Wanted) -> Result<String, Problem> {
        self.room_for_jobs()?;
        let id = name()?;
        self.jobs.store.add(&id, wanted)?;
        self.jobs.tell(&id);
        self.desk.jobs(1);
        Ok(id)
    }
}

/// Whether a word keeps others out where others may come.
///
/// # Errors
/// [`StudioError::Open`].
pub fn may_open(settings: &Settings) -> Result<(), StudioError> {
    if settings.tokens.is_empty() && !settings.address.ip().is_loopback() {
        return Err(StudioError::Open {
            address: settings.address,
        });
    }
    Ok(())
}

/// Has the folder for this program alone.
fn own(data: &Path) -> Result<File, StudioError> {
    let failed = |source: io::Error| StudioError::Folder {
        path: data.to_owned(),
        source,
    };
    fs::create_dir_all(data).map_err(failed)?;
    private(data);
    let lock = File::create(data.join(LOCK)).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StudioError::Taken {
            path: data.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// What visitors bring is no concern of other users of the machine.
#[cfg(unix)]
fn private(data: &Path) {
    use std::os::unix::fs::PermissionsExt;
    // A folder that is somebody else's may still be written to.
    let _ = fs::set_permissions(data, fs::Permissions::from_mode(0o700));
}

#[cfg(not(unix))]
fn private(_: &Path) {}

/// A name that nobody guesses.
fn name() -> Result<String, Problem> {
    random(12).map_err(Problem::ours)
}

/// So many random bytes as hexadecimal figures.
///
/// # Errors
/// A system without random numbers.
pub fn random(bytes: usize) -> Result<String, String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(|error| error.to_string())?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
