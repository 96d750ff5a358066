-- Which sessions are open, on which node. Hints for people, written some seconds late, and lost when
-- the database crashes: nodes report anew then.

create unlogged table node (
  -- Random, and another one each time the node starts.
  id      bigint primary key,
  name    text   not null,
  seen_at timestamptz not null
);

create unlogged table open_session (
  session      bigint primary key,
  node         bigint not null references node on delete cascade,
  account      bigint not null,
  account_name text   collate "C" not null,
  address      text   not null,
  client       text,
  -- The selected one.
  mailbox      bigint,
  since        timestamptz not null,
  -- Somebody wants it to end; its node sees to that.
  is_ending    boolean not null default false
);

create index open_session_by_node on open_session (node);
