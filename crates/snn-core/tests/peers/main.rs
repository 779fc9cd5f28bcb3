//! snnTorch, SpikingJelly and Norse: the presets against traces which these libraries wrote.
//!
//! Every number comes from a file's metadata, so other files of the same classes do as well: `SNN_FIXTURES` names
//! their folder.

#[path = "../common/mod.rs"]
mod common;
mod judge;
mod neurons;
mod params;
mod surrogates;

use common::{Comparison, fixtures};
use judge::{Judge, TOLERANCE};
use snn_core::neuron::FireReset;
use snn_core::surrogate::Surrogate;
use surrogates::surrogate_of;

#[test]
fn the_neurons_of_the_peers_are_reproduced() {
    let files = fixtures("fixtures/peers", |file| file.has("cotangent") && file.metadata.contains_key("library"));
    let (mut comparison, mut left_out) = (Comparison::default(), Vec::new());
    for file in &files {
        let before = comparison.worst;
        comparison.worst = 0.0;
        Judge { file, tolerance: TOLERANCE, comparison: &mut comparison, left_out: &mut left_out }.dispatch();
        println!("{}: largest relative difference {:.1e}", file.name, comparison.worst);
        comparison.worst = comparison.worst.max(before);
    }
    for line in &left_out {
        println!("left out: {line}");
    }
    println!(
        "{} files, largest relative difference {:.1e}, {} columns left out",
        files.len(),
        comparison.worst,
        left_out.len()
    );
    comparison.finish();
}

#[test]
fn the_surrogates_of_the_peers_are_reproduced() {
    let files = fixtures("fixtures/peers", |file| file.has("derivative") && file.metadata.contains_key("library"));
    let mut comparison = Comparison::default();
    for file in &files {
        let surrogate = surrogate_of(file);
        let fire_reset = FireReset::new(surrogate);
        let x = file.get("x").1;
        let spikes: Vec<f32> = x.iter().map(|x| fire_reset.spike(*x)).collect();
        assert_eq!(spikes, file.get("forward").1, "{}: forward", file.name);
        let derivative: Vec<f32> = x.iter().map(|x| surrogate.derivative(*x)).collect();
        comparison.close(&file.name, &derivative, &file.get("derivative").1, TOLERANCE);
    }
    println!("{} surrogates, largest relative difference {:.1e}", files.len(), comparison.worst);
    comparison.finish();
}
