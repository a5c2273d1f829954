//! Named tensors on their way from a file into a network.

use crate::error::NetError;
use std::collections::BTreeMap;

/// Elements of the largest tensor of any network here, with room to grow.
const MAX_ELEMENTS: usize = 1 << 28;

/// A dense f32 tensor in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// The elements.
    pub data: Vec<f32>,
}

/// All tensors of one file by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensors {
    /// File name for messages.
    pub file: String,
    /// A text that travels with the tensors, such as settings in JSON.
    pub note: String,
    /// Name → tensor.
    pub map: BTreeMap<String, Tensor>,
}

/// Takes tensors out of a file one by one and keeps account of what did not fit, so that one error
/// lists everything at once.
#[derive(Debug)]
pub struct Taker {
    file: String,
    network: String,
    map: BTreeMap<String, Tensor>,
    problems: Vec<String>,
}

impl Tensors {
    /// Moves the tensors whose name begins with `prefix` out, under their names without it.
    #[must_use]
    pub fn split_off(&mut self, prefix: &str) -> Self {
        let (inside, outside): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.map)
            .into_iter()
            .partition(|(name, _)| name.starts_with(prefix));
        self.map = outside;
        let strip = |(name, tensor): (String, Tensor)| (name[prefix.len()..].to_owned(), tensor);
        Self {
            file: self.file.clone(),
            note: String::new(),
            map: inside.into_iter().map(strip).collect(),
        }
    }

    /// Starts filling `network`.
    #[must_use]
    pub fn take_for(self, network: &str) -> Taker {
        Taker {
            file: self.file,
            network: network.to_owned(),
            map: self.map,
            problems: Vec::new(),
        }
    }
}

impl Taker {
    /// The tensor `name` of exactly `shape`; zeros (fewer for an absurd shape) and a remembered
    /// problem where it is missing or misshapen.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        match self.map.remove(name) {
            Some(tensor) if tensor.shape == shape => return tensor.data,
            Some(tensor) => self.problems.push(format!(
                "{name} has shape {:?}, expected {shape:?}",
                tensor.shape
            )),
            None => self.problems.push(format!("{name} is missing")),
        }
        // A hostile file must not choose how much is allocated for what it lacks.
        let wanted = shape
            .iter()
            .try_fold(1_usize, |n, &size| n.checked_mul(size));
        vec![0.0; wanted.filter(|&n| n <= MAX_ELEMENTS).unwrap_or(0)]
    }

    /// Drops tensors that are known to be unused (training counters, a classifier).
    pub fn ignore(&mut self, unused: impl Fn(&str) -> bool) {
        self.map.retain(|name, _| !unused(name));
    }

    /// True where the file has `name`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// Ends the filling.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] with every missing, extra or misshapen tensor.
    pub fn finish(mut self) -> Result<(), NetError> {
        let extra = self
            .map
            .keys()
            .map(|name| format!("{name} is not expected"));
        self.problems.extend(extra);
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(NetError::Mismatch {
            file: self.file,
            network: self.network,
            problems: self.problems,
        })
    }
}
