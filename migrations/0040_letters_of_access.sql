-- Who was given a shared mailbox a moment ago, for the letter that says so (docs/adr/0098-a-letter-tells-of-a-mailbox.md).

-- Entries of lists whose `l` came or went lately, as they were before: who had it by another way is not told.
create table entry_change (
  mailbox     bigint      not null references mailbox on delete cascade,
  identifier  text        collate "C" not null,
  is_negative boolean     not null,
  had_lookup  boolean     not null,
  -- Who changed it. No reference: an account may go.
  giver       bigint      not null,
  at          timestamptz not null default now(),
  -- The last account of those whom it names that was looked at.
  looked_at   bigint      not null default 0,
  primary key (mailbox, identifier, is_negative)
);

-- Who came to groups or left them lately, as it was before.
create table member_change (
  account    bigint      not null references account on delete cascade,
  user_group bigint      not null references user_group on delete cascade,
  was_member boolean     not null,
  at         timestamptz not null default now(),
  primary key (account, user_group)
);

-- Letters that are to be written, one of each person and mailbox.
create table access_letter (
  account bigint      not null references account on delete cascade,
  mailbox bigint      not null references mailbox on delete cascade,
  -- Null where nobody is known.
  giver   bigint,
  since   timestamptz not null default now(),
  tries   smallint    not null default 0,
  next_at timestamptz not null default now(),
  primary key (account, mailbox)
);

-- For whoever looks for what is due.
create index entry_change_by_age on entry_change (at);
create index member_change_by_age on member_change (at);
-- For what goes with a group or a mailbox.
create index member_change_by_group on member_change (user_group);
create index access_letter_by_mailbox on access_letter (mailbox);

-- The language of the pages where somebody signed in last, as BCP 47 tags it; null for whoever never did.
alter table account add column language text collate "C";
