//! What is usual among the pictures of a training, and how far new ones of the same kinds are from it.

use super::config::Config;
use super::dataset::Set;
use super::folds::{FOLDS, LEARN};
use crate::error::FeelError;
use crate::heads::linear::Matrix;
use crate::heads::novelty::{distances, limits, variance};
use crate::predicting::basis::Basis;
use crate::predicting::extractor::Extractor;
use crate::predicting::novelty::Novelty;
use crate::predicting::settings::Block;

/// Components that tell kinds of pictures.
const COMPONENTS: usize = 100;

/// Rows of raw features of known pictures, each with its fold.
struct Known {
    rows: Matrix,
    fold_of: Vec<usize>,
}

impl Known {
    /// Those of `sets` that may be learned from.
    fn of(sets: [&Set; 2], width: usize) -> Self {
        let mut known = Self {
            rows: Matrix {
                columns: width,
                data: Vec::new(),
            },
            fold_of: Vec::new(),
        };
        for set in sets {
            let rows = set.rows(&LEARN);
            known.rows.data.extend(set.features.select(&rows).data);
            known
                .fold_of
                .extend(rows.iter().map(|&row| set.samples[row].fold));
        }
        known
    }

    fn select(&self, of: impl Fn(usize) -> bool) -> Matrix {
        let rows: Vec<usize> = (0..self.fold_of.len())
            .filter(|&n| of(self.fold_of[n]))
            .collect();
        self.rows.select(&rows)
    }
}

/// Basis and variances of `rows`; none of too few.
fn fit(
    config: &Config,
    extractor: &Extractor,
    rows: &Matrix,
) -> Result<Option<(Basis, Vec<f64>)>, FeelError> {
    let blocks = config.features.blocks(extractor.kinds());
    if !blocks.iter().any(|block| block.tells_kind) {
        return Ok(None);
    }
    let share = |block: &Block| if block.tells_kind { 1.0 } else { 0.0 };
    let basis = Basis::fit(rows, &blocks, share, (COMPONENTS, config.seed))?;
    let seen = basis.project_all(rows);
    let variance = variance((0..seen.rows()).map(|n| seen.row(n)));
    Ok(variance.map(|variance| (basis, variance)))
}

/// What is usual among `sets`, with limits from the distances of pictures that were new; none of too few.
///
/// # Errors
/// [`FeelError::Net`] where shapes do not fit: a bug.
pub(crate) fn usual(
    config: &Config,
    extractor: &Extractor,
    sets: [&Set; 2],
) -> Result<Option<Novelty>, FeelError> {
    let known = Known::of(sets, extractor.len());
    let mut new = Vec::new();
    for fold in 0..FOLDS {
        let Some((basis, variance)) = fit(config, extractor, &known.select(|of| of != fold))?
        else {
            return Ok(None);
        };
        let held = known.select(|of| of == fold);
        let seen = basis.project_all(&held);
        new.extend((0..held.rows()).map(|n| {
            let length = basis.squared_length(held.row(n));
            distances(&variance, seen.row(n), length)
        }));
    }
    let found = fit(config, extractor, &known.rows)?.zip(limits(&new));
    Ok(found.map(|((basis, variance), limits)| Novelty {
        basis,
        variance,
        limits,
    }))
}

#[cfg(test)]
mod tests {
    use super::Config;
    use crate::predicting::frozen::Network;
    use crate::predicting::settings::{FeatureSettings, PerHead};
    use std::path::Path;

    fn telling(settings: &FeatureSettings) -> Vec<std::ops::Range<usize>> {
        let kinds = settings.backbones.iter().map(|b| b.kind().expect("known"));
        let blocks = settings.blocks(kinds.collect::<Vec<Network>>().into_iter());
        let telling = blocks.into_iter().filter(|block| block.tells_kind);
        telling.map(|block| block.columns).collect()
    }

    #[test]
    fn stages_of_networks_that_have_learned_no_feelings_tell_kinds() {
        let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
        let config = Config::read(&configs.join("feel-4.toml")).expect("good");
        let mut settings = config.features;
        // art-1 has 1280 + 1568 columns, then come 1280 pooled ones of the published network.
        assert_eq!(telling(&settings), vec![4128..5840; 1]);
        // Where no stage is heard, what is pooled; never of a network that knows the pictures.
        for backbone in &mut settings.backbones {
            backbone.stages = PerHead::default();
        }
        assert_eq!(telling(&settings), [0..1280, 2848..4128]);
        for backbone in &mut settings.backbones {
            backbone.folds = true;
        }
        assert!(telling(&settings).is_empty());
    }
}
