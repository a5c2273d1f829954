//! The models that the verbs ask, made ready when first asked for.
//!
//! A program makes one value of [`Models`] and shares it: each model is loaded once, whichever
//! thread asks first, and lives as long as the value. Weights are those inside of the program, or a
//! file's, or bytes that are there already.

use std::{
    borrow::Cow,
    ffi::OsStr,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use affetti_feel::{FeelError, ModelId, Predictor, Reference, Usual};
use affetti_nets::device::Device;
use affetti_paint::{Generator, PaintError, painter};
use affetti_regions::{
    RegionsError,
    edges::{self, Detector, EdgeNetwork, Kind},
};
use affetti_sketch::{
    EdgeSource, LearnedEdges, SketchError,
    encoder::{self, Encoder},
    mask::{self, MaskNetwork},
};
use affetti_weights::{NetError, registry, store};
use affetti_words::{
    WordsError,
    read::{self, Reader},
    say::speaker::{self, Speaker},
    sight::Eyes,
    space::Space,
};

use crate::pipeline::available_threads;

/// Where the weights of a model come from.
#[derive(Debug, Clone, Default)]
pub enum Weights {
    /// From the program; in a build without weights, as imported.
    #[default]
    Own,
    /// From a file.
    File(PathBuf),
    /// From memory.
    Bytes {
        /// What messages and results call them.
        name: String,
        /// A whole weight file.
        bytes: Arc<[u8]>,
    },
}

/// Where the weights of all models come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// What pictures evoke.
    pub predictor: Weights,
    /// The edge network, for regions and drawings.
    pub edges: Weights,
    /// The object of a picture.
    pub mask: Weights,
    /// The network that reads lines, while they are drawn.
    pub encoder: Weights,
    /// Another one, for drawings that are finished.
    pub judge: Weights,
    /// What paints new pictures.
    pub generator: Weights,
}

/// The models, each made when first asked for.
#[derive(Debug)]
pub struct Models {
    device: Device,
    threads: usize,
    /// Most views of a picture that the predictor takes.
    views: usize,
    sources: Sources,
    predictor: Lazy<Predictor>,
    /// None where the predictor has no table.
    usual: Lazy<Option<Usual>>,
    detectors: [Lazy<Detector>; 3],
    /// None in a program without them.
    lines: Lazy<Option<LearnedEdges>>,
    mask: Lazy<MaskNetwork>,
    encoder: Lazy<Arc<Encoder>>,
    judge: Lazy<Encoder>,
    space: Lazy<Space>,
    speech: Lazy<Speech>,
    reader: Lazy<(Reader, ModelId)>,
    generator: Lazy<(Generator, ModelId)>,
}

/// What it takes to say something of a picture.
#[derive(Debug)]
pub struct Speech {
    /// The networks that look.
    pub eyes: Eyes,
    /// What speaks.
    pub speaker: Speaker,
    /// Which sentences suit a picture.
    pub space: Space,
    /// Which emotion a sentence expresses.
    pub reader: Reader,
    /// What speaks, by name and hash.
    pub model: ModelId,
}

/// What is made when first asked for; all who ask get the same one. No lock is held while it is made:
/// weights are read on rayon's pool, whose threads may wait for this very model. So two who ask first
/// at the same time make it twice, and one of the two is dropped; verbs ask before their workers do.
#[derive(Debug)]
struct Lazy<T>(OnceLock<T>);

impl<T> Default for Lazy<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Lazy<T> {
    /// What could not be made is tried again next time.
    fn get<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(made) = self.0.get() {
            return Ok(made);
        }
        let made = make()?;
        Ok(self.0.get_or_init(|| made))
    }
}

impl Weights {
    /// The name of the file and its bytes; `own` is the card of the program's.
    fn read(&self, own: &str) -> Result<(String, Cow<'_, [u8]>), NetError> {
        Ok(match self {
            Self::Own => {
                let card = registry::card(own)?;
                let bytes = registry::weights(&card)?;
                (card.file, bytes)
            }
            Self::File(path) => (path.display().to_string(), store::read_file(path)?.into()),
            Self::Bytes { name, bytes } => (name.clone(), Cow::Borrowed(bytes)),
        })
    }
}

fn named(name: &str, bytes: &[u8]) -> ModelId {
    ModelId {
        name: name.to_owned(),
        sha256: store::sha256(bytes),
    }
}

impl Default for Models {
    /// The program's own weights, on the processor, with one thread per core.
    fn default() -> Self {
        Self::new(Device::Cpu, available_threads())
    }
}

impl Models {
    /// The program's own weights. `device` is the predictor's, the other networks run on the
    /// processor; `threads`, at least 1, are those of all work together.
    #[must_use]
    pub fn new(device: Device, threads: usize) -> Self {
        Self::of(Sources::default(), device, threads)
    }

    /// As [`new`](Self::new), with other weights.
    #[must_use]
    pub fn of(sources: Sources, device: Device, threads: usize) -> Self {
        Self {
            device,
            threads: threads.max(1),
            views: usize::MAX,
            sources,
            predictor: Lazy::default(),
            usual: Lazy::default(),
            detectors: Default::default(),
            lines: Lazy::default(),
            mask: Lazy::default(),
            encoder: Lazy::default(),
            judge: Lazy::default(),
            space: Lazy::default(),
            speech: Lazy::default(),
            reader: Lazy::default(),
            generator: Lazy::default(),
        }
    }

    /// The same, with at most `count` views of each picture in the predictor
    /// ([`Predictor::with_views`]).
    #[must_use]
    pub fn with_views(mut self, count: usize) -> Self {
        self.views = count;
        self
    }

    /// Threads of all work together, at least 1.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// What pictures evoke.
    ///
    /// # Errors
    /// Missing or damaged weights.
    pub fn predictor(&self) -> Result<&Predictor, FeelError> {
        self.predictor.get(|| {
            let predictor = match &self.sources.predictor {
                Weights::Own => Predictor::embedded(&self.device),
                Weights::File(path) => Predictor::from_file(path, &self.device),
                Weights::Bytes { name, bytes } => Predictor::from_bytes(bytes, name, &self.device),
            };
            Ok(predictor?.with_views(self.views))
        })
    }

    /// How much of each emotion is usual among paintings; none for a predictor without a table of them.
    ///
    /// # Errors
    /// Those of [`predictor`](Self::predictor), and a table that cannot be read.
    pub fn usual(&self) -> Result<Option<&Usual>, FeelError> {
        let predictor = self.predictor()?;
        let usual = self.usual.get(|| {
            let file = match &self.sources.predictor {
                Weights::Own => None,
                Weights::File(path) => Some(path.as_path()),
                Weights::Bytes { .. } => return Ok::<_, FeelError>(None),
            };
            match Reference::for_predictor(predictor, file) {
                Ok(reference) => Ok(Some(Usual::of(&reference))),
                // There is none of these weights.
                Err(FeelError::Reference { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })?;
        Ok(usual.as_ref())
    }

    /// Edges that regions are found on.
    ///
    /// # Errors
    /// Missing or damaged weights.
    pub fn detector(&self, kind: Kind) -> Result<&Detector, RegionsError> {
        self.detectors[kind as usize].get(|| match kind {
            Kind::Net => {
                let (name, bytes) = self.sources.edges.read(edges::EMBEDDED)?;
                let network = EdgeNetwork::from_bytes(&bytes, &name, self.threads)?;
                Ok(Detector::Net(network))
            }
            Kind::Gradient | Kind::Hed => Detector::load(kind, self.threads),
        })
    }

    /// The edges that drawings follow: the network's, or the gradient's where the program has no
    /// weights.
    ///
    /// # Errors
    /// Damaged weights.
    pub fn edges(&self) -> Result<EdgeSource<'_>, SketchError> {
        let learned = self
            .lines
            .get(|| match self.sources.edges.read(affetti_sketch::EDGES) {
                Err(NetError::Missing { .. }) => Ok(None),
                Err(error) => Err(SketchError::from(error)),
                Ok((name, bytes)) => {
                    LearnedEdges::from_bytes(&bytes, &name, self.threads).map(Some)
                }
            })?;
        Ok(learned.as_ref().map_or(EdgeSource::Gradient, |network| {
            EdgeSource::Detector(network)
        }))
    }

    /// Which part of a picture is its object.
    ///
    /// # Errors
    /// Missing or damaged weights.
    pub fn mask(&self) -> Result<&MaskNetwork, SketchError> {
        self.mask.get(|| {
            let (name, bytes) = self.sources.mask.read(mask::EMBEDDED)?;
            MaskNetwork::from_bytes(&bytes, &name)
        })
    }

    /// What lines show, while they are drawn.
    ///
    /// # Errors
    /// Missing or damaged weights.
    pub fn encoder(&self) -> Result<&Arc<Encoder>, SketchError> {
        self.encoder.get(|| {
            let (name, bytes) = self.sources.encoder.read(encoder::EMBEDDED)?;
            Encoder::from_bytes(&bytes, &name, self.threads).map(Arc::new)
        })
    }

    /// One space for pictures and words.
    ///
    /// # Errors
    /// Missing or damaged weights.
    pub fn space(&self) -> Result<&Space, WordsError> {
        self.space.get(Space::embedded)
    }

    /// What speaks, with those who rank what it says. It stands on the program's own predictor.
    ///
    /// # Errors
    /// Missing or damaged weights, and another predictor.
    pub fn speech(&self) -> Result<&Speech, WordsError> {
        let predictor = self.predictor()?;
        self.speech.get(|| {
            let card = registry::card(speaker::EMBEDDED)?;
            let bytes = registry::weights(&card)?;
            let space = self.space()?.clone();
            if space.predictor() != predictor.model().sha256 {
                let name = &predictor.model().name;
                let what = format!("the speaker does not know the predictor {name}; it speaks with the program's own");
                return Err(WordsError::Unfit { what });
            }
            Ok(Speech {
                eyes: Eyes::of(predictor)?,
                speaker: Speaker::from_bytes(&bytes, &card.file)?,
                space,
                reader: self.reader()?.0.clone(),
                model: named(&card.name, &bytes),
            })
        })
    }

    /// Which emotion a sentence expresses.
    ///
    /// # Errors
    /// Missing or damaged weights.
    pub fn reader(&self) -> Result<&(Reader, ModelId), WordsError> {
        self.reader.get(|| {
            let (name, bytes) = Weights::Own.read(read::EMBEDDED)?;
            let model = named(read::EMBEDDED, &bytes);
            Ok((Reader::from_bytes(&bytes, &name)?, model))
        })
    }

    /// What paints new pictures.
    ///
    /// # Errors
    /// Missing or damaged weights.
    pub fn generator(&self) -> Result<&(Generator, ModelId), PaintError> {
        self.generator.get(|| {
            let (name, bytes) = self.sources.generator.read(painter::EMBEDDED)?;
            let stem = match &self.sources.generator {
                Weights::Own => painter::EMBEDDED,
                Weights::File(path) => path.file_stem().and_then(OsStr::to_str).unwrap_or(&name),
                Weights::Bytes { name, .. } => name,
            };
            let model = named(stem, &bytes);
            Ok((Generator::from_bytes(&bytes, &name)?, model))
        })
    }

    /// What drawings show, to one that had no part in them.
    ///
    /// # Errors
    /// Missing or damaged weights.
    pub fn judge(&self) -> Result<&Encoder, SketchError> {
        self.judge.get(|| {
            let (name, bytes) = self.sources.judge.read(encoder::JUDGE)?;
            Encoder::from_bytes(&bytes, &name, self.threads)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Lazy, Models, Sources, Weights};
    use affetti_nets::device::Device;
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
    };

    #[test]
    fn all_who_ask_get_the_same_model() {
        let model = Lazy::<usize>::default();
        let made = AtomicUsize::new(0);
        let make = || {
            thread::yield_now();
            Ok::<_, ()>(made.fetch_add(1, Ordering::SeqCst))
        };
        let ask = || model.get(make).expect("made") as *const usize as usize;
        let places: Vec<usize> = thread::scope(|scope| {
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            asked
                .into_iter()
                .map(|a| a.join().expect("an answer"))
                .collect()
        });
        assert!(places.iter().all(|place| *place == places[0]));
        // Once it is there, nobody makes another one.
        let before = made.load(Ordering::SeqCst);
        assert_eq!(ask(), places[0]);
        assert_eq!(made.load(Ordering::SeqCst), before);
    }

    #[test]
    fn what_failed_is_tried_again() {
        let model = Lazy::<u8>::default();
        assert_eq!(model.get(|| Err("not yet")), Err("not yet"));
        assert_eq!(model.get(|| Ok::<_, ()>(7)), Ok(&7));
    }

    #[test]
    fn nothing_is_loaded_before_it_is_asked_for() {
        let nothing = || Weights::Bytes {
            name: "nothing.safetensors".into(),
            bytes: b"nothing"[..].into(),
        };
        let sources = Sources {
            predictor: nothing(),
            edges: nothing(),
            mask: Weights::File("missing.safetensors".into()),
            encoder: nothing(),
            judge: nothing(),
            generator: nothing(),
        };
        let models = Models::of(sources, Device::Cpu, 1);
        let told = models.predictor().expect_err("no weights").to_string();
        assert!(told.contains("nothing.safetensors"), "{told}");
        let told = models.mask().expect_err("no file").to_string();
        assert!(told.contains("missing.safetensors"), "{told}");
        assert!(models.detector(Kind::Net).is_err() && models.edges().is_err());
        assert!(models.encoder().is_err() && models.judge().is_err());
        assert!(models.generator().is_err());
    }

    #[test]
    #[cfg(feature = "weights")]
    fn threads_share_one_predictor() {
        let models = Models::default();
        let first = models.predictor().expect("embedded");
        thread::scope(|scope| {
            let same = || std::ptr::eq(models.predictor().expect("embedded"), first);
            let all: Vec<_> = (0..4).map(|_| scope.spawn(same)).collect();
            assert!(all.into_iter().all(|one| one.join().expect("no panic")));
        });
    }
}
