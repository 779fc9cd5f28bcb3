//! Training, visible in one place.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Error, Result, anyhow, bail};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{Adam, AdamConfig, Optimizer, Sgd, SgdConfig};
use burn::tensor::Device;
use snn_core::analysis::{activity, warnings};
use snn_core::device::{ExecutionCounts, execution_counts};
use snn_core::noise::NoiseSeed;
use snn_core::record::{NeuronsRecording, Recording, record};
use snn_data::Dataset;

use crate::checkpoint::{Checkpoint, Progress};
use crate::config::{OptimizerKind, RunConfig};
use crate::console::Console;
use crate::evaluate::{Evaluation, FAILED, evaluate, losses};
use crate::files;
use crate::finite::{NotFinite, in_weights, loss_and_gradients};
use crate::model::Model;
use crate::named;
use crate::optimizer::{Driver, Written};
use crate::report::{EpochReport, Report, path_since, rounded};
use crate::run::{CONFIG, REPORT, WEIGHTS};
use crate::seeds;
use crate::weights;

/// A plain line appears every so many batches, as in the article.
const LINE_EVERY: usize = 10;

/// What training needs besides its configuration.
pub struct Setup<'a> {
    /// What determines the run.
    pub config: &'a RunConfig,
    /// The run's folder; it has its configuration already.
    pub folder: &'a Path,
    /// The data set of the configuration.
    pub dataset: &'a Dataset,
    /// Where to compute, without a record for backward passes.
    pub device: &'a Device,
    /// A checkpoint is written every so many batches, besides that after each epoch.
    pub checkpoint_every: usize,
    /// Where lines go.
    pub console: &'a Console,
}

/// Trains from the checkpoint in the run's folder, or from the beginning if there is none, to the end. Weights,
/// report and checkpoint are written after each epoch.
pub fn train(setup: &Setup) -> Result<Report> {
    match setup.config.optimizer {
        OptimizerKind::Sgd => train_with(setup, || sgd(setup.config)),
        OptimizerKind::Adam => train_with(setup, || adam(setup.config)),
    }
}

fn train_with<O: Optimizer>(setup: &Setup, new_optimizer: impl Fn() -> O) -> Result<Report> {
    let (config, console) = (setup.config, setup.console);
    let training_device = setup.device.clone().autodiff();
    let mut model = Model::init(config, &training_device);
    let mut progress = Progress::default();
    let mut optimizer = Driver::new(new_optimizer());
    if let Some(checkpoint) = Checkpoint::load(setup.folder, config)? {
        let place = || format!("the checkpoint in {} does not fit the run", setup.folder.display());
        progress = checkpoint.progress;
        model = weights::with_arrays(model, checkpoint.model, &training_device).with_context(place)?;
        optimizer = Driver::read(new_optimizer(), &model, checkpoint.optimizer, setup.device).with_context(place)?;
        console.line(&match progress.epoch {
            epochs if epochs == config.epochs => format!("all {epochs} epochs are done already"),
            epochs => format!("going on after {epochs} epochs and {} batches", progress.batch),
        });
    }
    let mut report = match progress.report.take() {
        Some(report) => report,
        None => empty_report(config, &model),
    };
    while progress.epoch < config.epochs {
        let counted = execution_counts();
        let began = Instant::now();
        let earlier = progress.seconds;
        model = train_epoch(setup, model, &mut optimizer, &mut progress, &report, &training_device)?;
        let judged =
            judge(setup, &model.valid(), progress.epoch).map_err(|error| match error.downcast::<NotFinite>() {
                Ok(NotFinite(found)) => failed(setup, progress.epoch, config.batches(), &found),
                Err(error) => error,
            })?;
        progress.seconds = earlier + began.elapsed().as_secs_f64();
        add_epoch(&mut report, config, &progress, &judged, counted);
        console.line(&epoch_line(&report, &judged));
        if config.optimizer == OptimizerKind::Sgd {
            // A new optimizer, hence no momentum, each epoch: the article makes one.
            optimizer = Driver::new(new_optimizer());
        }
        progress = Progress { epoch: progress.epoch + 1, ..Progress::default() };
        save_checkpoint(setup, &model, optimizer.write(&model), &progress, &report)?;
        save_results(setup, &model, &report)?;
    }
    // An interruption may have come between the last checkpoint and the results.
    save_results(setup, &model, &report)?;
    Ok(report)
}

fn sgd(config: &RunConfig) -> Sgd {
    // Burn's default dampening is 0.1, PyTorch's and the article's is none.
    let momentum = MomentumConfig::new().with_momentum(config.momentum).with_dampening(0.0);
    let weight_decay = (config.weight_decay > 0.0).then(|| WeightDecayConfig::new(config.weight_decay as f32));
    SgdConfig::new().with_momentum(Some(momentum)).with_weight_decay(weight_decay).build()
}

fn adam(config: &RunConfig) -> Adam {
    // Burn's default epsilon is 1e-5; the paper's, and everybody's, is 1e-8.
    let weight_decay = (config.weight_decay > 0.0).then(|| WeightDecayConfig::new(config.weight_decay as f32));
    AdamConfig::new().with_epsilon(1e-8).with_weight_decay(weight_decay).build()
}

/// How good a model is after an epoch.
struct Judged {
    /// On the images held back for it; `None` if none were.
    validation: Option<Evaluation>,
    /// On the test set; `None` if that is still to be opened.
    test: Option<Evaluation>,
}

impl Judged {
    /// What the activity of the network is told by.
    fn latest(&self) -> Option<&Evaluation> {
        self.test.as_ref().or(self.validation.as_ref())
    }
}

/// With images held back, the test set is opened once: after the last epoch.
fn judge(setup: &Setup, model: &Model, epoch: usize) -> Result<Judged> {
    let Setup { config, dataset, device, console, .. } = setup;
    let on = |images| evaluate(model, images, config.batch_size, device, console);
    let opened = dataset.validation.is_none() || epoch + 1 == config.epochs;
    Ok(Judged {
        validation: dataset.validation.as_ref().map(on).transpose()?,
        test: opened.then(|| on(&dataset.test)).transpose()?,
    })
}

/// The rest of an epoch, from batch `progress.batch` on.
fn train_epoch<O: Optimizer>(
    setup: &Setup,
    mut model: Model,
    optimizer: &mut Driver<O>,
    progress: &mut Progress,
    report: &Report,
    device: &Device,
) -> Result<Model> {
    let (config, console) = (setup.config, setup.console);
    let (epoch, samples) = (progress.epoch, config.train_samples);
    let order = seeds::permutation(samples, seeds::shuffle(config.seed, epoch as u64));
    let augmentation = seeds::augmentation(config.seed, epoch as u64);
    let (began, earlier) = (Instant::now(), progress.seconds);
    let bar = console.bar(samples, &format!("epoch {}/{}", epoch + 1, config.epochs));
    bar.advance(progress.batch * config.batch_size);
    for (batch, indices) in order.chunks(config.batch_size).enumerate().skip(progress.batch) {
        let (images, labels) = match config.augment {
            true => setup.dataset.train.augmented_batch(indices, augmentation, device),
            false => setup.dataset.train.batch(indices, device),
        };
        let step = (epoch * config.batches() + batch) as u64;
        let noise = NoiseSeed::new(seeds::training_noise(config.seed, step));
        let logits = match step {
            // A layer which is silent now will never learn; people learn it now, not after three epochs.
            0 => {
                let (logits, recording) = record(|| model.logits(images.clone(), noise));
                first_step_warnings(&model, &recording)
                    .iter()
                    .for_each(|warning| bar.line(&format!("warning: {warning}")));
                logits
            }
            _ => model.logits(images.clone(), noise),
        }; // [batch, classes]
        let loss = losses(logits.clone(), labels).mean();
        let gradients = model.gradients(loss.backward());
        // Looked at before the step: the weights, and all that is written, stay what they were.
        let (loss, bad_gradient) = loss_and_gradients(&model, loss.inner(), &gradients)?;
        if !loss.is_finite() {
            let place = model.valid().first_not_finite(images.inner(), noise)?.or(bad_gradient);
            let place = place.map_or(String::new(), |place| format!(", {place}"));
            bail!(failed(setup, epoch, batch, &format!("the loss is {loss}{place}")));
        }
        if let Some(found) = bad_gradient {
            bail!(failed(setup, epoch, batch, &format!("the loss is {loss}, but {found}")));
        }
        model = optimizer.step(config.learning_rate(epoch, batch), model, gradients);
        if let Some(found) = in_weights(&model)? {
            bail!(failed(setup, epoch, batch, &format!("after its step {found}")));
        }

        let told = logits.detach().argmax(1).try_into_data().context(FAILED)?;
        let right = |(index, told): &(&usize, i64)| i64::from(setup.dataset.train.labels[**index]) == *told;
        let correct = indices.iter().zip(told.iter::<i64>()).filter(right).count();
        progress.batch += 1;
        progress.loss_sum_bits = (progress.loss_sum() + loss * indices.len() as f64).to_bits();
        progress.correct += correct;

        bar.advance(indices.len());
        let accuracy = 100.0 * correct as f64 / indices.len() as f64;
        bar.say(&format!("loss {loss:.4}  batch accuracy {accuracy:.1} %"));
        if progress.batch.is_multiple_of(LINE_EVERY) && !console.is_live() {
            let seen = (progress.batch * config.batch_size).min(samples);
            console.line(&format!(
                "epoch {}/{}  {seen:>5}/{samples}  loss {loss:.4}  batch accuracy {accuracy:.1} %",
                epoch + 1,
                config.epochs
            ));
        }
        let last = progress.batch == config.batches();
        if progress.batch.is_multiple_of(setup.checkpoint_every) && !last {
            progress.seconds = earlier + began.elapsed().as_secs_f64();
            save_checkpoint(setup, &model, optimizer.write(&model), progress, report)?;
        }
    }
    bar.finish();
    Ok(model)
}

/// Why training cannot go on: `what` was found at a batch of an epoch, both counted from 0, or after its last one.
fn failed(setup: &Setup, epoch: usize, batch: usize, what: &str) -> Error {
    let (config, folder) = (setup.config, setup.folder.display());
    let place = match batch {
        batch if batch == config.batches() => format!("after epoch {}", epoch + 1),
        batch => format!("at batch {} of epoch {}", batch + 1, epoch + 1),
    };
    anyhow!(
        "training has failed {place}: {what}; nothing good in {folder} was overwritten; ways out: lower `learning_rates` in \
         {folder}/{CONFIG} and --resume, or another --out with another --seed or a larger --batch-size"
    )
}

/// What is wrong with the activity of a network in its first step, and what to change.
fn first_step_warnings(model: &Model, recording: &Recording) -> Vec<String> {
    // Spikes at the step at which they were fired: one which is still under way was fired all the same.
    let fired = |population: &NeuronsRecording| activity(population.flattened().spikes::<3>());
    let layers: Vec<_> = model.layers_which_must_spike(recording.populations.iter().map(fired).collect());
    let least = model.least_time_steps();
    match layers.first() {
        Some(first) if first.steps < least => vec![format!(
            "{} time step{} too few, at least {least} are needed: each of the {} layers sends its spikes, or shows its membranes, one \
             step late, so no spike reaches the logits in time ({} of {} neurons of layer 1 fired; their spikes are still under way). \
             Take more --time-steps.",
            first.steps,
            if first.steps == 1 { " is" } else { "s are" },
            least - 1,
            first.rates.len() - first.silent().len(),
            first.rates.len()
        )],
        _ => warnings(&layers),
    }
}

fn empty_report(config: &RunConfig, model: &Model) -> Report {
    Report {
        model: config.model.name().to_owned(),
        dataset: config.dataset.clone(),
        backend: config.backend.clone(),
        path: String::new(),
        seed: config.seed,
        parameters: named::trained(model),
        time_steps: config.time_steps,
        batch_size: config.batch_size,
        epochs: Vec::new(),
        test_accuracy: None,
        spikes_per_sample: Vec::new(),
        silent_neurons: Vec::new(),
    }
}

fn add_epoch(report: &mut Report, config: &RunConfig, progress: &Progress, judged: &Judged, counted: ExecutionCounts) {
    let samples = config.train_samples as f64;
    report.path = path_since(counted, &report.path);
    report.epochs.push(EpochReport {
        epoch: progress.epoch + 1,
        learning_rate: rounded(config.learning_rate(progress.epoch, 0)),
        train_loss: rounded(progress.loss_sum() / samples),
        train_accuracy: rounded(progress.correct as f64 / samples),
        validation_loss: judged.validation.as_ref().map(|on| rounded(on.loss)),
        validation_accuracy: judged.validation.as_ref().map(|on| rounded(on.accuracy())),
        test_loss: judged.test.as_ref().map(|on| rounded(on.loss)),
        test_accuracy: judged.test.as_ref().map(|on| rounded(on.accuracy())),
        seconds: rounded(progress.seconds),
    });
    report.test_accuracy = judged.test.as_ref().map(|on| rounded(on.accuracy()));
    let Some(evaluation) = judged.latest() else { return };
    report.spikes_per_sample = evaluation.spikes_per_sample.iter().map(|spikes| rounded(*spikes)).collect();
    report.silent_neurons = evaluation.silent_neurons.clone();
}

fn epoch_line(report: &Report, judged: &Judged) -> String {
    let Some(epoch) = report.epochs.last() else { return String::new() };
    let mut line = format!(
        "epoch {}: training loss {:.4}, accuracy {:.2} %",
        epoch.epoch,
        epoch.train_loss,
        100.0 * epoch.train_accuracy
    );
    for (on, evaluation) in [("validation", &judged.validation), ("test", &judged.test)] {
        if let Some(evaluation) = evaluation {
            let Evaluation { loss, correct, total, .. } = evaluation;
            let accuracy = 100.0 * evaluation.accuracy();
            line += &format!("; {on} loss {loss:.4}, accuracy {correct}/{total} = {accuracy:.2} %");
        }
    }
    line + &format!("; {:.1} s", epoch.seconds)
}

fn save_checkpoint(
    setup: &Setup,
    model: &Model,
    optimizer: Written,
    progress: &Progress,
    report: &Report,
) -> Result<()> {
    let report = (!report.epochs.is_empty()).then(|| report.clone());
    let progress = Progress { report, ..progress.clone() };
    let (epoch, batch) = (progress.epoch, progress.batch);
    let checkpoint = Checkpoint { model: weights::arrays(model), optimizer, progress };
    if let Some(found) = checkpoint.not_finite() {
        // A checkpoint after an epoch is at batch 0 of the next one.
        bail!(match batch {
            0 => failed(setup, epoch - 1, setup.config.batches(), &found),
            done => failed(setup, epoch, done - 1, &found),
        });
    }
    checkpoint.save(setup.folder, setup.config)
}

fn save_results(setup: &Setup, model: &Model, report: &Report) -> Result<()> {
    weights::save(model, setup.config, &setup.folder.join(WEIGHTS))?;
    files::write_json(&setup.folder.join(REPORT), report)
}
