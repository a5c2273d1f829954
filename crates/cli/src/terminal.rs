//! What the terminal can show.

use std::{
    env,
    io::{self, IsTerminal},
};

use affetti::card::CardStyle;

/// How cards are drawn on standard output: plain where it is no terminal or `NO_COLOR` is set.
pub(crate) fn card_style() -> CardStyle {
    let terminal = io::stdout().is_terminal();
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    CardStyle {
        color: terminal && !set("NO_COLOR") && !dumb,
        width: terminal
            .then(width)
            .flatten()
            .unwrap_or(CardStyle::default().width),
        unicode: !terminal || unicode(),
    }
}

fn width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0))
}

/// A locale that names another encoding is believed; none at all is common in containers, whose
/// terminals show Unicode all the same.
fn unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
