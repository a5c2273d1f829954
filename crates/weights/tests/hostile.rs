//! Weight files that no one should trust: every one is answered by an error, quickly and without
//! taking memory that the file does not have.

use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::{Tensor, Tensors};
use affetti_weights::torch_file;
use proptest::prelude::*;

fn text(value: &str) -> Vec<u8> {
    let mut bytes = vec![b'X'];
    bytes.extend((value.len() as u32).to_le_bytes());
    bytes.extend(value.as_bytes());
    bytes
}

/// One tensor as PyTorch before 1.6 pickles it: a view of `shape` and `strides` at `offset`.
fn tensor(name: &str, key: &str, offset: u8, shape: [u8; 2], strides: [u8; 2]) -> Vec<u8> {
    let mut bytes = text(name);
    bytes.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
    bytes.extend(text("storage"));
    bytes.extend(b"ctorch\nFloatStorage\n");
    bytes.extend(text(key));
    bytes.extend(text("cpu"));
    bytes.extend([b'K', 6, b'N', b't', b'Q', b'K', offset]);
    bytes.extend([b'K', shape[0], b'K', shape[1], 0x86]);
    bytes.extend([b'K', strides[0], b'K', strides[1], 0x86]);
    bytes.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    bytes
}

/// A whole file with these tensors over one storage of six floats 0, 1, … 5.
fn file(tensors: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec();
    bytes.extend(b"\x80\x02M\xe9\x03.\x80\x02}.");
    bytes.extend(b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01(");
    bytes.extend(tensors.concat());
    bytes.extend(b"u.\x80\x02](");
    bytes.extend(text("7"));
    bytes.extend(b"e.");
    bytes.extend(6_u64.to_le_bytes());
    bytes.extend((0..6_u8).flat_map(|i| f32::from(i).to_le_bytes()));
    bytes
}

fn complaint(bytes: &[u8]) -> String {
    torch_file::read(bytes, "bad.pth")
        .expect_err("a bad file")
        .to_string()
}

#[test]
fn a_sound_file_is_read_strides_and_all() {
    let plain = tensor("a", "7", 0, [2, 3], [3, 1]);
    let transposed = tensor("b", "7", 1, [2, 2], [1, 3]);
    let tensors = torch_file::read(&file(&[plain, transposed]), "good.pth").unwrap();
    assert_eq!(tensors.map["a"].shape, [2, 3]);
    assert_eq!(tensors.map["a"].data, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    // Rows step by one, columns by three, from element 1.
    assert_eq!(tensors.map["b"].data, [1.0, 4.0, 2.0, 5.0]);
}

#[test]
fn views_outside_their_storage_are_refused() {
    let shifted = file(&[tensor("a", "7", 1, [2, 3], [3, 1])]);
    assert!(complaint(&shifted).contains("outside its storage"));
    let wide = file(&[tensor("a", "7", 0, [7, 1], [0, 0])]);
    assert!(complaint(&wide).contains("more elements than its storage"));
    let absent = file(&[tensor("a", "8", 0, [2, 3], [3, 1])]);
    assert!(complaint(&absent).contains("storage"));
}

#[test]
fn many_views_do_not_multiply_memory() {
    let all: Vec<Vec<u8>> = (0..4000)
        .map(|i| tensor(&format!("t{i}"), "7", 0, [6, 1], [1, 1]))
        .collect();
    // Each view costs more bytes in the file than in memory, so honest files pass.
    assert_eq!(
        torch_file::read(&file(&all), "many.pth").unwrap().map.len(),
        4000
    );
}

#[test]
fn pickles_that_would_run_or_burst_are_refused() {
    let start = b"\x80\x02".to_vec();
    let deep_keys = [vec![b'}'; 200_000], b"Ns".repeat(200_000), vec![b'.']].concat();
    let deep_tuples = [vec![b')'], vec![0x85; 200_000], vec![b'.']].concat();
    let deep_ids = [vec![b'N'], vec![b'Q'; 200_000], vec![b'.']].concat();
    let flood = [vec![b'N'; 5_000_000], vec![b'.']].concat();
    let unknown = b"i__main__\nsystem\n.".to_vec();
    let memo = {
        let entries = b"NNs".repeat(1000);
        [
            b"}".to_vec(),
            entries,
            vec![0x85, b'q', 0],
            b"h\x00".repeat(100_000),
            vec![b'.'],
        ]
        .concat()
    };
    for body in [deep_keys, deep_tuples, deep_ids, flood, unknown, memo] {
        let bytes = [start.clone(), body].concat();
        let error = complaint(&bytes);
        assert!(
            error.starts_with("bad.pth: not a readable PyTorch"),
            "{error}"
        );
    }
    assert!(complaint(b"").contains("cut short"));
    assert!(complaint(b"PK\x03\x04rest").contains("zip"));
}

#[test]
fn safetensors_with_impossible_shapes_are_refused() {
    let header = br#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend([0; 4]);
    assert!(store::from_bytes(&bytes, "bad").is_err());
    let header = br#"{"a":{"dtype":"I8","shape":[0,4],"data_offsets":[0,0]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    assert!(
        store::from_bytes(&bytes, "bad").is_err(),
        "eight bits without scales"
    );
    assert!(store::from_bytes(&[], "bad").is_err());
}

#[test]
fn damage_is_not_rounded_away() {
    for (value, precision) in [
        (f32::NAN, Precision::Byte),
        (f32::INFINITY, Precision::Full),
        (70_000.0, Precision::Half),
    ] {
        let mut tensors = Tensors::default();
        let data = vec![1.0, value];
        tensors.map.insert(
            "a".into(),
            Tensor {
                shape: vec![1, 2],
                data,
            },
        );
        assert!(store::to_bytes(&tensors, |_| precision).is_err(), "{value}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>(), shorten in any::<bool>()) {
        let mut bytes = file(&[tensor("a", "7", 0, [2, 3], [3, 1]), tensor("b", "7", 1, [2, 2], [1, 3])]);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if shorten {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = torch_file::read(&bytes, "mutated.pth");
    }

    #[test]
    fn mutated_safetensors_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut tensors = Tensors::default();
        tensors.map.insert("a".into(), Tensor { shape: vec![2, 2], data: vec![1.0, -2.0, 0.5, 4.0] });
        let mut bytes = store::to_bytes(&tensors, |_| Precision::Byte).unwrap();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = store::from_bytes(&bytes, "mutated");
    }
}
