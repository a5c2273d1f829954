//! How far regions that are pooled from one pass agree with regions that are cut out: one line for each
//! way of pooling, over all regions of the pictures given.
//!
//! ```text
//! region_ways PICTURE…
//! ```

use std::{env, error::Error, path::Path, time::Instant};

use affetti_emotion::{Distribution, Emotion, Sentiment, metrics::pearson};
use affetti_feel::{Predictor, RegionWay, Scratch};
use affetti_nets::device::Device;
use affetti_picture::{DecodeOptions, Filter, read};
use affetti_regions::{
    boxes::{Proposal, Region},
    edges::{Detector, Kind},
    find::{Options, WORKING_SIDE, candidates, rank},
};

const WAYS: [RegionWay; 3] = [
    RegionWay::Roi(448),
    RegionWay::Roi(640),
    RegionWay::Roi(896),
];
/// Best regions that are compared.
const BEST: usize = 8;

/// What all regions of all pictures add up to.
#[derive(Default)]
struct Sums {
    seconds: f64,
    distance: f64,
    same_sign: usize,
    same_dominant: usize,
    same_best: usize,
    crop: Vec<f64>,
    pooled: Vec<f64>,
    within: Vec<f64>,
    count: usize,
    pictures: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<String> = env::args().skip(1).collect();
    if paths.is_empty() {
        return Err("region_ways PICTURE…".into());
    }
    let predictor = Predictor::embedded(&Device::Cpu)?;
    let detector = Detector::load(Kind::usual(), 2)?;
    let options = Options::default();
    let mut scratch = Scratch::default();
    let mut all: Vec<Sums> = WAYS.iter().map(|_| Sums::default()).collect();
    let mut cutting = 0.0;
    for path in &paths {
        let picture = read(Path::new(path), &DecodeOptions::default())?;
        let small = picture.fit_within(WORKING_SIDE, Filter::Bilinear);
        let (_, screened) = candidates(&small, &detector, &options)?;
        let places: Vec<Region> = screened.iter().map(|p| p.region).collect();
        let mut ask = |way| {
            let start = Instant::now();
            let told = predictor.region_emotions(&small, &places, way, &mut scratch, 1);
            told.map(|told| (told, start.elapsed().as_secs_f64()))
        };
        let (crops, seconds) = ask(RegionWay::Crop)?;
        cutting += seconds;
        for (sums, way) in all.iter_mut().zip(WAYS) {
            let (pooled, seconds) = ask(way)?;
            sums.seconds += seconds;
            sums.add(&screened, &crops, &pooled, &options)?;
        }
    }
    let pictures = paths.len() as f64;
    line(&format!("cut out: {:.2} s a picture", cutting / pictures));
    for (sums, way) in all.iter().zip(WAYS) {
        let part = |n: usize| 100.0 * n as f64 / sums.count.max(1) as f64;
        line(&format!(
            "{way:?}: {:.2} s, distance {:.3}, same sign {:.0} %, same dominant {:.0} %, r {:.2}, \
             r within a picture {:.2}, of the best {BEST} the same {:.1}, {} regions",
            sums.seconds / pictures,
            sums.distance / sums.count.max(1) as f64,
            part(sums.same_sign),
            part(sums.same_dominant),
            pearson(&sums.crop, &sums.pooled)?,
            sums.within.iter().sum::<f64>() / sums.within.len().max(1) as f64,
            sums.same_best as f64 / sums.pictures.max(1) as f64,
            sums.count
        ));
    }
    Ok(())
}

impl Sums {
    fn add(
        &mut self,
        screened: &[Proposal],
        crops: &[Distribution<Emotion>],
        pooled: &[Distribution<Emotion>],
        options: &Options,
    ) -> Result<(), Box<dyn Error>> {
        self.pictures += 1;
        self.count += crops.len();
        for (a, b) in crops.iter().zip(pooled) {
            let pairs = a.as_slice().iter().zip(b.as_slice());
            self.distance += pairs.map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0;
            self.same_sign += usize::from((sign(a) > 0.0) == (sign(b) > 0.0));
            self.same_dominant += usize::from(a.dominant() == b.dominant());
        }
        let of_crops: Vec<f64> = crops.iter().map(sign).collect();
        let of_pooled: Vec<f64> = pooled.iter().map(sign).collect();
        self.within.extend(pearson(&of_crops, &of_pooled));
        self.crop.extend(of_crops);
        self.pooled.extend(of_pooled);
        let best = |emotions: &[Distribution<Emotion>]| -> Result<Vec<Region>, Box<dyn Error>> {
            let ranked = rank(screened, emotions.to_vec(), options)?;
            Ok(ranked.iter().take(BEST).map(|r| r.region).collect())
        };
        let (one, other) = (best(crops)?, best(pooled)?);
        self.same_best += one.iter().filter(|r| other.contains(r)).count();
        Ok(())
    }
}

/// P(positive) − P(negative).
fn sign(emotions: &Distribution<Emotion>) -> f64 {
    let polarity = emotions.polarity();
    polarity.get(Sentiment::Positive) - polarity.get(Sentiment::Negative)
}

#[expect(clippy::print_stdout, reason = "an example prints its result")]
fn line(text: &str) {
    println!("{text}");
}
