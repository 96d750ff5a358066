//! One target's share of the time.

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::fd::AsFd;
use rustix::io::pwrite;

use crate::chance::Chance;
use crate::shape::Shape;
use crate::stretch::Stretch;
use crate::target::Target;
use crate::{clock, corpus, mutation};

/// Inputs that are kept to be changed further.
const POOL_MAX: usize = 4_000;
/// So often an input is stretched, and so often the clock is asked.
const STRETCH_EVERY: u64 = 400;
/// An input that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A target, what is known of it, and how it went.
#[derive(Debug)]
pub(crate) struct Run {
    target: &'static Target,
    seed: u64,
    chance: Chance,
    pool: Vec<Vec<u8>>,
    shapes: HashSet<Shape>,
    /// The input that is being tried; there when it was the last.
    path: PathBuf,
    file: File,
    tried: Arc<AtomicU64>,
    stretched: u64,
}

impl Run {
    pub(crate) fn new(target: &'static Target, seed: u64) -> Result<Self, String> {
        let folder = corpus::scratch();
        let path = folder.join(format!("{}.input", target.name));
        let file = std::fs::create_dir_all(&folder).and_then(|()| File::create(&path));
        let file = file.map_err(|cause| format!("{}: {cause}", path.display()))?;
        let tried = Arc::new(AtomicU64::new(0));
        Ok(Self {
            target,
            seed,
            chance: Chance::new(seed),
            pool: Vec::new(),
            shapes: HashSet::new(),
            path,
            file,
            tried,
            stretched: 0,
        })
    }

    /// Tries the inputs that are committed, and those that the repository has anyway.
    pub(crate) fn try_known(&mut self) -> Result<(), String> {
        let mut known = corpus::committed(self.target.name)?;
        known.extend(corpus::found(self.target.name)?);
        for input in known {
            self.meet(input)?;
        }
        Ok(())
    }

    /// Tries new inputs until the time is over.
    pub(crate) fn try_new(&mut self, share: Duration) -> Result<(), String> {
        self.watch();
        let end = clock::now() + share;
        while clock::now() < end {
            for _ in 0..STRETCH_EVERY {
                let input = mutation::next(&mut self.chance, &self.pool, self.target.words);
                self.meet(input)?;
            }
            self.stretch()?;
        }
        Ok(())
    }

    fn meet(&mut self, input: Vec<u8>) -> Result<(), String> {
        self.write_down(&input)?;
        let shape = (self.target.meet)(&input);
        self.tried.fetch_add(1, Ordering::Relaxed);
        if self.shapes.insert(shape) && self.pool.len() < POOL_MAX {
            self.pool.push(input);
        }
        Ok(())
    }

    fn stretch(&mut self) -> Result<(), String> {
        let input = self.chance.pick(&self.pool).cloned().unwrap_or_default();
        let Some(stretch) = Stretch::of(&mut self.chance, &input) else {
            return Ok(());
        };
        self.write_down(&stretch.long(mutation::INPUT_BYTES_MAX))?;
        self.stretched += 1;
        self.tried.fetch_add(1, Ordering::Relaxed);
        stretch
            .is_linear(self.target)
            .map_err(|slow| format!("{}: {slow}, by {}", self.target.name, self.path.display()))
    }

    fn write_down(&self, input: &[u8]) -> Result<(), String> {
        let length = u64::try_from(input.len()).unwrap_or(u64::MAX);
        let written = pwrite(self.file.as_fd(), input, 0)
            .map_err(Into::into)
            .and_then(|_| self.file.set_len(length));
        written.map_err(|cause| format!("{}: {cause}", self.path.display()))
    }

    /// Ends the process when one input takes too long.
    fn watch(&self) {
        let tried = Arc::clone(&self.tried);
        let name = self.target.name;
        std::thread::spawn(move || {
            let mut last = u64::MAX;
            while Arc::strong_count(&tried) > 1 {
                let now = tried.load(Ordering::Relaxed);
                if now == last {
                    println!("{name}: an input takes longer than {PATIENCE:?}");
                    std::process::exit(1);
                }
                last = now;
                std::thread::sleep(PATIENCE);
            }
        });
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tried = self.tried.load(Ordering::Relaxed);
        let (name, shapes, stretched, seed) = (
            self.target.name,
            self.shapes.len(),
            self.stretched,
            self.seed,
        );
        write!(
            f,
            "{name:10} {tried:8} inputs, {shapes:5} shapes, {stretched:4} stretched, seed {seed}"
        )
    }
}
