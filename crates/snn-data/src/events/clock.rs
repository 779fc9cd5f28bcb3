//! Time from a counter that is too short for a recording and begins again at zero.

/// Undoes the wraps of a counter of `bits` bits.
///
/// A step back by more than half of the range is a wrap; a smaller one is an event out of order and stays one, also across a
/// wrap.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    range: u64,
    last: u64,
    passed: u64,
}

impl Clock {
    pub fn new(bits: u32) -> Self {
        Self { range: 1 << bits, last: 0, passed: 0 }
    }

    /// Returns the time at which the counter shows `count`.
    pub fn at(&mut self, count: u64) -> u64 {
        let half = self.range / 2;
        if count + half < self.last {
            self.passed += self.range;
        } else if count > self.last + half && self.passed > 0 {
            // From just before the last wrap.
            return self.passed - self.range + count;
        }
        self.last = count;
        self.passed + count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_are_undone_and_small_steps_back_are_kept() {
        let mut clock = Clock::new(8);
        let times: Vec<u64> = [10, 200, 190, 5, 250, 6, 130, 255, 0].map(|count| clock.at(count)).to_vec();
        assert_eq!(times, [10, 200, 190, 261, 250, 262, 386, 511, 512]);
    }
}
