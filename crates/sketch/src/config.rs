//! What the networks of this room's trainings share.

/// Whether a value of a trunk belongs to its stem or its first `blocks`; `name` is that within the
/// trunk, such as `blocks.3.expand.weight`.
pub(crate) fn is_early(name: &str, blocks: usize) -> bool {
    if blocks == 0 {
        return false;
    }
    let block = name
        .strip_prefix("blocks.")
        .and_then(|rest| rest.split('.').next());
    name.starts_with("stem.")
        || block
            .and_then(|n| n.parse().ok())
            .is_some_and(|n: usize| n < blocks)
}

#[cfg(test)]
mod tests {
    use super::is_early;

    #[test]
    fn early_blocks() {
        assert!(is_early("stem.weight", 1) && is_early("blocks.2.expand.weight", 3));
        assert!(!is_early("blocks.3.expand.weight", 3) && !is_early("blocks.12.beta", 3));
        assert!(!is_early("parts.0.weight", 3) && !is_early("stem.weight", 0));
    }
}
