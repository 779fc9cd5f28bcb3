//! What other libraries make of not-a-number and infinity; and that each file was read.

use super::*;

#[test]
fn every_file_is_compared_and_every_row_has_one() {
    let tests = [
        include_str!("encoders.rs"),
        include_str!("layers_and_losses.rs"),
        include_str!("neurons.rs"),
        include_str!("not_finite.rs"),
    ]
    .concat();
    let page = include_str!("../../../../docs/coming-from.md");
    // `row/NAME` is where the page says what a row is; a star stands for the rest of several names.
    let rows = page.split('`').filter_map(|text| text.strip_prefix("row/"));
    let rows: Vec<&str> = rows.filter(|row| *row != "NAME").collect();
    let is_of = |name: &str, row: &str| row.strip_suffix('*').map_or(name == row, |start| name.starts_with(start));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder()).expect("the folder of the rows") {
        let name = entry.expect("an entry of it").path().file_stem().expect("a name").to_string_lossy().into_owned();
        if name.starts_with("row_") || name.starts_with("torch_") {
            assert!(tests.contains(&format!("\"{name}\"")), "`{name}` is compared with nothing");
            names.push(name);
        }
    }
    let names: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix("row_")).collect();
    assert!(!names.is_empty() && !rows.is_empty());
    for name in &names {
        assert!(rows.iter().any(|row| is_of(name, row)), "docs/coming-from.md has no row for `{name}`");
    }
    for row in &rows {
        assert!(names.iter().any(|name| is_of(name, row)), "docs/coming-from.md: there is no file for `row/{row}`");
    }
}

/// What became of not-a-number and infinity. The other libraries multiply by 0 and 1 where they reset, and `0 · ∞` is not
/// a number: from there on nothing can be compared; there we go on.
fn not_finite<N: Neuron>(name: &str, neuron: impl Fn(f64) -> (N, N::Parameters<f64>)) {
    let file = Fixture::read(&folder().join(format!("not_finite_{name}.safetensors")));
    let device = Device::flex();
    for case in ["nan_input", "infinite_input", "infinite_start", "infinite_threshold"] {
        let get = |what: &str| file.get(&format!("{case}.{what}")).1;
        let (neuron, parameters) = neuron(f64::from(get("threshold")[0]));
        let neurons = Neurons::new(neuron, parameters).with_return_states(ReturnStates::AfterStep);
        let start = Tensor::<2>::full([1, 1], get("start")[0], &device);
        let start = neurons.resting([1, 1], &device).with_field("membrane", start);
        let scanned = neurons.forward(file.tensor::<3>(&format!("{case}.input"), &device), Some(start));
        let (spikes, membrane) = (values(scanned.output), values(scanned.states[0].clone()));
        let (their_spikes, theirs, input) = (get("spikes"), get("membrane"), get("input"));
        let what = format!("{name}, {case}: spikes {spikes:?} {their_spikes:?}, membrane {membrane:?} {theirs:?}");
        let mut compared = 0;
        for step in 0..4 {
            if theirs[..=step].iter().all(|membrane| !membrane.is_nan()) {
                let (found, expected) = (membrane[step], theirs[step]);
                assert!(found == expected || (found - expected).abs() < 1e-6, "{what}");
                assert_eq!(spikes[step], their_spikes[step], "{what}");
                compared += 1;
            }
            // Not a number where it was put in, and nowhere else.
            assert_eq!(membrane[step].is_nan(), input[..=step].iter().any(|x| x.is_nan()), "{what}");
        }
        let expected = match case {
            "nan_input" => [0.0; 4],
            "infinite_threshold" => [0.0; 4],
            "infinite_input" if theirs[2].is_infinite() || name.ends_with("soft") => [0.0, 1.0, 1.0, 1.0],
            "infinite_input" => [0.0, 1.0, 0.0, 0.0],
            _ => continue,
        };
        assert!(compared > 0 || case == "infinite_threshold", "{what}");
        assert_eq!(spikes, expected, "{what}");
    }
}

#[test]
fn not_a_number_and_infinity() {
    for (name, reset) in [("subtract", Reset::Subtract), ("zero", Reset::Zero)] {
        let leaky = |threshold| snntorch::leaky(0.9, threshold, reset, true, ATan::default());
        not_finite(&format!("snntorch_leaky_{name}"), leaky);
    }
    for (name, v_reset) in [("soft", None), ("hard", Some(0.0))] {
        let surrogate = Sigmoid::default();
        let lif = |v_threshold| {
            let node = spikingjelly::Node { v_threshold, v_reset, detach_reset: false, surrogate };
            spikingjelly::lif_node(2.0, true, node)
        };
        not_finite(&format!("spikingjelly_lif_{name}"), lif);
    }
    let lif_box = |v_th| norse::lif_box(norse::Membrane { v_th, ..Default::default() }, SuperSpike::default());
    not_finite("norse_lif_box", lif_box);
}
