//! Abstract paintings with the votes of several viewers each.
//!
//! - Layout: `ABSTRACT_groundTruth.csv`: the picture's name in an unnamed
//!   first column, then one column of votes for each of the eight emotions of
//!   [`Mikels`], names in single quotes, lines ended by a lone CR.
//! - Output: [`AbstractVotes`]; the columns may stand in any order.
//! - Source: Machajdik and Hanbury, *Affective Image Classification using
//!   Features Inspired by Psychology and Art Theory*, 2010.
//! - Deviations: quotes around names are removed.
//! - Data: research use; the pictures are not part of the file.
//!
//! ```no_run
//! use affetti_data::{Limits, abstract_art};
//!
//! let set = abstract_art::read("ABSTRACT_groundTruth.csv".as_ref(), &Limits::default())?;
//! println!("{} {:?}", set.rows[0].file, set.rows[0].votes.as_slice());
//! # Ok::<(), affetti_data::DataError>(())
//! ```

use std::path::Path;

use affetti_emotion::{Label, Mikels, Votes};

use crate::{
    DataError, Limits, Loaded,
    labelled::Labelled,
    sheet::{self, RowFault, Sheet},
};

/// One abstract painting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbstractVotes {
    /// The picture's file name.
    pub file: String,
    /// At least one vote in all.
    pub votes: Votes<Mikels>,
}

/// Reads the votes.
///
/// # Errors
/// [`DataError`] if the file cannot be read, lacks a column, exceeds the
/// limits, or holds no good row. Single bad rows are in the report.
pub fn read(path: &Path, limits: &Limits) -> Result<Loaded<AbstractVotes>, DataError> {
    let sheet = Sheet::new(sheet::open(path)?, path, limits)?;
    let file = sheet.column("")?;
    let mut columns = Vec::with_capacity(Mikels::ALL.len());
    for &emotion in Mikels::ALL {
        let column = sheet.find_label(emotion)?;
        columns.push(column.ok_or_else(|| sheet.missing(emotion.name()))?);
    }
    sheet.load(|row| {
        let file = row.component(&file)?.trim_matches('\'').to_owned();
        let mut counts = Vec::with_capacity(columns.len());
        for column in &columns {
            counts.push(row.count(column, 0)?);
        }
        let votes = Votes::from_counts(&counts).map_err(|_| RowFault::NoShare)?;
        if votes.total() == 0 {
            return Err(RowFault::NoShare);
        }
        Ok(Some(AbstractVotes { file, votes }))
    })
}

/// The paintings as labelled pictures beside the file: the emotion with the most votes, or none
/// where several have as many.
///
/// # Errors
/// As [`read`].
pub fn labelled(path: &Path, limits: &Limits) -> Result<Loaded<Labelled>, DataError> {
    let folder = sheet::folder_of(path)?;
    let set = read(path, limits)?;
    let row = |row: &AbstractVotes| {
        let counts = row.votes.as_slice();
        let most = counts.iter().max();
        let mut leaders = Mikels::ALL.iter().filter(|e| counts.get(e.index()) == most);
        let winner = match (leaders.next(), leaders.next()) {
            (Some(&only), None) => Some(only),
            _ => None,
        };
        let label = winner.map_or("", Mikels::name);
        Labelled::new(
            &folder,
            row.file.clone(),
            label,
            winner.map(Mikels::sentiment),
            None,
        )
    };
    Ok(Loaded {
        rows: set.rows.iter().map(row).collect(),
        report: set.report,
    })
}

#[cfg(test)]
mod tests;
