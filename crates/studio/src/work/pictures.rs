//! What is asked about a picture: feelings, regions, sentences, drawings.

use affetti::{
    Failure, FeelOptions, Feeling, Finding, Fusion, RegionsOptions, SayingOptions, SketchOptions,
    Sketched, Sketching,
    emotion::{Emotion, Label as _},
    emotion_named,
    feel::{Aim, Reference, Target},
    pipeline::{self, Fault, Job, Source, Work},
    report::entry_json,
    sketch::{
        Settings, exact,
        export::{dxf, gif, pdf, svg},
    },
    words::say::speaker::SayOptions,
};
use serde_json::{Value, json};

use super::{Commission, Keep, Made, Media, Workshop, value};
use crate::order::{self, Drawing, Mask};

/// A work on as many threads as the moment allows.
pub(super) struct Spread<'a, W>(pub(super) &'a W, pub(super) usize);

impl<W: Work> Work for Spread<'_, W> {
    type State = W::State;
    type Answer = W::Answer;

    fn state(&self) -> W::State {
        self.0.state()
    }

    fn threads(&self) -> usize {
        self.1
    }

    fn answer(&self, task: &pipeline::Task<'_>, state: &mut W::State) -> Result<W::Answer, Fault> {
        self.0.answer(task, state)
    }
}

impl Workshop {
    fn answer<W: Work>(&self, work: &W, commission: &Commission<'_>) -> Result<W::Answer, Fault> {
        let job = Job::from(Source::Bytes {
            name: commission.name.to_owned(),
            bytes: commission.input.clone(),
        });
        let work = Spread(work, commission.threads);
        let control = commission.control();
        pipeline::answer(&work, &job, &control, &self.pixels).map_err(|Failure { fault, .. }| fault)
    }

    pub(super) fn feel(
        &self,
        order: &order::Feel,
        commission: &Commission<'_>,
    ) -> Result<Value, Fault> {
        let aim = order.target()?.map(|target| self.aim(target)).transpose()?;
        let options = FeelOptions {
            decode: self.decode(),
            thumbnails: order.page,
            regions: order.regions.then(Fusion::default),
            said: order.say,
            ..FeelOptions::default()
        };
        let models = &self.models;
        let options = &options;
        let mut reading = self.answer(&Feeling { models, options }, commission)?;
        if let Some(aim) = &aim {
            reading.hold(aim);
        }
        let mut answer = value(&reading)?;
        if order.page {
            let page = entry_json(&reading.entry())
                .map_err(|error| Fault::new(pipeline::ErrorKind::Model, error))?;
            answer["page"] = serde_json::from_str(&page).unwrap_or_default();
        }
        Ok(answer)
    }

    fn aim(&self, target: Target) -> Result<Aim, Fault> {
        if self.reference.get().is_none() {
            let reference = Reference::for_predictor(self.models.predictor()?, None)?;
            let _ = self.reference.set(reference);
        }
        let reference = self.reference.get();
        let aim = reference.map(|reference| Aim::new(target, reference));
        aim.ok_or_else(|| Fault::new(pipeline::ErrorKind::Model, "no table of reference"))
    }

    pub(super) fn regions(&self, commission: &Commission<'_>) -> Result<Value, Fault> {
        let options = &RegionsOptions {
            decode: self.decode(),
            ..RegionsOptions::default()
        };
        let models = &self.models;
        value(&self.answer(&Finding { models, options }, commission)?)
    }

    pub(super) fn say(
        &self,
        order: &order::Say,
        commission: &Commission<'_>,
    ) -> Result<Value, Fault> {
        let usual = SayOptions::default();
        let options = SayingOptions {
            decode: self.decode(),
            expressed: order.expressed()?,
            saying: SayOptions {
                count: order.n,
                candidates: usual.candidates.max(2 * order.n),
                ..usual
            },
        };
        let work = affetti::Saying {
            models: &self.models,
            options: &options,
        };
        let said = self.answer(&work, commission)?;
        let lines = said.lines().unwrap_or_default();
        let sentences: Vec<Value> = lines
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        Ok(json!({ "sentences": sentences }))
    }

    pub(super) fn sketch(
        &self,
        order: &order::Sketch,
        commission: &Commission<'_>,
        keep: &mut Keep<'_>,
    ) -> Result<Value, Fault> {
        let emotion = order.emotion.as_deref().filter(|name| !name.is_empty());
        let emotion: Option<Emotion> = emotion.map(emotion_named).transpose()?;
        let options = SketchOptions {
            decode: self.decode(),
            settings: Settings {
                strokes: order.strokes,
                width: order.width,
                quality: order.quality.into(),
                ink: order.ink,
                color: order.color,
                seed: order.seed,
            },
            seeds: 1,
            object: order.mask == Mask::Object,
            meaning: order.meaning,
            emotion,
            ..SketchOptions::default()
        };
        let work = Sketching {
            models: &self.models,
            options: &options,
        };
        let sketched = self.answer(&work, commission)?;
        drawn(&sketched, order, emotion, keep)
    }
}

/// The drawing in the form that was asked for.
fn drawn(
    sketched: &Sketched,
    order: &order::Sketch,
    emotion: Option<Emotion>,
    keep: &mut Keep<'_>,
) -> Result<Value, Fault> {
    let (sketch, metadata) = &sketched.levels[0];
    let drawing = &sketch.drawing;
    let (media, ending, bytes) = match order.format {
        Drawing::Json => {
            let line = sketched.json(0, &svg(drawing, Some(metadata)));
            return Ok(serde_json::from_str(&line).unwrap_or_default());
        }
        Drawing::Svg => (Media::Svg, "svg", svg(drawing, Some(metadata)).into_bytes()),
        Drawing::Png => {
            let scale = order.size as f32 / drawing.width.max(drawing.height);
            (
                Media::Png,
                "png",
                exact::render(drawing, scale)?.encode_png(),
            )
        }
        Drawing::Pdf => (Media::Pdf, "pdf", pdf(drawing)),
        Drawing::Dxf => (Media::Dxf, "dxf", dxf(drawing).into_bytes()),
        Drawing::Gif => (Media::Gif, "gif", gif(drawing, (order.size / 2).min(2048))?),
    };
    let felt = emotion.map_or_else(String::new, |emotion| format!("-{}", emotion.name()));
    let name = format!(
        "sketch-{}{}.{ending}",
        order.strokes,
        felt.replace(' ', "-")
    );
    keep(Made { name, media, bytes })
}
