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
  message TEXT
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
        |error| Fault::new(ErrorKind::Io, format!("{}: {error}", self.path.display()))
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

    /// Takes the first job that waits; it runs from now on.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn take(&self) -> Result<Option<Job>, Fault> {
        let sql = "UPDATE jobs SET state = 'running', begun = ?1 WHERE number = \
                   (SELECT min(number) FROM jobs WHERE state = 'queued') RETURNING *, 0";
        let connection = self.lock();
        let taken = connection.query_row(sql, [now()], job).optional();
        taken.map_err(self.told())
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
        self.lock().execute(sql, row).map_err(self.told())?;
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
        let sql = "UPDATE jobs SET state = 'queued', begun = NULL, ended = NULL, kind = NULL, \
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
        let sql = "SELECT *, (SELECT count(*) FROM jobs b WHERE b.state = 'queued' AND b.number < a.number) \
                   FROM jobs a WHERE id = ?1";
        let connection = self.lock();
        let found = connection.query_row(sql, [id], job).optional();
        found.map_err(self.told())
    }

    /// The latest jobs, latest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn latest(&self, count: usize) -> Result<Vec<Job>, Fault> {
        let sql = "SELECT *, (SELECT count(*) FROM jobs b WHERE b.state = 'queued' AND b.number < a.number) \
                   FROM jobs a ORDER BY number DESC LIMIT ?1";
        let connection = self.lock();
        let mut read = connection.prepare_cached(sql).map_err(self.told())?;
        let rows = read
            .query_map([i64::try_from(count).unwrap_or(i64::MAX)], job)
            .map_err(self.told())?;
        rows.collect::<Result<_, _>>().map_err(self.told())
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
    /// gives their names. What jobs that wait or run are about stays.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn strike(&self, limit: u64) -> Result<Vec<String>, Fault> {
        let mut connection = self.lock();
        strike(&mut connection, limit).map_err(self.told())
    }
}

fn strike(connection: &mut Connection, limit: u64) -> rusqlite::Result<Vec<String>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let changes = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut total: i64 =
        changes.query_row("SELECT coalesce(sum(bytes), 0) FROM files", [], |row| {
            row.get(0)
        })?;
    let mut struck = Vec::new();
    if total > limit {
        let sql = "SELECT sha256, bytes FROM files WHERE sha256 NOT IN (SELECT input FROM jobs WHERE \
                   input IS NOT NULL AND state IN ('queued', 'running')) ORDER BY used";
        let mut read = changes.prepare(sql)?;
        let mut rows = read.query([])?;
        while let Some(row) = rows.next()? {
            if total <= limit {
                break;
            }
            total -= row.get::<_, i64>(1)?;
            struck.push(row.get::<_, String>(0)?);
        }
    }
    for sha256 in &struck {
        changes.execute("DELETE FROM files WHERE sha256 = ?1", [sha256])?;
    }
    changes.commit()?;
    Ok(struck)
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
        let again = "UPDATE jobs SET state = 'queued', begun = NULL WHERE state = 'running'";
        connection.execute(again, [])?;
    }
    Ok(version.max(VERSION))
}

/// In the order of the columns.
fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    let text = |n: usize| row.get::<_, String>(n);
    let broken = |n: usize, why: String| {
        rusqlite::Error::FromSqlConversionFailure(n, rusqlite::types::Type::Text, why.into())
    };
    let order = text(3)?;
    let order = serde_json::from_str(&order).map_err(|error| broken(3, error.to_string()))?;
    let state = text(7)?;
    let state = State::of_name(&state).ok_or_else(|| broken(7, state))?;
    let answer: Option<String> = row.get(11)?;
    let answer = answer.map(|answer| serde_json::from_str(&answer).unwrap_or_default());
    let kind: Option<String> = row.get(12)?;
    let message: Option<String> = row.get(13)?;
    Ok(Job {
        number: row.get(0)?,
        id: text(1)?,
        wanted: Wanted {
            order,
            input: row.get(4)?,
            name: text(5)?,
            client: text(6)?,
        },
        state,
        times: [Some(row.get(8)?), row.get(9)?, row.get(10)?],
        answer,
        fault: kind.map(|kind| Fault::new(kind_of(&kind), message.unwrap_or_default())),
        before: usize::try_from(row.get::<_, i64>(14)?).unwrap_or(0),
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
mod tests {
    use super::{Store, VERSION};
    use crate::{
        error::StudioError,
        jobs::{State, Wanted},
        order::Order,
    };
    use affetti::pipeline::{ErrorKind, Fault};
    use rusqlite::Connection;
    use serde_json::json;

    fn wanted(input: Option<&str>) -> Wanted {
        Wanted {
            order: Order::of_query("sketch", "strokes=4").unwrap(),
            input: input.map(str::to_owned),
            name: "a.jpg".into(),
            client: "me".into(),
        }
    }

    #[test]
    fn jobs_go_through_their_states_and_survive() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("studio.db");
        let store = Store::open(&path).unwrap();
        for id in ["a", "b", "c", "d"] {
            store.add(id, &wanted(None)).unwrap();
        }
        assert_eq!(store.job("c").unwrap().unwrap().before, 2);
        let first = store.take().unwrap().unwrap();
        assert_eq!((first.id.as_str(), first.state), ("a", State::Running));
        store.end("a", &Ok(json!({"x": 1}))).unwrap();
        assert_eq!(store.take().unwrap().unwrap().id, "b");
        store
            .end("b", &Err(Some(Fault::new(ErrorKind::Limit, "too large"))))
            .unwrap();
        assert!(store.withdraw("d").unwrap() && !store.withdraw("a").unwrap());
        assert_eq!(store.take().unwrap().unwrap().id, "c");
        // The program is killed, and opened again.
        drop(store);
        let store = Store::open(&path).unwrap();
        let states: Vec<_> = store
            .latest(9)
            .unwrap()
            .into_iter()
            .map(|job| job.state)
            .collect();
        assert_eq!(
            states,
            [State::Cancelled, State::Queued, State::Failed, State::Done]
        );
        let done = store.job("a").unwrap().unwrap();
        assert_eq!(
            (done.answer, done.wanted),
            (Some(json!({"x": 1})), wanted(None))
        );
        let failed = store.job("b").unwrap().unwrap().fault.unwrap();
        assert_eq!(
            (failed.kind, failed.message.as_str()),
            (ErrorKind::Limit, "too large")
        );
        // What is done is not done again; what failed may be.
        assert!(!store.again("a").unwrap() && store.again("b").unwrap());
        assert_eq!(store.take().unwrap().unwrap().id, "b");
        assert!(!store.forget("b").unwrap() && store.forget("a").unwrap());
        assert!(store.job("a").unwrap().is_none());
    }

    #[test]
    fn the_oldest_files_go_first_and_what_is_needed_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("studio.db")).unwrap();
        for name in ["one", "two", "three"] {
            store.keep(name, "image/png", 10).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(3));
        }
        store.add("job", &wanted(Some("one"))).unwrap();
        assert!(store.strike(30).unwrap().is_empty());
        assert_eq!(store.strike(20).unwrap(), ["two"]);
        assert!(store.file("two").unwrap().is_none() && store.file("one").unwrap().is_some());
        // Nothing else may go.
        assert_eq!(store.strike(0).unwrap(), ["three"]);
    }

    #[test]
    fn a_later_database_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("studio.db");
        let other = Connection::open(&path).unwrap();
        other
            .pragma_update(None, "user_version", VERSION + 1)
            .unwrap();
        drop(other);
        let Err(StudioError::Newer { found, .. }) = Store::open(&path) else {
            panic!("it was opened");
        };
        assert_eq!(found, VERSION + 1);
    }
}
