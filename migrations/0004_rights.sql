-- The access control list (RFC 4314). Identifiers are written as `acl` prints them.

create table acl_entry (
  mailbox     bigint  not null references mailbox on delete cascade,
  identifier  text    collate "C" not null,
  is_negative boolean not null default false,
  -- acl::Rights::to_i16: from 1, in the order l r s w i p k x t e a n.
  rights      smallint not null check (rights between 0 and 4095),
  primary key (mailbox, identifier, is_negative)
);

create index acl_entry_by_identifier on acl_entry (identifier, mailbox);
