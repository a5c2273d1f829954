//! `affetti train`: the predictor, and every deep network by the one way of the room `train`.

use std::path::Path;

use affetti::feel::{Config, Step, TrainOptions, train as train_feel};
use anyhow::{Result, bail};

use crate::{
    Exit,
    args::{FeelSourceArgs, OwnTrainArgs, Source, TowerArg, TrainVerb, TrainingArgs},
    out_file::spare,
    output::{self, FIGURES, Form},
    own,
    progress::Progress,
    settings::{Settings, data_folder},
};

#[cfg(not(feature = "train"))]
pub(crate) fn train(verb: TrainVerb, settings: &Settings) -> Result<Exit> {
    match verb {
        TrainVerb::Feel { training, own } => either(&training, &own, settings),
        // The work needs burn.
        _ => bail!(
            "this build cannot train networks: build it with `cargo build --release --features train`"
        ),
    }
}

#[cfg(feature = "train")]
pub(crate) fn train(verb: TrainVerb, settings: &Settings) -> Result<Exit> {
    use crate::eval::{bsds500, check_maps};
    use affetti::feel::{affect::AffectRecipe, art::ArtRecipe, recipes::PublishedRecipe};
    use affetti::paint::{
        artgan::training::ArtGanRecipe, cgan::training::CganRecipe,
        painter::training::PainterRecipe,
    };
    use affetti::regions::edges::training::EdgeRecipe;
    use affetti::sketch::{encoder::training::EncoderRecipe, mask::training::MaskRecipe};
    use affetti::words::{
        read::training::ReaderRecipe,
        say::training::{SpeakerRecipe, attend::AttendRecipe},
        space::training::SpaceRecipe,
    };
    use networks::{Asked, train};

    match &verb {
        TrainVerb::Feel { training, own } => either(training, own, settings),
        TrainVerb::Edges { training, run } => {
            let asked = Asked {
                check: &|data| bsds500(Some(data)).map(drop),
                ..Asked::new(training, run)
            };
            train::<EdgeRecipe>(&asked, |_| (), settings)
        }
        TrainVerb::Affect {
            training,
            run,
            fold,
        } => {
            let asked = Asked::new(training, run);
            let change = |recipe: &mut AffectRecipe| recipe.fold = fold.or(recipe.fold);
            train(&asked, change, settings)
        }
        TrainVerb::Recipe { config, data, run } => {
            let asked = Asked {
                config,
                data: data.as_deref(),
                // Nothing is read there or written.
                models: Path::new("models"),
                run,
                inputs: &[],
                check: &|_| Ok(()),
            };
            train::<PublishedRecipe>(&asked, |_| (), settings)
        }
        TrainVerb::Mask {
            training,
            run,
            maps,
        } => {
            let asked = Asked {
                inputs: &[maps],
                check: &|_| check_maps(maps),
                ..Asked::new(training, run)
            };
            let change = |recipe: &mut MaskRecipe| recipe.maps.clone_from(maps);
            train(&asked, change, settings)
        }
        TrainVerb::Encoder { training, run } => {
            train::<EncoderRecipe>(&Asked::new(training, run), |_| (), settings)
        }
        TrainVerb::Reader {
            training,
            run,
            table,
        } => {
            let inputs: Vec<&Path> = table.as_deref().into_iter().collect();
            let asked = Asked {
                inputs: &inputs,
                ..Asked::new(training, run)
            };
            let change =
                |recipe: &mut ReaderRecipe| recipe.table = table.clone().or(recipe.table.take());
            train(&asked, change, settings)
        }
        TrainVerb::Space { training, run } => {
            train::<SpaceRecipe>(&Asked::new(training, run), |_| (), settings)
        }
        TrainVerb::Speaker { training, run } => {
            train::<SpeakerRecipe>(&Asked::new(training, run), |_| (), settings)
        }
        TrainVerb::Attend { training, run } => {
            train::<AttendRecipe>(&Asked::new(training, run), |_| (), settings)
        }
        TrainVerb::Painter { training, run } => {
            train::<PainterRecipe>(&Asked::new(training, run), |_| (), settings)
        }
        TrainVerb::Cgan { training, run } => {
            train::<CganRecipe>(&Asked::new(training, run), |_| (), settings)
        }
        TrainVerb::Artgan { training, run } => {
            train::<ArtGanRecipe>(&Asked::new(training, run), |_| (), settings)
        }
        TrainVerb::Art { training, run } => {
            train::<ArtRecipe>(&Asked::new(training, run), |_| (), settings)
        }
    }
}

/// `affetti train feel`: from a config, or from a table.
fn either(training: &FeelSourceArgs, own_args: &OwnTrainArgs, settings: &Settings) -> Result<Exit> {
    match training.source() {
        Source::Config(args) => feel(&args, own_args.backbone, settings),
        Source::Table(table) => own::train(&table, &training.models, own_args, settings),
    }
}

/// `affetti train feel CONFIG`.
fn feel(args: &TrainingArgs, tower: Option<TowerArg>, settings: &Settings) -> Result<Exit> {
    let form = Form::of(&FIGURES, settings)?;
    let mut config = Config::read(&args.config)?;
    if let Some(name) = tower.map(TowerArg::name) {
        config.name = format!("feel-{name}");
        if let Some(first) = config.features.backbones.first_mut() {
            name.clone_into(&mut first.name);
            first.network = None;
        }
    }
    config.seed = settings.seed.unwrap_or(config.seed);
    let trained = with_options(&config, args, &[], settings, |config, options| {
        Ok(train_feel(config, options)?)
    })?;
    let figures = &trained.figures;
    let text = form.pick(figures.table(), figures.csv(), figures.json());
    output::emit(settings, &text)?;
    settings.summary(&format!(
        "trained → {} and {}",
        trained.weights.display(),
        trained.card.display()
    ));
    Ok(Exit::Done)
}

/// Work on the predictor of `config`; `inputs` are read beside it and the data.
pub(crate) fn with_options<T>(
    config: &Config,
    args: &TrainingArgs,
    inputs: &[&Path],
    settings: &Settings,
    work: impl FnOnce(&Config, &TrainOptions<'_>) -> Result<T>,
) -> Result<T> {
    let data = data_folder(args.data.as_deref())?;
    if !data.is_dir() {
        bail!(
            "{}: no such folder; --data names the folder of the data sets",
            data.display()
        );
    }
    let read = [&[args.config.as_path(), &data], inputs].concat();
    spare(settings.out.as_deref(), &read)?;
    with_progress("steps", [&data, &args.models], settings, |options| {
        work(config, options)
    })
}

/// Work in the folders of data and models whose progress is shown.
pub(crate) fn with_progress<T>(
    pieces: &'static str,
    [data, models]: [&Path; 2],
    settings: &Settings,
    work: impl FnOnce(&TrainOptions<'_>) -> Result<T>,
) -> Result<T> {
    let progress = Progress::new(pieces, !settings.quiet);
    let result = work(&TrainOptions {
        data,
        models,
        threads: settings.threads,
        progress: &|step: Step<'_>| progress.stage(step.stage, step.done, step.total),
    });
    progress.finish();
    result
}

#[cfg(feature = "train")]
mod networks {
    use std::{error::Error, path::Path};

    use affetti::train::{
        Config, Figures, History, Places, Progress, Recipe, Watch, train as follow,
    };
    use anyhow::Result;

    use crate::{
        Exit,
        args::{RunArgs, TrainingArgs},
        out_file::spare,
        output::{self, FIGURES, Form},
        progress::Progress as Bar,
        settings::{Settings, data_folder},
    };

    /// What was asked for.
    pub(super) struct Asked<'a> {
        pub(super) config: &'a Path,
        pub(super) data: Option<&'a Path>,
        pub(super) models: &'a Path,
        pub(super) run: &'a RunArgs,
        /// What is read beside the config and the data.
        pub(super) inputs: &'a [&'a Path],
        /// Looks for folders, that of the data given, before the work begins.
        pub(super) check: &'a dyn Fn(&Path) -> Result<()>,
    }

    impl<'a> Asked<'a> {
        pub(super) fn new(training: &'a TrainingArgs, run: &'a RunArgs) -> Self {
            Self {
                config: &training.config,
                data: training.data.as_deref(),
                models: &training.models,
                run,
                inputs: &[],
                check: &|_| Ok(()),
            }
        }
    }

    /// Trains what the config says; `change` puts in what the command line says of it.
    pub(super) fn train<R: Recipe>(
        asked: &Asked<'_>,
        change: impl FnOnce(&mut R),
        settings: &Settings,
    ) -> Result<Exit>
    where
        R::Error: Error + Send + Sync + 'static,
    {
        let form = Form::of(&FIGURES, settings)?;
        let config = Config::<R>::read(asked.config, |config| {
            config.common.seed = settings.seed.unwrap_or(config.common.seed);
            change(&mut config.own);
        })?;
        let data = data_folder(asked.data)?;
        (asked.check)(&data)?;
        let read = [&[asked.config, &data], asked.inputs].concat();
        spare(settings.out.as_deref(), &read)?;
        let run = asked.run.folder(&R::name(&config));
        let bar = Bar::new("steps", !settings.quiet);
        let places = Places {
            data: &data,
            models: asked.models,
            run: &run,
            resume: asked.run.resume,
            stage: &|stage, done, all| bar.stage(stage, done, all),
        };
        let mut shown = Shown {
            bar: &bar,
            settings,
        };
        let trained = follow(&config, &places, &mut shown);
        bar.finish();
        let Some(trained) = trained? else {
            return Ok(Exit::Stopped);
        };
        let figures = &trained.figures;
        let text = form.pick(figures.table(), figures.csv(), figures.json());
        output::emit(settings, &text)?;
        let made = match (&trained.weights, &trained.card) {
            (Some((weights, _)), Some(card)) => {
                let [weights, card, run] = [weights, card, &run].map(|path| path.display());
                format!(" → {weights} and {card}; the run is in {run}")
            }
            (Some((weights, sha256)), None) => {
                format!(" → {} (sha256 {sha256})", weights.display())
            }
            (None, _) => format!("; the run is in {}", run.display()),
        };
        settings.summary(&(figures.told() + &made));
        Ok(Exit::Done)
    }

    /// Shows steps on a bar and a line for each epoch.
    struct Shown<'a> {
        bar: &'a Bar,
        settings: &'a Settings,
    }

    impl Watch for Shown<'_> {
        fn progress(&mut self, progress: &Progress) {
            let stage = format!(
                "steps of epoch {} of {}, loss {:.3}",
                progress.epoch, progress.epochs, progress.loss
            );
            self.bar.stage(&stage, progress.step, progress.steps);
        }

        fn epoch(&mut self, history: &History) {
            let Some(row) = history.rows.last() else {
                return;
            };
            let cells = history.columns.iter().zip(row);
            let cells: Vec<String> = cells
                .map(|(name, value)| format!("{name} {value:.4}"))
                .collect();
            if !self.settings.quiet {
                self.bar.say(&cells.join("  "));
            }
        }

        /// A signal ends the program; `--resume` goes on from the last epoch.
        fn stop(&self) -> bool {
            false
        }
    }
}
