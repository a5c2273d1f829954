//! What keeps the studio from opening, and who is at fault.

use std::{io, net::SocketAddr, path::PathBuf};

use affetti::ErrorKind;

/// An error of this room. The text says what is wrong and what to do, in one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudioError {
    /// Nobody can listen there.
    #[error("cannot listen on {address}: {source}; another --port may be free")]
    Address {
        /// Where it was tried.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// An address that others reach, without a word that keeps them out.
    #[error("{address} is reached by other machines: it needs --token WORD, or --token random")]
    Open {
        /// The address.
        address: SocketAddr,
    },
    /// The folder of jobs and results.
    #[error("cannot use the folder {}: {source}; name another one with --data", path.display())]
    Folder {
        /// The folder, or a file in it.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The folder of jobs and results is in use.
    #[error("another studio uses the folder {}; close it, or name another folder with --data", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// A folder of pictures.
    #[error("cannot read the folder {}: {source}", path.display())]
    Pictures {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A folder for copies that lies in a collection, or around it.
    #[error("copies in {} would meet the collection {collection}, which would read them again; name a folder for --export outside of it", path.display())]
    Copies {
        /// The folder.
        path: PathBuf,
        /// The collection.
        collection: String,
    },
    /// The list of jobs.
    #[error("{}: {source}", path.display())]
    Store {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A folder that a later version has written.
    #[error("{} was written by a newer affetti (its version is {found}, this one knows {known}); name another folder with --data", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The models of the program.
    #[error(transparent)]
    Feel(#[from] affetti::FeelError),
}

impl StudioError {
    /// Who is at fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Address { .. } | Self::Folder { .. } | Self::Store { .. } => ErrorKind::Io,
            Self::Pictures { .. } => ErrorKind::Input,
            Self::Open { .. } | Self::Taken { .. } | Self::Copies { .. } => ErrorKind::Parameter,
            Self::Newer { .. } => ErrorKind::Unsupported,
            Self::Feel(error) => error.kind(),
        }
    }
}
