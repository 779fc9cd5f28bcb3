//! The training loop, visible in one place.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Error, Result, anyhow, bail};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use snn_core::device::{ExecutionCounts, execution_counts};
use snn_core::noise::NoiseSeed;
use snn_core::record::record;
use snn_network::Network;

use super::data::Data;
use super::evaluate::{Evaluation, FAILED, evaluate};
use super::finite::{NotFinite, in_weights, loss_and_gradients};
use super::interrupt::{self, Interrupted};
use super::optimizer::AnyOptimizer;
use super::silence::{first_not_finite_current, warnings_of_first_step};
use super::step::step;
use super::{named, seeds};
use crate::observer::console::Console;
use crate::observer::{Batch, Event, Observers};
use crate::run::checkpoint::{Checkpoint, Progress};
use crate::run::file::RunFile;
use crate::run::report::{EpochReport, Report, path_since, rounded};
use crate::run::{REPORT, RUN_FILE, WEIGHTS, files, network, weights};

/// What training needs besides its run file.
pub struct Setup<'a> {
    /// What determines the run.
    pub run: &'a RunFile,
    /// The run's folder; its file is there already.
    pub folder: &'a Path,
    /// The data set of the run.
    pub data: &'a Data,
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
    let (run, console) = (setup.run, setup.console);
    let settings = &run.training;
    let device = setup.device.clone().autodiff();
    let mut network = network::build(run, &setup.data.input(), setup.data.classes, &device)?;
    let mut optimizer = settings.optimizer.build(settings.weight_decay, settings.clipping);
    let mut progress = Progress::default();
    if let Some(checkpoint) = Checkpoint::load(setup.folder, run)? {
        let place = || format!("the checkpoint in {} does not fit the run", setup.folder.display());
        progress = checkpoint.progress;
        network = weights::with_arrays(network, checkpoint.model, &device).with_context(place)?;
        optimizer.restore(&network, checkpoint.optimizer, setup.device).with_context(place)?;
        console.line(&match progress.epoch {
            epochs if epochs == settings.epochs => format!("all {epochs} epochs are done already"),
            epochs => format!("going on after {epochs} epochs and {} batches", progress.batch),
        });
    }
    let mut observers = Observers::new(console, setup.folder, progress.epoch, progress.batch)?;
    let mut report = match progress.report.take() {
        Some(report) => report,
        None => empty_report(setup, &network),
    };
    while progress.epoch < settings.epochs {
        let counted = execution_counts();
        let began = Instant::now();
        let earlier = progress.seconds;
        network = train_epoch(setup, network, optimizer.as_mut(), &mut progress, &report, &device, &mut observers)?;
        observers.tell(&Event::EpochDone)?;
        let judged =
            judge(setup, &network.valid(), progress.epoch).map_err(|error| match error.downcast::<NotFinite>() {
                Ok(NotFinite(found)) => failed(setup, progress.epoch, run.batches(), &found),
                Err(error) => error,
            })?;
        progress.seconds = earlier + began.elapsed().as_secs_f64();
        add_epoch(&mut report, run, &progress, &judged, counted);
        if let Some(epoch) = report.epochs.last() {
            let (validation, test) = (judged.validation.as_ref(), judged.test.as_ref());
            observers.tell(&Event::EpochJudged { report: epoch, validation, test })?;
        }
        if settings.optimizer.restarts() {
            optimizer.restart();
        }
        progress = Progress { epoch: progress.epoch + 1, ..Progress::default() };
        save_checkpoint(setup, &network, optimizer.as_ref(), &progress, &report, &mut observers)?;
        save_results(setup, &network, &report)?;
        if interrupt::asked() && progress.epoch < settings.epochs {
            bail!(Interrupted::new(progress.epoch, run.batches(), setup.folder));
        }
    }
    // An interruption may have come between the last checkpoint and the results.
    save_results(setup, &network, &report)?;
    Ok(report)
}

/// How good a network is after an epoch.
struct Judged {
    /// On the samples held back for it; `None` if none were.
    validation: Option<Evaluation>,
    /// On the test set; `None` if that is still to be opened.
    test: Option<Evaluation>,
}

/// With samples held back, the test set is opened once: after the last epoch.
fn judge(setup: &Setup, network: &Network, epoch: usize) -> Result<Judged> {
    let Setup { run, data, device, console, .. } = setup;
    let settings = &run.training;
    let on = |samples| evaluate(network, &settings.loss, samples, data.classes, settings.batch_size, device, console);
    let opened = data.validation.is_none() || epoch + 1 == settings.epochs;
    Ok(Judged {
        validation: data.validation.as_ref().map(on).transpose()?,
        test: opened.then(|| on(&data.test)).transpose()?,
    })
}

/// The rest of an epoch, from batch `progress.batch` on.
fn train_epoch(
    setup: &Setup,
    mut network: Network,
    optimizer: &mut dyn AnyOptimizer,
    progress: &mut Progress,
    report: &Report,
    device: &Device,
    observers: &mut Observers,
) -> Result<Network> {
    let (run, data) = (setup.run, setup.data);
    let settings = &run.training;
    let (epoch, epochs, samples, batch_size) = (progress.epoch, settings.epochs, data.train.len(), settings.batch_size);
    let order = seeds::permutation(samples, seeds::shuffle(settings.seed, epoch as u64));
    let augmentation = seeds::augmentation(settings.seed, epoch as u64);
    let (began, earlier) = (Instant::now(), progress.seconds);
    observers.tell(&Event::EpochBegan { epoch, epochs, samples, done: progress.batch * batch_size })?;
    for (batch, indices) in order.chunks(batch_size).enumerate().skip(progress.batch) {
        let (input, labels) = data.train.transformed(indices, &run.data.transforms, augmentation, device);
        let number = (epoch * run.batches() + batch) as u64;
        let noise = NoiseSeed::new(seeds::training_noise(settings.seed, number));
        let learn = || step(&network, settings, input.clone(), labels, noise);
        let learned = match number {
            // A layer which is silent now will never learn; people learn it now, not after three epochs.
            0 if settings.segments.is_none() => {
                let (learned, recording) = record(learn);
                for warning in warnings_of_first_step(&network, &recording) {
                    observers.tell(&Event::Warning(&warning))?;
                }
                learned?
            }
            _ => learn()?,
        };
        // Looked at before the step: the weights, and all that is written, stay what they were.
        let (loss, bad_gradient) = loss_and_gradients(&network, learned.loss, &learned.gradients)?;
        if !loss.is_finite() {
            let place = first_not_finite_current(&network.valid(), input.inner(), noise)?.or(bad_gradient);
            let place = place.map_or(String::new(), |place| format!(", {place}"));
            bail!(failed(setup, epoch, batch, &format!("the loss is {loss}{place}")));
        }
        if let Some(found) = bad_gradient {
            bail!(failed(setup, epoch, batch, &format!("the loss is {loss}, but {found}")));
        }
        let learning_rate = settings.learning_rate(epoch, batch, run.batches());
        network = optimizer.step(learning_rate, network, learned.gradients);
        if let Some(found) = in_weights(&network)? {
            bail!(failed(setup, epoch, batch, &format!("after its step {found}")));
        }

        let correct = correct(learned.logits, indices.iter().map(|index| data.train.label(*index)))?;
        progress.batch += 1;
        progress.loss_sum_bits = (progress.loss_sum() + loss * indices.len() as f64).to_bits();
        progress.correct += correct;
        observers.tell(&Event::Batch(&Batch {
            epoch,
            epochs,
            batch: progress.batch,
            seen: ((progress.batch * batch_size).min(samples), samples),
            samples: indices.len(),
            correct,
            loss,
            learning_rate,
        }))?;
        let last = progress.batch == run.batches();
        let interrupted = interrupt::asked();
        if (interrupted || progress.batch.is_multiple_of(setup.checkpoint_every)) && !last {
            progress.seconds = earlier + began.elapsed().as_secs_f64();
            save_checkpoint(setup, &network, optimizer, progress, report, observers)?;
            if interrupted {
                bail!(Interrupted::new(epoch + 1, progress.batch, setup.folder));
            }
        }
    }
    Ok(network)
}

/// How many of the largest `logits` are those of the `labels`.
fn correct(logits: Tensor<2>, labels: impl Iterator<Item = usize>) -> Result<usize> {
    let predicted = logits.argmax(1).try_into_data().context(FAILED)?;
    Ok(labels.zip(predicted.iter::<i64>()).filter(|(label, predicted)| *label as i64 == *predicted).count())
}

/// Why training cannot go on: `what` was found at a batch of an epoch, both counted from 0, or after its last one.
fn failed(setup: &Setup, epoch: usize, batch: usize, what: &str) -> Error {
    let folder = setup.folder.display();
    let place = match batch {
        batch if batch == setup.run.batches() => format!("after epoch {}", epoch + 1),
        batch => format!("at batch {} of epoch {}", batch + 1, epoch + 1),
    };
    anyhow!(
        "training has failed {place}: {what}; nothing good in {folder} was overwritten; ways out: lower `rates` in \
         {folder}/{RUN_FILE} and --resume, or another --out with another --seed or a larger --batch-size"
    )
}

fn empty_report(setup: &Setup, network: &Network) -> Report {
    let run = setup.run;
    Report {
        recipe: run.recipe.clone(),
        model: run.recipe.clone(),
        dataset: run.data.name.clone(),
        backend: run.machine.as_ref().map_or(String::new(), |machine| machine.backend.clone()),
        path: String::new(),
        seed: run.training.seed,
        parameters: named::trained(network),
        time_steps: network::time_steps(network, setup.data.steps()),
        batch_size: run.training.batch_size,
        epochs: Vec::new(),
        test_accuracy: None,
        spikes_per_sample: Vec::new(),
        silent_neurons: Vec::new(),
    }
}

fn add_epoch(report: &mut Report, run: &RunFile, progress: &Progress, judged: &Judged, counted: ExecutionCounts) {
    let samples = run.trained_samples() as f64;
    report.path = path_since(counted, &report.path);
    report.epochs.push(EpochReport {
        epoch: progress.epoch + 1,
        learning_rate: rounded(run.training.learning_rate(progress.epoch, 0, run.batches())),
        train_loss: rounded(progress.loss_sum() / samples),
        train_accuracy: rounded(progress.correct as f64 / samples),
        validation_loss: judged.validation.as_ref().map(|on| rounded(on.loss)),
        validation_accuracy: judged.validation.as_ref().map(|on| rounded(on.accuracy())),
        test_loss: judged.test.as_ref().map(|on| rounded(on.loss)),
        test_accuracy: judged.test.as_ref().map(|on| rounded(on.accuracy())),
        seconds: rounded(progress.seconds),
    });
    report.test_accuracy = judged.test.as_ref().map(|on| rounded(on.accuracy()));
    let Some(evaluation) = judged.test.as_ref().or(judged.validation.as_ref()) else { return };
    report.spikes_per_sample = evaluation.spikes_per_sample.iter().map(|spikes| rounded(*spikes)).collect();
    report.silent_neurons = evaluation.silent_neurons.clone();
}

fn save_checkpoint(
    setup: &Setup,
    network: &Network,
    optimizer: &dyn AnyOptimizer,
    progress: &Progress,
    report: &Report,
    observers: &mut Observers,
) -> Result<()> {
    let report = (!report.epochs.is_empty()).then(|| report.clone());
    let progress = Progress { report, ..progress.clone() };
    let (epoch, batch) = (progress.epoch, progress.batch);
    let checkpoint = Checkpoint { model: weights::arrays(network), optimizer: optimizer.record(network), progress };
    if let Some(found) = checkpoint.not_finite() {
        // A checkpoint after an epoch is at batch 0 of the next one.
        bail!(match batch {
            0 => failed(setup, epoch - 1, setup.run.batches(), &found),
            done => failed(setup, epoch, done - 1, &found),
        });
    }
    observers.tell(&Event::Saving)?;
    checkpoint.save(setup.folder, setup.run)
}

fn save_results(setup: &Setup, network: &Network, report: &Report) -> Result<()> {
    weights::save(network, setup.run, &setup.folder.join(WEIGHTS))?;
    files::write_json(&setup.folder.join(REPORT), report)
}
