//! Sounds: WAV files, and what can be made of them for spiking neurons.
//!
//! | step | function |
//! |---|---|
//! | file to samples | [`Sound::open`] |
//! | samples to the loudness of bands | [`MelBank::log_mel`] |
//! | loudness to spikes | [`send_on_delta`], [`latency`] |
//! | samples to spikes of an ear | [`Cochlea::spikes`] |

mod cochlea;
mod delta;
mod fourier;
mod mel;
mod wav;

pub use cochlea::Cochlea;
pub use delta::{Change, latency, send_on_delta};
pub use mel::{MelBank, hertz_of_mel, mel_of_hertz};
pub use wav::Sound;
