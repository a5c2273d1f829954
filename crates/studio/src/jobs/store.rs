//! The database of jobs and files.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use affetti::pipeline::{ErrorKind, Fault};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde_json::Value;

use super::{Job, State, Wanted};
use crate::error::StudioError;

/// A job that was in work so often when the program ended is not tried again: it may be what ends it.
const TRIES: i64 = 5;
/// Jobs that are over are remembered, the latest so many.
const REMEMBERED: i64 = 2000;
/// All of a job, and how many wait before it.
const COLUMNS: &str = "number, id, wanted, input, name, client, state, asked, begun, ended, answer, kind, message, \
     (SELECT count(*) FROM jobs b WHERE b.state = 'queued' AND b.number < a.number)";

/// Counts up with every change of the tables.
const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE jobs(
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  verb TEXT NOT NULL,
  wanted TEXT NOT NULL,
  input TEXT,
  name TEXT NOT NULL,
  client TEXT NOT NULL,
  state TEXT NOT NULL,
  asked INTEGER NOT NULL,
  begun INTEGER,
  ended INTEGER,
  answer TEXT,
  kind TEXT,
  message TEXT,
  tries INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX jobs_by_state ON jobs(state, number);
CREATE TABLE files(
  sha256 TEXT PRIMARY KEY,
  media TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  used INTEGER NOT NULL
);
CREATE INDEX files_by_use ON files(used);
";

/// The database.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Mutex<Connection>,
}

/// A file in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its hash, which is its name.
    pub sha256: String,
    /// Its media type.
    pub media: String,
}

impl Store {
    /// Opens the database, or makes it. Jobs that were in work when the program ended wait again.
    ///
    /// # Errors
    /// What SQLite says, and the database of a later version.
    pub fn open(path: &Path) -> Result<Self, StudioError> {
        let failed = |source| StudioError::Store {
            path: path.to_owned(),
            source,
        };
        let connection = Connection::open(path).map_err(failed)?;
        let version = prepare(&connection).map_err(failed)?;
        if version > VERSION {
            return Err(StudioError::Newer {
                path: path.to_owned(),
                found: version,
                known: VERSION,
            });
        }
        Ok(Self {
            path: path.to_owned(),
            connection: Mutex::new(connection),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> impl Fn(rusqlite::Error) -> Fault + '_ {
        // Where it lies is no visitor's concern.
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        move |error| Fault::new(ErrorKind::Io, format!("{name}: {error}"))
    }

    /// Adds a job at the end.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add(&self, id: &str, wanted: &Wanted) -> Result<(), Fault> {
        let order = serde_json::to_string(&wanted.order)
            .map_err(|error| Fault::new(ErrorKind::Parameter, error))?;
        let sql = "INSERT INTO jobs(id, verb, wanted, input, name, client, state, asked) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'queued', ?7)";
        let row = params![
            id,
            wanted.order.verb(),
            order,
            wanted.input,
            wanted.name,
            wanted.client,
            now()
        ];
        self.lock().execute(sql, row).map_err(self.told())?;
        Ok(())
    }

    /// Takes the first job that waits; it runs from now on. One that cannot be understood, as a later version has
    /// written it, fails.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn take(&self) -> Result<Option<Job>, Fault> {
        let connection = self.lock();
        let told = self.told();
        loop {
            let first = "SELECT id FROM jobs WHERE state = 'queued' ORDER BY number LIMIT 1";
            let id: Option<String> = connection
                .query_row(first, [], |row| row.get(0))
                .optional()
                .map_err(&told)?;
            let Some(id) = id else { return Ok(None) };
            let run =
                "UPDATE jobs SET state = 'running', begun = ?2, tries = tries + 1 WHERE id = ?1";
            connection.execute(run, params![id, now()]).map_err(&told)?;
            let sql = format!("SELECT {COLUMNS} FROM jobs a WHERE id = ?1");
            match connection.query_row(&sql, [&id], job) {
                Err(rusqlite::Error::FromSqlConversionFailure(..)) => {
                    let failed = "UPDATE jobs SET state = 'failed', kind = 'unsupported', message = \
                                  'another version of affetti asked for this', ended = ?2 WHERE id = ?1";
                    connection
                        .execute(failed, params![id, now()])
                        .map_err(&told)?;
                }
                taken => return Ok(Some(taken.map_err(&told)?)),
            }
        }
    }

    /// Lets a job that runs wait again, as if it had never begun: the program ends in order.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn release(&self, id: &str) -> Result<(), Fault> {
        let sql = "UPDATE jobs SET state = 'queued', begun = NULL, tries = tries - 1 \
                   WHERE id = ?1 AND state = 'running'";
        self.lock().execute(sql, [id]).map_err(self.told())?;
        Ok(())
    }

    /// Ends a job that runs, with an answer, a fault, or neither where it was stopped.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn end(&self, id: &str, ended: &Result<Value, Option<Fault>>) -> Result<(), Fault> {
        let (state, answer, fault) = match ended {
            Ok(answer) => (State::Done, Some(answer.to_string()), None),
            Err(Some(fault)) => (State::Failed, None, Some(fault)),
            Err(None) => (State::Cancelled, None, None),
        };
        let sql = "UPDATE jobs SET state = ?2, answer = ?3, kind = ?4, message = ?5, ended = ?6 \
                   WHERE id = ?1 AND state = 'running'";
        let row = params![
            id,
            state.name(),
            answer,
            fault.map(|fault| fault.kind.name()),
            fault.map(|fault| fault.message.as_str()),
            now()
        ];
        let connection = self.lock();
        connection.execute(sql, row).map_err(self.told())?;
        let old = "DELETE FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND number <= \
                   (SELECT max(number) FROM jobs) - ?1";
        connection.execute(old, [REMEMBERED]).map_err(self.told())?;
        Ok(())
    }

    /// Stops a job that waits; whether it did.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn withdraw(&self, id: &str) -> Result<bool, Fault> {
        let sql =
            "UPDATE jobs SET state = 'cancelled', ended = ?2 WHERE id = ?1 AND state = 'queued'";
        let changed = self.lock().execute(sql, params![id, now()]);
        Ok(changed.map_err(self.told())? > 0)
    }

    /// Lets a job that is over without an answer wait again; whether it did.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn again(&self, id: &str) -> Result<bool, Fault> {
        let sql = "UPDATE jobs SET state = 'queued', begun = NULL, ended = NULL, kind = NULL, tries = 0, \
                   message = NULL WHERE id = ?1 AND state IN ('failed', 'cancelled')";
        let changed = self.lock().execute(sql, [id]);
        Ok(changed.map_err(self.told())? > 0)
    }

    /// Forgets a job that is over; whether it did.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn forget(&self, id: &str) -> Result<bool, Fault> {
        let sql = "DELETE FROM jobs WHERE id = ?1 AND state IN ('done', 'failed', 'cancelled')";
        let changed = self.lock().execute(sql, [id]);
        Ok(changed.map_err(self.told())? > 0)
    }

    /// A job.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn job(&self, id: &str) -> Result<Option<Job>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM jobs a WHERE id = ?1");
        let connection = self.lock();
        let found = connection.query_row(&sql, [id], job).optional();
        found.map_err(self.told())
    }

    /// The latest jobs, latest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn latest(&self, count: usize) -> Result<Vec<Job>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM jobs a ORDER BY number DESC LIMIT ?1");
        let connection = self.lock();
        let mut read = connection.prepare_cached(&sql).map_err(self.told())?;
        let rows = read
            .query_map([i64::try_from(count).unwrap_or(i64::MAX)], job)
            .map_err(self.told())?;
        // One that cannot be understood does not hide the others.
        let good =
            rows.filter(|row| !matches!(row, Err(rusqlite::Error::FromSqlConversionFailure(..))));
        good.collect::<Result<_, _>>().map_err(self.told())
    }

    /// Jobs in a state.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn count(&self, state: State) -> Result<usize, Fault> {
        let sql = "SELECT count(*) FROM jobs WHERE state = ?1";
        let connection = self.lock();
        let found = connection.query_row(sql, [state.name()], |row| row.get::<_, i64>(0));
        Ok(usize::try_from(found.map_err(self.told())?).unwrap_or(0))
    }

    /// Mean seconds that the latest jobs of a verb took.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn usual_seconds(&self, verb: &str) -> Result<Option<f64>, Fault> {
        let sql = "SELECT avg(ended - begun) / 1000.0 FROM (SELECT ended, begun FROM jobs WHERE verb = ?1 \
                   AND state = 'done' ORDER BY number DESC LIMIT 20)";
        let connection = self.lock();
        connection
            .query_row(sql, [verb], |row| row.get(0))
            .map_err(self.told())
    }

    /// Writes down a file that is there, or that it was used.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keep(&self, sha256: &str, media: &str, bytes: usize) -> Result<(), Fault> {
        let sql = "INSERT INTO files(sha256, media, bytes, used) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT(sha256) DO UPDATE SET used = ?4";
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let row = params![sha256, media, bytes, now()];
        self.lock().execute(sql, row).map_err(self.told())?;
        Ok(())
    }

    /// A file in the list; it counts as used.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn file(&self, sha256: &str) -> Result<Option<Listed>, Fault> {
        let sql = "UPDATE files SET used = ?2 WHERE sha256 = ?1 RETURNING sha256, media";
        let listed = |row: &Row<'_>| {
            Ok(Listed {
                sha256: row.get(0)?,
                media: row.get(1)?,
            })
        };
        let connection = self.lock();
        let found = connection.query_row(sql, params![sha256, now()], listed);
        found.optional().map_err(self.told())
    }

    /// Strikes the files that were used longest ago until those that are left take at most `limit` bytes, and
    /// gives their names, and how many bytes are left. What jobs that wait or run are about stays, and so does what
    /// `spared` says.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn strike(
        &self,
        limit: u64,
        spared: &dyn Fn(&str) -> bool,
    ) -> Result<(Vec<String>, u64), Fault> {
        let mut connection = self.lock();
        strike(&mut connection, limit, spared).map_err(self.told())
    }

    /// Strikes one file.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn drop_file(&self, sha256: &str) -> Result<(), Fault> {
        let sql = "DELETE FROM files WHERE sha256 = ?1";
        self.lock().execute(sql, [sha256]).map_err(self.told())?;
        Ok(())
    }

    /// Names of all files.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn files(&self) -> Result<Vec<String>, Fault> {
        let connection = self.lock();
        let mut read = connection
            .prepare("SELECT sha256 FROM files")
            .map_err(self.told())?;
        let rows = read.query_map([], |row| row.get(0)).map_err(self.told())?;
        rows.collect::<Result<_, _>>().map_err(self.told())
    }
}

fn strike(
    connection: &mut Connection,
    limit: u64,
    spared: &dyn Fn(&str) -> bool,
) -> rusqlite::Result<(Vec<String>, u64)> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let changes = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sum = "SELECT coalesce(sum(bytes), 0) FROM files";
    let mut total: i64 = changes.query_row(sum, [], |row| row.get(0))?;
    let mut struck: Vec<String> = Vec::new();
    if total > limit {
        let sql = "SELECT sha256, bytes FROM files WHERE sha256 NOT IN (SELECT input FROM jobs WHERE \
                   input IS NOT NULL AND state IN ('queued', 'running')) ORDER BY used";
        let mut read = changes.prepare(sql)?;
        let mut rows = read.query([])?;
        while let Some(row) = rows.next()? {
            if total <= limit {
                break;
            }
            let name: String = row.get(0)?;
            if !spared(&name) {
                total -= row.get::<_, i64>(1)?;
                struck.push(name);
            }
        }
    }
    for sha256 in &struck {
        changes.execute("DELETE FROM files WHERE sha256 = ?1", [sha256])?;
    }
    changes.commit()?;
    Ok((struck, u64::try_from(total).unwrap_or(0)))
}

/// Makes the tables where there are none, and gives their version.
fn prepare(connection: &Connection) -> rusqlite::Result<i64> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == 0 {
        let made = format!("BEGIN;{TABLES}PRAGMA user_version = {VERSION};COMMIT;");
        connection.execute_batch(&made)?;
    }
    if version <= VERSION {
        let ends = "UPDATE jobs SET state = 'failed', kind = 'model', message = 'the program ended each time \
                    that it was at this' WHERE state = 'running' AND tries >= ?1";
        connection.execute(ends, [TRIES])?;
        let again = "UPDATE jobs SET state = 'queued', begun = NULL WHERE state = 'running'";
        connection.execute(again, [])?;
    }
    Ok(version.max(VERSION))
}

/// In the order of [`COLUMNS`].
fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    let text = |n: usize| row.get::<_, String>(n);
    let broken = |n: usize, why: String| {
        rusqlite::Error::FromSqlConversionFailure(n, rusqlite::types::Type::Text, why.into())
    };
    let order = text(2)?;
    let order = serde_json::from_str(&order).map_err(|error| broken(2, error.to_string()))?;
    let state = text(6)?;
    let state = State::of_name(&state).ok_or_else(|| broken(6, state))?;
    let answer: Option<String> = row.get(10)?;
    let answer = answer.map(|answer| serde_json::from_str(&answer).unwrap_or_default());
    let kind: Option<String> = row.get(11)?;
    let message: Option<String> = row.get(12)?;
    Ok(Job {
        number: row.get(0)?,
        id: text(1)?,
        wanted: Wanted {
            order,
            input: row.get(3)?,
            name: text(4)?,
            client: text(5)?,
        },
        state,
        times: [Some(row.get(7)?), row.get(8)?, row.get(9)?],
        answer,
        fault: kind.map(|kind| Fault::new(kind_of(&kind), message.unwrap_or_default())),
        before: usize::try_from(row.get::<_, i64>(13)?).unwrap_or(0),
    })
}

fn kind_of(name: &str) -> ErrorKind {
    let all = [
        ErrorKind::Input,
        ErrorKind::Limit,
        ErrorKind::Unsupported,
        ErrorKind::Io,
        ErrorKind::Parameter,
    ];
    let found = all.into_iter().find(|kind| kind.name() == name);
    found.unwrap_or(ErrorKind::Model)
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

#[cfg(test)]
mod tests;
