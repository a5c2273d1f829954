//! Long work: jobs that wait, run, can be stopped, and survive the end of the program.
//!
//! | what | where |
//! |---|---|
//! | the list of jobs and of files, in one database | [`store`] |
//! | files by their content, under a quota | [`files`] |
//! | a job from its place in the list to its end | [`run`] |
//!
//! A job is in the database before its visitor hears of it, and done in one stroke with its files: a program
//! that is killed at any moment loses none, does none twice, and leaves no half of one.

pub mod files;
pub mod run;
pub mod store;

use affetti::pipeline::Fault;
use serde::Serialize;
use serde_json::Value;

use crate::order::Order;

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waiting.
    Queued,
    /// In work.
    Running,
    /// With an answer.
    Done,
    /// Without one, and why.
    Failed,
    /// Stopped by a visitor.
    Cancelled,
}

impl State {
    const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    /// As in JSON and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether nothing more will come of it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// A job as it was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// What is to be done.
    pub order: Order,
    /// The hash of the picture or text that it is about.
    pub input: Option<String>,
    /// What that is called.
    pub name: String,
    /// Which browser asked, in its own word; empty is unknown.
    pub client: String,
}

/// A job as it stands in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its number, by the order of asking.
    pub number: i64,
    /// Its name in addresses.
    pub id: String,
    /// What was asked.
    pub wanted: Wanted,
    /// How far it is.
    pub state: State,
    /// Milliseconds since 1970, of asking, beginning and end.
    pub times: [Option<i64>; 3],
    /// What came of it.
    pub answer: Option<Value>,
    /// Why nothing came of it.
    pub fault: Option<Fault>,
    /// Jobs before it that wait.
    pub before: usize,
}
