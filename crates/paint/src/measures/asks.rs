//! What a generator is asked when it is measured, and which paintings it is compared with.

use crate::error::PaintError;
use crate::generator::{Choice, Generator};
use crate::pictures::{Labels, Painting};
use crate::repertoire::Feeling;
use crate::wish::{Kind, Subject, Wish};
use affetti_train::order::mix;
use std::collections::BTreeMap;

/// The subjects of a comparison.
#[derive(Clone, Debug)]
pub(super) struct Asks {
    known: Vec<Subject>,
    kinds: Vec<Kind>,
    /// Whether subjects are asked for one by one, as often as paintings have them; else anything is, as
    /// often as the generator learned it.
    each: bool,
}

impl Asks {
    /// Those of `generator`, or of another one's subjects.
    pub(super) fn of(generator: &Generator, scope: Option<&[Subject]>) -> Self {
        let known = scope.map_or_else(|| generator.subjects(), <[Subject]>::to_vec);
        let has = |kind: &Kind| known.iter().any(|subject| subject.kind == *kind);
        let mut kinds: Vec<Kind> = [Kind::Genre, Kind::Style, Kind::Artist]
            .into_iter()
            .filter(has)
            .collect();
        // A painter learns from its genres, whatever the style.
        if scope.is_none() && matches!(generator, Generator::Painter(_)) {
            kinds.truncate(1);
        }
        Self {
            known,
            kinds,
            each: scope.is_some(),
        }
    }

    /// Whether a painting is one of those that are compared with.
    pub(super) fn wants(&self, labels: &Labels<'_>) -> bool {
        self.kinds.iter().all(|kind| {
            let known = self.known.contains(&Subject::new(*kind, labels.get(*kind)));
            // What is no genre of the tables was learned by titles.
            known || *kind == Kind::Genre && self.in_title(labels.title)
        })
    }

    /// What is asked for in place of a painting: its subject, or where that was found by its title, the one that the
    /// title has.
    fn asked(&self, kind: Kind, label: &str) -> Subject {
        let subject = Subject::new(kind, label);
        let mut theirs = self.known.iter().filter(|known| known.kind == kind);
        match self.known.contains(&subject) {
            true => subject,
            false => theirs.next().cloned().unwrap_or(subject),
        }
    }

    fn in_title(&self, title: &str) -> bool {
        let title = title.to_lowercase();
        let genres = self
            .known
            .iter()
            .filter(|subject| subject.kind == Kind::Genre);
        self.known.len() == 1
            && genres
                .into_iter()
                .any(|s| title.contains(&s.name.to_lowercase()))
    }

    /// The choices of `count` pictures.
    ///
    /// # Errors
    /// [`PaintError::NoSuch`] for subjects that the generator does not know.
    pub(super) fn choices(
        &self,
        generator: &Generator,
        learned: &[Painting],
        count: usize,
    ) -> Result<Vec<Choice>, PaintError> {
        let mut known: BTreeMap<Vec<Subject>, Vec<Choice>> = BTreeMap::new();
        let mut all = Vec::with_capacity(count);
        for n in 0..count as u64 {
            let subjects = if self.each {
                let painting = &learned[(mix(&[21, n]) % learned.len() as u64) as usize];
                self.kinds
                    .iter()
                    .map(|kind| self.asked(*kind, painting.label(*kind)))
                    .collect()
            } else {
                Vec::new()
            };
            if !known.contains_key(&subjects) {
                let wish = Wish {
                    subjects: subjects.clone(),
                    feeling: Feeling::Any,
                    notes: Vec::new(),
                };
                known.insert(subjects.clone(), generator.choices(&wish)?);
            }
            let choices = &known[&subjects];
            all.push(generator.seedling(mix(&[22, n]), 1.0, choices).1.clone());
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::Asks;
    use crate::wish::{Kind, Subject};

    #[test]
    fn what_was_found_by_its_title_is_asked_for_by_the_title() {
        let asks = Asks {
            known: vec![Subject::new(Kind::Genre, "landscape")],
            kinds: vec![Kind::Genre],
            each: true,
        };
        for label in ["landscape", "", "marina"] {
            let asked = asks.asked(Kind::Genre, label);
            assert_eq!(asked, Subject::new(Kind::Genre, "landscape"), "{label}");
        }
    }
}
