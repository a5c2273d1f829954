//! The small affective sets of the affective-regions article, and sets that are folders of classes.
//!
//! | module | layout |
//! |---|---|
//! | [`artphoto`] | the label is the first word of the file's name |
//! | [`iapsa`] | a list of numbers and emotions |
//! | [`twitter`] | lists of names and 1 or 0, Twitter I and II |
//! | [`emotion_roi`] | lists of `class/file` for training and testing |
//! | [`fi`] | a folder per emotion |
//! | [`flickr`] | a list of numbers and sentiments |
//! | [`classes`] | any folder per class |
//! | [`shards`] | tar files |

pub mod artphoto;
pub mod classes;
pub mod emotion_roi;
pub mod fi;
pub mod flickr;
pub mod iapsa;
pub mod shards;
pub mod twitter;

#[cfg(test)]
mod tests;
