//! Letters for drawings: capitals, digits and little more, three pixels wide and five high.
//!
//! The drawings need a dozen words. A font file and its rasteriser would be many times their size.

/// Rows of a letter from the top, three bits each, the left pixel highest.
fn rows(letter: char) -> [u8; 5] {
    match letter {
        'A' => [2, 5, 7, 5, 5],
        'B' => [6, 5, 6, 5, 6],
        'C' => [3, 4, 4, 4, 3],
        'D' => [6, 5, 5, 5, 6],
        'E' => [7, 4, 6, 4, 7],
        'F' => [7, 4, 6, 4, 4],
        'G' => [3, 4, 5, 5, 3],
        'H' => [5, 5, 7, 5, 5],
        'I' => [7, 2, 2, 2, 7],
        'J' => [1, 1, 1, 5, 2],
        'K' => [5, 5, 6, 5, 5],
        'L' => [4, 4, 4, 4, 7],
        'M' => [5, 7, 7, 5, 5],
        'N' => [6, 5, 5, 5, 5],
        'O' => [2, 5, 5, 5, 2],
        'P' => [6, 5, 6, 4, 4],
        'Q' => [2, 5, 5, 6, 3],
        'R' => [6, 5, 6, 5, 5],
        'S' => [3, 4, 2, 1, 6],
        'T' => [7, 2, 2, 2, 2],
        'U' => [5, 5, 5, 5, 7],
        'V' => [5, 5, 5, 5, 2],
        'W' => [5, 5, 7, 7, 5],
        'X' => [5, 5, 2, 5, 5],
        'Y' => [5, 5, 2, 2, 2],
        'Z' => [7, 1, 2, 4, 7],
        '0' => [7, 5, 5, 5, 7],
        '1' => [2, 6, 2, 2, 7],
        '2' => [6, 1, 2, 4, 7],
        '3' => [6, 1, 2, 1, 6],
        '4' => [5, 5, 7, 1, 1],
        '5' => [7, 4, 6, 1, 6],
        '6' => [3, 4, 7, 5, 7],
        '7' => [7, 1, 2, 2, 2],
        '8' => [7, 5, 7, 5, 7],
        '9' => [7, 5, 7, 1, 6],
        _ => [0; 5],
    }
}

/// Height of a line of text at `scale`, in pixels.
pub(super) fn height(scale: usize) -> usize {
    5 * scale
}

/// Width of `text` at `scale`, in pixels.
pub(super) fn width(text: &str, scale: usize) -> usize {
    (4 * text.chars().count()).saturating_sub(1) * scale
}

/// Calls `set` for every pixel of `text` with its left top corner at the origin.
pub(super) fn write(text: &str, scale: usize, mut set: impl FnMut(usize, usize)) {
    for (place, letter) in text.chars().enumerate() {
        for (y, row) in rows(letter.to_ascii_uppercase()).into_iter().enumerate() {
            for x in (0..3).filter(|x| row >> (2 - x) & 1 == 1) {
                for (dx, dy) in (0..scale * scale).map(|i| (i % scale, i / scale)) {
                    set((4 * place + x) * scale + dx, y * scale + dy);
                }
            }
        }
    }
}
