//! `affetti sketch --recipe clipasso`: its options, and the networks that it needs.

use std::sync::Arc;

use affetti::{
    ClipassoRecipe,
    sketch::{Clipasso, ClipassoSettings, Quirks},
    tower,
};
use anyhow::{Result, bail};

use crate::args::{ClipassoArgs, Quirk, Recipe, SketchArgs, SketchQuality};

/// Told before the work: options that the recipe does not know.
pub(super) fn check(args: &SketchArgs) -> Result<()> {
    let ClipassoArgs {
        iterations,
        quirks,
        clip,
        saliency,
    } = &args.clipasso;
    let only = [
        ("--iterations", iterations.is_some()),
        ("--quirks", !quirks.is_empty()),
        ("--clip", clip.is_some()),
        ("--saliency", saliency.is_some()),
    ];
    let other = [
        ("--sweep", !args.sweep.is_empty()),
        ("--edges", args.edges.is_some()),
        ("--color", args.color),
        ("--ink", args.ink),
        ("--quality", args.quality != SketchQuality::Normal),
    ];
    let (wrong, why) = if args.recipe == Recipe::Trace {
        (&only[..], "needs --recipe clipasso")
    } else {
        (&other[..], "is not for --recipe clipasso")
    };
    match wrong.iter().find(|(_, given)| *given) {
        Some((name, _)) => bail!("{name} {why}"),
        None => Ok(()),
    }
}

/// The recipe with its networks, if it is asked for.
pub(super) fn recipe(args: &SketchArgs) -> Result<Option<ClipassoRecipe>> {
    if args.recipe == Recipe::Trace {
        return Ok(None);
    }
    let ours = &args.clipasso;
    let usual = ClipassoSettings::default();
    let settings = ClipassoSettings {
        strokes: args.strokes,
        width: args.width,
        iterations: ours.iterations.unwrap_or(usual.iterations),
        quirks: chosen(&ours.quirks)?,
        ..usual
    };
    settings.check()?;
    let clip = ours.clip.as_deref().unwrap_or("clip-rn101");
    let saliency = ours.saliency.as_deref().unwrap_or("clip-vit-b-32");
    // Both are looked for before one is made ready, which takes a second.
    let ((seeing, clip), (attending, saliency)) = (tower(clip)?, tower(saliency)?);
    let method = Clipasso::new(seeing.into_resnet()?, attending.into_vit()?)?;
    Ok(Some(ClipassoRecipe {
        method: Arc::new(method),
        settings,
        models: format!("{clip}, {saliency}"),
    }))
}

fn chosen(quirks: &[Quirk]) -> Result<Quirks> {
    match quirks {
        [] => return Ok(Quirks::default()),
        [Quirk::All] => return Ok(Quirks::ALL),
        [Quirk::None] => return Ok(Quirks::NONE),
        _ => {}
    }
    let mut found = Quirks::NONE;
    for quirk in quirks {
        match quirk {
            Quirk::All | Quirk::None => bail!("--quirks: all and none stand alone"),
            Quirk::BlackCorners => found.black_corners = true,
            Quirk::Stretch => found.stretch = true,
            Quirk::NormalizedLines => found.normalized_lines = true,
            Quirk::Late => found.late = true,
        }
    }
    Ok(found)
}
