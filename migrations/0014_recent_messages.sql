-- Up to where the sessions of an account were told of a mailbox (RFC 3501, 2.3.2): what is below `uid_next` was recent to
-- one of them, what is not is recent to the next. Without a row nobody was told of anything.
create table recent_claim (
  account  bigint not null references account on delete cascade,
  mailbox  bigint not null references mailbox on delete cascade,
  uid_next bigint not null,
  primary key (account, mailbox)
) with (fillfactor = 80);

create index recent_claim_by_mailbox on recent_claim (mailbox);
