//! Who is told what happens in training: the console, and the history on disk. A further one is a file here and a line in
//! [`Observers::new`].

pub mod console;
mod history;
mod lines;

use std::path::Path;

use anyhow::Result;

use crate::run::report::EpochReport;
use crate::training::evaluate::Evaluation;
use console::Console;

/// What happens in training.
pub enum Event<'a> {
    /// An epoch begins, or goes on; `epoch` is counted from 0, `done` are the samples seen before.
    EpochBegan { epoch: usize, epochs: usize, samples: usize, done: usize },
    /// A batch was learned from.
    Batch(&'a Batch),
    /// Something people should know.
    Warning(&'a str),
    /// The last batch of an epoch is done; what follows is its evaluation.
    EpochDone,
    /// An epoch was judged.
    EpochJudged { report: &'a EpochReport, validation: Option<&'a Evaluation>, test: Option<&'a Evaluation> },
    /// All that was told so far is about to be kept on disk, and so must be what observers keep.
    Saving,
}

/// One batch.
pub struct Batch {
    /// Counted from 0.
    pub epoch: usize,
    /// Epochs in all.
    pub epochs: usize,
    /// Counted from 1.
    pub batch: usize,
    /// Samples seen in this epoch, of how many.
    pub seen: (usize, usize),
    /// Samples in it.
    pub samples: usize,
    /// Correctly classified ones.
    pub correct: usize,
    /// Their mean loss before the step.
    pub loss: f64,
    /// The learning rate of the step.
    pub learning_rate: f64,
}

impl Batch {
    /// From 0 to 1.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.samples as f64
    }
}

/// One who is told what happens.
pub trait Observer {
    /// Something happened.
    fn on(&mut self, event: &Event) -> Result<()>;
}

/// All who are told.
pub struct Observers(Vec<Box<dyn Observer>>);

impl Observers {
    /// The observers of a run in `folder` which goes on after `epoch` epochs and `batch` batches.
    pub fn new(console: &Console, folder: &Path, epoch: usize, batch: usize) -> Result<Self> {
        Ok(Self(vec![Box::new(lines::Lines::new(console)), Box::new(history::History::open(folder, epoch, batch)?)]))
    }

    /// Tells everybody.
    pub fn tell(&mut self, event: &Event) -> Result<()> {
        self.0.iter_mut().try_for_each(|observer| observer.on(event))
    }
}
