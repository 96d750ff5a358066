//! What keeps a world from being built. A talk that fails is no trouble, but a `Failure`.

/// Why there is no world to play in.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// There is no PostgreSQL to test with.
    #[error("no PostgreSQL for tests: {0}")]
    NoPostgres(#[from] private_pg::PgError),
    /// A file or a program of the machine.
    #[error("{what}: {cause}")]
    Machine {
        /// What was tried.
        what: String,
        /// What it said.
        cause: std::io::Error,
    },
    /// A program that ended badly.
    #[error("{program}: {said}")]
    Program {
        /// Its name.
        program: &'static str,
        /// Its last words.
        said: String,
    },
    /// The store did not do as asked.
    #[error("the store: {0}")]
    Store(#[from] store::Fault),
    /// A frontend did not start.
    #[error("a frontend: {0}")]
    Frontend(#[from] server::ServerError),
    /// A sentence that makes no sense in this world.
    #[error("{0}")]
    Sentence(String),
}

impl TestError {
    /// For `map_err`.
    pub(crate) fn machine(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |cause| Self::Machine { what, cause }
    }
}
