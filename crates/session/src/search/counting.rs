//! How many messages a search means that asks for flags and is told no more than their number. Pure.

use image::FlagTest;
use mail::{Flag, FlagBits, Keywords};
use wire::{SearchKey, SearchReturn};

use crate::view::View;

/// The number that the client is told: by what chunks of messages have in common, without a look at each. `None` where it asks
/// for more, or by anything else.
pub(crate) fn count(key: &SearchKey, returns: Option<SearchReturn>, view: &View) -> Option<u32> {
    let only_count = SearchReturn {
        count: true,
        ..SearchReturn::default()
    };
    if returns != Some(only_count) {
        return None;
    }
    let mut wanted = Wanted::default();
    wanted.add(key, &view.latest().keywords)?;
    view.count(wanted.test).map(|count| match wanted.reach {
        Reach::Some => count,
        Reach::Nothing => 0,
    })
}

/// What all keys ask for together.
#[derive(Default)]
struct Wanted {
    test: FlagTest,
    reach: Reach,
}

#[derive(Default)]
enum Reach {
    #[default]
    Some,
    /// A flag is asked for that no message has.
    Nothing,
}

impl Wanted {
    /// `None` where a key asks for something else than flags.
    fn add(&mut self, key: &SearchKey, keywords: &Keywords) -> Option<()> {
        match key {
            SearchKey::All => {}
            SearchKey::And(keys) => {
                for key in keys {
                    self.add(key, keywords)?;
                }
            }
            SearchKey::Has(flag) => match bits(flag, keywords)? {
                FlagBits::NONE => self.reach = Reach::Nothing,
                flag => self.test.has = self.test.has.union(flag),
            },
            SearchKey::HasNot(flag) => {
                self.test.lacks = self.test.lacks.union(bits(flag, keywords)?);
            }
            SearchKey::Not(key) => match &**key {
                SearchKey::Has(flag) => self.add(&SearchKey::HasNot(flag.clone()), keywords)?,
                SearchKey::HasNot(flag) => self.add(&SearchKey::Has(flag.clone()), keywords)?,
                _ => return None,
            },
            _ => return None,
        }
        Some(())
    }
}

/// None for a keyword that is unknown here, which no message has; `None` for one that has no bit.
fn bits(flag: &Flag, keywords: &Keywords) -> Option<FlagBits> {
    let Some(flags) = keywords.find(flag) else {
        return Some(FlagBits::NONE);
    };
    flags.rare().is_empty().then(|| flags.bits())
}
