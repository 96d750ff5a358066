-- What changed, for nodes and clients that follow; and who did it, for people who ask.

-- What was committed in a mailbox: one row a statement, not a message. Kinds: 1 arrived, 2 flags, 3 expunged,
-- 4 private flags of `account`, 5 the mailbox itself (rights, name, policy).
create table change (
  mailbox bigint   not null,
  modseq  bigint   not null,
  kind    smallint not null,
  -- 0: everybody.
  account bigint   not null default 0,
  uids    int8multirange not null,
  at      timestamptz not null default now(),
  primary key (mailbox, modseq, kind, account)
) partition by hash (mailbox);

create index change_by_age on change using brin (at);

-- What one account changed for itself, among all that happened in a mailbox: asked whenever somebody
-- selects it, and a mailbox remembers a month of changes.
create index change_of_account on change (mailbox, account, modseq) where kind = 4;

do $$
begin
  for part in 0..15 loop
    execute format('create table %I partition of change for values with (modulus 16, remainder %s)',
                   'change_' || part, part);
  end loop;
end
$$;

-- What is no mailbox's own news: names, rights, subscriptions and annotations have one log for all, the
-- directory's (ADR 0025). Triggers write it, so that no way of changing them can forget to.
create table directory_change (
  -- Not a sequence: the numbers of transactions tell a reader what it cannot have seen yet.
  xid     bigint   not null default pg_current_xact_id()::text::bigint,
  -- 1 a mailbox's name, or who may do what there; 2 what an account subscribed to; 3 an annotation.
  kind    smallint not null,
  -- 0 where it is none's: subscriptions, and annotations of the server.
  mailbox bigint   not null default 0,
  -- 0 for what concerns everybody.
  account bigint   not null default 0,
  entry   text     collate "C" not null default '',
  at      timestamptz not null default now()
);

create index directory_change_by_xid on directory_change (xid);

-- From where somebody writes. Written once for each session that changes something or logs in, so that
-- what it does need not repeat it.
create table origin (
  session      bigint primary key,
  account      bigint not null,
  -- As it was called then: accounts go, what they did stays.
  account_name text   collate "C" not null,
  -- Who gave the password, where that was not the account.
  login_name   text   collate "C",
  node         text   not null,
  -- None at the command line.
  address      text,
  -- As the client calls itself (RFC 2971).
  client       text,
  begun_at     timestamptz not null default now()
);

-- Who did what: rows that are only ever added, in the transaction that did it, and trimmed by age.
-- No subject, no body, no password. The kinds are those of store::ActivityKind.
create table activity (
  id            bigint      generated always as identity (maxvalue 281474976710655),
  -- Under the mailbox's lock, so that it rises with the mod-sequence.
  at            timestamptz not null default clock_timestamp(),
  kind          smallint    not null,
  -- None for what no session did.
  session       bigint,
  account       bigint,
  mailbox       bigint,
  -- Where the mailbox was then.
  owner         bigint,
  path          text        collate "C",
  -- The old place of a rename; the other mailbox of a copy or move.
  other_owner   bigint,
  other_path    text        collate "C",
  uids          int8multirange,
  flags_set     bigint,
  flags_cleared bigint,
  detail        text
) partition by range (at);

create index activity_by_age on activity using brin (at);
create index activity_by_mailbox on activity (mailbox, at) where mailbox is not null;

-- A partition for each month, which add_activity_partitions makes ahead. What comes to none of them is here, so that
-- nothing fails where nobody has made any.
create table activity_of_other_months partition of activity default;

-- The month in which the database is made has its partition from the start: to attach it later, while somebody writes, would
-- refuse what is being written to the one above.
do $$
declare
  _begin timestamptz := date_trunc('month', now(), 'UTC');
  _end   timestamptz := date_trunc('month', _begin + interval '40 days', 'UTC');
begin
  execute format('create table %I partition of activity for values from (%L) to (%L)',
                 'activity_' || to_char(_begin at time zone 'UTC', 'YYYY_MM'), _begin, _end);
end
$$;
