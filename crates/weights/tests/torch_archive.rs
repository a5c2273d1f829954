//! State dictionaries in PyTorch's zip format; the file is by peers/torch_archive.py (PyTorch
//! 2.15), whose closed formulas are repeated here.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

use affetti_weights::torch_file;

const FILE: &[u8] = include_bytes!("fixtures/archive.pth");

#[test]
fn an_archive_is_read_as_it_was_saved() {
    let tensors = torch_file::read(FILE, "archive.pth").unwrap();
    assert_eq!(tensors.map.len(), 5);
    let weight = &tensors.map["a.weight"];
    assert_eq!(weight.shape, [2, 3, 2, 2]);
    let eighths: Vec<f32> = (0..24_u8).map(|i| f32::from(i) / 8.0).collect();
    assert_eq!(weight.data, eighths);
    assert_eq!(tensors.map["a.bias"].data, [-1.5, 2.25]);
    assert_eq!(tensors.map["turned"].shape, [3, 2]);
    assert_eq!(tensors.map["turned"].data, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    assert_eq!(tensors.map["tail"].data, [8.0, 9.0]);
    let steps = &tensors.map["steps"];
    assert_eq!((steps.shape.len(), steps.data.as_slice()), (0, &[7.0][..]));
}

/// What a damaged archive is told.
fn complaint(bytes: &[u8]) -> String {
    format!("{:?}", torch_file::read(bytes, "bad.pth").unwrap_err())
}

#[test]
fn cut_archives_are_refused_at_every_length() {
    for length in 0..FILE.len() {
        complaint(&FILE[..length]);
    }
}

#[test]
fn a_changed_number_fails_its_checksum() {
    // 2.25, the second bias.
    let at = FILE.windows(4).position(|w| w == 2.25_f32.to_le_bytes());
    let mut bytes = FILE.to_vec();
    bytes[at.unwrap()] ^= 1;
    assert!(complaint(&bytes).contains("checksum"));
}

#[test]
fn changed_bytes_never_panic_and_compression_is_refused() {
    for at in 0..FILE.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut bytes = FILE.to_vec();
            bytes[at] = value;
            drop(torch_file::read(&bytes, "bad.pth"));
        }
    }
    // The method of the first directory record, ten bytes behind its signature.
    let record = FILE.windows(4).position(|w| w == b"PK\x01\x02");
    let mut bytes = FILE.to_vec();
    bytes[record.unwrap() + 10] = 8;
    assert!(complaint(&bytes).contains("compressed"));
}
