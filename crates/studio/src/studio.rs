//! All that requests share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use affetti::{
    Cancel, Models,
    pipeline::{Fault, Silent},
};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::{
    collections::Collections,
    counters::Counters,
    desk::Desk,
    door::Door,
    error::StudioError,
    jobs::{State, Wanted, files::Files, run::Jobs, store::Store},
    order::Order,
    problem::Problem,
    settings::Settings,
    upload::{Upload, Uploads},
    work::{Commission, Made, Workshop},
};

/// The database below the folder of data.
const DATABASE: &str = "studio.db";

/// An open studio.
#[derive(Debug)]
pub struct Studio {
    /// How it was opened.
    pub settings: Settings,
    /// Who is let in.
    pub door: Door,
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
    closing: Arc<AtomicBool>,
}

/// Stops the work of a visitor who has gone.
struct Gone(Cancel);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Studio {
    /// Opens the folder of data and lets the clerks begin with the jobs in it.
    ///
    /// # Errors
    /// A folder or database that cannot be used; an address that others reach without a word.
    pub fn open(settings: Settings, models: Models) -> Result<Arc<Self>, StudioError> {
        if settings.token.is_none() && !settings.address.ip().is_loopback() {
            return Err(StudioError::Open {
                address: settings.address,
            });
        }
        let data = &settings.data;
        std::fs::create_dir_all(data).map_err(|source| StudioError::Folder {
            path: data.clone(),
            source,
        })?;
        let files = Files::open(data, settings.bounds.disk)?;
        let store = Store::open(&data.join(DATABASE))?;
        let waiting = store.count(State::Queued).unwrap_or(0);
        let threads = models.threads();
        let collections = Collections::open(&settings.collections, data)?;
        let workshop = Arc::new(Workshop::new(models, collections, settings.bounds));
        let jobs = Arc::new(Jobs::new(store, files));
        let closing = Arc::new(AtomicBool::new(false));
        let next = {
            let (workshop, jobs, closing) = (
                Arc::clone(&workshop),
                Arc::clone(&jobs),
                Arc::clone(&closing),
            );
            move |threads: usize| {
                jobs.next(&workshop, threads, &|| closing.load(Ordering::SeqCst));
            }
        };
        let desk = Desk::open(threads, settings.bounds.waiting, Arc::new(next));
        desk.jobs(waiting);
        Ok(Arc::new(Self {
            door: Door::new(settings.token.clone(), &settings.hosts),
            uploads: Uploads::new(settings.bounds),
            workshop,
            jobs,
            desk,
            counters: Counters::default(),
            closing,
            settings,
        }))
    }

    /// Stops what runs, and waits for the clerks. Jobs that were stopped so wait again at the next start.
    pub fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        self.jobs.halt();
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
        let cancel = Cancel::default();
        let gone = Gone(cancel.clone());
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
            let answer = workshop.perform(&commission, &mut |made| {
                if !commission.order.is_one_file() {
                    return jobs.files.kept(&jobs.store, &made);
                }
                let told = crate::work::unkept(&made);
                files.push(made);
                Ok(told)
            });
            // Who has gone hears nothing.
            let _ = tell.send(answer.map(|answer| (answer, files)));
        };
        self.desk
            .put(Box::new(work))
            .map_err(|_| Problem::busy("all are at work and the line is full", 2))?;
        let answer: Result<_, Fault> = told
            .await
            .map_err(|_| Problem::busy("the studio is closing", 5))?;
        // The visitor is still there.
        gone.0.cancel();
        Ok(answer?)
    }

    /// Puts a job into the list, and gives its name.
    ///
    /// # Errors
    /// A list that is full, or cannot be written.
    pub fn later(&self, wanted: &Wanted) -> Result<String, Problem> {
        let waiting = self.jobs.store.count(State::Queued)?;
        if waiting >= self.settings.bounds.jobs {
            return Err(Problem::busy(format!("{waiting} jobs wait already"), 30));
        }
        let id = name()?;
        self.jobs.store.add(&id, wanted)?;
        self.jobs.tell(&id);
        self.desk.jobs(1);
        Ok(id)
    }
}

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
