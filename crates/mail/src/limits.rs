//! Every limit of the server, by name. Units come last.

/// A command line without its literals, in bytes. Sets of UIDs make lines long, and so does an ID of 30 pairs
/// with 1,024 octets each (RFC 2971, 3.3), which a client may send before it logs in.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// All literals that stay inside one command's buffer, in bytes.
pub const INLINE_LITERALS_BYTES_MAX: usize = 64 * 1024;
/// Literals in one command.
pub const LITERALS_PER_COMMAND_MAX: usize = 1000;
/// A literal of a message that is larger than this is kept beside the command's buffer, in bytes.
pub const DETACH_BYTES_MIN: usize = 4 * 1024;
/// One message, in bytes, where the configuration does not say otherwise.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Refused non-synchronising literals up to this many bytes are read and dropped; above, BYE.
pub const SWALLOW_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// What a trusted proxy says of a client by the PROXY protocol, in bytes.
pub const PROXY_HEADER_BYTES_MAX: usize = 4 * 1024;
/// Search keys one inside the other, by NOT, FUZZY, OR and several keys in a row, with those of filters (RFC 5466).
/// Parentheses around a single key do not count.
pub const SEARCH_DEPTH_MAX: usize = 256;
/// Strings that one search looks for, filters included.
pub const SEARCH_STRINGS_MAX: usize = 500;
/// Keys of a search, filters included, times the messages that it looks at.
pub const SEARCH_KEYS_TIMES_MESSAGES_MAX: usize = 1024 * 1024 * 1024;
/// Text that one search looks through, in bytes, counted once for each string.
pub const SEARCH_STRINGS_TIMES_BYTES_MAX: u64 = 64 * 1024 * 1024 * 1024;
/// Mailboxes that one ESEARCH looks through.
pub const SEARCH_MAILBOXES_MAX: usize = 10_000;
/// Filters (RFC 5466) of one search, those inside filters included.
pub const FILTERS_PER_SEARCH_MAX: usize = 100;
/// Times that filters are replaced by what they stand for, one inside the other.
pub const FILTER_PASSES_MAX: usize = 3;
/// Messages in each batch of UIDBATCHES, at least (RFC 10022): smaller batches would be like
/// sequence numbers.
pub const UID_BATCH_MESSAGES_MIN: u32 = 500;
/// Messages that the batches of one UIDBATCHES have together. The RFC asks for at least 100,000.
pub const UID_BATCHES_MESSAGES_MAX: u64 = 1_000_000;
/// Parts of one sequence set or UID set.
pub const SET_PARTS_MAX: usize = 20_000;
/// A mailbox name, in bytes of UTF-8.
pub const NAME_BYTES_MAX: usize = 1000;
/// The messages that the URLs of one CATENATE point into, all together, as a multiple of the largest message.
pub const SOURCES_PER_MESSAGE_MAX: usize = 2;
/// Signs of all patterns of one LIST, neighbouring wildcards counted once, without patterns longer than any name.
pub const LIST_PATTERN_SIGNS_MAX: usize = 4 * NAME_BYTES_MAX;
/// Patterns of one LIST.
pub const LIST_PATTERNS_MAX: usize = 100;
/// Items of one FETCH.
pub const FETCH_ITEMS_MAX: usize = 200;
/// Tags that one CANCELUPDATE names.
pub const CANCELLED_TAGS_MAX: usize = 1000;
/// An object identifier (RFC 8474) that SEARCH names, in bytes.
pub const OBJECT_ID_BYTES_MAX: usize = 255;
/// Levels of a mailbox name.
pub const NAME_DEPTH_MAX: usize = 32;
/// Keywords that are on messages of one mailbox, or private there.
pub const KEYWORDS_PER_MAILBOX_MAX: usize = 600;
/// Keywords of one mailbox that have a bit each: the first ones. Only these can be private.
pub const KEYWORDS_WITH_BIT_MAX: usize = 57;
/// Writes to one mailbox whose changes are remembered for clients and nodes that come back, however fresh they are.
pub const CHANGES_PER_MAILBOX_MAX: u64 = 1_000_000;
/// One keyword, in bytes.
pub const KEYWORD_BYTES_MAX: usize = 128;
/// An ACL identifier, in bytes.
pub const IDENTIFIER_BYTES_MAX: usize = 255;
/// Networks that are remembered of one account's logins, for a month after the last.
pub const KNOWN_NETWORKS_MAX: i32 = 100;
/// Entries in one mailbox's access control list.
pub const ACL_ENTRIES_MAX: usize = 10_000;
/// The name of an annotation (RFC 5464), in bytes.
pub const METADATA_NAME_BYTES_MAX: usize = 255;
/// The value of an annotation, in bytes.
pub const METADATA_VALUE_BYTES_MAX: usize = 16 * 1024;
/// Annotations of one mailbox or of the server that all users share; each user may have as many of
/// his own.
pub const METADATA_ENTRIES_MAX: usize = 100;
/// Annotations that one command names.
pub const METADATA_NAMES_PER_COMMAND_MAX: usize = 100;
/// Searches of one session whose results are kept up to date (RFC 5267).
pub const CONTEXTS_MAX: usize = 16;
/// Results that these have together.
pub const CONTEXT_RESULTS_MAX: usize = 500_000;
/// Mailboxes that one session watches by NOTIFY without having them open.
pub const NOTIFY_MAILBOXES_MAX: usize = 10_000;
/// Groups of events, events and names of mailboxes in one NOTIFY; filters and names in one ESEARCH.
pub const NOTIFY_WORDS_MAX: usize = 1000;
/// Changed annotations that wait for one session to be told of them.
pub const NOTIFY_ENTRIES_MAX: usize = 1000;
/// Values of annotations that one session remembers to have set itself, together, in bytes.
pub const NOTIFY_OWN_VALUES_BYTES_MAX: usize = 64 * 1024;
/// Changes of names, rights, subscriptions and annotations that a node reads at once; with more,
/// sessions are told that they missed some.
pub const DIRECTORY_CHANGES_MAX: usize = 10_000;
/// The newest records that a mailbox's activity annotation lists.
pub const ACTIVITY_ROWS_MAX: u32 = 100;
/// One record in that annotation, in bytes.
pub const ACTIVITY_LINE_BYTES_MAX: usize = 512;
/// Levels of nested MIME parts that are parsed; deeper parts are opaque.
pub const MIME_DEPTH_MAX: usize = 50;
/// MIME parts of one message that are described.
pub const MIME_PARTS_MAX: usize = 1000;
/// A message's folded search text, in bytes.
pub const FOLDED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A message of which FETCH PREVIEW (LAZY) makes a preview, in bytes.
pub const PREVIEW_LAZY_BYTES_MAX: u32 = 64 * 1024;
/// A text that SORT compares, in bytes.
pub const SORT_TEXT_BYTES_MAX: usize = 4 * 1024;
/// Ancestors of one message that THREAD considers.
pub const REFERENCES_MAX: usize = 1000;
/// What their Message IDs take together, in bytes.
pub const REFERENCES_BYTES_MAX: usize = 8 * 1024;
/// What SORT or THREAD compares of all its messages together, in bytes; messages with the same content count once.
pub const SORT_KEYS_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Messages of one APPEND (MULTIAPPEND).
pub const APPEND_MESSAGES_MAX: usize = 256;
/// Unwritten responses of one session that pause its command, in bytes.
pub const OUTPUT_BYTES_MAX: usize = 256 * 1024;
/// What the kernel is asked to hold for a client that reads slowly, in bytes; Linux takes up to twice as much.
///
/// It cannot be taken back when the client's login or right has ended, and is in none of the node's own budgets.
pub const SEND_BUFFER_BYTES_MAX: u32 = 256 * 1024;
/// Field-value pairs of one ID command (RFC 2971).
pub const ID_PAIRS_MAX: usize = 30;
/// What the log and the record of activity keep of a client's name and version, in characters.
pub const CLIENT_NAME_CHARS_MAX: usize = 100;
/// Commands in wrong grammar or state that one session may send before BYE.
pub const BAD_COMMANDS_MAX: u32 = 20;
/// A question of a mail transfer agent to a map (socketmap), in bytes.
pub const MAP_REQUEST_BYTES_MAX: usize = 4096;
/// What a map answers to a mail transfer agent, in bytes: Postfix reads no more (`socketmap_table(5)`).
pub const MAP_ANSWER_BYTES_MAX: usize = 100_000;
/// A line of a mail transfer agent that asks whether a password is right, in bytes.
pub const AUTH_LINE_BYTES_MAX: usize = 16 * 1024;
/// A message of a client that proves by SCRAM that it knows a password, in bytes.
pub const SCRAM_MESSAGE_BYTES_MAX: usize = 2 * 1024;
/// What a client says with a token of an identity provider, in bytes.
pub const BEARER_MESSAGE_BYTES_MAX: usize = 16 * 1024;
/// Passwords that one connection of a mail transfer agent asks about at once.
pub const AUTH_REQUESTS_MAX: usize = 256;
/// A command line of LMTP, in bytes. RFC 5321 asks for 512, and each extension for some more.
pub const LMTP_LINE_BYTES_MAX: usize = 4 * 1024;
/// The sender in MAIL, the value of a parameter of MAIL or RCPT, or of an attribute of XFORWARD or XCLIENT, in bytes.
pub const LMTP_VALUE_BYTES_MAX: usize = 1000;
/// Recipients of one letter by LMTP. RFC 5321, 4.5.3.1.8, asks for at least 100.
pub const LMTP_RECIPIENTS_MAX: usize = 1000;
/// Letters that one connection of LMTP may bring.
pub const LMTP_TRANSACTIONS_MAX: u32 = 10_000;
/// An address of mail, in bytes (RFC 5321, 4.5.3.1.3, without its angle brackets).
pub const ADDRESS_BYTES_MAX: usize = 254;
/// What is before the `@` of an address, in bytes (RFC 5321, 4.5.3.1.1).
pub const LOCAL_PART_BYTES_MAX: usize = 64;
/// The domain of an address, in bytes (RFC 5321, 4.5.3.1.2).
pub const DOMAIN_BYTES_MAX: usize = 255;
/// Sessions of one account at the web pages.
pub const WEB_SESSIONS_MAX: i32 = 20;
/// Hours after which a session at the web pages ends, however it is used.
pub const WEB_SESSION_HOURS_MAX: u64 = 12;
/// Minutes after which a session at the web pages ends that nobody uses.
pub const WEB_SESSION_IDLE_MINUTES_MAX: u64 = 60;
/// Minutes within which somebody whom an identity provider has looked at again may do what that was for.
pub const WEB_CONFIRMED_MINUTES_MAX: u64 = 5;
/// Minutes within which somebody has to come back from an identity provider.
pub const WEB_SIGN_IN_MINUTES_MAX: u64 = 10;
/// What a form of the web pages sends, in bytes.
pub const WEB_FORM_BYTES_MAX: usize = 16 * 1024;
/// What a request to the API brings, in bytes.
pub const API_BODY_BYTES_MAX: usize = 64 * 1024;
/// Items of one page of a list of the API.
pub const API_PAGE_ITEMS_MAX: u32 = 1000;
/// Access tokens whose requests to the API a node counts at once.
pub const API_TOKENS_KNOWN_MAX: usize = 10_000;
/// Sessions of the API that a node remembers at once.
pub const API_SESSIONS_MAX: usize = 10_000;
/// What a request by SCIM brings, in bytes: some 15,000 members of a group.
pub const SCIM_BODY_BYTES_MAX: usize = 1024 * 1024;
/// What a directory says of one person beyond the name, in bytes.
pub const SCIM_PROFILE_BYTES_MAX: usize = 16 * 1024;
/// Parentheses, `and` and `or` of one filter of SCIM.
pub const SCIM_FILTER_DEPTH_MAX: usize = 50;
/// Operations of one PATCH of SCIM.
pub const SCIM_PATCH_OPERATIONS_MAX: usize = 1000;
/// People of one group that the web pages name.
pub const GROUP_PEOPLE_TOLD_MAX: i32 = 200;
/// Aliases, of addresses and of domains, that lead from an address to its mailbox.
pub const ALIAS_STEPS_MAX: usize = 10;
/// Mailboxes that one address leads to, and addresses on the way.
pub const ADDRESS_TARGETS_MAX: usize = 100;
/// Letters whose repetition can be recognised are remembered for so many days.
pub const DUPLICATE_WINDOW_DAYS_MAX: u64 = 7;
/// Access tokens of one account.
pub const ACCESS_TOKENS_MAX: usize = 100;
/// The name of an access token, in bytes.
pub const TOKEN_NAME_BYTES_MAX: usize = 100;
/// Accounts that are named of those who may send as one address.
pub const SENDERS_MAX: i64 = 10_000;
/// Message IDs of one message whose messages it may be the answer to: those of In-Reply-To, then the last of References.
pub const ANSWERED_IDS_MAX: usize = 20;
/// Messages that one message may be the answer to.
pub const ANSWERED_MESSAGES_MAX: usize = 100;
