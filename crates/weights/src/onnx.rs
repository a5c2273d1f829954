//! Reads the weights of ONNX files.
//!
//! - **Computes** the named f32 tensors of a graph, and which of them each convolution takes.
//! - **Input** the file's bytes; **output** [`Graph`].
//! - **Source** onnx.proto of ONNX's repository, the four messages and ten fields wanted here.
//! - **Deviations** tensors of other types, in files beside, or of more than four gigabytes are
//!   refused or left out; the graph itself is not run.

use crate::error::NetError;
use crate::tensors::{Tensor, Tensors};
use prost::Message;
use std::collections::BTreeMap;

const FORMAT: &str = "ONNX";
/// TensorProto.DataType.FLOAT.
const FLOAT: i32 = 1;

#[derive(Clone, PartialEq, Message)]
struct ModelProto {
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphProto>,
}

#[derive(Clone, PartialEq, Message)]
struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    node: Vec<NodeProto>,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<TensorProto>,
}

#[derive(Clone, PartialEq, Message)]
struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    input: Vec<String>,
    #[prost(string, tag = "4")]
    op_type: String,
}

#[derive(Clone, PartialEq, Message)]
struct TensorProto {
    #[prost(int64, repeated, tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(float, repeated, tag = "4")]
    float_data: Vec<f32>,
    #[prost(string, tag = "8")]
    name: String,
    #[prost(bytes = "vec", tag = "9")]
    raw_data: Vec<u8>,
}

/// Names of the tensors of one convolution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Name of the weight tensor.
    pub weight: String,
    /// Name of the bias tensor.
    pub bias: String,
}

/// Largest file in bytes: U2NetP has 4.6 million. An empty message of two bytes costs about a hundred
/// once decoded.
const MAX_BYTES: usize = 16 << 20;

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Graph {
    /// All initial tensors.
    pub tensors: Tensors,
    /// Those with a bias, in the order of the graph, which is one in which they can run.
    pub convolutions: Vec<Convolution>,
}

impl Graph {
    /// Reads `bytes`; `file` is named in messages.
    ///
    /// # Errors
    /// [`NetError::Malformed`] with the first thing that is wrong.
    pub fn read(bytes: &[u8], file: &str) -> Result<Self, NetError> {
        let malformed = |why: String| NetError::Malformed {
            file: file.to_owned(),
            format: FORMAT,
            why,
        };
        if bytes.len() > MAX_BYTES {
            return Err(malformed(format!("it has more than {MAX_BYTES} bytes")));
        }
        let model = ModelProto::decode(bytes).map_err(|e| malformed(e.to_string()))?;
        let graph = model
            .graph
            .ok_or_else(|| malformed("it has no graph".into()))?;
        let mut map = BTreeMap::new();
        for tensor in graph.initializer {
            if tensor.data_type == FLOAT {
                let name = tensor.name.clone();
                map.insert(name, floats(tensor).map_err(malformed)?);
            }
        }
        let convolution = |node: NodeProto| match <[String; 3]>::try_from(node.input) {
            Ok([_, weight, bias]) if node.op_type == "Conv" => Some(Convolution { weight, bias }),
            _ => None,
        };
        Ok(Self {
            tensors: Tensors {
                file: file.to_owned(),
                note: String::new(),
                map,
            },
            convolutions: graph.node.into_iter().filter_map(convolution).collect(),
        })
    }
}

fn floats(tensor: TensorProto) -> Result<Tensor, String> {
    let name = &tensor.name;
    let shape: Option<Vec<usize>> = tensor.dims.iter().map(|d| (*d).try_into().ok()).collect();
    let shape = shape.ok_or_else(|| format!("{name:?} has a negative size"))?;
    let count = shape
        .iter()
        .try_fold(1_usize, |count, side| count.checked_mul(*side));
    let (values, rest) = tensor.raw_data.as_chunks::<4>();
    let data: Vec<f32> = if tensor.raw_data.is_empty() {
        tensor.float_data
    } else {
        values.iter().map(|v| f32::from_le_bytes(*v)).collect()
    };
    if count != Some(data.len()) || !rest.is_empty() {
        return Err(format!(
            "{name:?} has {} values for a shape of {shape:?}",
            data.len()
        ));
    }
    Ok(Tensor { shape, data })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(dims: Vec<i64>) -> Vec<u8> {
        let tensor = TensorProto {
            dims,
            data_type: FLOAT,
            name: "w".into(),
            raw_data: [1.0_f32, -2.5]
                .iter()
                .flat_map(|v| v.to_le_bytes())
                .collect(),
            ..TensorProto::default()
        };
        let node = |op_type: &str, input: &[&str]| NodeProto {
            op_type: op_type.into(),
            input: input.iter().map(|s| (*s).to_owned()).collect(),
        };
        let graph = GraphProto {
            node: vec![
                node("Relu", &["x"]),
                node("Conv", &["x", "w", "b"]),
                node("Conv", &["x", "w"]),
            ],
            initializer: vec![tensor],
        };
        ModelProto { graph: Some(graph) }.encode_to_vec()
    }

    #[test]
    fn tensors_and_the_convolutions_that_take_them() {
        let graph = Graph::read(&model(vec![2, 1]), "a.onnx").expect("a good file");
        let tensor = &graph.tensors.map["w"];
        assert_eq!(
            (&tensor.shape[..], &tensor.data[..]),
            (&[2, 1][..], &[1.0, -2.5][..])
        );
        let [convolution] = &graph.convolutions[..] else {
            panic!("one with a bias: {:?}", graph.convolutions);
        };
        assert_eq!((&*convolution.weight, &*convolution.bias), ("w", "b"));
    }

    #[test]
    fn bad_files_are_refused() {
        let good = model(vec![2, 1]);
        let bad: [(&str, Vec<u8>); 5] = [
            ("no graph", Vec::new()),
            ("decode", b"PK\x03\x04 this is no model".to_vec()),
            ("decode", good[..good.len() - 3].to_vec()),
            ("negative", model(vec![-2])),
            ("2 values", model(vec![i64::MAX, i64::MAX])),
        ];
        for (why, bytes) in bad {
            let error = Graph::read(&bytes, "a.onnx").expect_err(why);
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
