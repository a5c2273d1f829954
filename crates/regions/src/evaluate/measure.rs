//! The regions of labelled pictures, measured once and kept.
//!
//! - **Computes** boxes, objectness and components of the regions of each picture.
//! - **Input** labelled pictures through [`Study`].
//! - **Output** [`Measured`]; kept under `nets::registry::cache_folder` in files of [`PART`] pictures,
//!   so that an evaluation that was stopped goes on where it was, and one with other heads, settings
//!   of fusion or metrics starts with everything measured. Components are kept in 16 bits.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use affetti_feel::{Basis, Predictor, RegionWay, Scratch, Step, Study, TrainOptions};
use affetti_ground::write_whole;
use affetti_picture::Filter;
use affetti_weights::{
    registry::{cache_folder, card},
    store::{self, Precision, sha256},
    tensors::{Tensor, Tensors},
};
use nalgebra::DMatrix;

use crate::{
    boxes::Region,
    edges::{self, Detector, Kind},
    error::RegionsError,
    find::{self, Options, WORKING_SIDE},
};

/// To be raised when the way from a picture to its components changes: older files are then ignored.
const VERSION: u32 = 1;
/// Pictures in one file of the cache: what is lost when the work is stopped.
const PART: usize = 64;

/// Regions of one picture, best objectness first.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Measured {
    /// In pixels of the picture at working size.
    pub(super) boxes: Vec<Region>,
    /// Raw.
    pub(super) objectness: Vec<f32>,
    /// One row a region.
    pub(super) components: Vec<Vec<f32>>,
}

/// The projection onto the components of one head, in 32 bits and for many rows at once.
struct Projection<'a> {
    basis: &'a Basis,
    /// `[component, column]`, of the columns that the head sees.
    directions: DMatrix<f32>,
}

impl<'a> Projection<'a> {
    /// That of each head, in the order of [`Predictor::components`].
    fn of(predictor: &'a Predictor) -> [Self; 2] {
        let bases = &predictor.weights().bases;
        [&bases.emotions, &bases.affect].map(|basis| {
            let rows = &basis.directions;
            let columns = basis.standard.mean.len();
            Self {
                basis,
                directions: DMatrix::from_fn(rows.len(), columns, |i, j| rows[i][j] as f32),
            }
        })
    }

    /// Appends the components of each of `rows` to that of `all`.
    fn append(&self, rows: &[Vec<f32>], all: &mut [Vec<f32>]) {
        let Basis {
            columns, standard, ..
        } = self.basis;
        let row = |row: &Vec<f32>| {
            let seen = columns.iter().flat_map(|c| &row[c.clone()]);
            let scaled = seen.zip(&standard.mean).zip(&standard.factor);
            let scaled = scaled.map(|((&x, m), f)| ((f64::from(x) - m) * f) as f32);
            scaled.collect::<Vec<_>>()
        };
        let scaled: Vec<f32> = rows.iter().flat_map(row).collect();
        let scaled = DMatrix::from_vec(self.directions.ncols(), rows.len(), scaled);
        let found = &self.directions * scaled;
        for (row, components) in all.iter_mut().zip(found.column_iter()) {
            row.extend(components.iter());
        }
    }
}

/// What measuring needs beside the pictures.
pub(super) struct Instruments<'a> {
    pub(super) detector: &'a Detector,
    pub(super) way: RegionWay,
    pub(super) find: Options,
}

/// The regions of the first `total` pictures of `study`.
pub(super) fn measure(
    study: &Study,
    total: usize,
    tools: &Instruments<'_>,
    stage: &str,
    options: &TrainOptions<'_>,
) -> Result<Vec<Measured>, RegionsError> {
    let projections: Vec<_> = study.predictors().iter().map(Projection::of).collect();
    let mut all = Vec::with_capacity(total);
    for start in (0..total).step_by(PART) {
        let end = (start + PART).min(total);
        let told = |done: usize| {
            (options.progress)(Step {
                stage: &format!("regions of {stage}"),
                done: start + done,
                total,
            });
        };
        let file = cache_file(study, start..end, tools);
        let known = file
            .is_file()
            .then(|| store::read_file(&file).ok())
            .flatten();
        if let Some(part) = known.and_then(|bytes| unpack(&bytes, end - start)) {
            told(end - start);
            all.extend(part);
            continue;
        }
        let part = measure_part(
            study,
            start..end,
            tools,
            &projections,
            options.threads,
            &told,
        )?;
        let bytes = pack(&part)?;
        write_whole(&file, &bytes)?;
        // As a later run will read it: kept numbers are rounded.
        all.extend(unpack(&bytes, part.len()).unwrap_or(part));
    }
    Ok(all)
}

fn measure_part(
    study: &Study,
    range: std::ops::Range<usize>,
    tools: &Instruments<'_>,
    projections: &[[Projection<'_>; 2]],
    threads: usize,
    told: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Measured>, RegionsError> {
    let (next, done) = (AtomicUsize::new(range.start), AtomicUsize::new(0));
    let part: Mutex<Vec<Measured>> = Mutex::new(vec![Measured::default(); range.len()]);
    let failed: Mutex<Option<RegionsError>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                let mut scratch = Scratch::default();
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= range.end || failed.lock().is_ok_and(|f| f.is_some()) {
                        break;
                    }
                    match measure_one(study, i, tools, projections, &mut scratch) {
                        Ok(one) => {
                            if let Ok(mut part) = part.lock() {
                                part[i - range.start] = one;
                            }
                        }
                        Err(error) => {
                            if let Ok(mut failed) = failed.lock() {
                                failed.get_or_insert(error);
                            }
                        }
                    }
                    told(done.fetch_add(1, Ordering::Relaxed) + 1);
                }
            });
        }
    });
    match failed.into_inner().unwrap_or_default() {
        Some(error) => Err(error),
        None => Ok(part.into_inner().unwrap_or_default()),
    }
}

fn measure_one(
    study: &Study,
    i: usize,
    tools: &Instruments<'_>,
    projections: &[[Projection<'_>; 2]],
    scratch: &mut Scratch,
) -> Result<Measured, RegionsError> {
    let picture = study.picture(i)?;
    let small = picture.fit_within(WORKING_SIDE, Filter::Bilinear);
    let (_, screened) = find::candidates(&small, tools.detector, &tools.find)?;
    let boxes: Vec<Region> = screened.iter().map(|p| p.region).collect();
    let fold = study.fold(i);
    let extractor = study.predictors()[fold].extractor();
    let rows = extractor.region_features(&small, &boxes, tools.way, scratch, 1)?;
    let mut components = vec![Vec::new(); rows.len()];
    for projection in &projections[fold] {
        projection.append(&rows, &mut components);
    }
    Ok(Measured {
        objectness: screened.iter().map(|p| p.objectness).collect(),
        components,
        boxes,
    })
}

fn cache_file(study: &Study, range: std::ops::Range<usize>, tools: &Instruments<'_>) -> PathBuf {
    // Other weights of the edge network find other boxes.
    let edges = match tools.detector.kind() {
        Kind::Net => card(edges::EMBEDDED).map_or_else(|_| String::new(), |card| card.sha256),
        Kind::Gradient | Kind::Hed => String::new(),
    };
    let predictors = study.predictors().iter();
    let predictors: BTreeSet<&str> = predictors.map(|p| p.model().sha256.as_str()).collect();
    let mut text = format!(
        "{VERSION} {predictors:?} {edges} {:?} {:?} {:?} {:?}\n",
        tools.way,
        tools.detector.kind(),
        tools.find.proposals,
        tools.find.screening,
    );
    for i in range {
        // A picture replaced under its name has to be measured again.
        text += &format!("{}\n", study.print(i));
    }
    let key = sha256(text.as_bytes());
    cache_folder()
        .join("regions")
        .join(format!("{}.safetensors", &key[..24]))
}

fn pack(part: &[Measured]) -> Result<Vec<u8>, RegionsError> {
    let mut rows = part.iter().flat_map(|m| &m.components);
    // Of pictures without regions nobody knows.
    let columns = rows.next().map_or(1, Vec::len);
    let flat = |rows: Vec<f32>, columns: usize| Tensor {
        shape: vec![rows.len() / columns.max(1), columns],
        data: rows,
    };
    let mut tensors = Tensors::default();
    let mut put = |name: &str, tensor| tensors.map.insert(name.to_owned(), tensor);
    // Whole numbers below 2²⁴: exact.
    put(
        "counts",
        flat(part.iter().map(|m| m.boxes.len() as f32).collect(), 1),
    );
    let all = part.iter().flat_map(|m| m.boxes.iter().flatten());
    put("boxes", flat(all.map(|&v| v as f32).collect(), 4));
    let all = part.iter().flat_map(|m| m.objectness.iter());
    put("objectness", flat(all.copied().collect(), 1));
    let all = part.iter().flat_map(|m| m.components.iter().flatten());
    put("components", flat(all.copied().collect(), columns));
    let precision = |name: &str| match name {
        "components" => Precision::Half,
        _ => Precision::Full,
    };
    Ok(store::to_bytes(&tensors, precision)?)
}

/// None where the file is not one of these, or not of so many pictures.
fn unpack(bytes: &[u8], pictures: usize) -> Option<Vec<Measured>> {
    let mut tensors = store::from_bytes(bytes, "regions").ok()?;
    let mut take = |name: &str| -> Option<(usize, Vec<f32>)> {
        let tensor = tensors.map.remove(name)?;
        Some((*tensor.shape.get(1)?, tensor.data))
    };
    let (_, counts) = take("counts")?;
    let (_, boxes) = take("boxes")?;
    let (_, objectness) = take("objectness")?;
    let (columns, components) = take("components")?;
    let total = counts.iter().sum::<f32>() as usize;
    if columns == 0
        || counts.len() != pictures
        || boxes.len() != 4 * total
        || objectness.len() != total
        || components.len() != total * columns
    {
        return None;
    }
    let mut boxes = boxes.as_chunks::<4>().0.iter().map(|b| b.map(|v| v as u32));
    let mut objectness = objectness.into_iter();
    let mut rows = components.chunks_exact(columns).map(<[f32]>::to_vec);
    Some(
        counts
            .into_iter()
            .map(|count| {
                let count = count as usize;
                Measured {
                    boxes: boxes.by_ref().take(count).collect(),
                    objectness: objectness.by_ref().take(count).collect(),
                    components: rows.by_ref().take(count).collect(),
                }
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let one = |count: usize| Measured {
            boxes: (0..count as u32).map(|i| [i, 2 * i, 30, 40]).collect(),
            objectness: (0..count).map(|i| i as f32 / 7.0).collect(),
            components: vec![vec![1.0, 0.125, -0.5]; count],
        };
        let part = [one(3), one(0), one(1)];
        let bytes = pack(&part).expect("packed");
        assert_eq!(unpack(&bytes, 3).expect("three"), part);
        assert!(unpack(&bytes, 2).is_none());
        assert!(unpack(&bytes[..40], 3).is_none());
        let none = pack(&[one(0)]).expect("packed");
        assert_eq!(unpack(&none, 1).expect("one"), [one(0)]);
    }
}
