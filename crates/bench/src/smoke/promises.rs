//! What an operation may cost at most, in counts that do not depend on how fast the machine is. A bound is so near to
//! what was counted that one more request, transaction or packet exceeds it. Whoever needs more for a good reason
//! raises it here and says why. Pure.

/// The bounds of one operation.
#[derive(Debug)]
pub(super) struct Promise {
    pub(super) operation: &'static str,
    /// Statements that the database was sent.
    pub(super) requests: f64,
    /// Transactions that wrote.
    pub(super) transactions: f64,
    pub(super) wal_bytes: f64,
    /// What the client had to read.
    pub(super) packets: f64,
    pub(super) because: &'static str,
}

impl Promise {
    pub(super) const fn bounds(&self) -> [f64; 4] {
        [
            self.requests,
            self.transactions,
            self.wal_bytes,
            self.packets,
        ]
    }
}

pub(super) const APPEND: Promise = Promise {
    operation: "APPEND of 4 KB",
    requests: 3.5,
    transactions: 2.5,
    wal_bytes: 4_200.0,
    packets: 1.5,
    because: "The name is looked up, one statement stores, one notifies; the letter is written once, compressed.",
};

pub(super) const APPEND_BY_8: Promise = Promise {
    operation: "APPEND of 4 KB by 8 sessions",
    requests: 2.5,
    transactions: 1.4,
    wal_bytes: 4_200.0,
    packets: 1.5,
    because: "Each name is looked up, and sessions that wait at the same time share one transaction and one notification.",
};

pub(super) const APPEND_WATCHED: Promise = Promise {
    operation: "APPEND of 4 KB, watched on both nodes",
    requests: 4.5,
    transactions: 2.5,
    wal_bytes: 4_200.0,
    packets: 1.5,
    because: "The node that stores knows its own commit; the other one reads one delta for all its sessions.",
};

pub(super) const LETTER: Promise = Promise {
    operation: "letter of 4 KB by LMTP",
    requests: 3.5,
    transactions: 2.5,
    wal_bytes: 4_800.0,
    packets: 2.5,
    because: "One statement sees whether the route is still true, one stores, one notifies; MAIL, RCPT and DATA are answered in one packet.",
};

pub(super) const STORE: Promise = Promise {
    operation: "STORE of one message",
    requests: 2.5,
    transactions: 2.5,
    wal_bytes: 1_200.0,
    packets: 1.5,
    because: "One statement stores, one notifies; the own change is not read again.",
};

pub(super) const FETCH: Promise = Promise {
    operation: "FETCH of 50 flags",
    requests: 0.5,
    transactions: NOTHING_WRITTEN,
    wal_bytes: WAL_OF_A_NODE,
    packets: 1.5,
    because: "What is open is in memory.",
};

pub(super) const NOOP: Promise = Promise {
    operation: "NOOP",
    requests: 1.5,
    transactions: NOTHING_WRITTEN,
    wal_bytes: WAL_OF_A_NODE,
    packets: 1.5,
    because: "The counter of the mailbox is read.",
};

pub(super) const SELECT_AGAIN: Promise = Promise {
    operation: "SELECT again, and UNSELECT",
    requests: 1.5,
    transactions: NOTHING_WRITTEN,
    wal_bytes: WAL_OF_A_NODE,
    packets: 2.5,
    because: "One statement resolves the name and reads rights and counters; the mailbox stays open for a while.",
};

pub(super) const SELECT_IN_TURNS: Promise = Promise {
    operation: "SELECT in turns with another",
    requests: 1.5,
    transactions: NOTHING_WRITTEN,
    wal_bytes: WAL_OF_A_NODE,
    packets: 1.5,
    because: "As SELECT again: leaving the other mailbox costs nothing.",
};

pub(super) const STATUS: Promise = Promise {
    operation: "STATUS",
    requests: 1.5,
    transactions: NOTHING_WRITTEN,
    wal_bytes: WAL_OF_A_NODE,
    packets: 1.5,
    because: "One statement resolves the name and reads the counters.",
};

pub(super) const LIST: Promise = Promise {
    operation: "LIST of 20",
    requests: 1.5,
    transactions: NOTHING_WRITTEN,
    wal_bytes: WAL_OF_A_NODE,
    packets: 1.5,
    because: "The names are remembered; the directory's log is asked whether they still hold.",
};

pub(super) const LIST_STATUS: Promise = Promise {
    operation: "LIST of 20 with STATUS",
    requests: 2.5,
    transactions: NOTHING_WRITTEN,
    wal_bytes: WAL_OF_A_NODE,
    packets: 1.5,
    because: "One more statement than LIST reads the counters of all.",
};

pub(super) const COPY: Promise = Promise {
    operation: "COPY of 10",
    requests: 3.5,
    transactions: 2.5,
    wal_bytes: 4_300.0,
    packets: 1.5,
    because: "The name is looked up, one statement copies rows and no contents, one notifies.",
};

pub(super) const MOVE: Promise = Promise {
    operation: "MOVE of 10",
    requests: 4.5,
    transactions: 2.5,
    wal_bytes: 6_000.0,
    packets: 1.5,
    because: "As COPY; the expunged messages are read from the change log.",
};

pub(super) const EXPUNGE: Promise = Promise {
    operation: "EXPUNGE of 10",
    requests: 2.5,
    transactions: 2.5,
    wal_bytes: 4_400.0,
    packets: 1.5,
    because: "One statement expunges, one notifies; the own change is not read again.",
};

/// What a node writes by itself meanwhile, such as its lease.
const NOTHING_WRITTEN: f64 = 0.5;
const WAL_OF_A_NODE: f64 = 150.0;
