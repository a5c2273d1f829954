//! CLIP's image towers by the names of published files.
//!
//! - **Computes** OpenAI's names, without `visual.`, for the tensors of any file that is known.
//! - **Input** tensors as the file has them; **output** exactly those of one image tower.
//! - **Source** OpenAI's TorchScript archives and OpenCLIP's state dictionaries (`visual.…`), Hugging
//!   Face's `CLIPModel` and `CLIPVisionModelWithProjection` (`vision_model.…`), timm's CLIP ResNets
//!   (`stem.conv1.conv.…`), as the programs of these names write them.
//! - **Deviations** text towers, counters and scales are left out.

use super::vit::HEAD;
use super::{Shape, resnet, vit};
use affetti_weights::NetError;
use affetti_weights::tensors::{Taker, Tensor, Tensors};

/// Who named the tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// OpenAI and OpenCLIP: `visual.` before what this project calls them.
    OpenAi,
    /// What this project keeps: OpenAI's without `visual.`.
    Bare,
    /// Hugging Face's transformers.
    HuggingFace,
    /// timm, for the ResNets.
    Timm,
}

impl Names {
    /// Who gave these names.
    #[must_use]
    pub fn of<'a>(names: impl Iterator<Item = &'a String> + Clone) -> Self {
        let any = |prefix: &str| names.clone().any(|name| name.starts_with(prefix));
        if any("visual.") {
            Self::OpenAi
        } else if any("vision_model.") {
            Self::HuggingFace
        } else if any("stem.conv1.conv.") {
            Self::Timm
        } else {
            Self::Bare
        }
    }

    /// Takes out the names of what belongs to no image tower.
    pub(crate) fn keep_images(names: &mut Vec<String>) {
        let by = Self::of(names.iter());
        names.retain(|name| !by.is_other(name));
    }

    /// Whether a tensor of the file belongs to something else than the image tower.
    fn is_other(self, name: &str) -> bool {
        let counter = name.ends_with(".num_batches_tracked");
        counter
            || match self {
                Self::OpenAi => !name.starts_with("visual."),
                Self::HuggingFace => {
                    // Old files keep the numbers 0, 1, 2, … of the places.
                    name.ends_with(".position_ids")
                        || !(name.starts_with("vision_model.") || name == PROJECTION)
                }
                // The classifier of fine-tuned ones.
                Self::Timm | Self::Bare => name.starts_with("head.fc."),
            }
    }

    /// The file's name of a tensor that OpenAI calls `visual.NAME`.
    fn name(self, name: &str) -> String {
        match self {
            Self::Bare => name.to_owned(),
            Self::OpenAi => format!("visual.{name}"),
            Self::HuggingFace => hugging_face(name),
            Self::Timm => timm(name),
        }
    }
}

const PROJECTION: &str = "visual_projection.weight";
/// Where OpenAI keeps queries, keys and values in one.
const JOINED: &str = "attn.in_proj_";

/// The image tower of `shape`, by OpenAI's names without `visual.`.
///
/// # Errors
/// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor by the file's own names.
pub fn collect(shape: &Shape, tensors: Tensors) -> Result<Tensors, NetError> {
    let names = Names::of(tensors.map.keys());
    let (file, note) = (tensors.file.clone(), tensors.note.clone());
    let mut taker = tensors.take_for(shape.label());
    taker.ignore(|name| names.is_other(name));
    let wanted = shape.tensors().into_iter();
    let map = wanted
        .map(|(name, sizes)| {
            let data = take(names, &mut taker, &name, &sizes);
            (name, Tensor { shape: sizes, data })
        })
        .collect();
    taker.finish()?;
    Ok(Tensors { file, note, map })
}

fn take(names: Names, taker: &mut Taker, name: &str, sizes: &[usize]) -> Vec<f32> {
    if names != Names::HuggingFace {
        return taker.take(&names.name(name), sizes);
    }
    if name == "proj" {
        // Theirs is for x · wᵀ.
        let (width, outputs) = (sizes[0], sizes[1]);
        let theirs = taker.take(PROJECTION, &[outputs, width]);
        let place = |i: usize| i % outputs * width + i / outputs;
        return (0..theirs.len()).map(|i| theirs[place(i)]).collect();
    }
    let Some((block, kind)) = name.split_once(JOINED) else {
        return taker.take(&names.name(name), sizes);
    };
    let mut third = sizes.to_vec();
    third[0] /= 3;
    let parts = ["q_proj", "k_proj", "v_proj"].map(|part| {
        let theirs = names.name(&format!("{block}attn.{part}.{kind}"));
        taker.take(&theirs, &third)
    });
    parts.concat()
}

/// `transformer.resblocks.3.mlp.c_fc.bias` → `vision_model.encoder.layers.3.mlp.fc1.bias`.
fn hugging_face(name: &str) -> String {
    let name = match name {
        "conv1.weight" => "embeddings.patch_embedding.weight".to_owned(),
        "class_embedding" => "embeddings.class_embedding".to_owned(),
        "positional_embedding" => "embeddings.position_embedding.weight".to_owned(),
        other => other
            // Their spelling.
            .replace("ln_pre", "pre_layrnorm")
            .replace("ln_post", "post_layernorm")
            .replace("transformer.resblocks", "encoder.layers")
            .replace("attn.", "self_attn.")
            .replace("ln_1", "layer_norm1")
            .replace("ln_2", "layer_norm2")
            .replace("mlp.c_fc", "mlp.fc1")
            .replace("mlp.c_proj", "mlp.fc2"),
    };
    format!("vision_model.{name}")
}

/// `layer2.0.conv1.weight` → `stages.1.0.conv1_1x1.conv.weight`.
fn timm(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        [conv @ ("conv1" | "conv2" | "conv3"), rest] => format!("stem.{conv}.conv.{rest}"),
        [norm @ ("bn1" | "bn2" | "bn3"), rest] => {
            format!("stem.{}.bn.{rest}", norm.replace("bn", "conv"))
        }
        [layer, block, rest @ ..] if layer.starts_with("layer") => {
            let stage = layer[5..]
                .parse::<usize>()
                .map_or(0, |n| n.saturating_sub(1));
            let inner = match rest {
                ["downsample", "0", rest] => format!("shortcut.conv.conv.{rest}"),
                ["downsample", _, rest] => format!("shortcut.conv.bn.{rest}"),
                [part, rest] => {
                    let (kind, digit) = part.split_at(part.len() - 1);
                    let size = if digit == "2" { "kxk" } else { "1x1" };
                    format!("conv{digit}_{size}.{kind}.{rest}")
                }
                other => other.join("."),
            };
            format!("stages.{stage}.{block}.{inner}")
        }
        ["attnpool", "positional_embedding"] => "head.pos_embed".to_owned(),
        ["attnpool", "c_proj", rest] => format!("head.proj.{rest}"),
        ["attnpool", part, rest] => format!("head.{}.{rest}", part.replace("_proj", "")),
        _ => name.to_owned(),
    }
}

/// The shape of the image tower in a file, from the shapes of its tensors; none where the file holds
/// no tower of CLIP's. Heads are not in a file: all of CLIP's have 64 floats.
#[must_use]
pub(crate) fn shape_of(tensors: &Tensors) -> Option<Shape> {
    let names = Names::of(tensors.map.keys());
    let sizes = |name: &str| {
        tensors
            .map
            .get(&names.name(name))
            .map(|t| t.shape.as_slice())
    };
    let blocks = |prefix: &str, part: &str| {
        (0..)
            .take_while(|n| sizes(&format!("{prefix}.{n}.{part}")).is_some())
            .count()
    };
    let side = |tokens: usize| tokens.checked_sub(1).map(usize::isqrt);
    if let Some(&[tokens, features]) = sizes("attnpool.positional_embedding") {
        let &[outputs, _] = sizes("attnpool.c_proj.weight")? else {
            return None;
        };
        let layers = [1, 2, 3, 4].map(|n| blocks(&format!("layer{n}"), "conv1.weight"));
        let shape = resnet::Shape {
            side: 32 * side(tokens)?,
            width: features / 32,
            blocks: layers,
            heads: features / HEAD,
            outputs,
        };
        return usable(shape.heads, shape.side, shape.width).then_some(Shape::ResNet(shape));
    }
    let &[width, 3, patch, _] = sizes("conv1.weight")? else {
        return None;
    };
    let &[tokens, _] = sizes("positional_embedding")? else {
        return None;
    };
    let outputs = match names {
        Names::HuggingFace => tensors.map.get(PROJECTION)?.shape.first().copied()?,
        _ => *sizes("proj")?.get(1)?,
    };
    let shape = vit::Shape {
        side: patch.checked_mul(side(tokens)?)?,
        patch,
        width,
        heads: width / HEAD,
        layers: blocks("transformer.resblocks", "ln_1.weight"),
        outputs,
    };
    usable(shape.heads, shape.side, shape.layers).then_some(Shape::Vit(shape))
}

/// No network has none of something, and none that runs here is larger than this.
fn usable(heads: usize, side: usize, width: usize) -> bool {
    heads > 0 && width > 0 && (1..=1024).contains(&side)
}
