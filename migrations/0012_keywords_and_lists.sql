-- Keywords that nobody uses any more are given up, and their numbers get other names (ADR 0050).

-- How a number was called before. What refers to it by number and was written until then means this name: activity, and
-- what was removed.
create table retired_keyword (
  mailbox    bigint      not null references mailbox on delete cascade,
  number     smallint    not null,
  name       text        collate "C" not null,
  retired_at timestamptz not null
);

create index retired_keyword_by_mailbox on retired_keyword (mailbox, number, retired_at);
