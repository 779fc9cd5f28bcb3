//! Options which not every network has a use for: given for one that has none, they are refused, not ignored.

use anyhow::{Result, bail};

use super::train::CommonArgs;
use crate::config::ModelKind;

/// An option, whether it was given, to which networks it applies, and what the others lack.
struct Applicable {
    option: &'static str,
    given: bool,
    applies: fn(ModelKind) -> bool,
    lack: &'static str,
    clear: fn(&mut CommonArgs),
}

fn all(args: &CommonArgs) -> [Applicable; 4] {
    let of_chevalier2018 = |model| model == ModelKind::Spiking;
    [
        Applicable {
            option: "--time-steps",
            given: args.time_steps.is_some(),
            applies: ModelKind::spikes,
            lack: "it has no time steps",
            clear: |args| args.time_steps = None,
        },
        Applicable {
            option: "--reset",
            given: args.reset.is_some(),
            applies: of_chevalier2018,
            lack: "the article's reset is not in it",
            clear: |args| args.reset = None,
        },
        Applicable {
            option: "--after-spike",
            given: args.after_spike.is_some(),
            applies: of_chevalier2018,
            lack: "the article's neurons are not in it",
            clear: |args| args.after_spike = None,
        },
        Applicable {
            option: "--precision",
            given: args.precision.is_some(),
            applies: of_chevalier2018,
            lack: "its products are all in f32",
            clear: |args| args.precision = None,
        },
    ]
}

/// Refuses the first option given which does not apply to `model`.
pub fn refuse(model: ModelKind, args: &CommonArgs) -> Result<()> {
    match all(args).into_iter().find(|one| one.given && !(one.applies)(model)) {
        Some(Applicable { option, lack, .. }) => bail!(
            "{option} does not apply to {}: {lack}; leave it out, or take --recipe article with --model spiking",
            model.title()
        ),
        None => Ok(()),
    }
}

/// The options of a comparison which apply to `model`, and the names of the others.
pub fn applicable(model: ModelKind, args: &CommonArgs) -> (CommonArgs, Vec<&'static str>) {
    let mut kept = args.clone();
    let mut others = Vec::new();
    for one in all(args).into_iter().filter(|one| one.given && !(one.applies)(model)) {
        (one.clear)(&mut kept);
        others.push(one.option);
    }
    (kept, others)
}
