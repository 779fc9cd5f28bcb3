//! `history.jsonl`: what happened in each batch.

use serde_json::Value;

use crate::common::{folder, history, json, number, succeed, text, tiny};

#[test]
fn each_batch_and_each_epoch_is_a_line() {
    let folder = folder();
    for (recipe, batches, samples) in
        [("chevalier2018", 4, 160.0), ("chevalier2018-dense", 4, 160.0), ("lif-mlp", 4, 147.0)]
    {
        succeed(folder.path(), &tiny("train", &["--out", recipe, "--recipe", recipe]));
        let run = folder.path().join(recipe);
        let report = json(run.join("report.json"));
        let lines = history(&run);
        assert_eq!(lines.len(), 2 * (batches + 1), "{recipe}");
        for (lines, (number_of_epoch, epoch)) in
            lines.chunks(batches + 1).zip((1..).zip(report["epochs"].as_array().expect("epochs")))
        {
            let (of_epoch, of_batches) = lines.split_last().expect("lines");
            let mut epoch = epoch.clone();
            epoch.as_object_mut().expect("an epoch").remove("seconds");
            assert_eq!(*of_epoch, epoch, "{recipe}");
            for (line, batch) in of_batches.iter().zip(1..) {
                let keys: Vec<&String> = line.as_object().expect("a table").keys().collect();
                assert_eq!(keys.len(), 6, "{keys:?}");
                assert_eq!((&line["epoch"], &line["batch"]), (&Value::from(number_of_epoch), &Value::from(batch)));
                assert!((0.0..=1.0).contains(&number(&line["accuracy"])) && number(&line["loss"]) > 0.0, "{line}");
                assert!(number(&line["learning_rate"]) > 0.0, "{line}");
            }
            // The report's numbers are means of these.
            let mean = |field: &str| {
                let sum: f64 = of_batches.iter().map(|line| number(&line["samples"]) * number(&line[field])).sum();
                sum / samples
            };
            assert_eq!(of_batches.iter().map(|line| number(&line["samples"])).sum::<f64>(), samples, "{recipe}");
            assert!((mean("loss") - number(&epoch["train_loss"])).abs() < 1e-5, "{recipe}");
            assert!((mean("accuracy") - number(&epoch["train_accuracy"])).abs() < 1e-5, "{recipe}");
            let of_epoch = number(&epoch["learning_rate"]) - number(&of_batches[0]["learning_rate"]);
            assert!(of_epoch.abs() < 1e-6, "{recipe}");
        }
        let rates: Vec<f64> =
            lines.iter().filter(|line| line["batch"].is_u64()).map(|line| number(&line["learning_rate"])).collect();
        if recipe == "lif-mlp" {
            // One cycle: up from a tenth in the first tenth of all batches, then down.
            assert!(
                (rates[0] - 0.0002).abs() < 1e-9 && rates[1..].is_sorted_by(|a, b| a > b) && rates[1] > 0.0015,
                "{rates:?}"
            );
        } else {
            assert_eq!(rates, [[0.1; 4], [0.05; 4]].concat());
        }
    }
}

#[test]
fn what_came_after_the_last_checkpoint_is_written_once() {
    let folder = folder();
    succeed(folder.path(), &tiny("train", &["--out", "run"]));
    let path = folder.path().join("run/history.jsonl");
    let whole = text(&path);
    // As a run leaves it which was killed while it wrote: lines of which its checkpoint knows nothing, the last one not whole.
    std::fs::write(&path, format!("{whole}{{\"epoch\":3,\"batch\":1,\"samples\":40}}\n{{\"epoch\":3,\"ba"))
        .expect("written");
    succeed(folder.path(), &["train", "--out", "run", "--resume"]);
    assert_eq!(text(&path), whole);
}
