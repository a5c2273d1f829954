//! `affetti models`: what there is, whether it is intact, import of published weights.

use std::path::Path;

use affetti::{
    feel::{Reference, ReferenceOptions, Step, linear_head, make_reference},
    ground::write_whole,
    nets::{
        clip::vit::Gate,
        import::{self, Imported},
    },
    weights::{
        NetError,
        registry::{self, Card},
        store,
    },
};
use anyhow::{Result, anyhow, bail};
use serde_json::json;

use crate::{
    Exit,
    args::ModelsVerb,
    device,
    out_file::spare,
    output::{self, FIGURES, Form, TEXTS},
    progress::Progress,
    settings::{Settings, data_folder},
    table::{Side, csv, row, table},
};

pub(crate) fn run(verb: ModelsVerb, settings: &Settings) -> Result<Exit> {
    match verb {
        ModelsVerb::List => list(settings),
        ModelsVerb::Show { name } => show(&name, settings),
        ModelsVerb::Verify { names } => verify(&names, settings),
        ModelsVerb::Reference {
            data,
            weights,
            models,
        } => reference(data.as_deref(), weights.as_deref(), &models, settings),
        ModelsVerb::Import {
            file,
            as_model,
            gelu,
            head_of,
        } => match head_of {
            Some(tower) => take_head(&file, tower.name(), settings),
            None => take_in(&file, as_model.as_deref(), gelu, settings),
        },
        ModelsVerb::Pull { name, url } => pull(&name, url, settings),
    }
}

/// Bytes of the weights, if they are embedded or imported, or in the folder `models` of the repository.
fn size(card: &Card) -> Option<u64> {
    let length = |path: &Path| Some(path.metadata().ok()?.len());
    let imported = || {
        let beside = || length(&Path::new("models").join(&card.file));
        length(&registry::cached_file(card)).or_else(beside)
    };
    if card.embedded {
        registry::weights(card).ok().map(|bytes| bytes.len() as u64)
    } else {
        imported()
    }
}

fn list(settings: &Settings) -> Result<Exit> {
    let form = Form::of(&FIGURES, settings)?;
    let cards = registry::cards()?;
    if let Form::Json = form {
        let lines = cards.iter().map(|card| {
            let line = json!({
                "name": card.name,
                "kind": card.kind,
                "embedded": card.embedded,
                "bytes": size(card),
                "summary": card.summary,
                "file": card.file,
                "license": card.license,
                "sha256": card.sha256,
            });
            format!("{line}\n")
        });
        output::emit(settings, &lines.collect::<String>())?;
        return Ok(Exit::Done);
    }
    if let Form::Csv = form {
        let header = [
            "name", "kind", "embedded", "bytes", "file", "sha256", "license", "summary",
        ];
        let mut rows = vec![row(header)];
        rows.extend(cards.iter().map(|card| {
            let bytes = size(card).map_or(String::new(), |bytes| bytes.to_string());
            row([
                &card.name,
                &card.kind,
                &card.embedded.to_string(),
                &bytes,
                &card.file,
                &card.sha256,
                &card.license,
                &card.summary,
            ])
        }));
        output::emit(settings, &csv(&rows)?)?;
        return Ok(Exit::Done);
    }
    let mut rows = vec![row(["name", "kind", "embedded", "size", "file", "summary"])];
    rows.extend(cards.iter().map(|card| {
        let size = size(card).map_or("not here".to_owned(), |bytes| {
            format!("{:.1} MB", bytes as f64 / 1e6)
        });
        let embedded = if card.embedded { "yes" } else { "no" };
        row([
            &card.name,
            &card.kind,
            embedded,
            &size,
            &card.file,
            &card.summary,
        ])
    }));
    use Side::{Left, Right};
    let sides = [Left, Left, Left, Right, Left, Left];
    output::emit(settings, &table(&sides, &rows))?;
    Ok(Exit::Done)
}

fn show(name: &str, settings: &Settings) -> Result<Exit> {
    let form = Form::of(&TEXTS, settings)?;
    let card = registry::card(name)?;
    let text = if let Form::Json = form {
        serde_json::to_string(&card)? + "\n"
    } else {
        card_text(&card)
    };
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

fn card_text(card: &Card) -> String {
    let input = &card.input;
    let sides: Vec<String> = input
        .resolution
        .iter()
        .map(|side| format!("{side} x {side}"))
        .collect();
    let shape = format!(
        "{} {}, (value - {}) / {}, {} filter",
        sides.join(" and "),
        input.channels,
        input.mean,
        input.scale,
        input.filter
    );
    let seed = card.origin.seed.to_string();
    let mut rows = vec![
        row(["name", &card.name]),
        row(["kind", &card.kind]),
        row(["summary", &card.summary]),
        row(["file", &card.file]),
        row(["sha256", &card.sha256]),
        row(["terms", &card.license]),
        row(["input", shape.trim_start()]),
        row(["views", &input.views.join(", ")]),
    ];
    let many = |name: &str, values: &[String]| -> Vec<Vec<String>> {
        let named = |(at, value): (usize, &String)| row([if at == 0 { name } else { "" }, value]);
        values.iter().enumerate().map(named).collect()
    };
    rows.extend(many("starts", &card.origin.starts));
    rows.extend(many("data", &card.origin.data));
    rows.push(row(["command", &card.origin.command]));
    rows.push(row(["seed", &seed]));
    rows.extend(many("caution", &card.cautions));
    if let Some(about) = &card.reference {
        rows.push(row(["reference", &about.set]));
    }
    let mut text = table(&[Side::Left, Side::Left], &rows);
    if !card.metrics.is_empty() {
        let mut rows = vec![row([
            "pictures",
            "metric",
            "value",
            "95 % interval",
            "baseline",
            "n",
            "against",
        ])];
        rows.extend(card.metrics.iter().map(|m| {
            let [low, high] = m.interval;
            row([
                &m.set,
                &m.name,
                &format!("{:.4}", m.value),
                &format!("{low:.4} to {high:.4}"),
                &format!("{:.4}", m.baseline),
                &m.n.to_string(),
                &m.against,
            ])
        }));
        use Side::{Left, Right};
        text.push('\n');
        text.push_str(&table(
            &[Left, Left, Right, Left, Right, Right, Left],
            &rows,
        ));
    }
    text
}

fn verify(names: &[String], settings: &Settings) -> Result<Exit> {
    let form = Form::of(&FIGURES, settings)?;
    let cards: Vec<Card> = if names.is_empty() {
        registry::cards()?
    } else {
        let named: Result<_, NetError> = names.iter().map(|name| registry::card(name)).collect();
        named?
    };
    let (mut good, mut bad) = (0, 0);
    let (mut rows, mut lines) = (Vec::new(), String::new());
    for card in &cards {
        let (state, reason) = match registry::verify(card) {
            Ok(()) => {
                good += 1;
                ("good", None)
            }
            // Weights that nobody imported are no fault, unless they were asked for.
            Err(NetError::Missing { .. }) if names.is_empty() && !card.embedded => {
                ("not here", None)
            }
            Err(error) => {
                bad += 1;
                ("bad", Some(error.to_string()))
            }
        };
        let line = json!({"name": card.name, "state": state, "reason": reason});
        lines.push_str(&format!("{line}\n"));
        rows.push(row([
            &card.name,
            state,
            reason.as_deref().unwrap_or_default(),
        ]));
    }
    let text = match form {
        Form::Json => lines,
        Form::Table => table(&[Side::Left; 3], &rows),
        Form::Csv => {
            rows.insert(0, row(["name", "state", "reason"]));
            csv(&rows)?
        }
    };
    output::emit(settings, &text)?;
    Ok(Exit::of(good, bad))
}

/// Writes the reference table of a model and names it in the model's card.
fn reference(
    data: Option<&Path>,
    weights: Option<&Path>,
    models: &Path,
    settings: &Settings,
) -> Result<Exit> {
    let form = Form::of(&TEXTS, settings)?;
    let data = data_folder(data)?;
    let predictor = device::predictor(weights, settings)?;
    let progress = Progress::new("paintings", !settings.quiet);
    let made = make_reference(
        &predictor,
        &ReferenceOptions {
            data: &data,
            threads: settings.threads,
            progress: &|step: Step<'_>| match step.stage {
                "paintings" => progress.at(step.done, Some(step.total)),
                left_out => progress.complain(left_out),
            },
        },
    );
    progress.finish();
    let made = made?;
    let id = predictor.model();
    let beside = models.join(format!("{}.safetensors", id.name));
    let file = Reference::beside(weights.unwrap_or(&beside));
    let bytes = made.to_bytes()?;
    write_whole(&file, &bytes)?;
    let about = registry::Reference {
        file: file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into(),
        sha256: store::sha256(&bytes),
        model_sha256: id.sha256.clone(),
        set: made.about().set.clone(),
        n: made.rows().len(),
        command: "affetti models reference --data DATA".to_owned(),
    };
    let card = weights.unwrap_or(&beside).with_extension("toml");
    if card.is_file() {
        let mut content = registry::read_card(&card)?;
        content.reference = Some(about);
        write_whole(&card, toml::to_string_pretty(&content)?.as_bytes())?;
    }
    let n = made.rows().len();
    let text = match form {
        Form::Json => format!(
            "{}\n",
            json!({"paintings": n, "path": file.display().to_string()})
        ),
        _ => format!("{n} paintings → {}\n", file.display()),
    };
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

/// A linear head on a tower becomes a predictor.
fn take_head(file: &Path, tower: &str, settings: &Settings) -> Result<Exit> {
    spare(settings.out.as_deref(), &[file])?;
    let form = Form::of(&TEXTS, settings)?;
    let path = Path::new("models").join(format!("feel-{tower}.safetensors"));
    if path.exists() {
        bail!(
            "{}: there is one already; move it away first",
            path.display()
        );
    }
    let bytes = store::read_file(file)?;
    let made = linear_head(&bytes, &file.display().to_string(), tower)?;
    write_whole(&path, &made)?;
    let name = format!("feel-{tower}");
    let shown = path.display().to_string();
    let text = match form {
        Form::Json => format!("{}\n", json!({"name": name, "path": shown})),
        _ => format!("{name} imported to {shown}; `affetti feel --backbone {tower}` uses it\n"),
    };
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

fn take_in(file: &Path, model: Option<&str>, gelu: bool, settings: &Settings) -> Result<Exit> {
    spare(settings.out.as_deref(), &[file])?;
    Form::of(&TEXTS, settings)?;
    let imported = match model {
        Some(name) => {
            let gate = if gelu { Gate::Exact } else { Gate::Quick };
            import::import_as(file, name, gate)?
        }
        None => import::import(file).map_err(|error| match error {
            // The room names every digest that it knows, which tells a reader nothing.
            NetError::Hash { file, .. } => anyhow!(
                "{file}: not a file that this build knows; `affetti models list` names those, \
                 `affetti models show NAME` their digests; --as NAME takes it for another version of \
                 one"
            ),
            other => other.into(),
        })?,
    };
    imported_to(&imported, settings)
}

fn imported_to(imported: &Imported, settings: &Settings) -> Result<Exit> {
    let path = imported.path.display().to_string();
    let text = if let Form::Json = Form::of(&TEXTS, settings)? {
        format!("{}\n", json!({"name": imported.card.name, "path": path}))
    } else {
        format!("{} imported to {path}\n", imported.card.name)
    };
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

/// The address of a card's file: the one given, one in the folder of a mirror, or the publisher's.
#[cfg(feature = "pull")]
fn address(card: &Card, given: Option<String>) -> Result<String> {
    let mirror = std::env::var("AFFETTI_MODELS_URL").ok();
    let mirror = mirror.filter(|folder| !folder.is_empty());
    let mirrored = mirror.map(|folder| format!("{}/{}", folder.trim_end_matches('/'), card.file));
    given.or(mirrored).or(card.url.clone()).ok_or_else(|| {
        anyhow!(
            "{} is not published at an address; its card says how it is made: `affetti models \
             show {}`",
            card.name,
            card.name
        )
    })
}

#[cfg(feature = "pull")]
fn pull(name: &str, url: Option<String>, settings: &Settings) -> Result<Exit> {
    Form::of(&TEXTS, settings)?;
    let card = registry::card(name)?;
    let url = address(&card, url)?;
    if registry::cached_file(&card).is_file() && registry::weights(&card).is_ok() {
        settings.summary(&format!("{name} is here already"));
        let path = registry::cached_file(&card);
        return imported_to(&Imported { card, path }, settings);
    }
    settings.summary(&format!("downloading {url}"));
    let progress = Progress::new("kB", !settings.quiet);
    let kilobytes = |bytes: u64| (bytes / 1000) as usize;
    let pulled = affetti::nets::pull::pull(&card, &url, &mut |done, total| {
        progress.at(kilobytes(done), total.map(kilobytes));
        std::ops::ControlFlow::Continue(())
    });
    progress.finish();
    imported_to(&pulled?, settings)
}

#[cfg(not(feature = "pull"))]
fn pull(name: &str, url: Option<String>, _settings: &Settings) -> Result<Exit> {
    let card = registry::card(name)?;
    let url = url.or(card.url).unwrap_or_default();
    Err(anyhow!(
        "this build downloads nothing (it lacks the feature `pull`): fetch {url} by other means, \
         then run `affetti models import FILE`"
    ))
}
