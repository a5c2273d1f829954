//! Feels one picture: `cargo run --release --example feel -p affetti -- photo.jpg`.

use std::{env, error::Error, path::Path};

use affetti::{
    Predictor,
    emotion::Label,
    nets::device::Device,
    picture::{DecodeOptions, read},
    training::Scratch,
};

#[expect(clippy::print_stdout, reason = "an example shows what it found")]
fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args_os().nth(1).ok_or("name a picture")?;
    let predictor = Predictor::embedded(&Device::Cpu)?;
    let picture = read(Path::new(&path), &DecodeOptions::default())?;
    let prediction = predictor.predict(&picture, &mut Scratch::default(), 1)?;
    println!("dominant: {}", prediction.emotions.dominant().name());
    println!("valence: {:.2} of 1 to 7", prediction.valence);
    Ok(())
}
