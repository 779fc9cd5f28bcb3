//! Surrogates by name.

use snn_core::surrogate::{ATan, AnySurrogate};

use crate::error::{Result, refuse};
use crate::keys::{Keys, none_of};
use crate::setting::Setting;

/// `surrogate = "fast-sigmoid"`, `{ fast-sigmoid = 25.0 }` or `{ fast-sigmoid = { slope = 25.0 } }`.
pub(super) fn surrogate(keys: &Keys) -> Result<AnySurrogate> {
    let (name, numbers) = match keys.get("surrogate") {
        None => return Ok(ATan::default().into()),
        Some(Setting::Text(name)) => (name, None),
        Some(Setting::Table(entries)) if entries.len() == 1 => (&entries[0].0, Some(&entries[0].1)),
        Some(_) => refuse!("{}: `surrogate` needs a name, or {{ name = number }}", keys.place),
    };
    let mut surrogate = AnySurrogate::named(name)
        .ok_or_else(|| none_of(&format!("{}: surrogate", keys.place), name, AnySurrogate::NAMES.iter().copied()))?;
    let place = format!("{}, surrogate `{name}`", keys.place);
    let mut fields = surrogate.numbers();
    match numbers {
        None => {}
        Some(Setting::Table(entries)) => {
            let keys = Keys::new(place.clone(), entries);
            for (field, value) in &mut fields {
                if let Some(number) = keys.number(field)? {
                    **value = number;
                }
            }
            keys.finish()?;
        }
        Some(number) => match (number, fields.first_mut()) {
            (Setting::Number(number), Some((_, value))) => **value = *number,
            (Setting::Count(number), Some((_, value))) => **value = *number as f64,
            (_, None) => refuse!("{place} has no numbers"),
            (other, _) => refuse!("{place} is {}, needs a number or a table of numbers", other.kind()),
        },
    }
    if let Some((field, value)) = surrogate.numbers().into_iter().find(|(_, value)| !value.is_finite()) {
        refuse!("{place}: `{field}` is {value}, needs a finite number");
    }
    Ok(surrogate)
}
