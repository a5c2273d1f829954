//! The weights of a card: inside of the program, imported, or beside it in the folder `models` here.

use std::{borrow::Cow, path::Path};

use affetti::weights::{
    NetError,
    registry::{self, Card},
    store,
};
use anyhow::{Result, anyhow, bail};

/// The bytes; `asked` is the option that needs them.
///
/// # Errors
/// Where they are nowhere, or another file than the card says.
pub(crate) fn weights(card: &Card, asked: &str) -> Result<Cow<'static, [u8]>> {
    match registry::weights(card) {
        Err(NetError::Missing { .. }) => {}
        found => return Ok(found?),
    }
    let beside = Path::new("models").join(&card.file);
    let bytes = store::read_file(&beside).map_err(|_| {
        anyhow!(
            "{asked} needs {}: run here, where it is not, `affetti models import FILE` with a copy of it, or \
             name it with --weights",
            beside.display()
        )
    })?;
    if store::sha256(&bytes) != card.sha256 {
        bail!(
            "{} is another file than its card says; --weights takes any",
            beside.display()
        );
    }
    Ok(Cow::Owned(bytes))
}
