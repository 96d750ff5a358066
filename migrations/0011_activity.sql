-- Who did what: rows that are only ever added, in the transaction that did it, and trimmed by age.
-- No subject, no body, no password.

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

-- Kinds: 1 append, 2 flags, 3 expunge, 4 copy, 5 move, 6 create, 7 rename, 8 delete, 9 rights,
-- 10 metadata, 11 login, 12 login refused, 13 act as another, 14 delivery.
create table activity (
  id            bigint      generated always as identity,
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
);

create index activity_by_age on activity using brin (at);
create index activity_by_mailbox on activity (mailbox, at) where mailbox is not null;

-- One row for each edit that changed something for all. The log says which messages that were: the
-- edits of a batch are done as one.
create function log_flag_edits(
  _mailbox bigint, _modseq bigint, _is_changed boolean, _sessions bigint[], _accounts bigint[],
  _uids text[], _set bigint[], _cleared bigint[]
) returns void
language plpgsql as $$
begin
  if not _is_changed then
    return;
  end if;
  insert into activity (kind, mailbox, owner, path, session, account, uids, flags_set, flags_cleared)
  select 2, _mailbox, n.owner, n.path, e.session, e.account, e.uids::int8multirange * c.uids,
         e.set, e.cleared
    from unnest(_sessions, _accounts, _uids, _set, _cleared)
      as e (session, account, uids, set, cleared)
   cross join lateral (
         select range_agg(c.uids) as uids
           from change c
          where c.mailbox = _mailbox and c.modseq = _modseq
            and c.kind = 2) as c
    join mailbox_name n on n.mailbox = _mailbox
   where not isempty(e.uids::int8multirange * c.uids);
end
$$;

-- Forgets what was done before a moment, and sessions of which nothing is left.
create function trim_activity(_before timestamptz) returns void
language sql as $$
  delete from activity a where a.at < _before;
  delete from origin o
   where o.begun_at < _before
     and not exists (select from activity a where a.session = o.session);
$$;
