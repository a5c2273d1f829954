//! Which generator paints, and what it can be asked.

use std::{borrow::Cow, path::Path};

use affetti::{
    ModelId,
    paint::{
        Generator, Wish,
        cgan::Statistics,
        painter,
        wish::{Kind, Subject},
    },
    weights::{
        registry::{self, Card},
        store,
    },
};
use anyhow::{Result, bail};

use crate::{
    Exit,
    args::{NormArg, PaintArgs},
    output,
    settings::Settings,
};

/// The kind of cards of generators.
const KIND: &str = "paint";

/// A generator with what was wished for.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) generator: Generator,
    pub(super) model: ModelId,
    pub(super) wish: Wish,
}

impl Source {
    /// The generator that was named, else the painter, else the first that knows the words.
    pub(super) fn find(args: &PaintArgs, words: &[&str]) -> Result<Self> {
        let statistics = match args.bn {
            NormArg::Running => Statistics::Running,
            NormArg::Batch => Statistics::Batch,
        };
        let (generator, model) = self::generator(args.model.as_deref(), args.weights.as_deref())?;
        let name = model.name.clone();
        if args.bn == NormArg::Batch && !matches!(generator, Generator::Cgan(..)) {
            bail!("--bn batch is for a CGAN; name one by --model or --weights");
        }
        let first = Self::of(generator.with_statistics(statistics), model, words);
        if args.model.is_some() || args.weights.is_some() || first.is_ok() {
            return first;
        }
        let others = cards()?.into_iter().filter(|card| card.name != name);
        // A generator whose weights are not here cannot be asked.
        let others = others.filter_map(|card| by_name(&card.name).ok());
        let mut knowing =
            others.filter_map(|(generator, model)| Self::of(generator, model, words).ok());
        knowing.next().map_or(first, Ok)
    }

    fn of(generator: Generator, model: ModelId, words: &[&str]) -> Result<Self> {
        let wish = Wish::read(words, &generator.subjects())?;
        Ok(Self {
            generator,
            model,
            wish,
        })
    }
}

/// Of a weight file, or of a card; without both the one inside of the program.
pub(crate) fn generator(name: Option<&str>, file: Option<&Path>) -> Result<(Generator, ModelId)> {
    if let Some(file) = file {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        return load(&store::read_file(file)?, &name, file);
    }
    by_name(name.unwrap_or(painter::EMBEDDED))
}

fn cards() -> Result<Vec<Card>> {
    let all = registry::cards()?.into_iter();
    Ok(all.filter(|card| card.kind == KIND).collect())
}

/// The generator of a card: inside of the program, imported, or in the folder `models` here.
fn by_name(name: &str) -> Result<(Generator, ModelId)> {
    let card = registry::card(name)?;
    let here = Path::new("models").join(&card.file);
    let bytes = match registry::weights(&card) {
        Ok(bytes) => bytes,
        Err(error) => match store::read_file(&here) {
            Ok(bytes) if store::sha256(&bytes) == card.sha256 => Cow::Owned(bytes),
            _ => return Err(error.into()),
        },
    };
    load(&bytes, name, Path::new(&card.file))
}

fn load(bytes: &[u8], name: &str, file: &Path) -> Result<(Generator, ModelId)> {
    let generator = Generator::from_bytes(bytes, &file.display().to_string())?;
    let model = ModelId {
        name: name.to_owned(),
        sha256: store::sha256(bytes),
    };
    Ok((generator, model))
}

/// Prints what can be asked.
pub(super) fn list(settings: &Settings) -> Result<Exit> {
    for card in cards()? {
        let name = &card.name;
        let Ok((generator, _)) = by_name(name) else {
            if !settings.json {
                output::print(&format!(
                    "{name}: its weights are not here; `affetti models import models/{}` in the folder of the project brings them\n\n",
                    card.file
                ))?;
            }
            continue;
        };
        let subjects = generator.subjects();
        if settings.json {
            let of = |kind: Kind| named(&subjects, kind);
            let line = serde_json::json!({
                "model": name,
                "side": generator.side(),
                "genres": of(Kind::Genre),
                "styles": of(Kind::Style),
                "artists": of(Kind::Artist),
                "feelings": generator.feelings(),
            });
            output::print(&format!("{line}\n"))?;
            continue;
        }
        let mut text = format!("{name}: {} ({} pixels)\n", card.summary, generator.side());
        for kind in [Kind::Genre, Kind::Style, Kind::Artist] {
            let names = named(&subjects, kind);
            if !names.is_empty() {
                text += &format!("  {}s  {}\n", kind.name(), names.join(", "));
            }
        }
        let feelings = generator.feelings();
        if !feelings.is_empty() {
            text += &format!("  feelings  {}\n", feelings.join(", "));
        }
        output::print(&format!("{text}\n"))?;
    }
    Ok(Exit::Done)
}

fn named(subjects: &[Subject], kind: Kind) -> Vec<String> {
    let here = subjects.iter().filter(|subject| subject.kind == kind);
    here.map(Subject::to_string).collect()
}
