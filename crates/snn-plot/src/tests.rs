//! Figures of numbers which are none, of nothing, of one point and of constants: drawn, in both formats.

use super::*;

const NAN: f32 = f32::NAN;

/// Ordinary numbers, and what goes wrong among them.
fn series() -> Vec<Vec<f32>> {
    let inf = f32::INFINITY;
    vec![
        vec![0.1, -0.2, 0.3, 0.0, 1.0, 0.7],
        vec![0.1, NAN, 0.3, NAN, NAN, 0.7],
        vec![inf, 0.2, -inf, 0.5, 0.25, 0.1],
        vec![NAN; 6],
        vec![inf; 6],
        vec![0.0; 6],
        vec![3.0; 6],
        vec![-3.0; 6],
        vec![f32::MAX, f32::MIN, 0.0, f32::MIN_POSITIVE, 1e-45, -1e-45],
        vec![1e-45; 6],
        vec![f32::MAX; 6],
        vec![1e6, 1e6 + 0.0625, 1e6, 1e6, 1e6, 1e6],
    ]
}

/// Draws `figure` in both formats; what it says.
#[track_caller]
fn drawn(figure: &impl Figure) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = save(figure, folder.path(), Format::Png).expect("a bitmap");
    assert!(fs::metadata(path).expect("a file").len() > 500);
    let svg = svg(figure).expect("an SVG");
    assert!(!svg.contains("NaN,") && !svg.contains("inf"), "no coordinate of a drawing is missing");
    svg
}

fn grid(rows: usize, columns: usize, values: &[f32]) -> Grid {
    Grid { rows, columns, values: values.iter().copied().cycle().take(rows * columns).collect() }
}

fn heatmap(grid: Grid) -> Heatmap {
    let text = || "text".to_owned();
    Heatmap { name: text(), title: text(), subtitle: text(), quantity: text(), rows: text(), grid }
}

#[test]
fn a_heatmap_of_anything_is_drawn_and_says_what_is_missing() {
    for values in series() {
        for (rows, columns) in [(2, 3), (1, 1), (50, 7), (0, 0), (0, 5), (5, 0), (3, 1000)] {
            let grid = grid(rows, columns, &values);
            let missing = grid.values.iter().any(|value| !value.is_finite());
            assert_eq!(drawn(&heatmap(grid)).contains("not a number"), missing, "{rows} x {columns} of {values:?}");
        }
    }
    assert!(drawn(&heatmap(grid(0, 0, &[1.0]))).contains("no data"));
}

#[test]
fn lines_over_time_of_anything_are_drawn() {
    let text = || "text".to_owned();
    for values in series() {
        for steps in [6, 1, 2, 0] {
            let values = &values[..steps];
            let traces = |all: &[&[f32]]| Traces {
                name: text(),
                title: text(),
                subtitle: text(),
                traces: all.iter().map(|values| Trace { label: text(), values: values.to_vec() }).collect(),
            };
            let missing = values.iter().any(|value| !value.is_finite());
            assert_eq!(drawn(&traces(&[values, &[0.5, 0.6]])).contains("not a number"), missing, "{values:?}");
            drawn(&traces(&[values]));
            drawn(&traces(&[]));
            for threshold in [None, Some(1.0), Some(f64::INFINITY), Some(f64::NAN), Some(f64::NEG_INFINITY)] {
                let membrane = Membrane {
                    name: text(),
                    title: text(),
                    subtitle: text(),
                    label: text(),
                    before_reset: values.to_vec(),
                    after_reset: values.iter().rev().copied().collect(),
                    spikes: values.to_vec(),
                    threshold,
                };
                drawn(&membrane);
            }
        }
    }
}

#[test]
fn rasters_and_rates_of_anything_are_drawn() {
    let text = || "text".to_owned();
    for values in series() {
        for (rows, columns) in [(2, 3), (1, 1), (0, 0), (0, 4), (4, 0), (60, 3)] {
            let layer = |values: &[f32]| RasterLayer { label: text(), spikes: grid(rows, columns, values) };
            let layers = vec![layer(&values), layer(&[0.0, 1.0])];
            let missing = layers[0].spikes.values.iter().any(|value| !value.is_finite());
            let raster = Raster { name: text(), title: text(), subtitle: text(), layers };
            assert_eq!(drawn(&raster).contains("not a number"), missing, "{rows} x {columns} of {values:?}");
        }
        for count in [6, 1, 0] {
            let layers = vec![
                LayerRates { label: text(), rates: values[..count].to_vec() },
                LayerRates { label: text(), rates: vec![0.1, 0.2] },
            ];
            let missing = values[..count].iter().any(|value| !value.is_finite());
            let rates = Rates { name: text(), title: text(), subtitle: text(), layers };
            assert_eq!(drawn(&rates).contains("without a number"), missing, "{values:?}");
        }
    }
    drawn(&Raster { name: text(), title: text(), subtitle: text(), layers: Vec::new() });
    drawn(&Rates { name: text(), title: text(), subtitle: text(), layers: Vec::new() });
}

#[test]
fn weights_images_and_confusions_of_anything_are_drawn() {
    let text = || "text".to_owned();
    for values in series() {
        for (neurons, columns) in [(1, 3), (2, 3), (3, 1), (0, 3), (2, 0), (6, 1), (1, 100)] {
            let weights = Weights {
                name: text(),
                title: text(),
                subtitle: text(),
                quantity: text(),
                weights: values.clone(),
                neurons,
                columns,
            };
            drawn(&weights);
        }
        drawn(&Weights {
            name: text(),
            title: text(),
            subtitle: text(),
            quantity: text(),
            weights: vec![],
            neurons: 1,
            columns: 1,
        });
        for (pixels, columns, count) in [(4, 2, 6), (1, 1, 1), (0, 2, 6), (4, 0, 6), (4, 2, 0), (1, 5, 6)] {
            let probabilities = values[..count].to_vec();
            let digit = Digit {
                name: text(),
                title: text(),
                subtitle: text(),
                pixels: vec![7; pixels],
                columns,
                label: 1,
                probabilities,
            };
            assert!(digit.prediction() < count.max(1));
            drawn(&digit);
        }
    }
    for counts in [vec![], vec![vec![0]], vec![vec![5]], vec![vec![0; 3]; 3], vec![vec![u32::MAX; 3]; 3]] {
        drawn(&Confusion { name: text(), title: text(), subtitle: text(), counts });
    }
}

#[test]
fn of_equal_probabilities_the_first_is_the_prediction_as_argmax_has_it() {
    let digit = |probabilities: &[f32]| Digit {
        name: String::new(),
        title: String::new(),
        subtitle: String::new(),
        pixels: vec![0],
        columns: 1,
        label: 0,
        probabilities: probabilities.to_vec(),
    };
    assert_eq!(digit(&[0.1; 10]).prediction(), 0);
    assert_eq!(digit(&[0.1, 0.3, 0.3]).prediction(), 1);
    assert_eq!(digit(&[NAN, 0.3, 0.4]).prediction(), 2, "what is no number is no answer");
}

#[test]
fn learning_curves_and_timing_curves_of_anything_are_drawn() {
    let text = || "text".to_owned();
    for values in series() {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        for count in [3, 1, 0] {
            let epochs = (0..count).map(|index| Epoch {
                epoch: index + 1,
                train_loss: values[index],
                held_out_loss: values[index + 1],
                train_accuracy: values[index + 2],
                held_out_accuracy: values[index + 3],
            });
            let missing = count > 0 && values[..count + 3].iter().any(|value| !value.is_finite());
            let curve = LearningCurve { label: text(), held_out: "test", epochs: epochs.collect() };
            for curves in [vec![curve.clone()], vec![curve.clone(), curve], vec![]] {
                let said = missing && !curves.is_empty();
                let figure = Learning { name: text(), title: text(), subtitle: text(), curves };
                assert_eq!(drawn(&figure).contains("not a number"), said, "{values:?}");
            }
        }
        for count in [6, 1, 0] {
            let points: Vec<(f64, f64)> =
                values[..count].iter().enumerate().map(|(place, value)| (place as f64 - 3.0, *value)).collect();
            let curves = [Line::Measured, Line::Theory, Line::Beside].map(|line| Curve {
                label: format!("{line:?}"),
                line,
                colour: 0,
                points: points.clone(),
            });
            let panel = WindowsPanel { title: text(), y_label: text(), curves: curves.to_vec() };
            for rows in [vec![vec![panel.clone(), panel]], vec![vec![]], vec![]] {
                drawn(&Windows { name: text(), title: text(), subtitle: text(), rows });
            }
        }
    }
}
