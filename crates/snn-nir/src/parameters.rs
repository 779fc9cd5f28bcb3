//! Numbers which a node cannot have, whatever arrives; and those which a time step cannot.

use crate::array::Array;
use crate::error::{Error, Problem, short};
use crate::node::Node;
use crate::step::{Rule, Step};

/// Steps that a delay may take at most.
const MOST_STEPS: usize = u32::MAX as usize;

/// How far a delay may be from a whole number of steps: delays are mostly stored in single precision.
const WHOLE: f64 = 1e-3;

/// Parameters are finite, time constants positive, delays not negative.
pub(crate) fn check(name: &str, node: &Node) -> Result<(), Error> {
    let owned = || name.to_owned();
    for (field, array) in node.parameters() {
        if let Some(at) = array.iter().position(|value| !value.is_finite()) {
            let (value, place) = (array.show(at), array.place(at));
            return Err(Problem::NotFinite { node: owned(), field, value, place }.into());
        }
        if field.starts_with("tau")
            && let Some(at) = array.iter().position(|value| value <= 0.0)
        {
            let (value, place) = (array.show(at), array.place(at));
            return Err(Problem::NotPositive { node: owned(), field, value, place }.into());
        }
    }
    if let Node::Delay(node) = node
        && let Some(at) = node.delay.iter().position(|delay| delay < 0.0)
    {
        let (value, place) = (node.delay.show(at), node.delay.place(at));
        return Err(Problem::NegativeDelay { node: owned(), value, place }.into());
    }
    Ok(())
}

/// Euler's method takes no step longer than a time constant.
pub(crate) fn check_step(name: &str, node: &Node, step: Step) -> Result<(), Error> {
    if step.rule() != Rule::Euler {
        return Ok(());
    }
    for (field, array) in node.parameters() {
        // Single precision puts a time constant that is meant to be one step beside it.
        let short = |tau: f64| tau < step.dt() * (1.0 - 1e-6);
        if let Some(at) = array.iter().position(|value| field.starts_with("tau") && short(value)) {
            // Every time constant of the node far below the step: another unit, rather than a step that is a little too long.
            let far = array.iter().all(|tau| tau < 0.1 * step.dt());
            return Err(Problem::StepTooLong {
                node: name.to_owned(),
                field,
                value: array.show(at),
                place: array.place(at),
                dt: step.dt(),
                hint: if far { "; Norse multiplies tau by its own step of 1e-3, its files want dt = 1e-6" } else { "" },
            }
            .into());
        }
    }
    Ok(())
}

/// The steps that each element of a delay takes.
pub(crate) fn delay_steps(name: &str, delay: &Array, step: Step) -> Result<Vec<usize>, Error> {
    let whole = |at: usize| {
        let steps = delay.get(at) / step.dt();
        let (node, value, place, dt) = (name.to_owned(), delay.show(at), delay.place(at), step.dt());
        if steps >= MOST_STEPS as f64 {
            return Err(Problem::LongDelay { node, value, place, steps: short(steps), dt, most: MOST_STEPS }.into());
        }
        if (steps - steps.round()).abs() > WHOLE {
            return Err(Problem::FractionalDelay { node, value, place, steps: short(steps), dt }.into());
        }
        Ok(steps.round() as usize)
    };
    (0..delay.len()).map(whole).collect()
}
