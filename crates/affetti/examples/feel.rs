//! Feels one picture: `cargo run --release --example feel -p affetti -- photo.jpg`.

use std::{env, error::Error, path::Path};

use affetti::{
    Models,
    emotion::Label,
    feel::Scratch,
    picture::{DecodeOptions, read},
};

#[expect(clippy::print_stdout, reason = "an example shows what it found")]
fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args_os().nth(1).ok_or("name a picture")?;
    let models = Models::default();
    let picture = read(Path::new(&path), &DecodeOptions::default())?;
    let predictor = models.predictor()?;
    let prediction = predictor.predict(&picture, &mut Scratch::default(), models.threads())?;
    println!("dominant: {}", prediction.emotions.dominant().name());
    println!("valence: {:.2} of 1 to 7", prediction.valence);
    Ok(())
}
