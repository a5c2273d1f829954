//! Pictures one after the other.

use affetti_picture::Picture;
use gif::{Encoder, Frame, Repeat};

/// How carefully colors are chosen, 1 to 30; lower is better and slower.
const SPEED: i32 = 10;

/// `frames`, all of the first one's size, as a GIF that repeats; each stands for `delay` hundredths of a
/// second. Each has a palette of its own. Nothing where `stopped` says so before the end.
///
/// # Panics
/// Where a frame has another size: a bug of the caller.
#[must_use]
pub fn gif(frames: &[Picture], delay: u16, stopped: &dyn Fn() -> bool) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let Some(first) = frames.first() else {
        return Some(file);
    };
    // Pictures have at most 65535 pixels a side, and memory takes every byte.
    let unwritten = "pictures can be written to memory";
    let side = |n: u32| u16::try_from(n).expect(unwritten);
    let (width, height) = (side(first.width()), side(first.height()));
    let mut encoder = Encoder::new(&mut file, width, height, &[]).expect(unwritten);
    encoder.set_repeat(Repeat::Infinite).expect(unwritten);
    for picture in frames {
        if stopped() {
            return None;
        }
        let mut frame = Frame::from_rgb_speed(width, height, picture.pixels(), SPEED);
        frame.delay = delay;
        encoder.write_frame(&frame).expect(unwritten);
    }
    drop(encoder);
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::gif;
    use affetti_picture::{DecodeOptions, Picture, decode};

    #[test]
    fn the_first_frame_is_read_again() {
        let frame = |v: u8| Picture::new(4, 4, vec![v; 48]).unwrap();
        let frames = [frame(200), frame(20)];
        let file = gif(&frames, 8, &|| false).unwrap();
        let again = decode(&file, &DecodeOptions::default()).unwrap();
        assert_eq!((again.width(), again.height()), (4, 4));
        assert!(again.pixel(1, 1)[0].abs_diff(200) < 6);
        assert!(gif(&[], 8, &|| false).unwrap().is_empty());
        assert_eq!(gif(&frames, 8, &|| true), None);
    }
}
