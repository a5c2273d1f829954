//! What one picture makes people feel.

use affetti_emotion::{Distribution, Emotion, Label, Sentiment};
use affetti_feel::{
    Aim, Intention, ModelId, Prediction,
    index::{Entry, Home, Stamp},
};
use affetti_picture::Measures;
use affetti_regions::{
    affective::REGIONS,
    find::{Pull, pulling_away},
};
use affetti_words::say::speaker::Said;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::regions::{Parts, RegionLine, lines};
use crate::{
    entry::{IntentionEntry, ReportEntry, SaidEntry},
    pipeline::PictureName,
    shares::{Shares, round4},
};

/// More regions than these are no help against an intention.
const PULLS: usize = 3;

/// One answer. As JSON it is the line of the contract, with figures of four decimals and without
/// what only the report shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The input, as given or found.
    pub path: PictureName,
    /// Width of the upright original, in pixels.
    pub width: u32,
    /// Height of the upright original, in pixels.
    pub height: u32,
    /// Which weights answered.
    pub model: ModelId,
    /// Emotions, valence and arousal.
    pub prediction: Prediction,
    /// Of each emotion, of how many of 100 reference paintings evoke less of it; none where the weights
    /// have no table of them.
    pub ranks: Option<[f64; 9]>,
    /// Colors in figures.
    pub measures: Measures,
    /// A small JPEG of the whole picture, if [`FeelOptions`](crate::FeelOptions) asked for it.
    pub thumbnail: Option<Vec<u8>>,
    /// A credit line, if one was found.
    pub caption: Option<String>,
    /// The regions that take part in the emotions, if
    /// [`FeelOptions`](crate::FeelOptions) asked for them.
    pub regions: Option<Parts>,
    /// How far the picture meets an intention, if it was [held against](Reading::hold) one.
    pub intention: Option<Intention>,
    /// A sentence that viewers might write, by a model, if [`FeelOptions`](crate::FeelOptions) asked for
    /// it.
    pub said: Option<Said>,
    /// What an index keeps besides, if [`FeelOptions`](crate::FeelOptions) asked for it.
    pub trace: Option<Trace>,
}

/// Where a picture lies among others, and the state of its file.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The predictor's description of the picture: the components that its emotion head sees.
    pub components: Vec<f32>,
    /// The file as it was read; `None` for standard input.
    pub stamp: Option<Stamp>,
}

impl Reading {
    /// The emotion that most viewers would name.
    #[must_use]
    pub fn dominant(&self) -> Emotion {
        self.prediction.emotions.dominant()
    }

    /// How much viewers would disagree, in nats, 0 to ln 9.
    #[must_use]
    pub fn entropy(&self) -> f64 {
        self.prediction.emotions.entropy()
    }

    /// Shares of positive, negative and other feelings.
    #[must_use]
    pub fn polarity(&self) -> Distribution<Sentiment> {
        self.prediction.emotions.polarity()
    }

    /// What an index in `home` keeps of it; `None` without a trace.
    #[must_use]
    pub fn indexed(&self, home: &Home) -> Option<Entry> {
        let trace = self.trace.as_ref()?;
        Some(Entry {
            path: home.key(&self.path.to_path()),
            emotions: self.prediction.emotions.clone(),
            valence: self.prediction.valence,
            arousal: self.prediction.arousal,
            components: trace.components.clone(),
            stamp: trace.stamp,
        })
    }

    /// Holds the picture against an intention.
    pub fn hold(&mut self, aim: &Aim) {
        self.intention = Some(aim.hold(&self.prediction.emotions));
    }

    /// The regions that pull the picture away from its intention, at most three, the one that pulls
    /// hardest first. Empty without an intention or without regions.
    #[must_use]
    pub fn pulls(&self) -> Vec<Pull> {
        let (Some(held), Some(parts)) = (&self.intention, &self.regions) else {
            return Vec::new();
        };
        // Only regions that take part in the emotions are named.
        let shown = &parts.regions[..parts.regions.len().min(REGIONS)];
        let mut pulls = pulling_away(shown, &held.target);
        pulls.truncate(PULLS);
        pulls
    }

    /// What the report and the terminal card show.
    #[must_use]
    pub fn entry(&self) -> ReportEntry {
        let Prediction {
            emotions,
            valence,
            arousal,
            interval,
            novelty,
            shares,
        } = &self.prediction;
        let polarity = self.polarity();
        let measures = &self.measures;
        ReportEntry {
            path: self.path.to_string(),
            width: self.width,
            height: self.height,
            emotions: std::array::from_fn(|i| emotions.as_slice()[i]),
            polarity: std::array::from_fn(|i| polarity.as_slice()[i]),
            valence: *valence,
            arousal: *arousal,
            valence_interval: interval.valence,
            arousal_interval: interval.arousal,
            dominant: self.dominant().index(),
            entropy: self.entropy(),
            share_intervals: *shares,
            novelty: *novelty,
            ranks: self.ranks,
            warmth: measures.warmth,
            saturation: measures.saturation,
            brightness: measures.brightness,
            contrast: measures.contrast,
            palette: measures
                .palette
                .iter()
                .map(|s| (s.color, s.share))
                .collect(),
            thumbnail_jpeg: self.thumbnail.clone().unwrap_or_default(),
            link: None,
            caption: self.caption.clone(),
            regions: self
                .regions
                .as_ref()
                .map(|parts| parts.boxes(self.width, self.height))
                .unwrap_or_default(),
            heat: self.regions.as_ref().and_then(Parts::glow),
            said: self.said.as_ref().map(|said| SaidEntry {
                text: said.text.clone(),
                words: said.words.clone(),
                looked: said.looked.clone(),
            }),
            intention: self.intention.as_ref().map(|held| IntentionEntry {
                target: std::array::from_fn(|i| held.target.as_slice()[i]),
                matching: held.matching,
                percentile: held.percentile,
                instead: held
                    .instead
                    .iter()
                    .map(|(emotion, more)| (emotion.index(), *more))
                    .collect(),
                away: self
                    .pulls()
                    .iter()
                    .map(|pull| (pull.index + 1, pull.towards.index()))
                    .collect(),
            }),
        }
    }
}

impl Serialize for Reading {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Prediction {
            emotions,
            valence,
            arousal,
            interval,
            novelty,
            shares,
        } = &self.prediction;
        Line {
            path: &self.path,
            width: self.width,
            height: self.height,
            emotions: Shares(emotions),
            polarity: Shares(&self.polarity()),
            valence: round4(*valence),
            arousal: round4(*arousal),
            interval: IntervalLine {
                valence: interval.valence.map(round4),
                arousal: interval.arousal.map(round4),
                emotions: shares.map(|ends| PerEmotion(ends.map(|ends| ends.map(round4)))),
            },
            novelty: novelty.map(round4),
            dominant: self.dominant().name(),
            entropy: round4(self.entropy()),
            model: &self.model,
            ranks: self.ranks.map(ranks),
            regions: self.regions.as_ref().map(|parts| lines(&parts.regions)),
            utterance: self.said.as_ref().map(|said| said.text.as_str()),
            intention: self
                .intention
                .as_ref()
                .map(|held| Held(held, self.regions.is_some().then(|| self.pulls()))),
        }
        .serialize(serializer)
    }
}

/// The keys in the order of the contract.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    path: &'a PictureName,
    width: u32,
    height: u32,
    emotions: Shares<'a, Emotion>,
    polarity: Shares<'a, Sentiment>,
    valence: f64,
    arousal: f64,
    interval: IntervalLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    novelty: Option<f64>,
    dominant: &'static str,
    entropy: f64,
    model: &'a ModelId,
    #[serde(skip_serializing_if = "Option::is_none")]
    ranks: Option<PerEmotion<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regions: Option<Vec<RegionLine<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    utterance: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intention: Option<Held<'a>>,
}

/// 80 % intervals.
#[derive(Serialize)]
struct IntervalLine {
    valence: [f64; 2],
    arousal: [f64; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    emotions: Option<PerEmotion<[f64; 2]>>,
}

/// A map from emotion to a value.
struct PerEmotion<T>([T; 9]);

impl<T: Serialize> Serialize for PerEmotion<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = Emotion::ALL.iter().map(|emotion| emotion.name());
        serializer.collect_map(names.zip(&self.0))
    }
}

/// One decimal.
fn ranks(of: [f64; 9]) -> PerEmotion<f64> {
    PerEmotion(of.map(|rank| (rank * 10.0).round() / 10.0))
}

/// An intention with rounded values; `instead` is a map from emotion to how much more of it there
/// is than intended, largest first. Where regions were asked for, `away` names those that pull away.
struct Held<'a>(&'a Intention, Option<Vec<Pull>>);

/// A region that pulls away.
#[derive(Serialize)]
struct Away {
    /// Its place in `regions`, from 0.
    region: usize,
    towards: &'static str,
    distance: f64,
}

impl Serialize for Held<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct More<'a>(&'a [(Emotion, f64)]);
        impl Serialize for More<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let more = self.0.iter().map(|(e, more)| (e.name(), round4(*more)));
                serializer.collect_map(more)
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("target", &Shares(&self.0.target))?;
        map.serialize_entry("match", &round4(self.0.matching))?;
        map.serialize_entry("percentile", &round4(self.0.percentile))?;
        map.serialize_entry("instead", &More(&self.0.instead))?;
        if let Some(pulls) = &self.1 {
            let away = |pull: &Pull| Away {
                region: pull.index,
                towards: pull.towards.name(),
                distance: round4(pull.distance),
            };
            map.serialize_entry("away", &pulls.iter().map(away).collect::<Vec<_>>())?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::Reading;
    use crate::{
        ErrorKind,
        pipeline::Fault,
        report::{EMOTIONS, ReportWriter},
    };
    use affetti_emotion::{Distribution, Emotion, Label};
    use affetti_feel::{Intervals, ModelId, Prediction};
    use affetti_picture::{Picture, measures};

    fn reading() -> Reading {
        let shares = [
            0.02,
            0.5,
            0.11,
            0.05,
            0.01,
            0.01,
            0.19,
            1.0 / 30.0,
            0.07 + 1.0 / 150.0,
        ];
        Reading {
            ranks: None,
            path: "a \"b\".jpg".into(),
            width: 3,
            height: 2,
            model: ModelId {
                name: "feel-4".into(),
                sha256: "ab".into(),
            },
            prediction: Prediction {
                emotions: Distribution::from_probabilities(&shares).unwrap(),
                valence: 4.123_456_7,
                arousal: 5.0,
                interval: Intervals {
                    valence: [3.0, 5.25],
                    arousal: [1.0, 7.0],
                },
                shares: None,
                novelty: None,
            },
            measures: measures(&Picture::new(1, 1, vec![9, 9, 9]).unwrap()),
            thumbnail: None,
            caption: None,
            regions: None,
            intention: None,
            said: None,
            trace: None,
        }
    }

    #[test]
    fn the_line_is_the_contract() {
        // Polarity and entropy by hand: .02+.5+.11+.05, .01+.01+.19+.0333, the rest.
        assert_eq!(
            serde_json::to_string(&reading()).unwrap(),
            "{\"path\":\"a \\\"b\\\".jpg\",\"width\":3,\"height\":2,\"emotions\":{\"amusement\":0.02,\
             \"awe\":0.5,\"contentment\":0.11,\"excitement\":0.05,\"anger\":0.01,\"disgust\":0.01,\
             \"fear\":0.19,\"sadness\":0.0333,\"something else\":0.0767},\"polarity\":{\
             \"positive\":0.68,\"negative\":0.2433,\"other\":0.0767},\"valence\":4.1235,\
             \"arousal\":5.0,\"interval\":{\"valence\":[3.0,5.25],\"arousal\":[1.0,7.0]},\
             \"dominant\":\"awe\",\"entropy\":1.5353,\"model\":{\"name\":\"feel-4\",\"sha256\":\"ab\"}}"
        );
    }

    #[test]
    fn how_unsure_the_model_is_stands_in_the_line_where_it_knows() {
        let plain = reading();
        let prediction = Prediction {
            shares: Some(std::array::from_fn(|n| [0.0, n as f64 / 10.0])),
            novelty: Some(1.234_56),
            ..plain.prediction.clone()
        };
        let knowing = Reading {
            prediction,
            ..plain
        };
        let line = serde_json::to_string(&knowing).unwrap();
        let told = "\"interval\":{\"valence\":[3.0,5.25],\"arousal\":[1.0,7.0],\"emotions\":\
                    {\"amusement\":[0.0,0.0],\"awe\":[0.0,0.1],";
        assert!(line.contains(told), "{line}");
        assert!(line.contains("\"novelty\":1.2346,\"dominant\""), "{line}");
        let entry = knowing.entry();
        assert_eq!(entry.novelty, Some(1.234_56));
        assert_eq!(entry.share_intervals.unwrap()[8], [0.0, 0.8]);
    }

    #[test]
    fn failures_have_their_line() {
        let failure = Fault::new(ErrorKind::Limit, "too large").of("x\n.jpg");
        assert_eq!(
            serde_json::to_string(&failure).unwrap(),
            r#"{"path":"x\n.jpg","error":{"kind":"limit","message":"too large"}}"#
        );
    }

    #[test]
    fn the_report_takes_it_and_names_agree() {
        let meta = crate::report::ReportMeta {
            title: "t".into(),
            model: "m".into(),
            model_sha256: "s".into(),
            version: "v".into(),
            intended: false,
            said: false,
        };
        let entry = reading().entry();
        ReportWriter::new(Vec::new(), &meta)
            .unwrap()
            .push(&entry)
            .unwrap();
        assert_eq!(
            Emotion::ALL.iter().map(|e| e.name()).collect::<Vec<_>>(),
            EMOTIONS
        );
        assert_eq!((entry.dominant, entry.emotions[1]), (1, 0.5));
    }
}
