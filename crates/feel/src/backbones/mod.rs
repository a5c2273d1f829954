//! Trainings of deep networks: backbones for predictors, and classifiers of feelings as published.
//!
//! Nothing else of this room knows them.
//!
//! | what | where |
//! |---|---|
//! | a backbone that learns styles, genres, artists and words of titles | [`art`] |
//! | a backbone that learns feelings | [`affect`] |
//! | published classifiers | [`recipes`] |
//! | what they share: varied views, views with their maps, figures | `augment`, `maps`, [`scores`] |

pub mod affect;
pub mod art;
mod augment;
mod maps;
pub mod recipes;
pub mod scores;
