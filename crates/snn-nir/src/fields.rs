//! Which fields a node of each type has in a file.

/// A type as files call it, and its fields; nothing if NIR has no such type.
pub(crate) fn of(kind: &str) -> Option<(&'static str, &'static [&'static str])> {
    FIELDS.iter().find(|(name, _)| *name == kind).map(|(name, fields)| (*name, *fields))
}

const CONV: &[&str] = &["input_shape", "weight", "stride", "padding", "dilation", "groups", "bias"];
const POOL: &[&str] = &["kernel_size", "stride", "padding"];

const FIELDS: &[(&str, &[&str])] = &[
    ("Input", &["shape"]),
    ("Output", &["shape"]),
    ("Affine", &["weight", "bias"]),
    ("Linear", &["weight"]),
    ("Scale", &["scale"]),
    ("Conv1d", CONV),
    ("Conv2d", CONV),
    ("SumPool2d", POOL),
    ("AvgPool2d", POOL),
    ("Flatten", &["input_type", "start_dim", "end_dim"]),
    ("Delay", &["delay"]),
    ("Threshold", &["threshold"]),
    ("I", &["r"]),
    ("IF", &["r", "v_threshold", "v_reset"]),
    ("LI", &["tau", "r", "v_leak"]),
    ("LIF", &["tau", "r", "v_leak", "v_threshold", "v_reset"]),
    ("CubaLI", &["tau_syn", "tau_mem", "r", "v_leak", "w_in"]),
    ("CubaLIF", &["tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"]),
    ("NIRGraph", &["nodes", "edges"]),
];

#[cfg(test)]
mod tests {
    use super::FIELDS;
    use crate::node::KINDS;

    #[test]
    fn every_type_has_its_fields() {
        assert_eq!(FIELDS.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), KINDS);
    }
}
