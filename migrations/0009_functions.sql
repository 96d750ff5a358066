-- Which functions the program has put here (crates/store/functions), so that it does so again only when one of them
-- has changed.

create table installed_function (
  name    text      collate "C" primary key,
  -- SHA-256 of the file.
  hash    bytea     not null,
  -- The release that it is of. An older one that runs beside leaves it alone.
  release integer[] not null
);

-- What functions take together, so that no two lists of numbers can be exchanged. The store has a type for each
-- (crates/store/src/argument.rs). A type with other fields takes another name, as a function does.

-- A login that must hold at the commit: an account, and the version of its password that was right.
create type login as (account bigint, password_version bigint);

-- Who writes: in which session, where it is one, and by which logins.
create type actor as (account bigint, session bigint, logins login[]);

-- What acl::permit gave: leave to do something in a mailbox, as of a version of its rights.
create type permit as (mailbox bigint, rights_version bigint, needed smallint);

-- Leave to give a name to a mailbox. Scopes: 0 one's own tree, 1 below the mailbox of `below`, 2 the tree that nobody
-- owns.
create type create_permit as (scope smallint, below permit);

-- Where a mailbox is, as somebody names it. Kinds: 0 the asker's tree, 1 the tree of `owner_name`, 2 the tree that
-- nobody owns.
create type place as (kind smallint, owner_name text, path text);

-- What a mailbox's counters grow by.
create type growth as (messages bigint, bytes bigint, unseen bigint, deleted bigint);

-- A message that comes, without what it consists of.
create type new_message as (size integer, sent integer, internal_date bigint, flags bigint);

-- Flags that only `account` sees set on the new message at `place`, from 0.
create type private_mark as (account bigint, place bigint, flags bigint);

-- Flags become (flags & keep) | add for the messages from `low` to `high`.
create type flag_edit as (low bigint, high bigint, keep bigint, add bigint);

-- The same for the flags that only `account` sees.
create type private_flag_edit as (account bigint, low bigint, high bigint, keep bigint, add bigint);

-- What an edit of flags asked for, for the record of activity. The UIDs are an int8multirange, which no driver knows.
create type flag_request as (uids text, flags_set bigint, flags_cleared bigint);
