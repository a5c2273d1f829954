//! The door to the house: bytes of any format to a picture, within limits.

use affetti_picture::{DecodeOptions, Limits, decode, dimensions};

/// One run.
pub fn run(bytes: &[u8]) {
    let limits = Limits {
        max_pixels: 1 << 16,
        max_memory: 16 << 20,
        ..Limits::default()
    };
    let options = DecodeOptions {
        limits,
        ..DecodeOptions::default()
    };
    match decode(bytes, &options) {
        Ok(picture) => {
            let sides = (picture.width(), picture.height());
            assert_eq!(dimensions(bytes).ok(), Some(sides));
            assert!(u64::from(sides.0) * u64::from(sides.1) <= limits.max_pixels);
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}
