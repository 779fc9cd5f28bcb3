//! `history.jsonl`: a line for each batch, and one for each epoch.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{Event, Observer};
use crate::run::report::EpochReport;
use crate::run::{HISTORY, files};

/// One line.
#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Batch { epoch: usize, batch: usize, samples: usize, learning_rate: f64, loss: f64, accuracy: f64 },
    Epoch(&'a EpochReport),
}

/// Where a line belongs.
#[derive(Deserialize)]
struct Place {
    epoch: usize,
    batch: Option<usize>,
}

/// Writes the history. What was written after the last checkpoint is written again after an interruption, so it is dropped first.
pub struct History {
    path: PathBuf,
    file: BufWriter<File>,
}

impl History {
    /// The history of the run in `folder`, which goes on after `epoch` epochs and `batch` batches.
    pub fn open(folder: &Path, epoch: usize, batch: usize) -> Result<Self> {
        let path = folder.join(HISTORY);
        let kept = match path.exists() {
            false => String::new(),
            true => {
                let text = String::from_utf8_lossy(&files::read(&path)?).into_owned();
                let is_kept = |line: &&str| match serde_json::from_str(line) {
                    Ok(Place { epoch: of, batch: Some(number) }) => of <= epoch || (of == epoch + 1 && number <= batch),
                    Ok(Place { epoch: of, batch: None }) => of <= epoch,
                    // A line that was being written.
                    Err(_) => false,
                };
                text.lines().filter(is_kept).flat_map(|line| [line, "\n"]).collect()
            }
        };
        files::write(&path, kept.as_bytes())?;
        let place = || format!("cannot write {}", path.display());
        let file = OpenOptions::new().append(true).open(&path).with_context(place)?;
        Ok(Self { file: BufWriter::new(file), path })
    }

    fn line(&mut self, line: &Line) -> Result<()> {
        let text = serde_json::to_string(line)?;
        writeln!(self.file, "{text}").with_context(|| format!("cannot write {}", self.path.display()))
    }
}

impl Observer for History {
    fn on(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Batch(batch) => self.line(&Line::Batch {
                epoch: batch.epoch + 1,
                batch: batch.batch,
                samples: batch.samples,
                learning_rate: batch.learning_rate,
                loss: batch.loss,
                accuracy: batch.accuracy(),
            }),
            Event::EpochJudged { report, .. } => self.line(&Line::Epoch(report)),
            Event::Saving => self.file.flush().with_context(|| format!("cannot write {}", self.path.display())),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observer::Batch;

    #[test]
    fn what_came_after_the_last_checkpoint_is_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |epoch: usize, batch: usize| {
            let mut history = History::open(folder.path(), epoch, batch).expect("a file");
            for number in batch + 1..batch + 4 {
                let batch = Batch {
                    epoch,
                    epochs: 2,
                    batch: number,
                    seen: (number, 9),
                    samples: 1,
                    correct: 1,
                    loss: 0.5,
                    learning_rate: 0.1,
                };
                history.on(&Event::Batch(&batch)).expect("written");
            }
            history.on(&Event::Saving).expect("written");
        };
        write(0, 0);
        write(0, 1);
        let path = folder.path().join(HISTORY);
        let text = std::fs::read_to_string(&path).expect("text");
        std::fs::write(&path, format!("{text}{{\"epoch\":1,\"bat")).expect("written");
        write(0, 2);
        let text = std::fs::read_to_string(&path).expect("text");
        let batches: Vec<usize> = text
            .lines()
            .map(|line| serde_json::from_str::<Place>(line).expect("whole").batch.expect("a batch"))
            .collect();
        assert_eq!(batches, [1, 2, 3, 4, 5]);
    }
}
