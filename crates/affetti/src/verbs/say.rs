//! Sentences about a collection: a stream of inputs becomes a stream of what a model says of each.

use std::ops::ControlFlow;

use affetti_emotion::{Emotion, Label};
use affetti_feel::Scratch;
use affetti_picture::{DecodeOptions, Picture};
use affetti_words::{
    WordsError,
    say::speaker::{Judges, Said, SayOptions},
    sight::Work as Sighting,
    space::Tag,
};

use crate::{
    answers::SaidPicture,
    models::Models,
    pipeline::{self, Control, Fault, Found, Outcome, Task, Work},
};

/// Words of a picture that are named.
const TAGS: usize = 6;

/// Which emotions sentences are to express.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expressed {
    /// The one that most viewers would name, as the predictor sees it.
    #[default]
    Dominant,
    /// This one.
    Given(Emotion),
    /// Each of the nine.
    All,
}

/// How sentences of a collection are written.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SayingOptions {
    /// How pictures are decoded, with the limits on them.
    pub decode: DecodeOptions,
    /// Which emotions.
    pub expressed: Expressed,
    /// How they are drawn and ranked.
    pub saying: SayOptions,
}

/// Says something of every picture of `inputs` and hands the outcomes to `sink`, on this thread and in
/// the order of the inputs, until the sink breaks.
///
/// # Errors
/// Missing or damaged weights, told before the work.
pub fn say(
    models: &Models,
    inputs: impl Iterator<Item = Found> + Send,
    options: &SayingOptions,
    control: &Control<'_>,
    sink: impl FnMut(Outcome<SaidPicture>) -> ControlFlow<()>,
) -> Result<(), WordsError> {
    models.speech()?;
    pipeline::run(&Saying { models, options }, inputs, control, sink);
    Ok(())
}

/// The work of [`say`] on one picture.
pub struct Saying<'a> {
    /// The predictor, and what speaks.
    pub models: &'a Models,
    /// How it is done.
    pub options: &'a SayingOptions,
}

/// Buffers of one worker.
#[derive(Debug, Default)]
pub struct SayingState {
    scratch: Scratch,
    sighting: Sighting,
}

impl Work for Saying<'_> {
    type State = SayingState;
    type Answer = SaidPicture;

    fn state(&self) -> SayingState {
        SayingState::default()
    }

    fn threads(&self) -> usize {
        self.models.threads()
    }

    fn answer(&self, task: &Task<'_>, state: &mut SayingState) -> Result<SaidPicture, Fault> {
        let opened = task.open(&self.options.decode)?;
        let picture = &opened.picture;
        let predictor = self.models.predictor()?;
        let (prediction, components) =
            predictor.predict_with_description(picture, &mut state.scratch, task.threads)?;
        let emotions = match self.options.expressed {
            Expressed::Dominant => vec![prediction.emotions.dominant()],
            Expressed::Given(emotion) => vec![emotion],
            Expressed::All => Emotion::ALL.to_vec(),
        };
        let seen = Seen {
            picture,
            components: &components,
        };
        let (sentences, tags) = said(
            self.models,
            seen,
            &emotions,
            &self.options.saying,
            &mut state.sighting,
            task.threads,
        )?;
        Ok(SaidPicture {
            path: task.job.source.name(),
            width: picture.width(),
            height: picture.height(),
            sentences,
            tags,
            model: self.models.speech()?.model.clone(),
        })
    }
}

/// A picture and the predictor's description of it.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) picture: &'a Picture,
    pub(crate) components: &'a [f32],
}

/// Sentences for each of `emotions`, and tags.
pub(crate) fn said(
    models: &Models,
    seen: Seen<'_>,
    emotions: &[Emotion],
    options: &SayOptions,
    work: &mut Sighting,
    threads: usize,
) -> Result<(Vec<Said>, Vec<Tag>), WordsError> {
    let speech = models.speech()?;
    let sight = speech.eyes.look(seen.picture, work, threads);
    let judges = Judges {
        space: Some((&speech.space, seen.components)),
        reader: Some(&speech.reader),
    };
    let mut all = Vec::new();
    for emotion in emotions {
        all.extend(
            speech
                .speaker
                .say(&sight, Some(*emotion), options, judges)?,
        );
    }
    let vector = speech.space.picture(seen.components)?;
    Ok((all, speech.space.tags(&vector, TAGS)))
}
