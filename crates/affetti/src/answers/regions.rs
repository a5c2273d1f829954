//! The regions of one picture, alone or beside its prediction.

use affetti_emotion::{Emotion, Label};
use affetti_regions::{
    affective::REGIONS,
    find::{AffectiveRegion, Found},
    occlusion::Heat,
};
use serde::{Serialize, Serializer};

use crate::{
    drawings::Drawings,
    entry::{ReportHeat, ReportRegion},
    pipeline::PictureName,
    shares::{Shares, leading, round4},
};

/// Columns of a heat map in the report: its windows are not finer.
const HEAT_COLUMNS: usize = 24;

/// The regions of one picture. As JSON it is the line of the contract, with figures of four
/// decimals and without drawings.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionsReading {
    /// The input, as given or found.
    pub path: PictureName,
    /// Width of the upright original, in pixels.
    pub width: u32,
    /// Height of the upright original, in pixels.
    pub height: u32,
    /// Proposals and regions.
    pub found: Found,
    /// Files about them, if asked for.
    pub drawings: Option<Drawings>,
}

impl Serialize for RegionsReading {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Line<'a> {
            #[serde(flatten)]
            path: &'a PictureName,
            proposals: usize,
            regions: Vec<RegionLine<'a>>,
        }
        Line {
            path: &self.path,
            proposals: self.found.proposals,
            regions: lines(&self.found.regions),
        }
        .serialize(serializer)
    }
}

/// The regions behind a reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// Best score first.
    pub regions: Vec<AffectiveRegion>,
    /// Of the emotion that dominates the whole picture alone.
    pub heat: Option<Heat>,
}

impl Parts {
    /// The best regions as the report shows them, in parts of the picture's sides.
    pub(super) fn boxes(&self, width: u32, height: u32) -> Vec<ReportRegion> {
        let part = |v: u32, of: u32| f64::from(v) / f64::from(of.max(1));
        let best = self.regions.iter().take(REGIONS);
        best.map(|r| {
            let [x, y, w, h] = r.region;
            ReportRegion {
                place: [
                    part(x, width),
                    part(y, height),
                    part(w, width),
                    part(h, height),
                ],
                emotion: r.emotions.dominant().index(),
                score: f64::from(r.score),
                text: leading(&r.emotions),
            }
        })
        .collect()
    }

    /// The heat map, small.
    pub(super) fn glow(&self) -> Option<ReportHeat> {
        let heat = self.heat.as_ref()?;
        let (width, height) = heat.map.size();
        let columns = HEAT_COLUMNS.min(width);
        let rows = (height * columns)
            .div_ceil(width)
            .clamp(1, 10 * HEAT_COLUMNS);
        let largest = heat.map.values().iter().copied().fold(0.0_f32, f32::max);
        let values = (0..rows * columns)
            .map(|i| {
                let (x, y) = (i % columns, i / columns);
                let value = heat.map.at(
                    (2 * x + 1) * width / (2 * columns),
                    ((2 * y + 1) * height / (2 * rows)).min(height - 1),
                );
                // What is below 0 makes the emotion weaker: it does not carry it.
                let part = if largest > 0.0 {
                    value.max(0.0) / largest
                } else {
                    0.0
                };
                (part * 255.0).round() as u8
            })
            .collect();
        Some(ReportHeat {
            columns,
            values,
            emotion: heat.emotion.index(),
        })
    }
}

/// One region of a JSON line.
#[derive(Debug, Serialize)]
pub(super) struct RegionLine<'a> {
    #[serde(rename = "box")]
    region: [u32; 4],
    objectness: f64,
    sentiment: f64,
    score: f64,
    emotions: Shares<'a, Emotion>,
}

/// Regions as JSON has them.
pub(super) fn lines(regions: &[AffectiveRegion]) -> Vec<RegionLine<'_>> {
    let short = |v: f32| round4(f64::from(v));
    regions
        .iter()
        .map(|r| RegionLine {
            region: r.region,
            objectness: short(r.objectness),
            sentiment: short(r.sentiment),
            score: short(r.score),
            emotions: Shares(&r.emotions),
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Found, RegionsReading};
    use crate::drawings::tests::found;

    /// Also used by the test of the card.
    pub(crate) fn reading(found: Found) -> RegionsReading {
        RegionsReading {
            path: "a\u{202e}.jpg".into(),
            width: 200,
            height: 150,
            found,
            drawings: None,
        }
    }

    #[test]
    fn the_line_is_the_contract() {
        let one = Found {
            proposals: 7,
            regions: found().regions[..1].to_vec(),
        };
        assert_eq!(
            serde_json::to_string(&reading(one)).unwrap(),
            "{\"path\":\"a\u{202e}.jpg\",\"proposals\":7,\"regions\":[{\"box\":[20,10,100,60],\
             \"objectness\":0.5,\"sentiment\":0.25,\"score\":0.8,\"emotions\":{\"amusement\":0.05,\
             \"awe\":0.05,\"contentment\":0.05,\"excitement\":0.05,\"anger\":0.05,\"disgust\":0.05,\
             \"fear\":0.6,\"sadness\":0.05,\"something else\":0.05}}]}"
        );
    }
}
