//! Errors of the fixtures. A talk that fails is not such an error but a `Failure`.

/// Why a world could not be built.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// There is no PostgreSQL to test with.
    #[error("no PostgreSQL for tests: {0}")]
    NoPostgres(#[from] private_pg::PgError),
    /// A file or a program of the machine failed.
    #[error("{what}: {cause}")]
    Machine {
        /// What was tried.
        what: String,
        /// The operating system's reason.
        cause: std::io::Error,
    },
    /// A program failed.
    #[error("{program}: {said}")]
    Program {
        /// The program's name.
        program: &'static str,
        /// The end of its output.
        said: String,
    },
    /// The store refused or failed.
    #[error("the store: {0}")]
    Store(#[from] store::Fault),
    /// A frontend did not start.
    #[error("a frontend: {0}")]
    Frontend(#[from] server::ServerError),
    /// A sentence has no meaning in this world.
    #[error("{0}")]
    Sentence(String),
}

impl TestError {
    /// Makes an error for `map_err`.
    pub(crate) fn machine(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |cause| Self::Machine { what, cause }
    }
}
