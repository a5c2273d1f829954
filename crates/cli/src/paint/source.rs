//! Which generator paints, and what it can be asked.

use std::path::Path;

use affetti::{
    ModelId, offer,
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
    beside, output,
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
    match name {
        Some(name) => by_name(name),
        None if registry::card(painter::EMBEDDED).is_ok() => by_name(painter::EMBEDDED),
        None => bail!(NONE),
    }
}

/// What is told where no generator is named and the program carries none.
const NONE: &str = "this program carries no painter: a build with weights does, and `affetti train painter configs/painter-1.toml` makes one, which --weights names; --from with --brush needs none";

fn cards() -> Result<Vec<Card>> {
    let all = registry::cards()?.into_iter();
    Ok(all.filter(|card| card.kind == KIND).collect())
}

/// The generator of a card: inside of the program, imported, or in the folder `models` here.
fn by_name(name: &str) -> Result<(Generator, ModelId)> {
    let card = registry::card(name)?;
    let bytes = beside::weights(&card, &format!("--model {name}"))?;
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

/// Prints what can be asked: of the generator that was named, else of all.
pub(super) fn list(args: &PaintArgs, settings: &Settings) -> Result<Exit> {
    if args.model.is_some() || args.weights.is_some() {
        let (generator, model) = generator(args.model.as_deref(), args.weights.as_deref())?;
        output::print(&told(&generator, &model.name, "", settings.json))?;
        return Ok(Exit::Done);
    }
    let cards = cards()?;
    if cards.is_empty() {
        settings.summary(NONE);
    }
    for card in cards {
        let text = match by_name(&card.name) {
            Ok((generator, model)) => told(&generator, &model.name, &card.summary, settings.json),
            Err(_) if settings.json => continue,
            Err(_) => format!(
                "{}: its weights are not here; `affetti models import models/{}` in the folder of the project brings them\n\n",
                card.name, card.file
            ),
        };
        output::print(&text)?;
    }
    Ok(Exit::Done)
}

/// What one generator can be asked.
fn told(generator: &Generator, name: &str, summary: &str, json: bool) -> String {
    if json {
        return format!("{}\n", offer(generator, name));
    }
    let (subjects, feelings) = (generator.subjects(), generator.feelings());
    let mut text = format!("{name} ({} pixels)", generator.side());
    if !summary.is_empty() {
        text += &format!(": {summary}");
    }
    text += "\n";
    for kind in [Kind::Genre, Kind::Style, Kind::Artist] {
        let names = named(&subjects, kind);
        if !names.is_empty() {
            text += &format!("  {}s  {}\n", kind.name(), names.join(", "));
        }
    }
    if !feelings.is_empty() {
        text += &format!("  feelings  {}\n", feelings.join(", "));
    }
    text + "\n"
}

fn named(subjects: &[Subject], kind: Kind) -> Vec<String> {
    let here = subjects.iter().filter(|subject| subject.kind == kind);
    here.map(Subject::to_string).collect()
}
