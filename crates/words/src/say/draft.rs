//! Sentences while they are said: drawn word by word, or followed side by side.

use super::decoder::{Context, Voice};
use super::sentence::sentence;
use super::speaker::{Said, SayOptions};
use crate::text::vocabulary::{BEGIN, END, SPECIAL, Vocabulary};
use affetti_emotion::Emotion;
use affetti_ground::{SplitMix64, finalize};

/// How much less likely than the likeliest word a word may be, as a logarithm.
const FAR: f64 = 5.0;
/// Contexts that every sentence is said to: with all, without emotion, without picture.
const STREAMS: usize = 3;

/// A sentence that is being said.
#[derive(Clone, Debug)]
pub(super) struct Draft<S> {
    number: u64,
    streams: Vec<S>,
    words: Vec<u32>,
    looked: Vec<Vec<f32>>,
    likelihood: f64,
    /// As `likelihood`, with picture and emotion emphasised.
    guided: f64,
    random: SplitMix64,
}

/// All candidates in the order of their series; of beams the best per word first.
pub(super) fn drafts<V: Voice>(
    voice: &V,
    contexts: &[Context; STREAMS],
    options: &SayOptions,
    words: &Vocabulary,
) -> Vec<Draft<V::Stream>> {
    let begun: Vec<V::Stream> = contexts
        .iter()
        .map(|context| voice.begin(context))
        .collect();
    let draft = |n| Draft::new(&begun, options.seed, n);
    let mut done = Vec::new();
    let mut open: Vec<Draft<V::Stream>> = match options.beams {
        0 => (0..options.candidates.max(options.count) as u64)
            .map(draft)
            .collect(),
        _ => vec![draft(0)],
    };
    for place in 0..voice.places() - 1 {
        let values = listen(voice, &mut open);
        // A sentence that has not ended by its last place ends there.
        let must_end = place + 2 >= voice.places();
        let guided = open
            .iter()
            .zip(values.chunks_exact(STREAMS * voice.words()));
        let guided: Vec<Guided> = guided
            .map(|(draft, values)| draft.guided(values, options, must_end, words))
            .collect();
        if options.beams == 0 {
            open.iter_mut()
                .zip(&guided)
                .for_each(|(draft, guided)| draft.draw::<V>(guided, options));
        } else {
            open = spread::<V>(open, &guided, options);
        }
        let (ended, rest): (Vec<_>, Vec<_>) = open.into_iter().partition(|d| d.last() == END);
        done.extend(ended);
        open = rest;
        if open.is_empty() || (options.beams > 0 && done.len() >= options.beams) {
            break;
        }
    }
    if options.beams == 0 {
        done.sort_by_key(|draft| draft.number);
    } else {
        done.sort_by(|a, b| b.per_word().total_cmp(&a.per_word()));
    }
    done
}

/// Says the last word of every draft to its streams.
fn listen<V: Voice>(voice: &V, open: &mut [Draft<V::Stream>]) -> Vec<f32> {
    let words: Vec<u32> = open
        .iter()
        .flat_map(|draft| [draft.last(); STREAMS])
        .collect();
    let mut streams: Vec<V::Stream> = open
        .iter_mut()
        .flat_map(|draft| std::mem::take(&mut draft.streams))
        .collect();
    let values = voice.say(&mut streams, &words);
    let mut streams = streams.into_iter();
    open.iter_mut()
        .for_each(|draft| draft.streams = streams.by_ref().take(STREAMS).collect());
    values
}

/// The best continuations of all, as many as there are beams.
fn spread<V: Voice>(
    open: Vec<Draft<V::Stream>>,
    guided: &[Guided],
    options: &SayOptions,
) -> Vec<Draft<V::Stream>> {
    let mut all: Vec<(f64, usize, usize)> = Vec::new();
    for (n, (draft, guided)) in open.iter().zip(guided).enumerate() {
        let total = log_total(
            guided
                .ranked
                .iter()
                .map(|word| guided.values[*word] / options.temperature),
        );
        for word in guided.ranked.iter().take(options.beams) {
            let sure = guided.values[*word] / options.temperature - total;
            all.push((draft.guided + sure, n, *word));
        }
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let grown = all.into_iter().take(options.beams).map(|(sure, n, word)| {
        let mut draft = open[n].clone();
        draft.put::<V>(word, &guided[n]);
        draft.guided = sure;
        draft
    });
    grown.collect()
}

/// What may come next, with picture and emotion emphasised.
struct Guided {
    /// Logarithm of how likely each word is.
    own: Vec<f64>,
    /// The same emphasised.
    values: Vec<f64>,
    /// Words that may come, the likeliest first; at least one.
    ranked: Vec<usize>,
}

impl<S: Clone> Draft<S> {
    fn new(begun: &[S], seed: u64, number: u64) -> Self {
        Self {
            number,
            streams: begun.to_vec(),
            words: vec![BEGIN],
            looked: Vec::new(),
            likelihood: 0.0,
            guided: 0.0,
            random: SplitMix64::new(finalize(finalize(seed).wrapping_add(number))),
        }
    }

    fn last(&self) -> u32 {
        self.words[self.words.len() - 1]
    }

    /// How likely it is, so that short sentences are not likelier for being short.
    fn per_word(&self) -> f64 {
        self.guided / self.looked.len().max(1) as f64
    }

    fn guided(
        &self,
        values: &[f32],
        options: &SayOptions,
        must_end: bool,
        words: &Vocabulary,
    ) -> Guided {
        let parts: Vec<Vec<f64>> = values
            .chunks_exact(values.len() / STREAMS)
            .map(log_shares)
            .collect();
        let [own, calm, blind] = [&parts[0], &parts[1], &parts[2]];
        let more =
            |n: usize| options.emotion * (own[n] - calm[n]) + options.picture * (own[n] - blind[n]);
        let values: Vec<f64> = (0..own.len()).map(|n| own[n] + more(n)).collect();
        // What is far from likely is no better for being likelier than without the picture.
        let mut ranked: Vec<usize> = (0..own.len())
            .filter(|n| self.may_say(*n as u32, words))
            .collect();
        let best = ranked
            .iter()
            .map(|n| own[*n])
            .fold(f64::NEG_INFINITY, f64::max);
        ranked.retain(|n| own[*n] > best - FAR);
        ranked.sort_by(|a, b| values[*b].total_cmp(&values[*a]).then(a.cmp(b)));
        ranked.truncate(options.top.max(1));
        if must_end || ranked.is_empty() {
            ranked = vec![END as usize];
        }
        Guided {
            own: own.clone(),
            values,
            ranked,
        }
    }

    fn draw<V: Voice<Stream = S>>(&mut self, guided: &Guided, options: &SayOptions) {
        let word = self.pick(guided, options);
        self.put::<V>(word, guided);
    }

    fn put<V: Voice<Stream = S>>(&mut self, word: usize, guided: &Guided) {
        self.likelihood += guided.own[word];
        self.looked.push(V::looked(&self.streams[0]).to_vec());
        self.words.push(word as u32);
    }

    /// A word within the likeliest.
    fn pick(&mut self, guided: &Guided, options: &SayOptions) -> usize {
        let first = guided.values[guided.ranked[0]];
        let weight =
            |n: &usize| ((guided.values[*n] - first) / options.temperature.max(1e-3)).exp();
        let weights: Vec<f64> = guided.ranked.iter().map(weight).collect();
        let total: f64 = weights.iter().sum();
        let (mut kept, mut sum) = (0, 0.0);
        while kept < weights.len() && sum < options.nucleus * total {
            sum += weights[kept];
            kept += 1;
        }
        let mut draw = self.random.unit() * sum;
        for (n, weight) in guided.ranked.iter().zip(&weights).take(kept) {
            draw -= weight;
            if draw < 0.0 {
                return *n;
            }
        }
        guided.ranked[0]
    }

    /// No unknown word, no pair twice, no word twice in a row, no "x and x"; an end behind three words.
    fn may_say(&self, word: u32, words: &Vocabulary) -> bool {
        if word == END {
            return self.words.len() > 3;
        }
        if (word as usize) < SPECIAL.len() || word == self.last() {
            return false;
        }
        let pair = [self.last(), word];
        if self.words.windows(2).any(|known| known == pair) {
            return false;
        }
        let behind = self.words.len().checked_sub(2).map(|n| self.words[n]);
        let and = words.id("and").is_some_and(|and| and == self.last());
        !(and && behind == Some(word))
    }

    pub(super) fn said(&self, vocabulary: &Vocabulary, emotion: Option<Emotion>) -> Said {
        let inside = &self.words[1..self.words.len() - 1];
        let words: Vec<String> = inside
            .iter()
            .map(|id| vocabulary.words()[*id as usize].clone())
            .collect();
        Said {
            text: sentence(&words),
            looked: self.looked[..words.len()].to_vec(),
            likelihood: self.likelihood / self.looked.len().max(1) as f64,
            words,
            emotion,
            fit: None,
        }
    }
}

/// Logarithms of shares.
fn log_shares(values: &[f32]) -> Vec<f64> {
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = values.iter().map(|x| f64::from(x - most).exp()).sum();
    values
        .iter()
        .map(|x| f64::from(x - most) - total.ln())
        .collect()
}

/// log Σ eˣ
fn log_total(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = values.clone().fold(f64::NEG_INFINITY, f64::max);
    most + values.map(|x| (x - most).exp()).sum::<f64>().ln()
}
