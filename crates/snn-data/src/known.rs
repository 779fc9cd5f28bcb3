//! Data sets told by the content of their files, whatever folder or name they have.

/// A data set with files like those of MNIST, known by their checksums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Handwritten digits (LeCun, Cortes, Burges).
    Mnist,
    /// Photographs of clothes (Xiao, Rasul, Vollgraf 2017).
    FashionMnist,
    /// Handwritten hiragana (Clanuwat and others 2018).
    Kmnist,
}

impl Known {
    /// All known data sets.
    pub const ALL: [Self; 3] = [Self::Mnist, Self::FashionMnist, Self::Kmnist];

    /// Returns the data set's name in configurations and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::FashionMnist => "fashion-mnist",
            Self::Kmnist => "kmnist",
        }
    }

    /// Returns the data set's name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Mnist => "MNIST",
            Self::FashionMnist => "Fashion-MNIST",
            Self::Kmnist => "KMNIST",
        }
    }

    /// Returns the data set called `name` in configurations and reports, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// MD5 of its official files, in the order of [`FileKind::ALL`](super::FileKind::ALL).
    fn sums(self) -> [Sum; 4] {
        match self {
            Self::Mnist => MNIST.map(Sum::Content),
            Self::FashionMnist => [
                "f4a8712d7a061bf5bd6d2ca38dc4d50a",
                "9018921c3c673c538a1fc5bad174d6f9",
                "8181f5470baa50b63fa0f6fddb340f0a",
                "15d484375f8d13e6eb1aabb0c3f46965",
            ]
            .map(Sum::Content),
            // Those published with its files.
            Self::Kmnist => [
                "bdb82020997e1d708af4cf47b453dcf7",
                "e144d726b3acfaa3e44228e80efcd344",
                "5c965bf0a639b31b8f53240b1b52f4d7",
                "7320c461ea6c1c855c0b718fb2a4b134",
            ]
            .map(Sum::Compressed),
        }
    }
}

/// MD5 of the content of MNIST's files, in the order of [`FileKind::ALL`](super::FileKind::ALL).
pub const MNIST: [&str; 4] = [
    "6bbc9ace898e44ae57da46a324031adb",
    "a25bea736e30d166cdddb491f175f624",
    "2646ac647ad5339dbf082846283269ea",
    "27ae3e4e09519cfbb04c329615203637",
];

/// A checksum, and what it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sum {
    /// Of the content, not compressed.
    Content(&'static str),
    /// Of the file as it is published, compressed.
    Compressed(&'static str),
}

/// The checksums of one file as it was found.
#[derive(Clone, Debug)]
pub struct Sums {
    /// Of the content, not compressed.
    pub content: String,
    /// Of the file as it lies there.
    pub file: String,
}

/// The data set whose four files have the checksums `found`, in the order of [`FileKind::ALL`](super::FileKind::ALL).
pub fn recognised(found: &[Sums; 4]) -> Option<Known> {
    let is = |(sum, found): (Sum, &Sums)| match sum {
        Sum::Content(md5) => found.content == md5,
        Sum::Compressed(md5) => found.file == md5,
    };
    Known::ALL.into_iter().find(|known| known.sums().into_iter().zip(found).all(is))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_set_is_told_by_all_four_files() {
        let file = |known: Known, place: usize| {
            let (content, file) = match known.sums()[place] {
                Sum::Content(md5) => (md5, "another"),
                Sum::Compressed(md5) => ("another", md5),
            };
            Sums { content: content.to_owned(), file: file.to_owned() }
        };
        for known in Known::ALL {
            assert_eq!(recognised(&[0, 1, 2, 3].map(|place| file(known, place))), Some(known));
            assert_eq!(Known::named(known.name()), Some(known));
            for (place, other) in (0..4).flat_map(|place| Known::ALL.map(|other| (place, other))) {
                let mixed = [0, 1, 2, 3].map(|at| file(if at == place { other } else { known }, at));
                assert_eq!(recognised(&mixed), (other == known).then_some(known), "{known:?} with a file of {other:?}");
            }
        }
    }
}
