//! The console: a bar on a terminal, a line every few batches elsewhere, a line for each epoch.

use anyhow::Result;

use super::console::{Bar, Console};
use super::{Event, Observer};
use crate::training::evaluate::Evaluation;

/// A plain line appears every so many batches, as in the article.
const LINE_EVERY: usize = 10;

/// Writes lines, and moves a bar.
pub struct Lines {
    console: Console,
    bar: Option<Bar>,
}

impl Lines {
    /// Lines go to `console`.
    pub fn new(console: &Console) -> Self {
        Self { console: console.clone(), bar: None }
    }
}

impl Observer for Lines {
    fn on(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::EpochBegan { epoch, epochs, samples, done } => {
                let bar = self.console.bar(*samples, &format!("epoch {}/{epochs}", epoch + 1));
                bar.advance(*done);
                self.bar = Some(bar);
            }
            Event::Batch(batch) => {
                let accuracy = 100.0 * batch.accuracy();
                if let Some(bar) = &self.bar {
                    bar.advance(batch.samples);
                    bar.say(&format!("loss {:.4}  {accuracy:.1} %", batch.loss));
                }
                if batch.batch.is_multiple_of(LINE_EVERY) && !self.console.is_live() {
                    let (seen, samples) = batch.seen;
                    self.console.line(&format!(
                        "epoch {}/{}  {seen:>5}/{samples}  loss {:.4}  batch accuracy {accuracy:.1} %",
                        batch.epoch + 1,
                        batch.epochs,
                        batch.loss
                    ));
                }
            }
            Event::Warning(warning) => match &self.bar {
                Some(bar) => bar.line(&format!("warning: {warning}")),
                None => self.console.line(&format!("warning: {warning}")),
            },
            Event::EpochDone => self.bar = None,
            Event::EpochJudged { report, validation, test } => {
                let mut line = format!(
                    "epoch {}: training loss {:.4}, accuracy {:.2} %",
                    report.epoch,
                    report.train_loss,
                    100.0 * report.train_accuracy
                );
                for (on, evaluation) in [("validation", validation), ("test", test)] {
                    if let Some(evaluation) = evaluation {
                        let Evaluation { loss, correct, total, .. } = evaluation;
                        let accuracy = 100.0 * evaluation.accuracy();
                        line += &format!("; {on} loss {loss:.4}, accuracy {correct}/{total} = {accuracy:.2} %");
                    }
                }
                self.console.line(&format!("{line}; {:.1} s", report.seconds));
            }
            Event::Saving => {}
        }
        Ok(())
    }
}
